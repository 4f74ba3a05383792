/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Wrong authentication strings, by where they come from.  See capf_part.h.
 */
#include <string.h>

#include "base/str.h"
#include "trust/capf_part.h"

/* Without what this very session did, which may run again. */
static int
before(const struct capf_ctx *c, const struct capf_owner *o,
    const struct capf_hello *h, struct capf_wrong *w, struct err *e)
{
	struct err own = { 0 };
	int ret = observed_wrong_get(c->observed, o, h->address, w, &own);

	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	(void)str_copy(w->address, sizeof(w->address), h->address);
	if (w->wrong > 0 && w->session == h->session)
		w->wrong--;
	return ERR_OK;
}

/* Also when the clock ran ahead and was put back. */
static bool
is_over(const struct capf_wrong *w, int64_t now)
{
	return w->wrong >= CAPF_WRONG_MAX && (now >= w->at +
	    CAPF_WRONG_REST_S || now <= w->at - CAPF_WRONG_REST_S);
}

int
capf_wrong_rests(const struct capf_ctx *c, const struct capf_owner *o,
    const struct capf_hello *h, bool *rests, struct err *e)
{
	struct capf_wrong w;
	int ret = before(c, o, h, &w, e);

	*rests = ret == ERR_OK && w.wrong >= CAPF_WRONG_MAX &&
	    !is_over(&w, h->now);
	return ret;
}

int
capf_wrong_add(const struct capf_ctx *c, const struct capf_owner *o,
    const struct capf_hello *h, struct err *e)
{
	struct capf_wrong w;
	int ret = before(c, o, h, &w, e);

	if (ret != ERR_OK)
		return ret;
	if (is_over(&w, h->now))
		w.wrong = 0;
	w.wrong++;
	w.at = h->now;
	w.session = h->session;
	return observed_wrong_put(c->observed, &w, e);
}
