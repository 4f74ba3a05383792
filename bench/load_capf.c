/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that install certificates, see load_capf.h.
 *
 * Keys must differ, and pass for keys: to the modulus of a real one a multiple
 * of all small primes is added, so it has no small factor either.  Nobody has
 * the private key, nor needs it here.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/bn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bench/load_capf.h"

#define SPKI_LEN	294	/* of RSA-2048 with exponent 65537 */
#define MODULUS_AT	33
#define MODULUS_LEN	256
#define PRIMES_END	1000	/* above those that anybody tries */

static struct {
	uint8_t	 spki[SPKI_LEN];
	BIGNUM	*modulus, *step, *it;
	BN_CTX	*ctx;
} load;

static bool
is_prime(unsigned n)
{
	for (unsigned d = 2; d * d <= n; d++)
		if (n % d == 0)
			return false;
	return true;
}

bool
load_capf_begin(const char *file, struct err *e)
{
	uint8_t *buf = NULL;
	size_t len;

	if (file_read(AT_FDCWD, file, sizeof(load.spki), &buf, &len, e) !=
	    ERR_OK)
		return false;
	if (len != sizeof(load.spki)) {
		free(buf);
		return err_set(e, ERR_ARG, "%s is no RSA-2048 key", file) ==
		    ERR_OK;
	}
	memcpy(load.spki, buf, sizeof(load.spki));
	free(buf);
	load.modulus = BN_bin2bn(load.spki + MODULUS_AT, MODULUS_LEN, NULL);
	load.step = BN_new();
	load.it = BN_new();
	load.ctx = BN_CTX_new();
	if (load.modulus == NULL || load.step == NULL || load.it == NULL ||
	    load.ctx == NULL || BN_set_word(load.step, 1) != 1)
		return err_set(e, ERR_NOMEM, "key") == ERR_OK;
	for (unsigned p = 2; p < PRIMES_END; p++)
		if (is_prime(p))
			(void)BN_mul_word(load.step, p);
	return true;
}

static void
make_key(int64_t device)
{
	(void)BN_copy(load.it, load.step);
	(void)BN_mul_word(load.it, (BN_ULONG)device);
	(void)BN_add(load.it, load.it, load.modulus);
	(void)BN_bn2binpad(load.it, load.spki + MODULUS_AT, MODULUS_LEN);
}

static int
build(const struct capf_msg *m, uint8_t *out, size_t *outlen)
{
	return capf_msg_build(m, out, outlen, NULL) == ERR_OK ? 0 : -1;
}

int
load_capf_answer(int64_t device, const uint8_t *buf, size_t len,
    uint8_t out[CAPF_MSG_MAX], size_t *outlen)
{
	struct capf_msg m, a = { .has_reason = true, .reason = 1 };
	char name[32];

	if (capf_msg_parse(&m, buf, len, NULL) != ERR_OK)
		return -1;
	a.command = (uint8_t)(m.command + 1);
	a.session = m.session;
	switch (m.command) {
	case CAPF_AUTH_REQUEST:
		a.device.len = (size_t)snprintf(name, sizeof(name),
		    "SEP%012" PRIX64, (uint64_t)device);
		a.device.p = (const uint8_t *)name;
		a.has_device = a.has_version = true;
		a.version = CAPF_VERSION;
		return build(&a, out, outlen);
	case CAPF_KEY_REQUEST:
		make_key(device);
		a.has_reason = false;
		a.spki = (struct capf_bytes){ load.spki, sizeof(load.spki) };
		return build(&a, out, outlen);
	case CAPF_STORE_REQUEST:
		return build(&a, out, outlen);
	case CAPF_END_SESSION:
		return m.reason == CAPF_REASON_OK ? 1 : -1;
	}
	return -1;
}
