/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where daemons are to listen, see listen_plan.h.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "base/wr.h"
#include "trust/listen_plan.h"

/* PARAM_N: there is no such parameter. */
static const struct listener {
	enum param_id	port, address;
	bool		udp, tcp;
} listeners[PORT_N] = {
	[PORT_TFTP] = { PARAM_TFTP_PORT, PARAM_TFTP_ADDRESS, true, false },
	[PORT_HTTP] = { PARAM_HTTP_PORT, PARAM_HTTP_ADDRESS, false, true },
	[PORT_HTTPS] = { PARAM_HTTPS_PORT, PARAM_HTTPS_ADDRESS, false, true },
	[PORT_HTTPS2] = { PARAM_HTTPS2_PORT, PARAM_HTTPS2_ADDRESS, false,
	    true },
	[PORT_TVS] = { PARAM_TVS_PORT, PARAM_TVS_ADDRESS, false, true },
	[PORT_CAPF] = { PARAM_CAPF_PORT, PARAM_CAPF_ADDRESS, false, true },
	[PORT_SIP] = { PARAM_SIP_PORT, PARAM_N, true, true },
	[PORT_SIPS] = { PARAM_SIPS_PORT, PARAM_N, false, true },
	[PORT_CLUSTER] = { PARAM_N, PARAM_N, false, true },
};

enum net_proto
listen_proto(enum node_port kind)
{
	return listeners[kind].udp ? NET_UDP : NET_TCP;
}

int
listen_ports(struct db *db, const struct row_node *row,
    uint16_t port[PORT_N], int64_t *changed_at, struct err *e)
{
	int64_t v, at;
	int ret;

	for (size_t i = 0; i < PORT_N; i++) {
		enum param_id id = listeners[i].port;

		port[i] = row->port[i];
		if (id == PARAM_N)
			continue;
		if ((ret = param_get_i64(db, id, row->name, &v, e)) !=
		    ERR_OK || (ret = param_changed_at(db, id, row->name, &at,
		    e)) != ERR_OK)
			return ret;
		if (v != 0)
			port[i] = (uint16_t)v;
		if (changed_at != NULL && at > *changed_at)
			*changed_at = at;
	}
	return ERR_OK;
}

/* --- addresses --- */

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

