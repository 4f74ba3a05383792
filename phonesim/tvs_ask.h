/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone asks TVS and is told, as messages (certs/tvs_msg.h), and whom
 * it asks, as text.
 */
#ifndef PHONESIM_TVS_ASK_H
#define PHONESIM_TVS_ASK_H

#include "certs/tvs_msg.h"
#include "trust/accept.h"
#include "trust/config.h"

#define TVS_SESSION_FIRST	1001	/* phones count from there */

/* q of that device as a request into buf, its length to *n.  ERR_ARG: it
 * cannot be asked. */
int	tvs_ask_build(const struct accept_question *q, const char *device,
	    uint32_t session, uint8_t buf[TVS_MSG_MAX], size_t *n,
	    struct err *e);

/* Is it an answer, to that question?  m borrows from buf.  ERR_PROTO. */
int	tvs_ask_read(const struct accept_question *q, uint32_t session,
	    const uint8_t *buf, size_t len, struct tvs_msg *m,
	    struct err *e);

/* Who is asked about: the name of the certificate, or as in the question. */
void	tvs_ask_about(const struct accept_question *q, char *out,
	    size_t outlen);

/* "192.0.2.7:2445", "[2001:db8::7]:2445", cut. */
void	tvs_ask_address(const struct config_server *t,
	    char out[ACCEPT_FROM_MAX]);

#endif
