/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configuration files, see render.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/render_part.h"

#define ADVICE_MAX	8192	/* bytes of all advice */

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

static void
edit(struct xml_doc *x, const struct render_env *env, bool any_server,
    struct wr *advice)
{
	if (env->bare)
		render_scrub(x, advice);
	render_edit(x, env, any_server, advice);
}

int
render_check(const struct render_env *env, const uint8_t *xml, size_t len,
    const char *name, char **advice, struct err *e)
{
	static const struct render_env some = {
		.device = "", .nserver = 1,
		.server = { { .address = "node" } },
	};
	struct wr w = wr_init(ADVICE_MAX);
	struct xml_doc *x;
	uint8_t *out = NULL;
	size_t n;
	int ret;

	*advice = NULL;
	if (env != NULL && (ret = render_env_check(env, e)) != ERR_OK)
		return ret;
	if ((x = read_device(xml, len, name, e)) == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	edit(x, env != NULL ? env : &some, env == NULL, &w);
	if ((ret = render_stamp(x, e)) != ERR_OK)
		(void)err_wrap(e, "%s", name);
	else
		ret = xml_write(x, &out, &n, e);
	/* Advice that does not fit is cut at its last line. */
	if (ret == ERR_OK && w.len > 0) {
		w.buf[w.len - 1] = '\0';
		*advice = strdup((char *)w.buf);
	}
	wr_clear(&w);
	free(out);
	xml_free(x);
	return ret;
}

int
render_emptied(const uint8_t *xml, size_t len, const char *name,
    char **advice, struct err *e)
{
	struct xml_doc *x = read_device(xml, len, name, e);
	struct wr w = wr_init(ADVICE_MAX);

	*advice = NULL;
	if (x == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	render_scrub(x, &w);
	if (w.len > 0) {
		w.buf[w.len - 1] = '\0';
		*advice = strdup((char *)w.buf);
	}
	wr_clear(&w);
	xml_free(x);
	return ERR_OK;
}

struct xml_doc *
render_whole(const struct render_env *env, const uint8_t *xml, size_t len,
    struct err *e)
{
	struct xml_doc *x;

	if (xml == NULL) {
		if ((x = xml_new("device", e)) != NULL)
			render_phone(x, env);
	} else if ((x = read_device(xml, len, env->device, e)) != NULL)
		edit(x, env, false, NULL);
	return x;
}

int
render_config(const struct render_env *env, const uint8_t *xml, size_t len,
    uint8_t **out, size_t *outlen, struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct xml_doc *x;
	int ret;

	if ((ret = render_env_check(env, e)) != ERR_OK)
		return ret;
	if ((x = render_whole(env, xml, len, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	if ((ret = render_stamp(x, e)) == ERR_OK)
		ret = xml_write(x, out, outlen, e);
	xml_free(x);
	return ret;
}
