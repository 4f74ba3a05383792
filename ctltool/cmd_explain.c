/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * explain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "ctltool/show_list.h"
#include "trust/explain.h"
#include "trust/image.h"

static const char *
kind_text(enum explain_kind k)
{
	switch (k) {
	case EXPLAIN_LIST:
		return "trust list";
	case EXPLAIN_SIGNED:
		return "signed file";
	case EXPLAIN_ENCRYPTED:
		return "encrypted and signed configuration";
	}
	return "file";
}

static const char *
verdict_name(enum explain_verdict v)
{
	switch (v) {
	case EXPLAIN_VERIFIED:
		return "verified";
	case EXPLAIN_SELF:
		return "self_consistent";
	case EXPLAIN_UNKNOWN_SIGNER:
		return "unknown_signer";
	case EXPLAIN_BROKEN:
		return "broken";
	}
	return "broken";
}

/* --- in words --- */

static void
say_signer(struct ctl *c, const struct tlv_header *h)
{
	char vis[OUT_VIS_MAX], serial[3 * TLV_SERIAL_MAX + 1], digest[24];

	show_colons(h->serial, h->seriallen, false, serial, sizeof(serial));
	out_text(c->out, "It says it was signed by %s,\n",
	    out_vis(h->signer_name, vis));
	out_text(c->out, "  a certificate of issuer %s\n  with serial number "
	    "%s, using %s", out_vis(h->issuer_name, vis), serial,
	    show_digest(h->digest_code, digest));
	if (h->modulus_code <= 3)
		out_text(c->out, " and RSA %u", 512u << h->modulus_code);
	out_text(c->out, ".\n");
}

static void
say_made(struct ctl *c, const struct tlv_header *h)
{
	char date[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];

	if (h->file_name != NULL)
		out_text(c->out, "It says its name is %s.\n",
		    out_vis(h->file_name, vis));
	if (!h->has_timestamp)
		return;
	clock_rfc3339(h->timestamp, date);
	out_text(c->out, "It says its content is of %s.\n", date);
}

static void
say_record(struct ctl *c, const struct list *l, size_t i)
{
	const struct list_record *r = &l->rec[i];
	char vis[OUT_VIS_MAX], role[24], date[CLOCK_RFC3339_LEN];

	if (r->cert == NULL) {
		out_text(c->out, "  %2zu  %-10s  no certificate: an emptied "
		    "record\n", i + 1, show_role(r->role, role));
		return;
	}
	clock_rfc3339(cert_not_after(r->cert), date);
	out_text(c->out, "  %2zu  %-10s  %s, until %s%s\n", i + 1,
	    show_role(r->role, role), out_vis(r->subject != NULL ?
	    r->subject : "", vis), date,
	    list_signer(l) == r ? ", signed this list" : "");
}

static void
say_content(struct ctl *c, const struct explain *ex, size_t len)
{
	if (ex->kind == EXPLAIN_LIST) {
		out_text(c->out, "It tells phones to trust, in %zu bytes:\n",
		    len);
		for (size_t i = 0; i < ex->list->nrec; i++)
			say_record(c, ex->list, i);
		return;
	}
	out_text(c->out, "It carries %zu bytes of %s.\n", ex->sf.payloadlen,
	    ex->kind == EXPLAIN_ENCRYPTED ? "encrypted content, which only "
	    "the phone can read" : "plain content");
	if (ex->kind == EXPLAIN_ENCRYPTED && ex->enc.symmetric)
		out_text(c->out, "It is encrypted with a key typed into the "
		    "phone.\n");
	else if (ex->kind == EXPLAIN_ENCRYPTED)
		out_text(c->out, "Its key is encrypted for an RSA key of %u "
		    "bits; phone show says whose that is.\n",
		    ex->enc.key_bits);
}

/* Could a phone take it under that name?  Only names of images tell. */
static void
judge_image(struct image *im, const struct explain *ex, const char *file,
    const uint8_t *buf, size_t len)
{
	*im = (struct image){ .verdict = IMAGE_NONE };
	if (ex->kind != EXPLAIN_LIST)
		image_check(im, file, buf, len < IMAGE_HEAD_MAX ? len :
		    IMAGE_HEAD_MAX, len);
}

static void
say_image(struct ctl *c, const struct image *im)
{
	switch (im->verdict) {
	case IMAGE_NONE:
		break;
	case IMAGE_SOUND:
		out_text(c->out, "Its header is whole and made for this "
		    "name.\n");
		break;
	case IMAGE_BAD:
		out_warn(c->out, "no phone takes it under this name: %s",
		    im->why);
		break;
	}
}

static void
say_verdict(struct ctl *c, const struct explain *ex)
{
	switch (ex->verdict) {
	case EXPLAIN_VERIFIED:
		out_text(c->out, "Signature: good, by this cluster's %s.\n",
		    ex->unit);
		break;
	case EXPLAIN_SELF:
		out_text(c->out, "Signature: good by its own record; %s.\n",
		    ex->have_state ? "that certificate is not one of this "
		    "cluster" : "there is no cluster here to compare with");
		break;
	case EXPLAIN_UNKNOWN_SIGNER:
		out_text(c->out, "Signature: cannot be checked, %s.\n",
		    ex->have_state ? "the signer is not a certificate of this "
		    "cluster" : "there is no cluster here that knows the "
		    "signer");
		break;
	case EXPLAIN_BROKEN:
		out_text(c->out, "Signature: BROKEN, the bytes are not those "
		    "that were signed.\n");
		break;
	}
}

