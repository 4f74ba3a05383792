/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Statistics for people, see watch.h.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "ctltool/out.h"
#include "ctltool/watch.h"

#define FILE_WIDTH_MAX	48
#define SHORT_TEXT	32

/* 999 B, 1.0 kB, 12.3 MB */
static const char *
bytes_text(uint64_t n, char out[SHORT_TEXT])
{
	static const char *const unit[] = { "B", "kB", "MB", "GB", "TB",
	    "PB", "EB" };
	double v = (double)n;
	size_t u = 0;

	while (v >= 999.95 && u + 1 < sizeof(unit) / sizeof(unit[0])) {
		v /= 1000;
		u++;
	}
	(void)snprintf(out, SHORT_TEXT, u == 0 ? "%.0f %s" : "%.1f %s", v,
	    unit[u]);
	return out;
}

/* 0.4 s, 59 s, 12:05, 3:12:05, 2 d 3:12:05 */
static const char *
age_text(int64_t us, char out[SHORT_TEXT])
{
	int64_t s = us > 0 ? us / 1000000 : 0, d = s / 86400, h = s / 3600 % 24,
	    m = s / 60 % 60;

	if (s < 10)
		(void)snprintf(out, SHORT_TEXT, "%.1f s",
		    us > 0 ? (double)us / 1e6 : 0.0);
	else if (s < 60)
		(void)snprintf(out, SHORT_TEXT, "%" PRId64 " s", s);
	else if (s < 3600)
		(void)snprintf(out, SHORT_TEXT, "%" PRId64 ":%02" PRId64, m,
		    s % 60);
	else if (d == 0)
		(void)snprintf(out, SHORT_TEXT, "%" PRId64 ":%02" PRId64
		    ":%02" PRId64, h, m, s % 60);
	else
		(void)snprintf(out, SHORT_TEXT, "%" PRId64 " d %" PRId64
		    ":%02" PRId64 ":%02" PRId64, d, h, m, s % 60);
	return out;
}

static double
per_second(const struct watch *w, uint64_t n)
{
	return (double)n * 1000 / (double)w->ms;
}

