/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A state folder for tests, see node_fixture.h.
 */
#include <sys/stat.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/node_fixture.h"
#include "tests/trust_cluster.h"
#include "trust/itl.h"

static char base[64];		/* a fresh folder of each test */
static char template[64];	/* holds a finished node, state */
char state[96];

static int64_t
fixed(void *arg)
{
	(void)arg;
	return NOW * INT64_C(1000000000);
}
const struct clock test_clock = { .wall_ns = fixed, .mono_ns = fixed };

const struct node_spec good_spec = {
	.name = "cm1", .cluster = "lab", .nnames = 2, .port_offset = 20000,
	.names = { "cm1.Example.org", "127.0.0.1" }, .test = true,
	.account = "somebody",
};

void
folder_make(void)
{
	(void)str_copy(base, sizeof(base), "/tmp/check_node.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
	(void)snprintf(state, sizeof(state), "%s/state", base);
}

void
folder_remove(void)
{
	tc_remove_folder(base);
}

int
init(uint64_t seed, struct err *e)
{
	struct rng_seeded s;
	struct rng r;

	rng_seeded_init(&r, &s, seed);
	return node_init(state, &good_spec, &r, &test_clock, NULL, NULL, e);
}

void
must_init(void)
{
	struct err e = { 0 };

	ck_assert_msg(init(1, &e) == ERR_OK, "%s", e.msg);
}

void
template_make(void)
{
	folder_make();
	must_init();
	ck_assert_int_eq(chdir("/"), 0);
	(void)str_copy(template, sizeof(template), base);
}

void
template_remove(void)
{
	tc_remove_folder(template);
}

void
copy_node(void)
{
	char cmd[256];

	(void)snprintf(cmd, sizeof(cmd), "cp -a %s/state %s", template,
	    state);
	ck_assert_int_eq(system(cmd), 0);
}

bool
is_there(const char *name)
{
	char path[160];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", state, name);
	return lstat(path, &st) == 0;
}

void
put_file(const char *name, const void *bytes, size_t len)
{
	struct err e = { 0 };
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(file_replace(fd, name, 0600, bytes, len, &e) == ERR_OK,
	    "%s", e.msg);
	(void)close(fd);
}

static void
check_node(const struct node *n)
{
	ck_assert_str_eq(n->cluster.name, "lab");
	ck_assert_uint_eq(strlen(n->cluster.uuid), 36);
	ck_assert_int_eq(n->cluster.created_at, NOW);
	ck_assert(n->cluster.test);
	ck_assert_str_eq(n->row.name, "cm1");
	ck_assert_str_ne(n->row.uuid, n->cluster.uuid);
	ck_assert_uint_eq(n->row.port[PORT_TFTP], 20069);
	ck_assert_uint_eq(n->row.port[PORT_HTTP], 26970);
	ck_assert_uint_eq(n->nnames, 2);
	ck_assert_str_eq(n->names[0].text, "cm1.example.org");
	ck_assert_str_eq(node_address(n), "127.0.0.1");
}

static void
check_itl(const struct node *n)
{
	struct row_list row;
	struct list *l;
	struct err e = { 0 };

	ck_assert_int_eq(itl_current(n->db, &row, NULL), ERR_OK);
	ck_assert_ptr_nonnull(l = list_parse(row.bytes, row.len, NULL));
	ck_assert_msg(list_verify_self(l, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(l->h.timestamp, NOW);
	ck_assert_str_eq(l->rec[0].dns_name, "cm1.example.org");
	list_free(l);
	row_list_clear(&row);
}

static void
check_keys(const struct node *n)
{
	enum own_unit all[] = { UNIT_CALLMANAGER, UNIT_CALLMANAGER_ECDSA,
	    UNIT_TVS, UNIT_CAPF, UNIT_ITLRECOVERY, UNIT_HTTPS };
	struct err e = { 0 };
	struct keyring *kr = node_keyring(n, KEYRING_SIGN, &e);
	struct signer *s;

	ck_assert_msg(kr != NULL, "%s", e.msg);
	s = own_signer(n->db, kr, all, sizeof(all) / sizeof(all[0]),
	    &e);
	ck_assert_msg(s != NULL, "%s", e.msg);
	signer_free(s);
	keyring_free(kr);
}

void
check_whole(enum db_open_mode mode)
{
	struct err e = { 0 };
	struct node n;

	ck_assert_msg(node_open(&n, state, mode, &e) == ERR_OK, "%s", e.msg);
	check_node(&n);
	check_itl(&n);
	check_keys(&n);
	ck_assert_int_eq(db_check(n.db, NULL), ERR_OK);
	node_close(&n);
}
