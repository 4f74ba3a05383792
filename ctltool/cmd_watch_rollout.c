/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * watch rollout: looks at a roll-out until it is over, or told to stop.
 */
#include <stdlib.h>

#include "ctltool/watch_rollout.h"
#include "ctltool/watch_wait.h"

struct watching {
	struct ctl		*c;
	struct watch_wait	 wait;
	char			 id[ROLLOUT_ID_MAX + 1];	/* once known */
	struct db		*observed;	/* NULL: none yet */
	struct rollout_look	 look;
};

static int
look_tx(struct db *db, void *arg, struct err *e)
{
	struct watching *w = arg;
	const char *id = w->id[0] != '\0' ? w->id :
	    cmd_get(w->c->line, "ROLLOUT");

	return rollout_look(&w->look, db, w->observed, id, e);
}

static int
look(struct watching *w, struct err *e)
{
	int ret;

	if (w->observed == NULL && (ret = ctl_observed(w->c, &w->observed,
	    e)) != ERR_OK)
		return ret;
	if ((ret = db_read_tx(w->c->node.db, look_tx, w, e)) == ERR_OK)
		(void)snprintf(w->id, sizeof(w->id), "%s",
		    w->look.v.row.id);
	return ret;
}

static void
show_text(const struct watching *w, bool first)
{
	struct out *o = w->c->out;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f != NULL)
		rollout_look_text(&w->look, f);
	if (f == NULL || fclose(f) != 0)
		o->nomem = true;
	else
		watch_wait_show(&w->wait, text, first);
	free(text);
}

static void
show(const struct watching *w, bool first)
{
	struct out *o = w->c->out;

	if (!o->json)
		show_text(w, first);
	else if (w->wait.once)
		out_result(o, rollout_look_json(&w->look));
	else
		out_line(o, w->c->line->cmd->words,
		    rollout_look_json(&w->look));
}

static int
run(struct watching *w, struct err *e)
{
	int64_t at = watch_wait_now();
	bool over = false;
	int ret;

	for (int64_t n = 0; w->wait.count == 0 || n < w->wait.count; n++) {
		if (n > 0 && (over || !watch_wait_until(&w->wait, at +=
		    w->wait.interval_ms)))
			break;
		if ((ret = look(w, e)) != ERR_OK)
			return ret;
		show(w, n == 0);
		over = rollout_look_over(&w->look);
		rollout_look_clear(&w->look);
		if (!out_flush(w->c->out))
			break;		/* out_finish says so */
	}
	return w->c->out->nomem ? err_set(e, ERR_NOMEM, "roll-out") : ERR_OK;
}

int
cmd_watch_rollout(struct ctl *c, struct err *e)
{
	struct watching w = { .c = c };
	int ret;

	if ((ret = watch_wait_options(&w.wait, c, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	watch_wait_begin(&w.wait);
	ret = run(&w, e);
	watch_wait_end(&w.wait);
	db_close(w.observed);
	return ret;
}
