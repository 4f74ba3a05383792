/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Adding, removing and importing phones.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/trust_cluster.h"
#include "trust/phone_import.h"
#include "trust/render_env.h"

#define DEV	"SEP0011223344AA"

static const struct {
	const char	*in, *out;	/* out NULL: refused */
} models[] = {
	{ "8861", "8861" }, { "CP-8861", "8861" }, { "cp-8861", "8861" },
	{ "Cisco 8861", "8861" }, { "cisco 8861", "8861" },
	{ "Cisco IP Phone 8861", "8861" }, { "Cisco CP-8851NR", "8851NR" },
	{ "8851nr", "8851NR" }, { "7925G", "7925G" }, { "7975", "7975" },
	{ "ATA-191", "ATA-191" }, { "Snom.D785", "Snom.D785" },
	{ "1234567890123456789012345678901",
	    "1234567890123456789012345678901" },
	{ "12345678901234567890123456789012", NULL },
	{ "", NULL }, { "CP-", "CP-" }, { "Cisco ", NULL },
	{ "88 61", NULL }, { "8861\n", NULL }, { "88_61", NULL },
	{ "<8861>", NULL }, { "\xc3\xa9", NULL },
};

START_TEST(model_names)
{
	struct err e = { 0 };
	char out[32];
	int ret = phone_model(models[_i].in, out, &e);

	if (models[_i].out == NULL) {
		ck_assert_msg(ret == ERR_ARG, "%s", models[_i].in);
		ck_assert_ptr_nonnull(strstr(e.msg, "such as 8861"));
		return;
	}
	ck_assert_msg(ret == ERR_OK, "%s: %s", models[_i].in, e.msg);
	ck_assert_str_eq(out, models[_i].out);
}
END_TEST

/* --- adding --- */

struct add {
	struct phone_spec	 spec;
	int64_t			 now;
	bool			 added;
	char			*advice;
};

static int
tx_add(struct db *db, void *arg, struct err *e)
{
	struct add *a = arg;

	return phone_add(db, &a->spec, a->now, &a->added, &a->advice, e);
}

static int
tx_remove(struct db *db, void *arg, struct err *e)
{
	return phone_remove(db, *(const char **)arg, e);
}

/* Runs twice each time: the fixture replays every transaction. */
static bool
added(const char *name, const char *model, const char *xml, int64_t now,
    const char *advice)
{
	struct add a = { .now = now, .spec = { .name = name,
	    .model = model, .xml = (const uint8_t *)xml,
	    .xmllen = xml != NULL ? strlen(xml) : 0, .xml_name = "my.xml" } };

	tc_done(tx_add, &a);
	if (advice == NULL)
		ck_assert_msg(a.advice == NULL, "%s", a.advice);
	else
		ck_assert_msg(a.advice != NULL &&
		    strstr(a.advice, advice) != NULL, "%s", a.advice);
	free(a.advice);
	return a.added;
}

static void
not_added(const char *name, const char *model, const char *xml, int code,
    const char *why)
{
	struct add a = { .now = TC_NOW, .spec = { .name = name,
	    .model = model, .xml = (const uint8_t *)xml,
	    .xmllen = xml != NULL ? strlen(xml) : 0, .xml_name = "my.xml" } };

	tc_refused(tx_add, &a, code, why);
	ck_assert_ptr_null(a.advice);
	ck_assert(!a.added);
}

