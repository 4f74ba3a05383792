/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_capf.c: a phone's side of CAPF, against the servers of recorded
 * sessions and one of ours.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "phonesim/sim_capf.h"
#include "tests/capf_data.h"
#include "tests/capf_peer.h"
#include "tests/certs_data.h"

#define PHONE	"SEP0011223344AA"
#define STEPS	100

static struct capf_peer peer;
static struct sim_keys keys;
static struct sim_enrol how;
static struct sim_capf c;
static unsigned paused;

static void
set_up(void)
{
	capf_peer_open(&peer);
	memset(&keys, 0, sizeof(keys));
	memset(&how, 0, sizeof(how));
	paused = 0;
}

static void
tear_down(void)
{
	sim_capf_clear(&c);
	sim_keys_clear(&keys);
	capf_peer_close(&peer);
}

static void
take(const uint8_t *buf, size_t len)
{
	struct err e = { 0 };

	ck_assert_msg(sim_capf_take(&c, buf, len, &e) == ERR_OK, "%s", e.msg);
}

static void
make_key(enum key_type t)
{
	struct err e = { 0 };

	ck_assert_msg(sim_capf_key(&c, data_key_of(t), &e) == ERR_OK, "%s",
	    e.msg);
}

/* What the phone has to say goes to the peer; true: END has come. */
static bool
say(const struct sim_capf_msg *m)
{
	static uint8_t out[CAPF_MSG_MAX];
	bool over;
	size_t n;

	over = capf_peer_answer(&peer, m->buf, m->len, out, &n);
	sim_capf_sent(&c);
	if (n > 0)
		take(out, n);
	return over;
}

/* A whole session. */
static void
talk(enum config_capf auth)
{
	static uint8_t out[CAPF_MSG_MAX];
	const struct sim_capf_msg *m;
	bool over = false;

	sim_capf_clear(&c);
	sim_capf_begin(&c, PHONE, &keys, -1, &how, auth);
	take(out, capf_peer_begin(&peer, out));
	for (unsigned i = 0;; i++) {
		ck_assert_uint_lt(i, STEPS);
		switch (sim_capf_next(&c, &m)) {
		case SIM_CAPF_SEND:
			over = say(m) || over;
			continue;
		case SIM_CAPF_RECEIVE:
			/* Of a duplicate the server is through already. */
			ck_assert(!over);
			sim_capf_lost(&c, "the server says nothing");
			continue;
		case SIM_CAPF_MAKE_KEY:
			make_key(c.res.key);
			continue;
		case SIM_CAPF_PAUSE:
			paused++;
			sim_capf_paused(&c);
			continue;
		case SIM_CAPF_OVER:
			return;
		}
	}
}

static void
ends(enum config_capf auth, enum sim_capf_op op, enum sim_capf_end end)
{
	talk(auth);
	ck_assert_msg(c.res.end == end && c.res.op == op, "%s of %s: %s / %s",
	    sim_capf_end_name(c.res.end), sim_capf_op_name(c.res.op),
	    c.res.why, peer.why);
}

/* --- recorded sessions --- */

/* Where what the phone says is known, and what came of it. */
static const struct {
	const char		*name;
	const char		*string;
	const char		*device;
	size_t			 same[4];	/* indexes of messages */
	enum sim_capf_op	 op;
	enum sim_capf_end	 end;
} recorded[] = {
	{ "none", NULL, PHONE, { 1 }, SIM_CAPF_NO_OP, SIM_CAPF_NOTHING },
	{ "delete", NULL, PHONE, { 1, 3 }, SIM_CAPF_DELETE, SIM_CAPF_DONE },
	{ "password-wrong", "7654321", PHONE, { 1 }, SIM_CAPF_NO_OP,
	    SIM_CAPF_DECLINED },
	{ "unknown-device", NULL, "SEP00AABBCCDDEE", { 1 }, SIM_CAPF_NO_OP,
	    SIM_CAPF_NO_DEVICE },
	/* The certificate is for the key of another phone. */
	{ "install-rsa2048-password", "1234567", PHONE, { 1, 3 },
	    SIM_CAPF_INSTALL, SIM_CAPF_BROKEN },
	{ "install-rsa2048-nullstring", NULL, PHONE, { 1, 3 },
	    SIM_CAPF_INSTALL, SIM_CAPF_BROKEN },
	{ "install-ec-secp384r1", NULL, PHONE, { 1, 3 },
	    SIM_CAPF_INSTALL, SIM_CAPF_BROKEN },
};

