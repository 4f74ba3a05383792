/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The file store and its cache: each content is made once, by whichever loop
 * is asked first, and nothing outdated is served.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "certs/signed.h"
#include "db/internal.h"
#include "db/params.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/cache_disk.h"
#include "trust/file_stamp.h"
#include "trust/files.h"
#include "trust/phone.h"

#define DEV	"SEP0011223344AA"
#define XML	"<device><deviceProtocol>SIP</deviceProtocol><x>secret</x>" \
		"</device>"
#define LOOPS	4
#define ASKS	250		/* by each loop: 1,000 together */
#define DEADLINE_MS	60000

static struct loop {
	struct signer		*signer;
	struct file_store	*store;
	const char		*req;
	uint8_t			 version[32];
	bool			 differs;
} loops[LOOPS];
static struct file_cache *cache;

/* --- fixture --- */

static void
open_loops(void)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER };
	struct err e = { 0 };

	ck_assert_ptr_nonnull(cache = file_cache_new(&e));
	for (int i = 0; i < LOOPS; i++) {
		loops[i].signer = own_signer(tc.db, tc.kr, units, 1, &e);
		ck_assert_msg(loops[i].signer != NULL, "%s", e.msg);
		loops[i].store = file_store_new(tc.dirfd, "cm1",
		    loops[i].signer, cache, &e);
		ck_assert_msg(loops[i].store != NULL, "%s", e.msg);
	}
}

static void
close_loops(void)
{
	for (int i = 0; i < LOOPS; i++) {
		file_store_free(loops[i].store);
		signer_free(loops[i].signer);
	}
	file_cache_free(cache);
}

static void
set_up(void)
{
	log_set_level(LOG_ERR);
	tc_open();
	ck_assert_int_eq(mkdirat(tc.dirfd, "tftp", 0755), 0);
	ck_assert_int_eq(mkdirat(tc.dirfd, "cache", 0750), 0);
	open_loops();
}

static void
tear_down(void)
{
	close_loops();
	tc_close();
}