START_TEST(add)
{
	struct row_phone p;
	struct row_phone_file f;

	ck_assert(added("sep0011223344aa", "CP-8861", NULL, 100, NULL));
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_OK);
	ck_assert_str_eq(p.model, "8861");
	ck_assert_int_eq(p.created_at, 100);
	ck_assert_int_eq(p.changed_at, 100);
	ck_assert(!p.has_file);
	/* Again: nothing changes, whatever is left out or spelled otherwise. */
	ck_assert(!added(DEV, "Cisco 8861", NULL, 200, NULL));
	ck_assert(!added(DEV, NULL, NULL, 200, NULL));
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.changed_at, 100);
	not_added(DEV, "8851", NULL, ERR_EXISTS, "model 8861, not 8851");
	not_added(DEV, NULL, "<device/>", ERR_EXISTS,
	    "from its settings): change it with \"phone set\"");

	ck_assert(added("SEP0011223344AB", NULL,
	    "<device><encrConfig>true</encrConfig></device>", 100,
	    "encrConfig true becomes false"));
	ck_assert_int_eq(row_phone_file_get(tc.db, "SEP0011223344AB", &f,
	    NULL), ERR_OK);
	/* The administrator's own, as it came. */
	ck_assert_uint_eq(f.len, 46);
	ck_assert_mem_eq(f.xml,
	    "<device><encrConfig>true</encrConfig></device>", f.len);
	ck_assert_str_eq(f.origin, "command");
	ck_assert_int_eq(f.changed_at, 100);
	row_phone_file_clear(&f);
	ck_assert(!added("SEP0011223344AB", NULL,
	    "<device><encrConfig>true</encrConfig></device>", 200,
	    "encrConfig"));
	not_added("SEP0011223344AB", NULL, "<device/>", ERR_EXISTS,
	    "another configuration file");
	ck_assert(!added("SEP0011223344AB", NULL, NULL, 200, NULL));
	not_added("SEP0011223344AB", "8861", NULL, ERR_EXISTS,
	    "model unknown, not 8861");
}
END_TEST

START_TEST(add_refused)
{
	int64_t n = -1;

	not_added("1phone", NULL, NULL, ERR_ARG, "is not a phone name");
	not_added("../x", NULL, NULL, ERR_ARG, "is not a phone name");
	not_added(DEV, "8861;", NULL, ERR_ARG, "is not a model");
	not_added(DEV, NULL, "<device>", ERR_PROTO, "my.xml: line 1");
	not_added(DEV, NULL, "", ERR_PROTO, "my.xml: empty");
	not_added(DEV, NULL, "<!DOCTYPE device><device/>", ERR_PROTO,
	    "DOCTYPE");
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 0);
}
END_TEST

/* What the file says of servers is compared with this cluster's node. */
START_TEST(advice_of_nodes)
{
	static const char ours[] = "<device><TVS><members><member>"
	    "<port>2445</port><address>2001:db8::1</address></member>"
	    "</members></TVS></device>";
	static const char other[] = "<device><TVS><members><member>"
	    "<port>2445</port><address>10.0.0.1</address></member>"
	    "</members></TVS></device>";

	ck_assert(added("a", NULL, ours, 1, NULL));
	ck_assert(added("b", NULL, other, 1,
	    "10.0.0.1 port 2445 becomes 2001:db8::1 port 2445"));
}
END_TEST

START_TEST(removing)
{
	const char *name = DEV, *bad = "x y", *lower = "sep0011223344aa";
	struct row_phone p;

	tc_refused(tx_remove, &name, ERR_NOTFOUND, "there is no phone " DEV);
	tc_refused(tx_remove, &bad, ERR_ARG, "is not a phone name");
	ck_assert(added(DEV, NULL, "<device/>", 1, NULL));
	tc_done(tx_remove, &lower);
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_NOTFOUND);
	tc_refused(tx_remove, &name, ERR_NOTFOUND, DEV);
	/* Gone with its file: adding it plain gives a plain one. */
	ck_assert(added(DEV, NULL, NULL, 2, NULL));
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_OK);
	ck_assert(!p.has_file);
}
END_TEST

/* --- servers --- */

static int
tx_nodes(struct db *db, void *arg, struct err *e)
{
	struct row_node node = tc.node;
	struct row_node_name name = { .is_ip = false };
	int ret = ERR_OK;

	(void)arg;
	for (int i = 0; i < 7 && ret == ERR_OK; i++) {
		(void)snprintf(node.name, sizeof(node.name), "n%d", i);
		(void)snprintf(name.text, sizeof(name.text), "n%d.test", i);
		node.joined_at = TC_NOW + 10 - i;	/* n6 joined first */
		node.port[PORT_TVS] = (uint16_t)(2000 + i);
		/* n6 has no name that fits. */
		if (i == 6)
			memset(name.text, 'x', RENDER_ADDRESS_MAX + 1);
		if ((ret = row_node_put(db, &node, e)) == ERR_OK)
			ret = row_node_names_put(db, node.name, &name, 1, e);
	}
	return ret;
}

