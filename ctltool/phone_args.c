/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a command line says of phones, see phone_args.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_args.h"
#include "ctltool/secret_in.h"
#include "trust/render.h"
#include "trust/sealed.h"

static int
take_config(struct ctl *c, struct phone_args *a, struct err *e)
{
	const char *config = cmd_get(c->line, "--config");

	if (config == NULL)
		return ERR_OK;
	if (strcmp(config, "none") == 0) {
		a->spec.no_xml = true;
		return ERR_OK;
	}
	a->spec.xml_name = config;
	return ctl_read_file(c, config, RENDER_XML_MAX, &a->xml,
	    &a->spec.xmllen, e);
}

static int
take_secrets(struct ctl *c, struct phone_args *a, struct err *e)
{
	struct setting_change given[CMD_VALUES_MAX];
	size_t n = settings_secrets(c->line, given);
	const struct secret *text;
	int ret;

	if (n == 0)
		return ERR_OK;
	if (n > PHONE_SECRETS_MAX)
		return err_set(e, ERR_ARG, "more than %d secrets: shorten the "
		    "command", PHONE_SECRETS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct phone_secret *s = &a->secret[a->nsecret++];

		*s = (struct phone_secret){ .setting = given[i].setting };
		if (strcmp(given[i].value, "none") == 0)
			continue;
		if ((ret = secret_in(c, given[i].value, s->setting->name,
		    &text, e)) != ERR_OK)
			return ret;
		s->text = (const char *)text->buf;
	}
	a->kr = node_keyring(&c->node, KEYRING_CRED, e);
	return a->kr != NULL ? ERR_OK : e->code;
}

int
phone_args_take(struct ctl *c, struct phone_args *a, struct err *e)
{
	int ret;

	*a = (struct phone_args){ .kr = NULL };
	a->spec.model = cmd_get(c->line, "--model");
	a->spec.protocol = cmd_get(c->line, "--protocol");
	a->spec.profile = cmd_get(c->line, "--profile");
	a->spec.description = cmd_get(c->line, "--description");
	a->spec.nchange = settings_given(c->line, a->change);
	a->spec.change = a->change;
	a->spec.flags = cmd_has(c->line, "--allow-weak") ?
	    SETTING_ALLOW_WEAK : 0;
	if ((ret = take_config(c, a, e)) != ERR_OK)
		return ret;
	a->spec.xml = a->xml;
	ret = take_secrets(c, a, e);
	a->spec.kr = a->kr;
	return ret;
}

void
phone_args_clear(struct phone_args *a)
{
	free(a->xml);
	keyring_free(a->kr);
	*a = (struct phone_args){ .kr = NULL };
}

int
phone_args_seal(struct ctl *c, const struct phone_args *a, const char *phone,
    struct phone_secret out[PHONE_SECRETS_MAX], struct err *e)
{
	uint8_t *sealed;
	int ret = ERR_OK;

	memcpy(out, a->secret, sizeof(a->secret));
	for (size_t i = 0; i < a->nsecret && ret == ERR_OK; i++) {
		if (out[i].text == NULL)
			continue;
		if ((ret = sealed_phone(a->kr, c->rng, phone,
		    out[i].setting->option, out[i].text, &sealed, &out[i].len,
		    e)) == ERR_OK)
			out[i].sealed = sealed;
	}
	if (ret != ERR_OK)
		phone_args_unseal(out, a->nsecret);
	return ret;
}

void
phone_args_unseal(struct phone_secret *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((uint8_t *)(uintptr_t)s[i].sealed);
		s[i].sealed = NULL;
	}
}

void
phone_args_named(struct ctl *c, char *out, size_t outlen)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < c->line->nval && used < outlen; i++) {
		const struct cmd_arg *a = c->line->val[i].arg;

		if (cmd_arg_is_option(a))
			used += (size_t)snprintf(out + used, outlen - used,
			    " %s", a->name);
	}
}

/* --- showing --- */

const char *
phone_profile_name(const struct row_phone *p)
{
	return p->profile[0] != '\0' ? p->profile :
	    profile_predefined(p->protocol);
}

json_t *
phone_json(const struct row_phone *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:o, s:o}",
	    "name", p->name, "model", p->model, "protocol",
	    phone_protocol_name[p->protocol], "profile",
	    phone_profile_name(p), "description", out_str(p->description),
	    "origin", phone_origin_name[p->origin], "own_config",
	    p->has_file, "created_at", out_time(p->created_at),
	    "changed_at", out_time(p->changed_at));
}

int
phone_tell(struct ctl *c, const char *name, json_t **result, struct err *e)
{
	struct phone_effective x;
	json_t *j;
	int ret;

	if ((ret = phone_effective_load(&x, c->node.db, NULL, name, e)) !=
	    ERR_OK)
		return ret;
	settings_show(c->out, &x, false);
	j = phone_json(&x.phone);
	if (j != NULL && json_object_set_new(j, "settings",
	    settings_json(&x)) != 0)
		c->out->nomem = true;
	phone_effective_clear(&x);
	*result = j;
	return ERR_OK;
}
