/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Encrypted files of the store: which files a flagged phone has in each of
 * its states, that no name gives a secret away, and that the encrypted one
 * opens with the phone's key only, with the same bytes from every node.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "certs/enc_file.h"
#include "db/params.h"
#include "tests/certs_data.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/cert_row.h"
#include "trust/file_store.h"
#include "trust/sealed.h"

#define ONE	"SEP0011223344AA"
#define TWO	"SEP0011223344BB"
#define CNF	".cnf.xml"
#define SHELL	"sh3ll-secret"
#define HASH	"f7e9ef38c347039db1119c25571a9dd7"	/* of the vectors' */
#define SYM	"00112233445566778899aabbccddeeff"

static struct signer *signer;
static struct file_cache *cache;
static struct file_store *store;
static struct cert *rsa, *ec;
static struct key *rsa_key, *other_key;

static void
make_once(void)
{
	struct err e = { 0 };
	uint8_t *pem;
	size_t len;

	tc_make();
	pem = data_file("encrypted/phone-rsa2048.crt.pem", &len);
	ck_assert_ptr_nonnull(rsa = cert_from_pem(pem, len, &e));
	free(pem);
	pem = data_file("encrypted/phone-rsa2048.key.pem", &len);
	ck_assert_ptr_nonnull(rsa_key = key_from_pem(pem, len, &e));
	free(pem);
	ec = data_cert("tftp-ec");
	other_key = data_key("ccm");
}

static void
free_once(void)
{
	cert_free(rsa);
	cert_free(ec);
	key_free(rsa_key);
	key_free(other_key);
	tc_free();
}

static struct file_store *
new_store(const char *node, struct file_cache *c)
{
	struct err e = { 0 };
	struct file_store *fs = file_store_new(tc.dirfd, node, signer, c, &e);

	ck_assert_msg(fs != NULL, "%s", e.msg);
	file_store_set_keyring(fs, tc.kr);
	return fs;
}

static void
set_up(void)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER };
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	tc_open();
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	ck_assert_int_eq(mkdirat(tc.dirfd, "cache", 0750), 0);
	ck_assert_ptr_nonnull(cache = file_cache_new(&e));
	signer = own_signer(tc.db, tc.kr, units, 1, &e);
	ck_assert_ptr_nonnull(signer);
	store = new_store("cm1", cache);
}

static void
tear_down(void)
{
	file_store_free(store);
	signer_free(signer);
	file_cache_free(cache);
	tc_close();
}

/* --- rows --- */

struct change {
	const char	*name, *set, *xml, *value;
	const struct cert *cert;
	enum device_cert_type type;
	enum device_cert_state state;
	int64_t		 until;
	bool		 with_secrets;
	struct { uint8_t *sealed; size_t len; } shell, sym;
};

/* "option=value option=value" */
static size_t
split(char *text, struct setting_change *c, size_t max)
{
	size_t n = 0;

	for (char *p = strtok(text, " "); p != NULL; p = strtok(NULL, " ")) {
		char *value = strchr(p, '=');

		ck_assert(n < max);
		ck_assert_ptr_nonnull(value);
		*value++ = '\0';
		c[n++] = (struct setting_change){ setting_find(p), value };
	}
	return n;
}

static int
tx_profile(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct setting_change s[8];
	char text[256];
	struct profile_spec spec = { .name = "enc", .protocol = -1,
	    .change = s };
	struct profile_result r = { .changed = false };
	struct row_profile have;
	int ret;

	(void)str_copy(text, sizeof(text), c->set);
	spec.nchange = split(text, s, 8);
	if (row_profile_get(db, "enc", &have, NULL) == ERR_OK)
		ret = profile_set(db, &spec, 1000, &r, e);
	else
		ret = profile_add(db, &spec, 1000, &r, e);
	profile_result_clear(&r);
	return ret;
}

