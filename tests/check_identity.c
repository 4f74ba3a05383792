/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A certificate with its key: found among what files hold, packed and back.
 * Shown to a server: tests/e2e/test_capf_online.py.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/identity.h"
#include "certs/internal.h"
#include "tests/ca_lab.h"
#include "tests/certs_data.h"

static struct cert *root, *mid, *leaf, *other;
static struct key *key;

static void
set_up(void)
{
	const struct lab_spec ca = { .cn = "Root",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" };
	const struct lab_spec sub = { .cn = "Sub",
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" };
	const struct lab_spec end = { .cn = "Client",
	    .usage = "critical,digitalSignature", .ext_usage = "clientAuth" };
	struct err e = { 0 };

	ck_assert_ptr_nonnull(key = key_generate(KEY_EC256, &e));
	root = lab_issue(&ca, lab_key(0), NULL, NULL);
	mid = lab_issue(&sub, lab_key(1), root, lab_key(0));
	leaf = lab_issue(&end, key_pkey(key), mid, lab_key(1));
	other = lab_issue(&end, lab_key(2), mid, lab_key(1));
}

static void
tear_down(void)
{
	cert_free(root);
	cert_free(mid);
	cert_free(leaf);
	cert_free(other);
	key_free(key);
	lab_end();
}

static struct identity *
find(struct cert **cert, size_t n)
{
	struct container set = { .cert = cert, .ncert = n, .key = &key,
	    .nkey = 1 };
	struct identity *id;
	struct err e = { 0 };

	ck_assert_msg(identity_find(&set, &id, &e) == ERR_OK, "%s", e.msg);
	return id;
}

START_TEST(found)
{
	struct cert *all[] = { root, other, mid, leaf };
	struct identity *id = find(all, 4);

	/* In order, and without the root. */
	ck_assert_uint_eq(id->n, 2);
	ck_assert(cert_same(id->cert[0], leaf));
	ck_assert(cert_same(id->cert[1], mid));
	identity_free(id);
	id = find(&leaf, 1);
	ck_assert_uint_eq(id->n, 1);
	identity_free(id);
	identity_free(NULL);
}
END_TEST

static void
refused(struct cert **cert, size_t n, size_t nkey, int code, const char *say)
{
	struct container set = { .cert = cert, .ncert = n, .key = &key,
	    .nkey = nkey };
	struct identity *id;
	struct err e = { 0 };

	ck_assert_msg(identity_find(&set, &id, &e) == code && strstr(e.msg,
	    say) != NULL, "%d: %s", e.code, e.msg);
}

START_TEST(not_found)
{
	static const struct lab_spec specs[] = {
		{ .cn = "CA", .basic = "critical,CA:TRUE" },
		{ .cn = "Server", .ext_usage = "serverAuth" },
		{ .cn = "No use", .usage = "critical,keyEncipherment" },
	};
	static const char *const say[] = { "of a CA", "lacks", "lacks" };
	struct cert *two[2] = { leaf, NULL };

	refused(&leaf, 1, 0, ERR_NOTFOUND, "private key");
	refused(&other, 1, 1, ERR_NOTFOUND, "private key");
	refused(NULL, 0, 1, ERR_NOTFOUND, "private key");
	for (size_t i = 0; i < 3; i++) {
		two[1] = lab_issue(&specs[i], key_pkey(key), root,
		    lab_key(0));
		refused(&two[1], 1, 1, ERR_REFUSED, say[i]);
		refused(two, 2, 1, ERR_ARG, "several");
		cert_free(two[1]);
	}
}
END_TEST

/* It would fail at every handshake, years later. */
START_TEST(too_weak)
{
	const struct lab_spec weak = { .cn = "Weak" }, sha1 = { .cn = "SHA-1",
	    .md = EVP_sha1() };
	struct key *good = key;
	struct cert *c = lab_issue(&sha1, key_pkey(key), root, lab_key(0));

	refused(&c, 1, 1, ERR_REFUSED, "too weak");
	cert_free(c);
	key = data_key_of(KEY_RSA1024);
	c = lab_issue(&weak, key_pkey(key), root, lab_key(0));
	refused(&c, 1, 1, ERR_REFUSED, "too small");
	cert_free(c);
	key_free(key);
	key = good;
}
END_TEST

START_TEST(packed)
{
	struct cert *all[] = { mid, leaf };
	struct identity *id = find(all, 2), *back;
	uint8_t want[KEY_ID_LEN], got[KEY_ID_LEN];
	struct secret *s, *longer;
	struct err e = { 0 };

	ck_assert_int_eq(identity_pack(id, &s, &e), ERR_OK);
	ck_assert_ptr_nonnull(back = identity_unpack(s->buf, s->len, &e));
	ck_assert_uint_eq(back->n, 2);
	ck_assert(cert_same(back->cert[0], leaf));
	ck_assert(cert_same(back->cert[1], mid));
	ck_assert_int_eq(key_id(key, want, &e), ERR_OK);
	ck_assert_int_eq(key_id(back->key, got, &e), ERR_OK);
	ck_assert_mem_eq(got, want, sizeof(got));
	identity_free(back);
	/* Cut, but for behind the first certificate, and with more. */
	for (size_t n = 0; n < s->len; n += n < 8 ? 1 : 7) {
		back = identity_unpack(s->buf, n, &e);
		ck_assert_msg(back == NULL, "%zu bytes", n);
		ck_assert_int_eq(e.code, ERR_PROTO);
	}
	ck_assert_ptr_nonnull(longer = secret_new(s->len + 1));
	memcpy(longer->buf, s->buf, s->len);
	ck_assert_ptr_null(identity_unpack(longer->buf, longer->len, &e));
	secret_free(longer);
	secret_free(s);
	identity_free(id);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("identity");
	TCase *t = tcase_create("identity");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, found);
	tcase_add_test(t, not_found);
	tcase_add_test(t, too_weak);
	tcase_add_test(t, packed);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
