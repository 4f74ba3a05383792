/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How phones sign for their certificates: the recorded session, and everything
 * that only looks like it.
 */
#include <check.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ca_lab.h"
#include "tests/capf_data.h"
#include "tests/certs_data.h"

#define SESSION	4		/* of the recorded one */

/* A phone's authentication response and what it points into. */
struct phone {
	struct capf_session	 recorded;
	struct capf_msg		 m;
	struct cert		*cert;
	struct key		*key;
	uint8_t			 sig1[KEY_SIG_MAX], sig512[KEY_SIG_MAX],
				 sudi1[KEY_SIG_MAX], sudi512[KEY_SIG_MAX];
};

static void
phone_recorded(struct phone *p)
{
	capf_session_read(&p->recorded, "fetch-certificate-auth");
	ck_assert_int_eq(capf_msg_parse(&p->m, p->recorded.msg[1].buf,
	    p->recorded.msg[1].len, NULL), ERR_OK);
	p->cert = data_cert(CAPF_DATA_PHONE);
	p->key = data_key(CAPF_DATA_PHONE);
}

static struct capf_bytes
der_of(const struct cert *c)
{
	struct capf_bytes b;

	b.p = cert_der(c, &b.len);
	return b;
}

/* The signatures of all that the message holds, by k. */
static void
phone_sign(struct phone *p, const struct key *k)
{
	struct err e = { 0 };

	ck_assert_msg(capf_sign_d1(&p->m, k, p->sig1, &p->m.signed1.len,
	    p->sig512, &p->m.signed512.len, &e) == ERR_OK, "%s", e.msg);
	p->m.signed1.p = p->sig1;
	p->m.signed512.p = p->sig512;
	if (p->m.sudi_cert.p == NULL)
		return;
	ck_assert_int_eq(capf_sign_d2(p->m.sudi_cert.p, p->m.sudi_cert.len,
	    SESSION, k, p->sudi1, &p->m.sudi_sig1.len, p->sudi512,
	    &p->m.sudi_sig512.len, &e), ERR_OK);
	p->m.sudi_sig1.p = p->sudi1;
	p->m.sudi_sig512.p = p->sudi512;
}

/* A phone with a fresh key of that type and a certificate over it. */
static void
phone_new(struct phone *p, enum key_type t, const char *device)
{
	const struct cert_spec spec = { .cn = device, .serial = { 1 },
	    .seriallen = 1, .not_after = INT64_C(4000000000),
	    .usage = CERT_USE_SIGN, .hash = DIGEST_SHA256 };
	struct err e = { 0 };

	memset(p, 0, sizeof(*p));
	p->key = data_key_of(t);
	p->cert = cert_self_sign(&spec, p->key, &e);
	ck_assert_msg(p->cert != NULL, "%s", e.msg);
	p->m = (struct capf_msg){
		.command = CAPF_AUTH_RESPONSE, .session = SESSION,
		.has_device = true,
		.device = { (const uint8_t *)device, strlen(device) },
		.cert = der_of(p->cert), .sudi_cert = der_of(p->cert),
	};
	phone_sign(p, p->key);
}

static void
phone_clear(struct phone *p)
{
	capf_session_clear(&p->recorded);
	cert_free(p->cert);
	key_free(p->key);
}

static int
verify(const struct phone *p)
{
	return capf_msg_verify(&p->m, p->cert, SESSION, false, NULL);
}

