/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone accepts, see accept.h: spec/trust-list.md sections 9 and 11,
 * spec/operations.md section 0, spec/signed-file.md sections 1 and 2.
 * What TVS says (path B there) is in accept_tvs.c.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "certs/list.h"
#include "certs/signed.h"
#include "trust/accept.h"
#include "trust/accept_part.h"
#include "trust/itl.h"

bool
accept_refuse(struct accept_verdict *v, enum accept_step step,
    const char *fmt, ...)
{
	va_list ap;

	v->path = ACCEPT_NONE;
	v->step = step;
	va_start(ap, fmt);
	(void)vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return false;
}

bool
accept_grant(struct accept_verdict *v, enum accept_path path,
    const char *fmt, ...)
{
	va_list ap;

	v->path = path;
	v->step = STEP_OK;
	va_start(ap, fmt);
	(void)vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	return true;
}

const char *
accept_shown(const char *name, char out[SHOWN_MAX])
{
	str_visible(name, strlen(name), out, SHOWN_MAX);
	return out;
}

const char *
accept_shown_signer(const char *name, char out[SHOWN_MAX])
{
	size_t n = str_starts(name, "CN=") ? strcspn(name, ",;\\") : 0;

	if (n == 0 || name[n] == '\\')
		return accept_shown(name, out);
	str_visible(name, n, out, SHOWN_MAX);
	return out;
}

void
accept_held_close(struct held *h)
{
	accept_memo_free(h->own);
}

bool
accept_held_open(struct held *h, const struct accept_phone *p,
    struct accept_verdict *v)
{
	struct err e = { 0 };

	h->p = p;
	if ((h->memo = p->memo) == NULL &&
	    (h->memo = h->own = accept_memo_new(&e)) == NULL)
		return accept_refuse(v, STEP_FORMAT, "out of memory");
	if (p->ctl != NULL && (h->ctl = accept_memo_list(h->memo, p->ctl,
	    p->ctllen, &e)) == NULL)
		return accept_refuse(v, STEP_FORMAT,
		    "the CTL that the phone holds cannot be read: %s", e.msg);
	if (p->itl != NULL && (h->itl = accept_memo_list(h->memo, p->itl,
	    p->itllen, &e)) == NULL)
		return accept_refuse(v, STEP_FORMAT,
		    "the ITL that the phone holds cannot be read: %s", e.msg);
	return true;
}

bool
accept_is_file_role(uint16_t role)
{
	return role == ROLE_TFTP || role == ROLE_CCM_TFTP;
}

static bool
is_list_role(uint16_t role)
{
	return role == ROLE_SAST;
}

/* Stubs, records without certificate, verify nothing. */
static bool
has_file_signer(const struct list *l)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++)
		if (accept_is_file_role(l->rec[i].role) &&
		    l->rec[i].cert != NULL)
			return true;
	return false;
}

/* Spec section 9: empty TVS and TFTP sections, be it by stubs or by SAST
 * records alone. */
static bool
is_emptied(const struct list *l)
{
	return !has_file_signer(l) && !accept_has_tvs(l);
}

bool
accept_held_blank(const struct held *h)
{
	return h->ctl == NULL && (h->itl == NULL || is_emptied(h->itl));
}

int
accept_verify(struct accept_memo *m, const struct given *g,
    const struct cert *c, struct err *e)
{
	return g->list != NULL ? accept_memo_verify(m, g->list, c, e) :
	    tlv_verify(g->h, g->buf, g->len, c, e);
}

/*
 * Who of the records with that role in l signed?  Issuer and serial find it,
 * the certificate held verifies it.  *found: a record had the name.
 */
static bool
list_vouches(struct accept_memo *m, const struct list *l,
    bool (*role)(uint16_t), const struct given *g, bool *found,
    struct err *e)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++) {
		const struct list_record *r = &l->rec[i];

		if (!role(r->role) || !list_record_named(r, g->h))
			continue;
		*found = true;
		if (accept_verify(m, g, r->cert, e) == ERR_OK)
			return true;
	}
	return false;
}

/* "CN=A, CN=B" of the records with that role, as far as they fit. */
static void
list_names(const struct list *l, bool (*role)(uint16_t), char *out,
    size_t outlen)
{
	char name[SHOWN_MAX];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; l != NULL && i < l->nrec; i++) {
		const struct list_record *r = &l->rec[i];
		size_t room = outlen - n;
		int w;

		if (!role(r->role) || r->cert == NULL || r->subject == NULL)
			continue;
		w = snprintf(out + n, room, "%s%s", n > 0 ? ", " : "",
		    accept_shown_signer(r->subject, name));
		if (w < 0 || (size_t)w >= room) {
			out[n] = '\0';
			return;
		}
		n += (size_t)w;
	}
}

/* The common end: CTL first, then ITL, then TVS; every failure says what was
 * expected and what was found. */
