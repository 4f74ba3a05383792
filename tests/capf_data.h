/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The recorded sessions of the Certificate Authority Proxy Function
 * (tests/data/vectors/capf).  Every function fails the running test when
 * something is missing.
 */
#ifndef TESTS_CAPF_DATA_H
#define TESTS_CAPF_DATA_H

#include "certs/capf_msg.h"

#define CAPF_SESSION_MAX	12

struct capf_session {
	size_t		 n;
	struct {
		bool	 from_server;
		uint8_t	*buf;
		size_t	 len;
	}		 msg[CAPF_SESSION_MAX];
};

/* capf/NAME.txt */
void	capf_session_read(struct capf_session *s, const char *name);
void	capf_session_clear(struct capf_session *s);

/* Certificate and key of the phone that session 4 has. */
#define CAPF_DATA_PHONE	"../capf/phone-lsc-rsa2048"	/* for data_cert, _key */

#endif
