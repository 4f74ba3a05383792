/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert regen, promote, rollback, purge: own certificates through their
 * stages.  Regenerating only announces; a step that phones could miss says
 * who would.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cert_args.h"
#include "db/params.h"
#include "trust/confirm.h"
#include "trust/own_capf.h"
#include "trust/own_order.h"
#include "trust/own_stage.h"
#include "trust/own_subject.h"

#define DAY_S		86400

/* --- who has which list --- */

/* "SEP1, SEP2 and 3 more"; fresh text. */
static char *
names(const char list[][PHONE_NAME_MAX + 1], size_t n, size_t all)
{
	char text[CONFIRM_NAMED * (PHONE_NAME_MAX + 3)] = "";
	size_t len;

	for (size_t i = 0; i < n; i++) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i > 0 ? ", " : "", list[i]);
	}
	return all > n ? str_printf("%s and %zu more", text, all - n) :
	    strdup(text);
}

static void
warn_silent(struct ctl *c, const struct own_unit_def *u,
    const struct confirm *cf)
{
	char *who;

	if (cf->silent == 0)
		return;
	who = names(cf->silent_name, cf->nsilent_name, cf->silent);
	out_warn(c->out, "%zu of %zu phones asked for nothing for %d days and "
	    "keep the list they have, so they will not know the new %s "
	    "certificate: %s", cf->silent, cf->known, CERT_SILENT_DAYS, u->name,
	    who != NULL ? who : "");
	free(who);
}

/* --- what stands against a new certificate --- */

/* Nobody turns a certificate that a CA was paid for into a self-signed one
 * by accident. */
static int
check_ca_signed(struct ctl *c, const struct own_unit_def *u, struct err *e)
{
	struct err none = { .code = ERR_OK };
	char *issuer, vis[OUT_VIS_MAX];
	struct own o;
	int ret;

	ret = own_active(c->node.db, u->unit, c->node.row.name, &o, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	if (cert_self_signed(o.cert)) {
		own_clear(&o);
		return ERR_OK;
	}
	issuer = cert_issuer_cn(o.cert, NULL);
	(void)out_vis(issuer != NULL ? issuer : "another", vis);
	free(issuer);
	own_clear(&o);
	if (!cmd_has(c->line, "--self-signed"))
		return err_set(e, ERR_REFUSED, "this replaces a certificate "
		    "signed by %.100s with a self-signed one: set csr gen %s "
		    "asks for a new one there, --self-signed goes on", vis,
		    u->name);
	out_warn(c->out, "this replaces a certificate signed by %s with a "
	    "self-signed one", vis);
	return ERR_OK;
}

static int
check_announced(struct ctl *c, const struct own_unit_def *u, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct own o;
	int ret;

	ret = own_announced(c->node.db, u->unit, c->node.row.name, &o, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	out_warn(c->out, "%s has a certificate announced already, of "
	    "generation %" PRId64 ": it is withdrawn, its key is %s",
	    u->name, o.row.generation, o.row.activated_at > 0 ? "kept, for "
	    "it was in use" : "lost");
	own_clear(&o);
	return ERR_OK;
}

/* --- regen --- */

struct staging {
	const struct own_unit_def *u;
	const char	*node;
	struct own_new	*new;
	int64_t		 now;
	int64_t		 before;	/* purge: retired earlier */
	struct own_moved m;
};

static int
regen_step(struct db *db, void *arg, struct err *e)
{
	struct staging *s = arg;

	return own_stage_new(db, s->new, s->now, &s->m, e);
}

static int
take_wish(struct ctl *c, const struct own_unit_def *u, struct own_wish *w,
    struct own_subject *subject, struct err *e)
{
	const char *key = cmd_get(c->line, "--key");
	const char *hash = cmd_get(c->line, "--hash");
	char *warning, *years;
	int ret;

	own_wish_default(u->unit, &c->node.cluster, w);
	if ((ret = own_subject_load(c->node.db, subject, e)) != ERR_OK)
		return ret;
	own_subject_wish(subject, w);
	if (key != NULL && !key_type_parse(key, &w->key))
		return err_set(e, ERR_ARG, "--key %s: one of rsa1024, rsa2048, "
		    "rsa3072, rsa4096, ec256, ec384, ec521", key);
	if ((ret = own_key_check(u->unit, w->key, &warning, e)) != ERR_OK)
		return ret;
	if (warning != NULL)
		out_warn(c->out, "%s", warning);
	free(warning);
	if (hash != NULL)
		w->hash = str_ieq(hash, "sha512") ? DIGEST_SHA512 :
		    str_ieq(hash, "sha384") ? DIGEST_SHA384 : DIGEST_SHA256;
	if (u->unit == UNIT_ITLRECOVERY) {
		if ((years = param_get(c->node.db, PARAM_ITLRECOVERY_YEARS,
		    "", e)) == NULL)
			return e->code;
		w->years = (int)strtol(years, NULL, 10);
		free(years);
	}
	return ERR_OK;
}

static int
make_new(struct ctl *c, struct staging *s, struct err *e)
{
	struct row_node_name *list = NULL;
	struct own_subject subject;
	struct keyring *kr = NULL;
	struct own_wish w;
	size_t n = 0;
	int ret;

	if ((ret = take_wish(c, s->u, &w, &subject, e)) != ERR_OK ||
	    (ret = cert_names(c, s->u, &list, &n, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&c->node, KEYRING_SIGN, e)) == NULL ||
	    (s->new = own_make_as(s->u->unit, &w, &c->node.cluster,
	    &c->node.row, list, n, kr, c->rng, s->now, e)) == NULL)
		ret = e->code;
	keyring_free(kr);
	free(list);
	return ret;
}

static json_t *
row_json(const struct row_own *r)
{
	if (r->generation == 0)
		return json_null();
	return json_pack("{s:s, s:s, s:I, s:o}", "unit", r->unit, "node",
	    r->node, "generation", (json_int_t)r->generation, "sha256",
	    out_hex(r->sha256, SHA256_LEN));
}

static void
result(struct ctl *c, const struct staging *s, const struct cert_change *ch)
{
	out_result(c->out, json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}",
	    "unit", s->u->name, "active", row_json(&s->m.now_active),
	    "announced", row_json(&s->m.now_announced), "retired",
	    row_json(&s->m.now_retired), "removed",
	    (json_int_t)s->m.removed, "itl", cert_change_json(ch)));
}

