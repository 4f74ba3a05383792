/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading XML through libxml2, see xml.h.  libxml2 does not expand entities unless it
 * is asked to, and a DOCTYPE ends the parse at its first byte; errors come
 * through callbacks, so nothing is ever printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "base/str.h"
#include "trust/render.h"
#include "trust/xml_part.h"

/* What a parse must remember; the context's _private. */
struct parse {
	const char	*name;
	size_t		 nodes;
	int		 code;		/* ERR_OK while sound */
	struct err	*e;
};

static void
parse_fail(xmlParserCtxt *c, int code, long line, const char *why)
{
	struct parse *p = c->_private;
	char clean[160];

	if (p->code != ERR_OK)
		return;			/* the first one is the cause */
	str_visible(why, strcspn(why, "\n"), clean, sizeof(clean));
	p->code = err_set(p->e, code, "%s: line %ld: %s", p->name, line,
	    clean);
}

/* c->input is NULL once libxml2 has left the document. */
static long
parse_line(const xmlParserCtxt *c)
{
	return c->input != NULL ? c->input->line : 0;
}

static void
parse_stop(xmlParserCtxt *c, int code, const char *why)
{
	parse_fail(c, code, parse_line(c), why);
	xmlStopParser(c);
}

/*
 * What libxml2 says, but for words of the document: a password with a bare <
 * or & in it looks like a tag or an entity, and must not come into a log.  The
 * line says where to look.
 */
static void
error_text(const xmlError *err, char *out, size_t outlen)
{
	const char *why;

	switch (err->code) {
	case XML_ERR_UNDECLARED_ENTITY:
	case XML_WAR_UNDECLARED_ENTITY:
		why = "an entity that is not known: in text write &amp; for &";
		break;
	case XML_ERR_TAG_NAME_MISMATCH:
		(void)snprintf(out, outlen, "an end tag of another element "
		    "than the one that begins in line %d", err->int1);
		return;
	case XML_ERR_TAG_NOT_FINISHED:
		(void)snprintf(out, outlen, "the file ends within an element "
		    "that begins in line %d", err->int1);
		return;
	case XML_ERR_ATTRIBUTE_WITHOUT_VALUE:
	case XML_ERR_GT_REQUIRED:
		why = "a tag that is not whole: in text write &lt; for <";
		break;
	case XML_ERR_ATTRIBUTE_REDEFINED:
		why = "an attribute stands there twice";
		break;
	case XML_ERR_HYPHEN_IN_COMMENT:
		why = "-- within a comment";
		break;
	case XML_ERR_UNSUPPORTED_ENCODING:
		why = "an encoding that is not known: only UTF-8 is taken";
		break;
	default:
		why = err->str1 != NULL || err->str2 != NULL ||
		    err->message == NULL ? "not well-formed" : err->message;
		break;
	}
	(void)snprintf(out, outlen, "%s", why);
}

static void
on_error(void *ctx, xmlErrorPtr err)
{
	char why[160];

	/* Phone systems write attributes like xsi:type without declaring the
	 * prefix: well-formed XML 1.0, only namespaces are not. */
	if (err->level < XML_ERR_ERROR || err->domain == XML_FROM_NAMESPACE)
		return;
	error_text(err, why, sizeof(why));
	parse_fail(ctx, err->code == XML_ERR_NO_MEMORY ? ERR_NOMEM :
	    ERR_PROTO, err->line, why);
}

/* Called at "<!DOCTYPE name", before anything in it is read. */
static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	parse_stop(ctx, ERR_PROTO, "a DOCTYPE is not taken: remove it");
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
    const xmlChar *uri, int nns, const xmlChar **ns, int nattr, int ndef,
    const xmlChar **attr)
{
	xmlParserCtxt *c = ctx;
	struct parse *p = c->_private;

	p->nodes += 1 + (size_t)nns + (size_t)nattr;
	if (c->nodeNr >= RENDER_DEPTH_MAX)
		parse_stop(c, ERR_LIMIT, "elements are nested too deep");
	else if (p->nodes > RENDER_NODES_MAX)
		parse_stop(c, ERR_LIMIT, "too many elements and attributes");
	else
		xmlSAX2StartElementNs(ctx, name, prefix, uri, nns, ns, nattr,
		    ndef, attr);
}

static void
ignore_error(void *arg, xmlErrorPtr err)
{
	(void)arg;
	(void)err;
}

static xmlDoc *
parse_tree(const uint8_t *buf, size_t len, struct parse *p)
{
	xmlParserCtxt *c;
	xmlDoc *doc;

	xml_library();
	/* Thread-local: what has no context of ours must not print either. */
	xmlSetStructuredErrorFunc(NULL, ignore_error);
	if ((c = xmlNewParserCtxt()) == NULL) {
		p->code = err_set(p->e, ERR_NOMEM, "%s", p->name);
		return NULL;
	}
	c->_private = p;
	c->sax->serror = on_error;
	c->sax->internalSubset = on_doctype;
	c->sax->startElementNs = on_start;
	doc = xmlCtxtReadMemory(c, (const char *)buf, (int)len, NULL, NULL,
	    XML_PARSE_NONET);
	if (doc == NULL)
		parse_fail(c, ERR_PROTO, parse_line(c), "not well-formed");
	else if (doc->intSubset != NULL || doc->extSubset != NULL)
		parse_fail(c, ERR_PROTO, 1, "a DOCTYPE is not taken");
	if (p->code != ERR_OK && doc != NULL) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(c);
	return doc;
}

