/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * trust/accept_memo.c: what is remembered of lists, and what is not.  That it
 * changes no verdict is seen in check_accept*.c.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/accept_fixture.h"

static struct accept_memo *m;
static struct bytes copy;	/* of the ITL, to be changed */
static size_t stamp;		/* where it has a byte that is only signed */

static void
begin(void)
{
	struct list *l = list_parse(itl.buf, itl.len, NULL);

	ck_assert_ptr_nonnull(l);
	stamp = l->h.ts_off + 3 + 3;
	list_free(l);
	ck_assert_ptr_nonnull(m = accept_memo_new(NULL));
	ck_assert_ptr_nonnull(copy.buf = malloc(itl.len));
	copy.len = itl.len;
	memcpy(copy.buf, itl.buf, itl.len);
}

static void
end(void)
{
	accept_memo_free(m);
	free(copy.buf);
}

static const struct list *
ask(const struct bytes *b)
{
	struct err e = { 0 };
	const struct list *l = accept_memo_list(m, b->buf, b->len, &e);

	ck_assert_msg(l != NULL, "%s", e.msg);
	ck_assert_uint_eq(l->len, b->len);
	ck_assert_mem_eq(l->buf, b->buf, b->len);
	return l;
}

START_TEST(same_bytes_same_list)
{
	const struct list *a = ask(&itl), *b = ask(&ctl);

	ck_assert_ptr_ne(a, b);
	ck_assert_ptr_eq(ask(&copy), a);
	ck_assert_ptr_eq(ask(&ctl), b);
	/* It is the memo's: the bytes asked with may change and go. */
	memset(copy.buf, 0, copy.len);
	ck_assert_ptr_eq(ask(&itl), a);
	ck_assert_mem_eq(a->buf, itl.buf, itl.len);
}
END_TEST

START_TEST(one_byte_is_another_list)
{
	const struct list *a = ask(&itl), *b;

	copy.buf[stamp] ^= 1;
	ck_assert_ptr_ne(b = ask(&copy), a);
	ck_assert_int_eq(accept_memo_verify(m, a, cert[SAST], NULL), ERR_OK);
	ck_assert_int_eq(accept_memo_verify(m, b, cert[SAST], NULL),
	    ERR_VERIFY);
	/* ... nor is it remembered as verified. */
	ck_assert_int_eq(accept_memo_verify(m, b, cert[SAST], NULL),
	    ERR_VERIFY);
	ck_assert_int_eq(accept_memo_verify(m, a, cert[SAST], NULL), ERR_OK);
}
END_TEST

/* Verified by one certificate says nothing about another. */
START_TEST(each_certificate_for_itself)
{
	const struct list *l = ask(&itl);

	ck_assert_int_eq(accept_memo_verify(m, l, cert[CCM], NULL),
	    ERR_VERIFY);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(accept_memo_verify(m, l, cert[SAST], NULL),
		    ERR_OK);
		ck_assert_int_eq(accept_memo_verify(m, l, cert[CCM], NULL),
		    ERR_VERIFY);
		ck_assert_int_eq(accept_memo_verify(m, l, cert[STRANGER],
		    NULL), ERR_VERIFY);
	}
	l = ask(&strangers);
	ck_assert_int_eq(accept_memo_verify(m, l, cert[STRANGER], NULL),
	    ERR_OK);
	ck_assert_int_eq(accept_memo_verify(m, l, cert[IMPOSTOR], NULL),
	    ERR_VERIFY);
}
END_TEST

/* The list used all the time stays, whatever else goes by. */
START_TEST(used_longest_ago_goes)
{
	const struct list *l = ask(&itl);

	ck_assert_int_eq(accept_memo_verify(m, l, cert[SAST], NULL), ERR_OK);
	for (int i = 1; i < 5 * ACCEPT_MEMO_LISTS; i++) {
		copy.buf[stamp] = itl.buf[stamp] ^ (uint8_t)i;
		(void)ask(&copy);
		ck_assert_int_eq(accept_memo_verify(m, ask(&copy), cert[SAST],
		    NULL), ERR_VERIFY);
		ck_assert_ptr_eq(ask(&itl), l);
	}
	ck_assert_int_eq(accept_memo_verify(m, l, cert[SAST], NULL), ERR_OK);
}
END_TEST

START_TEST(no_list)
{
	static uint8_t big[TLV_FILE_MAX + 1];
	struct err e = { 0 };

	ck_assert_ptr_null(accept_memo_list(m, itl.buf, itl.len - 1, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_null(accept_memo_list(m, itl.buf, 0, &e));
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_ptr_null(accept_memo_list(m, big, sizeof(big), &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	ck_assert_ptr_null(accept_memo_list(m, itl.buf, itl.len - 1, NULL));
	accept_memo_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("accept_memo");
	TCase *tc = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, same_bytes_same_list);
	tcase_add_test(tc, one_byte_is_another_list);
	tcase_add_test(tc, each_certificate_for_itself);
	tcase_add_test(tc, used_longest_ago_goes);
	tcase_add_test(tc, no_list);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