static bool
is_known(size_t i, const size_t same[4])
{
	for (size_t k = 0; k < 4; k++)
		if (same[k] == i)
			return true;
	return false;
}

START_TEST(replays)
{
	const char *name = recorded[_i].name;
	const struct sim_capf_msg *m;
	struct capf_session s;

	how.string = recorded[_i].string;
	capf_session_read(&s, name);
	sim_capf_begin(&c, recorded[_i].device, &keys, -1, &how,
	    how.string != NULL ? CONFIG_CAPF_STRING : CONFIG_CAPF_NULL);
	for (size_t i = 0; i < s.n; i++) {
		if (s.msg[i].from_server) {
			ck_assert_msg(sim_capf_next(&c, &m) ==
			    SIM_CAPF_RECEIVE, "%s: %zu", name, i);
			take(s.msg[i].buf, s.msg[i].len);
			continue;
		}
		if (sim_capf_next(&c, &m) == SIM_CAPF_MAKE_KEY)
			make_key(c.res.key);
		ck_assert_msg(sim_capf_next(&c, &m) == SIM_CAPF_SEND,
		    "%s: %zu", name, i);
		ck_assert_msg(m->buf[1] == s.msg[i].buf[1] &&
		    memcmp(m->buf + 2, s.msg[i].buf + 2, 4) == 0,
		    "%s: %zu: command or session", name, i);
		ck_assert_msg(!is_known(i, recorded[_i].same) ||
		    (m->len == s.msg[i].len &&
		    memcmp(m->buf, s.msg[i].buf, m->len) == 0), "%s: %zu",
		    name, i);
		sim_capf_sent(&c);
	}
	ck_assert_int_eq(sim_capf_next(&c, &m), SIM_CAPF_OVER);
	ck_assert_int_eq(c.res.op, recorded[_i].op);
	ck_assert_msg(c.res.end == recorded[_i].end, "%s", c.res.why);
	ck_assert_uint_eq(c.res.messages, s.n);
	capf_session_clear(&s);
}
END_TEST

/* With the phone's own key what is shown is what was recorded, to the bytes:
 * PKCS#1 signatures have no chance in them. */
START_TEST(replays_fetch)
{
	const struct sim_capf_msg *m;
	struct capf_session s;

	capf_session_read(&s, "fetch-certificate-auth");
	keys.lsc.cert = data_cert(CAPF_DATA_PHONE);
	keys.lsc.key = data_key(CAPF_DATA_PHONE);
	/* The same for SUDI. */
	keys.mic.cert = data_cert(CAPF_DATA_PHONE);
	keys.mic.key = data_key(CAPF_DATA_PHONE);
	how.sudi = true;
	sim_capf_begin(&c, PHONE, &keys, -1, &how, CONFIG_CAPF_LSC);
	for (size_t i = 0; i < s.n; i++) {
		if (s.msg[i].from_server) {
			take(s.msg[i].buf, s.msg[i].len);
			continue;
		}
		ck_assert_int_eq(sim_capf_next(&c, &m), SIM_CAPF_SEND);
		ck_assert_uint_eq(m->len, s.msg[i].len);
		ck_assert_mem_eq(m->buf, s.msg[i].buf, m->len);
		sim_capf_sent(&c);
	}
	ck_assert_int_eq(c.res.op, SIM_CAPF_FETCH);
	ck_assert_int_eq(c.res.end, SIM_CAPF_DONE);
	capf_session_clear(&s);
}
END_TEST

/* --- with a server of ours --- */

