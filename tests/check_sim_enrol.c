/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_enrol.c: what sends a phone to CAPF in its boot, and which
 * encrypted file it can use.  The server is a table of files, and a CAPF
 * server that writes them anew when a phone has stored its certificate.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phonesim/sim.h"
#include "tests/capf_data.h"
#include "tests/capf_peer.h"
#include "tests/certs_data.h"
#include "tests/sim_lab.h"

#define CONFIG	LAB_PHONE ".cnf.xml"
#define SIGNED	CONFIG ".sgn"
#define ENC	CONFIG ".enc.sgn"
#define LIST	"<capfList><capf><processNodeName>a</processNodeName></capf>" \
	"<capf><processNodeName>b</processNodeName></capf></capfList>"
#define FULL(mode) "<device><fullConfig>true</fullConfig>" \
	"<versionStamp>7</versionStamp><capfAuthMode>" mode \
	"</capfAuthMode>" LIST "<certHash></certHash>" \
	"<encrConfig>false</encrConfig></device>"

static struct lab lab;
static struct capf_peer peer;
static struct sim_enrol how;
static struct sim_report rep;
static char capf_asked[1024];		/* "a:3804 " */
static int capf_code;			/* of the connection; ERR_OK: up */
static const char *capf_down;		/* only this one */
static void (*stored)(void);		/* after an LSC; NULL: nothing */

/* --- the server --- */

static void
put_stub(const char *mode, const struct cert *c)
{
	char hash[33] = "", *text;

	ck_assert(c == NULL || enc_cert_hash(c, hash, NULL) == ERR_OK);
	text = str_printf("<device><fullConfig>false</fullConfig>"
	    "<capfAuthMode>%s</capfAuthMode>" LIST "<certHash>%s</certHash>"
	    "<encrConfig>true</encrConfig></device>", mode, hash);
	ck_assert_ptr_nonnull(text);
	lab_put_text(&lab, SIGNED, LAB_CCM, text);
	free(text);
}

static void
serve_full(void)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("0"));
}

static void
serve_encrypted(void)
{
	put_stub("0", peer.lsc);
	lab_put_encrypted(&lab, ENC, LAB_CCM, FULL("0"), peer.lsc, NULL);
}

static void
talk(struct sim_capf *c)
{
	static uint8_t out[CAPF_MSG_MAX];
	const struct sim_capf_msg *m;
	size_t n;

	ck_assert_int_eq(sim_capf_take(c, out, capf_peer_begin(&peer, out),
	    NULL), ERR_OK);
	for (unsigned i = 0; i < 100; i++) {
		switch (sim_capf_next(c, &m)) {
		case SIM_CAPF_SEND:
			(void)capf_peer_answer(&peer, m->buf, m->len, out,
			    &n);
			sim_capf_sent(c);
			if (n > 0)
				ck_assert_int_eq(sim_capf_take(c, out, n,
				    NULL), ERR_OK);
			continue;
		case SIM_CAPF_MAKE_KEY:
			ck_assert_int_eq(sim_capf_key(c,
			    data_key_of(c->res.key), NULL), ERR_OK);
			continue;
		case SIM_CAPF_RECEIVE:
		case SIM_CAPF_PAUSE:
			ck_abort_msg("it waits");
		case SIM_CAPF_OVER:
			return;
		}
	}
	ck_abort_msg("no end");
}

static int
capf(void *arg, const struct accept_phone *p,
    const struct config_server *server, struct sim_capf *c,
    struct accept_verdict *v, struct err *e)
{
	size_t n = strlen(capf_asked), len;
	unsigned before = peer.stored;
	const uint8_t *der = cert_der(lab.cert[LAB_CAPF], &len);

	ck_assert_ptr_eq(arg, &lab);
	(void)snprintf(capf_asked + n, sizeof(capf_asked) - n, "%s:%u ",
	    server->address, server->port);
	if (capf_code != ERR_OK && (capf_down == NULL ||
	    strcmp(capf_down, server->address) == 0))
		return err_set(e, capf_code, "out of order");
	if (!accept_capf_server(p, der, len, v))
		return err_set(e, ERR_VERIFY, "%s", v->why);
	talk(c);
	if (peer.stored > before && stored != NULL)
		stored();
	return ERR_OK;
}

