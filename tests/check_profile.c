/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Profiles and the settings of phones: the rules of tests/data/settings.txt,
 * which value counts, and every change of a profile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/internal.h"
#include "tests/db_fixture.h"
#include "tests/setting_data.h"
#include "db/rows_capf.h"
#include "trust/profile.h"

#define PHONE1	"SEP000000000001"
#define PHONE2	"SEP000000000002"

static struct db *db;

static void	user(const char *name, bool digest);

static int
put_reference(struct db *d, void *arg, struct err *e)
{
	const struct row_srst s = { .name = "branch", .address = "192.0.2.9",
	    .port = 2000, .sip_port = 5060, .cert_port = 2445 };

	(void)arg;
	return row_srst_put(d, &s, e);
}

static void
setup(void)
{
	db = fix_create(fix_folder());
	user("ann", true);
	user("bare", false);
	fix_tx(db, put_reference, NULL);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

/* --- one write, in a transaction that is run twice --- */

struct write {
	struct profile_spec	 spec;
	struct setting_change	 change[8];
	const char		*name, *to;
	struct row_phone	 phone;
	struct row_device_cert	 cert;
	struct row_user		 user;
	enum param_id		 param;
	bool			 digest, changed;
	struct profile_result	 r;
	char			*advice;
	int64_t			 now;
};

#define WRITE(fn, call)							\
	static int							\
	fn(struct db *d, void *arg, struct err *e)			\
	{								\
		struct write *w = arg;					\
									\
		return call;						\
	}
WRITE(w_add, profile_add(d, &w->spec, w->now, &w->r, e))
WRITE(w_set, profile_set(d, &w->spec, w->now, &w->r, e))
WRITE(w_copy, profile_copy(d, w->name, w->to, w->now, &w->r, e))
WRITE(w_rename, profile_rename(d, w->name, w->to, w->now, &w->r, e))
WRITE(w_remove, profile_remove(d, w->name, e))
WRITE(w_phone, row_phone_put(d, &w->phone, e))
WRITE(w_cert, row_device_cert_put(d, &w->cert, e))
WRITE(w_check_new, phone_check_new(d, NULL, w->name, &w->advice, e))
WRITE(w_own, phone_settings_set(d, NULL, w->name, w->spec.change,
    w->spec.nchange, w->spec.flags, w->now, &w->changed, &w->advice, e))
WRITE(w_check, phone_check(d, NULL, w->name, &w->advice, e))
WRITE(w_secret_now, row_secret_put(d, w->name, w->to, (const uint8_t *)"x",
    1, w->now, e))
WRITE(w_secret, row_secret_put(d, w->name, w->to, (const uint8_t *)"x", 1, 1,
    e))

static int
w_user(struct db *d, void *arg, struct err *e)
{
	struct row_credential c = { .sealed = (uint8_t *)arg, .len = 1 };
	struct write *w = arg;
	int ret = row_user_put(d, &w->user, e);

	if (ret == ERR_OK && w->digest)
		ret = row_credential_put(d, CREDENTIAL_USER, w->user.name, &c,
		    e);
	return ret;
}

static int
w_param(struct db *d, void *arg, struct err *e)
{
	struct write *w = arg;
	int ret = param_set(d, &param_table()[w->param], "", w->to, 50,
	    &w->changed, e);

	if (ret == ERR_OK)
		ret = profile_param_check(d, w->param, &w->advice, e);
	return ret;
}

/* "a=b c=d" as changes; the text is cut up. */
static void
parse(struct write *w, char *text)
{
	char *word, *rest = text;
	size_t n = 0;

	while ((word = strsep(&rest, " ")) != NULL && word[0] != '\0') {
		char *eq = strchr(word, '=');

		ck_assert(eq != NULL && n < 8);
		*eq = '\0';
		w->change[n].setting = setting_find(word);
		ck_assert_msg(w->change[n].setting != NULL, "%s", word);
		w->change[n++].value = eq + 1;
	}
	w->spec.change = w->change;
	w->spec.nchange = n;
}

static struct err last;
static char said[8192];

/* ERR_OK or the code; last and said tell the rest. */
static int
run(db_fn *fn, struct write *w)
{
	enum db_result r;

	last = (struct err){ 0 };
	if (w->now == 0)
		w->now = 10;
	r = db_tx(db, fn, w, &last);
	(void)snprintf(said, sizeof(said), "%s%s",
	    w->r.advice != NULL ? w->r.advice : "",
	    w->advice != NULL ? w->advice : "");
	free(w->advice);
	w->advice = NULL;
	w->changed = w->changed || w->r.changed;
	profile_result_clear(&w->r);
	return r == DB_DONE ? ERR_OK : last.code;
}

#define is(want, got)	ck_assert_msg((got) == (want), "%d: %s", last.code, \
			    last.msg)

static void
user(const char *name, bool digest)
{
	struct write w = { .digest = digest };

	(void)str_copy(w.user.name, sizeof(w.user.name), name);
	is(ERR_OK, run(w_user, &w));
}

static int
add(const char *name, int protocol, const char *set)
{
	struct write w = { .spec = { .name = name, .protocol = protocol } };
	char text[512];

	(void)str_copy(text, sizeof(text), set);
	parse(&w, text);
	return run(w_add, &w);
}

static bool changed;

static int
set(const char *name, const char *what)
{
	struct write w = { .spec = { .name = name, .protocol = -1 },
	    .now = 20 };
	char text[512];
	int ret;

	(void)str_copy(text, sizeof(text), what);
	parse(&w, text);
	ret = run(w_set, &w);
	changed = w.changed;
	return ret;
}

