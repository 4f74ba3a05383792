/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SRST references: values, who uses them, candidate and accepted
 * certificate, conditions; and what of them a phone's file depends on.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "trust/cert_row.h"
#include "trust/cluster_mode.h"
#include "trust/phone_file.h"
#include "trust/srst.h"

#define PHONE1	"SEP000000000001"
#define PHONE2	"SEP000000000002"
#define PHONE3	"SEP000000000003"

static struct db *db;
static struct cert *cert, *next;
static uint8_t cert_sha[SHA256_LEN], next_sha[SHA256_LEN];

static void
setup(void)
{
	const struct lab_spec one = { .cn = "gateway", .from_days = -10,
	    .to_days = 10 };
	const struct lab_spec two = { .cn = "gateway", .from_days = 5,
	    .to_days = 400 };

	db = fix_create(fix_folder());
	cert = lab_issue(&one, lab_key(0), NULL, NULL);
	next = lab_issue(&two, lab_key(1), NULL, NULL);
	cert_sha256(cert, cert_sha);
	cert_sha256(next, next_sha);
}

static void
teardown(void)
{
	cert_free(cert);
	cert_free(next);
	lab_end();
	db_close(db);
	fix_remove();
}

/* --- one write --- */

struct write {
	struct srst_spec	 spec;
	struct srst_result	 r;
	const char		*name, *setting_of, *value;
	const struct cert	*cert;
	enum srst_shown		 shown;
	uint8_t			 sha256[SHA256_LEN];
	int64_t			 now;
};

static int
add_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return srst_add(d, &w->spec, w->now, &w->r, e);
}

static int
set_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return srst_set(d, &w->spec, w->now, &w->r, e);
}

static int
remove_tx(struct db *d, void *arg, struct err *e)
{
	return srst_remove(d, ((struct write *)arg)->name, e);
}

static int
take_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return srst_take(d, w->name, w->cert, &w->shown, e);
}

static int
accept_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;

	return srst_accept(d, w->name, w->sha256, w->now, e);
}

static int
profile_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;
	struct setting_change c = {
	    setting_get(SETTING_SRST_REFERENCE), w->value };
	struct profile_spec s = { .name = w->setting_of, .protocol = -1,
	    .change = &c, .nchange = 1 };
	struct profile_result r = { .changed = false };
	int ret = profile_add(d, &s, 1, &r, e);

	profile_result_clear(&r);
	return ret;
}

static int
phone_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;
	struct setting_change c = {
	    setting_get(SETTING_SRST_REFERENCE), w->value };
	char *advice = NULL;
	bool changed;
	int ret = phone_settings_set(d, NULL, w->setting_of, &c, 1, 0, 1,
	    &changed, &advice, e);

	free(advice);
	return ret;
}

static int
use_tx(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;
	struct row_phone p;
	int ret;

	if ((ret = row_phone_get(d, w->setting_of, &p, e)) != ERR_OK)
		return ret;
	(void)str_copy(p.profile, sizeof(p.profile), w->value);
	return row_phone_put(d, &p, e);
}

static int
run(db_fn *fn, struct write *w, struct err *e)
{
	*e = (struct err){ .code = ERR_OK };
	return db_result_err(db_tx(db, fn, w, e), e);
}

static void
done(db_fn *fn, struct write *w)
{
	struct err e;

	ck_assert_msg(run(fn, w, &e) == ERR_OK, "%s", e.msg);
}

static void
not_done(db_fn *fn, struct write *w, int code, const char *text)
{
	struct err e;

	ck_assert_int_eq(run(fn, w, &e), code);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
}

static struct row_srst
get(const char *name)
{
	struct row_srst r;

	ck_assert_int_eq(row_srst_get(db, name, &r, NULL), ERR_OK);
	return r;
}

#define SPEC(...)	{ .now = 100, .spec = { .secure = -1, __VA_ARGS__ } }

static void
add_branch(void)
{
	struct write w = SPEC(.name = "branch", .address = "192.0.2.9");

	w.spec.secure = 1;
	done(add_tx, &w);
	ck_assert(w.r.changed);
}

