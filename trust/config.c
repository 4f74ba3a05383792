/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a phone's configuration, see config.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/config.h"
#include "trust/xml.h"

/* The text without the blanks around it; a value read before stays. */
static int
take_text(const struct _xmlNode *n, char out[CONFIG_VALUE_MAX + 1],
    struct err *e)
{
	const char *blank = " \t\r\n", *p;
	int ret = ERR_OK;
	size_t len;
	char *text;

	if (n == NULL || out[0] != '\0')
		return ERR_OK;
	if ((text = xml_text(n)) == NULL)
		return err_set(e, ERR_NOMEM, "configuration");
	p = text + strspn(text, blank);
	for (len = strlen(p); len > 0 && strchr(blank, p[len - 1]) != NULL;)
		len--;
	if (len > CONFIG_VALUE_MAX) {
		ret = err_set(e, ERR_LIMIT, "configuration: line %ld: %s has "
		    "%zu bytes, at most %d are taken", xml_line(n),
		    xml_name(n), len, CONFIG_VALUE_MAX);
	} else {
		memcpy(out, p, len);
		out[len] = '\0';
	}
	free(text);
	return ret;
}

/* File names, wherever they stand: in sipProfile on some models.  The depth
 * is bounded by xml_parse(). */
static int
take_files(const struct _xmlNode *n, struct phone_config *c, struct err *e)
{
	const struct _xmlNode *k;
	int ret = ERR_OK;

	for (k = xml_first(n, NULL); k != NULL && ret == ERR_OK;
	    k = xml_next(k, NULL)) {
		if (xml_is(k, "dialTemplate"))
			ret = take_text(k, c->dial_template, e);
		else if (xml_is(k, "softKeyFile"))
			ret = take_text(k, c->soft_key_file, e);
		else if (xml_is(k, "featurePolicyFile"))
			ret = take_text(k, c->feature_policy_file, e);
		else
			ret = take_files(k, c, e);
	}
	return ret;
}

static const struct _xmlNode *
child_of(const struct _xmlNode *n, const char *name, const char *below)
{
	n = xml_first(n, name);
	return n != NULL ? xml_first(n, below) : NULL;
}

/* The number in text, or def where there is none; false: another text, or
 * one below 0 or above max. */
static bool
take_number(const char *text, int64_t def, int64_t max, int64_t *v)
{
	*v = def;
	return text[0] == '\0' || str_to_i64(text, 0, max, v, NULL) == ERR_OK;
}

/* What the children of those names say; *usable: there is an address, and the
 * port is a number. */
static int
take_server(const struct _xmlNode *n, const char *host, const char *port,
    uint16_t def, struct config_server *t, bool *usable, struct err *e)
{
	char address[CONFIG_VALUE_MAX + 1] = "";
	char number[CONFIG_VALUE_MAX + 1] = "";
	int64_t v = 0;
	int ret;

	if ((ret = take_text(xml_first(n, host), address, e)) == ERR_OK)
		ret = take_text(xml_first(n, port), number, e);
	*usable = ret == ERR_OK && address[0] != '\0' &&
	    str_copy(t->address, sizeof(t->address), address) &&
	    take_number(number, def, UINT16_MAX, &v) && v > 0;
	t->port = (uint16_t)v;
	return ret;
}

/* *usable: the server is, and its priority is a number. */
static int
take_member(const struct _xmlNode *n, struct config_server *t,
    int64_t *priority, bool *usable, struct err *e)
{
	char *prio = xml_attr(n, "priority");
	int ret;

	if (prio == NULL)
		return err_set(e, ERR_NOMEM, "configuration");
	ret = take_server(n, "address", "port", CONFIG_TVS_PORT, t, usable, e);
	*usable = *usable && take_number(prio, 0, UINT16_MAX, priority);
	free(prio);
	return ret;
}

