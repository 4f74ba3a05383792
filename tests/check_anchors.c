/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust stores from their rows: what counts when, also while the snapshot is
 * older than the database.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/params.h"
#include "tests/ca_lab.h"
#include "tests/db_fixture.h"
#include "trust/anchors.h"

#define DEADLINE_MS	60000

static struct db *db;
static int dirfd;
static struct verify_result r;

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	dirfd = fix_folder();
	db = fix_create(dirfd);
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
	lab_end();
}

struct write {
	const struct cert	*cert;
	const char		*unit;
	int64_t			 removed_at;
};

static int
put_cert(struct db *d, void *arg, struct err *e)
{
	const struct write *w = arg;
	struct row_trust t = { .name = "x", .origin = "test",
	    .added_at = LAB_NOW, .removed_at = w->removed_at };
	struct row_cert c = { 0 };
	struct lab_row row;
	const uint8_t *der;
	size_t len;
	int ret;

	lab_row_of(&row, w->cert, 0, 0);
	der = cert_der(w->cert, &len);
	ck_assert_ptr_nonnull(c.der = malloc(len));
	memcpy(c.der, der, len);
	c.derlen = len;
	memcpy(c.sha256, row.sha256, SHA256_LEN);
	memcpy(t.sha256, row.sha256, SHA256_LEN);
	c.subject = row.subject;
	c.issuer = row.issuer;
	memcpy(c.serial, row.row.serial, c.seriallen = row.row.seriallen);
	if (row.row.skilen > 0)
		memcpy(c.ski, row.row.ski, c.skilen = row.row.skilen);
	cert_key_id(w->cert, c.key_id);
	c.not_before = row.row.not_before;
	c.not_after = row.row.not_after;
	(void)snprintf(t.unit, sizeof(t.unit), "%s", w->unit);
	if ((ret = row_cert_put(d, &c, e)) == ERR_OK)
		ret = row_trust_put(d, &t, e);
	free(c.der);
	lab_row_clear(&row);
	return ret;
}

static void
trust(const struct cert *c, const char *unit)
{
	fix_tx(db, put_cert, &(struct write){ .cert = c, .unit = unit });
}

static void
no_trust(const struct cert *c, const char *unit)
{
	fix_tx(db, put_cert, &(struct write){ .cert = c, .unit = unit,
	    .removed_at = LAB_NOW });
}

static struct cert *
ca(const char *cn, size_t key)
{
	return lab_issue(&(struct lab_spec){ .cn = cn,
	    .basic = "critical,CA:TRUE", .usage = "critical,keyCertSign" },
	    lab_key(key), NULL, NULL);
}

static struct cert *
leaf_of(const struct cert *by, size_t key)
{
	return lab_issue(&(struct lab_spec){ .cn = "leaf" }, lab_key(60), by,
	    lab_key(key));
}

static enum verify_why
ask(struct verifier *v, const struct cert *c, enum trust_unit u)
{
	struct verify_policy p = { .units = ANCHORS_BIT(u) };

	(void)verify_cert(v, c, NULL, 0, &p, &r);
	return r.why;
}

/* --- a program that ends --- */

