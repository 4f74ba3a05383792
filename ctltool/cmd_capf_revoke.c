/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf revoke.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/capf_text.h"
#include "ctltool/srst_text.h"
#include "trust/capf_revoke.h"
#include "trust/phone.h"

#define CERTS_MAX	1000	/* of one command */

struct revocation {
	struct db		*observed;	/* NULL: nothing was sent */
	struct row_device_cert	*cert;
	size_t			 n, nchanged;
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
revoke_tx(struct db *db, void *arg, struct err *e)
{
	struct revocation *r = arg;
	struct row_device_cert was;
	int ret = ERR_OK;
	bool changed;

	r->nchanged = 0;
	for (size_t i = 0; ret == ERR_OK && i < r->n; i++) {
		if ((ret = capf_revoke(db, r->observed, r->cert[i].sha256,
		    r->now, &was, &changed, e)) != ERR_OK || !changed)
			continue;
		r->nchanged++;
		(void)snprintf(r->audit.detail, sizeof(r->audit.detail), "%s",
		    was.owner.name);
		ret = ctl_audit_add(db, &r->audit, e);
	}
	return ret;
}

static void
add_sent(struct revocation *r, const struct capf_issued *i)
{
	struct row_device_cert *d = &r->cert[r->n++];

	*d = (struct row_device_cert){ .owner = i->owner };
	memcpy(d->sha256, i->sha256, SHA256_LEN);
}

struct of_owner {
	struct revocation	*r;
	struct capf_owner	 o;
};

static int
add_sent_of(void *arg, const struct capf_issued *i, struct err *e)
{
	const struct of_owner *a = arg;

	if (i->owner.kind != a->o.kind ||
	    strcmp(i->owner.name, a->o.name) != 0 ||
	    strcmp(i->owner.instance, a->o.instance) != 0)
		return ERR_OK;
	if (a->r->n == CERTS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d at once",
		    CERTS_MAX);
	add_sent(a->r, i);
	return ERR_OK;
}

/* A certificate by its SHA-256, his or only sent to him. */
static int
find_sha256(struct ctl *c, struct revocation *r, const char *word,
    const uint8_t sha256[SHA256_LEN], struct err *e)
{
	struct capf_issued i = { .der = NULL };
	int ret = row_device_cert_by_sha256(c->node.db, sha256,
	    &r->cert[r->n], e);

	if (ret == ERR_OK)
		r->n++;
	if (ret != ERR_NOTFOUND)
		return ret;
	if (r->observed != NULL && (ret = observed_issued_get(r->observed,
	    sha256, &i, e)) == ERR_OK)
		add_sent(r, &i);
	capf_issued_clear(&i);
	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "no phone "
	    "and no client has the certificate %.16s...: \"utils capf "
	    "lsc list\" shows those there are", word);
}

/* The certificates that a word means: one by its SHA-256, or whose current LSC,
 * and when he has none, those that he was sent and never confirmed. */
static int
find_one(struct ctl *c, struct revocation *r, const char *word,
    struct err *e)
{
	const size_t had = r->n;
	struct of_owner sent = { .r = r };
	uint8_t sha256[SHA256_LEN];
	struct capf_owner o;
	int ret;

	if (srst_sha256("NAME", word, sha256, NULL) == ERR_OK)
		return find_sha256(c, r, word, sha256, e);
	if ((ret = capf_owner_typed(&o, word, e)) != ERR_OK)
		return ret;
	/* With a dot it is a client of either kind, else a phone. */
	for (int k = o.kind; k < CAPF_KIND_N; k++) {
		o.kind = k;
		sent.o = o;
		ret = row_device_cert_current(c->node.db, &o, DEVICE_LSC,
		    &r->cert[r->n], e);
		if (ret == ERR_OK)
			r->n++;
		else if (ret == ERR_NOTFOUND && r->observed != NULL &&
		    (ret = observed_issued_each(r->observed, add_sent_of,
		    &sent, e)) == ERR_OK && r->n == had)
			ret = ERR_NOTFOUND;
		if (ret != ERR_NOTFOUND || k == CAPF_PHONE)
			break;
	}
	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "%.80s has no "
	    "current certificate of CAPF: \"utils capf lsc list\" shows those "
	    "there are", word);
}

