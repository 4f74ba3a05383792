/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is asked of a phone changes while its session is under way: another
 * kind of key.
 */
#include <string.h>

#include "certs/csr.h"
#include "tests/capf_lab.h"
#include "tests/certs_data.h"

#define NOW	500000
#define INSTALL	"certificate-operation=install-upgrade "

static const struct {
	const char	*before, *after;
	enum key_type	 key, backup;	/* that is asked for afterwards */
	bool		 changed;
} changes[] = {
	{ "", "rsa-key-size=3072", KEY_RSA3072, KEY_RSA3072, true },
	{ "", "key-order=ec-only", KEY_EC384, KEY_EC384, true },
	{ "", "key-order=ec-preferred-rsa-backup", KEY_EC384, KEY_RSA2048,
	    true },
	{ "key-order=ec-preferred-rsa-backup", "rsa-key-size=3072",
	    KEY_EC384, KEY_RSA3072, true },
	{ "key-order=ec-only", "ec-key-size=521", KEY_EC521, KEY_EC521,
	    true },
	{ "key-order=ec-only", "ec-key-size=384", KEY_EC384, KEY_EC384,
	    false },
	{ "", "authentication-mode=by-null-string", KEY_RSA2048,
	    KEY_RSA2048, false },
};

static void
session_until_key(const char *before)
{
	char set[128];

	(void)snprintf(set, sizeof(set), INSTALL "%s", before);
	cl_phone(CL_A, set, 5);
	ck_assert_int_eq(cl_begin(CL_A, 1, "", NOW), ERR_OK);
	ck_assert_int_eq(cl_step(CL_A, 1, CAPF_STEP_KEY, NOW), ERR_OK);
}

/* What the phone made is not what it would be asked for now: nothing is
 * issued, the operation stays, and its next session asks for the other. */
START_TEST(another_key)
{
	int want = changes[_i].changed ? ERR_BADSTATE : ERR_OK;
	struct cert *c = cl_cert(CL_A, 1, NULL, 0);

	session_until_key(changes[_i].before);
	cl_phone(CL_A, changes[_i].after, 6);
	ck_assert_int_eq(cl_issued(CL_A, 1, c, NOW + 1), want);
	if (changes[_i].changed)
		ck_assert_msg(strstr(cl.e.msg, key_type_name(
		    changes[_i].key)) != NULL, "%s", cl.e.msg);
	ck_assert_int_eq(cl_requested(CL_A, 1, c, NOW + 1), want);
	ck_assert(cl_is_set(CL_A, SETTING_CERT_OPERATION));
	if (!changes[_i].changed) {
		cert_free(c);
		return;
	}
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW + 30), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.key, changes[_i].key);
	ck_assert_int_eq(cl.task.backup, changes[_i].backup);
	ck_assert_int_eq(cl_issued(CL_A, 2, c, NOW + 31), ERR_OK);
	cert_free(c);
}
END_TEST

static int
run_request(void *arg, struct err *e)
{
	const struct capf_owner o = cl_owner(CL_A);
	struct csr *csr = arg;
	const uint8_t *der;
	uint8_t id[KEY_ID_LEN];
	size_t len;

	if (csr_key_id(csr, id, e) != ERR_OK)
		return e->code;
	der = csr_der(csr, &len);
	return capf_requested(&cl.ctx, &o, 1, id, der, len, NOW, e);
}

/* A request at a CA elsewhere, for a key that is not wanted any more, holds
 * nobody up. */
START_TEST(request_of_another_key)
{
	const struct cert_spec s = { .cn = CL_A, .pathlen = -1,
	    .usage = CERT_USE_SIGN, .hash = DIGEST_SHA256 };
	struct key *k = data_key_of(KEY_RSA2048);
	struct csr *csr = csr_make(&s, k, &cl.e);

	ck_assert_msg(csr != NULL, "%s", cl.e.msg);
	session_until_key("");
	ck_assert_int_eq(cl_run(run_request, csr), ERR_OK);
	ck_assert_int_eq(cl_begin(CL_A, 2, "", NOW + 30), ERR_OK);
	cl_answered(CAPF_NOTHING, "not answered");
	cl_phone(CL_A, "rsa-key-size=3072", 6);
	ck_assert_int_eq(cl_begin(CL_A, 3, "", NOW + 60), ERR_OK);
	cl_answered(CAPF_GO, "");
	ck_assert_int_eq(cl.task.key, KEY_RSA3072);
	ck_assert_ptr_null(cl.task.ready);
	ck_assert_int_eq(fix_i64(cl.db, "SELECT count(*) FROM capf_csr"), 0);
	csr_free(csr);
	key_free(k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_step");
	TCase *t = tcase_create("step");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_loop_test(t, another_key, 0,
	    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(t, request_of_another_key);
	suite_add_tcase(s, t);
	return fix_run(s);
}