static size_t
add_address(struct net_addr *addrs, size_t n, const char *ip)
{
	struct net_addr a;

	if (n == LISTEN_ADDRS_MAX ||
	    net_addr_parse(&a, ip, 0, NULL) != ERR_OK)
		return n;
	for (size_t i = 0; i < n; i++)
		if (net_addr_same_ip(&addrs[i], &a))
			return n;
	addrs[n] = a;
	return n + 1;
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
add_any(struct net_addr *addrs, bool ip6)
{
	return add_address(addrs, 0, ip6 ? "::" : "0.0.0.0");
}

size_t
listen_addresses(const struct row_node_name *names, size_t nnames, bool ip6,
    struct net_addr *addrs)
{
	size_t n = 0;

	if (!all_loopback(names, nnames))
		return add_any(addrs, ip6);
	n = add_address(addrs, n, "127.0.0.1");
	if (ip6)
		n = add_address(addrs, n, "::1");
	for (size_t i = 0; i < nnames; i++)
		if (names[i].is_ip)
			n = add_address(addrs, n, names[i].text);
	return n;
}

/* As parameter NAME.address says in its canonical form. */
static size_t
listed(char *value, bool ip6, struct net_addr *addrs)
{
	char *word;
	size_t n = 0;

	if (strcmp(value, PARAM_ADDRESS_ANY) == 0)
		return add_any(addrs, ip6);
	while ((word = strsep(&value, ",")) != NULL)
		n = add_address(addrs, n, word);
	return n;
}

/* --- the plan --- */

struct planning {
	struct db		*db;
	struct row_node		 row;
	struct row_node_name	*names;
	size_t			 nnames;
	uint16_t		 port[PORT_N];
	bool			 ip6, capf_ip6;
};

/* PARAM_ENABLE_IPV6 is about CAPF alone. */
static int
read_capf_ip6(struct planning *g, struct err *e)
{
	char *word = param_get(g->db, PARAM_ENABLE_IPV6, g->row.name, e);

	if (word == NULL)
		return err_wrap(e, "parameters");
	g->capf_ip6 = strcmp(word, "yes") == 0;
	free(word);
	return ERR_OK;
}

static int
planning_begin(struct planning *g, struct db *db, const char *node,
    struct err *e)
{
	int ret;

	*g = (struct planning){ .db = db };
	if ((ret = row_node_get(db, node, &g->row, e)) != ERR_OK ||
	    (ret = listen_ports(db, &g->row, g->port, NULL, e)) != ERR_OK ||
	    (ret = read_capf_ip6(g, e)) != ERR_OK)
		return ret;
	return row_node_names_get(db, node, &g->names, &g->nnames, e);
}

static int
addresses_of(const struct planning *g, enum node_port kind,
    struct net_addr *addrs, size_t *n, struct err *e)
{
	char *value;

	*n = 0;
	if (listeners[kind].address != PARAM_N) {
		if ((value = param_get(g->db, listeners[kind].address,
		    g->row.name, e)) == NULL)
			return err_wrap(e, "parameters");
		*n = listed(value, g->ip6, addrs);
		free(value);
	}
	if (*n == 0)
		*n = listen_addresses(g->names, g->nnames, g->ip6, addrs);
	return ERR_OK;
}

/* CAPF takes nobody who comes over IPv6: what is left, and when that is
 * nothing, IPv4. */
static size_t
without_ip6(struct net_addr *addrs, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (addrs[i].ss.ss_family == AF_INET)
			addrs[left++] = addrs[i];
	return left > 0 ? left : add_any(addrs, false);
}

static int
plan_kind(struct listen_plan *p, const struct planning *g,
    enum node_port kind, struct err *e)
{
	struct net_addr addrs[LISTEN_ADDRS_MAX];
	size_t n;
	int ret;

	if ((ret = addresses_of(g, kind, addrs, &n, e)) != ERR_OK)
		return ret;
	if (kind == PORT_CAPF && !g->capf_ip6)
		n = without_ip6(addrs, n);
	if (n > LISTEN_PLACES_MAX - p->n)
		return err_set(e, ERR_LIMIT, "more than %d addresses to "
		    "listen on", LISTEN_PLACES_MAX);
	for (size_t i = 0; i < n; i++) {
		struct listen_place *at = &p->at[p->n++];

		/* Zeroed: plans are compared as bytes. */
		memset(at, 0, sizeof(*at));
		at->kind = kind;
		at->port = g->port[kind];
		net_addr_ip(&addrs[i], at->ip);
	}
	return ERR_OK;
}

int
listen_plan_load(struct listen_plan *p, struct db *db, const char *node,
    const struct listen_kind *kinds, size_t nkinds, struct err *e)
{
	struct planning g;
	int ret;

	memset(p, 0, sizeof(*p));
	ret = planning_begin(&g, db, node, e);
	g.ip6 = have_ip6();
	for (size_t i = 0; i < nkinds && ret == ERR_OK; i++)
		ret = plan_kind(p, &g, kinds[i].kind, e);
	free(g.names);
	return ret;
}

/* --- what does not go together --- */

static bool
is_any(const char *ip)
{
	return strcmp(ip, "::") == 0;
}

static bool
takes_in(const char *all, const char *ip)
{
	return is_any(all) || strcmp(all, ip) == 0 ||
	    (strcmp(all, "0.0.0.0") == 0 && strchr(ip, ':') == NULL);
}

bool
listen_takes_in(const struct listen_place *all,
    const struct listen_place *one)
{
	return all->kind == one->kind && all->port == one->port &&
	    takes_in(all->ip, one->ip);
}

bool
listen_overlap(const struct listen_place *a, const struct listen_place *b)
{
	const struct listener *la = &listeners[a->kind];
	const struct listener *lb = &listeners[b->kind];

	return a->port == b->port &&
	    ((la->udp && lb->udp) || (la->tcp && lb->tcp)) &&
	    (takes_in(a->ip, b->ip) || takes_in(b->ip, a->ip));
}

static bool
is_listener(enum param_id id)
{
	return (id >= PARAM_TFTP_ADDRESS && id <= PARAM_SIPS_PORT) ||
	    id == PARAM_ENABLE_IPV6;
}

static int
kinds_meet(const char *node, const struct listen_plan *a,
    const struct listen_plan *b, struct err *e)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (listen_overlap(&a->at[i], &b->at[j]))
				return err_set(e, ERR_REFUSED, "%s and %s of "
				    "node %s would both listen on %s port "
				    "%u: choose another port, or change "
				    "%s.port first",
				    node_port_name[a->at[i].kind],
				    node_port_name[b->at[j].kind], node,
				    is_any(a->at[i].ip) ? b->at[j].ip :
				    a->at[i].ip, a->at[i].port,
				    node_port_name[a->at[i].kind]);
	return ERR_OK;
}

/* All kinds, also of daemons that are yet to come. */
static int
check_node(struct db *db, const char *node, struct err *e)
{
	struct listen_plan plan[PORT_N] = { 0 };
	struct planning g;
	int ret = planning_begin(&g, db, node, e);

	/* As if there were IPv6: what meets must not depend on the machine
	 * that this is run on. */
	g.ip6 = true;
	for (size_t i = 0; i < PORT_N && ret == ERR_OK; i++) {
		ret = plan_kind(&plan[i], &g, (enum node_port)i, e);
		for (size_t j = 0; j < i && ret == ERR_OK; j++)
			ret = kinds_meet(node, &plan[j], &plan[i], e);
	}
	free(g.names);
	return ret;
}

