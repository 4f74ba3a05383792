/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Building trust lists: the vectors once more, their content hash, and what is
 * refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/certs_data.h"

#define MAX_ENTRIES	8

/* --- building them again --- */

struct recipe {
	const char	*file;
	enum list_layout layout;
	enum digest_alg	 digest;
	uint16_t	 signer_version;	/* 0: absent */
	uint32_t	 timestamp;
	const char	*name;
	const char	*dns;		/* for all records */
	struct {
		const char	*key;	/* "": stub */
		uint16_t	 role;
	} entry[MAX_ENTRIES];		/* the first SAST signs */
};

#define ITL_RECORDS	{ "sast", ROLE_SAST }, { "ccm", ROLE_SAST }, \
			{ "ccm", ROLE_CCM_TFTP }, { "tvs", ROLE_TVS }, \
			{ "capf", ROLE_CAPF }

static const struct recipe recipes[] = {
	{ "ITLFile.sha1.v10.tlv", LIST_LAYOUT_PEER, DIGEST_SHA1, 0x0100,
	    1795251283, "ITLFile.tlv", NULL, { ITL_RECORDS } },
	{ "ITLFile.sha512.v10.tlv", LIST_LAYOUT_PEER, DIGEST_SHA512, 0x0100,
	    1795251284, "ITLFile.tlv", NULL, { ITL_RECORDS } },
	{ "ITLFile.sha1.v11.tlv", LIST_LAYOUT_PEER, DIGEST_SHA1, 0x0101,
	    1795251284, "ITLFile.tlv", NULL,
	    { { "tftp-ec", ROLE_TFTP }, ITL_RECORDS } },
	{ "ITLFile.sha512.v11.tlv", LIST_LAYOUT_PEER, DIGEST_SHA512, 0x0101,
	    1795251284, "ITLFile.tlv", NULL,
	    { { "tftp-ec", ROLE_TFTP }, ITL_RECORDS } },
	{ "CTLFile.sha512.tlv", LIST_LAYOUT_PEER, DIGEST_SHA512, 0x0100,
	    1795251284, "CTLFile.tlv", NULL,
	    { { "ccm", ROLE_SAST }, { "ccm", ROLE_CCM_TFTP },
	    { "capf", ROLE_CAPF } } },
	{ "ITLFile.sastonly.tlv", LIST_LAYOUT_PEER, DIGEST_SHA1, 0x0100,
	    1795251284, "ITLFile.tlv", NULL, { { "sast", ROLE_SAST } } },
	{ "ITLFile.cucm-layout.tlv", LIST_LAYOUT_CUCM_ASIS, DIGEST_SHA1, 0,
	    1795000000, "ITLFile.tlv", "cm1.example.org", { ITL_RECORDS } },
	{ "ITLFile.rollback-stubs.tlv", LIST_LAYOUT_PEER, DIGEST_SHA1,
	    0x0100, 1795000000, "ITLFile.tlv", NULL,
	    { { "sast", ROLE_SAST }, { "ccm", ROLE_SAST },
	    { "", ROLE_CCM_TFTP }, { "", ROLE_TVS } } },
};

/* A recipe turned into what list_build takes; cook_clear() it. */
struct cooked {
	struct list_build	 b;
	struct list_entry	 entry[MAX_ENTRIES];
	struct cert		*cert[MAX_ENTRIES];
	struct signer		*signer;
};

static void
cook(struct cooked *k, const struct recipe *r)
{
	static const uint8_t ip[] = { 192, 0, 2, 10 };

	*k = (struct cooked){ .signer = data_signer() };
	k->b = (struct list_build){
		.layout = r->layout, .entry = k->entry, .digest = r->digest,
		.has_signer_version = r->signer_version != 0,
		.signer_version = r->signer_version,
		.file_name = r->name, .timestamp = r->timestamp,
	};
	for (size_t i = 0; r->entry[i].key != NULL; i++) {
		struct list_entry *en = &k->entry[i];
		bool stub = r->entry[i].key[0] == '\0';

		if (!stub)
			k->cert[i] = data_cert(r->entry[i].key);
		*en = (struct list_entry){
			.cert = k->cert[i], .role = r->entry[i].role,
			.dns_name = stub ? "192.0.2.10" : r->dns,
			.ip = stub || r->dns != NULL ? ip : NULL,
		};
		if (en->role == ROLE_SAST && k->b.signer == NULL)
			k->b.signer = en->cert;
		k->b.nentry = i + 1;
	}
}

static void
cook_clear(struct cooked *k)
{
	for (size_t i = 0; i < MAX_ENTRIES; i++)
		cert_free(k->cert[i]);
	signer_free(k->signer);
}

