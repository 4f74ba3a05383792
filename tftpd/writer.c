/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The writer process, see writer.h.
 *
 * inotify only says when to look: what is found is decided by looking, so a
 * file system that does not tell, or a queue that runs over, costs time and
 * nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/seldom.h"
#include "db/observed.h"
#include "db/params.h"
#include "tftpd/writer.h"
#include "trust/autoreg.h"
#include "trust/folder.h"
#include "trust/node.h"

#define RESCAN_MS	30000	/* for changes that nobody told of */
#define RETRY_MS	5000	/* after a failure of ours */
#define TICK_MS		1000	/* for changed parameters */
#define SOON_MS		50	/* files come in groups */
#define REST		10	/* times the length of a look, between looks */
#define ASKS_MAX	64	/* before something else has its turn */
#define WATCHED		(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | \
			IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | \
			IN_MOVE_SELF | IN_ONLYDIR)

struct writer {
	struct node		 node;
	struct db		*observed;
	const struct clock	*clk;

	/* from writer_serve on */
	struct folder		*folder;
	struct db		*params;	/* read only: sees changes */
	char			*roots;		/* as parameter tftp.root was */
	int			 inotify;	/* or -1 */
	int			 newest;	/* of its watches: they count up */
	int64_t			 look_ms;	/* the next look */
	int64_t			 rest_ms;	/* no look before */
	struct autoreg_rate	 rate;
	struct autoreg_conf	 conf;
	struct seldom	 failed, late, refused, broken;
};

struct writer *
writer_open(int statefd, struct err *e)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		(void)err_set(e, ERR_NOMEM, "writer");
		return NULL;
	}
	w->clk = clock_system();
	w->inotify = -1;
	if (node_open_fd(&w->node, statefd, DB_WRITE, e) == ERR_OK &&
	    (w->observed = db_open(statefd, OBSERVED_FILE, DB_WRITE, e)) !=
	    NULL)
		return w;
	writer_close(w);
	return NULL;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	folder_free(w->folder);
	db_close(w->params);
	db_close(w->observed);
	node_close(&w->node);
	if (w->inotify != -1)
		(void)close(w->inotify);
	free(w->roots);
	free(w);
}

/* What may come in floods: once a minute, with the count. */
static void
seldom(struct writer *w, struct seldom *s, const char *event,
    const char *device, const char *why)
{
	uint64_t n;

	if (seldom_due(s, clock_mono_ms(w->clk), &n))
		log_event(LOG_WARNING, event, LOG_STR("device", device),
		    LOG_U64("count", n), LOG_STR("why", why));
}

/* --- files --- */

/* Again each time, as a root may be another folder by now: true when one was
 * not watched before. */
static bool
watch_roots(struct writer *w)
{
	int wd, was = w->newest;
	const char *path;

	for (size_t i = 0; w->inotify != -1 &&
	    (path = folder_root(w->folder, i)) != NULL; i++)
		if ((wd = inotify_add_watch(w->inotify, path, WATCHED)) >
		    w->newest)
			w->newest = wd;
	return w->newest != was;
}

static void
look_by(struct writer *w, int64_t at_ms)
{
	if (at_ms < w->rest_ms)
		at_ms = w->rest_ms;
	if (at_ms < w->look_ms)
		w->look_ms = at_ms;
}

/* What changed before it was watched is found by another look. */
static void
look(struct writer *w)
{
	int64_t again, begin = clock_mono_ms(w->clk), end;
	struct err e = { 0 };

	if (folder_look(w->folder, &again, &e) != ERR_OK) {
		seldom(w, &w->failed, "folder.failed", "", e.msg);
		again = RETRY_MS;
	}
	end = clock_mono_ms(w->clk);
	w->rest_ms = end + REST * (end - begin);
	w->look_ms = end + RESCAN_MS;
	if (watch_roots(w))
		look_by(w, end + SOON_MS);
	if (again == 0)
		w->look_ms = end;
	else if (again != -1)
		look_by(w, end + again);
}

static void
told(struct writer *w)
{
	char buf[4096] __attribute__((aligned(8)));

	while (read(w->inotify, buf, sizeof(buf)) > 0)
		continue;
	look_by(w, clock_mono_ms(w->clk) + SOON_MS);
}

/* --- parameters --- */

static void
read_params(struct writer *w)
{
	struct err e = { 0 };
	char *roots;

	if (autoreg_conf_load(&w->conf, w->params, w->node.row.name, &e) !=
	    ERR_OK || (roots = param_get(w->params, PARAM_TFTP_ROOT,
	    w->node.row.name, &e)) == NULL) {
		log_err(LOG_ERR, "tftpd.parameters", &e);
		return;
	}
	if (w->roots == NULL || strcmp(w->roots, roots) != 0)
		w->look_ms = 0;
	free(w->roots);
	w->roots = roots;
}

/* --- unknown phones --- */

