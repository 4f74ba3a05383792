/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files with certificates that a command names, and their passwords.
 */
#ifndef CTLTOOL_CERT_FILES_H
#define CTLTOOL_CERT_FILES_H

#include "certs/container.h"
#include "ctltool/ctl.h"

/*
 * Everything in the files of argument FILE, one set; "-" is standard input,
 * where people paste.  flags: enum container_flag.  A file that needs a
 * password gets that of option --password-file, else at a terminal it is asked
 * for.  Before the state is opened or after.  container_clear() it either
 * way.
 */
int	cert_files_read(struct ctl *c, unsigned flags, struct container *set,
	    struct err *e);

#endif
