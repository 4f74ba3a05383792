/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones in JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "ctltool/phone_json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Ends, moves on with each phone, counts lines upwards. */
int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct phone_json j = phone_json_init(buf, len);
	struct phone_record r;
	struct err e = { 0 };
	int64_t line = 1;
	int ret, more = 2;

	(void)phone_json_is(buf, len);
	do {
		size_t off = j.off;

		ret = phone_json_next(&j, &r, &e);
		must(ret == ERR_OK || ret == ERR_PROTO ||
		    ret == ERR_NOTFOUND);
		must(ret == ERR_NOTFOUND || j.off > off || more-- > 0);
		must(r.line >= line && j.off <= len);
		line = r.line;
		for (int i = 0; i < PHONE_COLUMNS; i++)
			must(r.value[i] == NULL || (r.value[i] >= r.text &&
			    r.value[i] + strlen(r.value[i]) < r.text +
			    r.textlen && phone_column_name(i) != NULL));
		phone_record_clear(&r);
	} while (ret != ERR_NOTFOUND);
	must(j.off == len);
	return 0;
}
