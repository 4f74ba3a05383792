/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of encrypted files share, see file_enc_fix.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/certs_data.h"
#include "tests/file_enc_fix.h"
#include "tests/trust_cluster.h"
#include "trust/cert_row.h"
#include "trust/sealed.h"

struct cert *rsa, *ec;
struct key *rsa_key, *other_key;

void
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

void
free_once(void)
{
	cert_free(rsa);
	cert_free(ec);
	key_free(rsa_key);
	key_free(other_key);
	tc_free();
}

/* --- rows --- */

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
	    .change = s, .may_open = true };
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

int
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

void
profile(const char *set)
{
	struct change c = { .set = set };

	tc_done(tx_profile, &c);
}

void
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

void
certificate(const char *name, const struct cert *c,
    enum device_cert_type type)
{
	struct change ch = { .name = name, .cert = c, .type = type,
	    .state = DEVICE_CURRENT };

	tc_done(tx_cert, &ch);
}

void
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
