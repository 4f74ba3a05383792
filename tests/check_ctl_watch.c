/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What watch tftp makes of two looks.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/watch.h"

#define NT	3

static struct stats_transfer rows[2][NT];
static struct watch_look before, now;

static void
transfer(struct stats_transfer *t, uint64_t id, const char *ip,
    const char *name, uint64_t bytes)
{
	*t = (struct stats_transfer){ .via = STATS_TFTP, .id = id,
	    .size = 10000, .bytes = bytes, .started_us = 1790000000000000,
	    .blksize = 1428, .window = 8, .resent = 3, .timeouts = 2 };
	ck_assert_int_eq(net_addr_parse(&t->peer, ip, 2000, NULL), ERR_OK);
	(void)strcpy(t->name, name);
}

/* Two seconds apart: 1 has gone, 2 goes on, 3 is new; a fourth has no row. */
static void
setup(void)
{
	before = (struct watch_look){ .mono_ms = 5000 };
	now = (struct watch_look){ .mono_ms = 7000,
	    .wall_us = 1790000002500000 };
	before.v = (struct stats_view){ .pid = 9, .engine_us = 1, .nt = 2,
	    .t = rows[0], .begun = { 10, 20, 30 }, .bytes = { 1000, 0, 0 },
	    .packets = 100, .resent = 10, .timeouts = 5 };
	now.v = (struct stats_view){ .pid = 9, .engine_us = 1, .nt = 2,
	    .t = rows[1], .begun = { 16, 20, 30 }, .bytes = { 5000, 0, 0 },
	    .packets = 300, .resent = 20, .timeouts = 9, .nloops = 2,
	    .live = { 3, 0, 0 }, .rcvbuf = 4194304,
	    .started_us = 1790000000000000, .connections = 4 };
	now.v.ended[STATS_TFTP][STATS_DONE] = 12;
	now.v.ended[STATS_HTTPS][STATS_DONE] = 1;
	now.v.ended[STATS_TFTP][STATS_TIMEOUT] = 2;
	transfer(&rows[0][0], 2, "192.0.2.2", "two", 1000);
	transfer(&rows[0][1], 1, "192.0.2.1", "one", 500);
	transfer(&rows[1][0], 2, "192.0.2.2", "two", 1800);
	transfer(&rows[1][1], 3, "2001:db8::3", "three\033[2J", 6000);
}

static struct watch
compare(void)
{
	struct watch w;

	ck_assert_int_eq(watch_compare(&w, &before, &now, NULL), ERR_OK);
	return w;
}

START_TEST(rates)
{
	struct watch w = compare();

	ck_assert_int_eq(w.ms, 2000);
	ck_assert_uint_eq(w.d.begun[STATS_TFTP], 6);
	ck_assert_uint_eq(w.d.begun[STATS_HTTP], 0);
	ck_assert_uint_eq(w.d.bytes[STATS_TFTP], 4000);
	ck_assert_uint_eq(w.d.packets, 200);
	ck_assert_uint_eq(w.unlisted, 1);
	/* The fastest first. */
	ck_assert_uint_eq(w.row[0].t->id, 3);
	ck_assert_uint_eq(w.row[0].rate, 3000);
	ck_assert_uint_eq(w.row[1].t->id, 2);
	ck_assert_uint_eq(w.row[1].rate, 400);
	watch_clear(&w);
}
END_TEST

/* Counters of another engine are not subtracted, nor are its rows ours. */
START_TEST(engine_between)
{
	struct watch w;

	now.v.engine_us = 2;
	w = compare();
	ck_assert_uint_eq(w.d.begun[STATS_TFTP], 16);
	ck_assert_uint_eq(w.row[1].rate, 900);
	watch_clear(&w);
	now.v.engine_us = 1;
	now.v.bytes[0] = 0;	/* went back all the same */
	rows[1][0].bytes = 0;
	now.mono_ms = before.mono_ms;
	w = compare();
	ck_assert_uint_eq(w.d.bytes[STATS_TFTP], 0);
	ck_assert_uint_eq(w.row[1].rate, 0);
	watch_clear(&w);
	now.v.nt = before.v.nt = 0;
	now.v.live[0] = 0;
	w = compare();
	ck_assert_uint_eq(w.unlisted, 0);
	watch_clear(&w);
}
END_TEST