static int
own(const char *phone, const char *what)
{
	struct write w = { .name = phone, .now = 30 };
	char text[512];
	int ret;

	(void)str_copy(text, sizeof(text), what);
	parse(&w, text);
	ret = run(w_own, &w);
	changed = w.changed;
	return ret;
}

static void
certificate(const char *name, enum device_cert_state state)
{
	struct write w = { .cert = { .owner.kind = CAPF_PHONE,
	    .state = state, .changed_at = 2 } };

	(void)str_copy(w.cert.owner.name, sizeof(w.cert.owner.name), name);
	is(ERR_OK, run(w_cert, &w));
}

/* With its certificate: what is to be tested is something else. */
static void
phone(const char *name, const char *model, enum phone_protocol p,
    const char *profile)
{
	struct write w = { .phone = { .protocol = p, .created_at = 1,
	    .changed_at = 2 } };

	(void)str_copy(w.phone.name, sizeof(w.phone.name), name);
	(void)str_copy(w.phone.model, sizeof(w.phone.model), model);
	(void)str_copy(w.phone.profile, sizeof(w.phone.profile), profile);
	is(ERR_OK, run(w_phone, &w));
	certificate(name, DEVICE_CURRENT);
}

static int
param(enum param_id id, const char *value)
{
	struct write w = { .param = id, .to = value };

	return run(w_param, &w);
}

static int
named(db_fn *fn, const char *name, const char *to)
{
	struct write w = { .name = name, .to = to, .now = 40 };
	int ret = run(fn, &w);

	changed = w.changed;
	return ret;
}

static void
message(const char *text)
{
	ck_assert_msg(strstr(last.msg, text) != NULL, "%s\nlacks %s",
	    last.msg, text);
}

static void
value(const char *name, enum setting_id id, const char *want,
    enum setting_from from)
{
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_msg(phone_effective_load(&x, db, NULL, name, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_msg(strcmp(x.value[id], want) == 0 && x.from[id] == from,
	    "%s: %s from %s", setting_get(id)->option, x.value[id],
	    setting_from_name(x.from[id]));
	phone_effective_clear(&x);
}

/* --- the rules --- */

/* Settings that only phones have go to the phone, the rest to a profile. */
static void
split(const char *all, char *profile, char *mine, size_t len)
{
	char text[512], *word, *rest = text;

	profile[0] = mine[0] = '\0';
	(void)str_copy(text, sizeof(text), all);
	while ((word = strsep(&rest, " ")) != NULL) {
		char name[SETTING_NAME_MAX + 1];
		char *to = profile;

		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(word, "="), word);
		if (!(setting_find(name)->where & SETTING_IN_PROFILE))
			to = mine;
		(void)snprintf(to + strlen(to), len - strlen(to), "%s%s",
		    to[0] != '\0' ? " " : "", word);
	}
}

/* A phone of that model with those settings. */
static int
try_phone(const struct setting_rule *r)
{
	char model[32], profile[512], mine[512];
	const char *slash = strchr(r->who, '/');
	enum phone_protocol p = strcmp(slash + 1, "SIP") == 0 ?
	    PROTOCOL_SIP : PROTOCOL_SCCP;
	struct write w = { .name = PHONE1 };
	int ret;

	(void)snprintf(model, sizeof(model), "%.*s", (int)(slash - r->who),
	    r->who);
	split(r->set, profile, mine, sizeof(profile));
	if ((ret = add("try", (int)p, profile)) != ERR_OK)
		return ret;
	phone(PHONE1, model, p, "try");
	if (strstr(r->set, "device-security-mode") == NULL)
		certificate(PHONE1, DEVICE_REVOKED);
	if (mine[0] != '\0')
		return own(PHONE1, mine);
	return run(w_check, &w);
}

static void
check_rule(const struct setting_row *row, const struct setting_rule *r)
{
	int ret;

	setup();
	if (r->who[0] != '-')
		ret = try_phone(r);
	else
		ret = add("try", r->kind == RULE_REFUSE_SCCP ? PROTOCOL_SCCP :
		    PROTOCOL_SIP, r->set);
	switch (r->kind) {
	case RULE_TAKE:
	case RULE_SILENT:
	case RULE_ADVISE:
		ck_assert_msg(ret == ERR_OK, "%s: %s %s: %s", row->option,
		    r->who, r->set, last.msg);
		break;
	case RULE_REFUSE:
	case RULE_REFUSE_SCCP:
		ck_assert_msg(ret == ERR_REFUSED, "%s: %s %s was taken",
		    row->option, r->who, r->set);
		message(r->text);
		break;
	}
	if (r->kind == RULE_ADVISE)
		ck_assert_msg(strstr(said, r->text) != NULL, "%s: %s\n\"%s\"",
		    row->option, r->set, said);
	if (r->kind == RULE_SILENT)
		ck_assert_msg(said[0] == '\0', "%s", said);
	teardown();
}

START_TEST(rules)
{
	struct setting_row *rows;
	size_t n, seen = 0;

	teardown();
	n = setting_data(&rows);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rows[i].nrule; k++, seen++)
			check_rule(&rows[i], &rows[i].rule[k]);
	ck_assert_uint_gt(seen, 50);
	free(rows);
	setup();
}
END_TEST

/* spec/phone-files.md section 5: what words are in the file. */
START_TEST(codes)
{
	struct setting_row *rows;
	size_t n, seen = 0;

	n = setting_data(&rows);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < rows[i].neffect; k++, seen++) {
			const struct setting *s = setting_find(rows[i].option);
			const struct setting_word *w = setting_word(s,
			    rows[i].effect[k].value);

			ck_assert_msg(w != NULL && strcmp(w->code,
			    rows[i].effect[k].code) == 0, "%s %s",
			    s->option, rows[i].effect[k].value);
		}
	ck_assert_uint_gt(seen, 30);
	free(rows);
}
END_TEST

