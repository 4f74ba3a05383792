/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * node init.
 */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "ctltool/node_text.h"

static bool
is_address(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET, s, &a) == 1 || inet_pton(AF_INET6, s, &a) == 1;
}

/* Addresses and names in the order they were given. */
static int
spec_names(struct node_spec *s, const struct cmd_line *l, struct err *e)
{
	const char *opt, *value;
	bool address;

	for (size_t i = 0; i < l->nval; i++) {
		opt = l->val[i].arg->name;
		value = l->val[i].value;
		address = strcmp(opt, "--address") == 0;
		if (!address && strcmp(opt, "--dns-name") != 0)
			continue;
		if (address && !is_address(value))
			return err_set(e, ERR_ARG, "--address \"%.80s\" is "
			    "not an IP address: give host names with "
			    "--dns-name", value);
		if (!address && is_address(value))
			return err_set(e, ERR_ARG, "--dns-name \"%.80s\" is "
			    "an address: give it with --address", value);
		if (s->nnames == NODE_NAMES_MAX)
			return err_set(e, ERR_ARG, "more than %d addresses "
			    "and names: leave some out", NODE_NAMES_MAX);
		s->names[s->nnames++] = value;
	}
	return ERR_OK;
}

static int
spec_fill(struct node_spec *s, const struct cmd_line *l, struct err *e)
{
	const char *offset = cmd_get(l, "--port-offset");
	int64_t v = 0;

	s->name = cmd_get(l, "--name");
	s->cluster = cmd_get(l, "--cluster");
	s->test = cmd_has(l, "--test");
	if (offset != NULL &&
	    str_to_i64(offset, 0, NODE_OFFSET_MAX, &v, e) != ERR_OK)
		return err_wrap(e, "--port-offset");
	s->port_offset = (int)v;
	if (l->time_offset != NULL && !s->test)
		return err_set(e, ERR_REFUSED, "--time-offset is for states "
		    "made with --test only: leave it out or add --test");
	return spec_names(s, l, e);
}

static void
progress(void *arg, const char *step)
{
	const struct ctl *c = arg;

	out_progress(c->out, "  %s\n", step);
}

/* What to do next; as a command that can be pasted. */
static void
say_next(struct ctl *c)
{
	const char *state = c->line->state;

	out_text(c->out, "\nNext:\n  ctltool %s%s%sutils service start all\n"
	    "  ctltool %s%s%sphone add SEP0011223344AA --model 8861\n",
	    state != NULL ? "--state " : "", state != NULL ? state : "",
	    state != NULL ? " " : "", state != NULL ? "--state " : "",
	    state != NULL ? state : "", state != NULL ? " " : "");
}

/* The spec is checked, and that no node is there. */
static int
would_make(struct ctl *c, const char *path, const struct node_spec *s,
    struct err *e)
{
	struct row_node_name names[NODE_NAMES_MAX];
	struct row_cluster cluster;
	struct row_node node;
	int fd, ret;

	if ((ret = node_spec_rows(s, &cluster, &node, names, e)) != ERR_OK)
		return ret;
	if (state_open(path, &fd, NULL) == ERR_OK) {
		(void)close(fd);
		return err_set(e, ERR_EXISTS, "%.200s holds a node already: "
		    "nothing would change", path);
	}
	out_text(c->out, "Effect: node %s of cluster %s would be made in %s\n",
	    node.name, cluster.name, path);
	return ERR_OK;
}

int
cmd_node_init(struct ctl *c, struct err *e)
{
	const char *path = state_path(c->line->state);
	struct node_spec s = { .name = NULL };
	json_t *result;
	int ret;

	if ((ret = spec_fill(&s, c->line, e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c))
		return would_make(c, path, &s, e);
	out_progress(c->out, "making node %s of cluster %s in %s\n", s.name,
	    s.cluster, path);
	ret = node_init(path, &s, c->rng, c->clk, progress, c, e);
	if (ret == ERR_EXISTS)
		return err_wrap(e, "nothing changed");
	if (ret != ERR_OK)
		return ctl_denied(ret, e);
	out_changed(c->out);
	/* node_init() has moved to the state folder; path may be relative. */
	if (fchdir(c->cwdfd) == -1)
		return err_sys(e, ERR_IO, "the folder ctltool was called in");
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return err_wrap(e, "the node is made, but cannot be opened");
	out_text(c->out, "Node %s of cluster %s is made.\n\n", s.name,
	    s.cluster);
	result = json_object();
	if ((ret = node_text_about(c, result, e)) == ERR_OK)
		ret = node_text_itl(c, result, e);
	out_result(c->out, result);
	if (ret == ERR_OK)
		say_next(c);
	return ret;
}
