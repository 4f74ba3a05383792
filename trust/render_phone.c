/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The whole configuration of a phone for which the administrator gave no
 * file, from its settings (spec/phone-files.md section 5).  What nobody set
 * is left out, so that the phone's firmware has its way.  Elements that the
 * spec does not name are general knowledge [G] or unsure [?].
 */
#include <string.h>

#include "trust/render_part.h"

/* The phone registers with the servers of its device pool. */
#define PROXY_OF_POOL	"USECALLMANAGER"
#define FEATURE_LINE	"9"
#define LOCALE_UID	"1"		/* [G] */
#define LOCALE_CHARSET	"utf-8"		/* [G] */
#define RESUMPTION_S	"3600"

static bool
is_sip(const struct render_env *env)
{
	return env->phone == NULL ||
	    env->phone->phone.protocol == PROTOCOL_SIP;
}

/* The element of a setting, if there is a value for it. */
static void
add_setting(struct xml_doc *x, struct _xmlNode *parent,
    const struct render_env *env, enum setting_id id)
{
	const char *value = setting_get(id)->words != NULL ?
	    render_code(env, id) : render_value(env, id);

	render_add_some(x, parent, render_element(id), value);
}

/* --- call managers --- */

static void
add_ports(struct xml_doc *x, struct _xmlNode *cm,
    const struct render_env *env, const struct render_server *s)
{
	struct _xmlNode *ports = xml_append(x, cm, "ports");

	if (is_sip(env)) {
		render_add_u16(x, ports, "sipPort", s->sip_port);
		render_add_u16(x, ports, "securedSipPort", s->sips_port);
	} else {
		render_add_u16(x, ports, "ethernetPhonePort", s->sccp_port);
		render_add_u16(x, ports, "securedEthernetPhonePort",
		    s->sccps_port);			/* [?] */
	}
}

static void
add_pool(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	struct _xmlNode *pool, *n, *cm;

	pool = xml_append(x, root, "devicePool");
	n = xml_append(x, pool, "callManagerGroup");
	n = xml_append(x, n, "members");
	for (size_t i = 0; i < env->nserver; i++) {
		cm = xml_append(x, render_add_member(x, n, i),
		    "callManager");
		add_ports(x, cm, env, &env->server[i]);
		(void)render_add(x, cm, "processNodeName",
		    env->server[i].address);
	}
	if (env->srst != NULL)
		render_srst_set(x, pool, env);
}

/* --- SIP --- */

static const char *
or_else(const char *a, const char *b)
{
	return a[0] != '\0' ? a : b;
}

static void
add_line(struct xml_doc *x, struct _xmlNode *lines,
    const struct render_env *env)
{
	const char *number = or_else(render_value(env,
	    SETTING_DIRECTORY_NUMBER), env->device);
	struct _xmlNode *n = xml_append(x, lines, "line");

	xml_set_attr(x, n, "button", "1");
	(void)render_add(x, n, "featureID", FEATURE_LINE);
	(void)render_add(x, n, "featureLabel", number);
	(void)render_add(x, n, "proxy", PROXY_OF_POOL);
	(void)render_add(x, n, "name", number);
	(void)render_add(x, n, "displayName", or_else(render_value(env,
	    SETTING_DISPLAY_NAME), number));
	if (render_secrets_wanted(env) & RENDER_DIGEST) {
		render_add_some(x, n, "authName", env->secret.auth_name);
		render_add_some(x, n, "authPassword",
		    env->secret.auth_password);
	}
	(void)render_add(x, n, "contact", env->device);
}

/* A line of another's proxy is another's account. */
static bool
is_ours(const struct _xmlNode *line)
{
	const struct _xmlNode *proxy = xml_first(line, "proxy");

	return proxy == NULL || xml_text_is(proxy, "") ||
	    xml_text_is(proxy, PROXY_OF_POOL);
}

void
render_lines_set(struct xml_doc *x, const struct render_env *env)
{
	struct _xmlNode *n;

	if (env->secret.auth_name == NULL ||
	    !(render_secrets_wanted(env) & RENDER_DIGEST))
		return;
	n = xml_first(xml_root(x), "sipProfile");
	n = n != NULL ? xml_first(n, "sipLines") : NULL;
	n = n != NULL ? xml_first(n, "line") : NULL;
	for (; n != NULL; n = xml_next(n, "line"))
		if (is_ours(n)) {
			render_leaf(x, n, "authName", env->secret.auth_name);
			render_leaf(x, n, "authPassword",
			    env->secret.auth_password);
		}
}

static void
add_sip_profile(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	const char *transport = render_value(env, SETTING_TRANSPORT);
	struct _xmlNode *sip, *n;

	sip = xml_append(x, root, "sipProfile");
	n = xml_append(x, sip, "sipProxies");
	(void)render_add(x, n, "registerWithProxy", "true");
	(void)render_add(x, sip, "phoneLabel", env->device);
	/* Where the phone listens, with UDP only. */
	if (strstr(transport, "udp") != NULL)
		add_setting(x, sip, env, SETTING_SIP_PHONE_PORT);
	add_line(x, xml_append(x, sip, "sipLines"), env);
	add_setting(x, sip, env, SETTING_DIAL_TEMPLATE);
	add_setting(x, sip, env, SETTING_SOFT_KEY_FILE);
}

/* --- hardening and what the phone loads --- */

