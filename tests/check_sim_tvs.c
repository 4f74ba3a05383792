/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_ask.c: a phone whose lists know a signer or a server not asks
 * the TVS servers of its configuration.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "certs/tvs_msg.h"
#include "tests/sim_lab.h"

#define ITL	"ITL" LAB_PHONE ".tlv"
#define SIGNED	LAB_PHONE ".cnf.xml.sgn"
#define MEMBER(prio, host, port) "<member priority=\"" prio "\"><port>" port \
	"</port><address>" host "</address></member>"
#define XML	"<device><versionStamp>1</versionStamp><TVS><members>" \
	MEMBER("1", "second", "22445") MEMBER("0", "first", "2445") \
	"</members></TVS></device>"
#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static struct lab lab;
static struct sim_report rep;
static struct cert *listed, *other;	/* servers with EC keys */
static int64_t later_s;

/* What TVS does. */
static struct {
	int		 code[2];	/* of first and second */
	enum tvs_status	 status;
	uint8_t		 roles[TVS_ROLES_MAX];
	size_t		 nroles;
	uint32_t	 ttl;
	const struct cert *given;	/* to a query */
	int		 spoil;		/* of enum */
	struct cert	*swap;		/* the https server from then on */
	char		 asked[512];	/* "first:2445:query " ... */
} tvs;

enum { SOUND, OTHER_SESSION, OTHER_COMMAND, CUT, EMPTY };

static int64_t
wall_ns(void *arg)
{
	(void)arg;
	return (1795300000 + later_s) * INT64_C(1000000000);
}

static void
note_question(const struct config_server *server, const struct tvs_msg *m)
{
	size_t n = strlen(tvs.asked);

	(void)snprintf(tvs.asked + n, sizeof(tvs.asked) - n, "%s:%u:%s ",
	    server->address, server->port,
	    m->command == TVS_VERIFY_REQUEST ? "verify" : "query");
}

static int
ask_tvs(void *arg, const struct accept_phone *p,
    const struct config_server *server, const uint8_t *request,
    size_t requestlen, uint8_t **buf, size_t *len, struct err *e)
{
	int code = tvs.code[strcmp(server->address, "first") != 0];
	struct tvs_msg q, a = { .status = tvs.status, .ttl = tvs.ttl,
	    .nroles = tvs.nroles };

	ck_assert_ptr_eq(arg, &lab);
	ck_assert(accept_wants_tvs(p));
	ck_assert_int_eq(tvs_msg_parse(&q, request, requestlen, e), ERR_OK);
	note_question(server, &q);
	if (tvs.swap != NULL) {
		struct cert *now = lab.https;

		lab.https = tvs.swap;
		tvs.swap = now;
	}
	if (code != ERR_OK)
		return err_set(e, code, "%s is out of order",
		    server->address);
	a.command = q.command == TVS_VERIFY_REQUEST ? TVS_VERIFY_ANSWER :
	    TVS_QUERY_ANSWER;
	if (tvs.spoil == OTHER_COMMAND)
		a.command = TVS_VERIFY_ANSWER;
	a.session = q.session + (tvs.spoil == OTHER_SESSION);
	memcpy(a.roles, tvs.roles, sizeof(a.roles));
	if (a.command == TVS_QUERY_ANSWER && tvs.given != NULL)
		a.der.p = cert_der(tvs.given, &a.der.len);
	ck_assert_ptr_nonnull(*buf = malloc(TVS_MSG_MAX));
	ck_assert_int_eq(tvs_msg_build(&a, *buf, len, e), ERR_OK);
	if (tvs.spoil == CUT)
		--*len;
	if (tvs.spoil == EMPTY)
		*len = 0;
	return ERR_OK;
}

/* roles: a string of bytes, 'S' for 0. */
static void
says(enum tvs_status status, const char *roles, uint32_t ttl,
    const struct cert *given)
{
	tvs.status = status;
	tvs.ttl = ttl;
	tvs.given = given;
	for (tvs.nroles = 0; *roles != '\0'; roles++)
		tvs.roles[tvs.nroles++] = *roles == 'S' ? 0 :
		    (uint8_t)*roles;
}

static struct cert *
server_cert(const char *vector)
{
	struct cert *c;
	uint8_t *pem;
	size_t len;

	pem = lab_vector(vector, &len);
	ck_assert_ptr_nonnull(c = cert_from_pem(pem, len, NULL));
	free(pem);
	return c;
}

