/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Own configurations among the files, see folder_text.h.
 */
#include <inttypes.h>

#include "ctltool/folder_text.h"
#include "db/observed.h"

static json_t *
file_json(const struct folder_file *f)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}",
	    "device", f->device, "file", out_str(f->path),
	    "state", folder_state_name[f->state],
	    "reason", f->why[0] != '\0' ? out_str(f->why) : json_null(),
	    "sha256", out_hex(f->sha256, sizeof(f->sha256)),
	    "judged_at", out_time(f->judged_at));
}

static void
warn(struct ctl *c, const struct folder_file *f)
{
	char path[OUT_VIS_MAX], why[OUT_VIS_MAX];

	out_warn(c->out, "%s is not used for %s: %s", out_vis(f->path, path),
	    f->device, out_vis(f->why, why));
}

/* --- all --- */

struct faults {
	struct ctl	*c;
	json_t		*list;
	size_t		 n;
};

static int
one_fault(void *arg, const struct folder_file *f, struct err *e)
{
	struct faults *fs = arg;

	if (fs->n++ < FOLDER_FAULTS_TOLD)
		warn(fs->c, f);
	if (json_array_append_new(fs->list, file_json(f)) != 0)
		return err_set(e, ERR_NOMEM, "result");
	return ERR_OK;
}

int
folder_text_status(struct ctl *c, json_t *result, struct err *e)
{
	struct faults fs = { .c = c, .list = json_array() };
	struct db *db;
	int ret;

	if ((ret = ctl_observed(c, &db, e)) == ERR_OK && db != NULL)
		ret = observed_folder_each(db, true, one_fault, &fs, e);
	db_close(db);
	if (ret != ERR_OK) {
		json_decref(fs.list);
		return ret;
	}
	if (fs.n > FOLDER_FAULTS_TOLD)
		out_warn(c->out, "%zu more files are not used: --json lists "
		    "all", fs.n - FOLDER_FAULTS_TOLD);
	return json_object_set_new(result, "folder_faults", fs.list) == 0 ?
	    ERR_OK : err_set(e, ERR_NOMEM, "result");
}

/* --- one --- */

static int
get(struct ctl *c, const char *device, struct folder_file *f, bool *there,
    struct err *e)
{
	struct err why = { .code = ERR_OK };
	struct db *db;
	int ret;

	*there = false;
	if ((ret = ctl_observed(c, &db, e)) != ERR_OK || db == NULL)
		return ret;
	ret = observed_folder_get(db, device, f, &why);
	db_close(db);
	*there = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", why.msg);
}

int
folder_text_phone(struct ctl *c, const char *device, json_t *result,
    struct err *e)
{
	struct folder_file f;
	char vis[OUT_VIS_MAX];
	bool there;
	int ret;

	if ((ret = get(c, device, &f, &there, e)) != ERR_OK)
		return ret;
	if (there && f.state != FOLDER_USED)
		warn(c, &f);
	if (result == NULL)
		return ERR_OK;
	if (there)
		out_text(c->out, "File     %s, %s\n", out_vis(f.path, vis),
		    f.state == FOLDER_USED ? "used" : "NOT USED");
	return json_object_set_new(result, "folder_file", there ?
	    file_json(&f) : json_null()) == 0 ? ERR_OK :
	    err_set(e, ERR_NOMEM, "result");
}

int
folder_text_stays(struct ctl *c, char (*device)[PHONE_NAME_MAX + 1],
    size_t n, struct err *e)
{
	struct err why = { .code = ERR_OK };
	char vis[OUT_VIS_MAX];
	struct folder_file f;
	size_t told = 0;
	struct db *db;
	int ret;

	if ((ret = ctl_observed(c, &db, e)) != ERR_OK || db == NULL)
		return ret;
	for (size_t i = 0; i < n && (ret == ERR_OK || ret == ERR_NOTFOUND);
	    i++) {
		ret = observed_folder_get(db, device[i], &f, &why);
		if (ret == ERR_OK && told++ < FOLDER_FAULTS_TOLD)
			out_warn(c->out, "%s stays, but nobody gets it; "
			    "when it changes it adds the phone again: \"file "
			    "delete tftp\" removes it", out_vis(f.path, vis));
	}
	db_close(db);
	if (told > FOLDER_FAULTS_TOLD)
		out_warn(c->out, "%zu more such files stay", told -
		    FOLDER_FAULTS_TOLD);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", why.msg);
}
