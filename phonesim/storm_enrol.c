/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones of a storm that call CAPF.  Their keys are made aside
 * (storm_keys.h); until then each has told its server that it is at it.
 */
#include "phonesim/storm_part.h"

const struct sim_enrol *
storm_enrol_of(const struct storm *st, uint64_t i)
{
	return storm_fails(i, st->o->count, st->o->failing) ? st->o->fails :
	    st->o->enrol;
}

static void
enrolled(void *arg, int code, const char *why)
{
	struct storm_phone *p = arg;
	const struct sim_answer a = { .code = code, .why = why };

	storm_judge_later(p, &a, NULL);
	storm_enrol_drop(p);
}

static void
has_key(void *arg, struct key *k)
{
	struct storm_phone *p = arg;

	p->key = NULL;
	capf_call_key(p->capf, k);
}

/* Without memory for one it has none. */
static void
wants_key(void *arg, enum key_type t)
{
	struct storm_phone *p = arg;

	p->key = storm_keys_ask(p->st->keys, t, p->mem.device, has_key, p);
	if (p->key == NULL)
		capf_call_key(p->capf, NULL);
}

int
storm_enrol(struct storm_phone *p, const struct sim_want *w, struct err *e)
{
	struct accept_phone phone = sim_boot_phone(&p->boot);
	const struct capf_call_request q = { .phone = &phone,
	    .server = w->server, .session = w->session, .v = w->v,
	    .fn = enrolled, .key = wants_key, .arg = p };

	p->capf = capf_call_new(p->st->loop, p->st->tls, &q, e);
	return p->capf != NULL ? ERR_OK : e->code;
}

void
storm_enrol_drop(struct storm_phone *p)
{
	storm_keys_drop(p->key);
	p->key = NULL;
	capf_call_free(p->capf);
	p->capf = NULL;
}
