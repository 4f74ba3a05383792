/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Roles, see role.h.
 */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/role.h"
#include "db/params.h"

#define GROUPS_MAX	1024

static const struct {
	enum ctl_role	 role;
	enum param_id	 param;
} role_param[] = {
	{ ROLE_OWNER, PARAM_ROLE_OWNER_GROUPS },
	{ ROLE_OPERATOR, PARAM_ROLE_OPERATOR_GROUPS },
	{ ROLE_VIEWER, PARAM_ROLE_VIEWER_GROUPS },
};

static const char *
role_name(enum ctl_role r)
{
	switch (r) {
	case ROLE_NOT_ASKED:
	case ROLE_NONE:
		break;
	case ROLE_VIEWER:
		return "viewer";
	case ROLE_OPERATOR:
		return "operator";
	case ROLE_OWNER:
		return "owner";
	}
	return "none";
}

static enum ctl_role
role_needed(enum cmd_level l)
{
	switch (l) {
	case LEVEL_VIEWER:
		return ROLE_VIEWER;
	case LEVEL_OPERATOR:
		return ROLE_OPERATOR;
	case LEVEL_OWNER:
		break;
	}
	return ROLE_OWNER;
}

uid_t
role_uid(void)
{
	const char *sudo = getenv("SUDO_UID");
	uid_t uid = getuid();
	int64_t v;

	/* Only root can have come by sudo: others just set a variable. */
	if (uid == 0 && sudo != NULL &&
	    str_to_i64(sudo, 0, UINT32_MAX, &v, NULL) == ERR_OK)
		uid = (uid_t)v;
	return uid;
}

/* The list "a,b" names one of the account's groups. */
static bool
in_groups(const char *list, const gid_t *gid, int n)
{
	const struct group *gr;
	char name[80];
	size_t len;

	for (; *list != '\0'; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len == 0 || len >= sizeof(name))
			continue;
		memcpy(name, list, len);
		name[len] = '\0';
		if ((gr = getgrnam(name)) == NULL)
			continue;
		for (int i = 0; i < n; i++)
			if (gid[i] == gr->gr_gid)
				return true;
	}
	return false;
}

/* The account's groups as the system's files have them. */
static int
groups_of(uid_t uid, gid_t gid[GROUPS_MAX])
{
	const struct passwd *pw = getpwuid(uid);
	int n = GROUPS_MAX;

	if (pw == NULL || getgrouplist(pw->pw_name, pw->pw_gid, gid, &n) == -1)
		return 0;
	return n;
}

static enum ctl_role
role_by_groups(const struct node *n, uid_t uid, struct err *e)
{
	gid_t gid[GROUPS_MAX];
	int ngid = groups_of(uid, gid);
	bool any = false, in;
	char *list;

	for (size_t i = 0; i < sizeof(role_param) / sizeof(role_param[0]);
	    i++) {
		list = param_get(n->db, role_param[i].param, n->row.name, e);
		if (list == NULL)
			return ROLE_NOT_ASKED;
		any = any || list[0] != '\0';
		in = in_groups(list, gid, ngid);
		free(list);
		if (in)
			return role_param[i].role;
	}
	return !any && getuid() == 0 ? ROLE_OWNER : ROLE_NONE;
}

enum ctl_role
role_of(const struct node *n, uid_t uid, struct err *e)
{
	struct stat st;

	if (uid == 0 || (fstat(n->statefd, &st) == 0 && st.st_uid == uid))
		return ROLE_OWNER;
	return role_by_groups(n, uid, e);
}

static int
refuse(const struct ctl *c, enum ctl_role need, struct err *e)
{
	char account[64];

	ctl_account(account, sizeof(account));
	return err_set(e, ERR_REFUSED, "%s takes the role %s, and %s has %s: "
	    "an owner gives it to a group with set param role.%s_groups",
	    c->line->cmd->words, role_name(need), account,
	    c->role == ROLE_NONE ? "no role" : role_name(c->role),
	    role_name(need));
}

int
role_check(struct ctl *c, struct err *e)
{
	return role_check_level(c, c->line->cmd->level, e);
}

int
role_check_level(struct ctl *c, enum cmd_level level, struct err *e)
{
	enum ctl_role need = role_needed(level);

	if (c->role == ROLE_NOT_ASKED &&
	    (c->role = role_of(&c->node, role_uid(), e)) == ROLE_NOT_ASKED)
		return e->code;
	return c->role >= need ? ERR_OK : refuse(c, need, e);
}

int
role_check_early(struct ctl *c, struct err *e)
{
	struct node n;

	if (c->have_node ||
	    c->role != ROLE_NOT_ASKED || role_uid() == 0)
		return ERR_OK;
	if (node_open(&n, state_path(c->line->state), DB_READ, NULL) !=
	    ERR_OK)
		return ERR_OK;
	c->role = role_of(&n, role_uid(), e);
	node_close(&n);
	if (fchdir(c->cwdfd) == -1)
		return err_sys(e, ERR_IO, "the folder ctltool was called in");
	return c->role == ROLE_NOT_ASKED ? e->code : role_check(c, e);
}
