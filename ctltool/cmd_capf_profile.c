/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf profile add, set, show, list, remove: certificates of CTI
 * clients.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/secret.h"
#include "ctltool/ask.h"
#include "ctltool/capf_text.h"
#include "ctltool/secret_in.h"
#include "trust/capf_profile.h"
#include "trust/sealed.h"

struct change {
	struct capf_profile_spec spec;
	bool			 adding, changed;
	char			 made[CAPF_STRING_LEN + 1];	/* or "" */
	uint8_t			*sealed;
	struct keyring		*kr;
	int64_t			 now;
	struct ctl_audit	 audit;
};

static int
owner_of_line(struct ctl *c, struct capf_owner *o, struct err *e)
{
	const char *kind = cmd_get(c->line, "--kind");

	return capf_profile_owner(o, capf_profile_kind(kind),
	    cmd_get(c->line, "USER"), cmd_get(c->line, "INSTANCE"), e);
}

/* --- add, set --- */

static int
take_string(struct ctl *c, struct change *x, struct err *e)
{
	const char *file = cmd_get(c->line, "--string-file");
	bool make = cmd_has(c->line, "--generate-string");
	const struct secret *text;
	int ret = ERR_OK;

	if (file != NULL && make)
		return err_set(e, ERR_ARG, "--generate-string and "
		    "--string-file contradict each other: leave one out");
	x->spec.no_string = file != NULL && strcmp(file, "none") == 0;
	if (x->spec.no_string || (file == NULL && !make))
		return ERR_OK;
	if (make)
		ret = capf_string_make(c->rng, x->made, e);
	else
		ret = secret_in(c, file, "authentication string", &text, e);
	if (ret != ERR_OK)
		return ret;
	x->spec.string = make ? x->made : (const char *)text->buf;
	return capf_string_check(x->spec.string, e);
}

static int
seal_string(struct ctl *c, struct change *x, struct err *e)
{
	const struct capf_owner *o = &x->spec.owner;
	int ret;

	if (x->spec.string == NULL)
		return ERR_OK;
	if ((x->kr = node_keyring(&c->node, KEYRING_CRED, e)) == NULL)
		return ctl_denied(e->code, e);
	ret = sealed_cti(x->kr, c->rng, capf_kind_name[o->kind], o->name,
	    o->instance, x->spec.string, &x->sealed, &x->spec.len, e);
	x->spec.sealed = x->sealed;
	x->spec.kr = x->kr;
	return ret;
}

static int
spec_of_line(struct ctl *c, struct change *x, struct err *e)
{
	struct capf_profile_spec *s = &x->spec;
	int ret;

	s->operation = cmd_get(c->line, "--operation");
	s->key_order = cmd_get(c->line, "--key-order");
	s->rsa = cmd_get(c->line, "--rsa-key-size");
	s->ec = cmd_get(c->line, "--ec-key-size");
	s->flags = cmd_has(c->line, "--allow-weak") ? SETTING_ALLOW_WEAK : 0;
	if ((ret = owner_of_line(c, &s->owner, e)) != ERR_OK ||
	    (ret = capf_by(c, &s->by, e)) != ERR_OK ||
	    (ret = take_string(c, x, e)) != ERR_OK)
		return ret;
	return seal_string(c, x, e);
}

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *x = arg;
	int ret = x->adding ? capf_profile_add(db, &x->spec, x->now,
	    &x->changed, e) : capf_profile_set(db, &x->spec, x->now,
	    &x->changed, e);

	return ret == ERR_OK && x->changed ? ctl_audit_add(db, &x->audit, e) :
	    ret;
}

