/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The order of renewals, see expiry_plan.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/params.h"
#include "trust/expiry_plan.h"
#include "trust/own_capf.h"
#include "trust/own_stage.h"

#define DAY_S	86400

struct planning {
	struct db	*db;
	struct plan	*p;
	int64_t		 until, now, cycle_s;
	bool		 mixed;		/* the cluster has a CTL */
	bool		 ecdsa_listed;	/* CallManager-ECDSA in the ITL */
};

/* The place of a unit in the usual order; -1: not in a list of phones. */
static int
anchor_rank(const struct planning *pl, enum own_unit u)
{
	switch (u) {
	case UNIT_CAPF:
		return 0;
	case UNIT_TVS:
		return 1;
	case UNIT_CALLMANAGER_ECDSA:
		return pl->ecdsa_listed ? 2 : -1;
	case UNIT_CALLMANAGER:
		return 3;
	case UNIT_ITLRECOVERY:
		return 4;
	case UNIT_HTTPS:
	case UNIT_IPSEC:
	case UNIT_N:
		break;
	}
	return -1;
}

static int
step_rank(const struct plan_step *s)
{
	static const struct planning all = { .ecdsa_listed = true };
	const struct own_unit_def *u = own_unit_find(s->what->unit);

	return u != NULL ? anchor_rank(&all, u->unit) : -1;
}

static void __attribute__((format(printf, 2, 3)))
say(struct plan_step *s, const char *fmt, ...)
{
	va_list ap;

	if (s->ncommand == PLAN_COMMANDS_MAX)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(s->command[s->ncommand++], PLAN_COMMAND_MAX, fmt, ap);
	va_end(ap);
}

static void
note(struct plan_step *s, const char *text)
{
	(void)snprintf(s->note, sizeof(s->note), "%s", text);
}

/* --- own certificates --- */

/* Is a successor announced that lasts beyond what is planned for? */
static int
find_successor(const struct planning *pl, const struct own_unit_def *u,
    struct plan_step *s, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct own o;
	int ret;

	ret = own_announced(pl->db, u->unit, s->what->node, &o, &none);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", none.msg);
	s->announced = cert_not_after(o.cert) >= pl->until;
	own_clear(&o);
	return ERR_OK;
}

static const char *
own_note(const struct planning *pl, enum own_unit u)
{
	switch (u) {
	case UNIT_CAPF:
		return "phones with a certificate of the old CAPF keep it: "
		    "leave the old CAPF certificate in CAPF-trust and "
		    "CallManager-trust until the last has a new one";
	case UNIT_TVS:
		return "phones that miss the new list can ask this TVS "
		    "nothing";
	case UNIT_CALLMANAGER:
		return pl->mixed ? "the CTL has it too: phones need the new "
		    "CTL as well; gateways, trunk peers and other clusters "
		    "that keep a copy need the new certificate" :
		    "gateways, trunk peers and other clusters that keep a "
		    "copy need the new certificate";
	case UNIT_ITLRECOVERY:
		return "the last resort of phones: before it every phone "
		    "has to hold a list with the CallManager and TVS "
		    "certificates in use, and tvsd has to run; export its "
		    "key again afterwards";
	case UNIT_CALLMANAGER_ECDSA:
	case UNIT_HTTPS:
	case UNIT_IPSEC:
	case UNIT_N:
		break;
	}
	return "";
}

static void
own_commands(const struct own_unit_def *u, struct plan_step *s)
{
	if (!s->announced && s->what->ca_signed) {
		say(s, "set csr gen %s", u->name);
		say(s, "set cert import own %s FILE", u->name);
	} else if (!s->announced) {
		say(s, "set cert regen %s", u->name);
	}
	if (u->listed)
		say(s, "set cert promote %s --sacrifice all", u->name);
}

/* How far the phones are, when there are any with certificates of it. */
static int
note_phones(const struct planning *pl, struct plan_step *s, struct err *e)
{
	char text[OWN_CAPF_TEXT_MAX];
	int ret;

	if ((ret = own_capf_text(pl->db, s->what->sha256, text, e)) !=
	    ERR_OK || text[0] == '\0')
		return ret;
	(void)snprintf(s->note, sizeof(s->note), "the old one stays trusted "
	    "until the last phone has a new one; there are %s", text);
	return ERR_OK;
}

