/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Text and JSON, see out.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/out.h"

int
out_init(struct out *o, bool json, FILE *to, FILE *side, struct err *e)
{
	*o = (struct out){ .json = json, .to = to, .side = side };
	if ((o->warnings = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "output");
	return ERR_OK;
}

void
out_clear(struct out *o)
{
	json_decref(o->result);
	json_decref(o->warnings);
	json_decref(o->effect);
	*o = (struct out){ 0 };
}

void
out_text(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	(void)vfprintf(o->to, fmt, ap);
	va_end(ap);
}

void
out_puts(struct out *o, const char *s)
{
	if (!o->json)
		(void)fputs(s, o->to);
}

void
out_progress(struct out *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	/* Keep the order when both streams are one terminal or file. */
	(void)fflush(o->to);
	va_start(ap, fmt);
	(void)vfprintf(o->side, fmt, ap);
	va_end(ap);
	(void)fflush(o->side);
}

void
out_warn(struct out *o, const char *fmt, ...)
{
	char text[1024], vis[4 * sizeof(text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (json_array_append_new(o->warnings, out_str(text)) != 0)
		o->nomem = true;
	if (o->json)
		return;
	(void)fflush(o->to);
	/* What others wrote may be in it: a daemon, a file's name. */
	str_visible(text, strlen(text), vis, sizeof(vis));
	(void)fprintf(o->side, "ctltool: warning: %s\n", vis);
}

void
out_warn_lines(struct out *o, const char *lines)
{
	const char *end;

	for (; *lines != '\0'; lines = *end == '\0' ? end : end + 1) {
		end = strchrnul(lines, '\n');
		if (end != lines)
			out_warn(o, "%.*s", (int)(end - lines), lines);
	}
}

void
out_changed(struct out *o)
{
	o->changed = !o->dry_run;
}

void
out_result(struct out *o, json_t *result)
{
	json_decref(o->result);
	o->result = result;
	if (result == NULL)
		o->nomem = true;
}

void
out_effect(struct out *o, json_t *effect)
{
	json_decref(o->effect);
	o->effect = effect;
	if (effect == NULL)
		o->nomem = true;
}

/* {schema, command, result, warnings, exit}; of a dry run dry_run and effect,
 * of a failure error. */
json_t *
out_envelope(const struct out *o, const char *command, int status,
    const struct err *e)
{
	json_t *j;

	j = json_pack("{s:s, s:o, s:O?, s:O, s:i}", "schema", OUT_SCHEMA,
	    "command", out_str(command), "result", o->result,
	    "warnings", o->warnings, "exit", status);
	if (j == NULL)
		return NULL;
	if ((o->dry_run && json_object_set_new(j, "dry_run",
	    json_true()) != 0) || (o->effect != NULL &&
	    json_object_set(j, "effect", o->effect) != 0)) {
		json_decref(j);
		return NULL;
	}
	if (e->code != ERR_OK && json_object_set_new(j, "error",
	    json_pack("{s:s, s:o}", "code", err_name(e->code),
	    "message", out_str(e->msg))) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* The exit status for a result that nobody gets. */
static int
lost(const struct out *o, int status)
{
	if (status != 0)
		return status;
	if (o->changed)
		(void)fprintf(o->side, "ctltool: what was asked for is done "
		    "all the same\n");
	return o->changed ? 3 : 1;
}

static int
finish_json(struct out *o, const char *command, int status,
    const struct err *e)
{
	json_t *j;

	if (o->nomem || (j = out_envelope(o, command, status, e)) == NULL) {
		(void)fprintf(o->side, "ctltool: out of memory: the result "
		    "cannot be shown\n");
		return lost(o, status);
	}
	(void)json_dumpf(j, o->to, o->lines ? JSON_COMPACT :
	    JSON_INDENT(2));
	(void)fputc('\n', o->to);
	json_decref(j);
	return status;
}

void
out_lines(struct out *o)
{
	o->lines = true;
}

void
out_line(struct out *o, const char *command, json_t *result)
{
	static const struct err none = { .code = ERR_OK };
	json_t *j = NULL;

	out_result(o, result);
	if (!o->json)
		return;
	if (o->nomem || (j = out_envelope(o, command, 0, &none)) == NULL) {
		o->nomem = true;
		return;
	}
	(void)json_dumpf(j, o->to, JSON_COMPACT);
	(void)fputc('\n', o->to);
	json_decref(j);
	out_result(o, json_null());
}

bool
out_flush(struct out *o)
{
	return fflush(o->to) == 0 && !ferror(o->to);
}

int
out_finish(struct out *o, const char *command, int status,
    const struct err *e)
{
	char vis[4 * ERR_MSG_MAX];

	if (o->json && (!o->lines || e->code != ERR_OK)) {
		status = finish_json(o, command, status, e);
	} else if (e->code != ERR_OK) {
		(void)fflush(o->to);
		str_visible(e->msg, strlen(e->msg), vis, sizeof(vis));
		(void)fprintf(o->side, "ctltool: %s\n", vis);
	}
	if (!out_flush(o)) {
		(void)fprintf(o->side, "ctltool: the output cannot be written: "
		    "look at where it goes (disk full, closed?)\n");
		return lost(o, status);
	}
	return status;
}

json_t *
out_strn(const char *s, size_t len)
{
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
out_str(const char *s)
{
	return s == NULL ? json_null() : out_strn(s, strlen(s));
}

json_t *
out_hex(const void *buf, size_t len)
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

json_t *
out_time(int64_t unix_s)
{
	char text[CLOCK_RFC3339_LEN];

	clock_rfc3339(unix_s, text);
	return json_string(text);
}

const char *
out_vis(const char *s, char buf[OUT_VIS_MAX])
{
	str_visible(s, strlen(s), buf, OUT_VIS_MAX);
	return buf;
}
