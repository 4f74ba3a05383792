/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Opening static files below their roots: nothing leaves them, nothing but
 * regular files is opened, case is forgiven in one way only.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "tests/openat2.h"
#include "trust/file_open.h"
#include "trust/file_stamp.h"

static char top[64];		/* top/state/tftp, top/other, top/secret */
static int topfd, statefd;
static struct file_roots *roots;

static void
put(const char *path, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(file_replace(topfd, path, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

static void
folder(const char *path)
{
	ck_assert_int_eq(mkdirat(topfd, path, 0755), 0);
}

static void
set_up(void)
{
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	(void)strcpy(top, "/tmp/check_file_open.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(topfd, -1);
	folder("state");
	folder("state/tftp");
	folder("state/run");
	folder("other");
	put("secret", "no");
	put("state/master.key", "no");
	statefd = openat(topfd, "state", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_ptr_nonnull(roots = file_roots_new(statefd, &e));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static void
tear_down(void)
{
	file_roots_free(roots);
	(void)close(statefd);
	(void)close(topfd);
	(void)nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The text of a file, or "!error". */
static const char *
get(const char *name)
{
	static char text[64];
	struct err e = { 0 };
	struct stat st;
	ssize_t n;
	int fd = -1, ret;

	if ((ret = file_roots_open(roots, name, &fd, &st, &e)) != ERR_OK) {
		ck_assert_int_eq(fd, -1);
		ck_assert_int_eq(e.code, ret);
		(void)snprintf(text, sizeof(text), "!%s", err_name(ret));
		return text;
	}
	ck_assert((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_eq(n, st.st_size);
	text[n] = '\0';
	(void)close(fd);
	return text;
}

static void
set_roots(const char *fmt, const char *a, const char *b)
{
	char paths[4 * PATH_MAX];
	struct err e = { 0 };

	(void)snprintf(paths, sizeof(paths), fmt, top, a, top, b);
	ck_assert_int_eq(file_roots_set(roots, paths, &e), ERR_OK);
}

START_TEST(exact_and_case)
{
	put("state/tftp/RingList.xml", "ring");
	folder("state/tftp/New_Zealand");
	put("state/tftp/New_Zealand/g3-tones.xml", "nz");
	ck_assert_str_eq(get("RingList.xml"), "ring");
	ck_assert_str_eq(get("Ringlist.XML"), "ring");
	ck_assert_str_eq(get("New_Zealand/g3-tones.xml"), "nz");
	ck_assert_str_eq(get("new_zealand/G3-tones.xml"), "nz");
	ck_assert_str_eq(get("new_zealand/none"), "!not_found");
	ck_assert_str_eq(get("RingList.xml/x"), "!not_found");
	ck_assert_str_eq(get("none/x"), "!not_found");
	/* Of several that differ in case the first by strcmp, exact before. */
	put("state/tftp/ringlist.xml", "lower");
	put("state/tftp/RINGLIST.xml", "upper");
	ck_assert_str_eq(get("RingList.xml"), "ring");
	ck_assert_str_eq(get("ringlist.xml"), "lower");
	ck_assert_str_eq(get("rINGLIST.XML"), "upper");
	/* Only A-Z: no other folding. */
	put("state/tftp/\xc3\x89.xml", "e");
	ck_assert_str_eq(get("\xc3\xa9.xml"), "!not_found");
	ck_assert_str_eq(get("\xc3\x89.XML"), "e");
}
END_TEST

START_TEST(not_regular)
{
	folder("state/tftp/Desktops");
	ck_assert_int_eq(mkfifoat(topfd, "state/tftp/fifo", 0666), 0);
	ck_assert_str_eq(get("Desktops"), "!not_found");
	ck_assert_str_eq(get("desktops"), "!not_found");
	ck_assert_str_eq(get("fifo"), "!not_found");	/* and does not hang */
	ck_assert_str_eq(get("FIFO"), "!not_found");
}
END_TEST

static void
link_to(const char *target, const char *name)
{
	ck_assert_int_eq(symlinkat(target, topfd, name), 0);
}

START_TEST(symlinks)
{
	struct err e = { 0 };
	struct stat st;
	char abs[PATH_MAX];
	int fd;

	put("state/tftp/real", "real");
	folder("state/tftp/d");
	link_to("real", "state/tftp/inside");
	link_to("../real", "state/tftp/d/up");
	link_to("../../secret", "state/tftp/out");
	link_to("../../..", "state/tftp/outdir");
	link_to("../master.key", "state/tftp/key");
	link_to("loop", "state/tftp/loop");
	link_to("nothing", "state/tftp/dangling");
	(void)snprintf(abs, sizeof(abs), "%s/secret", top);
	link_to(abs, "state/tftp/abs");
	link_to("/proc/self/fd/0", "state/tftp/magic");
	ck_assert_str_eq(get("inside"), "real");
	ck_assert_str_eq(get("INSIDE"), "real");
	ck_assert_str_eq(get("d/up"), "real");
	ck_assert_str_eq(get("out"), "!denied");
	ck_assert_str_eq(get("OUT"), "!denied");
	ck_assert_str_eq(get("outdir/secret"), "!denied");
	ck_assert_str_eq(get("OutDir/secret"), "!denied");
	ck_assert_str_eq(get("key"), "!denied");
	ck_assert_str_eq(get("abs"), "!denied");
	ck_assert_str_eq(get("magic"), "!denied");
	ck_assert_str_eq(get("loop"), "!denied");
	ck_assert_str_eq(get("dangling"), "!not_found");
	ck_assert_int_eq(file_roots_open(roots, "out", &fd, &st, &e),
	    ERR_DENIED);
	ck_assert_str_eq(e.msg, "out: symlink leaves the root tftp");
}
END_TEST

/* file_name_parse refuses these; the kernel would as well. */
START_TEST(beneath)
{
	ck_assert_str_eq(get("../master.key"), "!denied");
	ck_assert_str_eq(get("x/../../master.key"), "!not_found");
	ck_assert_str_eq(get("/etc/passwd"), "!denied");
}
END_TEST

START_TEST(unreadable)
{
	put("state/tftp/shut", "x");
	ck_assert_int_eq(fchmodat(topfd, "state/tftp/shut", 0, 0), 0);
	ck_assert_str_eq(get("shut"), geteuid() == 0 ? "x" : "!denied");
}
END_TEST

START_TEST(further_roots)
{
	put("other/a", "other");
	put("other/Only", "only");
	ck_assert_str_eq(get("a"), "!not_found");
	set_roots("%s/%s:%s/%s", "missing", "other");
	ck_assert_str_eq(get("a"), "other");
	ck_assert_str_eq(get("only"), "only");
	/* tftp/ comes first, but an exact name before another spelling. */
	put("state/tftp/a", "own");
	put("state/tftp/ONLY", "own");
	ck_assert_str_eq(get("a"), "own");
	ck_assert_str_eq(get("Only"), "only");
	ck_assert_str_eq(get("only"), "own");
	/* A folder that comes later is found at the next reading. */
	folder("missing");
	put("missing/b", "late");
	ck_assert_str_eq(get("b"), "!not_found");
	set_roots("%s/%s:%s/%s", "missing", "other");
	ck_assert_str_eq(get("b"), "late");
	/* Given up again. */
	ck_assert_int_eq(file_roots_set(roots, "", NULL), ERR_OK);
	ck_assert_str_eq(get("b"), "!not_found");
	ck_assert_str_eq(get("a"), "own");
}
END_TEST

/* Whatever way leads to the state folder, its secrets are not served. */
/* True: what is looked up is what opening finds. */
static bool
look(const char *name)
{
	struct stat st, opened;
	int fd;

	if (!file_roots_look(roots, name, &st))
		return false;
	ck_assert_int_eq(file_roots_open(roots, name, &fd, &opened, NULL),
	    ERR_OK);
	(void)close(fd);
	ck_assert(file_stamp_equal(&st, &opened));
	return true;
}

START_TEST(looking)
{
	bool local = file_stamp_local(topfd);

	folder("state/tftp/sub");
	put("state/tftp/sub/a.xml", "a");
	put("state/tftp/a.xml", "a");
	put("state/tftp/both.xml", "first");
	put("other/both.xml", "second");
	put("other/far.xml", "far");
	set_roots("%s/%s:%s/%s", "missing", "other");
	ck_assert(look("a.xml") == local);
	ck_assert(look("both.xml") == local);
	ck_assert(look("far.xml") == local);
	ck_assert(!look("A.xml"));
	ck_assert(!look("none.xml"));
	ck_assert(!look("sub"));
	ck_assert(!look("sub/a.xml"));
	ck_assert_int_eq(symlinkat("a.xml", topfd, "state/tftp/l.xml"), 0);
	ck_assert(!look("l.xml"));
	ck_assert_int_eq(symlinkat("../../secret", topfd,
	    "state/tftp/far.xml"), 0);
	ck_assert(!look("far.xml"));	/* opening is refused */
	ck_assert_int_eq(mkfifoat(topfd, "state/tftp/fifo", 0644), 0);
	ck_assert(!look("fifo"));
}
END_TEST

/* On a file system of another kind every file is opened. */
START_TEST(looking_elsewhere)
{
	struct stat st;
	int fd;

	ck_assert_int_eq(file_roots_set(roots, "/proc/sys/kernel", NULL),
	    ERR_OK);
	ck_assert_int_eq(file_roots_open(roots, "ostype", &fd, &st, NULL),
	    ERR_OK);
	(void)close(fd);
	ck_assert(!file_roots_look(roots, "ostype", &st));
}
END_TEST

START_TEST(roots_replaced)
{
	put("state/tftp/a.xml", "old");
	set_roots("%s/%s:%s/%s", "other", "more");
	file_roots_check(roots);
	ck_assert_str_eq(get("a.xml"), "old");
	folder("more");		/* was missing */
	put("more/m.xml", "more");
	ck_assert_str_eq(get("m.xml"), "!not_found");
	file_roots_check(roots);
	ck_assert_str_eq(get("m.xml"), "more");
	ck_assert_int_eq(renameat(topfd, "more", topfd, "gone"), 0);
	file_roots_check(roots);
	ck_assert_str_eq(get("m.xml"), "!not_found");
	/* tftp/ is held until there is another one. */
	ck_assert_int_eq(renameat(topfd, "state/tftp", topfd, "was"), 0);
	file_roots_check(roots);
	ck_assert_str_eq(get("a.xml"), "old");
	folder("state/tftp");
	put("state/tftp/a.xml", "new");
	file_roots_check(roots);
	ck_assert_str_eq(get("a.xml"), "new");
	/* One that would let keys be reached does not come in this way. */
	ck_assert_int_eq(renameat(topfd, "other", topfd, "gone2"), 0);
	ck_assert_int_eq(symlinkat("state", topfd, "other"), 0);
	file_roots_check(roots);
	ck_assert_str_eq(get("master.key"), "!not_found");
	file_roots_check(roots);
	ck_assert_str_eq(get("master.key"), "!not_found");
}
END_TEST

START_TEST(state_refused)
{
	static const struct {
		const char	*root, *name;
	} bad[] = {
		{ "", "state/master.key" }, { "", "secret" },
		{ "state", "master.key" }, { "state/", "master.key" },
		{ "state/tftp/..", "master.key" }, { "link", "master.key" },
		{ "uplink", "state/master.key" }, { "state/run", "pid" },
	};

	put("state/run/pid", "1");
	link_to("state", "link");
	link_to(".", "uplink");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_roots("%s/%s:%s/%s", bad[i].root, "nothing");
		ck_assert_msg(strcmp(get(bad[i].name), "!not_found") == 0,
		    "root %s serves %s", bad[i].root, bad[i].name);
	}
	ck_assert_int_eq(file_roots_set(roots, "/", NULL), ERR_OK);
	ck_assert_str_eq(get("etc/passwd"), "!not_found");
	/* Relative paths mean nothing: the working folder is the state. */
	ck_assert_int_eq(fchdir(topfd), 0);
	ck_assert_int_eq(file_roots_set(roots, "other", NULL), ERR_OK);
	put("other/a", "other");
	ck_assert_str_eq(get("a"), "!not_found");
	ck_assert_int_eq(chdir("/"), 0);
	/* tftp/ and what is below it is served anyway. */
	folder("state/tftp/sub");
	put("state/tftp/sub/x", "sub");
	set_roots("%s/%s:%s/%s", "state/tftp/sub", "state/tftp");
	ck_assert_str_eq(get("x"), "sub");
}
END_TEST

START_TEST(many_roots)
{
	char paths[8192] = "", one[128];

	put("other/a", "other");
	for (int i = 0; i < FILE_ROOTS_MAX - 1; i++)
		(void)strcat(paths, "/nowhere:");
	(void)snprintf(one, sizeof(one), "%s/other", top);
	(void)strcat(paths, one);
	/* The sixteenth folder is tftp/ itself. */
	ck_assert_int_eq(file_roots_set(roots, paths, NULL), ERR_OK);
	ck_assert_str_eq(get("a"), "!not_found");
	ck_assert_int_eq(file_roots_set(roots, paths + strlen("/nowhere:"),
	    NULL), ERR_OK);
	ck_assert_str_eq(get("a"), "other");
}
END_TEST

START_TEST(large_folder)
{
	char name[32];
	int fd;

	folder("other/big");
	for (int i = 0; i < FILE_SCAN_MAX - 2; i++) {
		(void)snprintf(name, sizeof(name), "other/big/f%d", i);
		fd = openat(topfd, name, O_WRONLY | O_CREAT | O_CLOEXEC,
		    0644);
		ck_assert_int_ne(fd, -1);
		(void)close(fd);
	}
	set_roots("%s/%s:%s/%s", "other", "nothing");
	ck_assert_str_eq(get("big/F7"), "");	/* "." and ".." count too */
	put("other/big/last", "last");
	ck_assert_str_eq(get("big/F7"), "!limit");
	ck_assert_str_eq(get("big/f7"), "");
	ck_assert_str_eq(get("BIG/last"), "last");
}
END_TEST

START_TEST(no_tftp)
{
	struct err e = { 0 };

	ck_assert_int_eq(unlinkat(topfd, "state/tftp", AT_REMOVEDIR), 0);
	ck_assert_ptr_null(file_roots_new(statefd, &e));
	ck_assert_int_eq(e.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "make it again"));
	folder("state/tftp");
}
END_TEST

/* Remove a name: the root it was in, or "!error". */
static const char *
drop(const char *name)
{
	static char text[32];
	const char *root = "";
	struct err e = { 0 };
	int ret = file_roots_unlink(roots, name, &root, &e);

	ck_assert_int_eq(ret, e.code);
	if (ret == ERR_OK)
		return strrchr(root, '/') != NULL ? strrchr(root, '/') : root;
	(void)snprintf(text, sizeof(text), "!%s", err_name(ret));
	return text;
}

START_TEST(removing)
{
	set_roots("%s%s:%s%s", "/other", "/missing");
	folder("state/tftp/d");
	put("state/tftp/d/x.xml", "first");
	put("other/y.xml", "second");
	ck_assert_int_eq(mkdirat(topfd, "other/d", 0755), 0);
	put("other/d/x.xml", "second");
	ck_assert_str_eq(drop("d/X.xml"), "!not_found");
	ck_assert_str_eq(drop("d"), "!refused");
	ck_assert_str_eq(drop("none/x.xml"), "!not_found");
	ck_assert_str_eq(drop("d/x.xml"), "tftp");
	ck_assert_str_eq(get("d/x.xml"), "second");
	ck_assert_str_eq(drop("d/x.xml"), "/other");
	ck_assert_str_eq(drop("d/x.xml"), "!not_found");
	ck_assert_str_eq(drop("y.xml"), "/other");
	/* The link goes, never what it leads to; nothing through one. */
	ck_assert_int_eq(symlinkat("../../secret", topfd, "state/tftp/s"),
	    0);
	ck_assert_int_eq(symlinkat("../..", topfd, "state/tftp/up"), 0);
	ck_assert_str_eq(drop("up/secret"), "!denied");
	ck_assert_str_eq(drop("s"), "tftp");
	ck_assert_int_eq(faccessat(topfd, "secret", F_OK, 0), 0);
}
END_TEST

int
main(void)
{
	SRunner *r;
	Suite *s;
	TCase *t;
	int failed;

	if (!have_openat2())
		return 77;
	s = suite_create("file_open");
	t = tcase_create("open");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, exact_and_case);
	tcase_add_test(t, not_regular);
	tcase_add_test(t, symlinks);
	tcase_add_test(t, beneath);
	tcase_add_test(t, unreadable);
	tcase_add_test(t, further_roots);
	tcase_add_test(t, looking);
	tcase_add_test(t, looking_elsewhere);
	tcase_add_test(t, roots_replaced);
	tcase_add_test(t, state_refused);
	tcase_add_test(t, many_roots);
	tcase_add_test(t, large_folder);
	tcase_add_test(t, no_tftp);
	tcase_add_test(t, removing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