static char *
text_of(const struct watch *w)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	watch_text(w, f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(as_text)
{
	static const char *const parts[] = {
		"pid 9, up 2.5 s, 2 loops, receive buffer 4.2 MB\n",
		"live 3 (tftp 3, http 0, https 0), connections 4; 3.0 "
		"begun/s, 2.0 kB/s\n",
		"100.0 packets/s, 5.0 retransmissions/s (5.00 %), 2.0 "
		"timeouts/s\n",
		"66 begun, 13 done, 0 not found, 0 refused; failed: "
		"timeout 2\n",
		"5.0 kB, 20 retransmissions (6.67 %), 9 timeouts; ",
		"\n[2001:db8::3]:2000  tftp   three\\x1b[2J    10.0 kB    60"
		"     3.0 kB/s     1428       8       3         2  2.5 s\n"
		"192.0.2.2:2000      tftp   two             10.0 kB    18"
		"      400 B/s     1428       8       3         2  2.5 s\n",
		"\n... and 1 transfers that have no row\n",
	};
	struct watch w = compare();
	char *t = text_of(&w);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(t, parts[i]) != NULL, "%s\nnot in\n%s",
		    parts[i], t);
	free(t);
	watch_clear(&w);
}
END_TEST

static const struct {
	int64_t		 s;
	const char	*text;
} ages[] = {
	{ -5, "0.0 s" }, { 3, "3.0 s" }, { 59, "59 s" }, { 725, "12:05" },
	{ 3725, "1:02:05" }, { 86400 + 3725, "1 d 1:02:05" },
};

START_TEST(ages_and_sizes)
{
	struct watch w;
	char *t, want[64];

	now.wall_us = now.v.started_us + ages[_i].s * 1000000;
	now.v.rcvbuf = 999;
	w = compare();
	t = text_of(&w);
	(void)snprintf(want, sizeof(want), ", up %s, 2 loops, receive "
	    "buffer 999 B\n", ages[_i].text);
	ck_assert_msg(strstr(t, want) != NULL, "%s not in\n%s", want, t);
	free(t);
	watch_clear(&w);
}
END_TEST

/* Numbers that a program taken over may have written. */
START_TEST(not_believed)
{
	static const int64_t times[] = { INT64_MIN, -1, 0, INT64_MAX };
	struct watch w;
	json_int_t age;
	json_t *j;
	char *t;

	now.v.started_us = times[_i];
	now.v.bytes[STATS_TFTP] = UINT64_MAX;
	now.mono_ms = before.mono_ms + 1;
	rows[1][1].started_us = times[_i];
	rows[1][1].bytes = UINT64_MAX;
	rows[1][1].id = 2;
	w = compare();
	t = text_of(&w);
	ck_assert_ptr_nonnull(strstr(t, ", up 0.0 s, "));
	ck_assert_ptr_nonnull(strstr(t, "begun/s, 18.4 EB/s\n"));
	j = watch_json(&w);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(json_unpack(json_array_get(json_object_get(j,
		    "transfers"), i), "{s:I}", "age_ms", &age), 0);
		ck_assert(age == 0 || age == 2500);
	}
	json_decref(j);
	free(t);
	watch_clear(&w);
}
END_TEST

