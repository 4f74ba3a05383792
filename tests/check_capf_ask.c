/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is asked of phones through CAPF: settings that come of it, and what is
 * refused.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/db_fixture.h"
#include "trust/capf_ask.h"
#include "trust/sealed.h"

#define NOW	1795251284	/* 2026-11-21T08:54:44Z */
#define DAY	86400
#define DEV	"SEP000000000001"

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
static struct keyring_new *fresh;
static struct keyring *kr;
static struct rng rng;
static struct rng_seeded seed;
static struct db *db;

struct adding {
	const char	*name, *model, *profile;
};

static int
add_tx(struct db *d, void *arg, struct err *e)
{
	const struct adding *a = arg;
	const struct phone_spec s = { .name = a->name, .model = a->model,
		.profile = a->profile };
	char *advice = NULL;
	bool added;
	int ret = phone_add(d, &s, NOW, &added, &advice, e);

	free(advice);
	return ret;
}

static void
add_phone(const char *name, const char *model, const char *profile)
{
	struct adding a = { name, model, profile };

	fix_tx(db, add_tx, &a);
}

static int
lists_tx(struct db *d, void *arg, struct err *e)
{
	char *advice = NULL;
	bool changed;
	int ret = param_set(d, &param_table()[PARAM_ITL_SIGNER_VERSION], "",
	    arg, NOW, &changed, e);

	if (ret == ERR_OK)
		ret = profile_param_check(d, PARAM_ITL_SIGNER_VERSION, &advice,
		    e);
	free(advice);
	return ret;
}

static void
setup(void)
{
	struct err e = { 0 };

	rng_seeded_init(&rng, &seed, 4711);
	ck_assert_ptr_nonnull(fresh = keyring_make(master, "cm1", &rng, &e));
	ck_assert_ptr_nonnull(kr = keyring_of_new(fresh, KEYRING_CRED, &e));
	db = fix_create(fix_folder());
	fix_tx(db, lists_tx, (void *)(uintptr_t)"1.1");
	add_phone(DEV, "8861", NULL);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
	keyring_free(kr);
	keyring_new_free(fresh);
}

/* --- asking in a transaction, with a string where one is needed --- */

struct asking {
	const char		*name;
	struct capf_ask		 ask;
	struct phone_secret	 secret;
	bool			 with_secret;
	int64_t			 now;
	struct phone_result	 r;
};

static int
ask_tx(struct db *d, void *arg, struct err *e)
{
	struct asking *a = arg;

	return capf_ask_put(d, NULL, a->name, &a->ask, a->with_secret ?
	    &a->secret : NULL, kr, a->now, &a->r, e);
}

static void
with_string(struct asking *a, const char *text)
{
	uint8_t *sealed;

	a->secret = (struct phone_secret){ .text = text,
		.setting = setting_get(SETTING_AUTH_STRING) };
	ck_assert_int_eq(sealed_phone(kr, &rng, a->name,
	    a->secret.setting->option, text, &sealed, &a->secret.len, NULL),
	    ERR_OK);
	a->secret.sealed = sealed;
	a->with_secret = true;
}

static void
asking_clear(struct asking *a)
{
	free((uint8_t *)(uintptr_t)a->secret.sealed);
	phone_result_clear(&a->r);
}

/* Done, and whether something changed. */
static bool
done(struct asking *a)
{
	bool changed;

	if (a->now == 0)
		a->now = NOW;
	if (a->name == NULL)
		a->name = DEV;
	fix_tx(db, ask_tx, a);
	changed = a->r.changed;
	asking_clear(a);
	return changed;
}

static void
refused(struct asking *a, int code, const char *says)
{
	struct err e = { 0 };

	if (a->now == 0)
		a->now = NOW;
	if (a->name == NULL)
		a->name = DEV;
	ck_assert_int_eq(db_result_err(db_tx(db, ask_tx, a, &e), &e), code);
	ck_assert_msg(strstr(e.msg, says) != NULL, "%s", e.msg);
	asking_clear(a);
}

