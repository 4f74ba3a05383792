/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading trust lists: the vectors, and what is refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/certs_data.h"
#include "tests/slow.h"

#define ITL_V10	"trust-list/ITLFile.sha1.v10.tlv"

/* --- reading the vectors --- */

static void
print_tlv(struct wr *w, const struct list_record *rec,
    const struct list_tlv *t)
{
	char hex[2 * TLV_SERIAL_MAX + 1];

	switch (t->tag) {
	case REC_LENGTH:
		wr_fmt(w, "%-18s%zu bytes\n", "Record Length:", rec->len);
		break;
	case REC_DNS_NAME:
		wr_fmt(w, "%-18s%s\n", "DNS Name:", rec->dns_name);
		break;
	case REC_SUBJECT:
		wr_fmt(w, "%-18s%s\n", "Subject Name:", rec->subject);
		break;
	case REC_ROLE:
		wr_fmt(w, "%-18s%s\n", "Role:", list_role_name(rec->role));
		break;
	case REC_ISSUER:
		wr_fmt(w, "%-18s%s\n", "Issuer Name:", rec->issuer);
		break;
	case REC_SERIAL:
		str_hex(rec->serial, rec->seriallen, hex);
		wr_fmt(w, "%-18s%s\n", "Serial Numer:", hex);
		break;
	case REC_PUBLIC_KEY:
		wr_fmt(w, "%-18s%zu bytes\n", "Public Key:",
		    rec->public_keylen);
		break;
	case REC_SIGNATURE:
		wr_fmt(w, "%-18s%zu bytes\n", "Signature:",
		    rec->signaturelen);
		break;
	case REC_CERTIFICATE:
		wr_fmt(w, "%-18s%zu bytes\n", "Certificate:", t->len);
		break;
	}
}

static void
print_record(struct wr *w, const struct list_record *rec)
{
	uint8_t sha1[20];
	char hex[41];

	for (size_t i = 0; i < rec->ntlv; i++)
		print_tlv(w, rec, &rec->tlv[i]);
	if (rec->cert != NULL) {
		ck_assert_int_eq(cert_fingerprint(rec->cert, DIGEST_SHA1,
		    sha1, NULL), ERR_OK);
		str_hex(sha1, sizeof(sha1), hex);
		wr_fmt(w, "%-18s%s\n", "Key Algorithm:",
		    key_type_is_rsa(cert_key_type(rec->cert)) ? "RSA" : "EC");
		wr_fmt(w, "%-18s%s\n", "Certificate Hash:", hex);
	}
	wr_str(w, "\n");
}

static char *
print_list(const struct list *l)
{
	struct wr w = wr_init(1 << 20);

	data_print_header(&w, &l->h, 18);
	wr_str(&w, "\n");
	for (size_t i = 0; i < l->nrec; i++)
		print_record(&w, &l->rec[i]);
	wr_str(&w, list_verify_self(l, NULL) == ERR_OK ?
	    "Valid signature\n" : "Invalid signature\n");
	return data_take(&w);
}

static const char *const vectors[] = {
	"CTLFile.sha512", "ITLFile.cucm-layout", "ITLFile.rollback-stubs",
	"ITLFile.sastonly", "ITLFile.sha1.v10", "ITLFile.sha1.v11",
	"ITLFile.sha512.v10", "ITLFile.sha512.v11",
};

START_TEST(parse_vector)
{
	char path[128], *got, *want;
	struct err e = { 0 };
	struct list *l;
	uint8_t *buf;
	size_t len;

	(void)snprintf(path, sizeof(path), "trust-list/%s.tlv", vectors[_i]);
	buf = data_file(path, &len);
	l = list_parse(buf, len, &e);
	ck_assert_msg(l != NULL, "%s: %s", vectors[_i], e.msg);
	got = print_list(l);
	want = data_expected("trust-list/expected-parse.txt", vectors[_i]);
	ck_assert_str_eq(got, want);
	for (size_t i = 0; i < l->nrec; i++)
		ck_assert(!l->rec[i].names_differ);
	free(got);
	free(want);
	list_free(l);
	free(buf);
}
END_TEST

