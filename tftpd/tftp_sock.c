/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * UDP as TFTP needs it, see tftp_sock.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/tftp_sock.h"

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

static bool
recv_one(int fd, struct tftp_datagram *d, struct msghdr *mh)
{
	struct iovec iov = { .iov_base = d->buf, .iov_len = sizeof(d->buf) };
	struct sockaddr_storage ss;
	ssize_t n;

	mh->msg_name = &ss;
	mh->msg_namelen = sizeof(ss);
	mh->msg_iov = &iov;
	mh->msg_iovlen = 1;
	do
		n = recvmsg(fd, mh, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return false;
	net_addr_from(&d->peer, (const struct sockaddr *)&ss,
	    mh->msg_namelen);
	d->len = (size_t)n;
	d->cut = (mh->msg_flags & MSG_TRUNC) != 0;
	return true;
}

bool
tftp_sock_recv_peer(int fd, struct tftp_datagram *d)
{
	struct msghdr mh = { 0 };

	return recv_one(fd, d, &mh);
}

bool
tftp_sock_recv(int fd, struct tftp_datagram *d)
{
	_Alignas(struct cmsghdr) uint8_t ctl[
	    CMSG_SPACE(sizeof(struct in_pktinfo)) +
	    CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct msghdr mh = { .msg_control = ctl,
	    .msg_controllen = sizeof(ctl) };

	if (!recv_one(fd, d, &mh))
		return false;
	d->unicast = false;	/* until a control message says so */
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c != NULL;
	    c = CMSG_NXTHDR(&mh, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			asked_in(d, c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO)
			asked_in6(d, c);
	}
	return true;
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
