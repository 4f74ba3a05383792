/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is logged in at a phone and what restart it owes, as the commands show
 * them.
 */
#ifndef CTLTOOL_LOGIN_TEXT_H
#define CTLTOOL_LOGIN_TEXT_H

#include "ctltool/ctl.h"
#include "trust/login.h"

/* One phone after phone login or logout; its Effect lines and warnings. */
json_t	*login_json(struct out *o, const struct login_result *r);
void	 login_effect(struct ctl *c, const struct login_result *r);

/* phone show: lines, and members "login" and "restart_owed", null or an
 * object. */
int	 login_show(struct ctl *c, const char *phone, json_t *result,
	    struct err *e);

#endif