static bool
has_cert(const uint8_t sha[SHA256_LEN])
{
	struct cert *c = cert_row_get(db, sha, NULL);

	cert_free(c);
	return c != NULL;
}

/* --- values --- */

START_TEST(names)
{
	static const char *const bad[] = { "", "a b", "a/b", "default", "-a",
	    "a\n", "z\xc3\xab" };
	char out[SRST_NAME_MAX + 1], longest[SRST_NAME_MAX + 2];
	struct err e = { 0 };

	memset(longest, 'a', sizeof(longest));
	longest[SRST_NAME_MAX + 1] = '\0';
	ck_assert_int_eq(srst_name(longest, out, &e), ERR_ARG);
	longest[SRST_NAME_MAX] = '\0';
	ck_assert_int_eq(srst_name(longest, out, &e), ERR_OK);
	ck_assert_str_eq(out, longest);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(srst_name(bad[i], out, &e) == ERR_ARG, "%s",
		    bad[i]);
}
END_TEST

START_TEST(add_and_set)
{
	struct write w = SPEC(.name = "branch", .address = "192.0.2.9");
	struct row_srst r;

	done(add_tx, &w);
	ck_assert(w.r.changed);
	r = get("branch");
	ck_assert(r.port == 2000 && r.sip_port == 5060 &&
	    r.cert_port == 2445 && !r.secure && r.changed_at == 100);
	ck_assert_str_eq(r.sip_address, "");
	w.now = 200;
	done(add_tx, &w);
	ck_assert(!w.r.changed);
	w.spec.port = 2001;
	not_done(add_tx, &w, ERR_EXISTS, "srst set");
	/* Only what is given. */
	done(set_tx, &w);
	ck_assert(w.r.changed && !w.r.moved);
	w.spec = (struct srst_spec){ .name = "branch", .secure = 1,
	    .sip_address = "gw.example.org", .sip_port = 5062,
	    .cert_port = 2446 };
	done(set_tx, &w);
	r = get("branch");
	ck_assert(r.port == 2001 && r.sip_port == 5062 &&
	    r.cert_port == 2446 && r.secure && r.changed_at == 200);
	ck_assert_str_eq(r.address, "192.0.2.9");
	ck_assert_str_eq(r.sip_address, "gw.example.org");
	done(set_tx, &w);
	ck_assert(!w.r.changed);
	w.spec.name = "nosuch";
	not_done(set_tx, &w, ERR_NOTFOUND, "srst list");
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char	*address;
		bool		 good;
	} list[] = {
		{ "192.0.2.9", true }, { "2001:db8::9", true },
		{ "gw.example.org", true }, { "", false }, { "a b", false },
		{ "[2001:db8::9]", false }, { "2001:db8::x", false },
		{ "-a", false }, { ".a", false }, { "a/b", false },
		{ "a@b", false }, { "a<b", false },
		{ "01234567890123456789012345678901234567890123456789",
		    true },
		{ "012345678901234567890123456789012345678901234567890",
		    false },
	};
	struct write w = SPEC(.name = "x");

	not_done(add_tx, &w, ERR_REFUSED, "--address");
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct write a = SPEC(.name = "x",
		    .address = list[i].address);
		struct write s = SPEC(.name = "x", .address = "h",
		    .sip_address = list[i].address);

		if (list[i].good)
			done(add_tx, &a);
		else
			not_done(add_tx, &a, ERR_ARG, "not an address");
		if (list[i].good) {
			w.name = "x";
			done(remove_tx, &w);
		} else if (list[i].address[0] != '\0')
			not_done(add_tx, &s, ERR_ARG, "not an address");
	}
}
END_TEST

/* --- users --- */

