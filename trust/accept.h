/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone accepts: pure functions over what it holds and a new file.
 * spec/trust-list.md section 11 and spec/operations.md section 0 are the law.
 * phonesim is a phone by it; preflight and simulate will be.
 */
#ifndef TRUST_ACCEPT_H
#define TRUST_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct accept_memo;

/*
 * What a phone asks its Trust Verification Service (spec/tvs.md section 5)
 * when its lists know a signer or a server not.
 */
struct accept_question {
	/* A signer, as the header names it (query) ... */
	const char	*subject, *issuer;
	const uint8_t	*serial;
	size_t		 seriallen;
	/* ... or the certificate that a server shows (verify); NULL: a
	 * signer. */
	const uint8_t	*der;
	size_t		 derlen;
};

enum accept_says {
	ACCEPT_SAYS_NOTHING,	/* nobody answered: as good as no */
	ACCEPT_SAYS_INVALID,
	ACCEPT_SAYS_VALID,
};

#define ACCEPT_ROLES_MAX	16
#define ACCEPT_FROM_MAX		80

struct accept_answer {
	enum accept_says says;
	/* Valid: the signer's certificate, until the verdict is there; and
	 * what it is good for. */
	const uint8_t	*der;
	size_t		 derlen;
	uint8_t		 roles[ACCEPT_ROLES_MAX];	/* enum list_role */
	size_t		 nroles;
	bool		 remembered;	/* answered before, still good */
	char		 from[ACCEPT_FROM_MAX];	/* "192.0.2.7:2445" */
	char		 why[200];	/* nothing: what was in the way */
};

/*
 * The TVS servers of the phone's current configuration: a phone's memory and
 * the network, answers gathered before, or what the cluster would say.  a is
 * zero before.
 */
typedef void	accept_ask_fn(void *arg, const struct accept_question *q,
		    struct accept_answer *a);

/* What the phone holds: file bytes, NULL when none. */
struct accept_phone {
	const uint8_t	*ctl;
	size_t		 ctllen;
	const uint8_t	*itl;
	size_t		 itllen;
	/* Who asks about many phones lets them share what was found out about
	 * their lists (accept_memo.h); verdicts are the same with NULL. */
	struct accept_memo *memo;
	accept_ask_fn	*ask;		/* NULL: it knows no TVS server */
	void		*ask_arg;
};

enum accept_path {
	ACCEPT_NONE,		/* refused */
	ACCEPT_BLANK,		/* holds no list, or an emptied ITL */
	ACCEPT_SAST_CTL,	/* list: signer is a SAST of the held CTL */
	ACCEPT_SAST_ITL,	/* ... of the held ITL */
	ACCEPT_TFTP_CTL,	/* file: signer is a TFTP record of the CTL */
	ACCEPT_TFTP_ITL,
	ACCEPT_TVS,		/* TVS vouches for the signer or server */
	ACCEPT_CAPF_CTL,	/* server: is a CAPF record of the CTL */
	ACCEPT_CAPF_ITL,
};
const char	*accept_path_text(enum accept_path p);

enum accept_step {		/* where it was refused */
	STEP_OK,
	STEP_FORMAT,		/* does not parse */
	STEP_NAME,		/* tag 14 is not the name expected */
	STEP_SIGNER,		/* signer is in no list held */
	STEP_SIGNATURE,		/* signer known, bytes differ */
	STEP_FORM,		/* unsigned where signed is required */
	STEP_TVS,		/* ... nor does TVS vouch for it */
};
const char	*accept_step_name(enum accept_step s);

struct accept_verdict {
	enum accept_path path;		/* ACCEPT_NONE: refused */
	enum accept_step step;
	char		 signer[256];	/* name in the header, "" unknown */
	char		 why[560];	/* one sentence */
};

enum accept_list_kind { ACCEPT_ITL, ACCEPT_CTL };

/*
 * Would the phone store this list?  true when accepted.  A blank phone takes
 * any list that is sound in itself, that is signed by one of its own SAST
 * records [I].  Else a SAST record held (CTL first, then ITL) must have the
 * signer's issuer and serial, and its certificate must verify the bytes.
 * Where none has the name, TVS is asked if the ITL has a TVS record: its
 * answer must be valid, with role SAST, and the certificate it gives must
 * verify the bytes.  A phone whose own list cannot be read refuses
 * (STEP_FORMAT).  More than LIST_SAST_MAX SAST records are accepted, why says
 * so.
 */
bool	accept_list(const struct accept_phone *p, enum accept_list_kind kind,
	    const uint8_t *buf, size_t len, struct accept_verdict *v);

/*
 * Would it use this file, asked for as name?  Names that end in ".sgn" are of
 * signed files: the header must have that name (without a leading slash), and
 * a TFTP or CCM+TFTP record held (CTL first) must be the signer's, or TVS
 * vouch for it with one of these roles; a blank phone takes it without check.
 * A plain file is refused (STEP_FORM) when the phone asks for signed ones.
 * ".enc.sgn": header version 2, the payload is what is encrypted.
 * *payload points into buf, NULL when refused.
 */
bool	accept_file(const struct accept_phone *p, const char *name,
	    const uint8_t *buf, size_t len, const uint8_t **payload,
	    size_t *payloadlen, struct accept_verdict *v);

/* Does it ask for .sgn names: a held list has a TFTP or CCM+TFTP record with
 * a certificate (spec/phone-files.md section 4). */
bool	accept_wants_signed(const struct accept_phone *p);

/* --- over HTTPS --- */

/* Does it ask for its own configuration over HTTPS first: a held list has
 * signer version 1.1 and a TFTP or CCM+TFTP record with an EC key
 * (spec/trust-list.md section 8). */
bool	accept_wants_https(const struct accept_phone *p);

/*
 * Is it the server that the phone knows: has such a record (CTL first) this
 * certificate, byte for byte, or does TVS vouch for it, with an EC key, as
 * TFTP, CCM+TFTP or APP-SERVER?  Names, dates and authorities say nothing.
 */
bool	accept_server(const struct accept_phone *p, const uint8_t *der,
	    size_t len, struct accept_verdict *v);

/*
 * As accept_file, of a file from the server that accept_server took with the
 * verdict *server: one without signature header is that server's word
 * (spec/signed-file.md section 5).
 */
bool	accept_served(const struct accept_phone *p,
	    const struct accept_verdict *server, const char *name,
	    const uint8_t *buf, size_t len, const uint8_t **payload,
	    size_t *payloadlen, struct accept_verdict *v);

/* --- CAPF --- */

/*
 * Does it give its authentication string to this server, and let it make its
 * certificate: has a CAPF record held (CTL first) this certificate, byte for
 * byte, or does TVS vouch for it as CAPF (spec/capf.md section 1).  A blank
 * phone takes any [I].
 */
bool	accept_capf_server(const struct accept_phone *p, const uint8_t *der,
	    size_t len, struct accept_verdict *v);

/* --- the TVS server itself --- */

/* Does it ask TVS at all: the ITL has a TVS record.  Without one the lists
 * alone decide (spec/tvs.md section 8). */
bool	accept_wants_tvs(const struct accept_phone *p);

/* Is it the one: has a TVS record of the ITL this certificate, byte for byte?
 * TVS cannot vouch for itself, and the CTL says nothing here. */
bool	accept_tvs_server(const struct accept_phone *p, const uint8_t *der,
	    size_t len, struct accept_verdict *v);

/* "SAST,TFTP"; numbers without a name as such; "none". */
void	accept_roles_text(const uint8_t *roles, size_t n, char *out,
	    size_t outlen);

#endif
