/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Auto-registration: who is added, how many, how fast, and what the writer
 * takes from the engine.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "db/rows.h"
#include "tests/trust_cluster.h"
#include "trust/autoreg.h"
#include "trust/profile.h"

#define RANGE	"SEP001122000000-SEP0011220000FF"
#define IN	"SEP001122000080"

/* --- within the range --- */

static const struct {
	const char	*device;
	bool		 wanted;
} names[] = {
	{ "SEP001122000000", true }, { "SEP0011220000FF", true },
	{ IN, true }, { "SEP001121FFFFFF", false },
	{ "SEP001122000100", false }, { "SEP00112200000", false },
	{ "SEP0011220000000", false }, { "sep001122000080", false },
	{ "ATA001122000080", false }, { "", false },
};

START_TEST(wanted)
{
	struct autoreg_conf c = { .enabled = true,
	    .first = "SEP001122000000", .last = "SEP0011220000FF" };

	ck_assert_msg(autoreg_wanted(&c, names[_i].device) ==
	    names[_i].wanted, "%s", names[_i].device);
	c.enabled = false;
	ck_assert(!autoreg_wanted(&c, names[_i].device));
	c = (struct autoreg_conf){ .enabled = true };
	ck_assert(!autoreg_wanted(&c, names[_i].device));
}
END_TEST

/* --- from the engine --- */

static const struct {
	const char	*device, *address;
	bool		 ok;
} asks[] = {
	{ IN, "192.0.2.7", true },
	{ IN, "2001:db8::7", true },
	{ IN, "", false },
	{ IN, "192.0.2.700", false },
	{ IN, "phone.example", false },
	{ "", "192.0.2.7", false },
	{ "sep001122000080", "192.0.2.7", false },
	{ "SEP001122000080 ", "192.0.2.7", false },
	{ "XMLDefault", "192.0.2.7", false },
};

START_TEST(ask)
{
	struct autoreg_ask a = { .device = "" }, b;
	uint8_t buf[AUTOREG_ASK_LEN + 1] = { 0 };

	(void)str_copy(a.device, sizeof(a.device), asks[_i].device);
	(void)str_copy(a.address, sizeof(a.address), asks[_i].address);
	autoreg_ask_build(&a, buf);
	ck_assert_msg((autoreg_ask_parse(&b, buf, AUTOREG_ASK_LEN, NULL) ==
	    ERR_OK) == asks[_i].ok, "%s %s", a.device, a.address);
	if (!asks[_i].ok)
		return;
	ck_assert_str_eq(a.device, b.device);
	ck_assert_str_eq(a.address, b.address);
	for (size_t n = 0; n < AUTOREG_ASK_LEN; n++)
		ck_assert_int_eq(autoreg_ask_parse(&b, buf, n, NULL),
		    ERR_PROTO);
	ck_assert_int_eq(autoreg_ask_parse(&b, buf, sizeof(buf), NULL),
	    ERR_PROTO);
	buf[DEVICE_NAME_MAX] = 'x';	/* behind the name's end */
	ck_assert_int_eq(autoreg_ask_parse(&b, buf, AUTOREG_ASK_LEN, NULL),
	    ERR_PROTO);
	memset(buf, 'A', sizeof(buf));	/* no end at all */
	ck_assert_int_eq(autoreg_ask_parse(&b, buf, AUTOREG_ASK_LEN, NULL),
	    ERR_PROTO);
}
END_TEST

START_TEST(rate)
{
	struct autoreg_rate r = { 0 };
	int64_t now = 5000;
	int n = 0;

	while (autoreg_rate_take(&r, 60, now))
		ck_assert_int_lt(++n, 100);
	ck_assert_int_eq(n, 6);			/* a tenth at once */
	ck_assert(!autoreg_rate_take(&r, 60, now + 900));
	ck_assert(autoreg_rate_take(&r, 60, now + 1000));
	ck_assert(!autoreg_rate_take(&r, 60, now + 1000));
	n = 0;					/* one a second, however asked */
	for (int64_t ms = now + 1010; ms <= now + 31010; ms += 10)
		n += autoreg_rate_take(&r, 60, ms);
	ck_assert_int_eq(n, 30);
	n = 0;					/* long rest: a tenth again */
	now += 10000000;
	while (autoreg_rate_take(&r, 60, now))
		n++;
	ck_assert_int_eq(n, 6);
	r = (struct autoreg_rate){ 0 };
	ck_assert(autoreg_rate_take(&r, 1, 0));
	ck_assert(!autoreg_rate_take(&r, 1, 1));
	ck_assert(!autoreg_rate_take(&r, 1, 59000));
	ck_assert(autoreg_rate_take(&r, 1, 60100));
}
END_TEST

/* --- adding --- */