static void
tell_next(struct ctl *c, const struct staging *s)
{
	if (!s->u->listed)
		out_text(c->out, "It is in use at once: it stands in no "
		    "list.\n");
	else if (s->u->unit == UNIT_ITLRECOVERY)
		out_text(c->out, "It is announced and stands in no list before "
		    "it is promoted: set cert promote %s\n", s->u->name);
	else
		out_text(c->out, "It is announced: the ITL has it beside the "
		    "one in use.  When all phones have taken the list: set "
		    "cert promote %s\n", s->u->name);
}

static const char *
regen_question(const struct own_unit_def *u)
{
	return u->unit == UNIT_ITLRECOVERY ? "Proceed with regeneration?" :
	    "Do you want to continue?";
}

static int
regen_checks(struct ctl *c, const struct own_unit_def *u, struct err *e)
{
	struct confirm cf;
	int ret;

	if ((ret = cert_confirm(c, &cf, e)) != ERR_OK ||
	    (ret = own_order_check(c->node.db, u->unit, &cf, e)) !=
	    ERR_OK ||
	    (ret = check_ca_signed(c, u, e)) != ERR_OK ||
	    (ret = check_announced(c, u, e)) != ERR_OK)
		return ret;
	if (u->listed)
		warn_silent(c, u, &cf);
	if (u->unit == UNIT_ITLRECOVERY)
		out_warn(c->out, "ITLRecovery is what phones trust when all "
		    "else has changed: before it is promoted, every phone has "
		    "to hold a list with the CallManager certificate in use");
	return ERR_OK;
}

int
cmd_cert_regen(struct ctl *c, struct err *e)
{
	struct staging s = { .now = clock_wall_s(c->clk) };
	struct cert_change ch = { .step = regen_step, .arg = &s,
	    .now = s.now };
	int ret;

	if ((s.u = cert_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = regen_checks(c, s.u, e)) != ERR_OK ||
	    (ret = make_new(c, &s, e)) != ERR_OK)
		goto out;
	ch.lists = s.u->listed;
	ch.question = regen_question(s.u);
	ctl_audit_init(c, &ch.audit, "%s: new %s certificate", s.u->name,
	    key_type_name(cert_key_type(own_new_cert(s.new))));
	if ((ret = cert_change_run(c, &ch, e)) != ERR_OK)
		goto out;
	out_text(c->out, "Successfully regenerated certificate for %s.\n",
	    s.u->name);
	tell_next(c, &s);
	result(c, &s, &ch);
out:
	own_new_free(s.new);
	cert_change_clear(&ch);
	return ret;
}

/* --- promote, rollback --- */

static int
promote_step(struct db *db, void *arg, struct err *e)
{
	struct staging *s = arg;

	return own_stage_promote(db, s->u->unit, s->node, s->now, &s->m, e);
}

static int
rollback_step(struct db *db, void *arg, struct err *e)
{
	struct staging *s = arg;

	return own_stage_rollback(db, s->u->unit, s->node, s->now, &s->m, e);
}