START_TEST(every_kind_of_key)
{
	static const enum key_type t[] = { KEY_RSA1024, KEY_RSA2048,
	    KEY_EC256, KEY_EC384, KEY_EC521 };

	peer.key = t[_i];
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_int_eq(c.res.key, t[_i]);
	ck_assert_int_eq(key_type(keys.lsc.key), t[_i]);
	ck_assert_int_eq(cert_key_type(keys.lsc.cert), t[_i]);
	ck_assert_uint_eq(peer.stored, 1);
	ck_assert_uint_eq(peer.in_progress, 1);
	ck_assert_uint_eq(peer.version, 3);
	ck_assert_str_eq(peer.device, PHONE);
	/* END is the eighth. */
	ck_assert_uint_eq(c.res.messages, 8);
}
END_TEST

/* 512 bits: it cannot, and says so. */
START_TEST(key_it_cannot_make)
{
	peer.key = KEY_OTHER;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DECLINED);
	ck_assert_str_eq(peer.why, "no key");
	ck_assert(!c.res.made_key);
	peer.key = KEY_EC256;
	sim_capf_clear(&c);
	sim_capf_begin(&c, PHONE, &keys, -1, &how, CONFIG_CAPF_NULL);
	c.wants_key = true;
	ck_assert_int_eq(sim_capf_key(&c, NULL, NULL), ERR_OK);
	ck_assert_int_eq(c.out[0].buf[1], CAPF_KEY_RESPONSE);
}
END_TEST

START_TEST(auth_modes)
{
	peer.string = "1234567";
	how.string = "1234567";
	ends(CONFIG_CAPF_STRING, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	how.string = "1234568";
	ends(CONFIG_CAPF_STRING, SIM_CAPF_NO_OP, SIM_CAPF_DECLINED);
	/* Nobody asked for it: it is not told. */
	how.string = "1234567";
	ends(CONFIG_CAPF_NULL, SIM_CAPF_NO_OP, SIM_CAPF_DECLINED);
	peer.string = NULL;
	peer.wants_cert = true;
	/* By the LSC that it has by now. */
	ends(CONFIG_CAPF_LSC, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert(!peer.sudi);
	ends(CONFIG_CAPF_MIC, SIM_CAPF_NO_OP, SIM_CAPF_DECLINED);
	ck_assert_str_eq(peer.why, "no certificate");
	keys.mic.cert = data_cert(CAPF_DATA_PHONE);
	keys.mic.key = data_key(CAPF_DATA_PHONE);
	ends(CONFIG_CAPF_MIC, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	/* SUDI beside the LSC, signed with the session's number. */
	how.sudi = true;
	ends(CONFIG_CAPF_LSC, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert(peer.sudi);
	ck_assert_int_eq(cert_key_type(peer.shown), KEY_EC256);
	/* Without an LSC it is the MIC. */
	ck_assert_int_eq(sim_keys_drop_lsc(&keys, -1, NULL), ERR_OK);
	ends(CONFIG_CAPF_LSC, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_int_eq(cert_key_type(peer.shown), KEY_RSA2048);
}
END_TEST

START_TEST(fetches_and_deletes)
{
	peer.op = PEER_FETCH;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_FETCH, SIM_CAPF_DONE);
	ck_assert_ptr_null(peer.shown);
	peer.op = PEER_INSTALL;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	keys.mic.cert = data_cert(CAPF_DATA_PHONE);
	keys.mic.key = data_key(CAPF_DATA_PHONE);
	peer.op = PEER_FETCH;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_FETCH, SIM_CAPF_DONE);
	ck_assert_int_eq(cert_key_type(peer.shown), KEY_EC256);
	peer.op = PEER_DELETE;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_DELETE, SIM_CAPF_DONE);
	ck_assert_ptr_null(keys.lsc.cert);
	peer.op = PEER_FETCH;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_FETCH, SIM_CAPF_DONE);
	ck_assert_int_eq(cert_key_type(peer.shown), KEY_RSA2048);
	peer.op = PEER_NOTHING;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_NO_OP, SIM_CAPF_NOTHING);
}
END_TEST

