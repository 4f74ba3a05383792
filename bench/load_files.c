/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the phones of tftpload ask for: a few files in turn, held in memory to
 * compare with, or a name of its own for each transfer, counted up.
 */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "bench/load.h"

#define DIGITS_MAX	12	/* of a MAC address */
#define FILE_SIZE_MAX	((size_t)256 << 20)

static int
read_one(struct load_files *f, const char *root, char *name, struct err *e)
{
	struct load_file *file = &f->file[f->n];
	uint8_t *data;
	char *path;
	int ret;

	if (f->n == LOAD_FILES_MAX)
		return err_set(e, ERR_LIMIT, "more than %d files",
		    LOAD_FILES_MAX);
	if (strlen(name) > LOAD_NAME_MAX)
		return err_set(e, ERR_LIMIT, "%s: too long a name", name);
	if ((path = str_printf("%s/%s", root, name)) == NULL)
		return err_set(e, ERR_NOMEM, "path");
	ret = file_read(AT_FDCWD, path, FILE_SIZE_MAX, &data, &file->len, e);
	free(path);
	if (ret != ERR_OK)
		return ret;
	file->name = name;
	file->data = data;
	f->n++;
	return ERR_OK;
}

static int
read_list(struct load_files *f, const struct load_plan *p, struct err *e)
{
	char *save = NULL, *name;
	int ret = ERR_OK;

	if ((f->names = strdup(p->files)) == NULL)
		return err_set(e, ERR_NOMEM, "names");
	for (name = strtok_r(f->names, ",", &save);
	    name != NULL && ret == ERR_OK; name = strtok_r(NULL, ",", &save))
		ret = read_one(f, p->root, name, e);
	if (ret == ERR_OK && f->n == 0)
		ret = err_set(e, ERR_ARG, "--files names none");
	return ret;
}

/* The head of the first name, and the digits that count. */
static int
split_first(struct load_files *f, const struct load_plan *p, struct err *e)
{
	size_t len = strlen(p->first), digits = 0;

	while (digits < len && digits < DIGITS_MAX &&
	    isxdigit((unsigned char)p->first[len - 1 - digits]))
		digits++;
	if (digits == 0)
		return err_set(e, ERR_ARG, "--first %s does not end in "
		    "hexadecimal digits", p->first);
	if (len + strlen(p->suffix) > LOAD_NAME_MAX)
		return err_set(e, ERR_LIMIT, "--first %s: too long a name",
		    p->first);
	f->digits = (int)digits;
	f->first = strtoull(p->first + len - digits, NULL, 16);
	memcpy(f->head, p->first, len - digits);
	f->suffix = p->suffix;
	if (f->first + (uint64_t)(p->warmup + p->transfers) >
	    UINT64_C(1) << (4 * digits))
		return err_set(e, ERR_ARG, "%" PRId64 " names from %s do not "
		    "fit into %zu digits", p->warmup + p->transfers, p->first,
		    digits);
	return ERR_OK;
}

int
load_files_open(struct load_files *f, const struct load_plan *p,
    struct err *e)
{
	size_t n = strlen(p->begins) / 2;

	*f = (struct load_files){ .nbegins = n };
	if (p->files != NULL)
		return read_list(f, p, e);
	if (n > LOAD_BEGINS_MAX || !str_unhex(p->begins, f->begins, n))
		return err_set(e, ERR_ARG, "--begins %s: give at most %d bytes "
		    "in hexadecimal", p->begins, LOAD_BEGINS_MAX);
	return split_first(f, p, e);
}

void
load_files_close(struct load_files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free((void *)(uintptr_t)f->file[i].data);
	free(f->names);
}

struct load_file
load_file_of(const struct load_files *f, uint64_t nr,
    char buf[LOAD_NAME_MAX + 1])
{
	if (f->n > 0)
		return f->file[nr % f->n];
	if (snprintf(buf, LOAD_NAME_MAX + 1, "%s%0*" PRIX64 "%s", f->head,
	    f->digits, f->first + nr, f->suffix) > LOAD_NAME_MAX)
		abort();	/* split_first has measured them */
	return (struct load_file){ .name = buf };
}
