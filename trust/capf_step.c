/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The steps of a session between its beginning and its end.  See capf.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "trust/capf_part.h"

static bool
is_of(const struct capf_progress *p, const struct capf_asked *a)
{
	return p->until == a->p.until &&
	    strcmp(p->operation, a->operation) == 0;
}

/* Has an operation like this one ended since?  Then what was counted is its,
 * and who asks for it again asks for a new one. */
static int
ended_since(const struct capf_ctx *c, const struct capf_progress *p,
    bool *ended, struct err *e)
{
	struct row_capf_outcome o;
	struct err own = { 0 };
	int ret;

	*ended = false;
	if (p->tries == 0 && p->wrong == 0 && p->unproved == 0)
		return ERR_OK;
	ret = row_capf_outcome_get(c->db, &p->owner, &o, &own);
	/* Rows know seconds only: one that began in that of the outcome is the
	 * next one's, unless it is what ended the last one. */
	*ended = ret == ERR_OK && (o.at > p->at || (o.at == p->at &&
	    (p->since < o.at || (o.result == CAPF_FAILED &&
	    p->wrong >= CAPF_WRONG_TOTAL))));
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

bool
capf_is_again(const struct capf_progress *p, const struct capf_hello *h)
{
	return p->session == h->session || p->turned_away == h->session;
}

int
capf_progress_of(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct capf_progress *p, struct err *e)
{
	struct err own = { 0 };
	bool ended = true;
	int ret = observed_capf_get(c->observed, &a->owner, p, &own);

	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	if (ret == ERR_OK && is_of(p, a) && capf_is_again(p, h))
		return ERR_OK;
	if (ret == ERR_OK && is_of(p, a) &&
	    (ret = ended_since(c, p, &ended, e)) != ERR_OK)
		return ret;
	if (!ended)
		return ERR_OK;
	if (ret == ERR_OK && p->wrong > 0 && (ret = observed_wrong_remove_of(
	    c->observed, &a->owner, e)) != ERR_OK)
		return ret;
	*p = (struct capf_progress){ .owner = a->owner, .since = h->now,
	    .at = h->now, .until = a->p.until };
	(void)str_copy(p->operation, sizeof(p->operation), a->operation);
	return ERR_OK;
}

int
capf_progress_in(const struct capf_ctx *c, const struct capf_owner *o,
    uint32_t session, struct capf_progress *p, struct err *e)
{
	int ret = observed_capf_get(c->observed, o, p, e);

	if (ret == ERR_OK && p->session != session)
		return err_set(e, ERR_BADSTATE, "another session of %s has "
		    "begun", o->name);
	return ret;
}

/* The same, of one that was let in and has not failed. */
int
capf_progress_live(const struct capf_ctx *c, const struct capf_owner *o,
    uint32_t session, struct capf_progress *p, struct err *e)
{
	int ret = capf_progress_in(c, o, session, p, e);

	if (ret == ERR_OK && p->step == CAPF_STEP_NONE &&
	    p->operation[0] != '\0')
		return err_set(e, ERR_BADSTATE, "the session of %s is over",
		    o->name);
	return ret;
}

int
capf_step_at(const struct capf_ctx *c, const struct capf_owner *o,
    uint32_t session, enum capf_step step, int64_t now, struct err *e)
{
	struct capf_progress p;
	int ret;

	if ((ret = capf_progress_live(c, o, session, &p, e)) != ERR_OK)
		return ret;
	p.step = step;
	p.at = now;
	return observed_capf_put(c->observed, &p, e);
}

/* Two who share a key are one to whoever asks for proof. */
static int
key_of_request(const struct capf_ctx *c, const struct capf_owner *o,
    const uint8_t key_id[KEY_ID_LEN], struct err *e)
{
	struct row_capf_csr r;
	struct err own = { 0 };
	bool mine;
	int ret = row_capf_csr_by_spki(c->db, key_id, &r, &own);

	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	mine = capf_same_owner(&r.owner, o);
	if (!mine)
		ret = err_set(e, ERR_EXISTS, "its key is in a request of %s",
		    r.owner.name);
	row_capf_csr_clear(&r);
	return ret;
}

int
capf_key_free(const struct capf_ctx *c, const struct capf_owner *o,
    const uint8_t key_id[KEY_ID_LEN], struct err *e)
{
	struct row_device_cert d;
	struct err own = { 0 };
	int ret = row_device_cert_by_key(c->db, key_id, o, &d, &own);

	if (ret == ERR_NOTFOUND)
		return key_of_request(c, o, key_id, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	return err_set(e, ERR_EXISTS, "its key is the one of %s",
	    d.owner.name);
}

/* Anybody can copy a public key out of a list; nobody's LSC is to be over one
 * of ours. */
static int
check_key(const struct capf_ctx *c, const struct capf_owner *o,
    const uint8_t key_id[KEY_ID_LEN], struct err *e)
{
	struct row_own ours;
	struct err own = { 0 };
	int ret = row_own_of_key(c->db, key_id, &ours, &own);

	if (ret == ERR_NOTFOUND)
		return capf_key_free(c, o, key_id, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	return err_set(e, ERR_EXISTS, "its key is the one of this cluster's "
	    "%s certificate", ours.unit);
}

void
capf_keys(const struct capf_asked *a,
    char out[sizeof(((struct capf_progress *)NULL)->asked)])
{
	const size_t size = sizeof(((struct capf_progress *)NULL)->asked);
	const char *key = key_type_name(a->p.key);

	if (a->p.op != CAPF_OP_INSTALL)
		out[0] = '\0';
	else if (a->p.backup == a->p.key)
		(void)str_copy(out, size, key);
	else
		(void)snprintf(out, size, "%s or %s", key,
		    key_type_name(a->p.backup));
}

/* A certificate is made only for what is still asked for, for such a key, and
 * for who has proved himself as is asked now, by what still counts. */
static int
still_asked(const struct capf_ctx *c, const struct capf_progress *p,
    int64_t now, struct err *e)
{
	char keys[sizeof(p->asked)];
	struct capf_asked a;
	bool still, same_proof;
	int ret;

	if ((ret = capf_asked_load(c, &p->owner, now, &a, e)) != ERR_OK)
		return ret;
	still = a.p.op == CAPF_OP_INSTALL && is_of(p, &a);
	same_proof = a.p.auth == (enum capf_auth)p->auth;
	capf_keys(&a, keys);
	capf_asked_clear(&a);
	if (!still)
		return err_set(e, ERR_BADSTATE, "the operation of %s was "
		    "changed or taken back while it was under way",
		    p->owner.name);
	if (!same_proof)
		return err_set(e, ERR_BADSTATE, "how %s is to prove itself "
		    "was changed while its session was under way",
		    p->owner.name);
	if (strcmp(keys, p->asked) != 0)
		return err_set(e, ERR_BADSTATE, "a key of type %s was asked "
		    "of %s, and while it was made the settings became %s: "
		    "the phone's next session asks for that", p->asked,
		    p->owner.name, keys);
	return capf_good_still(c, p, e);
}

/* One that is sent again was made for who had come first: that he has proved
 * who he is since says nothing of whose key it is over. */
static int
auth_of(const struct capf_ctx *c, struct capf_issued *i, int64_t auth,
    struct err *e)
{
	struct capf_issued was = { .der = NULL };
	struct err own = { 0 };
	int ret = observed_issued_get(c->observed, i->sha256, &was, &own);

	i->auth = ret == ERR_OK && !capf_auth_proves(was.auth) ? was.auth :
	    auth;
	capf_issued_clear(&was);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

int
capf_issued(const struct capf_ctx *c, const struct capf_owner *o,
    uint32_t session, const uint8_t *der, size_t derlen, int64_t now,
    struct err *e)
{
	struct capf_issued i = { .owner = *o, .at = now,
	    .der = (uint8_t *)(uintptr_t)der, .derlen = derlen };
	uint8_t key_id[KEY_ID_LEN];
	struct capf_progress p;
	struct cert *cert;
	int ret;

	if ((ret = capf_progress_live(c, o, session, &p, e)) != ERR_OK ||
	    (ret = still_asked(c, &p, now, e)) != ERR_OK)
		return ret;
	if ((cert = capf_cert_keyless(c, der, derlen, e)) == NULL)
		return err_wrap(e, "the certificate to be sent");
	cert_key_id(cert, key_id);
	cert_sha256(cert, i.sha256);
	cert_free(cert);
	if ((ret = auth_of(c, &i, p.auth, e)) != ERR_OK ||
	    (ret = check_key(c, o, key_id, e)) != ERR_OK ||
	    (ret = observed_issued_put(c->observed, &i, e)) != ERR_OK)
		return ret;
	p.step = CAPF_STEP_STORE;
	p.at = now;
	return observed_capf_put(c->observed, &p, e);
}

int
capf_requested(const struct capf_ctx *c, const struct capf_owner *o,
    uint32_t session, const uint8_t spki[32], const uint8_t *der,
    size_t derlen, int64_t now, struct err *e)
{
	struct row_capf_csr r = { .owner = *o, .state = CAPF_CSR_WAITING,
	    .der = (uint8_t *)(uintptr_t)der, .derlen = derlen,
	    .created_at = now, .changed_at = now };
	struct capf_progress p;
	int ret;

	if ((ret = capf_progress_live(c, o, session, &p, e)) != ERR_OK ||
	    (ret = still_asked(c, &p, now, e)) != ERR_OK ||
	    (ret = capf_step_at(c, o, session, CAPF_STEP_CA, now, e)) !=
	    ERR_OK || (ret = check_key(c, o, spki, e)) != ERR_OK)
		return ret;
	memcpy(r.spki, spki, sizeof(r.spki));
	r.auth = p.auth;	/* still_asked: what the settings say */
	return row_capf_csr_put(c->db, &r, e);
}