/* Requirement document SO5, "Configuring Media Encryption with Barge". */
START_TEST(bridge_wording)
{
	static const char exact[] =
	    "If you configure encryption for Cisco Unified IP Phone models "
	    "7960 and 7940, those encrypted devices cannot accept a barge "
	    "request when they are participating in an encrypted call. When "
	    "the call is encrypted, the barge attempt fails.";

	ck_assert_str_eq(profile_bridge_message, exact);
	is(ERR_OK, add("enc", PROTOCOL_SCCP, "device-security-mode=encrypted"));
	phone(PHONE1, "7960", PROTOCOL_SCCP, "enc");
	phone(PHONE2, "7961", PROTOCOL_SCCP, "enc");
	is(ERR_OK, own(PHONE2, "builtin-bridge=on"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, own(PHONE1, "builtin-bridge=on"));
	ck_assert_str_eq(said, exact);
	/* Through the profile, too. */
	is(ERR_OK, set("enc", "pc-port=disabled"));
	ck_assert_str_eq(said, exact);
	is(ERR_OK, own(PHONE1, "builtin-bridge=off"));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(bridge_by_defaults)
{
	is(ERR_OK, add("sys", PROTOCOL_SCCP, ""));
	phone(PHONE1, "7960", PROTOCOL_SCCP, "sys");
	phone(PHONE2, "7940", PROTOCOL_SCCP, "");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	ck_assert_msg(strstr(said, profile_bridge_message) != NULL, "%s",
	    said);
	/* The one with the predefined profile stays non-secure. */
	ck_assert_msg(strstr(said, "This concerns 1 phone.") != NULL, "%s",
	    said);
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "off"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_msg(strstr(said, profile_bridge_message) != NULL, "%s",
	    said);
	is(ERR_OK, param(PARAM_TFTP_RETRIES, "7"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_LOADS, "8841=a"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_LOADS, "8841=a,8842=a"));
	ck_assert_ptr_nonnull(strstr(said, "8842 is no model"));
}
END_TEST

/* A default that changed is no occasion to say everything again. */
START_TEST(defaults_say_what_is_new)
{
	is(ERR_OK, add("own", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "exclude-digest-credentials-in-configuration-file=yes "
	    "builtin-bridge=on"));
	is(ERR_OK, add("sys", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "exclude-digest-credentials-in-configuration-file=yes"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "own");
	phone(PHONE2, "7940", PROTOCOL_SIP, "sys");
	is(ERR_OK, param(PARAM_PHONE_BUILTIN_BRIDGE, "on"));
	ck_assert_msg(str_starts(said, profile_bridge_message), "%s", said);
	ck_assert_str_eq(said + strlen(profile_bridge_message),
	    "\nThis concerns 1 phone.");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "non-secure"));
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(default_mode_is_checked)
{
	is(ERR_OK, add("sys", PROTOCOL_SIP, ""));
	phone(PHONE1, "7905", PROTOCOL_SIP, "sys");
	is(ERR_REFUSED, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	message(PHONE1);
	message("not applicable to 7905/SIP");
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_DEFAULT);
}
END_TEST

/* --- which value counts --- */

START_TEST(precedence)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "read-only"));
	value(PHONE1, SETTING_WEB_ACCESS, "read-only", FROM_PARAM);
	is(ERR_OK, set("p", "web-access=full"));
	value(PHONE1, SETTING_WEB_ACCESS, "full", FROM_PROFILE);
	is(ERR_OK, own(PHONE1, "web-access=disabled"));
	value(PHONE1, SETTING_WEB_ACCESS, "disabled", FROM_PHONE);
	is(ERR_OK, own(PHONE1, "web-access=default"));
	value(PHONE1, SETTING_WEB_ACCESS, "full", FROM_PROFILE);
	is(ERR_OK, set("p", "web-access=default"));
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "default"));
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
}
END_TEST

static void
newest(const char *name, int64_t want)
{
	struct phone_effective x;
	struct err e = { 0 };

	ck_assert_int_eq(phone_effective_load(&x, db, NULL, name, &e),
	    ERR_OK);
	ck_assert_int_eq(x.changed_at, want);
	phone_effective_clear(&x);
}

/* When a phone's file changed last: what its values are from. */
START_TEST(newest_change)
{
	struct write u = { .digest = true, .user = { .name = "ann",
	    .changed_at = 60 } };
	struct write s = { .name = PHONE1, .to = "ssh-password", .now = 70 };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	newest(PHONE1, 2);
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	newest(PHONE1, 2);
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	newest(PHONE1, 10);
	is(ERR_OK, set("p", "web-access=full"));
	newest(PHONE1, 20);
	is(ERR_OK, own(PHONE1, "digest-user=ann"));
	newest(PHONE1, 30);
	is(ERR_OK, param(PARAM_PHONE_WEB_ACCESS, "read-only"));
	newest(PHONE1, 30);		/* the profile has its own */
	is(ERR_OK, param(PARAM_PHONE_GARP, "disabled"));
	newest(PHONE1, 50);
	is(ERR_OK, run(w_user, &u));
	newest(PHONE1, 60);
	is(ERR_OK, run(w_secret_now, &s));
	newest(PHONE1, 70);
}
END_TEST

