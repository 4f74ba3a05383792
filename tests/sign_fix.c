/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of signers share, see sign_fix.h.
 */
#include <check.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "certs/sign.h"
#include "certs/sign_msg.h"
#include "tests/certs_data.h"
#include "tests/premaster.h"
#include "tests/sign_fix.h"

struct cert *ccm, *ec;
uint8_t ccm_id[KEY_ID_LEN], ec_id[KEY_ID_LEN];
uint8_t digest[DIGEST_MAX];
pid_t child;

void
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

void
teardown(void)
{
	if (child > 0) {
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
	cert_free(ccm);
	cert_free(ec);
}

int
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

void
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

int
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

int
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

void
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

void
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
