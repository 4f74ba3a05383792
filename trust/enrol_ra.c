/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The key that SCEP's messages are signed with and answers are encrypted to:
 * one for all requests, kept sealed while there are any, so that a CA that
 * thinks about one for long is asked again by who asked first.  See
 * enrol_part.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypt/rng.h"
#include "db/params.h"
#include "trust/enrol_part.h"
#include "trust/sealed.h"

#define NAME	CLUSTER_SECRET_SCEP_RA
#define LEFT_S	(INT64_C(30) * 86400)	/* less of its certificate: another */

int
enrol_ra_wanted(struct db *db, bool *wanted, struct err *e)
{
	char *issuer = param_get(db, PARAM_CAPF_ISSUER, "", e);

	*wanted = false;
	if (issuer == NULL)
		return e->code;
	*wanted = strcmp(issuer, enrol_scep.issuer) == 0;
	free(issuer);
	return ERR_OK;
}

/* --- still privileged --- */

static int
seal_ra(struct enrol_ra *r, const struct keyring *kr, struct err *e)
{
	struct secret *bytes = NULL;
	int ret;

	if ((ret = scep_ra_pack(r->ra, &bytes, e)) == ERR_OK)
		ret = sealed_cluster_bytes(kr, rng_system(), NAME, bytes,
		    &r->sealed, &r->len, e);
	secret_free(bytes);
	return ret;
}

static int
open_ra(struct enrol_ra *r, const struct keyring *kr, struct err *e)
{
	struct secret *bytes = NULL;
	int ret = sealed_cluster_bytes_open(kr, NAME, r->sealed, r->len,
	    &bytes, e);

	if (ret != ERR_OK)
		return ret;
	r->ra = scep_ra_unpack(bytes->buf, bytes->len, e);
	secret_free(bytes);
	return r->ra != NULL ? ERR_OK : e->code;
}

/*
 * Nobody is to wait for one that has ended; and one that cannot be opened (of a
 * cluster that was put back without its key) is no loss, for nobody could give
 * another.
 */
static void
take_kept(struct enrol_ra *r, const struct keyring *kr, int64_t now)
{
	struct err e = { 0 };

	if (!r->row)
		return;
	if (open_ra(r, kr, &e) != ERR_OK) {
		(void)err_wrap(&e, NAME " is of no use");
		log_err(LOG_WARNING, "enrol.requester", &e);
	}
	r->kept = r->ra != NULL && scep_ra_not_after(r->ra) > now + LEFT_S;
	if (r->kept)
		return;
	enrol_ra_clear(r);
	r->row = true;
}

static int
make(struct enrol_ra *r, struct db *db, const struct keyring *kr, int64_t now,
    struct err *e)
{
	bool wanted;
	int ret;

	if (r->ra != NULL)
		return ERR_OK;
	if ((ret = enrol_ra_wanted(db, &wanted, e)) != ERR_OK || !wanted)
		return ret;
	if ((r->ra = scep_ra_new(now, e)) == NULL)
		return err_wrap(e, NAME);
	return seal_ra(r, kr, e);
}

int
enrol_ra_open(struct enrol_ra *r, const struct node *n, int64_t now,
    struct err *e)
{
	struct err none = { 0 };
	struct keyring *kr;
	int ret = row_cluster_secret_get(n->db, NAME, &r->sealed, &r->len,
	    NULL, &none);

	r->row = ret == ERR_OK;
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", none.msg);
	if ((kr = node_keyring(n, KEYRING_CRED, e)) == NULL)
		return e->code;
	take_kept(r, kr, now);
	ret = make(r, n->db, kr, now, e);
	keyring_free(kr);
	return ret;
}

void
enrol_ra_clear(struct enrol_ra *r)
{
	scep_ra_free(r->ra);
	free(r->sealed);
	*r = (struct enrol_ra){ .ra = NULL };
}

/* --- kept, while there are requests --- */

struct keeping {
	const struct enrol_ra	*r;
	int64_t			 now;
};

static int
keep_tx(struct db *db, void *arg, struct err *e)
{
	const struct keeping *k = arg;

	return row_cluster_secret_put(db, NAME, k->r->sealed, k->r->len,
	    k->now, e);
}

int
enrol_ra_keep(struct enrol_ra *r, struct db *db, int64_t now, struct err *e)
{
	struct keeping k = { .r = r, .now = now };
	int ret;

	if (r->kept || r->sealed == NULL)
		return ERR_OK;
	if ((ret = db_result_err(db_tx(db, keep_tx, &k, e), e)) == ERR_OK)
		r->kept = r->row = true;
	return ret;
}

static int
note_asked(void *arg, const struct row_capf_csr *c, struct err *e)
{
	bool *asked = arg;

	(void)e;
	*asked = *asked || (c->next_at != 0 && !enrol_is_held(c));
	return *asked ? ERR_LIMIT : ERR_OK;	/* enough is known */
}

/* What waits has perhaps been asked for, and the answer was lost. */
static int
is_needed(struct db *db, bool *needed, struct err *e)
{
	struct err own = { 0 };
	int64_t n;
	int ret = row_capf_csr_count(db, CAPF_CSR_WAITING, &n, e);

	*needed = n > 0;
	if (ret != ERR_OK || *needed)
		return ret;
	ret = row_capf_csr_each(db, CAPF_CSR_SENT, INT64_MAX, note_asked,
	    needed, &own);
	return ret == ERR_OK || *needed ? ERR_OK : err_set(e, ret, "%s",
	    own.msg);
}

static int
drop_tx(struct db *db, void *arg, struct err *e)
{
	struct err own = { 0 };
	bool needed;
	int ret;

	(void)arg;
	if ((ret = is_needed(db, &needed, e)) != ERR_OK || needed)
		return ret != ERR_OK ? ret : err_set(e, ERR_EXISTS, "a "
		    "request came");
	ret = row_cluster_secret_remove(db, NAME, &own);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret,
	    "%s", own.msg);
}

int
enrol_ra_drop(struct enrol_ra *r, struct db *db, struct err *e)
{
	struct err own = { 0 };
	bool needed;
	int ret;

	if (!r->row)
		return ERR_OK;
	if ((ret = is_needed(db, &needed, e)) != ERR_OK || needed)
		return ret;
	ret = db_result_err(db_tx(db, drop_tx, NULL, &own), &own);
	if (ret == ERR_OK)
		r->kept = r->row = false;
	return ret == ERR_OK || ret == ERR_EXISTS ? ERR_OK : err_set(e, ret,
	    "%s", own.msg);
}
