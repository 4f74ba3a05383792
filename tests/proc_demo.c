/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A daemon for tests, see proc_demo.h.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "proc/proc.h"
#include "tests/proc_demo.h"

struct shared *shared;

char above[64], state[80];

int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* --- the daemon --- */

/* The rest of the line "Name:\trest" of /proc/self/status. */
static void
status_line(const char *name, char *out, size_t outlen)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	out[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (str_starts(line, name)) {
			line[strcspn(line, "\n")] = '\0';
			(void)snprintf(out, outlen, "%s",
			    line + strlen(name) + 1);
		}
	if (f != NULL)
		(void)fclose(f);
}

void
look(struct facts *f, int statefd)
{
	struct rlimit core = { 1, 1 };
	char text[32];
	int fd = openat(statefd, "secret", O_RDONLY | O_CLOEXEC);

	f->secret_read = fd != -1;
	if (fd != -1)
		(void)close(fd);
	f->uid = getuid();
	f->euid = geteuid();
	f->ngroups = getgroups(0, NULL);
	f->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	(void)getrlimit(RLIMIT_CORE, &core);
	f->core = core.rlim_cur != 0 || core.rlim_max != 0;
	f->root_back = setuid(0) == 0 || seteuid(0) == 0;
	status_line("CapEff:", f->capabilities, sizeof(f->capabilities));
	status_line("NoNewPrivs:", text, sizeof(text));
	f->no_new_privs = strcmp(text, "1") == 0;
	f->pid = getpid();
}

int
demo_prepare(struct proc *p, struct err *e)
{
	shared->loops = p->loops;
	shared->prepare_wall_s = clock_wall_s(clock_system());
	if (p->opts->has_time_offset && p->opts->time_offset_s > YEAR_S)
		return err_set(e, ERR_REFUSED, "no time offset here");
	if (shared->trouble == PREPARE_REFUSES)
		return err_set(e, ERR_REFUSED, "port taken: free it");
	return ERR_OK;
}

void
demo_finish(struct proc *p)
{
	(void)p;
	shared->finished++;
}

int
keeper_run(struct proc *p, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };

	if (shared->trouble == KEEPER_REFUSES)
		return err_set(e, ERR_IO, "disk full: make room");
	look(&shared->keeper, p->statefd);
	proc_ready(p);
	do {
		(void)poll(&pfd, 1, -1);
	} while (!(pfd.revents & POLLIN));
	/* The last to go. */
	shared->kept_to_the_end = shared->drained;
	return ERR_OK;
}

int
signer_load(struct proc *p, struct err *e)
{
	(void)p;
	if (shared->trouble == SIGNER_REFUSES)
		return err_set(e, ERR_DENIED, "key file readable: chmod it");
	if (shared->trouble == SIGNER_DIES)
		(void)raise(SIGKILL);
	return ERR_OK;
}

int
signer_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct pollfd pfd[PROC_LOOPS_MAX + 1] = {
		{ .fd = stopfd, .events = POLLIN } };
	char buf[8];
	ssize_t len;

	(void)e;
	look(&shared->signer, p->statefd);
	for (size_t i = 0; i < n; i++)
		pfd[i + 1] = (struct pollfd){ channels[i], POLLIN, 0 };
	for (;;) {
		if (poll(pfd, n + 1, -1) == -1 || pfd[0].revents & POLLIN)
			return ERR_OK;
		for (size_t i = 1; i <= n; i++)
			if (pfd[i].revents & POLLIN &&
			    ((len = recv(pfd[i].fd, buf, sizeof(buf), 0)) <=
			    0 || send(pfd[i].fd, buf, (size_t)len,
			    MSG_NOSIGNAL) != len))
				pfd[i].fd = -1;
	}
}

int secretfd = -1;	/* the writer's */

int
writer_load(struct proc *p, struct err *e)
{
	if (shared->trouble == WRITER_REFUSES)
		return err_set(e, ERR_IO, "read-only disk: remount it");
	if ((secretfd = openat(p->statefd, "secret", O_RDWR | O_CLOEXEC)) ==
	    -1)
		return err_sys(e, ERR_IO, "secret");
	return ERR_OK;
}

/* What was open stays so; until the engine is gone. */
static int
writer_run(struct proc *p, int channel, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	struct stat st, dot;
	char buf[8];

	(void)e;
	look(&shared->writer, p->statefd);
	shared->writer_cwd = fstat(p->statefd, &st) == 0 &&
	    stat(".", &dot) == 0 && st.st_ino == dot.st_ino;
	shared->writer_asked = recv(channel, buf, sizeof(buf), 0) == 3 &&
	    write(secretfd, "x", 1) == 1;
	shared->writer_eof = recv(channel, buf, sizeof(buf), 0) == 0;
	(void)poll(&pfd, 1, -1);
	return ERR_OK;
}

static bool
ping_all(const int *channels, size_t n)
{
	char buf[8];

	for (size_t i = 0; i < n; i++)
		if (send(channels[i], "ping", 4, MSG_NOSIGNAL) != 4 ||
		    recv(channels[i], buf, sizeof(buf), 0) != 4)
			return false;
	return true;
}