/*
 * Until each phone's acceptance is rehearsed, nobody can say that none is
 * lost: whoever goes on gives all of them up in words.
 */
static int
check_sacrifice(struct ctl *c, const struct own_unit_def *u, const char *what,
    struct err *e)
{
	const char *who = cmd_get(c->line, "--sacrifice");
	struct confirm cf;
	char *list;
	int ret;

	if (!u->listed)
		return ERR_OK;
	if ((ret = cert_confirm(c, &cf, e)) != ERR_OK)
		return ret;
	list = names(cf.name, cf.nname, cf.known - cf.current);
	if (cf.current < cf.known)
		out_warn(c->out, "%zu of %zu phones were not seen taking the "
		    "list that is served now: %s", cf.known - cf.current,
		    cf.known, list != NULL ? list : "");
	free(list);
	if (who != NULL)
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "%s %s: %zu of %zu phones have the "
	    "list that is served now, and what the others would accept is "
	    "not rehearsed yet: --sacrifice all takes the risk for all of "
	    "them", what, u->name, cf.current, cf.known);
}

static int
check_dates(struct ctl *c, const struct own_unit_def *u, struct err *e)
{
	int64_t now = clock_wall_s(c->clk);
	struct own o;
	int ret;

	if ((ret = own_announced(c->node.db, u->unit, c->node.row.name, &o,
	    e)) == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, "%s has no announced "
		    "certificate: set cert regen or set cert import makes "
		    "one", u->name);
	if (ret != ERR_OK)
		return ret;
	if (cert_not_before(o.cert) > now)
		ret = err_set(e, ERR_REFUSED, "the announced %s certificate "
		    "is not valid yet on this node's clock: for %" PRId64
		    " more seconds", u->name, cert_not_before(o.cert) - now);
	else if (cert_not_after(o.cert) <= now)
		ret = err_set(e, ERR_REFUSED, "the announced %s certificate "
		    "has expired: set cert regen makes another one", u->name);
	own_clear(&o);
	return ret;
}

static int
stage(struct ctl *c, struct staging *s, struct cert_change *ch,
    struct err *e)
{
	ch->arg = s;
	ch->now = s->now;
	ch->lists = s->u->listed;
	if (ch->question == NULL)
		ch->question = "Do you want to continue?";
	return cert_change_run(c, ch, e);
}

static int
say_phones(struct ctl *c, const struct staging *s, struct err *e)
{
	char text[OWN_CAPF_TEXT_MAX];
	int ret;

	if (s->m.now_retired.generation == 0)
		return ERR_OK;
	if ((ret = own_capf_text(c->node.db, s->m.now_retired.sha256, text,
	    e)) == ERR_OK && text[0] != '\0')
		out_warn(c->out, "the %s certificate before it stays trusted "
		    "(CAPF-trust, CallManager-trust) while there are %s",
		    s->u->name, text);
	return ret;
}

int
cmd_cert_promote(struct ctl *c, struct err *e)
{
	struct staging s = { .now = clock_wall_s(c->clk) };
	struct cert_change ch = { .step = promote_step };
	int ret;

	if ((s.u = cert_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = check_dates(c, s.u, e)) != ERR_OK ||
	    (ret = own_order_check(c->node.db, s.u->unit, NULL, e)) !=
	    ERR_OK ||
	    (ret = check_sacrifice(c, s.u, "promote", e)) != ERR_OK)
		return ret;
	s.node = c->node.row.name;
	ctl_audit_init(c, &ch.audit, "%s, phones given up: all", s.u->name);
	if ((ret = stage(c, &s, &ch, e)) == ERR_OK &&
	    (ret = say_phones(c, &s, e)) == ERR_OK) {
		out_text(c->out, "%s uses the certificate of generation %"
		    PRId64 "; the one before it is retired, and set cert "
		    "rollback %s brings it back.\n", s.u->name,
		    s.m.now_active.generation, s.u->name);
		result(c, &s, &ch);
	}
	cert_change_clear(&ch);
	return ret;
}

