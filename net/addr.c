/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Socket addresses, see addr.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/addr.h"

static void
addr_in(struct net_addr *a, const struct in_addr *ip, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr = *ip,
		.sin_port = htons(port),
	};

	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, &sin, sizeof(sin));
	a->len = sizeof(sin);
}

static void
addr_in6(struct net_addr *a, const struct sockaddr_in6 *from)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_addr = from->sin6_addr,
		.sin6_port = from->sin6_port,
		.sin6_scope_id = from->sin6_scope_id,
	};
	struct in_addr ip;

	if (IN6_IS_ADDR_V4MAPPED(&sin6.sin6_addr)) {
		memcpy(&ip, &sin6.sin6_addr.s6_addr[12], sizeof(ip));
		addr_in(a, &ip, ntohs(sin6.sin6_port));
		return;
	}
	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, &sin6, sizeof(sin6));
	a->len = sizeof(sin6);
}

int
net_addr_parse(struct net_addr *a, const char *ip, uint16_t port,
    struct err *e)
{
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};
	struct in_addr in;
	char text[INET6_ADDRSTRLEN];
	size_t len = strlen(ip);

	if (inet_pton(AF_INET, ip, &in) == 1) {
		addr_in(a, &in, port);
		return ERR_OK;
	}
	if (len > 2 && ip[0] == '[' && ip[len - 1] == ']') {
		ip++;
		len -= 2;
	}
	if (len >= sizeof(text))
		return err_set(e, ERR_ARG, "not an IP address: too long");
	memcpy(text, ip, len);
	text[len] = '\0';
	if (inet_pton(AF_INET6, text, &sin6.sin6_addr) != 1)
		return err_set(e, ERR_ARG, "\"%s\" is not an IPv4 or IPv6 "
		    "address", text);
	addr_in6(a, &sin6);
	return ERR_OK;
}

void
net_addr_from(struct net_addr *a, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	memset(a, 0, sizeof(*a));
	if (len >= sizeof(sin) && sa->sa_family == AF_INET) {
		memcpy(&sin, sa, sizeof(sin));
		addr_in(a, &sin.sin_addr, ntohs(sin.sin_port));
	} else if (len >= sizeof(sin6) && sa->sa_family == AF_INET6) {
		memcpy(&sin6, sa, sizeof(sin6));
		addr_in6(a, &sin6);
	}
}

/* The bytes of the IP and how many: 0 for what is neither IPv4 nor IPv6. */
static size_t
addr_bytes(const struct net_addr *a, uint8_t out[16])
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	switch (a->ss.ss_family) {
	case AF_INET:
		memcpy(&sin, &a->ss, sizeof(sin));
		memcpy(out, &sin.sin_addr, 4);
		return 4;
	case AF_INET6:
		memcpy(&sin6, &a->ss, sizeof(sin6));
		memcpy(out, &sin6.sin6_addr, 16);
		return 16;
	default:
		return 0;
	}
}

void
net_addr_ip(const struct net_addr *a, char out[NET_ADDR_TEXT])
{
	uint8_t ip[16];

	if (addr_bytes(a, ip) == 0 ||
	    inet_ntop(a->ss.ss_family, ip, out, NET_ADDR_TEXT) == NULL)
		(void)str_copy(out, NET_ADDR_TEXT, "-");
}

void
net_addr_text(const struct net_addr *a, char out[NET_ADDR_TEXT])
{
	char ip[NET_ADDR_TEXT];

	net_addr_ip(a, ip);
	(void)snprintf(out, NET_ADDR_TEXT,
	    a->ss.ss_family == AF_INET6 ? "[%.*s]:%u" : "%.*s:%u",
	    INET6_ADDRSTRLEN, ip, net_addr_port(a));
}

uint16_t
net_addr_port(const struct net_addr *a)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	switch (a->ss.ss_family) {
	case AF_INET:
		memcpy(&sin, &a->ss, sizeof(sin));
		return ntohs(sin.sin_port);
	case AF_INET6:
		memcpy(&sin6, &a->ss, sizeof(sin6));
		return ntohs(sin6.sin6_port);
	default:
		return 0;
	}
}

bool
net_addr_is_loopback(const struct net_addr *a)
{
	uint8_t ip[16];

	switch (addr_bytes(a, ip)) {
	case 4:
		return ip[0] == 127;
	case 16:
		return memcmp(ip, &in6addr_loopback, 16) == 0;
	default:
		return false;
	}
}

/* Link-local addresses of two links are two hosts. */
static uint32_t
addr_scope(const struct net_addr *a)
{
	struct sockaddr_in6 sin6;

	if (a->ss.ss_family != AF_INET6)
		return 0;
	memcpy(&sin6, &a->ss, sizeof(sin6));
	return sin6.sin6_scope_id;
}

bool
net_addr_same_ip(const struct net_addr *a, const struct net_addr *b)
{
	uint8_t x[16], y[16];
	size_t n = addr_bytes(a, x);

	return n > 0 && n == addr_bytes(b, y) && memcmp(x, y, n) == 0 &&
	    addr_scope(a) == addr_scope(b);
}

bool
net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
	return net_addr_same_ip(a, b) && net_addr_port(a) == net_addr_port(b);
}

static uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012) over whole words; both halves of
 * its key come from the one word that callers keep.
 */
uint64_t
net_addr_ip_hash(const struct net_addr *a, uint64_t key)
{
	uint64_t k1 = rotl(key, 29) ^ UINT64_C(0x9e3779b97f4a7c15);
	uint64_t v[4] = {
		key ^ UINT64_C(0x736f6d6570736575),
		k1 ^ UINT64_C(0x646f72616e646f6d),
		key ^ UINT64_C(0x6c7967656e657261),
		k1 ^ UINT64_C(0x7465646279746573),
	};
	uint64_t m[3] = { 0 };
	size_t n = addr_bytes(a, (uint8_t *)m);

	m[2] = (uint64_t)n << 56 | addr_scope(a);
	for (size_t i = 0; i < 3; i++) {
		v[3] ^= m[i];
		sip_round(v);
		sip_round(v);
		v[0] ^= m[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
