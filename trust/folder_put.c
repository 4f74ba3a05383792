/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows from an administrator's own files, see folder.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "db/rows.h"
#include "trust/folder_put.h"
#include "trust/phone_guard.h"
#include "trust/phone_spell.h"

#define ORIGIN_FOLDER	"folder"
#define WHY_OLDER	"a later command decides: to use the file, change it " \
			"or give it a new time (touch)"

enum folder_act
folder_decide(const struct folder_facts *f)
{
	if (f->row && f->same)
		return FOLDER_KEEP;
	if (f->newer || f->changed)
		return FOLDER_TAKE;
	return f->row || (f->judged && !f->refused) ? FOLDER_LEAVE :
	    FOLDER_TAKE;
}

/* --- rows --- */

static int
audit(struct db *db, const struct folder_batch *b,
    const struct folder_item *it, const char *did, const char *what,
    struct err *e)
{
	struct row_audit a = { .at = b->now, .account = FOLDER_ACCOUNT };
	int ret;

	(void)str_copy(a.node, sizeof(a.node), b->node);
	(void)snprintf(a.command, sizeof(a.command), "folder %s", did);
	a.detail = str_printf("%s %s%s", it->rec.device, it->rec.path, what);
	if (a.detail == NULL)
		return err_set(e, ERR_NOMEM, "audit");
	ret = row_audit_add(db, &a, e);
	free(a.detail);
	return ret;
}

/* The phone and its file's row; neither need be there. */
static int
read_rows(struct db *db, const char *device, bool *there,
    struct row_phone *p, struct row_phone_file *f, struct err *e)
{
	struct err miss = { 0 };
	int ret = row_phone_get(db, device, p, &miss);

	*f = (struct row_phone_file){ 0 };
	*there = ret == ERR_OK;
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	return p->has_file ? row_phone_file_get(db, device, f, e) : ERR_OK;
}

static int
put_phone(struct db *db, const struct folder_batch *b, const char *device,
    struct err *e)
{
	struct row_phone p = { .origin = ORIGIN_IMPORT,
	    .created_at = b->now, .changed_at = b->now };

	(void)str_copy(p.name, sizeof(p.name), device);
	return row_phone_add(db, &p, e);
}

static int
take(struct db *db, const struct folder_batch *b, struct folder_item *it,
    bool have_phone, struct err *e)
{
	struct row_phone_file f = { .origin = ORIGIN_FOLDER,
	    .changed_at = b->now, .xml = it->xml, .len = it->len };
	int ret;

	it->new_phone = !have_phone;
	if (!have_phone &&
	    (ret = put_phone(db, b, it->rec.device, e)) != ERR_OK)
		return ret;
	(void)str_copy(f.name, sizeof(f.name), it->rec.device);
	memcpy(f.sha256, it->rec.sha256, SHA256_LEN);
	if ((ret = row_phone_file_put(db, &f, e)) != ERR_OK)
		return ret;
	return audit(db, b, it, "import", have_phone ? "" : ", a new phone",
	    e);
}

/* --- names that are another phone's --- */

struct other {
	const char	*device;	/* of the file */
	int64_t		 now;
	char		 name[PHONE_NAME_MAX + 1];	/* "": none */
};

/* In another case it is the same phone; as part of the name it may be a copy
 * of a file that is encrypted. */