static void
add_vendor(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	static const enum setting_id ids[] = {
		SETTING_SETTINGS_ACCESS, SETTING_WEB_ACCESS,
		SETTING_WEB_PROTOCOL, SETTING_TLS12_ONLY, SETTING_PC_PORT,
		SETTING_PC_VOICE_VLAN, SETTING_GARP, SETTING_SSH_ACCESS,
		SETTING_LOAD_SERVER,
	};
	struct _xmlNode *vendor = NULL;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (render_value(env, ids[i])[0] == '\0')
			continue;
		if (vendor == NULL)
			vendor = xml_append(x, root, "vendorConfig");
		add_setting(x, vendor, env, ids[i]);
	}
}

static void
add_locales(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	const char *name = render_value(env, SETTING_USER_LOCALE);
	struct _xmlNode *n;

	if (name[0] != '\0') {
		n = xml_append(x, root, "userLocale");
		(void)render_add(x, n, "name", name);
		(void)render_add(x, n, "uid", LOCALE_UID);
		add_setting(x, n, env, SETTING_USER_LOCALE_LANG);
		add_setting(x, n, env, SETTING_USER_LOCALE_VERSION);
		(void)render_add(x, n, "winCharSet", LOCALE_CHARSET);
	}
	name = render_value(env, SETTING_NETWORK_LOCALE);
	if (name[0] != '\0') {
		(void)render_add(x, root, "networkLocale", name);
		n = xml_append(x, root, "networkLocaleInfo");
		(void)render_add(x, n, "name", name);
		add_setting(x, n, env, SETTING_NETWORK_LOCALE_VERSION);
	}
}

static void
add_services(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	static const enum setting_id plain[] = {
		SETTING_AUTHENTICATION_URL, SETTING_DIRECTORY_URL,
		SETTING_IDLE_URL, SETTING_INFORMATION_URL,
		SETTING_MESSAGES_URL, SETTING_SERVICES_URL,
	}, secure[] = {
		SETTING_SECURE_AUTHENTICATION_URL,
		SETTING_SECURE_DIRECTORY_URL, SETTING_SECURE_IDLE_URL,
		SETTING_SECURE_INFORMATION_URL, SETTING_SECURE_MESSAGES_URL,
		SETTING_SECURE_SERVICES_URL,
	};
	bool https = false;

	if (strcmp(render_value(env, SETTING_IDLE_TIMER), "0") != 0)
		add_setting(x, root, env, SETTING_IDLE_TIMER);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		add_setting(x, root, env, plain[i]);
	for (size_t i = 0; i < sizeof(secure) / sizeof(secure[0]); i++) {
		https = https || render_value(env, secure[i])[0] != '\0';
		add_setting(x, root, env, secure[i]);
	}
	if (https)
		xml_set_attr(x, xml_append(x, root, "phoneServices"),
		    "useHTTPS", "true");
}

/* --- security --- */

void
render_add_capf(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	struct _xmlNode *list = xml_append(x, root, "capfList"), *n;

	for (size_t i = 0; i < env->nserver; i++) {
		n = xml_append(x, list, "capf");
		render_add_u16(x, n, "phonePort", env->server[i].capf_port);
		(void)render_add(x, n, "processNodeName",
		    env->server[i].address);
	}
}

static const char *
transport(const struct render_env *env)
{
	const char *code = render_code(env, SETTING_TRANSPORT);

	if (render_secure(env))
		return "3";
	return code[0] == '\0' || strcmp(code, "3") == 0 ? "1" : code;
}

/* What the phone is asked to be, and where it asks about trust. */
static void
add_security(struct xml_doc *x, struct _xmlNode *root,
    const struct render_env *env)
{
	char capf_auth[2];

	render_capf_auth(env, capf_auth);
	(void)render_add(x, root, "deviceSecurityMode", render_secure(env) ?
	    render_code(env, SETTING_SECURITY_MODE) : "1");
	if (is_sip(env))
		(void)render_add(x, root, "transportLayerProtocol",
		    transport(env));
	(void)render_add(x, root, "TLSResumptionTimer", RESUMPTION_S);
	(void)render_add(x, root, "capfAuthMode", capf_auth);
	render_add_capf(x, root, env);
	(void)render_add(x, root, "certHash", "");
	(void)render_add(x, root, "encrConfig", "false");
	render_add_tvs(x, root, env);
}

void
render_phone(struct xml_doc *x, const struct render_env *env)
{
	unsigned wanted = render_secrets_wanted(env);
	struct _xmlNode *root = xml_root(x), *n;

	(void)render_add(x, root, "fullConfig", "true");
	(void)render_add(x, root, "deviceProtocol",
	    phone_protocol_name[is_sip(env) ? PROTOCOL_SIP : PROTOCOL_SCCP]);
	(void)render_add(x, root, "ipAddressMode", render_ip_mode(env));
	add_setting(x, root, env, SETTING_SSH_USER);
	if (wanted & RENDER_SSH)
		render_add_some(x, root, "sshPassword",
		    env->secret.ssh_password);
	add_pool(x, root, env);
	if (is_sip(env))
		add_sip_profile(x, root, env);
	if (wanted & RENDER_PHONE && env->secret.phone_password != NULL) {
		n = xml_append(x, root, "commonProfile");
		(void)render_add(x, n, "phonePassword",
		    env->secret.phone_password);
	}
	render_add_some(x, root, render_element(SETTING_LOAD),
	    render_value(env, SETTING_LOAD)[0] != '\0' ?
	    render_value(env, SETTING_LOAD) : env->load);
	add_vendor(x, root, env);
	add_locales(x, root, env);
	add_setting(x, root, env, SETTING_FEATURE_POLICY);
	add_services(x, root, env);
	add_security(x, root, env);
}
