/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The options every daemon has: one table makes the parser and --help.
 */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proc/internal.h"

#define TIME_OFFSET_MAX	(INT64_C(200) * 366 * 86400)	/* 200 years */

static int
set_state(struct proc_opts *o, const char *v, struct err *e)
{
	if (v[0] == '\0')
		return err_set(e, ERR_ARG, "an empty path");
	o->state = v;
	return ERR_OK;
}

static int
set_foreground(struct proc_opts *o, const char *v, struct err *e)
{
	(void)v;
	(void)e;
	o->foreground = true;
	return ERR_OK;
}

static int
set_log_level(struct proc_opts *o, const char *v, struct err *e)
{
	if (!log_level_parse(v, &o->log_level))
		return err_set(e, ERR_ARG, "not err, warning, info or debug");
	return ERR_OK;
}

static int
set_log_format(struct proc_opts *o, const char *v, struct err *e)
{
	if (strcmp(v, "text") == 0)
		o->log_format = LOG_TEXT;
	else if (strcmp(v, "json") == 0)
		o->log_format = LOG_JSON;
	else
		return err_set(e, ERR_ARG, "neither text nor json");
	return ERR_OK;
}

static int
set_time_offset(struct proc_opts *o, const char *v, struct err *e)
{
	o->has_time_offset = true;
	return str_to_i64(v, -TIME_OFFSET_MAX, TIME_OFFSET_MAX,
	    &o->time_offset_s, e);
}

static int
set_loops(struct proc_opts *o, const char *v, struct err *e)
{
	int64_t n = 0;
	int ret = str_to_i64(v, 1, PROC_LOOPS_MAX, &n, e);

	o->loops = (unsigned)n;
	return ret;
}

static const struct {
	const char	*name;
	const char	*value;		/* its name in --help, NULL: none */
	int		(*set)(struct proc_opts *, const char *, struct err *);
	const char	*help;
} opts_table[] = {
	{ "state", "DIR", set_state,
	    "state folder (default $" STATE_ENV " or " STATE_DEFAULT ")" },
	{ "foreground", NULL, set_foreground,
	    "stay in the foreground and log to stderr" },
	{ "log-level", "LEVEL", set_log_level,
	    "err, warning, info (default) or debug" },
	{ "log-format", "FORMAT", set_log_format,
	    "text (default) or json, one object a line" },
	{ "loops", "N", set_loops,
	    "event loops (default: one per processor)" },
	{ "time-offset", "SECONDS", set_time_offset,
	    "move the clock, on states made with node init --test" },
	{ "help", NULL, NULL, "print this text" },
	{ "version", NULL, NULL, "print the version" },
};

#define NOPTS	(sizeof(opts_table) / sizeof(opts_table[0]))

static void
print_help(const struct proc_def *d)
{
	char word[40];

	(void)printf("%s - %s\nusage: %s [options]\n", d->name, d->summary,
	    d->name);
	for (size_t i = 0; i < NOPTS; i++) {
		(void)snprintf(word, sizeof(word), "--%s%s%s",
		    opts_table[i].name, opts_table[i].value != NULL ? " " : "",
		    opts_table[i].value != NULL ? opts_table[i].value : "");
		(void)printf("  %-24s%s\n", word, opts_table[i].help);
	}
}

static enum opts_result
usage(const struct proc_def *d)
{
	(void)fprintf(stderr, "%s: `%s --help' lists the options\n", d->name,
	    d->name);
	return OPTS_USAGE;
}

/* The table as getopt wants it; val is the index. */
static void
fill_long(struct option lo[NOPTS + 1])
{
	memset(lo, 0, sizeof(*lo) * (NOPTS + 1));
	for (size_t i = 0; i < NOPTS; i++)
		lo[i] = (struct option){ .name = opts_table[i].name,
		    .has_arg = opts_table[i].value != NULL ?
		    required_argument : no_argument, .val = (int)i };
}

/* --help and --version, which have nothing to set. */
static enum opts_result
answer(const struct proc_def *d, const char *name)
{
	if (strcmp(name, "version") == 0)
		(void)printf("%s (phonetrust) %s\n", d->name,
		    PACKAGE_VERSION);
	else
		print_help(d);
	return OPTS_DONE;
}

enum opts_result
opts_parse(int argc, char **argv, const struct proc_def *d,
    struct proc_opts *o)
{
	struct option lo[NOPTS + 1];
	struct err e = { 0 };
	const char *state = NULL;
	int i;

	*o = (struct proc_opts){ .log_level = LOG_INFO };
	fill_long(lo);
	optind = 0;		/* GNU: start anew */
	while ((i = getopt_long(argc, argv, "", lo, NULL)) != -1) {
		if (i == '?')
			return usage(d);
		if (opts_table[i].set == NULL)
			return answer(d, opts_table[i].name);
		if (opts_table[i].set(o, optarg, &e) != ERR_OK) {
			(void)fprintf(stderr, "%s: --%s %s: %s\n", d->name,
			    opts_table[i].name, optarg, e.msg);
			return usage(d);
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected \"%s\"\n", d->name,
		    argv[optind]);
		return usage(d);
	}
	state = o->state;
	o->state = state_path(state);
	return OPTS_RUN;
}
