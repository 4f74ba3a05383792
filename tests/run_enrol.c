/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * run_enrol STATE: the process that asks CAs (trust/enrol.h) by itself, until
 * its standard input ends.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "trust/enrol.h"

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	struct enrol *x;
	bool again = true;
	int fd, ret = ERR_OK;

	if (argc != 2)
		return 2;
	if ((fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return 1;
	while (again) {
		if ((x = enrol_open(fd, &e)) == NULL ||
		    (ret = enrol_serve(x, STDIN_FILENO, &again, &e)) !=
		    ERR_OK) {
			(void)fprintf(stderr, "run_enrol: %s\n", e.msg);
			enrol_close(x);
			return 1;
		}
		enrol_close(x);
	}
	(void)close(fd);
	return 0;
}