/* What the expected text does not show. */
START_TEST(parse_details)
{
	static const uint8_t ip[] = { 192, 0, 2, 10 };
	struct list *l;
	uint8_t *buf;
	size_t len;

	buf = data_file("trust-list/ITLFile.cucm-layout.tlv", &len);
	ck_assert_ptr_nonnull(l = list_parse(buf, len, NULL));
	ck_assert(!l->h.has_signer_version);
	ck_assert_uint_eq(l->h.signer_version, 0x0100);
	ck_assert_uint_eq(l->h.npad, 3);
	ck_assert_uint_eq(l->h.modulus_code, 2);
	ck_assert_uint_eq(l->h.sigalg, 0);
	ck_assert_uint_eq(l->nrec, 5);
	ck_assert_uint_eq(l->rec[0].off, 460);
	ck_assert_uint_eq(l->rec[0].iplen, 4);
	ck_assert_mem_eq(l->rec[0].ip, ip, 4);
	for (size_t i = 0; i < l->rec[0].ntlv; i++)
		ck_assert_uint_eq(l->rec[0].tlv[i].tag, i + 1);
	ck_assert_uint_eq(l->rec[0].tlv[1].off, 465);
	ck_assert_ptr_eq(list_signer(l), &l->rec[0]);
	list_free(l);
	free(buf);
	list_free(NULL);
}
END_TEST

START_TEST(role_names)
{
	ck_assert_str_eq(list_role_name(ROLE_SAST), "SAST");
	ck_assert_str_eq(list_role_name(ROLE_CCM), "CCM");
	ck_assert_str_eq(list_role_name(ROLE_TFTP), "TFTP");
	ck_assert_str_eq(list_role_name(ROLE_CAPF), "CAPF");
	ck_assert_str_eq(list_role_name(ROLE_APP_SERVER), "APP-SERVER");
	ck_assert_str_eq(list_role_name(21), "TVS");
	ck_assert_ptr_null(list_role_name(5));
	ck_assert_ptr_null(list_role_name(65535));
}
END_TEST

/* --- what list_parse refuses --- */

/*
 * A record written by hand behind the header of a vector.  Each case is the
 * record's TLVs in hex after the length TLV, which is put before them unless
 * they begin with their own ('!').
 */
static const struct {
	const char	*name;
	const char	*hex;
	const char	*why;		/* NULL: parses */
	size_t		 off;		/* from the record's start */
} records[] = {
	{ "role only", "0400020003", NULL, 0 },
	{ "unknown role", "0400020fff", NULL, 0 },
	{ "unknown tags, twice", "0400020003 63000101 63000102 c80000", NULL,
	    0 },
	{ "lone NUL", "020001004000000400020003", NULL, 0 },
	{ "IPv6", "0400020003 0a0010 20010db8000000000000000000000001", NULL,
	    0 },
	{ "tags 11 and 12", "0400020003 0b00020102 0c000101", NULL, 0 },
	{ "no role", "63000101", "without a role", 0 },
	{ "nothing", "", "without a role", 0 },
	{ "role cut", "04000100", "tag 4 has 1 bytes", 5 },
	{ "role over-long", "0400030000030400020003", "tag 4 has 3 bytes", 5 },
	{ "role twice", "04000200030400020003", "tag 4 stands twice", 10 },
	{ "length twice", "04000200030100020000", "tag 1 stands twice", 10 },
	{ "DNS name twice", "0400020003 02000100 02000100",
	    "tag 2 stands twice", 14 },
	{ "DNS name empty", "0400020003 020000", "tag 2 has 0 bytes", 10 },
	{ "DNS name without NUL", "0400020003 020002 6161", "one NUL", 10 },
	{ "DNS name with NUL within", "0400020003 020004 61006100", "one NUL",
	    10 },
	{ "DNS name not UTF-8", "0400020003 020003 c32800", "not UTF-8", 10 },
	{ "DNS name with escape", "0400020003 020003 1b6100", "control byte",
	    10 },
	{ "subject without NUL", "0400020003 030002 6161", "one NUL", 10 },
	{ "subject twice", "0400020003 0300026100 0300026100", "tag 3 stands",
	    15 },
	{ "issuer with DEL", "0400020003 050003 7f6100", "control byte", 10 },
	{ "serial empty", "0400020003 060000", "tag 6 has 0 bytes", 10 },
	{ "serial leading zero", "0400020003 0600020001", "leading zero", 10 },
	{ "serial twice", "0400020003 06000101 06000101", "stands twice", 14 },
	{ "key empty", "0400020003 070000", "tag 7 has 0 bytes", 10 },
	{ "signature empty", "0400020003 080000", "tag 8 has 0 bytes", 10 },
	{ "certificate empty", "0400020003 090000", "tag 9 has 0 bytes", 10 },
	{ "certificate not DER", "0400020003 090002 3000", "DER certificate",
	    10 },
	{ "IP of 5 bytes", "0400020003 0a0005 0102030405", "5 bytes", 10 },
	{ "IP empty", "0400020003 0a0000", "0 bytes", 10 },
	{ "value over the record's end", "0400020003 63000201",
	    "tag 99 of 2 bytes in a block with 1 left", 10 },
	{ "tag alone", "0400020003 63", "cut inside tag", 10 },
	{ "tag and half a length", "0400020003 6300", "cut inside tag", 10 },
	{ "no length first", "! 0400020003", "begins with tag 4", 0 },
	{ "length of 1 byte", "! 01000105 0400020003", "tag 1 has 1 bytes",
	    0 },
	{ "length 4", "! 0100020004 0400020003", "record of 4 bytes", 0 },
	{ "length 0", "! 0100020000 0400020003", "record of 0 bytes", 0 },
	{ "length too large", "! 010002000b 0400020003",
	    "record of 11 bytes where 10 are left", 0 },
	{ "length too small", "! 0100020009 0400020003", "4 of 2 bytes", 5 },
	{ "bytes left over", "! 010002000a 0400020003 01", "cut inside", 10 },
	{ "padding behind", "! 010002000a 0400020003 0d0d0d",
	    "record 2: tag 13", 10 },
};