START_TEST(servers)
{
	struct render_servers s;
	struct render_env env;
	struct err e = { 0 };

	tc_done(tx_nodes, NULL);
	ck_assert_int_eq(render_servers_load(&s, tc.db, &e), ERR_OK);
	ck_assert_uint_eq(s.n, RENDER_SERVERS_MAX);
	env = render_env_of(&s, DEV, NULL);
	ck_assert_uint_eq(env.nserver, RENDER_SERVERS_MAX);
	ck_assert_str_eq(env.device, DEV);
	/* The oldest node, by its address; then as they joined. */
	ck_assert_str_eq(env.server[0].address, "2001:db8::1");
	ck_assert_uint_eq(env.server[0].capf_port, 3804);
	ck_assert_str_eq(env.server[1].address, "n5.test");
	ck_assert_uint_eq(env.server[1].tvs_port, 2005);
	ck_assert_str_eq(env.server[4].address, "n2.test");
}
END_TEST

/* --- importing --- */

struct heard {
	int64_t	 lines[8];
	int	 n, steps;
	int64_t	 done, total;
};

static void
bad_line(void *arg, int64_t line, const char *why)
{
	struct heard *h = arg;

	ck_assert_str_ne(why, "");
	if (h->n < 8)
		h->lines[h->n] = line;
	h->n++;
}

static void
progress(void *arg, int64_t done, int64_t total)
{
	struct heard *h = arg;

	ck_assert_int_ge(done, h->done);
	h->done = done;
	h->total = total;
	h->steps++;
}

/* What the end of an import was told, and with which phones it was. */
struct ended {
	struct phone_import	all;
	int64_t			phones;
	int			calls;
	int			ret;		/* to return */
};

static struct ended ended;

static int
import_end(void *arg, struct db *db, const struct phone_import *all,
    struct err *e)
{
	(void)arg;
	ended.all = *all;
	ended.calls++;
	ck_assert_int_eq(row_phone_count(db, &ended.phones, e), ERR_OK);
	return ended.ret == ERR_OK ? ERR_OK :
	    err_set(e, ended.ret, "the end says no");
}

static struct phone_import_calls
calls_of(struct heard *h)
{
	return (struct phone_import_calls){ .bad = bad_line,
	    .progress = progress, .end = import_end, .arg = h };
}

static void
import(const char *csv, int64_t now, struct phone_import *res,
    struct heard *h)
{
	const struct phone_import_calls calls = calls_of(h);
	struct err e = { 0 };
	int64_t n;

	*h = (struct heard){ .n = 0 };
	ended = (struct ended){ .calls = 0 };
	ck_assert_msg(phone_import_csv(tc.db, (const uint8_t *)csv,
	    strlen(csv), now, res, &calls, &e) == ERR_OK, "%s", e.msg);
	/* The end was in the last transaction and knew all. */
	ck_assert_int_ge(ended.calls, 1);
	ck_assert_mem_eq(&ended.all, res, sizeof(*res));
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(ended.phones, n);
	ck_assert_int_eq(res->rows, res->added + res->changed + res->same +
	    res->failed);
	ck_assert_int_eq(h->n, res->failed);
	ck_assert_int_eq(h->done, h->total);
	ck_assert_int_eq(h->total, (int64_t)strlen(csv));
}

START_TEST(import_rows)
{
	struct phone_import res;
	struct row_phone p;
	struct heard h;

	ck_assert(added(DEV, "8861", "<device/>", 1, NULL));
	ck_assert(added("keeps", "8861", NULL, 1, NULL));
	import("name,model\n" DEV ",8851\nkeeps,\nnew,CP-8841\nb@d,1\n"
	    "new,8841\nplain,\n", 50, &res, &h);
	ck_assert_int_eq(res.rows, 6);
	ck_assert_int_eq(res.added, 2);
	ck_assert_int_eq(res.changed, 1);
	ck_assert_int_eq(res.same, 1);
	ck_assert_int_eq(res.failed, 2);
	ck_assert_int_eq(h.lines[0], 5);
	ck_assert_int_eq(h.lines[1], 6);
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_OK);
	ck_assert_str_eq(p.model, "8851");
	ck_assert_int_eq(p.created_at, 1);
	ck_assert_int_eq(p.changed_at, 50);
	ck_assert(p.has_file);		/* its file is not touched */
	ck_assert_int_eq(row_phone_get(tc.db, "keeps", &p, NULL), ERR_OK);
	ck_assert_str_eq(p.model, "8861");
	ck_assert_int_eq(p.changed_at, 1);
	/* The same again changes nothing. */
	import("name,model\n" DEV ",8851\nnew,8841\n", 60, &res, &h);
	ck_assert_int_eq(res.same, 2);
	ck_assert_int_eq(row_phone_get(tc.db, DEV, &p, NULL), ERR_OK);
	ck_assert_int_eq(p.changed_at, 50);
}
END_TEST

