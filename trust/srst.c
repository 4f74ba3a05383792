/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * SRST references, see srst.h.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_row.h"
#include "trust/srst.h"

#define NAMES_SHOWN	5	/* phones or profiles that use it */

static const char *
option(void)
{
	return setting_get(SETTING_SRST_REFERENCE)->option;
}

/* --- values --- */

int
srst_name(const char *s, char out[SRST_NAME_MAX + 1], struct err *e)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-";
	char shown[160];

	/* "default" takes a setting back. */
	if (s[0] != '\0' && s[0] != '-' && strspn(s, known) == strlen(s) &&
	    strcmp(s, "default") != 0 && str_copy(out, SRST_NAME_MAX + 1, s))
		return ERR_OK;
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not the name of a reference: 1 "
	    "to %d of A-Z a-z 0-9 . _ -, not \"default\"", shown,
	    SRST_NAME_MAX);
}

static bool
is_host(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";
	struct in6_addr a6;
	size_t n = strlen(s);

	if (n == 0 || n > SRST_ADDRESS_MAX)
		return false;
	if (strchr(s, ':') != NULL)
		return inet_pton(AF_INET6, s, &a6) == 1;
	return strspn(s, known) == n && s[0] != '-' && s[0] != '.';
}

static int
check_host(const char *s, struct err *e)
{
	char shown[160];

	if (is_host(s))
		return ERR_OK;
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not an address or a host name "
	    "of up to %d characters", shown, SRST_ADDRESS_MAX);
}

/* Put what s gives into row. */
static int
apply(const struct srst_spec *s, struct row_srst *row, struct err *e)
{
	int ret = ERR_OK;

	if (s->address != NULL) {
		ret = check_host(s->address, e);
		(void)str_copy(row->address, sizeof(row->address),
		    s->address);
	}
	if (ret == ERR_OK && s->sip_address != NULL) {
		if (s->sip_address[0] != '\0')
			ret = check_host(s->sip_address, e);
		(void)str_copy(row->sip_address, sizeof(row->sip_address),
		    s->sip_address);
	}
	if (s->port != 0)
		row->port = s->port;
	if (s->sip_port != 0)
		row->sip_port = s->sip_port;
	if (s->cert_port != 0)
		row->cert_port = s->cert_port;
	if (s->secure != -1)
		row->secure = s->secure != 0;
	return ret;
}

static bool
same(const struct row_srst *a, const struct row_srst *b)
{
	return strcmp(a->address, b->address) == 0 &&
	    strcmp(a->sip_address, b->sip_address) == 0 &&
	    a->port == b->port && a->sip_port == b->sip_port &&
	    a->cert_port == b->cert_port && a->secure == b->secure;
}

int
srst_get(struct db *db, const char *name, struct row_srst *s, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	int ret = row_srst_get(db, name, s, &miss);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no SRST reference \"%.64s\": "
		    "\"srst list\" shows those there are", name);
	return ret == ERR_OK ? ret : err_set(e, ret, "%s", miss.msg);
}

int
srst_add(struct db *db, const struct srst_spec *s, int64_t now,
    struct srst_result *r, struct err *e)
{
	struct row_srst want = { .port = SRST_PORT,
	    .sip_port = SRST_SIP_PORT, .cert_port = SRST_CERT_PORT,
	    .changed_at = now }, have;
	struct err miss = { .code = ERR_OK };
	int ret;

	*r = (struct srst_result){ .changed = false };
	if ((ret = srst_name(s->name, want.name, e)) != ERR_OK ||
	    (ret = apply(s, &want, e)) != ERR_OK)
		return ret;
	if (want.address[0] == '\0')
		return err_set(e, ERR_REFUSED, "a reference needs an address: "
		    "say --address ADDRESS");
	ret = row_srst_get(db, want.name, &have, &miss);
	if (ret == ERR_OK && same(&have, &want))
		return ERR_OK;
	if (ret == ERR_OK)
		return err_set(e, ERR_EXISTS, "SRST reference %s is there "
		    "with other values: change it with \"srst set\"",
		    want.name);
	if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	r->changed = true;
	return row_srst_put(db, &want, e);
}

int
srst_set(struct db *db, const struct srst_spec *s, int64_t now,
    struct srst_result *r, struct err *e)
{
	struct row_srst was, row;
	int ret;