static void
set_up(void)
{
	lab_open(&lab);
	capf_peer_open(&peer);
	peer.key = KEY_RSA2048;
	memset(&how, 0, sizeof(how));
	lab.capf = capf;
	lab.enrol = &how;
	capf_code = ERR_OK;
	capf_down = NULL;
	capf_asked[0] = '\0';
	stored = NULL;
	lab_put_vector(&lab, "ITL" LAB_PHONE ".tlv",
	    "trust-list/ITLFile.sha1.v10.tlv");
}

static void
tear_down(void)
{
	capf_peer_close(&peer);
	lab_close(&lab);
}

/* --- tests --- */

static void
boots(enum sim_outcome want)
{
	capf_asked[0] = '\0';
	lab_boot(&lab, &rep);
	ck_assert_msg(rep.outcome == want, "%s: %s",
	    sim_outcome_name(rep.outcome), rep.why);
}

/* The n-th CAPF step, counted from 0; NULL: there is none. */
static const struct sim_step *
session(unsigned n)
{
	for (size_t i = 0; i < lab.nstep; i++)
		if (lab.step[i].kind == SIM_CAPF && n-- == 0)
			return &lab.step[i];
	return NULL;
}

static unsigned
times_asked(const char *name)
{
	unsigned n = 0;

	for (size_t i = 0; i < lab.nstep; i++)
		n += strcmp(lab.step[i].asked, name) == 0;
	return n;
}

START_TEST(mode_in_a_full_file)
{
	const struct sim_step *st;

	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("2"));
	stored = serve_full;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(capf_asked, "a:3804 ");
	ck_assert_uint_eq(rep.boots, 2);
	ck_assert_uint_eq(rep.capf.installed, 1);
	ck_assert_ptr_nonnull(st = session(0));
	ck_assert_str_eq(st->asked, "CAPF a:3804");
	ck_assert_str_eq(st->capf.cause, "capf_auth_mode");
	ck_assert_int_eq(st->capf.auth, CONFIG_CAPF_NULL);
	ck_assert_int_eq(st->v.path, ACCEPT_CAPF_ITL);
	ck_assert(st->accepted && st->capf.held);
	ck_assert_ptr_null(session(1));
	ck_assert_str_eq(rep.capf_why, "");
	/* Nothing is pending any more. */
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(rep.boots, 1);
	ck_assert_str_eq(capf_asked, "");
}
END_TEST

/* Whoever forgets to take the mode back is not asked for ever. */
START_TEST(mode_that_stays)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("2"));
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(rep.boots, SIM_BOOTS_MAX);
	ck_assert_uint_eq(rep.capf.sessions, SIM_BOOTS_MAX - 1);
	/* Without an operation there is no reason to boot again. */
	peer.op = PEER_NOTHING;
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(rep.boots, 1);
	ck_assert_uint_eq(rep.capf.sessions, 1);
}
END_TEST

START_TEST(string_is_typed_in)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("1"));
	peer.string = "1234567";
	stored = serve_full;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(capf_asked, "");
	ck_assert_int_eq(session(0)->status, SIM_NOT_ASKED);
	ck_assert_ptr_nonnull(strstr(rep.capf_why, "waits for an "
	    "authentication string"));
	how.string = "7654321";
	boots(SIM_TRUSTED);
	ck_assert_int_eq(session(0)->capf.res.end, SIM_CAPF_DECLINED);
	ck_assert(!session(0)->accepted);
	ck_assert_ptr_nonnull(strstr(rep.capf_why, "CAPF a:3804: declined"));
	ck_assert_uint_eq(rep.boots, 1);
	how.string = "1234567";
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(rep.boots, 2);
	ck_assert_ptr_nonnull(lab.mem.keys.lsc.cert);
}
END_TEST

