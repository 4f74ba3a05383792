/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Small XML documents of administrators, read, changed and written by
 * libxml2, which shows nowhere else.  No DTD, no entities but the five and
 * character references, no network, no XInclude, bounds of render.h.
 */
#ifndef TRUST_XML_H
#define TRUST_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct xml_doc;
struct _xmlNode;	/* libxml2's; belongs to its document */

/*
 * Read a document.  name is for messages.  xml_free() it.
 * NULL with e filled: ERR_PROTO "NAME: line N: reason" (not well-formed, a
 * DOCTYPE, not UTF-8), ERR_LIMIT (bytes, depth, nodes), ERR_NOMEM.
 */
struct xml_doc	*xml_parse(const uint8_t *buf, size_t len, const char *name,
		    struct err *e);
/* An empty one with that root, indented.  NULL: ERR_NOMEM. */
struct xml_doc	*xml_new(const char *root, struct err *e);
void		 xml_free(struct xml_doc *x);

struct _xmlNode	*xml_root(struct xml_doc *x);

/* The local name; is it this one, without a prefix? */
const char	*xml_name(const struct _xmlNode *n);
bool		 xml_is(const struct _xmlNode *n, const char *name);

/* Line of the element in what was parsed; 0 for one that was added. */
long		 xml_line(const struct _xmlNode *n);

/* First child element / next sibling element of that name (NULL: any);
 * names with a prefix never match. */
struct _xmlNode	*xml_first(const struct _xmlNode *n, const char *name);
struct _xmlNode	*xml_next(const struct _xmlNode *n, const char *name);

/* All text within; fresh (free()), NULL when out of memory. */
char		*xml_text(const struct _xmlNode *n);
/* The value of an attribute without prefix, "" where there is none; fresh
 * (free()), NULL when out of memory. */
char		*xml_attr(const struct _xmlNode *n, const char *name);
bool		 xml_text_is(const struct _xmlNode *n, const char *text);

/*
 * Changes.  The first failure (out of memory) sticks and is told by
 * xml_write(); NULL nodes are then taken and given.
 */
void		 xml_set_text(struct xml_doc *x, struct _xmlNode *n,
		    const char *text);
/* Set an attribute; one that is equal is left untouched. */
void		 xml_set_attr(struct xml_doc *x, struct _xmlNode *n,
		    const char *name, const char *value);
/* Add a last child element, indented as the document is. */
struct _xmlNode	*xml_append(struct xml_doc *x, struct _xmlNode *parent,
		    const char *name);
/* Remove an element with the white space before it. */
void		 xml_remove(struct _xmlNode *n);

/*
 * Leave only what keep() says: an attribute or element by its name, in being
 * asked for elements that hold elements (text NULL), else for their text.
 * All others are emptied, with all in them.  So are names with a prefix, text
 * beside elements and what namespaces are called, as which keep() is not
 * asked for but told (text NULL, "xmlns" for the last; told of nothing that
 * is empty).  Comments and processing instructions are removed.
 */
struct xml_keep {
	bool	(*keep)(void *arg, const char *name, const char *text);
	void	(*emptied)(void *arg, const char *name, long line);
	void	*arg;
};
void		 xml_keep_only(struct xml_doc *x, const struct xml_keep *k);

/*
 * SHA-256 of the canonical form without comments (Canonical XML 1.0).
 * ERR_PROTO when there is none: a namespace that is not an absolute URI.
 */
int		 xml_digest(struct xml_doc *x, uint8_t out[32],
		    struct err *e);

/* As UTF-8 with an XML declaration.  *out is the caller's (free()). */
int		 xml_write(struct xml_doc *x, uint8_t **out, size_t *outlen,
		    struct err *e);

#endif
