/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim.c: boots over golden vectors, and over what is signed here by
 * their keys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "tests/sim_lab.h"

#define CTL	"CTL" LAB_PHONE ".tlv"
#define ITL	"ITL" LAB_PHONE ".tlv"
#define CONFIG	LAB_PHONE ".cnf.xml"
#define SIGNED	CONFIG ".sgn"

#define XML	"<device><versionStamp>1</versionStamp></device>"
#define XML_ENC	"<device><versionStamp>2</versionStamp>" \
		"<encrConfig>true</encrConfig></device>"
#define XML_NAMES "<device><sipProfile><dialTemplate>dial.xml" \
		"</dialTemplate><softKeyFile>/keys.xml</softKeyFile>" \
		"</sipProfile><featurePolicyFile>../policy.xml" \
		"</featurePolicyFile><networkLocale>New_Zealand" \
		"</networkLocale></device>"

static struct lab lab;
static struct sim_report rep;

/* A server with the golden ITL and a configuration signed by its CCM+TFTP
 * record. */
static void
setup(void)
{
	lab_open(&lab);
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v10.tlv");
	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
}

static void
teardown(void)
{
	lab_close(&lab);
}

static void
boots(enum sim_outcome want)
{
	lab_boot(&lab, &rep);
	ck_assert_msg(rep.outcome == want, "%s: %s",
	    sim_outcome_name(rep.outcome), rep.why);
}

static void
accepted(const char *name, enum accept_path path)
{
	const struct sim_step *st = lab_step(&lab, name);

	ck_assert_msg(st->status == SIM_GOT && st->accepted, "%s: %s", name,
	    st->v.why);
	ck_assert_msg(st->v.path == path, "%s: by %s", name,
	    accept_path_text(st->v.path));
}

static void
refused(const char *name, enum accept_step step)
{
	const struct sim_step *st = lab_step(&lab, name);

	ck_assert_msg(st->status == SIM_GOT && !st->accepted, "%s", name);
	ck_assert_msg(st->v.step == step, "%s: at %s: %s", name,
	    accept_step_name(st->v.step), st->v.why);
	ck_assert_msg(strstr(rep.why, accept_step_name(step)) != NULL, "%s",
	    rep.why);
}

static void
holds_itl(const char *vector)
{
	uint8_t *buf;
	size_t len;

	buf = lab_vector(vector, &len);
	ck_assert_ptr_nonnull(lab.mem.itl.buf);
	ck_assert_uint_eq(lab.mem.itl.len, len);
	ck_assert_mem_eq(lab.mem.itl.buf, buf, len);
	free(buf);
}

START_TEST(first_boot)
{
	boots(SIM_TRUSTED);
	ck_assert(rep.verified);
	ck_assert(rep.has_config);
	ck_assert_str_eq(rep.why, "");
	ck_assert_str_eq(rep.config.version_stamp, "1");
	ck_assert_str_eq(lab.asked, "http:a:" CTL " http:a:" ITL
	    " http:a:" SIGNED " ");
	ck_assert_int_eq(lab_step(&lab, CTL)->status, SIM_MISSING);
	accepted(ITL, ACCEPT_BLANK);
	accepted(SIGNED, ACCEPT_TFTP_ITL);
	holds_itl("trust-list/ITLFile.sha1.v10.tlv");
}
END_TEST

START_TEST(second_boot)
{
	boots(SIM_TRUSTED);
	boots(SIM_TRUSTED);
	accepted(ITL, ACCEPT_SAST_ITL);
	accepted(SIGNED, ACCEPT_TFTP_ITL);
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, ITL)->note, "already"));
}
END_TEST

/* The signer changes nothing but its digest: all vectors are one cluster's. */
START_TEST(every_golden_itl)
{
	static const char *const vector[] = {
		"trust-list/ITLFile.sha512.v10.tlv",
		"trust-list/ITLFile.sha1.v11.tlv",
		"trust-list/ITLFile.sha512.v11.tlv",
		"trust-list/ITLFile.cucm-layout.tlv",
	};

	for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
		boots(SIM_TRUSTED);
		lab_put_vector(&lab, ITL, vector[i]);
		boots(SIM_TRUSTED);
		accepted(ITL, ACCEPT_SAST_ITL);
		holds_itl(vector[i]);
	}
}
END_TEST

START_TEST(list_of_a_stranger)
{
	boots(SIM_TRUSTED);
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_TVS, LAB_CCM, LAB_CCM);
	boots(SIM_NOT_TRUSTED);
	refused(ITL, STEP_SIGNER);
	holds_itl("trust-list/ITLFile.sha1.v10.tlv");
	/* The boot goes on with the list held. */
	accepted(SIGNED, ACCEPT_TFTP_ITL);
	ck_assert(rep.has_config);
}
END_TEST

