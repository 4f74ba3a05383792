/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Talks over net/msg.h: a server that speaks first, takes its time and has the
 * last word.  Its messages: a length and that many bytes, of which the first
 * says what it does next.
 */
#include <check.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "tests/msg_lab.h"

#define PATIENCE_MS	60000
#define SHORT_MS	150
#define MAX		256

static struct msg_lab lab;
static SSL_CTX *client;

static struct {
	pthread_mutex_t		 lock;		/* of what follows */
	unsigned		 nover;
	uint64_t		 answered;
	char			 why[128];	/* "" none */
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- the server --- */

static struct {			/* what was put off, on its thread */
	struct msg_conn		*conn;
	struct loop_timer	*timer;
	uint8_t			 buf[MAX];
	struct msg_step		 step;
} later;

static int
need(const uint8_t *buf, size_t len, size_t *n, struct err *e)
{
	(void)len;
	if (buf[0] == 0)
		return err_set(e, ERR_PROTO, "no message");
	*n = 1 + (size_t)buf[0];
	return ERR_OK;
}

static void
due(void *arg)
{
	(void)arg;
	msg_go(later.conn, later.buf, &later.step);
}

static void
put_off(struct msg_conn *c, const uint8_t *buf, size_t len,
    enum msg_then then)
{
	later.conn = c;
	later.step = (struct msg_step){ len, then, PATIENCE_MS };
	memcpy(later.buf, buf, len);
	if (later.timer == NULL)
		later.timer = loop_timer_new(lab.loop, due, NULL, NULL);
	loop_timer_set(later.timer, 20);
}

static int
talk(void *arg, struct msg_conn *c, struct msg_peer *p, const uint8_t *buf,
    size_t len, uint8_t *out, struct msg_step *step, struct err *e)
{
	(void)arg;
	ck_assert_ptr_eq(msg_peer(c), p);
	*step = (struct msg_step){ .then = MSG_READ, .wait_ms = PATIENCE_MS };
	if (len == 0) {
		memcpy(out, "\2hi", step->len = 3);
		return ERR_OK;
	}
	memcpy(out, buf, len);
	switch (buf[1]) {
	case 'q':		/* says nothing */
		return ERR_OK;
	case 's':		/* waits but shortly */
		step->len = len;
		step->wait_ms = SHORT_MS;
		return ERR_OK;
	case 'h':
		step->then = MSG_HOLD;
		put_off(c, buf, len, MSG_READ);
		return ERR_OK;
	case 'e':
		step->then = MSG_HOLD;
		put_off(c, buf, len, MSG_END);
		return ERR_OK;
	case 'H':		/* for ever */
		step->then = MSG_HOLD;
		step->wait_ms = SHORT_MS;
		return ERR_OK;
	case 'E':
		step->len = len;
		step->then = MSG_END;
		return ERR_OK;
	case '!':
		return err_set(e, ERR_PROTO, "refused");
	}
	step->len = len;
	return ERR_OK;
}

static void
over(void *arg, const struct msg_peer *p, int64_t now_ms)
{
	(void)arg;
	(void)now_ms;
	(void)pthread_mutex_lock(&seen.lock);
	seen.nover++;
	seen.answered = p->answered;
	(void)str_copy(seen.why, sizeof(seen.why), p->why != NULL ? p->why :
	    "");
	(void)pthread_mutex_unlock(&seen.lock);
}

static void
set_up(void)
{
	const struct msg_def def = { .full = "lab.full",
	    .starved = "lab.starved", .failed = "lab.failed",
	    .dropped = "lab.dropped", .max = MAX, .need = need, .talk = talk,
	    .over = over };
	const struct msg_limits lim = { .handshake_ms = PATIENCE_MS,
	    .idle_ms = 1, .message_ms = SHORT_MS };

	seen.nover = 0;
	later.timer = NULL;
	ck_assert_ptr_nonnull(client = SSL_CTX_new(TLS_client_method()));
	msg_lab_start_def(&lab, "tftp-ec", &def, &lim, NULL);
}

static void
tear_down(void)
{
	msg_lab_halt(&lab);
	loop_timer_free(later.timer);
	msg_lab_stop(&lab);
	SSL_CTX_free(client);
}

/* --- its peers --- */

static SSL *
dial(void)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *s = SSL_new(client);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&lab.addr.ss,
	    lab.addr.len), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)), 0);
	ck_assert_int_eq(SSL_set_fd(s, fd), 1);
	ck_assert_int_eq(SSL_connect(s), 1);
	return s;
}

static void
hang_up(SSL *s)
{
	int fd = SSL_get_fd(s);

	ERR_clear_error();
	SSL_free(s);
	(void)close(fd);
}

static void
say(SSL *s, const char *text)
{
	ck_assert_int_eq(SSL_write(s, text, (int)strlen(text)),
	    (int)strlen(text));
}

