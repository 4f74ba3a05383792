/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * For whom this cluster vouches, see vouch.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/list.h"
#include "db/rows.h"
#include "trust/vouch.h"
#include "trust/vouch_memo.h"
#include "trust/vouch_name.h"
#include "trust/vouch_rules.h"
#include "trust/vouch_use.h"

#define BIT(role)	(UINT32_C(1) << (role))
#define CHAIN_S		1	/* answers that rest on a chain */

struct vouch {
	struct db		*db;
	const char		*node;		/* borrowed */
	const struct clock	*clk;		/* borrowed */
	struct vouch_loop	*chains;
	struct vouch_memo	*memo;
	struct vouch_serials	 serials;
	bool			 fresh;		/* rules are loaded */
	struct vouch_rules	 rules;
};

const char *
vouch_word(enum vouch_verdict v)
{
	static const char *const words[VOUCH_NVERDICT] = {
		[VOUCH_VALID] = "valid",
		[VOUCH_UNKNOWN] = "unknown",
		[VOUCH_REMOVED] = "removed",
		[VOUCH_RETIRED] = "retired",
		[VOUCH_NO_ROLE] = "not for phones",
		[VOUCH_EXPIRED] = "expired",
		[VOUCH_NOT_YET] = "not yet valid",
		[VOUCH_REVOKED] = "revoked",
	};

	return words[v];
}

struct vouch *
vouch_new(int statefd, const char *node, struct vouch_stores *stores,
    const struct clock *clk, struct err *e)
{
	struct vouch *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		(void)err_set(e, ERR_NOMEM, "answers to phones");
		return NULL;
	}
	v->node = node;
	v->clk = clk;
	if ((v->chains = vouch_loop_new(stores, clk, e)) == NULL ||
	    (v->db = db_open(statefd, DB_FILE, DB_READ, e)) == NULL ||
	    (v->memo = vouch_memo_new(e)) == NULL) {
		vouch_free(v);
		return NULL;
	}
	return v;
}

void
vouch_free(struct vouch *v)
{
	if (v == NULL)
		return;
	vouch_memo_free(v->memo);
	vouch_serials_forget(&v->serials);
	vouch_loop_free(v->chains);
	db_close(v->db);
	free(v);
}

struct db *
vouch_db(struct vouch *v)
{
	return v->db;
}

bool
vouch_changed(struct vouch *v)
{
	if (!db_changed(v->db))
		return false;
	vouch_memo_forget(v->memo);
	vouch_serials_forget(&v->serials);
	v->fresh = false;
	return true;
}

static int
load_rules(struct vouch *v, struct err *e)
{
	int ret;

	if (v->fresh)
		return ERR_OK;
	ret = vouch_rules_load(&v->rules, v->db, v->node, e);
	v->fresh = ret == ERR_OK;
	return ret;
}

/* --- one certificate, by what names it --- */

/*
 * Others' alone: ours are not revoked, but retired.  Lists follow a change
 * with some delay, and responders answer when they like, so the answer is not
 * for long.
 */
static int
look_revoked(struct vouch *v, const struct cert *c, int64_t now,
    struct vouch_found *f, struct err *e)
{
	bool revoked;
	int ret;

	f->until = now + CHAIN_S;
	if ((ret = vouch_chain_revoked(v->chains, c, &revoked, e)) != ERR_OK)
		return ret;
	if (revoked) {
		f->verdict = VOUCH_REVOKED;
		f->roles = 0;
	}
	return ERR_OK;
}

/* Who vouches for f->sha256, which der is, and for what. */
static int
look(struct vouch *v, const uint8_t *der, size_t len, int64_t now,
    struct vouch_found *f, struct err *e)
{
	struct cert *c;
	bool own;
	int ret;

