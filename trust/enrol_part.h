/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the back ends of trust/enrol.h share.
 */
#ifndef TRUST_ENROL_PART_H
#define TRUST_ENROL_PART_H

#include "certs/container.h"
#include "certs/scep.h"
#include "trust/anchors.h"
#include "trust/enrol.h"

#define ENROL_ANSWER_MAX	(256 << 10)
#define ENROL_DEVICE_MAX	(CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2)

struct enrol_conf {
	char	*issuer, *host, *scheme, *path, *user, *exec;
	int64_t	 port, days;
};
int	enrol_conf_load(struct db *db, const char *node, struct enrol_conf *c,
	    struct err *e);
void	enrol_conf_clear(struct enrol_conf *c);

enum enrol_outcome {
	ENROL_ISSUED,		/* got has it */
	ENROL_REFUSED,		/* why */
	ENROL_HELD,		/* got has it, its issuer is missing here: why;
				 * no back end says this */
	ENROL_LATER,		/* the CA has it; ask again after_s later */
};

/* A round, and in it one request. */
struct enrol_job {
	struct enrol_env		*env;
	const struct enrol_conf		*conf;
	struct anchors_loop		*anchors;
	int64_t				 now;
	struct enrol_session		*session;	/* of the back end */

	const struct row_capf_csr	*row;
	const struct csr		*csr;
	char				 device[ENROL_DEVICE_MAX];

	enum enrol_outcome		 outcome;
	struct container		 got;
	int64_t				 after_s;
	char				 why[CAPF_REASON_MAX + 1];
};

/*
 * begin: what is asked of a CA once a round.  ask: outcome for one request;
 * an error means that it is to be tried again.  end: release.
 */
struct enrol_backend {
	const char	*issuer;	/* value of capf.issuer */
	int		(*begin)(struct enrol_job *j, struct err *e);
	int		(*ask)(struct enrol_job *j, struct err *e);
	void		(*end)(struct enrol_job *j);
};
extern const struct enrol_backend enrol_est, enrol_scep, enrol_exec;

/* --- enrol_ra.c --- */

/* Is a SCEP server asked? */
int	enrol_ra_wanted(struct db *db, bool *wanted, struct err *e);
/* Still privileged, r zero: the one that is kept, or a fresh one, sealed to be
 * kept, where a SCEP server is asked. */
int	enrol_ra_open(struct enrol_ra *r, const struct node *n, int64_t now,
	    struct err *e);
void	enrol_ra_clear(struct enrol_ra *r);
/* Before something is asked with it. */
int	enrol_ra_keep(struct enrol_ra *r, struct db *db, int64_t now,
	    struct err *e);
/* It is kept no more when no request needs it. */
int	enrol_ra_drop(struct enrol_ra *r, struct db *db, struct err *e);

/* --- for back ends --- */

/* The request is refused for that reason, which is made visible and cut. */
void	enrol_refuse(struct enrol_job *j, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * Of the certificates that a CA says are its own, is that one trusted by
 * CAPF-trust?  Phones and applications have such as well, of the same CA or of
 * their makers': it is a CA's, says that it is a registration authority's, or
 * is itself in CAPF-trust.  ERR_VERIFY with its name and the cure.
 */
int	enrol_trusted_ca(struct enrol_job *j, const struct cert *c,
	    struct err *e);

/*
 * One request to the CA by HTTP.  answer is filled; *buf is the caller's.
 * https: the server is trusted by https-trust or CAPF-trust.
 */
struct enrol_http {
	const char	*name;		/* path */
	const char	*query;		/* NULL: none */
	const void	*post;		/* NULL: GET */
	size_t		 postlen;
	const char	*type;
	bool		 login;		/* with capf.online_ca_user */
};
struct fetch_answer;
int	enrol_fetch(struct enrol_job *j, const struct enrol_http *h,
	    struct fetch_answer *answer, uint8_t **buf, size_t *len,
	    struct err *e);

#endif