static struct cert *
another_server(void)
{
	const struct cert_spec s = { .cn = "other", .serial = { 9 },
	    .seriallen = 1, .not_before = 1795200000,
	    .not_after = 1895200000, .usage = CERT_USE_TLS_SERVER,
	    .pathlen = -1, .hash = DIGEST_SHA256 };
	struct key *k = key_generate(KEY_EC256, NULL);
	struct cert *c;

	ck_assert_ptr_nonnull(c = cert_self_sign(&s, k, NULL));
	key_free(k);
	return c;
}

static void
boots_over(enum sim_transport t, enum sim_outcome want)
{
	tvs.asked[0] = '\0';
	lab_boot_over(&lab, t, &rep);
	ck_assert_msg(rep.outcome == want, "%s: %s",
	    sim_outcome_name(rep.outcome), rep.why);
}

static void
boots(enum sim_outcome want)
{
	boots_over(SIM_AUTO, want);
}

/* A phone that has booted once, with the golden list and two TVS servers. */
static void
set_up(void)
{
	memset(&tvs, 0, sizeof(tvs));
	later_s = 0;
	lab_open(&lab);
	lab.ask_tvs = ask_tvs;
	lab.clock.wall_ns = wall_ns;
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v10.tlv");
	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "");
	listed = server_cert("keys/tftp-ec.pem");
	other = another_server();
}

static void
tear_down(void)
{
	lab_close(&lab);
	cert_free(listed);
	cert_free(other);
}

static void
counts(uint64_t questions, uint64_t valid, uint64_t invalid,
    uint64_t unanswered)
{
	ck_assert_uint_eq(rep.tvs.questions, questions);
	ck_assert_uint_eq(rep.tvs.valid, valid);
	ck_assert_uint_eq(rep.tvs.invalid, invalid);
	ck_assert_uint_eq(rep.tvs.unanswered, unanswered);
}

/* A list of one that no list held names. */
static void
put_strange_list(void)
{
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_CAPF, LAB_TVS, LAB_CCM);
}

START_TEST(strange_list)
{
	const struct sim_step *st;

	put_strange_list();
	says(TVS_VALID, "S\3", 86400, lab.cert[LAB_CAPF]);
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:query ");
	st = lab_step(&lab, ITL);
	ck_assert(st->accepted);
	ck_assert_int_eq(st->v.path, ACCEPT_TVS);
	ck_assert_ptr_nonnull(strstr(st->v.why, "TVS first:2445 vouches "
	    "(SAST,TFTP)"));
	/* The question is a step before that of the list. */
	ck_assert_ptr_eq(lab_step(&lab, "TVS first:2445") + 1, st);
	st--;
	ck_assert_int_eq(st->kind, SIM_TVS);
	ck_assert_int_eq(st->status, SIM_GOT);
	ck_assert(st->tvs.valid && !st->tvs.verify);
	ck_assert_uint_eq(st->tvs.ttl, 86400);
	ck_assert_uint_eq(st->tvs.nroles, 2);
	ck_assert_ptr_nonnull(strstr(st->tvs.about, "CAPF"));
	counts(1, 1, 0, 0);
	/* From now on the list itself names its signer. */
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "");
	ck_assert_int_eq(lab_step(&lab, ITL)->v.path, ACCEPT_SAST_ITL);
}
END_TEST

START_TEST(strange_signer_and_time_to_live)
{
	lab_put_text(&lab, SIGNED, LAB_CAPF, XML);
	says(TVS_VALID, "\3", 60, lab.cert[LAB_CAPF]);
	boots(SIM_TRUSTED);
	ck_assert(rep.verified);
	ck_assert_str_eq(tvs.asked, "first:2445:query ");
	ck_assert_int_eq(lab_step(&lab, SIGNED)->v.path, ACCEPT_TVS);
	/* Whatever it would say now. */
	says(TVS_INVALID, "", 0, NULL);
	later_s = 59;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "");
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, SIGNED)->v.why,
	    "remembered"));
	counts(0, 0, 0, 0);
	later_s = 60;
	boots(SIM_NOT_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:query ");
	ck_assert_int_eq(lab_step(&lab, SIGNED)->v.step, STEP_TVS);
	counts(1, 0, 1, 0);
}
END_TEST

