/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What an engine gone bad may tell the writer: what is taken is a phone's
 * name and an address, and reads the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/autoreg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	uint8_t again[AUTOREG_ASK_LEN];
	struct autoreg_ask a;
	struct err e = { 0 };

	if (autoreg_ask_parse(&a, buf, len, &e) != ERR_OK)
		return 0;
	autoreg_ask_build(&a, again);
	if (!str_is_sep(a.device) || len != sizeof(again) ||
	    memcmp(again, buf, len) != 0)
		abort();
	return 0;
}
