/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * run/NAME.listen, made of anything.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/listen_set.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct listen_row rows[LISTEN_ROWS_MAX];
	char *text = strndup((const char *)data, size);
	size_t n;

	if (text == NULL || listen_rows_parse(text, rows, &n, NULL) != ERR_OK)
		goto out;
	for (size_t i = 0; i < n; i++)
		if (rows[i].state > LISTEN_FAILED || rows[i].place.port == 0 ||
		    rows[i].place.kind >= PORT_N ||
		    strnlen(rows[i].why, sizeof(rows[i].why)) ==
		    sizeof(rows[i].why))
			abort();
out:
	free(text);
	return 0;
}