static void
value_is(const char *name, enum setting_id id, const char *want)
{
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_msg(phone_effective_load(&x, db, NULL, name, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_msg(strcmp(x.value[id], want) == 0, "%s: %s, not %s",
	    setting_get(id)->name, x.value[id], want);
	phone_effective_clear(&x);
}

static bool
has_string(const char *name)
{
	uint8_t *sealed = NULL;
	size_t len;
	int ret = row_secret_get(db, name,
	    setting_get(SETTING_AUTH_STRING)->option, &sealed, &len, NULL);

	free(sealed);
	return ret == ERR_OK;
}

/* --- words --- */

START_TEST(words)
{
	ck_assert_str_eq(capf_operation_name(CAPF_OP_INSTALL),
	    "Install/Upgrade");
	ck_assert_str_eq(capf_operation_name(CAPF_OP_FETCH), "Troubleshoot");
	ck_assert_str_eq(capf_auth_word("auth-string"),
	    "by-authentication-string");
	ck_assert_str_eq(capf_auth_word("EXISTING-MIC"),
	    "by-existing-certificate-precedence-to-mic");
	ck_assert_ptr_null(capf_auth_word("string"));
	ck_assert_ptr_null(capf_key_find("rsa512"));
	ck_assert_ptr_null(capf_key_find("ec"));
	ck_assert_str_eq(capf_key_find("EC521")->ec, "521");
	ck_assert_ptr_null(capf_key_find("ec384")->rsa);
}
END_TEST

static const struct {
	const char	*s;
	int		 ret;
} strings[] = {
	{ "1234", ERR_OK }, { "123456789012345", ERR_OK },
	{ "00000000", ERR_OK }, { "123", ERR_ARG }, { "", ERR_ARG },
	{ "1234567890123456", ERR_ARG }, { "12a4", ERR_ARG },
	{ "1234 ", ERR_ARG }, { "-1234", ERR_ARG },
};

START_TEST(string_check)
{
	struct err e = { 0 };

	ck_assert_int_eq(capf_string_check(strings[_i].s, &e),
	    strings[_i].ret);
	/* Secrets stand in no text. */
	if (strings[_i].ret != ERR_OK && strings[_i].s[0] != '\0')
		ck_assert_ptr_null(strstr(e.msg, strings[_i].s));
}
END_TEST

START_TEST(string_make)
{
	char one[CAPF_STRING_LEN + 1], two[CAPF_STRING_LEN + 1];
	unsigned first[10] = { 0 };

	for (int i = 0; i < 400; i++) {
		ck_assert_int_eq(capf_string_make(&rng, one, NULL), ERR_OK);
		ck_assert_uint_eq(strlen(one), CAPF_STRING_LEN);
		ck_assert_int_eq(capf_string_check(one, NULL), ERR_OK);
		first[one[0] - '0']++;
	}
	for (int i = 0; i < 10; i++)
		ck_assert_uint_gt(first[i], 0);
	ck_assert_int_eq(capf_string_make(&rng, two, NULL), ERR_OK);
	ck_assert_str_ne(one, two);
}
END_TEST

/* --- asking --- */

START_TEST(install)
{
	struct asking a = { .ask = { .op = CAPF_OP_INSTALL,
	    .key = capf_key_find("rsa3072") } };

	ck_assert(done(&a));
	value_is(DEV, SETTING_CERT_OPERATION, "install-upgrade");
	value_is(DEV, SETTING_RSA_KEY_SIZE, "3072");
	value_is(DEV, SETTING_KEY_ORDER, "rsa-only");
	value_is(DEV, SETTING_OPERATION_BY, "2026-12-01T08:54:44Z");
	/* The same again, later: nothing, not even its time. */
	a = (struct asking){ .ask = { .op = CAPF_OP_INSTALL,
	    .key = capf_key_find("rsa3072") }, .now = NOW + 60 };
	ck_assert(!done(&a));
	value_is(DEV, SETTING_OPERATION_BY, "2026-12-01T08:54:44Z");
	/* Its time can be moved. */
	a = (struct asking){ .ask = { .op = CAPF_OP_INSTALL,
	    .by = NOW + DAY } };
	ck_assert(done(&a));
	value_is(DEV, SETTING_OPERATION_BY, "2026-11-22T08:54:44Z");
}
END_TEST

START_TEST(one_at_a_time)
{
	struct asking a = { .ask = { .op = CAPF_OP_INSTALL } };

	ck_assert(done(&a));
	a = (struct asking){ .ask = { .op = CAPF_OP_DELETE } };
	refused(&a, ERR_REFUSED, "utils capf cancel " DEV);
	a = (struct asking){ .ask = { .op = CAPF_OP_INSTALL,
	    .key = capf_key_find("ec384") } };
	refused(&a, ERR_REFUSED, "with Key Order RSA Only");
	a = (struct asking){ .ask = { .op = CAPF_OP_INSTALL,
	    .auth = capf_auth_word("auth-string") } };
	refused(&a, ERR_REFUSED, "with Authentication Mode By Null String");
	value_is(DEV, SETTING_KEY_ORDER, "rsa-only");
	/* After its time it is nothing any more. */
	a = (struct asking){ .ask = { .op = CAPF_OP_DELETE },
	    .now = NOW + 11 * DAY };
	ck_assert(done(&a));
	value_is(DEV, SETTING_CERT_OPERATION, "delete");
	value_is(DEV, SETTING_OPERATION_BY, "2026-12-12T08:54:44Z");
}
END_TEST

START_TEST(keys)
{
	struct asking a = { .ask = { .op = CAPF_OP_INSTALL,
	    .key = capf_key_find("ec256") } };

	add_phone("SEP000000000002", "7960", NULL);
	ck_assert(done(&a));
	value_is(DEV, SETTING_KEY_ORDER, "ec-only");
	value_is(DEV, SETTING_EC_KEY_SIZE, "256");
	a = (struct asking){ .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .key = capf_key_find("ec256") } };
	refused(&a, ERR_REFUSED, "7960 is not known to make EC keys");
	a = (struct asking){ .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .key = capf_key_find("rsa1024") } };
	refused(&a, ERR_REFUSED, "--allow-weak");
	a = (struct asking){ .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .key = capf_key_find("rsa1024"),
	    .flags = SETTING_ALLOW_WEAK } };
	ck_assert(done(&a));
	value_is("SEP000000000002", SETTING_RSA_KEY_SIZE, "1024");
}
END_TEST

