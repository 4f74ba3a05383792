/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * report sbd, show models: the table of models, which needs no state.
 */
#include <stdio.h>
#include <string.h>

#include "ctltool/ctl.h"
#include "trust/model.h"
#include "trust/phone.h"

/* --- report sbd --- */

static bool
any(const struct model *m, enum model_fact_id id)
{
	return model_can(m, PROTOCOL_SIP, id) ||
	    model_can(m, PROTOCOL_SCCP, id);
}

/* "SIP, SCCP": with which protocols it can. */
static const char *
with(const struct model *m, enum model_fact_id id)
{
	bool sip = model_can(m, PROTOCOL_SIP, id);
	bool sccp = model_can(m, PROTOCOL_SCCP, id);

	return sip && sccp ? "SIP, SCCP" : sip ? "SIP" : sccp ? "SCCP" : "-";
}

/* A protocol it runs with says where the fact is from. */
static enum phone_protocol
speaks(const struct model *m, enum model_fact_id id)
{
	return model_can(m, PROTOCOL_SIP, id) || !model_can(m, PROTOCOL_SCCP,
	    MODEL_RUNS) ? PROTOCOL_SIP : PROTOCOL_SCCP;
}

int
cmd_report_sbd(struct ctl *c, struct err *e)
{
	json_t *list = json_array();
	const struct model *m;
	size_t n, yes = 0;

	(void)e;
	m = model_table(&n);
	out_text(c->out, "Feature: Security By Default\n%-12s %-10s %s\n",
	    "MODEL", "PROTOCOL", "SOURCE");
	for (size_t i = 0; i < n; i++) {
		struct model_fact f = model_fact(&m[i],
		    speaks(&m[i], MODEL_SBD), MODEL_SBD);

		if (json_array_append_new(list, json_pack(
		    "{s:s, s:b, s:b, s:b, s:s}", "model", m[i].name,
		    "supported", any(&m[i], MODEL_SBD),
		    "sip", model_can(&m[i], PROTOCOL_SIP, MODEL_SBD),
		    "sccp", model_can(&m[i], PROTOCOL_SCCP, MODEL_SBD),
		    "source", model_source_name(f.source))) != 0)
			c->out->nomem = true;
		if (!any(&m[i], MODEL_SBD))
			continue;
		out_text(c->out, "%-12s %-10s %s\n", m[i].name,
		    with(&m[i], MODEL_SBD), model_source_name(f.source));
		yes++;
	}
	out_text(c->out, "%zu of %zu models support it; a model that is not "
	    "listed is taken as one that does not.\n", yes, n);
	out_result(c->out, json_pack("{s:s, s:o}", "feature",
	    "Security By Default", "models", list));
	return ERR_OK;
}

/* --- show models --- */

static bool
is_version(enum model_fact_id id)
{
	return id == MODEL_TLS_MIN || id == MODEL_TLS_MAX;
}

/* yes, no, 1.2 */
static void
fact_text(enum model_fact_id id, struct model_fact f, char *out,
    size_t outlen)
{
	if (is_version(id) && f.value > 0)
		(void)snprintf(out, outlen, "%d.%d", f.value / 10,
		    f.value % 10);
	else
		(void)snprintf(out, outlen, "%s", f.value != 0 ? "yes" :
		    is_version(id) ? "none" : "no");
}

static json_t *
facts_json(const struct model *m, enum phone_protocol p)
{
	json_t *j = json_object();

	for (int i = 0; i < MODEL_FACT_N; i++) {
		struct model_fact f = model_fact(m, p, i);
		char text[8];

		fact_text(i, f, text, sizeof(text));
		if (json_object_set_new(j, model_fact_name(i), json_pack(
		    "{s:o, s:s}", "value", is_version(i) ?
		    (f.value > 0 ? json_string(text) : json_null()) :
		    json_boolean(f.value), "source",
		    model_source_name(f.source))) != 0) {
			json_decref(j);
			return NULL;
		}
	}
	return j;
}