static int
check_encoding(const xmlDoc *doc, const char *name, struct err *e)
{
	const char *enc = (const char *)doc->encoding;

	if (enc == NULL || str_ieq(enc, "UTF-8") || str_ieq(enc, "US-ASCII") ||
	    str_ieq(enc, "ASCII"))
		return ERR_OK;
	return err_set(e, ERR_PROTO, "%s: line 1: encoding %.40s: only UTF-8 "
	    "is taken, convert the file", name, enc);
}

/* The white space after the last line feed of blank text before n. */
static const char *
indent_before(const xmlNode *n)
{
	const char *s;

	if (n == NULL || !xml_is_blank(n->prev) || n->prev->content == NULL)
		return NULL;
	s = strrchr((const char *)n->prev->content, '\n');
	return s != NULL ? s + 1 : NULL;
}

/* Children of the root are one level deep: their indentation is the unit. */
static void
learn_indent(struct xml_doc *x)
{
	const xmlNode *first = xml_first(xml_root(x), NULL);
	const char *s = indent_before(first);

	x->indented = first == NULL || s != NULL;
	if (s == NULL || !str_copy(x->unit, sizeof(x->unit), s))
		(void)str_copy(x->unit, sizeof(x->unit), XML_INDENT_DEFAULT);
}

/* libxml2 compares each attribute of an element with all before it, and only
 * then says how many there are, which takes seconds. */
static bool
has_many_equals(const uint8_t *buf, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += buf[i] == '=';
	return n > 2 * RENDER_NODES_MAX;
}

struct xml_doc *
xml_parse(const uint8_t *buf, size_t len, const char *name, struct err *e)
{
	struct parse p = { .name = name, .e = e };
	struct xml_doc *x;

	if (len == 0) {
		(void)err_set(e, ERR_PROTO, "%s: empty", name);
		return NULL;
	}
	if (len > RENDER_XML_MAX) {
		(void)err_set(e, ERR_LIMIT, "%s: %zu bytes, at most %u are "
		    "taken", name, len, RENDER_XML_MAX);
		return NULL;
	}
	if (has_many_equals(buf, len)) {
		(void)err_set(e, ERR_LIMIT, "%s: too many elements and "
		    "attributes", name);
		return NULL;
	}
	if (!str_is_utf8((const char *)buf, len)) {
		(void)err_set(e, ERR_PROTO, "%s: not UTF-8: convert "
		    "the file, as by iconv -f ISO-8859-1 -t UTF-8",
		    name);
		return NULL;
	}
	if ((x = calloc(1, sizeof(*x))) == NULL) {
		(void)err_set(e, ERR_NOMEM, "%s", name);
		return NULL;
	}
	if ((x->doc = parse_tree(buf, len, &p)) == NULL ||
	    check_encoding(x->doc, name, e) != ERR_OK) {
		xml_free(x);
		return NULL;
	}
	learn_indent(x);
	return x;
}

void
xml_free(struct xml_doc *x)
{
	if (x == NULL)
		return;
	if (x->doc != NULL)
		xmlFreeDoc(x->doc);
	free(x);
}

struct _xmlNode *
xml_root(struct xml_doc *x)
{
	return xmlDocGetRootElement(x->doc);
}

const char *
xml_name(const struct _xmlNode *n)
{
	return (const char *)n->name;
}

long
xml_line(const struct _xmlNode *n)
{
	return xmlGetLineNo(n);
}

bool
xml_is(const struct _xmlNode *n, const char *name)
{
	return strcmp((const char *)n->name, name) == 0 &&
	    (n->ns == NULL || n->ns->prefix == NULL);
}

/* From n on, n included. */
static xmlNode *
find_element(xmlNode *n, const char *name)
{
	for (; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    (name == NULL || xml_is(n, name)))
			return n;
	return NULL;
}

struct _xmlNode *
xml_first(const struct _xmlNode *n, const char *name)
{
	return n == NULL ? NULL : find_element(n->children, name);
}

struct _xmlNode *
xml_next(const struct _xmlNode *n, const char *name)
{
	return n == NULL ? NULL : find_element(n->next, name);
}

char *
xml_text(const struct _xmlNode *n)
{
	xmlChar *s = xmlNodeGetContent(n);
	char *copy = s != NULL ? strdup((const char *)s) : NULL;

	xmlFree(s);
	return copy;
}

bool
xml_text_is(const struct _xmlNode *n, const char *text)
{
	xmlChar *s = xmlNodeGetContent(n);
	bool same = s != NULL && strcmp((const char *)s, text) == 0;

	xmlFree(s);
	return same;
}

char *
xml_attr(const struct _xmlNode *n, const char *name)
{
	xmlChar *s = xmlGetNoNsProp(n, (const xmlChar *)name);
	char *copy = strdup(s != NULL ? (const char *)s : "");

	xmlFree(s);
	return copy;
}