START_TEST(rebuild_vector)
{
	const struct recipe *r = &recipes[_i];
	uint8_t *want, *got, hash[32], unsigned_hash[32];
	size_t wantlen, gotlen;
	struct err e = { 0 };
	struct cooked k;
	struct list *l;
	char path[128];

	(void)snprintf(path, sizeof(path), "trust-list/%s", r->file);
	want = data_file(path, &wantlen);
	cook(&k, r);
	ck_assert_msg(list_build(&k.b, k.signer, &got, &gotlen, &e) == ERR_OK,
	    "%s: %s", r->file, e.msg);
	ck_assert_uint_eq(gotlen, wantlen);
	ck_assert_msg(memcmp(got, want, gotlen) == 0, "%s differs", r->file);

	/* The hash of what would be built is the hash of what was. */
	ck_assert_ptr_nonnull(l = list_parse(want, wantlen, NULL));
	ck_assert_int_eq(list_content_hash(l, hash, NULL), ERR_OK);
	ck_assert_int_eq(list_build_content_hash(&k.b, unsigned_hash, NULL),
	    ERR_OK);
	ck_assert_mem_eq(hash, unsigned_hash, sizeof(hash));
	list_free(l);
	free(want);
	free(got);
	cook_clear(&k);
}
END_TEST

/* CN;OU;O;L;ST;C, as CUCM prints them, and a phone's parser reads it. */
START_TEST(build_cucm_names)
{
	struct recipe r = recipes[6];
	struct err e = { 0 };
	struct cooked k;
	struct list *l;
	uint8_t *buf;
	size_t len;

	r.layout = LIST_LAYOUT_CUCM;
	r.dns = "";
	cook(&k, &r);
	ck_assert_msg(list_build(&k.b, k.signer, &buf, &len, &e) == ERR_OK,
	    "%s", e.msg);
	l = list_parse(buf, len, &e);
	ck_assert_msg(l != NULL, "%s", e.msg);
	ck_assert_str_eq(l->h.issuer_name,
	    "CN=SAST;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ");
	ck_assert_str_eq(l->rec[3].subject,
	    "CN=TVS;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ");
	ck_assert_str_eq(l->rec[3].dns_name, "");
	ck_assert(!l->rec[3].names_differ);
	ck_assert_int_eq(list_verify_self(l, &e), ERR_OK);
	list_free(l);
	free(buf);
	cook_clear(&k);
}
END_TEST

/* The hash follows content, not the time nor who asks. */
START_TEST(content_hash_meaning)
{
	uint8_t a[32], b[32];
	struct cooked k;

	cook(&k, &recipes[0]);
	ck_assert_int_eq(list_build_content_hash(&k.b, a, NULL), ERR_OK);
	k.b.timestamp++;
	ck_assert_int_eq(list_build_content_hash(&k.b, b, NULL), ERR_OK);
	ck_assert_mem_eq(a, b, 32);
	k.b.digest = DIGEST_SHA512;
	ck_assert_int_eq(list_build_content_hash(&k.b, b, NULL), ERR_OK);
	ck_assert_mem_ne(a, b, 32);
	k.b.digest = DIGEST_SHA1;
	k.entry[2].role = ROLE_TFTP;
	ck_assert_int_eq(list_build_content_hash(&k.b, b, NULL), ERR_OK);
	ck_assert_mem_ne(a, b, 32);
	k.entry[2].role = ROLE_CCM_TFTP;
	k.b.nentry--;
	ck_assert_int_eq(list_build_content_hash(&k.b, b, NULL), ERR_OK);
	ck_assert_mem_ne(a, b, 32);
	cook_clear(&k);
}
END_TEST

/* Tag 15 before tag 12, or none: the hash still leaves both out. */
START_TEST(content_hash_order)
{
	uint8_t *buf, moved[4096], a[32], b[32], c[32];
	struct list *l;
	size_t len, sig, ts;

	buf = data_file("trust-list/ITLFile.sastonly.tlv", &len);
	ck_assert_ptr_nonnull(l = list_parse(buf, len, NULL));
	ck_assert_int_eq(list_content_hash(l, a, NULL), ERR_OK);
	sig = l->h.sig_off;
	ts = l->h.ts_off;
	list_free(l);

	memcpy(moved, buf, sig);
	memcpy(moved + sig, buf + ts, 7);
	memcpy(moved + sig + 7, buf + sig, ts - sig);
	memcpy(moved + ts + 7, buf + ts + 7, len - ts - 7);
	ck_assert_ptr_nonnull(l = list_parse(moved, len, NULL));
	ck_assert_uint_eq(l->h.ts_off, sig);
	ck_assert_int_eq(list_content_hash(l, b, NULL), ERR_OK);
	ck_assert_mem_eq(a, b, 32);
	list_free(l);

	/* Without tag 15 (the header length is content, so it differs). */
	memcpy(moved, buf, ts);
	memcpy(moved + ts, buf + ts + 7, len - ts - 7);
	moved[9] = (uint8_t)(moved[9] - 7);
	ck_assert_ptr_nonnull(l = list_parse(moved, len - 7, NULL));
	ck_assert(!l->h.has_timestamp);
	ck_assert_int_eq(list_content_hash(l, c, NULL), ERR_OK);
	ck_assert_mem_ne(a, c, 32);
	list_free(l);
	free(buf);
}
END_TEST

