/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which lines the history keeps.
 */
#include <check.h>
#include <stdlib.h>

#include "ctltool/history.h"

static const struct {
	const char	*line;
	bool		 keeps;
} lines[] = {
	{ "show itl", true }, { "set param itl.digest sha1", true },
	{ "phone add 'x", true }, { "nosuch", true },
	{ "", false }, { " show itl", false }, { "\tshow itl", false },
	{ "phone set X --phone-password x", false },
	{ "phone set X --Phone-Password=x", false },
	{ "user add x --pin 1", false }, { "x --auth-secret", false },
	{ "phone set X --soft-key-template y", true },
	{ "x --passphrase 'a b", false }, { "x '--password' y", false },
	{ "show itl\nshow ctl", false },
	/* shortened: what it may stand for counts */
	{ "phone set X --phone-p geheim", false },
	{ "phone set X --ssh-p=geheim", false },
	{ "phone set X --s geheim", false },
	{ "phone set X --ssh-a enabled", true },
	{ "user add x --digest-c geheim", false },
	{ "ph se X --mod 8861", true }, { "phone set X -- --", true },
};

START_TEST(history_rule)
{
	ck_assert_msg(history_keeps(lines[_i].line) == lines[_i].keeps, "%s",
	    lines[_i].line);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_history");
	TCase *tc = tcase_create("ctl_history");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, history_rule, 0,
	    sizeof(lines) / sizeof(lines[0]));
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
