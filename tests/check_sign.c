/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signers: local, over a socket to a child that holds the keys, and every way
 * in which that child can fail.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "certs/sign_msg.h"
#include "tests/certs_data.h"
#include "tests/premaster.h"

#define NCHANNELS	3

static struct cert *ccm, *ec;
static uint8_t ccm_id[KEY_ID_LEN], ec_id[KEY_ID_LEN];
static uint8_t digest[DIGEST_MAX];
static pid_t child;

static void
setup(void)
{
	ccm = data_cert("ccm");
	ec = data_cert("tftp-ec");
	cert_key_id(ccm, ccm_id);
	cert_key_id(ec, ec_id);
	for (size_t i = 0; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(7 * i + 1);
	child = -1;
}

static void
teardown(void)
{
	if (child > 0) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
	cert_free(ccm);
	cert_free(ec);
}

/* Wait for the child; its exit status. */
static int
child_status(void)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	child = -1;
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* In the child; what it holds is released, as valgrind looks here too. */
static void __attribute__((noreturn))
serve_and_exit(struct signer *local, const int *fds, size_t n, int stopfd)
{
	int ret;

	log_init("signer", LOG_ERR, LOG_TEXT);
	ret = signer_serve(local, fds, n, stopfd, NULL);
	signer_free(local);
	cert_free(ccm);
	cert_free(ec);
	_exit(ret == ERR_OK ? 0 : 1);
}

/* A signer process on the far ends of n pairs; near ends to fds. */
static void
start_signer(int fds[], size_t n, int stopfd)
{
	int far[NCHANNELS], pair[2];
	struct signer *local;

	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(signer_pair(pair, NULL), ERR_OK);
		fds[i] = pair[0];
		far[i] = pair[1];
	}
	local = data_signer();
	if ((child = fork()) == 0) {
		for (size_t i = 0; i < n; i++)
			(void)close(fds[i]);
		serve_and_exit(local, far, n, stopfd);
	}
	ck_assert_int_gt(child, 0);
	for (size_t i = 0; i < n; i++)
		(void)close(far[i]);
	signer_free(local);
}

static int
sign_with(struct signer *s, const struct cert *c, enum digest_alg alg,
    struct err *e)
{
	uint8_t sig[KEY_SIG_MAX], id[KEY_ID_LEN];
	bool rsa = key_type_is_rsa(cert_key_type(c));
	size_t len = 0;
	int ret;

	cert_key_id(c, id);
	ret = sign_digest(s, id, alg, rsa ? KEY_PAD_PKCS1 : KEY_PAD_ECDSA,
	    digest, digest_len(alg), sig, &len, e);
	if (ret == ERR_OK)
		ck_assert_int_eq(cert_verify_digest(c, alg, digest,
		    digest_len(alg), sig, len, NULL), ERR_OK);
	return ret;
}

/* An encrypted premaster secret of this kind; was it decrypted? */
static int
decrypt_with(struct signer *s, enum premaster kind, bool *found,
    struct err *e)
{
	uint8_t in[KEY_SIG_MAX], plain[KEY_PREMASTER_LEN];
	uint8_t out[KEY_PREMASTER_LEN] = { 0 };
	size_t len = premaster_make(kind, ccm, 0x0303, plain, in);
	int ret = sign_tls_decrypt(s, ccm_id, 0x0303, in, len, out, e);

	*found = memcmp(out, plain, sizeof(out)) == 0;
	return ret;
}

