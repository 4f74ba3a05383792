/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Giving up privileges, keeping memory to oneself and giving way to others,
 * see proc.h.
 */
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc/proc.h"

int
proc_no_dump(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    setrlimit(RLIMIT_CORE, &none) == -1)
		return err_sys(e, ERR_IO, "forbidding core dumps");
	return ERR_OK;
}

/* Those a service manager may have given to a user that is not root. */
static int
drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &head, none) == -1)
		return err_sys(e, ERR_IO, "giving up capabilities");
	return ERR_OK;
}

static int
drop_user(const struct state_user *u, struct err *e)
{
	uid_t r, ef, s;
	gid_t gr, ge, gs;

	if (u->uid == 0 || u->gid == 0)
		return err_set(e, ERR_REFUSED, "the engine may not be root");
	if (setgroups(1, &u->gid) == -1 ||
	    setresgid(u->gid, u->gid, u->gid) == -1 ||
	    setresuid(u->uid, u->uid, u->uid) == -1)
		return err_sys(e, ERR_IO, "becoming uid %ld gid %ld",
		    (long)u->uid, (long)u->gid);
	if (getresuid(&r, &ef, &s) == -1 || getresgid(&gr, &ge, &gs) == -1 ||
	    r != u->uid || ef != u->uid || s != u->uid ||
	    gr != u->gid || ge != u->gid || gs != u->gid)
		return err_set(e, ERR_IO, "uid or gid is not what was set");
	return ERR_OK;
}

int
proc_drop(const struct state_user *u, struct err *e)
{
	int ret;

	if (!u->same && (ret = drop_user(u, e)) != ERR_OK)
		return ret;
	if ((ret = drop_capabilities(e)) != ERR_OK)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_sys(e, ERR_IO, "forbidding new privileges");
	if (setuid(0) != -1 || setgid(0) != -1)
		return err_set(e, ERR_IO, "root could be had back");
	return ERR_OK;
}

void
proc_batch(void)
{
	const struct sched_param none = { .sched_priority = 0 };

	if (sched_getscheduler(0) == SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_BATCH, &none);
}
