/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signers: local, over a socket to a child that holds the keys, and every way
 * in which that child can fail.
 */
#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs/sign.h"
#include "certs/sign_msg.h"
#include "tests/certs_data.h"
#include "tests/premaster.h"
#include "tests/sign_fix.h"

START_TEST(local)
{
	struct signer *s = data_signer();
	struct err e = { 0 };

	check_answers(s);
	/* The same key again is no second one. */
	ck_assert_int_eq(signer_local_add(s, data_key("ccm"), &e), ERR_OK);
	check_answers(s);
	signer_free(s);
	signer_free(NULL);
}
END_TEST

START_TEST(sign_only)
{
	struct signer *s = data_signer();
	struct err e = { 0 };
	bool found;

	signer_local_sign_only(s);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA256, &e), ERR_OK);
	ck_assert_int_eq(decrypt_with(s, PREMASTER_GOOD, &found, &e),
	    ERR_ARG);
	ck_assert(!found);
	ck_assert_ptr_nonnull(strstr(e.msg, "decrypts nothing"));
	signer_free(s);
}
END_TEST

START_TEST(remote)
{
	struct signer *s[NCHANNELS];
	struct err e = { 0 };
	int fds[NCHANNELS];

	start_signer(fds, NCHANNELS, -1);
	for (size_t i = 0; i < NCHANNELS; i++)
		ck_assert_ptr_nonnull(s[i] = signer_remote_new(fds[i], &e));
	for (size_t i = 0; i < 100; i++) {
		digest[0] = (uint8_t)i;
		ck_assert_msg(sign_with(s[i % NCHANNELS], i % 2 ? ccm : ec,
		    DIGEST_SHA256, &e) == ERR_OK, "%zu: %s", i, e.msg);
	}
	check_answers(s[1]);
	/* It serves until the last peer is gone. */
	signer_free(s[0]);
	signer_free(s[2]);
	ck_assert_int_eq(sign_with(s[1], ccm, DIGEST_SHA1, &e), ERR_OK);
	signer_free(s[1]);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

START_TEST(told_to_stop)
{
	int fd, stop[2];
	struct signer *s;
	struct err e = { 0 };

	ck_assert_int_eq(pipe(stop), 0);
	start_signer(&fd, 1, stop[0]);
	ck_assert_ptr_nonnull(s = signer_remote_new(fd, &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(write(stop[1], "", 1), 1);
	ck_assert_int_eq(child_status(), 0);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_UNREACHABLE);
	(void)close(stop[0]);
	(void)close(stop[1]);
	signer_free(s);
}
END_TEST

START_TEST(killed)
{
	struct signer *s;
	struct err e = { 0 };
	int fd;

	start_signer(&fd, 1, -1);
	ck_assert_ptr_nonnull(s = signer_remote_new(fd, &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	child = -1;
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_UNREACHABLE);
	ck_assert_ptr_nonnull(strstr(e.msg, "signer process is gone"));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, NULL),
	    ERR_UNREACHABLE);
	signer_free(s);
}
END_TEST

/* A peer that never answers; and one whose queue is full. */
START_TEST(hung)
{
	char fill[SIGN_MSG_MAX] = { 0 };
	struct signer *s;
	struct err e = { 0 };
	int fds[2];

	for (int full = 0; full < 2; full++) {
		ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
		while (full && send(fds[0], fill, sizeof(fill),
		    MSG_DONTWAIT) > 0)
			;
		ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
		ck_assert(!signer_is_broken(s, &e));
		signer_set_timeout(s, 5);
		ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e),
		    ERR_TIMEOUT);
		e = (struct err){ 0 };
		ck_assert(signer_is_broken(s, &e));
		ck_assert_int_eq(e.code, ERR_TIMEOUT);
		ck_assert_ptr_nonnull(strstr(e.msg, "does not answer"));
		/* Sticky: a late answer must not be taken for another's. */
		signer_set_timeout(s, 600000);
		e = (struct err){ 0 };
		ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e),
		    ERR_TIMEOUT);
		ck_assert_ptr_nonnull(strstr(e.msg, "does not answer"));
		signer_free(s);
		(void)close(fds[1]);
	}
}
END_TEST

START_TEST(arguments)
{
	int fds[2], many[SIGN_CHANNELS_MAX + 1] = { 0 };
	struct signer *s = data_signer(), *r;
	struct key *k = data_key("ccm");
	struct err e = { 0 };

	ck_assert_int_eq(signer_serve(s, many, N_OF(many), -1, &e), ERR_LIMIT);
	ck_assert_int_eq(signer_serve(s, many, 0, -1, &e), ERR_OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_ptr_null(signer_remote_new(fds[0], &e));
	ck_assert_int_eq(e.code, ERR_ARG);
	(void)close(fds[0]);
	(void)close(fds[1]);
	ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
	ck_assert_ptr_nonnull(r = signer_remote_new(fds[0], &e));
	ck_assert_int_eq(signer_local_add(r, k, &e), ERR_ARG);
	key_free(k);		/* still ours */
	signer_free(r);
	signer_free(s);
	(void)close(fds[1]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sign");
	TCase *tc = tcase_create("sign");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, local);
	tcase_add_test(tc, sign_only);
	tcase_add_test(tc, remote);
	tcase_add_test(tc, told_to_stop);
	tcase_add_test(tc, killed);
	tcase_add_test(tc, hung);
	tcase_add_test(tc, arguments);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
