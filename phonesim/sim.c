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
#include "crypt/secret.h"
#include "phonesim/sim.h"
#include "trust/files.h"

static void
tell(struct sim_boot *b, const struct sim_step *st)
{
	if (st->status == SIM_GOT && !st->accepted)
		sim_turn_out(b, SIM_NOT_TRUSTED, "%s, at step %s: %s", st->asked,
		    accept_step_name(st->v.step), st->v.why);
	if (st->status == SIM_NO_ANSWER && !sim_may_fail(b))
		sim_turn_out(b, SIM_UNREACHABLE, "%s: %s", st->asked, st->note);
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
	struct accept_phone p = sim_boot_phone(b);
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
list_missing(const struct sim_boot *b, enum accept_list_kind kind)
{
	if (b->state == SIM_ASKS_ITL)
		return "asks for the generic one next";
	if (sim_mem_list(b->s->mem, kind)->buf != NULL)
		return "the list it holds stays";
	return kind == ACCEPT_CTL ?
	    "normal: the cluster is not in mixed mode" :
	    "it stays without a trust list";
}

/* An accepted configuration that the phone cannot read is none. */
static int
use_config(struct sim_boot *b, struct sim_step *st, const uint8_t *xml,
    size_t len, struct err *e)
{
	struct phone_config kept;
	struct err why = { 0 };
	int ret;

	if ((ret = config_read(xml, len, &b->r->config, &why)) == ERR_NOMEM)
		return err_set(e, ret, "%s", why.msg);
	if (ret != ERR_OK) {
		(void)snprintf(st->note, sizeof(st->note),
		    "but it cannot be used: %s", why.msg);
		sim_turn_out(b, SIM_NO_CONFIG, "%s: %s", st->asked, why.msg);
		return ERR_OK;
	}
	b->en.has_stub = !b->r->config.full_config && b->s->enrol != NULL;
	b->r->has_config = !b->en.has_stub;
	b->r->verified = st->v.path != ACCEPT_BLANK;
	/* What comes encrypted says of itself that it is not. */
	kept = b->r->config;
	kept.encr_config |= st->decrypted;
	return sim_mem_set_config(b->s->mem, &kept,
	    clock_wall_s(b->s->clock), e);
}

static int
use_encrypted(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	uint8_t *xml;
	size_t n;
	int ret;

	if (!sim_enrol_decrypt(b, a, &xml, &n))
		return ERR_OK;
	ret = use_config(b, &b->st, xml, n, e);
	secret_wipe(xml, n);
	free(xml);
	return ret;
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

/* --- what comes next --- */

/* st asks for a name.  None is too long: device names are short, and those
 * of files were measured. */
static bool __attribute__((format(printf, 3, 4)))
ask(struct sim_boot *b, enum sim_kind kind, const char *fmt, ...)
{
	va_list ap;

	sim_ask_forget(b);
	b->st = (struct sim_step){ .device = b->s->mem->device,
	    .kind = kind };
	va_start(ap, fmt);
	(void)vsnprintf(b->st.asked, sizeof(b->st.asked), fmt, ap);
	va_end(ap);
	if (b->state == SIM_ASKS_CONFIG_HTTPS)
		sim_get_begin_https(&b->get, b->s, &b->choice, &b->st);
	else
		sim_get_begin(&b->get, b->s, &b->choice, &b->st);
	b->asking = true;
	return true;
}

/* A file that the configuration names; false: not one to ask for. */
static bool
ask_named(struct sim_boot *b, const char *name)
{
	const char *form = b->wants_signed ? ".sgn" : "";
	struct err why = { 0 };
	struct file_name n;

	if (name[0] == '\0')
		return false;
	if (file_name_parse(&n, name, strlen(name), &why) == ERR_OK) {
		if (strlen(n.full) + strlen(form) <= SIM_NAME_MAX)
			return ask(b, SIM_FILE, "%s%s", n.full, form);
		(void)err_set(&why, ERR_LIMIT, "the name is too long");
	}
	b->st = (struct sim_step){ .device = b->s->mem->device,
	    .kind = SIM_FILE, .status = SIM_NOT_ASKED };
	str_visible(name, strlen(name), b->st.asked, sizeof(b->st.asked));
	note(&b->st, why.msg);
	tell(b, &b->st);
	return false;
}

/* Optional files, one after the other: missing ones are fine. */
static bool
ask_rest(struct sim_boot *b)
{
	const struct phone_config *c = &b->r->config;
	char tones[CONFIG_VALUE_MAX + sizeof("/g3-tones.xml")] = "";
	const char *name[] = { c->dial_template, c->soft_key_file,
	    c->feature_policy_file, tones };

	if (c->network_locale[0] != '\0')
		(void)snprintf(tones, sizeof(tones), "%s/g3-tones.xml",
		    c->network_locale);
	while (b->named < sizeof(name) / sizeof(name[0]))
		if (ask_named(b, name[b->named++]))
			return true;
	b->state = SIM_ASKS_NOTHING;
	return false;
}

/*
 * CTL before ITL: a phone that holds a CTL lets it vouch for the ITL.  There
 * is no way back from .sgn to the plain name: with a list, signed files are
 * required (spec/phone-files.md section 4).
 */
static bool
ask_next(struct sim_boot *b)
{
	const char *device = b->s->mem->device;
	const char *form = b->wants_signed ? ".sgn" : "";

	switch (b->state) {
	case SIM_ASKS_CTL:
		return ask(b, SIM_CTL, "CTL%s.tlv", device);
	case SIM_ASKS_ITL:
		return ask(b, SIM_ITL, "ITL%s.tlv", device);
	case SIM_ASKS_ITL_GENERIC:
		return ask(b, SIM_ITL, "ITLFile.tlv");
	case SIM_ASKS_CONFIG_ENC:
		b->en.enc_asked = true;
		return ask(b, SIM_CONFIG, "%s.cnf.xml.enc.sgn", device);
	case SIM_ASKS_CONFIG_HTTPS:
	case SIM_ASKS_CONFIG:
		return ask(b, SIM_CONFIG, "%s.cnf.xml%s", device, form);
	case SIM_ASKS_DEFAULT:
		return ask(b, SIM_DEFAULT, "XMLDefault.cnf.xml%s", form);
	case SIM_ASKS_NAMED:
		return ask_rest(b);
	case SIM_ASKS_CAPF:
	case SIM_ASKS_NOTHING:
		return false;
	}
	return false;
}

/* --- what an answer changes --- */

static const char *
file_missing(enum sim_state s)
{
	if (s == SIM_ASKS_CONFIG_HTTPS)
		return "no configuration over https";
	if (s == SIM_ASKS_CONFIG_ENC)
		return "asks for the signed stub next";
	if (s == SIM_ASKS_CONFIG)
		return "asks for the default file next";
	if (s == SIM_ASKS_DEFAULT)
		return "the phone has no configuration";
	return "optional, the phone goes on";
}

static int
took_list(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	enum accept_list_kind kind = b->st.kind == SIM_CTL ? ACCEPT_CTL :
	    ACCEPT_ITL;

	if (b->st.status == SIM_GOT)
		return judge_list(b, &b->st, kind, a->buf, a->len, e);
	if (b->st.status == SIM_MISSING)
		note(&b->st, list_missing(b, kind));
	return ERR_OK;
}

static int
took_file(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	struct accept_phone p = sim_boot_phone(b);
	const uint8_t *payload;
	size_t n;

	if (b->st.status == SIM_GOT && a->peer != NULL)
		b->st.accepted = accept_served(&p, a->peer, b->st.asked,
		    a->buf, a->len, &payload, &n, &b->st.v);
	else if (b->st.status == SIM_GOT)
		b->st.accepted = accept_file(&p, b->st.asked, a->buf, a->len,
		    &payload, &n, &b->st.v);
	else if (b->st.status == SIM_MISSING)
		note(&b->st, file_missing(b->state));
	if (b->st.accepted && b->state == SIM_ASKS_CONFIG_ENC)
		return use_encrypted(b, a, e);
	if (b->st.accepted && b->st.kind != SIM_FILE)
		return use_config(b, &b->st, payload, n, e);
	return ERR_OK;
}

void
sim_boot_begin(struct sim_boot *b, const struct sim *s, struct sim_report *r)
{
	*r = (struct sim_report){ .outcome = SIM_TRUSTED };
	*b = (struct sim_boot){ .s = s, .r = r, .state = SIM_ASKS_CTL };
	sim_enrol_boots(b);
}

enum sim_next
sim_boot_next(struct sim_boot *b, struct sim_want *w)
{
	*w = (struct sim_want){ .t = NULL };
	if (b->ask.wanted) {
		sim_ask_want(b, w);
		return SIM_ASK_TVS;
	}
	if (b->state == SIM_ASKS_CAPF) {
		sim_enrol_want(b, w);
		return SIM_ENROL;
	}
	if (!b->asking && !ask_next(b)) {
		admit_unverified(b);
		return SIM_OVER;
	}
	w->t = sim_get_next(&b->get);
	w->name = b->st.asked;
	return SIM_FETCH;
}

/* The file is settled, unless TVS is to be asked first. */
static int
judge(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	bool list = b->st.kind == SIM_CTL || b->st.kind == SIM_ITL, again;
	int ret;

	do {
		again = false;
		ret = list ? took_list(b, a, e) : took_file(b, a, e);
		if (ret != ERR_OK || !b->ask.wanted)
			break;
		if ((ret = sim_ask_begin(b, a, e)) == ERR_OK &&
		    b->ask.wanted)
			return ERR_OK;
		again = ret == ERR_OK;	/* it cannot be asked */
	} while (again);
	b->asking = false;
	tell(b, &b->st);
	b->state = ret == ERR_OK ? sim_after(b, a) : SIM_ASKS_NOTHING;
	return ret;
}

static int
end(struct sim_boot *b, int code)
{
	b->asking = b->ask.wanted = false;
	b->state = SIM_ASKS_NOTHING;
	return code;
}

int
sim_boot_answer(struct sim_boot *b, const struct sim_answer *a,
    struct err *e)
{
	int ret;

	/* The server was not taken; it may be once TVS has answered. */
	if (a->code == ERR_VERIFY && b->ask.wanted) {
		ret = sim_ask_begin(b, NULL, e);
		return ret == ERR_OK ? ERR_OK : end(b, ret);
	}
	b->ask.wanted = false;
	ret = sim_get_answer(&b->get, b->s, &b->choice, &b->st, a, e);
	if (ret != ERR_OK)
		return end(b, ret);
	return sim_get_next(&b->get) != NULL ? ERR_OK : judge(b, a, e);
}

int
sim_boot_told(struct sim_boot *b, const struct sim_answer *a, struct err *e)
{
	const struct sim_ask *k = &b->ask;
	struct sim_answer again = { .code = ERR_OK, .why = "", .buf = k->kept,
	    .len = k->keptlen, .peer = k->has_peer ? &k->peer : NULL };
	bool settled;
	int ret;

	if ((ret = sim_ask_told(b, a, &settled, e)) != ERR_OK)
		return end(b, ret);
	/* Without bytes kept, next asks for the file again. */
	return settled && k->kept != NULL ? judge(b, &again, e) : ERR_OK;
}

int
sim_boot_enrolled(struct sim_boot *b, int code, const char *why,
    struct err *e)
{
	bool settled, again;
	int ret;

	/* As of a server of files. */
	if (code == ERR_VERIFY && b->ask.wanted) {
		ret = sim_ask_begin(b, NULL, e);
		return ret == ERR_OK ? ERR_OK : end(b, ret);
	}
	b->ask.wanted = false;
	ret = sim_enrol_told(b, code, why, &settled, &again, e);
	if (ret != ERR_OK)
		return end(b, ret);
	if (!settled)
		return ERR_OK;
	if (code == ERR_VERIFY)
		sim_turn_out(b, SIM_NOT_TRUSTED, "CAPF: %s", why);
	b->state = again ? sim_boot_again(b) : sim_with_config(b);
	return ERR_OK;
}

void
sim_boot_clear(struct sim_boot *b)
{
	sim_ask_forget(b);
	sim_capf_clear(&b->en.session);
}
