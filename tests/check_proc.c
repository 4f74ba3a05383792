/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A small daemon, started, asked, killed and stopped.  Its processes tell
 * what they saw through shared memory.
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

#define PATIENCE_MS	20000	/* a test that waits longer has failed */
#define OTHER_UID	65534
#define YEAR_S		(365 * 86400)

enum trouble {
	FINE,
	PREPARE_REFUSES, KEEPER_REFUSES, SIGNER_REFUSES, WRITER_REFUSES,
	ENGINE_REFUSES, SIGNER_DIES, ENGINE_DIES, ENGINE_RETURNS,
	ENGINE_DIES_LATER,	/* each time, when it was ready */
	ENGINE_HANGS,		/* does not stop */
	ENGINE_NEVER_READY,
};

struct facts {
	pid_t	pid;
	uid_t	uid, euid;
	int	ngroups, dumpable;
	bool	secret_read, root_back, no_new_privs, core;
	char	capabilities[32];
};

/* Seen by all processes of a test. */
static struct shared {
	enum trouble	trouble;
	_Atomic unsigned starts;
	unsigned	finished;
	struct facts	keeper, signer, writer, engine;
	bool		writer_asked, writer_cwd, writer_eof;
	size_t		channels, loops;
	bool		cwd_is_state, served, drained, kept_to_the_end;
	int64_t		wall_s, prepare_wall_s;
	/* of the monitored one */
	struct facts	monitor;
	bool		monitor_ends, monitor_cwd, monitor_wrote;
	_Atomic unsigned monitors;
	/* of the talking one */
	bool		told_fails;
	_Atomic unsigned say, told, again, heard, no_channel;
} *shared;

static char above[64], state[80];

static int64_t
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

static void
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

static int
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

static void
demo_finish(struct proc *p)
{
	(void)p;
	shared->finished++;
}

static int
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

static int
signer_load(struct proc *p, struct err *e)
{
	(void)p;
	if (shared->trouble == SIGNER_REFUSES)
		return err_set(e, ERR_DENIED, "key file readable: chmod it");
	if (shared->trouble == SIGNER_DIES)
		(void)raise(SIGKILL);
	return ERR_OK;
}

/* Echo on all channels. */
static int
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

static int secretfd = -1;	/* the writer's */

static int
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

/* Ends once, when it is told to. */
static int
monitor_run(struct proc *p, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	struct stat st, dot;

	(void)e;
	look(&shared->monitor, p->statefd);
	shared->monitor_cwd = fstat(p->statefd, &st) == 0 &&
	    stat(".", &dot) == 0 && st.st_ino == dot.st_ino;
	shared->monitor_wrote = write(secretfd, "x", 1) == 1;
	shared->monitors++;
	while (poll(&pfd, 1, 5) == 0)
		if (shared->monitor_ends) {
			shared->monitor_ends = false;
			return ERR_OK;
		}
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

static int
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

static const struct proc_def demo = {
	.name = "demo", .summary = "a daemon for tests",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.signer_load = signer_load, .signer_run = signer_run,
	.engine_run = engine_run, .finish = demo_finish,
};

static const struct proc_def with_writer = {
	.name = "demo", .summary = "a daemon that writes",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.signer_load = signer_load, .signer_run = signer_run,
	.writer_load = writer_load, .writer_run = writer_run,
	.engine_run = engine_run, .finish = demo_finish,
};

static const struct proc_def monitored = {
	.name = "demo", .summary = "a daemon that looks after things",
	.prepare = demo_prepare, .keeper_run = keeper_run,
	.monitor_load = writer_load, .monitor_run = monitor_run,
	.engine_run = engine_run, .finish = demo_finish,
};

static const struct proc_def no_signer = {
	.name = "demo", .summary = "a daemon without keys",
	.prepare = demo_prepare, .engine_run = engine_run,
};

/* --- one whose keeper speaks to the parent, and the parent to the engine --- */

/* Says the number that the test wants said, once each. */
static int
talk_keeper(struct proc *p, int stopfd, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };
	unsigned said = 0, say;

	(void)e;
	shared->keeper.pid = getpid();
	shared->no_channel += p->enginefd != -1;
	proc_ready(p);
	while (poll(&pfd, 1, 5) == 0)
		if ((say = shared->say) != said &&
		    send(p->parentfd, &say, sizeof(say), MSG_NOSIGNAL) ==
		    sizeof(say))
			said = say;
	return ERR_OK;
}

