/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration of a phone for which the administrator gave no file:
 * enough to find its servers and to register one line under its own name
 * (spec/phone-files.md section 5).
 */
#include <stdio.h>
#include <string.h>

#include "trust/render_min.h"

/* The phone registers with the servers of its device pool. */
#define PROXY_OF_POOL	"USECALLMANAGER"
#define FEATURE_LINE	"9"

void
render_leaf(struct xml_doc *x, struct _xmlNode *parent, const char *name,
    const char *value)
{
	struct _xmlNode *n = xml_first(parent, name), *more, *next;

	for (more = xml_next(n, name); more != NULL; more = next) {
		next = xml_next(more, name);
		xml_remove(more);
	}
	if (n == NULL)
		n = xml_append(x, parent, name);
	if (n != NULL && !xml_text_is(n, value))
		xml_set_text(x, n, value);
}

static void
leaf_u16(struct xml_doc *x, struct _xmlNode *parent, const char *name,
    uint16_t v)
{
	char s[8];

	(void)snprintf(s, sizeof(s), "%u", v);
	render_leaf(x, parent, name, s);
}

/* 0 IPv4, 1 IPv6, 2 both; a DNS name counts as IPv4. */
static const char *
ip_mode(const struct render_env *env)
{
	size_t v6 = 0;

	for (size_t i = 0; i < env->nserver; i++)
		if (strchr(env->server[i].address, ':') != NULL)
			v6++;
	return v6 == 0 ? "0" : v6 == env->nserver ? "1" : "2";
}

static void
add_call_manager(struct xml_doc *x, struct _xmlNode *members, size_t priority,
    const struct render_server *s)
{
	struct _xmlNode *member, *cm, *ports;
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", priority);
	member = xml_append(x, members, "member");
	xml_set_attr(x, member, "priority", text);
	cm = xml_append(x, member, "callManager");
	ports = xml_append(x, cm, "ports");
	leaf_u16(x, ports, "sipPort", s->sip_port);
	leaf_u16(x, ports, "securedSipPort", s->sips_port);
	render_leaf(x, cm, "processNodeName", s->address);
}

static void
add_pool(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	struct _xmlNode *n;

	n = xml_append(x, root, "devicePool");
	n = xml_append(x, n, "callManagerGroup");
	n = xml_append(x, n, "members");
	for (size_t i = 0; i < env->nserver; i++)
		add_call_manager(x, n, i, &env->server[i]);
}

static void
add_sip_profile(struct xml_doc *x, struct _xmlNode *root, const char *device)
{
	struct _xmlNode *sip, *n;

	sip = xml_append(x, root, "sipProfile");
	n = xml_append(x, sip, "sipProxies");
	render_leaf(x, n, "registerWithProxy", "true");
	render_leaf(x, sip, "phoneLabel", device);
	n = xml_append(x, sip, "sipLines");
	n = xml_append(x, n, "line");
	xml_set_attr(x, n, "button", "1");
	render_leaf(x, n, "featureID", FEATURE_LINE);
	render_leaf(x, n, "featureLabel", device);
	render_leaf(x, n, "proxy", PROXY_OF_POOL);
	render_leaf(x, n, "name", device);
	render_leaf(x, n, "displayName", device);
	render_leaf(x, n, "contact", device);
}

void
render_minimal(struct xml_doc *x, const struct render_env *env)
{
	struct _xmlNode *root = xml_root(x);

	render_leaf(x, root, "deviceProtocol", "SIP");
	render_leaf(x, root, "fullConfig", "true");
	render_leaf(x, root, "ipAddressMode", ip_mode(env));
	render_leaf(x, root, "transportLayerProtocol", "1");
	add_pool(x, root, env);
	add_sip_profile(x, root, env->device);
}