static void
check_decrypts(struct signer *s)
{
	uint8_t in[SIGN_MSG_DATA_MAX + 1] = { 0 }, out[KEY_PREMASTER_LEN];
	uint8_t nobody[KEY_ID_LEN] = { 1 };
	struct err e = { 0 };
	bool found;

	for (int kind = 0; kind < PREMASTER_N; kind++) {
		ck_assert_int_eq(decrypt_with(s, (enum premaster)kind, &found,
		    &e), ERR_OK);
		ck_assert_int_eq(found, kind == PREMASTER_GOOD);
	}
	ck_assert_int_eq(sign_tls_decrypt(s, nobody, 0x0303, in, 256, out,
	    &e), ERR_NOTFOUND);
	ck_assert_int_eq(sign_tls_decrypt(s, ec_id, 0x0303, in, 256, out, &e),
	    ERR_ARG);
	ck_assert_int_eq(sign_tls_decrypt(s, ccm_id, 0, in, 256, out, &e),
	    ERR_ARG);
	ck_assert_int_eq(sign_tls_decrypt(s, ccm_id, 0x0303, in, sizeof(in),
	    out, &e), ERR_ARG);
}

/* What every signer answers, wherever its keys are. */
static void
check_answers(struct signer *s)
{
	uint8_t sig[KEY_SIG_MAX], nobody[KEY_ID_LEN] = { 1 };
	uint8_t long_digest[DIGEST_MAX + 1] = { 0 };
	struct err e = { 0 };
	size_t len;

	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA512, &e), ERR_OK);
	ck_assert_int_eq(sign_with(s, ec, DIGEST_SHA384, &e), ERR_OK);
	ck_assert_int_eq(sign_digest(s, nobody, DIGEST_SHA1, KEY_PAD_PKCS1,
	    digest, 20, sig, &len, &e), ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "does not hold this key"));
	ck_assert_int_eq(sign_digest(s, ec_id, DIGEST_SHA1, KEY_PAD_PKCS1,
	    digest, 20, sig, &len, &e), ERR_ARG);
	ck_assert_ptr_nonnull(strstr(e.msg, "PKCS#1 v1.5 with a key of type"));
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_SHA1, KEY_PAD_PKCS1,
	    digest, 32, sig, &len, &e), ERR_ARG);
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_MD5, KEY_PAD_PKCS1,
	    digest, 16, sig, &len, &e), ERR_ARG);
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_SHA1, KEY_PAD_PKCS1,
	    long_digest, sizeof(long_digest), sig, &len, &e), ERR_ARG);
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_SHA1, KEY_PAD_PSS,
	    digest, 20, sig, &len, &e), ERR_ARG);
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_SHA384, KEY_PAD_PSS,
	    digest, 48, sig, &len, &e), ERR_OK);
	ck_assert_int_eq(sign_digest(s, ccm_id, DIGEST_SHA1, KEY_PAD_TLS10,
	    digest, KEY_TLS10_LEN, sig, &len, &e), ERR_OK);
	check_decrypts(s);
	/* Such errors are of the request: the signer goes on. */
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA256, &e), ERR_OK);
}

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

/* --- a signer that answers nonsense --- */

enum nonsense {
	ANSWER_EMPTY_SIG,
	ANSWER_OTHER_SEQ,
	ANSWER_OTHER_OP,
	ANSWER_SHORT,
	ANSWER_LONG,
	ANSWER_HUGE,
	ANSWER_STATUS,
	ANSWER_NNONSENSE
};

static size_t
make_nonsense(enum nonsense kind, enum sign_op op, uint32_t seq, uint8_t *buf,
    size_t max)
{
	struct sign_answer a = {
		.op = op, .seq = seq, .data = digest,
		.len = KEY_PREMASTER_LEN,
	};
	size_t len;

	if (kind == ANSWER_EMPTY_SIG)
		a.len = 0;
	if (kind == ANSWER_OTHER_SEQ)
		a.seq++;
	if (kind == ANSWER_OTHER_OP)
		a.op = op == SIGN_OP_DIGEST ? SIGN_OP_DECRYPT :
		    SIGN_OP_DIGEST;
	len = sign_answer_put(&a, buf);
	if (kind == ANSWER_SHORT)
		return len - 1;
	if (kind == ANSWER_LONG)
		return len + 1;
	if (kind == ANSWER_STATUS)
		buf[2] = (uint8_t)-ERR_TIMEOUT;
	return kind == ANSWER_HUGE ? max : len;
}

