/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Roll-outs: batches, errors, pausing, cancelling.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/capf_lab.h"
#include "trust/sealed.h"

#define NOW	500000
#define N	7

static char names[N][PHONE_NAME_MAX + 1];
static struct rollout_phone phones[N];

static void
setup(void)
{
	cl_open();
	for (int i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "SEP%012d", i);
		phones[i] = (struct rollout_phone){ .name = names[i] };
		cl_phone(names[i], "", 5);
	}
}

struct job {
	struct rollout_spec	 spec;
	struct setting_change	 change[2];
	struct rollout_result	 r;
	const char		*id;
	const char		*phone;
	int64_t			 now, n;
	bool			 ok;
	char			 skipped[256];
};

static struct job job;

static int
body_start(struct db *db, void *arg, struct err *e)
{
	struct job *j = arg;

	j->skipped[0] = '\0';
	return rollout_start(db, &j->spec, j->now, &j->r, e);
}

static void
skipped(void *arg, const char *phone, const char *why)
{
	struct job *j = arg;

	(void)snprintf(j->skipped + strlen(j->skipped),
	    sizeof(j->skipped) - strlen(j->skipped), "%s: %s\n", phone, why);
}

static int
run(db_fn *fn)
{
	enum db_result r;

	cl.e = (struct err){ 0 };
	r = db_tx_group(cl.db, fn, &job, &cl.e);
	return db_result_err(r, &cl.e);
}

static int
start(const char *id, int64_t batch, int64_t pause)
{
	job.spec.id = job.id = id;
	job.spec.operation = "install-upgrade";
	job.spec.phone = phones;
	if (job.spec.nphone == 0)
		job.spec.nphone = N;
	job.spec.change = job.change;
	job.spec.kr = cl.kr;
	job.spec.batch = batch;
	job.spec.pause_on_errors = pause;
	job.spec.account = "root";
	job.spec.skipped = skipped;
	job.spec.arg = &job;
	job.now = NOW;
	return run(body_start);
}

#define BODY(fn, call)							\
	static int							\
	fn(struct db *db, void *arg, struct err *e)			\
	{								\
		struct job *j = arg;					\
									\
		return call;						\
	}
BODY(body_ended, rollout_phone_ended(db, j->phone, j->ok, j->now, e))
BODY(body_next, rollout_next(db, j->id, j->now, &j->n, e))
BODY(body_go_on, rollout_go_on(db, j->id, j->now, &j->n, e))
BODY(body_resume, rollout_resume(db, j->id, j->now, &j->n, e))
BODY(body_pause, rollout_pause(db, j->id, j->now, e))
BODY(body_cancel, rollout_cancel(db, j->id, j->now, &j->n, e))
BODY(body_leave, rollout_leave(db, j->phone, j->now, &j->ok, e))
BODY(body_remove, phone_remove(db, j->phone, e))

static void
ended(int i, bool ok)
{
	job.phone = names[i];
	job.ok = ok;
	ck_assert_msg(run(body_ended) == ERR_OK, "%s", cl.e.msg);
}

