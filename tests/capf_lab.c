/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See capf_lab.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/keyring.h"
#include "db/observed.h"
#include "tests/capf_lab.h"
#include "trust/cert_row.h"
#include "trust/sealed.h"

#define SETTINGS_MAX	8

struct capf_lab cl;

static int dirfd_of = -1;

static int
body_trust(struct db *db, void *arg, struct err *e)
{
	struct row_trust t = { .added_at = 1 };
	const struct cert *c = ((void **)arg)[1];
	int ret;

	(void)str_copy(t.unit, sizeof(t.unit), ((void **)arg)[0]);
	cert_sha256(c, t.sha256);
	if ((ret = cert_row_put(db, c, e)) != ERR_OK)
		return ret;
	return row_trust_put(db, &t, e);
}

void
cl_trust(const char *unit, const struct cert *c)
{
	void *arg[] = { (void *)(uintptr_t)unit, (void *)(uintptr_t)c };

	fix_tx(cl.db, body_trust, arg);
}

static int
body_distrust(struct db *db, void *arg, struct err *e)
{
	struct row_trust t;
	uint8_t sha256[SHA256_LEN];
	int ret;

	cert_sha256(((void **)arg)[1], sha256);
	if ((ret = row_trust_get(db, ((void **)arg)[0], sha256, &t, e)) !=
	    ERR_OK)
		return ret;
	t.removed_at = 2;
	return row_trust_put(db, &t, e);
}

void
cl_distrust(const char *unit, const struct cert *c)
{
	void *arg[] = { (void *)(uintptr_t)unit, (void *)(uintptr_t)c };
	struct db *db = fix_open(dirfd_of, DB_FILE, DB_WRITE);

	fix_tx(db, body_distrust, arg);
	db_close(db);
}

static int
body_lists(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return param_set(db, &param_table()[PARAM_ITL_SIGNER_VERSION], "", arg,
	    2, &changed, e);
}

void
cl_lists(const char *version)
{
	fix_tx(cl.db, body_lists, (void *)(uintptr_t)version);
}

static void
set_ctx(void)
{
	cl.ctx = (struct capf_ctx){ .db = cl.db, .observed = cl.observed,
	    .kr = cl.kr, .node = "cm1", .cache = cl.cache };
}

void
cl_open(void)
{
	static const uint8_t master[MASTER_KEY_LEN] = { 1, 2, 3 };
	struct lab_spec ca = { .cn = "CAPF-lab",
	    .basic = "critical,CA:TRUE,pathlen:0",
	    .usage = "critical,keyCertSign" };

	cl = (struct capf_lab){ .db = NULL };
	rng_seeded_init(&cl.rng, &cl.seed, 7);
	dirfd_of = fix_folder();
	cl.db = fix_create(dirfd_of);
	ck_assert_int_eq(observed_create(dirfd_of, &cl.e), ERR_OK);
	cl.observed = fix_open(dirfd_of, OBSERVED_FILE, DB_WRITE);
	cl.cluster_key = keyring_make(master, "cm1", &cl.rng, &cl.e);
	ck_assert_ptr_nonnull(cl.cluster_key);
	cl.kr = keyring_of_new(cl.cluster_key, KEYRING_CRED, &cl.e);
	ck_assert_ptr_nonnull(cl.kr);
	ck_assert_ptr_nonnull(cl.cache = capf_cache_new(&cl.e));
	cl.ca = lab_issue(&ca, lab_key(0), NULL, NULL);
	cl_trust("CAPF-trust", cl.ca);
	cl_lists("1.1");
	set_ctx();
}

void
cl_shut(void)
{
	db_close(cl.db);
	db_close(cl.observed);
	capf_cache_free(cl.cache);
	cl.db = cl.observed = NULL;
	cl.cache = NULL;
}

