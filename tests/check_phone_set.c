/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing and copying phones, and importing with every column.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/trust_cluster.h"
#include "trust/phone_import.h"
#include "trust/sealed.h"

#define DEV	"SEP0011223344AA"
#define TWO	"SEP0011223344AB"

/* --- one write, run twice --- */

struct write {
	struct phone_spec	 spec;
	struct setting_change	 change[4];
	struct phone_secret	 secret[2];
	const char		*to;
	struct phone_result	 r;
	int64_t			 now;
};

static int
tx_put(struct db *db, void *arg, struct err *e)
{
	struct write *w = arg;

	return phone_put(db, &w->spec, w->now, &w->r, e);
}

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	struct write *w = arg;

	return phone_set(db, &w->spec, w->now, &w->r, e);
}

static int
tx_copy(struct db *db, void *arg, struct err *e)
{
	struct write *w = arg;

	return phone_copy(db, w->spec.name, w->to, w->secret,
	    w->spec.nsecret, tc.kr, w->now, &w->r, e);
}

static int
tx_profile(struct db *db, void *arg, struct err *e)
{
	struct profile_result r = { .advice = NULL };
	int ret = profile_add(db, arg, 1, &r, e);

	profile_result_clear(&r);
	return ret;
}

/* "a=b c=d" as changes; the text is cut up. */
static void
changes(struct write *w, char *text)
{
	char *word, *rest = text;
	size_t n = 0;

	while ((word = strsep(&rest, " ")) != NULL && word[0] != '\0') {
		char *eq = strchr(word, '=');

		ck_assert(eq != NULL && n < 4);
		*eq = '\0';
		w->change[n].setting = setting_find(word);
		ck_assert_ptr_nonnull(w->change[n].setting);
		w->change[n++].value = eq + 1;
	}
	w->spec.change = w->change;
	w->spec.nchange = n;
}

static void
set_settings(const char *name, const char *settings, int64_t now,
    bool changed)
{
	struct write w = { .spec = { .name = name }, .now = now };
	char text[256];

	(void)str_copy(text, sizeof(text), settings);
	changes(&w, text);
	tc_done(tx_put, &w);
	ck_assert_int_eq(w.r.changed, changed);
	phone_result_clear(&w.r);
}

static struct row_phone
get(const char *name)
{
	struct row_phone p;
	struct err e = { 0 };

	ck_assert_msg(row_phone_get(tc.db, name, &p, &e) == ERR_OK, "%s",
	    e.msg);
	return p;
}

static const char *
value(const char *name, enum setting_id id)
{
	static char text[SETTING_VALUE_MAX + 1];
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_msg(phone_effective_load(&x, tc.db, NULL, name, &e) ==
	    ERR_OK, "%s", e.msg);
	(void)str_copy(text, sizeof(text), x.value[id]);
	phone_effective_clear(&x);
	return text;
}

/* --- rows and settings --- */

START_TEST(put_and_set)
{
	struct write w = { .now = 5, .spec = { .name = DEV, .model = "7960",
	    .protocol = "sccp", .description = "desk 1",
	    .origin = ORIGIN_IMPORT } };
	struct row_phone p;

	tc_refused(tx_set, &w, ERR_NOTFOUND, "phone list");
	tc_done(tx_put, &w);
	ck_assert(w.r.added && w.r.changed);
	ck_assert_str_eq(w.r.name, DEV);
	p = get(DEV);
	ck_assert_str_eq(p.model, "7960");
	ck_assert_int_eq(p.protocol, PROTOCOL_SCCP);
	ck_assert_int_eq(p.origin, ORIGIN_IMPORT);
	ck_assert_str_eq(p.description, "desk 1");
	/* The same again, later, in another way: nothing. */
	w.now = 6;
	w.spec.name = "sep0011223344aa";
	w.spec.origin = ORIGIN_COMMAND;
	tc_done(tx_set, &w);
	ck_assert(!w.r.changed && !w.r.added);
	ck_assert_int_eq(get(DEV).changed_at, 5);
	w.spec = (struct phone_spec){ .name = DEV, .description = "" };
	tc_done(tx_set, &w);
	ck_assert(w.r.changed);
	p = get(DEV);
	ck_assert_str_eq(p.description, "");
	ck_assert_str_eq(p.model, "7960");
	ck_assert_int_eq(p.origin, ORIGIN_IMPORT);
	ck_assert_int_eq(p.created_at, 5);
	ck_assert_int_eq(p.changed_at, 6);
}
END_TEST

