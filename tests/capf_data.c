/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Recorded sessions, see capf_data.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/capf_data.h"
#include "tests/certs_data.h"

static void
read_line(struct capf_session *s, const char *line)
{
	size_t i = s->n++, len;

	ck_assert_uint_lt(i, CAPF_SESSION_MAX);
	ck_assert(strncmp(line, "S>C ", 4) == 0 ||
	    strncmp(line, "C>S ", 4) == 0);
	s->msg[i].from_server = line[0] == 'S';
	line += 4;
	s->msg[i].len = len = strlen(line) / 2;
	ck_assert_ptr_nonnull(s->msg[i].buf = malloc(len));
	ck_assert(str_unhex(line, s->msg[i].buf, len));
}

void
capf_session_read(struct capf_session *s, const char *name)
{
	char path[128], *text, *at, *line;
	size_t len;

	*s = (struct capf_session){ .n = 0 };
	(void)snprintf(path, sizeof(path), "capf/%s.txt", name);
	at = text = (char *)data_file(path, &len);
	while ((line = strsep(&at, "\r\n")) != NULL)
		if (*line != '\0')
			read_line(s, line);
	ck_assert_uint_gt(s->n, 2);
	free(text);
}

void
capf_session_clear(struct capf_session *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->msg[i].buf);
	s->n = 0;
}
