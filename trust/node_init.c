/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Making a node, see node.h.  The order of steps makes a cut run plain to
 * see: the database is the first file made and the last one removed, and its
 * cluster row is written by the last step of all.
 */
#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "db/observed.h"
#include "proc/state.h"
#include "trust/itl.h"
#include "trust/leftover.h"
#include "trust/node.h"
#include "trust/own.h"

#define DB_MODE		0640
#define OBSERVED_MODE	0660

/* Everything the transaction stores, made before it. */
struct making {
	int			 dirfd;
	const struct node_spec	*spec;
	const struct rng	*rng;
	int64_t			 now;
	struct row_cluster	 cluster;
	struct row_node		 node;
	struct row_node_name	 names[NODE_NAMES_MAX];
	struct keyring_new	*cluster_key;
	struct keyring		*kr;
	struct own_new		*own[UNIT_N];
	struct db		*db;
	node_progress		*progress;
	void			*arg;
};

static void
say(const struct making *m, const char *step)
{
	if (m->progress != NULL)
		m->progress(m->arg, step);
}

/* Under a lock on the folder, so that no run removes what another one is
 * just making. */
static int
lock_folder(int dirfd, const char *path, struct err *e)
{
	if (flock(dirfd, LOCK_EX | LOCK_NB) == 0)
		return ERR_OK;
	if (errno == EWOULDBLOCK)
		return err_set(e, ERR_BUSY, "another run is making a node in "
		    "%s: wait for it", path);
	return err_sys(e, ERR_IO, "lock %s", path);
}

/* An existing folder: clear what a cut run left, keep it locked in *lockfd. */
static int
take_existing(const char *path, int *lockfd, struct err *e)
{
	int fd, ret;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return ERR_OK;
	if (fd == -1)
		return err_sys(e, ERR_IO, "state folder %s", path);
	if ((ret = lock_folder(fd, path, e)) == ERR_OK &&
	    (ret = leftover_clear(fd, path, e)) == ERR_OK) {
		*lockfd = fd;
		return ERR_OK;
	}
	(void)close(fd);
	return ret;
}

static int
make_folder(struct making *m, const char *path, int *lockfd, struct err *e)
{
	int ret;

	if ((ret = take_existing(path, lockfd, e)) != ERR_OK)
		return ret;
	say(m, "state folder");
	if ((ret = state_create(path, &m->dirfd, e)) != ERR_OK)
		return ret;
	/* The same folder, locked already, unless it is new. */
	return *lockfd == -1 ? lock_folder(m->dirfd, path, e) : ERR_OK;
}

static int
make_databases(struct making *m, struct err *e)
{
	int ret;

	say(m, "database");
	if ((m->db = db_open(m->dirfd, DB_FILE, DB_CREATE, e)) == NULL)
		return err_wrap(e, "node init");
	if ((ret = state_own_file(m->dirfd, DB_FILE, DB_MODE, false,
	    e)) != ERR_OK)
		return ret;
	say(m, "observations");
	if ((ret = observed_create(m->dirfd, e)) != ERR_OK)
		return ret;
	return state_own_file(m->dirfd, OBSERVED_FILE, OBSERVED_MODE, true,
	    e);
}

static int
tx_self(struct db *db, void *arg, struct err *e)
{
	const struct making *m = arg;

	return observed_self_put(db, m->node.name, e);
}

/* observed.db is this folder's own: it says which node the folder is. */
static int
put_self(struct making *m, struct err *e)
{
	struct err why = { 0 };
	struct db *db;
	int ret;

	say(m, "which node this is");
	if ((db = db_open(m->dirfd, OBSERVED_FILE, DB_WRITE, e)) == NULL)
		return err_wrap(e, "node init");
	ret = db_result_err(db_tx(db, tx_self, m, &why), &why);
	db_close(db);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s: %s", OBSERVED_FILE, why.msg);
	return ERR_OK;
}

static int
make_cluster_key(struct making *m, struct err *e)
{
	uint8_t master[MASTER_KEY_LEN];
	int ret;

	say(m, "master key");
	if ((ret = rng_fill(m->rng, master, sizeof(master), e)) != ERR_OK)
		goto out;
	if ((ret = state_master_key_write(m->dirfd, master, sizeof(master),
	    e)) != ERR_OK)
		goto out;
	say(m, "cluster key");
	if ((m->cluster_key = keyring_make(master, m->node.name, m->rng,
	    e)) == NULL ||
	    (m->kr = keyring_of_new(m->cluster_key, KEYRING_SIGN,
	    e)) == NULL)
		ret = err_wrap(e, "cluster key");
out:
	secret_wipe(master, sizeof(master));
	return ret;
}

static int
make_own(struct making *m, struct err *e)
{
	char step[64];

	for (unsigned u = 0; u < UNIT_N; u++) {
		if (own_unit_table()[u].optional)
			continue;
		(void)snprintf(step, sizeof(step), "certificate %s",
		    own_unit_table()[u].name);
		say(m, step);
		m->own[u] = own_make((enum own_unit)u, &m->cluster, &m->node,
		    m->names, m->spec->nnames, m->kr, m->rng, m->now, e);
		if (m->own[u] == NULL)
			return err_wrap(e, "node init");
	}
	return ERR_OK;
}

