/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A laboratory for the simulated phone: a server that is a table of files,
 * filled with golden vectors and with what is signed here by their keys.
 */
#ifndef TESTS_SIM_LAB_H
#define TESTS_SIM_LAB_H

#include "certs/enc_file.h"
#include "certs/list.h"
#include "certs/signed.h"
#include "phonesim/sim.h"

#define LAB_PHONE	"SEP0011223344AA"
#define LAB_FILES_MAX	24
#define LAB_STEPS_MAX	64

enum lab_key { LAB_SAST, LAB_CCM, LAB_CAPF, LAB_TVS, LAB_NKEYS };

struct lab_file {
	char		 name[SIM_NAME_MAX + 1];
	uint8_t		*buf;
	size_t		 len;
	int		 code;	/* ERR_OK: there */
};

struct lab {
	struct lab_file	 file[LAB_FILES_MAX];
	size_t		 nfile;
	int		 code[SIM_HTTPS + 1];	/* of a whole transport */
	struct cert	*https;		/* its certificate, borrowed; NULL: the
					 * phone knows no https */
	sim_tvs_fn	*ask_tvs;	/* arg: the lab; NULL: no TVS there */
	sim_capf_fn	*capf;		/* likewise */
	const struct sim_enrol *enrol;	/* NULL: the phone knows no CAPF */
	char		 asked[4096];	/* "http:NAME tftp:NAME ..." */
	struct sim_step	 step[LAB_STEPS_MAX];
	size_t		 nstep;
	struct sim_mem	 mem;
	struct cert	*const *cert;	/* borrowed: LAB_NKEYS of them */
	struct signer	*signer;	/* borrowed */
	struct clock	 clock;
};

/* The golden keys, once for all labs: an unchecked fixture, since reading
 * private keys takes longer than a boot. */
void	lab_keys_open(void);
void	lab_keys_close(void);

/* A new phone and an empty server. */
void	lab_open(struct lab *l);
void	lab_close(struct lab *l);

/* Put a file; one of that name is replaced.  code other than ERR_OK: that
 * error in its place. */
void	lab_put(struct lab *l, const char *name, const void *buf, size_t len);
void	lab_put_code(struct lab *l, const char *name, int code);
/* ... a golden vector, by its path below tests/data/vectors. */
void	lab_put_vector(struct lab *l, const char *name, const char *vector);
/* ... an ITL or CTL ("CTLFile.tlv" in its name field) signed by signer with
 * first and second as its SAST records and file as its CCM+TFTP record. */
void	lab_put_list(struct lab *l, const char *name, enum accept_list_kind k,
	    enum lab_key signer, enum lab_key second, enum lab_key file);
/* ... text, plain or signed as name says (".sgn"). */
void	lab_put_text(struct lab *l, const char *name, enum lab_key signer,
	    const char *text);
/* ... encrypted for that phone and signed. */
void	lab_put_encrypted(struct lab *l, const char *name,
	    enum lab_key signer, const char *text, const struct cert *phone,
	    const uint8_t *symmetric);
void	lab_remove(struct lab *l, const char *name);
struct lab_file	*lab_find(struct lab *l, const char *name);

/* One boot from servers "a" and "b"; the steps are in l->step. */
void	lab_boot(struct lab *l, struct sim_report *r);
void	lab_boot_over(struct lab *l, enum sim_transport t,
	    struct sim_report *r);

/* The fetch functions, arg: the lab.  Over https "https:NAME" goes before
 * NAME. */
sim_fetch_fn	lab_fetch;
sim_fetch_tls_fn lab_fetch_tls;

/* The last step that asked for name; fails the test when there is none. */
const struct sim_step	*lab_step(const struct lab *l, const char *name);

/* A file of the source tree's tests/data/vectors (free()). */
uint8_t	*lab_vector(const char *vector, size_t *len);

#endif
