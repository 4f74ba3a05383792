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
#include "certs/store.h"
#include "certs/tvs_msg.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/trust_unit.h"
#include "trust/vouch.h"
#include "trust/vouch_memo.h"
#include "trust/vouch_serial.h"

#define BIT(role)	(UINT32_C(1) << (role))
#define CHAIN_S		1	/* answers that rest on a chain */
/*
 * Certificates looked at for a query: many a gateway has named itself with
 * serial number 1.  Of SERIAL_WHOLE and more only the names are read first.
 * Answers are remembered, and as phones may ask for any name, the names of so
 * many as well (vouch_serial.h).
 */
#define SERIAL_WHOLE	1024

/* What own certificates are used for towards phones. */
static const struct {
	const char	*unit;
	uint32_t	 roles;
} own_roles[] = {
	{ "CallManager",	BIT(ROLE_CCM) | BIT(ROLE_TFTP) },
	{ "CallManager-ECDSA",	BIT(ROLE_CCM) | BIT(ROLE_TFTP) },
	{ "CAPF",		BIT(ROLE_CAPF) },
	{ "TVS",		BIT(ROLE_TVS) },
	{ "ITLRecovery",	BIT(ROLE_SAST) },
	{ "https",		BIT(ROLE_APP_SERVER) },
};