	f->verdict = VOUCH_UNKNOWN;
	if ((ret = vouch_use_own(v->db, f, e)) != ERR_OK)
		return ret;
	own = f->roles != 0;
	if ((ret = vouch_use_trust(v->db, f, e)) != ERR_OK || f->roles == 0)
		return ret;
	f->verdict = VOUCH_VALID;
	if (own || !v->rules.revocation)
		return ERR_OK;
	if ((c = cert_from_der(der, len, e)) == NULL)
		return ERR_PROTO;
	ret = look_revoked(v, c, now, f, e);
	cert_free(c);
	return ret;
}

static void
set_ttl(const struct vouch *v, struct vouch_found *f)
{
	if (f->ttl == 0)
		f->ttl = (uint32_t)(f->roles & BIT(ROLE_APP_SERVER) ?
		    v->rules.ttl_app_server : v->rules.ttl);
}

/*
 * Strangers alone are looked at by their chain: what was removed stays so.
 * Which CAs count follows a change with some delay, and those have dates of
 * their own, so the answer is not for long.
 */
static int
look_chain(struct vouch *v, const struct cert *c, int64_t now,
    struct vouch_found *f, struct err *e)
{
	int ret;

	if (f->verdict != VOUCH_UNKNOWN || v->rules.accept == CHAINS_NO)
		return ERR_OK;
	if ((ret = vouch_chain_roles(v->chains, v->rules.accept, c, &f->roles,
	    e)) != ERR_OK)
		return ret;
	f->until = now + CHAIN_S;
	if (f->roles != 0) {
		f->verdict = VOUCH_VALID;
		f->chained = true;
	}
	return ERR_OK;
}

/* Cut at a character. */
static void
set_subject(struct vouch_found *f, const char *s, size_t len)
{
	if (len > VOUCH_SUBJECT_MAX)
		len = VOUCH_SUBJECT_MAX;
	while (len > 0 && !str_is_utf8(s, len))
		len--;
	if (len > 0)
		memcpy(f->subject, s, len);
	f->subject[len] = '\0';
}

/* Dates and name are the certificate's own: it may be a stranger's. */
static int
find_cert(struct vouch *v, const uint8_t *der, size_t len, int64_t now,
    struct vouch_found *f, struct err *e)
{
	struct cert *c = cert_from_der(der, len, e);
	char *subject;
	int ret;

	if (c == NULL)
		return ERR_PROTO;
	f->has_cert = true;
	f->not_before = cert_not_before(c);
	f->not_after = cert_not_after(c);
	cert_sha256(c, f->sha256);
	if ((subject = cert_subject(c, CERT_NAME_COMMA, NULL)) != NULL)
		set_subject(f, subject, strlen(subject));
	free(subject);
	if ((ret = look(v, der, len, now, f, e)) == ERR_OK)
		ret = look_chain(v, c, now, f, e);
	set_ttl(v, f);
	cert_free(c);
	return ret;
}

static void
answer(const struct vouch_found *f, int64_t now, struct vouch_answer *a)
{
	*a = (struct vouch_answer){
		.verdict = f->verdict, .has_cert = f->has_cert,
		.subject = f->subject, .chained = f->chained,
	};
	memcpy(a->sha256, f->sha256, sizeof(a->sha256));
	if (f->verdict != VOUCH_VALID)
		return;
	if (now > f->not_after)
		a->verdict = VOUCH_EXPIRED;
	else if (now < f->not_before)
		a->verdict = VOUCH_NOT_YET;
	if (a->verdict != VOUCH_VALID)
		return;
	for (uint8_t r = 0; r < 32; r++)
		if ((f->roles & BIT(r)) != 0 && a->nroles < VOUCH_ROLES_MAX)
			a->roles[a->nroles++] = r;
	a->ttl = f->ttl;
	a->der = f->der;
	a->derlen = f->derlen;
}

