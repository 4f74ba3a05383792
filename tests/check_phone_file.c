/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's file from its rows: byte for byte for every class of models, and
 * what its name in the cache depends on.  The golden files in
 * tests/data/render were made by this code and read line by line; with
 * RENDER_GOLDEN set to a folder they are written there.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "trust/phone_file.h"
#include "trust/profile.h"

#define DEV	"SEP0011223344AA"
#define CHANGES	16

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
static struct db *db;
static struct keyring_new *fresh;
static struct keyring *kr;
static struct rng rng;
static struct rng_seeded seed;
static struct render_servers servers;
static struct render_loads loads;
static struct profile_base *base;
static struct phone_file_base b;

/* --- rows --- */

static int
put_node(struct db *d, void *arg, struct err *e)
{
	struct row_node node = { .name = "cm1", .joined_at = 1,
	    .changed_at = 100 };
	struct row_node_name name = { .is_ip = true };
	int ret;

	memcpy(node.port, node_port_default, sizeof(node.port));
	(void)str_copy(name.text, sizeof(name.text), arg);
	if ((ret = row_node_put(d, &node, e)) != ERR_OK)
		return ret;
	return row_node_names_put(d, "cm1", &name, 1, e);
}

static void
read_base(void)
{
	struct err e = { 0 };

	profile_base_free(base);
	ck_assert_int_eq(render_servers_load(&servers, db, &e), ERR_OK);
	ck_assert_int_eq(render_loads_load(&loads, db, &e), ERR_OK);
	ck_assert_int_eq(profile_base_load(&base, db, &e), ERR_OK);
	b = (struct phone_file_base){ .servers = &servers, .profiles = base,
	    .realm = "ccmsipline", .loads = &loads };
}

static void
setup(void)
{
	struct err e = { 0 };

	rng_seeded_init(&rng, &seed, 4711);
	ck_assert_ptr_nonnull(fresh = keyring_make(master, "cm1", &rng, &e));
	ck_assert_ptr_nonnull(kr = keyring_of_new(fresh, KEYRING_CRED, &e));
	db = fix_create(fix_folder());
	fix_tx(db, put_node, (void *)(uintptr_t)"192.0.2.1");
	base = NULL;
	read_base();
}

static void
teardown(void)
{
	profile_base_free(base);
	db_close(db);
	fix_remove();
	keyring_free(kr);
	keyring_new_free(fresh);
}

struct make {
	const char		*model;
	enum phone_protocol	 protocol;
	const char		*template;	/* NULL: predefined profile */
	const char		*set;		/* further "a=b c=d" */
	const uint8_t		*xml;
	size_t			 xmllen;
	int64_t			 now;
};

/* The settings of a template that the protocol has, then those of text. */
static size_t
changes_of(const struct make *m, char *text, struct setting_change c[CHANGES])
{
	const struct profile_template *t;
	char *word, *rest = text;
	size_t n = 0;

	if (m->template != NULL) {
		t = profile_template_find(m->template);
		ck_assert_ptr_nonnull(t);
		for (const struct template_value *v = t->set;
		    v->value != NULL; v++)
			if (setting_applies(setting_get(v->id), NULL,
			    m->protocol))
				c[n++] = (struct setting_change){
				    setting_get(v->id), v->value };
	}
	while (rest != NULL && (word = strsep(&rest, " ")) != NULL) {
		char *eq = strchr(word, '=');

		ck_assert(eq != NULL && n < CHANGES);
		*eq = '\0';
		c[n++] = (struct setting_change){ setting_find(word),
		    eq + 1 };
		ck_assert_ptr_nonnull(c[n - 1].setting);
	}
	return n;
}

