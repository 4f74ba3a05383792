/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings as options of commands, and as a command shows them.
 */
#ifndef CTLTOOL_SETTINGS_H
#define CTLTOOL_SETTINGS_H

#include "ctltool/ctl.h"
#include "trust/profile.h"

/* A flag for Secure When Ready: yes. */
#define SETTINGS_WHEN_READY	"--when-ready"

/*
 * The settings that the line gives, secrets apart, in the order typed; up to
 * CMD_VALUES_MAX.  The values borrow the line.
 */
size_t	 settings_given(const struct cmd_line *l,
	    struct setting_change c[CMD_VALUES_MAX]);

/* The secrets that the line gives (phones only); a value names a file, "-" or
 * "none" (ctltool/secret_in.h). */
size_t	 settings_secrets(const struct cmd_line *l,
	    struct setting_change c[CMD_VALUES_MAX]);

/* One as an option; static. */
struct cmd_arg settings_arg(const struct setting *s);

/* --protocol of the line; -1: not given. */
int	 settings_protocol(const struct cmd_line *l);

/*
 * One line per setting that applies, by the reference's names, with where its
 * value comes from; without all only those with a value of somebody's.
 */
void	 settings_show(struct out *o, const struct phone_effective *x,
	    bool all);

/* Each setting that applies: option -> {value, name, from}. */
json_t	*settings_json(const struct phone_effective *x);

#endif
