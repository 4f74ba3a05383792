/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A cluster for tests, see trust_cluster.h.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/trust_cluster.h"

struct trust_cluster tc;

void
tc_make(void)
{
	static const uint8_t master[MASTER_KEY_LEN] = { 1, 2, 3 };
	struct err e = { 0 };

	rng_seeded_init(&tc.rng, &tc.seed, 7);
	tc.cluster = (struct row_cluster){ .name = "lab", .created_at =
	    TC_NOW, .uuid = "0f7e1c7e-1111-4222-8333-444455556666" };
	tc.node = (struct row_node){ .name = "cm1", .joined_at = TC_NOW,
	    .uuid = "0f7e1c7e-9999-4222-8333-444455556666" };
	for (size_t i = 0; i < PORT_N; i++)
		tc.node.port[i] = node_port_default[i];
	tc.names[0] = (struct row_node_name){ true, "2001:db8::1" };
	tc.names[1] = (struct row_node_name){ true, "192.0.2.10" };
	tc.names[2] = (struct row_node_name){ false, "cm1.example.org" };
	tc.nnames = 3;
	tc.cluster_key = keyring_make(master, "cm1", &tc.rng, &e);
	ck_assert_msg(tc.cluster_key != NULL, "%s", e.msg);
	tc.kr = keyring_of_new(tc.cluster_key, KEYRING_SIGN | KEYRING_CRED,
	    &e);
	ck_assert_msg(tc.kr != NULL, "%s", e.msg);
	for (unsigned u = 0; u < UNIT_N; u++) {
		if (own_unit_table()[u].optional)
			continue;
		tc.own[u] = own_make((enum own_unit)u, &tc.cluster, &tc.node,
		    tc.names, tc.nnames, tc.kr, &tc.rng, TC_NOW, &e);
		ck_assert_msg(tc.own[u] != NULL, "%s", e.msg);
		if (u != UNIT_CALLMANAGER && u != UNIT_ITLRECOVERY)
			continue;
		tc.next[u] = own_make((enum own_unit)u, &tc.cluster, &tc.node,
		    tc.names, tc.nnames, tc.kr, &tc.rng, TC_NOW + 60, &e);
		ck_assert_msg(tc.next[u] != NULL, "%s", e.msg);
	}
}

void
tc_free(void)
{
	for (unsigned u = 0; u < UNIT_N; u++) {
		own_new_free(tc.own[u]);
		own_new_free(tc.next[u]);
	}
	keyring_free(tc.kr);
	keyring_new_free(tc.cluster_key);
}

static int
tx_rows(struct db *db, void *arg, struct err *e)
{
	int ret;

	(void)arg;
	if ((ret = row_cluster_put(db, &tc.cluster, e)) != ERR_OK ||
	    (ret = row_node_put(db, &tc.node, e)) != ERR_OK ||
	    (ret = row_node_names_put(db, tc.node.name, tc.names, tc.nnames,
	    e)) != ERR_OK ||
	    (ret = keyring_store(db, tc.cluster_key, e)) != ERR_OK)
		return ret;
	for (unsigned u = 0; u < UNIT_N; u++)
		if (tc.own[u] != NULL && (ret = own_store(db, tc.own[u],
		    OWN_ACTIVE, TC_NOW, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

void
tc_open(void)
{
	struct err e = { 0 };

	(void)str_copy(tc.dir, sizeof(tc.dir), "/tmp/check_trust.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tc.dir));
	tc.dirfd = open(tc.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(tc.dirfd, -1);
	tc.db = db_open(tc.dirfd, DB_FILE, DB_CREATE, &e);
	ck_assert_msg(tc.db != NULL, "%s", e.msg);
	ck_assert_msg(db_shadow_enable(tc.db, &e) == ERR_OK, "%s", e.msg);
	tc_done(tx_rows, NULL);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

void
tc_remove_folder(const char *path)
{
	ck_assert_int_eq(chdir("/"), 0);
	(void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
tc_close(void)
{
	db_close(tc.db);
	(void)close(tc.dirfd);
	tc_remove_folder(tc.dir);
}

void
tc_done(db_fn *fn, void *arg)
{
	struct err e = { 0 };

	ck_assert_msg(db_tx(tc.db, fn, arg, &e) == DB_DONE, "%s", e.msg);
}

void
tc_refused(db_fn *fn, void *arg, int code, const char *text)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_tx(tc.db, fn, arg, &e), DB_REFUSED);
	ck_assert_msg(e.code == code, "%s: %s", err_name(e.code), e.msg);
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
}
