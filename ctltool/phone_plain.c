/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phone set --plain-until, see phone_plain.h.
 */
#include <string.h>

#include "base/str.h"
#include "ctltool/phone_plain.h"
#include "ctltool/role.h"

/* As other times of phones are given. */
static int
parse_time(const char *text, int64_t *until, struct err *e)
{
	const struct setting *s = setting_get(SETTING_OPERATION_BY);
	char time[SETTING_VALUE_MAX + 1];

	if (text[0] == '\0' || setting_check(s, text, 0, time, NULL) !=
	    ERR_OK || clock_rfc3339_parse(time, until, NULL) != ERR_OK)
		return err_set(e, ERR_ARG, "--plain-until takes a time as "
		    "2026-11-30T18:00:00Z or \"2026-11-30 18\" (UTC), or "
		    "none");
	return ERR_OK;
}

int
phone_plain_take(struct ctl *c, struct phone_plain_args *a, struct err *e)
{
	const char *text = cmd_get(c->line, "--plain-until");
	bool secrets = cmd_has(c->line, "--with-secrets");
	int ret;

	*a = (struct phone_plain_args){ .given = text != NULL };
	if (text == NULL && secrets) {
		c->exit = EXIT_USAGE;
		return err_set(e, ERR_ARG, "--with-secrets goes with "
		    "--plain-until");
	}
	if (text == NULL)
		return ERR_OK;
	if ((ret = role_check_level(c, LEVEL_OWNER, e)) != ERR_OK)
		return ret;
	a->row.with_secrets = secrets;
	ctl_account(a->row.account, sizeof(a->row.account));
	if (strcmp(text, "none") == 0) {
		a->row.with_secrets = false;
		return ERR_OK;
	}
	return parse_time(text, &a->row.until, e);
}

void
phone_plain_tell(struct ctl *c, const struct phone_plain_args *a, size_t n)
{
	char until[CLOCK_RFC3339_LEN];

	if (!a->given || a->row.until == 0)
		return;
	clock_rfc3339(a->row.until, until);
	out_warn(c->out, "until %s the file%s of %s %s not encrypted: %s", until,
	    n == 1 ? "" : "s", n == 1 ? "this phone" : "these phones",
	    n == 1 ? "is" : "are", a->row.with_secrets ?
	    "whoever asks gets its passwords" :
	    "passwords are left out, so what needs one does not work");
}
