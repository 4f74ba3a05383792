/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cert_use.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/list.h"
#include "trust/cert_use.h"
#include "trust/itl.h"
#include "trust/own_capf.h"

/* A certificate with what its issuer is called. */
struct child {
	char		*issuer;
	struct cert_use	 use;
};

/* A trusted certificate as an issuer. */
struct twin {
	char		*subject;
	char		 unit[TRUST_UNIT_MAX];
	uint8_t		 key_id[SHA256_LEN];
};

struct cert_uses {
	struct db	*db;		/* borrowed: phones are counted by index */
	struct child	*child;		/* by issuer, use */
	size_t		 nchild, child_room;
	struct twin	*twin;		/* by subject, unit, key */
	size_t		 ntwin, twin_room;
	struct row_srst	*srst;
	size_t		 nsrst;
};

/* --- reading --- */

static bool
room(void **list, size_t n, size_t *had, size_t size, struct err *e)
{
	size_t more = *had > 0 ? 2 * *had : 64;
	void *p;

	if (n < *had)
		return true;
	if ((p = reallocarray(*list, more, size)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "use of certificates");
		return false;
	}
	*list = p;
	*had = more;
	return true;
}

static int
add_child(struct cert_uses *u, const char *issuer, const char *unit,
    const char *name, struct err *e)
{
	struct child *c;

	if (!room((void **)&u->child, u->nchild, &u->child_room,
	    sizeof(*u->child), e))
		return ERR_NOMEM;
	c = &u->child[u->nchild];
	if ((c->issuer = strdup(issuer)) == NULL)
		return err_set(e, ERR_NOMEM, "use of certificates");
	(void)snprintf(c->use.what, sizeof(c->use.what), "%s/%s.pem", unit,
	    name);
	u->nchild++;
	return ERR_OK;
}

static int
add_trusted(void *arg, const struct row_trust *t, const struct row_cert *c,
    struct err *e)
{
	struct cert_uses *u = arg;
	struct twin *w;

	if (!room((void **)&u->twin, u->ntwin, &u->twin_room,
	    sizeof(*u->twin), e))
		return ERR_NOMEM;
	w = &u->twin[u->ntwin];
	if ((w->subject = strdup(c->subject)) == NULL)
		return err_set(e, ERR_NOMEM, "use of certificates");
	(void)str_copy(w->unit, sizeof(w->unit), t->unit);
	memcpy(w->key_id, c->key_id, sizeof(w->key_id));
	u->ntwin++;
	if (strcmp(c->subject, c->issuer) == 0)
		return ERR_OK;
	return add_child(u, c->issuer, t->unit, t->name, e);
}

