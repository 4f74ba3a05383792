/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone that installs a certificate (spec/capf.md), for the bench: each has
 * a name and a public key of its own, which costs it nothing.
 */
#ifndef BENCH_LOAD_CAPF_H
#define BENCH_LOAD_CAPF_H

#include "certs/capf_msg.h"

/* The key of one phone, RSA-2048 as SubjectPublicKeyInfo, of which those of
 * the others are made. */
bool	load_capf_begin(const char *file, struct err *e);

/*
 * The answer of phone number device to a whole message of the server.  1: it
 * was the last one and all is well; -1: it is not.
 */
int	load_capf_answer(int64_t device, const uint8_t *buf, size_t len,
	    uint8_t out[CAPF_MSG_MAX], size_t *outlen);

#endif