struct value {
	enum param_id	 id;
	const char	*value;
};

static int
set_tx(struct db *db, void *arg, struct err *e)
{
	const struct value *s = arg;
	bool changed;

	return param_set(db, &param_table()[s->id], "", s->value, 1,
	    &changed, e);
}

static void
set(enum param_id id, const char *value)
{
	struct value s = { id, value };

	tc_done(set_tx, &s);
}

static void
set_up(void)
{
	tc_open();
	set(PARAM_AUTOREG_ENABLED, "yes");
	set(PARAM_AUTOREG_NAMES, RANGE);
}

struct adding {
	struct autoreg_ask	 ask;
	struct autoreg_done	 done;
};

static int
add_tx(struct db *db, void *arg, struct err *e)
{
	struct adding *a = arg;

	return autoreg_add(db, "cm1", &a->ask, TC_NOW, &a->done, e);
}

static struct autoreg_done
add_done(const char *device)
{
	struct adding a = { .ask = { .address = "192.0.2.7" } };

	(void)str_copy(a.ask.device, sizeof(a.ask.device), device);
	tc_done(add_tx, &a);
	return a.done;
}

static enum autoreg_result
add(const char *device)
{
	return add_done(device).res;
}

static int64_t
count(void)
{
	int64_t n;

	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	return n;
}

START_TEST(added_once)
{
	struct row_audit *rows;
	struct row_phone p;
	size_t n;

	ck_assert_int_eq(add(IN), AUTOREG_ADDED);
	ck_assert_int_eq(add(IN), AUTOREG_KNOWN);
	ck_assert_int_eq(row_phone_get(tc.db, IN, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.origin, ORIGIN_AUTO);
	ck_assert_str_eq(p.model, "");
	ck_assert_str_eq(p.profile, "");
	ck_assert_int_eq(p.protocol, PROTOCOL_SIP);
	ck_assert_int_eq(p.created_at, TC_NOW);
	ck_assert_int_eq(row_audit_list(tc.db, 10, &rows, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].command, "auto-registration");
	ck_assert_str_eq(rows[0].detail, IN " 192.0.2.7");
	row_audit_free(rows, n);
}
END_TEST

START_TEST(parameters_decide)
{
	ck_assert_int_eq(add("SEP001122000100"), AUTOREG_OUTSIDE);
	set(PARAM_AUTOREG_ENABLED, "no");
	ck_assert_int_eq(add(IN), AUTOREG_OUTSIDE);
	set(PARAM_AUTOREG_ENABLED, "yes");
	set(PARAM_AUTOREG_NAMES, "");
	ck_assert_int_eq(add(IN), AUTOREG_OUTSIDE);
	ck_assert_int_eq(count(), 0);
}
END_TEST

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	return row_phone_remove(db, arg, e);
}

static int
other_tx(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .name = "SEP001122000090" };

	(void)arg;
	return row_phone_add(db, &p, e);
}

/* Phones added by command are not counted. */
START_TEST(limit)
{
	char first[] = "SEP001122000001";

	tc_done(other_tx, NULL);
	set(PARAM_AUTOREG_MAX, "2");
	ck_assert_int_eq(add(first), AUTOREG_ADDED);
	ck_assert_int_eq(add("SEP001122000002"), AUTOREG_ADDED);
	ck_assert_int_eq(add("SEP001122000003"), AUTOREG_FULL);
	ck_assert_int_eq(add(first), AUTOREG_KNOWN);
	ck_assert_int_eq(count(), 3);
	tc_done(remove_tx, first);
	ck_assert_int_eq(add("SEP001122000003"), AUTOREG_ADDED);
}
END_TEST

static int
profile_tx(struct db *db, void *arg, struct err *e)
{
	struct profile_spec s = { .name = arg, .protocol = PROTOCOL_SCCP };
	struct profile_result r = { 0 };
	int ret = profile_add(db, &s, TC_NOW, &r, e);

	profile_result_clear(&r);
	return ret;
}

START_TEST(profile)
{
	struct adding a = { .ask = { .device = IN, .address = "::1" } };
	char lobby[] = "lobby";
	struct row_phone p;

	set(PARAM_AUTOREG_PROFILE, lobby);
	tc_refused(add_tx, &a, ERR_REFUSED, "no profile lobby: make it");
	ck_assert_int_eq(count(), 0);
	tc_done(profile_tx, lobby);
	ck_assert_int_eq(add(IN), AUTOREG_ADDED);
	ck_assert_int_eq(row_phone_get(tc.db, IN, &p, NULL), ERR_OK);
	ck_assert_str_eq(p.profile, "lobby");
	ck_assert_int_eq(p.protocol, PROTOCOL_SCCP);
	set(PARAM_AUTOREG_PROFILE, "Standard SCCP Non-Secure Profile");
	ck_assert_int_eq(add("SEP001122000001"), AUTOREG_ADDED);
	ck_assert_int_eq(row_phone_get(tc.db, "SEP001122000001", &p, NULL),
	    ERR_OK);
	ck_assert_str_eq(p.profile, "");
	ck_assert_int_eq(p.protocol, PROTOCOL_SCCP);
}
END_TEST

