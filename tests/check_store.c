/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The backend of tftpd's transports over a real state folder, with a signer
 * at the other end of a channel.
 */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "certs/sign.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "tftpd/store.h"

#define XML	"<Directory><x/></Directory>"

static struct signer *local;
static struct observe *observe;
static struct store *store;
static struct serve_backend backend;
static pthread_t signing;
static int channel[2];

static void *
sign(void *arg)
{
	(void)arg;
	ck_assert_int_eq(signer_serve(local, &channel[1], 1, -1, NULL),
	    ERR_OK);
	return NULL;
}

static void
set_up(void)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER };
	struct err e = { 0 };

	log_set_level(LOG_ERR);
	tc_open();
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	ck_assert_int_eq(file_replace(tc.dirfd, "tftp/dir.xml", 0644, XML,
	    strlen(XML), &e), ERR_OK);
	ck_assert_msg(observed_create(tc.dirfd, &e) == ERR_OK, "%s", e.msg);
	ck_assert_ptr_nonnull(local = own_signer(tc.db, tc.kr, units, 1, &e));
	ck_assert_int_eq(signer_pair(channel, &e), ERR_OK);
	ck_assert_int_eq(pthread_create(&signing, NULL, sign, NULL), 0);
	ck_assert_ptr_nonnull(observe = observe_start(tc.dirfd, &e));
	observe_set(observe, 8, 100);
	store = store_new(tc.dirfd, "cm1", channel[0], NULL, observe, &e);
	ck_assert_msg(store != NULL, "%s", e.msg);
	backend = store_backend(store);
}

/* What was observed is in the file after this. */
static void
stop(void)
{
	store_free(store);
	store = NULL;
	observe_stop(observe);
	observe = NULL;
}

static void
tear_down(void)
{
	stop();
	(void)pthread_join(signing, NULL);
	signer_free(local);
	tc_close();
}

static int
get(const char *name, struct serve_item *it)
{
	struct err e = { 0 };

	return backend.get(backend.arg, name, strlen(name), it, &e);
}

START_TEST(plain)
{
	struct serve_item it;
	char buf[64];

	ck_assert_int_eq(get("/DIR.xml", &it), ERR_OK);
	ck_assert_str_eq(it.name, "DIR.xml");
	ck_assert_str_eq(it.kind, "static");
	ck_assert_str_eq(it.device, "");
	ck_assert_uint_eq(it.len, strlen(XML));
	if (it.body != NULL)
		memcpy(buf, it.body, it.len);
	else
		ck_assert_int_eq(pread(it.fd, buf, sizeof(buf), 0),
		    (ssize_t)it.len);
	ck_assert_mem_eq(buf, XML, it.len);
	serve_item_clear(&it);
}
END_TEST

START_TEST(signed_by_channel)
{
	uint8_t sha[SHA256_LEN];
	struct serve_item it;

	ck_assert_int_eq(get("dir.xml.sgn", &it), ERR_OK);
	ck_assert_ptr_nonnull(it.body);
	ck_assert_uint_gt(it.len, strlen(XML) + 256);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, it.body, it.len, sha,
	    NULL), ERR_OK);
	ck_assert_mem_eq(it.version, sha, sizeof(sha));
	serve_item_clear(&it);
}
END_TEST

/* However many ask for it at a time, the answer is in memory once. */
START_TEST(signed_once_in_memory)
{
	struct serve_item it[50];

	for (size_t i = 0; i < 50; i++) {
		ck_assert_int_eq(get("dir.xml.sgn", &it[i]), ERR_OK);
		ck_assert_ptr_eq(it[i].body, it[0].body);
	}
	for (size_t i = 0; i < 49; i++)
		serve_item_clear(&it[i]);
	ck_assert_uint_eq(it[49].body[0], 1);	/* tag of the version */
	serve_item_clear(&it[49]);
}
END_TEST

static const struct {
	const char	*req;
	int		 code;
	const char	*name, *device, *kind;
} refusals[] = {
	{ "none.xml", ERR_NOTFOUND, "none.xml", "", "static" },
	{ "ctlsep0011223344aa.tlv", ERR_NOTFOUND, "ctlsep0011223344aa.tlv",
	    "SEP0011223344AA", "ctl" },
	{ "SEP0011223344AA.cnf.xml.sgn", ERR_NOTFOUND,
	    "SEP0011223344AA.cnf.xml.sgn", "SEP0011223344AA", "config" },
	{ "../master.key", ERR_PROTO, "../master.key", "", "" },
	{ "a\033b", ERR_PROTO, "a\\x1bb", "", "" },
	{ "", ERR_PROTO, "", "", "" },
};

