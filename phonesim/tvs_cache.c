/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone remembers of TVS, see tvs_cache.h.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "phonesim/tvs_cache.h"

#define CACHE_SCHEMA	"phonetrust-phone-tvs/1"
#define CACHE_JSON_MAX	(TVS_CACHE_MAX * (2 * CERT_DER_MAX + 1024))

void
tvs_cache_clear(struct tvs_cache *c)
{
	for (size_t i = 0; i < c->n; i++)
		cert_free(c->k[i].cert);
	c->n = 0;
}

static bool
is_der(const struct cert *c, const uint8_t *der, size_t len)
{
	const uint8_t *own;
	size_t n;

	own = cert_der(c, &n);
	return n == len && memcmp(own, der, n) == 0;
}

static bool
has_serial(const struct cert *c, const uint8_t *p, size_t len)
{
	const uint8_t *own;
	size_t n;

	for (; len > 0 && *p == 0; len--)
		p++;
	own = cert_serial(c, &n);
	return n == len && n > 0 && memcmp(own, p, n) == 0;
}

/* In one of the ways in which files write names. */
static bool
has_issuer(const struct cert *c, const char *issuer)
{
	static const enum cert_name_style style[] = { CERT_NAME_COMMA,
	    CERT_NAME_SEMICOLON, CERT_NAME_SEMICOLON_ASIS };
	bool same = false;

	for (size_t i = 0; i < sizeof(style) / sizeof(style[0]) && !same;
	    i++) {
		char *name = cert_issuer(c, style[i], NULL);

		same = name != NULL && strcmp(name, issuer) == 0;
		free(name);
	}
	return same;
}

const struct tvs_known *
tvs_cache_find(const struct tvs_cache *c, const struct accept_question *q,
    int64_t now)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct tvs_known *k = &c->k[i];

		if (now >= k->until)
			continue;
		if (q->der != NULL ? is_der(k->cert, q->der, q->derlen) :
		    has_serial(k->cert, q->serial, q->seriallen) &&
		    has_issuer(k->cert, q->issuer))
			return k;
	}
	return NULL;
}

static void
forget(struct tvs_cache *c, size_t i)
{
	cert_free(c->k[i].cert);
	c->n--;
	memmove(&c->k[i], &c->k[i + 1], (c->n - i) * sizeof(c->k[0]));
}

/* What is over, the certificate itself, and if need be what ends first. */
static void
make_room(struct tvs_cache *c, const struct cert *cert, int64_t now)
{
	const uint8_t *der;
	size_t len, first = 0;

	der = cert_der(cert, &len);
	for (size_t i = c->n; i-- > 0;)
		if (now >= c->k[i].until || is_der(c->k[i].cert, der, len))
			forget(c, i);
	if (c->n < TVS_CACHE_MAX)
		return;
	for (size_t i = 1; i < c->n; i++)
		if (c->k[i].until < c->k[first].until)
			first = i;
	forget(c, first);
}

int
tvs_cache_put(struct tvs_cache *c, const struct tvs_known *k, int64_t now,
    struct err *e)
{
	struct tvs_known add = *k;

	if ((add.cert = cert_ref(k->cert)) == NULL)
		return err_set(e, ERR_NOMEM, "answer of TVS");
	make_room(c, k->cert, now);
	c->k[c->n++] = add;
	return ERR_OK;
}

/* --- the file --- */

static int
read_roles(struct tvs_known *k, const json_t *roles, struct err *e)
{
	size_t n = json_array_size(roles);

	if (n > ACCEPT_ROLES_MAX)
		return err_set(e, ERR_PROTO, "%zu roles", n);
	for (k->nroles = 0; k->nroles < n; k->nroles++) {
		const json_t *role = json_array_get(roles, k->nroles);
		json_int_t v = json_integer_value(role);

		if (!json_is_integer(role) || v < 0 || v > UINT8_MAX)
			return err_set(e, ERR_PROTO, "a role that cannot be");
		k->roles[k->nroles] = (uint8_t)v;
	}
	return ERR_OK;
}

