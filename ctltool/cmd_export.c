/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone export: phones as phone import takes them, with every setting of
 * their own and without secrets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/wr.h"
#include "ctltool/csv_out.h"
#include "ctltool/phone_args.h"
#include "trust/login.h"
#include "trust/phone_import.h"

struct exporting {
	struct ctl	*c;
	const char	*file;		/* NULL: to standard output */
	bool		 json;
	bool		 used[PHONE_COLUMNS];	/* by some phone */
	struct wr	 w;
	char		*folder;	/* of the phones' own XML, its name */
	int		 folderfd;
	size_t		 n, nfile, nsecret;
};

/* --- which columns --- */

static int
note_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct row_setting *rows = NULL;
	struct exporting *x = arg;
	size_t n = 0;
	int ret, col;

	x->used[PHONE_COL_DESCRIPTION] |= p->description[0] != '\0';
	x->used[PHONE_COL_CONFIG] |= p->has_file && x->file != NULL;
	if ((ret = row_phone_settings(x->c->node.db, p->name, &rows, &n,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < n; i++)
		if ((col = phone_column(rows[i].name)) >= 0)
			x->used[col] = true;
	free(rows);
	return ERR_OK;
}

static void
put_header(struct exporting *x)
{
	bool first = true;

	for (int i = 0; i < PHONE_COLUMNS; i++) {
		if (!x->used[i])
			continue;
		wr_fmt(&x->w, "%s%s", first ? "" : ",",
		    phone_column_name(i));
		first = false;
	}
	wr_str(&x->w, "\n");
}

/* --- one phone --- */

static void
put_phone_csv(struct exporting *x, const char *const v[PHONE_COLUMNS])
{
	bool first = true;

	for (int i = 0; i < PHONE_COLUMNS; i++) {
		if (!x->used[i])
			continue;
		if (!first)
			wr_u8(&x->w, ',');
		if (v[i] != NULL)
			csv_put(&x->w, v[i][0] != '\0' || i <
			    PHONE_COL_SETTING ? v[i] : PHONE_CELL_NONE);
		first = false;
	}
	wr_str(&x->w, "\n");
}

static int
put_phone_json(struct exporting *x, const char *const v[PHONE_COLUMNS],
    struct err *e)
{
	json_t *o = json_object();
	char *text;

	for (int i = 0; i < PHONE_COLUMNS; i++)
		if (v[i] != NULL && (i >= PHONE_COL_SETTING ||
		    v[i][0] != '\0'))
			(void)json_object_set_new(o, phone_column_name(i),
			    json_string(v[i]));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "phone export");
	wr_fmt(&x->w, "%s\n ", x->n > 0 ? "," : "[");
	wr_str(&x->w, text);
	free(text);
	return ERR_OK;
}

/* FILE.config, made with the first file that goes into it.  Own XML may carry
 * passwords, which whoever exports handles: it is the caller's alone. */
