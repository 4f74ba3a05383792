/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf lsc list, stale-lsc list and delete.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/capf_text.h"
#include "ctltool/cert_rows.h"
#include "ctltool/lsc_issuer.h"
#include "ctltool/srst_text.h"
#include "db/observed.h"

#define DAY_S		86400
#define CN_MAX		128
#define DAYS_MAX	36500
#define CA_SHOWN	8	/* digits of a SHA-256: enough for --issuer */
#define ROW		"%-20s %-20s %-10s %-24s %-8s %-3s %.16s%s\n"

/* --- those that are stored --- */

struct listing {
	struct ctl	*c;
	int		 state;
	const char	*issuer;	/* as typed; NULL: any */
	struct lsc_issuers issuers;
	int64_t		 until;		/* ends by then; 0: whenever */
	int64_t		 n;
	json_t		*list;
};

/* "1a2b3c4d 2": what --issuer takes, and which generation of CAPF. */
static void
issuer_text(const struct lsc_issuer *by, char sha[CA_SHOWN + 1],
    char generation[24])
{
	char hex[2 * SHA256_LEN + 1] = "-";

	if (by != NULL)
		str_hex(by->sha256, SHA256_LEN, hex);
	(void)snprintf(sha, CA_SHOWN + 1, "%.*s", CA_SHOWN, hex);
	(void)snprintf(generation, 24, by != NULL && by->generation > 0 ?
	    "%" PRId64 : "-", by != NULL ? by->generation : 0);
}

static int
put_json(struct listing *l, const struct row_device_cert *d,
    const struct row_cert *row, const struct lsc_issuer *by)
{
	json_t *j = capf_owner_json(&d->owner);

	if (j == NULL || json_object_update_new(j, json_pack("{s:s, s:o, s:o, "
	    "s:o, s:o, s:o, s:o, s:o}", "state",
	    device_cert_state_name[d->state], "issuer", out_str(row->issuer),
	    "issuer_sha256", by != NULL ? out_hex(by->sha256, SHA256_LEN) :
	    json_null(), "issuer_generation", by != NULL && by->generation >
	    0 ? json_integer(by->generation) : json_null(), "serial",
	    out_hex(row->serial, row->seriallen), "sha256",
	    out_hex(d->sha256, SHA256_LEN), "not_after",
	    out_time(d->not_after), "stored_at", d->stored_at != 0 ?
	    out_time(d->stored_at) : json_null())) != 0) {
		json_decref(j);
		return -1;
	}
	return json_array_append_new(l->list, j);
}

static void
put_cert(struct listing *l, const struct row_device_cert *d,
    const struct row_cert *row, const char *cn, const struct lsc_issuer *by)
{
	char label[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2], vis[OUT_VIS_MAX];
	char end[CLOCK_RFC3339_LEN], hex[2 * SHA256_LEN + 1];
	char sha[CA_SHOWN + 1], generation[24];

	l->n++;
	capf_owner_text(&d->owner, label, sizeof(label));
	clock_rfc3339(d->not_after, end);
	str_hex(d->sha256, SHA256_LEN, hex);
	issuer_text(by, sha, generation);
	out_text(l->c->out, ROW, label, end, device_cert_state_name[d->state],
	    out_vis(cn, vis), sha, generation, hex, "...");
	if (put_json(l, d, row, by) != 0)
		l->c->out->nomem = true;
}

static int
list_one(void *arg, const struct row_device_cert *d, struct err *e)
{
	struct listing *l = arg;
	struct lsc_issuer *by;
	struct row_cert row;
	char cn[CN_MAX];
	int ret;

	if (d->type != DEVICE_LSC || (l->until != 0 && d->not_after >
	    l->until))
		return ERR_OK;
	if ((ret = row_cert_get(l->c->node.db, d->sha256, &row, e)) != ERR_OK)
		return ret;
	cert_name_cn(row.issuer, cn, sizeof(cn));
	by = lsc_issuers_find(&l->issuers, d);
	if (lsc_issuers_take(&l->issuers, by, cn)) {
		put_cert(l, d, &row, cn, by);
		if (by != NULL)
			by->n++;
	}
	row_cert_clear(&row);
	return ERR_OK;
}

