/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed files against the golden vectors, both ways; encrypted files as far
 * as their header and signature.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"

static const struct vector {
	const char	*file;
	const char	*expected, *section;
	int		 width;		/* of the expected text's labels */
	uint16_t	 version;
	const char	*payload;	/* file, or NULL */
	const char	*name;		/* tag 14 */
} vectors[] = {
	{ "signed/RingList.xml.sha1.sgn", "signed/expected-parse.txt",
	    "RingList.xml.sha1", 18, 0x0100, "signed/RingList.xml",
	    "RingList.xml.sgn" },
	{ "signed/RingList.xml.sha512.sgn", "signed/expected-parse.txt",
	    "RingList.xml.sha512", 18, 0x0100, "signed/RingList.xml",
	    "RingList.xml.sgn" },
	{ "signed/New_Zealand_g3-tones.xml.sgn", NULL, NULL, 0, 0x0100, NULL,
	    "New_Zealand/g3-tones.xml.sgn" },
	{ "encrypted/sha1/SEP0011223344AA.cnf.xml.sgn",
	    "encrypted/expected-parse.txt", "sha1/sgn", 18, 0x0100, NULL,
	    "SEP0011223344AA.cnf.xml.sgn" },
	{ "encrypted/sha512/SEP0011223344AA.cnf.xml.sgn",
	    "encrypted/expected-parse.txt", "sha512/sgn", 18, 0x0100, NULL,
	    "SEP0011223344AA.cnf.xml.sgn" },
	{ "encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn",
	    "encrypted/expected-parse.txt", "sha1/enc", 29, 0x0200, NULL,
	    "SEP0011223344AA.cnf.xml.enc.sgn" },
	{ "encrypted/sha512/SEP0011223344AA.cnf.xml.enc.sgn",
	    "encrypted/expected-parse.txt", "sha512/enc", 29, 0x0200, NULL,
	    "SEP0011223344AA.cnf.xml.enc.sgn" },
};

static struct cert *ccm;
static struct signer *signer;

static void
setup(void)
{
	ccm = data_cert("ccm");
	signer = data_signer();
}

static void
teardown(void)
{
	cert_free(ccm);
	signer_free(signer);
}

static void
compare_expected(const struct vector *v, const struct tlv_header *h)
{
	struct wr w = wr_init(1 << 16);
	char *got, *want, *rest;

	if (v->expected == NULL)
		return;
	data_print_header(&w, h, v->width);
	got = data_take(&w);
	want = data_expected(v->expected, v->section);
	/* What follows in encrypted files is not the shared header's. */
	ck_assert_msg(strncmp(got, want, strlen(got)) == 0, "%s:\n%s", v->file,
	    got);
	rest = want + strlen(got);
	if (v->version == 0x0100)
		ck_assert_str_eq(rest, "\nValid signature\n");
	else
		ck_assert_ptr_nonnull(strstr(rest, "Valid signature\n"));
	free(got);
	free(want);
}

START_TEST(parse_vector)
{
	const struct vector *v = &vectors[_i];
	struct tlv_header h;
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	buf = data_file(v->file, &len);
	ck_assert_msg(tlv_header_parse(&h, buf, len, &e) == ERR_OK, "%s: %s",
	    v->file, e.msg);
	ck_assert_uint_eq(h.version, v->version);
	ck_assert_str_eq(h.file_name, v->name);
	compare_expected(v, &h);
	ck_assert(tlv_names_cert(&h, ccm));
	ck_assert_msg(tlv_verify(&h, buf, len, ccm, &e) == ERR_OK, "%s: %s",
	    v->file, e.msg);
	free(buf);
}
END_TEST

START_TEST(parse_payload)
{
	const struct vector *v = &vectors[_i];
	struct signed_file f;
	struct err e = { 0 };
	uint8_t *buf, *want;
	size_t len, wantlen;

	buf = data_file(v->file, &len);
	if (v->version != 0x0100) {	/* an encrypted one is something else */
		ck_assert_int_eq(signed_parse(&f, buf, len, &e), ERR_PROTO);
		ck_assert_ptr_nonnull(strstr(e.msg, "version 2.0"));
		ck_assert_uint_eq(e.off, 3);
		free(buf);
		return;
	}
	ck_assert_int_eq(signed_parse(&f, buf, len, &e), ERR_OK);
	ck_assert_uint_eq(f.payloadlen, len - f.h.length);
	ck_assert_ptr_eq(f.payload, buf + f.h.length);
	if (v->payload != NULL) {
		want = data_file(v->payload, &wantlen);
		ck_assert_uint_eq(f.payloadlen, wantlen);
		ck_assert_mem_eq(f.payload, want, wantlen);
		free(want);
	}
	free(buf);
}
END_TEST

/* Every .sgn again from its payload: the same bytes. */
START_TEST(rebuild_vector)
{
	const struct vector *v = &vectors[_i];
	struct signed_build b = { .signer = ccm, .name = v->name };
	struct signed_file f;
	struct err e = { 0 };
	uint8_t *want, *got;
	size_t wantlen, gotlen;

	want = data_file(v->file, &wantlen);
	if (signed_parse(&f, want, wantlen, NULL) != ERR_OK) {
		free(want);	/* encrypted: random within */
		return;
	}
	b.digest = f.h.digest_code == 1 ? DIGEST_SHA1 : DIGEST_SHA512;
	b.timestamp = v->payload != NULL ? 1795251344 : f.h.timestamp;
	ck_assert_msg(signed_build(&b, f.payload, f.payloadlen, signer, &got,
	    &gotlen, &e) == ERR_OK, "%s: %s", v->file, e.msg);
	ck_assert_uint_eq(gotlen, wantlen);
	ck_assert_msg(memcmp(got, want, gotlen) == 0, "%s differs", v->file);
	free(got);
	free(want);
}
END_TEST

