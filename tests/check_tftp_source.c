/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What transfers send: blocks of octets, and netascii in pieces of any size.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tftpd/tftp_source.h"

static uint8_t body[5000];
static uint8_t buf[16384];

/* From memory, or from a file with the same bytes. */
static struct tftp_source
source(bool file, size_t len)
{
	struct tftp_source s = { .body = file ? NULL : body, .fd = -1,
	    .len = len };

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 13 + i / 256);
	if (!file)
		return s;
	ck_assert_int_ge(s.fd = memfd_create("source", MFD_CLOEXEC), 0);
	ck_assert_int_eq(write(s.fd, body, len), (ssize_t)len);
	return s;
}

START_TEST(blocks)
{
	struct tftp_source s = source(_i == 1, sizeof(body));

	memset(buf, 0xee, sizeof(buf));
	/* three whole, one of 40 bytes; gaps of 4 stay as they are */
	ck_assert(tftp_source_blocks(&s, 100, buf + 4, 104, 100, 4, 340));
	for (size_t i = 0; i < 4; i++) {
		size_t n = i < 3 ? 100 : 40;

		ck_assert_mem_eq(buf + 4 + i * 104, body + 100 + i * 100, n);
		ck_assert_mem_eq(buf + i * 104, "\xee\xee\xee\xee", 4);
		ck_assert_uint_eq(buf[4 + i * 104 + n], 0xee);
	}
	/* the empty block at the end */
	ck_assert(tftp_source_blocks(&s, sizeof(body), buf, 104, 100, 1, 0));
	ck_assert(tftp_source_blocks(&s, sizeof(body) - 100, buf, 104, 100, 2,
	    100));
	if (s.fd != -1)
		(void)close(s.fd);
}
END_TEST

START_TEST(shrunk)
{
	struct tftp_source s = source(true, sizeof(body));
	struct tftp_place at = { 0 };

	ck_assert_int_eq(ftruncate(s.fd, 250), 0);
	ck_assert(tftp_source_blocks(&s, 0, buf, 100, 100, 2, 200));
	ck_assert(!tftp_source_blocks(&s, 0, buf, 100, 100, 3, 300));
	ck_assert(!tftp_source_blocks(&s, 400, buf, 100, 100, 1, 100));
	s.netascii = true;
	ck_assert_int_eq(tftp_source_netascii(&s, &at, buf, 100), -1);
	(void)close(s.fd);
}
END_TEST

static uint8_t
pattern(uint64_t off)
{
	return (uint8_t)(off * 13 + off / 256);
}

static void
is_pattern(struct tftp_source *s, uint64_t off, size_t n)
{
	ck_assert(tftp_source_blocks(s, off, buf, n, n, 1, n));
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(buf[i], pattern(off + i));
}

/* What was read ahead is what the file was then; what was not is looked for
 * when it is wanted, and only what is missing then is missed. */
START_TEST(ahead)
{
	const size_t len = 5 * TFTP_AHEAD / 2;
	struct tftp_source s = { .len = len, .goes_on = true };
	uint8_t *all = malloc(len);

	ck_assert_int_ge(s.fd = memfd_create("source", MFD_CLOEXEC), 0);
	for (size_t i = 0; i < len; i++)
		all[i] = pattern(i);
	ck_assert_int_eq(pwrite(s.fd, all, len, 0), (ssize_t)len);
	for (size_t off = 0, n; off < len; off += n) {
		n = off % 1500 + 1 < len - off ? off % 1500 + 1 : len - off;
		is_pattern(&s, off, n);
	}
	is_pattern(&s, 0, TFTP_AHEAD / 2 + 1);	/* too much at a time */
	is_pattern(&s, 100, 500);		/* back again */
	memset(all, 0xee, len);
	ck_assert_int_eq(pwrite(s.fd, all, len, 0), (ssize_t)len);
	is_pattern(&s, 600, 500);
	is_pattern(&s, 100 + TFTP_AHEAD - 500, 500);
	ck_assert(tftp_source_blocks(&s, 100 + TFTP_AHEAD - 499, buf, 500,
	    500, 1, 500));
	ck_assert_uint_eq(buf[499], 0xee);
	ck_assert_int_eq(ftruncate(s.fd, 35000), 0);
	ck_assert(tftp_source_blocks(&s, 34500, buf, 500, 500, 1, 500));
	ck_assert(!tftp_source_blocks(&s, 34501, buf, 500, 500, 1, 500));
	tftp_source_clear(&s);
	(void)close(s.fd);
	free(all);
}
END_TEST

