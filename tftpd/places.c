/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop listens on, see places.h.
 */
#include <stdlib.h>

#include "tftpd/places.h"

struct place {
	struct listen_sock	*sock;		/* held */
	int64_t			 until_ms;	/* it lingers; 0: it stays */
};

struct places {
	struct listen_set	*set;
	unsigned		 loop;
	struct tftp_server	*tftp;
	struct web		*web;
	unsigned		 version;	/* of the set */
	struct place		*place;
	size_t			 n, nlingering;
};

struct places *
places_new(struct listen_set *set, unsigned loop, struct tftp_server *tftp,
    struct web *web, struct err *e)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "listeners");
		return NULL;
	}
	p->set = set;
	p->loop = loop;
	p->tftp = tftp;
	p->web = web;
	/* Not yet that of the set. */
	p->version = listen_set_version(set) - 1;
	return p;
}

static int
fd_of(const struct places *p, const struct listen_sock *k)
{
	return k->fds[p->loop];
}

static int
place_serve(struct places *p, struct listen_sock *k, struct err *e)
{
	int fd = fd_of(p, k);

	switch (k->place.kind) {
	case PORT_TFTP:
		return tftp_server_listen(p->tftp, fd, e);
	case PORT_HTTP:
		return web_listen(p->web, TFTPD_HTTP, fd, e);
	case PORT_HTTPS:
		return web_listen(p->web, TFTPD_HTTPS, fd, e);
	case PORT_HTTPS2:
		return web_listen(p->web, TFTPD_HTTPS2, fd, e);
	default:
		return err_set(e, ERR_ARG, "no listener of tftpd");
	}
}

static void
place_end(struct places *p, size_t i)
{
	struct listen_sock *k = p->place[i].sock;

	if (k->place.kind == PORT_TFTP)
		tftp_server_unlisten(p->tftp, fd_of(p, k));
	else
		web_unlisten(p->web, fd_of(p, k));
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
has(const struct places *p, const struct listen_sock *k)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].sock == k)
			return true;
	return false;
}

/* Takes over the hold of k. */
static int
place_add(struct places *p, struct listen_sock *k, struct err *e)
{
	struct place *more;

	if ((more = reallocarray(p->place, p->n + 1, sizeof(*more))) ==
	    NULL) {
		listen_sock_release(p->set, k);
		return err_set(e, ERR_NOMEM, "listeners");
	}
	p->place = more;
	more[p->n++] = (struct place){ .sock = k };
	return place_serve(p, k, e);
}

static int
take_set(struct places *p, int64_t now_ms, struct err *e)
{
	struct listen_sock *socks[LISTEN_SOCKS_MAX];
	size_t n = listen_set_hold(p->set, socks);
	int ret = ERR_OK;

	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].until_ms == 0 &&
		    !is_among(socks, n, p->place[i].sock)) {
			p->place[i].until_ms = now_ms + PLACES_LINGER_MS;
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
places_sync(struct places *p, int64_t now_ms, struct err *e)
{
	unsigned version = listen_set_version(p->set);
	int ret;

	web_tidy(p->web);
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
places_free(struct places *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		listen_sock_release(p->set, p->place[i].sock);
	free(p->place);
	free(p);
}
