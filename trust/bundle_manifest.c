/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Manifests of bundles, see bundle.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/wr.h"
#include "certs/list.h"
#include "trust/bundle.h"

#define BIT(role)	(UINT32_C(1) << (role))
#define BEGIN_CERT	"-----BEGIN CERTIFICATE-----"
#define END_CERT	"-----END CERTIFICATE-----"

#define LABEL	"abcdefghijklmnopqrstuvwxyz0123456789-"
#define NAME	LABEL "ABCDEFGHIJKLMNOPQRSTUVWXYZ."

/* What the reference's bulk exchange carries; 0: what it does not. */
static const uint32_t unit_roles[UNIT_N] = {
	[UNIT_CALLMANAGER] = BIT(ROLE_CCM) | BIT(ROLE_TFTP),
	[UNIT_CALLMANAGER_ECDSA] = BIT(ROLE_CCM) | BIT(ROLE_TFTP),
	[UNIT_CAPF] = BIT(ROLE_CAPF),
	[UNIT_ITLRECOVERY] = BIT(ROLE_SAST),
	[UNIT_HTTPS] = BIT(ROLE_APP_SERVER),
};

uint32_t
bundle_roles(enum own_unit unit)
{
	return unit_roles[unit];
}

bool
bundle_has_unit(enum own_unit unit)
{
	return unit_roles[unit] != 0;
}

bool
bundle_signs(enum own_unit unit)
{
	return unit == UNIT_ITLRECOVERY || unit == UNIT_CALLMANAGER;
}

/* --- building --- */

static void
put_hex(struct wr *w, const char *key, const uint8_t sha256[SHA256_LEN])
{
	char hex[2 * SHA256_LEN + 1];

	str_hex(sha256, SHA256_LEN, hex);
	wr_fmt(w, "%s: %s\n", key, hex);
}

static void
put_head(struct wr *w, const struct bundle_part *p)
{
	char at[CLOCK_RFC3339_LEN];

	clock_rfc3339(p->time, at);
	wr_fmt(w, "phonetrust-bundle: 1\ncluster: %s\nuuid: %s\nnode: %s\n"
	    "time: %s\nsigner: %s\n", p->cluster.name, p->cluster.uuid,
	    p->node, at, p->by->name);
	for (size_t i = 0; i < p->nsast; i++)
		put_hex(w, "sast", p->sast[i]);
	wr_fmt(w, "certificates: %zu\n", p->ncert);
}

static int
put_cert(struct wr *w, const struct bundle_cert *c, struct err *e)
{
	uint32_t roles = bundle_roles(c->u->unit);
	char *pem = cert_to_pem(c->cert, e);

	if (pem == NULL)
		return err_wrap(e, "bundle");
	wr_fmt(w, "\nunit: %s\nnode: %s\nstage: %s\nroles:", c->u->name,
	    c->node, c->stage == OWN_ACTIVE ? "active" : "announced");
	for (unsigned r = 0; r < 32; r++)
		if (roles & BIT(r))
			wr_fmt(w, " %s", list_role_name(r));
	wr_str(w, "\n");
	put_hex(w, "sha256", c->sha256);
	wr_str(w, pem);
	free(pem);
	return ERR_OK;
}

int
bundle_manifest_build(const struct bundle_part *p, uint8_t **text,
    size_t *len, struct err *e)
{
	struct wr w = wr_init(BUNDLE_FILE_MAX);
	int ret = ERR_OK;

	*text = NULL;
	if (p->ncert > BUNDLE_CERTS_MAX || p->nsast > BUNDLE_SAST_MAX)
		return err_set(e, ERR_LIMIT, "more than %d certificates in a "
		    "bundle", BUNDLE_CERTS_MAX);
	put_head(&w, p);
	for (size_t i = 0; ret == ERR_OK && i < p->ncert; i++)
		ret = put_cert(&w, &p->cert[i], e);
	if (ret == ERR_OK && (*text = wr_take(&w, len)) == NULL)
		ret = err_set(e, ERR_LIMIT, "a bundle of more than %d bytes",
		    BUNDLE_FILE_MAX);
	wr_clear(&w);
	return ret;
}

/* --- parsing: lines --- */

struct lines {
	const uint8_t	*buf;
	size_t		 len, off;
	size_t		 start;		/* of the line read last */
	char		 line[BUNDLE_LINE_MAX + 1];
	char		*value;		/* behind "key:", in line */
};

static int
bad(const struct lines *l, struct err *e, const char *what)
{
	return err_at(e, ERR_PROTO, l->start, "manifest: %s", what);
}

