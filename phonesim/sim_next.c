/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone does next in its boot, by what came of the step before.
 */
#include <stdarg.h>
#include <stdio.h>

#include "phonesim/sim.h"

/* A refusal outranks silence, silence a missing configuration. */
void
sim_turn_out(struct sim_boot *b, enum sim_outcome o, const char *fmt, ...)
{
	static const int rank[] = {
		[SIM_TRUSTED] = 0, [SIM_NO_CONFIG] = 1,
		[SIM_UNREACHABLE] = 2, [SIM_NOT_TRUSTED] = 3,
	};
	va_list ap;

	if (b->r->outcome != SIM_TRUSTED &&
	    rank[o] <= rank[b->r->outcome])
		return;
	b->r->outcome = o;
	va_start(ap, fmt);
	(void)vsnprintf(b->r->why, sizeof(b->r->why), fmt, ap);
	va_end(ap);
}

/* A phone that does not get its configuration over https asks over http. */
bool
sim_may_fail(const struct sim_boot *b)
{
	return b->state == SIM_ASKS_CONFIG_HTTPS &&
	    b->s->transport != SIM_HTTPS;
}

/* The lists are settled: they decide the form of what is asked for now. */
static enum sim_state
first_config(struct sim_boot *b)
{
	struct accept_phone p = sim_mem_phone(b->s->mem);

	b->wants_signed = accept_wants_signed(&p);
	if (b->s->transport == SIM_HTTPS)
		return SIM_ASKS_CONFIG_HTTPS;
	if (b->wants_signed && b->s->mem->encr_config)
		return SIM_ASKS_CONFIG_ENC;
	return b->s->transport == SIM_AUTO && b->s->fetch_tls != NULL &&
	    accept_wants_https(&p) ? SIM_ASKS_CONFIG_HTTPS : SIM_ASKS_CONFIG;
}

/* A configuration, or a stub that leads to one (spec/encrypted-config.md
 * section 4). */
enum sim_state
sim_with_config(struct sim_boot *b)
{
	if (sim_enrol_wanted(b))
		return SIM_ASKS_CAPF;
	if (b->r->has_config)
		return SIM_ASKS_NAMED;
	if (sim_enrol_wants_file(b))
		return SIM_ASKS_CONFIG_ENC;
	sim_turn_out(b, SIM_NO_CONFIG, "it has the stub alone, and no encrypted "
	    "configuration that it can read");
	return SIM_ASKS_NOTHING;
}

static enum sim_state
after_config(struct sim_boot *b)
{
	bool missing = b->st.status == SIM_MISSING;
	bool encrypted = b->state == SIM_ASKS_CONFIG_ENC;

	if (encrypted && (missing || b->en.undecrypted) && !b->en.has_stub)
		return SIM_ASKS_CONFIG;
	if (missing && b->state == SIM_ASKS_CONFIG)
		return SIM_ASKS_DEFAULT;
	if (b->r->has_config || b->en.has_stub)
		return sim_with_config(b);
	if (missing)
		sim_turn_out(b, SIM_NO_CONFIG, "the server has neither a "
		    "configuration of %s nor a default file",
		    b->s->mem->device);
	else
		sim_turn_out(b, SIM_NO_CONFIG, "the server did not deliver it");
	return SIM_ASKS_NOTHING;
}

static enum sim_state
after_https(struct sim_boot *b, const struct sim_answer *a)
{
	if (b->st.status == SIM_GOT)
		return after_config(b);
	if (sim_may_fail(b))
		return SIM_ASKS_CONFIG;
	if (a->code == ERR_VERIFY)
		sim_turn_out(b, SIM_NOT_TRUSTED, "%s: %s", b->st.asked,
		    b->st.note);
	else if (b->st.status != SIM_NO_ANSWER)
		sim_turn_out(b, SIM_NO_CONFIG, "the server did not deliver it "
		    "over https");
	return SIM_ASKS_NOTHING;
}

enum sim_state
sim_after(struct sim_boot *b, const struct sim_answer *a)
{
	if (b->state == SIM_ASKS_CONFIG_HTTPS)
		return after_https(b, a);
	if (b->st.status == SIM_NO_ANSWER)
		return SIM_ASKS_NOTHING;
	switch (b->state) {
	case SIM_ASKS_CTL:
		return SIM_ASKS_ITL;
	case SIM_ASKS_ITL:
		return b->st.status == SIM_MISSING ? SIM_ASKS_ITL_GENERIC :
		    first_config(b);
	case SIM_ASKS_ITL_GENERIC:
		return first_config(b);
	case SIM_ASKS_CONFIG_HTTPS:
	case SIM_ASKS_CONFIG_ENC:
	case SIM_ASKS_CONFIG:
	case SIM_ASKS_DEFAULT:
		return after_config(b);
	case SIM_ASKS_CAPF:
	case SIM_ASKS_NAMED:
	case SIM_ASKS_NOTHING:
		return b->state;
	}
	return SIM_ASKS_NOTHING;
}

/* From the beginning: its server has made new files. */
enum sim_state
sim_boot_again(struct sim_boot *b)
{
	sim_enrol_boots(b);
	b->r->has_config = b->r->decrypted = false;
	b->named = 0;
	return SIM_ASKS_CTL;
}
