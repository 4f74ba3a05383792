/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Gateways' certificates in a round of the monitor, see monitor.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "trust/monitor.h"
#include "trust/srst_check.h"

#define ASKED_MAX	8	/* gateways in a round: the others follow */
#define WAIT_MS		3000	/* for each */

struct looking {
	const struct alarm_env	*env;
	const struct alarm_conf	*c;
	struct alarm_raised	*r;
	int64_t			 now;
	size_t			 asked;
};

struct queueing {
	const struct alarm_conf	*c;
	const struct alarm_due	*a;
};

static int
queue_tx(struct db *observed, void *arg, struct err *e)
{
	const struct queueing *q = arg;

	return alarm_queue(observed, q->c, q->a, e);
}

static void
say_line(const struct srst_look *l, char out[ALARM_LINE_MAX + 1])
{
	const char *name = l->ref->name;

	if (l->state == SRST_OTHER)
		(void)snprintf(out, ALARM_LINE_MAX + 1, "the gateway of SRST "
		    "reference %s shows another certificate than the accepted "
		    "one, so phones will refuse it: srst fetch %s, compare "
		    "the fingerprint, srst accept %s", name, name, name);
	else
		(void)snprintf(out, ALARM_LINE_MAX + 1, "the gateway of SRST "
		    "reference %s shows no certificate: %.200s", name,
		    l->seen.why);
}

static void
say_json(const struct srst_look *l, struct alarm_due *a)
{
	struct wr w = wr_init(ALARM_JSON_MAX);
	char hex[2 * SHA256_LEN + 1] = "";

	if (l->seen.has_sha256)
		str_hex(l->seen.sha256, SHA256_LEN, hex);
	alarm_object(&w, a);
	wr_str(&w, ", \"name\": ");
	alarm_json_str(&w, l->ref->name);
	wr_fmt(&w, ", \"state\": \"%s\", \"sha256\": ",
	    srst_state_name[l->state]);
	if (l->seen.has_sha256)
		alarm_json_str(&w, hex);
	else
		wr_str(&w, "null");
	wr_str(&w, "}");
	if (w.err == ERR_OK)
		(void)snprintf(a->json, sizeof(a->json), "%.*s", (int)w.len,
		    (const char *)w.buf);
	wr_clear(&w);
}

static int
raise_alarm(struct looking *k, const struct srst_look *l, struct err *e)
{
	struct alarm_due a = { .kind = MONITOR_SRST_KIND, .at = k->now };
	struct queueing q = { k->c, &a };
	int ret;

	(void)str_copy(a.key, sizeof(a.key), l->ref->name);
	say_line(l, a.line);
	say_json(l, &a);
	if ((ret = db_result_err(db_tx(k->env->observed, queue_tx, &q, e),
	    e)) != ERR_OK)
		return ret;
	log_event(LOG_ERR, "srst.alarm", LOG_STR("name", l->ref->name),
	    LOG_STR("state", srst_state_name[l->state]),
	    LOG_STR("why", a.line));
	if (k->r->n < ALARM_EXPIRY_MAX)
		k->r->due[k->r->n++] = a;
	return ERR_OK;
}

/* News alone: what is as it was has been told. */
static int
looked(void *arg, const struct srst_look *l, struct err *e)
{
	struct looking *k = arg;
	int ret = ERR_OK;

	k->asked++;
	if (l->news && (l->state == SRST_OTHER || l->state == SRST_SILENT))
		ret = raise_alarm(k, l, e);
	if (ret == ERR_OK && k->env->stop != NULL &&
	    k->env->stop(k->env->stop_arg))
		return err_set(e, ERR_BUSY, "given up: this process ends");
	return ret;
}

int
monitor_srst(const struct alarm_env *env, const struct alarm_conf *c,
    struct alarm_raised *r, struct err *e)
{
	struct looking k = { .env = env, .c = c, .r = r,
	    .now = clock_wall_s(env->clk) };
	const struct srst_check o = { .max = ASKED_MAX, .now = k.now,
	    .timeout_ms = WAIT_MS, .fn = looked, .arg = &k };
	struct err why = { .code = ERR_OK };
	int ret = srst_check(env->db, env->observed, &o, &why);

	if (k.asked == ASKED_MAX)
		r->more = true;
	return ret == ERR_OK || ret == ERR_BUSY ? ERR_OK :
	    err_set(e, ret, "%s", why.msg);
}