static int
talk_told(struct proc *p, const void *msg, size_t len, int64_t *again_ms,
    struct err *e)
{
	unsigned say = 0;

	if (len == 0) {
		if (++shared->again < 3)
			*again_ms = 10;
		return ERR_OK;
	}
	if (len == sizeof(say))
		memcpy(&say, msg, len);
	shared->told = say;
	if (shared->told_fails) {
		shared->told_fails = false;
		return err_set(e, ERR_IO, "the engine does not hear");
	}
	if (send(p->enginefd, &say, sizeof(say), MSG_NOSIGNAL) == -1)
		return err_sys(e, ERR_IO, "engine");
	*again_ms = 10;
	return ERR_OK;
}

static int
talk_engine(struct proc *p, const int *channels, size_t n, int stopfd,
    struct err *e)
{
	struct pollfd pfd[2] = { { .fd = stopfd, .events = POLLIN },
	    { .fd = p->parentfd, .events = POLLIN } };
	unsigned say;

	(void)channels;
	(void)n;
	(void)e;
	shared->engine.pid = getpid();
	shared->starts++;
	proc_ready(p);
	while (poll(pfd, 2, -1) > 0 && pfd[0].revents == 0)
		if (recv(p->parentfd, &say, sizeof(say), 0) == sizeof(say))
			shared->heard = say;
	return ERR_OK;
}

static int
talk_signer_load(struct proc *p, struct err *e)
{
	(void)e;
	shared->no_channel += p->parentfd != -1 || p->enginefd != -1;
	return ERR_OK;
}

static const struct proc_def talking = {
	.name = "demo", .summary = "a daemon that is told of changes",
	.prepare = demo_prepare, .keeper_run = talk_keeper,
	.signer_load = talk_signer_load, .signer_run = signer_run,
	.engine_run = talk_engine, .parent_told = talk_told,
	.finish = demo_finish,
};

/* --- around it --- */

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static void
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

/* A started process and what it has said on stdout and stderr. */
struct started {
	pid_t	pid;
	int	fd;
	char	said[8192];
	size_t	len;
};

static void
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

/* Exit code of a process, 256 + signal when that ended it. */
static int
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

static int
finish(struct started *s)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (hear(s, until))
		continue;
	(void)close(s->fd);
	return wait_exit(s->pid);
}

static void
hear_until(struct started *s, const char *text)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (strstr(s->said, text) == NULL)
		ck_assert_msg(hear(s, until), "ended: %s", s->said);
}

static pid_t
daemon_pid(void)
{
	pid_t pid;
	int fd;

	ck_assert_int_eq(state_open(state, &fd, NULL), ERR_OK);
	pid = run_pid(fd, "demo");
	(void)close(fd);
	return pid;
}

/* In the background, ready; returns the daemon's pid. */
static pid_t
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

static void
stop(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(wait_exit(pid), 0);
	ck_assert_int_eq(daemon_pid(), 0);
}

static void
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

/* As expect_log, of what nobody waits for. */
static void
await_log(const char *text)
{
	int64_t until = now_ms() + PATIENCE_MS;
	char path[128];
	uint8_t *buf;
	bool there = false;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/run/demo.log", state);
	while (!there && now_ms() < until) {
		ck_assert_int_eq(file_read(AT_FDCWD, path, 1u << 20, &buf,
		    &len, NULL), ERR_OK);
		there = strstr((char *)buf, text) != NULL;
		free(buf);
		if (!there)
			(void)poll(NULL, 0, 5);
	}
	expect_log(text);
}

/* --- life --- */

