/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * run/NAME.listen: what a daemon listens on and what it could not open.  A
 * line each: state, kind, address, port, reason, separated by tabs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "trust/listen_set.h"

#define FILE_MAX	(256 * 1024)

const char *const listen_state_name[] = {
	[LISTEN_OPEN] = "open",
	[LISTEN_KEPT] = "kept",
	[LISTEN_FAILED] = "failed",
};

static bool
parse_state(const char *word, enum listen_state *state)
{
	for (int i = LISTEN_OPEN; i <= LISTEN_FAILED; i++)
		if (strcmp(word, listen_state_name[i]) == 0) {
			*state = (enum listen_state)i;
			return true;
		}
	return false;
}

static bool
parse_kind(const char *word, enum node_port *kind)
{
	for (int i = 0; i < PORT_N; i++)
		if (strcmp(word, node_port_name[i]) == 0) {
			*kind = (enum node_port)i;
			return true;
		}
	return false;
}

static bool
parse_line(char *line, struct listen_row *r)
{
	char *word[5];
	int64_t port;

	for (int i = 0; i < 5; i++)
		if ((word[i] = strsep(&line, "\t")) == NULL)
			return false;
	memset(r, 0, sizeof(*r));
	if (line != NULL || !parse_state(word[0], &r->state) ||
	    !parse_kind(word[1], &r->place.kind) ||
	    !str_copy(r->place.ip, sizeof(r->place.ip), word[2]) ||
	    str_to_i64(word[3], 1, UINT16_MAX, &port, NULL) != ERR_OK)
		return false;
	r->place.port = (uint16_t)port;
	(void)snprintf(r->why, sizeof(r->why), "%s", word[4]);
	return true;
}

int
listen_rows_parse(const char *text, struct listen_row *rows, size_t *n,
    struct err *e)
{
	char *copy = strdup(text), *next = copy, *line;
	int ret = ERR_OK;

	*n = 0;
	if (copy == NULL)
		return err_set(e, ERR_NOMEM, "listeners");
	while (ret == ERR_OK && (line = strsep(&next, "\n")) != NULL) {
		if (next == NULL && line[0] == '\0')
			break;
		if (*n == LISTEN_ROWS_MAX || next == NULL ||
		    !parse_line(line, &rows[*n]))
			ret = err_set(e, ERR_PROTO, "line %zu means nothing",
			    *n + 1);
		else
			++*n;
	}
	free(copy);
	return ret;
}

int
listen_rows_read(int statefd, const char *name, struct listen_row **rows,
    size_t *n, struct err *e)
{
	char file[64];
	uint8_t *text;
	size_t len;
	int ret;

	*rows = NULL;
	(void)snprintf(file, sizeof(file), "run/%s.listen", name);
	if ((ret = file_read(statefd, file, FILE_MAX, &text, &len, e)) !=
	    ERR_OK)
		return ret;
	if ((*rows = calloc(LISTEN_ROWS_MAX, sizeof(**rows))) == NULL)
		ret = err_set(e, ERR_NOMEM, "%s", file);
	else if ((ret = listen_rows_parse((char *)text, *rows, n, e)) !=
	    ERR_OK) {
		(void)err_wrap(e, "%s", file);
		free(*rows);
		*rows = NULL;
	}
	free(text);
	return ret;
}