/* What was taken with --allow-weak counts. */
START_TEST(weak_counts)
{
	struct setting_change c = { setting_get(SETTING_RSA_KEY_SIZE),
	    "1024" };
	struct write w = { .spec = { .name = "weak", .protocol =
	    PROTOCOL_SIP, .change = &c, .nchange = 1 } };

	is(ERR_REFUSED, run(w_add, &w));
	message("--allow-weak");
	w.spec.flags = SETTING_ALLOW_WEAK;
	is(ERR_OK, run(w_add, &w));
	phone(PHONE1, "8861", PROTOCOL_SIP, "weak");
	value(PHONE1, SETTING_RSA_KEY_SIZE, "1024", FROM_PROFILE);
}
END_TEST

/* A size is in the way of an order that is said at the same place, or
 * farther from the phone. */
START_TEST(order_over_size)
{
	is(ERR_OK, add("rsa", PROTOCOL_SIP, "rsa-key-size=3072"));
	is(ERR_OK, add("ec", PROTOCOL_SIP, "key-order=ec-only"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "rsa");
	phone(PHONE2, "8861", PROTOCOL_SIP, "ec");
	is(ERR_OK, own(PHONE1, "key-order=ec-only"));
	is(ERR_REFUSED, own(PHONE2, "rsa-key-size=3072"));
	message("RSA Key Size (Bits) 3072 does not go with Key Order EC Only");
	is(ERR_REFUSED, own(PHONE1, "rsa-key-size=2048"));
}
END_TEST

/* "" is a value where there is a default to turn off. */
START_TEST(none_over_default)
{
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, param(PARAM_PHONE_SERVICES_URL, "http://h/"));
	value(PHONE1, SETTING_SERVICES_URL, "http://h/", FROM_PARAM);
	is(ERR_OK, own(PHONE1, "services-url="));
	value(PHONE1, SETTING_SERVICES_URL, "", FROM_PHONE);
}
END_TEST

START_TEST(predefined_stays)
{
	enum phone_protocol p;

	ck_assert(profile_is_predefined("standard sip non-secure profile",
	    &p) && p == PROTOCOL_SIP);
	ck_assert(!profile_is_predefined("", &p));
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	phone(PHONE2, "8861", PROTOCOL_SIP, "gone");
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
	value(PHONE2, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
	for (int i = 0; i < PROTOCOL_N; i++) {
		const char *name = profile_predefined(i);

		is(ERR_REFUSED, add(name, PROTOCOL_SIP, ""));
		is(ERR_REFUSED, set(name, "web-access=full"));
		message("predefined");
		is(ERR_REFUSED, named(w_rename, name, "x"));
		is(ERR_REFUSED, named(w_remove, name, NULL));
		message("copy it");
	}
	is(ERR_OK, add("x", PROTOCOL_SIP, ""));
	is(ERR_REFUSED, named(w_rename, "x", profile_predefined(0)));
}
END_TEST

/* model, protocol, mode: what the transport is when nobody says */
static const struct {
	const char	*model, *mode, *transport;
	enum setting_from from;
} transports[] = {
	{ "8861", "non-secure", "tcp+udp", FROM_DERIVED },
	{ "8861", "encrypted", "tls", FROM_DERIVED },
	{ "8861", "authenticated", "tls", FROM_DERIVED },
	{ "7905", "non-secure", "udp", FROM_MODEL },
	{ "", "non-secure", "tcp+udp", FROM_DERIVED },
};

START_TEST(transport_follows)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "device-security-mode=%s",
	    transports[_i].mode);
	is(ERR_OK, add("p", PROTOCOL_SIP, text));
	phone(PHONE1, transports[_i].model, PROTOCOL_SIP, "p");
	value(PHONE1, SETTING_TRANSPORT, transports[_i].transport,
	    transports[_i].from);
}
END_TEST

/* A profile serves several models: what one of them lacks is left out. */
START_TEST(not_applicable_has_default)
{
	is(ERR_OK, add("hard", PROTOCOL_SIP, "ssh-access=disabled "
	    "tls12-only=yes pc-port=disabled"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "hard");
	phone(PHONE2, "8861", PROTOCOL_SIP, "hard");
	value(PHONE1, SETTING_SSH_ACCESS, "", FROM_DEFAULT);
	value(PHONE1, SETTING_TLS12_ONLY, "", FROM_DEFAULT);
	value(PHONE1, SETTING_PC_PORT, "disabled", FROM_PROFILE);
	value(PHONE2, SETTING_TLS12_ONLY, "yes", FROM_PROFILE);
	is(ERR_REFUSED, own(PHONE1, "ssh-access=enabled"));
	message("SSH Access is not applicable to 7960/SIP");
	is(ERR_OK, own(PHONE2, "ssh-access=enabled"));
}
END_TEST

START_TEST(whole_phone)
{
	struct write w = { .name = PHONE1, .to = "ssh-password" };
	struct phone_effective x;
	struct err e = { 0 };

	is(ERR_OK, add("enc", PROTOCOL_SIP, "device-security-mode=encrypted "
	    "enable-digest-authentication=yes nonce-validity-time=60"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "enc");
	is(ERR_OK, own(PHONE1, "digest-user=ann idle-timer=5"));
	is(ERR_OK, run(w_secret, &w));
	ck_assert_int_eq(phone_effective_load(&x, db, NULL, PHONE1, &e),
	    ERR_OK);
	ck_assert_str_eq(x.profile, "enc");
	ck_assert_str_eq(x.model->name, "8861");
	ck_assert(x.user_known && x.user_has_digest);
	ck_assert_int_eq(x.changed_at, 30);
	ck_assert(effective_yes(&x, SETTING_DIGEST_AUTH));
	ck_assert_int_eq(effective_int(&x, SETTING_NONCE_VALIDITY), 60);
	ck_assert_int_eq(effective_int(&x, SETTING_IDLE_TIMER), 5);
	ck_assert_str_eq(effective_code(&x, SETTING_SECURITY_MODE), "3");
	ck_assert_str_eq(effective_code(&x, SETTING_TRANSPORT), "3");
	ck_assert_str_eq(effective_code(&x, SETTING_WEB_ACCESS), "");
	ck_assert_str_eq(x.value[SETTING_SSH_PASSWORD], "");
	ck_assert_int_eq(x.from[SETTING_SSH_PASSWORD], FROM_PHONE);
	ck_assert_int_eq(x.from[SETTING_PHONE_PASSWORD], FROM_DEFAULT);
	for (int i = 0; i < SETTING_N; i++)
		ck_assert_ptr_nonnull(x.value[i]);
	phone_effective_clear(&x);
	ck_assert_int_eq(phone_effective_load(&x, db, NULL, PHONE2, &e),
	    ERR_NOTFOUND);
	phone_effective_clear(&x);
}
END_TEST

/* Rows that no version wrote, or a later one, do not count. */
START_TEST(foreign_rows)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	shadow_free(db);
	ck_assert_int_eq(sqlite3_exec(db->h,
	    "INSERT INTO profile_setting VALUES ('p', 'web-access', 'open'), "
	    "('p', 'pc-port', 'DISABLED'), ('p', 'later', 'x'), "
	    "('p', 'digest-user', 'ann');"
	    "INSERT INTO phone_setting VALUES "
	    "('" PHONE1 "', 'device-security-mode', 'encrypted'), "
	    "('" PHONE1 "', 'ssh-password', 'x')", NULL, NULL, NULL), 0);
	value(PHONE1, SETTING_WEB_ACCESS, "", FROM_DEFAULT);
	value(PHONE1, SETTING_PC_PORT, "", FROM_DEFAULT);
	value(PHONE1, SETTING_DIGEST_USER, "", FROM_DEFAULT);
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_DEFAULT);
	value(PHONE1, SETTING_SSH_PASSWORD, "", FROM_DEFAULT);
}
END_TEST

