/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking the writer, see desk.h.  One mutex guards everything; sends and
 * receives are one packet each.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capfd/desk.h"
#include "crypt/secret.h"

#define PORT_SHIFT	24	/* of numbers: below it they count up */
#define TURN		256	/* answers before ports are told */

struct packet {
	STAILQ_ENTRY(packet)	 entry;
	size_t			 len;
	uint8_t			 buf[];
};
STAILQ_HEAD(packets, packet);

struct desk_port {
	struct desk	*desk;
	uint32_t	 index;
	int		 fd;		/* eventfd */
	struct packets	 answers;
	uint32_t	 serial;
	size_t		 asked;		/* and not answered */
	bool		 told;		/* fd is readable already */
};

struct desk {
	int		 fd;		/* to the writer; borrowed */
	int		 wakefd;	/* eventfd: something to send, or stop */
	pthread_t	 thread;
	pthread_mutex_t	 lock;		/* of what follows */
	struct packets	 out;		/* what did not go at once */
	struct desk_port *ports[DESK_PORTS_MAX];
	bool		 stop;
	struct err	 broken;
};

static struct packet *
packet_new(const uint8_t *buf, size_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	if (p != NULL) {
		p->len = len;
		memcpy(p->buf, buf, len);
	}
	return p;
}

/* It may have an authentication string. */
static void
packet_free(struct packet *p)
{
	secret_wipe(p->buf, p->len);
	free(p);
}

static void
packets_clear(struct packets *q)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, entry);
		packet_free(p);
	}
}

/* --- the thread; under the lock, but for waiting --- */

static void
tell(struct desk_port *p)
{
	if (p == NULL || p->told)
		return;
	p->told = true;
	(void)eventfd_write(p->fd, 1);
}

static void
tell_all(struct desk *d)
{
	for (size_t i = 0; i < DESK_PORTS_MAX; i++)
		tell(d->ports[i]);
}

static void
broken(struct desk *d, const char *why)
{
	if (d->broken.code == ERR_OK)
		(void)err_set(&d->broken, ERR_UNREACHABLE, "the writer of "
		    "the database: %s", why);
	tell_all(d);
}

/* An answer to nobody, whose loop has ended, is dropped. */
static void
deliver(struct desk *d, const uint8_t *buf, size_t len)
{
	struct desk_port *p = len > 4 ? d->ports[buf[0]] : NULL;
	struct packet *a;

	if (p == NULL)
		return;
	if ((a = packet_new(buf, len)) == NULL) {
		broken(d, "out of memory for an answer");
		return;
	}
	STAILQ_INSERT_TAIL(&p->answers, a, entry);
}

static void
receive(struct desk *d)
{
	uint8_t buf[WIRE_MAX];
	ssize_t n;

	for (int i = 0; i < TURN; i++) {
		n = recv(d->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			break;
		if (n <= 0) {
			broken(d, n == 0 ? "it is gone" : strerror(errno));
			break;
		}
		deliver(d, buf, (size_t)n);
	}
	for (size_t i = 0; i < DESK_PORTS_MAX; i++)
		if (d->ports[i] != NULL &&
		    !STAILQ_EMPTY(&d->ports[i]->answers))
			tell(d->ports[i]);
}

/* False: the socket is full. */
static bool
send_one(struct desk *d, const uint8_t *buf, size_t len)
{
	ssize_t n;

	do
		n = send(d->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == ENOBUFS))
		return false;
	if (n == -1)
		broken(d, strerror(errno));
	return true;
}

static void
send_rest(struct desk *d)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&d->out)) != NULL &&
	    send_one(d, p->buf, p->len)) {
		STAILQ_REMOVE_HEAD(&d->out, entry);
		packet_free(p);
	}
}

static void
woken(struct desk *d, const struct pollfd *pfd)
{
	eventfd_t n;

	if (pfd[1].revents != 0)
		(void)eventfd_read(d->wakefd, &n);
	if (pfd[0].revents & POLLOUT)
		send_rest(d);
	if (pfd[0].revents & ~POLLOUT)
		receive(d);
}

