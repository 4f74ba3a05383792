/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Daemons from outside, see service.h.  Processes are waited for through a
 * pidfd, so a number that was given to another process cannot be hit.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "ctltool/listen_text.h"
#include "ctltool/service.h"
#include "proc/proc.h"

/* A turn may take a stop and a start of each daemon. */
#define TURN_MS		(2 * (SERVICE_START_MS + PROC_DRAIN_MS))
#define TURN_PAUSE_NS	20000000

static const struct service services[] = {
	{ "tftpd",	"Cisco Tftp" },
	{ "tvsd",	"Cisco Trust Verification Service" },
	{ "capfd",	"Cisco Certificate Authority Proxy Function" },
	{ NULL, NULL },
};

extern char **environ;

const struct service *
service_table(void)
{
	return services;
}

const struct service *
service_find(const char *name)
{
	for (const struct service *s = services; s->name != NULL; s++)
		if (str_ieq(s->name, name) || str_ieq(s->reference, name))
			return s;
	return NULL;
}

const char *
service_foreign(const char *name)
{
	static const char *const none[] = {
		"Cisco CTIManager", "Cisco HAProxy", "Cisco Tomcat",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (str_ieq(none[i], name))
			return none[i];
	return NULL;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

int
service_program(const struct service *s, char *path, size_t len,
    struct err *e)
{
	/* Relative to ctltool's folder: build tree, beside it, installed. */
	static const char *const places[] = {
		"%s/../%s/%s", "%s/%s", "%s/../sbin/%s",
	};
	char self[PATH_MAX];
	const char *dir;
	ssize_t n;

	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n < 0 ? 0 : n] = '\0';
	dir = dirname(self);
	(void)snprintf(path, len, places[0], dir, s->name, s->name);
	if (is_program(path))
		return ERR_OK;
	for (size_t i = 1; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(path, len, places[i], dir, s->name);
		if (is_program(path))
			return ERR_OK;
	}
	(void)snprintf(path, len, "%s/%s", PT_SBINDIR, s->name);
	if (is_program(path))
		return ERR_OK;
	return err_set(e, ERR_NOTFOUND, "the program %s is neither near %s "
	    "nor in %s: install it", s->name, dir, PT_SBINDIR);
}

/* --- waiting --- */

/* Until the process of pidfd has ended.  false: not within ms. */
static bool
wait_gone(int pidfd, int64_t ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t end = clock_mono_ms(clock_system()) + ms, left;
	int n;

	do {
		left = end - clock_mono_ms(clock_system());
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	return n == 1;
}

/* The pid of the daemon's parent, 0: not running. */
static int
pid_of(const struct service *s, int statefd, pid_t *pid, struct err *e)
{
	if ((*pid = run_pid(statefd, s->name)) != -1)
		return ERR_OK;
	*pid = 0;
	return err_sys(e, errno == EACCES ? ERR_DENIED : ERR_IO, "whether %s "
	    "runs cannot be seen by this account: run as root or as the user "
	    "the state belongs to", s->name);
}

/* A lock of its open file description: closing it, or dying, ends the turn. */
int
service_turn(int statefd, int *fd, struct err *e)
{
	const struct timespec pause = { .tv_nsec = TURN_PAUSE_NS };
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int64_t end = clock_mono_ms(clock_system()) + TURN_MS;

	*fd = openat(statefd, "run/ctltool.lock",
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*fd == -1)
		return ERR_OK;	/* what follows says what is wrong */
	while (fcntl(*fd, F_OFD_SETLK, &l) == -1) {
		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) ||
		    clock_mono_ms(clock_system()) >= end) {
			(void)close(*fd);
			*fd = -1;
			return err_set(e, ERR_BUSY, "another ctltool has been "
			    "starting or stopping services for %d s: see what "
			    "it does", TURN_MS / 1000);
		}
		(void)nanosleep(&pause, NULL);
	}
	return ERR_OK;
}

/* --- start --- */

/* What the daemon wrote, without a newline at its end. */
static void
read_said(int fd, char said[SERVICE_SAID_MAX])
{
	ssize_t n = pread(fd, said, SERVICE_SAID_MAX - 1, 0);

	if (n < 0)
		n = 0;
	while (n > 0 && said[n - 1] == '\n')
		n--;
	said[n] = '\0';
}

/* The last line of it, without the daemon's own "NAME: ". */
static const char *
last_line(const char *said, const char *name)
{
	const char *line = strrchr(said, '\n');
	size_t n = strlen(name);

	line = line != NULL ? line + 1 : said;
	if (strncmp(line, name, n) == 0 && str_starts(line + n, ": "))
		line += n + 2;
	return line;
}

