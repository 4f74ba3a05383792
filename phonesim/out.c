/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a command says: text for people, or one JSON envelope (design:
 * "Command line").
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "phonesim/phonesim.h"

#define OUT_SCHEMA	"phonetrust/1"

json_t *
phonesim_json_text(const char *s)
{
	size_t len = strlen(s);
	json_t *j;
	char *vis;

	if ((vis = malloc(4 * len + 1)) == NULL)
		return NULL;
	str_visible(s, len, vis, 4 * len + 1);
	j = json_string(vis);
	free(vis);
	return j;
}

json_t *
phonesim_json_or_null(const char *s)
{
	return s == NULL || s[0] == '\0' ? json_null() :
	    phonesim_json_text(s);
}

json_t *
phonesim_json_hex(const void *buf, size_t len)
{
	json_t *j;
	char *hex;

	if ((hex = malloc(2 * len + 1)) == NULL)
		return NULL;
	str_hex(buf, len, hex);
	j = json_string(hex);
	free(hex);
	return j;
}

void
phonesim_warn(struct phonesim_run *r, const char *text)
{
	if (r->o->json)
		(void)json_array_append_new(r->warnings,
		    phonesim_json_text(text));
	else
		(void)fprintf(r->side, "phonesim: warning: %s\n", text);
}

/* {schema, command, result, warnings, exit} and, with an error, error. */
static int
print_envelope(struct phonesim_run *r, json_t *result, int status,
    const struct err *e)
{
	json_t *j;
	int ret = -1;

	j = json_pack("{s:s, s:s, s:O?, s:O, s:i}", "schema", OUT_SCHEMA,
	    "command", r->command, "result", result, "warnings", r->warnings,
	    "exit", status);
	if (j == NULL)
		return -1;
	if (e->code == ERR_OK || json_object_set_new(j, "error",
	    json_pack("{s:s, s:o}", "code", err_name(e->code), "message",
	    phonesim_json_text(e->msg))) == 0)
		ret = json_dumpf(j, r->out, JSON_INDENT(2));
	(void)fputc('\n', r->out);
	json_decref(j);
	return ret;
}

int
phonesim_finish(struct phonesim_run *r, json_t *result, int status,
    const struct err *e)
{
	char vis[4 * ERR_MSG_MAX];
	int ret = 0;

	if (r->o->json) {
		ret = print_envelope(r, result, status, e);
	} else if (e->code != ERR_OK) {
		(void)fflush(r->out);
		str_visible(e->msg, strlen(e->msg), vis, sizeof(vis));
		(void)fprintf(r->side, "phonesim: %s\n", vis);
	}
	json_decref(result);
	if (ret == -1 || fflush(r->out) != 0 || ferror(r->out)) {
		(void)fprintf(r->side, "phonesim: the output cannot be "
		    "written: look at where it goes (disk full, closed?)\n");
		return status == EXIT_TRUSTED ? EXIT_FAILED : status;
	}
	return status;
}
