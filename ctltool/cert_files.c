/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files with certificates, see cert_files.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wr.h"
#include "ctltool/cert_files.h"
#include "ctltool/secret_in.h"

/* What was pasted: a handler may run again, people paste once. */
static struct wr	pasted;
static bool		has_pasted;

static int
paste(struct ctl *c, struct err *e)
{
	uint8_t buf[4096];
	ssize_t n;

	if (has_pasted)
		return ERR_OK;
	if (c->in_batch)
		return err_set(e, ERR_REFUSED, "nobody is asked within a "
		    "batch: name a file instead of -");
	if (isatty(STDIN_FILENO)) {
		(void)fflush(c->out->to);
		(void)fprintf(c->out->side, "Paste the certificates, then "
		    "Ctrl-D on an empty line:\n");
		(void)fflush(c->out->side);
	}
	pasted = wr_init(CONTAINER_FILE_MAX);
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0 ||
	    (n == -1 && errno == EINTR))
		if (n > 0)
			wr_bytes(&pasted, buf, (size_t)n);
	secret_wipe(buf, sizeof(buf));
	if (n == -1)
		return err_sys(e, ERR_IO, "standard input");
	if (pasted.err != ERR_OK)
		return err_set(e, ERR_LIMIT, "standard input: more than %d "
		    "bytes", CONTAINER_FILE_MAX);
	has_pasted = true;
	return ERR_OK;
}

/* *buf is the caller's. */
static int
get_bytes(struct ctl *c, const char *file, uint8_t **buf, size_t *len,
    struct err *e)
{
	int ret;

	if (strcmp(file, "-") != 0)
		return ctl_read_file(c, file, CONTAINER_FILE_MAX, buf, len, e);
	if ((ret = paste(c, e)) != ERR_OK)
		return ret;
	*len = pasted.len;
	if ((*buf = malloc(pasted.len + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "standard input");
	memcpy(*buf, pasted.len > 0 ? pasted.buf : (uint8_t *)"",
	    pasted.len);
	return ERR_OK;
}

/* The password of a file that does not open without. */
static int
get_password(struct ctl *c, const char *file, const struct secret **password,
    struct err *e)
{
	const char *from = cmd_get(c->line, "--password-file");
	char what[160];

	if (from != NULL)
		return secret_in(c, from, "password", password, e);
	if (c->in_batch || !isatty(STDIN_FILENO) || strcmp(file, "-") == 0)
		return err_set(e, ERR_DENIED, "%.160s is encrypted: give the "
		    "file with its password by --password-file FILE (- reads "
		    "it from standard input)", file);
	(void)snprintf(what, sizeof(what), "Password of %.120s", file);
	return secret_in_once(c, "-", what, password, e);
}

static int
read_one(struct ctl *c, const char *file, unsigned flags,
    struct container *set, struct err *e)
{
	const struct secret *password;
	uint8_t *buf;
	size_t len;
	int ret;

	if ((ret = get_bytes(c, file, &buf, &len, e)) != ERR_OK)
		return ret;
	ret = container_read(set, buf, len, flags, NULL, e);
	if (ret == ERR_DENIED && (ret = get_password(c, file, &password,
	    e)) == ERR_OK)
		ret = container_read(set, buf, len, flags,
		    (const char *)password->buf, e);
	secret_wipe(buf, len);
	free(buf);
	return ret == ERR_OK || ret == ERR_DENIED ? ret :
	    err_wrap(e, "%.120s", file);
}

int
cert_files_read(struct ctl *c, unsigned flags, struct container *set,
    struct err *e)
{
	const char *file, *from = cmd_get(c->line, "--password-file");
	int ret = ERR_OK;

	*set = (struct container){ .ncert = 0 };
	for (size_t i = 0; ret == ERR_OK &&
	    (file = cmd_get_n(c->line, "FILE", i)) != NULL; i++) {
		if (from != NULL && strcmp(from, "-") == 0 &&
		    strcmp(file, "-") == 0)
			return err_set(e, ERR_ARG, "standard input cannot be "
			    "both the certificates and their password");
		ret = read_one(c, file, flags, set, e);
	}
	return ret;
}