int
vouch_verify(struct vouch *v, const uint8_t *der, size_t len,
    struct vouch_answer *a, struct err *e)
{
	const struct vouch_key key = { 'v', { { der, len } } };
	int64_t now = clock_wall_s(v->clk);
	const struct vouch_found *known = vouch_memo_get(v->memo, &key, now);
	struct vouch_found f = { .der = NULL };
	int ret;

	if (known == NULL) {
		if ((ret = load_rules(v, e)) != ERR_OK ||
		    (ret = find_cert(v, der, len, now, &f, e)) != ERR_OK)
			return ret;
		if ((known = vouch_memo_put(v->memo, &key, &f)) == NULL)
			return err_set(e, ERR_NOMEM, "answer");
	}
	answer(known, now, a);
	return ERR_OK;
}

/* --- one certificate, by issuer and serial number --- */

static int
try_row(struct vouch *v, const struct row_cert *c, int64_t now,
    struct vouch_found *f, struct err *e)
{
	int ret;

	*f = (struct vouch_found){ .has_cert = true,
	    .not_before = c->not_before, .not_after = c->not_after };
	memcpy(f->sha256, c->sha256, sizeof(f->sha256));
	set_subject(f, c->subject, strlen(c->subject));
	if ((ret = look(v, c->der, c->derlen, now, f, e)) != ERR_OK ||
	    f->verdict != VOUCH_VALID)
		return ret;
	set_ttl(v, f);
	if ((f->der = malloc(c->derlen)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	memcpy(f->der, c->der, c->derlen);
	f->derlen = c->derlen;
	return ERR_OK;
}

static bool
is_better(const struct vouch_found *f, const struct vouch_found *than,
    int64_t now)
{
	struct vouch_answer a, b;

	if (!than->has_cert)
		return true;
	answer(f, now, &a);
	answer(than, now, &b);
	return a.verdict == VOUCH_VALID && b.verdict != VOUCH_VALID;
}

struct search {
	struct vouch		*v;
	int64_t			 now;
	struct vouch_found	*best;
};

/* Is this one better than the best so far? */
static int
weigh(const struct row_cert *c, void *arg, struct err *e)
{
	const struct search *s = arg;
	struct vouch_found f;
	int ret;

	if ((ret = try_row(s->v, c, s->now, &f, e)) != ERR_OK)
		return ret;
	if (is_better(&f, s->best, s->now)) {
		vouch_found_clear(s->best);
		*s->best = f;
	} else {
		vouch_found_clear(&f);
	}
	return ERR_OK;
}

static int
find(struct vouch *v, const struct vouch_name *q, int64_t now,
    struct vouch_found *f, struct err *e)
{
	struct search s = { v, now, f };
	int ret = vouch_named(v->db, &v->serials, q, v->rules.serial_alone,
	    weigh, &s, e);

	if (ret != ERR_OK)
		vouch_found_clear(f);
	return ret;
}

int
vouch_query(struct vouch *v, const struct vouch_name *q,
    struct vouch_answer *a, struct err *e)
{
	const struct vouch_key key = { 'q', { { q->issuer, q->issuerlen },
	    { q->subject, q->subjectlen }, { q->serial, q->seriallen } } };
	int64_t now = clock_wall_s(v->clk);
	const struct vouch_found *known = vouch_memo_get(v->memo, &key, now);
	struct vouch_found f = { .verdict = VOUCH_UNKNOWN };
	int ret;

	if (known == NULL) {
		if ((ret = load_rules(v, e)) != ERR_OK ||
		    (ret = find(v, q, now, &f, e)) != ERR_OK)
			return ret;
		if (!f.has_cert && q->subjectlen > 0)
			set_subject(&f, (const char *)q->subject,
			    q->subjectlen);
		else if (!f.has_cert)
			set_subject(&f, (const char *)q->issuer,
			    q->issuerlen);
		if ((known = vouch_memo_put(v->memo, &key, &f)) == NULL)
			return err_set(e, ERR_NOMEM, "answer");
	}
	answer(known, now, a);
	return ERR_OK;
}
