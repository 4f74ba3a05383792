/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * tftpd's writer process: brings administrators' own configurations that lie
 * among the files into the database (trust/folder.h), and adds unknown phones
 * that the engine heard of (trust/autoreg.h).  It opens the databases while
 * it is privileged and does all else without: parsing files above all.
 */
#ifndef TFTPD_WRITER_H
#define TFTPD_WRITER_H

#include "proc/proc.h"

struct writer;

/* Privileged: open both databases.  NULL with e filled. */
struct writer	*writer_open(int statefd, struct err *e);

/* Unprivileged, in the state folder: serve until stopfd is readable. */
int		 writer_serve(struct writer *w, int channel, int stopfd,
		    struct err *e);
void		 writer_close(struct writer *w);

#endif