static int
spawn(const char *path, const struct service *s,
    const struct service_start *st, int errfd, pid_t *pid, struct err *e)
{
	char *argv[6] = { (char *)(uintptr_t)s->name,
	    (char *)(uintptr_t)"--state", (char *)(uintptr_t)st->state };
	posix_spawn_file_actions_t fa;
	int rc;

	if (st->time_offset != NULL) {
		argv[3] = (char *)(uintptr_t)"--time-offset";
		argv[4] = (char *)(uintptr_t)st->time_offset;
	}
	if (posix_spawn_file_actions_init(&fa) != 0)
		return err_set(e, ERR_NOMEM, "start of %s", s->name);
	if ((rc = posix_spawn_file_actions_addopen(&fa, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0)) == 0 &&
	    (rc = posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO,
	    "/dev/null", O_WRONLY, 0)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&fa, errfd,
	    STDERR_FILENO)) == 0)
		rc = posix_spawn(pid, path, &fa, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	errno = rc;
	return rc == 0 ? ERR_OK : err_sys(e, ERR_IO, "%s", path);
}

/* Wait for the foreground part of the daemon: it ends when all is ready. */
static int
wait_ready(const struct service *s, pid_t pid, int errfd,
    char said[SERVICE_SAID_MAX], struct err *e)
{
	int status = 0, pidfd, ret = ERR_OK;

	if ((pidfd = pidfd_open(pid, 0)) == -1 ||
	    !wait_gone(pidfd, SERVICE_START_MS)) {
		(void)kill(pid, SIGTERM);	/* our child: not yet reaped */
		ret = err_set(e, ERR_TIMEOUT, "%s: not ready within %d s: look "
		    "at run/%s.log", s->name, SERVICE_START_MS / 1000,
		    s->name);
	}
	while (ret == ERR_OK && waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			ret = err_sys(e, ERR_IO, "%s", s->name);
	if (pidfd != -1)
		(void)close(pidfd);
	read_said(errfd, said);
	if (ret == ERR_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		ret = err_set(e, ERR_BADSTATE, "%s: %s", s->name,
		    said[0] != '\0' ? last_line(said, s->name) :
		    "ended without saying why: look at its log below run/");
	return ret;
}

int
service_start(const struct service *s, const struct service_start *st,
    bool *already, char said[SERVICE_SAID_MAX], struct err *e)
{
	char path[PATH_MAX];
	pid_t pid;
	int errfd, ret;

	said[0] = '\0';
	if ((ret = pid_of(s, st->statefd, &pid, e)) != ERR_OK)
		return ret;
	if ((*already = pid != 0))
		return ERR_OK;
	if ((ret = service_program(s, path, sizeof(path), e)) != ERR_OK)
		return ret;
	/* A file, not a pipe: the daemon may keep it open and be read. */
	if ((errfd = memfd_create("stderr", MFD_CLOEXEC)) == -1)
		return err_sys(e, ERR_IO, "start of %s", s->name);
	if ((ret = spawn(path, s, st, errfd, &pid, e)) == ERR_OK)
		ret = wait_ready(s, pid, errfd, said, e);
	(void)close(errfd);
	return ret;
}

/* --- stop --- */

int
service_stop(const struct service *s, int statefd, pid_t *was, struct err *e)
{
	int pidfd, ret;

	if ((ret = pid_of(s, statefd, was, e)) != ERR_OK || *was == 0)
		return ret;
	if ((pidfd = pidfd_open(*was, 0)) == -1)
		return errno == ESRCH ? ERR_OK :
		    err_sys(e, ERR_IO, "%s, process %d", s->name, (int)*was);
	/* Opened first, then asked again: it is that daemon, not a successor. */
	if (run_pid(statefd, s->name) != *was)
		goto out;
	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) == -1 &&
	    errno != ESRCH) {
		ret = err_sys(e, errno == EPERM ? ERR_DENIED : ERR_IO,
		    "%s, process %d, cannot be stopped by this account",
		    s->name, (int)*was);
		goto out;
	}
	if (!wait_gone(pidfd, PROC_DRAIN_MS + SERVICE_MARGIN_MS))
		ret = err_set(e, ERR_TIMEOUT, "%s, process %d, has not ended "
		    "within %d s: look at run/%s.log", s->name, (int)*was,
		    (PROC_DRAIN_MS + SERVICE_MARGIN_MS) / 1000, s->name);
out:
	(void)close(pidfd);
	return ret;
}

static json_t *
report_json(const struct service *s, pid_t pid, json_t *listeners)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", s->name,
	    "reference", s->reference, "state",
	    pid != 0 ? "started" : "stopped",
	    "pid", pid != 0 ? json_integer(pid) : json_null(),
	    "listeners", listeners);
}

int
service_report(struct out *o, int statefd, json_t **list, struct err *e)
{
	json_t *l = json_array();
	pid_t pid;
	int ret;

	*list = NULL;
	for (const struct service *s = services; s->name != NULL; s++) {
		if ((ret = pid_of(s, statefd, &pid, e)) != ERR_OK) {
			json_decref(l);
			return ret;
		}
		if (pid != 0)
			out_text(o, "%s[STARTED]  pid %d\n", s->name,
			    (int)pid);
		else
			out_text(o, "%s[STOPPED]\n", s->name);
		if (json_array_append_new(l, report_json(s, pid,
		    listen_text(o, statefd, s->name, pid != 0))) != 0) {
			json_decref(l);
			return ERR_OK;
		}
	}
	*list = l;
	return ERR_OK;
}
