/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Encrypted configuration files against the golden vectors, both ways, and
 * what must not pass (spec/encrypted-config.md).
 */
#include <check.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/enc_file.h"
#include "tests/certs_data.h"

#define NAME	"SEP0011223344AA.cnf.xml.enc.sgn"
#define PLAIN	"encrypted/SEP0011223344AA.cnf.xml.plain"
#define SHA1	"encrypted/sha1/" NAME

static const struct vector {
	const char	*file;
	enum digest_alg	 digest;
	size_t		 header;
} vectors[] = {
	{ SHA1, DIGEST_SHA1, 812 },
	{ "encrypted/sha512/" NAME, DIGEST_SHA512, 856 },
};

static struct cert *ccm, *phone;
static struct key *phone_key;
static EVP_PKEY *phone_pkey;
static struct signer *signer;
static uint8_t *plain;
static size_t plainlen;

static void
setup(void)
{
	struct err e = { 0 };
	uint8_t *pem;
	size_t len;
	BIO *bio;

	ccm = data_cert("ccm");
	signer = data_signer();
	plain = data_file(PLAIN, &plainlen);
	pem = data_file("encrypted/phone-rsa2048.crt.pem", &len);
	phone = cert_from_pem(pem, len, &e);
	ck_assert_msg(phone != NULL, "%s", e.msg);
	free(pem);
	pem = data_file("encrypted/phone-rsa2048.key.pem", &len);
	phone_key = key_from_pem(pem, len, &e);
	ck_assert_msg(phone_key != NULL, "%s", e.msg);
	bio = BIO_new_mem_buf(pem, (int)len);
	phone_pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	ck_assert_ptr_nonnull(phone_pkey);
	BIO_free(bio);
	free(pem);
}

static void
teardown(void)
{
	cert_free(ccm);
	cert_free(phone);
	key_free(phone_key);
	EVP_PKEY_free(phone_pkey);
	signer_free(signer);
	free(plain);
}

static struct enc_build
build_of(const struct cert *to, enum digest_alg digest)
{
	return (struct enc_build){ .signer = ccm, .digest = digest,
	    .names = CERT_NAME_COMMA, .name = NAME, .timestamp = 0x6b015c91,
	    .phone = to, .rng = rng_system() };
}

static void
build(const struct enc_build *b, const uint8_t *xml, size_t len,
    uint8_t **out, size_t *outlen)
{
	struct err e = { 0 };

	ck_assert_msg(enc_file_build(b, xml, len, signer, out, outlen, &e) ==
	    ERR_OK, "%s", e.msg);
}

static void
parse(struct enc_file *f, const uint8_t *buf, size_t len)
{
	struct err e = { 0 };

	ck_assert_msg(enc_file_parse(f, buf, len, &e) == ERR_OK, "%s at %zu",
	    e.msg, e.off);
}

/* --- golden vectors --- */