/* --- what list_build refuses --- */

static void
refuse(struct cooked *k, int code, const char *why)
{
	struct err e = { 0 };
	uint8_t *buf, hash[32];
	size_t len;

	ck_assert_int_eq(list_build(&k->b, k->signer, &buf, &len, &e), code);
	ck_assert_ptr_null(buf);
	ck_assert_msg(strstr(e.msg, why) != NULL, "\"%s\" not in: %s", why,
	    e.msg);
	ck_assert_int_eq(list_build_content_hash(&k->b, hash, NULL), code);
}

START_TEST(build_refusals)
{
	struct cooked k;

	cook(&k, &recipes[2]);		/* tftp-ec, sast, ccm, ccm, tvs, capf */
	k.b.signer = k.cert[4];
	refuse(&k, ERR_ARG, "not among the SAST");
	k.b.signer = k.cert[0];
	k.entry[0].role = ROLE_SAST;
	refuse(&k, ERR_LIMIT, "3 SAST records, phones take at most 2: "
	    "SAST HTTPS-EC, SAST SAST, SAST CCM");
	k.entry[1].role = ROLE_TFTP;
	refuse(&k, ERR_ARG, "ec384 cannot sign");
	k.entry[0].role = ROLE_TFTP;
	k.entry[1].role = ROLE_SAST;
	k.b.signer = k.cert[1];
	k.b.digest = DIGEST_SHA256;
	refuse(&k, ERR_ARG, "not sha256");
	k.b.digest = DIGEST_SHA1;
	k.b.file_name = "a\nb";
	refuse(&k, ERR_ARG, "control byte");
	k.b.file_name = "ITLFile.tlv";
	k.entry[0].dns_name = "\xff";
	refuse(&k, ERR_ARG, "not UTF-8");
	k.entry[0].dns_name = NULL;
	k.entry[4].cert = NULL;
	refuse(&k, ERR_ARG, "a name and an address");
	k.b.nentry = LIST_RECORDS_MAX + 1;
	refuse(&k, ERR_LIMIT, "129 records");
	cook_clear(&k);
}
END_TEST

START_TEST(build_without_key)
{
	struct signer *empty = signer_local_new(NULL);
	struct err e = { 0 };
	struct cooked k;
	uint8_t *buf;
	size_t len;

	cook(&k, &recipes[0]);
	ck_assert_int_eq(list_build(&k.b, empty, &buf, &len, &e),
	    ERR_NOTFOUND);
	ck_assert_ptr_null(buf);
	signer_free(empty);
	cook_clear(&k);
}
END_TEST

/* 39 of the vectors' certificates do not fit: 464 + 1679 + n * 1674. */
START_TEST(build_size_limit)
{
	struct list_entry entry[60];
	struct err e = { 0 };
	struct cooked k;
	uint8_t *buf;
	size_t len;

	cook(&k, &recipes[0]);
	k.b.entry = entry;
	entry[0] = k.entry[0];
	for (size_t i = 1; i < N_OF(entry); i++)
		entry[i] = k.entry[3];
	k.b.nentry = 38;
	ck_assert_msg(list_build(&k.b, k.signer, &buf, &len, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert_uint_eq(len, 464 + 1679 + 37 * 1674);
	free(buf);
	k.b.nentry = 39;
	refuse(&k, ERR_LIMIT, "65755 bytes in 39 records, phones take at most "
	    "65535; beyond it: TVS TVS");
	k.b.nentry = 60;
	entry[50].role = 77;
	entry[45].cert = k.cert[4];
	entry[45].role = ROLE_CAPF;
	refuse(&k, ERR_LIMIT, "CAPF CAPF, TVS TVS");
	refuse(&k, ERR_LIMIT, " more");
	cook_clear(&k);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("list_build");
	TCase *tc = tcase_create("list");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, rebuild_vector, 0, N_OF(recipes));
	tcase_add_test(tc, build_cucm_names);
	tcase_add_test(tc, content_hash_meaning);
	tcase_add_test(tc, content_hash_order);
	tcase_add_test(tc, build_refusals);
	tcase_add_test(tc, build_without_key);
	tcase_add_test(tc, build_size_limit);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