static int
own_tx(struct db *d, void *arg, struct err *e)
{
	const struct setting_change *c = arg;
	const struct phone_spec s = { .name = DEV, .change = c, .nchange = 2 };
	struct phone_result r = { .changed = false };
	int ret = phone_set(d, &s, NOW, &r, e);

	phone_result_clear(&r);
	return ret;
}

static void
own_refused(const char *order, int code, const char *says)
{
	const struct setting_change c[] = {
		{ setting_get(SETTING_CERT_OPERATION), "install-upgrade" },
		{ setting_get(SETTING_KEY_ORDER), order },
	};
	struct err e = { 0 };

	ck_assert_int_eq(db_result_err(db_tx(db, own_tx,
	    (void *)(uintptr_t)c, &e), &e), code);
	ck_assert_msg(strstr(e.msg, says) != NULL, "%s", e.msg);
}

/* EC keys are for lists of signer version 1.1 (spec/capf.md section 9); asked
 * for here or saved, and the lists cannot go back while one is pending. */
START_TEST(keys_by_list_version)
{
	struct asking a = { .ask = { .op = CAPF_OP_INSTALL,
	    .key = capf_key_find("ec521") } };
	struct err e = { 0 };

	fix_tx(db, lists_tx, (void *)(uintptr_t)"1.0");
	refused(&a, ERR_REFUSED, "set param itl.signer_version 1.1");
	own_refused("ec-only", ERR_REFUSED,
	    "set param itl.signer_version 1.1");
	own_refused("ec-preferred-rsa-backup", ERR_OK, "");
	value_is(DEV, SETTING_KEY_ORDER, "ec-preferred-rsa-backup");
	fix_tx(db, lists_tx, (void *)(uintptr_t)"1.1");
	own_refused("ec-only", ERR_OK, "");
	ck_assert_int_eq(db_result_err(db_tx(db, lists_tx,
	    (void *)(uintptr_t)"1.0", &e), &e), ERR_REFUSED);
	ck_assert_msg(strstr(e.msg, "phone " DEV ": Key Order EC Only") != NULL,
	    "%s", e.msg);
	own_refused("rsa-only", ERR_OK, "");
	fix_tx(db, lists_tx, (void *)(uintptr_t)"1.0");
}
END_TEST

