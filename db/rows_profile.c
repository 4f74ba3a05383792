/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone_profile, and of the settings of profiles and phones.  See
 * rows.h.
 */
#include <string.h>

#include "base/str.h"
#include "db/query.h"
#include "db/rows.h"

static int
profile_write(struct db *db, enum sql_id id, const struct row_profile *p,
    struct err *e)
{
	struct q q = q_begin(db, id, e);
	int ret;

	q_text(&q, 1, p->name);
	q_text(&q, 2, phone_protocol_name[p->protocol]);
	q_text(&q, 3, p->description);
	q_i64(&q, 4, p->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return err_set(e, ERR_EXISTS, "profile %s is there already",
		    p->name);
	return db_change_add(db, "profile", p->name, e);
}

int
row_profile_add(struct db *db, const struct row_profile *p, struct err *e)
{
	return profile_write(db, SQL_PROFILE_ADD, p, e);
}

int
row_profile_put(struct db *db, const struct row_profile *p, struct err *e)
{
	return profile_write(db, SQL_PROFILE_PUT, p, e);
}

static void
profile_fill(struct q *q, struct row_profile *p)
{
	q_col_text(q, 0, p->name, sizeof(p->name));
	p->protocol = (enum phone_protocol)q_col_word(q, 1,
	    phone_protocol_name, PROTOCOL_N);
	q_col_text(q, 2, p->description, sizeof(p->description));
	p->changed_at = q_col_i64(q, 3);
}

int
row_profile_get(struct db *db, const char *name, struct row_profile *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PROFILE_GET, e);

	*p = (struct row_profile){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q))
		profile_fill(&q, p);
	return q_not_there(q_end_found(&q, "profile"), "profile", name, e);
}

int
row_profile_list(struct db *db, struct row_profile **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PROFILE_LIST, e);
	struct row_profile *p = NULL;

	*n = 0;
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p)))
		profile_fill(&q, &p[(*n)++]);
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_profile_with(struct db *db, const char *setting, const char *value,
    struct row_profile **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PROFILE_WITH, e);
	struct row_profile *p = NULL;

	*n = 0;
	q_text(&q, 1, setting);
	q_text(&q, 2, value);
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p)))
		profile_fill(&q, &p[(*n)++]);
	return q_end_rows(&q, p, (void **)rows, n);
}

static int
run_named(struct db *db, enum sql_id id, const char *name, struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, name);
	return q_run(&q);
}

static int
run_pair(struct db *db, enum sql_id id, const char *from, const char *to,
    struct err *e)
{
	struct q q = q_begin(db, id, e);

	q_text(&q, 1, from);
	q_text(&q, 2, to);
	return q_run(&q);
}

int
row_profile_remove(struct db *db, const char *name, struct err *e)
{
	struct row_profile p;
	int64_t n;
	int ret;

	if ((ret = row_profile_get(db, name, &p, e)) != ERR_OK ||
	    (ret = row_phone_count_of(db, name, -1, &n, e)) != ERR_OK)
		return ret;
	if (n > 0)
		return err_set(e, ERR_BADSTATE, "profile %s is used by phones",
		    name);
	if ((ret = run_named(db, SQL_PROFILE_REMOVE, name, e)) != ERR_OK ||
	    (ret = run_named(db, SQL_PROFILE_SETTING_CLEAR, name, e)) !=
	    ERR_OK)
		return ret;
	return db_change_add(db, "profile", name, e);
}

static int
rename_add(struct db *db, const char *from, const char *to, int64_t now,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PROFILE_RENAME, e);
	int ret;

	q_text(&q, 1, from);
	q_text(&q, 2, to);
	q_i64(&q, 3, now);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return err_set(e, ERR_EXISTS, "profile %s is there already",
		    to);
	return ERR_OK;
}

int
row_profile_rename(struct db *db, const char *from, const char *to,
    int64_t now, struct err *e)
{
	struct row_profile p;
	int ret;

	if ((ret = row_profile_get(db, from, &p, e)) != ERR_OK ||
	    (ret = rename_add(db, from, to, now, e)) != ERR_OK ||
	    (ret = row_profile_settings_copy(db, from, to, e)) != ERR_OK ||
	    (ret = run_pair(db, SQL_PHONE_REPROFILE, from, to, e)) !=
	    ERR_OK ||
	    (ret = run_named(db, SQL_PROFILE_REMOVE, from, e)) != ERR_OK ||
	    (ret = run_named(db, SQL_PROFILE_SETTING_CLEAR, from, e)) !=
	    ERR_OK ||
	    (ret = db_change_add(db, "profile", from, e)) != ERR_OK)
		return ret;
	return db_change_add(db, "profile", to, e);
}

int
row_profile_settings_copy(struct db *db, const char *from, const char *to,
    struct err *e)
{
	return run_pair(db, SQL_PROFILE_SETTING_COPY, from, to, e);
}

/* --- settings --- */

