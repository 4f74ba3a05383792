/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's TFTP (RFC 1350 with blksize and tsize): one block at a time, one
 * timer of a second.  Of all datagrams in both directions those are lost that
 * the phone's luck says.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "phonesim/storm_get.h"
#include "phonesim/storm_msg.h"

/* Opcode, name, "octet", and the options below with their values. */
#define REQUEST_MAX	(SIM_NAME_MAX + 64)
#define DATAGRAM_MAX	2048

enum { TFTP_RRQ = 1, TFTP_ACK = 4, TFTP_NOT_FOUND = 1, TFTP_ACCESS = 2 };

/* Error 5, with the shortest text. */
static const uint8_t unknown_tid[] = { 0, 5, 0, 5, 0 };

static void
transmit(struct storm_get *g)
{
	if (!g->dallies && storm_lost(g->q.luck)) {
		g->q.net->counts.lost++;
		return;
	}
	if (g->out[1] == TFTP_RRQ)
		g->requests++;
	/* What the kernel does not take is lost as well: the timer knows. */
	(void)sendto(g->fd, g->out, g->outlen, MSG_NOSIGNAL,
	    (const struct sockaddr *)&g->peer.ss, g->peer.len);
}

static void
build_ack(struct storm_get *g, uint16_t block)
{
	g->out[0] = 0;
	g->out[1] = TFTP_ACK;
	g->out[2] = (uint8_t)(block >> 8);
	g->out[3] = (uint8_t)block;
	g->outlen = 4;
}

/* Something new: acknowledge it, and be patient again. */
static void
acknowledge(struct storm_get *g, uint16_t block)
{
	build_ack(g, block);
	g->tries = 1;
	g->heard++;
	loop_timer_set(g->timer, STORM_TFTP_TIMER_MS);
	transmit(g);
}

/* The server has not seen the last ACK. */
static void
again(struct storm_get *g)
{
	g->q.net->counts.duplicates++;
	g->q.net->counts.retransmissions++;
	transmit(g);
}

/*
 * Told; false: there is nothing more to receive.  Where the server may still
 * send, also to a request that was sent twice, the socket stays: its port,
 * taken over by another phone of the storm, would bring that one a wrong
 * file.  Phones have addresses of their own.
 */
static bool
end(struct storm_get *g, int code, const char *why, bool more)
{
	if (more || g->requests > 1) {
		g->dallies = true;
		loop_timer_set(g->timer, STORM_TFTP_DALLY_MS);
	}
	storm_get_end(g, code, why, 0);
	return false;
}

static bool
over(struct storm_get *g, int code, const char *why)
{
	return end(g, code, why, false);
}

/* The last ACK.  Where luck lost it the server sends its last block again
 * (RFC 1350, section 6, "dallying"). */
static bool
finish(struct storm_get *g, uint16_t block)
{
	uint64_t lost = g->q.net->counts.lost;

	acknowledge(g, block);
	g->complete = true;
	return end(g, ERR_OK, "", g->q.net->counts.lost != lost);
}

/* The rest take false for "g is over". */
static bool
take_error(struct storm_get *g, const struct storm_packet *p)
{
	char text[128], why[ERR_MSG_MAX];

	str_visible((const char *)p->data, p->len, text, sizeof(text));
	(void)snprintf(why, sizeof(why), "TFTP error %u: %s", p->code, text);
	if (p->code == TFTP_NOT_FOUND)
		return over(g, ERR_NOTFOUND, why);
	return over(g, p->code == TFTP_ACCESS ? ERR_DENIED : ERR_IO, why);
}

static bool
take_data(struct storm_get *g, const struct storm_packet *p)
{
	if (p->block != g->block) {
		if (p->block == (uint16_t)(g->block - 1))
			again(g);
		return true;
	}
	if (p->len > g->blksize)
		return over(g, ERR_PROTO, "a block is longer than agreed");
	if (!storm_get_room(g, p->len, SIM_FILE_MAX))
		return over(g, ERR_LIMIT, "no room for the file");
	memcpy(g->in + g->len, p->data, p->len);
	g->len += p->len;
	g->block++;
	if (p->len < g->blksize)
		return finish(g, p->block);
	acknowledge(g, p->block);
	return true;
}

/* Only before the first block; the first one counts. */
static void
take_oack(struct storm_get *g, const struct storm_packet *p, bool first)
{
	if (first) {
		g->blksize = p->blksize;
		acknowledge(g, 0);
	} else if (g->block == 1)
		again(g);
}

static bool
take_packet(struct storm_get *g, const struct storm_packet *p)
{
	bool first = !g->answered;

	g->answered = true;
	switch (p->op) {
	case STORM_DATA:
		return take_data(g, p);
	case STORM_OACK:
		take_oack(g, p, first);
		return true;
	case STORM_ERROR:
		return take_error(g, p);
	}
	return true;
}

/* From this peer?  The first answer tells the server's TID; it is no block
 * but the first. */
static bool
is_peer(struct storm_get *g, const struct storm_packet *p,
    const struct net_addr *from)
{
	if (g->answered)
		return net_addr_equal(&g->peer, from);
	if (p->op == STORM_DATA && p->block != 1)
		return false;
	g->peer = *from;
	return true;
}

/*
 * Of another transfer, also one of the same request: end that (RFC 1350,
 * section 4), also when it comes from where this one came from.  When all is
 * told it may be the last block again, for which this time the ACK arrives.
 */
