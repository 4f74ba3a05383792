/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A CAPF session told to people, and misbehaviour told by them.
 */
#include <stdio.h>
#include <string.h>

#include "phonesim/sim_capf.h"

#define SLOW_KEY_MAX_S	3600

const char *
sim_capf_op_name(enum sim_capf_op o)
{
	switch (o) {
	case SIM_CAPF_NO_OP:
		return "none";
	case SIM_CAPF_INSTALL:
		return "install";
	case SIM_CAPF_FETCH:
		return "fetch";
	case SIM_CAPF_DELETE:
		return "delete";
	}
	return "";
}

const char *
sim_capf_auth_name(enum config_capf a)
{
	switch (a) {
	case CONFIG_CAPF_NONE:
		return "none";
	case CONFIG_CAPF_STRING:
		return "string";
	case CONFIG_CAPF_NULL:
		return "null";
	case CONFIG_CAPF_LSC:
		return "lsc";
	case CONFIG_CAPF_MIC:
		return "mic";
	}
	return "";
}

const char *
sim_capf_end_name(enum sim_capf_end c)
{
	switch (c) {
	case SIM_CAPF_DONE:
		return "done";
	case SIM_CAPF_LATER:
		return "later";
	case SIM_CAPF_NOTHING:
		return "nothing";
	case SIM_CAPF_DECLINED:
		return "declined";
	case SIM_CAPF_NO_DEVICE:
		return "no_device";
	case SIM_CAPF_BROKEN:
		return "broken";
	}
	return "";
}

/* "installs an LSC, rsa2048: " */
static int
op_text(const struct sim_capf_result *r, char *out, size_t outlen)
{
	switch (r->op) {
	case SIM_CAPF_NO_OP:
		return snprintf(out, outlen, "%s", "");
	case SIM_CAPF_INSTALL:
		return r->made_key ? snprintf(out, outlen, "installs an LSC, "
		    "%s: ", key_type_name(r->key)) :
		    snprintf(out, outlen, "installs an LSC: ");
	case SIM_CAPF_FETCH:
		return snprintf(out, outlen, "shows its certificate: ");
	case SIM_CAPF_DELETE:
		return snprintf(out, outlen, "deletes its LSC: ");
	}
	return 0;
}

void
sim_capf_text(const struct sim_capf_result *r, char *out, size_t outlen)
{
	static const char *const done[] = {
		[SIM_CAPF_NO_OP] = "nothing is pending",
		[SIM_CAPF_INSTALL] = "stored",
		[SIM_CAPF_FETCH] = "taken",
		[SIM_CAPF_DELETE] = "deleted",
	};
	size_t n = (size_t)op_text(r, out, outlen);

	if (n >= outlen)
		return;
	switch (r->end) {
	case SIM_CAPF_DONE:
		(void)snprintf(out + n, outlen - n, "%s", done[r->op]);
		return;
	case SIM_CAPF_LATER:
		(void)snprintf(out + n, outlen - n, "the certificate comes "
		    "later");
		return;
	case SIM_CAPF_NOTHING:
		(void)snprintf(out + n, outlen - n, "nothing is pending");
		return;
	case SIM_CAPF_DECLINED:
		(void)snprintf(out + n, outlen - n, "declined");
		return;
	case SIM_CAPF_NO_DEVICE:
		(void)snprintf(out + n, outlen - n, "the server knows no such "
		    "phone");
		return;
	case SIM_CAPF_BROKEN:
		(void)snprintf(out + n, outlen - n, "%s", r->why);
		return;
	}
}

/* --- misbehaviour --- */

static int
parse_number(const char *kind, const char *value, int64_t min, int64_t max,
    unsigned *v, struct err *e)
{
	int64_t n;

	if (value == NULL)
		return err_set(e, ERR_ARG, "say %s=NUMBER", kind);
	if (str_to_i64(value, min, max, &n, e) != ERR_OK)
		return err_wrap(e, "%s", kind);
	*v = (unsigned)n;
	return ERR_OK;
}

static int
parse_other(const char *value, char other[DEVICE_NAME_MAX + 1],
    struct err *e)
{
	return value != NULL && str_device_name(value, other) ? ERR_OK :
	    err_set(e, ERR_ARG, "say other-certificate=NAME, a phone whose "
	    "certificate is in --state");
}

/* KIND without a value; NULL: none of them. */
static bool *
find_flag(struct sim_misbehave *b, const char *kind)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{ "wrong-string", &b->wrong_string },
		{ "byte-per-write", &b->byte_per_write },
		{ "no-progress", &b->no_progress },
		{ "reorder", &b->reorder },
		{ "wrong-session", &b->wrong_session },
		{ "no-key", &b->no_key },
		{ "not-stored", &b->not_stored },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i].name, kind) == 0)
			return flags[i].flag;
	return NULL;
}

int
sim_misbehave_parse(struct sim_misbehave *b, const char *s,
    char other[DEVICE_NAME_MAX + 1], struct err *e)
{
	size_t n = strcspn(s, "=");
	const char *value = s[n] == '=' ? s + n + 1 : NULL;
	char kind[32];
	bool *flag;

	(void)snprintf(kind, sizeof(kind), "%.*s", (int)(n < sizeof(kind) ? n :
	    sizeof(kind) - 1), s);
	if (value == NULL && (flag = find_flag(b, kind)) != NULL) {
		*flag = true;
		return ERR_OK;
	}
	if (strcmp(kind, "cut-after") == 0)
		return parse_number(kind, value, 1, SIM_CAPF_MESSAGES_MAX,
		    &b->cut_after, e);
	if (strcmp(kind, "duplicate") == 0)
		return parse_number(kind, value, 1, SIM_CAPF_MESSAGES_MAX,
		    &b->duplicate, e);
	if (strcmp(kind, "slow-key") == 0)
		return parse_number(kind, value, 1, SLOW_KEY_MAX_S,
		    &b->slow_key_s, e);
	if (strcmp(kind, "old-version") == 0)
		return parse_number(kind, value, 1, 2, &b->old_version, e);
	if (strcmp(kind, "other-certificate") == 0)
		return parse_other(value, other, e);
	return err_set(e, ERR_ARG, "there is no misbehaviour %.60s: say "
	    "wrong-string, other-certificate=NAME, cut-after=N, "
	    "byte-per-write, no-progress, slow-key=S, duplicate=N, reorder, "
	    "wrong-session, old-version=1|2, no-key or not-stored", s);
}
