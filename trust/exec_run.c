/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A program of the administrator's, see exec_run.h.
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

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "proc/proc.h"
#include "trust/exec_run.h"

#define STEP_MS		10	/* between looks at stop */
#define STATUS_USER	126	/* as shells say it: could not become the user */
#define STATUS_NONE	127	/* ... could not be run */
#define ENV_OWN		2
#define ERRORS_MAX	65536	/* bytes it may say on standard error */

/* Files without a name: no pipes to keep filled and emptied. */
struct files {
	int	in, out, why;		/* -1: none */
};

static void
files_close(struct files *f)
{
	if (f->in != -1)
		(void)close(f->in);
	if (f->out != -1)
		(void)close(f->out);
	if (f->why != -1)
		(void)close(f->why);
}

static int
input_file(const void *text, size_t len, struct err *e)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

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

/* It cannot grow: whoever writes more gets an error, and not our memory. */
static int
output_file(size_t max, struct err *e)
{
	int fd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd != -1 && ftruncate(fd, (off_t)max) == 0 && fcntl(fd,
	    F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;
	(void)err_sys(e, ERR_IO, "memory for the program's output");
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
files_open(struct files *f, const struct exec_job *j, struct err *e)
{
	*f = (struct files){ .in = -1, .out = -1, .why = -1 };
	if ((f->in = input_file(j->in, j->inlen, e)) == -1)
		return ERR_IO;
	if (j->outmax > 0 &&
	    ((f->out = output_file(j->outmax, e)) == -1 ||
	    (f->why = output_file(ERRORS_MAX, e)) == -1))
		return ERR_IO;
	return ERR_OK;
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

static bool
connect_files(const struct files *f)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null != -1 && dup2(f->in, STDIN_FILENO) != -1 &&
	    dup2(f->out != -1 ? f->out : null, STDOUT_FILENO) != -1 &&
	    dup2(f->why != -1 ? f->why : null, STDERR_FILENO) != -1 &&
	    close_range(STDERR_FILENO + 1, ~0U, 0) == 0;
}

/* execve() takes what it does not change as what it might. */
static bool
make_env(const struct exec_job *j, char *env[ENV_OWN + EXEC_ENV_MAX + 1])
{
	size_t n = 0;

	env[n++] = strdup("PATH=/usr/local/bin:/usr/bin:/bin");
	env[n++] = strdup("LANG=C.UTF-8");
	for (size_t i = 0; j->env != NULL && j->env[i] != NULL; i++) {
		if (i == EXEC_ENV_MAX)
			return false;
		env[n++] = strdup(j->env[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (env[i] == NULL)
			return false;
	env[n] = NULL;
	return true;
}

/* In the child: nothing of ours is left when the program begins. */
static _Noreturn void
become(const struct exec_job *j, const struct state_user *u,
    const struct files *f)
{
	char *env[ENV_OWN + EXEC_ENV_MAX + 1];
	char *name = strdup(j->path);
	char *const argv[] = { name, NULL };

	(void)setsid();
	reset_signals();
	if (name == NULL || !make_env(j, env) || !connect_files(f) ||
	    chdir("/") == -1)
		_exit(STATUS_USER);
	(void)umask(077);
	if (proc_drop(u, NULL) != ERR_OK ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		_exit(STATUS_USER);
	(void)execve(name, argv, env);
	_exit(STATUS_NONE);
}

static int64_t
now_ms(void)
{
	return clock_mono_ms(clock_system());
}

/* Its status, or ERR_TIMEOUT, ERR_BUSY with the program still there. */
static int
wait_end(pid_t pid, const struct exec_job *j, int *status, struct err *e)
{
	const int64_t until = now_ms() + j->timeout_ms;
	pid_t r;

	for (;;) {
		r = waitpid(pid, status, WNOHANG);
		if (r == pid)
			return ERR_OK;
		if (r == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "the program");
		if (j->stop != NULL && j->stop(j->stop_arg))
			return err_set(e, ERR_BUSY, "given up: this process "
			    "ends");
		if (now_ms() >= until)
			return err_set(e, ERR_TIMEOUT, "the program was not "
			    "done within %d s", (int)(j->timeout_ms / 1000));
		(void)poll(NULL, 0, STEP_MS);
	}
}

/* What a child that was never the program says by its status. */
static int
status_err(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(e, ERR_IO, "the program ended by signal %d",
		    WTERMSIG(status));
	switch (WEXITSTATUS(status)) {
	case STATUS_USER:
		return err_set(e, ERR_IO, "the program was not run, or ended "
		    "with status 126: its user's rights could not be taken");
	case STATUS_NONE:
		return err_set(e, ERR_IO, "the program cannot be run by the "
		    "daemons' user, or ended with status 127: is it there, "
		    "executable, and its folders open to that user?");
	default:
		return ERR_OK;
	}
}

static int
run(const struct exec_job *j, const struct files *f, int *status,
    struct err *e)
{
	struct state_user u;
	pid_t pid;
	int ret;

	if ((ret = state_user(&u, e)) != ERR_OK)
		return ret;
	if ((pid = fork()) == 0)
		become(j, &u, f);
	if (pid == -1)
		return err_sys(e, ERR_IO, "starting the program");
	ret = wait_end(pid, j, status, e);
	/* Its session, which it leads, with all that is left there. */
	(void)kill(-pid, SIGKILL);
	if (ret == ERR_OK)
		return status_err(*status, e);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, status, 0);
	return ret;
}

/* The file is as long as it may become: text ends at the first NUL. */
static int
take_output(const struct exec_job *j, const struct files *f,
    struct exec_end *x, struct err *e)
{
	uint8_t *why = NULL;
	size_t len;
	int ret;

	if (f->out == -1)
		return ERR_OK;
	if ((ret = file_read_fd(f->out, "the program's output", j->outmax,
	    &x->out, &x->outlen, e)) != ERR_OK ||
	    (ret = file_read_fd(f->why, "the program's errors",
	    ERRORS_MAX, &why, &len, e)) != ERR_OK)
		return ret;
	x->outlen = strnlen((const char *)x->out, x->outlen);
	str_visible((const char *)why, strcspn((const char *)why, "\r\n"),
	    x->why, sizeof(x->why));
	free(why);
	return ERR_OK;
}

int
exec_run(const struct exec_job *j, struct exec_end *x, struct err *e)
{
	struct files f;
	int ret, status = 0;

	*x = (struct exec_end){ .status = 0 };
	if ((ret = files_open(&f, j, e)) == ERR_OK &&
	    (ret = run(j, &f, &status, e)) == ERR_OK &&
	    (ret = take_output(j, &f, x, e)) == ERR_OK)
		x->status = WEXITSTATUS(status);
	files_close(&f);
	if (ret != ERR_OK)
		exec_end_clear(x);
	return ret;
}

void
exec_end_clear(struct exec_end *x)
{
	free(x->out);
	x->out = NULL;
	x->outlen = 0;
}
