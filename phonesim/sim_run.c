/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A boot with functions that wait for their answers.
 */
#include <stdlib.h>

#include "phonesim/sim.h"

static void
fetch(struct sim_boot *b, const struct sim_want *w, struct sim_answer *a,
    uint8_t **buf, struct accept_verdict *peer, struct err *why)
{
	const struct sim *s = b->s;
	const char *server = s->server[w->t->server];
	struct accept_phone p = sim_boot_phone(b);

	if (w->t->transport == SIM_HTTPS) {
		a->code = s->fetch_tls(s->fetch_arg, &p, server, w->name, buf,
		    &a->len, peer, why);
		a->peer = peer;
	} else
		a->code = s->fetch(s->fetch_arg, w->t->transport, server,
		    w->name, buf, &a->len, why);
	a->buf = *buf;
}

static void
ask_tvs(struct sim_boot *b, const struct sim_want *w, struct sim_answer *a,
    uint8_t **buf, struct err *why)
{
	const struct sim *s = b->s;
	struct accept_phone p = sim_mem_phone(s->mem);

	a->code = s->ask_tvs != NULL ? s->ask_tvs(s->fetch_arg, &p, w->server,
	    w->request, w->requestlen, buf, &a->len, why) :
	    err_set(why, ERR_UNREACHABLE, "there is no way to it");
	a->buf = *buf;
}

static int
enrol(struct sim_boot *b, const struct sim_want *w, struct err *why)
{
	const struct sim *s = b->s;
	struct accept_phone p = sim_boot_phone(b);

	return s->capf != NULL ? s->capf(s->fetch_arg, &p, w->server,
	    w->session, w->v, why) :
	    err_set(why, ERR_UNREACHABLE, "there is no way to it");
}

int
sim_boot(const struct sim *s, struct sim_report *r, struct err *e)
{
	struct sim_boot b;
	struct sim_want w;
	enum sim_next next;
	int ret = ERR_OK;

	sim_boot_begin(&b, s, r);
	while (ret == ERR_OK && (next = sim_boot_next(&b, &w)) != SIM_OVER) {
		struct accept_verdict peer;
		struct err why = { 0 };
		struct sim_answer a = { .why = why.msg };
		uint8_t *buf = NULL;

		if (next == SIM_ASK_TVS) {
			ask_tvs(&b, &w, &a, &buf, &why);
			ret = sim_boot_told(&b, &a, e);
		} else if (next == SIM_ENROL) {
			int code = enrol(&b, &w, &why);

			ret = sim_boot_enrolled(&b, code, why.msg, e);
		} else {
			fetch(&b, &w, &a, &buf, &peer, &why);
			ret = sim_boot_answer(&b, &a, e);
		}
		free(buf);
	}
	sim_boot_clear(&b);
	return ret;
}