START_TEST(settings)
{
	set_settings(DEV, "web-access=full pc-port=no", 1, true);
	set_settings(DEV, "web-access=full pc-port=no", 2, false);
	ck_assert_int_eq(get(DEV).changed_at, 1);
	ck_assert_str_eq(value(DEV, SETTING_PC_PORT), "disabled");
	/* The row is told of it when only a setting changed. */
	set_settings(DEV, "web-access=default", 3, true);
	ck_assert_int_eq(get(DEV).changed_at, 3);
	ck_assert_str_eq(value(DEV, SETTING_WEB_ACCESS), "");
	ck_assert_str_eq(value(DEV, SETTING_PC_PORT), "disabled");
}
END_TEST

/* A certificate operation has a time from the first, and none without it. */
START_TEST(operation_time)
{
	struct write w = { .now = 0, .spec = { .name = DEV,
	    .model = "8861" } };

	tc_done(tx_put, &w);
	phone_result_clear(&w.r);
	set_settings(DEV, "certificate-operation=install-upgrade", 0, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY),
	    "1970-01-11T00:00:00Z");		/* ten days */
	set_settings(DEV, "certificate-operation=install-upgrade", 9, false);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY),
	    "1970-01-11T00:00:00Z");
	set_settings(DEV, "certificate-operation=delete", 86400, true);
	set_settings(DEV, "certificate-operation=default", 86401, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY), "");
	set_settings(DEV, "certificate-operation=delete "
	    "operation-completes-by=2026-11-30T18", 86402, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY),
	    "2026-11-30T18:00:00Z");
	set_settings(DEV, "web-access=full", 86403, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY),
	    "2026-11-30T18:00:00Z");
	set_settings(DEV, "certificate-operation=no-pending-operation", 86404,
	    true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY), "");
	/* None at all is a choice too. */
	set_settings(DEV, "certificate-operation=delete "
	    "operation-completes-by=default", 86404, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY), "");
	set_settings(DEV, "operation-completes-by=2026-11-30T18", 86405, true);
	ck_assert_str_eq(value(DEV, SETTING_OPERATION_BY),
	    "2026-11-30T18:00:00Z");
}
END_TEST

static const struct {
	struct phone_spec	 spec;
	const char		*settings;
	int			 code;
	const char		*why;
} refused[] = {
	{ { .name = "1x" }, "", ERR_ARG, "is not a phone name" },
	{ { .name = DEV, .model = "88 61" }, "", ERR_ARG, "is not a model" },
	{ { .name = DEV, .protocol = "H323" }, "", ERR_ARG, "SIP or SCCP" },
	{ { .name = DEV, .profile = "none" }, "", ERR_NOTFOUND,
	    "phone profile list" },
	{ { .name = DEV, .protocol = "SCCP", .profile = "enc" }, "",
	    ERR_REFUSED, "is for SIP" },
	{ { .name = DEV, .description = "a\"b" }, "", ERR_ARG,
	    "Description" },
	{ { .name = DEV }, "web-access=yes", ERR_ARG, "Web Access" },
	{ { .name = DEV }, "device-security-mode=encrypted", ERR_REFUSED,
	    "phone profile set" },
	{ { .name = DEV, .model = "7960", .protocol = "SCCP" },
	    "directory-number=1", ERR_REFUSED, "not applicable to 7960/SCCP" },
	{ { .name = DEV, .model = "7905", .profile = "enc" }, "",
	    ERR_REFUSED, "7905/SIP" },
	{ { .name = DEV, .model = "8861", .profile = "enc" },
	    "secure-when-ready=no", ERR_REFUSED, "utils capf install " DEV },
	{ { .name = DEV }, "digest-user=nobody", ERR_REFUSED,
	    "no end user" },
};