static int
list_tx(struct db *db, void *arg, struct err *e)
{
	struct listing *l = arg;
	int ret = lsc_issuers_load(&l->issuers, db, l->issuer, e);

	if (ret != ERR_OK)
		return ret;
	out_text(l->c->out, ROW, "NAME", "ENDS", "STATE", "ISSUER", "CA",
	    "GEN", "SHA-256", "");
	return row_device_cert_each(db, NULL, l->state, l->issuers.one != NULL ?
	    l->issuers.one->sha256 : NULL, list_one, l, e);
}

/* CAPF has its name still when it is renewed. */
static void
warn_several(const struct listing *l)
{
	size_t n = lsc_issuers_taken(&l->issuers);

	if (l->issuer != NULL && n > 1)
		out_warn(l->c->out, "%zu CAs have the common name %.64s: "
		    "--issuer with what stands under CA, or with the "
		    "generation of CAPF under GEN, takes one", n, l->issuer);
}

static int
take_filters(struct listing *l, struct err *e)
{
	const char *days = cmd_get(l->c->line, "--expiring");
	const char *state = cmd_get(l->c->line, "--with-state");
	int64_t n;

	l->state = DEVICE_CURRENT;
	for (int i = 0; state != NULL && i < DEVICE_STATE_N; i++)
		if (str_ieq(state, device_cert_state_name[i]))
			l->state = i;
	if (days == NULL)
		return ERR_OK;
	if (str_to_i64(days, 0, DAYS_MAX, &n, e) != ERR_OK)
		return err_wrap(e, "--expiring");
	l->until = clock_wall_s(l->c->clk) + n * DAY_S;
	return ERR_OK;
}

int
cmd_capf_lsc_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .list = json_array(),
		.issuer = cmd_get(c->line, "--issuer") };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = take_filters(&l, e)) != ERR_OK)
		goto out;
	if ((ret = db_read_tx(c->node.db, list_tx, &l, e)) != ERR_OK)
		goto out;
	warn_several(&l);
	out_text(c->out, "%" PRId64 " certificate%s\n", l.n, l.n == 1 ? "" :
	    "s");
	out_result(c->out, json_pack("{s:O, s:I}", "certificates", l.list,
	    "count", (json_int_t)l.n));
out:
	lsc_issuers_clear(&l.issuers);
	json_decref(l.list);
	return ret;
}

/* --- those that nobody said were stored --- */

