/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The short file that leads a phone to its encrypted one, see render.h
 * (spec/encrypted-config.md section 3).  It is made anew, so that nothing of
 * an administrator's file goes along: two texts are copied, and those only
 * from a file without secrets.
 */
#include <stdlib.h>

#include "trust/render_part.h"

static void
copy_text(struct xml_doc *x, const struct _xmlNode *from)
{
	char *text = xml_text(from);

	if (text != NULL)
		(void)render_add(x, xml_root(x), xml_name(from), text);
	free(text);
}

/* What the phone needs before it can read the whole file, in that one's
 * order. */
static void
copy_child(struct xml_doc *x, const struct render_env *env,
    const struct _xmlNode *n)
{
	char capf_auth[2];

	if (xml_is(n, "ipAddressMode") || xml_is(n, "loadInformation"))
		copy_text(x, n);
	else if (xml_is(n, "capfAuthMode")) {
		render_capf_auth(env, capf_auth);
		(void)render_add(x, xml_root(x), "capfAuthMode", capf_auth);
	} else if (xml_is(n, "capfList"))
		render_add_capf(x, xml_root(x), env);
}

static void
fill(struct xml_doc *x, const struct render_env *env, struct xml_doc *whole,
    const char *cert_hash)
{
	struct _xmlNode *root = xml_root(x);

	(void)render_add(x, root, "fullConfig", "false");
	for (const struct _xmlNode *n = xml_first(xml_root(whole), NULL);
	    n != NULL; n = xml_next(n, NULL))
		copy_child(x, env, n);
	if (cert_hash != NULL)
		(void)render_add(x, root, "certHash", cert_hash);
	(void)render_add(x, root, "encrConfig", "true");
}

int
render_stub(const struct render_env *env, const char *cert_hash,
    const uint8_t *xml, size_t len, uint8_t **out, size_t *outlen,
    struct err *e)
{
	struct xml_doc *x = NULL, *whole = NULL;
	struct err why = { .code = ERR_OK };
	struct render_env bare = *env;
	int ret;

	bare.bare = true;
	if ((ret = render_env_check(env, e)) != ERR_OK)
		return ret;
	if ((whole = render_whole(&bare, xml, len, &why)) == NULL ||
	    (x = xml_new("device", &why)) == NULL)
		ret = err_set(e, why.code, "%s", why.msg);
	else {
		fill(x, &bare, whole, cert_hash);
		ret = xml_write(x, out, outlen, e);
	}
	xml_free(whole);
	xml_free(x);
	return ret;
}
