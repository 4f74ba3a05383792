/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/capf.c: one session by the command, against a server in a thread.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phonesim/phonesim.h"
#include "tests/capf_peer.h"
#include "tests/certs_data.h"
#include "tests/msg_lab.h"

#define PHONE		"SEP0011223344AA"
#define PATIENCE_MS	60000
#define WORDS_MAX	24

static struct msg_lab lab;
static struct capf_peer peer;
static char state[64], *out, *side;

static int
talk(void *arg, struct msg_conn *c, struct msg_peer *p, const uint8_t *buf,
    size_t len, uint8_t *reply, struct msg_step *step, struct err *e)
{
	(void)arg;
	(void)c;
	(void)p;
	(void)e;
	*step = (struct msg_step){ .then = MSG_READ, .wait_ms = PATIENCE_MS };
	if (len == 0)
		step->len = capf_peer_begin(&peer, reply);
	else if (capf_peer_answer(&peer, buf, len, reply, &step->len))
		step->then = MSG_END;
	return ERR_OK;
}

static void
set_up(void)
{
	const struct msg_def def = { .full = "lab.full",
	    .starved = "lab.starved", .failed = "lab.failed",
	    .dropped = "lab.dropped", .max = CAPF_MSG_MAX,
	    .need = capf_msg_need, .talk = talk };
	const struct msg_limits lim = { PATIENCE_MS, PATIENCE_MS,
	    PATIENCE_MS, 0 };

	capf_peer_open(&peer);
	msg_lab_start_def(&lab, "capf", &def, &lim, NULL);
	(void)snprintf(state, sizeof(state), "/tmp/check_capf_cli.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
}

static void
tear_down(void)
{
	char cmd[128];

	msg_lab_stop(&lab);
	capf_peer_close(&peer);
	free(out);
	free(side);
	out = side = NULL;
	(void)snprintf(cmd, sizeof(cmd), "rm -r -- '%s'", state);
	ck_assert_int_eq(system(cmd), 0);
}

/* phonesim capf PHONE --server ... with more words. */
static int
capf(const char *phone, const char *more)
{
	char copy[2048], offset[16], *save = NULL, name[] = "phonesim",
	    *argv[WORDS_MAX] = { name };
	size_t outlen, sidelen;
	FILE *o, *s;
	int argc = 1, ret;

	free(out);
	free(side);
	(void)snprintf(offset, sizeof(offset), "%d",
	    net_addr_port(&lab.addr) - PORT_CAPF);
	(void)snprintf(copy, sizeof(copy), "capf %s --server 127.0.0.1 "
	    "--port-offset %s --state %s %s", phone, offset, state, more);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		ck_assert_int_lt(argc, WORDS_MAX - 1);
		argv[argc++] = w;
	}
	ck_assert_ptr_nonnull(o = open_memstream(&out, &outlen));
	ck_assert_ptr_nonnull(s = open_memstream(&side, &sidelen));
	ret = phonesim_main(argc, argv, o, s);
	(void)fclose(o);
	(void)fclose(s);
	return ret;
}

static const char *
text_at(json_t *j, const char *a, const char *b)
{
	const char *s = json_string_value(json_object_get(json_object_get(
	    json_object_get(j, "result"), a), b));

	return s != NULL ? s : "";
}

START_TEST(in_words)
{
	ck_assert_int_eq(capf(PHONE, ""), EXIT_TRUSTED);
	ck_assert_msg(strstr(out, "by null: installs an LSC, ec256: stored") !=
	    NULL, "%s", out);
	peer.string = "1234567";
	ck_assert_int_eq(capf(PHONE, "--auth-string 1234567"), EXIT_TRUSTED);
	ck_assert_msg(strstr(out, "by string: installs") != NULL, "%s", out);
	ck_assert_int_eq(capf(PHONE, ""), EXIT_FAILED);
	ck_assert_msg(strstr(out, "by null: declined") != NULL, "%s", out);
}
END_TEST

START_TEST(in_json)
{
	json_t *j;

	peer.wants_cert = true;
	ck_assert_int_eq(capf(PHONE, "--json --auth lsc"), EXIT_FAILED);
	peer.wants_cert = false;
	ck_assert_int_eq(capf(PHONE, "--json"), EXIT_TRUSTED);
	ck_assert_ptr_nonnull(j = json_loads(out, 0, NULL));
	ck_assert_str_eq(text_at(j, "capf", "cause"), "command");
	ck_assert_str_eq(text_at(j, "capf", "auth"), "null");
	ck_assert_str_eq(text_at(j, "capf", "operation"), "install");
	ck_assert_str_eq(text_at(j, "capf", "key"), "ec256");
	ck_assert_str_eq(text_at(j, "capf", "outcome"), "done");
	json_decref(j);
	/* By what it has now. */
	peer.wants_cert = true;
	ck_assert_int_eq(capf(PHONE, "--json --auth lsc"), EXIT_TRUSTED);
}
END_TEST

/* Another phone's certificate, of the same folder. */
START_TEST(other_certificate)
{
	ck_assert_int_eq(capf("SEP0011223344BB", "--misbehave "
	    "other-certificate=" PHONE), EXIT_FAILED);
	ck_assert_msg(strstr(side, "knows no phone " PHONE) != NULL, "%s",
	    side);
	ck_assert_int_eq(capf(PHONE, ""), EXIT_TRUSTED);
	peer.wants_cert = true;
	ck_assert_int_eq(capf("SEP0011223344BB", "--auth lsc --misbehave "
	    "other-certificate=" PHONE), EXIT_FAILED);
	ck_assert_str_eq(peer.why, "another phone's certificate");
}
END_TEST

START_TEST(mic_is_kept)
{
	const char *top = getenv("top_srcdir");
	char more[1024], pem[256];

	peer.wants_cert = true;
	(void)snprintf(pem, sizeof(pem), "%s/tests/data/vectors/capf/"
	    "phone-lsc-rsa2048.pem", top != NULL ? top : ".");
	(void)snprintf(more, sizeof(more), "--auth mic --mic %s --mic-key %s",
	    pem, pem);
	ck_assert_int_eq(capf(PHONE, more), EXIT_TRUSTED);
	ck_assert_int_eq(capf(PHONE, "--auth mic --sudi"), EXIT_TRUSTED);
	ck_assert(peer.sudi);
	ck_assert_int_eq(capf(PHONE, "--mic /nonexistent --mic-key x"),
	    EXIT_FAILED);
}
END_TEST

START_TEST(nobody_there)
{
	struct net_addr a;
	int fd = msg_lab_listen(&a);

	lab.addr = a;
	(void)close(fd);
	ck_assert_int_eq(capf(PHONE, ""), EXIT_UNREACHABLE);
	ck_assert_msg(strstr(out, "no answer") != NULL, "%s", out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_cli");
	TCase *t = tcase_create("capf_cli");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, in_words);
	tcase_add_test(t, in_json);
	tcase_add_test(t, other_certificate);
	tcase_add_test(t, mic_is_kept);
	tcase_add_test(t, nobody_there);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
