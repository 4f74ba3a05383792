/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * An administrator's own phone file (spec/phone-files.md section 5).  Only
 * the elements that decide whom a phone trusts are set, and of hardening what
 * was asked for by phone or profile; everything else is the administrator's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/render_part.h"

#define SERVERS_TEXT	1024	/* bytes of a list of servers shown */
#define ADVICE_VALUE	64	/* ... of one value shown */

/* Elements of device with one right value in every whole file. */
static const struct fixed {
	const char	*name, *value, *why;
} fixed[] = {
	{ "certHash", "", "only the short file before an encrypted one has "
	    "it" },
	{ "encrConfig", "false", "it is false in every whole file" },
};

#define CAPF_AUTH	"capfAuthMode"
#define FULL		"fullConfig"
#define MODE		"deviceSecurityMode"
#define TRANSPORT	"transportLayerProtocol"
#define VENDOR		"vendorConfig"
#define POOL		"devicePool"
#define SRST		"srstInfo"

/* Hardening, children of vendorConfig. */
static const enum setting_id hardening[] = {
	SETTING_SETTINGS_ACCESS, SETTING_WEB_ACCESS, SETTING_WEB_PROTOCOL,
	SETTING_TLS12_ONLY, SETTING_PC_PORT, SETTING_PC_VOICE_VLAN,
	SETTING_GARP, SETTING_SSH_ACCESS,
};

