/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Administrators' XML: what the check takes must render, and rendering what
 * was rendered must change nothing; also without secrets, with hardening, and
 * as the short file before an encrypted one.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/render.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct phone_effective
hardened(void)
{
	struct phone_effective x = { .model = model_of("8861") };

	for (int i = 0; i < SETTING_N; i++)
		x.value[i] = setting_table()[i].def;
	x.value[SETTING_WEB_ACCESS] = "disabled";
	x.from[SETTING_WEB_ACCESS] = FROM_PROFILE;
	return x;
}

/* What can be rendered has a short file, with nothing but what belongs. */
static void
try_stub(const struct render_env *env, const uint8_t *buf, size_t len)
{
	struct render_env whole = *env;
	uint8_t *one = NULL, *two = NULL;
	size_t n, m;

	if (render_stub(env, "", buf, len, &one, &n, NULL) != ERR_OK)
		abort();
	whole.bare = !env->bare;
	if (render_stub(&whole, "", buf, len, &two, &m, NULL) != ERR_OK ||
	    n != m || memcmp(one, two, n) != 0)
		abort();
	free(one);
	free(two);
}

/* True when it can be rendered. */
static bool
try_env(const struct render_env *env, const uint8_t *buf, size_t len)
{
	uint8_t *one = NULL, *two = NULL;
	size_t onelen = 0, twolen = 0;
	struct err e = { 0 };
	char *advice;
	int ret;

	ret = render_check(env, buf, len, "fuzz", &advice, &e);
	if ((ret != ERR_OK) != (e.code != ERR_OK))
		abort();
	free(advice);
	if (ret != ERR_OK)
		return false;
	if (render_config(env, buf, len, &one, &onelen, &e) != ERR_OK)
		abort();
	/* Growing beyond the bound is the one way not to come back. */
	if (onelen <= RENDER_XML_MAX) {
		if (render_config(env, one, onelen, &two, &twolen, &e) !=
		    ERR_OK && e.code != ERR_LIMIT)
			abort();
		if (two != NULL && (onelen != twolen ||
		    memcmp(one, two, onelen) != 0))
			abort();
	}
	free(one);
	free(two);
	try_stub(env, buf, len);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	const struct render_srst srst = { .address = "192.0.2.9",
	    .sip_address = "192.0.2.9", .port = 2000, .sip_port = 5060,
	    .certificate = "MAA=" };
	struct phone_effective phone = hardened();
	struct render_env env = {
		.device = "SEP0011223344AA", .nserver = 2,
		.server = { { "192.0.2.1", 2445, 3804, 5060, 5061, 2000,
		    2443 },
		    { "2001:db8::1", 2445, 3804, 5060, 5061, 2000, 2443 } },
	};

	if (!try_env(&env, buf, len))
		return 0;
	env.phone = &phone;
	env.srst = &srst;
	env.bare = true;
	if (!try_env(&env, buf, len))
		abort();
	phone.value[SETTING_SECURITY_MODE] = "encrypted";
	env.mixed = true;
	env.certificate = true;
	if (!try_env(&env, buf, len))
		abort();
	return 0;
}
