/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * How the channels of alarms are, see alarm_text.h.
 */
#include <inttypes.h>
#include <string.h>

#include "ctltool/alarm_text.h"
#include "trust/alarm.h"
#include "trust/expiry.h"

static json_t *
time_or_null(int64_t at)
{
	return at != 0 ? out_time(at) : json_null();
}

static int
one_channel(struct ctl *c, struct db *observed, enum alarm_channel ch,
    json_t *list, struct err *e)
{
	const char *name = alarm_channel_name[ch];
	char when[CLOCK_RFC3339_LEN], vis[OUT_VIS_MAX];
	struct alarm_state s = { .ok_at = 0 };
	int64_t waiting = 0;
	int ret;

	if (observed != NULL &&
	    ((ret = observed_channel_get(observed, name, &s, e)) != ERR_OK ||
	    (ret = observed_due_count(observed, name, &waiting, e)) !=
	    ERR_OK))
		return ret;
	clock_rfc3339(s.failures > 0 ? s.failed_at : s.ok_at, when);
	out_text(c->out, "Alarms   %-8s %s%s, %" PRId64 " waiting\n", name,
	    s.failures > 0 ? "FAILED at " : s.ok_at != 0 ?
	    "last sent at " : "not used yet", s.failures > 0 || s.ok_at != 0 ?
	    when : "", waiting);
	if (s.failures > 0)
		out_warn(c->out, "alarms do not go out by %s, tried %" PRId64
		    " time%s: %s", name, s.failures, s.failures == 1 ? "" :
		    "s", out_vis(s.why, vis));
	if (json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:o, s:I, "
	    "s:o}", "channel", name, "waiting", (json_int_t)waiting, "ok_at",
	    time_or_null(s.ok_at), "failed_at", time_or_null(s.failed_at),
	    "failures", (json_int_t)s.failures, "why", s.failures > 0 ?
	    out_str(s.why) : json_null())) != 0)
		return err_set(e, ERR_NOMEM, "result");
	return ERR_OK;
}

static int
warn_exports(struct ctl *c, struct err *e)
{
	struct expiries x;
	int ret;

	/* Nothing ends before 1970: stale exports alone. */
	if ((ret = expiry_load(c->node.db, 0, &x, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; i < x.n; i++)
		if (x.row[i].kind == EXPIRY_EXPORT && x.not_exported) {
			out_warn(c->out, "the exported copies of the recovery "
			    "key are of an older certificate: they will not "
			    "help phones; export the key in use");
			break;
		}
	expiries_clear(&x);
	return ERR_OK;
}

int
alarm_text_status(struct ctl *c, json_t *result, struct err *e)
{
	struct db *observed = NULL;
	json_t *list = json_array();
	struct alarm_conf conf;
	int ret;

	if ((ret = alarm_conf_load(c->node.db, c->node.row.name, &conf,
	    e)) == ERR_OK)
		ret = ctl_observed(c, &observed, e);
	for (unsigned i = 0; i < ALARM_CHANNEL_N && ret == ERR_OK; i++)
		if (alarm_conf_has(&conf, (enum alarm_channel)i))
			ret = one_channel(c, observed, (enum alarm_channel)i,
			    list, e);
	db_close(observed);
	alarm_conf_clear(&conf);
	if (ret == ERR_OK)
		ret = warn_exports(c, e);
	if (ret != ERR_OK) {
		json_decref(list);
		return ret;
	}
	return json_object_set_new(result, "alarms", list) == 0 ? ERR_OK :
	    err_set(e, ERR_NOMEM, "result");
}
