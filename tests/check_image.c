/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed images: what can be told from their header.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "trust/image.h"

static uint8_t *file;		/* spec/signed-file.md section 7 */
static size_t filelen;

#define HEADER	460

static void
set_up(void)
{
	const char *src = getenv("top_srcdir");
	struct err e = { 0 };
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/tests/data/vectors/signed/"
	    "RingList.xml.sha1.sgn", src != NULL ? src : ".");
	ck_assert_msg(file_read(AT_FDCWD, path, 65536, &file, &filelen, &e) ==
	    ERR_OK, "%s", e.msg);
}

static void
tear_down(void)
{
	free(file);
}

static void
gives(const char *name, size_t headlen, uint64_t size,
    enum image_verdict verdict, const char *why)
{
	struct image im;

	image_check(&im, name, file, headlen, size);
	ck_assert_msg(im.verdict == verdict, "%s: %d: %s", name, im.verdict,
	    im.why);
	ck_assert_msg(strstr(im.why, why) != NULL, "%s: %s", name, im.why);
}

START_TEST(names)
{
	static const char *const yes[] = { "x.sgn", "X.SGN", "d/x.loads",
	    "x.sbn", "SIP69xx.9-4.zz.sgn" };
	static const char *const no[] = { "x.xml", "sgn", "x.sgn.bak",
	    "loads", "" };

	for (size_t i = 0; i < 5; i++) {
		ck_assert_msg(image_is(yes[i]), "%s", yes[i]);
		ck_assert_msg(!image_is(no[i]), "%s", no[i]);
	}
}
END_TEST

START_TEST(sound)
{
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_SOUND, "");
	gives("d/ringlist.XML.sgn", filelen, filelen, IMAGE_SOUND, "");
	/* The header is enough, whatever the size of the rest. */
	gives("RingList.xml.sgn", HEADER, 1u << 30, IMAGE_SOUND, "");
	gives("RingList.xml.sgn", HEADER, HEADER + 1, IMAGE_SOUND, "");
	gives("RingList.xml", filelen, filelen, IMAGE_NONE, "");
}
END_TEST

START_TEST(bad)
{
	gives("Other.xml.sgn", filelen, filelen, IMAGE_BAD,
	    "signed as RingList.xml.sgn");
	gives("RingList.xml.sgn", HEADER, HEADER, IMAGE_BAD, "cut");
	gives("RingList.xml.sgn", 0, 0, IMAGE_BAD, "does not begin");
	for (size_t n = 0; n < HEADER; n += 7)
		gives("RingList.xml.sgn", n, n, IMAGE_BAD, "does not begin");
	file[3] = 3;
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_BAD, "version 3.0");
	file[3] = 1;
	file[4] = 2;		/* a trust list under the name of an image */
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_BAD, "version 1.2");
	file[4] = 0;
	file[0xad] = 3;		/* RSA 4096 over 256 bytes */
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_BAD, "256 bytes");
	file[0xad] = 2;
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_SOUND, "");
	memset(file, 'x', filelen);
	gives("RingList.xml.sgn", filelen, filelen, IMAGE_BAD,
	    "does not begin");
}
END_TEST

START_TEST(open_file)
{
	char path[64] = "/tmp/check_image.XXXXXX";
	int fd = mkstemp(path);
	struct image im;
	uint8_t *head;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(file_write_all(fd, file, filelen, NULL), ERR_OK);
	ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
	ck_assert_int_eq(image_check_fd(&im, "RingList.xml.sgn", fd, &head,
	    NULL), ERR_OK);
	ck_assert_int_eq(im.verdict, IMAGE_SOUND);
	ck_assert_str_eq(im.h.file_name, "RingList.xml.sgn");
	free(head);
	(void)close(fd);
	(void)unlink(path);
	ck_assert_int_eq(image_check_fd(&im, "x", fd, &head, NULL), ERR_IO);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("image");
	TCase *t = tcase_create("image");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, names);
	tcase_add_test(t, sound);
	tcase_add_test(t, bad);
	tcase_add_test(t, open_file);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
