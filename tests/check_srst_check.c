/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Gateways' certificates compared: which are asked and when, what is told
 * and remembered.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "db/params.h"
#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "tests/gateway_lab.h"
#include "trust/cert_row.h"
#include "trust/srst.h"
#include "trust/srst_check.h"

#define DAY	INT64_C(86400)

static struct db *db, *observed;
static struct cert *cert, *other;
static struct gateway *g;

static void
setup(void)
{
	const struct lab_spec s = { .cn = "gateway" };
	int dirfd = fix_folder();
	struct err e = { 0 };

	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_msg(observed_create(dirfd, &e) == ERR_OK, "%s", e.msg);
	db = fix_create(dirfd);
	observed = fix_open(dirfd, OBSERVED_FILE, DB_WRITE);
	cert = lab_issue(&s, lab_key(0), NULL, NULL);
	other = lab_issue(&s, lab_key(1), NULL, NULL);
	g = gateway_start(GATEWAY_TLS, cert, lab_key(0));
}

static void
teardown(void)
{
	gateway_stop(g);
	cert_free(cert);
	cert_free(other);
	lab_end();
	db_close(observed);
	db_close(db);
	fix_remove();
}

/* --- rows --- */

struct ref {
	const char		*name;
	uint16_t		 port;
	bool			 secure;
	const struct cert	*accepted;
	int64_t			 changed_at;
};

static int
ref_tx(struct db *d, void *arg, struct err *e)
{
	const struct ref *r = arg;
	struct row_srst row = { .address = "127.0.0.1", .port = 2000,
	    .sip_port = 5060, .cert_port = r->port, .secure = r->secure,
	    .has_accepted = r->accepted != NULL,
	    .changed_at = r->changed_at };

	(void)str_copy(row.name, sizeof(row.name), r->name);
	if (r->accepted != NULL)
		cert_sha256(r->accepted, row.accepted);
	return row_srst_put(d, &row, e);
}

static void
put(const char *name, bool secure, const struct cert *accepted,
    int64_t changed_at)
{
	struct ref r = { name, gateway_port(g), secure, accepted,
	    changed_at };

	fix_tx(db, ref_tx, &r);
}

static int
hours_tx(struct db *d, void *arg, struct err *e)
{
	bool changed;

	return param_set(d, &param_table()[PARAM_SRST_CHECK_HOURS], "", arg,
	    1, &changed, e);
}

/* --- looks --- */

static struct told {
	char	text[400];	/* "name:state " and "!" for news */
	char	why[SRST_WHY_MAX + 1];
	int	stop;		/* ERR_* */
} told;

static int
tell(void *arg, const struct srst_look *l, struct err *e)
{
	size_t n = strlen(told.text);

	(void)arg;
	(void)snprintf(told.text + n, sizeof(told.text) - n, "%s:%s%s ",
	    l->ref->name, srst_state_name[l->state], l->news ? "!" : "");
	(void)str_copy(told.why, sizeof(told.why), l->seen.why);
	ck_assert_int_eq(l->shown != NULL, l->state != SRST_SILENT);
	return told.stop != ERR_OK ? err_set(e, told.stop, "enough") : ERR_OK;
}