static int
add_own(struct cert_uses *u, struct db *db, struct err *e)
{
	struct own *rows = NULL;
	char *issuer;
	size_t n = 0;
	int ret;

	if ((ret = own_all(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if (cert_self_signed(rows[i].cert))
			continue;
		if ((issuer = cert_issuer(rows[i].cert,
		    CERT_NAME_SEMICOLON, e)) == NULL)
			ret = e->code;
		else
			ret = add_child(u, issuer, rows[i].row.unit,
			    rows[i].row.unit, e);
		free(issuer);
	}
	own_list_free(rows, n);
	return ret;
}

static int
by_issuer(const void *va, const void *vb)
{
	const struct child *a = va, *b = vb;
	int d = strcmp(a->issuer, b->issuer);

	return d != 0 ? d : strcmp(a->use.what, b->use.what);
}

static int
by_subject(const void *va, const void *vb)
{
	const struct twin *a = va, *b = vb;
	int d = strcmp(a->subject, b->subject);

	if (d == 0)
		d = strcmp(a->unit, b->unit);
	return d != 0 ? d : memcmp(a->key_id, b->key_id, sizeof(a->key_id));
}

struct cert_uses *
cert_uses_load(struct db *db, struct err *e)
{
	struct cert_uses *u;

	if ((u = calloc(1, sizeof(*u))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "use of certificates");
		return NULL;
	}
	u->db = db;
	if (row_trust_each(db, NULL, add_trusted, u, e) != ERR_OK ||
	    add_own(u, db, e) != ERR_OK ||
	    row_srst_list(db, &u->srst, &u->nsrst, e) != ERR_OK) {
		cert_uses_free(u);
		return NULL;
	}
	if (u->nchild > 0)
		qsort(u->child, u->nchild, sizeof(*u->child), by_issuer);
	if (u->ntwin > 0)
		qsort(u->twin, u->ntwin, sizeof(*u->twin), by_subject);
	return u;
}

void
cert_uses_free(struct cert_uses *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->nchild; i++)
		free(u->child[i].issuer);
	for (size_t i = 0; i < u->ntwin; i++)
		free(u->twin[i].subject);
	free(u->child);
	free(u->twin);
	free(u->srst);
	free(u);
}

/* --- asking --- */

/* The first child of that issuer; nchild when there is none. */
static size_t
first_child(const struct cert_uses *u, const char *issuer)
{
	size_t lo = 0, hi = u->nchild, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(u->child[mid].issuer, issuer) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Another certificate of this store over the same name and key? */
static bool
has_twin(const struct cert_uses *u, const struct row_trust *t,
    const struct row_cert *c)
{
	const struct twin *found, *end;
	struct twin key = { .subject = c->subject };

	if (u->ntwin == 0)
		return false;
	end = u->twin + u->ntwin;
	(void)str_copy(key.unit, sizeof(key.unit), t->unit);
	memcpy(key.key_id, c->key_id, sizeof(key.key_id));
	if ((found = bsearch(&key, u->twin, u->ntwin, sizeof(key),
	    by_subject)) == NULL)
		return false;
	return (found > u->twin && by_subject(found - 1, &key) == 0) ||
	    (found + 1 < end && by_subject(found + 1, &key) == 0);
}

struct found {
	struct cert_use	*rows;
	size_t		 n, max;
};

static void
note(struct found *f, const char *what)
{
	if (f->n < f->max)
		(void)str_copy(f->rows[f->n].what, sizeof(f->rows->what),
		    what);
	f->n++;
}

/* Those it has issued are found by its digest: a twin is none of theirs. */
static int
note_phones(struct found *f, struct db *db, const uint8_t *sha256,
    struct err *e)
{
	char text[OWN_CAPF_TEXT_MAX];
	int ret;

	if ((ret = own_capf_text(db, sha256, text, e)) == ERR_OK &&
	    text[0] != '\0')
		note(f, text);
	return ret;
}

int
cert_uses_of(const struct cert_uses *u, const struct row_trust *t,
    const struct row_cert *c, size_t max, struct cert_use **rows, size_t *n,
    struct err *e)
{
	struct found f = { .max = max };
	char what[sizeof(f.rows->what)];
	int ret;

	if ((f.rows = calloc(max + 1, sizeof(*f.rows))) == NULL)
		return err_set(e, ERR_NOMEM, "use of certificates");
	for (size_t i = 0; i < u->nsrst; i++)
		if (u->srst[i].has_accepted && memcmp(u->srst[i].accepted,
		    c->sha256, SHA256_LEN) == 0) {
			(void)snprintf(what, sizeof(what),
			    "SRST reference %s", u->srst[i].name);
			note(&f, what);
		}
	if (!has_twin(u, t, c))
		for (size_t i = first_child(u, c->subject); i < u->nchild &&
		    strcmp(u->child[i].issuer, c->subject) == 0; i++)
			note(&f, u->child[i].use.what);
	if ((ret = note_phones(&f, u->db, c->sha256, e)) != ERR_OK) {
		free(f.rows);
		return ret;
	}
	*rows = f.rows;
	*n = f.n;
	return ERR_OK;
}

/* --- own ones --- */

/* What is done with it by a program that is there; NULL: nothing so far. */
static const char *const duties[UNIT_N] = {
	[UNIT_CALLMANAGER] = "signs phone files",
	[UNIT_CALLMANAGER_ECDSA] = "TLS of HTTPS 6971 and 6972",
	[UNIT_TVS] = "TLS of the Trust Verification Service",
	[UNIT_ITLRECOVERY] = "signs trust lists",
	[UNIT_IPSEC] = "IPsec of this host, where it is exported to",
};

/* The records of the list served now that carry it. */
static int
note_list(struct found *f, struct db *db, const struct own *o,
    struct err *e)
{
	struct err none = { .code = ERR_OK };
	char what[sizeof(f->rows->what)];
	uint8_t sha[SHA256_LEN];
	const char *role;
	struct row_list l;
	struct list *list;
	int ret;

	if ((ret = itl_current(db, &l, &none)) == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if ((list = list_parse(l.bytes, l.len, e)) == NULL) {
		row_list_clear(&l);
		return e->code;
	}
	for (size_t i = 0; i < list->nrec; i++) {
		if (list->rec[i].cert == NULL)
			continue;
		cert_sha256(list->rec[i].cert, sha);
		if (memcmp(sha, o->row.sha256, sizeof(sha)) != 0)
			continue;
		role = list_role_name(list->rec[i].role);
		(void)snprintf(what, sizeof(what), "ITL record %zu, %s",
		    i + 1, role != NULL ? role : "of unknown role");
		note(f, what);
	}
	list_free(list);
	row_list_clear(&l);
	return ERR_OK;
}

int
cert_use_own(struct db *db, const struct own *o, struct cert_use **rows,
    size_t *n, struct err *e)
{
	const struct own_unit_def *u = own_unit_find(o->row.unit);
	struct found f = { .max = LIST_WARN_CERTS };
	int ret;

	*rows = NULL;
	*n = 0;
	if ((f.rows = calloc(f.max + 1, sizeof(*f.rows))) == NULL)
		return err_set(e, ERR_NOMEM, "use of certificates");
	if (o->row.stage == OWN_ACTIVE && u != NULL &&
	    duties[u->unit] != NULL)
		note(&f, duties[u->unit]);
	if ((ret = note_phones(&f, db, o->row.sha256, e)) != ERR_OK ||
	    (ret = note_list(&f, db, o, e)) != ERR_OK) {
		free(f.rows);
		return ret;
	}
	*rows = f.rows;
	*n = f.n < f.max ? f.n : f.max;
	return ERR_OK;
}
