/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone list: phones stream from the database to the output; only a list
 * that is sorted otherwise is held.
 */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_args.h"
#include "ctltool/phone_column.h"
#include "db/observed.h"
#include "db/rows_plain.h"
#include "db/rows_capf.h"
#include "trust/login.h"

#define DAY_S		86400
#define SETTINGS_MAX	8	/* --setting given */
#define LINE_MAX_LEN	4096

struct want_setting {
	const struct setting	*s;
	char			 value[SETTING_VALUE_MAX + 1];
};

/* One phone of a sorted list. */
struct entry {
	char	*keys;		/* one for each column, NUL-ended */
	char	*line;		/* text form */
	json_t	*json;
};

struct listing {
	struct ctl		*c;
	struct db		*observed;	/* NULL: nothing was seen */
	struct profile_base	*base;		/* NULL: no settings asked */
	struct phone_cols	 show, sort;
	bool			 need_seen, need_lsc, owed;
	bool			 need_plain;
	struct row_phone_plain	*plain;		/* by name */
	size_t			 nplain;
	/* filters; NULL, -1: none */
	const char		*name, *description, *profile;
	int			 protocol, origin, own;
	bool			 only_plain;
	bool			 any_model;
	char			 model[32];
	struct want_setting	 want[SETTINGS_MAX];
	size_t			 nwant;
	int64_t			 seen_from, unseen_from;	/* 0: none */
	int64_t			 limit, n, shown;
	struct entry		*entry;		/* with sort only */
	json_t			*phones;
};

/* --- which phones --- */

static int
days(struct ctl *c, const char *option, int64_t *from, struct err *e)
{
	const char *text = cmd_get(c->line, option);
	int64_t n;

	if (text == NULL)
		return ERR_OK;
	if (str_to_i64(text, 1, 36500, &n, e) != ERR_OK)
		return err_wrap(e, "%s", option);
	*from = clock_wall_s(c->clk) - n * DAY_S;
	return ERR_OK;
}

static int
want_setting(struct listing *l, const char *text, struct err *e)
{
	struct want_setting *w = &l->want[l->nwant];
	const char *eq = strchr(text, '=');
	char option[80];

	(void)snprintf(option, sizeof(option), "%.*s", eq != NULL ?
	    (int)(eq - text) : 0, text);
	if (eq == NULL || (w->s = setting_find(option)) == NULL)
		return err_set(e, ERR_ARG, "--setting: \"%.80s\" is not "
		    "OPTION=VALUE with the option of a setting", text);
	if (w->s->type == SETTING_SECRET)
		return err_set(e, ERR_ARG, "--setting: %s is a secret, "
		    "which nobody is told: leave it out", w->s->name);
	if (l->nwant + 1 == SETTINGS_MAX)
		return err_set(e, ERR_ARG, "--setting: at most %d at "
		    "once: leave some out",
		    SETTINGS_MAX - 1);
	l->nwant++;
	return setting_check(w->s, eq + 1, SETTING_ALLOW_WEAK, w->value, e);
}

static int
take_origin(struct listing *l, struct err *e)
{
	const char *text = cmd_get(l->c->line, "--origin");

	l->origin = -1;
	for (int i = 0; text != NULL && i < ORIGIN_N; i++)
		if (str_ieq(text, phone_origin_name[i]))
			l->origin = i;
	return text == NULL || l->origin != -1 ? ERR_OK :
	    err_set(e, ERR_ARG, "--origin: command, import or auto");
}

static int
take_profile(struct listing *l, struct err *e)
{
	const char *name = cmd_get(l->c->line, "--profile");
	struct row_profile row;
	enum phone_protocol p;
	int ret;

	l->profile = name;
	if (name == NULL)
		return ERR_OK;
	if (profile_is_predefined(name, &p)) {
		l->profile = "";
		l->protocol = (int)p;
		return ERR_OK;
	}
	ret = row_profile_get(l->c->node.db, name, &row, e);
	return ret != ERR_NOTFOUND ? ret : err_set(e, ret, "there is no "
	    "profile \"%.64s\": \"phone profile list\" shows those there are",
	    name);
}

