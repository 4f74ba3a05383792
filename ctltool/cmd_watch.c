/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * watch tftp: looks at tftpd's statistics until told to stop.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctltool/ctl.h"
#include "ctltool/watch.h"
#include "ctltool/watch_wait.h"

#define START_MS	10000	/* tftpd, until it has statistics; a restart */
#define START_PAUSE_MS	20

struct watching {
	struct ctl	*c;
	int		 statefd;
	struct watch_wait wait;
	bool		 seen;		/* tftpd, before */
};

/* What there is of tftpd now.  ERR_BUSY: it is just starting. */
static int
look(struct watching *w, struct watch_look *l, struct err *e)
{
	pid_t pid = run_pid(w->statefd, "tftpd");
	int ret;

	if (pid == -1)
		return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO,
		    "whether tftpd runs cannot be seen by this account: run "
		    "as root or as the user the state belongs to");
	if (pid == 0)
		return err_set(e, ERR_UNREACHABLE, "tftpd does not run: start "
		    "it with \"ctltool utils service start tftpd\"");
	ret = stats_look(w->statefd, &l->v, e);
	l->mono_ms = watch_wait_now();
	l->wall_us = clock_wall_ns(w->c->clk) / 1000;
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BUSY, "tftpd keeps no statistics: a "
		    "line stats.file in run/tftpd.log says why");
	if (ret != ERR_OK || l->v.pid == (uint32_t)pid)
		return ret;
	stats_view_clear(&l->v);
	return err_set(e, ERR_BUSY, "%s is of another tftpd than process %d, "
	    "which runs: restart it", STATS_FILE, (int)pid);
}

/* While it is being started it is given time; when it was there before, it may
 * be restarted just now.  *told: to stop. */
static int
look_patiently(struct watching *w, struct watch_look *l, bool *told,
    struct err *e)
{
	int64_t until = watch_wait_now() + START_MS;
	int ret;

	for (;;) {
		ret = look(w, l, e);
		if (ret == ERR_OK)
			w->seen = true;
		if ((ret != ERR_BUSY && ret != ERR_PROTO &&
		    !(ret == ERR_UNREACHABLE && w->seen)) ||
		    watch_wait_now() >= until)
			return ret;
		if (!watch_wait_until(&w->wait, watch_wait_now() + START_PAUSE_MS)) {
			*told = true;
			return ERR_OK;
		}
	}
}

static void
show_text(const struct watching *w, const struct watch *cmp, bool first)
{
	struct out *o = w->c->out;
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL) {
		o->nomem = true;
		return;
	}
	watch_text(cmp, f);
	if (fclose(f) != 0)
		o->nomem = true;
	else
		watch_wait_show(&w->wait, text, first);
	free(text);
}

static int
show(const struct watching *w, const struct watch_look *before,
    const struct watch_look *now, bool first, struct err *e)
{
	struct out *o = w->c->out;
	struct watch cmp;
	int ret;

	if ((ret = watch_compare(&cmp, before, now, e)) != ERR_OK)
		return ret;
	if (!o->json)
		show_text(w, &cmp, first);
	else if (w->wait.once)
		out_result(o, watch_json(&cmp));
	else
		out_line(o, w->c->line->cmd->words, watch_json(&cmp));
	watch_clear(&cmp);
	return o->nomem ? err_set(e, ERR_NOMEM, "statistics") : ERR_OK;
}

static int
run(struct watching *w, struct err *e)
{
	struct watch_look before = { .mono_ms = 0 }, now = { .mono_ms = 0 };
	bool told = false;
	int ret;

	ret = look_patiently(w, &before, &told, e);
	for (int64_t n = 0; ret == ERR_OK && !told &&
	    (w->wait.count == 0 || n < w->wait.count); n++) {
		if (!watch_wait_until(&w->wait, before.mono_ms + w->wait.interval_ms))
			break;
		if ((ret = look_patiently(w, &now, &told, e)) != ERR_OK ||
		    told)
			break;
		ret = show(w, &before, &now, n == 0, e);
		stats_view_clear(&before.v);
		before = now;
		now.v = (struct stats_view){ 0 };
		if (!out_flush(w->c->out))
			break;		/* out_finish says so */
	}
	stats_view_clear(&before.v);
	return ret;
}

int
cmd_watch_tftp(struct ctl *c, struct err *e)
{
	struct watching w = { .c = c, .statefd = -1 };
	int ret;

	if ((ret = watch_wait_options(&w.wait, c, e)) != ERR_OK ||
	    (ret = state_open(state_path(c->line->state), &w.statefd, e)) !=
	    ERR_OK)
		return ret;
	watch_wait_begin(&w.wait);
	if ((ret = run(&w, e)) != ERR_OK)
		ret = ctl_denied(ret, e);
	watch_wait_end(&w.wait);
	(void)close(w.statefd);
	return ret;
}