START_TEST(base_serves_many)
{
	struct profile_base *b;
	struct phone_effective x;
	struct err e = { 0 };

	is(ERR_OK, add("a", PROTOCOL_SIP, "pc-port=disabled"));
	is(ERR_OK, add("b", PROTOCOL_SIP, "pc-port=enabled"));
	is(ERR_OK, add("c", PROTOCOL_SCCP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "a");
	phone(PHONE2, "8861", PROTOCOL_SIP, "b");
	ck_assert_int_eq(profile_base_load(&b, db, &e), ERR_OK);
	ck_assert_int_eq(phone_effective_load(&x, db, b, PHONE1, &e), ERR_OK);
	ck_assert_str_eq(x.value[SETTING_PC_PORT], "disabled");
	phone_effective_clear(&x);
	ck_assert_int_eq(phone_effective_load(&x, db, b, PHONE2, &e), ERR_OK);
	ck_assert_str_eq(x.value[SETTING_PC_PORT], "enabled");
	phone_effective_clear(&x);
	ck_assert_int_eq(profile_effective(&x, db, b, "c", PROTOCOL_SIP, &e),
	    ERR_OK);
	ck_assert_int_eq(x.phone.protocol, PROTOCOL_SCCP);
	phone_effective_clear(&x);
	ck_assert_int_eq(profile_effective(&x, db, b, "d", PROTOCOL_SIP, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(profile_effective(&x, db, b,
	    "Standard SCCP Non-Secure Profile", PROTOCOL_SIP, &e), ERR_OK);
	ck_assert_int_eq(x.phone.protocol, PROTOCOL_SCCP);
	phone_effective_clear(&x);
	profile_base_free(b);
	profile_base_free(NULL);
}
END_TEST

/* --- changes --- */

START_TEST(add_again)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, "key-order=ec-only nonce-validity-"
	    "time=600"));
	/* The default of a profile's own setting is no row. */
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM profile_setting"),
	    1);
	is(ERR_OK, add("p", PROTOCOL_SIP, "key-order=ec-only"));
	is(ERR_EXISTS, add("p", PROTOCOL_SIP, "key-order=rsa-only"));
	message("Key Order");
	is(ERR_EXISTS, add("p", PROTOCOL_SIP, ""));
	message("not given");
	is(ERR_EXISTS, add("p", PROTOCOL_SCCP, "key-order=ec-only"));
	message("protocol");
	is(ERR_ARG, add("p", PROTOCOL_SIP, "key-order=none"));
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone_profile"),
	    10);
}
END_TEST

START_TEST(set_once)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	is(ERR_OK, set("p", "pc-port=disabled"));
	ck_assert(changed);
	is(ERR_OK, set("p", "pc-port=no"));
	ck_assert(!changed);
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone_profile"),
	    20);
	is(ERR_OK, set("p", "nonce-validity-time=600"));
	ck_assert(!changed);
	is(ERR_NOTFOUND, set("q", "pc-port=no"));
	message("phone profile list");
	is(ERR_REFUSED, set("p", "display-name=x"));
	message("phone set");
	is(ERR_REFUSED, set("p", "rsa-key-size=1024"));
	message("--allow-weak");
}
END_TEST