	*r = (struct srst_result){ .changed = false };
	if ((ret = srst_get(db, s->name, &row, e)) != ERR_OK)
		return ret;
	was = row;
	if ((ret = apply(s, &row, e)) != ERR_OK || same(&was, &row))
		return ret;
	r->changed = true;
	r->moved = row.has_accepted && (row.cert_port != was.cert_port ||
	    strcmp(row.address, was.address) != 0);
	row.changed_at = now;
	return row_srst_put(db, &row, e);
}

/* --- who uses it --- */

int
srst_phones(struct db *db, const char *name, row_phone_fn *fn, void *arg,
    struct err *e)
{
	return row_phone_each_with(db, option(), name, fn, arg, e);
}

struct some {
	char	 names[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 1];
	int64_t	 n;
};

static int
name_one(struct some *s, const char *name)
{
	size_t used = strlen(s->names);

	if (s->n < NAMES_SHOWN)
		(void)snprintf(s->names + used, sizeof(s->names) - used,
		    "%s%.*s", used > 0 ? ", " : "", PHONE_NAME_MAX, name);
	s->n++;
	return ERR_OK;
}

static int
name_phone(void *arg, const struct row_phone *p, struct err *e)
{
	(void)e;
	return name_one(arg, p->name);
}

int
srst_phone_count(struct db *db, const char *name, int64_t *n, struct err *e)
{
	struct some s = { .n = 0 };
	int ret = srst_phones(db, name, name_phone, &s, e);

	*n = s.n;
	return ret;
}

static int
in_use(const char *name, const char *what, const struct some *s,
    const char *cure, struct err *e)
{
	if (s->n == 0)
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "SRST reference %s is used by %" PRId64
	    " %s%s (%.100s%s): give %s another one first (%s)", name, s->n,
	    what, s->n == 1 ? "" : "s", s->names, s->n > NAMES_SHOWN ?
	    ", ..." : "", s->n == 1 ? "it" : "them", cure);
}

