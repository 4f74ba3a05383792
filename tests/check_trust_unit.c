/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <check.h>
#include <stdlib.h>

#include "certs/list.h"
#include "trust/trust_unit.h"

static const struct {
	const char	*name;
	int		 unit;		/* -1: none */
} names[] = {
	{ "CallManager-trust", TRUST_CALLMANAGER },
	{ "callmanager", TRUST_CALLMANAGER },
	{ "CAPF", TRUST_CAPF },
	{ "tvs-TRUST", TRUST_TVS },
	{ "https", TRUST_HTTPS },
	{ "tomcat", TRUST_HTTPS },
	{ "Tomcat-trust", TRUST_HTTPS },
	{ "phone-sast-trust", TRUST_PHONE_SAST },
	{ "phone-sast", TRUST_PHONE_SAST },
	{ "phone", -1 },
	{ "", -1 },
	{ "CallManager-trus", -1 },
	{ "CallManager-trust2", -1 },
	{ "ipsec-trust", -1 },
};

START_TEST(found)
{
	const struct trust_unit_def *u = trust_unit_find(names[_i].name);

	ck_assert_msg((u != NULL ? (int)u->unit : -1) == names[_i].unit,
	    "%s", names[_i].name);
}
END_TEST

/* Signers of files come from one store, and from no other. */
START_TEST(signers)
{
	const uint32_t sign = 1U << ROLE_SAST | 1U << ROLE_TFTP |
	    1U << ROLE_CCM_TFTP;

	for (size_t i = 0; i < TRUST_N; i++) {
		ck_assert_uint_eq(trust_unit_table()[i].unit, i);
		ck_assert((trust_unit_table()[i].roles & sign) == 0 ||
		    i == TRUST_PHONE_SAST);
		ck_assert_uint_ne(trust_unit_table()[i].roles, 0);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust_unit");
	TCase *t = tcase_create("trust_unit");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, found, 0,
	    (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_test(t, signers);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
