/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One round of asking CAs, see enrol.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "db/params.h"
#include "trust/capf.h"
#include "trust/enrol_part.h"

#define ANY_AFTER_S	60	/* a CA that names no time */
#define AFTER_MAX_S	86400

/* --- parameters --- */

static int
text(struct db *db, enum param_id id, const char *node, char **out,
    struct err *e)
{
	return (*out = param_get(db, id, node, e)) != NULL ? ERR_OK : e->code;
}

int
enrol_conf_load(struct db *db, const char *node, struct enrol_conf *c,
    struct err *e)
{
	int ret;

	*c = (struct enrol_conf){ .port = 0 };
	if ((ret = text(db, PARAM_CAPF_ISSUER, "", &c->issuer, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_CAPF_ONLINE_HOST, "", &c->host, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_CAPF_ONLINE_SCHEME, "", &c->scheme, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_CAPF_ONLINE_PATH, "", &c->path, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_CAPF_ONLINE_USER, "", &c->user, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_CAPF_EXEC, node, &c->exec, e)) != ERR_OK ||
	    (ret = param_get_i64(db, PARAM_CAPF_ONLINE_PORT, "", &c->port,
	    e)) != ERR_OK)
		return ret;
	return param_get_i64(db, PARAM_CAPF_VALIDITY_DAYS, "", &c->days, e);
}

void
enrol_conf_clear(struct enrol_conf *c)
{
	free(c->issuer);
	free(c->host);
	free(c->scheme);
	free(c->path);
	free(c->user);
	free(c->exec);
	*c = (struct enrol_conf){ .port = 0 };
}

static const struct enrol_backend *
find_backend(const char *issuer)
{
	static const struct enrol_backend *const all[] = { &enrol_est,
	    &enrol_scep, &enrol_exec };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->issuer, issuer) == 0)
			return all[i];
	return NULL;
}

/* --- what is due --- */

struct due {
	struct row_capf_csr	 row[ENROL_ROUND_MAX];
	size_t			 n;
	bool			 more;
};

static void
due_clear(struct due *d)
{
	for (size_t i = 0; i < d->n; i++)
		row_capf_csr_clear(&d->row[i]);
	free(d);
}

static int
copy_row(struct row_capf_csr *to, const struct row_capf_csr *from,
    struct err *e)
{
	*to = *from;
	to->cert = NULL;
	to->certlen = 0;
	if ((to->der = malloc(from->derlen + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "request");
	memcpy(to->der, from->der, from->derlen);
	return ERR_OK;
}

static int
add_due(void *arg, const struct row_capf_csr *c, struct err *e)
{
	struct due *d = arg;

	/* Taken to a CA by hand, or answered: nobody is to be asked. */
	if (c->state == CAPF_CSR_SENT && (c->next_at == 0 ||
	    enrol_is_held(c)))
		return ERR_OK;
	if (d->n == ENROL_ROUND_MAX) {
		d->more = true;
		return err_set(e, ERR_EXISTS, "more requests");
	}
	return copy_row(&d->row[d->n++], c, e);
}

static int
load_due(struct db *db, void *arg, struct err *e)
{
	static const enum capf_csr_state states[] = { CAPF_CSR_WAITING,
	    CAPF_CSR_SENT };
	struct err full = { .code = ERR_OK };
	struct due *d = arg;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < 2; i++)
		ret = row_capf_csr_each(db, (int)states[i],
		    d->row[0].next_at, add_due, d, &full);
	return ret == ERR_OK || ret == ERR_EXISTS ? ERR_OK :
	    err_set(e, ret, "%s", full.msg);
}

static struct due *
due_load(struct db *db, int64_t now, struct err *e)
{
	struct due *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_set(e, ERR_NOMEM, "requests");
		return NULL;
	}
	d->row[0].next_at = now;
	if (load_due(db, d, e) == ERR_OK)
		return d;
	due_clear(d);
	return NULL;
}

/* --- what came of it --- */

struct settling {
	const char		*node;
	const struct row_capf_csr *was;
	struct row_capf_csr	 row;		/* borrows */
};

static int
settle_tx(struct db *db, void *arg, struct err *e)
{
	const struct settling *s = arg;

	return enrol_settle_asked(db, s->node, s->was, &s->row, e);
}