static int
settings(struct db *db, enum sql_id id, const char *owner,
    struct row_setting **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, id, e);
	struct row_setting *s = NULL;

	*n = 0;
	q_text(&q, 1, owner);
	while (q_row(&q) && q_grow(&q, (void **)&s, *n, sizeof(*s))) {
		q_col_text(&q, 0, s[*n].name, sizeof(s[*n].name));
		q_col_text(&q, 1, s[*n].value, sizeof(s[*n].value));
		(*n)++;
	}
	return q_end_rows(&q, s, (void **)rows, n);
}

int
row_phone_settings(struct db *db, const char *phone,
    struct row_setting **rows, size_t *n, struct err *e)
{
	return settings(db, SQL_PHONE_SETTING_LIST, phone, rows, n, e);
}

int
row_profile_settings(struct db *db, const char *profile,
    struct row_setting **rows, size_t *n, struct err *e)
{
	return settings(db, SQL_PROFILE_SETTING_LIST, profile, rows, n, e);
}

/* value NULL: id takes two values only. */
static int
setting_write(struct db *db, enum sql_id id, const char *owner,
    const char *name, const char *value, bool *changed, struct err *e)
{
	struct q q = q_begin(db, id, e);
	int ret;

	q_text(&q, 1, owner);
	q_text(&q, 2, name);
	if (value != NULL)
		q_text(&q, 3, value);
	ret = q_run(&q);
	if (changed != NULL)
		*changed = ret == ERR_OK && sqlite3_changes(db->h) > 0;
	return ret;
}

int
row_phone_setting_put(struct db *db, const char *phone, const char *name,
    const char *value, bool *changed, struct err *e)
{
	return setting_write(db, value != NULL ? SQL_PHONE_SETTING_PUT :
	    SQL_PHONE_SETTING_REMOVE, phone, name, value, changed, e);
}

int
row_profile_setting_put(struct db *db, const char *profile, const char *name,
    const char *value, bool *changed, struct err *e)
{
	return setting_write(db, value != NULL ? SQL_PROFILE_SETTING_PUT :
	    SQL_PROFILE_SETTING_REMOVE, profile, name, value, changed, e);
}

int
row_phone_setting_with(struct db *db, const char *name, const char *value,
    struct row_phone_name **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SETTING_WITH, e);
	struct row_phone_name *p = NULL;

	*n = 0;
	q_text(&q, 1, name);
	q_text(&q, 2, value);
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p))) {
		q_col_text(&q, 0, p[*n].name, sizeof(p[*n].name));
		(*n)++;
	}
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_phone_setting_upto(struct db *db, const char *name, const char *value,
    const char *with, size_t max, struct row_phone_name **rows, size_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SETTING_UPTO, e);
	struct row_phone_name *p = NULL;

	*n = 0;
	q_text(&q, 1, name);
	q_text(&q, 2, value);
	q_text(&q, 3, with);
	q_i64(&q, 4, max > INT32_MAX ? INT32_MAX : (int64_t)max);
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p))) {
		q_col_text(&q, 0, p[*n].name, sizeof(p[*n].name));
		(*n)++;
	}
	return q_end_rows(&q, p, (void **)rows, n);
}

/* The next number of the same length; false behind the last of them. */
static bool
count_up(char *digits)
{
	size_t i = strlen(digits);

	while (i > 0 && digits[i - 1] == '9')
		digits[--i] = '0';
	if (i == 0)
		return false;
	digits[i - 1]++;
	return true;
}

int
row_phone_setting_free(struct db *db, const char *name, const char *first,
    const char *last, char out[SETTING_VALUE_MAX + 1], struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SETTING_BETWEEN, e);
	char taken[SETTING_VALUE_MAX + 1];
	bool left = str_copy(out, SETTING_VALUE_MAX + 1, first);
	int ret;

	q_text(&q, 1, name);
	q_text(&q, 2, first);
	q_text(&q, 3, last);
	/* In order; what is no number at all stands between two of them. */
	while (left && q_row(&q)) {
		q_col_text(&q, 0, taken, sizeof(taken));
		if (strcmp(taken, out) == 0)
			left = count_up(out);
	}
	if ((ret = q_end(&q)) != ERR_OK)
		return ret;
	if (!left || strcmp(out, last) > 0)
		return err_set(e, ERR_NOTFOUND, "every number from %s to %s "
		    "is a phone's", first, last);
	return ERR_OK;
}

int
row_phone_setting_counts(struct db *db, const char *name,
    struct row_setting_count **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_SETTING_COUNTS, e);
	struct row_setting_count *p = NULL;

	*n = 0;
	q_text(&q, 1, name);
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p))) {
		q_col_text(&q, 0, p[*n].value, sizeof(p[*n].value));
		p[*n].n = q_col_i64(&q, 1);
		(*n)++;
	}
	return q_end_rows(&q, p, (void **)rows, n);
}