/* As a number of bytes again; more than there can be is the most. */
static uint64_t
bytes_per_second(const struct watch *w, uint64_t n)
{
	double v = per_second(w, n);

	return v < 18e18 ? (uint64_t)v : UINT64_MAX;
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void
put_head(const struct watch *w, FILE *to)
{
	const struct stats_view *v = &w->now->v;
	char age[SHORT_TEXT], buf[SHORT_TEXT], when[CLOCK_RFC3339_LEN];

	clock_rfc3339(w->now->wall_us / 1000000, when);
	(void)fprintf(to, "tftpd   %s, pid %" PRIu32 ", up %s, %" PRIu32
	    " loop%s, receive buffer %s\n", when, v->pid,
	    age_text(watch_age(w, v->started_us), age), v->nloops,
	    v->nloops == 1 ? "" : "s", bytes_text(v->rcvbuf, buf));
}

static void
put_now(const struct watch *w, FILE *to)
{
	const struct stats_view *v = &w->now->v;
	char rate[SHORT_TEXT];

	(void)fprintf(to, "Now     live %" PRIu64 " (tftp %" PRIu64
	    ", http %" PRIu64 ", https %" PRIu64 "), connections %" PRIu64
	    "; %.1f begun/s, %s/s\n", watch_sum(v->live),
	    v->live[STATS_TFTP], v->live[STATS_HTTP], v->live[STATS_HTTPS],
	    v->connections, per_second(w, watch_sum(w->d.begun)),
	    bytes_text(bytes_per_second(w, watch_sum(w->d.bytes)), rate));
	(void)fprintf(to, "TFTP    %.1f packets/s, %.1f retransmissions/s "
	    "(%.2f %%), %.1f timeouts/s\n", per_second(w, w->d.packets),
	    per_second(w, w->d.resent), percent(w->d.resent, w->d.packets),
	    per_second(w, w->d.timeouts));
}

/* "; failed: timeout 8, aborted 4" */
static void
put_failures(const struct stats_view *v, FILE *to)
{
	const char *before = "; failed: ";
	uint64_t n;

	for (int r = 0; r < STATS_NRESULT; r++) {
		n = watch_ended(v, (enum stats_result)r);
		if (n == 0 || !watch_is_failure((enum stats_result)r))
			continue;
		(void)fprintf(to, "%s%s %" PRIu64, before,
		    stats_result_name((enum stats_result)r), n);
		before = ", ";
	}
}

static void
put_total(const struct watch *w, FILE *to)
{
	const struct stats_view *v = &w->now->v;
	char all[SHORT_TEXT], cached[SHORT_TEXT];

	(void)fprintf(to, "Total   %" PRIu64 " begun, %" PRIu64 " done, %"
	    PRIu64 " not found, %" PRIu64 " refused",
	    watch_sum(v->begun), watch_ended(v, STATS_DONE),
	    watch_ended(v, STATS_NOT_FOUND), watch_ended(v, STATS_REFUSED));
	put_failures(v, to);
	(void)fprintf(to, "\n        %s, %" PRIu64 " retransmissions "
	    "(%.2f %%), %" PRIu64 " timeouts; beyond limits: %" PRIu64
	    " requests, %" PRIu64 " connections; malformed %" PRIu64 "\n",
	    bytes_text(watch_sum(v->bytes), all), v->resent,
	    percent(v->resent, v->packets), v->timeouts, v->shed,
	    v->turned_away, v->malformed);
	(void)fprintf(to, "Cache   %" PRIu64 " hits, %" PRIu64 " misses, %"
	    PRIu64 " made; %zu entries, %s\n", v->cache.hits,
	    v->cache.misses, v->cache.made, v->cache.n,
	    bytes_text(v->cache.bytes, cached));
}

static void
put_row(const struct watch *w, const struct watch_row *r, int wpeer,
    int wfile, FILE *to)
{
	const struct stats_transfer *t = r->t;
	char peer[NET_ADDR_TEXT], name[OUT_VIS_MAX], size[SHORT_TEXT],
	    rate[SHORT_TEXT], age[SHORT_TEXT], block[SHORT_TEXT] = "-",
	    window[SHORT_TEXT] = "-";

	net_addr_text(&t->peer, peer);
	if (t->via == STATS_TFTP) {
		(void)snprintf(block, sizeof(block), "%u", t->blksize);
		(void)snprintf(window, sizeof(window), "%u", t->window);
	}
	(void)fprintf(to, "%-*s  %-5s  %-*.*s  %9s  %4.0f  %9s/s  %7s  %6s  "
	    "%6" PRIu64 "  %8" PRIu64 "  %s\n", wpeer, peer,
	    stats_via_name(t->via), wfile, wfile, out_vis(t->name, name),
	    bytes_text(t->size, size), percent(t->bytes, t->size),
	    bytes_text(r->rate, rate), block, window, t->resent, t->timeouts,
	    age_text(watch_age(w, t->started_us), age));
}

/* The widest of the two columns whose width is not known. */
static void
widths(const struct watch *w, int *wpeer, int *wfile)
{
	char text[OUT_VIS_MAX], peer[NET_ADDR_TEXT];
	int n;

	*wpeer = (int)strlen("PEER");
	*wfile = (int)strlen("FILE");
	for (size_t i = 0; i < w->now->v.nt; i++) {
		net_addr_text(&w->row[i].t->peer, peer);
		if ((n = (int)strlen(peer)) > *wpeer)
			*wpeer = n;
		n = (int)strlen(out_vis(w->row[i].t->name, text));
		if (n > *wfile)
			*wfile = n < FILE_WIDTH_MAX ? n : FILE_WIDTH_MAX;
	}
}

void
watch_text(const struct watch *w, FILE *to)
{
	size_t n = w->now->v.nt;
	int wpeer, wfile;

	put_head(w, to);
	put_now(w, to);
	put_total(w, to);
	if (n > 0) {
		widths(w, &wpeer, &wfile);
		(void)fprintf(to, "\n%-*s  %-5s  %-*s  %9s  %4s  %11s  %7s  "
		    "%6s  %6s  %8s  %s\n", wpeer, "PEER", "VIA", wfile,
		    "FILE", "SIZE", "%", "RATE", "BLKSIZE", "WINDOW",
		    "RESENT", "TIMEOUTS", "AGE");
	}
	for (size_t i = 0; i < n; i++)
		put_row(w, &w->row[i], wpeer, wfile, to);
	if (w->unlisted > 0)
		(void)fprintf(to, "... and %" PRIu64 " transfers that have no "
		    "row\n", w->unlisted);
}

/* --- a terminal --- */

/* Bytes of the line that fill at most so many columns; characters of more than
 * one byte count once. */
static size_t
fit(const char *line, size_t len, unsigned columns)
{
	size_t n = 0;

	for (unsigned col = 0; n < len; n++)
		if (((unsigned char)line[n] & 0xc0) != 0x80 &&
		    col++ == columns)
			break;
	return n;
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		n++;
	return n;
}

void
watch_screen(const char *text, unsigned lines, unsigned columns, FILE *to)
{
	unsigned n = count_lines(text), room = lines > 2 ? lines - 1 : 1;
	const char *end;

	(void)fputs("\033[H", to);
	for (unsigned i = 0; i < n && i < (n > room ? room - 1 : room); i++) {
		end = strchrnul(text, '\n');
		(void)fprintf(to, "%.*s\033[K\n", (int)fit(text,
		    (size_t)(end - text), columns), text);
		text = end + 1;
	}
	if (n > room)
		(void)fprintf(to, "... %u lines more\033[K\n",
		    n - (room - 1));
	(void)fputs("\033[J", to);
}