/* For a peer that may be forged nothing is kept. */
START_TEST(not_ahead)
{
	struct tftp_source s = source(true, sizeof(body));

	ck_assert(tftp_source_blocks(&s, 0, buf, 500, 500, 1, 500));
	ck_assert_ptr_null(s.ahead);
	ck_assert_int_eq(pwrite(s.fd, "x", 1, 500), 1);
	ck_assert(tftp_source_blocks(&s, 500, buf, 500, 500, 1, 500));
	ck_assert_uint_eq(buf[0], 'x');
	(void)close(s.fd);
}
END_TEST

static const struct {
	const char	*name, *in;
	size_t		 inlen;
	const char	*out;
	size_t		 outlen;
} texts[] = {
#define T(in, out)	in, sizeof(in) - 1, out, sizeof(out) - 1
	{ "empty", T("", "") },
	{ "plain", T("abc", "abc") },
	{ "lines", T("a\nb\n", "a\r\nb\r\n") },
	{ "CR", T("a\rb", "a\r\0b") },
	{ "CR at the end", T("\r", "\r\0") },
	{ "CR LF", T("\r\n", "\r\0\r\n") },
	{ "only LF", T("\n\n\n", "\r\n\r\n\r\n") },
	{ "only CR", T("\r\r", "\r\0\r\0") },
	{ "NUL and high", T("\0\377\n", "\0\377\r\n") },
#undef T
};

/* Whole, then in pieces of each size: CR and what follows may be parted. */
START_TEST(netascii)
{
	struct tftp_source s = { .body = (const uint8_t *)texts[_i].in,
	    .fd = -1, .len = texts[_i].inlen, .netascii = true };

	for (size_t piece = 1; piece <= texts[_i].outlen + 1; piece++) {
		struct tftp_place at = { 0 };
		size_t got = 0;
		int64_t n;

		do {
			n = tftp_source_netascii(&s, &at, buf + got, piece);
			ck_assert_int_ge(n, 0);
			got += (size_t)n;
		} while ((size_t)n == piece);
		ck_assert_msg(got == texts[_i].outlen &&
		    memcmp(buf, texts[_i].out, got) == 0, "%s by %zu",
		    texts[_i].name, piece);
	}
}
END_TEST

/* More than is read at a time, from memory and from a file. */
START_TEST(netascii_long)
{
	static uint8_t want[2 * sizeof(body)];
	struct tftp_source s = source(_i == 1, sizeof(body));
	struct tftp_place at = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(body); i++) {
		if (body[i] == '\n')
			want[n++] = '\r';
		want[n++] = body[i];
		if (body[i] == '\r')
			want[n++] = '\0';
	}
	ck_assert_uint_gt(n, sizeof(body));
	ck_assert_int_eq(tftp_source_netascii(&s, &at, buf, sizeof(buf)),
	    (int64_t)n);
	ck_assert_mem_eq(buf, want, n);
	if (s.fd != -1)
		(void)close(s.fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftp_source");
	TCase *tc = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, blocks, 0, 2);
	tcase_add_test(tc, shrunk);
	tcase_add_test(tc, ahead);
	tcase_add_test(tc, not_ahead);
	tcase_add_loop_test(tc, netascii, 0,
	    (int)(sizeof(texts) / sizeof(texts[0])));
	tcase_add_loop_test(tc, netascii_long, 0, 2);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