static char *
csv_of(int n)
{
	char *csv = malloc(64 + 24 * (size_t)n), *s = csv;

	ck_assert_ptr_nonnull(csv);
	s += sprintf(s, "model,name\n");
	for (int i = 0; i < n; i++)
		s += sprintf(s, "8861,SEP%012X\n", i);
	return csv;
}

static const struct {
	int	n, steps;
} batches[] = {
	{ 1, 1 }, { PHONE_IMPORT_BATCH, 1 }, { PHONE_IMPORT_BATCH + 1, 2 },
	{ PHONE_IMPORT_BATCH * 2, 2 }, { PHONE_IMPORT_BATCH * 2 + 1, 3 },
};

START_TEST(import_batches)
{
	char *csv = csv_of(batches[_i].n);
	struct phone_import res;
	struct heard h;

	(void)strcat(csv, "8861,b@d\n");
	import(csv, 1, &res, &h);
	ck_assert_int_eq(res.added, batches[_i].n);
	ck_assert_int_eq(res.failed, 1);
	ck_assert_int_eq(h.steps, batches[_i].steps);
	ck_assert_int_eq(ended.phones, batches[_i].n);
	free(csv);
}
END_TEST

/* Without its end the last transaction is not, those before are. */
START_TEST(import_end_fails)
{
	char *csv = csv_of(PHONE_IMPORT_BATCH + 5);
	struct heard h = { .n = 0 };
	const struct phone_import_calls calls = calls_of(&h);
	struct phone_import res;
	struct err e = { 0 };
	int64_t n;

	ended = (struct ended){ .ret = ERR_REFUSED };
	ck_assert_int_eq(phone_import_csv(tc.db, (const uint8_t *)csv,
	    strlen(csv), 1, &res, &calls, &e), ERR_REFUSED);
	ck_assert_int_eq(res.added, PHONE_IMPORT_BATCH);
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, PHONE_IMPORT_BATCH);
	/* Nothing to import: nothing to end. */
	h = (struct heard){ .n = 0 };
	ended = (struct ended){ .ret = ERR_REFUSED };
	ck_assert_int_eq(phone_import_csv(tc.db, (const uint8_t *)
	    "name,model\n", 11, 1, &res, &calls, &e), ERR_OK);
	ck_assert_int_eq(ended.calls, 0);
	free(csv);
}
END_TEST

START_TEST(import_refused)
{
	static const char csv[] = "name,pool\n" DEV ",x\n";
	struct phone_import res;
	struct heard h = { .n = 0 };
	const struct phone_import_calls calls = { .bad = bad_line, .arg = &h };
	struct err e = { 0 };
	int64_t n;

	ck_assert_int_eq(phone_import_csv(tc.db, (const uint8_t *)csv,
	    strlen(csv), 1, &res, &calls, &e), ERR_PROTO);
	ck_assert_ptr_nonnull(strstr(e.msg, "column 2, behind name, is "
	    "not known"));
	ck_assert_int_eq(h.n, 0);
	ck_assert_int_eq(res.rows, 0);
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone");
	TCase *pure = tcase_create("pure"), *t = tcase_create("rows");
	SRunner *r;
	int failed;

	tcase_add_loop_test(pure, model_names, 0, sizeof(models) /
	    sizeof(models[0]));
	suite_add_tcase(s, pure);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, add);
	tcase_add_test(t, add_refused);
	tcase_add_test(t, advice_of_nodes);
	tcase_add_test(t, removing);
	tcase_add_test(t, servers);
	tcase_add_test(t, import_rows);
	tcase_add_loop_test(t, import_batches, 0,
	    sizeof(batches) / sizeof(batches[0]));
	tcase_add_test(t, import_end_fails);
	tcase_add_test(t, import_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
