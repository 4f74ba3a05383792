/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * libxml2's memory, see xml_part.h.  Phones' files carry passwords, which
 * libxml2 copies into buffers, nodes and dictionaries: whatever it gives back
 * is wiped, as much as it may have used (malloc_usable_size(3)).
 */
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlmemory.h>

#include "trust/xml_part.h"

static void
wipe_free(void *p)
{
	if (p == NULL)
		return;
	/* For buffers of kilobytes cheaper than secret_wipe(). */
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

/* Not realloc(), which leaves what it moves where it was. */
static void *
wipe_realloc(void *p, size_t n)
{
	size_t had = p != NULL ? malloc_usable_size(p) : 0;
	void *to;

	if (p != NULL && n <= had && n >= had / 2)
		return p;
	if ((to = malloc(n)) == NULL)
		return NULL;
	if (p != NULL)
		memcpy(to, p, had < n ? had : n);
	wipe_free(p);
	return to;
}

static void
start(void)
{
	(void)xmlMemSetup(wipe_free, malloc, wipe_realloc, strdup);
	xmlInitParser();	/* loops may come here together first */
}

void
xml_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, start);
}