START_TEST(used)
{
	struct write w = { .name = "branch", .value = "branch" };
	int64_t n;

	add_branch();
	fix_phone(db, PHONE1);
	fix_phone(db, PHONE2);
	fix_phone(db, PHONE3);
	w.setting_of = PHONE1;
	w.value = "nosuch";
	not_done(phone_tx, &w, ERR_REFUSED, "SRST Reference nosuch is not");
	w.setting_of = "p";
	not_done(profile_tx, &w, ERR_REFUSED, "SRST Reference nosuch is not");
	w.value = "branch";
	done(profile_tx, &w);
	/* The profile's, one without, its own. */
	w.setting_of = PHONE2;
	w.value = "p";
	done(use_tx, &w);
	w.setting_of = PHONE3;
	done(use_tx, &w);
	w.value = "";
	done(phone_tx, &w);
	w.setting_of = PHONE1;
	w.value = "branch";
	done(phone_tx, &w);
	ck_assert_int_eq(srst_phone_count(db, "branch", &n, NULL), ERR_OK);
	ck_assert_int_eq(n, 2);
	not_done(remove_tx, &w, ERR_REFUSED, "2 phones (" PHONE1 ", " PHONE2
	    ")");
	w.value = "default";
	done(phone_tx, &w);
	w.setting_of = PHONE2;
	w.value = "";
	done(use_tx, &w);
	not_done(remove_tx, &w, ERR_REFUSED, "1 profile (p)");
	ck_assert_int_eq(srst_removable(db, "branch", NULL), ERR_REFUSED);
	ck_assert_int_eq(srst_removable(db, "other", NULL), ERR_NOTFOUND);
}
END_TEST

/* --- certificates --- */

static enum srst_shown
take(const struct cert *c)
{
	struct write w = { .name = "branch", .cert = c };

	done(take_tx, &w);
	return w.shown;
}

static struct write
accept_of(const uint8_t sha[SHA256_LEN])
{
	struct write w = { .name = "branch", .now = LAB_NOW };

	memcpy(w.sha256, sha, SHA256_LEN);
	return w;
}

START_TEST(candidate_then_accepted)
{
	struct write w = accept_of(cert_sha);
	struct row_srst r;

	add_branch();
	not_done(accept_tx, &w, ERR_NOTFOUND, "srst fetch");
	ck_assert_int_eq(take(cert), SRST_NEW);
	ck_assert_int_eq(take(cert), SRST_CANDIDATE);
	r = get("branch");
	ck_assert(r.has_candidate && !r.has_accepted);
	/* Phones' files are the same, so their time is. */
	ck_assert_int_eq(r.changed_at, 100);
	w = accept_of(next_sha);
	not_done(accept_tx, &w, ERR_VERIFY, "nothing is accepted");
	w = accept_of(cert_sha);
	done(accept_tx, &w);
	r = get("branch");
	ck_assert(!r.has_candidate && r.has_accepted);
	ck_assert_int_eq(r.changed_at, LAB_NOW);
	ck_assert_mem_eq(r.accepted, cert_sha, SHA256_LEN);
	ck_assert_int_eq(take(cert), SRST_ACCEPTED);
	/* Its successor: the old one stays until that is accepted. */
	ck_assert_int_eq(take(next), SRST_NEW);
	r = get("branch");
	ck_assert_mem_eq(r.accepted, cert_sha, SHA256_LEN);
	ck_assert_mem_eq(r.candidate, next_sha, SHA256_LEN);
	/* The gateway went back: no candidate any more. */
	ck_assert_int_eq(take(cert), SRST_ACCEPTED);
	ck_assert(!get("branch").has_candidate && !has_cert(next_sha));
	ck_assert_int_eq(take(next), SRST_NEW);
	w = accept_of(next_sha);
	done(accept_tx, &w);
	ck_assert(has_cert(next_sha) && !has_cert(cert_sha));
	w.name = "branch";
	done(remove_tx, &w);
	ck_assert(!has_cert(next_sha));
	not_done(take_tx, &w, ERR_NOTFOUND, "srst list");
}
END_TEST

START_TEST(ended_is_refused)
{
	struct write w = accept_of(cert_sha);

	add_branch();
	(void)take(cert);
	w.now = LAB_NOW + 11 * LAB_DAY;
	not_done(accept_tx, &w, ERR_REFUSED, "has ended");
	/* Not begun yet is how a change is prepared. */
	(void)take(next);
	w = accept_of(next_sha);
	done(accept_tx, &w);
}
END_TEST

START_TEST(moved)
{
	struct write w = SPEC(.name = "branch", .address = "192.0.2.10");
	struct write a = accept_of(cert_sha);

	add_branch();
	(void)take(cert);
	done(accept_tx, &a);
	done(set_tx, &w);
	ck_assert(w.r.moved && get("branch").has_accepted);
	w.spec = (struct srst_spec){ .name = "branch", .secure = 0 };
	done(set_tx, &w);
	ck_assert(w.r.changed && !w.r.moved);
}
END_TEST

