/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How phones and CTI clients stand with CAPF, see capf_text.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/capf_text.h"
#include "ctltool/cert_rows.h"
#include "trust/cert_row.h"
#include "trust/device_key.h"

#define CN_MAX	128

/* --- finding out --- */

/* Nothing found is no error. */
static int
fold(int ret, const struct err *why, bool *has, struct err *e)
{
	*has = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", why->msg);
}

static int
load_cert(struct capf_status *s, struct db *db, struct err *e)
{
	struct err why = { 0 };
	int ret = row_device_cert_current(db, &s->owner, DEVICE_LSC, &s->cert,
	    &why);

	if (ret == ERR_NOTFOUND)
		ret = row_device_cert_current(db, &s->owner, DEVICE_MIC,
		    &s->cert, &why);
	return fold(ret, &why, &s->has_cert, e);
}

/* What every owner has. */
static int
load_rows(struct capf_status *s, struct db *db, struct db *observed,
    struct err *e)
{
	struct err why = { 0 };
	int ret;

	capf_owner_text(&s->owner, s->label, sizeof(s->label));
	if ((ret = load_cert(s, db, e)) != ERR_OK)
		return ret;
	ret = row_capf_outcome_get(db, &s->owner, &s->outcome, &why);
	if ((ret = fold(ret, &why, &s->has_outcome, e)) != ERR_OK ||
	    observed == NULL)
		return ret;
	ret = observed_capf_get(observed, &s->owner, &s->progress, &why);
	return fold(ret, &why, &s->has_progress, e);
}

/* How the operation went that failed, and nothing was asked for since. */
static bool
is_of_failed(const struct capf_status *s)
{
	return s->op == CAPF_OP_NONE && s->has_outcome &&
	    s->outcome.result != CAPF_DONE &&
	    s->progress.since <= s->outcome.at &&
	    strcmp(s->progress.operation, s->outcome.operation) == 0;
}

/* Of one that ended before what is pending was asked for (rows know seconds
 * only). */
static bool
is_of_former(const struct capf_status *s)
{
	return s->has_outcome && (s->progress.at < s->outcome.at ||
	    (s->progress.at == s->outcome.at &&
	    s->progress.since < s->outcome.at));
}

/* A row of an operation that is over says nothing about the next one. */
static void
match_progress(struct capf_status *s)
{
	if (!s->has_progress)
		return;
	if (is_of_failed(s))
		s->progress.next_at = 0;	/* there will be none */
	else if (s->op == CAPF_OP_NONE || is_of_former(s) ||
	    strcmp(s->progress.operation, capf_operation_word(s->op)) != 0)
		s->has_progress = false;
}

/* Only encrypted files make it matter whether there is a key for them, here
 * and at the phone. */
static int
has_key(struct capf_status *s, struct db *db, struct db *observed,
    struct phone_effective *x, bool *has, struct err *e)
{
	struct device_key k;
	int ret;

	*has = true;
	if (!effective_yes(x, SETTING_ENC_CONFIG))
		return ERR_OK;
	if ((ret = device_key_load(&k, db, x->phone.name, e)) != ERR_OK)
		return ret;
	*has = k.has_key;
	x->was_ready = k.had_key;
	x->was_revoked = k.revoked;
	if (observed != NULL)
		ret = capf_unasked_of(db, observed, x, &k, &s->unasked, e);
	device_key_clear(&k);
	return ret;
}

int
capf_status_phone(struct capf_status *s, struct db *db, struct db *observed,
    const struct profile_base *base, const struct row_phone *p, int64_t now,
    struct err *e)
{
	struct phone_effective x;
	struct capf_pending pending;
	bool key;
	int ret;

	*s = (struct capf_status){ .owner.kind = CAPF_PHONE };
	(void)str_copy(s->owner.name, sizeof(s->owner.name), p->name);
	if ((ret = phone_effective_of(&x, db, base, p, e)) != ERR_OK)
		return ret;
	if ((ret = has_key(s, db, observed, &x, &key, e)) == ERR_OK) {
		capf_pending(&x, key, now, &pending);
		s->op = pending.op;
		if (s->op != CAPF_OP_NONE)
			s->unasked.visits = 0;	/* that is the cure */
		s->implied = pending.implied;
		s->until = pending.until;
		s->mode = setting_word(setting_get(SETTING_CAPF_AUTH_MODE),
		    x.value[SETTING_CAPF_AUTH_MODE])->word;
		s->has_string = x.from[SETTING_AUTH_STRING] == FROM_PHONE;
		ret = load_rows(s, db, observed, e);
		match_progress(s);
	}
	phone_effective_clear(&x);
	return ret;
}