START_TEST(to_an_encrypted_file)
{
	put_stub("2", NULL);
	stored = serve_encrypted;
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(rep.boots, 2);
	ck_assert(rep.decrypted && rep.verified);
	ck_assert_str_eq(rep.config.version_stamp, "7");
	ck_assert_str_eq(lab.mem.version_stamp, "7");
	/* From now on it asks for that file first, and needs no stub. */
	boots(SIM_TRUSTED);
	ck_assert(rep.decrypted);
	ck_assert_uint_eq(times_asked(SIGNED), 0);
	ck_assert_uint_eq(times_asked(ENC), 1);
	ck_assert(lab_step(&lab, ENC)->decrypted);
	/* It is gone: the stub, and nothing that leads on from there. */
	lab_remove(&lab, ENC);
	boots(SIM_NO_CONFIG);
	ck_assert_uint_eq(times_asked(SIGNED), 1);
	ck_assert_ptr_nonnull(strstr(rep.why, "stub alone"));
	/* Not encrypted any more. */
	serve_full();
	boots(SIM_TRUSTED);
	ck_assert(!rep.decrypted);
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(times_asked(ENC), 0);
}
END_TEST

/* The stub says nothing of an operation, but names another certificate. */
START_TEST(certificate_differs)
{
	struct cert *c = data_cert(CAPF_DATA_PHONE);

	put_stub("0", c);
	stored = serve_encrypted;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(session(0)->capf.cause, "certificate");
	ck_assert(rep.decrypted);
	/* By none at all as well. */
	put_stub("0", NULL);
	lab.mem.encr_config = false;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(session(0)->capf.cause, "certificate");
	cert_free(c);
}
END_TEST

START_TEST(file_for_another_key)
{
	struct cert *c = data_cert(CAPF_DATA_PHONE);

	put_stub("2", NULL);
	stored = serve_encrypted;
	boots(SIM_TRUSTED);
	/* The certificate of the stub is right, the file is another's. */
	lab_put_encrypted(&lab, ENC, LAB_CCM, FULL("0"), c, NULL);
	boots(SIM_TRUSTED);
	ck_assert_str_eq(session(0)->capf.cause, "decrypt");
	ck_assert(rep.decrypted);
	ck_assert_uint_eq(rep.boots, 2);
	/* A server that does it for ever. */
	lab_put_encrypted(&lab, ENC, LAB_CCM, FULL("0"), c, NULL);
	stored = NULL;
	boots(SIM_NO_CONFIG);
	ck_assert_uint_eq(rep.boots, SIM_BOOTS_MAX);
	cert_free(c);
}
END_TEST

/* Damaged on its way is refused before anybody decrypts it. */
START_TEST(damaged)
{
	put_stub("2", NULL);
	stored = serve_encrypted;
	boots(SIM_TRUSTED);
	lab_find(&lab, ENC)->buf[lab_find(&lab, ENC)->len - 1] ^= 1;
	boots(SIM_NOT_TRUSTED);
	ck_assert_int_eq(lab_step(&lab, ENC)->v.step, STEP_SIGNATURE);
	ck_assert_str_eq(capf_asked, "");
}
END_TEST

START_TEST(by_the_mic)
{
	struct cert *c = data_cert(CAPF_DATA_PHONE);

	lab.mem.keys.mic.cert = data_cert(CAPF_DATA_PHONE);
	lab.mem.keys.mic.key = data_key(CAPF_DATA_PHONE);
	put_stub("0", c);
	lab_put_encrypted(&lab, ENC, LAB_CCM, FULL("0"), c, NULL);
	boots(SIM_TRUSTED);
	ck_assert(rep.decrypted);
	ck_assert_str_eq(capf_asked, "");
	/* It has an LSC by now, with which files cannot be encrypted. */
	peer.key = KEY_EC256;
	put_stub("4", c);
	lab.mem.encr_config = false;
	boots(SIM_TRUSTED);
	ck_assert_int_eq(session(0)->capf.auth, CONFIG_CAPF_MIC);
	ck_assert_int_eq(key_type(lab.mem.keys.lsc.key), KEY_EC256);
	put_stub("0", c);
	boots(SIM_TRUSTED);
	ck_assert(rep.decrypted);
	cert_free(c);
}
END_TEST

START_TEST(symmetric)
{
	static const uint8_t key[16] = { 1, 2, 3 };

	put_stub("0", NULL);
	lab_put_encrypted(&lab, ENC, LAB_CCM, FULL("0"), NULL, key);
	how.has_symmetric = true;
	memcpy(how.symmetric, key, sizeof(key));
	boots(SIM_TRUSTED);
	ck_assert(rep.decrypted);
	ck_assert_str_eq(capf_asked, "");
	/* Another key: not applied. */
	how.symmetric[0]++;
	boots(SIM_NO_CONFIG);
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, ENC)->note, "cannot be "
	    "decrypted"));
}
END_TEST

