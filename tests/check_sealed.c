/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords in rows: what is sealed opens again, in its own row only.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/rng.h"
#include "trust/sealed.h"
#include "trust/setting.h"

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
static struct keyring_new *fresh;
static struct keyring *kr, *other;
static struct rng rng;
static struct rng_seeded seed;

static void
setup(void)
{
	struct err e = { 0 };

	rng_seeded_init(&rng, &seed, 4711);
	ck_assert_ptr_nonnull(fresh = keyring_make(master, "cm1", &rng, &e));
	ck_assert_ptr_nonnull(kr = keyring_of_new(fresh, KEYRING_CRED, &e));
	ck_assert_ptr_nonnull(other = keyring_of_new(fresh, KEYRING_SIGN,
	    &e));
}

static void
teardown(void)
{
	keyring_free(kr);
	keyring_free(other);
	keyring_new_free(fresh);
}

START_TEST(phone)
{
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(sealed_phone(kr, &rng, "SEP1", "ssh-password",
	    "s3cr\xc3\xa9t", &sealed, &len, &e), ERR_OK);
	ck_assert_uint_eq(len, 7 + SEAL_OVERHEAD);
	ck_assert_int_eq(sealed_phone_open(kr, "SEP1", "ssh-password",
	    sealed, len, &text, &e), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "s3cr\xc3\xa9t");
	secret_free(text);
	/* Another row's value. */
	ck_assert_int_eq(sealed_phone_open(kr, "SEP2", "ssh-password",
	    sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(sealed_phone_open(kr, "SEP1", "phone-password",
	    sealed, len, &text, &e), ERR_VERIFY);
	sealed[len - 1] ^= 1;
	ck_assert_int_eq(sealed_phone_open(kr, "SEP1", "ssh-password",
	    sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_phone_open(kr, "SEP1", "ssh-password",
	    sealed, 3, &text, &e), ERR_PROTO);
	free(sealed);
}
END_TEST

START_TEST(cluster)
{
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(sealed_cluster(kr, &rng, "alarm.smtp_password",
	    "secret", &sealed, &len, &e), ERR_OK);
	ck_assert_int_eq(sealed_cluster_open(kr, "alarm.smtp_password",
	    sealed, len, &text, &e), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "secret");
	secret_free(text);
	ck_assert_int_eq(sealed_cluster_open(kr, "another", sealed, len,
	    &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_phone_open(kr, "alarm.smtp_password", "",
	    sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_cluster_open(other, "alarm.smtp_password",
	    sealed, len, &text, &e), ERR_BADSTATE);
	free(sealed);
	ck_assert_int_eq(sealed_cluster(kr, &rng, "x", "a\nb", &sealed, &len,
	    &e), ERR_ARG);
}
END_TEST

START_TEST(digest)
{
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(sealed_digest(kr, &rng, CREDENTIAL_USER, "ann",
	    "realm", "secret", &sealed, &len, &e), ERR_OK);
	ck_assert_int_eq(sealed_digest_open(kr, CREDENTIAL_USER, "ann",
	    "realm", sealed, len, &text, &e), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "secret");
	secret_free(text);
	ck_assert_int_eq(sealed_digest_open(kr, CREDENTIAL_USER, "ann", "",
	    sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_digest_open(kr, CREDENTIAL_APPLICATION,
	    "ann", "realm", sealed, len, &text, &e), ERR_VERIFY);
	/* "annr" "ealm" is not "ann" "realm". */
	ck_assert_int_eq(sealed_digest_open(kr, CREDENTIAL_USER, "annr",
	    "ealm", sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_ptr_null(text);
	free(sealed);
}
END_TEST

START_TEST(cti)
{
	const struct capf_owner o = { .kind = CAPF_APPLICATION,
	    .name = "jtapi", .instance = "1" };
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(sealed_cti(kr, &rng, "application", "jtapi", "1",
	    "12345678", &sealed, &len, &e), ERR_OK);
	ck_assert_int_eq(sealed_cti_open(kr, "application", "jtapi", "1",
	    sealed, len, &text, &e), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "12345678");
	secret_free(text);
	ck_assert_int_eq(sealed_capf_open(kr, &o, sealed, len, &text, &e),
	    ERR_OK);
	ck_assert_str_eq((char *)text->buf, "12345678");
	secret_free(text);
	ck_assert_int_eq(sealed_cti_open(kr, "user", "jtapi", "1", sealed,
	    len, &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_cti_open(kr, "application", "jtapi", "2",
	    sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_digest_open(kr, CREDENTIAL_APPLICATION,
	    "jtapi", "1", sealed, len, &text, &e), ERR_VERIFY);
	ck_assert_ptr_null(text);
	free(sealed);
}
END_TEST

/* The same bytes as those of the setting, by whichever name. */
START_TEST(string_of_phone)
{
	const struct capf_owner a = { .kind = CAPF_PHONE, .name = "SEP1" };
	const char *option = setting_get(SETTING_AUTH_STRING)->option;
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed;
	size_t len;

	ck_assert_int_eq(sealed_capf(kr, &rng, &a, "4711", &sealed, &len,
	    &e), ERR_OK);
	ck_assert_int_eq(sealed_phone_open(kr, "SEP1", option, sealed, len,
	    &text, &e), ERR_OK);
	ck_assert_str_eq((char *)text->buf, "4711");
	secret_free(text);
	ck_assert_int_eq(sealed_phone_open(kr, "SEP2", option, sealed, len,
	    &text, &e), ERR_VERIFY);
	ck_assert_int_eq(sealed_capf_open(kr, &a, sealed, len, &text, &e),
	    ERR_OK);
	secret_free(text);
	free(sealed);
}
END_TEST

START_TEST(refused)
{
	char big[SEALED_TEXT_MAX + 2];
	const char *const bad[] = { "", "a\nb", "\x7f", "\xff", big };
	struct secret *text = NULL;
	struct err e = { 0 };
	uint8_t *sealed = NULL;
	size_t len;

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(sealed_phone(kr, &rng, "SEP1", "x", bad[i],
		    &sealed, &len, &e), ERR_ARG);
		ck_assert_ptr_null(sealed);
	}
	ck_assert_int_eq(sealed_phone(NULL, &rng, "SEP1", "x", "y", &sealed,
	    &len, &e), ERR_BADSTATE);
	ck_assert_int_eq(sealed_phone(other, &rng, "SEP1", "x", "y", &sealed,
	    &len, &e), ERR_BADSTATE);
	ck_assert_int_eq(sealed_phone_open(NULL, "SEP1", "x",
	    (const uint8_t *)big, 40, &text,
	    &e), ERR_BADSTATE);
	ck_assert_ptr_null(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sealed");
	TCase *t = tcase_create("sealed");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, phone);
	tcase_add_test(t, cluster);
	tcase_add_test(t, digest);
	tcase_add_test(t, cti);
	tcase_add_test(t, string_of_phone);
	tcase_add_test(t, refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
