/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The summary of a trust list and small texts, see show_list.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/show_list.h"

#define DAY	86400

const char *
show_list_kind(const struct list *l, const char *called)
{
	const char *slash, *name = l->h.file_name;

	if (name == NULL && called != NULL) {
		slash = strrchr(called, '/');
		name = slash != NULL ? slash + 1 : called;
	}
	return name != NULL && str_starts(name, "CTL") ? "CTL" : "ITL";
}

const char *
show_digest(unsigned code, char buf[24])
{
	static const char *const name[] = { "", "SHA-1", "SHA-256", "SHA-512" };

	if (code >= 1 && code <= 3)
		return name[code];
	(void)snprintf(buf, 24, "digest %u", code);
	return buf;
}

const char *
show_role(unsigned role, char buf[24])
{
	const char *name = list_role_name(role);

	if (name != NULL)
		return name;
	(void)snprintf(buf, 24, "role %u", role);
	return buf;
}

void
show_colons(const uint8_t *p, size_t n, bool upper, char *buf, size_t buflen)
{
	size_t o = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && o + 4 <= buflen; i++)
		o += (size_t)snprintf(buf + o, buflen - o,
		    upper ? "%s%02X" : "%s%02x", i > 0 ? ":" : "", p[i]);
}

const struct list_record *
show_shortest(const struct list *l)
{
	const struct list_record *r, *best = NULL;

	for (size_t i = 0; i < l->nrec; i++) {
		r = &l->rec[i];
		if (r->cert != NULL && (best == NULL ||
		    cert_not_after(r->cert) < cert_not_after(best->cert)))
			best = r;
	}
	return best;
}

void
show_days(int64_t when, int64_t now, char *buf, size_t buflen)
{
	int64_t days = (when - now) / DAY;

	if (when < now)
		(void)snprintf(buf, buflen, "%" PRId64 " days ago", -days);
	else
		(void)snprintf(buf, buflen, "in %" PRId64 " days", days);
}

static void
put_visible(struct wr *w, const char *s, size_t len)
{
	char vis[SHOW_NAME_MAX];

	str_visible(s, len, vis, sizeof(vis));
	wr_str(w, vis);
}

static void
put_shortest(struct wr *w, const struct show_list *s)
{
	const struct list_record *r = show_shortest(s->list);
	char date[CLOCK_RFC3339_LEN], days[48], role[24];

	if (r == NULL) {
		wr_str(w, "  Ends first    no record has a certificate\n");
		return;
	}
	clock_rfc3339(cert_not_after(r->cert), date);
	show_days(cert_not_after(r->cert), s->now, days, sizeof(days));
	wr_fmt(w, "  Ends first    %s, %s: record %td, %s, ", days, date,
	    r - s->list->rec + 1, show_role(r->role, role));
	put_visible(w, r->subject != NULL ? r->subject : "",
	    r->subject != NULL ? strlen(r->subject) : 0);
	wr_str(w, "\n");
}

/* "SAST 2, CCM+TFTP 1", in order of first appearance. */
static void
put_roles(struct wr *w, const struct list *l)
{
	size_t n, before;
	char role[24];

	wr_fmt(w, "  Records       %zu:", l->nrec);
	for (size_t i = 0; i < l->nrec; i++) {
		n = before = 0;
		for (size_t j = 0; j < l->nrec; j++) {
			n += l->rec[j].role == l->rec[i].role;
			before += j < i && l->rec[j].role == l->rec[i].role;
		}
		if (before == 0)
			wr_fmt(w, "%s %s %zu", i > 0 ? "," : "",
			    show_role(l->rec[i].role, role), n);
	}
	n = 0;
	for (size_t i = 0; i < l->nrec; i++)
		n += l->rec[i].cert == NULL;
	if (n > 0)
		wr_fmt(w, "; %zu without certificate", n);
	wr_str(w, "\n");
}

void
show_list_summary(struct wr *w, const struct show_list *s)
{
	const struct tlv_header *h = &s->list->h;
	char digest[24];

	wr_fmt(w, "%s file, %s\n", s->kind, s->verdict->code == ERR_OK ?
	    "verified" : "NOT verified");
	wr_str(w, "  Signer        ");
	put_visible(w, h->signer_name, strlen(h->signer_name));
	wr_fmt(w, "; %s, signer version %u.%u\n",
	    show_digest(h->digest_code, digest), h->signer_version >> 8,
	    h->signer_version & 0xffu);
	put_shortest(w, s);
	wr_fmt(w, "  Size          %zu of %d bytes%s\n", s->list->len,
	    TLV_FILE_MAX, s->list->len >= LIST_WARN_BYTES ?
	    ": phones may refuse it" : "");
	put_roles(w, s->list);
	wr_str(w, "\n");
}