static int
plan_own(struct planning *pl, struct plan_step *s, bool *wanted,
    struct err *e)
{
	const struct own_unit_def *u = own_unit_find(s->what->unit);
	int ret;

	if (u == NULL || s->what->stage != OWN_ACTIVE) {
		*wanted = false;
		return ERR_OK;
	}
	if ((ret = find_successor(pl, u, s, e)) != ERR_OK)
		return ret;
	s->anchor = anchor_rank(pl, u->unit) >= 0;
	if (s->anchor)
		s->cycles = u->unit == UNIT_ITLRECOVERY ? 2 : 1;
	own_commands(u, s);
	note(s, own_note(pl, u->unit));
	return u->unit == UNIT_CAPF ? note_phones(pl, s, e) : ERR_OK;
}

/* --- the rest --- */

/* A CAPF certificate of ours that is retired lies there while phones have
 * certificates by it. */
static int
is_our_capf(struct planning *pl, const struct plan_step *s, bool *ours,
    struct err *e)
{
	struct row_own *rows;
	size_t n;
	int ret;

	*ours = false;
	if ((ret = row_own_of_cert(pl->db, s->what->sha256, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		*ours = *ours || (rows[i].stage == OWN_RETIRED &&
		    strcmp(rows[i].unit,
		    own_unit_table()[UNIT_CAPF].name) == 0);
	free(rows);
	return ERR_OK;
}

static int
plan_trust(struct planning *pl, struct plan_step *s, struct err *e)
{
	bool ours;
	int ret;

	if ((ret = is_our_capf(pl, s, &ours, e)) != ERR_OK)
		return ret;
	if (ours) {
		say(s, "utils capf upgrade PHONE...");
		say(s, "set cert purge CAPF");
		note(s, "CAPF's own of before: it goes with the last phone's "
		    "certificate by it, which utils capf lsc list names");
		return ERR_OK;
	}
	say(s, "set cert import trust %s FILE", s->what->unit);
	say(s, "set cert delete %s %s.pem", s->what->unit, s->what->name);
	note(s, "its owner has the next one; what has ended need not stay");
	return ERR_OK;
}

static int
plan_srst(struct planning *pl, struct plan_step *s, struct err *e)
{
	struct row_srst r;
	int ret;

	if ((ret = row_srst_get(pl->db, s->what->name, &r, e)) != ERR_OK)
		return ret;
	/* Only then does it stand in phones' files. */
	s->cycles = pl->mixed && r.secure ? 1 : 0;
	say(s, "srst fetch %s", s->what->name);
	say(s, "srst accept %s", s->what->name);
	note(s, "after the gateway has its new certificate: compare the "
	    "fingerprint with what the gateway shows");
	return ERR_OK;
}

static int
plan_one(struct planning *pl, struct plan_step *s, bool *wanted,
    struct err *e)
{
	switch (s->what->kind) {
	case EXPIRY_OWN:
		return plan_own(pl, s, wanted, e);
	case EXPIRY_TRUST:
		return plan_trust(pl, s, e);
	case EXPIRY_SRST:
		return plan_srst(pl, s, e);
	case EXPIRY_EXPORT:
		note(s, s->what->stale ? "of no use any more: destroy the "
		    "copies, export the key of the certificate in use" :
		    "ends with the ITLRecovery certificate");
		*wanted = s->what->stale;
		break;
	case EXPIRY_CRL:
		say(s, "set crl import FILE");
		note(s, "its CA publishes the next one; until it is there, "
		    "what this one does not name is kept");
		break;
	case EXPIRY_LSC:
		say(s, "utils capf upgrade PHONE...");
		note(s, "utils capf lsc list --expiring names them; CAPF has "
		    "to last longer than what it gives");
		break;
	case EXPIRY_CA_CLIENT:
		say(s, "utils capf ca certificate FILE");
		note(s, "its CA makes the next one; with --remove none is "
		    "shown any more");
		break;
	case EXPIRY_KIND_N:
		*wanted = false;
		break;
	}
	return ERR_OK;
}

/* --- order and dates --- */

/* Anchors first, by their place; then what can be done at any time. */
static int
by_order(const void *va, const void *vb)
{
	const struct plan_step *a = va, *b = vb;
	int ra = a->anchor ? step_rank(a) : 99;
	int rb = b->anchor ? step_rank(b) : 99;

	if (ra != rb)
		return ra < rb ? -1 : 1;
	if (a->what->not_after != b->what->not_after)
		return a->what->not_after < b->what->not_after ? -1 : 1;
	return strcmp(a->what->node, b->what->node);
}

static int
by_urgency(const void *va, const void *vb)
{
	const struct plan_step *a = va, *b = vb;

	if (a->anchor != b->anchor)
		return a->anchor ? -1 : 1;
	if (a->what->not_after != b->what->not_after)
		return a->what->not_after < b->what->not_after ? -1 : 1;
	return by_order(va, vb);
}

/* The first day at which everything up to a step can be done; false when one
 * ends before. */
static bool
look_ahead(struct planning *pl)
{
	int64_t t = pl->now;
	bool in_time = true;

	for (size_t i = 0; i < pl->p->n; i++) {
		struct plan_step *s = &pl->p->step[i];

		if (s->anchor)
			t += s->cycles * pl->cycle_s;
		s->late = s->what->not_after < (s->anchor ? t : pl->now);
		in_time = in_time && !(s->anchor && s->late);
	}
	return in_time;
}

/* Back from the last: each has to be done when the next one begins. */
static void
look_back(struct planning *pl)
{
	int64_t next = EXPIRY_NEVER;

	for (size_t i = pl->p->n; i-- > 0;) {
		struct plan_step *s = &pl->p->step[i];

		s->done_by = s->what->not_after;
		s->begin_by = s->what->not_after;
		if (s->what->not_after == EXPIRY_NEVER)
			continue;
		if (s->anchor && next < s->done_by)
			s->done_by = next;
		s->begin_by = s->done_by - s->cycles * pl->cycle_s;
		if (s->anchor)
			next = s->begin_by;
	}
}

static void
order(struct planning *pl)
{
	struct plan *p = pl->p;

	if (p->n > 0)
		qsort(p->step, p->n, sizeof(*p->step), by_order);
	if (!look_ahead(pl)) {
		p->by_urgency = true;
		qsort(p->step, p->n, sizeof(*p->step), by_urgency);
		(void)look_ahead(pl);
	}
	look_back(pl);
	for (size_t i = 0; i < p->n; i++) {
		p->step[i].resets = p->phones * p->step[i].cycles;
		p->resets += p->step[i].resets;
		p->cycles += p->step[i].cycles;
	}
}

static int
read_facts(struct planning *pl, struct err *e)
{
	struct err none = { .code = ERR_OK };
	struct row_list ctl;
	char *version;
	int ret;

	if ((ret = row_phone_count(pl->db, &pl->p->phones, e)) != ERR_OK)
		return ret;
	if ((version = param_get(pl->db, PARAM_ITL_SIGNER_VERSION, "", e)) ==
	    NULL)
		return e->code;
	pl->ecdsa_listed = strcmp(version, "1.1") == 0;
	free(version);
	ret = row_list_current(pl->db, "ctl", "", &ctl, &none);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", none.msg);
	pl->mixed = ret == ERR_OK;
	if (pl->mixed)
		row_list_clear(&ctl);
	return ERR_OK;
}

int
plan_make(struct db *db, const struct expiries *x, int64_t until,
    int64_t now, int cycle_days, struct plan *p, struct err *e)
{
	struct planning pl = { .db = db, .p = p, .until = until, .now = now,
	    .cycle_s = (int64_t)cycle_days * DAY_S };
	bool wanted;
	int ret;

	*p = (struct plan){ .step = NULL };
	if ((ret = read_facts(&pl, e)) != ERR_OK)
		return ret;
	if ((p->step = calloc(x->n + 1, sizeof(*p->step))) == NULL)
		return err_set(e, ERR_NOMEM, "plan");
	for (size_t i = 0; i < x->n; i++) {
		p->step[p->n] = (struct plan_step){ .what = &x->row[i] };
		wanted = true;
		ret = plan_one(&pl, &p->step[p->n], &wanted, e);
		if (ret != ERR_OK) {
			plan_clear(p);
			return ret;
		}
		p->n += wanted;
	}
	order(&pl);
	return ERR_OK;
}

void
plan_clear(struct plan *p)
{
	free(p->step);
	*p = (struct plan){ .step = NULL };
}
