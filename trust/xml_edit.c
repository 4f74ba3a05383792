/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Changing and writing XML through libxml2, see xml.h.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/dict.h>
#include <libxml/parser.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/xml_part.h"

bool
xml_is_blank(const xmlNode *n)
{
	const char *s;

	if (n == NULL || n->type != XML_TEXT_NODE)
		return false;
	s = (const char *)n->content;
	return s == NULL || s[strspn(s, " \t\r\n")] == '\0';
}

struct xml_doc *
xml_new(const char *root, struct err *e)
{
	struct xml_doc *x = calloc(1, sizeof(*x));
	xmlNode *n = NULL;

	xml_library();
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
	has_end = x->indented && xml_is_blank(parent->last);
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

	if (xml_is_blank(before)) {
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

/* --- leaving only what is known --- */

static bool
has_prefix(const xmlNode *n)
{
	return n->ns != NULL && n->ns->prefix != NULL;
}

static bool
is_leaf(const xmlNode *n)
{
	return n->type == XML_ATTRIBUTE_NODE || xml_first(n, NULL) == NULL;
}

/* Nothing stands in it that could be taken away. */
static bool
is_empty(const xmlNode *n)
{
	return n->children == NULL || (n->children == n->last &&
	    xml_is_blank(n->children));
}

/* No memory to look is as good as a reason. */
static bool
is_kept(const xmlNode *n, const struct xml_keep *k)
{
	bool leaf = is_leaf(n), yes;
	xmlChar *s;

	if (has_prefix(n))
		return false;
	s = leaf ? xmlNodeGetContent(n) : NULL;
	yes = (!leaf || s != NULL) && k->keep(k->arg, (const char *)n->name,
	    (const char *)s);
	xmlFree(s);
	return yes;
}

/* What an empty one would mean is known only of names without a prefix. */
static void
keep_attributes(xmlNode *n, const struct xml_keep *k)
{
	xmlAttr *next;

	for (xmlAttr *a = n->properties; a != NULL; a = next) {
		next = a->next;
		if (!has_prefix((xmlNode *)a) && (a->children == NULL ||
		    is_kept((xmlNode *)a, k)))
			continue;
		k->emptied(k->arg, (const char *)a->name, xml_line(n));
		if (has_prefix((xmlNode *)a))
			(void)xmlRemoveProp(a);
		else
			xmlNodeSetContent((xmlNode *)a, NULL);
	}
}

/* An absolute URI again, or there is no canonical form. */
static void
name_namespaces(struct xml_doc *x, xmlNode *n, const struct xml_keep *k)
{
	xmlChar *href;

	for (xmlNs *ns = n->nsDef; ns != NULL; ns = ns->next) {
		if (ns->href == NULL || ns->href[0] == '\0')
			continue;
		href = xmlStrncatNew((const xmlChar *)"urn:none:",
		    ns->prefix != NULL ? ns->prefix : (const xmlChar *)"x",
		    -1);
		if (href == NULL) {
			x->failed = true;
			return;
		}
		if (!xmlStrEqual(href, ns->href))
			k->emptied(k->arg, "xmlns", xml_line(n));
		xmlFree((xmlChar *)(uintptr_t)ns->href);
		ns->href = href;
	}
}

/* Depth is bounded by the parse. */
static void	keep_below(struct xml_doc *, xmlNode *,
		    const struct xml_keep *);

static void
keep_element(struct xml_doc *x, xmlNode *n, const struct xml_keep *k)
{
	name_namespaces(x, n, k);
	keep_attributes(n, k);
	if (is_empty(n))
		return;
	if (!is_kept(n, k)) {
		k->emptied(k->arg, (const char *)n->name, xml_line(n));
		xml_set_text(x, n, "");
	} else
		keep_below(x, n, k);
}

static void
keep_below(struct xml_doc *x, xmlNode *parent, const struct xml_keep *k)
{
	bool mixed = parent->type == XML_ELEMENT_NODE && !is_leaf(parent);
	xmlNode *next;

	for (xmlNode *n = parent->children; n != NULL; n = next) {
		next = n->next;
		if (n->type == XML_ELEMENT_NODE) {
			keep_element(x, n, k);
			continue;
		}
		if (n->type == XML_TEXT_NODE || n->type ==
		    XML_CDATA_SECTION_NODE) {
			if (!mixed || xml_is_blank(n))
				continue;
			k->emptied(k->arg, (const char *)parent->name,
			    xml_line(parent));
		}
		xmlUnlinkNode(n);
		xmlFreeNode(n);
	}
}

void
xml_keep_only(struct xml_doc *x, const struct xml_keep *k)
{
	keep_below(x, (xmlNode *)x->doc, k);
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