static int
find_all(struct ctl *c, struct revocation *r, struct err *e)
{
	const char *words = cmd_get(c->line, "NAME");
	char word[300];
	size_t n;
	int ret;

	if ((r->cert = calloc(CERTS_MAX, sizeof(*r->cert))) == NULL)
		return err_set(e, ERR_NOMEM, "certificates");
	for (; *words != '\0'; words += n) {
		if ((n = strspn(words, " ")) > 0)
			continue;
		n = strcspn(words, " ");
		if (r->n == CERTS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d at once",
			    CERTS_MAX);
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if ((ret = find_one(c, r, word, e)) != ERR_OK)
			return ret;
	}
	return ERR_OK;
}

static void
tell_plan(struct ctl *c, const struct revocation *r)
{
	char label[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	char end[CLOCK_RFC3339_LEN], hex[2 * SHA256_LEN + 1];

	for (size_t i = 0; i < r->n; i++) {
		capf_owner_text(&r->cert[i].owner, label, sizeof(label));
		str_hex(r->cert[i].sha256, SHA256_LEN, hex);
		if (r->cert[i].stored_at == 0) {
			out_text(c->out, "%s: certificate %.16s..., sent and "
			    "never confirmed\n", label, hex);
			continue;
		}
		clock_rfc3339(r->cert[i].not_after, end);
		out_text(c->out, "%s: certificate %.16s..., ends %s, is %s\n",
		    label, hex, end,
		    device_cert_state_name[r->cert[i].state]);
	}
	out_text(c->out, "Effect: no file is encrypted for %s any more, and "
	    "nobody proves himself or registers over TLS with %s; with "
	    "a current one goes what its owner was sent since and never "
	    "confirmed.\n",
	    r->n == 1 ? "it" : "them", r->n == 1 ? "it" : "them");
	out_text(c->out, "A phone whose profile asks for encrypted files "
	    "gets none, and no other certificate, before it is asked for "
	    "one (utils capf install).\n");
}

/* Certificates outlive it. */
static bool
has_profile(struct ctl *c, const struct capf_owner *o)
{
	struct row_capf_profile p = { .sealed = NULL };
	int ret = row_capf_profile_get(c->node.db, o, &p, NULL);

	row_capf_profile_clear(&p);
	return ret == ERR_OK;
}

/* A client is asked by its CAPF profile, a phone by utils capf. */
static void
say_cure(struct ctl *c, const struct revocation *r)
{
	const struct capf_owner *o = &r->cert[0].owner;

	if (r->n > 1)
		out_text(c->out, "Others are issued by: utils capf install "
		    "NAMES, and for clients utils capf profile set\n");
	else if (o->kind == CAPF_PHONE)
		out_text(c->out, "Another is issued by: utils capf install "
		    "%s\n", o->name);
	else
		out_text(c->out, "Another is issued by: utils capf profile "
		    "%s %s %s --kind %s --operation install-upgrade "
		    "--generate-string\n", has_profile(c, o) ? "set" : "add",
		    o->name, o->instance, capf_kind_name[o->kind]);
}

static void
tell(struct ctl *c, const struct revocation *r)
{
	json_t *list = json_array(), *j;

	for (size_t i = 0; i < r->n; i++) {
		j = capf_owner_json(&r->cert[i].owner);
		if (j == NULL || json_object_set_new(j, "sha256",
		    out_hex(r->cert[i].sha256, SHA256_LEN)) != 0 ||
		    json_array_append_new(list, j) != 0)
			c->out->nomem = true;
	}
	out_text(c->out, "%zu revoked%s\n", r->nchanged, r->nchanged < r->n ?
	    "; the others were already" : "");
	if (r->nchanged > 0)
		say_cure(c, r);
	out_result(c->out, json_pack("{s:I, s:o}", "revoked",
	    (json_int_t)r->nchanged, "certificates", list));
}

int
cmd_capf_revoke(struct ctl *c, struct err *e)
{
	struct revocation r = { .now = clock_wall_s(c->clk) };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = ctl_observed(c, &r.observed, e)) != ERR_OK ||
	    (ret = find_all(c, &r, e)) != ERR_OK)
		goto out;
	tell_plan(c, &r);
	if ((ret = ask_confirm(c, r.n == 1 ? "Revoke this certificate?" :
	    "Revoke these certificates?", e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &r.audit, "%s", "");
	r.audit.row.at = r.now;
	if ((ret = ctl_tx(c, revoke_tx, &r, e)) != ERR_OK)
		goto out;
	if (r.nchanged > 0)
		out_changed(c->out);
	tell(c, &r);
out:
	db_close(r.observed);
	free(r.cert);
	return ret;
}
