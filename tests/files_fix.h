/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows and files that a store serves, and what it gives for a name.
 */
#ifndef TESTS_FILES_FIX_H
#define TESTS_FILES_FIX_H

#include "db/params.h"
#include "tests/file_store_fix.h"
#include "trust/files.h"

#define DEV	"SEP0011223344AA"
#define XML	"<device><deviceProtocol>SIP</deviceProtocol></device>"

/* A file below tftp/ with a time of its own. */
void	put(const char *name, const char *text, int64_t mtime);
void	add_phone(const char *name, const char *xml, int64_t now);
void	put_list(const char *kind, const char *node, const char *bytes);
void	set_param(enum param_id id, const char *node, const char *value);
int	try_get(const char *req, struct file_answer *a, struct err *e);
void	get(const char *req, struct file_answer *a);
void	gives(const char *req, int code);

/* A file served as it is on disk: from memory where there is a cache. */
void	gives_file(const char *req, const char *text);

/*
 * A .sgn over payload (NULL: not compared) that our certificate verifies, by
 * that name in tag 14 and with that time.
 */
void	gives_signed(const char *req, const char *name, int64_t at,
    const void *payload, size_t len);

#endif
