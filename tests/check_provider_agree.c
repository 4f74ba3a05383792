/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Key agreement on P-256: the same secret as OpenSSL's own, no point that is
 * none, and TLS uses it.
 */
#include <check.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <string.h>

#include "base/log.h"
#include "certs/internal.h"
#include "certs/provider.h"
#include "tests/tls_ends.h"

#define NAME	"phonetrust-P-256"
#define POINT	65

static struct signer_process sp;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	signer_process_start(&sp, NULL);
}

static void
teardown(void)
{
	signer_process_stop(&sp);
}

/* --- the secret --- */

static EVP_PKEY *
made(bool pair, const char *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
	    provider_libctx(sp.provider), NAME, PROVIDER_PREFER);
	EVP_PKEY *k = NULL;

	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(pair ? EVP_PKEY_keygen_init(ctx) :
	    EVP_PKEY_paramgen_init(ctx), 1);
	if (EVP_PKEY_CTX_set_group_name(ctx, group) == 1)
		(void)EVP_PKEY_generate(ctx, &k);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return k;
}

/* The other end's, as a peer of ours; NULL: refused. */
static EVP_PKEY *
peer_of(const uint8_t *point, size_t len)
{
	EVP_PKEY *k = made(false, "prime256v1");

	ck_assert_ptr_nonnull(k);
	if (EVP_PKEY_set1_encoded_public_key(k, point, len) == 1)
		return k;
	ERR_clear_error();
	EVP_PKEY_free(k);
	return NULL;
}

static size_t
agreed(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *out, size_t max)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(
	    provider_libctx(sp.provider), own, NULL);
	size_t n = max, room = 0;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, NULL, &room) != 1 || room != 32 ||
	    EVP_PKEY_derive(ctx, out, &n) != 1)
		n = 0;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return n;
}

static EVP_PKEY *
other_pair(uint8_t point[POINT])
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	size_t n;

	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(EVP_PKEY_get_octet_string_param(k,
	    OSSL_PKEY_PARAM_PUB_KEY, point, POINT, &n), 1);
	ck_assert_uint_eq(n, POINT);
	return k;
}

START_TEST(same_secret)
{
	uint8_t a[32], b[32], before[32] = { 0 }, point[POINT], *own;

	for (int i = 0; i < 20; i++) {
		EVP_PKEY *k = made(true, "prime256v1");
		EVP_PKEY *other = other_pair(point), *peer = peer_of(point,
		    POINT), *ours = EVP_PKEY_new();

		ck_assert(k != NULL && peer != NULL);
		ck_assert_uint_eq(EVP_PKEY_get1_encoded_public_key(k, &own),
		    POINT);
		ck_assert_int_eq(EVP_PKEY_copy_parameters(ours, other), 1);
		ck_assert_int_eq(EVP_PKEY_set1_encoded_public_key(ours, own,
		    POINT), 1);
		ck_assert_uint_eq(agreed(k, peer, a, sizeof(a)), 32);
		ck_assert_uint_eq(agreed(other, ours, b, sizeof(b)), 32);
		ck_assert_mem_eq(a, b, 32);
		ck_assert_mem_ne(a, before, 32);
		memcpy(before, a, 32);
		OPENSSL_free(own);
		EVP_PKEY_free(k);
		EVP_PKEY_free(other);
		EVP_PKEY_free(peer);
		EVP_PKEY_free(ours);
	}
}
END_TEST

/* Public numbers alone agree on nothing, and a pair stays what it is. */
START_TEST(misused)
{
	EVP_PKEY *k = made(true, "prime256v1"), *none = made(false,
	    "prime256v1"), *other, *peer;
	uint8_t out[32], point[POINT];

	other = other_pair(point);
	peer = peer_of(point, POINT);
	ck_assert_uint_eq(agreed(peer, peer, out, sizeof(out)), 0);
	ck_assert_uint_eq(agreed(k, none, out, sizeof(out)), 0);
	ck_assert_uint_eq(agreed(k, other, out, sizeof(out)), 0);
	ck_assert_uint_eq(agreed(k, peer, out, sizeof(out) - 1), 0);
	ck_assert_int_ne(EVP_PKEY_set1_encoded_public_key(k, point, POINT),
	    1);
	ck_assert_int_ne(EVP_PKEY_set1_encoded_public_key(peer, point,
	    POINT), 1);
	ck_assert_ptr_null(EVP_PKEY_dup(k));
	ck_assert_int_le(i2d_PrivateKey(k, NULL), 0);
	ck_assert_ptr_null(made(true, "P-384"));
	ck_assert_ptr_null(made(true, ""));
	EVP_PKEY_free(k);
	EVP_PKEY_free(none);
	EVP_PKEY_free(other);
	EVP_PKEY_free(peer);
	ERR_clear_error();
}
END_TEST

/* --- points --- */

static void
off_the_curve(uint8_t *p)
{
	p[POINT - 1] ^= 1;
}

static void
hybrid(uint8_t *p)
{
	p[0] = (uint8_t)(6 + (p[POINT - 1] & 1));
}

static void
zero(uint8_t *p)
{
	memset(p + 1, 0, POINT - 1);
}

/* The point of which x is 0, and y this. */
static const uint8_t y_of_0[32] = {
	0x66, 0x48, 0x5c, 0x78, 0x0e, 0x2f, 0x83, 0xd7,
	0x24, 0x33, 0xbd, 0x5d, 0x84, 0xa0, 0x6b, 0xb6,
	0x54, 0x1c, 0x2a, 0xf3, 0x1d, 0xae, 0x87, 0x17,
	0x28, 0xbf, 0x85, 0x6a, 0x17, 0x4f, 0x93, 0xf4,
};

