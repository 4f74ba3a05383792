/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Import of many files, see cert_import_many.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_import_many.h"

#define WARNINGS_KEPT	64	/* different lines that are told */

/* Certificates met so far, so that a rehearsal counts each once. */
struct seen {
	uint8_t	(*slot)[SHA256_LEN];	/* all zero: free */
	size_t	 size, n;		/* size: a power of two */
};

struct many {
	const struct node		*n;
	const struct import_many_how	*how;
	const struct import_many_calls	*calls;
	int64_t				 now;
	struct import_many		*res;	/* of what is in */
	struct import_many		 sum;	/* with this batch */
	struct import_trust		*file;	/* of this batch */
	size_t				 nfile, ncert;
	bool				 last;
	struct seen			 seen;
	char				*told[WARNINGS_KEPT];
	size_t				 ntold;
};

/* --- what was seen --- */

static uint8_t *
seen_find(const struct seen *s, const uint8_t sha256[SHA256_LEN])
{
	static const uint8_t none[SHA256_LEN];
	size_t i;

	memcpy(&i, sha256, sizeof(i));
	for (i &= s->size - 1; memcmp(s->slot[i], none, SHA256_LEN) != 0 &&
	    memcmp(s->slot[i], sha256, SHA256_LEN) != 0;)
		i = (i + 1) & (s->size - 1);
	return s->slot[i];
}

static int
seen_grow(struct seen *s, struct err *e)
{
	struct seen more = { .size = s->size > 0 ? 2 * s->size : 1024,
	    .n = s->n };

	if ((more.slot = calloc(more.size, sizeof(*more.slot))) == NULL)
		return err_set(e, ERR_NOMEM, "import");
	for (size_t i = 0; i < s->size; i++)
		memcpy(seen_find(&more, s->slot[i]), s->slot[i], SHA256_LEN);
	free(s->slot);
	*s = more;
	return ERR_OK;
}

/* *first: it was not there before. */
static int
seen_add(struct seen *s, const uint8_t sha256[SHA256_LEN], bool *first,
    struct err *e)
{
	uint8_t *slot;
	int ret;

	if (2 * s->n >= s->size && (ret = seen_grow(s, e)) != ERR_OK)
		return ret;
	slot = seen_find(s, sha256);
	*first = memcmp(slot, sha256, SHA256_LEN) != 0;
	s->n += *first;
	memcpy(slot, sha256, SHA256_LEN);
	return ERR_OK;
}

/* --- a file --- */

static void
tell_once(struct many *m, const char *line)
{
	for (size_t i = 0; i < m->ntold; i++)
		if (strcmp(m->told[i], line) == 0)
			return;
	if (m->ntold == WARNINGS_KEPT ||
	    (m->told[m->ntold] = strdup(line)) == NULL)
		return;
	m->calls->warn(m->calls->arg, m->told[m->ntold++]);
}

static void
tell_warnings(struct many *m, const struct import_trust *p)
{
	char *rest = p->warnings, *line;

	if (m->calls->warn == NULL)
		return;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			tell_once(m, line);
}

static int
read_set(const struct many *m, struct container *set, const uint8_t *buf,
    size_t len, struct err *e)
{
	int ret = container_read(set, buf, len, CONTAINER_NO_KEYS, NULL, e);

	if (ret != ERR_DENIED)
		return ret;
	if (m->how->password == NULL)
		return err_set(e, ERR_DENIED, "it is encrypted, and no "
		    "password was given");
	return container_read(set, buf, len, CONTAINER_NO_KEYS,
	    m->how->password, e);
}

/* Its bytes to a plan; ERR_*: the file's failure. */
static int
plan_file(struct many *m, struct import_trust *p, const uint8_t *buf,
    size_t len, struct err *e)
{
	struct container set = { .ncert = 0 };
	int ret;

	*p = (struct import_trust){ .nca = 0 };
	if ((ret = read_set(m, &set, buf, len, e)) == ERR_OK)
		ret = import_trust_plan(p, m->how->unit, m->n, &set,
		    m->how->flags, m->now, e);
	container_clear(&set);
	/* Nothing but ended ones is no failure where these are left out. */
	return ret == ERR_REFUSED && p->nca == 0 && p->nexpired > 0 ?
	    ERR_OK : ret;
}

static bool
is_ours(int code)
{
	return code == ERR_NOMEM || code == ERR_BADSTATE ||
	    code == ERR_SCHEMA;
}