/* Without a time to live it is good for the file it was asked about. */
START_TEST(no_time_to_live)
{
	lab_put_text(&lab, SIGNED, LAB_CAPF, XML);
	says(TVS_VALID, "\3", 0, lab.cert[LAB_CAPF]);
	boots(SIM_TRUSTED);
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:query ");
	ck_assert_uint_eq(lab.mem.known.n, 0);
}
END_TEST

START_TEST(no_is_not_remembered)
{
	put_strange_list();
	says(TVS_INVALID, "", 0, NULL);
	for (int i = 0; i < 2; i++) {
		boots(SIM_NOT_TRUSTED);
		ck_assert_str_eq(tvs.asked, "first:2445:query ");
		ck_assert_int_eq(lab_step(&lab, ITL)->v.step, STEP_TVS);
		ck_assert_ptr_nonnull(strstr(rep.why, "says: not valid"));
		counts(1, 0, 1, 0);
	}
	/* The boot goes on with the list held. */
	ck_assert(lab_step(&lab, SIGNED)->accepted);
	/* A yes for something else neither. */
	says(TVS_VALID, "\1", 86400, lab.cert[LAB_CAPF]);
	boots(SIM_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.why, "as CCM, not as SAST"));
}
END_TEST

static const struct {
	int		 code;
	enum sim_status	 status;
} faults[] = {
	{ ERR_UNREACHABLE, SIM_NO_ANSWER },
	{ ERR_TIMEOUT, SIM_NO_ANSWER },
	{ ERR_VERIFY, SIM_FAILED },
	{ ERR_PROTO, SIM_FAILED },
	{ ERR_IO, SIM_FAILED },
};

START_TEST(passed_over)
{
	put_strange_list();
	says(TVS_VALID, "S", 86400, lab.cert[LAB_CAPF]);
	tvs.code[0] = faults[_i].code;
	boots(SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:query second:22445:query ");
	ck_assert_int_eq(lab_step(&lab, "TVS first:2445")->status,
	    faults[_i].status);
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, "TVS first:2445")->note,
	    "out of order"));
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, ITL)->v.why,
	    "TVS second:22445"));
	counts(1, 1, 0, 0);
}
END_TEST

START_TEST(nobody_answers)
{
	put_strange_list();
	says(TVS_VALID, "S", 86400, lab.cert[LAB_CAPF]);
	tvs.code[0] = tvs.code[1] = faults[_i].code;
	boots(SIM_NOT_TRUSTED);
	ck_assert_int_eq(lab_step(&lab, ITL)->v.step, STEP_TVS);
	ck_assert_msg(strstr(rep.why, "TVS did not answer: none of its 2 "
	    "servers, the last being second:22445: second is out of order") !=
	    NULL, "%s", rep.why);
	counts(1, 0, 0, 1);
	ck_assert_uint_eq(lab.mem.known.n, 0);
}
END_TEST

/* What is no answer to the question is none. */
START_TEST(nonsense)
{
	static const int spoil[] = { OTHER_SESSION, OTHER_COMMAND, CUT,
	    EMPTY };

	put_strange_list();
	says(TVS_VALID, "S", 86400, lab.cert[LAB_CAPF]);
	tvs.spoil = spoil[_i];
	boots(SIM_NOT_TRUSTED);
	ck_assert_int_eq(lab_step(&lab, "TVS first:2445")->status,
	    SIM_FAILED);
	counts(1, 0, 0, 1);
}
END_TEST

/* Bytes change, and so does the signature: no answer helps. */
START_TEST(changed_bytes)
{
	struct lab_file *f;

	lab_put_text(&lab, SIGNED, LAB_CAPF, XML);
	says(TVS_VALID, "\3", 86400, lab.cert[LAB_CAPF]);
	f = lab_find(&lab, SIGNED);
	for (size_t at = 0; at < f->len; at += 97) {
		f->buf[at] ^= 1;
		boots(SIM_NOT_TRUSTED);
		f->buf[at] ^= 1;
	}
	boots(SIM_TRUSTED);
}
END_TEST

START_TEST(configuration_without_tvs)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, "<device><versionStamp>2"
	    "</versionStamp></device>");
	boots(SIM_TRUSTED);
	ck_assert_uint_eq(lab.mem.ntvs, 0);
	put_strange_list();
	boots(SIM_NOT_TRUSTED);
	ck_assert_str_eq(tvs.asked, "");
	ck_assert_int_eq(lab_step(&lab, ITL)->v.step, STEP_SIGNER);
}
END_TEST

