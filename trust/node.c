/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Opening a node's state, see node.h.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/observed.h"
#include "proc/state.h"
#include "trust/node.h"

#define HOW_INIT	"run ctltool --state DIR node init"

/* observed.db belongs to this folder alone, so it knows whose it is. */
static int
self_observed(int statefd, char name[NODE_NAME_MAX + 1], struct err *e)
{
	struct db *db;
	int ret;

	if ((db = db_open(statefd, OBSERVED_FILE, DB_READ, e)) == NULL)
		return err_wrap(e, "%s", OBSERVED_FILE);
	ret = observed_self_get(db, name, e);
	db_close(db);
	return ret;
}

/* observed.db may be lost without harm: one node needs nobody to say which. */
static int
self_only(struct db *db, char name[NODE_NAME_MAX + 1], struct err *e)
{
	struct row_node *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = row_node_list(db, &rows, &n, e)) != ERR_OK)
		return ret;
	if (n == 1)
		(void)str_copy(name, NODE_NAME_MAX + 1, rows[0].name);
	else
		ret = err_set(e, ERR_BADSTATE, "%s does not say which of the "
		    "%zu nodes this state folder is: put it back from a "
		    "backup of this node", OBSERVED_FILE, n);
	free(rows);
	return ret;
}

static int
load_cluster(struct node *n, struct err *e)
{
	int ret = row_cluster_get(n->db, &n->cluster, e);

	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BADSTATE, "the state folder is not "
		    "initialised, \"node init\" was cut: " HOW_INIT
		    " again");
	return ret;
}

static int
load_row(struct node *n, const char *name, struct err *e)
{
	struct row_node_name *names = NULL;
	size_t nnames = 0;
	int ret;

	ret = row_node_get(n->db, name, &n->row, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BADSTATE, "this state folder is node %s,"
		    " which the cluster does not have: it was removed, or %s "
		    "is another node's", name, OBSERVED_FILE);
	if (ret != ERR_OK)
		return ret;
	if ((ret = row_node_names_get(n->db, name, &names, &nnames,
	    e)) != ERR_OK)
		return ret;
	free(n->names);
	n->names = names;
	n->nnames = nnames;
	return ERR_OK;
}

static int
load(struct node *n, struct err *e)
{
	char name[NODE_NAME_MAX + 1] = "";
	int ret;

	if ((ret = load_cluster(n, e)) != ERR_OK)
		return ret;
	if (self_observed(n->statefd, name, NULL) != ERR_OK &&
	    (ret = self_only(n->db, name, e)) != ERR_OK)
		return ret;
	return load_row(n, name, e);
}

int
node_open_fd(struct node *n, int statefd, enum db_open_mode mode,
    struct err *e)
{
	struct err why = { 0 };

	*n = (struct node){ .statefd = statefd };
	if (mode == DB_CREATE)
		return err_set(e, ERR_ARG, "node init makes states");
	if ((n->db = db_open(statefd, DB_FILE, mode, &why)) == NULL) {
		if (why.code == ERR_NOTFOUND)
			return err_set(e, ERR_BADSTATE, "the state folder is "
			    "not initialised, it has no %s: " HOW_INIT,
			    DB_FILE);
		if (e != NULL)
			*e = why;
		return why.code;
	}
	if (load(n, &why) != ERR_OK) {
		node_close(n);
		if (e != NULL)
			*e = why;
		return why.code;
	}
	return ERR_OK;
}

int
node_open(struct node *n, const char *path, enum db_open_mode mode,
    struct err *e)
{
	int fd, ret;

	*n = (struct node){ .statefd = -1 };
	if ((ret = state_open(path, &fd, e)) != ERR_OK)
		return ret;
	if ((ret = node_open_fd(n, fd, mode, e)) != ERR_OK) {
		(void)close(fd);
		return ret;
	}
	n->owns_statefd = true;
	return ERR_OK;
}

void
node_close(struct node *n)
{
	db_close(n->db);
	free(n->names);
	if (n->owns_statefd)
		(void)close(n->statefd);
	*n = (struct node){ .statefd = -1 };
}

int
node_reload(struct node *n, struct err *e)
{
	char name[NODE_NAME_MAX + 1];
	int ret;

	(void)str_copy(name, sizeof(name), n->row.name);
	if ((ret = load_cluster(n, e)) != ERR_OK)
		return ret;
	return load_row(n, name, e);
}

struct keyring *
node_keyring(const struct node *n, unsigned use, struct err *e)
{
	uint8_t master[MASTER_KEY_LEN];
	struct keyring *kr = NULL;

	if (state_master_key(n->statefd, master, sizeof(master), e) == ERR_OK)
		kr = keyring_open(n->db, n->row.name, master, use, e);
	secret_wipe(master, sizeof(master));
	return kr;
}

const char *
node_address(const struct node *n)
{
	for (size_t i = 0; i < n->nnames; i++)
		if (n->names[i].is_ip)
			return n->names[i].text;
	return "";
}
