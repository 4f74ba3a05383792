/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Another signer for an engine that goes on serving, see super.h: keys came
 * that the one before does not hold.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/super.h"

#define LET_GO_MS	2000	/* an engine's loops look often */

/* Keeper to parent; and with the channels parent to engine. */
static const char renew_msg[8] = "pt-renew";

int
proc_renew_signer(struct proc *p, struct err *e)
{
	if (send(p->parentfd, renew_msg, sizeof(renew_msg), MSG_DONTWAIT |
	    MSG_NOSIGNAL) == -1)
		return err_sys(e, ERR_IO, "telling the parent");
	return ERR_OK;
}

bool
renew_asked(const void *msg, size_t len)
{
	return len == sizeof(renew_msg) && memcmp(msg, renew_msg, len) == 0;
}

union sent_fds {
	struct cmsghdr	hdr;
	char		buf[CMSG_SPACE(PROC_LOOPS_MAX * sizeof(int))];
};

/* Never waits: an engine that does not listen is ill. */
static int
hand_over(int fd, const int *channels, size_t n, struct err *e)
{
	struct iovec iov = { .iov_base = (void *)(uintptr_t)renew_msg,
	    .iov_len = sizeof(renew_msg) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union sent_fds u;
	struct cmsghdr *c;

	memset(&u, 0, sizeof(u));
	m.msg_control = u.buf;
	m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), channels, n * sizeof(int));
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
		return err_sys(e, ERR_IO, "channels for the engine");
	return ERR_OK;
}

size_t
proc_take_channels(int parentfd, int channels[PROC_LOOPS_MAX])
{
	char what[sizeof(renew_msg)];
	struct iovec iov = { .iov_base = what, .iov_len = sizeof(what) };
	union sent_fds u;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c;
	ssize_t len;
	size_t n;

	len = recv(parentfd, what, sizeof(what), MSG_PEEK | MSG_TRUNC |
	    MSG_DONTWAIT);
	if (len < 0 || !renew_asked(what, (size_t)len))
		return 0;	/* something else, or nothing */
	len = recvmsg(parentfd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len != (ssize_t)sizeof(what) || (m.msg_flags & MSG_CTRUNC) ||
	    (c = CMSG_FIRSTHDR(&m)) == NULL || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(channels, CMSG_DATA(c), n * sizeof(int));
	return n;
}

/* One may still be on its way out. */
static void
wait_for_old(struct super *s)
{
	int64_t left, until = super_now_ms() + LET_GO_MS;
	char why[32];

	while (s->old.pid != 0 && s->stops == 0 &&
	    !child_reap(&s->old, WNOHANG, why, sizeof(why))) {
		if ((left = until - super_now_ms()) <= 0)
			break;
		(void)super_wait(s, -1, left);
	}
	child_kill(&s->old);
}

int
super_renew(struct super *s, struct err *e)
{
	struct channels ch = { .nengine = 0 };
	struct child was = s->signer;
	int ret;

	if (s->d->signer_load == NULL || s->engine.talkfd == -1)
		return ERR_OK;
	wait_for_old(s);
	s->old = was;
	s->signer = (struct child){ .role = was.role, .run = was.run,
	    .stopfd = -1, .reportfd = -1, .talkfd = -1 };
	if ((ret = super_start_signer(s, &ch, e)) == ERR_OK)
		ret = hand_over(s->engine.talkfd, ch.engine, ch.nengine, e);
	channels_close(&ch);
	return ret;
}
