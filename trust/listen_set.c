/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening sockets that outlive a change of parameters, see listen_set.h:
 * the set itself, and what its loops hold.  listen_open.c is the parent's
 * side.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/listen_part.h"

struct listen_set *
listen_set_new(const char *name, const struct listen_kind *kinds,
    size_t nkinds, unsigned loops, struct err *e)
{
	struct listen_set *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "listeners");
		return NULL;
	}
	s->name = name;
	s->kinds = kinds;
	s->nkinds = nkinds;
	s->loops = loops;
	(void)pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
listen_set_free(struct listen_set *s)
{
	if (s == NULL)
		return;
	while (s->n > 0)
		listen_set_drop(s, s->n - 1);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static void
sock_free(struct listen_sock *k, unsigned loops)
{
	for (unsigned i = 0; i < loops; i++)
		(void)close(k->fds[i]);
	free(k);
}

void
listen_sock_release(struct listen_set *s, struct listen_sock *k)
{
	bool last;

	(void)pthread_mutex_lock(&s->lock);
	last = --k->refs == 0;
	(void)pthread_mutex_unlock(&s->lock);
	if (last)
		sock_free(k, s->loops);
}

bool
listen_set_add(struct listen_set *s, uint32_t id,
    const struct listen_place *at, const int *fds)
{
	struct listen_sock *k;

	if (s->n == LISTEN_SOCKS_MAX ||
	    (k = calloc(1, sizeof(*k))) == NULL)
		return false;
	k->id = id;
	k->place = *at;
	k->refs = 1;
	memcpy(k->fds, fds, s->loops * sizeof(fds[0]));
	(void)pthread_mutex_lock(&s->lock);
	s->sock[s->n++] = k;
	s->version++;
	(void)pthread_mutex_unlock(&s->lock);
	return true;
}

void
listen_set_drop(struct listen_set *s, size_t i)
{
	struct listen_sock *k = s->sock[i];

	(void)pthread_mutex_lock(&s->lock);
	memmove(&s->sock[i], &s->sock[i + 1],
	    (--s->n - i) * sizeof(s->sock[0]));
	s->version++;
	(void)pthread_mutex_unlock(&s->lock);
	listen_sock_release(s, k);
}

unsigned
listen_set_version(struct listen_set *s)
{
	unsigned v;

	(void)pthread_mutex_lock(&s->lock);
	v = s->version;
	(void)pthread_mutex_unlock(&s->lock);
	return v;
}

size_t
listen_set_hold(struct listen_set *s,
    struct listen_sock *socks[LISTEN_SOCKS_MAX])
{
	size_t n;

	(void)pthread_mutex_lock(&s->lock);
	for (n = 0; n < s->n; n++) {
		socks[n] = s->sock[n];
		socks[n]->refs++;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

/* --- from the parent to the engine --- */

union sent_fds {
	struct cmsghdr	hdr;
	char		buf[CMSG_SPACE(PROC_LOOPS_MAX * sizeof(int))];
};

/* With n descriptors.  Never waits: an engine that does not listen is ill. */
static int
send_order(int fd, const struct listen_order *o, const int *fds, size_t n,
    struct err *e)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)o,
	    .iov_len = sizeof(*o) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union sent_fds u;
	struct cmsghdr *c;

	memset(&u, 0, sizeof(u));
	if (n > 0) {
		m.msg_control = u.buf;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return err_sys(e, ERR_IO, "sockets for the engine");
	return ERR_OK;
}

int
listen_order_add(int fd, const struct listen_sock *k, unsigned loops,
    struct err *e)
{
	struct listen_order o;

	memset(&o, 0, sizeof(o));
	o.id = k->id;
	o.place = k->place;
	return send_order(fd, &o, k->fds, loops, e);
}

int
listen_order_drop(int fd, uint32_t id, struct err *e)
{
	struct listen_order o;

	memset(&o, 0, sizeof(o));
	o.id = id;
	return send_order(fd, &o, NULL, 0, e);
}

static size_t
received_fds(struct msghdr *m, int fds[PROC_LOOPS_MAX])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t n;

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

static bool
obey(struct listen_set *s, const struct listen_order *o, const int *fds,
    size_t n)
{
	if (n == s->loops)
		return listen_set_add(s, o->id, &o->place, fds);
	for (size_t i = 0; i < s->n; i++)
		if (s->sock[i]->id == o->id) {
			listen_set_drop(s, i);
			return true;
		}
	return false;
}

bool
listen_set_take(struct listen_set *s, int fd)
{
	struct listen_order o;
	struct iovec iov = { .iov_base = &o, .iov_len = sizeof(o) };
	union sent_fds u;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	int fds[PROC_LOOPS_MAX];
	ssize_t len;

	len = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len == -1)
		return errno == EAGAIN || errno == EINTR;
	if (len != (ssize_t)sizeof(o) || (m.msg_flags & MSG_CTRUNC))
		return false;
	return obey(s, &o, fds, received_fds(&m, fds));
}

/* --- the keeper --- */

bool
listen_watch_look(struct listen_watch *w, struct db *db)
{
	struct listen_plan p;
	struct err e = { 0 };

	if (listen_plan_load(&p, db, w->node, w->kinds, w->nkinds, &e) !=
	    ERR_OK) {
		log_err(LOG_ERR, "listen.parameters", &e);
		return false;
	}
	if (memcmp(&p, &w->last, sizeof(p)) == 0)
		return true;
	if (send(w->parentfd, &p, sizeof(p), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    -1) {
		(void)err_sys(&e, ERR_IO, "telling the parent");
		log_err(LOG_ERR, "listen.parameters", &e);
		return false;
	}
	w->last = p;
	return true;
}
