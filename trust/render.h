/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configuration files (spec/phone-files.md section 5): from model and
 * node addresses, or the administrator's own XML with only its security
 * elements set.  The only file that includes libxml2.  No entities, no
 * network, bounded.
 */
#ifndef TRUST_RENDER_H
#define TRUST_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RENDER_XML_MAX	(1u << 20)	/* bytes of an administrator's file */
#define RENDER_DEPTH_MAX	64
#define RENDER_NODES_MAX	20000
#define RENDER_SERVERS_MAX	5	/* members of a group */

struct render_server {
	const char	*address;	/* <= 50 characters */
	uint16_t	 tvs_port, capf_port, sip_port, sips_port;
};

struct render_env {
	const char		*device;	/* SEP0011223344AA */
	const char		*model;		/* "" unknown */
	struct render_server	 server[RENDER_SERVERS_MAX];
	size_t			 nserver;
};

/*
 * Check an administrator's XML: well-formed, root element device, no DOCTYPE,
 * no entities but the five and character references, bounds above, UTF-8.
 * *advice (fresh text or NULL, free()): what will be written otherwise than
 * the file says, one line each, for env; only values that the file gives, and
 * never versionStamp, which is always ours.  env NULL: some server.  name is
 * for messages.  What passes here render_config() renders.
 * ERR_PROTO with line and reason; ERR_LIMIT.
 */
int	render_check(const struct render_env *env, const uint8_t *xml,
	    size_t len, const char *name, char **advice, struct err *e);

/*
 * The file a phone gets.  xml NULL: the minimal configuration; else the
 * administrator's with the security elements set and all else preserved
 * (comments, order, unknown elements).  Deterministic; versionStamp is a UUID
 * from the SHA-256 of the document without it.  *out is the caller's.
 */
int	render_config(const struct render_env *env, const uint8_t *xml,
	    size_t len, uint8_t **out, size_t *outlen, struct err *e);

#endif
