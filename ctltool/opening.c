/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords that become readable, see opening.h.
 */
#include <inttypes.h>

#include "ctltool/ask.h"
#include "ctltool/opening.h"
#include "ctltool/role.h"

int
opening_check(struct opening *o, struct err *e)
{
	o->waits = o->n > 0 && !o->agreed;
	return !o->waits ? ERR_OK : err_set(e, ERR_REFUSED, "passwords of %"
	    PRId64 " phones would become readable", o->n);
}

int
opening_tx(struct ctl *c, struct opening *o, db_fn *fn, void *arg,
    struct err *e)
{
	int ret = ctl_tx(c, fn, arg, e);

	if (ret == ERR_OK || !o->waits)
		return ret;
	*e = (struct err){ .code = ERR_OK };
	out_warn(c->out, "NOTE: the file of %" PRId64 " phone%s, encrypted "
	    "or short until now, is whole then: whoever asks for it reads "
	    "the passwords in it.  Remove them first, or for a while phone "
	    "set --plain-until gives a plain file without them", o->n,
	    o->n == 1 ? "" : "s");
	if ((ret = role_check_level(c, LEVEL_OWNER, e)) != ERR_OK ||
	    (ret = ask_confirm(c, "Let everybody read these passwords?", e)) !=
	    ERR_OK)
		return ret;
	o->agreed = true;
	return ctl_tx(c, fn, arg, e);
}