/* The CA is elsewhere: the key stays until its certificate is there. */
START_TEST(certificate_comes_later)
{
	uint8_t before[KEY_ID_LEN], after[KEY_ID_LEN];

	peer.later = true;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_LATER);
	ck_assert_ptr_null(keys.lsc.cert);
	ck_assert_ptr_nonnull(keys.pending);
	ck_assert_int_eq(key_id(keys.pending, before, NULL), ERR_OK);
	peer.later = false;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_int_eq(key_id(keys.lsc.key, after, NULL), ERR_OK);
	/* This server asked anew. */
	ck_assert_mem_ne(before, after, sizeof(before));
}
END_TEST

START_TEST(certificate_of_another_key)
{
	peer.other_key = true;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_BROKEN);
	ck_assert_ptr_nonnull(strstr(c.res.why, "a key that this phone has "
	    "not"));
	ck_assert_ptr_null(keys.lsc.cert);
	ck_assert_uint_eq(peer.stored, 0);
}
END_TEST

/* --- misbehaviour --- */

START_TEST(cut_anywhere)
{
	unsigned cut = (unsigned)_i + 1;

	how.bad.cut_after = cut;
	talk(CONFIG_CAPF_NULL);
	ck_assert_uint_eq(c.res.messages, cut);
	/* The eighth is END: then it is over anyhow. */
	ck_assert_int_eq(c.res.end, cut == 8 ? SIM_CAPF_DONE :
	    SIM_CAPF_BROKEN);
	/* What it took it keeps: STORE REQUEST is the sixth. */
	ck_assert((keys.lsc.cert != NULL) == (cut >= 6));
	ck_assert((peer.stored > 0) == (cut >= 7));
	how.bad.cut_after = 0;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
}
END_TEST

START_TEST(misbehaves)
{
	how.bad.no_progress = true;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_uint_eq(peer.in_progress, 0);
	how.bad = (struct sim_misbehave){ .slow_key_s = 5 };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_uint_eq(paused, 1);
	how.bad = (struct sim_misbehave){ .no_key = true };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DECLINED);
	how.bad = (struct sim_misbehave){ .not_stored = true };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_BROKEN);
	ck_assert_ptr_nonnull(strstr(c.res.why, "on purpose"));
	how.bad = (struct sim_misbehave){ .wrong_session = true };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_NO_OP, SIM_CAPF_DECLINED);
	ck_assert_str_eq(peer.why, "another session");
	how.bad = (struct sim_misbehave){ .old_version = 2 };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_uint_eq(peer.version, 2);
	how.bad = (struct sim_misbehave){ .old_version = 1 };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_uint_eq(peer.version, 0);
	/* The word that a key is in the making comes after the key. */
	how.bad = (struct sim_misbehave){ .reorder = true };
	talk(CONFIG_CAPF_NULL);
	ck_assert_uint_eq(peer.in_progress, 0);
	/* "In progress" twice does no harm. */
	how.bad = (struct sim_misbehave){ .duplicate = 2 };
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	ck_assert_uint_eq(peer.in_progress, 2);
}
END_TEST

START_TEST(wrong_proof)
{
	struct sim_identity other = { data_cert(CAPF_DATA_PHONE),
	    data_key(CAPF_DATA_PHONE) };

	peer.string = how.string = "1234567";
	how.bad.wrong_string = true;
	ends(CONFIG_CAPF_STRING, SIM_CAPF_NO_OP, SIM_CAPF_DECLINED);
	peer.string = NULL;
	ends(CONFIG_CAPF_NULL, SIM_CAPF_INSTALL, SIM_CAPF_DONE);
	/* The certificate and key of a phone, but not its name. */
	peer.wants_cert = true;
	how.bad = (struct sim_misbehave){ .other = &other };
	sim_capf_begin(&c, "SEP0011223344BB", &keys, -1, &how,
	    CONFIG_CAPF_LSC);
	{
		static uint8_t out[CAPF_MSG_MAX];
		const struct sim_capf_msg *m;

		take(out, capf_peer_begin(&peer, out));
		ck_assert_int_eq(sim_capf_next(&c, &m), SIM_CAPF_SEND);
		ck_assert(say(m));
	}
	ck_assert_int_eq(c.res.end, SIM_CAPF_DECLINED);
	ck_assert_str_eq(peer.why, "another phone's certificate");
	cert_free(other.cert);
	key_free(other.key);
}
END_TEST

