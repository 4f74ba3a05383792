/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Full, failing and read-only disks: the error says so, nothing acknowledged
 * is lost, nothing refused is there, and the connection goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/internal.h"
#include "tests/crash_vfs.h"
#include "tests/db_fixture.h"

#define OPS_MAX	500
#define ROUNDS	4
#define JOBS	6

static const struct {
	const char	*name;
	enum crash_how	 how;
	const char	*text;
} faults[] = {
	{ "full", CRASH_FULL, "disk is full" },
	{ "failing", CRASH_IOERR, "disk failed" },
	{ "not synced", CRASH_SYNC, "disk failed" },
};

static bool
is_there(struct db *db, const char *name)
{
	struct row_phone p;
	struct err e = { 0 };
	int ret = row_phone_get(db, name, &p, &e);

	ck_assert_msg(ret == ERR_OK || ret == ERR_NOTFOUND, "%s", e.msg);
	return ret == ERR_OK;
}

static void
verdict_holds(struct db *db, const char *name, enum db_result r)
{
	if (r == DB_UNKNOWN)
		return;
	ck_assert_msg(is_there(db, name) == (r == DB_DONE), "%s: result %d",
	    name, (int)r);
}

/* The error of a refused transaction.  Only a failed sync leaves doubt. */
static void
check_text(const struct err *e, enum db_result r, enum crash_how how,
    const char *text)
{
	ck_assert_msg(strstr(e->msg, text) != NULL, "%s", e->msg);
	if (how != CRASH_IOERR)		/* which fails both ways */
		ck_assert_int_eq(r == DB_UNKNOWN, how == CRASH_SYNC);
	ck_assert_int_eq(db_result_err(r, e),
	    r == DB_UNKNOWN ? ERR_UNKNOWN : ERR_IO);
}

/* Transactions with operation n failing; how many went through. */
static int
rounds(int dirfd, enum crash_how how, const char *text, long n)
{
	struct db *db = fix_open(dirfd, DB_FILE, DB_WRITE), *again;
	enum db_result r[ROUNDS];
	char name[ROUNDS][16];
	struct err e = { 0 };
	int done = 0;

	crash_vfs_arm(how, n);
	for (int i = 0; i < ROUNDS; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "SEP%012d", i);
		r[i] = db_tx(db, fix_add_phone, name[i], &e);
		ck_assert_int_ne(r[i], DB_UNREACHABLE);
		if (r[i] != DB_DONE)
			check_text(&e, r[i], how, text);
		done += r[i] == DB_DONE;
	}
	crash_vfs_arm(CRASH_NOT, 0);
	fix_phone(db, "SEPAAAAAAAAAAAA");	/* the connection goes on */
	again = fix_open(dirfd, DB_FILE, DB_READ);
	for (int i = 0; i < ROUNDS; i++) {
		verdict_holds(db, name[i], r[i]);
		verdict_holds(again, name[i], r[i]);
	}
	ck_assert(is_there(again, "SEPAAAAAAAAAAAA"));
	ck_assert_msg(db_check(again, &e) == ERR_OK, "%s", e.msg);
	db_close(again);
	db_close(db);
	return done;
}

START_TEST(failing_disk)
{
	int done = 0, dirfd;

	crash_vfs_use();
	for (long n = 1; done < ROUNDS && n < OPS_MAX; n++) {
		crash_vfs_arm(CRASH_NOT, 0);
		dirfd = fix_folder();
		db_close(fix_create(dirfd));
		done = rounds(dirfd, faults[_i].how, faults[_i].text, n);
		if (n == 1)
			ck_assert_int_lt(done, ROUNDS);
		fix_remove();
	}
	ck_assert_int_eq(done, ROUNDS);
}
END_TEST

struct job {
	char		 name[16];
	enum db_result	 r;
	int		*left;
};

static void
job_done(void *arg, enum db_result r, const struct err *e)
{
	struct job *j = arg;

	j->r = r;
	if (r != DB_DONE)
		ck_assert_msg(e->msg[0] != '\0', "no reason given");
	--*j->left;
}

static int
job_fn(struct db *db, void *arg, struct err *e)
{
	struct job *j = arg;

	return fix_add_phone(db, j->name, e);
}

static void
post_jobs(struct db_port *port, struct job *jobs)
{
	struct pollfd pfd = { .fd = db_port_fd(port), .events = POLLIN };
	int left = JOBS;

	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .left = &left };
		(void)snprintf(jobs[i].name, sizeof(jobs[i].name),
		    "SEP%012d", i);
		ck_assert_int_eq(db_tx_post(port, job_fn, &jobs[i], job_done,
		    NULL, NULL), ERR_OK);
	}
	while (left > 0) {
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		db_port_run(port);
	}
}