int
capf_status_client(struct capf_status *s, struct db *db, struct db *observed,
    const struct row_capf_profile *p, int64_t now, struct err *e)
{
	int ret;

	*s = (struct capf_status){ .owner = p->owner, .until = INT64_MAX,
		.mode = capf_auth_word("auth-string"),
		.has_string = p->sealed != NULL };
	if (p->completes_by == 0 || p->completes_by >= now)
		s->op = capf_operation_of(p->operation);
	if (p->completes_by != 0)
		s->until = p->completes_by;
	ret = load_rows(s, db, observed, e);
	match_progress(s);
	return ret;
}

bool
capf_status_failed(const struct capf_status *s)
{
	/* How the last one went says nothing about one asked for since. */
	return (s->op == CAPF_OP_NONE && s->has_outcome &&
	    s->outcome.result != CAPF_DONE) ||
	    (s->has_progress && s->progress.reason[0] != '\0');
}

/* --- saying it --- */

const char *
capf_date(int64_t at, const char *otherwise, char out[CLOCK_RFC3339_LEN])
{
	if (at == 0 || at == INT64_MAX)
		return otherwise;
	clock_rfc3339(at, out);
	return out;
}

static const char *
state_of(const struct capf_status *s)
{
	if (s->unasked.visits > 0)
		return "unasked";
	if (s->op != CAPF_OP_NONE)
		return s->has_progress ? capf_step_name[s->progress.step] :
		    "requested";
	return s->has_outcome ? capf_result_name[s->outcome.result] : "-";
}

void
capf_status_line(struct out *o, const struct capf_status *s)
{
	char end[CLOCK_RFC3339_LEN], until[CLOCK_RFC3339_LEN];
	char vis[OUT_VIS_MAX];
	const char *why = "";

	if (s != NULL && s->unasked.visits > 0)
		why = "came to CAPF with nothing pending: its key is lost, or "
		    "somebody else came under its name";
	if (s == NULL) {
		out_text(o, "%-20s %-20s %-9s %5s %-20s %-20s %s\n", "NAME",
		    "OPERATION", "STATE", "TRIES", "UNTIL", "CERTIFICATE ENDS",
		    "REASON");
		return;
	}
	if (s->op != CAPF_OP_NONE && s->has_progress)
		why = s->progress.reason;
	else if (s->op == CAPF_OP_NONE && s->has_outcome && why[0] == '\0')
		why = s->outcome.reason;
	out_text(o, "%-20s %-20s %-9s %5" PRId64 " %-20s %-20s %s\n",
	    s->label, s->op != CAPF_OP_NONE ? capf_operation_name(s->op) :
	    "-", state_of(s), s->has_progress ? s->progress.tries : 0,
	    s->op != CAPF_OP_NONE ? capf_date(s->until, "-", until) : "-",
	    s->has_cert ? capf_date(s->cert.not_after, "-", end) : "none",
	    out_vis(why, vis));
}

static void
put_operation(struct out *o, const struct capf_status *s, const char *in)
{
	char until[CLOCK_RFC3339_LEN];
	const struct setting *mode = setting_get(SETTING_CAPF_AUTH_MODE);

	out_text(o, "%sOperation    %s%s\n", in, capf_operation_name(s->op),
	    s->implied ? ", because its files are to be encrypted and there "
	    "is no key for that" : "");
	out_text(o, "%sProof        %s%s\n", in, setting_value_name(mode,
	    s->mode), strcmp(s->mode, "by-authentication-string") != 0 ? "" :
	    s->has_string ? ", string set" : ", no string");
	if (s->op != CAPF_OP_NONE)
		out_text(o, "%sUntil        %s\n", in, capf_date(s->until,
		    "no end", until));
}

static void
put_progress(struct out *o, const struct capf_progress *p, const char *in)
{
	char at[CLOCK_RFC3339_LEN], next[CLOCK_RFC3339_LEN];
	char vis[OUT_VIS_MAX];

	out_text(o, "%sStep         %s, %s\n", in, capf_step_name[p->step],
	    capf_date(p->at, "-", at));
	(void)out_vis(p->address, vis);
	out_text(o, "%sTries        %" PRId64 "%s%s\n", in, p->tries,
	    p->tries > 0 ? ", of " : "", p->tries > 0 ? vis : "");
	if (p->unproved > 0)
		out_text(o, "%sNot proved   %" PRId64 ", %" PRId64 " with a "
		    "wrong string%s%s\n", in, p->unproved, p->wrong,
		    p->tries == 0 ? ", of " : "", p->tries == 0 ? vis : "");
	if (p->reason[0] != '\0')
		out_text(o, "%sReason       %s\n", in, out_vis(p->reason,
		    vis));
	if (p->next_at != 0)
		out_text(o, "%sNext try     %s\n", in, capf_date(p->next_at,
		    "-", next));
}

