/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of rendering share, see render_fix.h.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "trust/render.h"
#include "trust/xml.h"
#include "tests/render_fix.h"

#define DEV	"SEP0011223344AA"

struct phone_effective
phone_of(enum phone_protocol protocol)
{
	struct phone_effective x = { .model = model_find(
	    protocol == PROTOCOL_SIP ? "8861" : "8945") };

	x.phone.protocol = protocol;
	for (int i = 0; i < SETTING_N; i++)
		x.value[i] = setting_table()[i].def;
	x.value[SETTING_TRANSPORT] = "tcp+udp";
	return x;
}

void
set(struct phone_effective *x, enum setting_id id, const char *value)
{
	char canonical[SETTING_VALUE_MAX + 1];
	struct err e = { 0 };

	ck_assert_msg(setting_check(setting_get(id), value, 0, canonical,
	    &e) == ERR_OK && strcmp(canonical, value) == 0, "%s %s: %s",
	    setting_get(id)->option, value, e.msg);
	x->value[id] = value;
	x->from[id] = FROM_PROFILE;
}

struct render_env
env_of(const struct phone_effective *x)
{
	return (struct render_env){ .device = DEV, .phone = x, .nserver = 2,
		.server = { { "192.0.2.1", 2445, 3804, 5060, 5061, 2000,
		    2443 }, { "192.0.2.2", 22445, 23804, 25060, 25061, 22000,
		    22443 } } };
}

char *
render(const struct render_env *env, const char *xml)
{
	struct err e = { 0 };
	uint8_t *out = NULL;
	size_t len;

	ck_assert_msg(render_config(env, (const uint8_t *)xml,
	    xml != NULL ? strlen(xml) : 0, &out, &len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(strlen((char *)out), len);
	return (char *)out;
}

char *
text_at(const char *file, const char *path)
{
	struct xml_doc *x = xml_parse((const uint8_t *)file, strlen(file),
	    "file", NULL);
	struct _xmlNode *n;
	char part[64], *text;
	size_t len;

	ck_assert_ptr_nonnull(x);
	for (n = xml_root(x); n != NULL && *path != '\0';
	    path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		ck_assert(len < sizeof(part));
		memcpy(part, path, len);
		part[len] = '\0';
		n = xml_first(n, part);
	}
	text = n != NULL ? xml_text(n) : NULL;
	xml_free(x);
	return text;
}

void
expect(const char *file, const char *path, const char *want)
{
	char *got = text_at(file, path);

	ck_assert_msg((got == NULL) == (want == NULL) && (got == NULL ||
	    strcmp(got, want) == 0), "%s is %s, not %s:\n%s", path,
	    got != NULL ? got : "not there", want != NULL ? want :
	    "missing", file);
	free(got);
}
