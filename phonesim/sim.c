/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's boot: trust lists, configuration, what the configuration names
 * (spec/phone-files.md sections 3 and 4, spec/trust-list.md section 13).
 *
 * Left out, because the documents tie them to models or to other components:
 * CTLFile.tlv under its generic name, the user locale's jar, firmware, ring
 * lists and backgrounds.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "phonesim/sim.h"
#include "trust/files.h"

struct sim_boot {
	const struct sim	*s;
	struct sim_report	*r;
	struct sim_choice	 choice;
	bool			 lost;	/* no server answers any more */
};

/* A refusal outranks silence, silence a missing configuration. */
static void __attribute__((format(printf, 3, 4)))
turn_out(struct sim_boot *b, enum sim_outcome o, const char *fmt, ...)
{
	static const int rank[] = {
		[SIM_TRUSTED] = 0, [SIM_NO_CONFIG] = 1,
		[SIM_UNREACHABLE] = 2, [SIM_NOT_TRUSTED] = 3,
	};
	va_list ap;

	if (b->r->outcome != SIM_TRUSTED &&
	    rank[o] <= rank[b->r->outcome])
		return;
	b->r->outcome = o;
	va_start(ap, fmt);
	(void)vsnprintf(b->r->why, sizeof(b->r->why), fmt, ap);
	va_end(ap);
}

/* Ask; a step that brought nothing needs a note of the caller's only when
 * the file is missing. */
static int
ask(struct sim_boot *b, struct sim_step *st, enum sim_kind kind,
    const char *name, uint8_t **buf, size_t *len, struct err *e)
{
	int ret;

	*st = (struct sim_step){ .device = b->s->mem->device, .kind = kind };
	if (!str_copy(st->asked, sizeof(st->asked), name))
		return err_set(e, ERR_LIMIT, "a name of more than %d bytes",
		    SIM_NAME_MAX);
	if ((ret = sim_get(b->s, &b->choice, st, buf, len, e)) != ERR_OK)
		return ret;
	if (st->status == SIM_NO_ANSWER) {
		b->lost = true;
		turn_out(b, SIM_UNREACHABLE, "%s: %s", st->asked, st->note);
	}
	return ERR_OK;
}

static void
tell(struct sim_boot *b, const struct sim_step *st)
{
	if (st->status == SIM_GOT && !st->accepted)
		turn_out(b, SIM_NOT_TRUSTED, "%s, at step %s: %s", st->asked,
		    accept_step_name(st->v.step), st->v.why);
	b->r->nsteps++;
	if (b->s->trace != NULL)
		b->s->trace(b->s->trace_arg, st);
}

static void
note(struct sim_step *st, const char *text)
{
	(void)str_copy(st->note, sizeof(st->note), text);
}

static bool
same_list(const struct sim_list *held, const uint8_t *buf, size_t len)
{
	return held->buf != NULL && held->len == len &&
	    memcmp(held->buf, buf, len) == 0;
}

static int
judge_list(struct sim_boot *b, struct sim_step *st,
    enum accept_list_kind kind, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);
	const struct sim_list *held = sim_mem_list(b->s->mem, kind);

	st->accepted = accept_list(&p, kind, buf, len, &st->v);
	if (!st->accepted) {
		note(st, held->buf != NULL ?
		    "ignored, the list it holds stays" :
		    "ignored, it stays without this list");
		return ERR_OK;
	}
	if (same_list(held, buf, len)) {
		note(st, "the list it holds already");
		return ERR_OK;
	}
	note(st, held->buf != NULL ? "replaces the list it held" :
	    "its first list of this kind");
	return sim_mem_set_list(b->s->mem, kind, buf, len, e);
}

static const char *
list_missing(const struct sim_boot *b, enum accept_list_kind kind, bool last)
{
	if (!last)
		return "asks for the generic one next";
	if (sim_mem_list(b->s->mem, kind)->buf != NULL)
		return "the list it holds stays";
	return kind == ACCEPT_CTL ?
	    "normal: the cluster is not in mixed mode" :
	    "it stays without a trust list";
}

