/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as a phone's configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/config.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct phone_config c;
	struct err e = { 0 };

	if (config_read(buf, len, &c, &e) == ERR_OK) {
		if (strlen(c.dial_template) > CONFIG_VALUE_MAX)
			abort();
	} else if (e.msg[0] == '\0')
		abort();
	return 0;
}
