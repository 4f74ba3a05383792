/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What an authority may reject, see cert_lint.h.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/san.h"
#include "trust/cert_lint.h"

#define N_OF(a)		(sizeof(a) / sizeof((a)[0]))

#define CN_MAX		64	/* ub-common-name, RFC 5280 appendix A */
#define NAMES_MAX	100	/* what public authorities sell */
#define LABEL_MAX	63

struct lint {
	const struct csr	*csr;
	const struct san_set	*san;
	cert_lint_fn		*fn;
	void			*arg;
};

static void	say(const struct lint *l, const char *code, const char *fmt,
		    ...) __attribute__((format(printf, 3, 4)));

static void
say(const struct lint *l, const char *code, const char *fmt, ...)
{
	char text[CERT_LINT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	l->fn(l->arg, code, text);
}

/* --- names --- */

static bool
has_no_dot(const struct san *s)
{
	return s->kind == SAN_DNS && strchr(s->text, '.') == NULL;
}

/* RFC 2606, RFC 6762 and what is used without being anybody's. */
static bool
is_reserved(const struct san *s)
{
	static const char *const tld[] = { ".local", ".lan", ".internal",
	    ".intranet", ".corp", ".home", ".private", ".test", ".example",
	    ".invalid", ".localhost", ".localdomain" };

	for (size_t i = 0; s->kind == SAN_DNS && i < N_OF(tld); i++)
		if (str_ends(s->text, tld[i]))
			return true;
	return false;
}

static bool
has_underscore(const struct san *s)
{
	return s->kind == SAN_DNS && strchr(s->text, '_') != NULL;
}

static bool
is_wildcard(const struct san *s)
{
	return s->kind == SAN_DNS && strchr(s->text, '*') != NULL;
}

static bool
is_ip(const struct san *s)
{
	return s->kind == SAN_IP;
}

/* RFC 1918, 6598, 3927, 4193, 4291. */
static bool
is_private_ip(const struct san *s)
{
	uint8_t a[16];

	if (s->kind != SAN_IP)
		return false;
	if (inet_pton(AF_INET, s->text, a) == 1)
		return a[0] == 10 || a[0] == 127 ||
		    (a[0] == 172 && (a[1] & 0xf0) == 16) ||
		    (a[0] == 192 && a[1] == 168) ||
		    (a[0] == 100 && (a[1] & 0xc0) == 64) ||
		    (a[0] == 169 && a[1] == 254);
	return inet_pton(AF_INET6, s->text, a) == 1 &&
	    ((a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80));
}

static bool
is_label(const char *p, size_t n)
{
	if (n == 0 || n > LABEL_MAX || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
		    (p[i] >= '0' && p[i] <= '9') || p[i] == '-' ||
		    p[i] == '_' || p[i] == '*'))
			return false;
	return true;
}

/* Labels of RFC 1123; underscores and stars have lines of their own. */
static bool
is_malformed(const struct san *s)
{
	const char *p = s->text;
	size_t n;

	if (s->kind != SAN_DNS)
		return false;
	for (;; p += n + 1) {
		n = strcspn(p, ".");
		if (!is_label(p, n))
			return true;
		if (p[n] == '\0')
			return false;
	}
}

static bool
is_other(const struct san *s)
{
	return s->kind == SAN_OTHER;
}

static const struct {
	const char	*code;
	bool		(*has)(const struct san *s);
	const char	*text;
} name_rules[] = {
	{ "not_fqdn", has_no_dot, "is no fully qualified name: public "
	    "authorities sign no other" },
	{ "reserved_domain", is_reserved, "lies in a domain that belongs to "
	    "nobody: only a private authority can sign it" },
	{ "underscore", has_underscore, "has an underscore: public authorities "
	    "refuse it since 2019 [BR]" },
	{ "wildcard", is_wildcard, "is a wildcard: phones and many peers do "
	    "not match it, and authorities ask for more proof" },
	{ "malformed_name", is_malformed, "is no host name (letters, digits "
	    "and hyphens, at most 63 between dots)" },
	{ "private_ip", is_private_ip, "is a private address: public "
	    "authorities never sign it" },
	{ "ip", is_ip, "is an address: many authorities sign names only" },
	{ "other_name", is_other, "is neither name nor address: authorities "
	    "leave it out" },
};