static int
read_cert(struct tvs_known *k, const char *hex, struct err *e)
{
	size_t len = strlen(hex) / 2;
	int ret = ERR_OK;
	uint8_t *der;

	if (len > CERT_DER_MAX)
		return err_set(e, ERR_PROTO, "a certificate is too long");
	if ((der = malloc(len + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "certificate");
	if (!str_unhex(hex, der, len))
		ret = err_set(e, ERR_PROTO, "a certificate is not in hex");
	else if ((k->cert = cert_from_der(der, len, e)) == NULL)
		ret = ERR_PROTO;
	free(der);
	return ret;
}

static int
read_known(struct tvs_cache *c, json_t *j, struct err *e)
{
	struct tvs_known k = { .cert = NULL };
	const char *hex, *until, *from;
	json_error_t why;
	json_t *roles;
	int ret;

	if (json_unpack_ex(j, &why, 0, "{s:s, s:o, s:s, s:s}", "certificate",
	    &hex, "roles", &roles, "until", &until, "from", &from) == -1)
		return err_set(e, ERR_PROTO, "%s", why.text);
	(void)str_copy(k.from, sizeof(k.from), from);
	if ((ret = read_roles(&k, roles, e)) == ERR_OK &&
	    clock_rfc3339_parse(until, &k.until, e) != ERR_OK)
		ret = ERR_PROTO;
	if (ret == ERR_OK)
		ret = read_cert(&k, hex, e);
	if (ret == ERR_OK)
		c->k[c->n++] = k;
	return ret;
}

static int
read_all(struct tvs_cache *c, const uint8_t *buf, size_t len, struct err *e)
{
	const char *schema;
	json_error_t why;
	json_t *root, *all;
	int ret = ERR_OK;

	root = json_loadb((const char *)buf, len, JSON_REJECT_DUPLICATES,
	    &why);
	if (root == NULL || json_unpack_ex(root, &why, 0, "{s:s, s:o}",
	    "schema", &schema, "valid", &all) == -1)
		ret = err_set(e, ERR_PROTO, "line %d: %s", why.line, why.text);
	else if (strcmp(schema, CACHE_SCHEMA) != 0)
		ret = err_set(e, ERR_PROTO, "schema %.40s, not %s", schema,
		    CACHE_SCHEMA);
	else if (json_array_size(all) > TVS_CACHE_MAX)
		ret = err_set(e, ERR_PROTO, "%zu certificates, at most %d",
		    json_array_size(all), TVS_CACHE_MAX);
	for (size_t i = 0; ret == ERR_OK && i < json_array_size(all); i++)
		ret = read_known(c, json_array_get(all, i), e);
	json_decref(root);
	return ret;
}

int
tvs_cache_load(struct tvs_cache *c, int dirfd, struct err *e)
{
	uint8_t *buf;
	size_t len;
	int ret;

	ret = file_read(dirfd, TVS_CACHE_FILE, CACHE_JSON_MAX, &buf, &len, e);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	if ((ret = read_all(c, buf, len, e)) != ERR_OK) {
		tvs_cache_clear(c);
		(void)err_wrap(e, "%s", TVS_CACHE_FILE);
	}
	free(buf);
	return ret;
}

static json_t *
known_json(const struct tvs_known *k)
{
	char until[CLOCK_RFC3339_LEN], *hex;
	json_t *roles = json_array(), *j = NULL;
	const uint8_t *der;
	size_t len;

	for (size_t i = 0; i < k->nroles; i++)
		(void)json_array_append_new(roles, json_integer(k->roles[i]));
	clock_rfc3339(k->until, until);
	der = cert_der(k->cert, &len);
	if ((hex = malloc(2 * len + 1)) != NULL) {
		str_hex(der, len, hex);
		j = json_pack("{s:s, s:O, s:s, s:s}", "certificate", hex,
		    "roles", roles, "until", until, "from", k->from);
	}
	free(hex);
	json_decref(roles);
	return j;
}

int
tvs_cache_store(const struct tvs_cache *c, int dirfd, struct err *e)
{
	json_t *all = json_array(), *root;
	char *text = NULL;
	bool whole = true;
	int ret;

	for (size_t i = 0; i < c->n; i++)
		whole = json_array_append_new(all, known_json(&c->k[i])) ==
		    0 && whole;
	root = json_pack("{s:s, s:o}", "schema", CACHE_SCHEMA, "valid", all);
	if (root != NULL && whole)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, TVS_CACHE_FILE);
	ret = file_replace(dirfd, TVS_CACHE_FILE, 0600, text, strlen(text), e);
	free(text);
	return ret;
}