static int
open_folder(struct exporting *x, struct err *e)
{
	if (x->folderfd != -1)
		return ERR_OK;
	if (mkdirat(x->c->cwdfd, x->folder, 0700) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "%s", x->folder);
	x->folderfd = openat(x->c->cwdfd, x->folder, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	return x->folderfd != -1 ? ERR_OK : err_sys(e, ERR_IO, "%s",
	    x->folder);
}

static int
put_config(struct exporting *x, const struct row_phone *p, char *name,
    size_t namelen, struct err *e)
{
	const char *base = strrchr(x->folder, '/');
	char file[PHONE_NAME_MAX + 16];
	struct row_phone_file f;
	int ret;

	(void)snprintf(file, sizeof(file), "%s.cnf.xml", p->name);
	(void)snprintf(name, namelen, "%s/%s", base != NULL ? base + 1 :
	    x->folder, file);
	if (ctl_is_rehearsal(x->c))
		return ERR_OK;
	if ((ret = open_folder(x, e)) != ERR_OK || (ret = row_phone_file_get(
	    x->c->node.db, p->name, &f, e)) != ERR_OK)
		return ret;
	ret = file_replace(x->folderfd, file, 0600, f.xml, f.len, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
count_secrets(struct exporting *x, const char *name, struct err *e)
{
	struct row_secret *rows = NULL;
	size_t n = 0;
	int ret = row_secret_list(x->c->node.db, name, &rows, &n, e);

	free(rows);
	x->nsecret += n;
	return ret;
}

static int
put_phone(void *arg, const struct row_phone *p, struct err *e)
{
	const char *v[PHONE_COLUMNS] = { NULL };
	struct row_setting *rows = NULL;
	struct exporting *x = arg;
	char config[512] = "";
	size_t n = 0;
	int ret, col;

	v[PHONE_COL_NAME] = p->name;
	v[PHONE_COL_MODEL] = p->model;
	v[PHONE_COL_PROTOCOL] = phone_protocol_name[p->protocol];
	v[PHONE_COL_PROFILE] = p->profile;
	v[PHONE_COL_DESCRIPTION] = p->description;
	if ((ret = count_secrets(x, p->name, e)) != ERR_OK ||
	    (p->has_file && x->file != NULL && (ret = put_config(x, p, config,
	    sizeof(config), e)) != ERR_OK) || (ret = row_phone_settings(
	    x->c->node.db, p->name, &rows, &n, e)) != ERR_OK)
		return ret;
	if ((ret = phone_settings_at_rest(x->c->node.db, p->name, rows, n,
	    e)) != ERR_OK)
		goto out;
	x->nfile += p->has_file;
	v[PHONE_COL_CONFIG] = config;
	for (size_t i = 0; i < n; i++)
		if ((col = phone_column(rows[i].name)) >= 0)
			v[col] = rows[i].value;
	if (x->json)
		ret = put_phone_json(x, v, e);
	else
		put_phone_csv(x, v);
	x->n++;
out:
	free(rows);
	return ret;
}

/* --- all --- */

static int
export_tx(struct db *db, void *arg, struct err *e)
{
	struct exporting *x = arg;
	int ret;

	for (int i = 0; i <= PHONE_COL_PROFILE; i++)
		x->used[i] = true;
	if (!x->json) {
		if ((ret = row_phone_each(db, note_phone, x, e)) != ERR_OK)
			return ret;
		put_header(x);
	}
	if ((ret = row_phone_each(db, put_phone, x, e)) != ERR_OK)
		return ret;
	if (x->json)
		wr_str(&x->w, x->n > 0 ? "\n]\n" : "[]\n");
	return x->w.err == ERR_OK ? ERR_OK : err_set(e, x->w.err,
	    "the export is larger than %u bytes", PHONE_CSV_MAX);
}

/* --format, else what the name of the file says, else CSV. */
static int
take_format(struct exporting *x, struct err *e)
{
	const char *f = cmd_get(x->c->line, "--format");

	x->json = f != NULL ? str_ieq(f, "json") : x->file != NULL &&
	    (str_ends(x->file, ".json") || str_ends(x->file, ".jsonl"));
	if (x->file == NULL)
		return ERR_OK;
	x->folder = str_printf("%s.config", x->file);
	return x->folder != NULL ? ERR_OK : err_set(e, ERR_NOMEM, "export");
}

static int
put_out(struct exporting *x, struct err *e)
{
	if (x->file != NULL)
		return ctl_is_rehearsal(x->c) ? ERR_OK :
		    file_replace(x->c->cwdfd, x->file, 0640, x->w.buf,
		    x->w.len, e);
	wr_u8(&x->w, 0);
	if (x->w.err != ERR_OK)
		return err_set(e, x->w.err, "export");
	out_puts(x->c->out, (const char *)x->w.buf);
	return ERR_OK;
}

static void
tell(struct exporting *x)
{
	struct out *o = x->c->out;

	if (x->nsecret > 0)
		out_warn(o, "%zu secret%s of phones left out: set them again "
		    "where the phones go", x->nsecret, x->nsecret == 1 ? "" :
		    "s");
	if (x->nfile > 0 && x->file != NULL)
		out_warn(o, "own XML of %zu phone%s as it was given, with the "
		    "passwords that are in it, in %s: keep it as secret",
		    x->nfile, x->nfile == 1 ? "" : "s", x->folder);
	if (x->nfile > 0 && x->file == NULL)
		out_warn(o, "%zu phone%s with own XML: only an export to a "
		    "file takes it along", x->nfile, x->nfile == 1 ? "" :
		    "s");
	if (x->file != NULL)
		out_text(o, "%zu phones %s %s%s%s\n", x->n,
		    ctl_is_rehearsal(x->c) ? "would be in" : "in", x->file,
		    x->nfile > 0 ? ", their own XML in " : "",
		    x->nfile > 0 ? x->folder : "");
	out_result(o, json_pack("{s:I, s:s, s:o, s:I, s:I, s:o}", "phones",
	    (json_int_t)x->n, "format", x->json ? "json" : "csv", "file",
	    out_str(x->file), "own_configs", (json_int_t)x->nfile,
	    "secrets_left_out", (json_int_t)x->nsecret, "content",
	    x->file == NULL ? out_str((const char *)x->w.buf) :
	    json_null()));
}

int
cmd_phone_export(struct ctl *c, struct err *e)
{
	struct exporting x = { .c = c, .file = cmd_get(c->line, "FILE"),
	    .w = wr_init(PHONE_CSV_MAX), .folderfd = -1 };
	int ret;

	if ((ret = take_format(&x, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = db_read_tx(c->node.db, export_tx, &x, e)) != ERR_OK ||
	    (ret = put_out(&x, e)) != ERR_OK)
		goto out;
	tell(&x);
out:
	if (x.folderfd != -1)
		(void)close(x.folderfd);
	free(x.folder);
	wr_clear(&x.w);
	return ret;
}
