/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a phone gets a file from (spec/phone-files.md sections 1 and 2):
 * servers in the order of DHCP option 150, on each HTTP before TFTP.  What
 * answered last is asked first, or each file would wait for the same silence.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "phonesim/sim.h"

struct sim_try {
	size_t			 server;
	enum sim_transport	 transport;
};

#define TRIES_MAX	(2 * SIM_SERVERS_MAX + 1)

/* Attempts in order; one that stands already is left out. */
static void
add_try(struct sim_try *t, size_t *n, size_t server, enum sim_transport via)
{
	for (size_t i = 0; i < *n; i++)
		if (t[i].server == server && t[i].transport == via)
			return;
	t[(*n)++] = (struct sim_try){ .server = server, .transport = via };
}

static size_t
plan_tries(const struct sim *s, const struct sim_choice *c,
    struct sim_try t[TRIES_MAX])
{
	size_t n = 0;

	if (c->known)
		add_try(t, &n, c->server, c->transport);
	for (size_t i = 0; i < s->nserver && i < SIM_SERVERS_MAX; i++) {
		if (s->transport != SIM_TFTP)
			add_try(t, &n, i, SIM_HTTP);
		if (s->transport != SIM_HTTP)
			add_try(t, &n, i, SIM_TFTP);
	}
	return n;
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

/* ERR_OK: an attempt told something; st holds the most telling one. */
static int
one_try(const struct sim *s, const struct sim_try *t, struct sim_step *st,
    uint8_t **buf, size_t *len, struct err *e)
{
	struct err why = { 0 };
	int ret;

	ret = s->fetch(s->fetch_arg, t->transport, s->server[t->server],
	    st->asked, buf, len, &why);
	if (ret == ERR_NOMEM)
		return err_set(e, ret, "%s", why.msg);
	if (ret == ERR_UNREACHABLE || ret == ERR_TIMEOUT) {
		if (st->status != SIM_FAILED)
			(void)str_copy(st->note, sizeof(st->note),
			    without_name(why.msg, st->asked));
		return ERR_OK;
	}
	st->server = s->server[t->server];
	st->transport = t->transport;
	if (ret == ERR_OK)
		st->status = SIM_GOT;
	else if (ret == ERR_NOTFOUND)
		st->status = SIM_MISSING;
	else
		st->status = SIM_FAILED;
	(void)str_copy(st->note, sizeof(st->note),
	    st->status == SIM_FAILED ?
	    without_name(why.msg, st->asked) : "");
	return ERR_OK;
}

int
sim_get(const struct sim *s, struct sim_choice *c, struct sim_step *st,
    uint8_t **buf, size_t *len, struct err *e)
{
	struct sim_try t[TRIES_MAX];
	size_t n = plan_tries(s, c, t);
	int ret;

	*buf = NULL;
	*len = 0;
	st->status = SIM_NO_ANSWER;
	for (size_t i = 0; i < n; i++) {
		if ((ret = one_try(s, &t[i], st, buf, len, e)) != ERR_OK)
			return ret;
		if (st->status == SIM_GOT || st->status == SIM_MISSING) {
			*c = (struct sim_choice){ .known = true,
			    .server = t[i].server,
			    .transport = t[i].transport };
			break;
		}
	}
	if (st->status != SIM_GOT)
		return ERR_OK;
	st->bytes = *len;
	if ((ret = digest_buf(DIGEST_SHA256, *buf, *len, st->sha256, e)) !=
	    ERR_OK) {
		free(*buf);
		*buf = NULL;
	}
	return ret;
}