/* Header of the vector + the hex; the number of bytes. */
static size_t
with_record(uint8_t *out, const char *hex)
{
	uint8_t *vector, *p;
	char digits[512];
	size_t len, n = 0;

	vector = data_file(ITL_V10, &len);
	memcpy(out, vector, 464);
	free(vector);
	for (const char *s = hex; *s != '\0'; s++)
		if (*s != ' ' && *s != '!')
			digits[n++] = *s;
	digits[n] = '\0';
	p = out + 464;
	if (hex[0] != '!') {
		memcpy(p, "\1\0\2", 3);
		p[3] = 0;
		p[4] = (uint8_t)(n / 2 + 5);
		p += 5;
	}
	ck_assert(str_unhex(digits, p, n / 2));
	return (size_t)(p - out) + n / 2;
}

START_TEST(parse_record)
{
	struct err e = { 0 };
	uint8_t buf[1024];
	size_t len = with_record(buf, records[_i].hex);
	struct list *l = list_parse(buf, len, &e);

	if (records[_i].why == NULL) {
		ck_assert_msg(l != NULL, "%s: %s", records[_i].name, e.msg);
		ck_assert_uint_eq(l->nrec, 1);
		list_free(l);
		return;
	}
	ck_assert_msg(l == NULL, "%s was taken", records[_i].name);
	ck_assert_int_eq(e.code, ERR_PROTO);
	ck_assert_msg(strstr(e.msg, records[_i].why) != NULL, "%s: %s",
	    records[_i].name, e.msg);
	ck_assert_uint_eq(e.off, 464 + records[_i].off);
}
END_TEST