static bool
judge_signer(const struct held *h, const struct given *g,
    struct accept_verdict *v)
{
	const struct tlv_header *th = g->h;
	bool lists = g->list != NULL;
	bool (*role)(uint16_t) = lists ? is_list_role : accept_is_file_role;
	const char *what = lists ? "SAST" : "TFTP";
	char name[SHOWN_MAX], ctl[SHOWN_MAX], itl[SHOWN_MAX];
	char serial[2 * TLV_SERIAL_MAX + 1] = "";
	bool found = false;
	struct err e = { 0 };

	(void)accept_shown_signer(th->signer_name, name);
	if (list_vouches(h->memo, h->ctl, role, g, &found, &e))
		return accept_grant(v, lists ? ACCEPT_SAST_CTL :
		    ACCEPT_TFTP_CTL, "signed by %s, a %s record of the CTL "
		    "that the phone holds", name, what);
	if (list_vouches(h->memo, h->itl, role, g, &found, &e))
		return accept_grant(v, lists ? ACCEPT_SAST_ITL :
		    ACCEPT_TFTP_ITL, "signed by %s, a %s record of the ITL "
		    "that the phone holds", name, what);
	if (found)
		return accept_refuse(v, STEP_SIGNATURE, "expected a signature "
		    "of %s, a %s record held, found one that does not fit the "
		    "bytes: %s", name, what, e.msg);
	list_names(h->ctl, role, ctl, sizeof(ctl));
	list_names(h->itl, role, itl, sizeof(itl));
	if (th->seriallen <= TLV_SERIAL_MAX)
		str_hex(th->serial, th->seriallen, serial);
	(void)accept_refuse(v, STEP_SIGNER, "expected a signer among the %s "
	    "records held (CTL: %s; ITL: %s), found %s, serial %.40s", what,
	    ctl[0] != '\0' ? ctl : "none", itl[0] != '\0' ? itl : "none",
	    name, serial);
	return accept_tvs_signer(h, g, v);
}

/*
 * Nothing to check it against: the phone takes what it gets.  A list must
 * still be sound in itself, that is signed by one of its own SAST records
 * [I]: the documents say "without check", but one changed byte must never
 * become what a phone trusts from then on.
 */
static bool
judge_blank_list(const struct held *h, const struct list *l,
    struct accept_verdict *v)
{
	const struct list_record *own = list_signer(l);
	char name[SHOWN_MAX];
	struct err e = { 0 };

	(void)accept_shown_signer(l->h.signer_name, name);
	if (own == NULL)
		return accept_refuse(v, STEP_SIGNER, "expected the signer "
		    "among the list's own SAST records, found %s", name);
	if (accept_memo_verify(h->memo, l, own->cert, &e) != ERR_OK)
		return accept_refuse(v, STEP_SIGNATURE, "expected a signature "
		    "of %s, its own SAST record, found one that does not fit "
		    "the bytes: %s", name, e.msg);
	return accept_grant(v, ACCEPT_BLANK, "the phone holds %s: taken on "
	    "trust, signed by %s of its own",
	    h->itl == NULL ? "no list" : "an emptied ITL", name);
}

/* More than two are taken here; some phones misbehave, so say it. */
static void
note_sasts(const struct list *l, struct accept_verdict *v)
{
	size_t n = 0, used = strlen(v->why);

	for (size_t i = 0; i < l->nrec; i++)
		if (l->rec[i].role == ROLE_SAST)
			n++;
	if (n > LIST_SAST_MAX)
		(void)snprintf(v->why + used, sizeof(v->why) - used,
		    "; it has %zu SAST records, phones are safe with %d", n,
		    LIST_SAST_MAX);
}

static bool
judge_list(const struct held *h, enum accept_list_kind kind,
    const struct list *l, struct accept_verdict *v)
{
	const char *want = kind == ACCEPT_CTL ? CTL_FILE_NAME : ITL_FILE_NAME;
	struct given g = { .list = l, .h = &l->h, .buf = l->buf,
	    .len = l->len };
	char name[SHOWN_MAX];
	bool ok;

	(void)accept_shown(l->h.signer_name, name);
	(void)str_copy(v->signer, sizeof(v->signer), name);
	if (l->h.file_name == NULL || strcmp(l->h.file_name, want) != 0)
		return accept_refuse(v, STEP_NAME, "expected the file name "
		    "\"%s\" in the header, found \"%s\"", want,
		    l->h.file_name == NULL ? "" :
		    accept_shown(l->h.file_name, name));
	if (accept_held_blank(h))
		ok = judge_blank_list(h, l, v);
	else
		ok = judge_signer(h, &g, v);
	if (ok)
		note_sasts(l, v);
	return ok;
}

bool
accept_list(const struct accept_phone *p, enum accept_list_kind kind,
    const uint8_t *buf, size_t len, struct accept_verdict *v)
{
	struct held h = { 0 };
	const struct list *l;
	struct err e = { 0 };
	bool ok = false;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE,
	    .step = STEP_FORMAT };
	if (!accept_held_open(&h, p, v))
		goto out;
	if ((l = accept_memo_list(h.memo, buf, len, &e)) == NULL) {
		(void)accept_refuse(v, STEP_FORMAT, "expected a trust list, "
		    "found something else: %s", e.msg);
		goto out;
	}
	ok = judge_list(&h, kind, l, v);