/* The answer waits in the socket before the request is made. */
START_TEST(nonsense_answer)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;

	ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
	len = make_nonsense((enum nonsense)_i, SIGN_OP_DIGEST, 1, buf,
	    sizeof(buf));
	ck_assert_int_eq(send(fds[1], buf, len, 0), len);
	ck_assert_msg(sign_with(s, ccm, DIGEST_SHA1, &e) == ERR_PROTO,
	    "case %d: %s", _i, e.msg);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_PROTO);
	signer_free(s);
	(void)close(fds[1]);
}
END_TEST

/* Nor is anything but a whole secret taken for one. */
START_TEST(nonsense_secret)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;
	bool found;

	ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
	if (_i < ANSWER_NNONSENSE) {
		len = make_nonsense((enum nonsense)_i, SIGN_OP_DECRYPT, 1,
		    buf, sizeof(buf));
	} else {
		struct sign_answer a = {
			.op = SIGN_OP_DECRYPT, .seq = 1, .data = digest,
			.len = _i == ANSWER_NNONSENSE ?
			    KEY_PREMASTER_LEN - 1 : KEY_PREMASTER_LEN + 1,
		};
		len = sign_answer_put(&a, buf);
	}
	ck_assert_int_eq(send(fds[1], buf, len, 0), len);
	ck_assert_msg(decrypt_with(s, PREMASTER_GOOD, &found, &e) ==
	    ERR_PROTO, "case %d: %s", _i, e.msg);
	ck_assert_int_eq(decrypt_with(s, PREMASTER_GOOD, &found, &e),
	    ERR_PROTO);
	signer_free(s);
	(void)close(fds[1]);
}
END_TEST

/* On the socket too, one answer looks like the other. */
START_TEST(no_oracle)
{
	uint8_t in[KEY_SIG_MAX], plain[KEY_PREMASTER_LEN], buf[SIGN_MSG_MAX];
	struct sign_request q = {
		.op = SIGN_OP_DECRYPT, .tls_version = 0x0303, .data = in,
	};
	int fd;

	memcpy(q.id, ccm_id, sizeof(q.id));
	start_signer(&fd, 1, -1);
	for (int kind = 0; kind < PREMASTER_N; kind++) {
		size_t len;

		q.len = premaster_make((enum premaster)kind, ccm, 0x0303,
		    plain, in);
		len = sign_request_put(&q, buf);
		ck_assert_int_eq(send(fd, buf, len, 0), len);
		ck_assert_int_eq(recv(fd, buf, sizeof(buf), 0),
		    8 + 2 + KEY_PREMASTER_LEN);
		ck_assert_mem_eq(buf, "\1\2\0\0\0\0\0\0\0\60", 10);
	}
	(void)close(fd);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

/* A well-formed answer with a wrong signature never gets into a file. */
START_TEST(wrong_signature)
{
	struct sign_answer a = { .op = SIGN_OP_DIGEST, .seq = 1 };
	struct signed_build b = {
		.signer = ccm, .name = "a.sgn", .digest = DIGEST_SHA1,
	};
	uint8_t buf[SIGN_MSG_MAX], sig[256] = { 1 }, *out;
	struct signer *s;
	struct err e = { 0 };
	int fds[2];
	size_t len;

	for (a.len = 255; a.len <= 256; a.len++) {
		a.data = sig;
		ck_assert_int_eq(signer_pair(fds, NULL), ERR_OK);
		ck_assert_ptr_nonnull(s = signer_remote_new(fds[0], &e));
		len = sign_answer_put(&a, buf);
		ck_assert_int_eq(send(fds[1], buf, len, 0), len);
		ck_assert_int_eq(signed_build(&b, NULL, 0, s, &out, &len, &e),
		    ERR_CRYPTO);
		ck_assert_ptr_nonnull(strstr(e.msg, "does not verify"));
		ck_assert_ptr_null(out);
		signer_free(s);
		(void)close(fds[1]);
	}
}
END_TEST

/* --- an engine that asks nonsense --- */

/* The channel is closed, the others go on. */
START_TEST(nonsense_request)
{
	uint8_t buf[SIGN_MSG_MAX + 1] = { 0 };
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = DIGEST_SHA1, .data = digest,
		.len = 20,
	};
	size_t len = sign_request_put(&q, buf);
	struct signer *s;
	struct err e = { 0 };
	int fds[2];

	switch (_i) {
	case 0:
		len = 1;
		break;
	case 1:
		len--;
		break;
	case 2:
		len = sizeof(buf);	/* longer than any request */
		break;
	case 3:
		buf[1] = 3;		/* an operation that is not known */
		break;
	}
	start_signer(fds, 2, -1);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[1], &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(send(fds[0], buf, len, 0), len);
	ck_assert_int_eq(recv(fds[0], buf, sizeof(buf), 0), 0);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	(void)close(fds[0]);
	signer_free(s);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

static void *
ask_often(void *arg)
{
	struct signer *s = signer_remote_new(*(int *)arg, NULL);
	struct err e = { 0 };

	if (s == NULL)
		abort();
	for (int i = 0; i < 30; i++)
		if (sign_with(s, i % 2 == 0 ? ccm : ec, DIGEST_SHA256, &e) !=
		    ERR_OK)
			abort();
	signer_free(s);
	return NULL;
}

/* Every loop by its own thread, with the same keys. */
START_TEST(all_at_once)
{
	pthread_t t[NCHANNELS];
	int fds[NCHANNELS];

	start_signer(fds, NCHANNELS, -1);
	for (size_t i = 0; i < NCHANNELS; i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, ask_often,
		    &fds[i]), 0);
	for (size_t i = 0; i < NCHANNELS; i++)
		ck_assert_int_eq(pthread_join(t[i], NULL), 0);
	ck_assert_int_eq(child_status(), 0);
}
END_TEST

