/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Gateways' certificates compared, see srst_check.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "net/fetch_cert.h"
#include "trust/srst.h"
#include "trust/srst_check.h"

#define HOUR	INT64_C(3600)

const char *const srst_state_name[SRST_NSTATE] = {
	[SRST_SAME] = "same",
	[SRST_OTHER] = "other",
	[SRST_UNCOMPARED] = "uncompared",
	[SRST_SILENT] = "silent",
};

/* One to ask, with what its last look told. */
struct due {
	struct row_srst		 ref;
	struct srst_look	 last;
	bool			 has_last;
};

struct cert *
srst_fetch(const struct row_srst *ref, long timeout_ms, struct err *e)
{
	uint8_t *der = NULL;
	struct cert *c;
	size_t len = 0;

	if (fetch_cert(ref->address, ref->cert_port, timeout_ms, &der, &len,
	    e) != ERR_OK)
		return NULL;
	if ((c = cert_from_der(der, len, e)) == NULL)
		(void)err_wrap(e, "%s port %u", ref->address,
		    ref->cert_port);
	free(der);
	return c;
}

static enum srst_state
state_of(const struct row_srst *ref, const struct srst_seen *s)
{
	if (!s->has_sha256)
		return SRST_SILENT;
	if (!ref->has_accepted)
		return SRST_UNCOMPARED;
	return memcmp(ref->accepted, s->sha256, sizeof(s->sha256)) == 0 ?
	    SRST_SAME : SRST_OTHER;
}

int
srst_last_look(struct db *observed, const struct row_srst *ref,
    struct srst_look *l, struct err *e)
{
	int ret;

	*l = (struct srst_look){ .ref = ref };
	if ((ret = observed_srst_get(observed, ref->name, &l->seen, e)) !=
	    ERR_OK)
		return ret;
	if (l->seen.at < ref->changed_at)
		return err_set(e, ERR_NOTFOUND, "%s was changed since",
		    ref->name);
	l->state = state_of(ref, &l->seen);
	return ERR_OK;
}

/* --- which --- */

static int
read_last(struct due *d, struct db *observed, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	int ret;

	if (observed == NULL)
		return ERR_OK;
	ret = srst_last_look(observed, &d->ref, &d->last, &miss);
	d->last.ref = NULL;		/* the list will be sorted */
	d->has_last = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

static bool
is_due(const struct due *d, const struct srst_check *o, int64_t hours)
{
	if (!d->ref.secure)
		return false;
	if (o->all)
		return true;
	/* A look and a change of the same second: it may have come before. */
	return hours > 0 && (!d->has_last ||
	    d->last.seen.at <= d->ref.changed_at ||
	    d->last.seen.at <= o->now - hours * HOUR ||
	    d->last.seen.at > o->now);
}

static int
by_age(const void *va, const void *vb)
{
	const struct due *a = va, *b = vb;
	int64_t at = a->has_last ? a->last.seen.at : INT64_MIN;
	int64_t bt = b->has_last ? b->last.seen.at : INT64_MIN;

	if (at != bt)
		return at < bt ? -1 : 1;
	return strcmp(a->ref.name, b->ref.name);
}

static int
find_one(struct db *db, struct db *observed, const char *name,
    struct due **list, size_t *n, struct err *e)
{
	if ((*list = calloc(1, sizeof(**list))) == NULL)
		return err_set(e, ERR_NOMEM, "references");
	*n = 1;
	if (srst_get(db, name, &(*list)->ref, e) != ERR_OK)
		return e != NULL ? e->code : ERR_NOTFOUND;
	return read_last(*list, observed, e);
}

static int
find_due(struct db *db, struct db *observed, const struct srst_check *o,
    struct due **list, size_t *n, struct err *e)
{
	struct row_srst *rows = NULL;
	size_t nrows = 0;
	int64_t hours;
	int ret;

	if ((ret = param_get_i64(db, PARAM_SRST_CHECK_HOURS, "", &hours,
	    e)) != ERR_OK ||
	    (ret = row_srst_list(db, &rows, &nrows, e)) != ERR_OK)
		return ret;
	if ((*list = calloc(nrows + 1, sizeof(**list))) == NULL)
		ret = err_set(e, ERR_NOMEM, "references");
	for (size_t i = 0; i < nrows && ret == ERR_OK; i++) {
		struct due *d = &(*list)[*n];

		*d = (struct due){ .ref = rows[i] };
		ret = read_last(d, observed, e);
		*n += ret == ERR_OK && is_due(d, o, hours);
	}
	free(rows);
	if (*n > 1)
		qsort(*list, *n, sizeof(**list), by_age);
	if (o->max > 0 && *n > o->max)
		*n = o->max;
	return ret;
}

/* --- looking --- */

static bool
is_news(const struct due *d, const struct srst_look *l)
{
	if (!d->has_last)
		return l->state != SRST_SAME;
	return d->last.state != l->state ||
	    d->last.seen.has_sha256 != l->seen.has_sha256 ||
	    (l->seen.has_sha256 && memcmp(d->last.seen.sha256,
	    l->seen.sha256, sizeof(l->seen.sha256)) != 0);
}

static int
remember(struct db *observed, void *arg, struct err *e)
{
	return observed_srst_put(observed, arg, e);
}

static int
look(struct due *d, struct db *observed, const struct srst_check *o,
    struct err *e)
{
	struct srst_look l = { .ref = &d->ref, .seen = { .at = o->now } };
	struct err why = { .code = ERR_OK };
	struct cert *c = srst_fetch(&d->ref, o->timeout_ms, &why);
	int ret = ERR_OK;

	(void)str_copy(l.seen.name, sizeof(l.seen.name), d->ref.name);
	if (c != NULL) {
		l.shown = c;
		l.seen.has_sha256 = true;
		cert_sha256(c, l.seen.sha256);
	} else
		(void)str_copy(l.seen.why, sizeof(l.seen.why), why.msg);
	l.state = state_of(&d->ref, &l.seen);
	l.news = is_news(d, &l);
	if (observed != NULL)
		ret = db_result_err(db_tx(observed, remember, &l.seen, e), e);
	if (ret == ERR_OK && o->fn != NULL)
		ret = o->fn(o->arg, &l, e);
	cert_free(c);
	return ret;
}

int
srst_check(struct db *db, struct db *observed, const struct srst_check *o,
    struct err *e)
{
	struct due *list = NULL;
	struct err own = { .code = ERR_OK };	/* always there to read */
	size_t n = 0;
	int ret;

	ret = o->name != NULL ? find_one(db, observed, o->name, &list, &n,
	    &own) : find_due(db, observed, o, &list, &n, &own);
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = look(&list[i], observed, o, &own);
	free(list);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}
