/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * watch tftp: looks at tftpd's statistics until told to stop.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ctl.h"
#include "ctltool/watch.h"

#define START_MS	5000	/* tftpd, until it has statistics; a restart */
#define START_PAUSE_MS	20
#define COUNT_MAX	1000000000

struct watching {
	struct ctl	*c;
	int		 statefd;
	int64_t		 interval_ms;
	int64_t		 count;		/* looks to show; 0: without end */
	bool		 once;
	bool		 screen;	/* drawn over and over */
	bool		 seen;		/* tftpd, before */
	sigset_t	 stops;		/* signals that end it in order */
};

static int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* Until then; false when told to stop. */
static bool
wait_until(const struct watching *w, int64_t at_ms)
{
	int64_t left;
	struct timespec ts;

	while ((left = at_ms - now_ms()) > 0) {
		ts = (struct timespec){ .tv_sec = left / 1000,
		    .tv_nsec = left % 1000 * 1000000 };
		if (sigtimedwait(&w->stops, NULL, &ts) != -1)
			return false;
		if (errno != EAGAIN && errno != EINTR)
			return false;
	}
	ts = (struct timespec){ 0 };
	return sigtimedwait(&w->stops, NULL, &ts) == -1;
}

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
	l->mono_ms = now_ms();
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
	int64_t until = now_ms() + START_MS;
	int ret;

	for (;;) {
		ret = look(w, l, e);
		if (ret == ERR_OK)
			w->seen = true;
		if ((ret != ERR_BUSY && ret != ERR_PROTO &&
		    !(ret == ERR_UNREACHABLE && w->seen)) ||
		    now_ms() >= until)
			return ret;
		if (!wait_until(w, now_ms() + START_PAUSE_MS)) {
			*told = true;
			return ERR_OK;
		}
	}
}

/* A terminal that does not know its size says 0. */
static void
put_screen(FILE *to, const char *text)
{
	struct winsize ws = { .ws_row = 0 };

	(void)ioctl(fileno(to), TIOCGWINSZ, &ws);
	watch_screen(text, ws.ws_row > 0 ? ws.ws_row : 24,
	    ws.ws_col > 0 ? ws.ws_col : 80, to);
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
	if (fclose(f) != 0) {
		o->nomem = true;
	} else if (w->screen) {
		if (first)
			out_puts(o, "\033[2J");
		put_screen(o->to, text);
	} else {
		if (!first)
			out_puts(o, "\n");
		out_puts(o, text);
	}
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
	else if (w->once)
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
	    (w->count == 0 || n < w->count); n++) {
		if (!wait_until(w, before.mono_ms + w->interval_ms))
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

static int
options(struct watching *w, struct err *e)
{
	const struct cmd_line *l = w->c->line;
	const char *interval = cmd_get(l, "--interval");
	const char *count = cmd_get(l, "--count");

	w->once = cmd_has(l, "--once");
	if (interval != NULL &&
	    watch_interval(interval, &w->interval_ms, e) != ERR_OK)
		return ERR_ARG;
	if (w->once && count != NULL)
		return err_set(e, ERR_ARG, "--once and --count contradict "
		    "each other: leave one out");
	if (count != NULL && str_to_i64(count, 1, COUNT_MAX, &w->count, e) !=
	    ERR_OK)
		return err_wrap(e, "--count");
	if (w->once)
		w->count = 1;
	else
		out_lines(w->c->out);
	w->screen = !w->once && !w->c->out->json &&
	    isatty(fileno(w->c->out->to));
	return ERR_OK;
}

int
cmd_watch_tftp(struct ctl *c, struct err *e)
{
	struct watching w = { .c = c, .statefd = -1, .interval_ms = 1000 };
	sigset_t before;
	int ret;

	(void)sigemptyset(&w.stops);
	(void)sigaddset(&w.stops, SIGINT);
	(void)sigaddset(&w.stops, SIGTERM);
	if ((ret = options(&w, e)) != ERR_OK ||
	    (ret = state_open(state_path(c->line->state), &w.statefd, e)) !=
	    ERR_OK)
		return ret;
	(void)sigprocmask(SIG_BLOCK, &w.stops, &before);
	if ((ret = run(&w, e)) != ERR_OK)
		ret = ctl_denied(ret, e);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)close(w.statefd);
	return ret;
}
