/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones of a storm that call CAPF.  All share one processor here, so keys are
 * made one after the other when nothing else waits; until then each has told
 * its server that it is at it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "phonesim/storm_part.h"

#define KEY_NAME_MAX	(DEVICE_NAME_MAX + sizeof("-rsa2048.pem"))

int
storm_pool_open(struct storm *st, struct err *e)
{
	const char *dir = st->o->key_pool;

	if (dir == NULL)
		return ERR_OK;
	if (mkdir(dir, 0700) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "--key-pool %s", dir);
	st->poolfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return st->poolfd != -1 ? ERR_OK :
	    err_sys(e, ERR_IO, "--key-pool %s", dir);
}

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
wants_key(void *arg, enum key_type t)
{
	struct storm_phone *p = arg;

	p->key = t;
	p->makes_key = true;
	TAILQ_INSERT_TAIL(&p->st->making, p, maker);
	storm_work(p->st);
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

/* Out of the pool, or made and put there.  A pool that cannot be written is
 * none; the phone has its key. */
static struct key *
key_of(const struct storm_phone *p)
{
	int poolfd = p->st->poolfd;
	char name[KEY_NAME_MAX];
	struct key *k = NULL;

	(void)snprintf(name, sizeof(name), "%s-%s.pem", p->mem.device,
	    key_type_name(p->key));
	if (poolfd != -1)
		(void)sim_key_load(&k, poolfd, name, NULL);
	if (k == NULL && (k = key_generate(p->key, NULL)) != NULL &&
	    poolfd != -1)
		(void)sim_key_store(k, poolfd, name, NULL);
	return k;
}

void
storm_make_key(struct storm *st)
{
	struct storm_phone *p = TAILQ_FIRST(&st->making);

	TAILQ_REMOVE(&st->making, p, maker);
	p->makes_key = false;
	capf_call_key(p->capf, key_of(p));
}

void
storm_enrol_drop(struct storm_phone *p)
{
	if (p->makes_key)
		TAILQ_REMOVE(&p->st->making, p, maker);
	p->makes_key = false;
	capf_call_free(p->capf);
	p->capf = NULL;
}