START_TEST(build_cucm_names)
{
	struct signed_build b = {
		.signer = ccm, .name = "a.sgn", .digest = DIGEST_SHA1,
		.names = CERT_NAME_SEMICOLON,
	};
	struct signed_file f;
	uint8_t *buf;
	size_t len;

	ck_assert_int_eq(signed_build(&b, NULL, 0, signer, &buf, &len, NULL),
	    ERR_OK);
	ck_assert_int_eq(signed_parse(&f, buf, len, NULL), ERR_OK);
	ck_assert_uint_eq(f.payloadlen, 0);
	ck_assert_str_eq(f.h.signer_name,
	    "CN=CCM;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ");
	ck_assert(tlv_names_cert(&f.h, ccm));
	ck_assert(!f.h.has_signer_version);
	free(buf);
}
END_TEST

static const struct {
	const char	*name;
	int		 code;
} names[] = {
	{ "a.sgn", ERR_OK },
	{ "Desktops/320x196x4/List.xml.sgn", ERR_OK },
	{ "..a/b..sgn", ERR_OK },
	{ ".hidden/...", ERR_OK },
	{ "", ERR_ARG },
	{ "/a.sgn", ERR_ARG },
	{ "a/", ERR_ARG },
	{ "a//b", ERR_ARG },
	{ ".", ERR_ARG },
	{ "./a", ERR_ARG },
	{ "a/./b", ERR_ARG },
	{ "..", ERR_ARG },
	{ "../a", ERR_ARG },
	{ "a/../b", ERR_ARG },
	{ "a/..", ERR_ARG },
	{ "a\tb", ERR_ARG },
	{ "a\xff", ERR_ARG },
};

START_TEST(build_names)
{
	struct signed_build b = {
		.signer = ccm, .name = names[_i].name, .digest = DIGEST_SHA1,
	};
	uint8_t *buf;
	size_t len;

	ck_assert_msg(signed_build(&b, NULL, 0, signer, &buf, &len, NULL) ==
	    names[_i].code, "\"%s\"", names[_i].name);
	ck_assert((buf != NULL) == (names[_i].code == ERR_OK));
	free(buf);
}
END_TEST

START_TEST(build_too_large)
{
	struct signed_build b = {
		.signer = ccm, .name = "a.sgn", .digest = DIGEST_SHA1,
	};
	uint8_t *big = calloc(1, SIGNED_FILE_MAX), *buf;
	struct err e = { 0 };
	size_t len;

	ck_assert_ptr_nonnull(big);
	ck_assert_int_eq(signed_build(&b, big, SIGNED_FILE_MAX, signer, &buf,
	    &len, &e), ERR_LIMIT);
	ck_assert_ptr_null(buf);
	free(big);
}
END_TEST

/* One bit anywhere, payload included: not parsed or not verified. */
START_TEST(flip_any_byte)
{
	static const char *const files[] = {
		"signed/RingList.xml.sha1.sgn",
		"signed/RingList.xml.sha512.sgn",
		"encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn",
	};
	struct tlv_header h;
	uint8_t *buf;
	size_t len;

	buf = data_file(files[_i], &len);
	for (size_t i = 0; i < len; i++) {
		buf[i] ^= (uint8_t)(1u << i % 8);
		ck_assert_msg(tlv_header_parse(&h, buf, len, NULL) != ERR_OK ||
		    tlv_verify(&h, buf, len, ccm, NULL) != ERR_OK,
		    "byte %zu does not count", i);
		buf[i] ^= (uint8_t)(1u << i % 8);
	}
	free(buf);
}
END_TEST

/* Cut anywhere, or with something behind. */
START_TEST(cut_anywhere)
{
	struct signed_file f;
	uint8_t *buf, more[1024];
	size_t len;

	buf = data_file("signed/RingList.xml.sha1.sgn", &len);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert(signed_parse(&f, buf, cut, NULL) != ERR_OK ||
		    tlv_verify(&f.h, buf, cut, ccm, NULL) != ERR_OK);
	memcpy(more, buf, len);
	more[len] = '\n';
	ck_assert_int_eq(signed_parse(&f, more, len + 1, NULL), ERR_OK);
	ck_assert_int_eq(tlv_verify(&f.h, more, len + 1, ccm, NULL),
	    ERR_VERIFY);
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("signed");
	TCase *tc = tcase_create("signed");
	SRunner *r;
	int failed;

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, parse_vector, 0, N_OF(vectors));
	tcase_add_loop_test(tc, parse_payload, 0, N_OF(vectors));
	tcase_add_loop_test(tc, rebuild_vector, 0, N_OF(vectors));
	tcase_add_test(tc, build_cucm_names);
	tcase_add_loop_test(tc, build_names, 0, N_OF(names));
	tcase_add_test(tc, build_too_large);
	tcase_add_loop_test(tc, flip_any_byte, 0, 3);
	tcase_add_test(tc, cut_anywhere);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
