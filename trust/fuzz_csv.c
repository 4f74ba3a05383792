/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone lists as comma-separated values.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/phone.h"
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
	char name[DEVICE_NAME_MAX + 1], model[32];
	struct phone_csv_row row;
	struct phone_csv p;
	struct err e = { 0 };
	int ret;

	ret = phone_csv_init(&p, buf, len, &e);
	while (ret == ERR_OK) {
		while ((ret = phone_csv_next(&p, &row, &e)) == ERR_OK) {
			must(str_device_name(row.name, name) &&
			    strcmp(name, row.name) == 0);
			must(row.model[0] == '\0' || (phone_model(row.model,
			    model, &e) == ERR_OK));
		}
		if (ret == ERR_PROTO || ret == ERR_ARG)
			ret = ERR_OK;	/* the next line */
	}
	phone_csv_clear(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	read_records(buf, len);
	read_phones(buf, len);
	return 0;
}
