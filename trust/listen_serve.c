/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop listens on, see listen_serve.h.
 */
#include <stdlib.h>

#include "trust/listen_serve.h"

struct place {
	struct listen_sock	*sock;		/* held */
	int64_t			 until_ms;	/* it lingers; 0: it stays */
};

struct listen_serve {
	struct listen_set	*set;
	unsigned		 loop;
	struct listen_hooks	 hooks;
	unsigned		 version;	/* of the set */
	struct place		*place;
	size_t			 n, nlingering;
};

struct listen_serve *
listen_serve_new(struct listen_set *set, unsigned loop,
    const struct listen_hooks *hooks, struct err *e)
{
	struct listen_serve *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "listeners");
		return NULL;
	}
	p->set = set;
	p->loop = loop;
	p->hooks = *hooks;
	/* Not yet that of the set. */
	p->version = listen_set_version(set) - 1;
	return p;
}

static void
place_end(struct listen_serve *p, size_t i)
{
	struct listen_sock *k = p->place[i].sock;

	p->hooks.end(p->hooks.arg, k->place.kind, k->fds[p->loop]);
	listen_sock_release(p->set, k);
	p->place[i] = p->place[--p->n];
	p->nlingering--;
}

static bool
is_among(struct listen_sock *const *socks, size_t n,
    const struct listen_sock *k)
{
	for (size_t i = 0; i < n; i++)
		if (socks[i] == k)
			return true;
	return false;
}

static bool
has(const struct listen_serve *p, const struct listen_sock *k)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].sock == k)
			return true;
	return false;
}

/* Takes over the hold of k. */
static int
place_add(struct listen_serve *p, struct listen_sock *k, struct err *e)
{
	struct place *more;

	if ((more = reallocarray(p->place, p->n + 1, sizeof(*more))) ==
	    NULL) {
		listen_sock_release(p->set, k);
		return err_set(e, ERR_NOMEM, "listeners");
	}
	p->place = more;
	more[p->n++] = (struct place){ .sock = k };
	return p->hooks.serve(p->hooks.arg, k->place.kind, k->fds[p->loop], e);
}

static int
take_set(struct listen_serve *p, int64_t now_ms, struct err *e)
{
	struct listen_sock *socks[LISTEN_SOCKS_MAX];
	size_t n = listen_set_hold(p->set, socks);
	int ret = ERR_OK;

	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].until_ms == 0 &&
		    !is_among(socks, n, p->place[i].sock)) {
			p->place[i].until_ms = now_ms + LISTEN_LINGER_MS;
			p->nlingering++;
		}
	for (size_t i = 0; i < n; i++)
		if (ret != ERR_OK || has(p, socks[i]))
			listen_sock_release(p->set, socks[i]);
		else
			ret = place_add(p, socks[i], e);
	return ret;
}

int
listen_serve_sync(struct listen_serve *p, int64_t now_ms, struct err *e)
{
	unsigned version = listen_set_version(p->set);
	int ret;

	p->hooks.tidy(p->hooks.arg);
	if (version != p->version) {
		p->version = version;
		if ((ret = take_set(p, now_ms, e)) != ERR_OK)
			return ret;
	}
	for (size_t i = p->n; p->nlingering > 0 && i > 0; i--)
		if (p->place[i - 1].until_ms != 0 &&
		    p->place[i - 1].until_ms <= now_ms)
			place_end(p, i - 1);
	return ERR_OK;
}

void
listen_serve_free(struct listen_serve *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		listen_sock_release(p->set, p->place[i].sock);
	free(p->place);
	free(p);
}
