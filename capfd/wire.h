/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the engine asks of the writer, and its answers: bytes to struct and
 * back.  One message is one packet of a socket pair that keeps bounds.  All
 * that an engine gone bad can have done is what trust/capf.h does for a
 * session that says these things.
 */
#ifndef CAPFD_WIRE_H
#define CAPFD_WIRE_H

#include "certs/cert.h"
#include "trust/capf.h"

#define WIRE_MAX	(CERT_DER_MAX + 2048)	/* bytes of a message */

enum wire_kind {
	WIRE_BEGIN = 1,		/* capf_begin */
	WIRE_ISSUED,		/* capf_issued */
	WIRE_REQUEST,		/* capf_requested */
	WIRE_END,		/* capf_end */
};

struct wire_ask {
	enum wire_kind		 kind;
	uint32_t		 nr;		/* comes back with the answer */
	struct capf_hello	 hello;		/* BEGIN */
	struct capf_owner	 owner;		/* the others */
	uint32_t		 session;
	int64_t			 now;
	uint8_t			 spki[SHA256_LEN];	/* REQUEST: the key */
	enum capf_operation	 op;		/* END */
	bool			 ok, refused, mic;
	char			 why[CAPF_REASON_MAX + 1];
	const uint8_t		*der;		/* borrowed; NULL: none */
	size_t			 derlen;
};

struct wire_answer {
	uint32_t		 nr;
	int			 code;		/* ERR_OK or why not */
	char			 why[CAPF_REASON_MAX + 1];
	struct capf_task	 task;		/* BEGIN; wire_answer_clear() */
};

/* ERR_LIMIT. */
int	wire_ask_build(const struct wire_ask *a, uint8_t buf[WIRE_MAX],
	    size_t *len, struct err *e);
/*
 * a borrows from buf.  ERR_PROTO: anything that wire_ask_build does not make,
 * text of other than printable characters among it.
 */
int	wire_ask_parse(struct wire_ask *a, const uint8_t *buf, size_t len,
	    struct err *e);

int	wire_answer_build(const struct wire_answer *a, uint8_t buf[WIRE_MAX],
	    size_t *len, struct err *e);
/* What it has is copied. */
int	wire_answer_parse(struct wire_answer *a, const uint8_t *buf,
	    size_t len, struct err *e);
void	wire_answer_clear(struct wire_answer *a);

#endif
