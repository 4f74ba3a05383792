/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * All ports of HTTP and HTTPS of a loop: what differs between them, and what
 * they share.  The bytes are the tests' own, the certificate is the node's.
 */
#include <check.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "net/listen.h"
#include "tests/trust_cluster.h"
#include "tftpd/web.h"

#define PHONE_SGN	"SEP0011223344AA.cnf.xml.sgn"

/* Two addresses, one loop. */
static struct tftpd t;
static struct net_addr addr[2][TFTPD_NWEB];
static int fds[2][TFTPD_NWEB];
static struct tuning tuning;
static struct signer *signer;
static struct net_count *count;
static struct loop *loop;
static struct web *web;
static pthread_t thread;
static SSL_CTX *client;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char transport[16];		/* of the last report */

/* --- behind the server: a file's content is its name --- */

static int
name_get(void *arg, const char *req, size_t len, struct serve_item *it,
    struct err *e)
{
	(void)arg;
	(void)e;
	*it = (struct serve_item){ .fd = -1, .type = "text/plain" };
	it->owned = strndup(req + 1, len - 1);
	it->release = free;
	it->body = it->owned;
	it->len = len - 1;
	return ERR_OK;
}

static void
note_report(void *arg, const struct serve_report *r)
{
	(void)arg;
	(void)pthread_mutex_lock(&lock);
	(void)str_copy(transport, sizeof(transport), r->transport);
	(void)pthread_mutex_unlock(&lock);
}

/* --- the loop --- */

static void *
run(void *arg)
{
	(void)arg;
	ck_assert_int_eq(loop_run(loop, NULL), ERR_OK);
	return NULL;
}

static void
start(void)
{
	ck_assert_int_eq(pthread_create(&thread, NULL, run, NULL), 0);
}

static void
stop(void)
{
	loop_stop(loop);
	(void)pthread_join(thread, NULL);
}

static void
tune(void)
{
	stop();
	web_tune(web, tc.db, &tuning);
	start();
}

static void
listen_all(void)
{
	static const char *const ip[] = { "127.0.0.1", "127.0.0.2" };
	struct sockaddr_storage ss;
	socklen_t len;

	t = (struct tftpd){ .d = { .node = "cm1", .loops = 1 } };
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++) {
			int *fd = &fds[i][k];

			ck_assert_int_eq(net_addr_parse(&addr[i][k], ip[i], 0,
			    NULL), ERR_OK);
			ck_assert_int_eq(net_listen(NET_TCP, &addr[i][k], 0,
			    fd, 1, NULL), ERR_OK);
			len = sizeof(ss);
			ck_assert_int_eq(getsockname(*fd,
			    (struct sockaddr *)&ss, &len), 0);
			net_addr_from(&addr[i][k], (struct sockaddr *)&ss,
			    len);
		}
}

static void
set_up(void)
{
	static const enum own_unit units[] = { UNIT_CALLMANAGER_ECDSA };
	const struct serve_backend backend = { .get = name_get,
	    .report = note_report };
	struct err e = { 0 };

	log_init("check", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	tc_open();
	ck_assert_ptr_nonnull(signer = own_signer(tc.db, tc.kr, units, 1,
	    &e));
	tuning = (struct tuning){ .plain_sgn = true, .http = {
	    .head_timeout_ms = 10000, .idle_timeout_ms = 10000,
	    .min_rate = 1 } };
	listen_all();
	ck_assert_ptr_nonnull(count = net_count_new(100, 100, 1));
	ck_assert_ptr_nonnull(loop = loop_new(&e));
	web = web_new(&t, loop, &backend, count, signer, tc.db, &tuning,
	    &e);
	ck_assert_msg(web != NULL, "%s", e.msg);
	for (size_t i = 0; i < 2; i++)
		for (unsigned k = 0; k < TFTPD_NWEB; k++)
			ck_assert_int_eq(web_listen(web, k, fds[i][k], &e),
			    ERR_OK);
	ck_assert_ptr_nonnull(client = SSL_CTX_new(TLS_client_method()));
	SSL_CTX_set_security_level(client, 0);
	(void)SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
	start();
}

static void
tear_down(void)
{
	stop();
	web_free(web);
	loop_free(loop);
	ck_assert_uint_eq(net_count_total(count), 0);
	net_count_free(count);
	SSL_CTX_free(client);
	signer_free(signer);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++)
			(void)close(fds[i][k]);
	tc_close();
}

/* --- a client --- */

struct caller {
	int	 fd;
	SSL	*ssl;
};