START_TEST(servers)
{
	put_stub("2", NULL);
	stored = serve_encrypted;
	capf_code = ERR_UNREACHABLE;
	capf_down = "a";
	boots(SIM_TRUSTED);
	ck_assert_str_eq(capf_asked, "a:3804 b:3804 ");
	ck_assert_int_eq(session(0)->status, SIM_NO_ANSWER);
	ck_assert(session(1)->accepted);
	/* Nobody. */
	put_stub("2", NULL);
	lab.mem.encr_config = false;
	capf_down = NULL;
	boots(SIM_NO_CONFIG);
	ck_assert_str_eq(capf_asked, "a:3804 b:3804 ");
	/* A full file is of use without CAPF. */
	lab_remove(&lab, ENC);
	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("2"));
	boots(SIM_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.capf_why, "out of order"));
	/* None is named. */
	lab_put_text(&lab, SIGNED, LAB_CCM,
	    "<device><capfAuthMode>2</capfAuthMode></device>");
	boots(SIM_TRUSTED);
	ck_assert_int_eq(session(0)->status, SIM_NOT_ASKED);
	/* Ours: the boot ends. */
	put_stub("2", NULL);
	capf_code = ERR_NOMEM;
	{
		static const char *const server[] = { "a" };
		const struct sim s = { .server = server, .nserver = 1,
		    .fetch = lab_fetch, .fetch_arg = &lab, .capf = capf,
		    .enrol = &how, .clock = &lab.clock, .mem = &lab.mem };

		ck_assert_int_eq(sim_boot(&s, &rep, NULL), ERR_NOMEM);
	}
}
END_TEST

/* Its lists know another one. */
START_TEST(server_is_another)
{
	lab_put_list(&lab, "ITL" LAB_PHONE ".tlv", ACCEPT_ITL, LAB_SAST,
	    LAB_CCM, LAB_CCM);
	put_stub("2", NULL);
	boots(SIM_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.why, "CAPF record"));
	ck_assert_uint_eq(peer.sessions, 0);
	ck_assert_int_eq(session(0)->status, SIM_FAILED);
}
END_TEST

/* A phone that knows nothing of all this uses what it gets. */
START_TEST(knows_no_capf)
{
	lab.enrol = NULL;
	lab_put_text(&lab, SIGNED, LAB_CCM, FULL("2"));
	boots(SIM_TRUSTED);
	ck_assert_str_eq(capf_asked, "");
	ck_assert_ptr_null(session(0));
}
END_TEST

START_TEST(text)
{
	char line[SIM_STEP_TEXT_MAX];

	put_stub("2", NULL);
	stored = serve_encrypted;
	boots(SIM_TRUSTED);
	sim_step_text(session(0), line, sizeof(line));
	ck_assert_str_eq(line, LAB_PHONE "  asks CAPF a:3804"
	    "                   tls   capfAuthMode null: installs an LSC, "
	    "rsa2048: stored; boots again");
	sim_step_text(lab_step(&lab, ENC), line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "; decrypted with its key"));
	put_stub("1", NULL);
	lab_remove(&lab, ENC);
	boots(SIM_NO_CONFIG);
	sim_step_text(session(0), line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "  -     capfAuthMode string: no "
	    "session: the phone waits"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_enrol");
	TCase *t = tcase_create("sim_enrol");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, mode_in_a_full_file);
	tcase_add_test(t, mode_that_stays);
	tcase_add_test(t, string_is_typed_in);
	tcase_add_test(t, to_an_encrypted_file);
	tcase_add_test(t, certificate_differs);
	tcase_add_test(t, file_for_another_key);
	tcase_add_test(t, damaged);
	tcase_add_test(t, by_the_mic);
	tcase_add_test(t, symmetric);
	tcase_add_test(t, servers);
	tcase_add_test(t, server_is_another);
	tcase_add_test(t, knows_no_capf);
	tcase_add_test(t, text);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