START_TEST(set_row)
{
	struct write w = { .spec = { .name = "p", .protocol = PROTOCOL_SCCP,
	    .description = "caf\xc3\xa9" } };

	is(ERR_OK, add("p", PROTOCOL_SIP, "transport-type=udp"));
	is(ERR_REFUSED, run(w_set, &w));
	message("set --transport-type default");
	is(ERR_OK, set("p", "transport-type=default"));
	is(ERR_OK, run(w_set, &w));
	ck_assert(w.changed);
	w.changed = false;
	is(ERR_OK, run(w_set, &w));
	ck_assert(!w.changed);
	phone(PHONE1, "7941", PROTOCOL_SCCP, "p");
	w.spec.protocol = PROTOCOL_SIP;
	is(ERR_REFUSED, run(w_set, &w));
	message("used by 1 phones");
	w.spec.protocol = -1;
	w.spec.description = "a<b";
	is(ERR_ARG, run(w_set, &w));
}
END_TEST

/* What one phone cannot do stops the change for all. */
START_TEST(set_checks_phones)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	phone(PHONE2, "7912", PROTOCOL_SIP, "p");
	is(ERR_REFUSED, set("p", "device-security-mode=encrypted"));
	message(PHONE2);
	message("profile p");
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM profile_setting"),
	    0);
	phone(PHONE2, "7962", PROTOCOL_SIP, "p");
	is(ERR_OK, set("p", "device-security-mode=encrypted"));
}
END_TEST

