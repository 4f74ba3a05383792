/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Live statistics: what is written is read, whatever else the file holds.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/stats.h"

static char dir[64];
static int dirfd_;
static struct stats *S;		/* of two loops */

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_stats.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(dirfd_, -1);
	ck_assert_int_eq(mkdirat(dirfd_, "run", 0700), 0);
	S = stats_new(dirfd_, 2, NULL);
	ck_assert_ptr_nonnull(S);
	stats_engine(S);
}

static void
teardown(void)
{
	stats_free(S);
	(void)unlinkat(dirfd_, STATS_FILE, 0);
	(void)unlinkat(dirfd_, STATS_FILE, AT_REMOVEDIR);
	(void)unlinkat(dirfd_, "run", AT_REMOVEDIR);
	(void)close(dirfd_);
	(void)rmdir(dir);
}

static struct net_addr
address(const char *ip, uint16_t port)
{
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, ip, port, NULL), ERR_OK);
	return a;
}

static void
begin(struct stats_live *t, unsigned loop, enum stats_via via, uint64_t id,
    const struct net_addr *peer, const char *name)
{
	const struct stats_about a = { .via = via, .id = id, .peer = peer,
	    .name = name, .size = 1000 + id, .started_us = 77,
	    .blksize = 1428, .window = 4 };

	stats_begin(t, stats_loop(S, loop), &a);
}

static struct stats_view
look(void)
{
	struct stats_view v;
	struct err e = { 0 };

	ck_assert_msg(stats_look(dirfd_, &v, &e) == ERR_OK, "%s", e.msg);
	return v;
}

