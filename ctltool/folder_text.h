/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What became of administrators' own configurations that lie among the files
 * (trust/folder.h), for commands to show.  observed.db without the table, or
 * none, has nothing to tell and is no error.
 */
#ifndef CTLTOOL_FOLDER_TEXT_H
#define CTLTOOL_FOLDER_TEXT_H

#include "ctltool/ctl.h"
#include "trust/phone.h"

#define FOLDER_FAULTS_TOLD	20	/* as warnings; all are counted */

/* The files that are not used: a warning for each, and "folder_faults" of
 * result. */
int	folder_text_status(struct ctl *c, json_t *result, struct err *e);

/* The device's file: a line, a warning when it is not used, and
 * "folder_file" of result, NULL: warn only. */
int	folder_text_phone(struct ctl *c, const char *device, json_t *result,
	    struct err *e);

/* Warn that a device's file stays when its phone is removed: of n devices, the
 * first FOLDER_FAULTS_TOLD, then how many more. */
int	folder_text_stays(struct ctl *c, char (*device)[PHONE_NAME_MAX + 1],
	    size_t n, struct err *e);

#endif