static int
check_profiles(struct db *db, const char *name, struct err *e)
{
	struct row_profile *rows = NULL;
	struct some s = { .n = 0 };
	size_t n = 0;
	int ret;

	if ((ret = row_profile_with(db, option(), name, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		(void)name_one(&s, rows[i].name);
	free(rows);
	return in_use(name, "profile", &s, "phone profile set NAME "
	    "--srst-reference OTHER, or default", e);
}

int
srst_removable(struct db *db, const char *name, struct err *e)
{
	struct some s = { .n = 0 };
	struct row_srst row;
	int ret;

	if ((ret = srst_get(db, name, &row, e)) != ERR_OK ||
	    (ret = srst_phones(db, name, name_phone, &s, e)) != ERR_OK ||
	    (ret = in_use(name, "phone", &s, "phone set NAME "
	    "--srst-reference OTHER, or default", e)) != ERR_OK)
		return ret;
	return check_profiles(db, name, e);
}

int
srst_remove(struct db *db, const char *name, struct err *e)
{
	struct row_srst row;
	int ret;

	if ((ret = srst_removable(db, name, e)) != ERR_OK ||
	    (ret = row_srst_get(db, name, &row, e)) != ERR_OK ||
	    (ret = row_srst_remove(db, name, e)) != ERR_OK)
		return ret;
	if (row.has_accepted)
		ret = row_cert_remove(db, row.accepted, e);
	if (ret == ERR_OK && row.has_candidate)
		ret = row_cert_remove(db, row.candidate, e);
	return ret;
}

/* --- certificates --- */

int
srst_take(struct db *db, const char *name, const struct cert *c,
    enum srst_shown *shown, struct err *e)
{
	struct row_srst row, was;
	uint8_t sha[SHA256_LEN];
	bool drop;
	int ret;

	if ((ret = srst_get(db, name, &row, e)) != ERR_OK)
		return ret;
	was = row;
	cert_sha256(c, sha);
	*shown = SRST_NEW;
	if (row.has_accepted && memcmp(row.accepted, sha, SHA256_LEN) == 0)
		*shown = SRST_ACCEPTED;
	else if (row.has_candidate &&
	    memcmp(row.candidate, sha, SHA256_LEN) == 0)
		*shown = SRST_CANDIDATE;
	drop = row.has_candidate && *shown != SRST_CANDIDATE;
	if (*shown == SRST_CANDIDATE || (*shown == SRST_ACCEPTED && !drop))
		return ERR_OK;
	row.has_candidate = *shown == SRST_NEW;
	memcpy(row.candidate, sha, SHA256_LEN);
	if ((*shown == SRST_NEW && (ret = cert_row_put(db, c, e)) !=
	    ERR_OK) || (ret = row_srst_put(db, &row, e)) != ERR_OK)
		return ret;
	return drop ? row_cert_remove(db, was.candidate, e) : ERR_OK;
}

static int
check_candidate(struct db *db, const struct row_srst *row,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e)
{
	char have[2 * SHA256_LEN + 1], want[2 * SHA256_LEN + 1];
	struct cert *c;
	int ret = ERR_OK;

	if (!row->has_candidate)
		return err_set(e, ERR_NOTFOUND, "SRST reference %s has no "
		    "candidate to accept: srst fetch %s asks its gateway",
		    row->name, row->name);
	if (memcmp(row->candidate, sha256, SHA256_LEN) != 0) {
		str_hex(row->candidate, SHA256_LEN, have);
		str_hex(sha256, SHA256_LEN, want);
		return err_set(e, ERR_VERIFY, "the candidate of %s has "
		    "SHA-256 %s, not %s: nothing is accepted", row->name,
		    have, want);
	}
	if ((c = cert_row_get(db, row->candidate, e)) == NULL)
		return e->code;
	if (cert_not_after(c) < now)
		ret = err_set(e, ERR_REFUSED, "the candidate of %s has ended: "
		    "renew the certificate at the gateway, then srst fetch",
		    row->name);
	cert_free(c);
	return ret;
}

int
srst_accept(struct db *db, const char *name,
    const uint8_t sha256[SHA256_LEN], int64_t now, struct err *e)
{
	struct row_srst row, was;
	int ret;

	if ((ret = srst_get(db, name, &row, e)) != ERR_OK ||
	    (ret = check_candidate(db, &row, sha256, now, e)) != ERR_OK)
		return ret;
	was = row;
	row.has_accepted = true;
	memcpy(row.accepted, row.candidate, SHA256_LEN);
	row.has_candidate = false;
	row.changed_at = now;
	if ((ret = row_srst_put(db, &row, e)) != ERR_OK)
		return ret;
	return was.has_accepted ? row_cert_remove(db, was.accepted, e) :
	    ERR_OK;
}

/* --- conditions --- */

static const struct {
	const char	*word, *text;
} missing[SRST_NMISSING] = {
	{ "mixed-mode", "the cluster is in non-secure mode, not in mixed "
	    "mode" },
	{ "device-security-mode", "the phone's Device Security Mode is Non "
	    "Secure" },
	{ "phone-certificate", "the phone has no certificate, so its file "
	    "says Non Secure" },
	{ "reference-secure", "the reference is not marked secure (srst set "
	    "--secure yes)" },
	{ "gateway-certificate", "no certificate of the gateway is accepted "
	    "(srst fetch, srst accept)" },
	{ "certificate-dates", "the accepted certificate is not within its "
	    "dates" },
};

static size_t
index_of(unsigned bit)
{
	size_t i = 0;

	while (i < SRST_NMISSING - 1 && !(bit & 1u << i))
		i++;
	return i;
}

const char *
srst_missing_word(unsigned bit)
{
	return missing[index_of(bit)].word;
}

const char *
srst_missing_text(unsigned bit)
{
	return missing[index_of(bit)].text;
}

unsigned
srst_missing(const struct row_srst *ref, const struct cert *accepted,
    bool mixed, const struct phone_effective *phone, int64_t now)
{
	unsigned m = mixed ? 0 : SRST_MISS_MIXED;

	if (phone != NULL && effective_is(phone, SETTING_SECURITY_MODE,
	    "non-secure"))
		m |= SRST_MISS_MODE;
	else if (phone != NULL && !phone->has_certificate)
		m |= SRST_MISS_PHONE_CERT;
	if (!ref->secure)
		m |= SRST_MISS_MARK;
	if (accepted == NULL)
		m |= SRST_MISS_CERT;
	else if (now < cert_not_before(accepted) ||
	    now > cert_not_after(accepted))
		m |= SRST_MISS_DATES;
	return m;
}
