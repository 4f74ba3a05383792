/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#7 blocks in a text: put and found again, between other things, with
 * other line ends; cut and damaged.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "certs/pkcs7_pem.h"

#define BEGIN	"-----BEGIN PKCS7-----\n"
#define END	"-----END PKCS7-----\n"

START_TEST(round_trip)
{
	static const size_t lens[] = { 1, 2, 47, 48, 49, 96, 1000 };
	struct wr w = wr_init(100000);
	uint8_t in[1000], *der;
	size_t off = 0, len;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		wr_str(&w, "a remark\n");
		pkcs7_pem_put(&w, in, lens[i]);
	}
	ck_assert_int_eq(w.err, ERR_OK);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		ck_assert_int_eq(pkcs7_pem_next(w.buf, w.len, &off, &der,
		    &len, NULL), ERR_OK);
		ck_assert_uint_eq(len, lens[i]);
		ck_assert_mem_eq(der, in, len);
		free(der);
	}
	ck_assert_int_eq(pkcs7_pem_next(w.buf, w.len, &off, &der, &len, NULL),
	    ERR_NOTFOUND);
	ck_assert_ptr_null(der);
	wr_clear(&w);
}
END_TEST

static const struct {
	const char	*name, *text;
	int		 code;
	size_t		 len;
} texts[] = {
	{ "plain", BEGIN "AAEC\n" END, ERR_OK, 3 },
	{ "CRLF", "-----BEGIN PKCS7-----\r\nAAEC\r\n-----END PKCS7-----\r\n",
	    ERR_OK, 3 },
	{ "no last line end", BEGIN "AAEC\n-----END PKCS7-----", ERR_OK, 3 },
	{ "indented is no block", "x" BEGIN "AAEC\n" END, ERR_NOTFOUND, 0 },
	{ "another label", "-----BEGIN CERTIFICATE-----\nAAEC\n"
	    "-----END CERTIFICATE-----\n", ERR_NOTFOUND, 0 },
	{ "nothing", "", ERR_NOTFOUND, 0 },
	{ "no end", BEGIN "AAEC\n", ERR_PROTO, 0 },
	{ "empty", BEGIN END, ERR_PROTO, 0 },
	{ "no base64", BEGIN "AA!C\n" END, ERR_PROTO, 0 },
	{ "cut", BEGIN "AAE\n" END, ERR_PROTO, 0 },
	{ "begun twice", BEGIN BEGIN "AAEC\n" END, ERR_PROTO, 0 },
};

START_TEST(parsed)
{
	struct err e = { 0 };
	uint8_t *der;
	size_t off = 0, len = 0;
	int ret = pkcs7_pem_next((const uint8_t *)texts[_i].text,
	    strlen(texts[_i].text), &off, &der, &len, &e);

	ck_assert_msg(ret == texts[_i].code, "%s: %d, %s", texts[_i].name,
	    ret, e.msg);
	if (ret == ERR_OK)
		ck_assert_uint_eq(len, texts[_i].len);
	else
		ck_assert_ptr_null(der);
	free(der);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pkcs7_pem");
	TCase *c = tcase_create("pkcs7_pem");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, round_trip);
	tcase_add_loop_test(c, parsed, 0, sizeof(texts) / sizeof(texts[0]));
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
