/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Confirmation before keys, certificates, lists or the cluster's mode change,
 * or something is removed.
 */
#ifndef CTLTOOL_ASK_H
#define CTLTOOL_ASK_H

#include "ctltool/ctl.h"

/*
 * "question (y/n):", answered by --yes or at the terminal; anything but y or
 * yes cancels.  ERR_OK to go on; else ERR_REFUSED and exit 1: cancelled, or
 * nobody there to ask.
 */
int	ask_confirm(struct ctl *c, const char *question, struct err *e);

/* The answer that a line means. */
bool	ask_is_yes(const char *line);

#endif