/* --- directory numbers --- */

static int
number_tx(struct db *db, void *arg, struct err *e)
{
	struct row_phone p = { .name = "" };
	const char *const *kv = arg;
	int ret;

	(void)str_copy(p.name, sizeof(p.name), kv[0]);
	if ((ret = row_phone_put(db, &p, e)) != ERR_OK)
		return ret;
	return row_phone_setting_put(db, p.name, "directory-number", kv[1],
	    NULL, e);
}

static void
has_number(const char *phone, const char *number)
{
	const char *kv[] = { phone, number };

	tc_done(number_tx, kv);
}

static void
gets(int i, const char *number)
{
	char name[16];
	struct autoreg_done d;

	(void)snprintf(name, sizeof(name), "SEP0011220000%02X", (unsigned)i);
	d = add_done(name);
	ck_assert_msg(d.res == (number[0] != '\0' ? AUTOREG_ADDED :
	    AUTOREG_NO_NUMBER), "%s", name);
	ck_assert_str_eq(d.number, number);
}

/* The lowest one that is free, whoever has the others. */
START_TEST(numbers)
{
	struct row_setting *rows;
	struct row_audit *audit;
	char first[] = "SEP001122000000";
	size_t n;

	has_number("SEPAAAAAAAAAAAA", "0098");
	has_number("SEPAAAAAAAAAAAB", "0098");		/* shared */
	has_number("SEPAAAAAAAAAAAC", "0099A");		/* no number of it */
	has_number("SEPAAAAAAAAAAAD", "009A");
	has_number("SEPAAAAAAAAAAAE", "0101");
	set(PARAM_AUTOREG_RANGE, "0097-0103");
	gets(0, "0097");
	gets(1, "0099");
	gets(2, "0100");
	gets(3, "0102");
	gets(4, "0103");
	gets(5, "");
	ck_assert_int_eq(row_phone_settings(tc.db, first, &rows, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(rows[0].name, "directory-number");
	ck_assert_str_eq(rows[0].value, "0097");
	free(rows);
	ck_assert_int_eq(row_audit_list(tc.db, 10, &audit, &n, NULL),
	    ERR_OK);
	ck_assert_uint_eq(n, 5);
	ck_assert_str_eq(audit[n - 1].detail,
	    "SEP001122000000 192.0.2.7 number 0097");
	row_audit_free(audit, n);
	tc_done(remove_tx, first);		/* free again */
	gets(6, "0097");
	gets(7, "");
}
END_TEST

/* Nothing beyond the last number there is, and SCCP has none. */
START_TEST(number_ends)
{
	set(PARAM_AUTOREG_RANGE, "98-99");
	gets(0, "98");
	gets(1, "99");
	gets(2, "");
	set(PARAM_AUTOREG_RANGE, "9999999999999999-9999999999999999");
	gets(3, "9999999999999999");
	gets(4, "");
	set(PARAM_AUTOREG_PROFILE, "Standard SCCP Non-Secure Profile");
	ck_assert_int_eq(add("SEP001122000005"), AUTOREG_ADDED);
	set(PARAM_AUTOREG_RANGE, "");
	set(PARAM_AUTOREG_PROFILE, "");
	ck_assert_int_eq(add("SEP001122000006"), AUTOREG_ADDED);
}
END_TEST

/* --- what is typed --- */

struct typed {
	struct value	 v;
	char		*advice;
};

static int
typed_tx(struct db *db, void *arg, struct err *e)
{
	struct typed *t = arg;
	int ret;

	free(t->advice);
	t->advice = NULL;
	if ((ret = set_tx(db, &t->v, e)) != ERR_OK)
		return ret;
	return autoreg_param_check(db, t->v.id, &t->advice, e);
}

/* advice NULL: none. */
static void
type(enum param_id id, const char *value, const char *advice)
{
	struct typed t = { .v = { id, value } };

	tc_done(typed_tx, &t);
	if (advice == NULL)
		ck_assert_msg(t.advice == NULL, "%s", t.advice);
	else
		ck_assert_ptr_nonnull(strstr(t.advice, advice));
	free(t.advice);
}

static void
type_refused(enum param_id id, const char *value, const char *why)
{
	struct typed t = { .v = { id, value } };

	tc_refused(typed_tx, &t, ERR_REFUSED, why);
}

static int
no_mic_tx(struct db *db, void *arg, struct err *e)
{
	const struct setting_change c[] = {
		{ setting_get(SETTING_SECURITY_MODE), "encrypted" },
	};
	struct profile_spec s = { .name = arg, .protocol = -1, .change = c,
	    .nchange = 1 };
	struct profile_result r = { 0 };
	int ret = profile_set(db, &s, TC_NOW, &r, e);

	profile_result_clear(&r);
	return ret;
}

static int
rename_tx(struct db *db, void *arg, struct err *e)
{
	char *const *pair = arg;
	struct profile_result r = { 0 };
	int ret = profile_rename(db, pair[0], pair[1], TC_NOW, &r, e);

	profile_result_clear(&r);
	return ret;
}

static int
remove_profile_tx(struct db *db, void *arg, struct err *e)
{
	return profile_remove(db, arg, e);
}

static int
node_value_tx(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return param_set(db, &param_table()[PARAM_AUTOREG_PROFILE],
	    tc.node.name, arg, 1, &changed, e);
}

START_TEST(typed)
{
	char lobby[] = "lobby", hall[] = "hall";
	char *const pair[] = { lobby, hall };
	char *v;

	type_refused(PARAM_AUTOREG_PROFILE, lobby, "no profile lobby: make");
	tc_done(profile_tx, lobby);
	type(PARAM_AUTOREG_PROFILE, lobby, NULL);
	type(PARAM_AUTOREG_RANGE, "100-199", "SCCP get no directory");
	type(PARAM_AUTOREG_RANGE, "", NULL);
	type(PARAM_AUTOREG_NAMES, "", "autoregistration.names is empty");
	type(PARAM_AUTOREG_ENABLED, "no", NULL);
	type(PARAM_AUTOREG_ENABLED, "yes", "autoregistration.names is empty");
	type(PARAM_AUTOREG_NAMES, RANGE, NULL);
	/* What the parameter names stays. */
	tc_refused(remove_profile_tx, lobby, ERR_REFUSED,
	    "autoregistration.profile says");
	tc_done(node_value_tx, lobby);
	tc_done(rename_tx, (void *)(uintptr_t)pair);
	v = param_get(tc.db, PARAM_AUTOREG_PROFILE, "", NULL);
	ck_assert_str_eq(v, hall);
	free(v);
	v = param_get(tc.db, PARAM_AUTOREG_PROFILE, tc.node.name, NULL);
	ck_assert_str_eq(v, hall);
	free(v);
	/* ... and what phones of unknown model can have. */
	tc_refused(no_mic_tx, hall, ERR_REFUSED, "of unknown model");
	type(PARAM_AUTOREG_PROFILE, "", NULL);
	tc_done(no_mic_tx, hall);
	type_refused(PARAM_AUTOREG_PROFILE, hall, "of unknown model");
	tc_done(node_value_tx, hall);
	tc_refused(remove_profile_tx, hall, ERR_REFUSED, "of node cm1");
	tc_done(node_value_tx, (char[]){ "" });
	tc_done(remove_profile_tx, hall);
}
END_TEST

START_TEST(conf)
{
	struct autoreg_conf c;

	ck_assert_int_eq(autoreg_conf_load(&c, tc.db, "cm1", NULL), ERR_OK);
	ck_assert(c.enabled);
	ck_assert_str_eq(c.first, "SEP001122000000");
	ck_assert_str_eq(c.last, "SEP0011220000FF");
	ck_assert_int_eq(c.max, 1000);
	ck_assert_int_eq(c.per_minute, 600);
	ck_assert_str_eq(c.number, "");
	set(PARAM_AUTOREG_RANGE, "0100-1999");
	ck_assert_int_eq(autoreg_conf_load(&c, tc.db, "cm1", NULL), ERR_OK);
	ck_assert_str_eq(c.number, "0100");
	ck_assert_str_eq(c.last_number, "1999");
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("autoreg");
	TCase *pure = tcase_create("pure"), *rows = tcase_create("rows");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(pure, wanted, 0, N(names));
	tcase_add_loop_test(pure, ask, 0, N(asks));
	tcase_add_test(pure, rate);
	tcase_add_unchecked_fixture(rows, tc_make, tc_free);
	tcase_add_checked_fixture(rows, set_up, tc_close);
	tcase_set_timeout(rows, 60);
	tcase_add_test(rows, conf);
	tcase_add_test(rows, added_once);
	tcase_add_test(rows, parameters_decide);
	tcase_add_test(rows, limit);
	tcase_add_test(rows, profile);
	tcase_add_test(rows, numbers);
	tcase_add_test(rows, number_ends);
	tcase_add_test(rows, typed);
	suite_add_tcase(s, pure);
	suite_add_tcase(s, rows);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
