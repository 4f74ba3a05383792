/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a message of the Certificate Authority Proxy Function; what
 * parses is built again and then means the same.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/capf_msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
same(const struct capf_bytes *a, const struct capf_bytes *b)
{
	if ((a->p == NULL) != (b->p == NULL) || a->len != b->len ||
	    (a->len > 0 && memcmp(a->p, b->p, a->len) != 0))
		abort();
}

static void
same_number(bool has_a, uint32_t a, bool has_b, uint32_t b)
{
	if (has_a != has_b || a != b)
		abort();
}

static void
same_msg(const struct capf_msg *a, const struct capf_msg *b)
{
	if (a->command != b->command || a->session != b->session ||
	    b->nunknown != 0)
		abort();
	same_number(a->has_reason, a->reason, b->has_reason, b->reason);
	same_number(a->has_version, a->version, b->has_version, b->version);
	same_number(a->has_auth_type, a->auth_type, b->has_auth_type,
	    b->auth_type);
	same_number(a->has_cert_type, a->cert_type, b->has_cert_type,
	    b->cert_type);
	same_number(a->has_key_bits, a->key_bits, b->has_key_bits,
	    b->key_bits);
	same_number(a->has_key_type, a->key_type, b->has_key_type,
	    b->key_type);
	same_number(a->has_curve, a->curve, b->has_curve, b->curve);
	same_number(a->has_password, 0, b->has_password, 0);
	same_number(a->has_device, 0, b->has_device, 0);
	same(&a->password, &b->password);
	same(&a->device, &b->device);
	same(&a->cert, &b->cert);
	same(&a->signed1, &b->signed1);
	same(&a->signed512, &b->signed512);
	same(&a->spki, &b->spki);
	same(&a->sudi_cert, &b->sudi_cert);
	same(&a->sudi_sig1, &b->sudi_sig1);
	same(&a->sudi_sig512, &b->sudi_sig512);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static uint8_t out[CAPF_MSG_MAX];
	struct capf_msg m, again;
	struct cert *c;
	size_t n;

	if (capf_msg_parse(&m, buf, len, NULL) != ERR_OK)
		return 0;
	if (capf_msg_need(buf, len, &n, NULL) != ERR_OK || n != len)
		abort();
	if (capf_msg_build(&m, out, &n, NULL) != ERR_OK || n > len ||
	    capf_msg_parse(&again, out, n, NULL) != ERR_OK)
		abort();
	same_msg(&m, &again);
	if (m.cert.p != NULL &&
	    (c = cert_from_der(m.cert.p, m.cert.len, NULL)) != NULL) {
		(void)capf_msg_verify(&m, c, m.session, true, NULL);
		cert_free(c);
	}
	return 0;
}