static json_t *
model_json(const struct model *m)
{
	return json_pack("{s:s, s:s?, s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s, "
	    "s:o, s:o}", "model", m->name, "base", m->base, "class",
	    m->class->name, "number", m->number != 0 ?
	    json_integer(m->number) : json_null(), "number_source",
	    model_source_name(m->number_by), "locale_jar", m->locale_jar,
	    "tones", m->tones, "ring_list", m->ring_list, "background",
	    m->background, "files_source", model_source_name(m->files_by),
	    "sip", facts_json(m, PROTOCOL_SIP),
	    "sccp", facts_json(m, PROTOCOL_SCCP));
}

static const char *
or_none(const char *s)
{
	return s[0] != '\0' ? s : "-";
}

static void
show_one(struct out *o, const struct model *m)
{
	out_text(o, "Model        %s%s%s\nNumber       %d  %s\n", m->name,
	    m->base != NULL ? ", a variant of " : "",
	    m->base != NULL ? m->base : "", m->number,
	    model_source_name(m->number_by));
	out_text(o, "User locale  %s\nTones        %s\nRing list    %s\n"
	    "Background   %s\nFiles by     %s\n\n%-16s %-24s %s\n",
	    or_none(m->locale_jar), or_none(m->tones),
	    or_none(m->ring_list), or_none(m->background),
	    model_source_name(m->files_by), "", "SIP", "SCCP");
	for (int i = 0; i < MODEL_FACT_N; i++) {
		char text[PROTOCOL_N][40];

		for (int p = 0; p < PROTOCOL_N; p++) {
			struct model_fact f = model_fact(m, p, i);
			char value[8];

			fact_text(i, f, value, sizeof(value));
			(void)snprintf(text[p], sizeof(text[p]), "%-5s %s",
			    value, model_source_name(f.source));
		}
		out_text(o, "%-16s %-24s %s\n", model_fact_name(i),
		    text[PROTOCOL_SIP], text[PROTOCOL_SCCP]);
	}
}

/* What a list has room for. */
static void
show_line(struct out *o, const struct model *m)
{
	enum phone_protocol p = speaks(m, MODEL_RUNS);
	char tls[8];

	fact_text(MODEL_TLS_MAX, model_fact(m, p, MODEL_TLS_MAX), tls,
	    sizeof(tls));
	out_text(o, "%-12s %-10s %-10s %-10s %-10s %-7s %-5s %-4s %s\n",
	    m->name, with(m, MODEL_RUNS), with(m, MODEL_ENCRYPTION),
	    with(m, MODEL_ENC_CONFIG), with(m, MODEL_SBD),
	    any(m, MODEL_SHA512) ? "yes" : "no", tls,
	    any(m, MODEL_EC) ? "yes" : "no", or_none(m->locale_jar));
}

static int
one_model(struct ctl *c, const char *typed, const struct model **m,
    struct err *e)
{
	char name[32];
	int ret;

	if ((ret = phone_model(typed, name, e)) != ERR_OK)
		return ret;
	if ((*m = model_find(name)) == NULL)
		return err_set(e, ERR_NOTFOUND, "no model %s: \"show models\" "
		    "lists those that are known; of others nothing is assumed",
		    name);
	show_one(c->out, *m);
	return ERR_OK;
}

int
cmd_show_models(struct ctl *c, struct err *e)
{
	const char *typed = cmd_get(c->line, "MODEL");
	const struct model *m;
	json_t *list = json_array();
	size_t n = 1;
	int ret = ERR_OK;

	if (typed != NULL) {
		ret = one_model(c, typed, &m, e);
	} else {
		m = model_table(&n);
		out_text(c->out, "%-12s %-10s %-10s %-10s %-10s %-7s %-5s "
		    "%-4s %s\n", "MODEL", "PROTOCOLS", "ENCRYPTION",
		    "ENC FILES", "SBD", "SHA-512", "TLS", "EC",
		    "USER LOCALE");
	}
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (typed == NULL)
			show_line(c->out, &m[i]);
		if (json_array_append_new(list, model_json(&m[i])) != 0)
			c->out->nomem = true;
	}
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O}", "models", list));
	json_decref(list);
	return ret;
}