START_TEST(empty)
{
	struct stats_view v = look();
	struct stat st;

	ck_assert_uint_eq(v.pid, (unsigned)getpid());
	ck_assert_uint_eq(v.nloops, 2);
	ck_assert_uint_eq(v.nt, 0);
	ck_assert_int_gt(v.started_us, 1600000000000000);
	ck_assert_int_ge(v.engine_us, v.started_us);
	ck_assert_uint_eq(v.begun[STATS_TFTP], 0);
	stats_view_clear(&v);
	ck_assert_int_eq(fstatat(dirfd_, STATS_FILE, &st, 0), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	/* All of it is there: writing cannot fail for want of room. */
	ck_assert_int_ge(st.st_blocks * 512, st.st_size);
}
END_TEST

START_TEST(counted)
{
	const struct file_cache_stats c = { 5, 4, 3, 2, 1 };
	struct net_addr a = address("192.0.2.7", 2000);
	struct net_addr b = address("2001:db8::7", 3000);
	struct stats_live t = { 0 }, u = { 0 };
	struct stats_view v;
	char text[NET_ADDR_TEXT];

	stats_rcvbuf(S, 4 << 20);
	stats_cache(S, &c);
	begin(&t, 0, STATS_TFTP, 1, &a, "ITLFile.tlv");
	begin(&u, 1, STATS_HTTPS, 2, &b, "x.loads");
	stats_progress(&t, 500, 3, 0, 0);
	stats_progress(&t, 600, 5, 1, 1);
	stats_progress(&u, 42, 0, 0, 0);
	stats_shed(stats_loop(S, 1));
	stats_malformed(stats_loop(S, 1));
	stats_malformed(stats_loop(S, 0));
	v = look();
	ck_assert_uint_eq(v.rcvbuf, 4 << 20);
	ck_assert(v.cache.hits == 5 && v.cache.misses == 4 &&
	    v.cache.made == 3 && v.cache.n == 2 && v.cache.bytes == 1);
	ck_assert_uint_eq(v.begun[STATS_TFTP], 1);
	ck_assert_uint_eq(v.live[STATS_TFTP], 1);
	ck_assert_uint_eq(v.live[STATS_HTTP], 0);
	ck_assert_uint_eq(v.live[STATS_HTTPS], 1);
	ck_assert_uint_eq(v.bytes[STATS_TFTP], 600);
	ck_assert_uint_eq(v.bytes[STATS_HTTPS], 42);
	ck_assert_uint_eq(v.packets, 5);
	ck_assert_uint_eq(v.resent, 1);
	ck_assert_uint_eq(v.timeouts, 1);
	ck_assert_uint_eq(v.shed, 1);
	ck_assert_uint_eq(v.malformed, 2);
	ck_assert_uint_eq(v.nt, 2);
	net_addr_text(&v.t[0].peer, text);
	ck_assert_str_eq(text, "192.0.2.7:2000");
	ck_assert_str_eq(v.t[0].name, "ITLFile.tlv");
	ck_assert(v.t[0].via == STATS_TFTP && v.t[0].id == 1 &&
	    v.t[0].size == 1001 && v.t[0].bytes == 600 &&
	    v.t[0].resent == 1 && v.t[0].timeouts == 1 &&
	    v.t[0].started_us == 77 && v.t[0].blksize == 1428 &&
	    v.t[0].window == 4);
	net_addr_text(&v.t[1].peer, text);
	ck_assert_str_eq(text, "[2001:db8::7]:3000");
	ck_assert(v.t[1].via == STATS_HTTPS && v.t[1].bytes == 42);
	stats_view_clear(&v);

	stats_end(&t);
	stats_end(&t);		/* once is enough */
	stats_ended(stats_loop(S, 0), "tftp", "timeout");
	stats_ended(stats_loop(S, 1), "https", "done");
	stats_ended(stats_loop(S, 1), "https", "something else");
	v = look();
	ck_assert_uint_eq(v.live[STATS_TFTP], 0);
	ck_assert_uint_eq(v.ended[STATS_TFTP][STATS_TIMEOUT], 1);
	ck_assert_uint_eq(v.ended[STATS_HTTPS][STATS_DONE], 1);
	ck_assert_uint_eq(v.ended[STATS_HTTPS][STATS_FAILED], 1);
	ck_assert_uint_eq(v.nt, 1);
	ck_assert_uint_eq(v.t[0].id, 2);
	stats_view_clear(&v);
}
END_TEST

/* The row of one that ended is used again, from zero. */
START_TEST(row_again)
{
	struct net_addr a = address("192.0.2.7", 2000);
	struct stats_live t = { 0 };
	struct stats_view v;
	char longer[300];

	memset(longer, 'n', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	begin(&t, 0, STATS_TFTP, 1, &a, longer);
	stats_progress(&t, 5, 1, 1, 1);
	stats_end(&t);
	begin(&t, 0, STATS_HTTP, 9, &a, "b");
	v = look();
	ck_assert_uint_eq(v.nt, 1);
	ck_assert(v.t[0].id == 9 && v.t[0].bytes == 0 &&
	    v.t[0].resent == 0 && v.t[0].timeouts == 0);
	ck_assert_str_eq(v.t[0].name, "b");
	stats_view_clear(&v);
	stats_end(&t);
	begin(&t, 0, STATS_TFTP, 10, &a, longer);
	v = look();
	ck_assert_uint_eq(strlen(v.t[0].name), STATS_NAME_MAX - 1);
	stats_view_clear(&v);
}
END_TEST

START_TEST(more_than_rows)
{
	static struct stats_live t[STATS_ROWS];
	struct net_addr a = address("192.0.2.7", 2000);
	const size_t rows = STATS_ROWS / 2, n = rows + 100;
	struct stats_view v;

	for (size_t i = 0; i < n; i++)
		begin(&t[i], 1, STATS_TFTP, i, &a, "f");
	for (size_t i = 0; i < n; i++)
		stats_progress(&t[i], 10, 1, 0, 0);
	v = look();
	ck_assert_uint_eq(v.nt, rows);
	ck_assert_uint_eq(v.live[STATS_TFTP], n);
	ck_assert_uint_eq(v.bytes[STATS_TFTP], 10 * n);
	stats_view_clear(&v);
	for (size_t i = 0; i < n; i++)
		stats_end(&t[i]);
	for (size_t i = 0; i < rows; i++)
		begin(&t[i], 1, STATS_TFTP, i, &a, "f");
	v = look();
	ck_assert_uint_eq(v.nt, rows);
	ck_assert_uint_eq(v.live[STATS_TFTP], rows);
	stats_view_clear(&v);
}
END_TEST

static void
cut_to(off_t len)
{
	int fd = openat(dirfd_, STATS_FILE, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(ftruncate(fd, len), 0);
	(void)close(fd);
}

/* An engine that died has left rows, one of them half written. */
START_TEST(engine_again)
{
	struct net_addr a = address("192.0.2.7", 2000);
	struct stats_live t = { 0 }, u = { 0 };
	struct stats_view v = look();
	int64_t first = v.engine_us;

	stats_view_clear(&v);
	begin(&t, 0, STATS_TFTP, 1, &a, "f");
	begin(&u, 0, STATS_TFTP, 2, &a, "g");
	atomic_fetch_add(&u.row->seq, 1);
	v = look();
	ck_assert_uint_eq(v.nt, 1);
	stats_view_clear(&v);
	cut_to(0);		/* as if that had killed it */
	stats_engine(S);
	v = look();
	ck_assert_uint_eq(v.nt, 0);
	ck_assert_uint_eq(v.begun[STATS_TFTP], 0);
	ck_assert_int_ge(v.engine_us, first);
	stats_view_clear(&v);
	begin(&t, 0, STATS_TFTP, 3, &a, "h");
	begin(&u, 0, STATS_TFTP, 4, &a, "i");
	v = look();
	ck_assert_uint_eq(v.nt, 2);
	stats_view_clear(&v);
	stats_engine(S);	/* without a cut: what is left is cleared */
	v = look();
	ck_assert_uint_eq(v.nt, 0);
	stats_view_clear(&v);
}
END_TEST

/* Counting is optional, and so is the file. */
START_TEST(without)
{
	struct net_addr a = address("192.0.2.7", 2000);
	const struct stats_about about = { .peer = &a, .name = "f" };
	struct stats_live t = { 0 };
	struct stats_view v;
	struct stats *mem;

	stats_begin(&t, NULL, &about);
	stats_progress(&t, 1, 1, 1, 1);
	stats_end(&t);
	stats_ended(NULL, "tftp", "done");
	stats_shed(NULL);
	stats_malformed(NULL);
	mem = stats_new(-1, 1, NULL);
	ck_assert_ptr_nonnull(mem);
	stats_engine(mem);
	stats_begin(&t, stats_loop(mem, 0), &about);
	stats_end(&t);
	stats_free(mem);
	/* No folder for it: it is done without, and no file is left. */
	ck_assert_int_eq(unlinkat(dirfd_, STATS_FILE, 0), 0);
	ck_assert_int_eq(unlinkat(dirfd_, "run", AT_REMOVEDIR), 0);
	mem = stats_new(dirfd_, 1, NULL);
	ck_assert_ptr_nonnull(mem);
	stats_engine(mem);
	stats_free(mem);
	ck_assert_int_eq(stats_look(dirfd_, &v, NULL), ERR_NOTFOUND);
}
END_TEST

/* --- a file that is not as it should be --- */

static void
patch(off_t off, const void *p, size_t len)
{
	int fd = openat(dirfd_, STATS_FILE, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(pwrite(fd, p, len, off), (ssize_t)len);
	(void)close(fd);
}

static const struct {
	const char	*name;
	size_t		 off;
	uint64_t	 v;
	size_t		 len;
	int		 code;
} broken[] = {
	{ "magic", 0, 0, 1, ERR_PROTO },
	{ "layout", offsetof(struct stats_head, layout), 99, 4, ERR_SCHEMA },
	{ "no loops", offsetof(struct stats_head, nloops), 0, 4, ERR_PROTO },
	{ "loops", offsetof(struct stats_head, nloops), 3, 4, ERR_PROTO },
	{ "many loops", offsetof(struct stats_head, nloops), UINT32_MAX, 4,
	    ERR_PROTO },
	{ "no rows", offsetof(struct stats_head, nrows), 0, 4, ERR_PROTO },
	{ "many rows", offsetof(struct stats_head, nrows), UINT32_MAX, 4,
	    ERR_PROTO },
	{ "size", offsetof(struct stats_head, size), UINT64_MAX, 8,
	    ERR_PROTO },
	/* Not believed, and no harm. */
	{ "rows used", 256, UINT64_MAX, 8, ERR_OK },
	{ "transport", 256 + 512 + 5, 250, 1, ERR_OK },
	{ "row used", 256 + 512 + 4, 250, 1, ERR_OK },
	{ "written for ever", 256 + 512, 7, 4, ERR_OK },
};

START_TEST(broken_file)
{
	struct net_addr a = address("192.0.2.7", 2000);
	struct stats_live t = { 0 };
	struct stats_view v;
	struct err e = { 0 };

	begin(&t, 0, STATS_TFTP, 1, &a, "f");
	patch((off_t)broken[_i].off, &broken[_i].v, broken[_i].len);
	ck_assert_msg(stats_look(dirfd_, &v, &e) == broken[_i].code,
	    "%s: %s", broken[_i].name, e.msg);
	if (broken[_i].code == ERR_OK)
		ck_assert_uint_eq(v.nt, broken[_i].off == 256 ? 1 : 0);
	stats_view_clear(&v);
}
END_TEST

/* A name without an end is cut, not run over. */
START_TEST(endless_name)
{
	struct net_addr a = address("192.0.2.7", 2000);
	char name[STATS_NAME_MAX];
	struct stats_live t = { 0 };
	struct stats_view v;

	memset(name, 'x', sizeof(name));
	begin(&t, 0, STATS_TFTP, 1, &a, "f");
	patch(256 + 512 + (off_t)offsetof(struct stats_row, name), name,
	    sizeof(name));
	v = look();
	ck_assert_uint_eq(strlen(v.t[0].name), STATS_NAME_MAX - 1);
	stats_view_clear(&v);
}
END_TEST

START_TEST(cut_file)
{
	static const off_t lens[] = { 0, 1, 255, 256, 300, 256 + 512, 5000 };
	struct stats_view v;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		int fd = openat(dirfd_, STATS_FILE, O_RDWR | O_CLOEXEC);
		char copy[32] = "/tmp/check_stats.XXXXXX";
		uint8_t buf[5000];
		int to = mkstemp(copy);

		ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0),
		    sizeof(buf));
		ck_assert_int_eq(write(to, buf, (size_t)lens[i]), lens[i]);
		ck_assert_int_eq(stats_look_fd(to, &v, &e), ERR_PROTO);
		(void)unlink(copy);
		(void)close(to);
		(void)close(fd);
	}
}
END_TEST

START_TEST(not_a_file)
{
	struct stats_view v;

	ck_assert_int_eq(unlinkat(dirfd_, STATS_FILE, 0), 0);
	ck_assert_int_eq(stats_look(dirfd_, &v, NULL), ERR_NOTFOUND);
	ck_assert_int_eq(mkfifoat(dirfd_, STATS_FILE, 0600), 0);
	ck_assert_int_eq(stats_look(dirfd_, &v, NULL), ERR_PROTO);
	ck_assert_int_eq(unlinkat(dirfd_, STATS_FILE, 0), 0);
	ck_assert_int_eq(mkdirat(dirfd_, STATS_FILE, 0700), 0);
	ck_assert_int_eq(stats_look(dirfd_, &v, NULL), ERR_PROTO);
}
END_TEST

/* --- looking while it is written --- */

static atomic_bool over;

static void *
writer(void *arg)
{
	static const char *const names[] = { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "b", "cccccccccccccccccccc" };
	struct net_addr a[3] = { address("10.0.0.1", 1),
	    address("2001:db8::2", 2), address("10.0.0.3", 3) };
	struct stats_live t = { 0 };

	(void)arg;
	for (unsigned i = 0; !atomic_load(&over); i = (i + 1) % 3) {
		begin(&t, 0, STATS_TFTP, i, &a[i], names[i]);
		for (uint64_t k = 1; k < 20; k++)
			stats_progress(&t, k << 30 | k, 1, k, k);
		stats_end(&t);
	}
	return NULL;
}

/* Every row that is seen fits together. */
START_TEST(never_torn)
{
	static const size_t len[] = { 30, 1, 20 };
	size_t seen = 0;
	pthread_t th;

	atomic_store(&over, false);
	ck_assert_int_eq(pthread_create(&th, NULL, writer, NULL), 0);
	for (int i = 0; i < 3000 || (seen == 0 && i < 1000000); i++) {
		struct stats_view v = look();

		ck_assert_uint_le(v.nt, 1);
		for (size_t k = 0; k < v.nt; k++) {
			const struct stats_transfer *t = &v.t[k];

			ck_assert_uint_lt(t->id, 3);
			ck_assert_uint_eq(t->size, 1000 + t->id);
			ck_assert_uint_eq(strlen(t->name), len[t->id]);
			ck_assert_uint_eq(net_addr_port(&t->peer), t->id + 1);
			ck_assert_uint_eq(t->bytes >> 30,
			    t->bytes & 0x3fffffff);
			seen++;
		}
		stats_view_clear(&v);
	}
	atomic_store(&over, true);
	ck_assert_int_eq(pthread_join(th, NULL), 0);
	ck_assert_uint_gt(seen, 0);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(stats_via_name(STATS_HTTPS), "https");
	for (int r = 0; r < STATS_NRESULT; r++)
		ck_assert_ptr_nonnull(stats_result_name((enum stats_result)r));
	ck_assert_str_eq(stats_result_name(STATS_TOO_LONG), "too_long");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, empty);
	tcase_add_test(t, counted);
	tcase_add_test(t, row_again);
	tcase_add_test(t, more_than_rows);
	tcase_add_test(t, engine_again);
	tcase_add_test(t, without);
	tcase_add_loop_test(t, broken_file, 0,
	    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(t, endless_name);
	tcase_add_test(t, cut_file);
	tcase_add_test(t, not_a_file);
	tcase_add_test(t, never_torn);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
