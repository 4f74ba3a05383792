/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a phone gets a file from (spec/phone-files.md sections 1 and 2):
 * servers in the order of DHCP option 150, on each HTTP before TFTP.  What
 * answered last is asked first, or each file would wait for the same silence.
 */
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "phonesim/sim.h"

/* Attempts in order; one that stands already is left out. */
static void
add_try(struct sim_try *t, size_t *n, size_t server, enum sim_transport via)
{
	for (size_t i = 0; i < *n; i++)
		if (t[i].server == server && t[i].transport == via)
			return;
	t[(*n)++] = (struct sim_try){ .server = server, .transport = via };
}

void
sim_get_begin(struct sim_get *g, const struct sim *s,
    const struct sim_choice *c, struct sim_step *st)
{
	g->n = g->at = 0;
	st->status = SIM_NO_ANSWER;
	if (c->known)
		add_try(g->t, &g->n, c->server, c->transport);
	for (size_t i = 0; i < s->nserver && i < SIM_SERVERS_MAX; i++) {
		if (s->transport != SIM_TFTP)
			add_try(g->t, &g->n, i, SIM_HTTP);
		if (s->transport == SIM_AUTO || s->transport == SIM_TFTP)
			add_try(g->t, &g->n, i, SIM_TFTP);
	}
}

void
sim_get_begin_https(struct sim_get *g, const struct sim *s,
    const struct sim_choice *c, struct sim_step *st)
{
	g->n = g->at = 0;
	st->status = SIM_NO_ANSWER;
	if (c->known)
		add_try(g->t, &g->n, c->server, SIM_HTTPS);
	for (size_t i = 0; i < s->nserver && i < SIM_SERVERS_MAX; i++)
		add_try(g->t, &g->n, i, SIM_HTTPS);
}

const struct sim_try *
sim_get_next(const struct sim_get *g)
{
	return g->at < g->n ? &g->t[g->at] : NULL;
}

/* The step names the file already. */
static const char *
without_name(const char *why, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(why, name, len) == 0 && strncmp(why + len, ": ", 2) == 0)
		return why + len + 2;
	return why;
}

/* What the attempt told; st keeps the most telling one. */
static void
note_answer(const struct sim *s, const struct sim_try *t,
    struct sim_step *st, int code, const char *why)
{
	if (code == ERR_UNREACHABLE || code == ERR_TIMEOUT) {
		if (st->status != SIM_FAILED)
			(void)str_copy(st->note, sizeof(st->note),
			    without_name(why, st->asked));
		return;
	}
	st->server = s->server[t->server];
	st->transport = t->transport;
	if (code == ERR_OK)
		st->status = SIM_GOT;
	else if (code == ERR_NOTFOUND)
		st->status = SIM_MISSING;
	else
		st->status = SIM_FAILED;
	(void)str_copy(st->note, sizeof(st->note),
	    st->status == SIM_FAILED ? without_name(why, st->asked) : "");
}

int
sim_get_answer(struct sim_get *g, const struct sim *s, struct sim_choice *c,
    struct sim_step *st, const struct sim_answer *a, struct err *e)
{
	const struct sim_try *t = &g->t[g->at++];

	if (a->code == ERR_NOMEM)
		return err_set(e, ERR_NOMEM, "%s", a->why);
	note_answer(s, t, st, a->code, a->why);
	if (st->status != SIM_GOT && st->status != SIM_MISSING)
		return ERR_OK;
	/* One file came over https; the rest does not. */
	if (t->transport != SIM_HTTPS)
		*c = (struct sim_choice){ .known = true,
		    .server = t->server, .transport = t->transport };
	g->at = g->n;
	if (st->status != SIM_GOT)
		return ERR_OK;
	st->bytes = a->len;
	return digest_buf(DIGEST_SHA256, a->buf, a->len, st->sha256, e);
}
