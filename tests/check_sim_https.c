/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim.c: a phone's own configuration over HTTPS, when its lists say
 * so and from the server that they name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/sim_lab.h"

#define ITL	"ITL" LAB_PHONE ".tlv"
#define SIGNED	LAB_PHONE ".cnf.xml.sgn"
#define XML	"<device><versionStamp>1</versionStamp>" \
		"<dialTemplate>dial.xml</dialTemplate></device>"

static struct lab lab;
static struct sim_report rep;
static struct cert *listed, *other;

static struct cert *
certificate(const char *vector)
{
	struct cert *c;
	uint8_t *pem;
	size_t len;

	pem = lab_vector(vector, &len);
	ck_assert_ptr_nonnull(c = cert_from_pem(pem, len, NULL));
	free(pem);
	return c;
}

/* A list of signer version 1.1 with an EC TFTP record, that server, and a
 * configuration plain over https, signed elsewhere. */
static void
setup(void)
{
	lab_open(&lab);
	listed = certificate("keys/tftp-ec.pem");
	other = certificate("keys/ccm.pem");
	lab.https = listed;
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v11.tlv");
	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
	lab_put(&lab, "https:" SIGNED, XML, sizeof(XML) - 1);
}

static void
teardown(void)
{
	lab_close(&lab);
	cert_free(listed);
	cert_free(other);
}

static void
boots(enum sim_transport t, enum sim_outcome want)
{
	lab_boot_over(&lab, t, &rep);
	ck_assert_msg(rep.outcome == want, "%s: %s",
	    sim_outcome_name(rep.outcome), rep.why);
}

static bool
asked(const char *what)
{
	return strstr(lab.asked, what) != NULL;
}

START_TEST(own_configuration_alone)
{
	const enum sim_transport via[] = { SIM_AUTO, SIM_HTTPS };
	const struct sim_step *st;

	boots(via[_i], SIM_TRUSTED);
	ck_assert(rep.verified);
	st = lab_step(&lab, SIGNED);
	ck_assert_int_eq(st->transport, SIM_HTTPS);
	ck_assert_int_eq(st->v.path, ACCEPT_TFTP_ITL);
	ck_assert_uint_eq(st->bytes, sizeof(XML) - 1);
	ck_assert_msg(!asked("http:a:" SIGNED) && asked("http:a:" ITL) &&
	    asked("http:a:dial.xml.sgn"), "%s", lab.asked);
	/* Signed over https is as good. */
	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
	*lab_find(&lab, "https:" SIGNED)->name = '\0';
	boots(via[_i], SIM_TRUSTED);
	ck_assert_int_eq(lab_step(&lab, SIGNED)->transport, SIM_HTTPS);
}
END_TEST

/* What goes wrong there, and what comes of it with and without a way back. */
static const struct {
	const char	*name;
	int		 code;	/* of https */
	bool		 stranger;
	enum sim_outcome alone;
} faults[] = {
	{ "another server", ERR_OK, true, SIM_NOT_TRUSTED },
	{ "nobody", ERR_UNREACHABLE, false, SIM_UNREACHABLE },
	{ "silence", ERR_TIMEOUT, false, SIM_UNREACHABLE },
	{ "no such file", ERR_NOTFOUND, false, SIM_NO_CONFIG },
	{ "bad answer", ERR_IO, false, SIM_NO_CONFIG },
};

START_TEST(falls_back)
{
	lab.code[SIM_HTTPS] = faults[_i].code;
	lab.https = faults[_i].stranger ? other : listed;
	boots(SIM_AUTO, SIM_TRUSTED);
	ck_assert(rep.verified);
	ck_assert_msg(lab_step(&lab, SIGNED)->transport == SIM_HTTP, "%s",
	    faults[_i].name);
	/* The attempt is told as a step of its own. */
	ck_assert_str_eq(lab.step[2].asked, SIGNED);
	ck_assert_int_ne(lab.step[2].status, SIM_GOT);
	ck_assert_str_ne(lab.step[2].note, "");
	ck_assert_str_eq(lab.step[3].asked, SIGNED);
}
END_TEST

START_TEST(does_not_fall_back)
{
	lab.code[SIM_HTTPS] = faults[_i].code;
	lab.https = faults[_i].stranger ? other : listed;
	boots(SIM_HTTPS, faults[_i].alone);
	ck_assert(!rep.has_config);
	ck_assert_str_ne(rep.why, "");
	ck_assert_msg(!asked("http:a:" SIGNED), "%s", lab.asked);
}
END_TEST

/* A stranger is asked for nothing. */
START_TEST(stranger_hears_nothing)
{
	lab.https = other;
	boots(SIM_AUTO, SIM_TRUSTED);
	ck_assert_msg(!asked("https:"), "%s", lab.asked);
	ck_assert_ptr_nonnull(strstr(lab.step[2].note, "EC key"));
}
END_TEST

START_TEST(not_asked_over_https)
{
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v10.tlv");
	boots(SIM_AUTO, SIM_TRUSTED);
	ck_assert_msg(!asked("https:"), "%s", lab.asked);
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v11.tlv");
	boots(SIM_HTTP, SIM_TRUSTED);
	boots(SIM_TFTP, SIM_TRUSTED);
	lab.https = NULL;
	boots(SIM_AUTO, SIM_TRUSTED);
	ck_assert_msg(!asked("https:"), "%s", lab.asked);
}
END_TEST

/* Without a list no server is known, and there is no leap of faith. */
START_TEST(blank_phone)
{
	lab_remove(&lab, ITL);
	lab_put(&lab, "https:" LAB_PHONE ".cnf.xml", XML, sizeof(XML) - 1);
	boots(SIM_HTTPS, SIM_NOT_TRUSTED);
	lab_put(&lab, LAB_PHONE ".cnf.xml", XML, sizeof(XML) - 1);
	boots(SIM_AUTO, SIM_TRUSTED);
	ck_assert(!rep.verified);
}
END_TEST

START_TEST(changed_byte_in_signed_body)
{
	struct lab_file *f;

	lab_put_text(&lab, SIGNED, LAB_CCM, XML);
	*lab_find(&lab, "https:" SIGNED)->name = '\0';
	f = lab_find(&lab, SIGNED);
	f->buf[f->len - 1] ^= 1;
	boots(SIM_HTTPS, SIM_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(rep.why, "at step signature"));
}
END_TEST

int
main(void)
{
	const int n = (int)(sizeof(faults) / sizeof(faults[0]));
	Suite *s = suite_create("sim_https");
	TCase *t = tcase_create("sim_https");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, own_configuration_alone, 0, 2);
	tcase_add_loop_test(t, falls_back, 0, n);
	tcase_add_loop_test(t, does_not_fall_back, 0, n);
	tcase_add_test(t, stranger_hears_nothing);
	tcase_add_test(t, not_asked_over_https);
	tcase_add_test(t, blank_phone);
	tcase_add_test(t, changed_byte_in_signed_body);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