void
cl_reopen(void)
{
	cl.db = fix_open(dirfd_of, DB_FILE, DB_WRITE);
	cl.observed = fix_open(dirfd_of, OBSERVED_FILE, DB_WRITE);
	ck_assert_ptr_nonnull(cl.cache = capf_cache_new(&cl.e));
	set_ctx();
}

void
cl_close(void)
{
	capf_task_clear(&cl.task);
	db_close(cl.observed);
	db_close(cl.db);
	capf_cache_free(cl.cache);
	keyring_free(cl.kr);
	keyring_new_free(cl.cluster_key);
	cert_free(cl.ca);
	lab_end();
	fix_remove();
}

/* --- phones --- */

struct put {
	struct phone_spec	 spec;
	struct setting_change	 change[SETTINGS_MAX];
	struct phone_secret	 secret;
	uint8_t			*sealed;
	char			 text[512];
	int64_t			 now;
};

static int
body_phone(struct db *db, void *arg, struct err *e)
{
	struct put *p = arg;
	struct phone_result r = { .added = false };
	int ret = phone_put(db, &p->spec, p->now, &r, e);

	phone_result_clear(&r);
	return ret;
}

static void
take_secret(struct put *p, const struct setting *s, const char *value)
{
	p->secret = (struct phone_secret){ .setting = s, .text = value };
	ck_assert_int_eq(sealed_phone(cl.kr, &cl.rng, p->spec.name,
	    s->option, value, &p->sealed, &p->secret.len, &cl.e), ERR_OK);
	p->secret.sealed = p->sealed;
	p->spec.secret = &p->secret;
	p->spec.nsecret = 1;
}

static void
take_settings(struct put *p, const char *settings)
{
	char *word, *rest = p->text, *eq;
	const struct setting *s;

	ck_assert(str_copy(p->text, sizeof(p->text), settings));
	while ((word = strsep(&rest, " ")) != NULL && word[0] != '\0') {
		ck_assert_ptr_nonnull(eq = strchr(word, '='));
		*eq++ = '\0';
		if (strcmp(word, "profile") == 0) {
			p->spec.profile = eq;
			continue;
		}
		ck_assert_msg((s = setting_find(word)) != NULL, "%s", word);
		if (s->type == SETTING_SECRET) {
			take_secret(p, s, eq);
			continue;
		}
		ck_assert_uint_lt(p->spec.nchange, SETTINGS_MAX);
		p->change[p->spec.nchange++] = (struct setting_change){ s,
		    eq };
	}
}

static int
put_phone(const char *name, const char *model, const char *settings,
    int64_t now)
{
	struct put p = { .spec = { .name = name, .model = model,
	    .change = p.change, .kr = cl.kr }, .now = now };
	enum db_result r;

	cl.e = (struct err){ 0 };
	take_settings(&p, settings);
	r = db_tx(cl.db, body_phone, &p, &cl.e);
	free(p.sealed);
	return db_result_err(r, &cl.e);
}

void
cl_phone_model(const char *name, const char *model, const char *settings,
    int64_t now)
{
	ck_assert_msg(put_phone(name, model, settings, now) == ERR_OK, "%s",
	    cl.e.msg);
}

void
cl_phone(const char *name, const char *settings, int64_t now)
{
	cl_phone_model(name, "8861", settings, now);
}

int
cl_phone_try(const char *name, const char *settings, int64_t now)
{
	return put_phone(name, "8861", settings, now);
}

static int
body_profile(struct db *db, void *arg, struct err *e)
{
	struct put *p = arg;
	struct profile_spec s = { .name = p->spec.name, .protocol = -1,
	    .change = p->change, .nchange = p->spec.nchange };
	struct profile_result r = { .advice = NULL };
	int ret = profile_add(db, &s, 1, &r, e);

	profile_result_clear(&r);
	return ret;
}

void
cl_profile(const char *name, const char *settings)
{
	struct put p = { .spec = { .name = name } };

	take_settings(&p, settings);
	fix_tx(cl.db, body_profile, &p);
}