START_TEST(once)
{
	struct cert *a = ca("a", 0), *b = ca("b", 1), *c = ca("c", 2);
	struct cert *leaf = leaf_of(a, 0);
	const struct cert_store *s;
	struct anchors_loop *l;
	struct verifier *v;

	trust(a, "CallManager-trust");
	trust(a, "https-trust");
	trust(b, "CAPF-trust");
	no_trust(b, "https-trust");
	no_trust(c, "https-trust");
	trust(c, "Later-trust");
	ck_assert_ptr_nonnull(l = anchors_once(db, &lab_clock, NULL));
	ck_assert_ptr_nonnull(v = anchors_now(l));
	s = verifier_store(v);
	ck_assert_uint_eq(cert_store_count(s), 3);
	ck_assert_uint_eq(cert_store_count_in(s,
	    ANCHORS_BIT(TRUST_HTTPS)), 1);
	ck_assert_uint_eq(cert_store_count_in(s,
	    ANCHORS_BIT(TRUST_CAPF)), 1);
	ck_assert_int_eq(ask(v, leaf, TRUST_CALLMANAGER), VERIFY_OK);
	ck_assert_int_eq(ask(v, leaf, TRUST_HTTPS), VERIFY_OK);
	ck_assert_int_eq(ask(v, leaf, TRUST_CAPF), VERIFY_OTHER_USE);
	ck_assert_int_eq(ask(v, b, TRUST_CAPF), VERIFY_OK);
	ck_assert_uint_eq(r.units, ANCHORS_BIT(TRUST_CAPF));
	ck_assert_int_eq(ask(v, b, TRUST_HTTPS), VERIFY_REMOVED);
	ck_assert_int_eq(ask(v, c, TRUST_HTTPS), VERIFY_REMOVED);
	ck_assert_int_eq(ask(v, c, TRUST_CAPF), VERIFY_UNKNOWN);
	/* One certificate was parsed: the issuer. */
	ck_assert_uint_eq(cert_cache_loads(verifier_cache(v)), 1);
	ck_assert_ptr_eq(anchors_db(l), db);
	/* Things stay as they were. */
	no_trust(b, "CAPF-trust");
	ck_assert_int_eq(ask(anchors_now(l), b, TRUST_CAPF), VERIFY_OK);
	anchors_loop_free(l);
	cert_free(a);
	cert_free(b);
	cert_free(c);
	cert_free(leaf);
}
END_TEST

START_TEST(no_table)
{
	struct err e = { 0 };

	ck_assert_int_eq(fix_i64(db, "SELECT 1"), 1);
	db_close(db);
	db = fix_open(dirfd, OBSERVED_FILE, DB_CREATE);
	ck_assert_ptr_null(anchors_once(db, &lab_clock, &e));
	ck_assert_int_ne(e.code, ERR_OK);
}
END_TEST

/* --- a daemon --- */

static struct anchors *
start(void)
{
	struct err e = { 0 };
	struct anchors *a = anchors_start(dirfd, &e);

	ck_assert_msg(a != NULL, "%s", e.msg);
	return a;
}

static struct anchors_loop *
loop(struct anchors *a)
{
	struct err e = { 0 };
	struct anchors_loop *l = anchors_loop_new(a, &lab_clock, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	return l;
}

static void
wait_made(struct anchors *a, uint64_t n)
{
	for (int ms = 0; anchors_made(a) < n; ms++) {
		ck_assert_int_lt(ms, DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
}

START_TEST(removal_at_once)
{
	struct cert *a = ca("a", 0), *leaf = leaf_of(a, 0);
	struct anchors *an;
	struct anchors_loop *l;

	trust(a, "CAPF-trust");
	an = start();
	l = loop(an);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF), VERIFY_OK);
	ck_assert_int_eq(ask(anchors_now(l), a, TRUST_CAPF), VERIFY_OK);
	no_trust(a, "CAPF-trust");
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF),
	    VERIFY_REMOVED);
	ck_assert_int_eq(ask(anchors_now(l), a, TRUST_CAPF), VERIFY_REMOVED);
	wait_made(an, 2);
	ck_assert_int_eq(ask(anchors_now(l), a, TRUST_CAPF), VERIFY_REMOVED);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF),
	    VERIFY_UNKNOWN);
	trust(a, "CAPF-trust");
	ck_assert_int_eq(ask(anchors_now(l), a, TRUST_CAPF), VERIFY_OK);
	wait_made(an, 3);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF), VERIFY_OK);
	anchors_loop_free(l);
	anchors_stop(an);
	cert_free(a);
	cert_free(leaf);
}
END_TEST

/* Changes in a row make one snapshot, other changes none; loops share it. */
/* Nobody asks; the first who does, long after, has to have it. */
START_TEST(without_questions)
{
	struct cert *a = ca("a", 0), *leaf = leaf_of(a, 0);
	struct anchors *an = start();
	struct anchors_loop *l = loop(an);

	trust(a, "CAPF-trust");
	wait_made(an, 2);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF), VERIFY_OK);
	anchors_loop_free(l);
	anchors_stop(an);
	cert_free(a);
	cert_free(leaf);
}
END_TEST