START_TEST(ready_and_drain)
{
	pid_t pid = start_ready(&demo);

	ck_assert(shared->served);
	ck_assert(shared->cwd_is_state);
	ck_assert_uint_eq(shared->channels, 2);
	ck_assert_uint_eq(shared->loops, 2);
	ck_assert_int_ne(shared->signer.pid, shared->engine.pid);
	ck_assert_int_ne(shared->engine.pid, pid);
	ck_assert_int_eq(getsid(pid), pid);
	ck_assert(!shared->drained);
	stop(pid);
	ck_assert(shared->drained);
	ck_assert(shared->kept_to_the_end);
	ck_assert_uint_eq(shared->finished, 1);
	ck_assert_int_eq(kill(shared->keeper.pid, 0), -1);
	ck_assert_int_eq(kill(shared->engine.pid, 0), -1);
	ck_assert_int_eq(kill(shared->signer.pid, 0), -1);
	expect_log(" proc.ready ");
	expect_log(" proc.stopped\n");
	if (geteuid() != 0)
		expect_log(" proc.one_uid ");
}
END_TEST

START_TEST(foreground)
{
	const char *const args[] = { "--foreground", "--state", state,
	    "--loops=1", "--log-format", "json", NULL };
	static const int how[] = { SIGTERM, SIGINT, SIGHUP };
	struct started s;

	start(&s, &demo, args);
	hear_until(&s, "\"event\":\"proc.ready\"");
	ck_assert_int_eq(daemon_pid(), s.pid);
	ck_assert_int_eq(kill(s.pid, how[_i]), 0);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert(shared->drained);
	ck_assert_msg(strstr(s.said, "\"proc.stopped\"") != NULL, "%s",
	    s.said);
}
END_TEST

START_TEST(without_signer)
{
	pid_t pid = start_ready(&no_signer);

	ck_assert_uint_eq(shared->channels, 0);
	ck_assert_uint_eq(shared->loops, 2);
	ck_assert_int_eq(shared->signer.pid, 0);
	stop(pid);
}
END_TEST

/* Unprivileged, in the state folder, with what it had open before. */
START_TEST(writer)
{
	pid_t pid = start_ready(&with_writer), helper = shared->writer.pid;

	ck_assert(shared->served);
	ck_assert_uint_eq(shared->channels, 2);
	ck_assert_int_ne(helper, shared->engine.pid);
	stop(pid);
	ck_assert(shared->writer_cwd);
	ck_assert(shared->writer_asked);
	ck_assert(shared->writer_eof);
	ck_assert_int_eq(shared->writer.dumpable, 0);
	ck_assert(shared->writer.no_new_privs);
	ck_assert_str_eq(shared->writer.capabilities, "0000000000000000");
	if (geteuid() == 0) {
		ck_assert_int_ne((int)shared->writer.euid, 0);
		ck_assert(!shared->writer.secret_read);
		ck_assert(!shared->writer.root_back);
	}
	ck_assert_int_eq(kill(helper, 0), -1);
}
END_TEST

START_TEST(one_loop_per_processor)
{
	const char *const args[] = { "--state", state, NULL };
	struct started s;
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_uint_ge(shared->channels, 1);
	ck_assert_uint_le(shared->channels, (size_t)n);
	stop(daemon_pid());
}
END_TEST

/* --- refusals --- */

static const struct {
	enum trouble	 trouble;
	const char	*text;
} refusals[] = {
	{ PREPARE_REFUSES, "port taken: free it" },
	{ KEEPER_REFUSES, "disk full: make room" },
	{ SIGNER_REFUSES, "key file readable: chmod it" },
	{ WRITER_REFUSES, "read-only disk: remount it" },
	{ ENGINE_REFUSES, "schema is newer: update" },
	{ SIGNER_DIES, "the signer died before it was ready (signal 9)" },
	{ ENGINE_DIES, "the engine died before it was ready (signal 9)" },
	{ ENGINE_RETURNS, "the engine ended before it was ready" },
};

#define NREFUSALS	((int)(sizeof(refusals) / sizeof(refusals[0])))