START_TEST(vector_opens)
{
	const struct vector *v = &vectors[_i];
	struct err e = { 0 };
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;

	buf = data_file(v->file, &len);
	parse(&f, buf, len);
	ck_assert_uint_eq(f.h.length, v->header);
	ck_assert_uint_eq(f.digest, v->digest);
	ck_assert_uint_eq(f.key_bits, 2048);
	ck_assert_uint_eq(f.pad, 7);
	ck_assert_uint_eq(f.cipherlen, 736);
	ck_assert(!f.symmetric);
	ck_assert_str_eq(f.h.file_name, NAME);
	ck_assert(tlv_names_cert(&f.h, ccm));
	ck_assert_int_eq(tlv_verify(&f.h, buf, len, ccm, &e), ERR_OK);
	ck_assert_msg(enc_file_open(&f, phone_key, NULL, &out, &n, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(n, plainlen);
	ck_assert_mem_eq(out, plain, n);
	free(out);
	free(buf);
}
END_TEST

/* The bytes that went into a vector, one after the other, then ones. */
struct stream {
	uint8_t	bytes[600];
	size_t	len, off;
};

static int
stream_fill(void *arg, void *buf, size_t len, struct err *e)
{
	struct stream *s = arg;
	uint8_t *p = buf;

	(void)e;
	for (size_t i = 0; i < len; i++, s->off++)
		p[i] = s->off < s->len ? s->bytes[s->off] : 1;
	return ERR_OK;
}

/* Key, IV and the bytes of the RSA padding of a file. */
static void
stream_of(struct stream *s, const struct enc_file *f)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(phone_pkey, NULL);
	size_t n = 256;
	uint8_t em[256];

	ck_assert_int_eq(EVP_PKEY_decrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_decrypt(ctx, em, &n, f->wrapped, 256), 1);
	ck_assert_uint_eq(n, 256);
	EVP_PKEY_CTX_free(ctx);
	*s = (struct stream){ .len = 0 };
	memcpy(s->bytes, em + 240, 16);
	memcpy(s->bytes + 16, f->iv, 16);
	memcpy(s->bytes + 32, em + 2, 237);
	s->len = 32 + 237;
}

/* With its random bytes the same file comes out, wrapped key and signature
 * included. */
START_TEST(vector_rebuilds)
{
	const struct vector *v = &vectors[_i];
	struct enc_build b = build_of(phone, v->digest);
	struct stream s;
	const struct rng rng = { .fill = stream_fill, .arg = &s };
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;

	buf = data_file(v->file, &len);
	parse(&f, buf, len);
	stream_of(&s, &f);
	b.rng = &rng;
	b.timestamp = f.h.timestamp;
	build(&b, plain, plainlen, &out, &n);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(out, buf, len);
	free(out);
	free(buf);
}
END_TEST

START_TEST(cert_hash)
{
	char hash[33];

	ck_assert_int_eq(enc_cert_hash(phone, hash, NULL), ERR_OK);
	ck_assert_str_eq(hash, "f7e9ef38c347039db1119c25571a9dd7");
}
END_TEST

/* --- own files --- */

/* Every length of padding, and nothing at all. */
START_TEST(round_trip)
{
	struct enc_build b = build_of(phone, _i % 2 == 0 ? DIGEST_SHA1 :
	    DIGEST_SHA512);
	struct err e = { 0 };
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;

	build(&b, plain, (size_t)_i, &buf, &len);
	parse(&f, buf, len);
	ck_assert_uint_eq(f.pad, (size_t)(16 - _i % 16));
	ck_assert_int_eq(tlv_verify(&f.h, buf, len, ccm, &e), ERR_OK);
	ck_assert_int_eq(enc_file_open(&f, phone_key, NULL, &out, &n, &e),
	    ERR_OK);
	ck_assert_uint_eq(n, (size_t)_i);
	ck_assert_mem_eq(out, plain, n);
	free(out);
	free(buf);
}
END_TEST

/* New key and IV each time. */
START_TEST(differs)
{
	struct enc_build b = build_of(phone, DIGEST_SHA1);
	struct enc_file f, g;
	uint8_t *one, *two;
	size_t n, m;

	build(&b, plain, plainlen, &one, &n);
	build(&b, plain, plainlen, &two, &m);
	parse(&f, one, n);
	parse(&g, two, m);
	ck_assert_mem_ne(f.iv, g.iv, 16);
	ck_assert_mem_ne(f.wrapped, g.wrapped, 256);
	ck_assert_mem_ne(f.cipher, g.cipher, f.cipherlen);
	free(one);
	free(two);
}
END_TEST

START_TEST(symmetric)
{
	const uint8_t key[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	    0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	const uint8_t other[16] = { 1 };
	struct enc_build b = build_of(NULL, DIGEST_SHA1);
	struct err e = { 0 };
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;

	ck_assert_int_eq(enc_file_build(&b, plain, plainlen, signer, &buf,
	    &len, &e), ERR_ARG);
	b.key = key;
	build(&b, plain, plainlen, &buf, &len);
	parse(&f, buf, len);
	ck_assert(f.symmetric);
	ck_assert_int_eq(enc_file_open(&f, NULL, key, &out, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, plainlen);
	ck_assert_mem_eq(out, plain, n);
	free(out);
	ck_assert_int_eq(enc_file_open(&f, NULL, other, &out, &n, &e),
	    ERR_VERIFY);
	ck_assert_int_eq(enc_file_open(&f, phone_key, key, &out, &n, &e),
	    ERR_VERIFY);
	ck_assert_int_eq(enc_file_open(&f, NULL, NULL, &out, &n, &e),
	    ERR_VERIFY);
	free(buf);
}
END_TEST

/* Other sizes than most phones have. */
START_TEST(key_sizes)
{
	static const enum key_type types[] = { KEY_RSA1024, KEY_RSA3072,
	    KEY_RSA4096 };
	struct cert_spec s = { .cn = "SEP0011223344AA", .serial = { 1 },
	    .seriallen = 1, .not_after = 1900000000,
	    .usage = CERT_USE_SIGN | CERT_USE_ENCIPHER,
	    .hash = DIGEST_SHA256 };
	struct key *k = data_key_of(types[_i]);
	struct err e = { 0 };
	struct cert *c = cert_self_sign(&s, k, &e);
	struct enc_build b = build_of(c, DIGEST_SHA512);
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;

	ck_assert_msg(c != NULL, "%s", e.msg);
	build(&b, plain, plainlen, &buf, &len);
	parse(&f, buf, len);
	ck_assert_uint_eq(f.key_bits, (unsigned)cert_key_bits(c));
	ck_assert_int_eq(enc_file_open(&f, k, NULL, &out, &n, &e), ERR_OK);
	ck_assert_mem_eq(out, plain, plainlen);
	free(out);
	/* Another phone's key. */
	ck_assert_int_eq(enc_file_open(&f, phone_key, NULL, &out, &n, &e),
	    ERR_VERIFY);
	ck_assert_ptr_null(out);
	free(buf);
	cert_free(c);
	key_free(k);
}
END_TEST

START_TEST(refused)
{
	struct cert *ec = data_cert("tftp-ec");
	struct enc_build b = build_of(ec, DIGEST_SHA1);
	struct err e = { 0 };
	uint8_t *out;
	size_t n;

	ck_assert_int_eq(enc_file_build(&b, plain, plainlen, signer, &out, &n,
	    &e), ERR_REFUSED);
	ck_assert_str_eq(e.msg, "phone certificate has no RSA key");
	b = build_of(phone, DIGEST_SHA256);
	ck_assert_int_eq(enc_file_build(&b, plain, plainlen, signer, &out, &n,
	    &e), ERR_ARG);
	b = build_of(phone, DIGEST_SHA1);
	ck_assert_int_eq(enc_file_build(&b, plain, ENC_FILE_MAX + 1, signer,
	    &out, &n, &e), ERR_LIMIT);
	cert_free(ec);
}
END_TEST

/* --- what must not pass --- */

/* Offsets of spec section 6 in the SHA-1 vector. */
static const struct wrong {
	const char	*what;
	size_t		 off;
	uint8_t		 value;
	const char	*why;		/* NULL: only when it is opened */
} wrongs[] = {
	{ "version 1.0", 0x003, 0x01, "version 1.0" },
	{ "version 2.1", 0x004, 0x01, "version 2.1" },
	{ "cipher", 0x1e4, 0x01, "tag 18 is 1" },
	{ "pad 0", 0x1fc, 0x00, "0 bytes of padding" },
	{ "pad 17", 0x1fc, 0x11, "17 bytes of padding" },
	{ "pad 263", 0x1fb, 0x01, "263 bytes of padding" },
	{ "pad 8", 0x1fc, 0x08, NULL },
	{ "IV", 0x1e8, 0x00, NULL },
	{ "short IV", 0x1e7, 0x0f, "tag 19 has 15 bytes" },
	{ "kind of key", 0x203, 0x01, "tag 22 is 1" },
	{ "bits of key", 0x208, 0x08, "2056 bits" },
	{ "use of key", 0x20c, 0x02, "tag 24 is 2" },
	{ "wrapped key", 0x210, 0x00, NULL },
	{ "digest of content", 0x313, 0x03, "digest 3 of the content" },
	{ "digest length", 0x316, 0x13, "tag" },
	{ "digest", 0x317, 0x00, NULL },
	{ "tag 16 gone", 0x1db, 0x1d, "tag 16 is missing" },
	{ "tag 17 gone", 0x1de, 0x1d, "tag 17 is missing" },
	{ "tag 25 gone", 0x20d, 0x1d, "tag 25 is missing" },
	{ "tag 18 twice", 0x1e5, 0x12, "tag 18 stands twice" },
	{ "tag 27 within", 0x1de, 0x1b, "tag 27 does not belong" },
	{ "end of content", 1547, 0x00, NULL },
};

START_TEST(wrong)
{
	const struct wrong *w = &wrongs[_i];
	struct err e = { 0 };
	struct enc_file f;
	uint8_t *buf, *out;
	size_t len, n;
	int ret;

	buf = data_file(SHA1, &len);
	ck_assert_msg(buf[w->off] != w->value, "%s", w->what);
	buf[w->off] = w->value;
	ret = enc_file_parse(&f, buf, len, &e);
	if (w->why != NULL) {
		ck_assert_msg(ret == ERR_PROTO, "%s: %d", w->what, ret);
		ck_assert_msg(strstr(e.msg, w->why) != NULL, "%s: %s",
		    w->what, e.msg);
	} else {
		ck_assert_msg(ret == ERR_OK, "%s: %s", w->what, e.msg);
		ck_assert_int_eq(tlv_verify(&f.h, buf, len, ccm, &e),
		    ERR_VERIFY);
		ret = enc_file_open(&f, phone_key, NULL, &out, &n, &e);
		ck_assert_msg(ret == ERR_VERIFY, "%s: %d", w->what, ret);
		ck_assert_ptr_null(out);
	}
	free(buf);
}
END_TEST

/* Each length; whole blocks less are a file that does not open. */
START_TEST(cut)
{
	struct enc_file f;
	struct err e = { 0 };
	uint8_t *buf, *copy, *out;
	size_t len, n;
	int ret;

	buf = data_file(SHA1, &len);
	for (size_t i = 0; i < len; i++) {
		ck_assert_ptr_nonnull(copy = malloc(i + 1));
		memcpy(copy, buf, i);
		ret = enc_file_parse(&f, copy, i, &e);
		if (i > 812 && (i - 812) % 16 == 0) {
			ck_assert_int_eq(ret, ERR_OK);
			ck_assert_int_eq(enc_file_open(&f, phone_key, NULL,
			    &out, &n, &e), ERR_VERIFY);
		} else
			ck_assert_msg(ret == ERR_PROTO, "%zu: %d", i, ret);
		free(copy);
	}
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("enc_file");
	TCase *tc = tcase_create("enc_file");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, vector_opens, 0, (int)N_OF(vectors));
	tcase_add_loop_test(tc, vector_rebuilds, 0, (int)N_OF(vectors));
	tcase_add_test(tc, cert_hash);
	tcase_add_loop_test(tc, round_trip, 0, 34);
	tcase_add_test(tc, differs);
	tcase_add_test(tc, symmetric);
	tcase_add_loop_test(tc, key_sizes, 0, 3);
	tcase_add_test(tc, refused);
	tcase_add_loop_test(tc, wrong, 0, (int)N_OF(wrongs));
	tcase_add_test(tc, cut);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
