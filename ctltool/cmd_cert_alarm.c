/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils cert check, utils cert alarm test|password.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "ctltool/cluster_password.h"
#include "ctltool/secret_in.h"
#include "db/observed.h"
#include "trust/monitor.h"
#include "trust/sealed.h"

/* --- what the channels made of it --- */

static const char *const outcome_name[] = {
	[ALARM_UNUSED] = "unused",
	[ALARM_IDLE] = "idle",
	[ALARM_WAITING] = "waiting",
	[ALARM_SENT] = "sent",
	[ALARM_FAILED] = "failed",
};

static json_t *
channels_json(struct ctl *c, const struct alarm_result *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ALARM_CHANNEL_N; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I, "
		    "s:o}", "channel", alarm_channel_name[i], "outcome",
		    outcome_name[r->outcome[i]], "sent",
		    (json_int_t)r->sent[i], "why", r->outcome[i] ==
		    ALARM_FAILED ? out_str(r->why[i].msg) : json_null())) !=
		    0)
			c->out->nomem = true;
	return list;
}

/* *used and *failed count. */
static void
channels_text(struct ctl *c, const struct alarm_result *r, size_t *used,
    size_t *failed)
{
	char vis[OUT_VIS_MAX];

	*used = *failed = 0;
	for (unsigned i = 0; i < ALARM_CHANNEL_N; i++) {
		const char *name = alarm_channel_name[i];

		*used += r->outcome[i] != ALARM_UNUSED;
		*failed += r->outcome[i] == ALARM_FAILED;
		if (r->outcome[i] == ALARM_SENT)
			out_text(c->out, "%-8s sent\n", name);
		if (r->outcome[i] == ALARM_WAITING)
			out_text(c->out, "%-8s left to another process of "
			    "this node, which is sending just now\n", name);
		if (r->outcome[i] == ALARM_FAILED)
			out_warn(c->out, "%s: %s", name,
			    out_vis(r->why[i].msg, vis));
	}
}

/* --- environment --- */

struct sender {
	struct alarm_env	 env;
	struct secret		*password;
};

static void
sender_clear(struct sender *s)
{
	db_close(s->env.observed);
	secret_free(s->password);
}

static int
sender_open(struct ctl *c, struct sender *s, struct err *e)
{
	int ret;

	*s = (struct sender){ .env = { .db = c->node.db, .clk = c->clk } };
	if ((ret = monitor_password(&c->node, &s->password, e)) != ERR_OK)
		return ctl_denied(ret, e);
	s->env.smtp_password = s->password;
	s->env.observed = db_open(c->node.statefd, OBSERVED_FILE, DB_WRITE,
	    e);
	/* Alarms are in the log, whoever raises them: here it is stderr. */
	log_set_level(LOG_WARNING);
	return s->env.observed != NULL ? ERR_OK : ctl_denied(e->code, e);
}

/* --- utils cert check --- */

static json_t *
raised_json(struct ctl *c, const struct alarm_raised *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++)
		if (json_array_append_new(list, json_pack("{s:o, s:I, s:o}",
		    "key", out_str(r->due[i].key), "threshold",
		    (json_int_t)r->due[i].threshold, "text",
		    out_str(r->due[i].line))) != 0)
			c->out->nomem = true;
	return list;
}

static void
report(struct ctl *c, const struct monitor_report *r)
{
	char vis[OUT_VIS_MAX];
	size_t used, failed;

	for (size_t i = 0; i < r->raised.n; i++)
		out_text(c->out, "%s\n", out_vis(r->raised.due[i].line, vis));
	out_text(c->out, "%zu alarm%s raised%s; %zu retired certificate%s "
	    "and %zu removed one%s purged\n", r->raised.n,
	    r->raised.n == 1 ? "" : "s", r->raised.more ?
	    ", more with the next check" : "", r->purged_own,
	    r->purged_own == 1 ? "" : "s", r->purged_trust,
	    r->purged_trust == 1 ? "" : "s");
	channels_text(c, &r->sent, &used, &failed);
	if (failed > 0)
		c->exit = EXIT_PARTLY;
	out_result(c->out, json_pack("{s:o, s:b, s:I, s:I, s:o}", "alarms",
	    raised_json(c, &r->raised), "more", r->raised.more,
	    "purged_own", (json_int_t)r->purged_own, "purged_trust",
	    (json_int_t)r->purged_trust, "channels",
	    channels_json(c, &r->sent)));
}

/* Nothing is raised and nobody told: what could be. */
static int
would_check(struct ctl *c, struct err *e)
{
	struct monitor_report none = { .purged_own = 0 };
	struct alarm_conf conf;
	int ret;

	if ((ret = alarm_conf_load(c->node.db, c->node.row.name, &conf,
	    e)) != ERR_OK)
		return ret;
	for (unsigned i = 0; i < ALARM_CHANNEL_N; i++)
		if (alarm_conf_has(&conf, (enum alarm_channel)i)) {
			none.sent.outcome[i] = ALARM_IDLE;
			out_text(c->out, "Effect: alarms would go out by "
			    "%s\n", alarm_channel_name[i]);
		}
	alarm_conf_clear(&conf);
	report(c, &none);
	return ERR_OK;
}

int
cmd_cert_check(struct ctl *c, struct err *e)
{
	struct monitor_report r;
	struct sender s;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c))
		return would_check(c, e);
	if ((ret = sender_open(c, &s, e)) == ERR_OK &&
	    (ret = monitor_round(&c->node, &s.env, true, &r, e)) == ERR_OK) {
		if (r.raised.n + r.purged_own + r.purged_trust > 0)
			out_changed(c->out);
		report(c, &r);
		monitor_report_clear(&r);
	}
	sender_clear(&s);
	return ret;
}

/* --- utils cert alarm test --- */

static int
test_report(struct ctl *c, const struct alarm_result *r, struct err *e)
{
	size_t used, failed;

	channels_text(c, r, &used, &failed);
	out_result(c->out, json_pack("{s:o}", "channels",
	    channels_json(c, r)));
	if (used == 0)
		out_warn(c->out, "no channel is set, so alarms are in the log "
		    "alone: set param alarm.exec, alarm.webhook or "
		    "alarm.mail_to");
	if (failed > 0 && failed < used)
		c->exit = EXIT_PARTLY;
	if (failed == 0 || failed < used)
		return ERR_OK;
	return err_set(e, ERR_IO, "the test alarm went out by no channel: "
	    "see the warnings");
}

int
cmd_cert_alarm_test(struct ctl *c, struct err *e)
{
	struct alarm_result r;
	struct alarm_conf conf = { .nday = 0 };
	struct sender s;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c))
		return would_check(c, e);
	if ((ret = sender_open(c, &s, e)) == ERR_OK &&
	    (ret = alarm_conf_load(c->node.db, c->node.row.name, &conf,
	    e)) == ERR_OK &&
	    (ret = alarm_test(&s.env, &conf, &r, e)) == ERR_OK)
		ret = test_report(c, &r, e);
	alarm_conf_clear(&conf);
	sender_clear(&s);
	return ret;
}

int
cmd_cert_alarm_password(struct ctl *c, struct err *e)
{
	return cluster_password(c, CLUSTER_SECRET_SMTP, "mail server", e);
}
