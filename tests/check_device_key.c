/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone's files are encrypted for.
 */
#include <string.h>

#include "tests/capf_lab.h"
#include "trust/cert_row.h"
#include "trust/device_key.h"

/* 'r' an RSA key, 'e' an EC key, '-' none. */
struct vector {
	const char	*name;
	char		 lsc, mic;
	bool		 has_lsc, has_key, is_mic;
	const char	*why;
};
static const struct vector vectors[] = {
	{ "nothing", '-', '-', false, false, false, "capf fetch" },
	{ "LSC", 'r', '-', true, true, false, "" },
	{ "MIC", '-', 'r', false, true, true, "" },
	{ "LSC before MIC", 'r', 'r', true, true, false, "" },
	{ "EC LSC, MIC", 'e', 'r', true, true, true, "" },
	{ "EC LSC alone", 'e', '-', true, false, false, "no RSA key" },
	{ "EC MIC alone", '-', 'e', false, false, false, "no RSA key" },
	{ "only EC", 'e', 'e', true, false, false, "no RSA key" },
};

struct put {
	const struct cert	*c;
	enum device_cert_type	 type;
	enum device_cert_state	 state;
};

static int
body_put(struct db *db, void *arg, struct err *e)
{
	const struct put *p = arg;
	struct row_device_cert d = { .owner = cl_owner(CL_A),
	    .type = p->type, .state = p->state, .stored_at = 5 };
	int ret;

	cert_sha256(p->c, d.sha256);
	if ((ret = cert_row_put(db, p->c, e)) != ERR_OK)
		return ret;
	return row_device_cert_put(db, &d, e);
}

static void
put(enum device_cert_type type, char key, enum device_cert_state state)
{
	/* Expired: what is encrypted for it can be read all the same. */
	struct lab_spec s = { .cn = CL_A, .from_days = -20, .to_days = -10 };
	struct put p = { .type = type, .state = state };
	struct cert *c;

	if (key == '-')
		return;
	c = lab_issue(&s, key == 'r' ? lab_rsa("rsa1024") : lab_key(1),
	    cl.ca, lab_key(0));
	p.c = c;
	fix_tx(cl.db, body_put, &p);
	cert_free(c);
}

START_TEST(key_of_phone)
{
	const struct vector *v = &vectors[_i];
	struct device_key k;
	struct err e = { 0 };
	uint8_t sha[32];
	bool rsa;

	put(DEVICE_LSC, v->lsc, DEVICE_CURRENT);
	put(DEVICE_MIC, v->mic, DEVICE_CURRENT);
	ck_assert_msg(device_key_load(&k, cl.db, CL_A, &e) == ERR_OK,
	    "%s: %s", v->name, e.msg);
	ck_assert_msg(k.has_lsc == v->has_lsc && k.has_key == v->has_key &&
	    k.is_mic == v->is_mic, "%s", v->name);
	ck_assert_msg((k.cert != NULL) == v->has_key, "%s", v->name);
	ck_assert_msg(v->why[0] == '\0' ? k.why[0] == '\0' :
	    strstr(k.why, v->why) != NULL, "%s: %s", v->name, k.why);
	if (v->has_key) {
		cert_sha256(k.cert, sha);
		ck_assert_mem_eq(sha, k.sha256, sizeof(sha));
	}
	device_key_clear(&k);
	ck_assert_ptr_null(k.cert);
	ck_assert_int_eq(device_key_mic(cl.db, CL_A, &rsa, &e), ERR_OK);
	ck_assert(rsa == (v->mic == 'r'));
}
END_TEST

START_TEST(past_ones)
{
	struct device_key k;
	struct err e = { 0 };

	put(DEVICE_LSC, 'r', DEVICE_REVOKED);
	ck_assert_int_eq(device_key_load(&k, cl.db, CL_A, &e), ERR_OK);
	ck_assert(!k.has_lsc && !k.has_key && k.had_key && k.revoked);
	ck_assert_ptr_nonnull(strstr(k.why, "was revoked"));
	device_key_clear(&k);
}
END_TEST

/* One that nothing could be encrypted for is no key that was had. */
START_TEST(past_ec)
{
	struct device_key k;
	struct err e = { 0 };

	put(DEVICE_LSC, 'e', DEVICE_SUPERSEDED);
	ck_assert_int_eq(device_key_load(&k, cl.db, CL_A, &e), ERR_OK);
	ck_assert(!k.has_key && !k.had_key && !k.revoked);
	device_key_clear(&k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("device_key");
	TCase *t = tcase_create("key");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_loop_test(t, key_of_phone, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	tcase_add_test(t, past_ones);
	tcase_add_test(t, past_ec);
	suite_add_tcase(s, t);
	return fix_run(s);
}
