/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * OCSP in the background: nobody waits, answers last as long as they say,
 * silence is retried; and once with a responder of openssl over HTTP.
 */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "tests/ca_lab.h"
#include "trust/revocation.h"

#define DEADLINE_MS	60000
#define HOUR		3600

static struct cert *ca, *leaf[3];
static struct revocation *r;

/* --- a responder of our own --- */

static atomic_int status;	/* -1: none answers */
static atomic_llong now;	/* Unix seconds */
static atomic_llong lasts;	/* seconds that an answer counts; 0: unsaid */

static int64_t
tell(void *arg)
{
	(void)arg;
	return atomic_load(&now) * INT64_C(1000000000);
}
static const struct clock clk = { .wall_ns = tell, .mono_ns = tell };

static int
respond(void *arg, const char *url, const uint8_t *request, size_t len,
    uint8_t **answer, size_t *answerlen, struct err *e)
{
	const uint8_t *p = request;
	OCSP_REQUEST *q = d2i_OCSP_REQUEST(NULL, &p, (long)len);
	struct lab_ocsp s = { .issuer = ca, .by = ca, .key = lab_key(0),
	    .status = atomic_load(&status), .from = atomic_load(&now) };
	OCSP_CERTID *id;

	(void)arg;
	ck_assert_ptr_nonnull(q);
	ck_assert_str_eq(url, "http://ocsp.example.org/x");
	id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(q, 0));
	for (size_t i = 0; i < 3 && s.about == NULL; i++) {
		uint8_t *der;
		size_t n;

		ck_assert_int_eq(ocsp_request(leaf[i], ca, &der, &n, NULL),
		    ERR_OK);
		if (n == len && memcmp(der, request, n) == 0)
			s.about = leaf[i];
		free(der);
	}
	ck_assert(id != NULL && s.about != NULL);
	OCSP_REQUEST_free(q);
	if (s.status < 0)
		return err_set(e, ERR_UNREACHABLE, "nobody there");
	if (atomic_load(&lasts) != 0)
		s.to = s.from + atomic_load(&lasts);
	*answer = lab_ocsp(&s, answerlen);
	return ERR_OK;
}

static void
setup(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	ca = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE" }, lab_key(0), NULL, NULL);
	for (size_t i = 0; i < 3; i++)
		leaf[i] = lab_issue(&(struct lab_spec){ .cn = "leaf",
		    .info = i < 2 ? "OCSP;URI:http://ocsp.example.org/x" :
		    NULL }, lab_key(1), ca, lab_key(0));
	atomic_store(&now, LAB_NOW);
	atomic_store(&lasts, HOUR);
	atomic_store(&status, V_OCSP_CERTSTATUS_GOOD);
	ck_assert_ptr_nonnull(r = revocation_new(&clk, respond, NULL, NULL));
}

static void
teardown(void)
{
	revocation_free(r);
	cert_free(ca);
	for (size_t i = 0; i < 3; i++)
		cert_free(leaf[i]);
	lab_end();
}

static enum ocsp_status
ask(size_t i)
{
	return revocation_ask(r, leaf[i], ca);
}

static void
wait_asked(uint64_t n)
{
	for (int ms = 0; revocation_asked(r) < n; ms++) {
		ck_assert_int_lt(ms, DEADLINE_MS);
		(void)poll(NULL, 0, 1);
	}
	ck_assert_uint_eq(revocation_asked(r), n);
}

START_TEST(nobody_waits)
{
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(1);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	ck_assert_int_eq(ask(1), OCSP_UNKNOWN);
	wait_asked(2);
	ck_assert_int_eq(ask(1), OCSP_GOOD);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	ck_assert_uint_eq(revocation_asked(r), 2);
}
END_TEST

START_TEST(asked_again)
{
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(1);
	atomic_store(&now, LAB_NOW + HOUR);
	ck_assert_int_eq(ask(0), OCSP_GOOD);	/* to the last second */
	wait_asked(2);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	atomic_store(&status, V_OCSP_CERTSTATUS_REVOKED);
	atomic_store(&now, LAB_NOW + 2 * HOUR + 1);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);	/* kept, and asked about */
	wait_asked(3);
	ck_assert_int_eq(ask(0), OCSP_REVOKED);
	/* Stays so until somebody says otherwise. */
	atomic_store(&status, -1);
	atomic_store(&now, LAB_NOW + 9 * HOUR);
	ck_assert_int_eq(ask(0), OCSP_REVOKED);
	wait_asked(4);
	ck_assert_int_eq(ask(0), OCSP_REVOKED);
	atomic_store(&status, V_OCSP_CERTSTATUS_GOOD);
	atomic_store(&now, LAB_NOW + 10 * HOUR);
	(void)ask(0);
	wait_asked(5);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
}
END_TEST

