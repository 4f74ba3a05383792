/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The error object, see err.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const struct {
	int		 code;
	const char	*name;
} err_names[] = {
	{ ERR_OK,		"ok" },
	{ ERR_NOMEM,		"no_memory" },
	{ ERR_IO,		"io" },
	{ ERR_PROTO,		"malformed" },
	{ ERR_ARG,		"bad_argument" },
	{ ERR_NOTFOUND,		"not_found" },
	{ ERR_EXISTS,		"exists" },
	{ ERR_LIMIT,		"limit" },
	{ ERR_DENIED,		"denied" },
	{ ERR_VERIFY,		"not_verified" },
	{ ERR_CRYPTO,		"crypto" },
	{ ERR_BADSTATE,		"wrong_state" },
	{ ERR_SCHEMA,		"schema" },
	{ ERR_REFUSED,		"refused" },
	{ ERR_UNREACHABLE,	"unreachable" },
	{ ERR_UNKNOWN,		"outcome_unknown" },
	{ ERR_TIMEOUT,		"timeout" },
	{ ERR_BUSY,		"busy" },
};

static void
err_fill(struct err *e, int code, const char *fmt, va_list ap)
{
	e->code = code;
	e->sys = 0;
	e->off = ERR_NO_OFFSET;
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
}

static void __attribute__((format(printf, 2, 3)))
err_append(struct err *e, const char *fmt, ...)
{
	size_t n = strlen(e->msg);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->msg + n, sizeof(e->msg) - n, fmt, ap);
	va_end(ap);
}

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	va_start(ap, fmt);
	err_fill(e, code, fmt, ap);
	va_end(ap);
	return code;
}

int
err_sys(struct err *e, int code, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;

	if (e == NULL)
		return code;
	va_start(ap, fmt);
	err_fill(e, code, fmt, ap);
	va_end(ap);
	e->sys = sys;
	err_append(e, ": %s", strerror(sys));
	return code;
}

int
err_at(struct err *e, int code, size_t off, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	va_start(ap, fmt);
	err_fill(e, code, fmt, ap);
	va_end(ap);
	e->off = off;
	err_append(e, ", at byte %zu", off);
	return code;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char old[ERR_MSG_MAX];
	va_list ap;

	if (e == NULL)
		return ERR_IO;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	err_append(e, ": %s", old);
	return e->code;
}

const char *
err_name(int code)
{
	for (size_t i = 0; i < sizeof(err_names) / sizeof(err_names[0]); i++)
		if (err_names[i].code == code)
			return err_names[i].name;
	return "unknown";
}