/* A request that is another one by now has its own turn. */
static int
settle(struct enrol_job *j, struct settling *s, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret = db_result_err(db_tx(j->env->db, settle_tx, s, &why), &why);

	if (ret == ERR_OK || ret == ERR_NOTFOUND)
		return ERR_OK;
	return err_set(e, ret, "%s", why.msg);
}

static struct settling
start(const struct enrol_job *j, enum capf_csr_state state)
{
	struct settling s = { .node = j->env->node, .was = j->row,
		.row = *j->row };

	s.row.state = state;
	s.row.changed_at = j->now;
	s.row.next_at = 0;
	return s;
}

void
enrol_refuse(struct enrol_job *j, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	str_visible(buf, strlen(buf), j->why, sizeof(j->why));
	j->outcome = ENROL_REFUSED;
}

static const struct cert *
find_cert(const struct enrol_job *j)
{
	uint8_t id[KEY_ID_LEN];

	for (size_t i = 0; i < j->got.ncert; i++) {
		cert_key_id(j->got.cert[i], id);
		if (memcmp(id, j->row->spki, sizeof(id)) == 0)
			return j->got.cert[i];
	}
	return NULL;
}

/*
 * What the CA sent must do, or it is as if the CA had refused; where nothing
 * but its issuer is missing here it is kept.
 */
static const struct cert *
take_issued(struct enrol_job *j)
{
	const struct cert *c = find_cert(j);
	struct err why = { .code = ERR_OK };
	int ret;

	if (c == NULL) {
		enrol_refuse(j, "the CA sent no certificate over the phone's "
		    "key");
		return NULL;
	}
	ret = enrol_check(anchors_now(j->anchors), j->row, c, j->now, &why);
	if (ret == ERR_OK)
		return c;
	enrol_refuse(j, "%s", why.msg);
	if (ret != ERR_VERIFY)
		return NULL;
	j->outcome = ENROL_HELD;
	return c;
}

static int
end_issued(struct enrol_job *j, const struct cert *c, struct err *e)
{
	struct settling s = start(j, CAPF_CSR_ISSUED);

	/* The row is only read where it is put. */
	s.row.cert = (uint8_t *)(uintptr_t)cert_der(c, &s.row.certlen);
	s.row.note[0] = '\0';
	log_event(LOG_INFO, "enrol.issued", LOG_STR("device", j->device));
	return settle(j, &s, e);
}

static int
end_held(struct enrol_job *j, const struct cert *c, struct err *e)
{
	struct settling s = start(j, CAPF_CSR_SENT);

	s.row.cert = (uint8_t *)(uintptr_t)cert_der(c, &s.row.certlen);
	(void)str_copy(s.row.note, sizeof(s.row.note), j->why);
	log_event(LOG_WARNING, "enrol.held", LOG_STR("device", j->device),
	    LOG_STR("why", j->why));
	return settle(j, &s, e);
}

static int
end_refused(struct enrol_job *j, struct err *e)
{
	struct settling s = start(j, CAPF_CSR_REFUSED);

	(void)str_copy(s.row.note, sizeof(s.row.note), j->why);
	log_event(LOG_WARNING, "enrol.refused", LOG_STR("device", j->device),
	    LOG_STR("why", j->why));
	return settle(j, &s, e);
}

static int64_t
at_most(int64_t s, int64_t max)
{
	return s < max ? s : max;
}

static int
end_later(struct enrol_job *j, struct err *e)
{
	struct settling s = start(j, CAPF_CSR_SENT);

	(void)str_copy(s.row.note, sizeof(s.row.note), j->why);
	s.row.next_at = j->now + at_most(j->after_s > 0 ? j->after_s :
	    ANY_AFTER_S, AFTER_MAX_S);
	log_event(LOG_INFO, "enrol.later", LOG_STR("device", j->device),
	    LOG_STR("why", j->why));
	return settle(j, &s, e);
}

static int
end_failed(struct enrol_job *j, const struct err *why, struct err *e)
{
	struct settling s = start(j, j->row->state);
	int64_t rest;

	s.row.tries++;
	rest = enrol_rest_s(s.row.tries);
	if (j->after_s > rest)
		rest = at_most(j->after_s, AFTER_MAX_S);
	s.row.next_at = j->now + rest;
	str_visible(why->msg, strnlen(why->msg, CAPF_REASON_MAX), s.row.note,
	    sizeof(s.row.note));
	log_err(LOG_ERR, "enrol.failed", why, LOG_STR("device", j->device),
	    LOG_I64("tries", s.row.tries));
	return settle(j, &s, e);
}

