/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_trace.c: a boot in words.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "phonesim/sim.h"

#define P	"SEP0011223344AA"

static const struct step_vector {
	struct sim_step	 st;
	const char	*text;
} steps[] = {
	{ { .device = P, .asked = "CTL" P ".tlv", .server = "a",
	    .transport = SIM_HTTP, .status = SIM_MISSING,
	    .note = "normal: the cluster is not in mixed mode" },
	    P "  asks CTL" P ".tlv        http  not found (normal: the "
	    "cluster is not in mixed mode)" },
	{ { .device = P, .asked = "ITL" P ".tlv", .server = "a",
	    .transport = SIM_TFTP, .status = SIM_GOT, .bytes = 8123,
	    .accepted = true, .v = { .path = ACCEPT_SAST_ITL,
	    .why = "signed by X" }, .note = "the list it holds already" },
	    P "  asks ITL" P ".tlv        tftp  8123 bytes  accepted: signed "
	    "by X; the list it holds already" },
	{ { .device = P, .asked = "x.sgn", .server = "a",
	    .transport = SIM_HTTP, .status = SIM_GOT, .bytes = 1,
	    .v = { .step = STEP_SIGNATURE, .why = "bytes differ" } },
	    P "  asks x.sgn                         http  1 bytes  REFUSED at "
	    "step signature: bytes differ" },
	{ { .device = P, .asked = "x", .server = "a", .transport = SIM_TFTP,
	    .status = SIM_FAILED, .note = "disk full" },
	    P "  asks x                             tftp  failed: disk "
	    "full" },
	{ { .device = P, .asked = "x", .status = SIM_NO_ANSWER,
	    .note = "connection refused" },
	    P "  asks x                             -     no answer: "
	    "connection refused" },
	{ { .device = P, .asked = "../x", .status = SIM_NOT_ASKED,
	    .note = "leaves the folder" },
	    P "  asks ../x                          -     not asked for: "
	    "leaves the folder" },
	{ { .device = P, .kind = SIM_TVS, .asked = "TVS 192.0.2.7:2445",
	    .status = SIM_GOT, .tvs = { .about = "CN=A", .valid = true,
	    .roles = { 0, 3 }, .nroles = 2, .ttl = 86400 } },
	    P "  asks TVS 192.0.2.7:2445            tls   query of CN=A: "
	    "valid, roles SAST,TFTP, 86400 s" },
	{ { .device = P, .kind = SIM_TVS, .asked = "TVS 192.0.2.7:2445",
	    .status = SIM_GOT, .tvs = { .about = "CN=A", .verify = true } },
	    P "  asks TVS 192.0.2.7:2445            tls   verify of CN=A: "
	    "not valid" },
	{ { .device = P, .kind = SIM_TVS, .asked = "TVS 192.0.2.7:2445",
	    .status = SIM_NO_ANSWER, .note = "nobody answers",
	    .tvs = { .about = "CN=A" } },
	    P "  asks TVS 192.0.2.7:2445            tls   query of CN=A: "
	    "no answer: nobody answers" },
	{ { .device = P, .kind = SIM_TVS, .asked = "TVS 192.0.2.7:2445",
	    .status = SIM_FAILED, .note = "not TLS",
	    .tvs = { .about = "CN=A" } },
	    P "  asks TVS 192.0.2.7:2445            tls   query of CN=A: "
	    "failed: not TLS" },
};

START_TEST(step)
{
	char out[512], cut[8];

	sim_step_text(&steps[_i].st, out, sizeof(out));
	ck_assert_str_eq(out, steps[_i].text);
	sim_step_text(&steps[_i].st, cut, sizeof(cut));
	ck_assert_str_eq(cut, "SEP0011");
}
END_TEST

/* The longest texts that a step can carry fit the program's line. */
START_TEST(longest_step)
{
	struct sim_step st = { .device = P, .status = SIM_GOT,
	    .server = "a", .transport = SIM_HTTP };
	char out[SIM_STEP_TEXT_MAX];

	memset(st.asked, 'a', sizeof(st.asked) - 1);
	memset(st.note, 'n', sizeof(st.note) - 1);
	memset(st.v.why, 'w', sizeof(st.v.why) - 1);
	sim_step_text(&st, out, sizeof(out));
	ck_assert_uint_eq(out[strlen(out) - 1], 'n');
}
END_TEST

static const struct report_vector {
	struct sim_report r;
	const char	*text;
} reports[] = {
	{ { .outcome = SIM_TRUSTED, .verified = true },
	    P "  trusts what it got" },
	{ { .outcome = SIM_TRUSTED, .why = "nothing verified: no list" },
	    P "  trusts what it got (nothing verified: no list)" },
	{ { .outcome = SIM_NO_CONFIG, .why = "none there" },
	    P "  got no configuration: none there" },
	{ { .outcome = SIM_NOT_TRUSTED, .why = "x, at step signer: y" },
	    P "  would NOT trust what it got: x, at step signer: y" },
	{ { .outcome = SIM_UNREACHABLE, .why = "refused" },
	    P "  reached no server: refused" },
};

START_TEST(report)
{
	char out[512];

	sim_report_text(P, &reports[_i].r, out, sizeof(out));
	ck_assert_str_eq(out, reports[_i].text);
}
END_TEST

/* Names that programs read: each its own, none empty. */
START_TEST(names)
{
	enum sim_transport t;

	ck_assert_str_eq(sim_kind_name(SIM_CTL), "ctl");
	ck_assert_str_eq(sim_kind_name(SIM_ITL), "itl");
	ck_assert_str_eq(sim_kind_name(SIM_CONFIG), "config");
	ck_assert_str_eq(sim_kind_name(SIM_DEFAULT), "default");
	ck_assert_str_eq(sim_kind_name(SIM_FILE), "file");
	ck_assert_str_eq(sim_status_name(SIM_GOT), "got");
	ck_assert_str_eq(sim_status_name(SIM_MISSING), "not_found");
	ck_assert_str_eq(sim_status_name(SIM_FAILED), "failed");
	ck_assert_str_eq(sim_status_name(SIM_NO_ANSWER), "no_answer");
	ck_assert_str_eq(sim_status_name(SIM_NOT_ASKED), "not_asked");
	ck_assert_str_eq(sim_outcome_name(SIM_TRUSTED), "trusted");
	ck_assert_str_eq(sim_outcome_name(SIM_NO_CONFIG), "no_config");
	ck_assert_str_eq(sim_outcome_name(SIM_NOT_TRUSTED), "not_trusted");
	ck_assert_str_eq(sim_outcome_name(SIM_UNREACHABLE), "unreachable");
	ck_assert(sim_transport_parse("auto", &t) && t == SIM_AUTO);
	ck_assert(sim_transport_parse("http", &t) && t == SIM_HTTP);
	ck_assert(sim_transport_parse("tftp", &t) && t == SIM_TFTP);
	ck_assert(sim_transport_parse("https", &t) && t == SIM_HTTPS);
	ck_assert(!sim_transport_parse("HTTP", &t));
	ck_assert(!sim_transport_parse("", &t));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_trace");
	TCase *t = tcase_create("sim_trace");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, step, 0, sizeof(steps) / sizeof(steps[0]));
	tcase_add_test(t, longest_step);
	tcase_add_loop_test(t, report, 0, sizeof(reports) /
	    sizeof(reports[0]));
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
