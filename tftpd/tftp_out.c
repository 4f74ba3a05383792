/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets on their way out, see tftp_out.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tftpd/tftp_out.h"

#define OUT_MSGS	64
#define OUT_BYTES	((size_t)4 * TFTP_OUT_MAX)
#define OUT_WAIT_MS	2	/* for room in the socket's buffer */

#ifndef UDP_SEGMENT		/* in the kernel's linux/udp.h */
#define UDP_SEGMENT	103
#endif

union out_ctl {
	struct cmsghdr	head;
	uint8_t		room[CMSG_SPACE(sizeof(uint16_t))];
};

struct tftp_out {
	int		 fd;
	size_t		 n;			/* messages */
	size_t		 used;			/* of buf */
	struct mmsghdr	 m[OUT_MSGS];
	struct iovec	 v[OUT_MSGS];
	struct net_addr	 to[OUT_MSGS];
	union out_ctl	 ctl[OUT_MSGS];
	uint16_t	 seg[OUT_MSGS];		/* 0: one packet */
	bool		*plain[OUT_MSGS];
	uint8_t		 buf[OUT_BYTES];
};

struct tftp_out *
tftp_out_new(struct err *e)
{
	struct tftp_out *o = calloc(1, sizeof(*o));

	if (o == NULL)
		(void)err_set(e, ERR_NOMEM, "packets on their way out");
	else
		o->fd = -1;
	return o;
}

void
tftp_out_free(struct tftp_out *o)
{
	free(o);
}

static void
say_unsent(const struct net_addr *to, size_t bytes)
{
	int why = errno;
	char peer[NET_ADDR_TEXT];

	if (!log_wanted(LOG_DEBUG))
		return;
	net_addr_text(to, peer);
	log_event(LOG_DEBUG, "tftp.unsent", LOG_STR("peer", peer),
	    LOG_U64("bytes", bytes), LOG_STR("why", strerror(why)));
}

/* A card that is behind drains a window in less than a millisecond: that is
 * cheaper than losing it. */
static bool
wait_for_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, OUT_WAIT_MS) == 1;
}

/* A message that the kernel would not cut, packet by packet. */
static void
send_apart(struct tftp_out *o, size_t i)
{
	struct mmsghdr m[OUT_MSGS];
	struct iovec v[OUT_MSGS];
	size_t len = o->v[i].iov_len, n = 0, done = 0;
	uint8_t *p = o->v[i].iov_base;

	*o->plain[i] = true;
	for (; len > 0 && n < OUT_MSGS; n++) {
		v[n].iov_base = p;
		v[n].iov_len = len < o->seg[i] ? len : o->seg[i];
		m[n].msg_hdr = (struct msghdr){ .msg_name = &o->to[i].ss,
		    .msg_namelen = o->to[i].len, .msg_iov = &v[n],
		    .msg_iovlen = 1 };
		p += v[n].iov_len;
		len -= v[n].iov_len;
	}
	while (done < n) {
		int r = sendmmsg(o->fd, m + done, (unsigned)(n - done), 0);

		if (r > 0) {
			done += (size_t)r;
		} else if (errno != EINTR) {
			say_unsent(&o->to[i], v[done].iov_len);
			done++;
		}
	}
}

/* Message i could not be sent; false: try once more. */
static bool
give_up(struct tftp_out *o, size_t i, bool *waited)
{
	switch (errno) {
	case EINTR:
		return false;
	case EAGAIN:
		if (*waited || !wait_for_room(o->fd))
			break;
		*waited = true;
		return false;
	case EMSGSIZE:
	case EINVAL:
	case EIO:
		if (o->seg[i] != 0) {
			send_apart(o, i);
			return true;
		}
		break;
	}
	say_unsent(&o->to[i], o->v[i].iov_len);
	return true;
}

static void
send_all(struct tftp_out *o)
{
	bool waited = false;
	size_t done = 0;
	int r;

	while (done < o->n) {
		r = sendmmsg(o->fd, o->m + done, (unsigned)(o->n - done), 0);
		if (r > 0)
			done += (size_t)r;
		else if (give_up(o, done, &waited))
			done++;
	}
	o->n = 0;
}

void
tftp_out_flush(struct tftp_out *o)
{
	if (o->n > 0)
		send_all(o);
	o->used = 0;
}

uint8_t *
tftp_out_room(struct tftp_out *o, int fd, size_t *cap)
{
	if (o->fd != fd || sizeof(o->buf) - o->used < TFTP_OUT_MAX)
		tftp_out_flush(o);
	o->fd = fd;
	*cap = TFTP_OUT_MAX;
	return o->buf + o->used;
}

static void
set_segment(union out_ctl *c, struct msghdr *mh, uint16_t seg)
{
	c->head.cmsg_level = IPPROTO_UDP;
	c->head.cmsg_type = UDP_SEGMENT;
	c->head.cmsg_len = CMSG_LEN(sizeof(seg));
	memcpy(CMSG_DATA(&c->head), &seg, sizeof(seg));
	mh->msg_control = c->room;
	mh->msg_controllen = sizeof(c->room);
}

static void
add(struct tftp_out *o, const struct net_addr *to, size_t len, uint16_t seg,
    bool *plain)
{
	size_t i = o->n;

	o->to[i] = *to;
	o->v[i] = (struct iovec){ o->buf + o->used, len };
	o->seg[i] = seg;
	o->plain[i] = plain;
	o->m[i].msg_hdr = (struct msghdr){ .msg_name = &o->to[i].ss,
	    .msg_namelen = to->len, .msg_iov = &o->v[i], .msg_iovlen = 1 };
	if (seg != 0)
		set_segment(&o->ctl[i], &o->m[i].msg_hdr, seg);
	o->used += len;
	if (++o->n == OUT_MSGS)
		send_all(o);	/* the room stays where it is */
}

void
tftp_out_put(struct tftp_out *o, const struct net_addr *to, size_t len,
    size_t seg, bool *plain)
{
	if (len > seg && !*plain) {
		add(o, to, len, (uint16_t)seg, plain);
		return;
	}
	for (size_t n; len > 0; len -= n) {
		n = len < seg ? len : seg;
		add(o, to, n, 0, plain);
	}
}

void
tftp_out_leave(struct tftp_out *o, const bool *plain)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->plain[i] == plain) {
			tftp_out_flush(o);
			return;
		}
}
