/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone with its settings, and what a file says that is made of them.
 */
#ifndef TESTS_RENDER_FIX_H
#define TESTS_RENDER_FIX_H

#include "trust/render.h"

/* Defaults of a phone that can do everything. */
struct phone_effective	phone_of(enum phone_protocol protocol);
void	set(struct phone_effective *x, enum setting_id id, const char *value);
struct render_env	env_of(const struct phone_effective *x);
char	*render(const struct render_env *env, const char *xml);
/* Text of device/PATH ("a/b"; "a@b" an attribute is looked for as text), or
 * NULL when there is none. */
char	*text_at(const char *file, const char *path);
void	expect(const char *file, const char *path, const char *want);

#define LINE	"sipProfile/sipLines/line/"
#define SECURE	SETTING_SECURE_AUTHENTICATION_URL

#endif