/* "wadf": the state of each phone. */
static void
looks(const char *id, enum rollout_state state, const char *each)
{
	static const char letter[] = "wadf";
	struct row_rollout_phone *p;
	char got[N + 1] = "";
	struct rollout_view v;
	size_t n;

	ck_assert_int_eq(rollout_view(cl.db, id, &v, &cl.e), ERR_OK);
	ck_assert_int_eq(row_rollout_phone_list(cl.db, id, -1, 0, &p, &n,
	    &cl.e), ERR_OK);
	ck_assert_int_eq(v.total, (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		got[i] = letter[p[i].state];
		/* Asked means that its file says so. */
		if (p[i].state <= ROLLOUT_ASKED)
			ck_assert_int_eq(cl_is_set(p[i].phone,
			    SETTING_CERT_OPERATION),
			    p[i].state == ROLLOUT_ASKED);
	}
	free(p);
	ck_assert_str_eq(got, each);
	ck_assert_msg(v.row.state == state, "%s",
	    rollout_state_name[v.row.state]);
}

START_TEST(in_batches)
{
	ck_assert_msg(start("r1", 3, 0) == ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(job.r.nphone, N);
	ck_assert_int_eq(job.r.nasked, 3);
	looks("r1", ROLLOUT_RUNNING, "aaawwww");
	ended(0, true);
	ended(2, false);
	/* Not before the whole batch is through. */
	looks("r1", ROLLOUT_RUNNING, "dafwwww");
	ended(1, true);
	looks("r1", ROLLOUT_RUNNING, "ddfaaaw");
	/* Told again, and about phones of others, nothing happens. */
	ended(1, true);
	ended(2, false);
	job.phone = "SEPFFFFFFFFFFFF";
	ck_assert_int_eq(run(body_ended), ERR_OK);
	looks("r1", ROLLOUT_RUNNING, "ddfaaaw");
	/* Who had failed and comes after all. */
	ended(2, true);
	looks("r1", ROLLOUT_RUNNING, "dddaaaw");
	ended(3, true);
	ended(4, true);
	ended(5, true);
	ended(6, false);
	looks("r1", ROLLOUT_DONE, "ddddddf");
	ck_assert_int_eq(run(body_go_on), ERR_BADSTATE);
	ck_assert_int_eq(run(body_cancel), ERR_BADSTATE);
}
END_TEST

START_TEST(all_at_once)
{
	ck_assert_int_eq(start("r1", 0, 0), ERR_OK);
	looks("r1", ROLLOUT_RUNNING, "aaaaaaa");
	job.phone = names[3];
	fix_tx(cl.db, body_remove, &job);
	for (int i = 0; i < N; i++)
		if (i != 3)
			ended(i, true);
	looks("r1", ROLLOUT_DONE, "dddddd");
}
END_TEST

START_TEST(pauses)
{
	ck_assert_int_eq(start("r1", 2, 2), ERR_OK);
	ended(0, false);
	ended(1, true);
	looks("r1", ROLLOUT_RUNNING, "fdaawww");
	ended(2, false);
	looks("r1", ROLLOUT_PAUSED, "fdfawww");
	ended(3, true);
	looks("r1", ROLLOUT_PAUSED, "fdfdwww");
	job.n = 9;
	ck_assert_int_eq(run(body_next), ERR_OK);
	ck_assert_int_eq(job.n, 0);
	ck_assert_int_eq(run(body_pause), ERR_EXISTS);
	ck_assert_int_eq(run(body_resume), ERR_OK);
	ck_assert_int_eq(job.n, 2);
	looks("r1", ROLLOUT_RUNNING, "fdfdaaw");
	ck_assert_int_eq(run(body_resume), ERR_EXISTS);
	/* Errors count from 0 again. */
	ended(4, false);
	ended(5, true);
	looks("r1", ROLLOUT_RUNNING, "fdfdfda");
	ck_assert_int_eq(run(body_pause), ERR_OK);
	looks("r1", ROLLOUT_PAUSED, "fdfdfda");
}
END_TEST

START_TEST(does_not_wait_for_the_removed)
{
	int64_t n;

	ck_assert_int_eq(start("r1", 1, 0), ERR_OK);
	job.phone = names[0];
	fix_tx(cl.db, body_remove, &job);
	looks("r1", ROLLOUT_RUNNING, "wwwwww");
	ck_assert_int_eq(cl_expire(NOW, &n), ERR_OK);
	looks("r1", ROLLOUT_RUNNING, "awwwww");
}
END_TEST

START_TEST(does_not_wait_for_the_absent)
{
	ck_assert_int_eq(start("r1", 3, 0), ERR_OK);
	ck_assert_int_eq(run(body_next), ERR_OK);
	ck_assert_int_eq(job.n, 0);
	ck_assert_int_eq(run(body_go_on), ERR_OK);
	ck_assert_int_eq(job.n, 3);
	looks("r1", ROLLOUT_RUNNING, "aaaaaaw");
	ck_assert_int_eq(run(body_go_on), ERR_OK);
	ck_assert_int_eq(run(body_go_on), ERR_OK);
	ck_assert_int_eq(job.n, 0);
	looks("r1", ROLLOUT_RUNNING, "aaaaaaa");
}
END_TEST

/* Taken out before it is its turn: no error, and nobody waits for it. */
START_TEST(leaves)
{
	ck_assert_int_eq(start("r1", 5, 1), ERR_OK);
	job.phone = names[5];
	ck_assert_int_eq(run(body_leave), ERR_OK);
	ck_assert(job.ok);
	looks("r1", ROLLOUT_RUNNING, "aaaaafw");
	ck_assert_int_eq(run(body_leave), ERR_OK);
	ck_assert(!job.ok);
	/* One that is asked does not wait. */
	job.phone = names[0];
	ck_assert_int_eq(run(body_leave), ERR_OK);
	ck_assert(!job.ok);
	for (int i = 0; i < 5; i++)
		ended(i, true);
	looks("r1", ROLLOUT_RUNNING, "dddddfa");
	ended(6, true);
	looks("r1", ROLLOUT_DONE, "dddddfd");
}
END_TEST

START_TEST(settings_and_strings)
{
	const struct setting *s = setting_get(SETTING_AUTH_STRING);
	struct phone_secret secret = { .setting = s, .text = "12345678" };
	uint8_t *sealed;

	ck_assert_int_eq(sealed_phone(cl.kr, &cl.rng, names[6], s->option,
	    "12345678", &sealed, &secret.len, &cl.e), ERR_OK);
	secret.sealed = sealed;
	phones[6].secret = &secret;
	job.change[0] = (struct setting_change){
	    setting_get(SETTING_CAPF_AUTH_MODE),
	    "by-authentication-string" };
	job.change[1] = (struct setting_change){
	    setting_get(SETTING_RSA_KEY_SIZE), "4096" };
	job.spec.nchange = 2;
	job.spec.completes_by = NOW + 1000;
	ck_assert_msg(start("r1", 3, 0) == ERR_OK, "%s", cl.e.msg);
	for (int i = 0; i < N; i++) {
		ck_assert(cl_is_set(names[i], SETTING_CAPF_AUTH_MODE));
		ck_assert(cl_is_set(names[i], SETTING_RSA_KEY_SIZE));
		ck_assert_int_eq(cl_is_set(names[i], SETTING_AUTH_STRING),
		    i == 6);
		ck_assert_int_eq(cl_is_set(names[i], SETTING_OPERATION_BY),
		    i < 3);
	}
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM phone_setting "
	    "WHERE value = '1970-01-06T19:10:00Z'"), 3);
	ck_assert_int_eq(run(body_cancel), ERR_OK);
	ck_assert_int_eq(job.n, 3);
	ck_assert_int_eq(run(body_cancel), ERR_EXISTS);
	looks("r1", ROLLOUT_CANCELLED, "wwwwwww");
	ck_assert(!cl_is_set(names[6], SETTING_AUTH_STRING));
	ck_assert(!cl_is_set(names[0], SETTING_OPERATION_BY));
	/* Another one may have them now. */
	ck_assert_int_eq(start("r2", 1, 0), ERR_OK);
	ck_assert_int_eq(start("r3", 1, 0), ERR_EXISTS);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "r2"));
	free(sealed);
}
END_TEST

