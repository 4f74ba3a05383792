/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Trust lists shown: the golden vectors (tests/data/vectors) against texts
 * that were made once and compared by eye with spec/admin-cli.md section 2.1
 * (tests/data/show), and lists changed here.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "ctltool/show_list.h"

#define NOW	1795251284	/* the vectors' time */

struct bytes {
	uint8_t	*buf;
	size_t	 len;
};

static struct bytes
data(const char *folder, const char *name)
{
	const char *top = getenv("top_srcdir");
	struct err e = { 0 };
	struct bytes b;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/data/%s/%s",
	    top != NULL ? top : ".", folder, name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &b.buf, &b.len,
	    &e) == ERR_OK, "%s", e.msg);
	return b;
}

/* A list on show, with its bytes. */
struct shown {
	struct bytes		 b;
	struct err		 verdict;
	struct show_list	 s;
	struct wr		 w;
};

static void
shown_parse(struct shown *sh)
{
	struct err e = { 0 };
	struct list *l = list_parse(sh->b.buf, sh->b.len, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	sh->verdict = (struct err){ .code = ERR_OK };
	(void)list_verify_self(l, &sh->verdict);
	sh->s = (struct show_list){
		.list = l, .kind = show_list_kind(l, NULL),
		.verdict = &sh->verdict, .now = NOW,
	};
	sh->w = wr_init(SHOW_LIST_MAX);
}

static void
shown_open(struct shown *sh, const char *vector)
{
	sh->b = data("vectors/trust-list", vector);
	shown_parse(sh);
}

static char *
shown_text(struct shown *sh)
{
	struct err e = { 0 };
	size_t len;
	char *text;

	show_list_summary(&sh->w, &sh->s);
	ck_assert_msg(show_list_dump(&sh->w, &sh->s, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_ptr_nonnull(text = (char *)wr_take(&sh->w, &len));
	return text;
}

static void
shown_close(struct shown *sh)
{
	wr_clear(&sh->w);
	list_free((struct list *)(uintptr_t)sh->s.list);
	free(sh->b.buf);
}

static const char *const vectors[] = {
	"CTLFile.sha512", "ITLFile.cucm-layout", "ITLFile.rollback-stubs",
	"ITLFile.sastonly", "ITLFile.sha1.v10", "ITLFile.sha1.v11",
	"ITLFile.sha512.v10", "ITLFile.sha512.v11",
};
#define NVECTORS	(sizeof(vectors) / sizeof(vectors[0]))

START_TEST(golden)
{
	struct shown sh;
	struct bytes expected;
	char name[80], *text;

	(void)snprintf(name, sizeof(name), "%s.tlv", vectors[_i]);
	shown_open(&sh, name);
	text = shown_text(&sh);
	(void)snprintf(name, sizeof(name), "%s.txt", vectors[_i]);
	expected = data("show", name);
	ck_assert_msg(strcmp(text, (char *)expected.buf) == 0, "%s:\n%s",
	    name, text);
	free(text);
	free(expected.buf);
	shown_close(&sh);
}
END_TEST

static json_t *
at(json_t *j, const char *name)
{
	json_t *v = json_object_get(j, name);

	ck_assert_msg(v != NULL, "no member %s", name);
	return v;
}

START_TEST(json)
{
	struct shown sh;
	json_t *j, *r;

	shown_open(&sh, "ITLFile.cucm-layout.tlv");
	ck_assert_ptr_nonnull(j = show_list_json(&sh.s));
	ck_assert_str_eq(json_string_value(at(j, "kind")), "ITL");
	ck_assert(json_is_true(at(j, "verified")));
	ck_assert_str_eq(json_string_value(at(j, "md5")),
	    "830db3260269e14acc2d21cbb25655e5");
	ck_assert_int_eq(json_integer_value(at(j, "bytes")), 8970);
	ck_assert_int_eq(json_integer_value(at(j, "header_bytes")), 460);
	ck_assert(json_is_null(at(j, "signer_version")));
	ck_assert_str_eq(json_string_value(at(at(j, "signer"), "serial")),
	    "871b8e5501fbe438c6b8caf69e115229");
	ck_assert_int_eq(json_integer_value(at(at(j, "roles"), "SAST")), 2);
	ck_assert_uint_eq(json_array_size(at(j, "records")), 5);
	r = json_array_get(at(j, "records"), 0);
	ck_assert_str_eq(json_string_value(at(r, "role")), "SAST");
	ck_assert_str_eq(json_string_value(at(r, "dns_name")),
	    "cm1.example.org");
	ck_assert_str_eq(json_string_value(at(r, "ip_address")),
	    "192.0.2.10");
	ck_assert(json_is_true(at(r, "signer")));
	ck_assert_str_eq(json_string_value(at(at(r, "certificate"), "key")),
	    "rsa2048");
	ck_assert_uint_eq(json_array_size(at(r, "tags")), 10);
	json_decref(j);
	shown_close(&sh);
}
END_TEST

START_TEST(json_stub)
{
	struct shown sh;
	json_t *j, *r;

	shown_open(&sh, "ITLFile.rollback-stubs.tlv");
	ck_assert_ptr_nonnull(j = show_list_json(&sh.s));
	r = json_array_get(at(j, "records"), 2);
	ck_assert(json_is_null(at(r, "certificate")));
	ck_assert(json_is_null(at(r, "subject")));
	ck_assert(json_is_null(at(r, "serial")));
	ck_assert_str_eq(json_string_value(at(r, "role")), "CCM+TFTP");
	json_decref(j);
	shown_close(&sh);
}
END_TEST

/* The TLV with this tag in a record of a list, to be changed. */
static uint8_t *
record_tlv(struct shown *sh, size_t rec, uint8_t tag)
{
	const struct list_record *r = &sh->s.list->rec[rec];

	for (size_t i = 0; i < r->ntlv; i++)
		if (r->tlv[i].tag == tag)
			return sh->b.buf + r->tlv[i].off;
	ck_abort_msg("record %zu has no tag %u", rec, tag);
}

static void
shown_again(struct shown *sh)
{
	wr_clear(&sh->w);
	list_free((struct list *)(uintptr_t)sh->s.list);
	shown_parse(sh);
}

/* What nobody knows is shown by number, control bytes as \xNN. */
START_TEST(foreign)
{
	struct shown sh;
	uint8_t *tlv;
	json_t *j;
	char *text;

	shown_open(&sh, "ITLFile.rollback-stubs.tlv");
	tlv = record_tlv(&sh, 2, REC_DNS_NAME);
	tlv[3] = 0xc2;		/* CSI as UTF-8 */
	tlv[4] = 0x9b;
	tlv = record_tlv(&sh, 3, REC_IP_ADDRESS);
	tlv[0] = 77;
	tlv = record_tlv(&sh, 3, REC_ROLE);
	tlv[4] = 99;
	shown_again(&sh);
	ck_assert_int_eq(sh.verdict.code, ERR_VERIFY);
	text = shown_text(&sh);
	ck_assert_ptr_nonnull(strstr(text, "ITL file, NOT verified\n"));
	ck_assert_ptr_nonnull(strstr(text,
	    "DNSNAME                 11      \\xc2\\x9b2.0.2.10"));
	ck_assert_ptr_null(strchr(text, '\x9b'));
	ck_assert_ptr_nonnull(strstr(text,
	    "\n77      UNKNOWN(77)             4       C0:00:02:"));
	ck_assert_ptr_nonnull(strstr(text,
	    "\n4       FUNCTION                2       role 99\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nError verifying the ITL file: "));
	ck_assert_ptr_null(strstr(text, "verified successfully"));
	free(text);
	ck_assert_ptr_nonnull(j = show_list_json(&sh.s));
	ck_assert(json_is_false(at(j, "verified")));
	json_decref(j);
	shown_close(&sh);
}
END_TEST

/* A signer that the list does not hold: no record says it signed. */
START_TEST(no_signer_record)
{
	struct shown sh;
	uint8_t *p;
	char *text;

	shown_open(&sh, "ITLFile.sastonly.tlv");
	p = sh.b.buf + (sh.s.list->h.serial - sh.s.list->buf);
	p[0] ^= 1;
	shown_again(&sh);
	text = shown_text(&sh);
	ck_assert_ptr_null(strstr(text, "This etoken was used"));
	ck_assert_ptr_nonnull(strstr(text, "This etoken was not used to sign "
	    "the ITL file."));
	free(text);
	shown_close(&sh);
}
END_TEST

START_TEST(small_texts)
{
	static const uint8_t serial[] = { 0x7c, 0x3a, 0x0e };
	char buf[24], days[48], tight[6];

	ck_assert_str_eq(show_digest(1, buf), "SHA-1");
	ck_assert_str_eq(show_digest(3, buf), "SHA-512");
	ck_assert_str_eq(show_digest(0, buf), "digest 0");
	ck_assert_str_eq(show_digest(9, buf), "digest 9");
	ck_assert_str_eq(show_role(2, buf), "CCM+TFTP");
	ck_assert_str_eq(show_role(99, buf), "role 99");
	show_colons(serial, 3, true, buf, sizeof(buf));
	ck_assert_str_eq(buf, "7C:3A:0E");
	show_colons(serial, 3, false, buf, sizeof(buf));
	ck_assert_str_eq(buf, "7c:3a:0e");
	show_colons(serial, 3, false, tight, sizeof(tight));
	ck_assert_str_eq(tight, "7c:3a");
	show_colons(serial, 0, false, tight, sizeof(tight));
	ck_assert_str_eq(tight, "");
	show_days(NOW + 2 * 86400 + 5, NOW, days, sizeof(days));
	ck_assert_str_eq(days, "in 2 days");
	show_days(NOW - 86400, NOW, days, sizeof(days));
	ck_assert_str_eq(days, "1 days ago");
}
END_TEST

START_TEST(kinds)
{
	struct list l = { .h = { .file_name = NULL } };

	ck_assert_str_eq(show_list_kind(&l, "/x/CTLSEP00.tlv"), "CTL");
	ck_assert_str_eq(show_list_kind(&l, "/CTL/x.tlv"), "ITL");
	ck_assert_str_eq(show_list_kind(&l, NULL), "ITL");
	l.h.file_name = "CTLFile.tlv";
	ck_assert_str_eq(show_list_kind(&l, "ITLFile.tlv"), "CTL");
	l.h.file_name = "ITLFile.tlv";
	ck_assert_str_eq(show_list_kind(&l, "CTLFile.tlv"), "ITL");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctl_show_list");
	TCase *tc = tcase_create("ctl_show_list");
	SRunner *sr = srunner_create(s);
	int failed;

	/* The layout has local times. */
	(void)setenv("TZ", "UTC", 1);
	tzset();
	tcase_add_loop_test(tc, golden, 0, NVECTORS);
	tcase_add_test(tc, json);
	tcase_add_test(tc, json_stub);
	tcase_add_test(tc, foreign);
	tcase_add_test(tc, no_signer_record);
	tcase_add_test(tc, small_texts);
	tcase_add_test(tc, kinds);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
