/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of trust stores.  See trust_unit.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "certs/list.h"
#include "trust/trust_unit.h"

#define ROLE_BIT(r)	(UINT32_C(1) << (r))

/* The stores that TVS answers from, as issue and spec/tvs.md have it.  That
 * TVS-trust answers TVS is inferred [I]: phones never ask for that role. */
static const struct trust_unit_def units[TRUST_N] = {
	[TRUST_CALLMANAGER] = { TRUST_CALLMANAGER, "CallManager-trust",
	    "CallManager", ROLE_BIT(ROLE_CCM) },
	[TRUST_CAPF] = { TRUST_CAPF, "CAPF-trust", "CAPF",
	    ROLE_BIT(ROLE_CAPF) },
	[TRUST_TVS] = { TRUST_TVS, "TVS-trust", "TVS", ROLE_BIT(ROLE_TVS) },
	[TRUST_HTTPS] = { TRUST_HTTPS, "https-trust", "https",
	    ROLE_BIT(ROLE_APP_SERVER) },
	[TRUST_PHONE_SAST] = { TRUST_PHONE_SAST, "Phone-SAST-trust", NULL,
	    ROLE_BIT(ROLE_SAST) | ROLE_BIT(ROLE_TFTP) },
};

const struct trust_unit_def *
trust_unit_table(void)
{
	return units;
}

/* The whole name, or what stands before "-trust". */
static bool
named(const struct trust_unit_def *u, const char *name)
{
	char stem[sizeof("Phone-SAST-trust")];
	size_t n = strlen(u->name) - strlen("-trust");

	(void)snprintf(stem, sizeof(stem), "%.*s", (int)n, u->name);
	return str_ieq(u->name, name) || str_ieq(stem, name);
}

const struct trust_unit_def *
trust_unit_find(const char *name)
{
	if (str_ieq(name, "tomcat") || str_ieq(name, "tomcat-trust"))
		return &units[TRUST_HTTPS];
	for (size_t i = 0; i < TRUST_N; i++)
		if (named(&units[i], name))
			return &units[i];
	return NULL;
}
