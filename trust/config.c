/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a phone's configuration, see config.h.
 */
#include <stdlib.h>
#include <string.h>

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

static int
take_all(const struct _xmlNode *root, struct phone_config *c, struct err *e)
{
	char full[CONFIG_VALUE_MAX + 1] = "", encr[CONFIG_VALUE_MAX + 1] = "";
	const struct {
		const struct _xmlNode *n;
		char *out;
	} take[] = {
		{ xml_first(root, "fullConfig"), full },
		{ xml_first(root, "encrConfig"), encr },
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
