/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What files are and who signed them, with and without a state.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/trust_cluster.h"
#include "trust/explain.h"
#include "trust/itl.h"

struct bytes {
	uint8_t	*buf;
	size_t	 len;
};

static struct bytes
data(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct err e = { 0 };
	struct bytes b;
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/data/vectors/%s",
	    top != NULL ? top : ".", name);
	ck_assert_msg(file_read(AT_FDCWD, path, 1 << 20, &b.buf, &b.len,
	    &e) == ERR_OK, "%s", e.msg);
	return b;
}

/* --- without state: vectors --- */

static const struct {
	const char		*file;
	enum explain_kind	 kind;
	enum explain_verdict	 verdict;
	uint16_t		 version;
} vectors[] = {
	{ "trust-list/ITLFile.sha1.v10.tlv", EXPLAIN_LIST, EXPLAIN_SELF,
	    0x0102 },
	{ "trust-list/ITLFile.cucm-layout.tlv", EXPLAIN_LIST, EXPLAIN_SELF,
	    0x0102 },
	{ "trust-list/CTLFile.sha512.tlv", EXPLAIN_LIST, EXPLAIN_SELF,
	    0x0102 },
	{ "trust-list/ITLFile.rollback-stubs.tlv", EXPLAIN_LIST,
	    EXPLAIN_SELF, 0x0102 },
	{ "signed/RingList.xml.sha1.sgn", EXPLAIN_SIGNED,
	    EXPLAIN_UNKNOWN_SIGNER, 0x0100 },
	{ "encrypted/sha1/SEP0011223344AA.cnf.xml.sgn", EXPLAIN_SIGNED,
	    EXPLAIN_UNKNOWN_SIGNER, 0x0100 },
	{ "encrypted/sha512/SEP0011223344AA.cnf.xml.enc.sgn",
	    EXPLAIN_ENCRYPTED, EXPLAIN_UNKNOWN_SIGNER, 0x0200 },
};

/* With the state of a cluster that has nothing to do with them: the same. */
START_TEST(vector)
{
	struct bytes b = data(vectors[_i].file);
	struct db *dbs[] = { NULL, tc.db };
	struct explain ex;
	struct err e = { 0 };

	for (size_t i = 0; i < 2; i++) {
		ck_assert_msg(explain_bytes(&ex, dbs[i], b.buf, b.len, &e) ==
		    ERR_OK, "%s: %s", vectors[_i].file, e.msg);
		ck_assert_int_eq(ex.kind, vectors[_i].kind);
		ck_assert_msg(ex.verdict == vectors[_i].verdict, "%s: %s",
		    vectors[_i].file, ex.why);
		ck_assert_uint_eq(ex.h.version, vectors[_i].version);
		ck_assert((ex.list != NULL) == (ex.kind == EXPLAIN_LIST));
		ck_assert(ex.have_state == (i == 1));
		ck_assert_str_eq(ex.unit, "");
		ck_assert_int_ne(ex.why[0], '\0');
		if (ex.kind != EXPLAIN_LIST)
			ck_assert_ptr_eq(ex.sf.payload + ex.sf.payloadlen,
			    b.buf + b.len);
		explain_clear(&ex);
		ck_assert_ptr_null(ex.list);
	}
	free(b.buf);
}
END_TEST

