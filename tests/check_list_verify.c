/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who signed a trust list, and whether it is as it was.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"
#include "tests/slow.h"

#define ITL_V10	"trust-list/ITLFile.sha1.v10.tlv"

/* --- signer and signature --- */

/* A list whose signer has lost its SAST role, or its record. */
START_TEST(verify_no_signer)
{
	struct err e = { 0 };
	struct list *l;
	uint8_t *buf;
	size_t len;

	buf = data_file("trust-list/ITLFile.sastonly.tlv", &len);
	ck_assert_ptr_nonnull(l = list_parse(buf, len, NULL));
	l->rec[0].role = ROLE_TFTP;
	ck_assert_ptr_null(list_signer(l));
	ck_assert_int_eq(list_verify_self(l, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "CN=SAST"));
	l->rec[0].role = ROLE_SAST;
	ck_assert_int_eq(list_verify_self(l, &e), ERR_OK);
	l->h.issuer_name = "CN=other";	/* serial alone does not name it */
	ck_assert_ptr_null(list_signer(l));
	l->rec[0].issuer = "CN=other";	/* a list with names of its own */
	ck_assert_ptr_nonnull(list_signer(l));
	list_free(l);
	free(buf);
}
END_TEST

/* Signed by one SAST while the header names the other. */
START_TEST(verify_wrong_signer)
{
	struct cert *ccm = data_cert("ccm");
	struct err e = { 0 };
	struct list *l;
	uint8_t *buf;
	size_t len;

	buf = data_file(ITL_V10, &len);
	ck_assert_ptr_nonnull(l = list_parse(buf, len, NULL));
	ck_assert_int_eq(tlv_verify(&l->h, buf, len, ccm, &e), ERR_VERIFY);
	ck_assert(!tlv_names_cert(&l->h, ccm));
	ck_assert(tlv_names_cert(&l->h, l->rec[0].cert));
	list_free(l);
	free(buf);
	cert_free(ccm);
}
END_TEST

/* One bit anywhere: the list no longer parses or no longer verifies. */
START_TEST(flip_any_byte)
{
	static const char *const files[] = {
		ITL_V10, "trust-list/ITLFile.sastonly.tlv",
	};
	uint8_t *buf;
	size_t len, parsed = 0;

	buf = data_file(files[_i], &len);
	for (size_t i = 0; i < len; i += slow_step(61)) {
		struct list *l;

		buf[i] ^= (uint8_t)(1u << i % 8);
		if ((l = list_parse(buf, len, NULL)) != NULL) {
			ck_assert_msg(list_verify_self(l, NULL) != ERR_OK,
			    "byte %zu of %s does not count", i, files[_i]);
			parsed++;
		}
		list_free(l);
		buf[i] ^= (uint8_t)(1u << i % 8);
	}
	/* The signature alone: 256 bytes. */
	ck_assert_uint_ge(parsed, 256 / slow_step(61));
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("list_verify");
	TCase *tc = tcase_create("list");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, verify_no_signer);
	tcase_add_test(tc, verify_wrong_signer);
	tcase_add_loop_test(tc, flip_any_byte, 0, 2);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
