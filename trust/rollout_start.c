/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The start of a roll-out: every phone is checked and given its settings.
 * See rollout.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "trust/capf_ask.h"
#include "trust/profile_write.h"
#include "trust/rollout_part.h"

int
rollout_id_make(char id[ROLLOUT_ID_MAX + 1], int64_t now,
    const struct rng *rng, struct err *e)
{
	time_t t = (time_t)now;
	uint8_t r[2];
	struct tm tm;
	int ret;

	if ((ret = rng_fill(rng, r, sizeof(r), e)) != ERR_OK)
		return ret;
	if (gmtime_r(&t, &tm) == NULL)
		return err_set(e, ERR_ARG, "time");
	(void)snprintf(id, ROLLOUT_ID_MAX + 1, "%04d%02d%02d-%02d%02d%02d-"
	    "%02x%02x", (tm.tm_year + 1900) % 10000, tm.tm_mon + 1,
	    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, r[0], r[1]);
	return ERR_OK;
}

struct one {
	const struct rollout_spec	*s;
	const struct rollout_phone	*p;
	const struct profile_base	*base;
	int64_t				 now, position;
};

/* Two roll-outs would take the phone's operation from each other. */
static int
not_elsewhere(struct db *db, const char *phone, struct err *e)
{
	struct row_rollout_phone *rows;
	size_t n;
	int ret = row_rollout_phone_of(db, phone, &rows, &n, e);

	if (ret != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		if (rows[i].state == ROLLOUT_WAITING ||
		    rows[i].state == ROLLOUT_ASKED)
			ret = err_set(e, ERR_EXISTS, "it is in roll-out %s: "
			    "wait for that, or cancel it (utils capf cancel "
			    "%s)", rows[i].rollout, rows[i].rollout);
	free(rows);
	return ret;
}

static int
add_body(struct db *db, void *arg, struct err *e)
{
	const struct one *o = arg;
	const struct rollout_spec *s = o->s;
	struct phone_spec spec = { .name = o->p->name, .change = s->change,
	    .nchange = s->nchange, .flags = s->flags,
	    .secret = o->p->secret, .nsecret = o->p->secret != NULL,
	    .kr = s->kr, .base = o->base };
	struct row_rollout_phone row = { .position = o->position,
	    .state = ROLLOUT_WAITING, .changed_at = o->now };
	struct phone_result r = { .added = false };
	struct row_phone p;
	int ret;

	if ((ret = row_phone_get(db, o->p->name, &p, e)) != ERR_OK ||
	    (ret = phone_setting_applies(setting_get(SETTING_CERT_OPERATION),
	    &p, e)) != ERR_OK ||
	    (ret = not_elsewhere(db, o->p->name, e)) != ERR_OK ||
	    (ret = capf_ask_free(db, o->base, o->p->name, CAPF_OP_NONE,
	    o->now, e)) != ERR_OK)
		return ret;
	ret = phone_set(db, &spec, o->now, &r, e);
	phone_result_clear(&r);
	if (ret != ERR_OK)
		return ret;
	(void)str_copy(row.rollout, sizeof(row.rollout), s->id);
	(void)str_copy(row.phone, sizeof(row.phone), o->p->name);
	return row_rollout_phone_put(db, &row, e);
}

static int
add_one(struct db *db, struct one *o, struct rollout_result *r,
    struct err *e)
{
	struct err own = { 0 };
	enum db_result res = db_tx(db, add_body, o, &own);

	if (res == DB_DONE) {
		r->nphone++;
		o->position++;
		return ERR_OK;
	}
	if (!o->s->skip || (own.code != ERR_REFUSED &&
	    own.code != ERR_NOTFOUND && own.code != ERR_EXISTS &&
	    own.code != ERR_ARG))
		return err_set(e, db_result_err(res, &own), "phone %s: %s",
		    o->p->name, own.msg);
	r->nskipped++;
	if (o->s->skipped != NULL)
		o->s->skipped(o->s->arg, o->p->name, own.msg);
	return ERR_OK;
}

static int
add_all(struct db *db, const struct rollout_spec *s, int64_t now,
    struct rollout_result *r, struct err *e)
{
	struct one o = { .s = s, .now = now, .position = 1 };
	struct profile_base *base;
	int ret;

	if ((ret = profile_base_load(&base, db, e)) != ERR_OK)
		return ret;
	o.base = base;
	for (size_t i = 0; ret == ERR_OK && i < s->nphone; i++) {
		o.p = &s->phone[i];
		ret = add_one(db, &o, r, e);
	}
	profile_base_free(base);
	return ret;
}

static int
check_spec(const struct rollout_spec *s, struct err *e)
{
	const struct setting *op = setting_get(SETTING_CERT_OPERATION);

	if (setting_word(op, s->operation) == NULL ||
	    strcmp(s->operation, op->def) == 0)
		return err_set(e, ERR_ARG, "\"%s\" is no operation to roll "
		    "out", s->operation);
	if (s->id[0] == '\0' || strlen(s->id) > ROLLOUT_ID_MAX)
		return err_set(e, ERR_ARG, "name of a roll-out");
	if (s->batch < 0 || s->pause_on_errors < 0)
		return err_set(e, ERR_ARG, "a roll-out with a number below 0");
	return ERR_OK;
}

int
rollout_start(struct db *db, const struct rollout_spec *s, int64_t now,
    struct rollout_result *r, struct err *e)
{
	struct row_rollout row = { .batch = s->batch,
	    .pause_on_errors = s->pause_on_errors,
	    .completes_by = s->completes_by, .state = ROLLOUT_RUNNING,
	    .created_at = now, .changed_at = now };
	int ret;

	*r = (struct rollout_result){ .nphone = 0 };
	if ((ret = check_spec(s, e)) != ERR_OK ||
	    (ret = add_all(db, s, now, r, e)) != ERR_OK)
		return ret;
	if (r->nphone == 0)
		return err_set(e, ERR_REFUSED, "there is no phone to do it");
	(void)str_copy(row.id, sizeof(row.id), s->id);
	(void)str_copy(row.operation, sizeof(row.operation), s->operation);
	(void)str_copy(row.account, sizeof(row.account), s->account);
	if ((ret = row_rollout_put(db, &row, e)) != ERR_OK)
		return ret;
	return rollout_step(db, &row, true, now, &r->nasked, e);
}