int
engine_run(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	struct stat st, dot;

	switch (shared->trouble) {
	case ENGINE_REFUSES:
		return err_set(e, ERR_SCHEMA, "schema is newer: update");
	case ENGINE_DIES:
		(void)raise(SIGKILL);
		break;
	case ENGINE_RETURNS:
		return ERR_OK;
	default:
		break;
	}
	shared->starts++;
	shared->channels = n;
	shared->wall_s = clock_wall_s(clock_system());
	shared->cwd_is_state = fstat(p->statefd, &st) == 0 &&
	    stat(".", &dot) == 0 && st.st_ino == dot.st_ino;
	shared->served = ping_all(channels, n);
	look(&shared->engine, p->statefd);
	if (p->writerfd != -1)
		(void)send(p->writerfd, "ask", 3, MSG_NOSIGNAL);
	while (shared->trouble == ENGINE_NEVER_READY)
		(void)pause();
	proc_ready(p);
	if (shared->trouble == ENGINE_DIES_LATER)
		(void)raise(SIGKILL);
	do {
		(void)poll(&pfd, 1, -1);
	} while (!(pfd.revents & POLLIN));
	while (shared->trouble == ENGINE_HANGS)
		(void)pause();
	shared->drained = ping_all(channels, n);	/* signer is there */
	return ERR_OK;
}

const struct proc_def demo = {
	.name = "demo", .summary = "a daemon for tests",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.signer_load = signer_load, .signer_run = signer_run,
	.engine_run = engine_run, .finish = demo_finish,
};

const struct proc_def with_writer = {
	.name = "demo", .summary = "a daemon that writes",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.signer_load = signer_load, .signer_run = signer_run,
	.writer_load = writer_load, .writer_run = writer_run,
	.engine_run = engine_run, .finish = demo_finish,
};

/* --- around it --- */

int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

void
put(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static void
set_up(void)
{
	struct err e = { 0 };
	int fd;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(shared != MAP_FAILED);
	(void)strcpy(above, "/tmp/check_proc.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(above));
	(void)snprintf(state, sizeof(state), "%s/state", above);
	ck_assert_msg(state_create(state, &fd, &e) == ERR_OK, "%s", e.msg);
	put(fd, STATE_DB);
	put(fd, "secret");
	(void)close(fd);
	/* Daemons come to us when their front process ends. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
}

static void
tear_down(void)
{
	(void)nftw(above, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)munmap(shared, sizeof(*shared));
}

void
start(struct started *s, const struct proc_def *d, const char *const *args)
{
	char *argv[16] = { (char *)(uintptr_t)"demo" };
	int argc = 1, out[2];

	for (; args[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	*s = (struct started){ 0 };
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(fflush(NULL), 0);
	if ((s->pid = fork()) == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(out[1], STDERR_FILENO);
		(void)close(out[0]);
		(void)close(out[1]);
		_exit(proc_main(argc, argv, d));
	}
	ck_assert_int_gt(s->pid, 0);
	(void)close(out[1]);
	s->fd = out[0];
}

/* Read on; false at the end, when nobody has the other end open. */
static bool
hear(struct started *s, int64_t until)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	int64_t left = until - now_ms();
	ssize_t n;

	ck_assert_msg(left > 0 && poll(&pfd, 1, (int)left) == 1,
	    "it still holds stderr; said: %s", s->said);
	n = read(s->fd, s->said + s->len, sizeof(s->said) - 1 - s->len);
	ck_assert_int_ge(n, 0);
	s->len += (size_t)n;
	s->said[s->len] = '\0';
	return n > 0;
}

int
wait_exit(pid_t pid)
{
	int64_t until = now_ms() + PATIENCE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		ck_assert_msg(now_ms() < until, "%ld lives on", (long)pid);
		(void)poll(NULL, 0, 2);
	}
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

int
finish(struct started *s)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (hear(s, until))
		continue;
	(void)close(s->fd);
	return wait_exit(s->pid);
}

void
hear_until(struct started *s, const char *text)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (strstr(s->said, text) == NULL)
		ck_assert_msg(hear(s, until), "ended: %s", s->said);
}

pid_t
daemon_pid(void)
{
	pid_t pid;
	int fd;

	ck_assert_int_eq(state_open(state, &fd, NULL), ERR_OK);
	pid = run_pid(fd, "demo");
	(void)close(fd);
	return pid;
}

pid_t
start_ready(const struct proc_def *d)
{
	const char *const args[] = { "--state", state, "--loops", "2", NULL };
	struct started s;
	pid_t pid;
	int code;

	start(&s, d, args);
	code = finish(&s);
	ck_assert_msg(code == 0 && s.len == 0, "%d, %s", code, s.said);
	pid = daemon_pid();
	ck_assert_int_gt(pid, 0);
	return pid;
}

void
stop(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(wait_exit(pid), 0);
	ck_assert_int_eq(daemon_pid(), 0);
}

void
expect_log(const char *text)
{
	char path[128];
	uint8_t *buf;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/run/demo.log", state);
	ck_assert_int_eq(file_read(AT_FDCWD, path, 1u << 20, &buf, &len,
	    NULL), ERR_OK);
	ck_assert_msg(strstr((char *)buf, text) != NULL, "no %s in:\n%s",
	    text, (char *)buf);
	free(buf);
}

/* --- options --- */

TCase *
tcase_demo(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}
