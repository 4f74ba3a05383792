/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses to listen on, see listen_addrs.h.
 */
#include <unistd.h>

#include "trust/listen_addrs.h"

static bool
have_ip6(void)
{
	struct net_addr a;
	bool have;
	int fd;

	if (net_addr_parse(&a, "::1", 0, NULL) != ERR_OK ||
	    (fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	have = bind(fd, (const struct sockaddr *)&a.ss, a.len) == 0;
	(void)close(fd);
	return have;
}

static bool
all_loopback(const struct row_node_name *names, size_t nnames)
{
	struct net_addr a;

	for (size_t i = 0; i < nnames; i++)
		if (names[i].is_ip &&
		    (net_addr_parse(&a, names[i].text, 0, NULL) != ERR_OK ||
		    !net_addr_is_loopback(&a)))
			return false;
	return true;
}

static size_t
add(struct net_addr *addrs, size_t n, const char *ip, uint16_t port)
{
	struct net_addr a;

	if (net_addr_parse(&a, ip, port, NULL) != ERR_OK)
		return n;
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(&addrs[i], &a))
			return n;
	addrs[n] = a;
	return n + 1;
}

size_t
listen_addrs(const struct row_node_name *names, size_t nnames, uint16_t port,
    struct net_addr *addrs)
{
	bool ip6 = have_ip6();
	size_t n;

	if (!all_loopback(names, nnames))
		return add(addrs, 0, ip6 ? "::" : "0.0.0.0", port);
	n = add(addrs, 0, "127.0.0.1", port);
	if (ip6)
		n = add(addrs, n, "::1", port);
	for (size_t i = 0; i < nnames && n < LISTEN_ADDRS_MAX; i++)
		if (names[i].is_ip)
			n = add(addrs, n, names[i].text, port);
	return n;
}