/* All threads end, whoever still has a channel. */
START_TEST(stops_all)
{
	struct signer *s;
	struct err e = { 0 };
	int fds[NCHANNELS], stop[2];

	ck_assert_int_eq(pipe(stop), 0);
	start_signer(fds, NCHANNELS, stop[0]);
	ck_assert_ptr_nonnull(s = signer_remote_new(fds[NCHANNELS - 1], &e));
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_OK);
	ck_assert_int_eq(write(stop[1], "", 1), 1);
	ck_assert_int_eq(child_status(), 0);
	ck_assert_int_eq(sign_with(s, ccm, DIGEST_SHA1, &e), ERR_UNREACHABLE);
	signer_free(s);
	for (size_t i = 0; i + 1 < NCHANNELS; i++)
		(void)close(fds[i]);
	(void)close(stop[0]);
	(void)close(stop[1]);
}
END_TEST

/* An engine that never reads its answers loses its channel. */
START_TEST(deaf_engine)
{
	uint8_t buf[SIGN_MSG_MAX];
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = DIGEST_SHA1, .data = digest,
		.len = 20,
	};
	size_t len = sign_request_put(&q, buf);
	int fd;

	start_signer(&fd, 1, -1);
	while (send(fd, buf, len, MSG_NOSIGNAL) == (ssize_t)len)
		;
	ck_assert(errno == EPIPE || errno == ECONNRESET);
	ck_assert_int_eq(child_status(), 0);
	(void)close(fd);
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
	tcase_add_loop_test(tc, nonsense_answer, 0, ANSWER_NNONSENSE);
	tcase_add_loop_test(tc, nonsense_secret, 0, ANSWER_NNONSENSE + 2);
	tcase_add_test(tc, no_oracle);
	tcase_add_test(tc, wrong_signature);
	tcase_add_loop_test(tc, nonsense_request, 0, 4);
	tcase_add_test(tc, all_at_once);
	tcase_add_test(tc, stops_all);
	tcase_add_test(tc, deaf_engine);
	tcase_add_test(tc, arguments);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