static int
put_own(struct db *d, const struct make *m, struct err *e)
{
	struct row_phone_file f = { .name = DEV, .origin = "command",
	    .changed_at = m->now, .len = m->xmllen };
	int ret;

	if ((ret = digest_buf(DIGEST_SHA256, m->xml, m->xmllen, f.sha256,
	    e)) != ERR_OK)
		return ret;
	ck_assert_ptr_nonnull(f.xml = malloc(m->xmllen));
	memcpy(f.xml, m->xml, m->xmllen);
	ret = row_phone_file_put(d, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
put_phone(struct db *d, void *arg, struct err *e)
{
	const struct make *m = arg;
	struct row_phone p = { .name = DEV, .protocol = m->protocol,
	    .created_at = m->now, .changed_at = m->now };
	struct profile_spec spec = { .name = "try",
	    .protocol = (int)m->protocol };
	struct setting_change c[CHANGES];
	struct profile_result r = { .changed = false };
	char text[512] = "";
	int ret = ERR_OK;

	if (m->set != NULL)
		(void)str_copy(text, sizeof(text), m->set);
	spec.change = c;
	spec.nchange = changes_of(m, m->set != NULL ? text : NULL, c);
	(void)str_copy(p.model, sizeof(p.model), m->model);
	if (spec.nchange > 0) {
		(void)str_copy(p.profile, sizeof(p.profile), "try");
		ret = profile_add(d, &spec, m->now, &r, e);
		profile_result_clear(&r);
	}
	if (ret == ERR_OK)
		ret = row_phone_put(d, &p, e);
	if (ret == ERR_OK && m->xml != NULL)
		ret = put_own(d, m, e);
	return ret;
}

static void
phone(const struct make *m)
{
	struct make copy = *m;

	fix_tx(db, put_phone, &copy);
	read_base();
}

/* --- golden files --- */

static uint8_t *
data_file(const char *name, size_t *len)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX];
	struct err e = { 0 };
	uint8_t *buf;

	(void)snprintf(path, sizeof(path), "%s/tests/data/render/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	return buf;
}

static uint8_t *
render(size_t *len)
{
	struct phone_file f;
	struct err e = { 0 };
	uint8_t *out = NULL;

	ck_assert_msg(phone_file_load(&f, db, &b, DEV, &e) == ERR_OK, "%s",
	    e.msg);
	/* The whole file, of those that lead to an encrypted one too. */
	ck_assert_msg(phone_file_render(&f, &b, kr, f.open ==
	    PHONE_FILE_STUB ? PHONE_FILE_BARE : f.open, &out, len, &e) ==
	    ERR_OK, "%s", e.msg);
	phone_file_clear(&f);
	return out;
}

#define FULL	"load=sip88xx.14-2-1 load-server=192.0.2.9 "		\
	"user-locale=German_Germany user-locale-language=de_DE "	\
	"user-locale-version=14.1 network-locale=Germany "		\
	"network-locale-version=14.1 dial-template=plan.xml "		\
	"soft-key-file=keys.xml feature-policy-file=policy.xml "	\
	"directory-url=http://192.0.2.1/directory "			\
	"secure-directory-url=https://192.0.2.1/directory " 		\
	"idle-url=http://192.0.2.1/idle idle-timer=60"

static const struct golden {
	const char	*out, *model;
	enum phone_protocol protocol;
	const char	*template, *set, *xml;
} goldens[] = {
	/* Every class of models; those that stop at less are refused the
	 * whole template, so hardening alone. */
#define HARD	"settings-access=restricted web-access=disabled "	\
	"pc-voice-vlan-access=disabled gratuitous-arp=disabled "	\
	"ssh-access=disabled tls12-only=yes"
	{ "sip-7905", "7905", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7960", "7960", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7941", "7941", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7942", "7942", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-6901", "6901", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-6921", "6921", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-7841", "7841", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-8861", "8861", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-8945", "8945", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-9971", "9971", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sip-unknown", "", PROTOCOL_SIP, NULL, HARD, NULL },
	{ "sccp-7905", "7905", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7960", "7960", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7941", "7941", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-7942", "7942", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-6901", "6901", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-6921", "6921", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-8945", "8945", PROTOCOL_SCCP, NULL, HARD, NULL },
	{ "sccp-unknown", "", PROTOCOL_SCCP, NULL, HARD, NULL },
	/* Templates; secure profiles in a non-secure cluster. */
	{ "plain", "8861", PROTOCOL_SIP, "plain", NULL, NULL },
	{ "hardened", "8861", PROTOCOL_SIP, "hardened", NULL, NULL },
	{ "hardened-sccp", "7965", PROTOCOL_SCCP, "hardened", NULL, NULL },
	{ "when-ready", "8861", PROTOCOL_SIP, "secure-when-ready", NULL,
	    NULL },
	{ "authenticated", "7941", PROTOCOL_SIP, NULL,
	    "device-security-mode=authenticated", NULL },
	{ "full", "8841", PROTOCOL_SIP, NULL, FULL, NULL },
	{ "own-hardened", "8861", PROTOCOL_SIP, "hardened", NULL,
	    "hobby.xml" },
};

/* Whatever class of models is added gets its golden files. */
START_TEST(every_class)
{
	const struct model *m;
	size_t n, seen = 0;

	m = model_table(&n);
	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < PROTOCOL_N; p++) {
			bool has = !model_can(&m[i], p, MODEL_RUNS);

			for (size_t k = 0; k < sizeof(goldens) /
			    sizeof(goldens[0]); k++) {
				const struct golden *g = &goldens[k];

				if ((int)g->protocol == p &&
				    g->template == NULL && g->xml == NULL &&
				    model_of(g->model)->class == m[i].class) {
					has = true;
					seen++;
				}
			}
			ck_assert_msg(has, "%s of class %s", m[i].name,
			    m[i].class->name);
		}
	ck_assert_uint_ge(seen, n);
}
END_TEST