START_TEST(parse_too_many)
{
	uint8_t *vector, buf[464 + (LIST_RECORDS_MAX + 1) * 10];
	static const uint8_t rec[10] = { 1, 0, 2, 0, 10, 4, 0, 2, 0, 3 };
	static const uint8_t tag[3] = { 99, 0, 0 };
	struct err e = { 0 };
	struct list *l;
	size_t len;

	vector = data_file(ITL_V10, &len);
	memcpy(buf, vector, 464);
	for (size_t i = 0; i <= LIST_RECORDS_MAX; i++)
		memcpy(buf + 464 + i * 10, rec, 10);
	ck_assert_ptr_nonnull(l = list_parse(buf, sizeof(buf) - 10, &e));
	ck_assert_uint_eq(l->nrec, LIST_RECORDS_MAX);
	list_free(l);
	ck_assert_ptr_null(list_parse(buf, sizeof(buf), &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);

	/* Two TLVs of a record are the length and the role. */
	for (size_t n = LIST_REC_TAGS_MAX - 2; n <= LIST_REC_TAGS_MAX - 1;
	    n++) {
		memcpy(buf + 464, rec, 10);
		buf[464 + 4] = (uint8_t)(10 + 3 * n);
		for (size_t i = 0; i < n; i++)
			memcpy(buf + 474 + 3 * i, tag, 3);
		l = list_parse(buf, 474 + 3 * n, &e);
		ck_assert((l != NULL) == (n == LIST_REC_TAGS_MAX - 2));
		list_free(l);
	}
	ck_assert_int_eq(e.code, ERR_LIMIT);
	free(vector);
}
END_TEST

/* The size of a file, its version, and every cut of it. */
START_TEST(parse_bounds)
{
	static uint8_t big[TLV_FILE_MAX + 1];
	struct err e = { 0 };
	struct list *l;
	uint8_t *buf;
	size_t len;

	ck_assert_ptr_null(list_parse(big, sizeof(big), &e));
	ck_assert_int_eq(e.code, ERR_LIMIT);
	buf = data_file("trust-list/ITLFile.rollback-stubs.tlv", &len);
	for (size_t cut = 0; cut < len; cut += slow_step(61)) {
		l = list_parse(buf, cut, &e);
		if (l != NULL) {	/* cut between two records */
			ck_assert_int_eq(list_verify_self(l, NULL),
			    ERR_VERIFY);
			ck_assert(cut == 464 || cut == len - 62 ||
			    cut == len - 31 || cut == 464 + 1679);
			list_free(l);
		} else {
			ck_assert_int_eq(e.code, ERR_PROTO);
			ck_assert_uint_le(e.off, cut);
		}
	}
	buf[3] = 2;
	ck_assert_ptr_null(list_parse(buf, len, &e));
	buf[3] = 1;
	buf[4] = 0;	/* a signed file's version */
	ck_assert_ptr_null(list_parse(buf, len, &e));
	ck_assert_uint_eq(e.off, 3);
	buf[4] = 3;	/* newer minor: read, but not what was signed */
	ck_assert_ptr_nonnull(l = list_parse(buf, len, &e));
	ck_assert_int_eq(list_verify_self(l, NULL), ERR_VERIFY);
	list_free(l);
	free(buf);
}
END_TEST

/* --- the record against its certificate --- */

static const struct {
	unsigned	 tag;
	bool		 parses;
	const char	*why;
} changed[] = {
	{ REC_SERIAL, false, "serial number is not" },
	{ REC_PUBLIC_KEY, false, "public key is not" },
	{ REC_SUBJECT, true, NULL },
	{ REC_ISSUER, true, NULL },
};

START_TEST(parse_disagreement)
{
	struct list_record *rec;
	struct err e = { 0 };
	struct list *l;
	uint8_t *buf;
	size_t len, at = 0;

	buf = data_file(ITL_V10, &len);
	ck_assert_ptr_nonnull(l = list_parse(buf, len, NULL));
	rec = &l->rec[1];
	for (size_t i = 0; i < rec->ntlv; i++)
		if (rec->tlv[i].tag == changed[_i].tag)
			at = rec->tlv[i].off + 3 + rec->tlv[i].len / 2;
	list_free(l);
	buf[at] ^= 1;
	l = list_parse(buf, len, &e);
	if (changed[_i].parses) {
		ck_assert_msg(l != NULL, "%s", e.msg);
		ck_assert(l->rec[1].names_differ);
		ck_assert(!l->rec[0].names_differ);
	} else {
		ck_assert_ptr_null(l);
		ck_assert_ptr_nonnull(strstr(e.msg, changed[_i].why));
		ck_assert_ptr_nonnull(strstr(e.msg, "record 2: "));
	}
	list_free(l);
	free(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("list");
	TCase *tc = tcase_create("list");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, parse_vector, 0, N_OF(vectors));
	tcase_add_test(tc, parse_details);
	tcase_add_test(tc, role_names);
	tcase_add_loop_test(tc, parse_record, 0, N_OF(records));
	tcase_add_test(tc, parse_too_many);
	tcase_add_test(tc, parse_bounds);
	tcase_add_loop_test(tc, parse_disagreement, 0, N_OF(changed));
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