static void
put_outcome(struct out *o, const struct row_capf_outcome *r, const char *in)
{
	char at[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];
	enum capf_operation op = capf_operation_of(r->operation);

	out_text(o, "%sLast         %s %s, %s, node %s%s%s\n", in,
	    capf_operation_name(op), capf_result_name[r->result],
	    capf_date(r->at, "-", at), r->node, r->reason[0] != '\0' ? ": " :
	    "", out_vis(r->reason, vis));
}

/* What its row says, and what stands in it; NULL: it is gone or unreadable. */
static struct cert *
cert_of(struct ctl *c, const struct capf_status *s)
{
	return s->has_cert ? cert_row_get(c->node.db, s->cert.sha256, NULL) :
	    NULL;
}

static void
put_cert(struct ctl *c, const struct capf_status *s, const char *in)
{
	char *issuer = NULL, cn[CN_MAX] = "?", vis[OUT_VIS_MAX];
	char end[CLOCK_RFC3339_LEN];
	struct cert *cert = cert_of(c, s);

	if (!s->has_cert) {
		out_text(c->out, "%sCertificate  none known\n", in);
		return;
	}
	if (cert != NULL && (issuer = cert_issuer(cert, CERT_NAME_SEMICOLON,
	    NULL)) != NULL)
		cert_name_cn(issuer, cn, sizeof(cn));
	out_text(c->out, "%sCertificate  %s of %s, ends %s, %s %d\n", in,
	    s->cert.type == DEVICE_LSC ? "LSC" : "MIC", out_vis(cn, vis),
	    capf_date(s->cert.not_after, "-", end), cert != NULL ?
	    key_type_name(cert_key_type(cert)) : "key unknown", cert != NULL ?
	    cert_key_bits(cert) : 0);
	free(issuer);
	cert_free(cert);
}

static void
put_unasked(struct out *o, const struct capf_status *s, const char *in)
{
	const struct capf_unasked *u = &s->unasked;
	char since[CLOCK_RFC3339_LEN], at[CLOCK_RFC3339_LEN];
	char vis[OUT_VIS_MAX];

	out_text(o, "%sCame unasked %" PRId64 " time%s since %s, last %s of "
	    "%s\n", in, u->visits, u->visits == 1 ? "" : "s",
	    capf_date(u->since, "-", since), capf_date(u->at, "-", at),
	    out_vis(u->address, vis));
	out_text(o, "%s             Its key may be lost: then it can read no "
	    "configuration, and \"utils capf install %s --auth "
	    "auth-string\" gives it a new one.\n%s             Or somebody "
	    "else came under its name: \"utils capf cancel %s\" forgets "
	    "it.\n", in, s->label, in, s->label);
}

void
capf_status_text(struct ctl *c, const struct capf_status *s,
    const char *indent)
{
	put_operation(c->out, s, indent);
	if (s->has_progress)
		put_progress(c->out, &s->progress, indent);
	if (s->has_outcome)
		put_outcome(c->out, &s->outcome, indent);
	put_cert(c, s, indent);
	if (s->unasked.visits > 0)
		put_unasked(c->out, s, indent);
}

/* --- JSON --- */

static json_t *
time_or_null(int64_t at)
{
	return at == 0 || at == INT64_MAX ? json_null() : out_time(at);
}

int
capf_owner_typed(struct capf_owner *o, const char *text, struct err *e)
{
	char vis[80];

	if (capf_owner_parse(o, text, NULL) == ERR_OK)
		return ERR_OK;
	str_visible(text, strlen(text), vis, sizeof(vis));
	return err_set(e, ERR_ARG, "\"%s\" is neither a phone's name, such as "
	    "SEP0011223344AA, nor USER.INSTANCE of a CTI client", vis);
}