START_TEST(golden)
{
	const struct golden *g = &goldens[_i];
	struct make m = { .model = g->model, .protocol = g->protocol,
	    .template = g->template, .set = g->set, .now = 1000 };
	const char *folder = getenv("RENDER_GOLDEN");
	size_t wantlen, gotlen, againlen;
	uint8_t *want, *got, *again, *xml = NULL;
	char name[64], path[PATH_MAX];
	struct err e = { 0 };

	if (g->xml != NULL)
		m.xml = xml = data_file(g->xml, &m.xmllen);
	phone(&m);
	got = render(&gotlen);
	(void)snprintf(name, sizeof(name), "%s.out.xml", g->out);
	if (folder != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
		ck_assert_int_eq(file_replace(AT_FDCWD, path, 0644, got,
		    gotlen, &e), ERR_OK);
	}
	want = data_file(name, &wantlen);
	ck_assert_msg(gotlen == wantlen && memcmp(got, want, gotlen) == 0,
	    "%s:\n%s", name, got);
	again = render(&againlen);
	ck_assert_str_eq((char *)again, (char *)got);
	free(again);
	free(want);
	free(got);
	free(xml);
}
END_TEST

/* --- its name in the cache --- */

static void
key(uint8_t out[32], int64_t *changed_at)
{
	struct phone_file f;
	struct err e = { 0 };

	read_base();
	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_OK);
	ck_assert_int_eq(phone_file_key(&f, &b, f.open, out, &e), ERR_OK);
	if (changed_at != NULL)
		*changed_at = f.changed_at;
	phone_file_clear(&f);
}

static uint8_t before[32];

static void
differs(bool want)
{
	uint8_t now[32];

	key(now, NULL);
	ck_assert_int_eq(memcmp(before, now, 32) != 0, want);
	memcpy(before, now, 32);
}

struct change {
	const char	*value;
	const struct setting *setting;
	enum param_id	 param;
	const char	*profile, *secret, *user, *realm;
	uint8_t		*sealed;
	size_t		 len;
};

static int
set_own(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s = { c->setting, c->value };
	char *advice = NULL;
	bool changed;
	int ret = phone_settings_set(d, NULL, DEV, &s, 1, 0, 2000, &changed,
	    &advice, e);

	free(advice);
	return ret;
}

static int
set_profile(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s = { c->setting, c->value };
	struct profile_spec spec = { .name = c->profile, .protocol = -1,
	    .change = &s, .nchange = 1 };
	struct profile_result r = { .changed = false };
	int ret = profile_set(d, &spec, 3000, &r, e);

	profile_result_clear(&r);
	return ret;
}

static int
set_param(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(d, &param_table()[c->param], "", c->value, 4000,
	    &changed, e);
}

static int
add_other(struct db *d, void *arg, struct err *e)
{
	struct profile_spec spec = { .name = "other" };
	struct profile_result r = { .changed = false };
	int ret = profile_add(d, &spec, 3500, &r, e);

	(void)arg;
	profile_result_clear(&r);
	return ret;
}

static void
param(enum param_id id, const char *value)
{
	struct change c = { .param = id, .value = value };

	fix_tx(db, set_param, &c);
}