/* A list of servers: outer/inner/item/{port, address}. */
static const struct group {
	const char	*outer, *inner;		/* inner NULL: none */
	const char	*item, *port, *address;
	bool		 priority;		/* attribute, counted from 0 */
	bool		 tvs;			/* port of TVS, else CAPF */
} groups[] = {
	{ "TVS", "members", "member", "port", "address", true, true },
	{ "capfList", NULL, "capf", "phonePort", "processNodeName", false,
	    false },
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

struct edit {
	struct xml_doc			*x;
	struct _xmlNode			*root;
	const struct render_env		*env;
	bool				 any_server;	/* env is made up */
	struct wr			*advice;	/* NULL: not wanted */
};

/* A value of the file as it can be shown, white space around it cut. */
static void
show(const char *s, char out[ADVICE_VALUE])
{
	size_t n;

	s += strspn(s, " \t\r\n");
	n = strlen(s);
	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	str_visible(s, n, out, ADVICE_VALUE);
}

/* Text of an element for showing; "" for none. */
static void
show_node(const struct _xmlNode *n, char out[ADVICE_VALUE])
{
	char *s = n != NULL ? xml_text(n) : NULL;

	show(s != NULL ? s : "", out);
	free(s);
}

static void
advise_value(struct edit *ed, const struct _xmlNode *n, const char *value,
    const char *why)
{
	char old[ADVICE_VALUE];

	show_node(n, old);
	if (ed->advice == NULL || old[0] == '\0' || strcmp(old, value) == 0)
		return;
	wr_fmt(ed->advice, "%s %s becomes %s: %s\n", xml_name(n), old,
	    *value != '\0' ? value : "empty", why);
}

/* The one element of that name; the first counts, the others go. */
static struct _xmlNode *
single(struct edit *ed, struct _xmlNode *parent, const char *name)
{
	struct _xmlNode *n = xml_first(parent, name), *more, *next;

	for (more = xml_next(n, name); more != NULL; more = next) {
		next = xml_next(more, name);
		if (ed->advice != NULL)
			wr_fmt(ed->advice, "a second %s, line %ld, is left "
			    "out: the first one counts\n", name,
			    xml_line(more));
		xml_remove(more);
	}
	return n;
}

static void
set_below(struct edit *ed, struct _xmlNode *parent, const char *name,
    const char *value, const char *why)
{
	struct _xmlNode *n = single(ed, parent, name);

	if (n != NULL)
		advise_value(ed, n, value, why);
	render_leaf(ed->x, parent, name, value);
}

static void
set_value(struct edit *ed, const char *name, const char *value,
    const char *why)
{
	set_below(ed, ed->root, name, value, why);
}

/* Why a phone is not asked to be secure. */
static const char *
not_secure(const struct edit *ed)
{
	if (!ed->env->mixed)
		return "the cluster is in non-secure mode";
	return ed->env->certificate ? "its profile is non-secure" :
	    "the phone has no certificate yet";
}

static void
set_mode(struct edit *ed)
{
	if (render_secure(ed->env))
		set_value(ed, MODE, render_code(ed->env,
		    SETTING_SECURITY_MODE), "its profile says so");
	else
		set_value(ed, MODE, "1", not_secure(ed));
}

static void
set_capf_auth(struct edit *ed)
{
	char code[2];

	render_capf_auth(ed->env, code);
	set_value(ed, CAPF_AUTH, code, ed->env->capf_auth == 0 ?
	    "no certificate operation is pending" :
	    "a certificate operation is pending");
}

/* TLS needs a secure device; any other transport is the administrator's. */
static void
set_transport(struct edit *ed)
{
	char old[ADVICE_VALUE];

	show_node(single(ed, ed->root, TRANSPORT), old);
	if (render_secure(ed->env))
		set_value(ed, TRANSPORT, "3", "its profile needs TLS");
	else if (strcmp(old, "3") == 0)
		set_value(ed, TRANSPORT, "1", ed->env->mixed ?
		    not_secure(ed) : "TLS needs a cluster in mixed mode");
}

/* What was set for this phone or its profile, not for all phones: those of
 * others keep their own way. */
static void
set_hardening(struct edit *ed)
{
	const struct phone_effective *p = ed->env->phone;
	struct _xmlNode *vendor = NULL;

	for (size_t i = 0; p != NULL && i < N(hardening); i++) {
		enum setting_id id = hardening[i];

		if ((p->from[id] != FROM_PHONE &&
		    p->from[id] != FROM_PROFILE) ||
		    p->value[id][0] == '\0')
			continue;
		if (vendor == NULL &&
		    (vendor = single(ed, ed->root, VENDOR)) == NULL)
			vendor = xml_append(ed->x, ed->root, VENDOR);
		set_below(ed, vendor, render_element(id),
		    render_code(ed->env, id), p->from[id] == FROM_PHONE ?
		    "a setting of the phone" : "a setting of its profile");
	}
}

static uint16_t
group_port(const struct group *g, const struct render_server *s)
{
	return g->tvs ? s->tvs_port : s->capf_port;
}

/* "ADDRESS port N, ..." of what the file says; "" when it names no server. */
static void
list_file(const struct group *g, const struct _xmlNode *list, struct wr *w)
{
	char address[ADVICE_VALUE], port[ADVICE_VALUE];

	for (struct _xmlNode *n = xml_first(list, g->item); n != NULL;
	    n = xml_next(n, g->item)) {
		show_node(xml_first(n, g->address), address);
		show_node(xml_first(n, g->port), port);
		if (address[0] == '\0')
			continue;
		wr_fmt(w, "%s%s", w->len > 0 ? ", " : "", address);
		if (port[0] != '\0')
			wr_fmt(w, " port %s", port);
	}
}

static void
list_env(const struct group *g, const struct render_env *env, struct wr *w)
{
	for (size_t i = 0; i < env->nserver; i++)
		wr_fmt(w, "%s%s port %u", i > 0 ? ", " : "",
		    env->server[i].address, group_port(g, &env->server[i]));
}

static void
advise_group(struct edit *ed, const struct group *g,
    const struct _xmlNode *list)
{
	struct wr old = wr_init(SERVERS_TEXT), new = wr_init(SERVERS_TEXT);

	if (ed->advice == NULL || list == NULL)
		return;
	list_file(g, list, &old);
	if (ed->any_server)
		wr_str(&new, "this cluster's nodes");
	else
		list_env(g, ed->env, &new);
	if (old.len > 0 && (old.len != new.len ||
	    memcmp(old.buf, new.buf, old.len) != 0))
		wr_fmt(ed->advice, "%s server %.*s becomes %.*s\n",
		    g->tvs ? "TVS" : "CAPF", (int)old.len, (char *)old.buf,
		    (int)new.len, (char *)new.buf);
	wr_clear(&old);
	wr_clear(&new);
}

static void
set_server(struct edit *ed, const struct group *g, struct _xmlNode *item,
    size_t i)
{
	char text[24];

	if (g->priority) {
		(void)snprintf(text, sizeof(text), "%zu", i);
		xml_set_attr(ed->x, item, "priority", text);
	}
	(void)snprintf(text, sizeof(text), "%u",
	    group_port(g, &ed->env->server[i]));
	render_leaf(ed->x, item, g->port, text);
	render_leaf(ed->x, item, g->address, ed->env->server[i].address);
}

/* The n-th item of the file becomes the n-th server, in place. */
static void
set_group(struct edit *ed, const struct group *g)
{
	struct _xmlNode *list, *item, *more;

	if ((list = single(ed, ed->root, g->outer)) == NULL)
		list = xml_append(ed->x, ed->root, g->outer);
	if (g->inner != NULL) {
		struct _xmlNode *inner = single(ed, list, g->inner);

		advise_group(ed, g, inner);
		list = inner != NULL ? inner :
		    xml_append(ed->x, list, g->inner);
	} else
		advise_group(ed, g, list);
	item = xml_first(list, g->item);
	for (size_t i = 0; i < ed->env->nserver; i++) {
		if (item == NULL)
			item = xml_append(ed->x, list, g->item);
		set_server(ed, g, item, i);
		item = xml_next(item, g->item);
	}
	for (; item != NULL; item = more) {
		more = xml_next(item, g->item);
		xml_remove(item);
	}
}

/* As hardening: only for a phone or profile that names a reference. */
static void
set_srst(struct edit *ed)
{
	const struct render_srst *s = ed->env->srst;
	struct _xmlNode *pool, *old;

	if (s == NULL)
		return;
	if ((pool = single(ed, ed->root, POOL)) == NULL)
		pool = xml_append(ed->x, ed->root, POOL);
	if ((old = single(ed, pool, SRST)) != NULL &&
	    (old = xml_first(old, "ipAddr1")) != NULL)
		advise_value(ed, old, s->address,
		    "it is its SRST Reference");
	render_srst_set(ed->x, pool, ed->env);
}

static bool
other_case(const char *have, const char *want)
{
	return strcmp(have, want) != 0 && str_ieq(have, want);
}

/* Phones do not read <tvs>: say so, as it looks like what is meant. */
static void
advise_case(struct edit *ed, const struct _xmlNode *n)
{
	const char *want = NULL, *have = xml_name(n);

	for (size_t i = 0; i < N(fixed); i++)
		if (other_case(have, fixed[i].name))
			want = fixed[i].name;
	for (size_t i = 0; i < N(groups); i++)
		if (other_case(have, groups[i].outer))
			want = groups[i].outer;
	if (other_case(have, MODE))
		want = MODE;
	if (other_case(have, CAPF_AUTH))
		want = CAPF_AUTH;
	if (other_case(have, FULL))
		want = FULL;
	if (want != NULL)
		wr_fmt(ed->advice, "element %s, line %ld, is left as it is, "
		    "but phones read %s only\n", have, xml_line(n), want);
}

void
render_edit(struct xml_doc *x, const struct render_env *env, bool any_server,
    struct wr *advice)
{
	struct edit ed = { .x = x, .root = xml_root(x), .env = env,
	    .any_server = any_server, .advice = advice };

	if (advice != NULL)
		for (struct _xmlNode *n = xml_first(ed.root, NULL);
		    n != NULL; n = xml_next(n, NULL))
			advise_case(&ed, n);
	set_value(&ed, FULL, "true", "this is the whole configuration");
	set_mode(&ed);
	set_capf_auth(&ed);
	for (size_t i = 0; i < N(fixed); i++)
		set_value(&ed, fixed[i].name, fixed[i].value, fixed[i].why);
	set_transport(&ed);
	set_hardening(&ed);
	set_srst(&ed);
	render_lines_set(x, env);
	for (size_t i = 0; i < N(groups); i++)
		set_group(&ed, &groups[i]);
	(void)single(&ed, ed.root, "versionStamp");
}
