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
	struct anchors	*a;		/* NULL: things stay as they are */
	struct db	*db;
	struct verifier	*v;
	struct anchors_ask ask;
	struct anchors_view view;
	uint64_t	 made;		/* number of the snapshot in use */
	uint64_t	 wanted;	/* of the one that knows all */
	int64_t		 seq;		/* changes were read to here */
	int64_t		 lists;		/* lists were, since the snapshot */
	bool		 unread;	/* there may be more of them */
	bool		 failed;	/* reading them has */
	bool		 stale;
};

void
anchors_is_change(void *arg, const char *kind, const char *key)
{
	struct anchors_changed *ch = arg;

	if (strcmp(kind, "crl") == 0)
		ch->lists = ch->trust = true;
	if (strcmp(kind, "trust") == 0 ||
	    (strcmp(kind, "parameter") == 0 && strcmp(key, "cert.ocsp") == 0))
		ch->trust = true;
}

/*
 * What a CA has revoked counts at once, not with the next snapshot: a phone
 * would keep the answer for a day.
 */
static int
read_lists(struct anchors_loop *l, struct err *e)
{
	struct crl_set *now = NULL;
	int ret = anchors_lists_make(&now, l->db, l->view.crls, e);

	if (ret != ERR_OK)
		return ret;
	crl_set_free(l->view.crls);
	l->view.crls = l->ask.crls = now;
	l->lists = l->seq;
	return ERR_OK;
}

/* An unread change may be a removal: then the snapshot counts as old. */
static void
read_changes(struct anchors_loop *l)
{
	struct anchors_changed ch = { .trust = l->unread, .lists = l->unread };
	bool trimmed = false;
	struct err e = { 0 };

	if (db_changes(l->db, &l->seq, &trimmed, anchors_is_change, &ch,
	    &e) != ERR_OK || ((ch.lists || trimmed) &&
	    read_lists(l, &e) != ERR_OK)) {
		if (!l->failed)
			log_err(LOG_ERR, "trust.changes_unread", &e);
		l->unread = l->failed = true;
		return;
	}
	l->unread = l->failed = false;
	if (ch.trust || trimmed)
		l->wanted = anchors_want(l->a, trimmed ? -1 : l->seq);
}

static void
take(struct anchors_loop *l, struct anchors_view *newer, bool stale)
{
	verifier_set_store(l->v, newer->store, stale);
	anchors_view_clear(&l->view);
	l->view = *newer;
	l->ask.crls = l->view.crls;
	l->ask.ocsp = l->view.ocsp && l->a != NULL ?
	    anchors_revocation(l->a) : NULL;
}

/* A snapshot that was begun before the lists changed has the old ones. */
static void
take_newer(struct anchors_loop *l, struct anchors_view *newer, bool stale)
{
	struct err e = { 0 };

	take(l, newer, stale);
	if (l->view.seq < l->lists && read_lists(l, &e) != ERR_OK) {
		log_err(LOG_ERR, "trust.changes_unread", &e);
		l->unread = l->failed = true;
	}
}

struct verifier *
anchors_now(struct anchors_loop *l)
{
	struct anchors_view newer;
	bool stale, is_newer;

	if (l->a == NULL)
		return l->v;
	if (db_changed(l->db) || l->unread)
		read_changes(l);
	is_newer = anchors_newer(l->a, &l->made, &newer);
	stale = l->unread || l->made < l->wanted;
	if (is_newer)
		take_newer(l, &newer, stale);
	else if (stale != l->stale)
		verifier_set_stale(l->v, stale);
	l->stale = stale;
	return l->v;
}

/* w becomes the loop's, also when it fails. */
static struct anchors_loop *
new_over(struct anchors *a, struct db *db, struct anchors_view *w,
    const struct clock *clock, struct err *e)
{
	struct anchors_loop *l = calloc(1, sizeof(*l));
	struct verifier_source src;

	if (l == NULL) {
		anchors_view_clear(w);
		(void)err_set(e, ERR_NOMEM, "trust stores");
		return NULL;
	}
	l->a = a;
	l->db = db;
	l->ask = (struct anchors_ask){ .db = db, .clock = clock };
	src = anchors_source(&l->ask);
	if ((l->v = verifier_new(&src, clock, e)) == NULL) {
		anchors_view_clear(w);
		free(l);
		return NULL;
	}
	take(l, w, false);
	return l;
}

struct anchors_loop *
anchors_loop_new(struct anchors *a, const struct clock *clock,
    struct err *e)
{
	struct db *db = db_open(anchors_statefd(a), DB_FILE, DB_READ, e);
	struct anchors_view w;
	struct anchors_loop *l;
	uint64_t made = 0;

	if (db == NULL)
		return NULL;
	(void)anchors_newer(a, &made, &w);	/* they count from 1 */
	if ((l = new_over(a, db, &w, clock, e)) == NULL) {
		db_close(db);
		return NULL;
	}
	l->made = made;
	/* What came between snapshot and now is read as changes. */
	l->seq = l->view.seq;
	l->unread = true;
	return l;
}

struct anchors_loop *
anchors_once(struct db *db, const struct clock *clock, struct err *e)
{
	struct anchors_view w;

	if (anchors_view_make(&w, db, NULL, e) != ERR_OK)
		return NULL;
	return new_over(NULL, db, &w, clock, e);
}

void
anchors_loop_free(struct anchors_loop *l)
{
	if (l == NULL)
		return;
	verifier_free(l->v);
	anchors_view_clear(&l->view);
	if (l->a != NULL)
		db_close(l->db);
	free(l);
}

struct db *
anchors_db(struct anchors_loop *l)
{
	return l->db;
}