START_TEST(depends)
{
	struct make m = { .model = "8861", .set = "web-access=disabled",
	    .now = 1000 };
	struct change own = { .setting = setting_get(SETTING_LOAD),
	    .value = "own" };
	struct change prof = { .profile = "try",
	    .setting = setting_get(SETTING_GARP), .value = "disabled" };
	int64_t at;

	phone(&m);
	key(before, &at);
	ck_assert_int_eq(at, 1000);
	differs(false);
	/* What concerns others. */
	fix_phone(db, "SEP000000000009");
	fix_tx(db, add_other, NULL);
	param(PARAM_TFTP_RETRIES, "7");
	param(PARAM_PHONE_LOADS, "7965=x");
	differs(false);
	/* What concerns it. */
	fix_tx(db, set_own, &own);
	differs(true);
	fix_tx(db, set_profile, &prof);
	differs(true);
	param(PARAM_PHONE_PC_PORT, "disabled");
	differs(true);
	param(PARAM_SIP_PHONE_PORT, "5070");
	differs(true);
	key(before, &at);
	ck_assert_int_eq(at, 4000);
	fix_tx(db, put_node, (void *)(uintptr_t)"192.0.2.77");
	differs(true);
	own.value = NULL;
	fix_tx(db, set_own, &own);
	differs(true);
	param(PARAM_PHONE_LOADS, "8861=y");
	differs(true);
}
END_TEST

static int
put_own_tx(struct db *d, void *arg, struct err *e)
{
	return put_own(d, arg, e);
}

/* The newest of all that the file is made of. */
START_TEST(when_changed)
{
	struct make m = { .model = "8861", .now = 50 };
	struct make own = { .xml = (const uint8_t *)"<device/>",
	    .xmllen = 9, .now = 9000 };
	uint8_t k[32];
	int64_t at;

	phone(&m);
	key(k, &at);
	ck_assert_int_eq(at, 100);	/* the node */
	param(PARAM_PHONE_LOADS, "8841=y");
	read_base();
	key(k, &at);
	ck_assert_int_eq(at, 100);	/* another model's firmware */
	param(PARAM_PHONE_LOADS, "8861=y");
	read_base();
	key(k, &at);
	ck_assert_int_eq(at, 4000);
	fix_tx(db, put_own_tx, &own);
	key(k, &at);
	ck_assert_int_eq(at, 9000);
}
END_TEST

START_TEST(ports)
{
	struct make m = { .model = "8861", .now = 1000 };
	size_t len;
	uint8_t *out;

	phone(&m);
	param(PARAM_SIP_PHONE_PORT, "5070");
	param(PARAM_SIP_PHONE_SECURE_PORT, "5071");
	param(PARAM_CAPF_PHONE_PORT, "3900");
	read_base();
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out, "<sipPort>5070<"));
	ck_assert_ptr_nonnull(strstr((char *)out, "<securedSipPort>5071<"));
	ck_assert_ptr_nonnull(strstr((char *)out, "<phonePort>3900<"));
	free(out);
	m.model = "7965";
	m.protocol = PROTOCOL_SCCP;
	fix_tx(db, put_phone, &m);
	param(PARAM_SCCP_PHONE_PORT, "2010");
	param(PARAM_SCCP_PHONE_SECURE_PORT, "2020");
	read_base();
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<ethernetPhonePort>2010<"));
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<securedEthernetPhonePort>2020<"));
	free(out);
}
END_TEST

/* --- firmware by model --- */

START_TEST(firmware)
{
	struct make m = { .model = "8861", .now = 1000 };
	size_t len;
	uint8_t *out;

	render_loads_parse(&loads, "8861=a,7965=b,8861=c,nosuch=d,=e,x");
	ck_assert_uint_eq(loads.n, 2);
	ck_assert_str_eq(render_loads_find(&loads, model_find("8861")), "a");
	ck_assert_str_eq(render_loads_find(&loads, model_find("7965")), "b");
	ck_assert_str_eq(render_loads_find(&loads, model_find("7960")), "");
	ck_assert_str_eq(render_loads_find(&loads, model_unknown()), "");
	param(PARAM_PHONE_LOADS, "8861=sip8861.1");
	phone(&m);
	out = render(&len);
	ck_assert_ptr_nonnull(strstr((char *)out,
	    "<loadInformation>sip8861.1<"));
	free(out);
}
END_TEST

/* --- secrets --- */