struct capf_owner
cl_owner(const char *phone)
{
	struct capf_owner o;

	ck_assert_int_eq(capf_owner_parse(&o, phone, &cl.e), ERR_OK);
	return o;
}

struct cert *
cl_cert(const char *cn, size_t key, const struct cert *by, size_t by_key)
{
	struct lab_spec s = { .cn = cn,
	    .usage = "critical,digitalSignature,keyEncipherment" };

	return lab_issue(&s, lab_key(key), by != NULL ? by : cl.ca,
	    lab_key(by != NULL ? by_key : 0));
}

/* --- steps --- */

struct run {
	cl_fn	*fn;
	void	*arg;
};

static int
body_observed(struct db *db, void *arg, struct err *e)
{
	const struct run *r = arg;

	(void)db;
	return r->fn(r->arg, e);
}

/* Shadow replay runs this twice; what the first run committed to observed.db
 * stays. */
static int
body_main(struct db *db, void *arg, struct err *e)
{
	struct err own = { 0 };
	enum db_result r = db_tx(cl.observed, body_observed, arg, &own);

	(void)db;
	return r == DB_DONE ? ERR_OK : err_set(e, own.code, "%s", own.msg);
}

int
cl_run(cl_fn *fn, void *arg)
{
	struct run r = { fn, arg };
	enum db_result res;

	cl.e = (struct err){ 0 };
	res = db_tx_group(cl.db, body_main, &r, &cl.e);
	return db_result_err(res, &cl.e);
}

static int
run_begin(void *arg, struct err *e)
{
	capf_task_clear(&cl.task);
	return capf_begin(&cl.ctx, arg, &cl.task, e);
}

int
cl_begin_with(const struct capf_hello *h)
{
	return cl_run(run_begin, (void *)(uintptr_t)h);
}

int
cl_begin(const char *device, uint32_t session, const char *string,
    int64_t now)
{
	struct capf_hello h = { .session = session, .address = "192.0.2.9",
	    .now = now };

	ck_assert(str_copy(h.device, sizeof(h.device), device));
	ck_assert(str_copy(h.string, sizeof(h.string), string));
	return cl_begin_with(&h);
}

struct step {
	struct capf_owner	 o;
	uint32_t		 session;
	enum capf_step		 step;
	const struct cert	*c;
	const char		*why;
	int64_t			 now, n;
};

static int
run_step(void *arg, struct err *e)
{
	const struct step *s = arg;

	return capf_step_at(&cl.ctx, &s->o, s->session, s->step, s->now, e);
}

int
cl_step(const char *phone, uint32_t session, enum capf_step step,
    int64_t now)
{
	struct step s = { .o = cl_owner(phone), .session = session,
	    .step = step, .now = now };

	return cl_run(run_step, &s);
}

static int
run_issued(void *arg, struct err *e)
{
	const struct step *s = arg;
	size_t len;
	const uint8_t *der = cert_der(s->c, &len);

	return capf_issued(&cl.ctx, &s->o, s->session, der, len, s->now, e);
}

int
cl_issued(const char *phone, uint32_t session, const struct cert *c,
    int64_t now)
{
	struct step s = { .o = cl_owner(phone), .session = session, .c = c,
	    .now = now };

	return cl_run(run_issued, &s);
}

static int
run_requested(void *arg, struct err *e)
{
	static const uint8_t der[] = { 0x30, 0x00 };
	const struct step *s = arg;
	uint8_t id[KEY_ID_LEN];

	cert_key_id(s->c, id);
	return capf_requested(&cl.ctx, &s->o, s->session, id, der,
	    sizeof(der), s->now, e);
}

int
cl_requested(const char *phone, uint32_t session, const struct cert *c,
    int64_t now)
{
	struct step s = { .o = cl_owner(phone), .session = session, .c = c,
	    .now = now };

	return cl_run(run_requested, &s);
}

static int
run_end(void *arg, struct err *e)
{
	return capf_end(&cl.ctx, arg, e);
}