static int
ask_list(struct sim_boot *b, enum accept_list_kind kind, const char *name,
    bool last, bool *found, struct err *e)
{
	struct sim_step st;
	uint8_t *buf = NULL;
	size_t len;
	int ret;

	if ((ret = ask(b, &st, kind == ACCEPT_CTL ? SIM_CTL : SIM_ITL, name,
	    &buf, &len, e)) != ERR_OK)
		return ret;
	if (st.status == SIM_GOT)
		ret = judge_list(b, &st, kind, buf, len, e);
	else if (st.status == SIM_MISSING)
		note(&st, list_missing(b, kind, last));
	*found = st.status != SIM_MISSING;
	tell(b, &st);
	free(buf);
	return ret;
}

/* CTL before ITL: a phone that holds a CTL lets it vouch for the ITL. */
static int
ask_lists(struct sim_boot *b, struct err *e)
{
	char name[SIM_NAME_MAX + 1];
	bool found;
	int ret;

	(void)snprintf(name, sizeof(name), "CTL%s.tlv", b->s->mem->device);
	ret = ask_list(b, ACCEPT_CTL, name, true, &found, e);
	if (ret != ERR_OK || b->lost)
		return ret;
	(void)snprintf(name, sizeof(name), "ITL%s.tlv", b->s->mem->device);
	ret = ask_list(b, ACCEPT_ITL, name, false, &found, e);
	if (ret != ERR_OK || b->lost || found)
		return ret;
	return ask_list(b, ACCEPT_ITL, "ITLFile.tlv", true, &found, e);
}

/* An accepted configuration that the phone cannot read is none. */
static int
use_config(struct sim_boot *b, struct sim_step *st, const uint8_t *xml,
    size_t len, struct err *e)
{
	struct err why = { 0 };
	int ret;

	if ((ret = config_read(xml, len, &b->r->config, &why)) == ERR_NOMEM)
		return err_set(e, ret, "%s", why.msg);
	if (ret != ERR_OK) {
		(void)snprintf(st->note, sizeof(st->note),
		    "but it cannot be used: %s", why.msg);
		turn_out(b, SIM_NO_CONFIG, "%s: %s", st->asked, why.msg);
		return ERR_OK;
	}
	b->r->has_config = true;
	b->r->verified = st->v.path != ACCEPT_BLANK;
	return sim_mem_set_config(b->s->mem, &b->r->config,
	    clock_wall_s(b->s->clock), e);
}

static int
ask_file(struct sim_boot *b, enum sim_kind kind, const char *name,
    const char *missing, enum sim_status *status, struct err *e)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);
	const uint8_t *payload;
	struct sim_step st;
	uint8_t *buf = NULL;
	size_t len, n;
	int ret;

	if ((ret = ask(b, &st, kind, name, &buf, &len, e)) != ERR_OK)
		return ret;
	if (st.status == SIM_GOT)
		st.accepted = accept_file(&p, name, buf, len, &payload, &n,
		    &st.v);
	else if (st.status == SIM_MISSING)
		note(&st, missing);
	if (st.accepted && kind != SIM_FILE)
		ret = use_config(b, &st, payload, n, e);
	*status = st.status;
	tell(b, &st);
	free(buf);
	return ret;
}

/*
 * One configuration in the forms that the phone asks for by what it holds,
 * until one is there (section 4).  There is no way back from .sgn to the
 * plain name: with a list, signed files are required.
 */
static int
ask_forms(struct sim_boot *b, enum sim_kind kind, const char *base,
    const char *missing, enum sim_status *status, struct err *e)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);
	const char *form[2] = { "", NULL };
	char name[SIM_NAME_MAX + 1];
	int ret = ERR_OK;

	if (accept_wants_signed(&p)) {
		form[0] = ".sgn";
		if (kind == SIM_CONFIG && b->s->mem->encr_config) {
			form[0] = ".enc.sgn";
			form[1] = ".sgn";
		}
	}
	*status = SIM_MISSING;
	for (size_t i = 0; i < 2 && form[i] != NULL && ret == ERR_OK &&
	    *status == SIM_MISSING; i++) {
		(void)snprintf(name, sizeof(name), "%s.cnf.xml%s", base,
		    form[i]);
		ret = ask_file(b, kind, name, i == 0 && form[1] != NULL ?
		    "asks for the signed stub next" : missing, status, e);
	}
	return ret;
}