struct adding {
	const char		*node;
	struct autoreg_ask	 ask;
	int64_t			 now;
	struct autoreg_done	 done;
};

static int
add_tx(struct db *db, void *arg, struct err *e)
{
	struct adding *a = arg;

	return autoreg_add(db, a->node, &a->ask, a->now, &a->done, e);
}

static void
add(struct writer *w, const struct autoreg_ask *ask)
{
	struct adding a = { .node = w->node.row.name, .ask = *ask,
	    .now = clock_wall_s(w->clk) };
	struct err e = { 0 };

	if (db_tx(w->node.db, add_tx, &a, &e) != DB_DONE)
		seldom(w, &w->refused, "autoreg.refused", ask->device, e.msg);
	else if (a.done.res == AUTOREG_ADDED)
		log_event(LOG_INFO, "autoreg.added",
		    LOG_STR("device", ask->device),
		    LOG_STR("address", ask->address),
		    LOG_STR("number", a.done.number));
	else if (a.done.res == AUTOREG_FULL)
		seldom(w, &w->refused, "autoreg.refused", ask->device,
		    "as many phones as autoregistration.max says were added: "
		    "raise it, or add phones by command");
	else if (a.done.res == AUTOREG_NO_NUMBER)
		seldom(w, &w->refused, "autoreg.refused", ask->device,
		    "no directory number of autoregistration.range is free: "
		    "widen it, or remove phones");
}

/* Who has a row, and asked before the engine knew, takes no place. */
static bool
known(struct writer *w, const char *device)
{
	struct row_phone p;

	return row_phone_get(w->params, device, &p, NULL) == ERR_OK;
}

/* The engine's word is checked like any peer's. */
static void
asked(struct writer *w, const uint8_t *buf, size_t len)
{
	struct autoreg_ask ask;
	struct err e = { 0 };

	if (autoreg_ask_parse(&ask, buf, len, &e) != ERR_OK) {
		seldom(w, &w->broken, "autoreg.broken", "", e.msg);
		return;
	}
	if (!autoreg_wanted(&w->conf, ask.device) || known(w, ask.device))
		return;
	if (!autoreg_rate_take(&w->rate, w->conf.per_minute,
	    clock_mono_ms(w->clk))) {
		seldom(w, &w->late, "autoreg.late", ask.device,
		    "more phones than autoregistration.per_minute; they are "
		    "added when they ask again");
		return;
	}
	add(w, &ask);
}

/* False when the engine is gone. */
static bool
take_asks(struct writer *w, int channel)
{
	uint8_t buf[AUTOREG_ASK_LEN + 1];
	ssize_t n;

	if (db_changed(w->params))
		read_params(w);
	for (int i = 0; i < ASKS_MAX; i++) {
		n = recv(channel, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			asked(w, buf, (size_t)n);
		else if (n == -1 && errno == EINTR)
			continue;
		else
			return n == -1 && errno == EAGAIN;
	}
	return true;
}

/* --- all --- */

static int
begin(struct writer *w, struct err *e)
{
	int statefd = w->node.statefd;

	if ((w->params = db_open(statefd, DB_FILE, DB_READ, e)) == NULL ||
	    (w->folder = folder_new(statefd, w->node.row.name, w->node.db,
	    w->observed, w->clk, e)) == NULL)
		return e != NULL ? e->code : ERR_IO;
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify == -1)
		log_event(LOG_WARNING, "folder.unwatched", LOG_STR("why",
		    "no inotify instance was left: files are looked at every "
		    "30 seconds; raise fs.inotify.max_user_instances"));
	read_params(w);
	return ERR_OK;
}

static int
wait_ms(const struct writer *w)
{
	int64_t left = w->look_ms - clock_mono_ms(w->clk);

	return left <= 0 ? 0 : left > TICK_MS ? TICK_MS : (int)left;
}

int
writer_serve(struct writer *w, int channel, int stopfd, struct err *e)
{
	struct pollfd pfd[3] = {
		{ .fd = stopfd, .events = POLLIN },
		{ .fd = channel, .events = POLLIN },
	};
	int ret;

	db_patience(w->node.db, DB_BUSY_MS, stopfd);
	db_patience(w->observed, DB_BUSY_MS, stopfd);
	if ((ret = begin(w, e)) != ERR_OK)
		return ret;
	pfd[2] = (struct pollfd){ .fd = w->inotify, .events = POLLIN };
	for (;;) {
		if (poll(pfd, 3, wait_ms(w)) == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		if (pfd[0].revents != 0)
			return ERR_OK;
		if (pfd[1].revents != 0 && !take_asks(w, channel))
			pfd[1].fd = -1;
		if (pfd[2].revents != 0)
			told(w);
		if (db_changed(w->params))
			read_params(w);
		if (clock_mono_ms(w->clk) >= w->look_ms)
			look(w);
	}
}
