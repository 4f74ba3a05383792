/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The minimal configuration, shared within the rendering of phone files.
 */
#ifndef TRUST_RENDER_MIN_H
#define TRUST_RENDER_MIN_H

#include "trust/render.h"
#include "trust/xml.h"

/* One value: the text of the first child of that name, added when missing,
 * left untouched when equal; further ones are removed. */
void	render_leaf(struct xml_doc *x, struct _xmlNode *parent,
	    const char *name, const char *value);

/* Add to an empty root what a phone needs besides the security elements. */
void	render_minimal(struct xml_doc *x, const struct render_env *env);

#endif
