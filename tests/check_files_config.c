/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone files of the store: what changes them acts on the next request and on
 * no other phone, secrets are where they may be, and XMLDefault.cnf.xml.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "certs/signed.h"
#include "db/params.h"
#include "tests/file_store_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/profile.h"
#include "trust/sealed.h"

#define ONE	"SEP000000000001"
#define TWO	"SEP000000000002"
#define DEFAULT	"XMLDefault.cnf.xml"

/* --- rows --- */

struct change {
	const char	*name, *profile, *value, *node;
	const char	*xml;
	enum setting_id	 setting;
	enum param_id	 param;
	enum phone_protocol protocol;
	int64_t		 now;
	uint8_t		*sealed;
	size_t		 len;
};

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone p = { .model = "8861", .created_at = 1,
	    .protocol = c->protocol, .changed_at = c->now };

	(void)str_copy(p.name, sizeof(p.name), c->name);
	(void)str_copy(p.profile, sizeof(p.profile), c->profile);
	return row_phone_put(db, &p, e);
}

static int
tx_own(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone_file f = { .origin = "command", .changed_at = 1,
	    .len = strlen(c->xml) };
	int ret;

	(void)str_copy(f.name, sizeof(f.name), c->name);
	ck_assert_ptr_nonnull(f.xml = (uint8_t *)strdup(c->xml));
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
tx_profile(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s = { setting_get(c->setting), c->value };
	struct profile_spec spec = { .name = c->profile, .protocol = -1,
	    .change = &s, .nchange = 1, .may_open = true };
	struct profile_result r = { .changed = false };
	struct row_profile have;
	int ret;

	if (row_profile_get(db, c->profile, &have, NULL) == ERR_OK)
		ret = profile_set(db, &spec, c->now, &r, e);
	else
		ret = profile_add(db, &spec, c->now, &r, e);
	profile_result_clear(&r);
	return ret;
}

/* A profile and a phone that uses it, in one transaction. */
static int
tx_both(struct db *db, void *arg, struct err *e)
{
	int ret = tx_profile(db, arg, e);

	return ret == ERR_OK ? tx_phone(db, arg, e) : ret;
}

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(db, &param_table()[c->param],
	    c->node != NULL ? c->node : "", c->value, c->now, &changed, e);
}

static int
tx_secret(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone p;
	int ret;

	if ((ret = row_phone_get(db, c->name, &p, e)) != ERR_OK ||
	    (ret = row_secret_put(db, c->name, "ssh-password", c->sealed,
	    c->len, 1, e)) != ERR_OK)
		return ret;
	return row_phone_put(db, &p, e);
}

static void
phone(const char *name, const char *profile)
{
	struct change c = { .name = name, .profile = profile, .now = 1000 };

	tc_done(tx_phone, &c);
}

static void
profile(const char *name, enum setting_id id, const char *value)
{
	struct change c = { .profile = name, .setting = id, .value = value,
	    .now = 1000 };

	tc_done(tx_profile, &c);
}

static void
param(enum param_id id, const char *node, const char *value)
{
	struct change c = { .param = id, .node = node, .value = value,
	    .now = 2000 };

	tc_done(tx_param, &c);
}

static void
secret(const char *name, const char *text)
{
	struct change c = { .name = name };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_phone(tc.kr, &tc.rng, name, "ssh-password",
	    text, &c.sealed, &c.len, &e), ERR_OK);
	tc_done(tx_secret, &c);
	free(c.sealed);
}

/* --- asking --- */

static uint64_t
made(void)
{
	struct file_cache_stats s;

	file_cache_stats(cache, &s);
	return s.made;
}

/* --- tests --- */