/* --- the transaction --- */

static int
tx_rows(struct db *db, const struct making *m, struct err *e)
{
	int ret;

	if ((ret = row_cluster_put(db, &m->cluster, e)) != ERR_OK ||
	    (ret = row_node_put(db, &m->node, e)) != ERR_OK ||
	    (ret = row_node_names_put(db, m->node.name, m->names,
	    m->spec->nnames, e)) != ERR_OK ||
	    (ret = keyring_store(db, m->cluster_key, e)) != ERR_OK)
		return ret;
	for (unsigned u = 0; u < UNIT_N; u++)
		if (m->own[u] != NULL && (ret = own_store(db, m->own[u],
		    OWN_ACTIVE, m->now, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

static int
tx_itl(struct db *db, const struct making *m, struct err *e)
{
	static const enum own_unit recovery[] = { UNIT_ITLRECOVERY };
	struct signer *s;
	bool changed;
	int ret;

	if ((s = own_signer(db, m->kr, recovery, 1, e)) == NULL)
		return err_wrap(e, "ITL");
	ret = itl_refresh(db, s, m->now, &changed, NULL, e);
	signer_free(s);
	return ret;
}

static void
account_name(const struct node_spec *s, char *out, size_t outlen)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (s->account != NULL)
		(void)snprintf(out, outlen, "%s", s->account);
	else if (getpwuid_r(geteuid(), &pw, buf, sizeof(buf), &found) == 0 &&
	    found != NULL)
		(void)snprintf(out, outlen, "%s", found->pw_name);
	else
		(void)snprintf(out, outlen, "uid %u", (unsigned)geteuid());
}

static int
tx_audit(struct db *db, const struct making *m, struct err *e)
{
	struct row_audit a = { .at = m->now };
	int ret;

	(void)str_copy(a.node, sizeof(a.node), m->node.name);
	(void)str_copy(a.command, sizeof(a.command), "node init");
	account_name(m->spec, a.account, sizeof(a.account));
	if ((a.detail = str_printf("node %s, cluster %s%s", m->node.name,
	    m->cluster.name, m->cluster.test ? ", for tests" : "")) == NULL)
		return err_set(e, ERR_NOMEM, "audit");
	ret = row_audit_add(db, &a, e);
	free(a.detail);
	return ret;
}

static int
tx_init(struct db *db, void *arg, struct err *e)
{
	const struct making *m = arg;
	int ret;

	if ((ret = tx_rows(db, m, e)) != ERR_OK ||
	    (ret = tx_itl(db, m, e)) != ERR_OK)
		return ret;
	return tx_audit(db, m, e);
}

/* --- the whole --- */

static int
make_identity(struct making *m, const struct clock *clk, struct err *e)
{
	int ret;

	m->now = clock_wall_s(clk);
	if ((ret = node_spec_rows(m->spec, &m->cluster, &m->node, m->names,
	    e)) != ERR_OK ||
	    (ret = rng_uuid(m->rng, m->cluster.uuid, e)) != ERR_OK ||
	    (ret = rng_uuid(m->rng, m->node.uuid, e)) != ERR_OK)
		return ret;
	m->cluster.created_at = m->now;
	m->node.joined_at = m->now;
	m->node.changed_at = m->now;
	return ERR_OK;
}

static int
make_files(struct making *m, struct err *e)
{
	struct err why = { 0 };
	int ret;

	if ((ret = make_databases(m, e)) != ERR_OK ||
	    (ret = put_self(m, e)) != ERR_OK ||
	    (ret = make_cluster_key(m, e)) != ERR_OK ||
	    (ret = make_own(m, e)) != ERR_OK)
		return ret;
	say(m, "first trust list");
	ret = db_result_err(db_tx(m->db, tx_init, m, &why), &why);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

int
node_init(const char *path, const struct node_spec *s, const struct rng *rng,
    const struct clock *clk, node_progress *progress, void *arg,
    struct err *e)
{
	struct making m = { .dirfd = -1, .spec = s, .rng = rng,
	    .progress = progress, .arg = arg };
	int lockfd = -1, ret;

	if ((ret = make_identity(&m, clk, e)) != ERR_OK ||
	    (ret = make_folder(&m, path, &lockfd, e)) != ERR_OK)
		goto out;
	if ((ret = make_files(&m, e)) == ERR_OK)
		say(&m, "done");
out:
	for (unsigned u = 0; u < UNIT_N; u++)
		own_new_free(m.own[u]);
	keyring_free(m.kr);
	keyring_new_free(m.cluster_key);
	db_close(m.db);
	/* After a failure as if nothing had been tried; a node stays. */
	if (ret != ERR_OK && m.dirfd != -1)
		(void)leftover_clear(m.dirfd, path, NULL);
	if (m.dirfd != -1)
		(void)close(m.dirfd);
	if (lockfd != -1)
		(void)close(lockfd);
	return ret;
}