START_TEST(no_way_to_it)
{
	lab.ask_tvs = NULL;
	put_strange_list();
	boots(SIM_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.why, "no way to it"));
}
END_TEST

/* --- an HTTPS server --- */

START_TEST(https_server)
{
	const struct sim_step *st;

	lab.https = other;
	says(TVS_VALID, "\3", 60, NULL);
	boots_over(SIM_HTTPS, SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:verify ");
	st = lab_step(&lab, "TVS first:2445");
	ck_assert(st->tvs.verify && st->tvs.valid);
	ck_assert_str_eq(st->tvs.about, "CN=other");
	ck_assert_int_eq(lab_step(&lab, SIGNED)->transport, SIM_HTTPS);
	/* Plain over https is the word of the server TVS vouches for. */
	lab_put(&lab, "https:" SIGNED, XML, sizeof(XML) - 1);
	boots_over(SIM_HTTPS, SIM_TRUSTED);
	ck_assert_str_eq(tvs.asked, "");
	ck_assert_int_eq(lab_step(&lab, SIGNED)->v.path, ACCEPT_TVS);
	ck_assert(rep.verified);
	/* When its time is over TVS has the word. */
	later_s = 60;
	says(TVS_INVALID, "", 0, NULL);
	boots_over(SIM_HTTPS, SIM_NOT_TRUSTED);
	ck_assert_str_eq(tvs.asked, "first:2445:verify ");
	ck_assert_ptr_nonnull(strstr(rep.why, "says: not valid"));
	tvs.code[0] = tvs.code[1] = ERR_TIMEOUT;
	boots_over(SIM_HTTPS, SIM_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.why, "did not answer"));
}
END_TEST

/* A server that is another one each time is not asked about for ever. */
START_TEST(server_that_changes)
{
	lab.https = other;
	tvs.swap = listed;
	says(TVS_VALID, "\3", 0, NULL);
	boots_over(SIM_HTTPS, SIM_NOT_TRUSTED);
	ck_assert_uint_eq(rep.tvs.questions, SIM_TVS_ROUNDS);
	ck_assert_msg(strstr(rep.why, "too often") != NULL, "%s", rep.why);
}
END_TEST

/* --- ours --- */

static int
boot_alone(struct err *e)
{
	static const char *const server[] = { "a" };
	const struct sim s = { .server = server, .nserver = 1,
	    .transport = SIM_HTTP, .fetch = lab_fetch, .fetch_arg = &lab,
	    .ask_tvs = ask_tvs, .clock = &lab.clock, .mem = &lab.mem };

	return sim_boot(&s, &rep, e);
}

START_TEST(out_of_memory)
{
	struct err e = { 0 };

	put_strange_list();
	tvs.code[0] = ERR_NOMEM;
	ck_assert_int_eq(boot_alone(&e), ERR_NOMEM);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

/* What cannot be remembered is not believed. */
START_TEST(memory_that_fails)
{
	char top[] = "/tmp/check_sim_tvs.XXXXXX";
	struct err e = { 0 };

	put_strange_list();
	says(TVS_VALID, "S", 60, lab.cert[LAB_CAPF]);
	ck_assert_ptr_nonnull(mkdtemp(top));
	lab.mem.dirfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(rmdir(top), 0);
	ck_assert_int_eq(boot_alone(&e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "cannot remember what TVS said"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_tvs");
	TCase *t = tcase_create("sim_tvs");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, strange_list);
	tcase_add_test(t, strange_signer_and_time_to_live);
	tcase_add_test(t, no_time_to_live);
	tcase_add_test(t, no_is_not_remembered);
	tcase_add_loop_test(t, passed_over, 0, (int)N_OF(faults));
	tcase_add_loop_test(t, nobody_answers, 0, (int)N_OF(faults));
	tcase_add_loop_test(t, nonsense, 0, 4);
	tcase_add_test(t, changed_bytes);
	tcase_add_test(t, configuration_without_tvs);
	tcase_add_test(t, no_way_to_it);
	tcase_add_test(t, https_server);
	tcase_add_test(t, server_that_changes);
	tcase_add_test(t, out_of_memory);
	tcase_add_test(t, memory_that_fails);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