START_TEST(recorded)
{
	uint8_t d1[20], d1_512[64];
	struct phone p = { .sig1 = { 0 } };
	struct capf_msg was;
	struct err e = { 0 };

	phone_recorded(&p);
	ck_assert_msg(capf_msg_verify(&p.m, p.cert, SESSION, false, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_int_eq(capf_hash_d1(&p.m, d1, d1_512, NULL), ERR_OK);
	was = p.m;
	phone_sign(&p, p.key);		/* the same bytes: PKCS#1 v1.5 */
	ck_assert_mem_eq(p.m.signed1.p, was.signed1.p, 256);
	ck_assert_mem_eq(p.m.signed512.p, was.signed512.p, 256);
	ck_assert_mem_eq(p.m.sudi_sig1.p, was.sudi_sig1.p, 256);
	ck_assert_mem_eq(p.m.sudi_sig512.p, was.sudi_sig512.p, 256);
	phone_clear(&p);
}
END_TEST

static const enum key_type types[] = { KEY_RSA1024, KEY_RSA2048, KEY_EC256,
	KEY_EC384, KEY_EC521 };

START_TEST(every_key)
{
	struct phone p;

	phone_new(&p, types[_i], "SEP0011223344AA");
	ck_assert_int_eq(verify(&p), ERR_OK);
	/* One bit of any of the four. */
	p.sig1[9] ^= 1;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	p.sig1[9] ^= 1;
	p.sig512[9] ^= 1;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	p.sig512[9] ^= 1;
	p.sudi1[9] ^= 1;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	p.sudi1[9] ^= 1;
	p.sudi512[9] ^= 1;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	p.sudi512[9] ^= 1;
	ck_assert_int_eq(verify(&p), ERR_OK);
	phone_clear(&p);
}
END_TEST

/* A signature says for which device, which certificate, which session. */
START_TEST(bound)
{
	static const uint8_t other[] = "SEP0011223344AB";
	struct cert *ccm = data_cert("ccm");
	struct capf_bytes swap;
	struct phone p = { .sig1 = { 0 } };

	phone_recorded(&p);
	p.m.device.p = other;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);

	phone_recorded(&p);
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION + 1, false,
	    NULL), ERR_VERIFY);
	/* the bytes of 4 the other way round */
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, UINT32_C(0x04000000),
	    false, NULL), ERR_VERIFY);
	ck_assert_int_eq(capf_msg_verify(&p.m, ccm, SESSION, false, NULL),
	    ERR_ARG);
	p.m.cert = der_of(ccm);		/* another's certificate */
	ck_assert_int_eq(capf_msg_verify(&p.m, ccm, SESSION, false, NULL),
	    ERR_VERIFY);
	phone_clear(&p);

	phone_recorded(&p);
	p.m.sudi_cert = der_of(ccm);
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);

	phone_recorded(&p);		/* signatures in each other's place */
	swap = p.m.signed1;
	p.m.signed1 = p.m.signed512;
	p.m.signed512 = swap;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);

	phone_recorded(&p);
	p.m.signed512 = p.m.sudi_sig512;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);
	cert_free(ccm);
}
END_TEST

START_TEST(missing)
{
	const struct capf_bytes none = { NULL, 0 };
	struct phone p = { .sig1 = { 0 } };
	struct capf_bytes sig1;
	struct err e = { 0 };

	phone_recorded(&p);
	sig1 = p.m.signed1;
	p.m.signed1 = none;		/* old and new: element 20 will do */
	ck_assert_int_eq(verify(&p), ERR_OK);
	p.m.signed512 = none;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_VERIFY);
	p.m.signed1 = sig1;		/* SHA-1 alone */
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, false, &e),
	    ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(e.msg, "capf.sha1_signatures"));
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_OK);
	p.m.sudi_sig512 = none;
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_OK);
	p.m.sudi_sig1 = none;		/* a certificate for show */
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_VERIFY);
	p.m.sudi_cert = none;
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_OK);
	p.m.has_device = false;
	ck_assert_int_eq(capf_msg_verify(&p.m, p.cert, SESSION, true, NULL),
	    ERR_ARG);
	phone_clear(&p);

	phone_recorded(&p);
	p.m.sudi_sig512 = none;
	ck_assert_int_eq(verify(&p), ERR_REFUSED);
	phone_clear(&p);

	phone_recorded(&p);
	p.m.sudi_cert.len--;		/* no certificate */
	ck_assert_int_eq(verify(&p), ERR_PROTO);
	phone_clear(&p);
}
END_TEST

/* --- blocks that are nearly right --- */

static const uint8_t info512[] = {
	0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40,
};
static const uint8_t info256[] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
	0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};

/* 00 type FF.. sep, info, the hash, garbage: as many FF as are said, or as
 * many as it takes. */
static const struct block {
	const char	*name;
	uint8_t		 type;
	int		 nff;		/* -1: to the right end */
	uint8_t		 fill, sep;
	const uint8_t	*info;
	size_t		 infolen;
	size_t		 hashlen;
	int		 code;
} blocks[] = {
	{ "bare hash", 1, -1, 0xff, 0, NULL, 0, 64, ERR_OK },
	{ "DigestInfo", 1, -1, 0xff, 0, info512, sizeof(info512), 64,
	    ERR_OK },
	{ "type 2", 2, -1, 0xff, 0, NULL, 0, 64, ERR_VERIFY },
	{ "type 0", 0, -1, 0, 0, NULL, 0, 64, ERR_VERIFY },
	{ "other filling", 1, -1, 0xfe, 0, NULL, 0, 64, ERR_VERIFY },
	{ "no separator", 1, -1, 0xff, 0xff, NULL, 0, 64, ERR_VERIFY },
	{ "eight FF, garbage behind", 1, 8, 0xff, 0, NULL, 0, 64,
	    ERR_VERIFY },
	{ "garbage behind DigestInfo", 1, 8, 0xff, 0, info512,
	    sizeof(info512), 64, ERR_VERIFY },
	{ "seven FF", 1, 7, 0xff, 0, NULL, 0, 64, ERR_VERIFY },
	{ "no FF", 1, 0, 0xff, 0, NULL, 0, 64, ERR_VERIFY },
	{ "hash cut", 1, -1, 0xff, 0, NULL, 0, 63, ERR_VERIFY },
	{ "first 20 bytes only", 1, -1, 0xff, 0, NULL, 0, 20, ERR_VERIFY },
	{ "DigestInfo of another digest", 1, -1, 0xff, 0, info256,
	    sizeof(info256), 64, ERR_VERIFY },
	{ "DigestInfo cut", 1, -1, 0xff, 0, info512, sizeof(info512) - 1, 64,
	    ERR_VERIFY },
	{ "no hash", 1, -1, 0xff, 0, NULL, 0, 0, ERR_VERIFY },
};

