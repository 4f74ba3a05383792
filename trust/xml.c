/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * XML through libxml2, see xml.h.  libxml2 does not expand entities unless it
 * is asked to, and a DOCTYPE ends the parse at its first byte; errors come
 * through callbacks, so nothing is ever printed.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/dict.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/render.h"
#include "trust/xml.h"

#define XML_INDENT_DEFAULT	"  "
#define XML_INDENT_MAX		64	/* bytes of one line's indentation */

struct xml_doc {
	xmlDoc	*doc;
	bool	 indented;	/* each element on a line of its own */
	char	 unit[16];	/* white space per level */
	bool	 built;		/* by xml_new: indented when it is whole */
	bool	 failed;	/* out of memory in a change */
};

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

static void
on_error(void *ctx, xmlErrorPtr err)
{
	/* Phone systems write attributes like xsi:type without declaring the
	 * prefix: well-formed XML 1.0, only namespaces are not. */
	if (err->level < XML_ERR_ERROR || err->domain == XML_FROM_NAMESPACE)
		return;
	parse_fail(ctx, err->code == XML_ERR_NO_MEMORY ? ERR_NOMEM :
	    ERR_PROTO, err->line, err->message != NULL ? err->message : "");
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

static bool
is_blank(const xmlNode *n)
{
	const char *s;

	if (n == NULL || n->type != XML_TEXT_NODE)
		return false;
	s = (const char *)n->content;
	return s == NULL || s[strspn(s, " \t\r\n")] == '\0';
}

/* The white space after the last line feed of blank text before n. */
static const char *
indent_before(const xmlNode *n)
{
	const char *s;

	if (n == NULL || !is_blank(n->prev) || n->prev->content == NULL)
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
	if (!str_is_utf8((const char *)buf, len)) {
		(void)err_set(e, ERR_PROTO, "%s: not UTF-8: convert the file",
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

struct xml_doc *
xml_new(const char *root, struct err *e)
{
	struct xml_doc *x = calloc(1, sizeof(*x));
	xmlNode *n = NULL;

	if (x != NULL && (x->doc = xmlNewDoc((const xmlChar *)"1.0")) != NULL)
		n = xmlNewDocNode(x->doc, NULL, (const xmlChar *)root, NULL);
	if (n == NULL) {
		(void)err_set(e, ERR_NOMEM, "%s", root);
		xml_free(x);
		return NULL;
	}
	(void)xmlDocSetRootElement(x->doc, n);
	/* Few names, many times. */
	if ((x->doc->dict = xmlDictCreate()) == NULL)
		x->failed = true;
	x->built = true;
	(void)str_copy(x->unit, sizeof(x->unit), XML_INDENT_DEFAULT);
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

void
xml_set_text(struct xml_doc *x, struct _xmlNode *n, const char *text)
{
	xmlNode *t;

	if (n == NULL)
		return;
	xmlNodeSetContent(n, NULL);	/* takes all children away */
	if (*text == '\0')
		return;
	if ((t = xmlNewDocText(x->doc, (const xmlChar *)text)) == NULL ||
	    xmlAddChild(n, t) == NULL)
		x->failed = true;
}

void
xml_set_attr(struct xml_doc *x, struct _xmlNode *n, const char *name,
    const char *value)
{
	xmlChar *old;
	bool same;

	if (n == NULL)
		return;
	old = xmlGetNoNsProp(n, (const xmlChar *)name);
	same = old != NULL && strcmp((const char *)old, value) == 0;
	xmlFree(old);
	if (!same && xmlSetProp(n, (const xmlChar *)name,
	    (const xmlChar *)value) == NULL)
		x->failed = true;
}

/* A line feed and the white space of that level, as a text node. */
static xmlNode *
new_indent(struct xml_doc *x, size_t level)
{
	char s[XML_INDENT_MAX + 2] = "\n";
	size_t o = 1, n = strlen(x->unit);

	for (; level > 0 && o + n < sizeof(s); level--, o += n)
		memcpy(s + o, x->unit, n + 1);
	return xmlNewDocText(x->doc, (const xmlChar *)s);
}

/* White space on one side of n, merged with text that stands there. */
static void
add_indent(struct xml_doc *x, xmlNode *n, size_t level, bool after)
{
	xmlNode *t = new_indent(x, level);

	if (t != NULL && (after ? xmlAddNextSibling(n, t) :
	    xmlAddPrevSibling(n, t)) != NULL)
		return;
	xmlFreeNode(t);
	x->failed = true;
}

static size_t
level_of(const xmlNode *n)
{
	size_t level = 0;

	for (n = n->parent; n != NULL && n->type == XML_ELEMENT_NODE;
	    n = n->parent)
		level++;
	return level;
}

struct _xmlNode *
xml_append(struct xml_doc *x, struct _xmlNode *parent, const char *name)
{
	size_t level;
	bool has_end;
	xmlNode *n;

	if (parent == NULL)
		return NULL;
	/* Blank text that ends parent keeps its place behind the new child. */
	has_end = x->indented && is_blank(parent->last);
	n = xmlNewDocNode(x->doc, parent->ns, (const xmlChar *)name, NULL);
	if (n == NULL || (has_end ? xmlAddPrevSibling(parent->last, n) :
	    xmlAddChild(parent, n)) == NULL) {
		xmlFreeNode(n);
		x->failed = true;
		return NULL;
	}
	if (!x->indented)
		return n;
	level = level_of(parent);
	add_indent(x, n, level + 1, false);
	if (!has_end)
		add_indent(x, n, level, true);
	return n;
}

void
xml_remove(struct _xmlNode *n)
{
	xmlNode *before = n->prev;

	if (is_blank(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
	xmlUnlinkNode(n);
	xmlFreeNode(n);
}

static void
link_before(xmlNode *n, xmlNode *t)
{
	t->parent = n->parent;
	t->prev = n->prev;
	t->next = n;
	if (n->prev != NULL)
		n->prev->next = t;
	else
		n->parent->children = t;
	n->prev = t;
}

static void
link_last(xmlNode *parent, xmlNode *t)
{
	t->parent = parent;
	t->prev = parent->last;
	parent->last->next = t;
	parent->last = t;
}

/* White space of a level, shared by all of that level. */
static xmlNode *
shared_indent(struct xml_doc *x, size_t level)
{
	char s[XML_INDENT_MAX + 2] = "\n";
	size_t o = 1, n = strlen(x->unit);
	xmlNode *t = xmlNewDocText(x->doc, NULL);

	for (; level > 0 && o + n < sizeof(s); level--, o += n)
		memcpy(s + o, x->unit, n + 1);
	if (t != NULL && (t->content = (xmlChar *)(uintptr_t)xmlDictLookup(
	    x->doc->dict, (const xmlChar *)s, (int)o)) == NULL) {
		xmlFreeNode(t);
		t = NULL;
	}
	if (t == NULL)
		x->failed = true;
	return t;
}

/* White space before each child element and behind the last: elements made
 * here hold elements or text, never both. */
static void
indent_below(struct xml_doc *x, xmlNode *parent, size_t level)
{
	xmlNode *t;

	if (parent->children == NULL ||
	    parent->children->type != XML_ELEMENT_NODE)
		return;
	for (xmlNode *n = parent->children; n != NULL; n = n->next) {
		if ((t = shared_indent(x, level + 1)) == NULL)
			return;
		link_before(n, t);
		indent_below(x, n, level + 1);
	}
	if ((t = shared_indent(x, level)) != NULL)
		link_last(parent, t);
}

/* Once, when all is there: what is changed from then on is in its place. */
static void
indent_built(struct xml_doc *x)
{
	if (!x->built || x->failed)
		return;
	indent_below(x, xml_root(x), 0);
	x->built = false;
	x->indented = true;
}

/* Depth is bounded by the parse. */
static void
empty_below(struct xml_doc *x, xmlNode *parent, xml_want *want, void *arg)
{
	xmlNode *next;

	for (xmlNode *n = parent->children; n != NULL; n = next) {
		next = n->next;
		if (n->type == XML_COMMENT_NODE || n->type == XML_PI_NODE) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		} else if (n->type == XML_ELEMENT_NODE) {
			for (xmlAttr *a = n->properties; a != NULL;
			    a = a->next)
				if (want(arg, (const char *)a->name,
				    xml_line(n)))
					xmlNodeSetContent((xmlNode *)a, NULL);
			if (want(arg, (const char *)n->name, xml_line(n)))
				xml_set_text(x, n, "");
			else
				empty_below(x, n, want, arg);
		}
	}
}

void
xml_empty(struct xml_doc *x, xml_want *want, void *arg)
{
	empty_below(x, (xmlNode *)x->doc, want, arg);
}

int
xml_digest(struct xml_doc *x, uint8_t out[32], struct err *e)
{
	xmlChar *mem = NULL;
	int n, ret;

	indent_built(x);
	n = xmlC14NDocDumpMemory(x->doc, NULL, XML_C14N_1_0, NULL, 0, &mem);
	if (n < 0)
		ret = err_set(e, ERR_PROTO, "no canonical form: a namespace "
		    "is not an absolute URI");
	else
		ret = digest_buf(DIGEST_SHA256, mem, (size_t)n, out, e);
	xmlFree(mem);
	return ret;
}

int
xml_write(struct xml_doc *x, uint8_t **out, size_t *outlen, struct err *e)
{
	xmlChar *mem = NULL;
	int n = 0, ret = ERR_OK;

	indent_built(x);
	if (!x->failed)
		xmlDocDumpMemoryEnc(x->doc, &mem, &n, "UTF-8");
	if (mem == NULL || n <= 0 || (*out = malloc((size_t)n + 1)) == NULL)
		ret = err_set(e, ERR_NOMEM, "phone configuration");
	else {
		memcpy(*out, mem, (size_t)n);
		(*out)[n] = '\0';
		*outlen = (size_t)n;
	}
	xmlFree(mem);
	return ret;
}
