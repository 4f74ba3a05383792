/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How long encrypted phone files take: encload [COUNT] renders, encrypts and
 * signs COUNT of them with RSA keys of 2048 bits, by a signer in this process,
 * and prints seconds of processor time for each step and for all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certs/enc_file.h"
#include "trust/render.h"

#define COUNT_DEFAULT	10000

static void
fail(const struct err *e)
{
	(void)fprintf(stderr, "encload: %s\n", e->msg);
	exit(1);
}

static struct cert *
self_signed(const char *cn, const struct key *k)
{
	struct cert_spec s = { .cn = cn, .serial = { 1 }, .seriallen = 1,
	    .not_after = 1900000000, .usage = CERT_USE_SIGN |
	    CERT_USE_ENCIPHER, .hash = DIGEST_SHA256 };
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);

	if (c == NULL)
		fail(&e);
	return c;
}

static struct key *
new_key(void)
{
	struct err e = { 0 };
	struct key *k = key_generate(KEY_RSA2048, &e);

	if (k == NULL)
		fail(&e);
	return k;
}

static double
seconds(clock_t from)
{
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* The same phone's with another name: what differs costs nothing. */
static double
render_all(struct render_env *env, long count, uint8_t **out, size_t *len)
{
	struct err e = { 0 };
	clock_t start = clock();

	for (long i = 0; i < count; i++) {
		free(*out);
		if (render_config(env, NULL, 0, out, len, &e) != ERR_OK)
			fail(&e);
	}
	return seconds(start);
}

/* With its own key stream for each, as the file store makes them. */
static double
build_all(struct enc_build *b, struct signer *s, long count,
    const uint8_t *xml, size_t xmllen)
{
	struct rng_derived d;
	struct err e = { 0 };
	clock_t start = clock();
	uint8_t *out, seed[RNG_DERIVED_LEN];
	struct rng rng;
	char salt[32];
	size_t len;

	b->rng = &rng;
	for (long i = 0; i < count; i++) {
		(void)snprintf(salt, sizeof(salt), "%ld", i);
		if (hkdf_sha256("secret", 6, salt, strlen(salt), "encload",
		    seed, sizeof(seed), &e) != ERR_OK)
			fail(&e);
		rng_derived_init(&rng, &d, seed);
		if (enc_file_build(b, xml, xmllen, s, &out, &len, &e) !=
		    ERR_OK)
			fail(&e);
		free(out);
	}
	return seconds(start);
}

/* What no way around leads past: one private and three public operations
 * cost about this. */
static double
sign_all(const struct cert *c, struct signer *s, long count)
{
	uint8_t id[KEY_ID_LEN], digest[20] = { 1 }, sig[KEY_SIG_MAX];
	struct err e = { 0 };
	clock_t start = clock();
	size_t len;

	cert_key_id(c, id);
	for (long i = 0; i < count; i++) {
		digest[0] = (uint8_t)i;
		if (sign_digest(s, id, DIGEST_SHA1, KEY_PAD_PKCS1, digest,
		    sizeof(digest), sig, &len, &e) != ERR_OK)
			fail(&e);
	}
	return seconds(start);
}

int
main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : COUNT_DEFAULT;
	struct render_env env = { .device = "SEP0011223344AA", .nserver = 1,
	    .server = { { "192.0.2.1", 2445, 3804, 5060, 5061, 2000,
	    2443 } } };
	struct key *ours = new_key(), *phones = new_key();
	struct cert *ccm = self_signed("CallManager", ours);
	struct cert *phone = self_signed("SEP0011223344AA", phones);
	struct enc_build b = { .signer = ccm, .digest = DIGEST_SHA1,
	    .names = CERT_NAME_SEMICOLON, .timestamp = 1,
	    .name = "SEP0011223344AA.cnf.xml.enc.sgn", .phone = phone };
	struct signer *s = signer_local_new(NULL);
	struct err e = { 0 };
	double render, build, sign;
	uint8_t *xml = NULL;
	size_t len = 0;

	if (count < 1) {
		(void)fprintf(stderr, "usage: encload [COUNT]\n");
		return 2;
	}
	if (s == NULL || signer_local_add(s, ours, &e) != ERR_OK)
		fail(&e);
	render = render_all(&env, count, &xml, &len);
	build = build_all(&b, s, count, xml, len);
	sign = sign_all(ccm, s, count);
	(void)printf("%ld files of %zu bytes: rendered %.2f s, encrypted and "
	    "signed %.2f s, together %.2f s of processor time\n"
	    "(the signatures alone: %.2f s)\n", count, len, render, build,
	    render + build, sign);
	free(xml);
	signer_free(s);
	cert_free(ccm);
	cert_free(phone);
	key_free(phones);
	return 0;
}
