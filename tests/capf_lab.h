/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Both databases of a node, a CA that is trusted for phones, and short ways
 * to run the steps of CAPF.  Each step runs as in capfd, and twice, with what
 * it wrote to observed.db kept.  Every failure ends the test.
 */
#ifndef TESTS_CAPF_LAB_H
#define TESTS_CAPF_LAB_H

#include "crypt/rng.h"
#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "trust/capf.h"
#include "trust/rollout.h"

#define CL_A	"SEP000000000001"
#define CL_B	"SEP000000000002"

struct capf_lab {
	struct db		*db, *observed;
	struct rng		 rng;
	struct rng_seeded	 seed;
	struct keyring_new	*cluster_key;
	struct keyring		*kr;
	struct cert		*ca;
	struct capf_cache	*cache;
	struct capf_ctx		 ctx;
	struct capf_task	 task;	/* of cl_begin() */
	struct err		 e;	/* of the last step that was refused */
};
extern struct capf_lab cl;

/* Trust lists have signer version 1.1: EC keys may be asked for. */
void	cl_open(void);
void	cl_close(void);
/* Closes both, and opens them again, in this process or a child of it. */
void	cl_shut(void);
void	cl_reopen(void);

/* Adds a phone (model 8861), or changes it: "option=value ...";
 * authentication-string too. */
void	cl_phone(const char *name, const char *settings, int64_t now);
void	cl_phone_model(const char *name, const char *model,
	    const char *settings, int64_t now);
/* The same, refused: the code; the text is in cl.e. */
int	cl_phone_try(const char *name, const char *settings, int64_t now);
void	cl_profile(const char *name, const char *settings);
/* Signer version of trust lists: "1.0" or "1.1". */
void	cl_lists(const char *version);

struct capf_owner cl_owner(const char *phone);

/* A certificate of the CA (by NULL) with key number key of the pool. */
struct cert *cl_cert(const char *cn, size_t key, const struct cert *by,
	    size_t by_key);
void	cl_trust(const char *unit, const struct cert *c);
/* By another connection, as ctltool does. */
void	cl_distrust(const char *unit, const struct cert *c);

/* ERR_OK or the step's code. */
int	cl_begin(const char *device, uint32_t session, const char *string,
	    int64_t now);
int	cl_begin_with(const struct capf_hello *h);
int	cl_step(const char *phone, uint32_t session, enum capf_step step,
	    int64_t now);
int	cl_issued(const char *phone, uint32_t session, const struct cert *c,
	    int64_t now);
int	cl_requested(const char *phone, uint32_t session, const struct cert *c,
	    int64_t now);
int	cl_end(const char *phone, uint32_t session, enum capf_operation op,
	    const struct cert *c, int64_t now);	/* ok */
int	cl_end_with(const struct capf_end *x);
int	cl_fail(const char *phone, const char *why, int64_t now);
int	cl_expire(int64_t now, int64_t *n);
/* Begin to end of an installation by null string. */
void	cl_install(const char *phone, uint32_t session, const struct cert *c,
	    int64_t now);

/* A body within transactions as above. */
typedef int	cl_fn(void *arg, struct err *e);
int	cl_run(cl_fn *fn, void *arg);

/* One text by SQL. */
bool	cl_is_set(const char *phone, enum setting_id id);
void	cl_outcome(const char *phone, enum capf_result r, const char *why);
/* What capf_begin made of it, and the reason it gave, or part of it. */
void	cl_answered(enum capf_answer a, const char *why);
enum device_cert_state	 cl_state_of(const struct cert *c);

#endif
