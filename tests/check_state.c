/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The state folder, its master key and the run lock.  With _i == 1 a test
 * runs as a user that is not root; started as one, both ways are the same.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/state.h"

#define OTHER_UID	65534
#define KEY_LEN		32

/* A temporary folder per test: above holds the state folder. */
static char above[64], state[80];

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static void
set_up(void)
{
	(void)strcpy(above, "/tmp/check_state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(above));
	(void)snprintf(state, sizeof(state), "%s/state", above);
}

static void
tear_down(void)
{
	(void)nftw(above, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* For tests that fork: only there may root be given up. */
static void
become(int i)
{
	if (i == 0 || geteuid() != 0)
		return;
	ck_assert_int_eq(chown(above, OTHER_UID, OTHER_UID), 0);
	ck_assert_int_eq(setgroups(0, NULL), 0);
	ck_assert_int_eq(setresgid(OTHER_UID, OTHER_UID, OTHER_UID), 0);
	ck_assert_int_eq(setresuid(OTHER_UID, OTHER_UID, OTHER_UID), 0);
}

static struct stat
stat_of(int dirfd, const char *name)
{
	struct stat st;

	ck_assert_msg(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0,
	    "%s: %s", name, strerror(errno));
	return st;
}

static void
put(int dirfd, const char *name, mode_t mode, const void *buf, size_t len)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_msg(fd != -1, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(write(fd, buf, len), (ssize_t)len);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static int
make_state(void)
{
	struct err e = { 0 };
	int fd = -1;

	ck_assert_msg(state_create(state, &fd, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(path_chosen)
{
	ck_assert_int_eq(unsetenv(STATE_ENV), 0);
	ck_assert_str_eq(state_path(NULL), STATE_DEFAULT);
	ck_assert_int_eq(setenv(STATE_ENV, "", 1), 0);
	ck_assert_str_eq(state_path(NULL), STATE_DEFAULT);
	ck_assert_int_eq(setenv(STATE_ENV, "/from/env", 1), 0);
	ck_assert_str_eq(state_path(NULL), "/from/env");
	ck_assert_str_eq(state_path("/given"), "/given");
	ck_assert_int_eq(unsetenv(STATE_ENV), 0);
}
END_TEST

START_TEST(user)
{
	struct state_user u;
	struct err e = { 0 };

	become(_i);
	ck_assert_msg(state_user(&u, &e) == ERR_OK, "%s", e.msg);
	if (geteuid() == 0) {
		ck_assert(!u.same);
		ck_assert(u.uid != 0 && u.gid != 0);
	} else {
		ck_assert(u.same && !u.fallback);
		ck_assert_uint_eq(u.uid, geteuid());
		ck_assert_uint_eq(u.gid, getegid());
	}
}
END_TEST

/* Owner and modes, of a folder that is made and of an empty one. */
static void
check_created(int fd)
{
	struct state_user u;
	struct stat st = stat_of(fd, ".");
	mode_t mode = geteuid() == 0 ? 0750 : 0700;

	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_gid, u.gid);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	st = stat_of(fd, "tftp");
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_gid, u.gid);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	st = stat_of(fd, "run");
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	st = stat_of(fd, "cache");
	ck_assert_uint_eq(st.st_uid, u.uid);
	ck_assert_uint_eq(st.st_mode & 07777, mode);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

START_TEST(create_new)
{
	int fd;

	become(_i);
	(void)umask(_i == 0 ? 0 : 077);		/* has no say */
	fd = make_state();
	check_created(fd);
	(void)close(fd);
}
END_TEST

START_TEST(create_takes_empty)
{
	int fd;

	become(_i);
	ck_assert_int_eq(mkdir(state, 0777), 0);
	ck_assert_int_eq(chmod(state, 0777), 0);
	fd = make_state();
	check_created(fd);
	/* Again: left by an interrupted node init, or a fresh file system. */
	ck_assert_int_eq(unlinkat(fd, "run", AT_REMOVEDIR), 0);
	ck_assert_int_eq(mkdirat(fd, "lost+found", 0700), 0);
	(void)close(fd);
	fd = make_state();
	check_created(fd);
	(void)close(fd);
}
END_TEST

static void
refuse_create(int code, const char *text)
{
	struct err e = { 0 };
	int fd = -1;

	ck_assert_int_eq(state_create(state, &fd, &e), code);
	ck_assert_int_eq(fd, -1);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
	ck_assert_msg(strstr(e.msg, state) != NULL, "%s", e.msg);
}

START_TEST(create_refused)
{
	int fd;

	become(_i);
	ck_assert_int_eq(mkdir(state, 0700), 0);
	fd = open(state, O_RDONLY | O_DIRECTORY);
	put(fd, "holiday.jpg", 0600, "x", 1);
	refuse_create(ERR_REFUSED, "not empty");
	ck_assert_int_eq(unlinkat(fd, "holiday.jpg", 0), 0);
	ck_assert_int_eq(mkdirat(fd, "tftp", 0700), 0);
	put(fd, "tftp/x", 0600, "x", 1);
	refuse_create(ERR_REFUSED, "not empty");
	put(fd, STATE_DB, 0600, "x", 1);
	refuse_create(ERR_EXISTS, "already holds a node");
	/* Nothing was changed or made. */
	ck_assert_int_eq(faccessat(fd, "tftp/x", F_OK, 0), 0);
	ck_assert_int_ne(faccessat(fd, "run", F_OK, 0), 0);
	(void)close(fd);
}
END_TEST

START_TEST(create_impossible)
{
	become(_i);
	put(AT_FDCWD, state, 0600, "x", 1);
	refuse_create(ERR_IO, "--state");
	(void)unlink(state);
	(void)snprintf(state, sizeof(state), "%s/no/such", above);
	refuse_create(ERR_IO, "does not exist");
}
END_TEST

/* Only the effective user changes, so that the folder can be removed. */
START_TEST(create_denied)
{
	bool root = geteuid() == 0;

	ck_assert_int_eq(chmod(above, 0500), 0);
	if (root)
		ck_assert_int_eq(seteuid(OTHER_UID), 0);
	refuse_create(ERR_DENIED, "run as root");
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chmod(above, 0700), 0);
}
END_TEST

START_TEST(opened)
{
	struct err e = { 0 };
	char cure[160];
	int fd, fd2 = -1;

	become(_i);
	(void)snprintf(cure, sizeof(cure), "ctltool --state %s node init",
	    state);
	ck_assert_int_eq(state_open(state, &fd2, &e), ERR_BADSTATE);
	ck_assert_msg(strstr(e.msg, cure) != NULL, "%s", e.msg);
	fd = make_state();
	ck_assert_int_eq(state_open(state, &fd2, &e), ERR_BADSTATE);
	ck_assert_int_eq(fd2, -1);
	put(fd, STATE_DB, 0600, "x", 1);
	ck_assert_msg(state_open(state, &fd2, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(faccessat(fd2, STATE_DB, F_OK, 0), 0);
	(void)close(fd2);
	(void)close(fd);
}
END_TEST

START_TEST(owned_file)
{
	struct state_user u;
	struct stat st;
	struct err e = { 0 };
	int fd;

	become(_i);
	fd = make_state();
	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	put(fd, "a", 0600, "x", 1);
	ck_assert_int_eq(state_own_file(fd, "a", 0640, false, &e), ERR_OK);
	st = stat_of(fd, "a");
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_uint_eq(st.st_uid, geteuid());
	ck_assert_uint_eq(st.st_gid, u.gid);
	ck_assert_int_eq(state_own_file(fd, "a", 0600, true, &e), ERR_OK);
	st = stat_of(fd, "a");
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(st.st_uid, u.uid);
	/* Not through a link, and not what is not there. */
	ck_assert_int_eq(symlinkat("a", fd, "link"), 0);
	ck_assert_int_eq(state_own_file(fd, "link", 0666, false, &e), ERR_IO);
	ck_assert_uint_eq(stat_of(fd, "a").st_mode & 07777, 0600);
	ck_assert_int_eq(state_own_file(fd, "b", 0600, false, &e), ERR_IO);
	(void)close(fd);
}
END_TEST

/* --- the master key --- */

START_TEST(key_round)
{
	uint8_t key[KEY_LEN], back[KEY_LEN];
	struct err e = { 0 };
	int fd;

	become(_i);
	(void)umask(0);
	fd = make_state();
	for (int i = 0; i < KEY_LEN; i++)
		key[i] = (uint8_t)(200 + i);
	ck_assert_int_eq(state_master_key(fd, back, KEY_LEN, &e),
	    ERR_NOTFOUND);
	ck_assert_msg(strstr(e.msg, state) != NULL, "%s", e.msg);
	ck_assert_msg(state_master_key_write(fd, key, KEY_LEN, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_uint_eq(stat_of(fd, "master.key").st_mode & 07777, 0600);
	ck_assert_msg(state_master_key(fd, back, KEY_LEN, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_mem_eq(key, back, KEY_LEN);
	key[0] ^= 1;
	ck_assert_int_eq(state_master_key_write(fd, key, KEY_LEN, &e),
	    ERR_EXISTS);
	ck_assert_int_eq(state_master_key(fd, back, KEY_LEN, &e), ERR_OK);
	ck_assert_mem_ne(key, back, KEY_LEN);
	(void)close(fd);
}
END_TEST

static const struct {
	mode_t	mode;
	size_t	len;
	int	code;
} keys[] = {
	{ 0600, KEY_LEN, ERR_OK },
	{ 0400, KEY_LEN, ERR_OK },
	{ 0640, KEY_LEN, ERR_DENIED },
	{ 0620, KEY_LEN, ERR_DENIED },
	{ 0604, KEY_LEN, ERR_DENIED },
	{ 0602, KEY_LEN, ERR_DENIED },
	{ 0601, KEY_LEN, ERR_DENIED },
	{ 0644, KEY_LEN, ERR_DENIED },
	{ 0600, KEY_LEN - 1, ERR_PROTO },
	{ 0600, KEY_LEN + 1, ERR_PROTO },
	{ 0600, 0, ERR_PROTO },
};

START_TEST(key_file)
{
	static const uint8_t zero[KEY_LEN];
	uint8_t text[KEY_LEN + 1], key[KEY_LEN];
	struct err e = { 0 };
	char cure[160];
	int fd = make_state();

	memset(text, 0xa5, sizeof(text));
	put(fd, "master.key", keys[_i].mode, text, keys[_i].len);
	ck_assert_msg(state_master_key(fd, key, KEY_LEN, &e) == keys[_i].code,
	    "%o %zu: %s", (unsigned)keys[_i].mode, keys[_i].len, e.msg);
	if (keys[_i].code == ERR_DENIED) {
		(void)snprintf(cure, sizeof(cure), "chmod 600 %s/master.key",
		    state);
		ck_assert_msg(strstr(e.msg, cure) != NULL, "%s", e.msg);
	}
	if (keys[_i].code == ERR_PROTO)		/* nothing of it is left */
		ck_assert_mem_eq(key, zero, KEY_LEN);
	(void)close(fd);
}
END_TEST

START_TEST(key_not_ours)
{
	uint8_t key[KEY_LEN] = { 0 };
	struct err e = { 0 };
	int fd = make_state();

	put(fd, "real", 0600, key, KEY_LEN);
	ck_assert_int_eq(symlinkat("real", fd, "master.key"), 0);
	ck_assert_int_ne(state_master_key(fd, key, KEY_LEN, &e), ERR_OK);
	ck_assert_int_eq(unlinkat(fd, "master.key", 0), 0);
	ck_assert_int_eq(mkdirat(fd, "master.key", 0700), 0);
	ck_assert_int_eq(state_master_key(fd, key, KEY_LEN, &e), ERR_DENIED);
	ck_assert_int_eq(unlinkat(fd, "master.key", AT_REMOVEDIR), 0);
	if (geteuid() == 0) {
		put(fd, "master.key", 0600, key, KEY_LEN);
		ck_assert_int_eq(fchownat(fd, "master.key", OTHER_UID, 0, 0),
		    0);
		ck_assert_int_eq(state_master_key(fd, key, KEY_LEN, &e),
		    ERR_DENIED);
		ck_assert_msg(strstr(e.msg, "chown") != NULL, "%s", e.msg);
	} else {
		(void)fprintf(stderr, "key_not_ours: owner SKIPPED, not "
		    "root\n");
	}
	(void)close(fd);
}
END_TEST

/* --- the run lock --- */

/* A process that holds the lock until it is killed. */
static pid_t
hold(int dirfd, const char *name)
{
	int ready[2], fd;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		if (run_lock(dirfd, name, &fd, NULL) != ERR_OK ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

START_TEST(lock)
{
	char text[64];
	struct err e = { 0 };
	pid_t pid;
	int fd, mine;

	become(_i);
	fd = make_state();
	ck_assert_int_eq(run_pid(fd, "tftpd"), 0);
	pid = hold(fd, "tftpd");
	ck_assert_int_eq(run_pid(fd, "tftpd"), pid);
	ck_assert_int_eq(run_pid(fd, "tvsd"), 0);
	ck_assert_int_eq(run_lock(fd, "tftpd", &mine, &e), ERR_BUSY);
	(void)snprintf(text, sizeof(text), "tftpd already runs as pid %ld",
	    (long)pid);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
	ck_assert_int_eq(run_lock(fd, "tvsd", &mine, &e), ERR_OK);
	ck_assert_int_eq(run_pid(fd, "tvsd"), getpid());
	(void)close(mine);
	ck_assert_int_eq(run_pid(fd, "tvsd"), 0);

	/* What may not be seen is not "none". */
	ck_assert_int_eq(fchmodat(fd, "run/tftpd.lock", 0, 0), 0);
	ck_assert_int_eq(run_pid(fd, "tftpd"), geteuid() == 0 ? pid : -1);
	ck_assert_int_eq(fchmodat(fd, "run/tftpd.lock", 0640, 0), 0);

	/* The lock goes with its holder, however that ends. */
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(run_pid(fd, "tftpd"), 0);
	ck_assert_msg(run_lock(fd, "tftpd", &mine, &e) == ERR_OK, "%s",
	    e.msg);
	/* Asking does not take it, and no other close drops it. */
	ck_assert_int_eq(run_pid(fd, "tftpd"), getpid());
	ck_assert_int_eq(run_pid(fd, "tftpd"), getpid());
	(void)close(mine);
	(void)close(fd);
}
END_TEST

START_TEST(lock_name)
{
	struct err e = { 0 };
	char name[300];
	int fd = make_state(), mine;

	ck_assert_int_eq(run_lock(fd, "../x", &mine, &e), ERR_ARG);
	ck_assert_int_eq(run_pid(fd, "../x"), 0);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(run_lock(fd, name, &mine, &e), ERR_ARG);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("state");
	SRunner *sr;
	int failed, both = 2;

	sr = srunner_create(s);
	if (srunner_fork_status(sr) == CK_NOFORK)
		both = 1;	/* root given up would stay so */
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, path_chosen);
	tcase_add_loop_test(tc, user, 0, both);
	tcase_add_loop_test(tc, create_new, 0, both);
	tcase_add_loop_test(tc, create_takes_empty, 0, both);
	tcase_add_loop_test(tc, create_refused, 0, both);
	tcase_add_loop_test(tc, create_impossible, 0, both);
	tcase_add_test(tc, create_denied);
	tcase_add_loop_test(tc, opened, 0, both);
	tcase_add_loop_test(tc, owned_file, 0, both);
	tcase_add_loop_test(tc, key_round, 0, both);
	tcase_add_loop_test(tc, key_file, 0,
	    (int)(sizeof(keys) / sizeof(keys[0])));
	tcase_add_test(tc, key_not_ours);
	tcase_add_loop_test(tc, lock, 0, both);
	tcase_add_test(tc, lock_name);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