static void
x_is_0(uint8_t *p)
{
	zero(p);
	memcpy(p + 33, y_of_0, sizeof(y_of_0));
}

/* The same, with the field's prime as x. */
static void
x_is_prime(uint8_t *p)
{
	x_is_0(p);
	memset(p + 1, 0xff, 4);
	p[8] = 1;
	memset(p + 21, 0xff, 12);
}

static const struct {
	const char	*what;
	size_t		 len;
	void		(*spoil)(uint8_t *p);
	bool		 ok;
} points[] = {
	{ "as it came", POINT, NULL, true },
	{ "x is 0", POINT, x_is_0, true },
	{ "off the curve", POINT, off_the_curve, false },
	{ "hybrid", POINT, hybrid, false },
	{ "zero", POINT, zero, false },
	{ "x is the field's prime", POINT, x_is_prime, false },
	{ "cut", POINT - 1, NULL, false },
	{ "too long", POINT + 1, NULL, false },
	{ "nothing", 0, NULL, false },
};

START_TEST(point)
{
	uint8_t p[POINT + 1] = { 0 };
	EVP_PKEY *k;

	EVP_PKEY_free(other_pair(p));
	if (points[_i].spoil != NULL)
		points[_i].spoil(p);
	k = peer_of(p, points[_i].len);
	ck_assert_msg((k != NULL) == points[_i].ok, "%s", points[_i].what);
	EVP_PKEY_free(k);
}
END_TEST

START_TEST(compressed_or_infinite)
{
	uint8_t p[POINT] = { 0 };

	ck_assert_ptr_null(peer_of(p, 1));	/* infinity */
	EVP_PKEY_free(other_pair(p));
	p[0] = (uint8_t)(2 + (p[POINT - 1] & 1));
	ck_assert_ptr_null(peer_of(p, 33));
}
END_TEST

/* --- TLS --- */

static const char *
provider_of(EVP_PKEY *k)
{
	const char *name = OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(k));

	EVP_PKEY_free(k);
	return name;
}

/* Whose key the end that is ours made or took. */
static void
shake_by(SSL *ours, SSL *other, bool client)
{
	const char *by = NULL;
	EVP_PKEY *k;
	BIO *a, *b;
	int ro = 0, rt = 0;

	ck_assert_int_eq(BIO_new_bio_pair(&a, 0, &b, 0), 1);
	SSL_set_bio(ours, a, a);
	SSL_set_bio(other, b, b);
	for (int i = 0; i < 20 && (ro != 1 || rt != 1); i++) {
		rt = SSL_do_handshake(other);
		ro = SSL_do_handshake(ours);
		if (by == NULL && (client ? SSL_get_peer_tmp_key(ours, &k) :
		    SSL_get_tmp_key(ours, &k)) == 1)
			by = provider_of(k);
	}
	ck_assert_int_eq(ro, 1);
	ck_assert_int_eq(rt, 1);
	ck_assert_ptr_nonnull(by);
	ck_assert_str_eq(by, PROVIDER_AGREEMENT);
}

/* Both ends, and OpenSSL alone at the other; the suites at all versions are
 * check_provider_tls.c. */
static const struct {
	int		 version;
	bool		 client;	/* ours is */
	const char	*groups;	/* of both */
} shakes[] = {
	{ TLS1_VERSION, false, "P-256" },
	{ TLS1_2_VERSION, false, "P-256" },
	{ TLS1_3_VERSION, false, "P-256" },
	{ TLS1_2_VERSION, true, "P-256:P-384" },
	{ TLS1_3_VERSION, true, "P-256" },
};

/* OpenSSL alone, with the key of its own. */
static SSL_CTX *
its_ctx(const struct cert *c, int version, bool client)
{
	struct key *key = data_key("ccm");
	SSL_CTX *ctx;

	if (client) {
		ctx = tls_client(version, version);
	} else {
		ctx = SSL_CTX_new(TLS_server_method());
		ck_assert_ptr_nonnull(ctx);
		ck_assert_int_eq(SSL_CTX_use_certificate(ctx, cert_x509(c)),
		    1);
		ck_assert_int_eq(SSL_CTX_use_PrivateKey(ctx, key_pkey(key)),
		    1);
	}
	key_free(key);
	return ctx;
}

static SSL *
end_of(SSL_CTX *ctx, const char *groups, bool client)
{
	SSL *ssl;

	ck_assert_int_eq(SSL_CTX_set1_groups_list(ctx, groups), 1);
	ssl = SSL_new(ctx);
	ck_assert_ptr_nonnull(ssl);
	SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (client)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	return ssl;
}

START_TEST(tls_uses_it)
{
	bool client = shakes[_i].client;
	int v = shakes[_i].version;
	struct cert *c = data_cert("ccm");
	SSL_CTX *mine = tls_ours(&sp, TLS_method(), c, v, v), *its =
	    its_ctx(c, v, !client);
	SSL *ours, *other;

	ck_assert_int_eq(SSL_CTX_set_cipher_list(mine,
	    "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256@SECLEVEL=0"),
	    1);
	ours = end_of(mine, shakes[_i].groups, client);
	other = end_of(its, shakes[_i].groups, !client);
	shake_by(ours, other, client);
	SSL_free(ours);
	SSL_free(other);
	SSL_CTX_free(mine);
	SSL_CTX_free(its);
	cert_free(c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("provider_agree");
	TCase *t = tcase_create("provider_agree");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, same_secret);
	tcase_add_test(t, misused);
	tcase_add_loop_test(t, point, 0, (int)N_OF(points));
	tcase_add_test(t, compressed_or_infinite);
	tcase_add_loop_test(t, tls_uses_it, 0, (int)N_OF(shakes));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