struct vouch {
	struct db		*db;
	const char		*node;		/* borrowed */
	const struct clock	*clk;		/* borrowed */
	struct vouch_loop	*chains;
	struct vouch_memo	*memo;
	struct vouch_serials	 serials;
	bool			 fresh;		/* what follows is loaded */
	int64_t			 ttl, ttl_app_server;
	bool			 serial_alone;
	bool			 revocation;	/* there is something to ask */
	enum vouch_chains	 accept;
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
load_revocation(struct vouch *v, struct err *e)
{
	char *word = param_get(v->db, PARAM_CERT_OCSP, v->node, e);
	struct row_crl *rows;
	size_t n;
	int ret;

	if (word == NULL)
		return ERR_NOMEM;
	v->revocation = strcmp(word, "yes") == 0;
	free(word);
	if ((ret = row_crl_list(v->db, &rows, &n, e)) != ERR_OK)
		return ret;
	v->revocation |= n > 0;
	row_crl_free(rows, n);
	return ERR_OK;
}

static int
load_params(struct vouch *v, struct err *e)
{
	char *word;
	int ret;

	if (v->fresh)
		return ERR_OK;
	if ((ret = param_get_i64(v->db, PARAM_TVS_TTL, v->node, &v->ttl,
	    e)) != ERR_OK ||
	    (ret = param_get_i64(v->db, PARAM_TVS_TTL_APP_SERVER, v->node,
	    &v->ttl_app_server, e)) != ERR_OK)
		return ret;
	if ((word = param_get(v->db, PARAM_TVS_SERIAL_ALONE, v->node, e)) ==
	    NULL)
		return ERR_NOMEM;
	v->serial_alone = strcmp(word, "yes") == 0;
	free(word);
	if ((word = param_get(v->db, PARAM_TVS_ACCEPT_CHAINS, v->node, e)) ==
	    NULL)
		return ERR_NOMEM;
	v->accept = vouch_chains_parse(word);
	free(word);
	if ((ret = load_revocation(v, e)) == ERR_OK)
		v->fresh = true;
	return ret;
}

/* --- one certificate, by what names it --- */

static uint32_t
roles_of_own(const char *unit)
{
	for (size_t i = 0; i < sizeof(own_roles) / sizeof(own_roles[0]); i++)
		if (strcmp(own_roles[i].unit, unit) == 0)
			return own_roles[i].roles;
	return 0;
}

/* The worst word does not stick: who is good by another row is good. */
static void
fault(struct vouch_found *f, enum vouch_verdict v)
{
	if (f->verdict == VOUCH_UNKNOWN)
		f->verdict = v;
}

static int
look_own(struct vouch *v, struct vouch_found *f, struct err *e)
{
	struct row_own *rows;
	size_t n;
	int ret;

	if ((ret = row_own_of_cert(v->db, f->sha256, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		uint32_t roles = roles_of_own(rows[i].unit);

		if (roles == 0)
			fault(f, VOUCH_NO_ROLE);
		else if (rows[i].stage == OWN_RETIRED)
			fault(f, VOUCH_RETIRED);
		else
			f->roles |= roles;
	}
	free(rows);
	return ERR_OK;
}

static int
look_trust(struct vouch *v, struct vouch_found *f, struct err *e)
{
	const struct trust_unit_def *u;
	struct row_trust *rows;
	size_t n;
	int ret;

	if ((ret = row_trust_of_cert(v->db, f->sha256, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].removed_at != 0) {
			fault(f, VOUCH_REMOVED);
			continue;
		}
		if ((u = trust_unit_find(rows[i].unit)) != NULL)
			f->roles |= u->roles;
		if (rows[i].ttl > 0 &&
		    (f->ttl == 0 || rows[i].ttl < f->ttl))
			f->ttl = rows[i].ttl > UINT32_MAX ? UINT32_MAX :
			    (uint32_t)rows[i].ttl;
	}
	free(rows);
	return ERR_OK;
}

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
	if ((ret = look_own(v, f, e)) != ERR_OK)
		return ret;
	own = f->roles != 0;
	if ((ret = look_trust(v, f, e)) != ERR_OK || f->roles == 0)
		return ret;
	f->verdict = VOUCH_VALID;
	if (own || !v->revocation)
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
		    v->ttl_app_server : v->ttl);
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

	if (f->verdict != VOUCH_UNKNOWN || v->accept == CHAINS_NO)
		return ERR_OK;
	if ((ret = vouch_chain_roles(v->chains, v->accept, c, &f->roles,
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
		if ((ret = load_params(v, e)) != ERR_OK ||
		    (ret = find_cert(v, der, len, now, &f, e)) != ERR_OK)
			return ret;
		if ((known = vouch_memo_put(v->memo, &key, &f)) == NULL)
			return err_set(e, ERR_NOMEM, "answer");
	}
	answer(known, now, a);
	return ERR_OK;
}

/* --- one certificate, by issuer and serial number --- */

/* Names are text from a phone: a NUL cannot be in it (tvs_msg.h). */
static uint64_t
name_key(const uint8_t *p, size_t len)
{
	char text[TVS_NAME_MAX + 1];

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	if (len > 0)
		memcpy(text, p, len);
	text[len] = '\0';
	return store_name_key(text);
}

static uint64_t
wanted_name(const struct vouch_name *q)
{
	return q->issuerlen > 0 ? name_key(q->issuer, q->issuerlen) :
	    name_key(q->subject, q->subjectlen);
}

static bool
is_named(const struct vouch_name *q, uint64_t name, const struct row_cert *c)
{
	return name == store_name_key(q->issuerlen > 0 ? c->issuer :
	    c->subject);
}

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

/* Is this one better than the best so far? */
static int
weigh(struct vouch *v, const struct row_cert *c, int64_t now,
    struct vouch_found *best, struct err *e)
{
	struct vouch_found f;
	int ret;

	if ((ret = try_row(v, c, now, &f, e)) != ERR_OK)
		return ret;
	if (is_better(&f, best, now)) {
		vouch_found_clear(best);
		*best = f;
	} else {
		vouch_found_clear(&f);
	}
	return ERR_OK;
}

/* The best of those with that name, or (alone) of the only one there is. */
static int
choose(struct vouch *v, const struct vouch_name *q, bool alone,
    const struct row_cert *rows, size_t n, int64_t now,
    struct vouch_found *best, struct err *e)
{
	uint64_t name = wanted_name(q);
	int ret;

	for (size_t i = 0; i < n; i++) {
		if (!alone && !is_named(q, name, &rows[i]))
			continue;
		if ((ret = weigh(v, &rows[i], now, best, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

/* The same of many that are remembered. */
static int
choose_alike(struct vouch *v, const struct vouch_name *q,
    const struct vouch_alike *a, int64_t now, struct vouch_found *best,
    struct err *e)
{
	uint64_t name = wanted_name(q);
	struct row_cert c;
	int ret = ERR_OK;

	for (size_t i = 0; i < a->n && ret == ERR_OK; i++) {
		struct err miss = { .code = ERR_OK };

		if (name != (q->issuerlen > 0 ? a->cert[i].issuer :
		    a->cert[i].subject))
			continue;
		ret = row_cert_get(v->db, a->cert[i].sha256, &c, &miss);
		if (ret == ERR_OK) {
			ret = weigh(v, &c, now, best, e);
			row_cert_clear(&c);
		} else if (ret == ERR_NOTFOUND)
			ret = ERR_OK;	/* removed this moment */
		else
			(void)err_set(e, ret, "%s", miss.msg);
	}
	return ret;
}

static void
rows_free(struct row_cert *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		row_cert_clear(&rows[i]);
	free(rows);
}

/* Of all with that serial number, without leading zeros. */
static int
find_serial(struct vouch *v, const struct vouch_name *q,
    const uint8_t *serial, size_t len, int64_t now, struct vouch_found *f,
    struct err *e)
{
	const struct vouch_alike *a = vouch_serials_get(&v->serials, serial,
	    len);
	struct row_cert *rows = NULL;
	size_t n = 0;
	int ret;

	if (a != NULL)
		return choose_alike(v, q, a, now, f, e);
	if ((ret = row_cert_by_serial(v->db, serial, len, SERIAL_WHOLE, &rows,
	    &n, e)) != ERR_OK)
		return ret;
	if (n == SERIAL_WHOLE) {
		rows_free(rows, n);
		ret = vouch_serials_read(&v->serials, v->db, serial, len, &a,
		    e);
		return ret == ERR_OK ? choose_alike(v, q, a, now, f, e) : ret;
	}
	vouch_serials_put(&v->serials, serial, len, rows, n);
	ret = choose(v, q, false, rows, n, now, f, e);
	if (ret == ERR_OK && !f->has_cert && v->serial_alone && n == 1)
		ret = choose(v, q, true, rows, n, now, f, e);
	rows_free(rows, n);
	return ret;
}

static int
find(struct vouch *v, const struct vouch_name *q, int64_t now,
    struct vouch_found *f, struct err *e)
{
	const uint8_t *serial = q->serial;
	size_t len = q->seriallen;
	int ret = ERR_OK;

	for (; len > 0 && *serial == 0; len--)
		serial++;
	if (len > 0)
		ret = find_serial(v, q, serial, len, now, f, e);
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
		if ((ret = load_params(v, e)) != ERR_OK ||
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
