/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Cells that may be secrets are left out of what is said.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "trust/phone_hide.h"

#define LONG_CELL	"a pass phrase that is longer than any message shows"

static const struct {
	const char	*column, *cell, *text, *want;
} vectors[] = {
	{ "profile", "Swordfish", "no profile \"Swordfish\": take another",
	    "no profile \"(profile)\": take another" },
	{ "config", "Swordfish", "/tmp/Swordfish: No such file",
	    "/tmp/(config): No such file" },
	{ "digest-user", "swordfish", "swordfish, and swordfish",
	    "(digest-user), and (digest-user)" },
	/* As it is stored, escaped and cut. */
	{ "name", "swordfish", "SWORDFISH stands there twice",
	    "(name) stands there twice" },
	{ "description", "sword\tfish", "\"sword\\x09fish\" is not",
	    "\"(description)\" is not" },
	{ "description", LONG_CELL, "\"a pass phrase that is lon\" is not",
	    "\"(description)\" is not" },
	{ "description", "100%\"", "is \"100%\"\" good?", "is \"(description)\" good?" },
	/* A word of the sentence. */
	{ "description", "lines", "headlines of it", "headlines of it" },
	{ "description", "is", "it is \"is\" here", "it is \"(description)\" here" },
	{ "description", "", "nothing said", "nothing said" },
	/* Nobody's secret: it is what the column is for. */
	{ "name", "SEP0011223344ab", "SEP0011223344AB stands", "SEP0011223344AB stands" },
	{ "model", "8861", "not for 8861", "not for 8861" },
	{ "model", "8861x", "not for 8861x", "not for (model)" },
	{ "protocol", "sccp", "not for SCCP", "not for SCCP" },
	{ "protocol", "Swordfish", "\"Swordfish\" is none", "\"(protocol)\" is none" },
	{ "web-access", "read-only", "full, not read-only", "full, not read-only" },
	{ "web-access", "Swordfish", "not Swordfish", "not (web-access)" },
	{ "idle-timer", "300", "idle 300", "idle 300" },
	{ "idle-timer", "4711", "idle 4711", "idle (idle-timer)" },
	{ "profile", "(none)", "for (none) of", "for (none) of" },
	{ "ssh-password", "Swordfish", "a Swordfish", "a (ssh-password)" },
};

START_TEST(one_cell)
{
	int col = phone_column(vectors[_i].column);
	struct phone_record r = { .secrets = true };
	char *got;

	ck_assert_int_ge(col, 0);
	r.value[col] = vectors[_i].cell;
	ck_assert_ptr_nonnull(got = phone_hide(&r, vectors[_i].text));
	ck_assert_str_eq(got, vectors[_i].want);
	free(got);
}
END_TEST

/* One in another: no rest of the longer one stays. */
START_TEST(longest_first)
{
	struct phone_record r = { .secrets = true };
	char *got;

	r.value[PHONE_COL_PROFILE] = "sword";
	r.value[PHONE_COL_DESCRIPTION] = "sword-fish";
	ck_assert_ptr_nonnull(got = phone_hide(&r, "sword, sword-fish!"));
	ck_assert_str_eq(got, "(profile), (description)!");
	free(got);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_hide");
	TCase *t = tcase_create("cells");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, one_cell, 0,
	    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(t, longest_first);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