/* --- conditions --- */

START_TEST(conditions)
{
	struct phone_effective x = { .has_certificate = true };
	struct row_srst r = { .secure = true };
	int64_t now = LAB_NOW;

	x.value[SETTING_SECURITY_MODE] = "encrypted";
	ck_assert_uint_eq(srst_missing(&r, cert, true, &x, now), 0);
	x.value[SETTING_SECURITY_MODE] = "authenticated";
	ck_assert_uint_eq(srst_missing(&r, cert, true, &x, now), 0);
	ck_assert_uint_eq(srst_missing(&r, cert, false, &x, now),
	    SRST_MISS_MIXED);
	x.has_certificate = false;
	ck_assert_uint_eq(srst_missing(&r, cert, true, &x, now),
	    SRST_MISS_PHONE_CERT);
	x.value[SETTING_SECURITY_MODE] = "non-secure";
	ck_assert_uint_eq(srst_missing(&r, cert, true, &x, now),
	    SRST_MISS_MODE);
	ck_assert_uint_eq(srst_missing(&r, NULL, true, NULL, now),
	    SRST_MISS_CERT);
	r.secure = false;
	ck_assert_uint_eq(srst_missing(&r, next, true, NULL, now),
	    SRST_MISS_MARK | SRST_MISS_DATES);
	ck_assert_uint_eq(srst_missing(&r, cert, true, NULL,
	    cert_not_after(cert)), SRST_MISS_MARK);
	ck_assert_uint_eq(srst_missing(&r, cert, true, NULL,
	    cert_not_after(cert) + 1), SRST_MISS_MARK | SRST_MISS_DATES);
	for (unsigned i = 0; i < SRST_NMISSING; i++)
		for (unsigned k = 0; k < i; k++) {
			ck_assert_str_ne(srst_missing_word(1u << i),
			    srst_missing_word(1u << k));
			ck_assert_str_ne(srst_missing_text(1u << i),
			    srst_missing_text(1u << k));
		}
}
END_TEST

static int
ctl_tx(struct db *d, void *arg, struct err *e)
{
	const struct row_list l = { .kind = "ctl", .made_at = 1,
	    .bytes = arg, .len = 3 };

	return row_list_put_current(d, &l, e);
}

START_TEST(mode_of_the_cluster)
{
	bool mixed = true;

	ck_assert_int_eq(cluster_mixed(db, &mixed, NULL), ERR_OK);
	ck_assert(!mixed);
	fix_tx(db, ctl_tx, (void *)(uintptr_t)"ctl");
	ck_assert_int_eq(cluster_mixed(db, &mixed, NULL), ERR_OK);
	ck_assert(mixed);
}
END_TEST

/* --- a phone's file --- */

