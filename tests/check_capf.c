/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose certificate operation it is, and what is pending.
 */
#include <string.h>

#include "tests/capf_lab.h"

#define NOW	500000
#define LATE	1000000		/* 1970-01-12T13:46:40Z */
#define INSTALL	"certificate-operation=install-upgrade"

/* --- owners --- */

static const struct {
	const char	*device;
	int		 ret;
	enum capf_kind	 kind;
	const char	*name, *instance;
} owners[] = {
	{ "SEP0011223344aa", ERR_OK, CAPF_PHONE, "SEP0011223344AA", "" },
	{ "CSFjane", ERR_OK, CAPF_PHONE, "CSFjane", "" },
	{ "jtapi.srv1", ERR_OK, CAPF_APPLICATION, "jtapi", "srv1" },
	{ "jane.doe.2", ERR_OK, CAPF_APPLICATION, "jane.doe", "2" },
	{ "jane.a-b", ERR_OK, CAPF_PHONE, "jane.a-b", "" },
	{ "", ERR_PROTO, CAPF_PHONE, "", "" },
	{ ".1", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "1phone", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "ja\nne.1", ERR_PROTO, CAPF_PHONE, "", "" },
	{ "SEP 001", ERR_PROTO, CAPF_PHONE, "", "" },
};

START_TEST(owner_of_name)
{
	struct capf_owner o;
	char text[300];
	struct err e = { 0 };

	ck_assert_int_eq(capf_owner_parse(&o, owners[_i].device, &e),
	    owners[_i].ret);
	if (owners[_i].ret != ERR_OK)
		return;
	ck_assert_int_eq(o.kind, owners[_i].kind);
	ck_assert_str_eq(o.name, owners[_i].name);
	ck_assert_str_eq(o.instance, owners[_i].instance);
	capf_owner_text(&o, text, sizeof(text));
	ck_assert_int_eq(strcasecmp(text, owners[_i].device), 0);
}
END_TEST

/* --- what is pending --- */

static const struct {
	const char		*set;		/* of the phone */
	const char		*profile;	/* of its profile, or NULL */
	bool			 has_key;
	int64_t			 now;
	enum capf_operation	 op;
	bool			 implied;
	enum capf_auth		 auth;
	enum key_type		 key, backup;
} pendings[] = {
	{ "", NULL, false, NOW, CAPF_OP_NONE, false, CAPF_AUTH_NONE,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL, NULL, false, NOW, CAPF_OP_INSTALL, false, CAPF_AUTH_NULL,
	    KEY_RSA2048, KEY_RSA2048 },
	{ "certificate-operation=delete "
	    "authentication-mode=by-existing-certificate-precedence-to-lsc",
	    NULL, true, NOW, CAPF_OP_DELETE, false, CAPF_AUTH_LSC,
	    KEY_RSA2048, KEY_RSA2048 },
	{ "certificate-operation=troubleshoot "
	    "authentication-mode=by-existing-certificate-precedence-to-mic",
	    NULL, true, NOW, CAPF_OP_FETCH, false, CAPF_AUTH_MIC,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL " authentication-mode=by-authentication-string "
	    "rsa-key-size=4096", NULL, false, NOW, CAPF_OP_INSTALL, false,
	    CAPF_AUTH_STRING, KEY_RSA4096, KEY_RSA4096 },
	{ INSTALL " key-order=ec-only ec-key-size=521", NULL, false, NOW,
	    CAPF_OP_INSTALL, false, CAPF_AUTH_NULL, KEY_EC521, KEY_EC521 },
	{ INSTALL " key-order=ec-preferred-rsa-backup", NULL, false, NOW,
	    CAPF_OP_INSTALL, false, CAPF_AUTH_NULL, KEY_EC384,
	    KEY_RSA2048 },
	/* Its time: the second before, and the one it ends with. */
	{ INSTALL " operation-completes-by=1970-01-12T13:46:40Z", NULL,
	    false, LATE - 1, CAPF_OP_INSTALL, false, CAPF_AUTH_NULL,
	    KEY_RSA2048, KEY_RSA2048 },
	{ INSTALL " operation-completes-by=1970-01-12T13:46:40Z", NULL,
	    false, LATE, CAPF_OP_NONE, false, CAPF_AUTH_NONE, KEY_RSA2048,
	    KEY_RSA2048 },
	/* Encrypted files without a key imply an installation... */
	{ "", "tftp-encrypted-config=yes", false, NOW, CAPF_OP_INSTALL, true,
	    CAPF_AUTH_NULL, KEY_RSA2048, KEY_RSA2048 },
	{ "", "tftp-encrypted-config=yes", true, NOW, CAPF_OP_NONE, false,
	    CAPF_AUTH_NONE, KEY_RSA2048, KEY_RSA2048 },
	/* ...of a key that helps (see also pending_ec_only)... */
	{ "", "tftp-encrypted-config=yes key-order=ec-preferred-rsa-backup",
	    false, NOW, CAPF_OP_INSTALL, true, CAPF_AUTH_NULL, KEY_RSA2048,
	    KEY_RSA2048 },
	/* ...unless the profile says that it waits. */
	{ "", "tftp-encrypted-config=yes secure-when-ready=yes", false, NOW,
	    CAPF_OP_NONE, false, CAPF_AUTH_NONE, KEY_RSA2048, KEY_RSA2048 },
	/* What is asked for comes before what is implied. */
	{ "certificate-operation=troubleshoot", "tftp-encrypted-config=yes",
	    false, NOW, CAPF_OP_FETCH, false, CAPF_AUTH_NULL, KEY_RSA2048,
	    KEY_RSA2048 },
};

