/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configuration files, see render.h (spec/phone-files.md section 5).
 * Only the elements that decide whom a phone trusts are set; everything else
 * is the administrator's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "crypt/rng.h"
#include "trust/render.h"
#include "trust/render_min.h"
#include "trust/xml.h"

#define ADVICE_MAX	8192	/* bytes of all advice */
#define ADVICE_VALUE	64	/* ... of one value shown */
#define ADDRESS_MAX	50	/* characters, spec section 5 */

/* Elements of device with one right value while the cluster is non-secure. */
static const struct fixed {
	const char	*name, *value, *why;
} fixed[] = {
	{ "fullConfig", "true", "this is the whole configuration" },
	{ "deviceSecurityMode", "1", "the cluster is in non-secure mode" },
	{ "capfAuthMode", "0", "no certificate operation is pending" },
	{ "certHash", "", "the file is not encrypted" },
	{ "encrConfig", "false", "the file is not encrypted" },
};

#define STAMP		"versionStamp"
#define TRANSPORT	"transportLayerProtocol"

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
set_value(struct edit *ed, const char *name, const char *value,
    const char *why)
{
	struct _xmlNode *n = single(ed, ed->root, name);

	if (n != NULL)
		advise_value(ed, n, value, why);
	render_leaf(ed->x, ed->root, name, value);
}

/* TLS needs a secure device; any other transport is the administrator's. */
static void
set_transport(struct edit *ed)
{
	char old[ADVICE_VALUE];

	show_node(single(ed, ed->root, TRANSPORT), old);
	if (strcmp(old, "3") == 0)
		set_value(ed, TRANSPORT, "1",
		    "TLS needs a cluster in mixed mode");
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
	struct wr old = wr_init(ADVICE_MAX), new = wr_init(ADVICE_MAX);

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
	if (want != NULL)
		wr_fmt(ed->advice, "element %s, line %ld, is left as it is, "
		    "but phones read %s only\n", have, xml_line(n), want);
}

static int
set_stamp(struct edit *ed, struct err *e)
{
	char uuid[UUID_LEN];
	uint8_t digest[32];
	int ret;

	/* Emptied in its place, so that rendering again gives the same. */
	(void)single(ed, ed->root, STAMP);
	render_leaf(ed->x, ed->root, STAMP, "");
	if ((ret = xml_digest(ed->x, digest, e)) != ERR_OK)
		return ret;
	uuid_from_digest(digest, uuid);
	render_leaf(ed->x, ed->root, STAMP, uuid);
	return ERR_OK;
}

static int
set_security(struct edit *ed, struct err *e)
{
	if (ed->advice != NULL)
		for (struct _xmlNode *n = xml_first(ed->root, NULL);
		    n != NULL; n = xml_next(n, NULL))
			advise_case(ed, n);
	for (size_t i = 0; i < N(fixed); i++)
		set_value(ed, fixed[i].name, fixed[i].value, fixed[i].why);
	set_transport(ed);
	for (size_t i = 0; i < N(groups); i++)
		set_group(ed, &groups[i]);
	return set_stamp(ed, e);
}

static int
check_env(const struct render_env *env, struct err *e)
{
	if (env->nserver == 0)
		return err_set(e, ERR_ARG, "no node has an address that "
		    "phones could be given");
	if (env->nserver > RENDER_SERVERS_MAX)
		return err_set(e, ERR_ARG, "%zu servers, phones take %d",
		    env->nserver, RENDER_SERVERS_MAX);
	for (size_t i = 0; i < env->nserver; i++)
		if (strlen(env->server[i].address) > ADDRESS_MAX)
			return err_set(e, ERR_ARG, "address %s: phones take "
			    "%d characters", env->server[i].address,
			    ADDRESS_MAX);
	return ERR_OK;
}

static struct xml_doc *
read_device(const uint8_t *xml, size_t len, const char *name, struct err *e)
{
	struct xml_doc *x = xml_parse(xml, len, name, e);
	const struct _xmlNode *root;

	if (x == NULL)
		return NULL;
	root = xml_root(x);
	if (!xml_is(root, "device")) {
		(void)err_set(e, ERR_PROTO, "%s: line %ld: the root element "
		    "must be device, without a prefix", name, xml_line(root));
		xml_free(x);
		return NULL;
	}
	return x;
}

int
render_check(const struct render_env *env, const uint8_t *xml, size_t len,
    const char *name, char **advice, struct err *e)
{
	static const struct render_env some = {
		.device = "", .model = "", .nserver = 1,
		.server = { { .address = "node" } },
	};
	struct wr w = wr_init(ADVICE_MAX);
	struct edit ed = { .env = env != NULL ? env : &some,
	    .any_server = env == NULL, .advice = &w };
	uint8_t *out = NULL;
	size_t n;
	int ret;

	*advice = NULL;
	if ((ret = check_env(ed.env, e)) != ERR_OK)
		return ret;
	if ((ed.x = read_device(xml, len, name, e)) == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	ed.root = xml_root(ed.x);
	if ((ret = set_security(&ed, e)) != ERR_OK)
		(void)err_wrap(e, "%s", name);
	else
		ret = xml_write(ed.x, &out, &n, e);
	/* Advice that does not fit is cut at its last line. */
	if (ret == ERR_OK && w.len > 0) {
		w.buf[w.len - 1] = '\0';
		*advice = strdup((char *)w.buf);
	}
	wr_clear(&w);
	free(out);
	xml_free(ed.x);
	return ret;
}

int
render_config(const struct render_env *env, const uint8_t *xml, size_t len,
    uint8_t **out, size_t *outlen, struct err *e)
{
	static const char empty[] = "<device/>";
	struct edit ed = { .env = env };
	int ret;

	if ((ret = check_env(env, e)) != ERR_OK)
		return ret;
	if (xml == NULL)
		ed.x = read_device((const uint8_t *)empty, strlen(empty),
		    env->device, e);
	else
		ed.x = read_device(xml, len, env->device, e);
	if (ed.x == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	ed.root = xml_root(ed.x);
	if (xml == NULL)
		render_minimal(ed.x, env);
	if ((ret = set_security(&ed, e)) == ERR_OK)
		ret = xml_write(ed.x, out, outlen, e);
	xml_free(ed.x);
	return ret;
}
