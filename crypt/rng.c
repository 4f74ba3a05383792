/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Random bytes, see rng.h.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "crypt/digest.h"
#include "crypt/rng.h"
#include "crypt/secret.h"

static int
system_fill(void *arg, void *buf, size_t len, struct err *e)
{
	(void)arg;
	if (len > INT_MAX)
		return err_set(e, ERR_ARG, "%zu random bytes at once", len);
	if (RAND_priv_bytes(buf, (int)len) != 1) {
		ERR_clear_error();
		return err_set(e, ERR_CRYPTO, "the system's random generator "
		    "failed");
	}
	return ERR_OK;
}

const struct rng *
rng_system(void)
{
	static const struct rng r = { .fill = system_fill };

	return &r;
}

static int
seeded_fill(void *arg, void *buf, size_t len, struct err *e)
{
	uint8_t in[16], block[DIGEST_SHA256_LEN], *p = buf;
	struct rng_seeded *s = arg;
	size_t n;
	int r;

	for (; len > 0; p += n, len -= n, s->counter++) {
		for (int i = 0; i < 8; i++) {
			in[i] = (uint8_t)(s->seed >> (56 - 8 * i));
			in[8 + i] = (uint8_t)(s->counter >> (56 - 8 * i));
		}
		if ((r = digest_buf(DIGEST_SHA256, in, sizeof(in), block,
		    e)) != ERR_OK)
			return r;
		n = len < sizeof(block) ? len : sizeof(block);
		memcpy(p, block, n);
	}
	return ERR_OK;
}

void
rng_seeded_init(struct rng *r, struct rng_seeded *s, uint64_t seed)
{
	*s = (struct rng_seeded){ .seed = seed };
	*r = (struct rng){ .fill = seeded_fill, .arg = s };
}

static int
derived_more(struct rng_derived *d, struct err *e)
{
	static const uint8_t zero[sizeof(d->some)];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t iv[16] = { 0 };
	int n = 0, ret = ERR_OK;

	for (int i = 0; i < 4; i++)
		iv[12 + i] = (uint8_t)(d->counter >> (24 - 8 * i));
	if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL,
	    d->secret, iv) != 1 || EVP_EncryptUpdate(ctx, d->some, &n, zero,
	    sizeof(zero)) != 1 || (size_t)n != sizeof(zero)) {
		ERR_clear_error();
		ret = err_set(e, ERR_CRYPTO, "AES-256-CTR");
	} else {
		d->counter += sizeof(d->some) / sizeof(iv);
		d->left = sizeof(d->some);
	}
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

/* The same bytes however they are asked for. */
static int
derived_fill(void *arg, void *buf, size_t len, struct err *e)
{
	struct rng_derived *d = arg;
	uint8_t *p = buf;
	size_t n;
	int ret;

	for (; len > 0; p += n, len -= n, d->left -= n) {
		if (d->left == 0 && (ret = derived_more(d, e)) != ERR_OK)
			return ret;
		n = len < d->left ? len : d->left;
		memcpy(p, d->some + sizeof(d->some) - d->left, n);
	}
	return ERR_OK;
}

void
rng_derived_init(struct rng *r, struct rng_derived *d,
    const uint8_t secret[RNG_DERIVED_LEN])
{
	*d = (struct rng_derived){ .counter = 0 };
	memcpy(d->secret, secret, sizeof(d->secret));
	*r = (struct rng){ .fill = derived_fill, .arg = d };
}

void
rng_derived_clear(struct rng_derived *d)
{
	secret_wipe(d, sizeof(*d));
}

int
rng_fill(const struct rng *r, void *buf, size_t len, struct err *e)
{
	return r->fill(r->arg, buf, len, e);
}

/* Version and variant bits of RFC 9562, section 4. */
static void
uuid_print(uint8_t b[16], int version, char out[UUID_LEN])
{
	b[6] = (uint8_t)((b[6] & 0x0f) | version << 4);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	(void)snprintf(out, UUID_LEN, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
	    b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	    b[15]);
}

int
rng_uuid(const struct rng *r, char out[UUID_LEN], struct err *e)
{
	uint8_t b[16];
	int ret;

	if ((ret = rng_fill(r, b, sizeof(b), e)) != ERR_OK)
		return ret;
	uuid_print(b, 4, out);
	return ERR_OK;
}

void
uuid_from_digest(const uint8_t *digest, char out[UUID_LEN])
{
	uint8_t b[16];

	memcpy(b, digest, sizeof(b));
	uuid_print(b, 8, out);
}