/* The next file into the batch; m->last: there was none. */
static int
take_file(struct many *m, struct err *e)
{
	struct import_trust *p = &m->file[m->nfile];
	struct err why = { .code = ERR_OK };
	const char *name = NULL;
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	ret = m->calls->next(m->calls->arg, &name, &buf, &len, &why);
	if ((m->last = name == NULL))
		return ERR_OK;
	if (ret == ERR_OK)
		ret = plan_file(m, p, buf, len, &why);
	free(buf);
	m->sum.files++;
	if (ret == ERR_OK) {
		tell_warnings(m, p);
		m->sum.expired += (int64_t)p->nexpired;
		m->ncert += p->nca;
		m->nfile++;
		return ERR_OK;
	}
	import_trust_clear(p);
	if (is_ours(ret))
		return err_set(e, ret, "%s", why.msg);
	m->sum.failed++;
	m->calls->bad(m->calls->arg, name, why.msg);
	return ERR_OK;
}

/* --- a batch --- */

static void
count(struct import_many *sum, const struct import_trust *p)
{
	for (size_t i = 0; i < p->nca; i++) {
		sum->added += p->ca[i].change == TRUST_ADDED;
		sum->returned += p->ca[i].change == TRUST_RETURNED;
		sum->same += p->ca[i].change == TRUST_SAME;
	}
}

/* As foreseen, each certificate once. */
static int
look_batch(struct many *m, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	bool first;
	int ret;

	for (size_t i = 0; i < m->nfile; i++) {
		for (size_t k = 0; k < m->file[i].nca; k++) {
			struct import_ca *ca = &m->file[i].ca[k];

			cert_sha256(ca->cert, sha256);
			if ((ret = seen_add(&m->seen, sha256, &first, e)) !=
			    ERR_OK)
				return ret;
			if (!first)
				ca->change = TRUST_SAME;
		}
		count(&m->sum, &m->file[i]);
	}
	*m->res = m->sum;
	return ERR_OK;
}

static int
write_tx(struct db *db, void *arg, struct err *e)
{
	struct many *m = arg;
	const struct import_many before = m->sum;
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < m->nfile; i++) {
		ret = import_trust_apply(db, &m->file[i], "import",
		    m->how->note, m->how->ttl, m->now, e);
		if (ret == ERR_OK)
			count(&m->sum, &m->file[i]);
	}
	if (ret == ERR_OK && m->last && m->calls->end != NULL)
		ret = m->calls->end(m->calls->arg, db, &m->sum, e);
	*m->res = m->sum;
	m->sum = before;	/* it may run again */
	return ret;
}

static int
write_batch(struct many *m, struct err *e)
{
	const struct import_many before = *m->res;
	int ret = db_result_err(db_tx(m->n->db, write_tx, m, e), e);

	if (ret == ERR_OK)
		m->sum = *m->res;
	else
		*m->res = before;
	return ret;
}

static int
batch(struct many *m, struct err *e)
{
	int ret = ERR_OK;

	m->nfile = m->ncert = 0;
	while (ret == ERR_OK && !m->last && m->ncert < IMPORT_MANY_BATCH &&
	    m->nfile < IMPORT_MANY_BATCH) {
		ret = take_file(m, e);
		if (m->calls->progress != NULL)
			m->calls->progress(m->calls->arg, &m->sum);
	}
	if (ret == ERR_OK)
		ret = m->how->look ? look_batch(m, e) : write_batch(m, e);
	for (size_t i = 0; i < m->nfile; i++)
		import_trust_clear(&m->file[i]);
	return ret;
}

int
import_many(const struct node *n, const struct import_many_how *how,
    int64_t now, struct import_many *res,
    const struct import_many_calls *calls, struct err *e)
{
	struct many m = { .n = n, .how = how, .calls = calls, .now = now,
	    .res = res };
	int ret = ERR_OK;

	*res = (struct import_many){ .files = 0 };
	if ((m.file = calloc(IMPORT_MANY_BATCH, sizeof(*m.file))) == NULL)
		return err_set(e, ERR_NOMEM, "import");
	while (ret == ERR_OK && !m.last)
		ret = batch(&m, e);
	for (size_t i = 0; i < m.ntold; i++)
		free(m.told[i]);
	free(m.seen.slot);
	free(m.file);
	return ret;
}
