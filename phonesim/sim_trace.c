/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A boot told to people, one line a step, and the names of things.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "phonesim/sim.h"

const char *
sim_transport_name(enum sim_transport t)
{
	switch (t) {
	case SIM_AUTO:
		return "auto";
	case SIM_HTTP:
		return "http";
	case SIM_TFTP:
		return "tftp";
	case SIM_HTTPS:
		return "https";
	}
	return "";
}

bool
sim_transport_parse(const char *s, enum sim_transport *t)
{
	static const enum sim_transport all[] = { SIM_AUTO, SIM_HTTP,
	    SIM_TFTP, SIM_HTTPS };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(s, sim_transport_name(all[i])) == 0) {
			*t = all[i];
			return true;
		}
	return false;
}

const char *
sim_kind_name(enum sim_kind k)
{
	switch (k) {
	case SIM_CTL:
		return "ctl";
	case SIM_ITL:
		return "itl";
	case SIM_CONFIG:
		return "config";
	case SIM_DEFAULT:
		return "default";
	case SIM_FILE:
		return "file";
	case SIM_TVS:
		return "tvs";
	case SIM_CAPF:
		return "capf";
	}
	return "";
}

const char *
sim_status_name(enum sim_status s)
{
	switch (s) {
	case SIM_GOT:
		return "got";
	case SIM_MISSING:
		return "not_found";
	case SIM_FAILED:
		return "failed";
	case SIM_NO_ANSWER:
		return "no_answer";
	case SIM_NOT_ASKED:
		return "not_asked";
	}
	return "";
}

const char *
sim_outcome_name(enum sim_outcome o)
{
	switch (o) {
	case SIM_TRUSTED:
		return "trusted";
	case SIM_NO_CONFIG:
		return "no_config";
	case SIM_NOT_TRUSTED:
		return "not_trusted";
	case SIM_UNREACHABLE:
		return "unreachable";
	}
	return "";
}

static void
got_text(const struct sim_step *st, char *out, size_t outlen)
{
	const char *sep = st->note[0] != '\0' ? "; " : "";

	if (st->accepted)
		(void)snprintf(out, outlen, "%zu bytes  accepted: %s%s%s%s",
		    st->bytes, st->v.why, st->decrypted ?
		    "; decrypted with its key" : "", sep, st->note);
	else
		(void)snprintf(out, outlen, "%zu bytes  REFUSED at step %s: "
		    "%s%s%s", st->bytes, accept_step_name(st->v.step),
		    st->v.why, sep, st->note);
}

/* "verify of CN=A: valid, roles SAST,TFTP, 86400 s" */
static void
tvs_text(const struct sim_step *st, char *out, size_t outlen)
{
	const struct sim_tvs_step *t = &st->tvs;
	const char *what = t->verify ? "verify" : "query";
	char roles[128];

	accept_roles_text(t->roles, t->nroles, roles, sizeof(roles));
	if (st->status != SIM_GOT)
		(void)snprintf(out, outlen, "%s of %s: %s: %s", what, t->about,
		    st->status == SIM_FAILED ? "failed" : "no answer",
		    st->note);
	else if (t->valid)
		(void)snprintf(out, outlen, "%s of %s: valid, roles %s, "
		    "%" PRIu32 " s", what, t->about, roles, t->ttl);
	else
		(void)snprintf(out, outlen, "%s of %s: not valid", what,
		    t->about);
}

/* "capfAuthMode string: installs an LSC, rsa2048: stored; boots again" */
static void
capf_text(const struct sim_step *st, char *out, size_t outlen)
{
	char cause[64], what[ERR_MSG_MAX + 64];

	if (strcmp(st->capf.cause, "certificate") == 0)
		(void)snprintf(cause, sizeof(cause), "public key mismatch");
	else if (strcmp(st->capf.cause, "command") == 0)
		(void)snprintf(cause, sizeof(cause), "by %s",
		    sim_capf_auth_name(st->capf.auth));
	else if (strcmp(st->capf.cause, "decrypt") == 0)
		(void)snprintf(cause, sizeof(cause), "decrypt file failed");
	else
		(void)snprintf(cause, sizeof(cause), "capfAuthMode %s",
		    sim_capf_auth_name(st->capf.auth));
	if (st->capf.held)
		sim_capf_text(&st->capf.res, what, sizeof(what));
	else
		(void)snprintf(what, sizeof(what), "%s",
		    st->status == SIM_NOT_ASKED ? "no session" :
		    st->status == SIM_NO_ANSWER ? "no answer" : "failed");
	(void)snprintf(out, outlen, "%s: %s%s%s", cause, what,
	    st->note[0] == '\0' ? "" : st->capf.held ? "; " : ": ", st->note);
}

static void
result_text(const struct sim_step *st, char *out, size_t outlen)
{
	switch (st->status) {
	case SIM_GOT:
		got_text(st, out, outlen);
		return;
	case SIM_MISSING:
		(void)snprintf(out, outlen, "not found (%s)", st->note);
		return;
	case SIM_FAILED:
		(void)snprintf(out, outlen, "failed: %s", st->note);
		return;
	case SIM_NO_ANSWER:
		(void)snprintf(out, outlen, "no answer: %s", st->note);
		return;
	case SIM_NOT_ASKED:
		(void)snprintf(out, outlen, "not asked for: %s", st->note);
		return;
	}
}

void
sim_step_text(const struct sim_step *st, char *out, size_t outlen)
{
	char result[SIM_STEP_TEXT_MAX];
	const char *via = "-";

	if (st->kind == SIM_TVS || (st->kind == SIM_CAPF &&
	    st->server != NULL))
		via = "tls";
	else if (st->server != NULL)
		via = sim_transport_name(st->transport);
	if (st->kind == SIM_TVS)
		tvs_text(st, result, sizeof(result));
	else if (st->kind == SIM_CAPF)
		capf_text(st, result, sizeof(result));
	else
		result_text(st, result, sizeof(result));
	(void)snprintf(out, outlen, "%s  asks %-28s  %-4s  %s", st->device,
	    st->asked, via, result);
}

void
sim_report_text(const char *device, const struct sim_report *r, char *out,
    size_t outlen)
{
	switch (r->outcome) {
	case SIM_TRUSTED:
		(void)snprintf(out, outlen, r->verified ?
		    "%s  trusts what it got" :
		    "%s  trusts what it got (%s)", device, r->why);
		return;
	case SIM_NO_CONFIG:
		(void)snprintf(out, outlen, "%s  got no configuration: %s",
		    device, r->why);
		return;
	case SIM_NOT_TRUSTED:
		(void)snprintf(out, outlen, "%s  would NOT trust what it got: "
		    "%s", device, r->why);
		return;
	case SIM_UNREACHABLE:
		(void)snprintf(out, outlen, "%s  reached no server: %s",
		    device, r->why);
		return;
	}
}
