/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The forms of parameters that are not just any text: lists of folders, URLs,
 * ranges and so on.
 */
#ifndef DB_PARAM_FORM_H
#define DB_PARAM_FORM_H

#include "db/params.h"

/* Is a text of the right length the parameter's form?  ERR_ARG. */
int	param_check_form(const struct param_def *d, const char *value,
	    struct err *e);

#endif
