/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a phone turns to when no server answers: srstInfo, below devicePool
 * as public samples of phone files have it [G].  Names of elements and values
 * are unverified [?] (spec/phone-files.md section 5); where the certificate
 * stands, and the name of its element, too [?].
 *
 * A phone reaches the gateway without TLS as well (the reference's rule in a
 * cluster in non-secure mode, spec/security-settings.md section 9), so the
 * reference is always written; isSecure is true, and the certificate there,
 * only when all conditions hold (trust/srst.h).
 */
#include <stdio.h>

#include "trust/render_part.h"

#define CERTIFICATE	"certificate"
#define NADDRESS	3

static void
set_number(struct xml_doc *x, struct _xmlNode *n, const char *name, int i,
    uint16_t port)
{
	char element[24], text[8];

	(void)snprintf(element, sizeof(element), "%s%d", name, i);
	(void)snprintf(text, sizeof(text), "%u", port);
	render_leaf(x, n, element, text);
}

/* ipAddr1 to 3 with their ports: the first is the gateway, the others are
 * empty. */
static void
set_addresses(struct xml_doc *x, struct _xmlNode *n, const char *address,
    const char *addr_name, const char *port_name, uint16_t port)
{
	char element[24];

	for (int i = 1; i <= NADDRESS; i++) {
		(void)snprintf(element, sizeof(element), "%s%d", addr_name,
		    i);
		render_leaf(x, n, element, i == 1 ? address : "");
		set_number(x, n, port_name, i, port);
	}
}

void
render_srst_set(struct xml_doc *x, struct _xmlNode *pool,
    const struct render_env *env)
{
	const struct render_srst *s = env->srst;
	bool secure = s->certificate != NULL && render_secure(env);
	struct _xmlNode *n = xml_first(pool, "srstInfo"), *old;

	if (n == NULL)
		n = xml_append(x, pool, "srstInfo");
	render_leaf(x, n, "srstOption", "Enable");	/* [?] */
	set_addresses(x, n, s->address, "ipAddr", "port", s->port);
	set_addresses(x, n, s->sip_address, "sipIpAddr", "sipPort",
	    s->sip_port);
	render_leaf(x, n, "isSecure", secure ? "true" : "false");
	if (secure)
		render_leaf(x, n, CERTIFICATE, s->certificate);	/* [?] */
	else
		while ((old = xml_first(n, CERTIFICATE)) != NULL)
			xml_remove(old);
}
