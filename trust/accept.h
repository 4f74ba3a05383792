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

/* What the phone holds: file bytes, NULL when none. */
struct accept_phone {
	const uint8_t	*ctl;
	size_t		 ctllen;
	const uint8_t	*itl;
	size_t		 itllen;
	/* Who asks about many phones lets them share what was found out about
	 * their lists (accept_memo.h); verdicts are the same with NULL. */
	struct accept_memo *memo;
};

enum accept_path {
	ACCEPT_NONE,		/* refused */
	ACCEPT_BLANK,		/* holds no list, or an emptied ITL */
	ACCEPT_SAST_CTL,	/* list: signer is a SAST of the held CTL */
	ACCEPT_SAST_ITL,	/* ... of the held ITL */
	ACCEPT_TFTP_CTL,	/* file: signer is a TFTP record of the CTL */
	ACCEPT_TFTP_ITL,
};
const char	*accept_path_text(enum accept_path p);

enum accept_step {		/* where it was refused */
	STEP_OK,
	STEP_FORMAT,		/* does not parse */
	STEP_NAME,		/* tag 14 is not the name expected */
	STEP_SIGNER,		/* signer is in no list held */
	STEP_SIGNATURE,		/* signer known, bytes differ */
	STEP_FORM,		/* unsigned where signed is required */
};
const char	*accept_step_name(enum accept_step s);

struct accept_verdict {
	enum accept_path path;		/* ACCEPT_NONE: refused */
	enum accept_step step;
	char		 signer[256];	/* name in the header, "" unknown */
	char		 why[320];	/* one sentence */
};

enum accept_list_kind { ACCEPT_ITL, ACCEPT_CTL };

/*
 * Would the phone store this list?  true when accepted.  A blank phone takes
 * any list that is sound in itself, that is signed by one of its own SAST
 * records [I].  Else a SAST record held (CTL first, then ITL) must have the
 * signer's issuer and serial, and its certificate must verify the bytes.  A
 * phone whose own list cannot be read refuses (STEP_FORMAT).  More than
 * LIST_SAST_MAX SAST records are accepted, why says so.
 */
bool	accept_list(const struct accept_phone *p, enum accept_list_kind kind,
	    const uint8_t *buf, size_t len, struct accept_verdict *v);

/*
 * Would it use this file, asked for as name?  Names that end in ".sgn" are of
 * signed files: the header must have that name (without a leading slash), and
 * a TFTP or CCM+TFTP record held (CTL first) must be the signer's; a blank
 * phone takes it without check.  A plain file is refused (STEP_FORM) when the
 * phone asks for signed ones.  *payload points into buf, NULL when refused.
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
 * certificate, byte for byte?  Names, dates and authorities say nothing.
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

#endif