static int
tx_phone(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone p = { .model = "8861", .profile = "enc",
	    .created_at = 1, .changed_at = 1000 };
	struct row_phone_file f = { .origin = "command", .changed_at = 1 };
	int ret;

	(void)str_copy(p.name, sizeof(p.name), c->name);
	if ((ret = row_phone_put(db, &p, e)) != ERR_OK)
		return ret;
	if (c->shell.sealed != NULL && (ret = row_secret_put(db, c->name,
	    "ssh-password", c->shell.sealed, c->shell.len, 1, e)) != ERR_OK)
		return ret;
	if (c->sym.sealed != NULL && (ret = row_secret_put(db, c->name,
	    "symmetric-key", c->sym.sealed, c->sym.len, 1, e)) != ERR_OK)
		return ret;
	if (c->xml == NULL)
		return ERR_OK;
	(void)str_copy(f.name, sizeof(f.name), c->name);
	f.len = strlen(c->xml);
	ck_assert_ptr_nonnull(f.xml = (uint8_t *)strdup(c->xml));
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
tx_cert(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_device_cert d = { .owner = { .kind = CAPF_PHONE },
	    .type = c->type, .state = c->state, .stored_at = 1500,
	    .changed_at = 1500 };
	int ret;

	(void)str_copy(d.owner.name, sizeof(d.owner.name), c->name);
	cert_sha256(c->cert, d.sha256);
	if ((ret = cert_row_put(db, c->cert, e)) != ERR_OK)
		return ret;
	return row_device_cert_put(db, &d, e);
}

static int
tx_plain(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone_plain p = { .until = c->until, .account = "ann",
	    .with_secrets = c->with_secrets, .at = 1600 };

	(void)str_copy(p.phone, sizeof(p.phone), c->name);
	return row_phone_plain_put(db, &p, e);
}

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(db, &param_table()[PARAM_FILES_SYMMETRIC], "",
	    c->value, 2000, &changed, e);
}

static void
profile(const char *set)
{
	struct change c = { .set = set };

	tc_done(tx_profile, &c);
}

static void
phone(const char *name, const char *xml, const char *sym)
{
	struct change c = { .name = name, .xml = xml };
	struct err e = { 0 };

	ck_assert_int_eq(sealed_phone(tc.kr, &tc.rng, name, "ssh-password",
	    SHELL, &c.shell.sealed, &c.shell.len, &e), ERR_OK);
	if (sym != NULL)
		ck_assert_int_eq(sealed_phone(tc.kr, &tc.rng, name,
		    "symmetric-key", sym, &c.sym.sealed, &c.sym.len, &e),
		    ERR_OK);
	tc_done(tx_phone, &c);
	free(c.shell.sealed);
	free(c.sym.sealed);
}

static void
certificate(const char *name, const struct cert *c,
    enum device_cert_type type)
{
	struct change ch = { .name = name, .cert = c, .type = type,
	    .state = DEVICE_CURRENT };

	tc_done(tx_cert, &ch);
}

static void
certificate_gone(const char *name, const struct cert *c,
    enum device_cert_state state)
{
	struct change ch = { .name = name, .cert = c, .type = DEVICE_LSC,
	    .state = state };

	tc_done(tx_cert, &ch);
}

static void
plain_until(int64_t until, bool with_secrets)
{
	struct change c = { .name = ONE, .until = until,
	    .with_secrets = with_secrets };

	tc_done(tx_plain, &c);
}

/* --- asking --- */

static int
ask_of(struct file_store *fs, const char *req, struct file_answer *a)
{
	struct err e = { 0 };

	return file_store_get(fs, req, strlen(req), a, &e);
}

static int
code(const char *req)
{
	struct file_answer a;
	int ret = ask_of(store, req, &a);

	file_answer_clear(&a);
	return ret;
}

static bool
has(const char *req, const char *text)
{
	struct file_answer a;
	bool found;

	ck_assert_msg(ask_of(store, req, &a) == ERR_OK, "%s", req);
	ck_assert_ptr_nonnull(a.body);
	found = memmem(a.body, a.len, text, strlen(text)) != NULL;
	file_answer_clear(&a);
	return found;
}

/* What the phone makes of its encrypted file; NULL: not openable. */
static char *
open_with(struct file_store *fs, const char *req, const struct key *k,
    const uint8_t *sym)
{
	struct own own = { .cert = NULL };
	struct err e = { 0 };
	struct file_answer a;
	struct enc_file f;
	char *text = NULL;
	uint8_t *out;
	size_t n;

	ck_assert_msg(ask_of(fs, req, &a) == ERR_OK, "%s", req);
	ck_assert_msg(enc_file_parse(&f, a.body, a.len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER, "", &own, &e),
	    ERR_OK);
	ck_assert_int_eq(tlv_verify(&f.h, a.body, a.len, own.cert, &e),
	    ERR_OK);
	own_clear(&own);
	ck_assert_str_eq(f.h.file_name, ONE CNF ".enc.sgn");
	if (enc_file_open(&f, k, sym, &out, &n, &e) == ERR_OK) {
		text = strndup((char *)out, n);
		free(out);
	}
	file_answer_clear(&a);
	return text;
}

