/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Socket addresses.  IPv4-mapped IPv6 addresses are turned into IPv4 wherever
 * an address comes in, so one peer has one spelling.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct net_addr {
	struct sockaddr_storage	ss;
	socklen_t		len;
};

#define NET_ADDR_TEXT	64

/* A literal IPv4 or IPv6 address (brackets allowed) and a port.  ERR_ARG. */
int	net_addr_parse(struct net_addr *a, const char *ip, uint16_t port,
	    struct err *e);

/* From the kernel; mapped addresses are unmapped. */
void	net_addr_from(struct net_addr *a, const struct sockaddr *sa,
	    socklen_t len);

/* "192.0.2.7", "2001:db8::7" / "192.0.2.7:69", "[2001:db8::7]:69". */
void	net_addr_ip(const struct net_addr *a, char out[NET_ADDR_TEXT]);
void	net_addr_text(const struct net_addr *a, char out[NET_ADDR_TEXT]);
uint16_t net_addr_port(const struct net_addr *a);
bool	net_addr_is_loopback(const struct net_addr *a);

/* Same address and port / same address. */
bool	net_addr_equal(const struct net_addr *a, const struct net_addr *b);
bool	net_addr_same_ip(const struct net_addr *a, const struct net_addr *b);

/* Hash of the IP alone, keyed so that peers cannot choose collisions. */
uint64_t net_addr_ip_hash(const struct net_addr *a, uint64_t key);

/*
 * Count per IP address with a bound on all: connections, transfers.  Any
 * thread.
 */
struct net_count;
struct net_count *net_count_new(size_t max_total, size_t max_per_ip,
	    uint64_t hash_key);
/* false: a bound is reached, nothing counted. */
bool	net_count_add(struct net_count *c, const struct net_addr *a);
void	net_count_del(struct net_count *c, const struct net_addr *a);
size_t	net_count_total(struct net_count *c);
bool	net_count_full(struct net_count *c);	/* the bound on all */
void	net_count_set_max(struct net_count *c, size_t max_total,
	    size_t max_per_ip);
void	net_count_free(struct net_count *c);

#endif