START_TEST(who_cannot)
{
	cl_phone_model(names[2], "7905", "", 6);	/* without security */
	phones[5].name = "SEP00000000FFFF";
	ck_assert_int_eq(start("r1", 0, 0), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "not applicable"));
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM rollout_phone"),
	    0);
	job.spec.skip = true;
	ck_assert_msg(start("r1", 0, 0) == ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(job.r.nskipped + job.r.nphone, N);
	ck_assert_ptr_nonnull(strstr(job.skipped, "SEP00000000FFFF"));
	ck_assert_ptr_nonnull(strstr(job.skipped, names[2]));
	ck_assert_int_ge(job.r.nskipped, 2);
}
END_TEST

/* Whoever asked first: at the start, and when its turn comes. */
START_TEST(asked_otherwise)
{
	struct row_rollout_phone *p;
	size_t n;

	cl_phone(names[1], "certificate-operation=delete", 6);
	ck_assert_int_eq(start("r1", 0, 0), ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(cl.e.msg, "Delete is pending until"));
	job.spec.skip = true;
	ck_assert_msg(start("r1", 1, 0) == ERR_OK, "%s", cl.e.msg);
	ck_assert_int_eq(job.r.nskipped, 1);
	ck_assert_ptr_nonnull(strstr(job.skipped, "utils capf cancel"));
	/* 0 2 3 4 5 6: two others are asked of while they wait. */
	cl_phone(names[2], "certificate-operation=delete", 6);
	cl_phone(names[4], "certificate-operation=delete", 6);
	ended(0, true);
	ck_assert_int_eq(row_rollout_phone_list(cl.db, "r1", -1, 0, &p, &n,
	    &cl.e), ERR_OK);
	ck_assert_uint_eq(n, 6);
	ck_assert_int_eq(p[1].state, ROLLOUT_FAILED);
	ck_assert_ptr_nonnull(strstr(p[1].why, "Delete is pending"));
	ck_assert_int_eq(p[2].state, ROLLOUT_ASKED);
	free(p);
	/* What it does is not what the roll-out wanted; and what is taken back
	 * is not what others asked for. */
	ended(2, true);
	ck_assert_int_eq(run(body_cancel), ERR_OK);
	ck_assert_int_eq(job.n, 1);
	ck_assert_int_eq(row_rollout_phone_list(cl.db, "r1", -1, 0, &p, &n,
	    &cl.e), ERR_OK);
	ck_assert_int_eq(p[1].state, ROLLOUT_FAILED);
	free(p);
	ck_assert(cl_is_set(names[2], SETTING_CERT_OPERATION));
	ck_assert(cl_is_set(names[4], SETTING_CERT_OPERATION));
	ck_assert(!cl_is_set(names[3], SETTING_CERT_OPERATION));
}
END_TEST