static json_t *
profile_json(const struct row_capf_profile *p)
{
	json_t *j = capf_owner_json(&p->owner);

	if (j == NULL || json_object_update_new(j, json_pack("{s:s, s:s, s:I, "
	    "s:I, s:o, s:b, s:o}", "operation", p->operation, "key_order",
	    p->key_order, "rsa_key_size", (json_int_t)p->rsa_bits,
	    "ec_key_size", (json_int_t)p->ec_bits, "completes_by",
	    p->completes_by != 0 ? out_time(p->completes_by) : json_null(),
	    "string_set", p->sealed != NULL, "changed_at",
	    out_time(p->changed_at))) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static void
profile_text(struct ctl *c, const struct row_capf_profile *p)
{
	const struct setting *order = setting_get(SETTING_KEY_ORDER);
	char date[CLOCK_RFC3339_LEN];

	out_text(c->out, "User         %s, %s\nInstance     %s\n"
	    "Operation    %s%s%s\nString       %s\nKey          %s, RSA %"
	    PRId64 ", EC %" PRId64 "\n", p->owner.name,
	    p->owner.kind == CAPF_USER ? "end user" : "application user",
	    p->owner.instance, capf_operation_name(capf_operation_of(
	    p->operation)), p->completes_by != 0 ? ", until " : "",
	    capf_date(p->completes_by, "", date), p->sealed != NULL ? "set" :
	    "none", setting_value_name(order, p->key_order), p->rsa_bits,
	    p->ec_bits);
}

/* The string once, as those of phones. */
static json_t *
tell_string(struct ctl *c, const struct change *x)
{
	if (!x->changed || x->made[0] == '\0' || ctl_is_rehearsal(c))
		return json_null();
	if (!capf_may_print(c)) {
		out_warn(c->out, "its authentication string is shown on a "
		    "terminal or with --print, once: make another to see one");
		return json_null();
	}
	out_text(c->out, "Authentication string of the client: %s\n",
	    x->made);
	return json_string(x->made);
}

static int
tell(struct ctl *c, const struct change *x, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	json_t *j;
	int ret;

	if ((ret = capf_profile_get(c->node.db, &x->spec.owner, &p, e)) !=
	    ERR_OK)
		return ret;
	out_text(c->out, "CAPF profile of %s for instance %s %s\n",
	    p.owner.name, p.owner.instance, !x->changed ?
	    "is so already, nothing changed" : x->adding ? "added" :
	    "changed");
	profile_text(c, &p);
	j = profile_json(&p);
	if (j == NULL || json_object_update_new(j, json_pack("{s:b, s:o}",
	    "changed", x->changed, "string", tell_string(c, x))) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
	row_capf_profile_clear(&p);
	return ERR_OK;
}

static int
change(struct ctl *c, bool adding, struct err *e)
{
	struct change x = { .adding = adding, .now = clock_wall_s(c->clk) };
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = spec_of_line(c, &x, e)) != ERR_OK)
		goto out;
	ctl_audit_init(c, &x.audit, "%s.%.60s", x.spec.owner.name,
	    x.spec.owner.instance);
	x.audit.row.at = x.now;
	if ((ret = ctl_tx(c, change_tx, &x, e)) != ERR_OK)
		goto out;
	if (x.changed)
		out_changed(c->out);
	ret = tell(c, &x, e);
out:
	secret_wipe(x.made, sizeof(x.made));
	free(x.sealed);
	keyring_free(x.kr);
	return ret;
}

int
cmd_capf_profile_add(struct ctl *c, struct err *e)
{
	return change(c, true, e);
}

int
cmd_capf_profile_set(struct ctl *c, struct err *e)
{
	return change(c, false, e);
}

/* --- show, list --- */

int
cmd_capf_profile_show(struct ctl *c, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	struct capf_status s;
	struct capf_owner o;
	struct db *observed = NULL;
	json_t *j;
	int ret;

	if ((ret = owner_of_line(c, &o, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = ctl_observed(c, &observed, e)) != ERR_OK ||
	    (ret = capf_profile_get(c->node.db, &o, &p, e)) != ERR_OK ||
	    (ret = capf_status_client(&s, c->node.db, observed, &p,
	    clock_wall_s(c->clk), e)) != ERR_OK)
		goto out;
	profile_text(c, &p);
	out_text(c->out, "State\n");
	capf_status_text(c, &s, "  ");
	j = profile_json(&p);
	if (j == NULL || json_object_set_new(j, "status",
	    capf_status_json(c, &s)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
out:
	row_capf_profile_clear(&p);
	db_close(observed);
	return ret;
}

int
cmd_capf_profile_list(struct ctl *c, struct err *e)
{
	struct row_capf_profile *rows = NULL;
	char date[CLOCK_RFC3339_LEN];
	json_t *list = json_array();
	size_t n = 0;
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = row_capf_profile_list(c->node.db, &rows, &n, e)) != ERR_OK)
		goto out;
	out_text(c->out, "%-24s %-16s %-12s %-22s %s\n", "USER", "INSTANCE",
	    "KIND", "OPERATION", "UNTIL");
	for (size_t i = 0; i < n; i++) {
		out_text(c->out, "%-24s %-16s %-12s %-22s %s\n",
		    rows[i].owner.name, rows[i].owner.instance,
		    capf_kind_name[rows[i].owner.kind], capf_operation_name(
		    capf_operation_of(rows[i].operation)),
		    capf_date(rows[i].completes_by, "-", date));
		if (json_array_append_new(list, profile_json(&rows[i])) != 0)
			c->out->nomem = true;
	}
	out_text(c->out, "%zu CAPF profile%s\n", n, n == 1 ? "" : "s");
	out_result(c->out, json_pack("{s:O, s:I}", "profiles", list, "count",
	    (json_int_t)n));
out:
	row_capf_profiles_free(rows, n);
	json_decref(list);
	return ret;
}

/* --- remove --- */

struct removal {
	struct capf_owner	 owner;
	struct ctl_audit	 audit;
};

static int
remove_tx(struct db *db, void *arg, struct err *e)
{
	struct removal *r = arg;
	int ret = capf_profile_remove(db, &r->owner, e);

	return ret == ERR_OK ? ctl_audit_add(db, &r->audit, e) : ret;
}

int
cmd_capf_profile_remove(struct ctl *c, struct err *e)
{
	struct row_capf_profile p = { .sealed = NULL };
	char question[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 64];
	struct removal r;
	int ret;

	if ((ret = owner_of_line(c, &r.owner, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = capf_profile_get(c->node.db, &r.owner, &p, e)) != ERR_OK)
		return ret;
	row_capf_profile_clear(&p);
	out_text(c->out, "Effect: the client gets no certificate any more; "
	    "one that it has stays valid.\n");
	(void)snprintf(question, sizeof(question), "Remove the CAPF profile "
	    "of %s for instance %s?", r.owner.name, r.owner.instance);
	if ((ret = ask_confirm(c, question, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &r.audit, "%s.%.60s", r.owner.name,
	    r.owner.instance);
	if ((ret = ctl_tx(c, remove_tx, &r, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	out_text(c->out, "CAPF profile removed\n");
	out_result(c->out, json_pack("{s:o, s:b}", "owner",
	    capf_owner_json(&r.owner), "removed", true));
	return ERR_OK;
}
