/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of phone files share, see phone_file_fix.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "tests/phone_file_fix.h"
#include "trust/phone_file.h"
#include "trust/profile.h"

#define CHANGES	16

static const uint8_t master[MASTER_KEY_LEN] = { 7 };
struct db *db;
static struct keyring_new *fresh;
struct keyring *kr;
struct rng rng;
static struct rng_seeded seed;
static struct render_servers servers;
struct render_loads loads;
static struct profile_base *base;
struct phone_file_base b;

int
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

void
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

void
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

void
teardown(void)
{
	profile_base_free(base);
	db_close(db);
	fix_remove();
	keyring_free(kr);
	keyring_new_free(fresh);
}

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

int
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

int
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

void
phone(const struct make *m)
{
	struct make copy = *m;

	fix_tx(db, put_phone, &copy);
	read_base();
}

uint8_t *
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

void
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

int
set_param(struct db *d, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(d, &param_table()[c->param], "", c->value, 4000,
	    &changed, e);
}

void
param(enum param_id id, const char *value)
{
	struct change c = { .param = id, .value = value };

	fix_tx(db, set_param, &c);
}
