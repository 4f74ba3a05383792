/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer dies before its n-th write, sync or truncate of either database
 * in the course of an installation, n rising until it gets through (with
 * sanitizers every third).  After each death: the certificate is the phone's with nothing pending, or nothing
 * of it is to be seen; and the next session succeeds.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/capf_lab.h"
#include "tests/crash_vfs.h"
#include "tests/slow.h"

#define NOW	500000
#define OPS_MAX	500
#define INSTALL	"certificate-operation=install-upgrade " \
		"authentication-mode=by-authentication-string " \
		"authentication-string=12345678"

/* In the child: 1 when the end was acknowledged. */
static void
session(uint32_t id, const struct cert *c)
{
	if (cl_begin(CL_A, id, "12345678", NOW) != ERR_OK ||
	    cl.task.answer != CAPF_GO ||
	    cl_step(CL_A, id, CAPF_STEP_KEY, NOW) != ERR_OK ||
	    cl_issued(CL_A, id, c, NOW) != ERR_OK ||
	    cl_end(CL_A, id, CAPF_OP_INSTALL, c, NOW) != ERR_OK)
		_exit(2);
}

static bool
is_sound(struct db *db)
{
	struct err e = { 0 };

	return db_check(db, &e) == ERR_OK;
}

/* True when the certificate is the phone's; nothing half. */
static bool
is_stored(const struct cert *c)
{
	struct capf_owner o = cl_owner(CL_A);
	struct row_capf_outcome out;
	struct row_device_cert d;
	bool stored = row_device_cert_current(cl.db, &o, DEVICE_LSC, &d,
	    NULL) == ERR_OK;
	uint8_t sha[32];

	cert_sha256(c, sha);
	ck_assert(!stored || memcmp(sha, d.sha256, sizeof(sha)) == 0);
	ck_assert_int_eq(cl_is_set(CL_A, SETTING_CERT_OPERATION), !stored);
	ck_assert_int_eq(cl_is_set(CL_A, SETTING_OPERATION_BY), !stored);
	ck_assert_int_eq(cl_is_set(CL_A, SETTING_AUTH_STRING), !stored);
	ck_assert_int_eq(row_capf_outcome_get(cl.db, &o, &out, NULL) ==
	    ERR_OK, stored);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM audit"),
	    stored);
	return stored;
}

/* True when the child got through. */
static bool
one_crash(long n, const struct cert *c)
{
	int status;
	pid_t pid;

	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		cl_reopen();
		crash_vfs_arm(CRASH_KILL, n);
		session(1, c);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
	    (WIFEXITED(status) && WEXITSTATUS(status) == 0),
	    "operation %ld: status %x", n, (unsigned)status);
	return WIFEXITED(status);
}

START_TEST(through_an_installation)
{
	struct cert *first, *second;
	bool through = false, stored;
	struct capf_progress p;
	struct capf_owner o;
	long n;

	crash_vfs_use();
	for (n = 1; !through && n < OPS_MAX; n += (long)slow_step(7)) {
		crash_vfs_arm(CRASH_NOT, 0);
		cl_open();
		o = cl_owner(CL_A);
		first = cl_cert(CL_A, 1, NULL, 0);
		second = cl_cert(CL_A, 2, NULL, 0);
		cl_phone(CL_A, INSTALL, 5);
		cl_shut();
		through = one_crash(n, first);
		cl_reopen();
		ck_assert(is_sound(cl.db) && is_sound(cl.observed));
		stored = is_stored(first);
		ck_assert(stored || !through);
		/* A next session, with whatever the first one left. */
		if (stored)
			cl_phone(CL_A, INSTALL, 6);
		ck_assert_int_eq(cl_begin(CL_A, 2, "12345678", NOW + 1),
		    ERR_OK);
		ck_assert_msg(cl.task.answer == CAPF_GO, "%ld: %s", n,
		    cl.task.why);
		ck_assert_int_eq(cl_issued(CL_A, 2, second, NOW + 1),
		    ERR_OK);
		ck_assert_msg(cl_end(CL_A, 2, CAPF_OP_INSTALL, second, NOW +
		    2) == ERR_OK, "%ld: %s", n, cl.e.msg);
		ck_assert_int_eq(observed_capf_get(cl.observed, &o, &p,
		    NULL), ERR_OK);
		ck_assert_int_eq(p.step, CAPF_STEP_NONE);
		ck_assert_int_eq(fix_i64(cl.observed, "SELECT count(*) FROM "
		    "capf_issued"), 0);
		cert_free(first);
		cert_free(second);
		cl_close();
	}
	ck_assert_msg(through, "never got through");
	ck_assert_msg(n > 20, "only %ld operations seen", n);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_crash");
	TCase *t = tcase_create("crash");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, fix_remove);
	tcase_add_test(t, through_an_installation);
	suite_add_tcase(s, t);
	return fix_run(s);
}
