/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Administrators' XML: what the check takes must render, and rendering what
 * was rendered must change nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/render.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static const struct render_env env = {
		.device = "SEP0011223344AA", .nserver = 2,
		.server = { { "192.0.2.1", 2445, 3804, 5060, 5061, 2000,
		    2443 },
		    { "2001:db8::1", 2445, 3804, 5060, 5061, 2000, 2443 } },
	};
	uint8_t *one = NULL, *two = NULL;
	size_t onelen = 0, twolen = 0;
	struct err e = { 0 };
	char *advice;
	int ret;

	ret = render_check(&env, buf, len, "fuzz", &advice, &e);
	if ((ret != ERR_OK) != (e.code != ERR_OK))
		abort();
	free(advice);
	if (ret != ERR_OK)
		return 0;
	if (render_config(&env, buf, len, &one, &onelen, &e) != ERR_OK)
		abort();
	/* Growing beyond the bound is the one way not to come back. */
	if (onelen <= RENDER_XML_MAX) {
		if (render_config(&env, one, onelen, &two, &twolen, &e) !=
		    ERR_OK && e.code != ERR_LIMIT)
			abort();
		if (two != NULL && (onelen != twolen ||
		    memcmp(one, two, onelen) != 0))
			abort();
	}
	free(one);
	free(two);
	return 0;
}