START_TEST(refused)
{
	struct serve_item it;

	ck_assert_int_eq(get(refusals[_i].req, &it), refusals[_i].code);
	ck_assert_str_eq(it.name, refusals[_i].name);
	ck_assert_str_eq(it.device, refusals[_i].device);
	ck_assert_str_eq(it.kind, refusals[_i].kind);
	ck_assert_int_eq(it.fd, -1);
	ck_assert_ptr_null(it.release);
	serve_item_clear(&it);
}
END_TEST

static void
tell(const struct serve_item *it, bool complete, uint64_t bytes,
    const char *result)
{
	struct net_addr peer;
	const struct serve_report r = {
		.id = 1, .transport = "tftp", .peer = &peer, .item = it,
		.started_us = 1000000, .ms = 250, .bytes = bytes,
		.complete = complete, .result = result,
	};

	ck_assert_int_eq(net_addr_parse(&peer, "192.0.2.7", 4711, NULL),
	    ERR_OK);
	backend.report(backend.arg, &r);
}

START_TEST(observed)
{
	struct serve_item it = { .fd = -1, .name = "SEP0011223344AA.cnf.xml",
	    .device = "SEP0011223344AA", .kind = "config",
	    .version = { 1, 2, 3 } };
	struct err e = { 0 };
	struct fetch *f;
	struct db *db;
	size_t n;

	tell(&it, true, 77, "done");
	tell(&it, false, 5, "aborted");
	stop();
	ck_assert_ptr_nonnull(db = db_open(tc.dirfd, OBSERVED_FILE, DB_READ,
	    &e));
	ck_assert_msg(observed_list(db, "SEP0011223344AA", 10, &f, &n, &e) ==
	    ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(f[0].result, "aborted");	/* newest first */
	ck_assert_int_eq(f[0].completed_us, 0);
	ck_assert_uint_eq(f[0].bytes, 5);
	ck_assert_str_eq(f[1].result, "done");
	ck_assert_str_eq(f[1].address, "192.0.2.7");
	ck_assert_str_eq(f[1].kind, "config");
	ck_assert_str_eq(f[1].name, "SEP0011223344AA.cnf.xml");
	ck_assert_str_eq(f[1].transport, "tftp");
	ck_assert_int_eq(f[1].started_us, 1000000);
	ck_assert_int_eq(f[1].completed_us, 1250000);
	ck_assert_uint_eq(f[1].bytes, 77);
	ck_assert_mem_eq(f[1].version, it.version, sizeof(it.version));
	free(f);
	db_close(db);
}
END_TEST

/* More than the queue holds: the rest is dropped, nobody waits. */
START_TEST(flood)
{
	struct serve_item it = { .fd = -1, .name = "x", .kind = "static",
	    .device = "SEP0011223344AA" };
	struct err e = { 0 };
	struct fetch *f;
	struct db *db;
	size_t n;

	for (int i = 0; i < 20000; i++)
		tell(&it, false, 0, "not_found");
	stop();
	ck_assert_ptr_nonnull(db = db_open(tc.dirfd, OBSERVED_FILE, DB_READ,
	    &e));
	ck_assert_int_eq(observed_list(db, NULL, 100, &f, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, 8);		/* the ring */
	free(f);
	db_close(db);
}
END_TEST

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return param_set(db, param_find("tftp.blksize_max"), "", arg, TC_NOW,
	    &changed, e);
}

START_TEST(tuning)
{
	struct tuning t = { .tftp_max = 0 };
	char value[] = "700";

	ck_assert_int_eq(tuning_load(&t, store_db(store), "cm1", NULL),
	    ERR_OK);
	ck_assert_uint_eq(t.xfer.blksize_max, 1468);
	ck_assert_int_eq(t.xfer.timeout_ms, 1000);
	ck_assert_uint_eq(t.xfer.retries, 5);
	ck_assert_int_eq(t.xfer.life_ms, 600000);
	ck_assert_uint_eq(t.tftp_max_per_address, 2000);
	ck_assert_int_eq(t.observed_ring, 16);
	(void)store_tuning(store, &t);
	ck_assert(!store_tuning(store, &t));
	tc_done(tx_set, value);
	ck_assert(store_tuning(store, &t));
	ck_assert_uint_eq(t.xfer.blksize_max, 700);
	ck_assert(!store_tuning(store, &t));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	if (have_openat2()) {
		tcase_add_test(t, plain);
		tcase_add_test(t, signed_by_channel);
		tcase_add_test(t, signed_once_in_memory);
		tcase_add_loop_test(t, refused, 0,
		    (int)(sizeof(refusals) / sizeof(refusals[0])));
	}
	tcase_add_test(t, observed);
	tcase_add_test(t, flood);
	tcase_add_test(t, tuning);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