START_TEST(changed_list)
{
	struct bytes b = data("trust-list/ITLFile.sha1.v10.tlv");
	struct explain ex;

	b.buf[0x00b8] ^= 1;		/* first byte of the signature */
	ck_assert_int_eq(explain_bytes(&ex, NULL, b.buf, b.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_BROKEN);
	ck_assert_msg(strstr(ex.why, "does not fit") != NULL, "%s", ex.why);
	explain_clear(&ex);
	free(b.buf);
}
END_TEST

static const struct {
	const char	*name;
	const char	*bytes;
	size_t		 len, off;
} junk[] = {
	{ "nothing", "", 0, 0 },
	{ "text", "<device/>", 9, 0 },
	{ "another tag", "\x02\x00\x02\x01\x02\x02", 6, 0 },
	{ "version of one byte", "\x01\x00\x01\x01\x02\x00", 6, 0 },
	{ "version 3.0", "\x01\x00\x02\x03\x00\x02", 6, 3 },
	{ "list, cut", "\x01\x00\x02\x01\x02\x02", 6, 6 },
	{ "signed file, cut", "\x01\x00\x02\x01\x00\x02", 6, 6 },
	{ "encrypted file, cut", "\x01\x00\x02\x02\x00\x02", 6, 6 },
};

START_TEST(no_such_file)
{
	struct explain ex;
	struct err e = { 0 };

	ck_assert_msg(explain_bytes(&ex, tc.db, (const uint8_t *)
	    junk[_i].bytes, junk[_i].len, &e) == ERR_PROTO, "%s",
	    junk[_i].name);
	ck_assert_msg(e.off != ERR_NO_OFFSET && e.off <= junk[_i].off,
	    "%s: %s", junk[_i].name, e.msg);
	ck_assert_ptr_null(ex.list);
}
END_TEST

/* --- this cluster's files --- */

static struct signer *
all_keys(void)
{
	enum own_unit all[] = { UNIT_CALLMANAGER, UNIT_ITLRECOVERY };
	struct err e = { 0 };
	struct signer *s = own_signer(tc.db, tc.kr, all, 2, &e);

	ck_assert_msg(s != NULL, "%s", e.msg);
	return s;
}

static int
tx_itl(struct db *db, void *arg, struct err *e)
{
	bool changed;

	return itl_refresh(db, arg, TC_NOW, &changed, NULL, e);
}

START_TEST(own_list)
{
	struct signer *s = all_keys();
	struct row_list row;
	struct explain ex;

	tc_done(tx_itl, s);
	ck_assert_int_eq(itl_current(tc.db, &row, NULL), ERR_OK);
	ck_assert_int_eq(explain_bytes(&ex, tc.db, row.bytes, row.len, NULL),
	    ERR_OK);
	ck_assert_msg(ex.verdict == EXPLAIN_VERIFIED, "%s", ex.why);
	ck_assert_str_eq(ex.unit, "ITLRecovery");
	ck_assert_msg(strstr(ex.why, "active") != NULL, "%s", ex.why);
	explain_clear(&ex);
	/* Without the state nobody knows that it is ours. */
	ck_assert_int_eq(explain_bytes(&ex, NULL, row.bytes, row.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_SELF);
	ck_assert_str_eq(ex.unit, "");
	explain_clear(&ex);
	row.bytes[row.len - 1] ^= 1;	/* in the last record's address */
	ck_assert_int_eq(explain_bytes(&ex, tc.db, row.bytes, row.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_BROKEN);
	ck_assert_str_eq(ex.unit, "ITLRecovery");
	explain_clear(&ex);
	row_list_clear(&row);
	signer_free(s);
}
END_TEST

static int
tx_retire(struct db *db, void *arg, struct err *e)
{
	struct row_own r;
	int ret;

	(void)arg;
	if ((ret = row_own_active(db, "CallManager", "", &r, e)) != ERR_OK)
		return ret;
	r.stage = OWN_RETIRED;
	return row_own_put(db, &r, e);
}

START_TEST(own_signed_file)
{
	struct signed_build b = {
		.signer = own_new_cert(tc.own[UNIT_CALLMANAGER]),
		.digest = DIGEST_SHA512, .names = CERT_NAME_SEMICOLON,
		.name = "a.xml.sgn", .timestamp = TC_NOW,
	};
	struct signer *s = all_keys();
	struct explain ex;
	struct bytes f;

	ck_assert_int_eq(signed_build(&b, (const uint8_t *)"<a/>", 4, s,
	    &f.buf, &f.len, NULL), ERR_OK);
	ck_assert_int_eq(explain_bytes(&ex, tc.db, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_msg(ex.verdict == EXPLAIN_VERIFIED, "%s", ex.why);
	ck_assert_str_eq(ex.unit, "CallManager");
	ck_assert_mem_eq(ex.sf.payload, "<a/>", 4);
	explain_clear(&ex);
	/* Files of a retired key are still known. */
	tc_done(tx_retire, NULL);
	ck_assert_int_eq(explain_bytes(&ex, tc.db, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_VERIFIED);
	ck_assert_msg(strstr(ex.why, "retired") != NULL, "%s", ex.why);
	explain_clear(&ex);
	f.buf[f.len - 1] ^= 1;
	ck_assert_int_eq(explain_bytes(&ex, tc.db, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_BROKEN);
	explain_clear(&ex);
	free(f.buf);
	signer_free(s);
}
END_TEST

/* A list whose signer is none of its SAST records is told, not refused; so
 * is any choice of roles. */
START_TEST(foreign_roles)
{
	struct signer *s = all_keys();
	struct list_entry entry[] = {
		{ .cert = own_new_cert(tc.own[UNIT_CALLMANAGER]),
		    .role = ROLE_SAST },
		{ .cert = own_new_cert(tc.own[UNIT_CAPF]), .role = 77 },
	};
	struct list_build b = {
		.layout = LIST_LAYOUT_PEER, .entry = entry, .nentry = 2,
		.signer = entry[0].cert, .digest = DIGEST_SHA1,
		.file_name = "Whatever.tlv", .timestamp = TC_NOW,
	};
	struct explain ex;
	struct bytes f;

	ck_assert_int_eq(list_build(&b, s, &f.buf, &f.len, NULL), ERR_OK);
	ck_assert_int_eq(explain_bytes(&ex, NULL, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_SELF);
	ck_assert_uint_eq(ex.list->rec[1].role, 77);
	explain_clear(&ex);
	free(f.buf);
	signer_free(s);
}
END_TEST

START_TEST(signer_not_in_list)
{
	struct signer *s = all_keys();
	struct bytes v = data("trust-list/ITLFile.sastonly.tlv"), f;
	struct list *l = list_parse(v.buf, v.len, NULL);
	struct tlv_build t = {
		.version = 0x0102, .order = TLV_ORDER_CUCM,
		.names = CERT_NAME_SEMICOLON, .digest = DIGEST_SHA1,
		.signer = own_new_cert(tc.own[UNIT_CALLMANAGER]),
		.file_name = "ITLFile.tlv", .timestamp = TC_NOW,
	};
	struct explain ex;

	ck_assert_int_eq(tlv_file_build(&t, v.buf + l->h.length,
	    v.len - l->h.length, s, TLV_FILE_MAX, &f.buf, &f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(explain_bytes(&ex, NULL, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_UNKNOWN_SIGNER);
	ck_assert_msg(strstr(ex.why, "CN=CallManager-lab") != NULL, "%s",
	    ex.why);
	explain_clear(&ex);
	ck_assert_int_eq(explain_bytes(&ex, tc.db, f.buf, f.len, NULL),
	    ERR_OK);
	ck_assert_int_eq(ex.verdict, EXPLAIN_VERIFIED);
	explain_clear(&ex);
	list_free(l);
	free(v.buf);
	free(f.buf);
	signer_free(s);
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, tc_make, tc_free);
	tcase_add_checked_fixture(t, tc_open, tc_close);
	tcase_add_loop_test(t, vector, 0, N(vectors));
	tcase_add_test(t, changed_list);
	tcase_add_loop_test(t, no_such_file, 0, N(junk));
	tcase_add_test(t, own_list);
	tcase_add_test(t, own_signed_file);
	tcase_add_test(t, foreign_roles);
	tcase_add_test(t, signer_not_in_list);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