/* Security mode and certificate: refused, or waiting, never a trap. */
START_TEST(set_checks_certificates)
{
	struct write w = { .name = PHONE1 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE1, DEVICE_REVOKED);
	is(ERR_REFUSED, set("p", "device-security-mode=authenticated"));
	message(PHONE1 " has none");
	message("utils capf install " PHONE1);
	message("--secure-when-ready yes");
	is(ERR_OK, set("p", "device-security-mode=encrypted "
	    "secure-when-ready=yes"));
	ck_assert_str_eq(said, "");
	is(ERR_REFUSED, set("p", "secure-when-ready=no"));
	/* The phone may say it for itself. */
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	is(ERR_OK, set("p", "secure-when-ready=no"));
	is(ERR_REFUSED, own(PHONE1, "secure-when-ready=default"));
	certificate(PHONE1, DEVICE_CURRENT);
	is(ERR_OK, own(PHONE1, "secure-when-ready=default"));
	is(ERR_OK, run(w_check_new, &w));
	/* Lost later: advice, or nothing of the phone could be changed. */
	certificate(PHONE1, DEVICE_DELETED);
	is(ERR_OK, own(PHONE1, "certificate-operation=install-upgrade"));
	ck_assert_msg(strstr(said, "stays non-secure until") != NULL, "%s",
	    said);
	is(ERR_OK, set("p", "pc-port=disabled"));
	is(ERR_REFUSED, run(w_check_new, &w));
	/* The default of all phones is a mode as well. */
	is(ERR_OK, add("q", PROTOCOL_SIP, ""));
	phone(PHONE2, "8861", PROTOCOL_SIP, "q");
	certificate(PHONE2, DEVICE_REVOKED);
	is(ERR_REFUSED, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	message(PHONE2);
	certificate(PHONE2, DEVICE_CURRENT);
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
}
END_TEST

START_TEST(nothing_to_type)
{
	struct write w = { .name = PHONE1, .to = "authentication-string" };

	is(ERR_OK, add("p", PROTOCOL_SIP,
	    "authentication-mode=by-authentication-string"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert_str_eq(said, "");
	is(ERR_OK, own(PHONE1, "certificate-operation=install-upgrade"));
	ck_assert_msg(strstr(said, "utils capf authstring") != NULL, "%s",
	    said);
	is(ERR_OK, run(w_secret, &w));
	is(ERR_OK, own(PHONE1, "pc-port=enabled"));
	ck_assert_str_eq(said, "");
	/* Encrypted files send it there as well. */
	phone(PHONE2, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE2, DEVICE_REVOKED);
	is(ERR_OK, set("p", "tftp-encrypted-config=yes"));
	ck_assert_msg(strstr(said, "utils capf authstring") != NULL, "%s",
	    said);
}
END_TEST

/* The parameter is what profiles without a size have. */
START_TEST(key_size_of_all)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_OK, param(PARAM_CAPF_KEY_SIZE, "4096"));
	value(PHONE1, SETTING_RSA_KEY_SIZE, "4096", FROM_PARAM);
	is(ERR_OK, set("p", "rsa-key-size=3072"));
	value(PHONE1, SETTING_RSA_KEY_SIZE, "3072", FROM_PROFILE);
}
END_TEST

START_TEST(phone_of_other_protocol)
{
	struct write w = { .name = PHONE1 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	phone(PHONE1, "7941", PROTOCOL_SCCP, "p");
	is(ERR_REFUSED, run(w_check, &w));
	message("profile p is for SIP");
	phone(PHONE1, "8861", PROTOCOL_SCCP, "");
	is(ERR_REFUSED, run(w_check, &w));
	message("no firmware");
}
END_TEST

/* A setting left behind by a change of the model. */
START_TEST(left_behind)
{
	struct write w = { .name = PHONE1 };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, own(PHONE1, "ssh-access=enabled"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "");
	is(ERR_REFUSED, run(w_check, &w));
	message("--ssh-access default");
	is(ERR_OK, own(PHONE1, "ssh-access=default"));
	is(ERR_OK, run(w_check, &w));
}
END_TEST

START_TEST(own_settings)
{
	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert(changed);
	ck_assert_int_eq(fix_i64(db, "SELECT changed_at FROM phone"), 30);
	is(ERR_OK, own(PHONE1, "pc-port=disabled"));
	ck_assert(!changed);
	is(ERR_OK, own(PHONE1, "certificate-operation=no-pending-operation"));
	ck_assert(!changed);
	is(ERR_REFUSED, own(PHONE1, "transport-type=udp"));
	message("phone profile set");
	is(ERR_ARG, own(PHONE1, "ssh-password=x"));
	is(ERR_NOTFOUND, own(PHONE2, "pc-port=disabled"));
	is(ERR_REFUSED, own(PHONE1, "rsa-key-size=512"));
}
END_TEST

/* Its file is open to all until its first key: said where there is anything
 * in it that should not be. */
START_TEST(waiting_with_passwords)
{
	struct write w = { .name = PHONE1, .to = "phone-password" };
	static const char note[] = "its file is served whole to whoever asks, "
	    "with its passwords";

	is(ERR_OK, add("p", PROTOCOL_SIP, "tftp-encrypted-config=yes "
	    "secure-when-ready=yes"));
	ck_assert_ptr_nonnull(strstr(said, note));
	is(ERR_OK, set("p", "secure-when-ready=no"));
	ck_assert_ptr_null(strstr(said, note));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	certificate(PHONE1, DEVICE_REVOKED);
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_null(strstr(said, note));
	is(ERR_OK, own(PHONE1, "secure-when-ready=no"));
	is(ERR_OK, run(w_secret, &w));
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_nonnull(strstr(said, note));
	is(ERR_OK, own(PHONE1, "secure-when-ready=no"));
	certificate(PHONE1, DEVICE_CURRENT);
	is(ERR_OK, own(PHONE1, "secure-when-ready=yes"));
	ck_assert_ptr_null(strstr(said, note));
}
END_TEST

START_TEST(symmetric_key)
{
	struct write w = { .name = PHONE1, .to = "symmetric-key" };

	is(ERR_OK, add("p", PROTOCOL_SIP, "tftp-encrypted-config=yes"));
	phone(PHONE1, "7960", PROTOCOL_SIP, "p");
	is(ERR_REFUSED, run(w_check, &w));
	is(ERR_OK, run(w_secret, &w));
	is(ERR_REFUSED, run(w_check, &w));
	message("files.symmetric_encryption yes");
	is(ERR_OK, param(PARAM_FILES_SYMMETRIC, "yes"));
	is(ERR_OK, run(w_check, &w));
	is(ERR_REFUSED, param(PARAM_FILES_SYMMETRIC, "no"));
	message(PHONE1);
}
END_TEST

START_TEST(authentication_string)
{
	struct write w = { .name = PHONE1, .to = "authentication-string" };

	phone(PHONE1, "8861", PROTOCOL_SIP, "");
	is(ERR_OK, run(w_secret, &w));
	is(ERR_REFUSED, run(w_check, &w));
	message("Authentication Mode By Null String");
	is(ERR_OK, own(PHONE1, "authentication-mode=by-authentication-"
	    "string"));
}
END_TEST

START_TEST(copies)
{
	is(ERR_OK, add("p", PROTOCOL_SCCP, "pc-port=disabled "
	    "device-security-mode=encrypted"));
	is(ERR_OK, named(w_copy, "p", "q"));
	ck_assert(changed);
	is(ERR_OK, named(w_copy, "p", "q"));
	ck_assert(!changed);
	is(ERR_OK, set("q", "pc-port=enabled"));
	is(ERR_EXISTS, named(w_copy, "p", "q"));
	is(ERR_NOTFOUND, named(w_copy, "none", "x"));
	is(ERR_ARG, named(w_copy, "p", "a\tb"));
	/* A copy of a predefined one stays non-secure whatever comes. */
	is(ERR_OK, named(w_copy, "Standard SIP Non-Secure Profile", "mine"));
	is(ERR_OK, param(PARAM_PHONE_SECURITY_MODE, "encrypted"));
	phone(PHONE1, "8861", PROTOCOL_SIP, "mine");
	value(PHONE1, SETTING_SECURITY_MODE, "non-secure", FROM_PROFILE);
}
END_TEST

START_TEST(renames)
{
	is(ERR_OK, add("p", PROTOCOL_SIP, "pc-port=disabled"));
	is(ERR_OK, add("other", PROTOCOL_SIP, ""));
	phone(PHONE1, "8861", PROTOCOL_SIP, "p");
	is(ERR_EXISTS, named(w_rename, "p", "other"));
	is(ERR_NOTFOUND, named(w_rename, "none", "x"));
	is(ERR_OK, named(w_rename, "p", "p"));
	ck_assert(!changed);
	is(ERR_OK, named(w_rename, "p", "new name (1)"));
	ck_assert(changed);
	value(PHONE1, SETTING_PC_PORT, "disabled", FROM_PROFILE);
	is(ERR_NOTFOUND, set("p", "pc-port=enabled"));
}
END_TEST

START_TEST(removes)
{
	char name[32];

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(name, sizeof(name), "SEP00000000000%d", i);
		phone(name, "8861", PROTOCOL_SIP, "p");
	}
	is(ERR_REFUSED, named(w_remove, "p", NULL));
	message("used by 5 phones (SEP000000000001, SEP000000000002, "
	    "SEP000000000003, ...)");
	for (int i = 1; i <= 5; i++) {
		(void)snprintf(name, sizeof(name), "SEP00000000000%d", i);
		phone(name, "8861", PROTOCOL_SIP, "");
	}
	is(ERR_OK, named(w_remove, "p", NULL));
	is(ERR_NOTFOUND, named(w_remove, "p", NULL));
}
END_TEST

START_TEST(resolves)
{
	char out[PROFILE_NAME_MAX + 1];
	struct err e = { 0 };

	is(ERR_OK, add("p", PROTOCOL_SIP, ""));
	ck_assert_int_eq(profile_resolve(db, "p", PROTOCOL_SIP, out, &e), 0);
	ck_assert_str_eq(out, "p");
	ck_assert_int_eq(profile_resolve(db, "", PROTOCOL_SCCP, out, &e), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(profile_resolve(db,
	    "Standard SIP Non-Secure Profile", PROTOCOL_SIP, out, &e), 0);
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(profile_resolve(db,
	    "Standard SIP Non-Secure Profile", PROTOCOL_SCCP, out, &e),
	    ERR_REFUSED);
	ck_assert_int_eq(profile_resolve(db, "p", PROTOCOL_SCCP, out, &e),
	    ERR_REFUSED);
	ck_assert_int_eq(profile_resolve(db, "q", PROTOCOL_SIP, out, &e),
	    ERR_NOTFOUND);
}
END_TEST

static const struct {
	const char	*name, *set;
} made[] = {
	{ "plain", "device-security-mode=non-secure "
	    "tftp-encrypted-config=no " },
	{ "hardened", "device-security-mode=encrypted "
	    "tftp-encrypted-config=yes settings-access=restricted "
	    "web-access=disabled tls12-only=yes pc-voice-vlan-access=disabled "
	    "gratuitous-arp=disabled ssh-access=disabled " },
	{ "secure-when-ready", "device-security-mode=encrypted "
	    "tftp-encrypted-config=yes secure-when-ready=yes " },
};

/* Word for word what manual and help say of them. */
START_TEST(template_values)
{
	const struct profile_template *t = profile_template_find(
	    made[_i].name);
	char text[512] = "";
	size_t n = 0;

	ck_assert_ptr_nonnull(t);
	for (const struct template_value *v = t->set; v->value != NULL; v++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s=%s ",
		    setting_get(v->id)->option, v->value);
	ck_assert_str_eq(text, made[_i].set);
}
END_TEST

static const struct {
	const char	*text;
	bool		 name, description;
} texts[] = {
	{ "enc", true, true }, { "A b.c-d_e(f)/g", true, true },
	{ "", false, true }, { " a", false, true }, { "a ", false, true },
	{ "a\"b", false, false }, { "a%b", false, false },
	{ "a&b", false, false }, { "a\\b", false, false },
	{ "a<b", false, false }, { "a\nb", false, false },
	{ "\xc3\xa4", false, true }, { "\xff", false, false },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
	    true, false },
	{ "01234567890123456789012345678901234567890123456789012345678901234",
	    false, false },
	{ "01234567890123456789012345678901234567890123456789", true, true },
	{ "01234567890123456789012345678901234567890123456789x", true,
	    false },
};

START_TEST(names_and_descriptions)
{
	char name[PROFILE_NAME_MAX + 1], text[DESCRIPTION_LEN];
	struct err e = { 0 };

	ck_assert_int_eq(profile_name(texts[_i].text, name, &e) == ERR_OK,
	    texts[_i].name);
	ck_assert_int_eq(description_check(texts[_i].text, text, &e) ==
	    ERR_OK, texts[_i].description);
}
END_TEST

START_TEST(ready_made)
{
	int n = 0;

	for (const struct profile_template *t = profile_templates();
	    t->name != NULL; t++, n++) {
		struct write w = { .spec = { .name = t->name,
		    .protocol = PROTOCOL_SIP } };
		size_t k = 0;

		for (; t->set[k].value != NULL; k++) {
			w.change[k].setting = setting_get(t->set[k].id);
			w.change[k].value = t->set[k].value;
		}
		ck_assert_uint_le(k, 8);
		w.spec.change = w.change;
		w.spec.nchange = k;
		is(ERR_OK, run(w_add, &w));
		ck_assert_msg((strncmp(said, "NOTE: Secure When Ready: ", 25)
		    == 0) == (n == 2) && (n == 2 || said[0] == '\0'), "%s",
		    said);
		ck_assert_ptr_eq(profile_template_find(t->name), t);
	}
	ck_assert_int_eq(n, 3);
	ck_assert_ptr_null(profile_template_find("none"));
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rules);
	tcase_add_test(t, codes);
	tcase_add_test(t, bridge_wording);
	tcase_add_test(t, bridge_by_defaults);
	tcase_add_test(t, defaults_say_what_is_new);
	tcase_add_test(t, default_mode_is_checked);
	tcase_add_test(t, precedence);
	tcase_add_test(t, newest_change);
	tcase_add_test(t, weak_counts);
	tcase_add_test(t, order_over_size);
	tcase_add_test(t, none_over_default);
	tcase_add_test(t, predefined_stays);
	tcase_add_loop_test(t, transport_follows, 0, N(transports));
	tcase_add_test(t, not_applicable_has_default);
	tcase_add_test(t, whole_phone);
	tcase_add_test(t, foreign_rows);
	tcase_add_test(t, base_serves_many);
	tcase_add_test(t, add_again);
	tcase_add_test(t, set_once);
	tcase_add_test(t, set_row);
	tcase_add_test(t, set_checks_phones);
	tcase_add_test(t, set_checks_certificates);
	tcase_add_test(t, nothing_to_type);
	tcase_add_test(t, key_size_of_all);
	tcase_add_test(t, phone_of_other_protocol);
	tcase_add_test(t, left_behind);
	tcase_add_test(t, own_settings);
	tcase_add_test(t, waiting_with_passwords);
	tcase_add_test(t, symmetric_key);
	tcase_add_test(t, authentication_string);
	tcase_add_test(t, copies);
	tcase_add_test(t, renames);
	tcase_add_test(t, removes);
	tcase_add_test(t, resolves);
	tcase_add_loop_test(t, names_and_descriptions, 0, N(texts));
	tcase_add_test(t, ready_made);
	tcase_add_loop_test(t, template_values, 0, N(made));
	suite_add_tcase(s, t);
	return fix_run(s);
}
