/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils service start, stop, restart, list.
 */
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "ctltool/role.h"
#include "ctltool/service.h"

#define SERVICES_MAX	16

/* What SERVICE names, in order of start. */
struct chosen {
	const struct service	*s[SERVICES_MAX];
	size_t			 n;
};

static int
choose(struct ctl *c, struct chosen *ch, const char *name, struct err *e)
{
	const struct service *s, *all = service_table();

	if ((s = service_find(name)) != NULL) {
		ch->s[ch->n++] = s;
		return ERR_OK;
	}
	/* Steps of the reference's procedures that nothing is left to do of. */
	if (service_foreign(name) != NULL) {
		out_warn(c->out, "%s is not part of this product: nothing is "
		    "done, and nothing has to be", service_foreign(name));
		return ERR_OK;
	}
	if (!str_ieq(name, "all"))
		return err_set(e, ERR_ARG, "no service \"%.80s\": \"utils "
		    "service list\" names them, or say all", name);
	while (all->name != NULL && ch->n < SERVICES_MAX)
		ch->s[ch->n++] = all++;
	return ERR_OK;
}

static int
done(struct ctl *c, json_t *list, const struct service *s,
    const char *action, pid_t pid)
{
	if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}",
	    "name", s->name, "reference", s->reference, "action", action,
	    "pid", pid != 0 ? json_integer(pid) : json_null())) != 0)
		c->out->nomem = true;
	if (strcmp(action, "none") != 0)
		out_changed(c->out);
	return ERR_OK;
}

static int
start_one(struct ctl *c, const struct service *s, int statefd, json_t *list,
    struct err *e)
{
	struct service_start st = {
		.state = state_path(c->line->state),
		.time_offset = c->line->time_offset, .statefd = statefd,
	};
	char said[SERVICE_SAID_MAX];
	bool already;
	pid_t pid;
	int ret;

	if ((ret = service_start(s, &st, &already, said, e)) != ERR_OK)
		return ret;
	out_warn_lines(c->out, said);
	pid = run_pid(statefd, s->name);
	out_text(c->out, "%s[STARTED]  pid %d%s\n", s->name, (int)pid,
	    already ? "  (ran already)" : "");
	return done(c, list, s, already ? "none" : "started", pid);
}

static int
stop_one(struct ctl *c, const struct service *s, int statefd, json_t *list,
    struct err *e)
{
	pid_t was;
	int ret;

	if ((ret = service_stop(s, statefd, &was, e)) != ERR_OK)
		return ret;
	out_text(c->out, "%s[STOPPED]%s\n", s->name,
	    was == 0 ? "  (was not running)" : "");
	return done(c, list, s, was == 0 ? "none" : "stopped", was);
}

enum wish { WISH_START = 1, WISH_STOP = 2 };

/* What act() would do to a service. */
static int
would_act(struct ctl *c, unsigned wish, const struct service *s, int statefd,
    json_t *list)
{
	pid_t pid = run_pid(statefd, s->name);
	const char *action = "none";

	if ((wish & WISH_STOP) && pid != 0)
		action = wish & WISH_START ? "restarted" : "stopped";
	else if ((wish & WISH_START) && pid == 0)
		action = "started";
	out_text(c->out, "%s would be %s\n", s->name,
	    strcmp(action, "none") == 0 ? "left as it is" : action);
	return done(c, list, s, action, pid);
}

/*
 * Stop in reverse order, then start in order.  The first failure ends it; what
 * was done before stays done: exit 3.
 */
static int
act(struct ctl *c, unsigned wish, struct err *e)
{
	struct chosen ch = { .n = 0 };
	json_t *list = json_array();
	int statefd = -1, turnfd = -1, ret;

	if ((ret = choose(c, &ch, cmd_get(c->line, "SERVICE"), e)) != ERR_OK)
		goto out;
	if ((ret = state_open(state_path(c->line->state), &statefd, e)) !=
	    ERR_OK)
		goto out;
	if (ctl_is_rehearsal(c)) {
		for (size_t i = 0; ret == ERR_OK && i < ch.n; i++)
			ret = would_act(c, wish, ch.s[i], statefd, list);
		goto out;
	}
	if ((ret = service_turn(statefd, &turnfd, e)) != ERR_OK)
		goto out;
	for (size_t i = ch.n; (wish & WISH_STOP) && ret == ERR_OK && i > 0; i--)
		ret = stop_one(c, ch.s[i - 1], statefd, list, e);
	for (size_t i = 0; (wish & WISH_START) && ret == ERR_OK && i < ch.n; i++)
		ret = start_one(c, ch.s[i], statefd, list, e);
	if (ret != ERR_OK && json_array_size(list) > 0)
		c->exit = EXIT_PARTLY;
out:
	out_result(c->out, json_pack("{s:o}", "services", list));
	if (turnfd != -1)
		(void)close(turnfd);
	if (statefd != -1)
		(void)close(statefd);
	return ret;
}

int
cmd_service_start(struct ctl *c, struct err *e)
{
	return act(c, WISH_START, e);
}

int
cmd_service_stop(struct ctl *c, struct err *e)
{
	return act(c, WISH_STOP, e);
}

int
cmd_service_restart(struct ctl *c, struct err *e)
{
	return act(c, WISH_STOP | WISH_START, e);
}

int
cmd_service_list(struct ctl *c, struct err *e)
{
	json_t *list;
	int statefd, ret;

	if ((ret = role_check_early(c, e)) != ERR_OK ||
	    (ret = state_open(state_path(c->line->state), &statefd, e)) !=
	    ERR_OK)
		return ret;
	ret = service_report(c->out, statefd, &list, e);
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:o}", "services", list));
	(void)close(statefd);
	return ret;
}
