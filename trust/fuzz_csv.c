/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone lists as comma-separated values.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/phone_csv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Ends, moves on with each record, counts lines upwards. */
static void
read_records(const uint8_t *buf, size_t len)
{
	static struct csv_record r;
	struct csv c = csv_init(buf, len);
	struct err e = { 0 };
	int64_t line = 0;
	size_t off;
	int ret;

	do {
		off = c.off;
		ret = csv_next(&c, &r, &e);
		must(ret == ERR_OK || ret == ERR_PROTO ||
		    ret == ERR_NOTFOUND);
		must(ret == ERR_NOTFOUND || (c.off > off && r.line > line));
		must(c.off <= len && r.n <= CSV_FIELDS_MAX);
		line = r.line;
	} while (ret != ERR_NOTFOUND);
	must(c.off == len);
}

static void
read_phones(const uint8_t *buf, size_t len)
{
	static struct phone_csv p;
	struct phone_record r;
	struct err e = { 0 };
	int ret;

	ret = phone_csv_init(&p, buf, len, &e);
	while (ret == ERR_OK) {
		ret = phone_csv_next(&p, &r, &e);
		for (int i = 0; i < PHONE_COLUMNS; i++)
			must(r.value[i] == NULL || (r.value[i] >= r.text &&
			    r.value[i] + strlen(r.value[i]) < r.text +
			    r.textlen && phone_column_name(i) != NULL));
		phone_record_clear(&r);
		if (ret == ERR_PROTO)
			ret = ERR_OK;	/* the next line */
	}
	must(ret == ERR_NOTFOUND || ret == ERR_PROTO);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	read_records(buf, len);
	read_phones(buf, len);
	return 0;
}