START_TEST(failing_disk_writer)
{
	struct job jobs[JOBS];
	struct db_writer *w;
	struct db_port *port;
	struct db *db;
	bool all = false;

	crash_vfs_use();
	for (long n = 1; !all && n < OPS_MAX; n++) {
		int dirfd = fix_folder();

		crash_vfs_arm(CRASH_NOT, 0);
		db_close(fix_create(dirfd));
		db = fix_open(dirfd, DB_FILE, DB_READ);
		w = db_writer_start(dirfd, DB_FILE, 100, 2, NULL);
		ck_assert_ptr_nonnull(w);
		ck_assert_ptr_nonnull(port = db_port_new(w, NULL));
		crash_vfs_arm(faults[_i].how, n);
		post_jobs(port, jobs);
		crash_vfs_arm(CRASH_NOT, 0);
		all = true;
		for (int i = 0; i < JOBS; i++) {
			verdict_holds(db, jobs[i].name, jobs[i].r);
			all = all && jobs[i].r == DB_DONE;
		}
		db_port_free(port);
		db_writer_stop(w);
		db_close(db);
		fix_remove();
	}
	ck_assert(all);
}
END_TEST

/* --- real file systems, for which one must be root --- */

static void
needs(bool ok, int step, const struct err *e)
{
	if (ok)
		return;
	(void)fprintf(stderr, "step %d: %s\n", step, e->msg);
	_exit(step);
}

static void
mount_small(int *dirfd)
{
	struct err e = { .msg = "mount" };

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", fix_path(), "tmpfs", 0, "size=640k") == -1)
		_exit(77);
	*dirfd = open(fix_path(), O_RDONLY | O_DIRECTORY);
	needs(*dirfd != -1, 2, &e);
}

static void
fill_disk(int dirfd)
{
	struct err e = { 0 };
	struct row_phone p;
	char name[16], last[16] = "";
	enum db_result r = DB_DONE;
	struct db *db;
	int fd, i;

	mount_small(&dirfd);
	fd = openat(dirfd, "ballast", O_WRONLY | O_CREAT, 0600);
	needs(fd != -1 && ftruncate(fd, 0) == 0 &&
	    posix_fallocate(fd, 0, 256 << 10) == 0, 3, &e);
	needs((db = db_open(dirfd, DB_FILE, DB_CREATE, &e)) != NULL, 4, &e);
	for (i = 0; r == DB_DONE && i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "SEP%012d", i);
		r = db_tx(db, fix_add_phone, name, &e);
		if (r == DB_DONE)
			memcpy(last, name, sizeof(last));
	}
	needs(r == DB_REFUSED && e.code == ERR_IO &&
	    strstr(e.msg, "disk is full") != NULL, 5, &e);
	needs(row_phone_get(db, last, &p, &e) == ERR_OK, 6, &e);
	needs(row_phone_get(db, name, &p, &e) == ERR_NOTFOUND, 7, &e);
	needs(unlinkat(dirfd, "ballast", 0) == 0 && close(fd) == 0, 8, &e);
	needs(db_tx(db, fix_add_phone, name, &e) == DB_DONE, 9, &e);
	db_close(db);
	needs((db = db_open(dirfd, DB_FILE, DB_WRITE, &e)) != NULL &&
	    db_check(db, &e) == ERR_OK, 10, &e);
	db_close(db);
	_exit(0);
}

static void
read_only_disk(int dirfd)
{
	struct err e = { 0 };
	struct db *db;

	mount_small(&dirfd);
	needs((db = db_open(dirfd, DB_FILE, DB_CREATE, &e)) != NULL, 3, &e);
	db_close(db);
	needs(mount("none", fix_path(), "none", MS_REMOUNT | MS_RDONLY,
	    NULL) == 0, 4, &e);
	needs(db_open(dirfd, DB_FILE, DB_WRITE, &e) == NULL &&
	    e.code == ERR_IO && strstr(e.msg, "mounted read-only") != NULL,
	    5, &e);
	_exit(0);
}

static void (*const real_disks[])(int) = { fill_disk, read_only_disk };

START_TEST(real_disk)
{
	int dirfd = fix_folder(), status;
	pid_t pid;

	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0)
		real_disks[_i](dirfd);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status %x", (unsigned)status);
	if (WEXITSTATUS(status) == 77)
		(void)fprintf(stderr, "real_disk: needs root and mounts\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
	fix_remove();
}
END_TEST

int
main(void)
{
	int n = (int)(sizeof(faults) / sizeof(faults[0]));
	Suite *s = suite_create("db_disk");
	TCase *t = tcase_create("disk");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, fix_remove);
	tcase_add_loop_test(t, failing_disk, 0, n);
	tcase_add_loop_test(t, failing_disk_writer, 0, n);
	tcase_add_loop_test(t, real_disk, 0, 2);
	suite_add_tcase(s, t);
	return fix_run(s);
}