/* --- for programs --- */

static json_t *
explain_json(const struct explain *ex, const struct show_list *s,
    const struct image *im, const char *file, size_t len)
{
	const struct tlv_header *h = &ex->h;
	char digest[24];
	static const char *const kind[] = {
		[EXPLAIN_LIST] = "list", [EXPLAIN_SIGNED] = "signed",
		[EXPLAIN_ENCRYPTED] = "encrypted",
	};
	static const char *const image[] = { [IMAGE_NONE] = NULL,
		[IMAGE_SOUND] = "sound", [IMAGE_BAD] = "bad",
	};

	return json_pack("{s:o, s:s, s:i, s:s, s:b, s:s?, s:s?, s:o, s:o, "
	    "s:o, s:o, s:o, s:s, s:o, s:o, s:o}",
	    "file", out_str(file), "kind", kind[ex->kind],
	    "bytes", (int)len, "verdict", verdict_name(ex->verdict),
	    "have_state", ex->have_state,
	    "unit", ex->unit[0] != '\0' ? ex->unit : NULL,
	    "header", image[im->verdict],
	    "why", out_str(ex->why), "file_name", out_str(h->file_name),
	    "signer", out_str(h->signer_name),
	    "issuer", out_str(h->issuer_name),
	    "serial", out_hex(h->serial, h->seriallen),
	    "digest", show_digest(h->digest_code, digest),
	    "timestamp", h->has_timestamp ? out_time(h->timestamp) :
	    json_null(),
	    "key_bits", ex->kind == EXPLAIN_ENCRYPTED &&
	    !ex->enc.symmetric ? json_integer((json_int_t)ex->enc.key_bits) :
	    json_null(),
	    ex->kind == EXPLAIN_LIST ? "list" : "payload_bytes",
	    ex->kind == EXPLAIN_LIST ? show_list_json(s) :
	    json_integer((json_int_t)ex->sf.payloadlen));
}

static int
report(struct ctl *c, const struct explain *ex, const char *file,
    const uint8_t *buf, size_t len, struct err *e)
{
	struct err verdict = { .code = ERR_OK };
	struct show_list s = {
		.list = ex->list, .kind = "ITL", .verdict = &verdict,
		.now = clock_wall_s(c->clk),
	};
	char vis[OUT_VIS_MAX];
	struct image im;
	bool good;

	if (ex->list != NULL) {
		s.kind = show_list_kind(ex->list, file);
		(void)list_verify_self(ex->list, &verdict);
	}
	good = ex->verdict == EXPLAIN_VERIFIED ||
	    (ex->verdict == EXPLAIN_SELF && !ex->have_state);
	out_text(c->out, "%s is %s %s%s%s.\n", out_vis(file, vis),
	    ex->kind == EXPLAIN_ENCRYPTED ? "an" : "a", kind_text(ex->kind),
	    ex->list != NULL ? ", " : "", ex->list != NULL ? s.kind : "");
	say_signer(c, &ex->h);
	say_made(c, &ex->h);
	say_content(c, ex, len);
	judge_image(&im, ex, file, buf, len);
	say_image(c, &im);
	if (!ex->have_state)
		out_text(c->out, "There is no state folder: only the file "
		    "itself was looked at.\n");
	say_verdict(c, ex);
	out_result(c->out, explain_json(ex, &s, &im, file, len));
	if (good)
		return ERR_OK;
	return err_set(e, ERR_VERIFY, "%.80s: %.200s: do not hand it to "
	    "phones", file, ex->why);
}

/*
 * The state to compare with, if there is one.  One that was named must open;
 * one that is there but cannot be read is worth a warning.
 */
static int
open_state(struct ctl *c, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret;

	if (c->line->state != NULL)
		return ctl_open(c, DB_READ, e);
	ret = ctl_open(c, DB_READ, &why);
	if (ret == ERR_OK)
		return ERR_OK;
	if (c->have_node) {		/* opened, then refused */
		*e = why;
		return ret;
	}
	if (ret != ERR_BADSTATE && ret != ERR_NOTFOUND)
		out_warn(c->out, "not compared with this node: %s", why.msg);
	return ERR_OK;
}

int
cmd_explain(struct ctl *c, struct err *e)
{
	const char *file = cmd_get(c->line, "FILE");
	struct explain ex;
	uint8_t *buf = NULL;
	size_t len;
	int ret;

	if ((ret = ctl_read_file(c, file, SIGNED_FILE_MAX, &buf, &len, e)) !=
	    ERR_OK || (ret = open_state(c, e)) != ERR_OK)
		goto out;
	ret = explain_bytes(&ex, c->have_node ? c->node.db : NULL, buf, len,
	    e);
	if (ret != ERR_OK) {
		(void)err_wrap(e, "%.80s", file);
		goto out;
	}
	ret = report(c, &ex, file, buf, len, e);
	explain_clear(&ex);
out:
	free(buf);
	return ret;
}