static int
put_secret(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone p;
	int ret;

	if ((ret = row_phone_get(d, DEV, &p, e)) != ERR_OK ||
	    (ret = row_secret_put(d, DEV, c->secret, c->sealed, c->len, 1000,
	    e)) != ERR_OK)
		return ret;
	return row_phone_put(d, &p, e);
}

static int
put_user(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_user u = { .changed_at = 900 };
	struct row_credential cred = { .sealed = c->sealed, .len = c->len,
	    .changed_at = 5000 };
	int ret;

	(void)str_copy(u.name, sizeof(u.name), c->user);
	(void)str_copy(cred.realm, sizeof(cred.realm), c->realm);
	if ((ret = row_user_put(d, &u, e)) == ERR_OK)
		ret = row_credential_put(d, CREDENTIAL_USER, c->user, &cred,
		    e);
	return ret;
}

static void
secret(const char *name, const char *text)
{
	struct change c = { .secret = name };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_phone(kr, &rng, DEV, name, text, &c.sealed,
	    &c.len, &e), ERR_OK);
	fix_tx(db, put_secret, &c);
	free(c.sealed);
}

static void
user(const char *realm, const char *text)
{
	struct change c = { .user = "ann", .realm = realm };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_digest(kr, &rng, CREDENTIAL_USER, "ann",
	    realm, text, &c.sealed, &c.len, &e), ERR_OK);
	fix_tx(db, put_user, &c);
	free(c.sealed);
}

static bool
has(const char *text)
{
	size_t len;
	uint8_t *out = render(&len);
	bool found = strstr((char *)out, text) != NULL;

	free(out);
	return found;
}

START_TEST(secrets)
{
	struct make m = { .model = "8861", .now = 1000,
	    .set = "enable-digest-authentication=yes" };
	struct change own = { .setting = setting_get(SETTING_DIGEST_USER),
	    .value = "ann" };
	struct change enc = { .profile = "try",
	    .setting = setting_get(SETTING_ENC_CONFIG), .value = "yes" };
	struct phone_file f;
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;
	int64_t at;

	user("", "any-realm");
	phone(&m);
	fix_tx(db, set_own, &own);
	secret("phone-password", "4711");
	secret("ssh-password", "sh<ell");
	read_base();
	ck_assert(has("<authName>ann</authName>"));
	ck_assert(has("<authPassword>any-realm</authPassword>"));
	ck_assert(has("<phonePassword>4711</phonePassword>"));
	ck_assert(has("<sshPassword>sh&lt;ell</sshPassword>"));
	key(before, &at);
	ck_assert_int_eq(at, 5000);
	/* The realm's own counts before the one for any. */
	user("ccmsipline", "this-realm");
	differs(true);
	ck_assert(has("<authPassword>this-realm</authPassword>"));
	secret("phone-password", "4712");
	differs(true);
	/* Without the key no file rather than one that locks the phone out. */
	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_OK);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, f.open, &out, &len, &e),
	    ERR_BADSTATE);
	ck_assert_ptr_null(out);
	ck_assert_ptr_null(strstr(e.msg, "4712"));
	phone_file_clear(&f);
	/* Flagged: nothing is even read. */
	fix_tx(db, set_profile, &enc);
	read_base();
	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_OK);
	for (int i = 0; i < FILE_SECRET_N; i++)
		ck_assert_ptr_null(f.secret[i].sealed);
	ck_assert_int_eq(phone_file_render(&f, &b, NULL, f.open, &out, &len, &e),
	    ERR_OK);
	ck_assert_ptr_null(strstr((char *)out, "this-realm"));
	ck_assert_ptr_null(strstr((char *)out, "4712"));
	ck_assert_ptr_null(strstr((char *)out, "ell"));
	free(out);
	phone_file_clear(&f);
}
END_TEST

START_TEST(missing)
{
	struct phone_file f;
	struct err e = { 0 };

	ck_assert_int_eq(phone_file_load(&f, db, &b, DEV, &e), ERR_NOTFOUND);
	phone_file_clear(&f);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("phone_file");
	TCase *t = tcase_create("phone_file");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_class);
	tcase_add_loop_test(t, golden, 0,
	    (int)(sizeof(goldens) / sizeof(goldens[0])));
	tcase_add_test(t, depends);
	tcase_add_test(t, ports);
	tcase_add_test(t, when_changed);
	tcase_add_test(t, firmware);
	tcase_add_test(t, secrets);
	tcase_add_test(t, missing);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return fix_run(s);
}
