/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of phones' own files, see folder_names.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/files.h"
#include "trust/folder_names.h"
#include "trust/phone_spell.h"

#define DEVICES_MAX	200000		/* files of all roots */

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* SEP0011223344AA-old, Sep24-SEP0011223344AA: a copy of that phone's file, and
 * no phone to give its secrets to. */
static bool
is_copy(const char *device)
{
	return !str_is_sep(device) && phone_address_in(device);
}

/* Is it the plain configuration of a SEP phone? */
static bool
is_ours(const char *name, char device[DEVICE_NAME_MAX + 1])
{
	struct file_name n;

	if (file_name_parse(&n, name, strlen(name), NULL) != ERR_OK ||
	    n.form != FILE_PLAIN || !file_name_is_phone(&n) ||
	    is_copy(n.device))
		return false;
	return str_copy(device, DEVICE_NAME_MAX + 1, n.device);
}

static int
add_name(struct folder_names *f, const char *name, struct err *e)
{
	size_t room = f->room == 0 ? 64 : 2 * f->room;
	char device[DEVICE_NAME_MAX + 1];
	void *p;

	if (!is_ours(name, device))
		return ERR_OK;
	if (f->n == DEVICES_MAX) {
		if (!f->many)
			log_event(LOG_ERR, "folder.many", LOG_STR("why",
			    "more configurations lie among the files than "
			    "are looked at: add phones with ctltool"));
		f->many = true;
		return ERR_OK;
	}
	if (f->n == f->room) {
		if ((p = reallocarray(f->name, room, sizeof(*f->name))) == NULL)
			return err_set(e, ERR_NOMEM, "names of a folder");
		f->name = p;
		f->room = room;
	}
	memcpy(f->name[f->n++], device, sizeof(device));
	return ERR_OK;
}

/* *all: the folder could be read to its end. */
static int
list_root(struct folder_names *f, int folder, bool *all, struct err *e)
{
	const struct dirent *d;
	int fd, ret = ERR_OK;
	DIR *dir;

	fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		if (fd != -1)
			(void)close(fd);
		*all = false;
		return ERR_OK;
	}
	while (ret == ERR_OK && (errno = 0, d = readdir(dir)) != NULL)
		ret = add_name(f, d->d_name, e);
	if (errno != 0)
		*all = false;
	(void)closedir(dir);
	return ret;
}

int
folder_names_read(struct folder_names *f, const struct file_roots *r,
    bool *all, struct err *e)
{
	const char *path;
	int fd, ret = ERR_OK;
	size_t n = 0;

	f->n = 0;
	*all = true;
	for (size_t i = 0; ret == ERR_OK; i++) {
		fd = file_roots_folder(r, i, &path);
		if (path == NULL)
			break;
		if (fd == -1)
			*all = false;
		else
			ret = list_root(f, fd, all, e);
	}
	if (f->n > 1)
		qsort(f->name, f->n, sizeof(*f->name), name_cmp);
	for (size_t i = 0; i < f->n; i++)
		if (n == 0 || name_cmp(f->name[n - 1], f->name[i]) != 0)
			memmove(f->name[n++], f->name[i], sizeof(*f->name));
	f->n = n;
	return ret;
}

void
folder_names_clear(struct folder_names *f)
{
	free(f->name);
	*f = (struct folder_names){ .name = NULL };
}