static int
find_client(struct db *db, struct capf_owner *o, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	struct err own = { 0 };
	int ret = ERR_NOTFOUND;

	for (int k = CAPF_APPLICATION; ret == ERR_NOTFOUND &&
	    k < CAPF_KIND_N; k++) {
		o->kind = (enum capf_kind)k;
		ret = row_capf_profile_get(db, o, &p, &own);
		row_capf_profile_clear(&p);
	}
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "no phone and no client %s.%s: \"utils "
		    "capf status\" shows those there are", o->name,
		    o->instance);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", own.msg);
}

int
capf_owner_find(struct db *db, struct capf_owner *o, const char *text,
    struct err *e)
{
	char name[PHONE_NAME_MAX + 1];
	struct err own = { 0 };
	struct row_phone p;
	int ret;

	if ((ret = capf_owner_typed(o, text, e)) != ERR_OK)
		return ret;
	if (phone_name(text, name, NULL) == ERR_OK) {
		ret = row_phone_get(db, name, &p, &own);
		if (ret == ERR_OK) {
			*o = (struct capf_owner){ .kind = CAPF_PHONE };
			(void)str_copy(o->name, sizeof(o->name), name);
		}
		if (ret != ERR_NOTFOUND)
			return ret == ERR_OK ? ret : err_set(e, ret, "%s",
			    own.msg);
	}
	return o->kind != CAPF_PHONE ? find_client(db, o, e) : err_set(e,
	    ERR_NOTFOUND, "no phone %s: \"phone list\" shows those there "
	    "are", o->name);
}

json_t *
capf_owner_json(const struct capf_owner *o)
{
	return json_pack("{s:s, s:s, s:o}", "kind", capf_kind_name[o->kind],
	    "name", o->name, "instance", o->kind == CAPF_PHONE ? json_null() :
	    json_string(o->instance));
}

static json_t *
progress_json(const struct capf_progress *p)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "step", capf_step_name[p->step], "tries", (json_int_t)p->tries,
	    "unproved", (json_int_t)p->unproved, "wrong_strings",
	    (json_int_t)p->wrong, "reason", p->reason[0] != '\0' ?
	    out_str(p->reason) : json_null(), "address",
	    out_str(p->address), "since", time_or_null(p->since), "at",
	    time_or_null(p->at), "next_try", time_or_null(p->next_at));
}

static json_t *
outcome_json(const struct row_capf_outcome *r)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o}", "operation",
	    r->operation, "result", capf_result_name[r->result], "reason",
	    r->reason[0] != '\0' ? out_str(r->reason) : json_null(), "node",
	    r->node, "at", out_time(r->at));
}

static json_t *
cert_of_json(struct ctl *c, const struct capf_status *s)
{
	struct cert *cert = cert_of(c, s);
	char *issuer = cert != NULL ? cert_issuer(cert, CERT_NAME_SEMICOLON,
	    NULL) : NULL;
	json_t *j = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
	    device_cert_type_name[s->cert.type], "sha256",
	    out_hex(s->cert.sha256, SHA256_LEN), "issuer", out_str(issuer),
	    "not_after", time_or_null(s->cert.not_after), "stored_at",
	    time_or_null(s->cert.stored_at), "key", cert != NULL ?
	    json_string(key_type_name(cert_key_type(cert))) : json_null(),
	    "bits", cert != NULL ? json_integer(cert_key_bits(cert)) :
	    json_null());

	free(issuer);
	cert_free(cert);
	return j;
}

static json_t *
unasked_json(const struct capf_unasked *u)
{
	if (u->visits == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:o}", "visits",
	    (json_int_t)u->visits, "address", out_str(u->address), "since",
	    out_time(u->since), "at", out_time(u->at));
}

json_t *
capf_status_json(struct ctl *c, const struct capf_status *s)
{
	json_t *j = capf_owner_json(&s->owner);

	if (j == NULL || json_object_update_new(j, json_pack("{s:s, s:b, s:s, "
	    "s:b, s:o, s:o, s:o, s:o, s:o}", "operation",
	    capf_operation_word(s->op), "implied", s->implied,
	    "authentication_mode", s->mode, "string_set", s->has_string,
	    "until", s->op != CAPF_OP_NONE ? time_or_null(s->until) :
	    json_null(), "progress", s->has_progress ? progress_json(
	    &s->progress) : json_null(), "outcome", s->has_outcome ?
	    outcome_json(&s->outcome) : json_null(), "certificate",
	    s->has_cert ? cert_of_json(c, s) : json_null(), "unasked",
	    unasked_json(&s->unasked))) != 0)
		c->out->nomem = true;
	return j;
}
