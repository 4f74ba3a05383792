/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of profiles share, see profile_fix.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/internal.h"
#include "tests/db_fixture.h"
#include "db/rows_capf.h"
#include "trust/profile.h"
#include "tests/profile_fix.h"

struct db *db;

static int
put_reference(struct db *d, void *arg, struct err *e)
{
	const struct row_srst s = { .name = "branch", .address = "192.0.2.9",
	    .port = 2000, .sip_port = 5060, .cert_port = 2445 };

	(void)arg;
	return row_srst_put(d, &s, e);
}

void
setup(void)
{
	db = fix_create(fix_folder());
	user("ann", true);
	user("bare", false);
	fix_tx(db, put_reference, NULL);
}

void
teardown(void)
{
	db_close(db);
	fix_remove();
}

/* --- one write, in a transaction that is run twice --- */

WRITE(w_add, profile_add(d, &w->spec, w->now, &w->r, e))
WRITE(w_set, profile_set(d, &w->spec, w->now, &w->r, e))
WRITE(w_phone, row_phone_put(d, &w->phone, e))
WRITE(w_cert, row_device_cert_put(d, &w->cert, e))
WRITE(w_own, phone_settings_set(d, NULL, w->name, w->spec.change,
    w->spec.nchange, w->spec.flags, w->now, &w->changed, &w->advice, e))

int
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

struct err last;
char said[8192];

int
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

void
user(const char *name, bool digest)
{
	struct write w = { .digest = digest };

	(void)str_copy(w.user.name, sizeof(w.user.name), name);
	is(ERR_OK, run(w_user, &w));
}

int
add(const char *name, int protocol, const char *set)
{
	struct write w = { .spec = { .name = name, .protocol = protocol } };
	char text[512];

	(void)str_copy(text, sizeof(text), set);
	parse(&w, text);
	return run(w_add, &w);
}

bool changed;

int
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

int
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

void
certificate(const char *name, enum device_cert_state state)
{
	struct write w = { .cert = { .owner.kind = CAPF_PHONE,
	    .state = state, .changed_at = 2 } };

	(void)str_copy(w.cert.owner.name, sizeof(w.cert.owner.name), name);
	is(ERR_OK, run(w_cert, &w));
}

void
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

int
param(enum param_id id, const char *value)
{
	struct write w = { .param = id, .to = value };

	return run(w_param, &w);
}

int
named(db_fn *fn, const char *name, const char *to)
{
	struct write w = { .name = name, .to = to, .now = 40 };
	int ret = run(fn, &w);

	changed = w.changed;
	return ret;
}

void
message(const char *text)
{
	ck_assert_msg(strstr(last.msg, text) != NULL, "%s\nlacks %s",
	    last.msg, text);
}

void
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
