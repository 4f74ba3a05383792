/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a certificate of an owner is good for, by what is written down about
 * it: whether it proves who he is, and whether it may become his current one.
 * Whose it is, who issued it and who has its key is judged before.
 *
 * - A row says current: it proves, and it is what files are encrypted for.
 * - A row says superseded, revoked or deleted: good for nothing, for ever.
 * - No row, and this cluster's CAPF has issued it: it was sent to somebody who
 *   never said that he had stored it.  As long as that is written down
 *   (capf_issued), it is good for as much as was proved before it was sent.
 *   After that for nothing: whose it is was never known.
 * - No row, of another CA in CAPF-trust: the phone's from before this cluster,
 *   good as long as it has had none here since, and has not been sent so many
 *   that one of these may be forgotten (CAPF_ISSUED_MAX).
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "trust/capf_part.h"
#include "trust/own_capf.h"

#define ANOTHER_WAY	"let it prove itself in another way " \
			"(authentication-mode)"
#define ANOTHER_CERT	"utils capf install gives it another"

/* *known: d is what is written down about it. */
static int
look_up(struct db *db, const uint8_t sha256[SHA256_LEN],
    struct row_device_cert *d, bool *known, struct err *e)
{
	struct err own = { 0 };
	int ret = row_device_cert_by_sha256(db, sha256, d, &own);

	*known = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

bool
capf_same_owner(const struct capf_owner *a, const struct capf_owner *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
	    strcmp(a->instance, b->instance) == 0;
}

bool
capf_auth_proves(int64_t auth)
{
	return auth == CAPF_AUTH_STRING || auth == CAPF_AUTH_LSC ||
	    auth == CAPF_AUTH_MIC;
}

/* Sent by this cluster, to him? */
struct sent {
	bool	yes;
	bool	proved;		/* who got it had proved who he is */
	bool	before;		/* to one of his name who was removed */
};

static int
was_sent(const struct capf_ctx *c, const struct capf_asked *a,
    const uint8_t sha256[SHA256_LEN], struct sent *s, struct err *e)
{
	struct capf_issued i = { .der = NULL };
	struct err own = { 0 };
	int ret = observed_issued_get(c->observed, sha256, &i, &own);

	*s = (struct sent){ .yes = false };
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if (capf_same_owner(&i.owner, &a->owner)) {
		s->yes = i.at >= a->phone.created_at;
		s->before = !s->yes;
	}
	s->proved = s->yes && capf_auth_proves(i.auth);
	capf_issued_clear(&i);
	return ERR_OK;
}

/* --- as proof --- */

static int
note_lsc(void *arg, const struct row_device_cert *d, struct err *e)
{
	bool *had = arg;

	(void)e;
	*had = *had || (d->type == DEVICE_LSC && d->stored_at != 0);
	return ERR_OK;
}

static int
note_sent(void *arg, const struct capf_issued *i, struct err *e)
{
	size_t *n = arg;

	(void)i;
	(void)e;
	++*n;
	return ERR_OK;
}

/* *no NULL: it proves. */
static int
prove_unknown(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, const char **no, struct err *e)
{
	struct sent s;
	bool had = false;
	size_t nsent = 0;
	int ret = was_sent(c, a, h->sha256, &s, e);

	*no = NULL;
	if (ret != ERR_OK || s.proved)
		return ret;
	if (s.yes)
		*no = "it showed a certificate that was sent to somebody who "
		    "had proved nothing, and who never said that it was "
		    "stored: " ANOTHER_WAY;
	else if (h->proof == CAPF_PROOF_MIC)
		return ERR_OK;
	else if (h->own_ca)
		*no = "it showed a certificate of this cluster's CAPF that is "
		    "not known here as one it has stored: " ANOTHER_WAY;
	else if (s.before)
		*no = "it showed a certificate that was sent to one of its "
		    "name who was removed: " ANOTHER_WAY;
	else if ((ret = observed_issued_of(c->observed, &a->owner, note_sent,
	    &nsent, e)) != ERR_OK)
		return ret;
	else if (nsent >= CAPF_ISSUED_MAX)
		*no = "it showed a certificate that is not known here, and "
		    "has been sent more than are remembered: " ANOTHER_WAY;
	else if ((ret = row_device_cert_each(c->db, &a->owner, -1, NULL,
	    note_lsc, &had, e)) == ERR_OK && had)
		*no = "it showed a certificate that is not known here, and "
		    "has had another since: " ANOTHER_WAY;
	return ret;
}

int
capf_good_proof(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, const char **no, struct err *e)
{
	struct row_device_cert d;
	bool known;
	int ret = look_up(c->db, h->sha256, &d, &known, e);

	*no = NULL;
	if (ret != ERR_OK)
		return ret;
	if (h->expired && a->p.op != CAPF_OP_INSTALL)
		*no = "it showed a MIC that has expired, or whose CA has: it is "
		    "good for an installation only (capf.expired_mic)";
	else if (!known)
		return prove_unknown(c, a, h, no, e);
	else if (!capf_same_owner(&d.owner, &a->owner))
		*no = "it showed another's certificate";
	else if (d.state != DEVICE_CURRENT)
		*no = "it showed a certificate that is no longer its own "
		    "(superseded, revoked or deleted)";
	return ERR_OK;
}

int
capf_good_still(const struct capf_ctx *c, const struct capf_progress *p,
    struct err *e)
{
	struct row_device_cert d;
	bool known;
	int ret;