/* The short file, and nothing else. */
static void
expect_stub(const char *hash, int capf_auth)
{
	static const char *const names[] = { ONE CNF, ONE CNF ".sgn",
	    "/" ONE ".CNF.XML", "sep0011223344aa.cnf.xml.SGN" };
	char want[64];

	for (size_t i = 0; i < N_OF(names); i++) {
		ck_assert(has(names[i], "<fullConfig>false<"));
		ck_assert(has(names[i], "<encrConfig>true<"));
		ck_assert(!has(names[i], "TVS"));
		ck_assert(!has(names[i], SHELL));
		if (hash != NULL && *hash == '\0')
			(void)snprintf(want, sizeof(want), "<certHash/>");
		else
			(void)snprintf(want, sizeof(want), "<certHash>%s<",
			    hash != NULL ? hash : "");
		ck_assert_msg(has(names[i], want) == (hash != NULL), "%s",
		    want);
		(void)snprintf(want, sizeof(want), "<capfAuthMode>%d<",
		    capf_auth);
		ck_assert_msg(has(names[i], want), "%s", want);
	}
}

/* --- tests --- */

START_TEST(for_lsc)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "<sshPassword>" SHELL "<"));
	ck_assert_ptr_nonnull(strstr(text, "<fullConfig>true<"));
	ck_assert_ptr_nonnull(strstr(text, "<encrConfig>false<"));
	ck_assert_ptr_nonnull(strstr(text, "<certHash/>"));
	free(text);
	ck_assert(!has(ONE CNF ".enc.sgn", SHELL));
	/* In any case of letters, with its own name within. */
	text = open_with(store, "sep0011223344aa.CNF.xml.ENC.sgn", rsa_key,
	    NULL);
	ck_assert_ptr_nonnull(text);
	free(text);
	ck_assert_ptr_null(open_with(store, ONE CNF ".enc.sgn", other_key,
	    NULL));
	/* Only its own. */
	ck_assert_int_eq(code(TWO CNF ".enc.sgn"), ERR_NOTFOUND);
	phone(TWO, NULL, NULL);
	ck_assert_int_eq(code(TWO CNF ".enc.sgn"), ERR_NOTFOUND);
	/* Not flagged any more. */
	profile("tftp-encrypted-config=no");
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	ck_assert(has(ONE CNF, SHELL));
}
END_TEST

/* The LSC before the MIC, unless it has no RSA key. */
START_TEST(which_key)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, ec, DEVICE_LSC);
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_MIC);
	expect_stub(HASH, 0);
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	free(text);
}
END_TEST

START_TEST(without_key)
{
	profile("tftp-encrypted-config=yes "
	    "without-key=signed-without-secrets");
	phone(ONE, NULL, NULL);
	ck_assert(has(ONE CNF ".sgn", "<fullConfig>true<"));
	ck_assert(has(ONE CNF, "TVS"));
	ck_assert(!has(ONE CNF, SHELL));
	ck_assert(!has(ONE CNF ".sgn", SHELL));
	ck_assert(has(ONE CNF ".sgn", "<capfAuthMode>2<"));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
}
END_TEST

/* Whole and readable until there is a key. */
START_TEST(when_ready)
{
	profile("tftp-encrypted-config=yes secure-when-ready=yes");
	phone(ONE, NULL, NULL);
	ck_assert(has(ONE CNF ".sgn", SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	/* Never again, whatever becomes of the key. */
	for (int s = DEVICE_SUPERSEDED; s < DEVICE_STATE_N; s++) {
		certificate_gone(ONE, rsa, (enum device_cert_state)s);
		expect_stub("", 2);
		ck_assert(!has(ONE CNF ".sgn", SHELL));
	}
	certificate(ONE, ec, DEVICE_LSC);
	expect_stub("", 2);
}
END_TEST

START_TEST(own_xml)
{
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, "<device><!-- " SHELL " --><loadInformation>x"
	    "</loadInformation><anything>" SHELL "</anything></device>",
	    NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	expect_stub(HASH, 0);
	ck_assert(has(ONE CNF, "<loadInformation>x<"));
	text = open_with(store, ONE CNF ".enc.sgn", rsa_key, NULL);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, "<anything>" SHELL "<"));
	free(text);
}
END_TEST