static void
raw_sign(EVP_PKEY *key, const uint8_t *block, size_t n, uint8_t *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = n;

	ck_assert_int_eq(EVP_PKEY_sign_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING),
	    1);
	ck_assert_int_eq(EVP_PKEY_sign(ctx, sig, &len, block, n), 1);
	ck_assert_uint_eq(len, n);
	EVP_PKEY_CTX_free(ctx);
}

static void
make_block(const struct block *b, const uint8_t *hash, uint8_t out[256])
{
	size_t used = 3 + b->infolen + b->hashlen;
	size_t nff = b->nff < 0 ? 256 - used : (size_t)b->nff;
	uint8_t *p = out;

	memset(out, 0x5a, 256);
	*p++ = 0;
	*p++ = b->type;
	memset(p, b->fill, nff);
	p += nff;
	*p++ = b->sep;
	if (b->infolen > 0)
		memcpy(p, b->info, b->infolen);
	memcpy(p + b->infolen, hash, b->hashlen);
}

START_TEST(forged)
{
	const struct block *b = &blocks[_i];
	struct phone p = { .sig1 = { 0 } };
	uint8_t sha1[20], sha512[64], block[256], at_end[256];
	const struct lab_spec spec = { .cn = "SEP0011223344AA" };

	phone_recorded(&p);
	cert_free(p.cert);
	p.cert = lab_issue(&spec, lab_rsa("rsa2048"), NULL, NULL);
	p.m.cert = der_of(p.cert);
	p.m.signed1 = p.m.sudi_cert = (struct capf_bytes){ NULL, 0 };
	ck_assert_int_eq(capf_hash_d1(&p.m, sha1, sha512, NULL), ERR_OK);
	make_block(b, sha512, block);
	raw_sign(lab_rsa("rsa2048"), block, sizeof(block), p.sig512);
	p.m.signed512 = (struct capf_bytes){ p.sig512, sizeof(block) };
	ck_assert_msg(verify(&p) == b->code, "%s", b->name);
	/* As who reads only the last bytes would have it. */
	if (b->code != ERR_OK) {
		memcpy(at_end, block, sizeof(block));
		memcpy(at_end + 256 - 64, sha512, 64);
		if (b->type != 1 || b->fill != 0xff || b->sep != 0 ||
		    b->nff >= 0) {
			raw_sign(lab_rsa("rsa2048"), at_end, sizeof(at_end),
			    p.sig512);
			ck_assert_msg(verify(&p) == ERR_VERIFY, "%s, hash at "
			    "the end", b->name);
		}
	}
	p.m.signed512.len--;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	p.m.signed512 = (struct capf_bytes){ p.sig512, 0 };
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);
	lab_end();
}
END_TEST

/* Numbers that anybody can write down. */
START_TEST(anybodys)
{
	static const uint8_t ones[256] = { 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0 };
	struct phone p;

	phone_new(&p, KEY_RSA2048, "SEP0011223344AA");
	p.m.sudi_cert.p = NULL;
	memset(p.sig512, 0, 256);
	ck_assert_int_eq(verify(&p), ERR_VERIFY);	/* 0 */
	p.sig512[255] = 1;
	ck_assert_int_eq(verify(&p), ERR_VERIFY);	/* 1 */
	memset(p.sig512, 0xff, 256);
	ck_assert_int_eq(verify(&p), ERR_VERIFY);	/* above the modulus */
	memcpy(p.sig512, ones, 256);
	ck_assert_int_eq(verify(&p), ERR_VERIFY);
	phone_clear(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_sign");
	TCase *tc = tcase_create("capf_sign");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, recorded);
	tcase_add_loop_test(tc, every_key, 0, N_OF(types));
	tcase_add_test(tc, bound);
	tcase_add_test(tc, missing);
	tcase_add_loop_test(tc, forged, 0, N_OF(blocks));
	tcase_add_test(tc, anybodys);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