static void
put(const char *name, const char *text)
{
	struct err e = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "tftp/%s", name);
	ck_assert_msg(file_replace(tc.dirfd, path, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
}

struct change {
	const char	*name, *xml, *model;
	int64_t		 now;
	enum param_id	 param;
	const char	*value;
};

static int
tx_add(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct phone_spec spec = { .name = c->name, .model = c->model,
	    .xml = (const uint8_t *)c->xml,
	    .xmllen = c->xml != NULL ? strlen(c->xml) : 0 };
	char *advice = NULL;
	bool added;
	int ret = phone_add(db, &spec, c->now, &added, &advice, e);

	free(advice);
	return ret;
}

static void
add_phone(const char *name, const char *xml)
{
	struct change c = { .name = name, .xml = xml, .model = "8861",
	    .now = 1000 };

	tc_done(tx_add, &c);
}

static int
tx_remove(struct db *db, void *arg, struct err *e)
{
	return phone_remove(db, arg, e);
}

static int
tx_xml(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	struct row_phone_file f = { 0 };
	int ret;

	if ((ret = row_phone_file_get(db, c->name, &f, e)) != ERR_OK)
		return ret;
	free(f.xml);
	f.xml = (uint8_t *)strdup(c->xml);
	f.len = strlen(c->xml);
	memset(f.sha256, 0x5a, sizeof(f.sha256));
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
tx_param(struct db *db, void *arg, struct err *e)
{
	const struct change *c = arg;
	bool changed;

	return param_set(db, &param_table()[c->param], "", c->value, TC_NOW,
	    &changed, e);
}

static void
set_param(enum param_id id, const char *value)
{
	struct change c = { .param = id, .value = value };

	tc_done(tx_param, &c);
}

static void
get(int loop, const char *req, struct file_answer *a)
{
	struct err e = { 0 };

	ck_assert_msg(file_store_get(loops[loop].store, req, strlen(req), a,
	    &e) == ERR_OK, "%s: %s", req, e.msg);
}

static bool
has(int loop, const char *req, const char *text)
{
	struct file_answer a;
	bool found;

	get(loop, req, &a);
	ck_assert_ptr_nonnull(a.body);
	found = memmem(a.body, a.len, text, strlen(text)) != NULL;
	file_answer_clear(&a);
	return found;
}

static uint64_t
made(void)
{
	struct file_cache_stats s;

	file_cache_stats(cache, &s);
	return s.made;
}

/* --- tests --- */

static void *
ask(void *arg)
{
	struct loop *l = arg;
	struct file_answer a;

	for (int i = 0; i < ASKS; i++) {
		if (file_store_get(l->store, l->req, strlen(l->req), &a,
		    NULL) != ERR_OK)
			abort();
		if (i > 0 && memcmp(l->version, a.version, 32) != 0)
			l->differs = true;
		memcpy(l->version, a.version, 32);
		file_answer_clear(&a);
	}
	return NULL;
}

static void
ask_all(const char *req)
{
	pthread_t t[LOOPS];

	for (int i = 0; i < LOOPS; i++) {
		loops[i].req = req;
		loops[i].differs = false;
		ck_assert_int_eq(pthread_create(&t[i], NULL, ask, &loops[i]),
		    0);
	}
	for (int i = 0; i < LOOPS; i++) {
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
		ck_assert(!loops[i].differs);
		ck_assert_mem_eq(loops[i].version, loops[0].version, 32);
	}
}

START_TEST(one_signature)
{
	add_phone(DEV, XML);
	ask_all(DEV ".cnf.xml.sgn");
	ck_assert_uint_eq(made(), 2);	/* rendered, signed */
	ask_all(DEV ".cnf.xml");
	ck_assert_uint_eq(made(), 2);
	if (!have_openat2())
		return;
	put("rings.xml", "rings");
	ask_all("rings.xml.sgn");
	ck_assert_uint_eq(made(), 3);
}
END_TEST

START_TEST(a_change_is_seen_by_all)
{
	struct change c = { .name = DEV, .xml = "<device><y>new</y>"
	    "</device>" };

	add_phone(DEV, XML);
	for (int i = 0; i < LOOPS; i++)
		ck_assert(has(i, DEV ".cnf.xml", "<x>secret</x>"));
	/* Within the same second: the time of the row says nothing. */
	tc_done(tx_xml, &c);
	for (int i = LOOPS - 1; i >= 0; i--) {
		ck_assert(has(i, DEV ".cnf.xml", "<y>new</y>"));
		ck_assert(has(i, DEV ".cnf.xml.sgn", "<y>new</y>"));
	}
	if (!have_openat2())	/* looked for on disk then */
		return;
	tc_done(tx_remove, (void *)(uintptr_t)DEV);
	for (int i = 0; i < LOOPS; i++) {
		struct file_answer a;

		ck_assert_int_eq(file_store_get(loops[i].store, DEV
		    ".cnf.xml", strlen(DEV ".cnf.xml"), &a, NULL),
		    ERR_NOTFOUND);
		file_answer_clear(&a);
	}
}
END_TEST

/* Nothing is made again because of somebody else. */
START_TEST(a_change_of_another)
{
	uint64_t before;

	add_phone(DEV, XML);
	ck_assert(has(0, DEV ".cnf.xml.sgn", "secret"));
	before = made();
	add_phone("SEP001122334400", NULL);
	set_param(PARAM_TFTP_RETRIES, "7");
	for (int i = 0; i < LOOPS; i++)
		ck_assert(has(i, DEV ".cnf.xml.sgn", "secret"));
	ck_assert_uint_eq(made(), before);
	set_param(PARAM_FILE_DIGEST, "sha512");
	ck_assert(has(0, DEV ".cnf.xml.sgn", "secret"));
	ck_assert_uint_eq(made(), before + 1);
}
END_TEST

/* An answer under way outlives what it came from. */
START_TEST(answers_hold_their_bytes)
{
	struct file_answer a;
	uint8_t first;

	add_phone(DEV, XML);
	get(0, DEV ".cnf.xml.sgn", &a);
	first = a.body[0];
	set_param(PARAM_TFTP_CACHE_BYTES, "0");
	ck_assert(has(1, DEV ".cnf.xml.sgn", "secret"));
	tc_done(tx_remove, (void *)(uintptr_t)DEV);
	close_loops();
	ck_assert_uint_eq(a.body[0], first);
	ck_assert_ptr_nonnull(memmem(a.body, a.len, "secret", 6));
	file_answer_clear(&a);
	open_loops();
}
END_TEST

START_TEST(bounds_are_parameters)
{
	struct file_cache_stats s;

	add_phone(DEV, XML);
	ck_assert(has(0, DEV ".cnf.xml.sgn", "secret"));
	file_cache_stats(cache, &s);
	ck_assert_uint_gt(s.bytes, 0);
	set_param(PARAM_TFTP_CACHE_BYTES, "0");
	ck_assert(file_store_changed(loops[0].store));
	file_cache_stats(cache, &s);
	ck_assert_uint_eq(s.bytes, 0);
	ck_assert(has(0, DEV ".cnf.xml.sgn", "secret"));
}
END_TEST

/* --- static files --- */

/* A file is not read again once its times tell every change. */
START_TEST(content_is_found_by_its_times)
{
	int64_t end = clock_mono_ms(clock_system()) + DEADLINE_MS;
	struct file_cache_stats s;
	size_t n;

	put("tones.xml", "tones");
	ck_assert(has(0, "tones.xml.sgn", "tones"));
	file_cache_stats(cache, &s);
	n = s.n;
	do {			/* until the entry for its times is kept */
		ck_assert(clock_mono_ms(clock_system()) < end);
		(void)poll(NULL, 0, 10);
		ck_assert(has(0, "tones.xml.sgn", "tones"));
		file_cache_stats(cache, &s);
	} while (s.n == n);
	ck_assert_uint_eq(s.made, 1);
	for (int i = 0; i < LOOPS; i++)
		ck_assert(has(i, "tones.xml.sgn", "tones"));
	put("tones.xml", "other");
	ck_assert(has(1, "tones.xml.sgn", "other"));
}
END_TEST

static void
put_len(const char *name, size_t len)
{
	char *text = calloc(1, len + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	put(name, text);
	free(text);
}

/* Up to 64 KiB, and once kept by nothing but a look. */
START_TEST(small_files_from_memory)
{
	int64_t end = clock_mono_ms(clock_system()) + DEADLINE_MS;
	struct file_cache_stats s, then;
	struct file_answer a;

	put_len("large.bin", (64 << 10) + 1);
	put_len("small.bin", 64 << 10);
	get(0, "large.bin", &a);
	ck_assert(a.fd != -1 && a.body == NULL && a.len == (64 << 10) + 1);
	file_answer_clear(&a);
	do {
		ck_assert(clock_mono_ms(clock_system()) < end);
		(void)poll(NULL, 0, 10);
		get(0, "small.bin", &a);
		ck_assert(a.fd == -1 && a.body != NULL && a.len == 64 << 10);
		file_answer_clear(&a);
		file_cache_stats(cache, &s);
	} while (s.n == 0);
	for (int i = 0; i < LOOPS; i++) {
		get(i, "small.bin", &a);
		ck_assert_uint_eq(a.body[(64 << 10) - 1], 'x');
		file_answer_clear(&a);
	}
	file_cache_stats(cache, &then);
	ck_assert_uint_eq(then.hits, s.hits + LOOPS);
	ck_assert_uint_eq(then.misses, s.misses);
	set_param(PARAM_TFTP_CACHE_BYTES, "0");
	get(0, "small.bin", &a);
	ck_assert_uint_eq(a.len, 64 << 10);
	file_answer_clear(&a);
	file_cache_stats(cache, &s);
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

/* Changes that come faster than file times advance, in place. */
START_TEST(edited_quickly)
{
	char text[16];
	int fd;

	put("quick.xml", "000");
	fd = openat(tc.dirfd, "tftp/quick.xml", O_WRONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	for (int i = 100; i < 400; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		ck_assert_int_eq(pwrite(fd, text, 3, 0), 3);
		ck_assert_msg(has(i % LOOPS, "quick.xml.sgn", text), "%s",
		    text);
		ck_assert_msg(has(i % LOOPS, "quick.xml", text), "%s", text);
		if (i % 150 == 0)	/* kept by now */
			(void)poll(NULL, 0, FILE_SETTLE_MS +
			    2 * FILE_SETTLE_FINE_MS);
	}
	(void)close(fd);
}
END_TEST

/* A change that could not be read once is not waited for until the next. */
START_TEST(reload_fails_once)
{
	sqlite3 *h = file_store_db(loops[0].store)->h;
	int max = sqlite3_limit(h, SQLITE_LIMIT_LENGTH, -1);
	uint8_t before[32];
	struct file_answer a;

	put("x.xml", "x");
	get(0, "x.xml.sgn", &a);
	memcpy(before, a.version, sizeof(before));
	file_answer_clear(&a);
	(void)sqlite3_limit(h, SQLITE_LIMIT_LENGTH, 1);
	set_param(PARAM_FILE_DIGEST, "sha512");
	ck_assert(file_store_changed(loops[0].store));
	(void)sqlite3_limit(h, SQLITE_LIMIT_LENGTH, max);
	get(0, "x.xml.sgn", &a);
	ck_assert_mem_eq(a.version, before, sizeof(before));
	file_answer_clear(&a);
	ck_assert(file_store_changed(loops[0].store));
	get(0, "x.xml.sgn", &a);
	ck_assert_mem_ne(a.version, before, sizeof(before));
	file_answer_clear(&a);
	ck_assert(!file_store_changed(loops[0].store));
}
END_TEST

/* --- disk --- */

static void
restart(void)
{
	close_loops();
	open_loops();
}

static bool
on_disk(const char *text)
{
	uint8_t *buf;
	size_t len;
	bool found;

	ck_assert_int_eq(file_read(tc.dirfd, CACHE_DISK_FILE, 1u << 29, &buf,
	    &len, NULL), ERR_OK);
	found = memmem(buf, len, text, strlen(text)) != NULL;
	free(buf);
	return found;
}

/* A signer without keys proves that nothing is signed again. */
START_TEST(signatures_survive)
{
	struct signer *none;
	struct file_answer a, b;
	struct err e = { 0 };

	set_param(PARAM_TFTP_CACHE, "disk");
	add_phone(DEV, XML);
	get(0, DEV ".cnf.xml.sgn", &a);
	restart();
	ck_assert(on_disk(DEV ".cnf.xml.sgn"));
	ck_assert(!on_disk("secret"));
	ck_assert_ptr_nonnull(none = signer_local_new(&e));
	file_store_free(loops[0].store);
	loops[0].store = file_store_new(tc.dirfd, "cm1", none, cache, &e);
	ck_assert_ptr_nonnull(loops[0].store);
	get(0, DEV ".cnf.xml.sgn", &b);
	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_eq(a.body, b.body, a.len);
	file_answer_clear(&a);
	file_answer_clear(&b);
	file_store_free(loops[0].store);
	loops[0].store = NULL;
	signer_free(none);
}
END_TEST

/* A header that is not ours, whole in its slot: signed again. */
START_TEST(disk_is_not_believed)
{
	struct cache_disk *d;
	struct cache_slot s;
	struct file_answer a;
	struct signed_file f;
	uint8_t slot[CACHE_DISK_SLOT], head[CACHE_DISK_SLOT];
	off_t off = 0;
	int fd;

	set_param(PARAM_TFTP_CACHE, "disk");
	add_phone(DEV, XML);
	get(0, DEV ".cnf.xml.sgn", &a);
	file_answer_clear(&a);
	close_loops();
	fd = openat(tc.dirfd, CACHE_DISK_FILE, O_RDONLY | O_CLOEXEC);
	do {
		ck_assert_int_eq(pread(fd, slot, sizeof(slot), off),
		    sizeof(slot));
		off += CACHE_DISK_SLOT;
	} while (!cache_slot_parse(&s, slot));
	(void)close(fd);
	memcpy(head, s.head, s.len);
	head[s.len / 2] ^= 1;		/* within the signature */
	ck_assert_ptr_nonnull(d = cache_disk_new(tc.dirfd, NULL));
	cache_disk_put(d, s.key, head, s.len);
	cache_disk_free(d);
	open_loops();
	get(0, DEV ".cnf.xml.sgn", &a);
	ck_assert_int_eq(signed_parse(&f, a.body, a.len, NULL), ERR_OK);
	ck_assert_int_eq(tlv_verify(&f.h, a.body, a.len,
	    own_new_cert(tc.own[UNIT_CALLMANAGER]), NULL), ERR_OK);
	file_answer_clear(&a);
}
END_TEST

static void
add_static(TCase *t)
{
	tcase_add_test(t, content_is_found_by_its_times);
	tcase_add_test(t, edited_quickly);
	tcase_add_test(t, reload_fails_once);
	tcase_add_test(t, small_files_from_memory);
}

int
main(void)
{
	Suite *s = suite_create("files_cache");
	TCase *t = tcase_create("cache");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, one_signature);
	tcase_add_test(t, a_change_is_seen_by_all);
	tcase_add_test(t, a_change_of_another);
	tcase_add_test(t, answers_hold_their_bytes);
	tcase_add_test(t, bounds_are_parameters);
	tcase_add_test(t, signatures_survive);
	tcase_add_test(t, disk_is_not_believed);
	if (have_openat2())
		add_static(t);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