START_TEST(json)
{
	struct watch w = compare();
	json_t *j = watch_json(&w), *t;
	json_int_t pid, all, delta, rate, unlisted, done, age;
	const char *peer, *file;

	ck_assert_int_eq(json_unpack(j, "{s:{s:I}, s:{s:I, s:{s:I}}, s:{s:I},"
	    " s:I, s:o}", "tftpd", "pid", &pid, "total", "retransmissions",
	    &all, "ended", "done", &done, "interval", "retransmissions",
	    &delta, "not_listed", &unlisted, "transfers", &t), 0);
	ck_assert_int_eq(pid, 9);
	ck_assert_int_eq(all, 20);
	ck_assert_int_eq(done, 13);
	ck_assert_int_eq(delta, 10);
	ck_assert_int_eq(unlisted, 1);
	ck_assert_uint_eq(json_array_size(t), 2);
	ck_assert_int_eq(json_unpack(json_array_get(t, 0),
	    "{s:s, s:s, s:I, s:I}", "peer", &peer, "file", &file,
	    "bytes_per_second", &rate, "age_ms", &age), 0);
	ck_assert_str_eq(peer, "[2001:db8::3]:2000");
	ck_assert_str_eq(file, "three\\x1b[2J");
	ck_assert_int_eq(rate, 3000);
	ck_assert_int_eq(age, 2500);
	json_decref(j);
	watch_clear(&w);
}
END_TEST

static const struct {
	unsigned	 lines, columns;
	const char	*in, *out;
} screens[] = {
	{ 24, 80, "", "\033[H\033[J" },
	{ 24, 80, "ab\nc\n", "\033[Hab\033[K\nc\033[K\n\033[J" },
	{ 24, 3, "abcd\n\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n",
	    "\033[Habc\033[K\n\xc3\xa4\xc3\xa4\xc3\xa4\033[K\n\033[J" },
	{ 4, 80, "a\nb\nc\n", "\033[Ha\033[K\nb\033[K\nc\033[K\n\033[J" },
	{ 4, 80, "a\nb\nc\nd\n", "\033[Ha\033[K\nb\033[K\n... 2 lines more"
	    "\033[K\n\033[J" },
	{ 0, 80, "a\nb\n", "\033[H... 2 lines more\033[K\n\033[J" },
};

START_TEST(screen)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	watch_screen(screens[_i].in, screens[_i].lines, screens[_i].columns,
	    f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, screens[_i].out);
	free(text);
}
END_TEST

static const struct {
	const char	*s;
	int64_t		 ms;	/* 0: refused */
} intervals[] = {
	{ "1", 1000 }, { "0.1", 100 }, { "0.25", 250 }, { "2.5", 2500 },
	{ "3600", 3600000 }, { "1.005", 1005 },
	{ "0", 0 }, { "0.09", 0 }, { "3600.1", 0 }, { "3601", 0 },
	{ "", 0 }, { ".5", 0 }, { "-1", 0 }, { "1.-5", 0 }, { "1.0005", 0 },
	{ "1.2.3", 0 }, { "1s", 0 }, { "123456789012345678901", 0 },
	{ "0x10", 0 }, { " 1", 0 },
};

START_TEST(interval)
{
	int64_t ms = 0;
	struct err e = { 0 };
	int r = watch_interval(intervals[_i].s, &ms, &e);

	ck_assert_msg(r == (intervals[_i].ms > 0 ? ERR_OK : ERR_ARG),
	    "\"%s\": %d", intervals[_i].s, r);
	if (r == ERR_OK)
		ck_assert_int_eq(ms, intervals[_i].ms);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_watch");
	TCase *t = tcase_create("watch");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, rates);
	tcase_add_test(t, engine_between);
	tcase_add_test(t, as_text);
	tcase_add_loop_test(t, ages_and_sizes, 0,
	    sizeof(ages) / sizeof(ages[0]));
	tcase_add_loop_test(t, not_believed, 0, 4);
	tcase_add_test(t, json);
	tcase_add_loop_test(t, screen, 0,
	    sizeof(screens) / sizeof(screens[0]));
	tcase_add_loop_test(t, interval, 0,
	    sizeof(intervals) / sizeof(intervals[0]));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