START_TEST(pending)
{
	struct phone_effective x;
	struct capf_pending p;
	char set[256];

	if (pendings[_i].profile != NULL)
		cl_profile("p", pendings[_i].profile);
	(void)snprintf(set, sizeof(set), "%s%s%s", pendings[_i].set,
	    pendings[_i].set[0] != '\0' && pendings[_i].profile != NULL ?
	    " " : "", pendings[_i].profile != NULL ? "profile=p" : "");
	cl_phone(CL_A, set, 5);
	ck_assert_int_eq(phone_effective_load(&x, cl.db, NULL, CL_A, &cl.e),
	    ERR_OK);
	capf_pending(&x, pendings[_i].has_key, pendings[_i].now, &p);
	phone_effective_clear(&x);
	ck_assert_int_eq(p.op, pendings[_i].op);
	ck_assert_int_eq(p.implied, pendings[_i].implied);
	ck_assert_int_eq(p.auth, pendings[_i].auth);
	ck_assert_int_eq(p.key, pendings[_i].key);
	ck_assert_int_eq(p.backup, pendings[_i].backup);
}
END_TEST

/* Files cannot be encrypted for an EC key, so asking for one would never end.
 * No command leads there, as they ask whether the maker's key is known. */
START_TEST(pending_ec_only)
{
	struct phone_effective x;
	struct capf_pending p;

	cl_profile("p", "tftp-encrypted-config=yes");
	cl_phone(CL_A, "profile=p", 5);
	ck_assert_int_eq(phone_effective_load(&x, cl.db, NULL, CL_A, &cl.e),
	    ERR_OK);
	x.value[SETTING_KEY_ORDER] = "ec-only";
	capf_pending(&x, false, NOW, &p);
	phone_effective_clear(&x);
	ck_assert_int_eq(p.op, CAPF_OP_NONE);
	ck_assert(!p.implied);
	ck_assert_int_eq(p.auth, CAPF_AUTH_NONE);
	ck_assert_int_eq(p.key, KEY_EC384);
}
END_TEST

/* EC keys are for lists of signer version 1.1 (spec/capf.md section 9). */
START_TEST(pending_old_lists)
{
	struct phone_effective x;
	struct capf_pending p;

	cl_lists("1.0");
	cl_phone(CL_A, INSTALL " key-order=ec-preferred-rsa-backup "
	    "rsa-key-size=3072", 5);
	ck_assert_int_eq(phone_effective_load(&x, cl.db, NULL, CL_A, &cl.e),
	    ERR_OK);
	capf_pending(&x, false, NOW, &p);
	phone_effective_clear(&x);
	ck_assert_int_eq(p.op, CAPF_OP_INSTALL);
	ck_assert_int_eq(p.key, KEY_RSA3072);
	ck_assert_int_eq(p.backup, KEY_RSA3072);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf");
	TCase *t = tcase_create("steps");

	tcase_add_checked_fixture(t, cl_open, cl_close);
	tcase_add_loop_test(t, owner_of_name, 0,
	    (int)(sizeof(owners) / sizeof(owners[0])));
	tcase_add_loop_test(t, pending, 0,
	    (int)(sizeof(pendings) / sizeof(pendings[0])));
	tcase_add_test(t, pending_ec_only);
	tcase_add_test(t, pending_old_lists);
	suite_add_tcase(s, t);
	return fix_run(s);
}