static void *
desk_main(void *arg)
{
	struct desk *d = arg;
	struct pollfd pfd[2] = { { .fd = d->fd }, { .fd = d->wakefd,
	    .events = POLLIN } };

	(void)pthread_mutex_lock(&d->lock);
	while (!d->stop) {
		pfd[0].events = POLLIN;
		if (!STAILQ_EMPTY(&d->out))
			pfd[0].events |= POLLOUT;
		if (d->broken.code != ERR_OK)
			pfd[0].fd = -1;
		(void)pthread_mutex_unlock(&d->lock);
		if (poll(pfd, 2, -1) == -1)
			pfd[0].revents = pfd[1].revents = 0;
		(void)pthread_mutex_lock(&d->lock);
		woken(d, pfd);
	}
	(void)pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct desk *
desk_start(int fd, struct err *e)
{
	struct desk *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_set(e, ERR_NOMEM, "channel to the writer");
		return NULL;
	}
	d->fd = fd;
	STAILQ_INIT(&d->out);
	(void)pthread_mutex_init(&d->lock, NULL);
	if ((d->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    pthread_create(&d->thread, NULL, desk_main, d) != 0) {
		(void)err_sys(e, ERR_IO, "channel to the writer");
		if (d->wakefd != -1)
			(void)close(d->wakefd);
		(void)pthread_mutex_destroy(&d->lock);
		free(d);
		return NULL;
	}
	return d;
}

void
desk_stop(struct desk *d)
{
	if (d == NULL)
		return;
	(void)pthread_mutex_lock(&d->lock);
	d->stop = true;
	(void)pthread_mutex_unlock(&d->lock);
	(void)eventfd_write(d->wakefd, 1);
	(void)pthread_join(d->thread, NULL);
	packets_clear(&d->out);
	(void)close(d->wakefd);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

bool
desk_is_broken(struct desk *d, struct err *e)
{
	bool is;

	(void)pthread_mutex_lock(&d->lock);
	if ((is = d->broken.code != ERR_OK) && e != NULL)
		*e = d->broken;
	(void)pthread_mutex_unlock(&d->lock);
	return is;
}

/* --- ports --- */

static bool
seat(struct desk *d, struct desk_port *p)
{
	bool done = false;

	(void)pthread_mutex_lock(&d->lock);
	for (uint32_t i = 0; i < DESK_PORTS_MAX && !done; i++)
		if (d->ports[i] == NULL) {
			p->index = i;
			d->ports[i] = p;
			done = true;
		}
	(void)pthread_mutex_unlock(&d->lock);
	return done;
}

struct desk_port *
desk_port_new(struct desk *d, struct err *e)
{
	struct desk_port *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "answers of the writer");
		return NULL;
	}
	p->desk = d;
	STAILQ_INIT(&p->answers);
	if ((p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) != -1 &&
	    seat(d, p))
		return p;
	(void)err_set(e, ERR_LIMIT, "no way for answers of the writer");
	if (p->fd != -1)
		(void)close(p->fd);
	free(p);
	return NULL;
}

void
desk_port_free(struct desk_port *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->desk->lock);
	p->desk->ports[p->index] = NULL;
	(void)pthread_mutex_unlock(&p->desk->lock);
	packets_clear(&p->answers);
	(void)close(p->fd);
	free(p);
}

/* In turn behind what waits. */
static int
post(struct desk *d, const uint8_t *buf, size_t len, struct err *e)
{
	struct packet *p;

	if (d->broken.code != ERR_OK) {
		if (e != NULL)
			*e = d->broken;
		return ERR_UNREACHABLE;
	}
	if (STAILQ_EMPTY(&d->out) && send_one(d, buf, len))
		return ERR_OK;
	if ((p = packet_new(buf, len)) == NULL)
		return err_set(e, ERR_NOMEM, "question to the writer");
	STAILQ_INSERT_TAIL(&d->out, p, entry);
	(void)eventfd_write(d->wakefd, 1);
	return ERR_OK;
}

int
desk_ask(struct desk_port *p, struct wire_ask *a, struct err *e)
{
	struct desk *d = p->desk;
	uint8_t buf[WIRE_MAX];
	size_t len;
	int ret;

	a->nr = p->index << PORT_SHIFT |
	    (++p->serial & ((UINT32_C(1) << PORT_SHIFT) - 1));
	if ((ret = wire_ask_build(a, buf, &len, e)) != ERR_OK)
		return ret;
	(void)pthread_mutex_lock(&d->lock);
	if (p->asked >= DESK_ASKS_MAX)
		ret = err_set(e, ERR_LIMIT, "%d questions that the writer of "
		    "the database has not answered", DESK_ASKS_MAX);
	else if ((ret = post(d, buf, len, e)) == ERR_OK)
		p->asked++;
	(void)pthread_mutex_unlock(&d->lock);
	secret_wipe(buf, len);
	return ret;
}

int
desk_port_fd(const struct desk_port *p)
{
	return p->fd;
}

void
desk_port_take(struct desk_port *p, desk_fn *fn, void *arg)
{
	struct packets all = STAILQ_HEAD_INITIALIZER(all);
	struct wire_answer a;
	struct err e = { 0 };
	struct packet *k;
	eventfd_t n;

	(void)eventfd_read(p->fd, &n);
	(void)pthread_mutex_lock(&p->desk->lock);
	STAILQ_CONCAT(&all, &p->answers);
	p->told = false;
	STAILQ_FOREACH(k, &all, entry)
		p->asked--;
	(void)pthread_mutex_unlock(&p->desk->lock);
	while ((k = STAILQ_FIRST(&all)) != NULL) {
		STAILQ_REMOVE_HEAD(&all, entry);
		if (wire_answer_parse(&a, k->buf, k->len, &e) == ERR_OK) {
			fn(arg, &a);
		} else {
			(void)pthread_mutex_lock(&p->desk->lock);
			broken(p->desk, e.msg);
			(void)pthread_mutex_unlock(&p->desk->lock);
		}
		packet_free(k);
	}
}