int
listen_check(struct db *db, enum param_id id, struct err *e)
{
	struct row_node *rows = NULL;
	size_t n = 0;
	int ret;

	if (!is_listener(id))
		return ERR_OK;
	ret = row_node_list(db, &rows, &n, e);
	for (size_t i = 0; i < n && ret == ERR_OK; i++)
		ret = check_node(db, rows[i].name, e);
	free(rows);
	return ret;
}

/* --- advice --- */

/* Ports below need root. */
static unsigned
first_free_port(void)
{
	uint8_t *text;
	int64_t v = 1024;
	size_t len;

	if (file_read(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_"
	    "start", 16, &text, &len, NULL) == ERR_OK) {
		text[strcspn((char *)text, "\n")] = '\0';
		(void)str_to_i64((char *)text, 0, 65535, &v, NULL);
		free(text);
	}
	return (unsigned)v;
}

/* Fixed in the firmware of phones; all others stand in their files. */
static bool
is_fixed(enum node_port kind)
{
	return kind <= PORT_HTTPS2;
}

static void
advise_port(struct wr *w, const struct planning *g, enum node_port kind,
    uid_t uid)
{
	unsigned port = g->port[kind], lowest = first_free_port();

	if (uid != 0 && port < lowest)
		wr_fmt(w, "port %u needs root, and this state's daemons run "
		    "as user %ld: the old port is kept until they may "
		    "(sysctl net.ipv4.ip_unprivileged_port_start=%u)\n", port,
		    (long)uid, port);
	if (is_fixed(kind) && g->row.port[kind] == node_port_default[kind] &&
	    port != node_port_default[kind])
		wr_fmt(w, "phones ask for %s on port %u whatever is set here: "
		    "those that the network does not lead to port %u find "
		    "nobody\n", node_port_name[kind], node_port_default[kind],
		    port);
}

static bool
is_here(const char *ip)
{
	struct net_addr a;
	bool here;
	int fd;

	if (net_addr_parse(&a, ip, 0, NULL) != ERR_OK ||
	    (fd = socket(a.ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return false;
	here = bind(fd, (const struct sockaddr *)&a.ss, a.len) == 0;
	(void)close(fd);
	return here;
}

static bool
is_reached(const struct listen_plan *p, const char *ip)
{
	for (size_t i = 0; i < p->n; i++)
		if (takes_in(p->at[i].ip, ip))
			return true;
	return false;
}

static void
advise_address(struct wr *w, const struct planning *g,
    const struct listen_plan *p, enum node_port kind)
{
	for (size_t i = 0; i < p->n; i++)
		if (!is_here(p->at[i].ip))
			wr_fmt(w, "%s is not an address of this machine now: "
			    "%s keeps its old addresses until it is\n",
			    p->at[i].ip, node_port_name[kind]);
	for (size_t i = 0; i < g->nnames; i++)
		if (g->names[i].is_ip && !is_reached(p, g->names[i].text))
			wr_fmt(w, "phones know this node by its address %s, "
			    "and %s will not listen there\n",
			    g->names[i].text, node_port_name[kind]);
}

static int
advise(struct wr *w, const struct planning *g, enum param_id id, uid_t uid,
    struct err *e)
{
	struct listen_plan p = { 0 };
	int ret;

	for (size_t i = 0; i < PORT_N; i++) {
		enum node_port kind = (enum node_port)i;

		if (listeners[i].port == id)
			advise_port(w, g, kind, uid);
		if (listeners[i].address != id)
			continue;
		if ((ret = plan_kind(&p, g, kind, e)) != ERR_OK)
			return ret;
		advise_address(w, g, &p, kind);
	}
	return ERR_OK;
}

int
listen_advice(struct db *db, const char *node, enum param_id id, uid_t uid,
    char **advice, struct err *e)
{
	struct wr w = wr_init(64 * 1024);
	struct planning g;
	size_t len;
	int ret;

	*advice = NULL;
	if (!is_listener(id))
		return ERR_OK;
	ret = planning_begin(&g, db, node, e);
	g.ip6 = have_ip6();
	if (ret == ERR_OK)
		ret = advise(&w, &g, id, uid, e);
	free(g.names);
	if (ret == ERR_OK && w.len > 0 &&
	    (*advice = (char *)wr_take(&w, &len)) == NULL)
		ret = err_set(e, ERR_NOMEM, "advice");
	wr_clear(&w);
	return ret;
}
