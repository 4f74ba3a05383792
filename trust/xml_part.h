/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What xml.c, which reads, xml_edit.c, which changes and writes, and xml_mem.c
 * share.
 */
#ifndef TRUST_XML_PART_H
#define TRUST_XML_PART_H

#include <libxml/tree.h>

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

/* Before any use of libxml2: from then on it wipes what it frees. */
void	xml_library(void);

/* Text of white space alone; false for NULL. */
bool	xml_is_blank(const xmlNode *n);

#endif
