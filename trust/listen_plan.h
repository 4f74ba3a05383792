/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a node's daemons are to listen: parameters NAME.address and NAME.port
 * over the node's row and names.  What opens it is trust/listen_set.h.
 */
#ifndef TRUST_LISTEN_PLAN_H
#define TRUST_LISTEN_PLAN_H

#include <sys/types.h>

#include "db/param_address.h"
#include "db/params.h"
#include "db/rows.h"
#include "net/addr.h"
#include "net/listen.h"
#include "trust/node.h"

/* The node's own loopback addresses, 127.0.0.1 and ::1. */
#define LISTEN_ADDRS_MAX	(NODE_NAMES_MAX + 2)
#define LISTEN_KINDS_MAX	4	/* of one daemon */
#define LISTEN_PLACES_MAX	(LISTEN_KINDS_MAX * LISTEN_ADDRS_MAX)

/* One address and port; also sent between processes as it is. */
struct listen_place {
	enum node_port	kind;
	uint16_t	port;
	char		ip[NET_ADDR_TEXT];
};

struct listen_plan {
	size_t			n;
	struct listen_place	at[LISTEN_PLACES_MAX];
};

/* A daemon's listeners. */
struct listen_kind {
	enum node_port	kind;
	int		rcvbuf;		/* bytes, of UDP; 0: as it comes */
};

enum net_proto	listen_proto(enum node_port kind);

/*
 * The ports of a node: parameter NAME.port, else its row's.  *changed_at
 * (may be NULL) becomes the time of the newest such parameter, when later.
 */
int	listen_ports(struct db *db, const struct row_node *row,
	    uint16_t port[PORT_N], int64_t *changed_at, struct err *e);

/*
 * Which addresses to listen on for a node with these names when no parameter
 * says: if all its addresses are loopback ones, those and 127.0.0.1 and ::1;
 * else every address of the machine.  have_ip6: this machine speaks IPv6.
 * addrs holds LISTEN_ADDRS_MAX, ports are 0.
 */
size_t	listen_addresses(const struct row_node_name *names, size_t nnames,
	    bool have_ip6, struct net_addr *addrs);

/* All places of nkinds kinds of the node, in their order.  This machine is
 * asked whether it speaks IPv6. */
int	listen_plan_load(struct listen_plan *p, struct db *db,
	    const char *node, const struct listen_kind *kinds, size_t nkinds,
	    struct err *e);

/* The same kind and port, and all's address takes in one's: any that of every
 * other. */
bool	listen_takes_in(const struct listen_place *all,
	    const struct listen_place *one);

/* Both on the same port of a protocol, and one address takes in the other. */
bool	listen_overlap(const struct listen_place *a,
	    const struct listen_place *b);

/*
 * Within a transaction that changed parameter id: ERR_REFUSED when two
 * listeners of a node would meet.  Other parameters always pass.
 */
int	listen_check(struct db *db, enum param_id id, struct err *e);

/*
 * What whoever changed parameter id should know about this machine's node, a
 * line each, or NULL in *advice (free()): a port that daemons started by uid
 * cannot open, an address that this machine does not have, phones that would
 * ask elsewhere.  Within the transaction.
 */
int	listen_advice(struct db *db, const char *node, enum param_id id,
	    uid_t uid, char **advice, struct err *e);

#endif