START_TEST(a_profile_acts_at_once)
{
	uint64_t before;

	profile("try", SETTING_WEB_ACCESS, "disabled");
	phone(ONE, "try");
	phone(TWO, "");
	ck_assert(has(ONE ".cnf.xml", "<webAccess>1<"));
	ck_assert(!has(TWO ".cnf.xml", "webAccess"));
	before = made();
	profile("try", SETTING_WEB_ACCESS, "full");
	ck_assert(has(ONE ".cnf.xml", "<webAccess>2<"));
	ck_assert_uint_eq(made(), before + 1);
	/* Nothing is made for phones of other profiles. */
	ck_assert(!has(TWO ".cnf.xml", "webAccess"));
	ck_assert_uint_eq(made(), before + 1);
	/* Both at once, so never one without the other. */
	for (int i = 0; i < 10; i++) {
		char name[16];
		struct change c = { .name = ONE, .profile = name,
		    .setting = SETTING_LOAD, .value = name, .now = 1000 };

		(void)snprintf(name, sizeof(name), "p%d", i);
		tc_done(tx_both, &c);
		ck_assert(has(ONE ".cnf.xml", name));
	}
}
END_TEST

START_TEST(a_parameter_acts_at_once)
{
	phone(ONE, "");
	ck_assert(!has(ONE ".cnf.xml", "garp"));
	param(PARAM_PHONE_GARP, NULL, "disabled");
	ck_assert(has(ONE ".cnf.xml", "<garp>1<"));
	ck_assert(has(ONE ".cnf.xml.sgn", "<garp>1<"));
	param(PARAM_PHONE_GARP, NULL, "default");
	ck_assert(!has(ONE ".cnf.xml", "garp"));
	ck_assert(has(ONE ".cnf.xml", "<sipPort>5060<"));
	param(PARAM_SIP_PHONE_PORT, NULL, "5070");
	ck_assert(has(ONE ".cnf.xml", "<sipPort>5070<"));
}
END_TEST

static const struct {
	enum param_id	 id;
	enum phone_protocol protocol;
	const char	*element;
} ports[] = {
	{ PARAM_SIP_PHONE_PORT, PROTOCOL_SIP, "sipPort" },
	{ PARAM_SIP_PHONE_SECURE_PORT, PROTOCOL_SIP, "securedSipPort" },
	{ PARAM_SCCP_PHONE_PORT, PROTOCOL_SCCP, "ethernetPhonePort" },
	{ PARAM_SCCP_PHONE_SECURE_PORT, PROTOCOL_SCCP,
	    "securedEthernetPhonePort" },
	{ PARAM_CAPF_PHONE_PORT, PROTOCOL_SIP, "phonePort" },
	{ PARAM_CAPF_PHONE_PORT, PROTOCOL_SCCP, "phonePort" },
};

/* The same value from elsewhere is another one for an administrator's own
 * file: of parameters for all phones it takes nothing. */
START_TEST(own_file_by_origin)
{
	struct change own = { .name = ONE, .xml = "<device><vendorConfig>"
	    "<webAccess>0</webAccess></vendorConfig></device>" };

	profile("try", SETTING_PC_PORT, "disabled");
	phone(ONE, "try");
	tc_done(tx_own, &own);
	ck_assert(has(ONE ".cnf.xml", "<pcPort>1<"));
	param(PARAM_PHONE_WEB_ACCESS, NULL, "disabled");
	ck_assert(has(ONE ".cnf.xml", "<webAccess>0<"));
	profile("try", SETTING_WEB_ACCESS, "disabled");
	ck_assert(has(ONE ".cnf.xml", "<webAccess>1<"));
}
END_TEST

START_TEST(ports_of_phones)
{
	struct change c = { .name = ONE, .profile = "", .now = 1000,
	    .protocol = ports[_i].protocol };
	char want[64];

	tc_done(tx_phone, &c);
	(void)snprintf(want, sizeof(want), "<%s>43210</%s>",
	    ports[_i].element, ports[_i].element);
	ck_assert(!has(ONE ".cnf.xml", want));
	param(ports[_i].id, NULL, "43210");
	ck_assert(has(ONE ".cnf.xml", want));
	param(ports[_i].id, NULL, param_table()[ports[_i].id].def);
	ck_assert(!has(ONE ".cnf.xml", want));
}
END_TEST

