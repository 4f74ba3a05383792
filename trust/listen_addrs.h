/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which addresses the daemons of a node listen on.
 */
#ifndef TRUST_LISTEN_ADDRS_H
#define TRUST_LISTEN_ADDRS_H

#include "db/rows.h"
#include "net/addr.h"
#include "trust/node.h"

/* The node's own and the loopback addresses, 127.0.0.1 and ::1. */
#define LISTEN_ADDRS_MAX	(NODE_NAMES_MAX + 2)

/*
 * For a node with these names: if all its addresses are loopback ones, those
 * and 127.0.0.1 and ::1; else every address of the machine.  This machine is
 * asked whether it speaks IPv6.  addrs holds LISTEN_ADDRS_MAX.
 */
size_t	listen_addrs(const struct row_node_name *names, size_t nnames,
	    uint16_t port, struct net_addr *addrs);

#endif