static int
end_request(struct enrol_job *j, struct enrol_report *r, struct err *e)
{
	const struct cert *c = j->outcome == ENROL_ISSUED ? take_issued(j) :
	    NULL;

	if (j->outcome == ENROL_LATER) {
		r->later++;
		return end_later(j, e);
	}
	if (j->outcome == ENROL_REFUSED) {
		r->refused++;
		return end_refused(j, e);
	}
	if (j->outcome == ENROL_HELD) {
		r->held++;
		return end_held(j, c, e);
	}
	r->issued++;
	return end_issued(j, c, e);
}

/* --- asking --- */

static void
job_begin(struct enrol_job *j, const struct row_capf_csr *row)
{
	j->row = row;
	j->csr = NULL;
	j->outcome = ENROL_REFUSED;
	j->got = (struct container){ .ncert = 0 };
	j->after_s = 0;
	j->why[0] = '\0';
	capf_owner_text(&row->owner, j->device, sizeof(j->device));
}

static int
fail(struct enrol_job *j, struct enrol_report *r, const struct err *why,
    struct err *e)
{
	if (why->code == ERR_BUSY)
		return ERR_OK;		/* this process ends */
	r->failed++;
	r->ca_failed = true;
	r->why = *why;
	return end_failed(j, why, e);
}

static int
ask_one(struct enrol_job *j, const struct enrol_backend *b,
    const struct row_capf_csr *row, struct enrol_report *r, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct csr *csr;
	int ret;

	job_begin(j, row);
	if ((csr = csr_from_der(row->der, row->derlen, &why)) == NULL) {
		enrol_refuse(j, "the request in the database: %s", why.msg);
		r->refused++;
		return end_refused(j, e);
	}
	j->csr = csr;
	ret = b->ask(j, &why);
	j->now = clock_wall_s(j->env->clk);
	ret = ret == ERR_OK ? end_request(j, r, e) : fail(j, r, &why, e);
	container_clear(&j->got);
	csr_free(csr);
	return ret;
}

bool
enrol_must_stop(const struct enrol_env *env)
{
	return env->stop != NULL && env->stop(env->stop_arg);
}

/* A CA that fails one request is left alone for a while by the others. */
static int
ask_all(struct enrol_job *j, const struct enrol_backend *b, struct due *d,
    struct enrol_report *r, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret = ERR_OK;

	job_begin(j, &d->row[0]);
	if (b->begin(j, &why) != ERR_OK) {
		ret = fail(j, r, &why, e);
		b->end(j);
		return ret;
	}
	for (size_t i = 0; ret == ERR_OK && i < d->n && !r->ca_failed &&
	    !enrol_must_stop(j->env); i++)
		ret = ask_one(j, b, &d->row[i], r, e);
	b->end(j);
	return ret;
}

static int
round_by(struct enrol_env *env, const struct enrol_conf *c,
    const struct enrol_backend *b, struct enrol_report *r, struct err *e)
{
	struct enrol_job j = { .env = env, .conf = c,
	    .now = clock_wall_s(env->clk) };
	struct due *d = due_load(env->db, j.now, e);
	struct enrol_clock clk;
	int ret = ERR_OK;

	if (d == NULL)
		return e->code;
	r->more = d->more;
	if (d->n > 0) {
		enrol_clock_init(&clk, env->clk);
		j.anchors = anchors_once(env->db, &clk.clock, e);
		ret = j.anchors != NULL ? ask_all(&j, b, d, r, e) : e->code;
		anchors_loop_free(j.anchors);
	}
	due_clear(d);
	return ret;
}

int
enrol_round(struct enrol_env *env, struct enrol_report *r, struct err *e)
{
	const struct enrol_backend *b;
	struct enrol_conf c;
	int ret;

	*r = (struct enrol_report){ .issued = 0 };
	if (env->look_again && (ret = enrol_look_again(env, &r->settled,
	    e)) != ERR_OK)
		return ret;
	env->look_again = false;
	if ((ret = enrol_conf_load(env->db, env->node, &c, e)) == ERR_OK &&
	    (b = find_backend(c.issuer)) != NULL)
		ret = round_by(env, &c, b, r, e);
	enrol_conf_clear(&c);
	return ret;
}
