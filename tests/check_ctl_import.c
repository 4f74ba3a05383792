/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone import, by its handler: one moment for all that it writes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ctltool/ctl.h"
#include "tests/trust_cluster.h"

#define PHONES	"name,model\nSEP001122000001,8841\nSEP001122000002,8851\n"

/* A clock that moves on whenever somebody looks. */
static int64_t
tick(void *arg)
{
	return *(int64_t *)arg += 1000000000;
}

static void
import(int64_t now_s)
{
	int64_t at = now_s * 1000000000;
	const struct clock clk = { .wall_ns = tick, .mono_ns = tick,
	    .arg = &at };
	char words[][12] = { "ctltool", "phone", "import", "phones.csv" };
	char *argv[] = { words[0], words[1], words[2], words[3] };
	char *to = NULL, *side = NULL;
	size_t tolen, sidelen;
	struct cmd_line line;
	struct err e = { 0 };
	struct out o;
	struct ctl c = { .line = &line, .out = &o, .clk = &clk,
	    .rng = &tc.rng, .cwdfd = tc.dirfd, .have_node = true,
	    .role = ROLE_OWNER, .node = { .db = tc.db, .statefd = tc.dirfd,
	    .row = tc.node, .cluster = tc.cluster } };

	ck_assert_int_eq(file_replace(tc.dirfd, "phones.csv", 0600, PHONES,
	    strlen(PHONES), &e), ERR_OK);
	ck_assert_int_eq(out_init(&o, false, open_memstream(&to, &tolen),
	    open_memstream(&side, &sidelen), &e), ERR_OK);
	ck_assert_int_eq(cmd_parse(&line, 3, argv + 1, &e), ERR_OK);
	ck_assert_msg(cmd_phone_import(&c, &e) == ERR_OK, "%s", e.msg);
	free(c.node.names);		/* ctl_open read them */
	(void)fclose(o.to);
	(void)fclose(o.side);
	out_clear(&o);
	free(to);
	free(side);
}

/* A transaction may run twice and must write the same: it reads no clock. */
START_TEST(one_time)
{
	struct row_audit *audit;
	struct row_phone p;
	int64_t at;
	size_t n;

	import(TC_NOW);
	ck_assert_int_eq(row_phone_get(tc.db, "SEP001122000001", &p, NULL),
	    ERR_OK);
	at = p.changed_at;
	ck_assert_int_ge(at, TC_NOW);
	ck_assert_int_eq(row_phone_get(tc.db, "SEP001122000002", &p, NULL),
	    ERR_OK);
	ck_assert_int_eq(p.changed_at, at);
	ck_assert_int_eq(row_audit_list(tc.db, 10, &audit, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(audit[0].command, "phone import");
	ck_assert_int_eq(audit[0].at, at);
	row_audit_free(audit, n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_import");
	TCase *t = tcase_create("import");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, one_time);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