static int
take_tvs(const struct _xmlNode *root, struct phone_config *c, struct err *e)
{
	const struct _xmlNode *n = child_of(root, "TVS", "members");
	int64_t priority[CONFIG_TVS_MAX], p;
	struct config_server t;
	int ret = ERR_OK;
	bool usable = false;
	size_t i;

	for (n = n != NULL ? xml_first(n, "member") : NULL; n != NULL &&
	    c->ntvs < CONFIG_TVS_MAX; n = xml_next(n, "member")) {
		if ((ret = take_member(n, &t, &p, &usable, e)) != ERR_OK)
			break;
		if (!usable)
			continue;
		for (i = c->ntvs++; i > 0 && priority[i - 1] > p; i--) {
			priority[i] = priority[i - 1];
			c->tvs[i] = c->tvs[i - 1];
		}
		priority[i] = p;
		c->tvs[i] = t;
	}
	return ret;
}

/* A phone asks CAPF in the order of the list (spec/phone-files.md section
 * 5). */
static int
take_capf(const struct _xmlNode *root, struct phone_config *c, struct err *e)
{
	const struct _xmlNode *n = child_of(root, "capfList", "capf");
	struct config_server s;
	int ret = ERR_OK;
	bool usable;

	for (; n != NULL && c->ncapf < CONFIG_CAPF_MAX && ret == ERR_OK;
	    n = xml_next(n, "capf")) {
		ret = take_server(n, "processNodeName", "phonePort",
		    CONFIG_CAPF_PORT, &s, &usable, e);
		if (usable)
			c->capf[c->ncapf++] = s;
	}
	return ret;
}

/* Hex digits compare in lower case; other texts equal no hash anyway. */
static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'F')
			*s = (char)(*s - 'A' + 'a');
}

static enum config_capf
capf_auth(const char *text)
{
	int64_t v;

	return take_number(text, CONFIG_CAPF_NONE, CONFIG_CAPF_MIC, &v) ?
	    (enum config_capf)v : CONFIG_CAPF_NONE;
}

static int
take_all(const struct _xmlNode *root, struct phone_config *c, struct err *e)
{
	char full[CONFIG_VALUE_MAX + 1] = "", encr[CONFIG_VALUE_MAX + 1] = "";
	char auth[CONFIG_VALUE_MAX + 1] = "";
	const struct {
		const struct _xmlNode *n;
		char *out;
	} take[] = {
		{ xml_first(root, "fullConfig"), full },
		{ xml_first(root, "encrConfig"), encr },
		{ xml_first(root, "capfAuthMode"), auth },
		{ xml_first(root, "certHash"), c->cert_hash },
		{ xml_first(root, "loadInformation"), c->load },
		{ xml_first(root, "versionStamp"), c->version_stamp },
		{ child_of(root, "userLocale", "name"), c->user_locale },
		{ child_of(root, "networkLocaleInfo", "name"),
		    c->network_locale },
		{ xml_first(root, "networkLocale"), c->network_locale },
	};
	int ret = ERR_OK;

	for (size_t i = 0; i < sizeof(take) / sizeof(take[0]) &&
	    ret == ERR_OK; i++)
		ret = take_text(take[i].n, take[i].out, e);
	c->full_config = strcmp(full, "false") != 0;
	c->encr_config = strcmp(encr, "true") == 0;
	c->capf_auth = capf_auth(auth);
	lower(c->cert_hash);
	if (ret == ERR_OK && (ret = take_tvs(root, c, e)) == ERR_OK)
		ret = take_capf(root, c, e);
	return ret == ERR_OK ? take_files(root, c, e) : ret;
}

int
config_read(const uint8_t *xml, size_t len, struct phone_config *c,
    struct err *e)
{
	struct phone_config got = { 0 };
	struct err why = { 0 };
	const struct _xmlNode *root;
	struct xml_doc *x;
	int ret;

	if ((x = xml_parse(xml, len, "configuration", &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	root = xml_root(x);
	got.is_default = xml_is(root, "Default");
	if (!got.is_default && !xml_is(root, "device"))
		ret = err_set(e, ERR_PROTO, "configuration: line %ld: the "
		    "root element is %.40s, not device", xml_line(root),
		    xml_name(root));
	else
		ret = take_all(root, &got, e);
	if (ret == ERR_OK)
		*c = got;
	xml_free(x);
	return ret;
}