START_TEST(list_of_the_second_sast)
{
	boots(SIM_TRUSTED);
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_CCM, LAB_CAPF, LAB_CAPF);
	lab_put_text(&lab, SIGNED, LAB_CAPF, XML);
	boots(SIM_TRUSTED);
	accepted(ITL, ACCEPT_SAST_ITL);
	accepted(SIGNED, ACCEPT_TFTP_ITL);
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, ITL)->note, "replaces"));
}
END_TEST

START_TEST(config_of_a_stranger)
{
	lab_put_text(&lab, SIGNED, LAB_CAPF, XML);
	boots(SIM_NOT_TRUSTED);
	refused(SIGNED, STEP_SIGNER);
	ck_assert(!rep.has_config);
}
END_TEST

/* One changed byte at every 97th place of a file, on a phone that holds the
 * list and on one that does not. */
static void
flip_through(const char *name, bool held)
{
	struct lab_file *f;

	if (held)
		boots(SIM_TRUSTED);
	f = lab_find(&lab, name);
	for (size_t at = 0; at < f->len; at += 97) {
		f->buf[at] ^= 1;
		if (!held) {
			sim_mem_clear(&lab.mem);
			sim_mem_init(&lab.mem, LAB_PHONE);
		}
		lab_boot(&lab, &rep);
		ck_assert_msg(rep.outcome == SIM_NOT_TRUSTED,
		    "%s byte %zu: %s", name, at,
		    sim_outcome_name(rep.outcome));
		ck_assert_msg(!lab_step(&lab, name)->accepted,
		    "%s byte %zu", name, at);
		f->buf[at] ^= 1;
	}
	boots(SIM_TRUSTED);
}

START_TEST(changed_bytes)
{
	flip_through(_i < 2 ? ITL : SIGNED, _i % 2 == 0);
}
END_TEST

START_TEST(cut_and_grown_files)
{
	static const char *const name[] = { ITL, SIGNED };

	boots(SIM_TRUSTED);
	for (size_t i = 0; i < 2; i++) {
		struct lab_file *f = lab_find(&lab, name[i]);

		f->len--;
		boots(SIM_NOT_TRUSTED);
		f->len++;
		boots(SIM_TRUSTED);
		f->buf[f->len++] = 0;	/* lab_put left one byte */
		boots(SIM_NOT_TRUSTED);
		f->len--;
	}
}
END_TEST

START_TEST(plain_where_signed_is_due)
{
	lab_put(&lab, SIGNED, XML, strlen(XML));
	boots(SIM_NOT_TRUSTED);
	refused(SIGNED, STEP_FORM);
	/* The plain name is not even asked for. */
	lab_remove(&lab, SIGNED);
	lab_put_text(&lab, CONFIG, LAB_CCM, XML);
	boots(SIM_NO_CONFIG);
	ck_assert_ptr_null(strstr(lab.asked, CONFIG " "));
}
END_TEST

START_TEST(signed_for_another_name)
{
	struct lab_file *f;

	lab_put_text(&lab, "SEP001122334455.cnf.xml.sgn", LAB_CCM, XML);
	f = lab_find(&lab, "SEP001122334455.cnf.xml.sgn");
	lab_put(&lab, SIGNED, f->buf, f->len);
	boots(SIM_NOT_TRUSTED);
	refused(SIGNED, STEP_NAME);
}
END_TEST

START_TEST(generic_list)
{
	lab_remove(&lab, ITL);
	lab_put_vector(&lab, "ITLFile.tlv", "trust-list/ITLFile.sha1.v10.tlv");
	boots(SIM_TRUSTED);
	accepted("ITLFile.tlv", ACCEPT_BLANK);
	accepted(SIGNED, ACCEPT_TFTP_ITL);
	/* Held lists stay when the server has none any more. */
	lab_remove(&lab, "ITLFile.tlv");
	boots(SIM_TRUSTED);
	ck_assert(rep.verified);
	ck_assert_ptr_nonnull(strstr(lab_step(&lab, "ITLFile.tlv")->note,
	    "stays"));
}
END_TEST

START_TEST(no_list_at_all)
{
	lab_remove(&lab, ITL);
	lab_put_text(&lab, CONFIG, LAB_CCM, XML);
	boots(SIM_TRUSTED);
	ck_assert(!rep.verified);
	ck_assert_str_eq(rep.why,
	    "nothing verified: no trust list on this phone");
	accepted(CONFIG, ACCEPT_BLANK);
}
END_TEST

