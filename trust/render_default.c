/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The file of phones that nobody added, see render.h (spec/phone-files.md
 * section 8).
 */
#include <stdio.h>
#include <string.h>

#include "trust/render_part.h"

#define GROUP		"Default"
#define MGCP_LISTEN	"2427"
#define MGCP_KEEPALIVE	"2428"

static void
add_ports(struct xml_doc *x, struct _xmlNode *cm,
    const struct render_server *s)
{
	struct _xmlNode *ports = xml_append(x, cm, "ports"), *mgcp;

	render_add_u16(x, ports, "ethernetPhonePort", s->sccp_port);
	render_add_u16(x, ports, "sipPort", s->sip_port);
	render_add_u16(x, ports, "securedSipPort", s->sips_port);
	mgcp = xml_append(x, ports, "mgcpPorts");
	(void)render_add(x, mgcp, "listen", MGCP_LISTEN);
	(void)render_add(x, mgcp, "keepAlive", MGCP_KEEPALIVE);
}

static void
add_group(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	struct _xmlNode *group = xml_append(x, root, "callManagerGroup");
	struct _xmlNode *members, *cm;

	(void)render_add(x, group, "name", GROUP);
	(void)render_add(x, group, "tftpDefault", "true");
	members = xml_append(x, group, "members");
	for (size_t i = 0; i < env->nserver; i++) {
		cm = xml_append(x, render_add_member(x, members, i),
		    "callManager");
		(void)render_add(x, cm, "name", env->server[i].address);
		add_ports(x, cm, &env->server[i]);
		(void)render_add(x, cm, "processNodeName",
		    env->server[i].address);
	}
}

/* Files that phones take spell it with a capital I; some newer tools do
 * not. */
static void
add_load(struct xml_doc *x, struct _xmlNode *root,
    const struct render_load *l)
{
	char text[64];
	struct _xmlNode *n;

	if (l->model->number == 0)
		return;
	(void)snprintf(text, sizeof(text), "loadInformation%d",
	    l->model->number);
	n = render_add(x, root, text, l->load);
	(void)snprintf(text, sizeof(text), "Cisco %s", l->model->name);
	xml_set_attr(x, n, "model", text);
}

int
render_default(const struct render_env *env, const struct render_load *load,
    size_t nload, uint8_t **out, size_t *outlen, struct err *e)
{
	struct _xmlNode *root;
	struct xml_doc *x;
	int ret;

	if ((ret = render_env_check(env, e)) != ERR_OK)
		return ret;
	if ((x = xml_new("Default", e)) == NULL)
		return ERR_NOMEM;
	root = xml_root(x);
	(void)render_add(x, root, "ipAddressMode", render_ip_mode(env));
	(void)render_add(x, root, "ipPreferenceModeControl", "0");
	(void)render_add(x, root, "ipMediaAddressFamilyPreference", "0");
	add_group(x, root, env);
	render_add_tvs(x, root, env);
	for (size_t i = 0; i < nload; i++)
		add_load(x, root, &load[i]);
	ret = xml_write(x, out, outlen, e);
	xml_free(x);
	return ret;
}
