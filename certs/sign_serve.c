/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The signer process: a thread for each loop of the engine, see sign.h.  A
 * signature takes 0.2 ms of a processor, and each loop waits for its own: one
 * thread for all would be one processor for all.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "certs/sign.h"
#include "certs/sign_msg.h"

#define THREADS_MAX	64	/* channels beyond it share one */

struct share {			/* of a thread: one channel */
	struct signer	*local;
	struct pollfd	 p[2];		/* and stopfd */
	pthread_t	 thread;
	struct err	 e;
};

static void
channel_close(struct pollfd *p)
{
	(void)close(p->fd);
	p->fd = -1;		/* poll ignores it */
}

static void
channel_refuse(struct pollfd *p, const struct err *why)
{
	log_err(LOG_WARNING, "signer.refused", why, LOG_I64("channel", p->fd));
	channel_close(p);
}

/* out has room for any result. */
static int
do_request(struct signer *local, const struct sign_request *q, uint8_t *out,
    size_t *len, struct err *e)
{
	switch (q->op) {
	case SIGN_OP_DIGEST:
		return sign_digest(local, q->id, q->alg, q->pad, q->data,
		    q->len, out, len, e);
	case SIGN_OP_DECRYPT:
		*len = KEY_PREMASTER_LEN;
		return sign_tls_decrypt(local, q->id, q->tls_version, q->data,
		    q->len, out, e);
	}
	abort();		/* the parser knows no others */
}

static size_t
answer_request(struct signer *local, const struct sign_request *q,
    uint8_t buf[SIGN_MSG_MAX])
{
	struct sign_answer a = { .op = q->op, .seq = q->seq };
	struct err e = { 0 };
	uint8_t out[KEY_SIG_MAX];
	size_t len;

	a.status = do_request(local, q, out, &a.len, &e);
	if (a.status == ERR_OK) {
		a.data = out;
	} else {
		a.data = (const uint8_t *)e.msg;
		a.len = strlen(e.msg);
	}
	len = sign_answer_put(&a, buf);
	if (q->op == SIGN_OP_DECRYPT)
		secret_wipe(out, sizeof(out));
	return len;
}

/* Answers the datagram of n bytes in buf. */
static int
channel_answer(struct signer *local, int fd, uint8_t buf[SIGN_MSG_MAX],
    size_t n, struct err *e)
{
	struct sign_request q;
	size_t len;
	int ret = ERR_OK;

	if (n > SIGN_MSG_MAX)
		return err_set(e, ERR_PROTO, "datagram of %zu bytes", n);
	if ((ret = sign_request_parse(&q, buf, n, e)) != ERR_OK)
		return ret;
	len = answer_request(local, &q, buf);
	/* An engine waits for each answer, so there is always room. */
	if (len == 0 || send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		ret = err_sys(e, ERR_UNREACHABLE, "answer");
	if (q.op == SIGN_OP_DECRYPT)
		secret_wipe(buf, SIGN_MSG_MAX);
	return ret;
}

/* One datagram: answered, or the channel is closed. */
static void
channel_serve(struct signer *local, struct pollfd *p)
{
	uint8_t buf[SIGN_MSG_MAX];
	struct err e = { 0 };
	ssize_t n;

	n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)		/* the peer is gone */
		channel_close(p);
	else if (channel_answer(local, p->fd, buf, (size_t)n, &e) != ERR_OK)
		channel_refuse(p, &e);
}

static bool
any_open(const struct pollfd *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].fd != -1)
			return true;
	return false;
}

/* p[n] is stopfd.  A turn serves each channel once, so none starves. */
static int
serve_loop(struct signer *local, struct pollfd *p, size_t n, struct err *e)
{
	while (any_open(p, n)) {
		if (poll(p, n + 1, -1) == -1) {
			if (errno == EINTR)
				continue;
			return err_sys(e, ERR_IO, "poll");
		}
		if (p[n].revents != 0)
			return ERR_OK;
		for (size_t i = 0; i < n; i++)
			if (p[i].fd != -1 && p[i].revents != 0)
				channel_serve(local, &p[i]);
	}
	return ERR_OK;
}

/* Serves n channels and closes them. */
static int
serve_all(struct signer *local, struct pollfd *p, size_t n, struct err *e)
{
	int ret = serve_loop(local, p, n, e);

	for (size_t i = 0; i < n; i++)
		if (p[i].fd != -1)
			channel_close(&p[i]);
	return ret;
}

static void *
share_main(void *arg)
{
	struct share *s = arg;

	(void)serve_all(s->local, s->p, 1, &s->e);
	return NULL;
}

/* Signals are the first thread's. */
static bool
share_start(struct share *s)
{
	sigset_t all, old;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&s->thread, NULL, share_main, s);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r == 0;
}

int
signer_serve(struct signer *local, const int *fds, size_t n, int stopfd,
    struct err *e)
{
	const struct pollfd stop = { .fd = stopfd, .events = POLLIN };
	struct pollfd p[SIGN_CHANNELS_MAX + 1];
	struct share share[THREADS_MAX];
	size_t k = 0;
	int ret;

	if (n > SIGN_CHANNELS_MAX)
		return err_set(e, ERR_LIMIT, "%zu channels, a signer serves "
		    "at most %d", n, SIGN_CHANNELS_MAX);
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	/* The last ones to threads; what is left is served here. */
	for (; n > 1 && k < THREADS_MAX; k++, n--) {
		share[k] = (struct share){ .local = local,
		    .p = { p[n - 1], stop } };
		if (!share_start(&share[k]))
			break;
	}
	p[n] = stop;
	ret = serve_all(local, p, n, e);
	while (k-- > 0) {
		(void)pthread_join(share[k].thread, NULL);
		if (ret == ERR_OK && share[k].e.code != ERR_OK)
			ret = err_set(e, share[k].e.code, "%s",
			    share[k].e.msg);
	}
	return ret;
}