START_TEST(few_snapshots)
{
	struct anchors *an = start();
	struct anchors_loop *l[2] = { loop(an), loop(an) };
	int64_t began = clock_mono_ms(clock_system());
	struct cert *c[20];

	ck_assert_uint_eq(anchors_made(an), 1);
	fix_phone(db, "SEP000000000001");
	for (size_t i = 0; i < 20; i++) {
		c[i] = ca("c", i);
		trust(c[i], "https-trust");
		for (size_t k = 0; k < 2; k++)
			ck_assert_int_eq(ask(anchors_now(l[k]), c[i],
			    TRUST_HTTPS), VERIFY_OK);
	}
	wait_made(an, 2);
	/* No more than there was time for. */
	ck_assert_uint_le(anchors_made(an), 2 + (uint64_t)(clock_mono_ms(
	    clock_system()) - began) / ANCHORS_WAIT_MS);
	for (int ms = 0; cert_store_count(verifier_store(
	    anchors_now(l[0]))) < 20 || verifier_store(anchors_now(l[0])) !=
	    verifier_store(anchors_now(l[1])); ms++) {
		ck_assert_int_lt(ms, DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
	for (size_t i = 0; i < 20; i++)
		cert_free(c[i]);
	anchors_loop_free(l[0]);
	anchors_loop_free(l[1]);
	anchors_stop(an);
}
END_TEST

/* A change between the first snapshot and a loop is seen by the loop. */
START_TEST(before_the_loop)
{
	struct cert *a = ca("a", 0);
	struct anchors *an;
	struct anchors_loop *l;

	trust(a, "https-trust");
	an = start();
	no_trust(a, "https-trust");
	l = loop(an);
	ck_assert_int_eq(ask(anchors_now(l), a, TRUST_HTTPS),
	    VERIFY_REMOVED);
	anchors_loop_free(l);
	anchors_stop(an);
	cert_free(a);
}
END_TEST

START_TEST(nothing_there)
{
	struct err e = { 0 };

	db_close(db);
	db = NULL;
	fix_remove();
	dirfd = fix_folder();
	ck_assert_ptr_null(anchors_start(dirfd, &e));
	ck_assert_int_eq(e.code, ERR_NOTFOUND);
	anchors_stop(NULL);
	anchors_loop_free(NULL);
}
END_TEST

/* --- revocation lists --- */

static int
put_crl(struct db *d, void *arg, struct err *e)
{
	const struct crl *c = arg;
	struct row_crl row = { .added_at = LAB_NOW };
	const uint8_t *p;
	int ret;

	p = crl_key_id(c, &row.key_idlen);
	memcpy(row.key_id, p, row.key_idlen);
	ck_assert_ptr_nonnull(row.issuer = strdup(crl_issuer(c)));
	crl_sha256(c, row.sha256);
	row.this_update = crl_this_update(c);
	row.next_update = crl_next_update(c);
	p = crl_der(c, &row.derlen);
	ck_assert_ptr_nonnull(row.der = malloc(row.derlen));
	memcpy(row.der, p, row.derlen);
	ret = row_crl_put(d, &row, e);
	row_crl_clear(&row);
	return ret;
}

START_TEST(revoked)
{
	struct cert *a = lab_issue(&(struct lab_spec){ .cn = "a",
	    .basic = "critical,CA:TRUE", .usage = "keyCertSign,cRLSign" },
	    lab_key(0), NULL, NULL);
	struct cert *leaf = leaf_of(a, 0), *good = leaf_of(a, 0);
	struct crl *none = lab_revoke(&(struct lab_crl){ .from_days = -2,
	    .to_days = -1 }, a, lab_key(0));
	struct crl *c = lab_revoke(&(struct lab_crl){ .revoked = { leaf } },
	    a, lab_key(0));
	struct anchors *an;
	struct anchors_loop *l;

	trust(a, "https-trust");
	fix_tx(db, put_crl, none);
	an = start();
	l = loop(an);
	/* A list that is too old tells nothing: kept. */
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_HTTPS), VERIFY_OK);
	fix_tx(db, put_crl, c);
	/* At once, and with the snapshots that follow. */
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_HTTPS),
	    VERIFY_REVOKED);
	wait_made(an, 2);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_HTTPS),
	    VERIFY_REVOKED);
	ck_assert_int_eq(ask(anchors_now(l), good, TRUST_HTTPS), VERIFY_OK);
	/* Also of what is trusted by itself. */
	trust(leaf, "CAPF-trust");
	trust(good, "CAPF-trust");
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_CAPF),
	    VERIFY_REVOKED);
	ck_assert_int_eq(ask(anchors_now(l), good, TRUST_CAPF), VERIFY_OK);
	ck_assert(r.pinned);
	anchors_loop_free(l);
	anchors_stop(an);
	crl_free(c);
	crl_free(none);
	cert_free(a);
	cert_free(leaf);
	cert_free(good);
}
END_TEST