static int
enc_tx(struct db *d, void *arg, struct err *e)
{
	const struct setting_change c = { setting_get(SETTING_ENC_CONFIG),
	    "yes" };
	const struct profile_spec s = { .name = "enc",
	    .protocol = PROTOCOL_SIP, .change = &c, .nchange = 1 };
	struct profile_result r = { .changed = false };
	int ret = profile_add(d, &s, NOW, &r, e);

	(void)arg;
	profile_result_clear(&r);
	return ret;
}

/* An EC key in place of the RSA key that its files are encrypted for would
 * leave it without any configuration. */
START_TEST(keys_of_encrypted_files)
{
	struct asking a = { .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .key = capf_key_find("ec384") } };

	fix_tx(db, enc_tx, NULL);
	add_phone("SEP000000000002", "8861", "enc");
	refused(&a, ERR_REFUSED, "--key rsa2048");
	value_is("SEP000000000002", SETTING_KEY_ORDER, "rsa-only");
	a = (struct asking){ .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .key = capf_key_find("rsa3072") } };
	ck_assert(done(&a));
}
END_TEST

START_TEST(no_model)
{
	struct asking a = { .name = "SEP000000000003", .ask = {
	    .op = CAPF_OP_INSTALL } };

	add_phone("SEP000000000003", NULL, NULL);
	refused(&a, ERR_REFUSED, "as long as its model is not known");
	a = (struct asking){ .name = "SEP00000000000F", .ask = {
	    .op = CAPF_OP_INSTALL } };
	refused(&a, ERR_NOTFOUND, "phone list");
}
END_TEST

START_TEST(strings_of_phones)
{
	const char *by_string = capf_auth_word("auth-string");
	struct capf_ask ask = { .op = CAPF_OP_INSTALL, .auth = by_string };
	struct asking a = { .ask = ask };
	struct capf_look l;

	ck_assert_int_eq(capf_ask_look(db, NULL, DEV, &ask, NOW, &l, NULL),
	    ERR_OK);
	ck_assert(l.needs_string && !l.drops_string && !l.same);
	/* Whoever does not bring it has looked too early. */
	refused(&a, ERR_BUSY, "run the command again");
	a = (struct asking){ .name = DEV, .ask = ask };
	with_string(&a, "12345678");
	ck_assert(done(&a));
	ck_assert(has_string(DEV));
	ck_assert_int_eq(capf_ask_look(db, NULL, DEV, &ask, NOW, &l, NULL),
	    ERR_OK);
	ck_assert(l.same && !l.needs_string);
	/* The same string sealed anew is the same. */
	a = (struct asking){ .name = DEV, .ask = ask };
	with_string(&a, "12345678");
	ck_assert(!done(&a));
	a = (struct asking){ .name = DEV, .ask = ask };
	with_string(&a, "87654321");
	ck_assert(done(&a));
}
END_TEST

START_TEST(string_goes)
{
	struct capf_ask by_null = { .op = CAPF_OP_INSTALL,
	    .auth = capf_auth_word("null-string") };
	struct asking a = { .name = DEV, .ask = { .op = CAPF_OP_FETCH,
	    .auth = capf_auth_word("auth-string") } };
	struct capf_look l;

	with_string(&a, "12345678");
	ck_assert(done(&a));
	ck_assert_int_eq(capf_ask_look(db, NULL, DEV, &by_null,
	    NOW + 11 * DAY, &l, NULL), ERR_OK);
	ck_assert(l.drops_string);
	a = (struct asking){ .ask = by_null, .now = NOW + 11 * DAY };
	ck_assert(done(&a));
	ck_assert(!has_string(DEV));
	/* And one that is given without its mode is refused. */
	a = (struct asking){ .name = DEV, .ask = by_null,
	    .now = NOW + 11 * DAY };
	with_string(&a, "12345678");
	refused(&a, ERR_REFUSED, "--auth auth-string");
}
END_TEST