/* Said once, on stderr of who called, and nothing is left behind. */
START_TEST(refused)
{
	bool fg = _i >= NREFUSALS;
	const char *const args[] = { "--state", state, "--log-level", "err",
	    fg ? "--foreground" : NULL, NULL };
	char want[128];
	struct started s;
	int code;

	shared->trouble = refusals[_i % NREFUSALS].trouble;
	(void)snprintf(want, sizeof(want), "demo: cannot start: %s\n",
	    refusals[_i % NREFUSALS].text);
	start(&s, &with_writer, args);
	code = finish(&s);
	ck_assert_str_eq(s.said, want);
	ck_assert_int_eq(code, 1);
	/* All its processes end, then there are none to wait for. */
	while (!fg && waitpid(-1, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(daemon_pid(), 0);
	ck_assert_uint_eq(shared->finished,
	    shared->trouble != PREPARE_REFUSES);
	if (!fg)
		expect_log(refusals[_i % NREFUSALS].text);
}
END_TEST

START_TEST(not_initialised)
{
	const char *const args[] = { "--state", above, NULL };
	struct started s;

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_msg(str_starts(s.said, "demo: cannot start: ") &&
	    strstr(s.said, "node init") != NULL, "%s", s.said);
}
END_TEST

START_TEST(started_twice)
{
	const char *const args[] = { "--state", state, NULL };
	char want[80];
	struct started s;
	pid_t pid = start_ready(&demo);

	(void)snprintf(want, sizeof(want), "demo already runs as pid %ld",
	    (long)pid);
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_msg(strstr(s.said, want) != NULL, "%s", s.said);
	ck_assert_int_eq(daemon_pid(), pid);
	stop(pid);
	stop(start_ready(&demo));	/* and again, after it has ended */
}
END_TEST

/* --- death --- */

static void
wait_starts(unsigned n)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (*(volatile unsigned *)&shared->starts < n ||
	    *(volatile pid_t *)&shared->engine.pid == 0) {
		ck_assert_msg(now_ms() < until, "%u starts", shared->starts);
		(void)poll(NULL, 0, 2);
	}
}

/* Whoever of the two dies, both are new. */
START_TEST(child_killed)
{
	pid_t pid = start_ready(&demo), signer = shared->signer.pid,
	    engine = shared->engine.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(_i == 0 ? signer : engine, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_ne(shared->signer.pid, signer);
	ck_assert_int_ne(shared->engine.pid, engine);
	ck_assert(shared->served);
	ck_assert_int_eq(kill(signer, 0), -1);
	ck_assert_int_eq(kill(engine, 0), -1);
	ck_assert_int_eq(daemon_pid(), pid);
	stop(pid);
	ck_assert(shared->drained);
	expect_log(_i == 0 ? " proc.died role=\"signer\" why=\"signal 9\"" :
	    " proc.died role=\"engine\" why=\"signal 9\"");
}
END_TEST

START_TEST(writer_killed)
{
	pid_t pid = start_ready(&with_writer), helper = shared->writer.pid,
	    signer = shared->signer.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(helper, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_ne(shared->writer.pid, helper);
	ck_assert_int_ne(shared->signer.pid, signer);
	stop(pid);
	ck_assert(shared->drained);
	expect_log(" proc.died role=\"writer\" why=\"signal 9\"");
}
END_TEST

/* The keeper outlives the others; when it dies, all are new. */
START_TEST(keeper_stays)
{
	pid_t pid = start_ready(&demo), keeper = shared->keeper.pid,
	    engine = shared->engine.pid;

	shared->engine.pid = 0;
	ck_assert_int_eq(kill(engine, SIGKILL), 0);
	wait_starts(2);
	ck_assert_int_eq(shared->keeper.pid, keeper);
	engine = shared->engine.pid;
	shared->engine.pid = 0;
	ck_assert_int_eq(kill(keeper, SIGKILL), 0);
	wait_starts(3);
	ck_assert_int_ne(shared->keeper.pid, keeper);
	ck_assert_int_ne(shared->engine.pid, engine);
	expect_log(" proc.died role=\"keeper\" why=\"signal 9\"");
	stop(pid);
	ck_assert(shared->kept_to_the_end);
}
END_TEST

static void
wait_value(const _Atomic unsigned *v, unsigned value)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (*v != value && now_ms() < until)
		(void)poll(NULL, 0, 5);
	ck_assert_uint_eq(*v, value);
}

/* What becomes of it is nobody else's business. */
START_TEST(monitor)
{
	pid_t pid = start_ready(&monitored), engine = shared->engine.pid;
	pid_t first;

	wait_value(&shared->monitors, 1);
	ck_assert(shared->monitor_cwd && shared->monitor_wrote);
	ck_assert(!shared->monitor.dumpable && !shared->monitor.root_back);
	ck_assert(shared->monitor.no_new_privs);
	first = shared->monitor.pid;
	shared->monitor_ends = true;
	wait_value(&shared->monitors, 2);
	ck_assert_int_ne(shared->monitor.pid, first);
	ck_assert_int_eq(kill(shared->monitor.pid, SIGKILL), 0);
	await_log(" proc.died role=\"monitor\" why=\"signal 9\"");
	ck_assert_int_eq(shared->engine.pid, engine);
	ck_assert_int_eq(kill(engine, 0), 0);
	ck_assert_uint_eq(shared->starts, 1);
	stop(pid);
}
END_TEST

/* One that cannot begin keeps nobody from serving. */
START_TEST(monitor_refuses)
{
	pid_t pid;

	shared->trouble = WRITER_REFUSES;
	pid = start_ready(&monitored);
	await_log(" proc.failed role=\"monitor\" code=\"io\" "
	    "why=\"read-only disk: remount it\"");
	ck_assert_uint_eq(shared->starts, 1);
	stop(pid);
}
END_TEST

START_TEST(told)
{
	pid_t pid = start_ready(&talking);

	shared->say = 1;
	wait_value(&shared->heard, 1);
	wait_value(&shared->again, 3);	/* called again as long as it asks */
	shared->say = 2;
	wait_value(&shared->heard, 2);
	/* The channels are new with each engine and keeper. */
	ck_assert_int_eq(kill(shared->engine.pid, SIGKILL), 0);
	wait_value(&shared->starts, 2);
	shared->say = 3;
	wait_value(&shared->heard, 3);
	ck_assert_int_eq(kill(shared->keeper.pid, SIGKILL), 0);
	wait_value(&shared->starts, 3);
	shared->say = 4;
	wait_value(&shared->heard, 4);
	ck_assert_uint_eq(shared->no_channel, 0);
	stop(pid);
}
END_TEST

/* What could not be told is inherited by the next engine. */
START_TEST(told_in_vain)
{
	pid_t pid = start_ready(&talking), engine = shared->engine.pid,
	    keeper = shared->keeper.pid;

	shared->told_fails = true;
	shared->say = 1;
	wait_value(&shared->starts, 2);
	ck_assert_int_ne(shared->engine.pid, engine);
	ck_assert_int_eq(shared->keeper.pid, keeper);
	expect_log(" proc.told code=\"io\" why=\"the engine does not hear\"");
	shared->say = 2;
	wait_value(&shared->heard, 2);
	stop(pid);
}
END_TEST

START_TEST(dies_again_and_again)
{
	const char *const args[] = { "--foreground", "--state", state, NULL };
	struct started s;

	shared->trouble = ENGINE_DIES_LATER;
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_uint_eq(shared->starts, PROC_RESTARTS + 1);
	ck_assert_uint_eq(shared->finished, 1);
	ck_assert_msg(strstr(s.said, "more than 5 times in a minute") != NULL,
	    "%s", s.said);
}
END_TEST

START_TEST(parent_killed)
{
	pid_t pid = start_ready(&demo);

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(wait_exit(pid), 256 + SIGKILL);
	/* Killed with it, or told to stop a moment before that. */
	(void)wait_exit(shared->keeper.pid);
	(void)wait_exit(shared->signer.pid);
	(void)wait_exit(shared->engine.pid);
	ck_assert_int_eq(daemon_pid(), 0);
}
END_TEST

/* Only the parent listens to signals. */
START_TEST(children_ignore_signals)
{
	static const int all[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE };
	pid_t pid = start_ready(&demo);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		ck_assert_int_eq(kill(shared->signer.pid, all[i]), 0);
		ck_assert_int_eq(kill(shared->engine.pid, all[i]), 0);
	}
	ck_assert_int_eq(kill(pid, SIGHUP), 0);		/* nor has that any */
	stop(pid);
	ck_assert(shared->drained);
	ck_assert_uint_eq(shared->starts, 1);
}
END_TEST

/* A drain that does not end is cut by a second signal. */
START_TEST(drain_cut)
{
	const char *const args[] = { "--foreground", "--state", state, NULL };
	struct started s;
	int64_t begin;

	shared->trouble = ENGINE_HANGS;
	start(&s, &demo, args);
	hear_until(&s, " proc.ready ");
	begin = now_ms();
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	hear_until(&s, " proc.stopping");
	ck_assert_int_eq(kill(s.pid, SIGTERM), 0);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_lt(now_ms() - begin, PROC_DRAIN_MS);
	ck_assert_msg(strstr(s.said, " proc.drain_cut role=\"engine\"") !=
	    NULL, "%s", s.said);
	ck_assert(!shared->drained);
}
END_TEST

/* Told to stop while it starts: no failure of the daemon, but not ready. */
START_TEST(stopped_before_ready)
{
	const char *const args[] = { "--state", state,
	    _i == 0 ? "--foreground" : NULL, NULL };
	struct started s;

	shared->trouble = ENGINE_NEVER_READY;
	start(&s, &demo, args);
	wait_starts(1);
	ck_assert_int_eq(kill(daemon_pid(), SIGTERM), 0);
	ck_assert_int_eq(finish(&s), _i == 0 ? 0 : 1);
	if (_i == 1)
		ck_assert_str_eq(s.said, "demo: cannot start: stopped by a "
		    "signal before it was ready\n");
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(daemon_pid(), 0);
}
END_TEST

/* --- privileges --- */

static void
check_facts(const struct facts *f, const struct state_user *u)
{
	ck_assert_uint_eq(f->uid, u->uid);
	ck_assert_uint_eq(f->euid, u->uid);
	ck_assert(!f->root_back);
	ck_assert(f->no_new_privs);
	ck_assert_str_eq(f->capabilities, "0000000000000000");
	ck_assert_int_eq(f->dumpable, 0);
	ck_assert(!f->core);
	ck_assert_msg(f->secret_read == u->same, "another user's file");
	if (!u->same)
		ck_assert_int_eq(f->ngroups, 1);
}

START_TEST(privileges)
{
	struct state_user u;
	pid_t pid;

	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	if (u.same)
		(void)fprintf(stderr, "privileges: giving up root SKIPPED, "
		    "not root\n");
	pid = start_ready(&demo);
	check_facts(&shared->signer, &u);
	check_facts(&shared->engine, &u);
	if (u.fallback)
		expect_log(" proc.user_nobody ");
	stop(pid);
}
END_TEST

/* Made by a user that is not root, run by that user. */
START_TEST(not_root)
{
	struct state_user u;
	int fd;

	if (geteuid() == 0) {
		(void)nftw(state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		ck_assert_int_eq(chown(above, OTHER_UID, OTHER_UID), 0);
		ck_assert_int_eq(setgroups(0, NULL), 0);
		ck_assert_int_eq(setresgid(OTHER_UID, OTHER_UID, OTHER_UID),
		    0);
		ck_assert_int_eq(setresuid(OTHER_UID, OTHER_UID, OTHER_UID),
		    0);
		ck_assert_int_eq(state_create(state, &fd, NULL), ERR_OK);
		put(fd, STATE_DB);
		put(fd, "secret");
		(void)close(fd);
	}
	stop(start_ready(&demo));
	ck_assert_int_eq(state_user(&u, NULL), ERR_OK);
	ck_assert(u.same);
	check_facts(&shared->signer, &u);
	check_facts(&shared->engine, &u);
	expect_log(" proc.one_uid ");
}
END_TEST

/* --- options --- */

static const struct {
	const char	*args[4];
	int		 code;
	const char	*text;
} options[] = {
	{ { "--version" }, 0, "demo (phonetrust) " PACKAGE_VERSION "\n" },
	{ { "--help" }, 0, "demo - a daemon for tests\nusage: demo " },
	{ { "--help" }, 0, "\n  --time-offset SECONDS   " },
	{ { "--nonsense" }, 2, "--help' lists the options" },
	{ { "extra" }, 2, "unexpected \"extra\"" },
	{ { "--state" }, 2, "requires an argument" },
	{ { "--state", "" }, 2, "--state : an empty path" },
	{ { "--log-level", "loud" }, 2, "--log-level loud: not err" },
	{ { "--log-format", "xml" }, 2, "--log-format xml: neither" },
	{ { "--loops", "0" }, 2, "--loops 0: " },
	{ { "--loops", "65" }, 2, "--loops 65: " },
	{ { "--loops", "2x" }, 2, "--loops 2x: " },
	{ { "--time-offset", "1d" }, 2, "--time-offset 1d: " },
	{ { "--time-offset", "99999999999" }, 2, "--time-offset 99999999999" },
};

START_TEST(option)
{
	struct started s;
	int code;

	start(&s, &demo, options[_i].args);
	code = finish(&s);
	ck_assert_msg(strstr(s.said, options[_i].text) != NULL, "%s", s.said);
	ck_assert_int_eq(code, options[_i].code);
}
END_TEST

/* Refused by the program, or acting in its children only. */
START_TEST(time_offset)
{
	const char *args[] = { "--state", state, "--time-offset", "63072000",
	    NULL };
	int64_t now = clock_wall_s(clock_system());
	struct started s;

	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 1);
	ck_assert_str_eq(s.said, "demo: cannot start: no time offset "
	    "here\n");
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	args[3] = "-86400";
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_ge(shared->prepare_wall_s, now);
	ck_assert_int_lt(shared->wall_s, now - 86400 + 60);
	ck_assert_int_ge(shared->wall_s, now - 86400);
	stop(daemon_pid());
}
END_TEST

/* From another folder, by a relative path, with descriptors missing. */
START_TEST(odd_surroundings)
{
	const char *const args[] = { "--state", "state", NULL };
	struct started s;
	pid_t pid;

	ck_assert_int_eq(chdir(above), 0);
	(void)close(STDIN_FILENO);
	(void)umask(0);
	start(&s, &demo, args);
	ck_assert_int_eq(finish(&s), 0);
	ck_assert_int_eq(s.len, 0);
	pid = daemon_pid();
	ck_assert_int_gt(pid, 0);
	stop(pid);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

static TCase *
tcase_demo(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("proc");
	TCase *tc = tcase_demo(s, "life");
	SRunner *sr;
	int failed;

	sr = srunner_create(s);
	tcase_add_test(tc, ready_and_drain);
	tcase_add_loop_test(tc, foreground, 0, 3);
	tcase_add_test(tc, without_signer);
	tcase_add_test(tc, writer);
	tcase_add_test(tc, writer_killed);
	tcase_add_test(tc, one_loop_per_processor);
	tc = tcase_demo(s, "refusals");
	tcase_add_loop_test(tc, refused, 0, 2 * NREFUSALS);
	tcase_add_test(tc, not_initialised);
	tcase_add_test(tc, started_twice);
	tc = tcase_demo(s, "death");
	tcase_add_loop_test(tc, child_killed, 0, 2);
	tcase_add_test(tc, keeper_stays);
	tcase_add_test(tc, monitor);
	tcase_add_test(tc, monitor_refuses);
	tcase_add_test(tc, told);
	tcase_add_test(tc, told_in_vain);
	tcase_add_test(tc, dies_again_and_again);
	tcase_add_test(tc, parent_killed);
	tcase_add_test(tc, children_ignore_signals);
	tcase_add_test(tc, drain_cut);
	tcase_add_loop_test(tc, stopped_before_ready, 0, 2);
	tc = tcase_demo(s, "privileges");
	tcase_add_test(tc, privileges);
	if (srunner_fork_status(sr) == CK_FORK)	/* gives up root for good */
		tcase_add_test(tc, not_root);
	tc = tcase_demo(s, "options");
	tcase_add_loop_test(tc, option, 0,
	    (int)(sizeof(options) / sizeof(options[0])));
	tcase_add_test(tc, time_offset);
	tcase_add_test(tc, odd_surroundings);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