static int
take_filters(struct listing *l, struct err *e)
{
	const struct cmd_line *line = l->c->line;
	const char *model = cmd_get(line, "--model"), *text;
	bool with = cmd_has(line, "--with-config");
	bool without = cmd_has(line, "--without-config");
	int ret;

	l->name = cmd_get(line, "--name");
	l->description = cmd_get(line, "--description");
	l->protocol = settings_protocol(line);
	l->own = with == without ? -1 : with;
	l->owed = cmd_has(line, "--restart-owed");
	l->any_model = model == NULL;
	l->only_plain = cmd_has(line, "--plain");
	if ((model != NULL && (ret = phone_model(model, l->model, e)) !=
	    ERR_OK) || (ret = take_profile(l, e)) != ERR_OK ||
	    (ret = take_origin(l, e)) != ERR_OK ||
	    (ret = days(l->c, "--seen", &l->seen_from, e)) != ERR_OK ||
	    (ret = days(l->c, "--unseen", &l->unseen_from, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; (text = cmd_get_n(line, "--setting", i)) != NULL;
	    i++)
		if ((ret = want_setting(l, text, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

static bool
like(const char *pattern, const char *text)
{
	return pattern == NULL || fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

static bool
row_fits(const struct listing *l, const struct row_phone *p)
{
	return like(l->name, p->name) && like(l->description,
	    p->description) && (l->any_model || strcmp(l->model, p->model) ==
	    0) && (l->protocol == -1 || l->protocol == (int)p->protocol) &&
	    (l->profile == NULL || strcmp(l->profile, p->profile) == 0) &&
	    (l->origin == -1 || l->origin == (int)p->origin) &&
	    (l->own == -1 || l->own == p->has_file);
}

static bool
seen_fits(const struct listing *l, int64_t seen)
{
	return (l->seen_from == 0 || seen >= l->seen_from) &&
	    (l->unseen_from == 0 || seen < l->unseen_from);
}

/* Only of those that fit else: it is two databases to look at. */
static int
restart_fits(const struct listing *l, const struct row_phone *p, bool *fits,
    struct err *e)
{
	struct row_restart r;

	*fits = true;
	return l->owed ? phone_restart_owed(l->c->node.db, l->observed,
	    p->name, &r, fits, e) : ERR_OK;
}

static bool
settings_fit(const struct listing *l, const struct phone_effective *x)
{
	for (size_t i = 0; i < l->nwant; i++)
		if (strcmp(x->value[l->want[i].s->id], l->want[i].value) != 0)
			return false;
	return true;
}

/* --- one of them --- */

static json_t *
cell_json(const struct listing *l, const struct phone_cell *cell)
{
	json_t *j = phone_json(cell->p), *set;

	if (j == NULL)
		return NULL;
	if (l->need_seen && json_object_set_new(j, "seen_at", cell->seen !=
	    0 ? out_time(cell->seen) : json_null()) != 0)
		l->c->out->nomem = true;
	if (l->need_plain && json_object_set_new(j, "plain",
	    cell->plain_until == 0 ? json_null() : json_pack("{s:o, s:b}",
	    "until", out_time(cell->plain_until), "with_secrets",
	    cell->plain_secrets)) != 0)
		l->c->out->nomem = true;
	if (l->need_lsc && json_object_set_new(j, "lsc_until", cell->lsc !=
	    0 ? out_time(cell->lsc) : json_null()) != 0)
		l->c->out->nomem = true;
	if (!phone_cols_settings(&l->show))
		return j;
	set = json_object();
	for (size_t i = 0; i < l->show.n; i++) {
		char text[PHONE_CELL_MAX];

		if (l->show.col[i] < LIST_SETTING)
			continue;
		phone_col_text(cell, l->show.col[i], text);
		if (json_object_set_new(set, setting_get(l->show.col[i] -
		    LIST_SETTING)->option, json_string(text)) != 0)
			l->c->out->nomem = true;
	}
	if (json_object_set_new(j, "settings", set) != 0)
		l->c->out->nomem = true;
	return j;
}

/* The last column is as long as it is. */
static void
cell_line(const struct listing *l, const struct phone_cell *cell,
    char line[LINE_MAX_LEN])
{
	size_t used = 0;

	for (size_t i = 0; i < l->show.n && used < LINE_MAX_LEN; i++) {
		char text[PHONE_CELL_MAX];

		if (cell != NULL)
			phone_col_text(cell, l->show.col[i], text);
		else
			phone_col_title(l->show.col[i], text, sizeof(text));
		used += (size_t)snprintf(line + used, LINE_MAX_LEN - used,
		    "%-*s%s", i + 1 < l->show.n ?
		    phone_col_width(l->show.col[i]) : 0,
		    text[0] != '\0' ? text : "-", i + 1 < l->show.n ? " " :
		    "\n");
	}
}

static void
put_entry(struct listing *l, const char *line, json_t *j)
{
	if (l->limit > 0 && l->shown >= l->limit) {
		json_decref(j);
		return;
	}
	l->shown++;
	if (!l->c->out->json)
		out_puts(l->c->out, line);
	else if (json_array_append_new(l->phones, j) != 0)
		l->c->out->nomem = true;
}

static char *
sort_keys(const struct listing *l, const struct phone_cell *cell)
{
	char text[PHONE_COLS_MAX][PHONE_CELL_MAX];
	size_t need = 0, used = 0;
	char *keys;

	for (size_t i = 0; i < l->sort.n; i++) {
		phone_col_text(cell, l->sort.col[i], text[i]);
		need += strlen(text[i]) + 1;
	}
	if ((keys = malloc(need)) == NULL)
		return NULL;
	for (size_t i = 0; i < l->sort.n; i++) {
		memcpy(keys + used, text[i], strlen(text[i]) + 1);
		used += strlen(text[i]) + 1;
	}
	return keys;
}

static int
keep_entry(struct listing *l, const struct phone_cell *cell,
    const char *line, json_t *j, struct err *e)
{
	struct entry *p;

	/* Grows by doubling: at each power of two. */
	if ((l->n & (l->n - 1)) == 0) {
		size_t cap = l->n == 0 ? 1 : 2 * (size_t)l->n;

		if ((p = reallocarray(l->entry, cap, sizeof(*p))) == NULL)
			goto nomem;
		l->entry = p;
	}
	p = &l->entry[l->n];
	*p = (struct entry){ .keys = sort_keys(l, cell), .json = j,
	    .line = l->c->out->json ? NULL : strdup(line) };
	if (p->keys != NULL && (p->line != NULL || l->c->out->json)) {
		l->n++;
		return ERR_OK;
	}
	free(p->keys);
	free(p->line);
nomem:
	json_decref(j);
	return err_set(e, ERR_NOMEM, "list of phones");
}

static int
list_cell(struct listing *l, const struct phone_cell *cell, struct err *e)
{
	char line[LINE_MAX_LEN] = "";
	json_t *j = NULL;

	if (l->sort.n == 0 && l->limit > 0 && l->shown >= l->limit) {
		l->n++;		/* counted, not shown */
		return ERR_OK;
	}
	if (l->c->out->json)
		j = cell_json(l, cell);
	else
		cell_line(l, cell, line);
	if (l->sort.n > 0)
		return keep_entry(l, cell, line, j, e);
	l->n++;
	put_entry(l, line, j);
	return ERR_OK;
}

/* When the phone's certificate of CAPF ends. */
static int
lsc_of(struct listing *l, const char *name, int64_t *until, struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct row_device_cert d;
	struct err why = { 0 };
	int ret;

	*until = 0;
	(void)str_copy(o.name, sizeof(o.name), name);
	ret = row_device_cert_current(l->c->node.db, &o, DEVICE_LSC, &d,
	    &why);
	if (ret == ERR_OK)
		*until = d.not_after;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK : err_set(e, ret,
	    "%s", why.msg);
}

static int
by_phone(const void *name, const void *row)
{
	return strcmp(name, ((const struct row_phone_plain *)row)->phone);
}

/* What has passed is none. */
static void
find_plain(const struct listing *l, struct phone_cell *cell)
{
	const struct row_phone_plain *p = l->nplain == 0 ? NULL :
	    bsearch(cell->p->name, l->plain, l->nplain, sizeof(*l->plain),
	    by_phone);

	if (p == NULL || p->until <= clock_wall_s(l->c->clk))
		return;
	cell->plain_until = p->until;
	cell->plain_secrets = p->with_secrets;
}

static int
list_one(void *arg, const struct row_phone *p, struct err *e)
{
	struct phone_cell cell = { .p = p };
	struct phone_effective x;
	struct listing *l = arg;
	int64_t seen_us = 0;
	bool fits;
	int ret;

	if (!row_fits(l, p))
		return ERR_OK;
	find_plain(l, &cell);
	if (l->only_plain && cell.plain_until == 0)
		return ERR_OK;
	if ((ret = restart_fits(l, p, &fits, e)) != ERR_OK || !fits)
		return ret;
	if (l->need_seen && l->observed != NULL && (ret = observed_seen(l->observed, p->name,
	    &seen_us, e)) != ERR_OK)
		return ret;
	cell.seen = seen_us / 1000000;
	if (!seen_fits(l, cell.seen))
		return ERR_OK;
	if (l->need_lsc && (ret = lsc_of(l, p->name, &cell.lsc, e)) != ERR_OK)
		return ret;
	if (l->base == NULL)
		return list_cell(l, &cell, e);
	if ((ret = phone_effective_of(&x, l->c->node.db, l->base, p, e)) !=
	    ERR_OK)
		return ret;
	cell.x = &x;
	if (settings_fit(l, &x))
		ret = list_cell(l, &cell, e);
	phone_effective_clear(&x);
	return ret;
}

/* --- all of them --- */

static int
by_keys(const void *va, const void *vb, void *arg)
{
	const struct entry *a = va, *b = vb;
	const char *x = a->keys, *y = b->keys;
	const struct listing *l = arg;

	for (size_t i = 0; i < l->sort.n; i++) {
		int d = strcmp(x, y);

		if (d != 0)
			return l->sort.down[i] ? -d : d;
		x += strlen(x) + 1;
		y += strlen(y) + 1;
	}
	return 0;
}

static void
put_sorted(struct listing *l)
{
	qsort_r(l->entry, (size_t)l->n, sizeof(*l->entry), by_keys, l);
	for (int64_t i = 0; i < l->n; i++) {
		put_entry(l, l->entry[i].line, l->entry[i].json);
		l->entry[i].json = NULL;
	}
}

static void
listing_clear(struct listing *l)
{
	for (int64_t i = 0; l->sort.n > 0 && i < l->n; i++) {
		free(l->entry[i].keys);
		free(l->entry[i].line);
		json_decref(l->entry[i].json);
	}
	free(l->entry);
	free(l->plain);
	json_decref(l->phones);
	profile_base_free(l->base);
	db_close(l->observed);
}

/* By name the database sorts; further keys after it cannot matter. */
static int
take_columns(struct listing *l, struct err *e)
{
	const char *show = cmd_get(l->c->line, "--columns");
	const char *sort = cmd_get(l->c->line, "--sort");
	const char *limit = cmd_get(l->c->line, "--limit");
	int ret;

	if ((ret = phone_cols_parse(&l->show, show != NULL ? show :
	    l->only_plain ? "name,model,profile,plain" :
	    "name,model,protocol,profile,config,changed,description", false,
	    e)) != ERR_OK)
		return err_wrap(e, "--columns");
	if (sort != NULL && (ret = phone_cols_parse(&l->sort, sort, true,
	    e)) != ERR_OK)
		return err_wrap(e, "--sort");
	if (l->sort.n > 0 && l->sort.col[0] == LIST_NAME && !l->sort.down[0])
		l->sort.n = 0;
	else if (l->sort.n > 0 && l->sort.n < PHONE_COLS_MAX)
		l->sort.col[l->sort.n++] = LIST_NAME;	/* never by chance */
	if (limit != NULL && str_to_i64(limit, 1, INT32_MAX, &l->limit, e) !=
	    ERR_OK)
		return err_wrap(e, "--limit");
	return ERR_OK;
}

/* What filters and columns need beside the phones' rows. */
static int
open_sources(struct listing *l, struct err *e)
{
	struct err miss = { 0 };

	l->need_seen = l->seen_from != 0 || l->unseen_from != 0 ||
	    phone_cols_have(&l->show, LIST_SEEN) ||
	    phone_cols_have(&l->sort, LIST_SEEN);
	l->need_lsc = phone_cols_have(&l->show, LIST_LSC) ||
	    phone_cols_have(&l->sort, LIST_LSC);
	if ((l->need_seen || l->owed) &&
	    (l->observed = db_open(l->c->node.statefd,
	    OBSERVED_FILE, DB_READ, &miss)) == NULL &&
	    miss.code != ERR_NOTFOUND)
		return err_set(e, miss.code, "%s", miss.msg);
	l->need_plain = l->only_plain ||
	    phone_cols_have(&l->show, LIST_PLAIN) ||
	    phone_cols_have(&l->sort, LIST_PLAIN);
	if (l->nwant > 0 || phone_cols_settings(&l->show) ||
	    phone_cols_settings(&l->sort))
		return profile_base_load(&l->base, l->c->node.db, e);
	return ERR_OK;
}

static int
list_tx(struct db *db, void *arg, struct err *e)
{
	struct listing *l = arg;
	int ret;

	if (l->need_plain && (ret = row_phone_plain_list(db, &l->plain,
	    &l->nplain, e)) != ERR_OK)
		return ret;
	return row_phone_each(db, list_one, arg, e);
}

int
cmd_phone_list(struct ctl *c, struct err *e)
{
	struct listing l = { .c = c, .phones = json_array() };
	char title[LINE_MAX_LEN] = "";
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = take_filters(&l, e)) != ERR_OK ||
	    (ret = take_columns(&l, e)) != ERR_OK ||
	    (ret = open_sources(&l, e)) != ERR_OK)
		goto out;
	cell_line(&l, NULL, title);
	out_puts(c->out, title);
	if ((ret = db_read_tx(c->node.db, list_tx, &l, e)) != ERR_OK)
		goto out;
	if (l.sort.n > 0)
		put_sorted(&l);
	if (l.shown < l.n)
		out_text(c->out, "%" PRId64 " of ", l.shown);
	out_text(c->out, "%" PRId64 " phone%s\n", l.n, l.n == 1 ? "" : "s");
	out_result(c->out, json_pack("{s:O, s:I}", "phones", l.phones,
	    "count", (json_int_t)l.n));
out:
	listing_clear(&l);
	return ret;
}