START_TEST(silence_is_retried)
{
	atomic_store(&status, _i == 0 ? -1 : V_OCSP_CERTSTATUS_UNKNOWN);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(1);
	atomic_store(&now, LAB_NOW + REVOCATION_RETRY_S - 1);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	atomic_store(&status, V_OCSP_CERTSTATUS_GOOD);
	atomic_store(&now, LAB_NOW + REVOCATION_RETRY_S);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(2);			/* and not before */
	ck_assert_int_eq(ask(0), OCSP_GOOD);
}
END_TEST

START_TEST(answers_without_a_date)
{
	atomic_store(&lasts, 0);
	(void)ask(0);
	wait_asked(1);
	atomic_store(&now, LAB_NOW + REVOCATION_KEEP_S);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	wait_asked(2);
}
END_TEST

/* A year is more than anybody may claim. */
START_TEST(a_day_at_most)
{
	atomic_store(&lasts, 365 * 24 * HOUR);
	(void)ask(0);
	wait_asked(1);
	atomic_store(&now, LAB_NOW + REVOCATION_DAY_S - 1);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	ck_assert_uint_eq(revocation_asked(r), 1);
	atomic_store(&now, LAB_NOW + REVOCATION_DAY_S + 1);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(2);
}
END_TEST

START_TEST(no_responder)
{
	ck_assert_int_eq(ask(2), OCSP_UNKNOWN);
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(1);		/* of the one that has a responder */
	ck_assert_int_eq(ask(2), OCSP_UNKNOWN);
}
END_TEST

/* Certificate n of many that differ in their signature alone, which nobody
 * looks at here: making real ones takes long. */
static struct cert *
one_of_many(uint16_t n)
{
	size_t len;
	const uint8_t *der = cert_der(leaf[2], &len);
	uint8_t *copy = malloc(len);
	struct cert *c;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, der, len);
	copy[len - 1] = (uint8_t)n;
	copy[len - 2] = (uint8_t)(n >> 8);
	ck_assert_ptr_nonnull(c = cert_from_der(copy, len, NULL));
	free(copy);
	return c;
}

/* More certificates than are remembered: the oldest go, nothing breaks. */
START_TEST(bounded)
{
	(void)ask(0);
	wait_asked(1);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
	for (uint16_t i = 0; i < REVOCATION_MAX; i++) {
		struct cert *c = one_of_many(i);

		ck_assert_int_eq(revocation_ask(r, c, ca), OCSP_UNKNOWN);
		cert_free(c);
	}
	ck_assert_int_eq(ask(0), OCSP_UNKNOWN);
	wait_asked(2);
	ck_assert_int_eq(ask(0), OCSP_GOOD);
}
END_TEST

/* --- openssl's responder --- */

static char dir[64];
static pid_t child;

static void
put_pem(const char *name, const struct cert *c)
{
	char path[128], *pem = c != NULL ? cert_to_pem(c, NULL) : NULL;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	if (pem != NULL)
		(void)fputs(pem, f);
	else
		ck_assert_int_eq(PEM_write_PrivateKey(f, lab_key(0), NULL,
		    NULL, 0, NULL, NULL), 1);
	(void)fclose(f);
	free(pem);
}

/* The port that it tells. */
static unsigned
start_openssl(void)
{
	char line[256] = "", *p = NULL;
	int fds[2];
	FILE *f;

	ck_assert_int_eq(pipe(fds), 0);
	if ((child = fork()) == 0) {
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)dup2(fds[1], STDERR_FILENO);
		(void)close(fds[0]);
		if (chdir(dir) == 0)
			(void)execlp("openssl", "openssl", "ocsp", "-index",
			    "index", "-port", "0", "-rsigner", "ca.pem",
			    "-rkey", "ca.key", "-CA", "ca.pem", "-nmin",
			    "60", (char *)NULL);
		_exit(1);
	}
	(void)close(fds[1]);
	ck_assert_ptr_nonnull(f = fdopen(fds[0], "r"));
	while (p == NULL && fgets(line, sizeof(line), f) != NULL)
		if (str_starts(line, "ACCEPT "))
			p = strrchr(line, ':');
	ck_assert_msg(p != NULL, "openssl ocsp: %s", line);
	(void)fclose(f);
	return (unsigned)strtoul(p + 1, NULL, 10);
}