int
cmd_cert_rollback(struct ctl *c, struct err *e)
{
	struct staging s = { .now = clock_wall_s(c->clk) };
	struct cert_change ch = { .step = rollback_step };
	struct err none = { .code = ERR_OK };
	bool unused = false;
	struct own o;
	int ret;

	if ((s.u = cert_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	s.node = c->node.row.name;
	if ((ret = own_announced(c->node.db, s.u->unit, s.node, &o, &none)) ==
	    ERR_OK) {
		unused = o.row.activated_at == 0;
		own_clear(&o);
	} else if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", none.msg);
	/* To withdraw what nothing ever used takes no anchor from anybody. */
	if (!unused && (ret = check_sacrifice(c, s.u, "rollback", e)) !=
	    ERR_OK)
		return ret;
	if (unused)
		ch.question = "The announced certificate goes, and its key is "
		    "lost.  Do you want to continue?";
	ctl_audit_init(c, &ch.audit, "%s", s.u->name);
	if ((ret = stage(c, &s, &ch, e)) == ERR_OK) {
		if (s.m.now_active.generation == 0)
			out_text(c->out, "The announced %s certificate is "
			    "withdrawn.\n", s.u->name);
		else
			out_text(c->out, "%s uses the certificate of "
			    "generation %" PRId64 " again.\n", s.u->name,
			    s.m.now_active.generation);
		result(c, &s, &ch);
	}
	cert_change_clear(&ch);
	return ret;
}

/* --- purge --- */

/* A CAPF certificate that phones have certificates of is needed. */
static int
kept_text(struct db *db, const struct staging *s, char *text, struct err *e)
{
	return own_capf_text(db, s->m.last_kept.sha256, text, e);
}

static int
purge_step(struct db *db, void *arg, struct err *e)
{
	struct staging *s = arg;
	char text[OWN_CAPF_TEXT_MAX];
	int ret;

	ret = own_stage_purge(db, s->u->unit, s->before, s->now, &s->m, e);
	if (ret != ERR_OK || s->m.kept == 0 || s->m.removed > 0 ||
	    (ret = kept_text(db, s, text, e)) != ERR_OK)
		return ret;
	return err_set(e, ERR_REFUSED, "the %s certificate of generation %"
	    PRId64 " is needed: %s", s->u->name, s->m.last_kept.generation,
	    text);
}

/* A key that young may be the last thing that phones know. */
static int
warn_purge(struct ctl *c, const struct own_unit_def *u, struct err *e)
{
	struct confirm cf;
	int ret;

	if (!u->listed || !cmd_has(c->line, "--now"))
		return ERR_OK;
	if ((ret = cert_confirm(c, &cf, e)) == ERR_OK && cf.current < cf.known)
		out_warn(c->out, "%zu of %zu phones were not seen taking the "
		    "list that is served now: a retired key of %s may be the "
		    "last one they trust", cf.known - cf.current, cf.known,
		    u->name);
	return ret;
}

static int
say_kept(struct ctl *c, const struct staging *s, struct err *e)
{
	char text[OWN_CAPF_TEXT_MAX];
	int ret;

	if (s->m.kept == 0)
		return ERR_OK;
	if ((ret = kept_text(c->node.db, s, text, e)) == ERR_OK)
		out_warn(c->out, "the %s certificate of generation %" PRId64
		    " stays: %s", s->u->name, s->m.last_kept.generation,
		    text);
	return ret;
}

/* When what is too young may go, or how it goes at once. */
static void
say_young(struct ctl *c, const struct staging *s, int64_t days)
{
	char when[CLOCK_RFC3339_LEN];

	if (s->m.young == 0)
		return;
	clock_rfc3339(s->m.retired_at + days * DAY_S, when);
	out_warn(c->out, "%zu retired certificate%s of %s can be had back "
	    "until certificate.keep_days have passed (%" PRId64 "), which the "
	    "first does %s: --now purges at once", s->m.young,
	    s->m.young == 1 ? "" : "s", s->u->name, days, when);
}

int
cmd_cert_purge(struct ctl *c, struct err *e)
{
	struct staging s = { .now = clock_wall_s(c->clk) };
	struct cert_change ch = { .step = purge_step, .arg = &s,
	    .now = s.now, .question = "The keys are lost then.  Do you want "
	    "to continue?" };
	int64_t days;
	int ret;

	if ((s.u = cert_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		return ERR_ARG;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = param_get_i64(c->node.db, PARAM_CERT_KEEP_DAYS, "", &days,
	    e)) != ERR_OK ||
	    (ret = warn_purge(c, s.u, e)) != ERR_OK)
		return ret;
	/* One that retired in this second goes too. */
	s.before = cmd_has(c->line, "--now") ? s.now + 1 :
	    s.now - days * DAY_S;
	ctl_audit_init(c, &ch.audit, "%s", s.u->name);
	if ((ret = cert_change_run(c, &ch, e)) == ERR_OK &&
	    (ret = say_kept(c, &s, e)) == ERR_OK) {
		out_text(c->out, "%zu retired certificate%s of %s purged with "
		    "%s key%s\n", s.m.removed, s.m.removed == 1 ? "" : "s",
		    s.u->name, s.m.removed == 1 ? "its" : "their",
		    s.m.removed == 1 ? "" : "s");
		say_young(c, &s, days);
		result(c, &s, &ch);
	}
	cert_change_clear(&ch);
	return ret;
}