/* --- servers that are none --- */

static const struct {
	const char *name, *hex, *why;
} refused[] = {
	{ "no message", "5501", "" },
	{ "a key before it said who", "55030000000100090a0002080011000100",
	    "which is not due" },
	{ "its own message", "550200000001001f01000101070001030b0001000d001053"
	    "455030303131323233333434414100", "which is not due" },
	{ "a certificate before it said who", "5509000000010000",
	    "which is not due" },
	{ "an end without a reason", "550f000000010000", "no phone knows" },
	{ "an end with another", "550f000000010004010001ff",
	    "no phone knows" },
};

START_TEST(server_is_none)
{
	uint8_t buf[128];
	const struct sim_capf_msg *m;
	size_t len = strlen(refused[_i].hex) / 2;

	ck_assert(str_unhex(refused[_i].hex, buf, len));
	sim_capf_begin(&c, PHONE, &keys, -1, &how, CONFIG_CAPF_NULL);
	take(buf, len);
	ck_assert_int_eq(sim_capf_next(&c, &m), SIM_CAPF_OVER);
	ck_assert_int_eq(c.res.end, SIM_CAPF_BROKEN);
	ck_assert_msg(c.res.why[0] != '\0' && strstr(c.res.why,
	    refused[_i].why) != NULL, "%s: %s", refused[_i].name, c.res.why);
	/* It stays so. */
	take(buf, len);
	sim_capf_lost(&c, "other words");
	ck_assert_ptr_null(strstr(c.res.why, "other words"));
}
END_TEST

/* A server that never ends, and one that changes the session. */
START_TEST(without_end)
{
	static const uint8_t end[] = { 0x55, 15, 0, 0, 0, 9, 0, 4, 1, 0, 1,
	    1 };
	static const uint8_t fetch[] = { 0x55, 11, 0x10, 0x20, 0x30, 0x41, 0,
	    0 };
	static uint8_t out[CAPF_MSG_MAX];
	const struct sim_capf_msg *m;

	sim_capf_begin(&c, PHONE, &keys, -1, &how, CONFIG_CAPF_NULL);
	take(out, capf_peer_begin(&peer, out));
	for (unsigned i = 0; sim_capf_next(&c, &m) != SIM_CAPF_OVER; i++) {
		ck_assert_uint_lt(i, STEPS);
		if (sim_capf_next(&c, &m) == SIM_CAPF_SEND)
			sim_capf_sent(&c);
		else
			take(fetch, sizeof(fetch));
	}
	ck_assert_ptr_nonnull(strstr(c.res.why, "more than"));
	sim_capf_begin(&c, PHONE, &keys, -1, &how, CONFIG_CAPF_NULL);
	take(out, capf_peer_begin(&peer, out));
	take(end, sizeof(end));
	ck_assert_int_eq(c.res.end, SIM_CAPF_BROKEN);
	ck_assert_ptr_nonnull(strstr(c.res.why, "session id"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_capf");
	TCase *t = tcase_create("sim_capf");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, replays, 0, N_OF(recorded));
	tcase_add_test(t, replays_fetch);
	tcase_add_loop_test(t, every_kind_of_key, 0, 5);
	tcase_add_test(t, key_it_cannot_make);
	tcase_add_test(t, auth_modes);
	tcase_add_test(t, fetches_and_deletes);
	tcase_add_test(t, certificate_comes_later);
	tcase_add_test(t, certificate_of_another_key);
	tcase_add_loop_test(t, cut_anywhere, 0, 8);
	tcase_add_test(t, misbehaves);
	tcase_add_test(t, wrong_proof);
	tcase_add_loop_test(t, server_is_none, 0, N_OF(refused));
	tcase_add_test(t, without_end);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