static void
lint_san(const struct lint *l)
{
	for (size_t i = 0; i < N_OF(name_rules); i++) {
		const char *first = NULL;
		char more[40] = "";
		size_t n = 0;

		for (size_t k = 0; k < l->san->n; k++)
			if (name_rules[i].has(&l->san->san[k]) && n++ == 0)
				first = l->san->san[k].text;
		if (n > 1)
			(void)snprintf(more, sizeof(more), " (and %zu more)",
			    n - 1);
		if (first != NULL)
			say(l, name_rules[i].code, "\"%.200s\"%s %s", first,
			    more, name_rules[i].text);
	}
	if (l->san->n == 0)
		say(l, "no_san", "there is no subject alternative name: public "
		    "authorities need one, and peers look nowhere else");
	else if (l->san->n > NAMES_MAX)
		say(l, "many_names", "%zu names: most authorities sell no more "
		    "than %d", l->san->n, NAMES_MAX);
}

/* --- subject --- */

static int
lint_cn(const struct lint *l, struct err *e)
{
	char vis[300], *cn = csr_cn(l->csr, e);

	if (cn == NULL)
		return e != NULL ? e->code : ERR_NOMEM;
	str_visible(cn, strlen(cn), vis, sizeof(vis));
	if (strlen(cn) > CN_MAX)
		say(l, "cn_long", "the common name has %zu characters, %d are "
		    "the most: give another with --cn", strlen(cn), CN_MAX);
	if (str_ends(cn, "-ms"))
		say(l, "cn_ms", "the common name \"%.70s\" is no host name: "
		    "many authorities refuse the \"-ms\" of several servers; "
		    "--cn %.*s", vis, (int)strlen(vis) - 3, vis);
	else if (cn[0] != '\0' && !csr_wants_ca(l->csr) &&
	    !san_has(l->san, SAN_DNS, cn) && !san_has(l->san, SAN_IP, cn))
		say(l, "cn_not_in_san", "the common name \"%.70s\" is none of "
		    "the subject alternative names: public authorities "
		    "require that [BR]; --add-san it, or --cn one of them",
		    vis);
	free(cn);
	return ERR_OK;
}

static int
lint_country(const struct lint *l, struct err *e)
{
	char vis[40], *c = csr_country(l->csr, e);

	if (c == NULL)
		return e != NULL ? e->code : ERR_NOMEM;
	str_visible(c, strlen(c), vis, sizeof(vis));
	if (c[0] != '\0' && !(strlen(c) == 2 && c[0] >= 'A' && c[0] <= 'Z' &&
	    c[1] >= 'A' && c[1] <= 'Z'))
		say(l, "country", "country \"%s\" is no two capital letters "
		    "(ISO 3166): set cert subject changes it", vis);
	free(c);
	if (csr_has_ou(l->csr))
		say(l, "ou", "public authorities leave the organizational unit "
		    "out since 2022 [BR]");
	return ERR_OK;
}

/* --- key and use --- */

static void
lint_key(const struct lint *l)
{
	enum key_type t = csr_key_type(l->csr);
	int bits = csr_key_bits(l->csr);
	enum digest_alg hash;

	if (t == KEY_RSA1024 || (t == KEY_OTHER && bits < 2048))
		say(l, "weak_key", "a key of %d bits: no authority signs RSA "
		    "below 2048 [BR]", bits);
	else if (t == KEY_OTHER)
		say(l, "key_kind", "a key of a kind that few authorities sign");
	else if (t == KEY_EC521)
		say(l, "ec521", "public authorities do not sign P-521 keys: "
		    "--key ec384");
	if (!csr_hash(l->csr, &hash) || hash == DIGEST_MD5 ||
	    hash == DIGEST_SHA1)
		say(l, "weak_hash", "the request is signed with %s: "
		    "authorities refuse what is below SHA-256 [BR]",
		    csr_hash(l->csr, &hash) ? digest_name(hash) :
		    "an unknown digest");
}

static void
lint_use(const struct lint *l)
{
	if (csr_wants_ca(l->csr))
		say(l, "ca", "it asks for a CA certificate (CA:TRUE), which "
		    "CAPF needs: order a subordinate CA; no public authority "
		    "sells one");
	else if (csr_wants_client(l->csr))
		say(l, "client_auth", "it asks for use as TLS client as well: "
		    "public authorities stop giving clientAuth in 2026, and "
		    "without it peers of secure trunks refuse us; a private "
		    "authority gives both");
}

int
cert_lint_csr(const struct csr *c, cert_lint_fn *fn, void *arg,
    struct err *e)
{
	struct san_set san = { .san = NULL };
	struct lint l = { .csr = c, .san = &san, .fn = fn, .arg = arg };
	int ret;

	if ((ret = san_of_csr(c, &san, e)) == ERR_OK &&
	    (ret = lint_cn(&l, e)) == ERR_OK &&
	    (ret = lint_country(&l, e)) == ERR_OK) {
		lint_san(&l);
		lint_key(&l);
		lint_use(&l);
	}
	san_set_free(&san);
	return ret;
}
