/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows of phone.  See rows.h.
 */
#include "db/query.h"
#include "db/rows_capf.h"

const char *const phone_protocol_name[PROTOCOL_N] = {
	[PROTOCOL_SIP] = "SIP",
	[PROTOCOL_SCCP] = "SCCP",
};

const char *const phone_origin_name[ORIGIN_N] = {
	[ORIGIN_COMMAND] = "command",
	[ORIGIN_IMPORT] = "import",
	[ORIGIN_AUTO] = "auto",
};

static int
phone_write(struct db *db, enum sql_id id, const struct row_phone *p,
    struct err *e)
{
	struct q q = q_begin(db, id, e);
	int ret;

	q_text(&q, 1, p->name);
	q_text(&q, 2, p->model);
	q_text(&q, 3, phone_protocol_name[p->protocol]);
	q_text(&q, 4, p->profile);
	q_text(&q, 5, p->description);
	q_text(&q, 6, phone_origin_name[p->origin]);
	q_i64(&q, 7, p->created_at);
	q_i64(&q, 8, p->changed_at);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return err_set(e, ERR_EXISTS, "phone %s is there already",
		    p->name);
	return db_change_add(db, "phone", p->name, e);
}

int
row_phone_add(struct db *db, const struct row_phone *p, struct err *e)
{
	return phone_write(db, SQL_PHONE_ADD, p, e);
}

int
row_phone_put(struct db *db, const struct row_phone *p, struct err *e)
{
	return phone_write(db, SQL_PHONE_PUT, p, e);
}

static void
phone_fill(struct q *q, struct row_phone *p)
{
	q_col_text(q, 0, p->name, sizeof(p->name));
	q_col_text(q, 1, p->model, sizeof(p->model));
	p->protocol = (enum phone_protocol)q_col_word(q, 2,
	    phone_protocol_name, PROTOCOL_N);
	q_col_text(q, 3, p->profile, sizeof(p->profile));
	q_col_text(q, 4, p->description, sizeof(p->description));
	p->origin = (enum phone_origin)q_col_word(q, 5, phone_origin_name,
	    ORIGIN_N);
	p->created_at = q_col_i64(q, 6);
	p->changed_at = q_col_i64(q, 7);
	p->has_file = q_col_i64(q, 8) != 0;
}

int
row_phone_get(struct db *db, const char *name, struct row_phone *p,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_GET, e);

	*p = (struct row_phone){ 0 };
	q_text(&q, 1, name);
	if (q_row(&q))
		phone_fill(&q, p);
	return q_not_there(q_end_found(&q, "phone"), "phone", name, e);
}

int
row_phone_folded(struct db *db, const char *folded,
    struct row_phone_name **rows, size_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_FOLDED, e);
	struct row_phone_name *p = NULL;

	*n = 0;
	q_text(&q, 1, folded);
	while (q_row(&q) && q_grow(&q, (void **)&p, *n, sizeof(*p))) {
		q_col_text(&q, 0, p[*n].name, sizeof(p[*n].name));
		(*n)++;
	}
	return q_end_rows(&q, p, (void **)rows, n);
}

int
row_phone_folded_upto(struct db *db, const char *folded,
    char out[PHONE_NAME_MAX + 1], struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_FOLDED_UPTO, e);

	out[0] = '\0';
	q_text(&q, 1, folded);
	if (q_row(&q))
		q_col_text(&q, 0, out, PHONE_NAME_MAX + 1);
	return q_end_found(&q, "phone");
}

int
row_phone_remove(struct db *db, const char *name, struct err *e)
{
	static const struct {
		enum sql_id	 id;
		bool		 of_owners;	/* phones among others */
	} with[] = {
		{ SQL_PHONE_FILE_REMOVE, false },
		{ SQL_PHONE_SETTING_CLEAR, false },
		{ SQL_PHONE_SECRET_CLEAR, false },
		{ SQL_PHONE_GONE_LSC, true },
		{ SQL_PHONE_GONE_CERT, true },
		{ SQL_PHONE_GONE_OUTCOME, true },
		{ SQL_PHONE_GONE_CSR, true },
		{ SQL_PHONE_GONE_MIC_ALLOW, false },
		{ SQL_PHONE_GONE_ROLLOUT, false },
		{ SQL_PHONE_GONE_PLAIN, false },
		{ SQL_LOGIN_REMOVE, false },
		{ SQL_RESTART_REMOVE, false },
	};
	struct q q = q_begin(db, SQL_PHONE_REMOVE, e);
	int ret;

	q_text(&q, 1, name);
	if ((ret = q_run(&q)) != ERR_OK)
		return ret;
	if (sqlite3_changes(db->h) == 0)
		return q_not_there(ERR_NOTFOUND, "phone", name, e);
	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
		q = q_begin(db, with[i].id, e);
		q_text(&q, 1, name);
		if (with[i].of_owners)
			q_text(&q, 2, capf_kind_name[CAPF_PHONE]);
		if (with[i].id == SQL_PHONE_GONE_LSC ||
		    with[i].id == SQL_PHONE_GONE_CERT)
			q_text(&q, 3, device_cert_state_name[DEVICE_CURRENT]);
		if (with[i].id == SQL_PHONE_GONE_LSC) {
			q_text(&q, 4, device_cert_state_name[DEVICE_DELETED]);
			q_text(&q, 5, device_cert_type_name[DEVICE_LSC]);
		}
		if ((ret = q_run(&q)) != ERR_OK)
			return ret;
	}
	return db_change_add(db, "phone", name, e);
}

static int
each(struct q *q, row_phone_fn *fn, void *arg, struct err *e)
{
	struct row_phone p;

	while (q_row(q)) {
		p = (struct row_phone){ 0 };
		phone_fill(q, &p);
		if (q->ret == ERR_OK)
			q->ret = fn(arg, &p, e);
	}
	return q_end(q);
}

int
row_phone_each(struct db *db, row_phone_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_EACH, e);

	return each(&q, fn, arg, e);
}

int
row_phone_each_of(struct db *db, const char *profile, row_phone_fn *fn,
    void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_EACH_OF, e);

	q_text(&q, 1, profile);
	return each(&q, fn, arg, e);
}

int
row_phone_each_with(struct db *db, const char *setting, const char *value,
    row_phone_fn *fn, void *arg, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_EACH_WITH, e);

	q_text(&q, 1, setting);
	q_text(&q, 2, value);
	return each(&q, fn, arg, e);
}

static int
count(struct q *q, int64_t *n)
{
	*n = 0;
	if (q_row(q))
		*n = q_col_i64(q, 0);
	return q_end(q);
}

int
row_phone_count(struct db *db, int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_COUNT, e);

	return count(&q, n);
}

int
row_phone_count_from(struct db *db, enum phone_origin origin, int64_t *n,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_COUNT_FROM, e);

	q_text(&q, 1, phone_origin_name[origin]);
	return count(&q, n);
}

int
row_phone_count_of(struct db *db, const char *profile, int protocol,
    int64_t *n, struct err *e)
{
	struct q q = q_begin(db, SQL_PHONE_COUNT_OF, e);

	q_text(&q, 1, profile);
	q_text(&q, 2, protocol < 0 ? NULL : phone_protocol_name[protocol]);
	return count(&q, n);
}