static int
ask_config(struct sim_boot *b, struct err *e)
{
	enum sim_status status;
	int ret;

	ret = ask_forms(b, SIM_CONFIG, b->s->mem->device,
	    "asks for the default file next", &status, e);
	if (ret != ERR_OK || b->lost)
		return ret;
	if (status == SIM_MISSING)
		ret = ask_forms(b, SIM_DEFAULT, "XMLDefault",
		    "the phone has no configuration", &status, e);
	if (ret != ERR_OK || b->lost || b->r->has_config)
		return ret;
	if (status == SIM_MISSING)
		turn_out(b, SIM_NO_CONFIG, "the server has neither a "
		    "configuration of %s nor a default file",
		    b->s->mem->device);
	else
		turn_out(b, SIM_NO_CONFIG, "the server did not deliver it");
	return ERR_OK;
}

/* No refusal is not yet a check: say so when there was none. */
static void
admit_unverified(struct sim_boot *b)
{
	const struct sim_mem *m = b->s->mem;

	if (b->r->outcome != SIM_TRUSTED || b->r->verified)
		return;
	(void)snprintf(b->r->why, sizeof(b->r->why), "nothing verified: %s",
	    m->ctl.buf == NULL && m->itl.buf == NULL ?
	    "no trust list on this phone" :
	    "no TFTP record in the trust list of this phone");
}

/* A file that the configuration names.  Optional: missing ones are fine. */
static int
ask_named(struct sim_boot *b, const char *name, struct err *e)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);
	char asked[SIM_NAME_MAX + 8];
	struct file_name n;
	struct err why = { 0 };
	struct sim_step st;
	enum sim_status status;

	if (name[0] == '\0' || b->lost)
		return ERR_OK;
	if (file_name_parse(&n, name, strlen(name), &why) == ERR_OK) {
		(void)snprintf(asked, sizeof(asked), "%s%s", n.full,
		    accept_wants_signed(&p) ? ".sgn" : "");
		if (strlen(asked) <= SIM_NAME_MAX)
			return ask_file(b, SIM_FILE, asked,
			    "optional, the phone goes on", &status, e);
		(void)err_set(&why, ERR_LIMIT, "the name is too long");
	}
	st = (struct sim_step){ .device = b->s->mem->device,
	    .kind = SIM_FILE, .status = SIM_NOT_ASKED };
	str_visible(name, strlen(name), st.asked, sizeof(st.asked));
	note(&st, why.msg);
	tell(b, &st);
	return ERR_OK;
}

static int
ask_rest(struct sim_boot *b, struct err *e)
{
	const struct phone_config *c = &b->r->config;
	char tones[CONFIG_VALUE_MAX + sizeof("/g3-tones.xml")] = "";
	const char *name[] = { c->dial_template, c->soft_key_file,
	    c->feature_policy_file, tones };
	int ret = ERR_OK;

	if (c->network_locale[0] != '\0')
		(void)snprintf(tones, sizeof(tones), "%s/g3-tones.xml",
		    c->network_locale);
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]) &&
	    ret == ERR_OK; i++)
		ret = ask_named(b, name[i], e);
	return ret;
}

int
sim_boot(const struct sim *s, struct sim_report *r, struct err *e)
{
	struct sim_boot b = { .s = s, .r = r };
	int ret;

	*r = (struct sim_report){ .outcome = SIM_TRUSTED };
	if ((ret = ask_lists(&b, e)) != ERR_OK || b.lost)
		return ret;
	if ((ret = ask_config(&b, e)) != ERR_OK || b.lost)
		return ret;
	if (r->has_config && (ret = ask_rest(&b, e)) != ERR_OK)
		return ret;
	admit_unverified(&b);
	return ERR_OK;
}