START_TEST(proof)
{
	const char *lsc = capf_auth_word("existing-lsc");
	struct asking a = { .ask = { .op = CAPF_OP_INSTALL, .auth = lsc } };

	/* 8861 left the factory with one, 7960 did not. */
	ck_assert(done(&a));
	add_phone("SEP000000000002", "7960", NULL);
	a = (struct asking){ .name = "SEP000000000002", .ask = {
	    .op = CAPF_OP_INSTALL, .auth = lsc } };
	refused(&a, ERR_REFUSED, "it has no certificate to show");
}
END_TEST

static int
cancel_tx(struct db *d, void *arg, struct err *e)
{
	struct asking *a = arg;

	return capf_ask_cancel(d, NULL, a->name, a->now, &a->r, e);
}

static int
request_tx(struct db *d, void *arg, struct err *e)
{
	struct row_capf_csr r = { .owner = { .kind = CAPF_PHONE,
	    .name = DEV }, .der = (uint8_t *)(uintptr_t)"csr",
	    .derlen = 3 };

	(void)arg;
	return row_capf_csr_put(d, &r, e);
}

START_TEST(cancel)
{
	struct asking a = { .name = DEV, .ask = { .op = CAPF_OP_INSTALL,
	    .auth = capf_auth_word("auth-string") } };
	struct err e = { 0 };

	with_string(&a, "12345678");
	ck_assert(done(&a));
	a = (struct asking){ .name = DEV, .now = NOW };
	fix_tx(db, cancel_tx, &a);
	ck_assert(a.r.changed);
	phone_result_clear(&a.r);
	ck_assert(!has_string(DEV));
	value_is(DEV, SETTING_CERT_OPERATION, "no-pending-operation");
	value_is(DEV, SETTING_OPERATION_BY, "");
	/* How it proves itself is the phone's, and stays. */
	value_is(DEV, SETTING_CAPF_AUTH_MODE, "by-authentication-string");
	fix_tx(db, cancel_tx, &a);
	ck_assert(!a.r.changed);
	phone_result_clear(&a.r);
	/* Nor is a request for it left, which would answer the next one. */
	fix_tx(db, request_tx, NULL);
	fix_tx(db, cancel_tx, &a);
	phone_result_clear(&a.r);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM capf_csr"), 0);
	a.name = "SEP00000000000F";
	ck_assert_int_eq(db_result_err(db_tx(db, cancel_tx, &a, &e), &e),
	    ERR_NOTFOUND);
}
END_TEST

START_TEST(changes)
{
	struct setting_change c[CAPF_ASK_CHANGES];
	struct capf_ask a = { .op = CAPF_OP_INSTALL };

	ck_assert_uint_eq(capf_ask_changes(&a, c), 0);
	a.auth = capf_auth_word("null-string");
	a.key = capf_key_find("ec384");
	ck_assert_uint_eq(capf_ask_changes(&a, c), 4);
	ck_assert_int_eq(c[0].setting->id, SETTING_CAPF_AUTH_MODE);
	ck_assert_int_eq(c[2].setting->id, SETTING_RSA_KEY_SIZE);
	ck_assert_ptr_null(c[2].value);
	ck_assert_str_eq(c[3].value, "384");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_ask");
	TCase *t = tcase_create("capf_ask");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, words);
	tcase_add_loop_test(t, string_check, 0,
	    sizeof(strings) / sizeof(strings[0]));
	tcase_add_test(t, string_make);
	tcase_add_test(t, install);
	tcase_add_test(t, one_at_a_time);
	tcase_add_test(t, keys);
	tcase_add_test(t, keys_by_list_version);
	tcase_add_test(t, keys_of_encrypted_files);
	tcase_add_test(t, no_model);
	tcase_add_test(t, strings_of_phones);
	tcase_add_test(t, string_goes);
	tcase_add_test(t, proof);
	tcase_add_test(t, cancel);
	tcase_add_test(t, changes);
	suite_add_tcase(s, t);
	return fix_run(s);
}