static int
stale_one(void *arg, const struct capf_issued *i, struct err *e)
{
	char label[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	char at[CLOCK_RFC3339_LEN], hex[2 * SHA256_LEN + 1];
	struct listing *l = arg;
	json_t *j;

	(void)e;
	l->n++;
	capf_owner_text(&i->owner, label, sizeof(label));
	clock_rfc3339(i->at, at);
	str_hex(i->sha256, SHA256_LEN, hex);
	out_text(l->c->out, "%-20s %-20s %s\n", label, at, hex);
	j = capf_owner_json(&i->owner);
	if (j == NULL || json_object_update_new(j, json_pack("{s:o, s:o}",
	    "sha256", out_hex(i->sha256, SHA256_LEN), "sent_at",
	    out_time(i->at))) != 0 || json_array_append_new(l->list, j) != 0)
		l->c->out->nomem = true;
	return ERR_OK;
}

int
cmd_capf_stale_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .list = json_array() };
	struct db *observed = NULL;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = ctl_observed(c, &observed, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%-20s %-20s %s\n", "NAME", "SENT", "SHA-256");
	if (observed != NULL && (ret = capf_stale_each(c->node.db, observed,
	    clock_wall_s(c->clk), stale_one, &l, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%" PRId64 " certificate%s sent and never "
	    "confirmed\n", l.n, l.n == 1 ? "" : "s");
	out_result(c->out, json_pack("{s:O, s:I}", "certificates", l.list,
	    "count", (json_int_t)l.n));
out:
	db_close(observed);
	json_decref(l.list);
	return ret;
}

struct removal {
	struct db		*db;
	uint8_t			(*sha256)[SHA256_LEN];
	size_t			 n;		/* 0: all */
	int64_t			 removed, now;
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *observed, void *arg, struct err *e)
{
	struct removal *r = arg;
	int64_t one;
	int ret = ERR_OK;

	r->removed = 0;
	if (r->n == 0)
		return capf_stale_remove(r->db, observed, r->now, NULL,
		    &r->removed, e);
	for (size_t i = 0; ret == ERR_OK && i < r->n; i++) {
		ret = capf_stale_remove(r->db, observed, r->now,
		    r->sha256[i], &one, e);
		r->removed += ret == ERR_OK ? one : 0;
	}
	return ret;
}

/* "all", or SHA-256s. */
static int
take_which(struct ctl *c, struct removal *r, struct err *e)
{
	const char *words = cmd_get(c->line, "WHICH");
	char word[160];
	size_t len, room = 1;
	int ret;

	if (words == NULL || strcmp(words, "all") == 0)
		return ERR_OK;
	for (const char *p = words; *p != '\0'; p++)
		room += *p == ' ';
	if ((r->sha256 = calloc(room, SHA256_LEN)) == NULL)
		return err_set(e, ERR_NOMEM, "certificates");
	for (; *words != '\0'; words += len) {
		if ((len = strspn(words, " ")) > 0)
			continue;
		len = strcspn(words, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if ((ret = srst_sha256("WHICH", word, r->sha256[r->n++],
		    e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

struct search {
	const struct removal	*r;
	bool			*found;		/* of r->sha256 */
	size_t			 n;		/* stale ones in all */
};

static int
search_one(void *arg, const struct capf_issued *c, struct err *e)
{
	struct search *s = arg;

	(void)e;
	s->n++;
	for (size_t i = 0; i < s->r->n; i++)
		s->found[i] = s->found[i] || memcmp(s->r->sha256[i],
		    c->sha256, SHA256_LEN) == 0;
	return ERR_OK;
}

static int
all_found(const struct search *s, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];

	for (size_t i = 0; i < s->r->n; i++) {
		if (s->found[i])
			continue;
		str_hex(s->r->sha256[i], SHA256_LEN, hex);
		return err_set(e, ERR_NOTFOUND, "%.16s... is not among the "
		    "certificates sent and never confirmed: \"utils capf "
		    "stale-lsc list\" shows those there are", hex);
	}
	return ERR_OK;
}

/* Before anybody is asked: are those named there, is there any at all? */
static int
look_for(struct ctl *c, struct removal *r, bool *any, struct err *e)
{
	struct search s = { .r = r };
	struct db *observed = NULL;
	int ret;

	r->now = clock_wall_s(c->clk);
	if ((s.found = calloc(r->n + 1, sizeof(*s.found))) == NULL)
		return err_set(e, ERR_NOMEM, "certificates");
	if ((ret = ctl_observed(c, &observed, e)) == ERR_OK &&
	    observed != NULL)
		ret = capf_stale_each(c->node.db, observed, r->now,
		    search_one, &s, e);
	if (ret == ERR_OK)
		ret = all_found(&s, e);
	*any = s.n > 0;
	db_close(observed);
	free(s.found);
	return ret;
}

/* observed.db is another database: a rehearsal leaves it alone. */
static int
remove_stale(struct ctl *c, struct removal *r, struct err *e)
{
	struct db *observed;
	int ret;

	if (ctl_is_rehearsal(c))
		return ERR_OK;
	if ((observed = db_open(c->node.statefd, OBSERVED_FILE, DB_WRITE,
	    e)) == NULL)
		return ctl_denied(e->code, e);
	r->db = c->node.db;
	ret = db_result_err(db_tx(observed, remove_tx, r, e), e);
	db_close(observed);
	if (ret != ERR_OK || r->removed == 0)
		return ret;
	out_changed(c->out);
	ctl_audit_init(c, &r->audit, "%" PRId64 " certificates", r->removed);
	return ctl_audit_put(c, &r->audit, e);
}

static int
confirm(struct ctl *c, const struct removal *r, struct err *e)
{
	out_text(c->out, "Effect: what was sent and never confirmed counts "
	    "for nothing any more (utils capf lsc list --with-state deleted); "
	    "a phone that stored it nevertheless is not believed with "
	    "it.\n");
	return ask_confirm(c, r->n == 0 ? "Remove all stale certificates?" :
	    "Remove these stale certificates?", e);
}

int
cmd_capf_stale_delete(struct ctl *c, struct err *e)
{
	struct removal r = { .n = 0 };
	bool any = false;
	int ret;

	if ((ret = take_which(c, &r, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = look_for(c, &r, &any, e)) != ERR_OK ||
	    (any && (ret = confirm(c, &r, e)) != ERR_OK) ||
	    (ret = remove_stale(c, &r, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%" PRId64 " removed\n", r.removed);
	out_result(c->out, json_pack("{s:I}", "removed",
	    (json_int_t)r.removed));
out:
	free(r.sha256);
	return ret;
}
