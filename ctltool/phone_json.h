/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones in JSON: one array of objects, or an object after the other (JSON
 * Lines).  Members are the columns of trust/phone_import.h; null says
 * nothing.
 */
#ifndef CTLTOOL_PHONE_JSON_H
#define CTLTOOL_PHONE_JSON_H

#include "trust/phone_import.h"

#define PHONE_JSON_OBJECT_MAX	65536	/* bytes of one phone */

struct phone_json {
	const uint8_t	*buf;		/* borrowed */
	size_t		 len, off;
	int64_t		 line;		/* of the next byte, from 1 */
	bool		 in_array, ended;
};

/* The file looks like JSON: its first byte is [ or {. */
bool	phone_json_is(const uint8_t *buf, size_t len);

struct phone_json	phone_json_init(const uint8_t *buf, size_t len);

/* A phone_source_next over j: objects are read one by one, and behind one
 * that is malformed the next is looked for. */
int	phone_json_next(struct phone_json *j, struct phone_record *r,
	    struct err *e);

#endif