static const struct {
	const char	*id, *operation;
	int64_t		 batch, pause;
	int		 ret;
} specs[] = {
	{ "", "delete", 0, 0, ERR_ARG },
	{ "r", "no-pending-operation", 0, 0, ERR_ARG },
	{ "r", "nonsense", 0, 0, ERR_ARG },
	{ "r", "delete", -1, 0, ERR_ARG },
	{ "r", "delete", 0, -1, ERR_ARG },
	{ "123456789012345678901234567890123", "delete", 0, 0, ERR_ARG },
};

START_TEST(bad_specs)
{
	job.spec = (struct rollout_spec){ .id = specs[_i].id,
	    .operation = specs[_i].operation, .phone = phones, .nphone = N,
	    .batch = specs[_i].batch, .pause_on_errors = specs[_i].pause,
	    .account = "root" };
	ck_assert_int_eq(run(body_start), specs[_i].ret);
}
END_TEST

START_TEST(nobody)
{
	job.spec.phone = phones;
	job.spec.nphone = 0;
	job.spec.id = "r";
	job.spec.operation = "delete";
	job.spec.account = "root";
	ck_assert_int_eq(run(body_start), ERR_REFUSED);
	job.id = "gone";
	ck_assert_int_eq(run(body_next), ERR_NOTFOUND);
	ck_assert_int_eq(run(body_cancel), ERR_NOTFOUND);
}
END_TEST

/* Driven by sessions, as capfd does it. */
START_TEST(with_sessions)
{
	struct cert *c;
	struct capf_end cut = { .op = CAPF_OP_INSTALL, .why = "cut" };

	ck_assert_int_eq(start("r1", 2, 0), ERR_OK);
	c = cl_cert(names[0], 1, NULL, 0);
	cl_install(names[0], 1, c, NOW);
	cert_free(c);
	looks("r1", ROLLOUT_RUNNING, "dawwwww");
	cut.owner = cl_owner(names[1]);
	for (uint32_t i = 1; i <= CAPF_RETRIES + 1; i++) {
		looks("r1", ROLLOUT_RUNNING, "dawwwww");
		cut.session = i;
		cut.now = NOW + CAPF_RETRY_S * i;
		ck_assert_int_eq(cl_begin(names[1], i, "", cut.now), ERR_OK);
		ck_assert_int_eq(cl_end_with(&cut), ERR_OK);
	}
	looks("r1", ROLLOUT_RUNNING, "dfaawww");
	/* It may still come. */
	ck_assert(cl_is_set(names[1], SETTING_CERT_OPERATION));
	c = cl_cert(names[1], 2, NULL, 0);
	cl_install(names[1], 99, c, NOW + 500);
	cert_free(c);
	looks("r1", ROLLOUT_RUNNING, "ddaawww");
}
END_TEST

START_TEST(ids)
{
	char a[ROLLOUT_ID_MAX + 1], b[ROLLOUT_ID_MAX + 1];

	ck_assert_int_eq(rollout_id_make(a, 1795251284, &cl.rng, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(rollout_id_make(b, 1795251284, &cl.rng, &cl.e),
	    ERR_OK);
	ck_assert_int_eq(strncmp(a, "20261121-085444-", 16), 0);
	ck_assert_uint_eq(strlen(a), 20);
	ck_assert_str_ne(a, b);
}
END_TEST

static void
setup_job(void)
{
	job = (struct job){ .now = NOW };
	setup();
}

int
main(void)
{
	Suite *s = suite_create("rollout");
	TCase *t = tcase_create("rollout");

	tcase_add_checked_fixture(t, setup_job, cl_close);
	tcase_add_test(t, in_batches);
	tcase_add_test(t, all_at_once);
	tcase_add_test(t, pauses);
	tcase_add_test(t, does_not_wait_for_the_removed);
	tcase_add_test(t, does_not_wait_for_the_absent);
	tcase_add_test(t, leaves);
	tcase_add_test(t, settings_and_strings);
	tcase_add_test(t, who_cannot);
	tcase_add_test(t, asked_otherwise);
	tcase_add_loop_test(t, bad_specs, 0,
	    (int)(sizeof(specs) / sizeof(specs[0])));
	tcase_add_test(t, nobody);
	tcase_add_test(t, with_sessions);
	tcase_add_test(t, ids);
	suite_add_tcase(s, t);
	return fix_run(s);
}