static struct phone_file
load(const struct phone_file_base *b, uint8_t key[32])
{
	struct phone_file f;
	struct err e = { 0 };

	ck_assert_msg(phone_file_load(&f, db, b, PHONE1, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_int_eq(phone_file_key(&f, b, f.open, key, &e), ERR_OK);
	return f;
}

START_TEST(in_a_file)
{
	struct render_servers servers = { .n = 1 };
	struct render_loads loads = { .n = 0 };
	struct phone_file_base b = { .servers = &servers, .loads = &loads,
	    .realm = "r", .now = LAB_NOW };
	struct write w = { .name = "branch", .setting_of = PHONE1,
	    .value = "branch" };
	struct write set = SPEC(.name = "branch", .port = 2100);
	uint8_t key[32], was[32];
	struct phone_file f;

	add_branch();
	fix_phone(db, PHONE1);
	f = load(&b, was);
	ck_assert(!f.srst.has && f.until == INT64_MAX);
	phone_file_clear(&f);
	done(phone_tx, &w);
	f = load(&b, key);
	ck_assert(f.srst.has && f.srst.certificate == NULL);
	ck_assert_str_eq(f.srst.row.address, "192.0.2.9");
	ck_assert(memcmp(key, was, sizeof(key)) != 0);
	phone_file_clear(&f);
	memcpy(was, key, sizeof(was));
	/* Candidate and accepted one say nothing to a phone without TLS. */
	(void)take(cert);
	w = accept_of(cert_sha);
	done(accept_tx, &w);
	f = load(&b, key);
	ck_assert_mem_eq(key, was, sizeof(key));
	ck_assert_int_eq(f.changed_at, LAB_NOW);
	phone_file_clear(&f);
	set.now = LAB_NOW + 1;
	done(set_tx, &set);
	f = load(&b, key);
	ck_assert(memcmp(key, was, sizeof(key)) != 0);
	ck_assert_int_eq(f.changed_at, LAB_NOW + 1);
	phone_file_clear(&f);
	/* The cluster's mode counts, though the phone's does not. */
	memcpy(was, key, sizeof(was));
	b.mixed = true;
	f = load(&b, key);
	ck_assert(memcmp(key, was, sizeof(key)) != 0);
	ck_assert_ptr_null(f.srst.certificate);
	phone_file_clear(&f);
}
END_TEST

/* As it will be for a phone with a certificate. */
START_TEST(secure_file)
{
	struct render_servers servers = { .n = 1, .server = {
	    { .address = "192.0.2.1" } } };
	struct render_loads loads = { .n = 0 };
	struct phone_file_base b = { .servers = &servers, .loads = &loads,
	    .realm = "r", .mixed = true, .now = LAB_NOW };
	struct write w = { .name = "branch", .setting_of = PHONE1,
	    .value = "branch" };
	struct err e = { 0 };
	uint8_t key[32], was[32], *out;
	struct phone_file f;
	size_t len;

	add_branch();
	fix_phone(db, PHONE1);
	done(phone_tx, &w);
	f = load(&b, was);
	f.phone.has_certificate = true;
	f.phone.value[SETTING_SECURITY_MODE] = "encrypted";
	/* Not begun, holds, over. */
	ck_assert_int_eq(phone_file_take_srst(&f, &b, next, &e), ERR_OK);
	ck_assert_ptr_null(f.srst.certificate);
	ck_assert_int_eq(f.until, cert_not_before(next));
	b.now = cert_not_after(cert) + 1;
	f.until = INT64_MAX;
	ck_assert_int_eq(phone_file_take_srst(&f, &b, cert, &e), ERR_OK);
	ck_assert_ptr_null(f.srst.certificate);
	ck_assert_int_eq(f.until, INT64_MAX);
	ck_assert_int_eq(f.changed_at, b.now);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, PHONE_FILE_WHOLE, &out, &len, &e),
	    ERR_OK);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<isSecure>false</isSecure>"));
	free(out);
	ck_assert_int_eq(phone_file_key(&f, &b, PHONE_FILE_WHOLE, was, &e), ERR_OK);
	b.now = LAB_NOW;
	ck_assert_int_eq(phone_file_take_srst(&f, &b, cert, &e), ERR_OK);
	ck_assert_int_eq(f.until, cert_not_after(cert) + 1);
	ck_assert_ptr_nonnull(f.srst.certificate);
	ck_assert_int_eq(phone_file_key(&f, &b, PHONE_FILE_WHOLE, key, &e), ERR_OK);
	ck_assert(memcmp(key, was, sizeof(key)) != 0);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, PHONE_FILE_WHOLE, &out, &len, &e),
	    ERR_OK);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<isSecure>true</isSecure>"));
	ck_assert_ptr_nonnull(strstr((char *)out, f.srst.certificate));
	free(out);
	phone_file_clear(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("srst");
	TCase *t = tcase_create("srst");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names);
	tcase_add_test(t, add_and_set);
	tcase_add_test(t, addresses);
	tcase_add_test(t, used);
	tcase_add_test(t, candidate_then_accepted);
	tcase_add_test(t, ended_is_refused);
	tcase_add_test(t, moved);
	tcase_add_test(t, conditions);
	tcase_add_test(t, mode_of_the_cluster);
	tcase_add_test(t, in_a_file);
	tcase_add_test(t, secure_file);
	suite_add_tcase(s, t);
	return fix_run(s);
}
