/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parent's side of a daemon's listening sockets, see listen_set.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/wr.h"
#include "trust/listen_part.h"

static bool
same_place(const struct listen_place *a, const struct listen_place *b)
{
	return a->kind == b->kind && a->port == b->port &&
	    strcmp(a->ip, b->ip) == 0;
}

static struct listen_sock *
find_sock(const struct listen_set *s, const struct listen_place *at)
{
	for (size_t i = 0; i < s->n; i++)
		if (same_place(&s->sock[i]->place, at))
			return s->sock[i];
	return NULL;
}

/* --- opening one --- */

static int
rcvbuf_of(const struct listen_set *s, enum node_port kind)
{
	for (size_t i = 0; i < s->nkinds; i++)
		if (s->kinds[i].kind == kind)
			return s->kinds[i].rcvbuf;
	return 0;
}

/* The cure names the parameter, which net/ does not know. */
static int
open_failed(const struct listen_place *at, struct err *why, struct err *e)
{
	const char *name = node_port_name[at->kind];

	if (why->code == ERR_NOMEM)
		return err_set(e, why->code, "%s", why->msg);
	return err_set(e, why->code, "%s: %s (`ctltool set param %s.port' "
	    "or %s.address)", name, why->msg, name, name);
}

static int
open_place(struct listen_set *s, const struct listen_place *at, bool beside,
    struct err *e)
{
	int fds[PROC_LOOPS_MAX], rcvbuf = rcvbuf_of(s, at->kind), ret;
	enum net_proto proto = listen_proto(at->kind);
	struct err why = { 0 };
	struct net_addr a;

	if ((ret = net_addr_parse(&a, at->ip, at->port, e)) != ERR_OK)
		return ret;
	ret = beside ?
	    net_listen_beside(proto, &a, rcvbuf, fds, s->loops, &why) :
	    net_listen(proto, &a, rcvbuf, fds, s->loops, &why);
	if (ret != ERR_OK)
		return open_failed(at, &why, e);
	if (listen_set_add(s, ++s->last_id, at, fds))
		return ERR_OK;
	for (unsigned i = 0; i < s->loops; i++)
		(void)close(fds[i]);
	return err_set(e, ERR_LIMIT, "%s: too many sockets at once",
	    node_port_name[at->kind]);
}

/* --- run/NAME.listen --- */

static void
put_row(struct wr *w, enum listen_state state, const struct listen_place *at,
    const char *why)
{
	wr_fmt(w, "%s\t%s\t%s\t%u\t%s\n", listen_state_name[state],
	    node_port_name[at->kind], at->ip, at->port, why);
}

static void
file_name(const struct listen_set *s, char *out, size_t outlen)
{
	(void)snprintf(out, outlen, "run/%s.listen", s->name);
}

/* Without it only show status knows less. */
static void
write_rows(const struct listen_set *s, int statefd)
{
	struct wr w = wr_init(256 * 1024);
	struct err e = { 0 };
	char file[64];

	for (size_t i = 0; i < s->n; i++)
		put_row(&w, s->sock[i]->wanted ? LISTEN_OPEN : LISTEN_KEPT,
		    &s->sock[i]->place, "");
	for (size_t i = 0; i < s->nmissing; i++)
		put_row(&w, LISTEN_FAILED, &s->missing[i].place,
		    s->missing[i].why);
	file_name(s, file, sizeof(file));
	if (w.err != ERR_OK)
		(void)err_set(&e, w.err, "%s", file);
	else if (file_replace(statefd, file, 0640, w.buf, w.len, &e) ==
	    ERR_OK)
		(void)state_own_file(statefd, file, 0640, false, &e);
	if (e.code != ERR_OK)
		log_err(LOG_WARNING, "listen.file", &e);
	wr_clear(&w);
}

void
listen_set_finish(struct listen_set *s, int statefd)
{
	char file[64];

	if (s == NULL)
		return;
	file_name(s, file, sizeof(file));
	(void)unlinkat(statefd, file, 0);
}

/* --- at the start --- */