/* The next line, without its end, as text without control characters. */
static int
next_line(struct lines *l, struct err *e)
{
	const uint8_t *p = l->buf + l->off, *nl;
	size_t n;

	l->start = l->off;
	if ((nl = memchr(p, '\n', l->len - l->off)) == NULL)
		return bad(l, e, "it ends within a line");
	if ((n = (size_t)(nl - p)) > BUNDLE_LINE_MAX)
		return bad(l, e, "a line that is too long");
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return bad(l, e, "a control character");
	memcpy(l->line, p, n);
	l->line[n] = '\0';
	l->off += n + 1;
	return ERR_OK;
}

/* The line's key, ended by NUL in place, and value; NULL: not such a line. */
static const char *
split(struct lines *l)
{
	char *colon = strchr(l->line, ':');

	if (colon == NULL || colon == l->line ||
	    (colon[1] != ' ' && colon[1] != '\0'))
		return NULL;
	*colon = '\0';
	l->value = colon[1] == ' ' ? colon + 2 : colon + 1;
	return l->line;
}

static bool
is_known(const char *key)
{
	static const char *const known[] = { "phonetrust-bundle", "cluster",
	    "uuid", "node", "time", "signer", "sast", "certificates", "unit",
	    "stage", "roles", "sha256" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], key) == 0)
			return true;
	return false;
}

/* Up to the line of key; other keys of ours may not come before it. */
static int
field(struct lines *l, const char *key, struct err *e)
{
	const char *k;
	int ret;

	while ((ret = next_line(l, e)) == ERR_OK) {
		if ((k = split(l)) == NULL)
			return bad(l, e, "a line that is not \"key: value\"");
		if (strcmp(k, key) == 0)
			return ERR_OK;
		if (is_known(k))
			return err_at(e, ERR_PROTO, l->start, "manifest: "
			    "\"%s\" where \"%s\" belongs", k, key);
	}
	return ret;
}

/* The same with a value of these characters alone, that fits. */
static int
word(struct lines *l, const char *key, const char *chars, size_t min,
    char *out, size_t outlen, struct err *e)
{
	int ret;

	if ((ret = field(l, key, e)) != ERR_OK)
		return ret;
	if (strlen(l->value) < min || l->value[strspn(l->value, chars)] !=
	    '\0' || !str_copy(out, outlen, l->value))
		return err_at(e, ERR_PROTO, l->start, "manifest: a bad value "
		    "of \"%s\"", key);
	return ERR_OK;
}

/* --- parsing: head --- */

static int
parse_time(struct lines *l, struct bundle_part *p, struct err *e)
{
	int ret;

	if ((ret = field(l, "time", e)) != ERR_OK)
		return ret;
	if (clock_rfc3339_parse(l->value, &p->time, NULL) != ERR_OK)
		return bad(l, e, "not a time");
	return ERR_OK;
}

static int
parse_signer(struct lines *l, struct bundle_part *p, struct err *e)
{
	int ret;

	if ((ret = field(l, "signer", e)) != ERR_OK)
		return ret;
	p->by = own_unit_find(l->value);
	if (p->by == NULL || !bundle_signs(p->by->unit))
		return bad(l, e, "signed by neither ITLRecovery nor "
		    "CallManager");
	return ERR_OK;
}