/* A value of the setting that is not its default, as its parameter has it. */
static const char *
some_value(const struct setting *s)
{
	if (s->type == SETTING_INT)
		return "77";
	if (s->type == SETTING_URL)
		return "http://h/77";
	if (s->type == SETTING_HTTPS_URL)
		return "https://h/77";
	if (s->words == NULL)
		return "x77";
	return strcmp(s->words[0].word, s->def) != 0 ? s->words[0].word :
	    s->words[1].word;
}

/* What a parameter says of all phones is in the file of one. */
START_TEST(every_parameter_acts)
{
	const struct setting *s = setting_get((enum setting_id)_i);
	const struct setting_word *w;
	const char *value, *name;
	char want[128];

	if (s->param == SETTING_NO_PARAM || s->element[0] == '\0' ||
	    s->id == SETTING_SECURITY_MODE)	/* of profiles, tested there */
		return;
	phone(ONE, "");
	if (s->id == SETTING_USER_LOCALE_VERSION)
		param(PARAM_PHONE_USER_LOCALE, NULL, "German_Germany");
	if (s->id == SETTING_NETWORK_LOCALE_VERSION)
		param(PARAM_PHONE_NETWORK_LOCALE, NULL, "Germany");
	value = some_value(s);
	w = setting_word(s, value);
	name = strrchr(s->element, '/');
	(void)snprintf(want, sizeof(want), "<%s>%s<", name != NULL ?
	    name + 1 : s->element, w != NULL ? w->code : value);
	ck_assert_msg(!has(ONE ".cnf.xml", want), "%s", want);
	param(s->param, NULL, value);
	ck_assert_msg(has(ONE ".cnf.xml", want), "%s: no %s",
	    param_table()[s->param].name, want);
	param(s->param, NULL, param_table()[s->param].def);
	ck_assert(!has(ONE ".cnf.xml", want));
}
END_TEST

START_TEST(secrets)
{
	struct change own = { .name = ONE, .xml = "<device><sshPassword>"
	    "own-shell</sshPassword></device>" };
	static const char *const names[] = { ONE ".cnf.xml",
	    ONE ".cnf.xml.sgn", "/" ONE ".CNF.XML" };

	profile("try", SETTING_ENC_CONFIG, "no");
	phone(ONE, "try");
	secret(ONE, "shell-secret");
	ck_assert(has(ONE ".cnf.xml.sgn", "<sshPassword>shell-secret<"));
	secret(ONE, "shell-second");
	ck_assert(has(ONE ".cnf.xml", "<sshPassword>shell-second<"));
	/* Flagged: under no name. */
	profile("try", SETTING_ENC_CONFIG, "yes");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(!has(names[i], "shell"));
	ck_assert_int_eq(code(ONE ".cnf.xml.enc.sgn"), ERR_NOTFOUND);
	tc_done(tx_own, &own);
	phone(ONE, "try");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(!has(names[i], "shell"));
	profile("try", SETTING_ENC_CONFIG, "no");
	ck_assert(has(ONE ".cnf.xml", "own-shell"));
}
END_TEST

START_TEST(no_key_no_file)
{
	struct change own = { .name = TWO, .xml = "<device><mine/></device>" };

	phone(ONE, "");
	phone(TWO, "");
	secret(ONE, "shell-secret");
	file_store_set_keyring(store, NULL);
	ck_assert_int_eq(code(ONE ".cnf.xml"), ERR_BADSTATE);
	ck_assert(has(TWO ".cnf.xml", TWO));
	/* An administrator's file needs none of the secrets kept here. */
	secret(TWO, "shell-secret");
	ck_assert_int_eq(code(TWO ".cnf.xml"), ERR_BADSTATE);
	tc_done(tx_own, &own);
	ck_assert(has(TWO ".cnf.xml", "<mine/>"));
	file_store_set_keyring(store, tc.kr);
	ck_assert(has(ONE ".cnf.xml", "shell-secret"));
}
END_TEST

