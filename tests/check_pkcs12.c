/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Keys that leave, under a passphrase.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/container.h"
#include "certs/pkcs12.h"
#include "tests/certs_data.h"

#define PASS	"fourteen chars"

START_TEST(there_and_back)
{
	struct container set = { .ncert = 0 };
	struct cert *c = data_cert("tftp-ec"), *other = data_cert("ccm");
	struct key *k = data_key("tftp-ec");
	uint8_t *der, a[KEY_ID_LEN], b[KEY_ID_LEN];
	struct err e = { 0 };
	size_t len;

	ck_assert_int_eq(pkcs12_make(k, c, "n", "fourteen char", &der, &len,
	    &e), ERR_ARG);
	ck_assert_int_eq(pkcs12_make(k, other, "n", PASS, &der, &len, &e),
	    ERR_ARG);
	ck_assert_ptr_null(der);
	ck_assert_msg(pkcs12_make(k, c, "ITLRecovery", PASS, &der, &len,
	    &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(container_read(&set, der, len, 0, "another one here",
	    &e), ERR_VERIFY);
	ck_assert_msg(container_read(&set, der, len, 0, PASS, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_uint_eq(set.ncert, 1);
	ck_assert_uint_eq(set.nkey, 1);
	ck_assert_int_eq(key_id(set.key[0], a, &e), ERR_OK);
	cert_key_id(c, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	container_clear(&set);
	free(der);
	key_free(k);
	cert_free(c);
	cert_free(other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pkcs12");
	TCase *t = tcase_create("pkcs12");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, there_and_back);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