static void
stray(struct storm_get *g, const struct storm_packet *p,
    const struct net_addr *from)
{
	if (p->op == STORM_ERROR)
		return;
	if (g->complete && net_addr_equal(&g->peer, from) &&
	    p->op == STORM_DATA && p->block == (uint16_t)(g->block - 1)) {
		transmit(g);
		return;
	}
	g->q.net->counts.strays++;
	(void)sendto(g->fd, unknown_tid, sizeof(unknown_tid), MSG_NOSIGNAL,
	    (const struct sockaddr *)&from->ss, from->len);
}

static bool
take_datagram(struct storm_get *g, const uint8_t *buf, size_t len,
    const struct net_addr *from)
{
	struct storm_packet p;
	struct err e = { 0 };
	int ret;

	if (!net_addr_same_ip(&g->peer, from))
		return true;
	if (!g->dallies && storm_lost(g->q.luck)) {
		g->q.net->counts.lost++;
		return true;
	}
	ret = storm_packet_parse(&p, buf, len, &e);
	if (ret != ERR_OK && (g->dallies ||
	    (g->answered && !net_addr_equal(&g->peer, from))))
		return true;
	if (ret != ERR_OK)
		return over(g, ERR_PROTO, e.msg);
	if (!g->dallies && is_peer(g, &p, from))
		return take_packet(g, &p);
	stray(g, &p, from);
	return true;
}

/* ICMP says that nobody listens there: not where a stray came from? */
static bool
is_refused(struct storm_get *g)
{
	struct sockaddr_storage ss;
	struct net_addr to;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_name = &ss, .msg_namelen = sizeof(ss),
	    .msg_iov = &iov, .msg_iovlen = 1 };

	if (recvmsg(g->fd, &m, MSG_ERRQUEUE) == -1)
		return !g->dallies;
	net_addr_from(&to, (const struct sockaddr *)&ss, m.msg_namelen);
	return !g->dallies && net_addr_equal(&g->peer, &to);
}

/* false: g is over. */
static bool
receive(struct storm_get *g)
{
	struct sockaddr_storage ss;
	uint8_t buf[DATAGRAM_MAX];
	struct net_addr from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(ss);
		n = recvfrom(g->fd, buf, sizeof(buf), 0, (struct sockaddr *)&ss,
		    &len);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n == -1 && is_refused(g)) {
			storm_get_end(g, ERR_UNREACHABLE,
			    "no TFTP server there", 0);
			return false;
		}
		if (n == -1)
			return true;
		net_addr_from(&from, (const struct sockaddr *)&ss, len);
		if (!take_datagram(g, buf, (size_t)n, &from))
			return false;
	}
}

static void
on_datagram(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	(void)receive(arg);
}

static void
on_timer(void *arg)
{
	struct storm_get *g = arg;
	uint64_t heard = g->heard;

	/* A thousand phones share one processor here: what waits to be read
	 * came in time, or phones would blame the server for our load. */
	if (g->dallies) {
		storm_get_free(g);
		return;
	}
	if (!receive(g) || g->heard != heard)
		return;
	g->q.net->counts.timeouts++;
	if (g->tries == STORM_TFTP_TRIES) {
		(void)over(g, ERR_TIMEOUT, g->answered ?
		    "the TFTP server fell silent" :
		    "no answer from the TFTP server");
		return;
	}
	g->tries++;
	g->q.net->counts.retransmissions++;
	loop_timer_set(g->timer, STORM_TFTP_TIMER_MS);
	transmit(g);
}

static int
build_request(struct storm_get *g, const char *name, struct err *e)
{
	static const char tail[] = "octet\0blksize\0" "1428\0tsize\0" "0";
	size_t len = strlen(name);

	if (len > SIM_NAME_MAX)
		return err_set(e, ERR_LIMIT, "the name is too long");
	g->out[0] = 0;
	g->out[1] = TFTP_RRQ;
	memcpy(g->out + 2, name, len + 1);
	memcpy(g->out + 3 + len, tail, sizeof(tail));
	g->outlen = 3 + len + sizeof(tail);
	return ERR_OK;
}

/* Without it the kernel keeps the ICMP answers of an unconnected socket to
 * itself, and each phone would wait for all its timers. */
static void
want_icmp(struct storm_get *g)
{
	int on = 1;

	if (g->peer.ss.ss_family == AF_INET6)
		(void)setsockopt(g->fd, IPPROTO_IPV6, IPV6_RECVERR, &on,
		    sizeof(on));
	else
		(void)setsockopt(g->fd, IPPROTO_IP, IP_RECVERR, &on,
		    sizeof(on));
}

int
storm_tftp(const struct storm_request *q, struct err *e)
{
	struct storm_get *g;
	int ret;

	if ((g = storm_get_new(q, SOCK_DGRAM, REQUEST_MAX, LOOP_READ,
	    on_datagram, on_timer, e)) == NULL)
		return e->code;
	if ((ret = build_request(g, q->name, e)) != ERR_OK) {
		storm_get_free(g);
		return ret;
	}
	want_icmp(g);
	g->block = 1;
	g->blksize = STORM_BLKSIZE_PLAIN;
	g->tries = 1;
	loop_timer_set(g->timer, STORM_TFTP_TIMER_MS);
	transmit(g);
	return ERR_OK;
}