START_TEST(plain_for_a_while)
{
	int64_t now = clock_wall_s(clock_system());

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	plain_until(now + 3600, false);
	ck_assert(has(ONE CNF ".sgn", "<fullConfig>true<"));
	ck_assert(!has(ONE CNF ".sgn", SHELL));
	ck_assert(!has(ONE CNF, SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	plain_until(now + 3600, true);
	ck_assert(has(ONE CNF ".sgn", SHELL));
	ck_assert(has(ONE CNF, SHELL));
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	/* Set by a clock that ran ahead. */
	plain_until(now + 3 * 24 * 3600, true);
	expect_stub(HASH, 0);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	plain_until(now, true);
	expect_stub(HASH, 0);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
}
END_TEST

/* A file in memory is not used beyond the end of that time. */
START_TEST(plain_ends_by_itself)
{
	int64_t until = clock_wall_s(clock_system()) + 2;
	struct timespec ms = { .tv_nsec = 20 * 1000 * 1000 };

	file_cache_set_max(cache, 1 << 20);
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	plain_until(until, true);
	ck_assert(code(ONE CNF ".enc.sgn") == ERR_NOTFOUND ||
	    clock_wall_s(clock_system()) >= until);
	for (int i = 0; i < 5000 && code(ONE CNF ".enc.sgn") != ERR_OK; i++)
		(void)nanosleep(&ms, NULL);
	ck_assert(clock_wall_s(clock_system()) >= until);
	expect_stub(HASH, 0);
}
END_TEST

static void
write_file(const char *path, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(file_replace(tc.dirfd, path, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

#define OWN	"<device>" SHELL "</device>"

static const struct {
	const char	*name, *text;
	bool		 served;
} copies[] = {
	{ ONE, OWN, false },
	{ "sep0011223344aa.txt", OWN, false },
	{ ONE ".xml.enc.sgn", OWN, false },
	{ "SIP0011223344AA.cnf", "phone_password: " SHELL, false },
	{ "00-11-22-33-44-AA.xml", OWN, false },
	{ "0011.2233.44aa", OWN, false },
	{ "old_10_0011223344AA_copy", OWN, false },
	{ "0011223344AAcopy.xml", OWN, false },
	{ ONE ".packed", "PK\3\4", false },
	{ ONE ".hidden.xml", "<x><device>" SHELL "</device></x>", false },
	{ ONE ".xmlns.xml", "<a:device>" SHELL "</a:device>", false },
	{ ONE "-dialplan.cnf.xml.txt", "<DIALTEMPLATE/>", false },
	/* Nobody's, or nothing. */
	{ ONE "-dialplan.xml", "\xef\xbb\xbf \r\n<DIALTEMPLATE/>", true },
	{ ONE ".png", "\x89PNG\r\n", true },
	{ ONE ".jpg", "\xff\xd8\xff\xe0", true },
	{ TWO ".xml", OWN, true },	/* not a phone here */
	{ "0-011223344AA", OWN, true },
	{ "00--11-22-33-44-AA", OWN, true },
	{ "0011223344A", OWN, true },
	{ "sip88xx.12-8-1-0001-455.loads.txt", OWN, true },
	{ "lobby.xml", OWN, true },
};

START_TEST(copies_of_configurations)
{
	char path[128];

	profile("tftp-encrypted-config=no");
	phone(ONE, NULL, NULL);
	(void)snprintf(path, sizeof(path), "tftp/%s", copies[_i].name);
	write_file(path, copies[_i].text);
	ck_assert_int_eq(code(copies[_i].name), ERR_OK);
	profile("tftp-encrypted-config=yes");
	ck_assert_msg((code(copies[_i].name) == ERR_OK) == copies[_i].served,
	    "%s", copies[_i].name);
	(void)snprintf(path, sizeof(path), "%s.sgn", copies[_i].name);
	if (!copies[_i].served)
		ck_assert_int_eq(code(path), ERR_NOTFOUND);
}
END_TEST

START_TEST(what_is_a_copy)
{
	static const struct {
		const char	*text;
		bool		 is;
	} t[] = {
		{ "<?xml?><device><adminPassword>x</adminPassword></device>",
		    true },
		{ "<DEVICE><phonePASSWORD>x", true },
		{ "<device><loadInformation>x", false },
		{ "<x><adminPassword>x", false },
		{ "a <device> with a password>", false },
		{ "", false },
	};

	for (size_t i = 0; i < N_OF(t); i++)
		ck_assert_msg(store_is_copy((const uint8_t *)t[i].text,
		    strlen(t[i].text)) == t[i].is, "%s", t[i].text);
}
END_TEST

/* What was made before there was a key, among the static files. */
START_TEST(stale_files)
{
	static const char *const names[] = { ONE CNF, ONE CNF ".sgn",
	    ONE CNF ".sgn.sgn", ONE CNF ".sgn.enc.sgn", ONE CNF ".old",
	    ONE CNF ".old.sgn", "old/" ONE CNF, "old/" ONE CNF ".sgn",
	    "OLD/sep0011223344aa.cnf.XML.sgn.SGN", "sep0011223344aa.cnf.xml",
	    ONE CNF ".enc.sgn.sgn", "." ONE CNF ".swp", ONE "-old" CNF,
	    "backup-" ONE CNF, "Backup-" ONE CNF ".sgn",
	    "old/copy of sep0011223344aa (2).cnf.xml" };
	static const char *const files[] = { ONE CNF, ONE CNF ".sgn",
	    ONE CNF ".enc.sgn", ONE CNF ".old", "old/" ONE CNF,
	    "old/" ONE CNF ".sgn", ONE CNF ".sgn.sgn", "." ONE CNF ".swp",
	    ONE "-old" CNF, "backup-" ONE CNF,
	    "old/copy of " ONE " (2)" CNF, "gateway-SEP00112233" CNF,
	    "old/" TWO CNF };
	char path[128];
	struct file_answer a;

	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp/old", 0755), 0);
	for (size_t i = 0; i < N_OF(files); i++) {
		(void)snprintf(path, sizeof(path), "tftp/%s", files[i]);
		write_file(path, "<device>" SHELL "</device>");
	}
	profile("tftp-encrypted-config=no");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	ck_assert(has("old/" ONE CNF, SHELL));
	profile("tftp-encrypted-config=yes");
	for (size_t i = 0; i < N_OF(names); i++) {
		if (ask_of(store, names[i], &a) != ERR_OK)
			continue;
		ck_assert_msg(a.body != NULL && memmem(a.body, a.len, SHELL,
		    strlen(SHELL)) == NULL, "%s", names[i]);
		file_answer_clear(&a);
	}
	ck_assert_int_eq(code("old/" ONE CNF), ERR_NOTFOUND);
	ck_assert_int_eq(code(ONE CNF ".sgn.sgn"), ERR_NOTFOUND);
	/* Nobody's. */
	ck_assert(has("gateway-SEP00112233" CNF, SHELL));
	ck_assert(has("old/" TWO CNF, SHELL));
}
END_TEST

/* Another node, nothing kept: the same bytes.  Another certificate, content
 * or signature digest: other bytes, other keys. */
START_TEST(same_bytes)
{
	struct file_store *two;
	struct file_answer a, b;
	struct enc_file f, g;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	two = new_store("cm2", NULL);
	ck_assert_int_eq(ask_of(store, ONE CNF ".enc.sgn", &a), ERR_OK);
	ck_assert_int_eq(ask_of(two, ONE CNF ".enc.sgn", &b), ERR_OK);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.body, b.body, a.len);
	file_answer_clear(&b);
	profile("tftp-encrypted-config=yes web-access=disabled");
	ck_assert_int_eq(ask_of(two, ONE CNF ".enc.sgn", &b), ERR_OK);
	ck_assert_int_eq(enc_file_parse(&f, a.body, a.len, NULL), ERR_OK);
	ck_assert_int_eq(enc_file_parse(&g, b.body, b.len, NULL), ERR_OK);
	ck_assert_mem_ne(f.iv, g.iv, 16);
	ck_assert_mem_ne(f.wrapped, g.wrapped, 256);
	ck_assert_mem_ne(f.cipher, g.cipher, 16);
	file_answer_clear(&a);
	file_answer_clear(&b);
	file_store_free(two);
}
END_TEST

/* Made once, and again for a new certificate. */
START_TEST(kept)
{
	struct change gone = { .name = ONE, .cert = rsa, .type = DEVICE_LSC,
	    .state = DEVICE_REVOKED };
	struct file_cache_stats s, t;

	file_cache_set_max(cache, 1 << 20);
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	file_cache_stats(cache, &s);
	/* Another phone's change: the key is compared, nothing is made. */
	phone(TWO, NULL, NULL);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_OK);
	file_cache_stats(cache, &t);
	ck_assert_uint_eq(s.made, t.made);
	tc_done(tx_cert, &gone);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
	expect_stub("", 2);
}
END_TEST

/* In a cluster in mixed mode a phone with an LSC is asked to be secure, by
 * the file that only it can read; one with a MIC alone is not. */
START_TEST(mixed_mode)
{
	static const char secure[] = "<deviceSecurityMode>3<";
	struct render_servers servers;
	struct render_loads loads = { .n = 0 };
	struct phone_file_base b = { .servers = &servers, .loads = &loads,
	    .realm = "", .now = TC_NOW, .mixed = true };
	struct phone_file f;
	struct err e = { 0 };
	uint8_t *out;
	size_t n;

	profile("tftp-encrypted-config=yes device-security-mode=encrypted");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, _i == 0 ? DEVICE_LSC : DEVICE_MIC);
	ck_assert_int_eq(render_servers_load(&servers, tc.db, &e), ERR_OK);
	for (int mixed = 1; mixed >= 0; mixed--) {
		b.mixed = mixed != 0;
		ck_assert_int_eq(phone_file_load(&f, tc.db, &b, ONE, &e),
		    ERR_OK);
		ck_assert(f.encrypted && f.open == PHONE_FILE_STUB);
		ck_assert_int_eq(f.with, _i == 0 ? PHONE_KEY_LSC :
		    PHONE_KEY_MIC);
		ck_assert_int_eq(phone_file_render(&f, &b, tc.kr,
		    PHONE_FILE_WHOLE, &out, &n, &e), ERR_OK);
		ck_assert_int_eq(strstr((char *)out, secure) != NULL,
		    mixed && _i == 0);
		ck_assert_ptr_nonnull(strstr((char *)out, SHELL));
		free(out);
		ck_assert_int_eq(phone_file_render(&f, &b, tc.kr,
		    PHONE_FILE_STUB, &out, &n, &e), ERR_OK);
		ck_assert_ptr_null(strstr((char *)out, "SecurityMode"));
		ck_assert_ptr_null(strstr((char *)out, SHELL));
		free(out);
		phone_file_clear(&f);
	}
}
END_TEST

START_TEST(typed_in_key)
{
	const uint8_t key[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
	    0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	struct change on = { .value = "yes" };
	char *text;

	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, SYM);
	/* Off by default. */
	expect_stub("", 2);
	tc_done(tx_param, &on);
	expect_stub(NULL, 0);
	ck_assert(!has(ONE CNF, SYM));
	text = open_with(store, ONE CNF ".enc.sgn", NULL, key);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_nonnull(strstr(text, SHELL));
	ck_assert_ptr_null(strstr(text, SYM));
	free(text);
	/* Not one for AES-128. */
	phone(ONE, NULL, SYM "00");
	expect_stub("", 2);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_NOTFOUND);
}
END_TEST

START_TEST(nothing_to_open_with)
{
	profile("tftp-encrypted-config=yes");
	phone(ONE, NULL, NULL);
	certificate(ONE, rsa, DEVICE_LSC);
	file_store_set_keyring(store, NULL);
	ck_assert_int_eq(code(ONE CNF ".enc.sgn"), ERR_BADSTATE);
	expect_stub(HASH, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file_enc");
	TCase *tc_ = tcase_create("file_enc");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc_, make_once, free_once);
	tcase_add_checked_fixture(tc_, set_up, tear_down);
	tcase_set_timeout(tc_, 120);
	tcase_add_test(tc_, for_lsc);
	tcase_add_test(tc_, which_key);
	tcase_add_test(tc_, without_key);
	tcase_add_test(tc_, when_ready);
	tcase_add_test(tc_, own_xml);
	tcase_add_test(tc_, plain_for_a_while);
	tcase_add_test(tc_, plain_ends_by_itself);
	if (have_openat2())
		tcase_add_test(tc_, stale_files);
	tcase_add_loop_test(tc_, copies_of_configurations, 0, N_OF(copies));
	tcase_add_test(tc_, what_is_a_copy);
	tcase_add_test(tc_, same_bytes);
	tcase_add_test(tc_, kept);
	tcase_add_loop_test(tc_, mixed_mode, 0, 2);
	tcase_add_test(tc_, typed_in_key);
	tcase_add_test(tc_, nothing_to_open_with);
	suite_add_tcase(s, tc_);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
