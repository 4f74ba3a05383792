/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file list tftp: what phones can fetch.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/file_walk.h"
#include "trust/itl.h"

enum order { BY_NAME, BY_DATE, BY_SIZE };

struct listing {
	struct ctl	*c;
	enum order	 order;
	bool		 reverse;
	const char	*pattern;	/* NULL: all */
	bool		 only_signed, only_stale;
	json_t		*files, *generated;
};

static void
put_file(struct ctl *c, int64_t size, int64_t mtime, const char *name,
    const char *root, bool stale)
{
	char date[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];

	clock_rfc3339(mtime, date);
	out_text(c->out, "%10" PRId64 "  %s  %s", size, date,
	    out_vis(name, vis));
	out_text(c->out, "%s%s%s\n", root[0] != '\0' ? "  in " : "",
	    out_vis(root, vis), stale ? "  (older than the file it signs: "
	    "not served)" : "");
}

static bool
is_sgn(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && str_ieq(name + n - 4, ".sgn");
}

static bool
wanted(const struct listing *l, const struct file_entry *f)
{
	return (!l->only_signed || is_sgn(f->name)) &&
	    (!l->only_stale || f->stale);
}

static void
put_entry(struct listing *l, const struct file_entry *f)
{
	bool own = strcmp(f->root, "tftp") == 0;

	put_file(l->c, f->size, f->mtime.tv_sec, f->name, own ? "" : f->root,
	    f->stale);
	if (json_array_append_new(l->files, json_pack(
	    "{s:o, s:o, s:I, s:o, s:b}", "name", out_str(f->name),
	    "root", out_str(f->root), "bytes", (json_int_t)f->size,
	    "modified_at", out_time(f->mtime.tv_sec),
	    "stale", f->stale)) != 0)
		l->c->out->nomem = true;
}

/* Largest or newest first; the rest in the order of the walk. */
static int
by_order(const void *a, const void *b, void *arg)
{
	const struct file_entry *x = *(struct file_entry *const *)a;
	const struct file_entry *y = *(struct file_entry *const *)b;
	const struct listing *l = arg;
	int d = 0;

	if (l->order == BY_SIZE)
		d = (x->size < y->size) - (x->size > y->size);
	else if (l->order == BY_DATE && x->mtime.tv_sec != y->mtime.tv_sec)
		d = x->mtime.tv_sec < y->mtime.tv_sec ? 1 : -1;
	else if (l->order == BY_DATE)
		d = (x->mtime.tv_nsec < y->mtime.tv_nsec) -
		    (x->mtime.tv_nsec > y->mtime.tv_nsec);
	if (d == 0)
		d = x < y ? -1 : x > y;
	return l->reverse ? -d : d;
}

static int
list_static(struct listing *l, struct err *e)
{
	struct file_entry **by = NULL;
	struct file_walk w;
	int ret = file_walk(&w, l->c, l->pattern, e);

	if (ret == ERR_OK && (by = calloc(w.n + 1, sizeof(*by))) == NULL)
		ret = err_set(e, ERR_NOMEM, "list of files");
	for (size_t i = 0; ret == ERR_OK && i < w.n; i++)
		by[i] = &w.entry[i];
	if (ret == ERR_OK)
		qsort_r(by, w.n, sizeof(*by), by_order, l);
	for (size_t i = 0; ret == ERR_OK && i < w.n; i++)
		if (wanted(l, by[i]))
			put_entry(l, by[i]);
	free(by);
	file_walk_clear(&w);
	return ret;
}

/* --- made for phones --- */

static int
add_generated(struct listing *l, const char *name, const char *kind,
    int64_t changed_at, struct err *e)
{
	if (l->pattern != NULL && fnmatch(l->pattern, name, 0) != 0)
		return ERR_OK;
	if (json_array_append_new(l->generated, json_pack("{s:s, s:s, s:o}",
	    "name", name, "kind", kind, "modified_at",
	    out_time(changed_at))) != 0)
		return err_set(e, ERR_NOMEM, "list of files");
	return ERR_OK;
}

static int
list_phone(void *arg, const struct row_phone *p, struct err *e)
{
	char name[DEVICE_NAME_MAX + 16], date[CLOCK_RFC3339_LEN];
	struct listing *l = arg;

	(void)snprintf(name, sizeof(name), "%s.cnf.xml", p->name);
	if (l->pattern == NULL || fnmatch(l->pattern, name, 0) == 0) {
		clock_rfc3339(p->changed_at, date);
		out_text(l->c->out, "%10s  %s  %s\n", "on demand", date, name);
	}
	return add_generated(l, name, "config", p->changed_at, e);
}

static int
list_generated(struct listing *l, int64_t *phones, struct err *e)
{
	struct row_list itl;
	int ret;

	if ((ret = itl_current(l->c->node.db, &itl, e)) != ERR_OK)
		return ret;
	if (l->pattern == NULL || fnmatch(l->pattern, ITL_FILE_NAME, 0) == 0)
		put_file(l->c, (int64_t)itl.len, itl.made_at, ITL_FILE_NAME,
		    "", false);
	ret = add_generated(l, ITL_FILE_NAME, "itl", itl.made_at, e);
	row_list_clear(&itl);
	if (ret != ERR_OK ||
	    (ret = row_phone_count(l->c->node.db, phones, e)) != ERR_OK)
		return ret;
	if (cmd_has(l->c->line, "--all"))
		return row_phone_each(l->c->node.db, list_phone, l, e);
	out_text(l->c->out, "%" PRId64 " phone configuration%s (--all names "
	    "them)\n", *phones, *phones == 1 ? "" : "s");
	return ERR_OK;
}

/* The reference's words, in any order. */
static int
take_order(struct listing *l, const char *words, struct err *e)
{
	char word[16];
	size_t n;

	for (; words != NULL && *words != '\0'; words += n) {
		if ((n = strspn(words, " ")) > 0)
			continue;
		n = strcspn(words, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if (str_ieq(word, "date"))
			l->order = BY_DATE;
		else if (str_ieq(word, "size"))
			l->order = BY_SIZE;
		else if (str_ieq(word, "reverse"))
			l->reverse = true;
		else if (!str_ieq(word, "page") && !str_ieq(word, "detail"))
			return err_set(e, ERR_ARG, "\"%.40s\" is none of "
			    "page, detail, reverse, date, size (quote the "
			    "pattern: a shell makes several words of it)",
			    words);
	}
	return ERR_OK;
}

int
cmd_file_list(struct ctl *c, struct err *e)
{
	struct listing l = {
		.c = c, .pattern = cmd_get(c->line, "PATTERN"),
		.only_signed = cmd_has(c->line, "--signed"),
		.only_stale = cmd_has(c->line, "--stale"),
		.files = json_array(), .generated = json_array(),
	};
	int64_t phones = 0;
	int ret;

	if ((ret = take_order(&l, cmd_get(c->line, "ORDER"), e)) == ERR_OK &&
	    (ret = ctl_open(c, DB_READ, e)) == ERR_OK) {
		out_text(c->out, "Static files\n");
		ret = list_static(&l, e);
	}
	/* What is made on demand is neither stored nor stale. */
	if (ret == ERR_OK && !l.only_signed && !l.only_stale) {
		out_text(c->out, "Made for phones\n");
		ret = list_generated(&l, &phones, e);
	}
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O, s:O, s:I}", "files",
		    l.files, "generated", l.generated, "phone_configurations",
		    (json_int_t)phones));
	json_decref(l.files);
	json_decref(l.generated);
	return ret;
}