/* Encrypted, for phones with a certificate and those that wait for one. */
static void
add_enc(void)
{
	const struct setting_change mode[] = {
		{ setting_get(SETTING_SECURITY_MODE), "encrypted" },
		{ setting_get(SETTING_WHEN_READY), "yes" },
	};
	struct profile_spec enc = { .name = "enc", .protocol = -1,
	    .change = mode, .nchange = 2 };

	tc_done(tx_profile, &enc);
}

START_TEST(what_is_refused)
{
	struct write w = { .spec = refused[_i].spec, .now = 1 };
	char text[80];
	int64_t n;

	add_enc();
	(void)str_copy(text, sizeof(text), refused[_i].settings);
	changes(&w, text);
	tc_refused(tx_put, &w, refused[_i].code, refused[_i].why);
	ck_assert(!w.r.changed && !w.r.added && w.r.advice == NULL);
	ck_assert_int_eq(row_phone_count(tc.db, &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 0);
}
END_TEST

/* Phones and files are asked for in any case. */
START_TEST(one_case)
{
	struct write w = { .spec = { .name = "CSFann" }, .now = 1 };

	tc_done(tx_put, &w);
	ck_assert(w.r.added);
	w.spec.name = "csfANN";
	tc_refused(tx_put, &w, ERR_EXISTS, "csfANN: there is a phone CSFann");
	w.spec.name = "CSFann";
	tc_done(tx_put, &w);
	ck_assert(!w.r.added);
	w.spec.name = "CSFanna";
	tc_done(tx_put, &w);
	ck_assert(w.r.added);
}
END_TEST

/* Model and protocol take what is there along, or are refused. */
START_TEST(moving)
{
	struct write w = { .now = 1, .spec = { .name = DEV, .model = "8861",
	    .profile = "enc" } };

	add_enc();
	tc_done(tx_put, &w);
	ck_assert_str_eq(get(DEV).profile, "enc");
	w.spec = (struct phone_spec){ .name = DEV, .protocol = "SCCP" };
	tc_refused(tx_set, &w, ERR_REFUSED, "is for SIP");
	w.spec = (struct phone_spec){ .name = DEV, .model = "7905" };
	tc_refused(tx_set, &w, ERR_REFUSED, "not applicable");
	w.spec = (struct phone_spec){ .name = DEV, .profile = "default" };
	tc_done(tx_set, &w);
	ck_assert_str_eq(get(DEV).profile, "");
	set_settings(DEV, "directory-number=100", 2, true);
	w.spec = (struct phone_spec){ .name = DEV, .model = "7960",
	    .protocol = "SCCP" };
	tc_refused(tx_set, &w, ERR_REFUSED, "--directory-number default");
	set_settings(DEV, "directory-number=default", 3, true);
	tc_done(tx_set, &w);
	ck_assert_int_eq(get(DEV).protocol, PROTOCOL_SCCP);
}
END_TEST

START_TEST(own_file)
{
	static const char xml[] = "<device><a/></device>";
	struct write w = { .now = 1, .spec = { .name = DEV,
	    .xml = (const uint8_t *)xml, .xmllen = sizeof(xml) - 1,
	    .origin = ORIGIN_IMPORT } };
	char set[] = "web-access=full display-name=Ann directory-number=1";
	struct row_phone_file f;

	tc_done(tx_put, &w);
	phone_result_clear(&w.r);
	ck_assert(get(DEV).has_file);
	ck_assert_int_eq(row_phone_file_get(tc.db, DEV, &f, NULL), ERR_OK);
	ck_assert_str_eq(f.origin, "import");
	row_phone_file_clear(&f);
	w.now = 2;
	tc_done(tx_set, &w);
	ck_assert(!w.r.changed);
	phone_result_clear(&w.r);
	/* What is set and does not get into such a file is said. */
	w.spec = (struct phone_spec){ .name = DEV };
	changes(&w, set);
	tc_done(tx_set, &w);
	ck_assert_ptr_nonnull(w.r.advice);
	ck_assert_ptr_nonnull(strstr(w.r.advice, "stays as it was given: "
	    "Directory Number, Display"));
	ck_assert_ptr_null(strstr(w.r.advice, "Web Access"));
	phone_result_clear(&w.r);
	w.spec = (struct phone_spec){ .name = DEV, .no_xml = true };
	tc_done(tx_set, &w);
	ck_assert_ptr_null(w.r.advice);
	ck_assert(w.r.changed && !get(DEV).has_file);
	tc_done(tx_set, &w);
	ck_assert(!w.r.changed);
}
END_TEST

/* --- secrets --- */

static uint8_t *
seal_for(struct phone_secret *s, const char *phone, enum setting_id id,
    const char *text)
{
	uint8_t *sealed = NULL;
	struct err e = { 0 };

	*s = (struct phone_secret){ .setting = setting_get(id),
	    .text = text };
	ck_assert_msg(sealed_phone(tc.kr, &tc.rng, phone, s->setting->option,
	    text, &sealed, &s->len, &e) == ERR_OK, "%s", e.msg);
	s->sealed = sealed;
	return sealed;
}

static bool
opens(const char *phone, const char *text)
{
	const char *option = setting_get(SETTING_SSH_PASSWORD)->option;
	struct secret *got = NULL;
	uint8_t *sealed = NULL;
	size_t len;
	bool same;

	if (row_secret_get(tc.db, phone, option, &sealed, &len, NULL) !=
	    ERR_OK)
		return false;
	ck_assert_int_eq(sealed_phone_open(tc.kr, phone, option, sealed, len,
	    &got, NULL), ERR_OK);
	same = strcmp((char *)got->buf, text) == 0;
	secret_free(got);
	free(sealed);
	return same;
}

START_TEST(secrets)
{
	struct write w = { .now = 1, .spec = { .name = DEV, .model = "8861",
	    .nsecret = 1, .kr = tc.kr } };
	uint8_t *one, *two;

	w.spec.secret = w.secret;
	one = seal_for(&w.secret[0], DEV, SETTING_SSH_PASSWORD, "s3cret");
	tc_done(tx_put, &w);
	ck_assert(opens(DEV, "s3cret"));
	/* Sealed again it is other bytes, and still the same. */
	two = seal_for(&w.secret[0], DEV, SETTING_SSH_PASSWORD, "s3cret");
	w.now = 2;
	tc_done(tx_set, &w);
	ck_assert(!w.r.changed);
	free(two);
	two = seal_for(&w.secret[0], DEV, SETTING_SSH_PASSWORD, "other");
	tc_done(tx_set, &w);
	ck_assert(w.r.changed && opens(DEV, "other"));
	ck_assert_int_eq(get(DEV).changed_at, 2);
	w.secret[0].text = NULL;
	tc_done(tx_set, &w);
	ck_assert(w.r.changed && !opens(DEV, "other"));
	tc_done(tx_set, &w);
	ck_assert(!w.r.changed);
	/* What is wrong with it is said without it. */
	w.secret[0].text = "with blank";
	tc_refused(tx_set, &w, ERR_ARG, "this value is not taken");
	w.secret[0].text = "x";
	w.spec.model = "7960";
	tc_refused(tx_set, &w, ERR_REFUSED, "not applicable to 7960");
	free(one);
	free(two);
}
END_TEST

START_TEST(copying)
{
	static const char xml[] = "<device/>";
	struct write w = { .now = 1, .to = TWO, .spec = { .name = DEV,
	    .model = "8861", .profile = "enc", .description = "desk",
	    .xml = (const uint8_t *)xml, .xmllen = sizeof(xml) - 1,
	    .nsecret = 1, .kr = tc.kr } };
	uint8_t *a, *b;
	char text[] = "pc-port=no";

	add_enc();
	changes(&w, text);
	w.spec.secret = w.secret;
	a = seal_for(&w.secret[0], DEV, SETTING_SSH_PASSWORD, "s3cret");
	tc_done(tx_put, &w);
	phone_result_clear(&w.r);
	w.spec.nsecret = 0;
	tc_done(tx_copy, &w);
	ck_assert(w.r.added);
	phone_result_clear(&w.r);
	ck_assert_str_eq(get(TWO).profile, "enc");
	ck_assert_str_eq(get(TWO).description, "");
	ck_assert(get(TWO).has_file && !opens(TWO, "s3cret"));
	ck_assert_str_eq(value(TWO, SETTING_PC_PORT), "disabled");
	tc_done(tx_copy, &w);
	ck_assert(!w.r.changed);
	phone_result_clear(&w.r);
	b = seal_for(&w.secret[0], TWO, SETTING_SSH_PASSWORD, "s3cret");
	w.spec.nsecret = 1;
	tc_refused(tx_copy, &w, ERR_EXISTS, "Secure Shell Password");
	free(b);
	w.to = "third";
	b = seal_for(&w.secret[0], "third", SETTING_SSH_PASSWORD, "s3cret");
	tc_done(tx_copy, &w);
	ck_assert(opens("third", "s3cret"));
	phone_result_clear(&w.r);
	set_settings(TWO, "pc-port=yes", 3, true);
	w.to = TWO;
	w.spec.nsecret = 0;
	tc_refused(tx_copy, &w, ERR_EXISTS, "PC Port");
	w.spec.name = "nobody";
	tc_refused(tx_copy, &w, ERR_NOTFOUND, "phone list");
	free(a);
	free(b);
}
END_TEST

/* --- importing --- */

static struct phone_advice advised;	/* by the last import */

struct heard {
	int	 n;
	int64_t	 line[16];
	char	 why[16][ERR_MSG_MAX];
};

static void
bad_line(void *arg, int64_t line, const char *why)
{
	struct heard *h = arg;

	ck_assert_int_lt(h->n, 16);
	h->line[h->n] = line;
	(void)str_copy(h->why[h->n++], ERR_MSG_MAX, why);
}

static int
read_xml(void *arg, const char *name, uint8_t **xml, size_t *len,
    struct err *e)
{
	(void)arg;
	if (strcmp(name, "good.xml") != 0)
		return err_set(e, ERR_NOTFOUND, "%s: not there", name);
	*len = strlen("<device/>");
	*xml = (uint8_t *)strdup("<device/>");
	return ERR_OK;
}

static struct phone_import
import(const char *csv, struct heard *h, bool all)
{
	const struct phone_import_calls calls = { .bad = bad_line, .arg = h,
	    .read = all ? read_xml : NULL, .kr = all ? tc.kr : NULL,
	    .rng = &tc.rng, .advice = &advised };
	struct phone_import res;
	struct err e = { 0 };

	*h = (struct heard){ .n = 0 };
	phone_advice_clear(&advised);
	ck_assert_msg(phone_import_csv(tc.db, (const uint8_t *)csv,
	    strlen(csv), 7, &res, &calls, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(res.failed, h->n);
	return res;
}

/* Of rows that are in and changed something; of bad ones nothing. */
START_TEST(import_advises)
{
	static const char csv[] = "name,model,profile,web-access\n"
	    "a,7960,enc,\n" "b,8861,enc,\n" "c,7940,enc,\n"
	    "d,7960,enc,maybe\n" "e,7960,enc,full\n";
	struct heard h;

	add_enc();
	ck_assert_int_eq(import(csv, &h, true).added, 4);
	ck_assert_uint_eq(advised.n, 2);
	ck_assert_str_eq(advised.row[0].text, "7960/SIP encrypts its "
	    "signalling only, not its calls");
	ck_assert_int_eq(advised.row[0].line, 2);
	ck_assert_int_eq(advised.row[0].n, 2);
	ck_assert_int_eq(advised.row[1].line, 4);
	ck_assert_int_eq(advised.row[1].n, 1);
	ck_assert_int_eq(import(csv, &h, true).same, 4);
	ck_assert_uint_eq(advised.n, 0);
	phone_advice_clear(&advised);
}
END_TEST

START_TEST(import_columns)
{
	static const char csv[] =
	    "name,model,protocol,profile,description,config,web-access,"
	    "services-url,ssh-password\n"
	    DEV ",8861,SIP,enc,desk 1,good.xml,full,(none),s3cret\n"
	    TWO ",7960,SCCP,,,,,,\n"
	    "a,8861,SIP,nosuch,,,,,\n"			/* 4 */
	    "b,8861,SIP,,,bad.xml,,,\n"			/* 5 */
	    "c,7905,SIP,enc,,,,,\n"			/* 6 */
	    "d,8861,SIP,,,,maybe,,\n"			/* 7 */
	    "e,8861,SIP,,,,,,b ad\n"			/* 8 */
	    "f,8861,SIP,,,,,ftp://x/,\n";		/* 9 */
	struct phone_import res;
	struct heard h;

	add_enc();
	res = import(csv, &h, true);
	ck_assert_int_eq(res.added, 2);
	ck_assert_int_eq(res.rows, 8);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(h.line[i], 4 + i);
	/* The file has secrets: cells stay unseen. */
	ck_assert_ptr_nonnull(strstr(h.why[0], "\"(profile)\""));
	ck_assert_ptr_nonnull(strstr(h.why[1], "not there"));
	ck_assert_ptr_nonnull(strstr(h.why[2], "7905/SIP"));
	ck_assert_ptr_nonnull(strstr(h.why[3], "Web Access: "
	    "\"(web-access)\""));
	ck_assert_ptr_null(strstr(h.why[4], "b ad"));
	ck_assert_str_eq(get(DEV).profile, "enc");
	ck_assert_int_eq(get(DEV).origin, ORIGIN_IMPORT);
	ck_assert(get(DEV).has_file && opens(DEV, "s3cret"));
	ck_assert_str_eq(value(DEV, SETTING_WEB_ACCESS), "full");
	/* Again: all as it was. */
	res = import(csv, &h, true);
	ck_assert_int_eq(res.same, 2);
	ck_assert_int_eq(res.changed + res.added, 0);
	/* What is said takes things away. */
	res = import("name,config,web-access,description,ssh-password\n"
	    DEV ",(none),default,(none),default\n", &h, true);
	ck_assert_int_eq(res.changed, 1);
	ck_assert(!get(DEV).has_file && !opens(DEV, "s3cret"));
	ck_assert_str_eq(get(DEV).description, "");
	ck_assert_str_eq(value(DEV, SETTING_WEB_ACCESS), "");
}
END_TEST

/* Without key and files only the rows that need them fail. */
START_TEST(import_without)
{
	struct phone_import res;
	struct heard h;

	res = import("name,config,ssh-password\na,,\nb,good.xml,\nc,,x\n", &h,
	    false);
	ck_assert_int_eq(res.added, 1);
	ck_assert_int_eq(h.line[0], 3);
	ck_assert_int_eq(h.line[1], 4);
	ck_assert_ptr_nonnull(strstr(h.why[1], "secrets are not taken"));
}
END_TEST

/* A row that fails half way leaves nothing of itself. */
START_TEST(import_row_whole)
{
	struct phone_import res;
	struct row_phone p;
	struct heard h;

	res = import("name,description,pc-port,digest-user\n"
	    "a,one,no,\nb,two,no,nobody\n", &h, true);
	ck_assert_int_eq(res.added, 1);
	ck_assert_int_eq(h.line[0], 3);
	ck_assert_int_eq(row_phone_get(tc.db, "b", &p, NULL), ERR_NOTFOUND);
	res = import("name,description,digest-user\na,other,nobody\n", &h,
	    true);
	ck_assert_int_eq(res.failed, 1);
	ck_assert_str_eq(get("a").description, "one");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_set");
	TCase *t = tcase_create("set");
	SRunner *r;
	int failed;

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, put_and_set);
	tcase_add_test(t, settings);
	tcase_add_test(t, operation_time);
	tcase_add_loop_test(t, what_is_refused, 0, COUNT(refused));
	tcase_add_test(t, moving);
	tcase_add_test(t, one_case);
	tcase_add_test(t, own_file);
	tcase_add_test(t, secrets);
	tcase_add_test(t, copying);
	tcase_add_test(t, import_advises);
	tcase_add_test(t, import_columns);
	tcase_add_test(t, import_without);
	tcase_add_test(t, import_row_whole);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