static void
hear(SSL *s, const char *want)
{
	char buf[MAX];
	int n = SSL_read(s, buf, sizeof(buf));

	ck_assert_int_eq(n, (int)strlen(want));
	ck_assert_mem_eq(buf, want, strlen(want));
}

static SSL *
greeted(void)
{
	SSL *s = dial();

	hear(s, "\2hi");
	return s;
}

/* The server says that it is over, which a reset would not. */
static void
politely_ended(SSL *s)
{
	char byte;

	ck_assert_int_eq(SSL_read(s, &byte, 1), 0);
	ck_assert_int_eq(SSL_get_error(s, 0), SSL_ERROR_ZERO_RETURN);
}

static void
over_by(const char *why)
{
	int64_t end = clock_mono_ms(clock_system()) + PATIENCE_MS;
	bool is = false;

	while (!is && clock_mono_ms(clock_system()) < end) {
		(void)pthread_mutex_lock(&seen.lock);
		is = seen.nover > 0;
		(void)pthread_mutex_unlock(&seen.lock);
		if (!is)
			(void)poll(NULL, 0, 5);
	}
	ck_assert_uint_eq(seen.nover, 1);
	ck_assert_str_eq(seen.why, why);
}

static void
over_with(const char *why, uint64_t answered)
{
	over_by(why);
	ck_assert_uint_eq(seen.answered, answered);
}

/* --- tests --- */

START_TEST(speaks_first)
{
	SSL *s = greeted();

	say(s, "\2ab");
	hear(s, "\2ab");
	say(s, "\1q");		/* which has no answer */
	say(s, "\2cd");
	hear(s, "\2cd");
	say(s, "\3Exy");
	hear(s, "\3Exy");
	politely_ended(s);
	hang_up(s);
	over_with("", 4);
}
END_TEST

/* What is sent meanwhile waits for its turn. */
START_TEST(takes_its_time)
{
	SSL *s = greeted();

	say(s, "\3h12\2ab");
	say(s, "\2cd");
	hear(s, "\3h12");
	hear(s, "\2ab");
	hear(s, "\2cd");
	say(s, "\1e");
	hear(s, "\1e");
	politely_ended(s);
	(void)SSL_shutdown(s);
	hang_up(s);
	over_with("", 5);
}
END_TEST

/* A byte of a message at a time, and more of them than a turn has steps. */
START_TEST(bytes_and_floods)
{
	char flood[2 * 100 + 1] = "";
	SSL *s = greeted();

	for (const char *p = "\4abcd"; *p != '\0'; p++)
		ck_assert_int_eq(SSL_write(s, p, 1), 1);
	hear(s, "\4abcd");
	for (int i = 0; i < 100; i++)
		memcpy(flood + 2 * i, "\1q", 2);
	say(s, flood);
	say(s, "\1z");
	hear(s, "\1z");
	hang_up(s);
	over_with("the peer went", 3);
}
END_TEST

START_TEST(deadlines)
{
	static const struct {
		const char	*say, *why;
		uint64_t	 answered;
	} t[] = {
		{ "\2sx", "no message in time", 2 },
		{ "\1H", "what it waits for did not come in time", 1 },
		{ "\5ab", "no whole message in time", 1 },
	};
	SSL *s = greeted();
	char byte;

	say(s, t[_i].say);
	while (SSL_read(s, &byte, 1) > 0)
		;
	hang_up(s);
	over_with(t[_i].why, t[_i].answered);
}
END_TEST

START_TEST(what_it_will_not)
{
	static const char *const t[] = { "\2!x", "\2ab\1!" };
	SSL *s = greeted();
	char byte;

	say(s, t[_i]);
	while (SSL_read(s, &byte, 1) > 0)
		;
	hang_up(s);
	over_with("refused", (uint64_t)_i + 1);
}
END_TEST

/* A peer that never closes, and one that talks on, do not stay. */
START_TEST(after_the_end)
{
	SSL *s = greeted();
	char junk[4096];

	memset(junk, 'x', sizeof(junk));
	say(s, "\1E");
	hear(s, "\1E");
	if (_i == 1)
		for (int i = 0; i < 64; i++)
			if (SSL_write(s, junk, sizeof(junk)) <= 0)
				break;
	politely_ended(s);
	over_with("", 2);
	hang_up(s);
}
END_TEST

/* The peer goes while it is to wait: nothing is written to who is gone. */
START_TEST(goes_meanwhile)
{
	SSL *s = greeted();

	say(s, "\1h");
	hang_up(s);
	over_by("the peer went");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("msg_talk");
	TCase *t = tcase_create("talk");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, speaks_first);
	tcase_add_test(t, takes_its_time);
	tcase_add_test(t, bytes_and_floods);
	tcase_add_loop_test(t, deadlines, 0, 3);
	tcase_add_loop_test(t, what_it_will_not, 0, 2);
	tcase_add_loop_test(t, after_the_end, 0, 2);
	tcase_add_test(t, goes_meanwhile);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
