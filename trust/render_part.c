/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Values and pieces of phone files, see render_part.h.
 */
#include <stdio.h>
#include <string.h>

#include "crypt/rng.h"
#include "trust/render_part.h"

#define ADDRESS_MAX	50	/* characters, spec/phone-files.md section 5 */
#define STAMP		"versionStamp"

int
render_env_check(const struct render_env *env, struct err *e)
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

/* --- values --- */

const char *
render_value(const struct render_env *env, enum setting_id id)
{
	return env->phone != NULL ? env->phone->value[id] :
	    setting_get(id)->def;
}

const char *
render_code(const struct render_env *env, enum setting_id id)
{
	const struct setting_word *w = setting_word(setting_get(id),
	    render_value(env, id));

	return w != NULL ? w->code : "";
}

static bool
is(const struct render_env *env, enum setting_id id, const char *word)
{
	return strcmp(render_value(env, id), word) == 0;
}

bool
render_secure(const struct render_env *env)
{
	return env->mixed && env->certificate &&
	    !is(env, SETTING_SECURITY_MODE, "non-secure");
}

void
render_capf_auth(const struct render_env *env, char out[2])
{
	out[0] = (char)('0' + env->capf_auth % 10);
	out[1] = '\0';
}

unsigned
render_secrets_wanted(const struct render_env *env)
{
	unsigned wanted = RENDER_PHONE;

	if (env->phone == NULL || env->bare)
		return 0;
	if (is(env, SETTING_DIGEST_AUTH, "yes") &&
	    !is(env, SETTING_EXCLUDE_DIGEST, "yes") &&
	    render_value(env, SETTING_DIGEST_USER)[0] != '\0')
		wanted |= RENDER_DIGEST;
	if (setting_applies(setting_get(SETTING_SSH_PASSWORD),
	    env->phone->model, env->phone->phone.protocol))
		wanted |= RENDER_SSH;
	return wanted;
}

/* 0 IPv4, 1 IPv6, 2 both; a DNS name counts as IPv4. */
const char *
render_ip_mode(const struct render_env *env)
{
	const char *given = render_code(env, SETTING_IP_MODE);
	size_t v6 = 0;

	if (given[0] != '\0')
		return given;
	for (size_t i = 0; i < env->nserver; i++)
		if (strchr(env->server[i].address, ':') != NULL)
			v6++;
	return v6 == 0 ? "0" : v6 == env->nserver ? "1" : "2";
}

/* --- pieces --- */

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

struct _xmlNode *
render_add(struct xml_doc *x, struct _xmlNode *parent, const char *name,
    const char *value)
{
	struct _xmlNode *n = xml_append(x, parent, name);

	if (value[0] != '\0')
		xml_set_text(x, n, value);
	return n;
}

void
render_add_u16(struct xml_doc *x, struct _xmlNode *parent, const char *name,
    uint16_t value)
{
	char s[8];

	(void)snprintf(s, sizeof(s), "%u", value);
	(void)render_add(x, parent, name, s);
}

void
render_add_some(struct xml_doc *x, struct _xmlNode *parent, const char *name,
    const char *value)
{
	if (value != NULL && value[0] != '\0')
		(void)render_add(x, parent, name, value);
}

const char *
render_element(enum setting_id id)
{
	const char *path = setting_get(id)->element;
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

struct _xmlNode *
render_add_member(struct xml_doc *x, struct _xmlNode *members,
    size_t priority)
{
	struct _xmlNode *n = xml_append(x, members, "member");
	char text[24];

	(void)snprintf(text, sizeof(text), "%zu", priority);
	xml_set_attr(x, n, "priority", text);
	return n;
}

void
render_add_tvs(struct xml_doc *x, struct _xmlNode *parent,
    const struct render_env *env)
{
	struct _xmlNode *n, *member;

	n = xml_append(x, xml_append(x, parent, "TVS"), "members");
	for (size_t i = 0; i < env->nserver; i++) {
		member = render_add_member(x, n, i);
		render_add_u16(x, member, "port", env->server[i].tvs_port);
		(void)render_add(x, member, "address",
		    env->server[i].address);
	}
}

int
render_stamp(struct xml_doc *x, struct err *e)
{
	struct _xmlNode *root = xml_root(x);
	char uuid[UUID_LEN];
	uint8_t digest[32];
	int ret;

	/* Emptied in its place, so that rendering again gives the same. */
	render_leaf(x, root, STAMP, "");
	if ((ret = xml_digest(x, digest, e)) != ERR_OK)
		return ret;
	uuid_from_digest(digest, uuid);
	render_leaf(x, root, STAMP, uuid);
	return ERR_OK;
}