	if (!p->by_cert)
		return ERR_OK;
	if ((ret = look_up(c->db, p->shown, &d, &known, e)) != ERR_OK)
		return ret;
	/* Its own session supersedes it, or deletes what was stored. */
	if (known && (d.state == DEVICE_REVOKED ||
	    (d.state == DEVICE_DELETED && d.stored_at == 0)))
		return err_set(e, ERR_BADSTATE, "the certificate that %s "
		    "proved itself with was %s while its session was under "
		    "way", p->owner.name, device_cert_state_name[d.state]);
	return ERR_OK;
}

/* --- as the current one --- */

int
capf_good_row(const struct capf_ctx *c, const struct capf_end *x,
    const uint8_t sha256[SHA256_LEN], bool *is, struct err *e)
{
	struct row_device_cert d;
	bool known;
	int ret = look_up(c->db, sha256, &d, &known, e);

	*is = false;
	if (ret != ERR_OK || !known)
		return ret;
	if (!capf_same_owner(&d.owner, &x->owner))
		return err_set(e, ERR_REFUSED, "the certificate is known here "
		    "as that of %s", d.owner.name);
	if (d.state != DEVICE_CURRENT)
		return err_set(e, ERR_REFUSED, "the certificate is known here "
		    "as %s, and counts for nothing any more: " ANOTHER_CERT,
		    device_cert_state_name[d.state]);
	*is = true;
	return ERR_OK;
}

/* An expired one may prove who asks for his first, and is nothing to write
 * down as his. */
static int
check_dates(const struct capf_end *x, const struct cert *cert, struct err *e)
{
	char when[CLOCK_RFC3339_LEN];

	clock_rfc3339(cert_not_after(cert), when);
	if (cert_not_after(cert) < x->now)
		return err_set(e, ERR_REFUSED, "the %s it gave expired %s: "
		    ANOTHER_CERT, x->mic ? "MIC" : "certificate", when);
	if (cert_not_before(cert) > x->now)
		return err_set(e, ERR_REFUSED, "the certificate it gave is "
		    "not valid yet: look at this machine's clock");
	return ERR_OK;
}

/* He has a newer one: whoever gives an older is not that far, or not he. */
static int
check_newer(const struct capf_ctx *c, const struct capf_end *x,
    const struct cert *cert, struct err *e)
{
	struct row_device_cert d;
	struct row_cert row;
	struct err own = { 0 };
	int64_t since;
	int ret = row_device_cert_current(c->db, &x->owner, x->mic ?
	    DEVICE_MIC : DEVICE_LSC, &d, &own);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if ((ret = row_cert_get(c->db, d.sha256, &row, e)) != ERR_OK)
		return ret;
	since = row.not_before;
	row_cert_clear(&row);
	return since <= cert_not_before(cert) ? ERR_OK : err_set(e,
	    ERR_REFUSED, "the certificate it gave is older than its current "
	    "one, which stays: " ANOTHER_CERT);
}

int
capf_good_fetched(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_end *x, int64_t auth, const struct cert *cert,
    const struct row_device_cert *d, struct err *e)
{
	struct sent s;
	bool own = false;
	int ret;

	if ((ret = check_dates(x, cert, e)) != ERR_OK ||
	    (ret = was_sent(c, a, d->sha256, &s, e)) != ERR_OK)
		return ret;
	if ((s.before || (s.yes && !s.proved)) && !capf_auth_proves(auth))
		return err_set(e, ERR_REFUSED, "the certificate it gave was "
		    "sent and never confirmed, and nobody has proved who he "
		    "is: " ANOTHER_CERT);
	if (!s.yes && !x->mic && (ret = own_capf_made(c->db, d->issuer, &own,
	    e)) != ERR_OK)
		return ret;
	if (own)
		return err_set(e, ERR_REFUSED, "the certificate it gave is of "
		    "this cluster's CAPF, and not known here as one it has "
		    "stored: " ANOTHER_CERT);
	return check_newer(c, x, cert, e);
}
