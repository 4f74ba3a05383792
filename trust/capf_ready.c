/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A CA elsewhere: what became of the request for a key that was made before.
 * See capf_part.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/csr.h"
#include "db/params.h"
#include "trust/capf_part.h"

/* Is it for a key of a kind that is wanted now?  What cannot be read is its
 * CA's matter. */
static bool
request_fits(const struct capf_asked *a, const struct row_capf_csr *r)
{
	struct csr *csr = csr_from_der(r->der, r->derlen, NULL);
	enum key_type t;

	if (csr == NULL)
		return true;
	t = csr_key_type(csr);
	csr_free(csr);
	return t == a->p.key || t == a->p.backup;
}

/* It may be over the key of somebody who had only said the name: now that
 * proof is asked for, nothing is made of it for who gives that. */
static bool
proves_enough(const struct capf_asked *a, const struct row_capf_csr *r)
{
	return !capf_auth_proves(a->p.auth) || capf_auth_proves(r->auth);
}

/* Its certificate came, and the phone did not while it was valid. */
static bool
outlived(const struct row_capf_csr *r, int64_t now)
{
	struct cert *c = r->state == CAPF_CSR_ISSUED ? cert_from_der(r->cert,
	    r->certlen, NULL) : NULL;
	bool ended = c != NULL && cert_not_after(c) < now;

	cert_free(c);
	return ended;
}

/* Offline no CA has said anything: a certificate that was imported will not
 * do, and one that does may come for the same key. */
static int
is_offline(struct db *db, bool *offline, struct err *e)
{
	struct err own = { 0 };
	char *issuer = param_get(db, PARAM_CAPF_ISSUER, "", &own);

	if (issuer == NULL)
		return err_set(e, own.code, "%s", own.msg);
	*offline = strcmp(issuer, "offline") == 0;
	free(issuer);
	return ERR_OK;
}

static const char *
why_refused(const struct row_capf_csr *r)
{
	return r->note[0] != '\0' ? r->note : "its CA refused the request";
}

static int
look_at_refused(const struct capf_ctx *c, const struct capf_asked *a,
    const struct row_capf_csr *r, int64_t now, struct capf_task *t,
    struct err *e)
{
	bool offline;
	int ret;

	if ((ret = is_offline(c->db, &offline, e)) != ERR_OK)
		return ret;
	if (offline) {
		capf_answer(t, CAPF_NOTHING, "the certificate that came for it "
		    "will not do: utils capf csr list");
		return ERR_OK;
	}
	capf_answer(t, CAPF_DECLINED, "its CA refused the request");
	return capf_close(c, a, CAPF_FAILED, why_refused(r), now, e);
}

int
capf_refused(const struct capf_ctx *c, const struct row_capf_csr *r,
    int64_t now, struct err *e)
{
	struct err own = { 0 };
	struct capf_asked a;
	bool offline;
	int ret;

	if ((ret = is_offline(c->db, &offline, e)) != ERR_OK || offline)
		return ret;
	ret = capf_asked_load(c, &r->owner, now, &a, &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if (a.p.op == CAPF_OP_INSTALL && request_fits(&a, r) &&
	    proves_enough(&a, r))
		ret = capf_close(c, &a, CAPF_FAILED, why_refused(r), now, e);
	capf_asked_clear(&a);
	return ret;
}

int
capf_look_at_request(const struct capf_ctx *c, const struct capf_asked *a,
    int64_t now, struct capf_task *t, struct err *e)
{
	struct err own = { 0 };
	struct row_capf_csr r;
	int ret = row_capf_csr_get(c->db, &a->owner, &r, &own);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	/* Else the phone makes another key. */
	if (!request_fits(a, &r) || !proves_enough(a, &r) ||
	    outlived(&r, now)) {
		row_capf_csr_clear(&r);
		return capf_drop_request(c->db, &a->owner, e);
	}
	switch (r.state) {
	case CAPF_CSR_WAITING:
	case CAPF_CSR_SENT:
		capf_answer(t, CAPF_NOTHING, r.cert != NULL ? "its certificate "
		    "waits for its issuer: utils capf csr list" :
		    "its CA has not answered yet");
		break;
	case CAPF_CSR_ISSUED:
		t->ready = r.cert;
		t->readylen = r.certlen;
		r.cert = NULL;
		break;
	case CAPF_CSR_REFUSED:
	case CAPF_CSR_STATE_N:
		ret = look_at_refused(c, a, &r, now, t, e);
		break;
	}
	row_capf_csr_clear(&r);
	return ret;
}
