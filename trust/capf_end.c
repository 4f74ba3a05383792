/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The end of a session: the certificate becomes its owner's, or it does not.
 * See capf.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/chain.h"
#include "certs/lsc.h"
#include "trust/capf_part.h"
#include "trust/cert_row.h"
#include "trust/own.h"
#include "trust/rollout.h"

#define ISSUERS_MAX	16	/* certificates of one name */

/* --- whose certificate it is --- */

/* One of our own CAs for phones, or trusted for CAPF; of a phone's maker also
 * where TLS trusts it. */
static int
issues_for_phones(struct db *db, const uint8_t sha256[SHA256_LEN], bool mic,
    bool *yes, struct err *e)
{
	const char *unit = own_unit_table()[UNIT_CAPF].name;
	struct row_trust *t = NULL;
	struct row_own *own = NULL;
	size_t n = 0;
	int ret;

	*yes = false;
	if ((ret = row_own_of_cert(db, sha256, &own, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*yes = *yes || (!mic && strcmp(own[i].unit, unit) == 0);
	free(own);
	if (*yes || (ret = row_trust_of_cert(db, sha256, &t, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*yes = *yes || (t[i].removed_at == 0 &&
		    (strcmp(t[i].unit, "CAPF-trust") == 0 ||
		    (mic && strcmp(t[i].unit, "CallManager-trust") == 0)));
	free(t);
	return ERR_OK;
}

static int
issued_by(const struct capf_ctx *ctx, const struct row_cert *row,
    const struct cert *c, bool mic, bool *yes, struct err *e)
{
	struct cert *ca = capf_issuer(ctx, row->der, row->derlen, e);
	int ret = ERR_OK;

	*yes = false;
	if (ca == NULL)
		return err_wrap(e, "certificate of a CA");
	if (cert_is_ca(ca) && chain_issued(ca, c))
		ret = issues_for_phones(ctx->db, row->sha256, mic, yes, e);
	if (ret == ERR_OK && *yes)
		ret = capf_keep_issuer(ctx, mic, ca, row->sha256, e);
	cert_free(ca);
	return ret;
}

/* By its name; ERR_REFUSED. */
static int
search_issuer(const struct capf_ctx *ctx, const struct cert *c, bool mic,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	char *name = cert_issuer(c, CERT_NAME_SEMICOLON, e);
	struct row_cert *rows = NULL;
	bool yes = false;
	size_t n = 0;
	int ret;

	if (name == NULL)
		return err_wrap(e, "issuer of a certificate");
	if ((ret = row_cert_by_subject(ctx->db, name, ISSUERS_MAX, &rows, &n,
	    e)) != ERR_OK)
		goto out;
	for (size_t i = 0; ret == ERR_OK && !yes && i < n; i++) {
		memcpy(sha256, rows[i].sha256, SHA256_LEN);
		ret = issued_by(ctx, &rows[i], c, mic, &yes, e);
	}
	if (ret == ERR_OK && !yes)
		ret = err_set(e, ERR_REFUSED, "its certificate is by %.128s, "
		    "which is not trusted for phones (CAPF-trust)", name);
out:
	for (size_t i = 0; i < n; i++)
		row_cert_clear(&rows[i]);
	free(rows);
	free(name);
	return ret;
}

/* The trusted certificate that issued c, most often that of the one before;
 * ERR_REFUSED. */
static int
find_issuer(const struct capf_ctx *ctx, const struct cert *c, bool mic,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	const struct cert *last;
	int ret = capf_last_issuer(ctx, mic, &last, sha256, e);

	if (ret != ERR_OK || (last != NULL && chain_issued(last, c)))
		return ret;
	return search_issuer(ctx, c, mic, sha256, e);
}

/* --- it becomes his --- */

struct cert_list {
	struct row_device_cert	 c[8];
	size_t			 n;
	enum device_cert_type	 type;
};

static int
take_current(void *arg, const struct row_device_cert *c, struct err *e)
{
	struct cert_list *l = arg;

	(void)e;
	if (c->type == l->type && l->n < sizeof(l->c) / sizeof(l->c[0]))
		l->c[l->n++] = *c;
	return ERR_OK;
}

/* His current ones of that type get another state, but except. */
static int
retire(const struct capf_ctx *c, const struct capf_owner *o,
    enum device_cert_type type, const uint8_t *except,
    enum device_cert_state state, int64_t now, struct err *e)
{
	struct cert_list l = { .type = type };
	int ret = row_device_cert_each(c->db, o, DEVICE_CURRENT, NULL,
	    take_current, &l, e);

	for (size_t i = 0; ret == ERR_OK && i < l.n; i++) {
		if (except != NULL && memcmp(l.c[i].sha256, except,
		    SHA256_LEN) == 0)
			continue;
		l.c[i].state = state;
		l.c[i].changed_at = now;
		ret = row_device_cert_put(c->db, &l.c[i], e);
	}
	return ret;
}

/* *is: it is his already. */
static int
check_cert(const struct capf_ctx *c, const struct capf_end *x,
    const struct cert *cert, struct row_device_cert *d, bool *is,
    struct err *e)
{
	char device[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	uint8_t key_id[KEY_ID_LEN];
	int ret;

	capf_owner_text(&x->owner, device, sizeof(device));
	/* Old call managers name LSCs as makers name theirs. */
	if (!lsc_is_of(cert, device, true))
		return err_set(e, ERR_REFUSED, "the certificate is not of %s",
		    device);
	if ((ret = capf_good_row(c, x, d->sha256, is, e)) != ERR_OK ||
	    *is || (ret = find_issuer(c, cert, x->mic, d->issuer, e)) != ERR_OK)
		return ret;
	d->has_issuer = true;
	cert_key_id(cert, key_id);
	return capf_key_free(c, &x->owner, key_id, e);
}

int
capf_take_cert(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_end *x, int64_t auth, struct err *e)
{
	struct row_device_cert d = { .owner = x->owner,
	    .type = x->mic ? DEVICE_MIC : DEVICE_LSC,
	    .state = DEVICE_CURRENT, .stored_at = x->now,
	    .changed_at = x->now };
	struct cert *cert = capf_cert_keyless(c, x->der, x->derlen, e);
	bool is = false;
	int ret;

	if (cert == NULL)
		return err_wrap(e, "the certificate of %s", x->owner.name);
	cert_sha256(cert, d.sha256);
	ret = check_cert(c, x, cert, &d, &is, e);
	if (ret == ERR_OK && !is && x->op == CAPF_OP_FETCH)
		ret = capf_good_fetched(c, a, x, auth, cert, &d, e);
	if (ret == ERR_OK && !is &&
	    (ret = cert_row_put(c->db, cert, e)) == ERR_OK &&
	    (ret = retire(c, &x->owner, d.type, d.sha256, DEVICE_SUPERSEDED,
	    x->now, e)) == ERR_OK)
		ret = row_device_cert_put(c->db, &d, e);
	cert_free(cert);
	return ret;
}

/* --- how it went on --- */

int
capf_close_progress(const struct capf_ctx *c, const struct capf_progress *p,
    int64_t now, struct err *e)
{
	struct capf_progress over = { .owner = p->owner, .session =
	    p->session, .since = p->since, .at = now, .auth = p->auth,
	    .by_cert = p->by_cert };
	int ret;

	memcpy(over.shown, p->shown, sizeof(over.shown));
	if (p->wrong > 0 && (ret = observed_wrong_remove_of(c->observed,
	    &p->owner, e)) != ERR_OK)
		return ret;
	if ((ret = capf_unasked_over(c, &p->owner, e)) != ERR_OK)
		return ret;
	return observed_capf_put(c->observed, &over, e);
}

/* One that was fetched is looked up there when this is run again. */
static int
forget_issued(const struct capf_ctx *c, const struct capf_end *x,
    struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	const uint8_t *except = NULL;
	int ret;

	/* His MIC says nothing of an LSC that he may have stored; what was
	 * deleted is known by its rows. */
	if (x->mic || x->op == CAPF_OP_DELETE)
		return ERR_OK;
	if (x->op == CAPF_OP_FETCH) {
		if ((ret = digest_buf(DIGEST_SHA256, x->der, x->derlen, sha256,
		    e)) != ERR_OK)
			return ret;
		except = sha256;
	}
	return observed_issued_remove_of(c->observed, &x->owner, except, e);
}

/* Also what was sent and never confirmed: he has deleted what he had. */
static int
deleted(const struct capf_ctx *c, const struct capf_end *x,
    const struct capf_progress *p, struct err *e)
{
	struct row_device_cert d;
	struct err own = { 0 };
	int64_t n;
	int ret;

	if ((ret = retire(c, &x->owner, DEVICE_LSC, NULL, DEVICE_DELETED,
	    x->now, e)) != ERR_OK ||
	    (ret = capf_void_issued(c, &x->owner, x->now, &n, e)) != ERR_OK ||
	    !p->by_cert)
		return ret;
	/* The one that he proved himself with he had stored. */
	ret = row_device_cert_by_sha256(c->db, p->shown, &d, &own);
	if (ret == ERR_NOTFOUND || (ret == ERR_OK &&
	    (d.state != DEVICE_DELETED || d.stored_at != 0)))
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	d.stored_at = x->now;
	return row_device_cert_put(c->db, &d, e);
}

static int
succeeded(const struct capf_ctx *c, const struct capf_end *x,
    struct capf_asked *a, struct capf_progress *p, struct err *e)
{
	int ret;

	/* The same end again, and nothing of it was put back. */
	if (p->operation[0] == '\0' && a->p.op == CAPF_OP_NONE)
		return ERR_OK;
	if ((ret = capf_good_still(c, p, e)) != ERR_OK)
		return ret;
	ret = x->op == CAPF_OP_DELETE ? deleted(c, x, p, e) :
	    capf_take_cert(c, a, x, p->auth, e);
	if (ret != ERR_OK)
		return ret;
	/* Something else may have been asked for meanwhile: that stays. */
	if (a->p.implied || capf_operation_of(a->operation) == x->op) {
		(void)str_copy(a->operation, sizeof(a->operation),
		    capf_operation_word(x->op));
		if ((ret = capf_close(c, a, CAPF_DONE, "", x->now, e)) !=
		    ERR_OK)
			return ret;
	}
	if ((ret = forget_issued(c, x, e)) != ERR_OK)
		return ret;
	return capf_close_progress(c, p, x->now, e);
}

/* A certificate for a key that the owner does not have, or will not store, is
 * of no use to the next session. */
static int
drop_issued(const struct capf_ctx *c, const struct capf_owner *o,
    struct err *e)
{
	struct row_capf_csr r = { .der = NULL };
	struct err own = { 0 };
	bool issued;
	int ret = row_capf_csr_get(c->db, o, &r, &own);

	issued = ret == ERR_OK && r.state == CAPF_CSR_ISSUED;
	row_capf_csr_clear(&r);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	return issued ? row_capf_csr_remove(c->db, o, e) : ERR_OK;
}

static int
failed(const struct capf_ctx *c, const struct capf_end *x,
    const struct capf_asked *a, struct capf_progress *p, struct err *e)
{
	int64_t attempts;
	int ret;

	p->step = CAPF_STEP_NONE;
	p->at = x->now;
	(void)str_copy(p->reason, sizeof(p->reason), x->why);
	if ((ret = observed_capf_put(c->observed, p, e)) != ERR_OK ||
	    (ret = param_get_i64(c->db, PARAM_CAPF_KEYGEN_ATTEMPTS, "",
	    &attempts, e)) != ERR_OK)
		return ret;
	if (x->refused && (ret = drop_issued(c, &x->owner, e)) != ERR_OK)
		return ret;
	if (a->p.op == CAPF_OP_NONE)
		return ERR_OK;
	if (x->refused && p->tries >= attempts)
		return capf_close(c, a, CAPF_FAILED, x->why, x->now, e);
	if (p->tries > CAPF_RETRIES && x->owner.kind == CAPF_PHONE)
		return rollout_phone_ended(c->db, x->owner.name, false,
		    x->now, e);
	return ERR_OK;
}

int
capf_end(const struct capf_ctx *c, const struct capf_end *x, struct err *e)
{
	struct capf_progress p;
	struct capf_asked a;
	int ret;

	if ((ret = (x->ok ? capf_progress_live : capf_progress_in)(c,
	    &x->owner, x->session, &p, e)) != ERR_OK ||
	    (ret = capf_asked_load(c, &x->owner, x->now, &a, e)) != ERR_OK)
		return ret;
	ret = x->ok ? succeeded(c, x, &a, &p, e) : failed(c, x, &a, &p, e);
	capf_asked_clear(&a);
	return ret;
}