START_TEST(emptied_list)
{
	lab_put_vector(&lab, ITL, _i == 0 ?
	    "trust-list/ITLFile.rollback-stubs.tlv" :
	    "trust-list/ITLFile.sastonly.tlv");
	lab_put_text(&lab, CONFIG, LAB_CCM, XML);
	boots(SIM_TRUSTED);
	ck_assert(!rep.verified);
	ck_assert_ptr_nonnull(strstr(rep.why, "no TFTP record"));
	/* Then it takes any list, also a stranger's. */
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_CAPF, LAB_TVS, LAB_CCM);
	boots(SIM_TRUSTED);
	accepted(ITL, ACCEPT_BLANK);
	accepted(SIGNED, ACCEPT_TFTP_ITL);
}
END_TEST

START_TEST(ctl_vouches_for_the_itl)
{
	lab_put_vector(&lab, CTL, "trust-list/CTLFile.sha512.tlv");
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_CCM, LAB_SAST, LAB_CCM);
	boots(SIM_TRUSTED);
	accepted(CTL, ACCEPT_BLANK);
	accepted(ITL, ACCEPT_SAST_CTL);
	accepted(SIGNED, ACCEPT_TFTP_CTL);
	/* The golden ITL is signed by SAST, which this CTL does not list. */
	sim_mem_clear(&lab.mem);
	sim_mem_init(&lab.mem, LAB_PHONE);
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v10.tlv");
	boots(SIM_NOT_TRUSTED);
	refused(ITL, STEP_SIGNER);
	ck_assert_ptr_null(lab.mem.itl.buf);
}
END_TEST

START_TEST(default_file)
{
	lab_remove(&lab, SIGNED);
	lab_put_text(&lab, "XMLDefault.cnf.xml.sgn", LAB_CCM,
	    "<Default></Default>");
	boots(SIM_TRUSTED);
	ck_assert(rep.config.is_default);
	accepted("XMLDefault.cnf.xml.sgn", ACCEPT_TFTP_ITL);
	lab_remove(&lab, "XMLDefault.cnf.xml.sgn");
	boots(SIM_NO_CONFIG);
	ck_assert_ptr_nonnull(strstr(rep.why, LAB_PHONE));
}
END_TEST

START_TEST(refused_config_is_not_missing)
{
	lab_put_text(&lab, SIGNED, LAB_TVS, XML);
	lab_put_text(&lab, "XMLDefault.cnf.xml.sgn", LAB_CCM,
	    "<Default></Default>");
	boots(SIM_NOT_TRUSTED);
	ck_assert(!rep.has_config);
	ck_assert_ptr_null(strstr(lab.asked, "XMLDefault"));
}
END_TEST

START_TEST(encrypted_config)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, XML_ENC);
	boots(SIM_TRUSTED);
	ck_assert_ptr_null(strstr(lab.asked, ".enc.sgn"));
	boots(SIM_TRUSTED);
	ck_assert_ptr_nonnull(strstr(lab.asked, CONFIG ".enc.sgn http:a:"
	    SIGNED));
	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
	boots(SIM_TRUSTED);
	boots(SIM_TRUSTED);
	ck_assert_ptr_null(strstr(lab.asked, ".enc.sgn"));
}
END_TEST

START_TEST(what_the_config_names)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, XML_NAMES);
	lab_put_text(&lab, "dial.xml.sgn", LAB_CCM, "<DIALTEMPLATE/>");
	lab_put_vector(&lab, "New_Zealand/g3-tones.xml.sgn",
	    "signed/New_Zealand_g3-tones.xml.sgn");
	boots(SIM_TRUSTED);
	accepted("dial.xml.sgn", ACCEPT_TFTP_ITL);
	accepted("New_Zealand/g3-tones.xml.sgn", ACCEPT_TFTP_ITL);
	ck_assert_int_eq(lab_step(&lab, "keys.xml.sgn")->status, SIM_MISSING);
	ck_assert_int_eq(lab_step(&lab, "../policy.xml")->status,
	    SIM_NOT_ASKED);
	ck_assert_ptr_null(strstr(lab.asked, "policy"));
	/* One that is there must be right. */
	lab_put_text(&lab, "dial.xml.sgn", LAB_TVS, "<DIALTEMPLATE/>");
	boots(SIM_NOT_TRUSTED);
	refused("dial.xml.sgn", STEP_SIGNER);
	ck_assert(rep.has_config);
}
END_TEST

START_TEST(plain_names)
{
	lab_remove(&lab, ITL);
	lab_put_text(&lab, CONFIG, LAB_CCM, XML_NAMES);
	lab_put_text(&lab, "dial.xml", LAB_CCM, "<DIALTEMPLATE/>");
	boots(SIM_TRUSTED);
	accepted("dial.xml", ACCEPT_BLANK);
	ck_assert_ptr_null(strstr(lab.asked, ".sgn"));
}
END_TEST

