/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading a phone's configuration, see config.h.  The parser is driven by
 * callbacks and builds no tree, so nothing grows with the file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "base/str.h"
#include "trust/config.h"

#define NAMED_DEPTH	3	/* levels whose element names we know */
#define KNOWN_NAME_MAX	32	/* bytes; longer names are none of ours */

/* depth 0: anywhere; dialTemplate stands in sipProfile on some models. */
static const struct config_field {
	const char	*name, *parent;
	unsigned	 depth;
	size_t		 off;
} config_fields[] = {
#define AT(m)	offsetof(struct phone_config, m)
	{ "loadInformation",	NULL, 2, AT(load) },
	{ "versionStamp",	NULL, 2, AT(version_stamp) },
	{ "name",		"userLocale", 3, AT(user_locale) },
	{ "name",		"networkLocaleInfo", 3, AT(network_locale) },
	{ "dialTemplate",	NULL, 0, AT(dial_template) },
	{ "softKeyFile",	NULL, 0, AT(soft_key_file) },
	{ "featurePolicyFile",	NULL, 0, AT(feature_policy_file) },
#undef AT
};

struct config_reader {
	xmlParserCtxtPtr	 ctxt;
	struct phone_config	 c;
	char			 full[CONFIG_VALUE_MAX + 1];
	char			 encr[CONFIG_VALUE_MAX + 1];
	char			 locale[CONFIG_VALUE_MAX + 1];
	char			 name[NAMED_DEPTH + 1][KNOWN_NAME_MAX];
	unsigned		 depth;
	char			*value;		/* being filled, or NULL */
	unsigned		 value_depth;
	size_t			 value_len;
	int			 code;		/* first fault */
	struct err		*e;
};

static void __attribute__((format(printf, 3, 4)))
fault(struct config_reader *r, int code, const char *fmt, ...)
{
	char text[200], shown[200];
	va_list ap;
	size_t n;

	if (r->code != ERR_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (n = strlen(text); n > 0 && text[n - 1] == '\n';)
		n--;
	/* The parser quotes the file, which may hold anything. */
	str_visible(text, n, shown, sizeof(shown));
	r->code = err_set(r->e, code, "line %d: %s",
	    r->ctxt->input != NULL ? r->ctxt->input->line : 0, shown);
	xmlStopParser(r->ctxt);
}

/* The buffer that an element's text goes to, or NULL. */
static char *
field_of(struct config_reader *r)
{
	const char *name;

	if (r->depth > NAMED_DEPTH)
		name = r->name[NAMED_DEPTH];
	else
		name = r->name[r->depth - 1];
	if (r->depth == 2 && strcmp(name, "fullConfig") == 0)
		return r->full;
	if (r->depth == 2 && strcmp(name, "encrConfig") == 0)
		return r->encr;
	if (r->depth == 2 && strcmp(name, "networkLocale") == 0)
		return r->locale;
	for (size_t i = 0; i < sizeof(config_fields) /
	    sizeof(config_fields[0]); i++) {
		const struct config_field *f = &config_fields[i];

		if (strcmp(name, f->name) == 0 &&
		    (f->depth == 0 || f->depth == r->depth) &&
		    (f->parent == NULL ||
		    strcmp(r->name[r->depth - 2], f->parent) == 0))
			return (char *)&r->c + f->off;
	}
	return NULL;
}

static void
on_start(void *arg, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int nattr, int ndefault,
    const xmlChar **attr)
{
	struct config_reader *r = arg;
	unsigned at;
	char *value;

	(void)prefix, (void)uri, (void)nns, (void)ns;
	(void)nattr, (void)ndefault, (void)attr;
	if (++r->depth > CONFIG_DEPTH_MAX) {
		fault(r, ERR_LIMIT, "elements are nested deeper than %d",
		    CONFIG_DEPTH_MAX);
		return;
	}
	at = r->depth > NAMED_DEPTH ? NAMED_DEPTH : r->depth - 1;
	if (!str_copy(r->name[at], sizeof(r->name[at]), (const char *)local))
		r->name[at][0] = '\0';
	if (r->depth == 1) {
		r->c.is_default = strcmp(r->name[0], "Default") == 0;
		if (!r->c.is_default && strcmp(r->name[0], "device") != 0)
			fault(r, ERR_PROTO, "the root element is %s, not "
			    "device", (const char *)local);
		return;
	}
	if (r->value == NULL && (value = field_of(r)) != NULL &&
	    value[0] == '\0') {
		r->value = value;
		r->value_depth = r->depth;
		r->value_len = 0;
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
on_end(void *arg, const xmlChar *local, const xmlChar *prefix,
    const xmlChar *uri)
{
	struct config_reader *r = arg;

	(void)local, (void)prefix, (void)uri;
	if (r->value != NULL && r->value_depth == r->depth) {
		while (r->value_len > 0 &&
		    is_blank(r->value[r->value_len - 1]))
			r->value_len--;
		r->value[r->value_len] = '\0';
		r->value = NULL;
	}
	r->depth--;
}

static void
on_text(void *arg, const xmlChar *text, int n)
{
	struct config_reader *r = arg;
	const char *p = (const char *)text, *end = p + n;

	if (r->value == NULL || r->value_depth != r->depth)
		return;
	for (; p < end; p++) {
		if (r->value_len == 0 && is_blank(*p))
			continue;
		if (r->value_len == CONFIG_VALUE_MAX) {
			fault(r, ERR_LIMIT, "the text of an element is longer "
			    "than %d bytes", CONFIG_VALUE_MAX);
			return;
		}
		r->value[r->value_len++] = *p;
	}
	r->value[r->value_len] = '\0';
}

/* Called at "<!DOCTYPE", before anything in it is read. */
static void
on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	fault(arg, ERR_PROTO, "a DOCTYPE is not accepted");
}

static void
on_error(void *arg, xmlErrorPtr x)
{
	struct config_reader *r = arg;

	if (x->level == XML_ERR_FATAL)
		fault(r, ERR_PROTO, "%s",
		    x->message != NULL ? x->message : "not well-formed");
}

static void
finish(const struct config_reader *r, struct phone_config *c)
{
	*c = r->c;
	c->full_config = strcmp(r->full, "false") != 0;
	c->encr_config = strcmp(r->encr, "true") == 0;
	if (c->network_locale[0] == '\0')
		(void)str_copy(c->network_locale, sizeof(c->network_locale),
		    r->locale);
}

int
config_read(const uint8_t *xml, size_t len, struct phone_config *c,
    struct err *e)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
		.serror = on_error,
	};
	struct config_reader r = { .e = e };

	if (len == 0)
		return err_set(e, ERR_PROTO, "the file is empty");
	if (len > CONFIG_XML_MAX)
		return err_set(e, ERR_LIMIT, "%zu bytes, a configuration has "
		    "at most %u", len, CONFIG_XML_MAX);
	if (!str_is_utf8((const char *)xml, len))
		return err_set(e, ERR_PROTO, "not UTF-8 text");
	if ((r.ctxt = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL)) ==
	    NULL)
		return err_set(e, ERR_NOMEM, "XML parser");
	(void)xmlCtxtUseOptions(r.ctxt, XML_PARSE_NONET);
	(void)xmlParseChunk(r.ctxt, (const char *)xml, (int)len, 1);
	if (r.code == ERR_OK && !r.ctxt->wellFormed)
		r.code = err_set(e, ERR_PROTO, "not well-formed XML");
	if (r.code == ERR_OK)
		finish(&r, c);
	xmlFreeParserCtxt(r.ctxt);
	return r.code;
}