/* --- OCSP --- */

static int
set_ocsp(struct db *d, void *arg, struct err *e)
{
	bool changed;

	(void)arg;
	return param_set(d, param_find("cert.ocsp"), "", "yes", LAB_NOW,
	    &changed, e);
}

/* A responder that never answers: the port where it listens. */
static int
silent_responder(unsigned *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

/* Asked only when the parameter says so, and waited for by nobody. */
START_TEST(ocsp)
{
	struct cert *a = ca("a", 0), *leaf;
	struct anchors *an;
	struct anchors_loop *l;
	struct pollfd pfd = { .events = POLLIN };
	char info[64];
	unsigned port;

	pfd.fd = silent_responder(&port);
	(void)snprintf(info, sizeof(info), "OCSP;URI:http://127.0.0.1:%u/",
	    port);
	leaf = lab_issue(&(struct lab_spec){ .cn = "leaf", .info = info },
	    lab_key(60), a, lab_key(0));
	trust(a, "https-trust");
	an = start();
	l = loop(an);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_HTTPS), VERIFY_OK);
	ck_assert_int_eq(poll(&pfd, 1, 0), 0);
	fix_tx(db, set_ocsp, NULL);
	(void)anchors_now(l);
	wait_made(an, 2);
	ck_assert_int_eq(ask(anchors_now(l), leaf, TRUST_HTTPS), VERIFY_OK);
	ck_assert_int_eq(poll(&pfd, 1, DEADLINE_MS), 1);
	(void)close(pfd.fd);		/* resets who waits for an answer */
	anchors_loop_free(l);
	anchors_stop(an);
	cert_free(a);
	cert_free(leaf);
}
END_TEST

/* --- many threads over one snapshot, while it is replaced --- */

#define THREADS	4

static struct anchors *shared;
static struct cert *known;
static atomic_bool ended;

static void *
worker(void *arg)
{
	struct verify_policy p = { .units = ANCHORS_BIT(TRUST_HTTPS) };
	struct anchors_loop *l = anchors_loop_new(shared, &lab_clock, NULL);
	struct cert *leaf = arg;
	struct verify_result res;
	size_t bad = l == NULL;

	while (l != NULL && !atomic_load(&ended))
		bad += !verify_cert(anchors_now(l), leaf, NULL, 0, &p, &res);
	anchors_loop_free(l);
	return bad != 0 ? arg : NULL;
}

START_TEST(threads)
{
	pthread_t t[THREADS];
	struct cert *leaf;

	known = ca("known", 0);
	leaf = leaf_of(known, 0);
	trust(known, "https-trust");
	shared = start();
	atomic_store(&ended, false);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, worker, leaf),
		    0);
	for (uint64_t n = 2; n < 5; n++) {
		struct cert *c = ca("other", n);

		trust(c, "https-trust");
		wait_made(shared, n);
		cert_free(c);
	}
	atomic_store(&ended, true);
	for (size_t i = 0; i < THREADS; i++) {
		void *bad;

		ck_assert_int_eq(pthread_join(t[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
	anchors_stop(shared);
	cert_free(leaf);
	cert_free(known);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust stores");
	TCase *t = tcase_create("anchors");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, once);
	tcase_add_test(t, no_table);
	tcase_add_test(t, removal_at_once);
	tcase_add_test(t, without_questions);
	tcase_add_test(t, few_snapshots);
	tcase_add_test(t, before_the_loop);
	tcase_add_test(t, nothing_there);
	tcase_add_test(t, revoked);
	tcase_add_test(t, ocsp);
	tcase_add_test(t, threads);
	suite_add_tcase(s, t);
	return fix_run(s);
}