out:
	accept_held_close(&h);
	return ok;
}

/* Begins with the header of signed files, tags 1 and 2: whatever is wrong
 * behind that is a broken signed file, anything else an unsigned one. */
static bool
looks_signed(const uint8_t *buf, size_t len)
{
	struct rd r = rd_init(buf, len);

	if (rd_u8(&r) != TLV_VERSION || rd_u16(&r) != 2)
		return false;
	(void)rd_u16(&r);
	return rd_u8(&r) == TLV_HEADER_LENGTH && r.err == ERR_OK;
}

static bool
judge_plain(const struct held *h, const char *name, struct accept_verdict *v)
{
	char text[SHOWN_MAX];

	(void)accept_shown(name, text);
	if (has_file_signer(h->ctl) || has_file_signer(h->itl))
		return accept_refuse(v, STEP_FORM, "expected a signed file, "
		    "since a list held has a TFTP record, found the plain "
		    "\"%s\"", text);
	return accept_grant(v, ACCEPT_BLANK, "the phone holds no TFTP record, "
	    "so it asks for plain files: \"%s\" taken without check", text);
}

/* The header of an encrypted file is of version 2.0, and its signature is over
 * the encrypted bytes (spec/encrypted-config.md section 1). */
static int
parse_file(struct signed_file *f, const char *name, const uint8_t *buf,
    size_t len, struct err *e)
{
	int ret;

	if (!str_ends(name, ".enc.sgn"))
		return signed_parse(f, buf, len, e);
	*f = (struct signed_file){ 0 };
	if ((ret = tlv_header_parse(&f->h, buf, len, e)) != ERR_OK)
		return ret;
	if (f->h.version >> 8 != 2)
		return err_set(e, ERR_PROTO, "header version %u.%u, encrypted "
		    "files have 2.0", f->h.version >> 8, f->h.version & 0xff);
	f->payload = buf + f->h.length;
	f->payloadlen = len - f->h.length;
	return ERR_OK;
}

static bool
judge_signed(const struct held *h, const char *name, const uint8_t *buf,
    size_t len, struct signed_file *f, struct accept_verdict *v)
{
	const struct given g = { .h = &f->h, .buf = buf, .len = len };
	char want[SHOWN_MAX], found[SHOWN_MAX];
	struct err e = { 0 };

	if (!looks_signed(buf, len))
		return accept_refuse(v, STEP_FORM, "expected a signed file as "
		    "\"%s\", found one without signature header",
		    accept_shown(name, want));
	if (parse_file(f, name, buf, len, &e) != ERR_OK)
		return accept_refuse(v, STEP_FORMAT, "expected a signed file "
		    "as \"%s\", found a broken one: %s",
		    accept_shown(name, want), e.msg);
	(void)str_copy(v->signer, sizeof(v->signer),
	    accept_shown(f->h.signer_name, found));
	if (f->h.file_name == NULL || strcmp(f->h.file_name, name) != 0)
		return accept_refuse(v, STEP_NAME, "expected the file name "
		    "\"%s\" in the header, found \"%s\"",
		    accept_shown(name, want), f->h.file_name == NULL ? "" :
		    accept_shown(f->h.file_name, found));
	if (accept_held_blank(h))
		return accept_grant(v, ACCEPT_BLANK, "the phone holds %s: "
		    "taken without check", h->itl == NULL ? "no list" :
		    "an emptied ITL");
	return judge_signer(h, &g, v);
}

bool
accept_file(const struct accept_phone *p, const char *name,
    const uint8_t *buf, size_t len, const uint8_t **payload,
    size_t *payloadlen, struct accept_verdict *v)
{
	struct signed_file f = { .payload = buf, .payloadlen = len };
	struct held h = { 0 };
	bool ok = false;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE,
	    .step = STEP_FORMAT };
	*payload = NULL;
	*payloadlen = 0;
	if (name[0] == '/')
		name++;
	if (!accept_held_open(&h, p, v))
		goto out;
	if (str_ends(name, ".sgn"))
		ok = judge_signed(&h, name, buf, len, &f, v);
	else
		ok = judge_plain(&h, name, v);
	if (ok) {
		*payload = f.payload;
		*payloadlen = f.payloadlen;
	}
out:
	accept_held_close(&h);
	return ok;
}

bool
accept_served(const struct accept_phone *p,
    const struct accept_verdict *server, const char *name,
    const uint8_t *buf, size_t len, const uint8_t **payload,
    size_t *payloadlen, struct accept_verdict *v)
{
	if (server->path == ACCEPT_NONE || looks_signed(buf, len))
		return accept_file(p, name, buf, len, payload, payloadlen, v);
	*v = *server;
	*payload = buf;
	*payloadlen = len;
	return true;
}

bool
accept_wants_signed(const struct accept_phone *p)
{
	struct accept_verdict v;
	struct held h = { 0 };
	bool ret;

	ret = accept_held_open(&h, p, &v) &&
	    (has_file_signer(h.ctl) || has_file_signer(h.itl));
	accept_held_close(&h);
	return ret;
}