/* --- phones nobody added --- */

START_TEST(default_file)
{
	struct file_answer a;
	struct signed_file f;

	if (!have_openat2())
		return;
	/* Auto-registration is off, or another node's. */
	ck_assert_int_eq(code(DEFAULT), ERR_NOTFOUND);
	ck_assert_int_eq(code(DEFAULT ".sgn"), ERR_NOTFOUND);
	param(PARAM_AUTOREG_ENABLED, "cm2", "yes");
	ck_assert_int_eq(code(DEFAULT), ERR_NOTFOUND);
	param(PARAM_AUTOREG_RANGE, "cm1", "1000-1999");
	ck_assert_int_eq(code(DEFAULT), ERR_NOTFOUND);
	param(PARAM_AUTOREG_ENABLED, "cm1", "yes");
	ck_assert(has(DEFAULT, "<Default>"));
	ck_assert(has("XmlDefault.cnf.xml", "<TVS>"));
	ck_assert_int_eq(code(DEFAULT ".enc.sgn"), ERR_NOTFOUND);
	ck_assert_int_eq(ask_of(store, DEFAULT ".sgn", &a), ERR_OK);
	ck_assert_int_eq(signed_parse(&f, a.body, a.len, NULL), ERR_OK);
	ck_assert_str_eq(f.h.file_name, DEFAULT ".sgn");
	ck_assert_ptr_nonnull(memmem(a.body, a.len, "<Default>", 9));
	file_answer_clear(&a);
	ck_assert(!has(DEFAULT, "loadInformation"));
	param(PARAM_PHONE_LOADS, NULL, "8841=sip88xx.1");
	ck_assert(has(DEFAULT, "<loadInformation683 model=\"Cisco 8841\">"
	    "sip88xx.1<"));
	ck_assert(has(DEFAULT ".sgn", "sip88xx.1<"));
	param(PARAM_PHONE_LOADS, NULL, "8841=sip88xx.2");
	ck_assert(has(DEFAULT, "sip88xx.2<"));
	ck_assert(has(DEFAULT ".sgn", "sip88xx.2<"));
	param(PARAM_AUTOREG_ENABLED, "cm1", "no");
	ck_assert_int_eq(code(DEFAULT), ERR_NOTFOUND);
}
END_TEST

START_TEST(own_default_file)
{
	struct err e = { 0 };

	if (!have_openat2())
		return;
	param(PARAM_AUTOREG_ENABLED, NULL, "yes");
	ck_assert(has(DEFAULT, "callManagerGroup"));
	ck_assert_int_eq(file_replace(tc.dirfd, "tftp/" DEFAULT, 0644,
	    "<Default>own</Default>", 22, &e), ERR_OK);
	ck_assert(has(DEFAULT, "<Default>own"));
	ck_assert(has(DEFAULT ".sgn", "<Default>own"));
	ck_assert_int_eq(unlinkat(tc.dirfd, "tftp/" DEFAULT, 0), 0);
	ck_assert(has(DEFAULT, "callManagerGroup"));
	ck_assert(has(DEFAULT ".sgn", "callManagerGroup"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("files_config");
	TCase *t = tcase_create("files_config");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_profile_acts_at_once);
	tcase_add_test(t, a_parameter_acts_at_once);
	tcase_add_test(t, own_file_by_origin);
	tcase_add_loop_test(t, ports_of_phones, 0,
	    (int)(sizeof(ports) / sizeof(ports[0])));
	tcase_add_loop_test(t, every_parameter_acts, 0, SETTING_N);
	tcase_add_test(t, secrets);
	tcase_add_test(t, no_key_no_file);
	tcase_add_test(t, default_file);
	tcase_add_test(t, own_default_file);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
