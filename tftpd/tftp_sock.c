/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * UDP as TFTP needs it, see tftp_sock.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/tftp_sock.h"

union in_ctl {
	struct cmsghdr	head;
	uint8_t		room[CMSG_SPACE(sizeof(struct in_pktinfo)) +
			    CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct tftp_in {
	size_t			n;		/* of the last call */
	struct mmsghdr		m[TFTP_BATCH];
	struct iovec		v[TFTP_BATCH];
	struct sockaddr_storage	ss[TFTP_BATCH];
	union in_ctl		ctl[TFTP_BATCH];
	struct tftp_datagram	d[TFTP_BATCH];
};

void
tftp_sock_prepare(int fd)
{
	const int on = 1;

	/* An IPv6 socket that is not dual-stack refuses, and needs it not. */
	(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
}

/* For a broadcast the address in the packet is not one of ours. */
static void
asked_in(struct tftp_datagram *d, const struct cmsghdr *c)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct in_pktinfo pi;

	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	sin.sin_addr = pi.ipi_addr;
	d->unicast = pi.ipi_addr.s_addr == pi.ipi_spec_dst.s_addr;
	net_addr_from(&d->local, (const struct sockaddr *)&sin, sizeof(sin));
}

static void
asked_in6(struct tftp_datagram *d, const struct cmsghdr *c)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct in6_pktinfo pi;

	memcpy(&pi, CMSG_DATA(c), sizeof(pi));
	if (IN6_IS_ADDR_V4MAPPED(&pi.ipi6_addr))
		return;			/* IP_PKTINFO says more */
	sin6.sin6_addr = pi.ipi6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&pi.ipi6_addr))
		sin6.sin6_scope_id = pi.ipi6_ifindex;
	d->unicast = !IN6_IS_ADDR_MULTICAST(&pi.ipi6_addr);
	net_addr_from(&d->local, (const struct sockaddr *)&sin6,
	    sizeof(sin6));
}

struct tftp_in *
tftp_in_new(struct err *e)
{
	struct tftp_in *in = calloc(1, sizeof(*in));

	if (in == NULL) {
		(void)err_set(e, ERR_NOMEM, "packets");
		return NULL;
	}
	for (size_t i = 0; i < TFTP_BATCH; i++) {
		in->v[i] = (struct iovec){ in->d[i].buf,
		    sizeof(in->d[i].buf) };
		in->m[i].msg_hdr = (struct msghdr){ .msg_name = &in->ss[i],
		    .msg_iov = &in->v[i], .msg_iovlen = 1,
		    .msg_control = in->ctl[i].room };
	}
	in->n = TFTP_BATCH;	/* lengths are to be set */
	return in;
}

void
tftp_in_free(struct tftp_in *in)
{
	free(in);
}

const struct tftp_datagram *
tftp_in_get(const struct tftp_in *in, size_t i)
{
	return &in->d[i];
}

static void
take_one(struct tftp_datagram *d, struct mmsghdr *m)
{
	struct msghdr *mh = &m->msg_hdr;

	net_addr_from(&d->peer, mh->msg_name, mh->msg_namelen);
	d->len = m->msg_len;
	d->cut = (mh->msg_flags & MSG_TRUNC) != 0;
	d->unicast = false;	/* until a control message says so */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL;
	    c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			asked_in(d, c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			asked_in6(d, c);
	}
}

size_t
tftp_sock_recv(int fd, struct tftp_in *in)
{
	int r;

	/* The kernel has shortened those it used. */
	for (size_t i = 0; i < in->n; i++) {
		in->m[i].msg_hdr.msg_namelen = sizeof(in->ss[i]);
		in->m[i].msg_hdr.msg_controllen = sizeof(in->ctl[i].room);
	}
	do
		r = recvmmsg(fd, in->m, TFTP_BATCH, 0, NULL);
	while (r == -1 && errno == EINTR);
	in->n = r > 0 ? (size_t)r : 0;
	for (size_t i = 0; i < in->n; i++)
		take_one(&in->d[i], &in->m[i]);
	return in->n;
}

static void
set_buffer(int fd, int force, int option)
{
	const int size = TFTP_SOCK_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) == -1)
		(void)setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

int
tftp_sock_tid(const struct net_addr *local, struct err *e)
{
	int fd = socket(local->ss.ss_family,
	    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1) {
		(void)err_sys(e, ERR_IO, "socket for a transfer");
		return -1;
	}
	if (bind(fd, (const struct sockaddr *)&local->ss, local->len) == -1) {
		(void)err_sys(e, ERR_IO, "port for a transfer");
		(void)close(fd);
		return -1;
	}
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	return fd;
}

void
tftp_sock_send(int fd, const struct net_addr *to, const uint8_t *buf,
    size_t len)
{
	char peer[NET_ADDR_TEXT];

	if (sendto(fd, buf, len, 0, (const struct sockaddr *)&to->ss,
	    to->len) != -1 || !log_wanted(LOG_DEBUG))
		return;
	net_addr_text(to, peer);
	log_event(LOG_DEBUG, "tftp.unsent", LOG_STR("peer", peer),
	    LOG_U64("bytes", len), LOG_STR("why", strerror(errno)));
}