static int
see_other(void *arg, struct db *db, const char *phone, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	enum phone_guard g = GUARD_SEALED;
	struct other *o = arg;
	int ret = ERR_OK;

	if (o->name[0] != '\0')
		return ERR_OK;
	if (!str_ieq(phone, o->device))
		ret = phone_guard_of(db, NULL, phone, o->now, &g, &miss);
	if (ret == ERR_OK && g == GUARD_SEALED)
		(void)str_copy(o->name, sizeof(o->name), phone);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

/* A new phone's file would be served as it is. */
static int
refuse_other(struct db *db, const struct folder_batch *b,
    struct folder_item *it, struct err *e)
{
	struct other o = { .device = it->rec.device, .now = b->now };
	int ret;

	if (str_is_sep(o.device))
		return ERR_OK;
	if ((ret = phone_named_in(db, o.device, see_other, &o, e)) != ERR_OK ||
	    o.name[0] == '\0')
		return ret;
	it->rec.state = FOLDER_BAD;
	(void)snprintf(it->rec.why, sizeof(it->rec.why), "it has the name of "
	    "phone %s and may be a copy of its file: remove it, or add a "
	    "phone of this name with phone add", o.name);
	return ERR_OK;
}

static int
put_item(struct db *db, const struct folder_batch *b, struct folder_item *it,
    struct err *e)
{
	struct row_phone p = { .changed_at = 0 };
	struct folder_facts facts = { .judged = it->had };
	struct row_phone_file f;
	int64_t changed_at;
	int ret;

	if ((ret = read_rows(db, it->rec.device, &facts.phone, &p, &f, e)) !=
	    ERR_OK)
		return ret;
	facts.row = p.has_file;
	facts.same = memcmp(f.sha256, it->rec.sha256, SHA256_LEN) == 0;
	facts.refused = it->had && it->was.state == FOLDER_BAD;
	facts.changed = it->had && memcmp(it->was.sha256, it->rec.sha256,
	    SHA256_LEN) != 0;
	changed_at = p.has_file ? f.changed_at : p.changed_at;
	if (it->had && it->was.judged_at > changed_at)
		changed_at = it->was.judged_at;
	facts.newer = it->modified_at > changed_at &&
	    it->modified_at <= b->now;
	row_phone_file_clear(&f);
	it->act = folder_decide(&facts);
	if (it->act == FOLDER_TAKE && !facts.phone &&
	    ((ret = refuse_other(db, b, it, e)) != ERR_OK ||
	    it->rec.state == FOLDER_BAD))
		return ret;
	return it->act == FOLDER_TAKE ? take(db, b, it, facts.phone, e) :
	    ERR_OK;
}

/* A row that is still this file's goes with it; the phone stays. */
static int
remove_item(struct db *db, const struct folder_batch *b,
    struct folder_item *it, struct err *e)
{
	struct row_phone_file f;
	struct row_phone p;
	bool there;
	int ret;

	it->removed = false;
	if ((ret = read_rows(db, it->rec.device, &there, &p, &f, e)) !=
	    ERR_OK || !there || !p.has_file)
		return ret;
	it->removed = strcmp(f.origin, ORIGIN_FOLDER) == 0 &&
	    memcmp(f.sha256, it->was.used, SHA256_LEN) == 0;
	row_phone_file_clear(&f);
	if (!it->removed)
		return ERR_OK;
	p.changed_at = b->now;
	if ((ret = row_phone_file_remove(db, p.name, e)) != ERR_OK ||
	    (ret = row_phone_put(db, &p, e)) != ERR_OK)
		return ret;
	return audit(db, b, it, "remove", "", e);
}

static int
rows_tx(struct db *db, void *arg, struct err *e)
{
	struct folder_batch *b = arg;
	int ret = ERR_OK;

	for (size_t i = 0; i < b->n && ret == ERR_OK; i++) {
		struct folder_item *it = &b->item[i];

		if (it->gone)
			ret = remove_item(db, b, it, e);
		else if (it->rec.state != FOLDER_BAD)
			ret = put_item(db, b, it, e);
	}
	return ret;
}

/* --- what is remembered --- */

static bool
is_news(const struct folder_item *it)
{
	return it->gone || !it->had || it->was.state != it->rec.state ||
	    memcmp(it->was.sha256, it->rec.sha256, SHA256_LEN) != 0 ||
	    memcmp(it->was.used, it->rec.used, SHA256_LEN) != 0 ||
	    strcmp(it->was.why, it->rec.why) != 0 ||
	    strcmp(it->was.path, it->rec.path) != 0;
}

static int
remember_tx(struct db *db, void *arg, struct err *e)
{
	struct folder_batch *b = arg;
	int ret = ERR_OK;

	for (size_t i = 0; i < b->n && ret == ERR_OK; i++) {
		const struct folder_item *it = &b->item[i];

		if (it->gone && it->had)
			ret = observed_folder_remove(db, it->rec.device, e);
		else if (!it->gone && is_news(it))
			ret = observed_folder_put(db, &it->rec, e);
		if (ret == ERR_NOTFOUND)	/* somebody was faster */
			ret = ERR_OK;
	}
	return ret;
}

static void
settle(struct folder_item *it)
{
	if (it->had)
		memcpy(it->rec.used, it->was.used, SHA256_LEN);
	if (it->gone || it->rec.state == FOLDER_BAD)
		return;
	if (it->act != FOLDER_LEAVE)
		memcpy(it->rec.used, it->rec.sha256, SHA256_LEN);
	it->rec.state = it->act == FOLDER_LEAVE ? FOLDER_OLDER : FOLDER_USED;
	(void)str_copy(it->rec.why, sizeof(it->rec.why),
	    it->act == FOLDER_LEAVE ? WHY_OLDER : "");
}

/* --- the log --- */

static void
tell(const struct folder_item *it)
{
	const char *device = it->rec.device, *path = it->rec.path;

	if (it->removed)
		log_event(LOG_INFO, "folder.removed",
		    LOG_STR("device", device), LOG_STR("file", path));
	else if (it->gone || !is_news(it))
		return;
	else if (it->rec.state == FOLDER_USED && it->act == FOLDER_TAKE)
		log_event(LOG_INFO, "folder.imported",
		    LOG_STR("device", device), LOG_STR("file", path),
		    LOG_STR("phone", it->new_phone ? "new" : "known"));
	else if (it->rec.state != FOLDER_USED)
		log_event(LOG_WARNING, it->rec.state == FOLDER_BAD ?
		    "folder.bad" : "folder.older", LOG_STR("device", device),
		    LOG_STR("file", path), LOG_STR("why", it->rec.why));
}

int
folder_batch_run(struct folder_batch *b, struct db *db, struct db *observed,
    struct err *e)
{
	int ret;

	if (b->n == 0)
		return ERR_OK;
	ret = db_result_err(db_tx(db, rows_tx, b, e), e);
	for (size_t i = 0; i < b->n; i++)
		settle(&b->item[i]);
	if (ret == ERR_OK)
		ret = db_result_err(db_tx(observed, remember_tx, b, e), e);
	for (size_t i = 0; i < b->n && ret == ERR_OK; i++)
		tell(&b->item[i]);
	folder_batch_clear(b);
	return ret;
}

void
folder_batch_clear(struct folder_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->item[i].xml);
	b->n = 0;
	b->bytes = 0;
}