static void
hang_up(struct caller *c)
{
	SSL_free(c->ssl);
	(void)close(c->fd);
	ERR_clear_error();
}

/* False when there is no agreement on TLS. */
static bool
dial(struct caller *c, size_t i, size_t kind)
{
	const struct timeval tv = { .tv_sec = 10 };

	*c = (struct caller){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	ck_assert_int_ge(c->fd, 0);
	(void)setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ck_assert_int_eq(connect(c->fd, (struct sockaddr *)&addr[i][kind].ss,
	    addr[i][kind].len), 0);
	if (kind == TFTPD_HTTP)
		return true;
	ck_assert_ptr_nonnull(c->ssl = SSL_new(client));
	ck_assert_int_eq(SSL_set_fd(c->ssl, c->fd), 1);
	return SSL_connect(c->ssl) == 1;
}

/* The status; its body, which ends with the connection. */
static int
get(struct caller *c, const char *name, char body[256])
{
	char buf[1024], *end;
	size_t n = 0;
	int r, len = snprintf(buf, sizeof(buf), "GET /%s HTTP/1.1\r\n"
	    "Host: x\r\n\r\n", name);

	if (c->ssl != NULL)
		ck_assert_int_eq(SSL_write(c->ssl, buf, len), len);
	else
		ck_assert_int_eq(send(c->fd, buf, (size_t)len, MSG_NOSIGNAL),
		    len);
	do {
		r = c->ssl != NULL ? SSL_read(c->ssl, buf + n, 1) :
		    (int)recv(c->fd, buf + n, 1, 0);
		ck_assert_int_eq(r, 1);
		buf[++n] = '\0';
	} while (strstr(buf, "\r\n\r\n") == NULL);
	end = strstr(buf, "Content-Length: ");
	ck_assert_ptr_nonnull(end);
	len = atoi(end + 16);
	for (n = 0; n < (size_t)len; n++)
		ck_assert_int_eq(c->ssl != NULL ? SSL_read(c->ssl, body + n,
		    1) : (int)recv(c->fd, body + n, 1, 0), 1);
	body[n] = '\0';
	return atoi(buf + 9);
}

/* One file over one port, each time anew. */
static void
expect_file(size_t i, size_t kind, const char *name, const char *want)
{
	char body[256];
	struct caller c;

	ck_assert(dial(&c, i, kind));
	ck_assert_int_eq(get(&c, name, body), 200);
	ck_assert_str_eq(body, want);
	hang_up(&c);
}

static bool
shakes(size_t kind, int version)
{
	struct caller c;
	bool through;

	ck_assert_int_eq(SSL_CTX_set_max_proto_version(client, version), 1);
	through = dial(&c, 0, kind);
	hang_up(&c);
	return through;
}

/* --- tests --- */

/* The same everywhere, but for a phone's own signed file on 6971. */
START_TEST(ports)
{
	static const char *const names[] = { "ITLFile.tlv",
	    "Ringlist.xml.sgn", "SEP0011223344AA.cnf.xml",
	    "SEP0011223344AA.cnf.xml.enc.sgn" };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < TFTPD_NWEB; k++) {
			for (size_t n = 0; n < sizeof(names) /
			    sizeof(names[0]); n++)
				expect_file(i, k, names[n], names[n]);
			expect_file(i, k, PHONE_SGN, k == TFTPD_HTTPS ?
			    "SEP0011223344AA.cnf.xml" : PHONE_SGN);
		}
	tuning.plain_sgn = false;
	tune();
	expect_file(0, TFTPD_HTTPS, PHONE_SGN, PHONE_SGN);
	tuning.plain_sgn = true;
	tune();
	expect_file(0, TFTPD_HTTPS, PHONE_SGN, "SEP0011223344AA.cnf.xml");
	expect_file(0, TFTPD_HTTPS2, PHONE_SGN, PHONE_SGN);
}
END_TEST

START_TEST(transports)
{
	for (size_t k = 0; k < TFTPD_NWEB; k++) {
		expect_file(0, k, "a", "a");
		stop();
		ck_assert_str_eq(transport, k == TFTPD_HTTP ? "http" :
		    "https");
		start();
	}
}
END_TEST

