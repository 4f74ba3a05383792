/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The program that is told of alarms, see alarm.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "proc/proc.h"
#include "trust/alarm.h"

#define STEP_MS		10	/* between looks at stop */
#define STATUS_USER	126	/* as shells say it: could not become the user */
#define STATUS_NONE	127	/* ... could not be run */

/* A file without a name, read from its start: no pipe to keep filled. */
static int
input_file(const void *text, size_t len, struct err *e)
{
	int fd = memfd_create("alarm", MFD_CLOEXEC);

	if (fd == -1) {
		(void)err_sys(e, ERR_IO, "memory for the program's input");
		return -1;
	}
	if (file_write_all(fd, text, len, e) == ERR_OK &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* What this process ignores must not be ignored there. */
static void
reset_signals(void)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			(void)signal(s, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: nothing of ours is left when the program begins. */
static _Noreturn void
become(const char *path, const struct state_user *u, int input)
{
	static char env_path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	static char env_lang[] = "LANG=C.UTF-8";
	char *const env[] = { env_path, env_lang, NULL };
	char *name = strdup(path);
	char *const argv[] = { name, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	reset_signals();
	if (null == -1 || name == NULL || dup2(input, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) == -1 ||
	    chdir("/") == -1)
		_exit(STATUS_USER);
	(void)umask(077);
	if (proc_drop(u, NULL) != ERR_OK ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		_exit(STATUS_USER);
	(void)execve(path, argv, env);
	_exit(STATUS_NONE);
}

static int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* Its status, or ERR_TIMEOUT, ERR_BUSY with the program still there. */
static int
wait_end(pid_t pid, int64_t timeout_ms, const struct alarm_env *env,
    int *status, struct err *e)
{
	const int64_t until = now_ms() + timeout_ms;
	pid_t r;

	for (;;) {
		r = waitpid(pid, status, WNOHANG);
		if (r == pid)
			return ERR_OK;
		if (r == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "the program");
		if (env->stop != NULL && env->stop(env->stop_arg))
			return err_set(e, ERR_BUSY, "given up: this process "
			    "ends");
		if (now_ms() >= until)
			return err_set(e, ERR_TIMEOUT, "the program was not "
			    "done within %d s", (int)(timeout_ms / 1000));
		(void)poll(NULL, 0, STEP_MS);
	}
}

static int
status_err(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(e, ERR_IO, "the program ended by signal %d",
		    WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case 0:
		return ERR_OK;
	case STATUS_USER:
		return err_set(e, ERR_IO, "the program was not run, or ended "
		    "with status 126: its user's rights could not be taken");
	case STATUS_NONE:
		return err_set(e, ERR_IO, "the program cannot be run by the "
		    "daemons' user, or ended with status 127: is it there, "
		    "executable, and its folders open to that user?");
	default:
		return err_set(e, ERR_IO, "the program ended with status %d",
		    WEXITSTATUS(status));
	}
}

int
alarm_exec_run(const char *path, const void *text, size_t len,
    int64_t timeout_ms, const struct alarm_env *env, struct err *e)
{
	struct state_user u;
	int ret, input, status = 0;
	pid_t pid;

	if ((ret = state_user(&u, e)) != ERR_OK)
		return ret;
	if ((input = input_file(text, len, e)) == -1)
		return ERR_IO;
	if ((pid = fork()) == 0)
		become(path, &u, input);
	(void)close(input);
	if (pid == -1)
		return err_sys(e, ERR_IO, "starting the program");
	ret = wait_end(pid, timeout_ms, env, &status, e);
	/* Its session, which it leads, with all that is left there. */
	(void)kill(-pid, SIGKILL);
	if (ret != ERR_OK) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		return ret;
	}
	return status_err(status, e);
}
