/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One message through a pipe: ready, or why not.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "proc/internal.h"

/* Both ends are the same program; a write of this size is not divided. */
struct report {
	int	code;
	char	text[ERR_MSG_MAX];
};

_Static_assert(sizeof(struct report) <= PIPE_BUF, "report in one write");

void
report_send(int fd, const struct err *e)
{
	struct report r = { .code = ERR_OK };
	ssize_t n;

	if (e != NULL) {
		r.code = e->code != ERR_OK ? e->code : ERR_IO;
		memcpy(r.text, e->msg, sizeof(r.text));
	}
	do {
		n = write(fd, &r, sizeof(r));
	} while (n == -1 && errno == EINTR);
	(void)close(fd);	/* a reader that has gone learns nothing */
}

int
report_read(int fd, struct err *e)
{
	struct report r;
	ssize_t n;

	do {
		n = read(fd, &r, sizeof(r));
	} while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(r))
		return 0;
	r.text[sizeof(r.text) - 1] = '\0';
	if (r.code == ERR_OK)
		*e = (struct err){ .code = ERR_OK };
	else
		(void)err_set(e, r.code, "%s", r.text);
	return 1;
}