static int
add_sast(struct lines *l, struct bundle_part *p, struct err *e)
{
	if (p->nsast == BUNDLE_SAST_MAX)
		return bad(l, e, "too many lines \"sast\"");
	if (p->sast == NULL && (p->sast = calloc(BUNDLE_SAST_MAX,
	    sizeof(*p->sast))) == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	if (!str_unhex(l->value, p->sast[p->nsast], SHA256_LEN))
		return bad(l, e, "not a SHA-256");
	p->nsast++;
	return ERR_OK;
}

/* Lines "sast", then "certificates"; *n gets how many. */
static int
parse_counts(struct lines *l, struct bundle_part *p, int64_t *n,
    struct err *e)
{
	const char *key;
	int ret;

	while ((ret = next_line(l, e)) == ERR_OK) {
		if ((key = split(l)) == NULL)
			return bad(l, e, "a line that is not \"key: value\"");
		if (strcmp(key, "certificates") == 0)
			return str_to_i64(l->value, 1, BUNDLE_CERTS_MAX, n,
			    NULL) == ERR_OK ? ERR_OK : bad(l, e, "a bad "
			    "number of certificates");
		if (strcmp(key, "sast") == 0)
			ret = add_sast(l, p, e);
		else if (is_known(key))
			ret = bad(l, e, "\"certificates\" is missing");
		if (ret != ERR_OK)
			return ret;
	}
	return ret;
}

static int
parse_head(struct lines *l, struct bundle_part *p, int64_t *n, struct err *e)
{
	char version[16];
	int ret;

	if ((ret = word(l, "phonetrust-bundle", "0123456789", 1, version,
	    sizeof(version), e)) != ERR_OK)
		return ret;
	if (strcmp(version, "1") != 0)
		return bad(l, e, "a bundle of a later version: this program "
		    "knows version 1");
	if ((ret = word(l, "cluster", NAME, 1, p->cluster.name,
	    sizeof(p->cluster.name), e)) != ERR_OK ||
	    (ret = word(l, "uuid", "0123456789abcdef-", 36, p->cluster.uuid,
	    sizeof(p->cluster.uuid), e)) != ERR_OK ||
	    (ret = word(l, "node", LABEL, 1, p->node, sizeof(p->node), e)) !=
	    ERR_OK || (ret = parse_time(l, p, e)) != ERR_OK ||
	    (ret = parse_signer(l, p, e)) != ERR_OK)
		return ret;
	return parse_counts(l, p, n, e);
}

/* --- parsing: certificates --- */

/* The PEM block that begins behind further keys. */
static int
parse_pem(struct lines *l, struct bundle_cert *c, struct err *e)
{
	size_t begin;
	int ret;

	do {
		if ((ret = next_line(l, e)) != ERR_OK)
			return ret;
		begin = l->start;
		if (strcmp(l->line, BEGIN_CERT) != 0 && (split(l) == NULL ||
		    is_known(l->line)))
			return bad(l, e, "a certificate is missing");
	} while (strcmp(l->line, BEGIN_CERT) != 0);
	do {
		if ((ret = next_line(l, e)) != ERR_OK)
			return ret;
		if (l->off - begin > CERT_PEM_MAX)
			return bad(l, e, "a certificate that is too long");
	} while (strcmp(l->line, END_CERT) != 0);
	c->cert = cert_from_pem(l->buf + begin, l->off - begin, e);
	return c->cert != NULL ? ERR_OK : err_wrap(e, "manifest");
}

static int
parse_unit(struct lines *l, struct bundle_cert *c, struct err *e)
{
	int ret;

	if ((ret = next_line(l, e)) != ERR_OK)
		return ret;
	if (l->line[0] != '\0')
		return bad(l, e, "an empty line is missing");
	if ((ret = field(l, "unit", e)) != ERR_OK)
		return ret;
	c->u = own_unit_find(l->value);
	return c->u != NULL && bundle_has_unit(c->u->unit) ? ERR_OK :
	    bad(l, e, "a unit that is not exchanged");
}

static int
parse_cert(struct lines *l, struct bundle_cert *c, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	char stage[16], roles[BUNDLE_LINE_MAX], hex[2 * SHA256_LEN + 1];
	int ret;

	if ((ret = parse_unit(l, c, e)) != ERR_OK ||
	    (ret = word(l, "node", LABEL, 0, c->node, sizeof(c->node), e)) !=
	    ERR_OK || (ret = word(l, "stage", LABEL, 1, stage, sizeof(stage),
	    e)) != ERR_OK)
		return ret;
	if (strcmp(stage, "active") != 0 && strcmp(stage, "announced") != 0)
		return bad(l, e, "neither active nor announced");
	c->stage = stage[1] == 'c' ? OWN_ACTIVE : OWN_ANNOUNCED;
	/* Roles are for people: ours follow from unit and trust store. */
	if ((ret = word(l, "roles", NAME "+ _", 0, roles, sizeof(roles),
	    e)) != ERR_OK ||
	    (ret = word(l, "sha256", "0123456789abcdef", 2 * SHA256_LEN, hex,
	    sizeof(hex), e)) != ERR_OK || (ret = parse_pem(l, c, e)) != ERR_OK)
		return ret;
	cert_sha256(c->cert, c->sha256);
	if (!str_unhex(hex, sha256, sizeof(sha256)) ||
	    memcmp(sha256, c->sha256, sizeof(sha256)) != 0)
		return bad(l, e, "a certificate with another SHA-256 than its "
		    "entry says");
	return ERR_OK;
}

int
bundle_manifest_parse(struct bundle_part *p, const uint8_t *text, size_t len,
    struct err *e)
{
	struct lines *l;
	int64_t n = 0;
	int ret;

	*p = (struct bundle_part){ .ncert = 0 };
	if (len > BUNDLE_FILE_MAX)
		return err_set(e, ERR_LIMIT, "a manifest of %zu bytes", len);
	if ((l = malloc(sizeof(*l))) == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	*l = (struct lines){ .buf = text, .len = len };
	if ((ret = parse_head(l, p, &n, e)) == ERR_OK &&
	    (p->cert = calloc((size_t)n, sizeof(*p->cert))) == NULL)
		ret = err_set(e, ERR_NOMEM, "bundle");
	while (ret == ERR_OK && p->ncert < (size_t)n)
		ret = parse_cert(l, &p->cert[p->ncert++], e);
	l->start = l->off;
	if (ret == ERR_OK && l->off != len)
		ret = bad(l, e, "it goes on behind the last certificate");
	free(l);
	return ret;
}
