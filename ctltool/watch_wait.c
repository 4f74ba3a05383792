/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Looking again and again, see watch_wait.h.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/watch.h"
#include "ctltool/watch_wait.h"

#define COUNT_MAX	1000000000

int
watch_wait_options(struct watch_wait *w, struct ctl *c, struct err *e)
{
	const char *interval = cmd_get(c->line, "--interval");
	const char *count = cmd_get(c->line, "--count");

	*w = (struct watch_wait){ .o = c->out, .interval_ms = 1000,
		.once = cmd_has(c->line, "--once") };
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
		out_lines(c->out);
	w->screen = !w->once && !c->out->json && isatty(fileno(c->out->to));
	return ERR_OK;
}

void
watch_wait_begin(struct watch_wait *w)
{
	(void)sigemptyset(&w->stops);
	(void)sigaddset(&w->stops, SIGINT);
	(void)sigaddset(&w->stops, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &w->stops, &w->before);
}

void
watch_wait_end(struct watch_wait *w)
{
	(void)sigprocmask(SIG_SETMASK, &w->before, NULL);
}

int64_t
watch_wait_now(void)
{
	return clock_mono_ms(clock_system());
}

bool
watch_wait_until(const struct watch_wait *w, int64_t at_ms)
{
	int64_t left;
	struct timespec ts;

	while ((left = at_ms - watch_wait_now()) > 0) {
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

/* A terminal that does not know its size says 0. */
static void
put_screen(FILE *to, const char *text)
{
	struct winsize ws = { .ws_row = 0 };

	(void)ioctl(fileno(to), TIOCGWINSZ, &ws);
	watch_screen(text, ws.ws_row > 0 ? ws.ws_row : 24,
	    ws.ws_col > 0 ? ws.ws_col : 80, to);
}

void
watch_wait_show(const struct watch_wait *w, const char *text, bool first)
{
	if (w->screen) {
		if (first)
			out_puts(w->o, "\033[2J");
		put_screen(w->o->to, text);
		return;
	}
	if (!first)
		out_puts(w->o, "\n");
	out_puts(w->o, text);
}