int
cl_end_with(const struct capf_end *x)
{
	return cl_run(run_end, (void *)(uintptr_t)x);
}

int
cl_end(const char *phone, uint32_t session, enum capf_operation op,
    const struct cert *c, int64_t now)
{
	struct capf_end x = { .owner = cl_owner(phone), .session = session,
	    .op = op, .ok = true, .now = now };

	if (c != NULL)
		x.der = cert_der(c, &x.derlen);
	return cl_end_with(&x);
}

static int
run_fail(void *arg, struct err *e)
{
	const struct step *s = arg;

	struct row_capf_csr r = { .owner = s->o, .auth = CAPF_AUTH_STRING };

	(void)str_copy(r.note, sizeof(r.note), s->why);
	return capf_refused(&cl.ctx, &r, s->now, e);
}

int
cl_fail(const char *phone, const char *why, int64_t now)
{
	struct step s = { .o = cl_owner(phone), .why = why, .now = now };

	return cl_run(run_fail, &s);
}

static int
run_expire(void *arg, struct err *e)
{
	struct step *s = arg;

	return capf_expire(&cl.ctx, s->now, 100, &s->n, e);
}

int
cl_expire(int64_t now, int64_t *n)
{
	struct step s = { .now = now };
	int ret = cl_run(run_expire, &s);

	*n = s.n;
	return ret;
}

void
cl_install(const char *phone, uint32_t session, const struct cert *c,
    int64_t now)
{
	ck_assert_msg(cl_begin(phone, session, "", now) == ERR_OK, "%s",
	    cl.e.msg);
	ck_assert_msg(cl.task.answer == CAPF_GO, "%s", cl.task.why);
	ck_assert_msg(cl_issued(phone, session, c, now) == ERR_OK, "%s",
	    cl.e.msg);
	ck_assert_msg(cl_end(phone, session, CAPF_OP_INSTALL, c, now) ==
	    ERR_OK, "%s", cl.e.msg);
}

/* --- looking --- */

bool
cl_is_set(const char *phone, enum setting_id id)
{
	const struct setting *s = setting_get(id);
	struct row_setting *rows;
	struct row_secret *secrets;
	bool yes = false;
	size_t n;

	ck_assert_int_eq(row_phone_settings(cl.db, phone, &rows, &n, &cl.e),
	    ERR_OK);
	for (size_t i = 0; i < n; i++)
		yes = yes || strcmp(rows[i].name, s->option) == 0;
	free(rows);
	ck_assert_int_eq(row_secret_list(cl.db, phone, &secrets, &n, &cl.e),
	    ERR_OK);
	for (size_t i = 0; i < n; i++)
		yes = yes || strcmp(secrets[i].name, s->option) == 0;
	free(secrets);
	return yes;
}

void
cl_outcome(const char *phone, enum capf_result r, const char *why)
{
	struct capf_owner o = cl_owner(phone);
	struct row_capf_outcome out;

	ck_assert_msg(row_capf_outcome_get(cl.db, &o, &out, &cl.e) == ERR_OK,
	    "%s", cl.e.msg);
	ck_assert_msg(out.result == r, "%s: %s",
	    capf_result_name[out.result], out.reason);
	ck_assert_msg(strstr(out.reason, why) != NULL, "%s", out.reason);
	ck_assert_str_eq(out.node, "cm1");
}

void
cl_answered(enum capf_answer a, const char *why)
{
	ck_assert_msg(cl.task.answer == a, "%d: %s", (int)cl.task.answer,
	    cl.task.why);
	ck_assert_msg(strstr(cl.task.why, why) != NULL, "%s", cl.task.why);
}

enum device_cert_state
cl_state_of(const struct cert *c)
{
	struct row_device_cert d;
	uint8_t sha[32];

	cert_sha256(c, sha);
	ck_assert_msg(row_device_cert_by_sha256(cl.db, sha, &d, &cl.e) ==
	    ERR_OK, "%s", cl.e.msg);
	return d.state;
}