static struct cert *
issue_here(int64_t serial, unsigned port)
{
	int64_t today = (clock_wall_s(clock_system()) - LAB_NOW) / LAB_DAY;
	char info[64];

	(void)snprintf(info, sizeof(info), "OCSP;URI:http://127.0.0.1:%u",
	    port);
	return lab_issue(&(struct lab_spec){ .cn = "here", .serial = serial,
	    .from_days = today - 9, .to_days = today + 9, .info = info },
	    lab_key(1), ca, lab_key(0));
}

START_TEST(over_http)
{
	static const char index[] =
	    "R\t491231000000Z\t261101000000Z,keyCompromise\t07\tunknown\t/CN=a\n"
	    "V\t491231000000Z\t\t08\tunknown\t/CN=b\n";
	static const enum ocsp_status want[] = { OCSP_REVOKED, OCSP_GOOD,
	    OCSP_UNKNOWN };
	int64_t today = (clock_wall_s(clock_system()) - LAB_NOW) / LAB_DAY;
	struct cert *c[3];
	unsigned port;

	cert_free(ca);
	ca = lab_issue(&(struct lab_spec){ .cn = "ca",
	    .basic = "critical,CA:TRUE", .from_days = today - 9,
	    .to_days = today + 9 }, lab_key(0), NULL, NULL);
	put_pem("ca.pem", ca);
	put_pem("ca.key", NULL);
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(file_replace(AT_FDCWD, "index", 0600, index,
	    strlen(index), NULL), ERR_OK);
	port = start_openssl();
	revocation_free(r);
	ck_assert_ptr_nonnull(r = revocation_new(clock_system(), NULL, NULL,
	    NULL));
	for (int64_t i = 0; i < 3; i++) {
		c[i] = issue_here(7 + i, port);
		ck_assert_int_eq(revocation_ask(r, c[i], ca), OCSP_UNKNOWN);
		wait_asked((uint64_t)i + 1);
		ck_assert_int_eq(revocation_ask(r, c[i], ca), want[i]);
	}
	for (size_t i = 0; i < 3; i++)
		cert_free(c[i]);
}
END_TEST

/* It takes the question and says nothing: the end comes all the same. */
START_TEST(silent_at_the_end)
{
	const struct clock *clock = clock_system();
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	struct pollfd p = { .fd = socket(AF_INET, SOCK_STREAM, 0),
	    .events = POLLIN };
	struct cert *c;
	int64_t began;

	ck_assert_int_eq(bind(p.fd, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(listen(p.fd, 1), 0);
	ck_assert_int_eq(getsockname(p.fd, (struct sockaddr *)&a, &len), 0);
	revocation_free(r);
	ck_assert_ptr_nonnull(r = revocation_new(clock, NULL, NULL, NULL));
	c = issue_here(7, ntohs(a.sin_port));
	ck_assert_int_eq(revocation_ask(r, c, ca), OCSP_UNKNOWN);
	ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
	began = clock_mono_ms(clock);
	revocation_free(r);
	r = NULL;
	ck_assert_int_lt(clock_mono_ms(clock) - began,
	    REVOCATION_TIMEOUT_MS / 2);
	(void)close(p.fd);
	cert_free(c);
}
END_TEST

static void
http_setup(void)
{
	setup();
	(void)snprintf(dir, sizeof(dir), "/tmp/check_revocation.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
http_teardown(void)
{
	static const char *const names[] = { "ca.pem", "ca.key", "index",
	    "index.attr" };

	if (child > 0) {
		(void)kill(child, SIGTERM);
		(void)waitpid(child, NULL, 0);
	}
	ck_assert_int_eq(chdir(dir), 0);
	for (size_t i = 0; i < 4; i++)
		(void)unlink(names[i]);
	ck_assert_int_eq(chdir("/"), 0);
	(void)rmdir(dir);
	teardown();
}

int
main(void)
{
	Suite *s = suite_create("OCSP in the background");
	TCase *t = tcase_create("asking");
	SRunner *sr;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nobody_waits);
	tcase_add_test(t, asked_again);
	tcase_add_loop_test(t, silence_is_retried, 0, 2);
	tcase_add_test(t, answers_without_a_date);
	tcase_add_test(t, a_day_at_most);
	tcase_add_test(t, no_responder);
	tcase_add_test(t, bounded);
	tcase_add_test(t, silent_at_the_end);
	suite_add_tcase(s, t);
	t = tcase_create("openssl");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, http_setup, http_teardown);
	tcase_add_test(t, over_http);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
