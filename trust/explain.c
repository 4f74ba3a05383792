/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a file is, see explain.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "trust/explain.h"
#include "trust/own.h"

#define SHOWN_MAX	96	/* bytes of a foreign name within a sentence */

/* Tag 1 tells all three apart (spec/trust-list.md section 2). */
static int
find_kind(const uint8_t *buf, size_t len, enum explain_kind *kind,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	uint8_t tag = rd_u8(&r), major, minor;
	uint16_t n = rd_u16(&r);

	major = rd_u8(&r);
	minor = rd_u8(&r);
	if (r.err != ERR_OK || tag != TLV_VERSION || n != 2)
		return err_at(e, ERR_PROTO, 0, "neither a trust list nor a "
		    "signed file: it does not begin with a version");
	if (major == 2)
		*kind = EXPLAIN_ENCRYPTED;
	else if (major == 1)
		*kind = minor == 0 ? EXPLAIN_SIGNED : EXPLAIN_LIST;
	else
		return err_at(e, ERR_PROTO, 3, "neither a trust list nor a "
		    "signed file: version %u.%u", major, minor);
	return ERR_OK;
}

static int
parse_encrypted(struct explain *ex, const uint8_t *buf, size_t len,
    struct err *e)
{
	int ret;

	if ((ret = enc_file_parse(&ex->enc, buf, len, e)) != ERR_OK)
		return ret;
	ex->sf = (struct signed_file){ .h = ex->enc.h,
	    .payload = ex->enc.cipher, .payloadlen = ex->enc.cipherlen };
	return ERR_OK;
}

static int
parse_kind(struct explain *ex, const uint8_t *buf, size_t len, struct err *e)
{
	struct err why = { 0 };
	int ret = ERR_OK;

	switch (ex->kind) {
	case EXPLAIN_LIST:
		if ((ex->list = list_parse(buf, len, &why)) == NULL)
			ret = why.code;
		else
			ex->h = ex->list->h;
		break;
	case EXPLAIN_SIGNED:
		ret = signed_parse(&ex->sf, buf, len, &why);
		ex->h = ex->sf.h;
		break;
	case EXPLAIN_ENCRYPTED:
		ret = parse_encrypted(ex, buf, len, &why);
		ex->h = ex->sf.h;
		break;
	}
	if (ret != ERR_OK && e != NULL)
		*e = why;
	return ret;
}

__attribute__((format(printf, 3, 4))) static void
decide(struct explain *ex, enum explain_verdict v, const char *fmt, ...)
{
	va_list ap;

	ex->verdict = v;
	va_start(ap, fmt);
	(void)vsnprintf(ex->why, sizeof(ex->why), fmt, ap);
	va_end(ap);
}

static const char *
stage_text(enum own_stage s)
{
	switch (s) {
	case OWN_ANNOUNCED:
		return "announced";
	case OWN_ACTIVE:
		return "active";
	case OWN_RETIRED:
		return "retired";
	}
	return "";
}

/* One certificate that has the header's name. */
static void
judge_with(struct explain *ex, const struct own *o, const uint8_t *buf,
    size_t len)
{
	struct err e = { 0 };

	(void)str_copy(ex->unit, sizeof(ex->unit), o->row.unit);
	if (tlv_verify(&ex->h, buf, len, o->cert, &e) == ERR_OK)
		decide(ex, EXPLAIN_VERIFIED, "verified by this cluster's %s "
		    "certificate (%s, generation %lld)", o->row.unit,
		    stage_text(o->row.stage), (long long)o->row.generation);
	else
		decide(ex, EXPLAIN_BROKEN, "names this cluster's %s "
		    "certificate, but the signature does not fit: %s",
		    o->row.unit, e.msg);
}

/* *found: one of ours has the header's name. */
static int
judge_own(struct explain *ex, struct db *db, const uint8_t *buf, size_t len,
    bool *found, struct err *e)
{
	struct own *rows = NULL;
	size_t n = 0;
	int ret;

	*found = false;
	if ((ret = own_all(db, &rows, &n, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (!tlv_names_cert(&ex->h, rows[i].cert))
			continue;
		*found = true;
		judge_with(ex, &rows[i], buf, len);
		if (ex->verdict == EXPLAIN_VERIFIED)
			break;
	}
	own_list_free(rows, n);
	return ERR_OK;
}

/* None of ours signed it, or there is no state to tell. */
static void
judge_foreign(struct explain *ex)
{
	const char *whose = ex->have_state ? "not this cluster's" :
	    "no state to tell whose that is";
	char name[SHOWN_MAX];
	struct err e = { 0 };

	str_visible(ex->h.signer_name, strlen(ex->h.signer_name), name,
	    sizeof(name));
	if (ex->list == NULL || list_signer(ex->list) == NULL)
		decide(ex, EXPLAIN_UNKNOWN_SIGNER, "cannot be checked: %s has "
		    "the certificate of %s", ex->list != NULL ?
		    "no SAST record of the list" : ex->have_state ?
		    "no unit of this cluster" :
		    "without a state folder nothing", name);
	else if (list_verify_self(ex->list, &e) == ERR_OK)
		decide(ex, EXPLAIN_SELF, "verified by its own SAST record %s "
		    "(%s)", name, whose);
	else
		decide(ex, EXPLAIN_BROKEN, "names its own SAST record %s, but "
		    "the signature does not fit: %s", name, e.msg);
}

int
explain_bytes(struct explain *ex, struct db *db, const uint8_t *buf,
    size_t len, struct err *e)
{
	bool found = false;
	int ret;

	*ex = (struct explain){ .verdict = EXPLAIN_UNKNOWN_SIGNER,
	    .have_state = db != NULL };
	if ((ret = find_kind(buf, len, &ex->kind, e)) != ERR_OK ||
	    (ret = parse_kind(ex, buf, len, e)) != ERR_OK)
		goto out;
	if (db != NULL && (ret = judge_own(ex, db, buf, len, &found,
	    e)) != ERR_OK)
		goto out;
	if (!found)
		judge_foreign(ex);
out:
	if (ret != ERR_OK)
		explain_clear(ex);
	return ret;
}

void
explain_clear(struct explain *ex)
{
	list_free(ex->list);
	*ex = (struct explain){ .list = NULL };
}
