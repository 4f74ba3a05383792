/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust lists as answers: rows of the database, never files.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "trust/file_store.h"

bool
store_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && str_ieq(s + n - m, suffix);
}

/* CTL*.tlv or ITL*.tlv in any folder. */
bool
store_is_list(const char *path)
{
	const char *name = strrchr(path, '/');
	char head[4];

	name = name != NULL ? name + 1 : path;
	if (strlen(name) < sizeof(head) || !store_ends(name, ".tlv"))
		return false;
	memcpy(head, name, 3);
	head[3] = '\0';
	return str_ieq(head, "ITL") || str_ieq(head, "CTL");
}

/* A list that was left on disk would lock out every phone that takes it. */
int
store_no_list(struct file_store *fs, const struct file_name *n, struct err *e)
{
	struct stat st;
	int fd;

	if (store_open(fs, n->base, &fd, &st, NULL) == ERR_OK) {
		(void)close(fd);
		store_warn_once(fs, "files.list", n->base, "a trust list on "
		    "disk is never served: remove it");
	}
	return err_set(e, ERR_NOTFOUND, "%s: there is no such list", n->full);
}

/* From the database, kept until it changes. */
static int
read_list(struct file_store *fs, const char *kind, struct blob **b,
    struct err *e)
{
	struct row_list l = { 0 };
	int ret = row_list_current(fs->db, kind, fs->node, &l, e);

	if (ret == ERR_NOTFOUND)
		ret = row_list_current(fs->db, kind, "", &l, e);
	if (ret != ERR_OK)
		return ret;
	*b = blob_take(l.bytes, l.len, e);
	l.bytes = NULL;		/* the blob's now */
	row_list_clear(&l);
	return *b != NULL ? ERR_OK : ERR_NOMEM;
}

int
store_list(struct file_store *fs, const char *kind, struct file_answer *a,
    struct err *e)
{
	struct blob **held = &fs->list[a->name.kind];
	struct err why = { 0 };
	int ret = ERR_OK;

	/* Lists carry their own signature. */
	if (a->name.form != FILE_PLAIN)
		return err_set(e, ERR_NOTFOUND, "%s: lists are never signed "
		    "again", a->name.full);
	if (*held == NULL)
		ret = read_list(fs, kind, held, &why);
	if (ret == ERR_NOTFOUND)
		return store_no_list(fs, &a->name, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", why.msg);
	store_answer(a, blob_ref(*held));
	return ERR_OK;
}