int
listen_set_open(struct listen_set *s, int statefd, struct db *db,
    const char *node, struct err *e)
{
	int ret;

	if ((ret = listen_plan_load(&s->plan, db, node, s->kinds, s->nkinds,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < s->plan.n; i++) {
		if ((ret = open_place(s, &s->plan.at[i], false, e)) !=
		    ERR_OK)
			return ret;
		s->sock[s->n - 1]->wanted = true;
		s->sock[s->n - 1]->settled = true;
	}
	write_rows(s, statefd);
	return ERR_OK;
}

/* --- while it runs --- */

struct change {
	struct listen_set	*s;
	int			 enginefd;
	struct err		 failed;	/* the engine was not told */
};

static void
log_place(enum log_level level, const char *event,
    const struct listen_place *at, const char *why)
{
	log_event(level, event, LOG_STR("kind", node_port_name[at->kind]),
	    LOG_STR("address", at->ip), LOG_U64("port", at->port),
	    LOG_STR("why", why));
}

static void
change_drop(struct change *ch, size_t i)
{
	const struct listen_sock *k = ch->s->sock[i];

	log_place(LOG_INFO, "listen.closed", &k->place, "it is not wanted "
	    "any more");
	(void)listen_order_drop(ch->enginefd, k->id, &ch->failed);
	listen_set_drop(ch->s, i);
}

/*
 * A socket on one address stays when every address is wanted: to its last
 * moment it would get what is sent there, and take that with it.
 */
static bool
is_wanted(const struct listen_set *s, const struct listen_sock *k)
{
	for (size_t i = 0; i < s->plan.n; i++)
		if (listen_takes_in(&s->plan.at[i], &k->place))
			return true;
	return false;
}

/* What was opened for a change that never became whole and is not wanted any
 * more goes at once. */
static void
mark_wanted(struct change *ch)
{
	struct listen_set *s = ch->s;

	for (size_t i = s->n; i > 0; i--) {
		struct listen_sock *k = s->sock[i - 1];

		k->wanted = is_wanted(s, k);
		if (!k->wanted && !k->settled)
			change_drop(ch, i - 1);
	}
}

/* A socket of ours in the way of at: of its own kind (which it may stand
 * beside), or of another (which has to go first). */
static const struct listen_sock *
in_the_way(const struct listen_set *s, const struct listen_place *at,
    bool own_kind)
{
	for (size_t i = 0; i < s->n; i++)
		if (listen_overlap(&s->sock[i]->place, at) &&
		    (s->sock[i]->place.kind == at->kind) == own_kind)
			return s->sock[i];
	return NULL;
}

static void
note_missing(struct listen_set *s, const struct listen_place *at, bool ours,
    const char *why)
{
	struct listen_missing *m = &s->missing[s->nmissing++];

	m->place = *at;
	m->ours = ours;
	(void)snprintf(m->why, sizeof(m->why), "%s", why);
	for (size_t i = 0; i < s->nbefore; i++)
		if (same_place(&s->before[i].place, at) &&
		    strcmp(s->before[i].why, m->why) == 0)
			return;
	log_place(LOG_WARNING, "listen.failed", at, m->why);
}

static void
change_open(struct change *ch, const struct listen_place *at)
{
	struct listen_set *s = ch->s;
	const struct listen_sock *other = in_the_way(s, at, false);
	struct err e = { 0 };
	struct listen_sock *k;

	if (other != NULL) {
		(void)err_set(&e, ERR_BUSY, "%s: address %s port %u is not "
		    "yet left by %s", node_port_name[at->kind], at->ip,
		    at->port, node_port_name[other->place.kind]);
		note_missing(s, at, true, e.msg);
		return;
	}
	if (open_place(s, at, in_the_way(s, at, true) != NULL, &e) !=
	    ERR_OK) {
		note_missing(s, at, false, e.msg);
		return;
	}
	k = s->sock[s->n - 1];
	k->wanted = true;
	log_place(LOG_INFO, "listen.open", at, "it is wanted now");
	(void)listen_order_add(ch->enginefd, k, s->loops, &ch->failed);
}

static bool
lacks(const struct listen_set *s, enum node_port kind, bool ours)
{
	for (size_t i = 0; i < s->nmissing; i++)
		if (s->missing[i].place.kind == kind &&
		    (!ours || s->missing[i].ours))
			return true;
	return false;
}

/*
 * A kind that has all it wants lets go of the rest.  Two kinds that wait for
 * each other's ports both let go, or neither would ever have its own.
 */
static void
drop_old(struct change *ch)
{
	struct listen_set *s = ch->s;
	bool whole[PORT_N], crossed[PORT_N];

	for (int i = 0; i < PORT_N; i++) {
		whole[i] = !lacks(s, (enum node_port)i, false);
		crossed[i] = lacks(s, (enum node_port)i, true);
	}
	for (size_t i = s->n; i > 0; i--) {
		struct listen_sock *k = s->sock[i - 1];

		k->settled |= k->wanted && whole[k->place.kind];
		if (k->wanted)
			continue;
		for (size_t j = 0; !whole[k->place.kind] &&
		    crossed[k->place.kind] && j < s->nmissing; j++)
			if (s->missing[j].ours && s->missing[j].place.kind !=
			    k->place.kind && listen_overlap(
			    &s->missing[j].place, &k->place))
				whole[k->place.kind] = true;
		if (whole[k->place.kind])
			change_drop(ch, i - 1);
	}
}

static bool
take_plan(struct listen_set *s, const void *msg, size_t len)
{
	struct listen_plan p;

	if (len != sizeof(p))
		return len == 0;
	memcpy(&p, msg, sizeof(p));
	if (p.n > LISTEN_PLACES_MAX)
		return false;
	s->plan = p;
	return true;
}

/* The reasons as well as the places. */
static bool
missing_differs(const struct listen_set *s)
{
	if (s->nmissing != s->nbefore)
		return true;
	for (size_t i = 0; i < s->nmissing; i++)
		if (!same_place(&s->missing[i].place, &s->before[i].place) ||
		    strcmp(s->missing[i].why, s->before[i].why) != 0)
			return true;
	return false;
}

int
listen_set_told(struct listen_set *s, struct proc *p, const void *msg,
    size_t len, int64_t *again_ms, struct err *e)
{
	struct change ch = { .s = s, .enginefd = p->enginefd };
	unsigned version = s->version;

	if (!take_plan(s, msg, len))
		return err_set(e, ERR_PROTO, "%zu bytes from the keeper mean "
		    "nothing", len);
	memcpy(s->before, s->missing, sizeof(s->before));
	s->nbefore = s->nmissing;
	s->nmissing = 0;
	mark_wanted(&ch);
	for (size_t i = 0; i < s->plan.n; i++)
		if (find_sock(s, &s->plan.at[i]) == NULL)
			change_open(&ch, &s->plan.at[i]);
	drop_old(&ch);
	if (len > 0 || s->version != version || missing_differs(s))
		write_rows(s, p->statefd);
	*again_ms = s->nmissing > 0 ? LISTEN_RETRY_MS : -1;
	if (ch.failed.code != ERR_OK)
		return err_set(e, ch.failed.code, "%s", ch.failed.msg);
	return ERR_OK;
}