static void
look(struct srst_check o, int64_t now, const char *want)
{
	struct err e = { 0 };

	told.text[0] = '\0';
	o.now = now;
	o.fn = tell;
	ck_assert_msg(srst_check(db, observed, &o, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_str_eq(told.text, want);
}

#define DUE	(struct srst_check){ .timeout_ms = 5000 }

START_TEST(states)
{
	struct srst_seen s;

	put("a", true, cert, 0);
	put("b", true, other, 0);
	put("c", true, NULL, 0);
	put("d", false, cert, 0);
	look(DUE, DAY, "a:same b:other! c:uncompared! ");
	ck_assert_int_eq(observed_srst_get(observed, "b", &s, NULL), ERR_OK);
	ck_assert(s.has_sha256 && s.at == DAY && s.why[0] == '\0');
	/* What was told once is no news. */
	look(DUE, 2 * DAY, "a:same b:other c:uncompared ");
	gateway_stop(g);
	g = gateway_start(GATEWAY_SILENT, NULL, NULL);
	put("a", true, cert, 0);
	look((struct srst_check){ .name = "a", .timeout_ms = 100 }, 2 * DAY,
	    "a:silent! ");
	ck_assert_ptr_nonnull(strstr(told.why, "in time"));
	ck_assert_int_eq(observed_srst_get(observed, "a", &s, NULL), ERR_OK);
	ck_assert(!s.has_sha256 && strstr(s.why, "in time") != NULL);
	look((struct srst_check){ .name = "a", .timeout_ms = 100 }, 2 * DAY,
	    "a:silent ");
	/* Back with another one. */
	gateway_stop(g);
	g = gateway_start(GATEWAY_TLS, other, lab_key(1));
	put("a", true, cert, 0);
	look((struct srst_check){ .name = "a" }, 2 * DAY, "a:other! ");
}
END_TEST

START_TEST(when)
{
	put("a", true, cert, 0);
	look(DUE, DAY, "a:same ");
	look(DUE, DAY + 1, "");
	look(DUE, 2 * DAY - 1, "");
	look(DUE, 2 * DAY, "a:same ");
	/* By name or all, due or not. */
	look((struct srst_check){ .all = true }, 2 * DAY + 1, "a:same ");
	look((struct srst_check){ .name = "a" }, 2 * DAY + 2, "a:same ");
	/* The clock was wrong. */
	look(DUE, DAY, "a:same ");
	/* A look before the last change tells nothing. */
	put("a", true, other, DAY + 5);
	look(DUE, DAY + 5, "a:other! ");
	look(DUE, DAY + 6, "a:other ");
	look(DUE, DAY + 7, "");
	fix_tx(db, hours_tx, (void *)(uintptr_t)"1");
	look(DUE, DAY + 3606, "a:other ");
	fix_tx(db, hours_tx, (void *)(uintptr_t)"0");
	look(DUE, 100 * DAY, "");
	look((struct srst_check){ .all = true }, 100 * DAY, "a:other ");
	/* One that is not secure only by its name. */
	put("a", false, other, 0);
	look((struct srst_check){ .all = true }, 100 * DAY, "");
	look((struct srst_check){ .name = "a" }, 100 * DAY, "a:other ");
}
END_TEST

START_TEST(longest_first)
{
	put("a", true, cert, 0);
	put("b", true, cert, 0);
	put("c", true, cert, 0);
	look((struct srst_check){ .max = 2 }, DAY, "a:same b:same ");
	look((struct srst_check){ .max = 2 }, DAY + 1, "c:same ");
	look((struct srst_check){ .max = 2 }, 3 * DAY, "a:same b:same ");
	look((struct srst_check){ .all = true, .max = 1 }, 3 * DAY + 1,
	    "c:same ");
}
END_TEST

START_TEST(nothing_remembered)
{
	struct srst_check o = { .now = DAY, .fn = tell };
	struct err e = { 0 };

	told.text[0] = '\0';
	put("a", true, other, 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(srst_check(db, NULL, &o, &e), ERR_OK);
	ck_assert_str_eq(told.text, "a:other! a:other! ");
	ck_assert_int_eq(fix_i64(observed, "SELECT count(*) FROM "
	    "srst_check"), 0);
}
END_TEST

START_TEST(stopped)
{
	struct srst_check o = { .now = DAY, .fn = tell };
	struct err e = { 0 };

	put("a", true, cert, 0);
	put("b", true, cert, 0);
	told = (struct told){ .stop = ERR_LIMIT };
	ck_assert_int_eq(srst_check(db, observed, &o, &e), ERR_LIMIT);
	ck_assert_str_eq(told.text, "a:same ");
	told.stop = ERR_OK;
	o.name = "nosuch";
	ck_assert_int_eq(srst_check(db, observed, &o, &e), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "srst list"));
	ck_assert_int_eq(srst_check(db, observed, &o, NULL), ERR_NOTFOUND);
}
END_TEST

START_TEST(last_look)
{
	struct row_srst r;
	struct srst_look l;

	put("a", true, other, 50);
	ck_assert_int_eq(row_srst_get(db, "a", &r, NULL), ERR_OK);
	ck_assert_int_eq(srst_last_look(observed, &r, &l, NULL),
	    ERR_NOTFOUND);
	look(DUE, DAY, "a:other! ");
	ck_assert_int_eq(srst_last_look(observed, &r, &l, NULL), ERR_OK);
	ck_assert(l.state == SRST_OTHER && l.seen.at == DAY);
	cert_sha256(cert, r.accepted);
	ck_assert_int_eq(srst_last_look(observed, &r, &l, NULL), ERR_OK);
	ck_assert_int_eq(l.state, SRST_SAME);
	r.changed_at = DAY + 1;
	ck_assert_int_eq(srst_last_look(observed, &r, &l, NULL),
	    ERR_NOTFOUND);
}
END_TEST

START_TEST(fetched)
{
	struct row_srst r = { .address = "127.0.0.1" };
	struct err e = { 0 };
	struct cert *c;
	uint8_t a[SHA256_LEN], b[SHA256_LEN];

	r.cert_port = gateway_port(g);
	ck_assert_ptr_nonnull(c = srst_fetch(&r, 0, &e));
	cert_sha256(c, a);
	cert_sha256(cert, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	cert_free(c);
	r.cert_port = gateway_nobody();
	ck_assert_ptr_null(srst_fetch(&r, 0, &e));
	ck_assert_int_eq(e.code, ERR_UNREACHABLE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("srst_check");
	TCase *t = tcase_create("srst_check");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, states);
	tcase_add_test(t, when);
	tcase_add_test(t, longest_first);
	tcase_add_test(t, nothing_remembered);
	tcase_add_test(t, stopped);
	tcase_add_test(t, last_look);
	tcase_add_test(t, fetched);
	suite_add_tcase(s, t);
	return fix_run(s);
}
