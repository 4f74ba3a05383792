/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A session of capfd (capfd/session.h): the recorded ones, then each message
 * of them cut, sent twice, out of order and wrong.  tests/session_lab.c holds
 * after each step what must hold after any.
 */
#include <check.h>
#include <string.h>

#include "tests/capf_data.h"
#include "tests/session_lab.h"
#include "tests/session_rec.h"

/* --- recorded sessions --- */

START_TEST(recorded)
{
	const struct vector *v = &vectors[_i];

	start(v);
	for (size_t i = 0; i < rec.n; i++) {
		if (!rec.msg[i].from_server) {
			session_lab_say(&lab, rec.msg[i].buf,
			    rec.msg[i].len);
			if (rec.msg[i].buf[1] == CAPF_AUTH_RESPONSE)
				ck_assert_str_eq((char *)lab.password,
				    v->string);
			agree(v);
			continue;
		}
		ck_assert_msg(lab.d.len == rec.msg[i].len &&
		    memcmp(lab.out, rec.msg[i].buf, lab.d.len) == 0,
		    "%s: message %zu", v->file, i);
	}
	ck_assert(lab.ended);
	ck_assert_int_eq(lab.s.ok, _i < WHOLE || v->task.answer ==
	    CAPF_NOTHING);
	stop();
}
END_TEST

/* --- what goes wrong --- */

static bool
is_last(size_t i)
{
	return i + 2 >= rec.n;		/* the phone's last word */
}

/* Each message of the phone but this one, i, which is changed by fn. */
static void
each_changed(const struct vector *v, void (*fn)(const struct vector *v,
    size_t i))
{
	size_t n;

	start(v);
	n = rec.n;
	stop();
	for (size_t i = 0; i < n; i++) {
		start(v);
		if (!rec.msg[i].from_server) {
			replay(v, i);
			fn(v, i);
		}
		stop();
	}
}

/* A message whose length says less: it is what a cut one looks like once its
 * header is made to fit. */
static void
cut_short(const struct vector *v, size_t i)
{
	uint8_t msg[CAPF_MSG_MAX];
	size_t len = rec.msg[i].len;

	if (len <= CAPF_HEADER)		/* nothing to cut */
		return;
	memcpy(msg, rec.msg[i].buf, len--);
	msg[6] = (uint8_t)((len - CAPF_HEADER) >> 8);
	msg[7] = (uint8_t)(len - CAPF_HEADER);
	session_lab_say(&lab, msg, len);
	agree(v);
	declined();
}

static void
other_session(const struct vector *v, size_t i)
{
	uint8_t msg[CAPF_MSG_MAX];

	memcpy(msg, rec.msg[i].buf, rec.msg[i].len);
	msg[5] ^= 1;
	session_lab_say(&lab, msg, rec.msg[i].len);
	agree(v);
	declined();
}

/* What is right is right once: only "in progress" may come again. */
static void
twice(const struct vector *v, size_t i)
{
	session_lab_say(&lab, rec.msg[i].buf, rec.msg[i].len);
	agree(v);
	if (lab.ended)
		return;
	session_lab_say(&lab, rec.msg[i].buf, rec.msg[i].len);
	agree(v);
	if (rec.msg[i].buf[1] == CAPF_IN_PROGRESS)
		ck_assert(!lab.ended);
	else
		declined();
}

/* The next message of the phone in its place. */
static void
next_one(const struct vector *v, size_t i)
{
	size_t j = i + 1;

	while (j < rec.n && rec.msg[j].from_server)
		j++;
	if (j == rec.n || rec.msg[i].buf[1] == CAPF_IN_PROGRESS)
		return;			/* which may be left out */
	session_lab_say(&lab, rec.msg[j].buf, rec.msg[j].len);
	agree(v);
	if (rec.msg[j].buf[1] != CAPF_IN_PROGRESS)
		declined();
}

/* Every command, where another is expected. */
static void
each_command(const struct vector *v, size_t i)
{
	for (unsigned c = 1; c <= 23; c++) {
		uint8_t msg[CAPF_HEADER];

		if (c == rec.msg[i].buf[1] || c == CAPF_IN_PROGRESS ||
		    c == CAPF_KEY_RESPONSE)
			continue;
		stop();
		start(v);
		replay(v, i);
		memcpy(msg, rec.msg[i].buf, sizeof(msg));
		msg[1] = (uint8_t)c;
		msg[6] = msg[7] = 0;
		session_lab_say(&lab, msg, sizeof(msg));
		agree(v);
		declined();
	}
}

/* The connection goes instead; the writer's answer may come after that. */
static void
gone(const struct vector *v, size_t i)
{
	(void)i;
	session_lab_cut(&lab);
	ck_assert(!lab.s.ok);
	agree(v);
}

static void
gone_after(const struct vector *v, size_t i)
{
	session_lab_say(&lab, rec.msg[i].buf, rec.msg[i].len);
	if (lab.ended)
		return;
	session_lab_cut(&lab);
	ck_assert(!lab.s.ok);
	if (lab.asked)
		session_lab_answer(&lab, ERR_OK, &v->task);
	ck_assert_uint_eq(lab.s.state, SESSION_OVER);
	/* Who had confirmed has it: nothing else is told. */
	ck_assert(lab.asks[WIRE_END] == 0 || lab.told_ok == is_last(i));
}

/* The writer will not. */
static void
unwritten(const struct vector *v, size_t i)
{
	(void)v;
	session_lab_say(&lab, rec.msg[i].buf, rec.msg[i].len);
	if (lab.d.then != SESSION_ASK)
		return;
	session_lab_answer(&lab, ERR_IO, NULL);
	declined();
	ck_assert_str_eq(lab.s.why, "the writer will not");
}

static void (*const faults[])(const struct vector *v, size_t i) = {
	cut_short, other_session, twice, next_one, each_command, gone,
	gone_after, unwritten,
};

START_TEST(faulty)
{
	for (size_t k = 0; k < N_OF(faults); k++)
		each_changed(&vectors[_i], faults[k]);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("capf_session");
	TCase *t = tcase_create("session");

	tcase_add_loop_test(t, recorded, 0, N_OF(vectors));
	tcase_add_loop_test(t, faulty, 0, WHOLE);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
