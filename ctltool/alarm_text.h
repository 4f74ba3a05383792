/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How the channels of alarms are, for show status.
 */
#ifndef CTLTOOL_ALARM_TEXT_H
#define CTLTOOL_ALARM_TEXT_H

#include "ctltool/ctl.h"

/* Adds "alarms" to result, and warns of channels that fail and of exported
 * recovery keys that are of no use any more. */
int	alarm_text_status(struct ctl *c, json_t *result, struct err *e);

#endif