/* Genuine, yet of no use. */
START_TEST(config_that_cannot_be_read)
{
	lab_put_text(&lab, SIGNED, LAB_CCM, "<device>");
	boots(SIM_NO_CONFIG);
	ck_assert(lab_step(&lab, SIGNED)->accepted);
	ck_assert_ptr_nonnull(strstr(rep.why, "line 1"));
	ck_assert(!lab.mem.has_config);
}
END_TEST

START_TEST(no_server)
{
	lab.code[SIM_HTTP] = ERR_UNREACHABLE;
	lab.code[SIM_TFTP] = ERR_TIMEOUT;
	boots(SIM_UNREACHABLE);
	ck_assert_uint_eq(lab.nstep, 1);
	ck_assert_int_eq(lab.step[0].status, SIM_NO_ANSWER);
	ck_assert_ptr_null(lab.step[0].server);
}
END_TEST

START_TEST(server_lost_on_the_way)
{
	lab_put_code(&lab, SIGNED, ERR_UNREACHABLE);
	boots(SIM_UNREACHABLE);
	ck_assert(!rep.has_config);
	/* The list that came before stays, and a refusal outranks it. */
	holds_itl("trust-list/ITLFile.sha1.v10.tlv");
	lab_put_list(&lab, ITL, ACCEPT_ITL, LAB_TVS, LAB_CCM, LAB_CCM);
	boots(SIM_NOT_TRUSTED);
}
END_TEST

START_TEST(bad_answers)
{
	boots(SIM_TRUSTED);
	lab_put_code(&lab, ITL, ERR_IO);
	boots(SIM_TRUSTED);
	ck_assert_int_eq(lab_step(&lab, ITL)->status, SIM_FAILED);
	lab_put_code(&lab, SIGNED, ERR_LIMIT);
	boots(SIM_NO_CONFIG);
	ck_assert_ptr_null(strstr(lab.asked, "XMLDefault"));
}
END_TEST

START_TEST(out_of_memory_is_ours)
{
	static const char *const server[] = { "a" };
	const struct sim s = { .server = server, .nserver = 1,
	    .transport = SIM_HTTP, .fetch = lab_fetch, .fetch_arg = &lab,
	    .clock = &lab.clock, .mem = &lab.mem };
	struct err e = { 0 };

	lab_put_code(&lab, ITL, ERR_NOMEM);
	ck_assert_int_eq(sim_boot(&s, &rep, &e), ERR_NOMEM);
	ck_assert_str_ne(e.msg, "");
}
END_TEST

/* A list that cannot be remembered is no list: the boot ends. */
START_TEST(memory_that_fails_is_ours)
{
	static const char *const server[] = { "a" };
	const struct sim s = { .server = server, .nserver = 1,
	    .transport = SIM_HTTP, .fetch = lab_fetch, .fetch_arg = &lab,
	    .clock = &lab.clock, .mem = &lab.mem };
	char top[] = "/tmp/check_sim.XXXXXX", phone[64];
	struct err e = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(sim_mem_open(&lab.mem, NULL, top, LAB_PHONE, &e),
	    ERR_OK);
	(void)snprintf(phone, sizeof(phone), "%s/%s", top, LAB_PHONE);
	ck_assert_int_eq(rmdir(phone), 0);
	ck_assert_int_eq(rmdir(top), 0);
	ck_assert_int_eq(sim_boot(&s, &rep, &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, "cannot remember"));
	ck_assert_ptr_null(lab.mem.itl.buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim");
	TCase *t = tcase_create("sim");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, first_boot);
	tcase_add_test(t, second_boot);
	tcase_add_test(t, every_golden_itl);
	tcase_add_test(t, list_of_a_stranger);
	tcase_add_test(t, list_of_the_second_sast);
	tcase_add_test(t, config_of_a_stranger);
	tcase_add_loop_test(t, changed_bytes, 0, 4);
	tcase_add_test(t, cut_and_grown_files);
	tcase_add_test(t, plain_where_signed_is_due);
	tcase_add_test(t, signed_for_another_name);
	tcase_add_test(t, generic_list);
	tcase_add_test(t, no_list_at_all);
	tcase_add_loop_test(t, emptied_list, 0, 2);
	tcase_add_test(t, ctl_vouches_for_the_itl);
	tcase_add_test(t, default_file);
	tcase_add_test(t, refused_config_is_not_missing);
	tcase_add_test(t, encrypted_config);
	tcase_add_test(t, what_the_config_names);
	tcase_add_test(t, plain_names);
	tcase_add_test(t, config_that_cannot_be_read);
	tcase_add_test(t, no_server);
	tcase_add_test(t, server_lost_on_the_way);
	tcase_add_test(t, bad_answers);
	tcase_add_test(t, out_of_memory_is_ours);
	tcase_add_test(t, memory_that_fails_is_ours);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