START_TEST(certificate)
{
	struct err e = { 0 };
	uint8_t *der = NULL;
	const uint8_t *want;
	struct own own;
	struct caller c;
	size_t len;
	X509 *got;

	ck_assert_int_eq(own_active(tc.db, UNIT_CALLMANAGER_ECDSA, "cm1",
	    &own, &e), ERR_OK);
	want = cert_der(own.cert, &len);
	for (size_t k = TFTPD_HTTPS; k < TFTPD_NWEB; k++) {
		ck_assert(dial(&c, 1, k));
		ck_assert_ptr_nonnull(got = SSL_get1_peer_certificate(c.ssl));
		ck_assert_int_eq(i2d_X509(got, &der), (int)len);
		ck_assert_mem_eq(der, want, len);
		OPENSSL_free(der);
		der = NULL;
		X509_free(got);
		hang_up(&c);
	}
	own_clear(&own);
}
END_TEST

/* Each port has its own; a change is for the next connection. */
START_TEST(lowest_versions)
{
	char body[256];
	struct caller in;

	ck_assert(!shakes(TFTPD_HTTPS, TLS1_1_VERSION));
	ck_assert(!shakes(TFTPD_HTTPS2, TLS1_1_VERSION));
	tuning.tls_lowest = TLS_FLOOR_10;
	tune();
	ck_assert(shakes(TFTPD_HTTPS, TLS1_VERSION));
	ck_assert(!shakes(TFTPD_HTTPS2, TLS1_1_VERSION));
	ck_assert(shakes(TFTPD_HTTPS2, TLS1_2_VERSION));
	ck_assert(dial(&in, 0, TFTPD_HTTPS2));
	tuning.tls_lowest = TLS_FLOOR_12;
	tuning.tls_lowest2 = TLS_FLOOR_13;
	tune();
	ck_assert(!shakes(TFTPD_HTTPS, TLS1_VERSION));
	ck_assert(shakes(TFTPD_HTTPS, TLS1_2_VERSION));
	ck_assert(!shakes(TFTPD_HTTPS2, TLS1_2_VERSION));
	ck_assert_int_eq(get(&in, "still", body), 200);
	hang_up(&in);
}
END_TEST

static int
drop_own(struct db *db, void *arg, struct err *e)
{
	struct own own = { .cert = NULL };
	int ret;

	(void)arg;
	if ((ret = own_active(db, UNIT_CALLMANAGER_ECDSA, "cm1", &own, e)) !=
	    ERR_OK)
		return ret;
	own.row.stage = OWN_RETIRED;
	ret = row_own_put(db, &own.row, e);
	own_clear(&own);
	return ret;
}

/* What cannot be loaded leaves things as they are. */
START_TEST(no_certificate)
{
	tc_done(drop_own, NULL);
	tuning.tls_lowest = TLS_FLOOR_13;
	tune();
	ck_assert(shakes(TFTPD_HTTPS, TLS1_2_VERSION));
	expect_file(0, TFTPD_HTTPS2, "a", "a");
}
END_TEST

/* One bound for all addresses, ports and transports. */
START_TEST(counted_together)
{
	char body[256];
	struct caller in, more;

	net_count_set_max(count, 1, 1);
	ck_assert(dial(&in, 0, TFTPD_HTTP));
	ck_assert_int_eq(get(&in, "a", body), 200);
	stop();
	ck_assert_uint_eq(web_connections(web), 1);
	start();
	ck_assert(dial(&more, 1, TFTPD_HTTP));
	ck_assert_int_eq(get(&more, "a", body), 503);
	hang_up(&more);
	for (size_t k = TFTPD_HTTPS; k < TFTPD_NWEB; k++) {
		ck_assert(!dial(&more, 1, k));
		hang_up(&more);
	}
	net_count_set_max(count, 2, 2);
	expect_file(1, TFTPD_HTTPS2, "a", "a");
	hang_up(&in);
}
END_TEST

START_TEST(drained)
{
	char body[256];
	struct caller c;

	ck_assert(dial(&c, 0, TFTPD_HTTPS));
	ck_assert_int_eq(get(&c, "a", body), 200);
	stop();
	web_drain(web);
	ck_assert_uint_eq(web_connections(web), 0);
	start();
	ck_assert_int_eq(SSL_read(c.ssl, body, 1), 0);
	hang_up(&c);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("web");
	TCase *tc_web = tcase_create("web");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(tc_web, tc_make, tc_free);
	tcase_add_checked_fixture(tc_web, set_up, tear_down);
	tcase_set_timeout(tc_web, 60);
	tcase_add_test(tc_web, ports);
	tcase_add_test(tc_web, transports);
	tcase_add_test(tc_web, certificate);
	tcase_add_test(tc_web, lowest_versions);
	tcase_add_test(tc_web, no_certificate);
	tcase_add_test(tc_web, counted_together);
	tcase_add_test(tc_web, drained);
	suite_add_tcase(s, tc_web);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
