/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An owner whose word got lost: he stored the certificate that was sent to
 * him, and nobody here knows.  See capf_part.h.
 */
#include <string.h>

#include "trust/capf_part.h"

/*
 * It was asked for as it is now when that was sent.  Who takes an operation
 * back to ask for better proof, or for another key, wants none of what was sent
 * before; any change of the owner counts as that.  His profile may have come to
 * ask for proof, too.
 */
static bool
asked_before(const struct capf_asked *a, const struct capf_issued *i)
{
	return (a->owner.kind == CAPF_PHONE ? a->phone.changed_at :
	    a->cti.changed_at) <= i->at &&
	    (capf_auth_proves(i->auth) || a->p.auth == CAPF_AUTH_NULL);
}

/* No operation of his has ended since it was sent: it is this one's. */
static int
sent_for(const struct capf_ctx *c, const struct capf_issued *i, bool *yes,
    struct err *e)
{
	struct row_capf_outcome o;
	struct row_device_cert d;
	struct err own = { 0 };
	int ret;

	*yes = false;
	ret = row_device_cert_by_sha256(c->db, i->sha256, &d, &own);
	if (ret == ERR_OK)
		return ERR_OK;	/* it is known */
	if (ret == ERR_NOTFOUND)
		ret = row_capf_outcome_get(c->db, &i->owner, &o, &own);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	*yes = ret == ERR_NOTFOUND || o.at <= i->at;
	return ERR_OK;
}

/* Of the kind that is asked for now. */
static int
is_wanted(const struct capf_asked *a, const struct capf_issued *i,
    bool *yes, struct err *e)
{
	struct cert *cert = cert_from_der(i->der, i->derlen, e);
	enum key_type t;

	if (cert == NULL)
		return err_wrap(e, "a certificate sent to %s", a->owner.name);
	t = cert_key_type(cert);
	*yes = t == a->p.key || t == a->p.backup;
	cert_free(cert);
	return ERR_OK;
}

/* ERR_REFUSED, ERR_EXISTS: nothing is written, and he gets another. */
static int
take(const struct capf_ctx *c, struct capf_asked *a,
    const struct capf_hello *h, const struct capf_issued *i, bool *done,
    struct err *e)
{
	const struct capf_end x = { .owner = a->owner, .op = a->p.op,
	    .ok = true, .session = h->session, .der = i->der,
	    .derlen = i->derlen, .now = h->now };
	struct err own = { 0 };
	int ret = capf_take_cert(c, a, &x, i->auth, &own);

	if (ret == ERR_REFUSED || ret == ERR_EXISTS)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	*done = true;
	return capf_close(c, a, CAPF_DONE, "", h->now, e);
}

/* What was sent stays in observed.db, as this may have to be done again. */
int
capf_confirm(const struct capf_ctx *c, struct capf_asked *a,
    const struct capf_hello *h, struct capf_progress *p, bool *done,
    struct err *e)
{
	struct capf_issued i = { .der = NULL };
	struct err own = { 0 };
	bool yes = false;
	int ret;

	*done = false;
	if (a->p.op != CAPF_OP_INSTALL || h->proof != CAPF_PROOF_LSC)
		return ERR_OK;
	ret = observed_issued_get(c->observed, h->sha256, &i, &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if (capf_same_owner(&i.owner, &a->owner) && asked_before(a, &i) &&
	    (ret = sent_for(c, &i, &yes, e)) == ERR_OK && yes &&
	    (ret = is_wanted(a, &i, &yes, e)) == ERR_OK && yes)
		ret = take(c, a, h, &i, done, e);
	if (ret == ERR_OK && *done) {
		p->session = h->session;
		ret = capf_close_progress(c, p, h->now, e);
	}
	capf_issued_clear(&i);
	return ret;
}
