/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a message between engine and signer; what parses is something
 * that can be asked, and is written back as it came.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/sign_msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
can_be_asked(const struct sign_request *q)
{
	if (q->len > SIGN_MSG_DATA_MAX)
		return false;
	switch (q->op) {
	case SIGN_OP_DIGEST:
		return q->alg <= DIGEST_SHA512 && q->pad <= KEY_PAD_TLS10;
	case SIGN_OP_DECRYPT:
		return q->tls_version != 0;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	uint8_t out[SIGN_MSG_MAX];
	struct sign_request q;
	struct sign_answer a;

	if (sign_request_parse(&q, buf, len, NULL) == ERR_OK &&
	    (!can_be_asked(&q) || sign_request_put(&q, out) != len ||
	    memcmp(out, buf, len) != 0))
		abort();
	if (sign_answer_parse(&a, buf, len, NULL) == ERR_OK &&
	    (sign_answer_put(&a, out) != len || memcmp(out, buf, len) != 0))
		abort();
	return 0;
}
