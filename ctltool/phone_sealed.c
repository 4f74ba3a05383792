/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether a phone's file is encrypted, see phone_sealed.h.
 */
#include <stdio.h>

#include "base/str.h"
#include "ctltool/phone_sealed.h"
#include "trust/phone_file.h"

#define SHA_SHOWN	8	/* bytes of a hash in a line */

static const char *
what_name(enum phone_file_what w)
{
	static const char *const names[] = { "none", "whole",
	    "without-secrets", "stub" };

	return names[w];
}

static void
say_key(struct ctl *c, const struct phone_file *f)
{
	char sha[2 * SHA_SHOWN + 1];

	if (f->with == PHONE_KEY_SYMMETRIC) {
		out_text(c->out, "File         encrypted with its symmetric "
		    "key (experimental)\n");
		return;
	}
	str_hex(f->key.sha256, SHA_SHOWN, sha);
	out_text(c->out, "File         encrypted for its %s, SHA-256 %s...\n",
	    f->with == PHONE_KEY_MIC ? "MIC" : "LSC", sha);
}

/* A certificate would not help it: it has a key typed in, or no PKI. */
static bool
by_certificate(const struct phone_file *f)
{
	return model_can(f->phone.model, f->phone.phone.protocol,
	    MODEL_ENC_CONFIG);
}

/* Why there is no key: with the cure. */
static const char *
why_none(const struct phone_file *f)
{
	if (f->with != PHONE_KEY_NONE)
		return "";
	if (!by_certificate(f))
		return "its model takes files encrypted with a Symmetric Key "
		    "only, and none is usable: phone set NAME "
		    "--symmetric-key-file FILE, set param "
		    "files.symmetric_encryption yes";
	return f->key.why[0] != '\0' ? f->key.why : "it has no key";
}

static void
say_plain(struct ctl *c, const struct phone_file *f)
{
	char until[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];

	clock_rfc3339(f->plain.until, until);
	out_text(c->out, "File         plain until %s%s, said %s\n", until,
	    f->plain.with_secrets ? ", with secrets" : ", without secrets",
	    out_vis(f->plain.account, vis));
}

static void
say(struct ctl *c, const struct phone_file *f)
{
	if (f->plain.until != 0)
		say_plain(c, f);
	else if (!f->flagged)
		out_text(c->out, "File         not encrypted%s\n",
		    effective_yes(&f->phone, SETTING_ENC_CONFIG) ?
		    ", passwords included: waits until there is a key" : "");
	else if (f->encrypted)
		say_key(c, f);
	else
		out_text(c->out, "File         %s: %s\n",
		    f->open != PHONE_FILE_STUB ? "without secrets" :
		    by_certificate(f) && f->pending.op != CAPF_OP_NONE ?
		    "short, sends it to CAPF" : "short",
		    why_none(f));
}

static json_t *
plain_json(const struct phone_file *f)
{
	if (f->plain.until == 0)
		return json_null();
	return json_pack("{s:o, s:b, s:o, s:o}", "until",
	    out_time(f->plain.until), "with_secrets", f->plain.with_secrets,
	    "account", out_str(f->plain.account), "at",
	    out_time(f->plain.at));
}

static json_t *
file_json(const struct phone_file *f)
{
	return json_pack("{s:b, s:b, s:s, s:o, s:s, s:o, s:i, s:o}",
	    "flagged", f->flagged, "encrypted", f->encrypted, "key",
	    phone_key_kind_name(f->with), "certificate", f->with ==
	    PHONE_KEY_LSC || f->with == PHONE_KEY_MIC ? out_hex(f->key.sha256, sizeof(f->key.sha256)) : json_null(),
	    "open", what_name(f->open), "why", why_none(f)[0] != '\0' &&
	    f->flagged ? out_str(why_none(f)) : json_null(),
	    "capf_auth_mode", (int)f->pending.auth, "plain", plain_json(f));
}

int
phone_sealed_show(struct ctl *c, const char *name, json_t *result,
    struct err *e)
{
	struct phone_file f;
	int ret;

	if ((ret = phone_file_state(&f, c->node.db, NULL, name,
	    clock_wall_s(c->clk), e)) != ERR_OK)
		return ret;
	say(c, &f);
	if (json_object_set_new(result, "file", file_json(&f)) != 0)
		c->out->nomem = true;
	phone_file_clear(&f);
	return ERR_OK;
}
