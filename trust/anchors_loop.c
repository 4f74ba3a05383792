/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The trust stores as one loop sees them, see anchors.h: the newest snapshot,
 * and whether the database knows better by now.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trust/anchors_part.h"

struct anchors_loop {
	struct anchors	*a;
	struct db	*db;
	struct verifier	*v;
	uint64_t	 made;		/* number of the snapshot in use */
	uint64_t	 wanted;	/* of the one that knows all */
	int64_t		 seq;		/* changes were read to here */
	bool		 unread;	/* there may be more of them */
	bool		 failed;	/* reading them has */
	bool		 stale;
};

/* Which changes there were. */
static void
is_trust(void *arg, const char *kind, const char *key)
{
	bool *trust = arg;

	(void)key;
	if (strcmp(kind, "trust") == 0)
		*trust = true;
}

/* An unread change may be a removal: then the snapshot counts as old. */
static void
read_changes(struct anchors_loop *l)
{
	bool trimmed = false, trust = false;
	struct err e = { 0 };

	if (db_changes(l->db, &l->seq, &trimmed, is_trust, &trust, &e) !=
	    ERR_OK) {
		if (!l->failed)
			log_err(LOG_ERR, "trust.changes_unread", &e);
		l->unread = l->failed = true;
		return;
	}
	l->unread = l->failed = false;
	if (trust || trimmed)
		l->wanted = anchors_want(l->a, trimmed ? -1 : l->seq);
}

struct verifier *
anchors_now(struct anchors_loop *l)
{
	struct cert_store *newer;
	int64_t seq;
	bool stale;

	if (db_changed(l->db) || l->unread)
		read_changes(l);
	newer = anchors_newer(l->a, &l->made, &seq);
	stale = l->unread || l->made < l->wanted;
	if (newer != NULL)
		verifier_set_store(l->v, newer, stale);
	else if (stale != l->stale)
		verifier_set_stale(l->v, stale);
	l->stale = stale;
	cert_store_free(newer);
	return l->v;
}

struct anchors_loop *
anchors_loop_new(struct anchors *a, const struct clock *clock,
    struct err *e)
{
	struct anchors_loop *l = calloc(1, sizeof(*l));
	struct verifier_source src;
	struct cert_store *s;

	if (l == NULL) {
		(void)err_set(e, ERR_NOMEM, "trust stores");
		return NULL;
	}
	l->a = a;
	if ((l->db = db_open(anchors_statefd(a), DB_FILE, DB_READ, e)) ==
	    NULL)
		goto fail;
	src = anchors_source(l->db);
	if ((l->v = verifier_new(&src, clock, e)) == NULL)
		goto fail;
	s = anchors_newer(a, &l->made, &l->seq);
	verifier_set_store(l->v, s, false);
	cert_store_free(s);
	/* What came between snapshot and now is read as changes. */
	l->unread = true;
	return l;
fail:
	anchors_loop_free(l);
	return NULL;
}

void
anchors_loop_free(struct anchors_loop *l)
{
	if (l == NULL)
		return;
	verifier_free(l->v);
	db_close(l->db);
	free(l);
}

struct db *
anchors_db(struct anchors_loop *l)
{
	return l->db;
}
