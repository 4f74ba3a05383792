/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The shared header: every field cut, over-long, wrong, twice and missing;
 * verifying; building.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/certs_data.h"

/* Parts of a sound header, in hex; the signature has 4 bytes. */
#define NAME	"0400026100"
#define ISSUER	"0600026200"
#define SERIAL	"05000101"
#define SIGNER	"03000e" NAME ISSUER SERIAL
#define CODES	"0a000100" "0b000102"
#define DIGEST	"08000101"
#define SIGINFO	"07000f" DIGEST "090008" CODES
#define SIG	"0c0004deadbeef"
#define FILENAME "0e00027800"
#define TIME	"0f000401020304"
#define FIRST	"0100020102"

struct header {
	const char	*name;
	const char	*hex;		/* after tag 2 */
	const char	*why;		/* NULL: parses */
	size_t		 off;
};

static const struct header headers[] = {
	{ "peer", SIGNER SIGINFO SIG FILENAME TIME, NULL, 0 },
	{ "no file name, no time", SIGNER SIGINFO SIG, NULL, 0 },
	{ "other order", TIME SIG FILENAME SIGINFO SIGNER, NULL, 0 },
	{ "CUCM order", "03000e" NAME SERIAL ISSUER SIGINFO SIG, NULL, 0 },
	{ "signer version 1.1", "1c00020101" SIGNER SIGINFO SIG, NULL, 0 },
	{ "padding 3", SIGNER SIGINFO SIG TIME "0d0d0d", NULL, 0 },
	{ "unknown tags", SIGNER "1000020101" SIGINFO SIG "1000020102" "c80000",
	    NULL, 0 },
	{ "unknown tag within 3", "030012" NAME "63000101" ISSUER SERIAL
	    SIGINFO SIG, NULL, 0 },
	{ "digest 3", SIGNER "07000f" "08000103" "090008" CODES SIG, NULL, 0 },

	{ "nothing", "", "tag 3 is missing", 10 },
	{ "no signer", SIGINFO SIG, "tag 3 is missing", 35 },
	{ "no signature info", SIGNER SIG, "tag 7 is missing", 34 },
	{ "no signature", SIGNER SIGINFO, "tag 12 is missing", 45 },
	{ "no signer name", "030009" ISSUER SERIAL SIGINFO SIG,
	    "tag 4 is missing", 22 },
	{ "no issuer", "030009" NAME SERIAL SIGINFO SIG, "tag 6 is missing",
	    22 },
	{ "no serial", "03000a" NAME ISSUER SIGINFO SIG, "tag 5 is missing",
	    23 },
	{ "no digest", SIGNER "07000b" "090008" CODES SIG,
	    "tag 8 is missing", 41 },
	{ "no algorithm info", SIGNER "070004" DIGEST SIG, "tag 9 is missing",
	    34 },
	{ "no algorithm", SIGNER "07000b" DIGEST "090004" "0b000102" SIG,
	    "tag 10 is missing", 41 },
	{ "no modulus", SIGNER "07000b" DIGEST "090004" "0a000100" SIG,
	    "tag 11 is missing", 41 },

	{ "version twice", FIRST SIGNER SIGINFO SIG, "tag 1 stands twice",
	    10 },
	{ "length twice", "020002002a" SIGNER SIGINFO SIG,
	    "tag 2 stands twice", 10 },
	{ "signer twice", SIGNER SIGNER SIGINFO SIG, "tag 3 stands twice",
	    27 },
	{ "name twice", "030013" NAME NAME ISSUER SERIAL SIGINFO SIG,
	    "tag 4 stands twice", 18 },
	{ "signature info twice", SIGNER SIGINFO SIGINFO SIG,
	    "tag 7 stands twice", 45 },
	{ "digest twice", SIGNER "070013" DIGEST DIGEST "090008" CODES SIG,
	    "tag 8 stands twice", 34 },
	{ "signature twice", SIGNER SIGINFO SIG SIG, "tag 12 stands twice",
	    52 },
	{ "file name twice", SIGNER SIGINFO SIG FILENAME FILENAME,
	    "tag 14 stands twice", 57 },
	{ "time twice", SIGNER SIGINFO SIG TIME TIME, "tag 15 stands twice",
	    59 },
	{ "signer version twice", "1c00020101" "1c00020101" SIGNER SIGINFO SIG,
	    "tag 28 stands twice", 15 },

	{ "name at top", NAME SIGNER SIGINFO SIG, "tag 4 does not belong", 10 },
	{ "digest at top", DIGEST SIGNER SIGINFO SIG, "tag 8 does not belong",
	    10 },
	{ "signature in a container", "030015" NAME ISSUER SERIAL SIG SIGINFO,
	    "tag 12 does not belong", 27 },
	{ "padding in a container", "030011" NAME ISSUER SERIAL "0d0000"
	    SIGINFO SIG, "tag 13 does not belong", 27 },

	{ "signer version of 1", "1c000101" SIGNER SIGINFO SIG,
	    "tag 28 has 1 bytes, expected 2", 10 },
	{ "signer version of 3", "1c0003010101" SIGNER SIGINFO SIG,
	    "tag 28 has 3 bytes, expected 2", 10 },
	{ "time of 3", SIGNER SIGINFO SIG "0f0003010203",
	    "tag 15 has 3 bytes, expected 4", 52 },
	{ "time of 5", SIGNER SIGINFO SIG "0f00050102030405",
	    "tag 15 has 5 bytes, expected 4", 52 },
	{ "digest of 2", SIGNER "070010" "0800020101" "090008" CODES SIG,
	    "tag 8 has 2 bytes", 30 },
	{ "modulus of 0", SIGNER "07000e" DIGEST "090007" "0a000100" "0b0000"
	    SIG, "tag 11 has 0 bytes", 41 },
	{ "signature of 0", SIGNER SIGINFO "0c0000", "tag 12 has 0 bytes", 45 },
	{ "serial of 0", "03000d" NAME ISSUER "050000" SIGINFO SIG,
	    "tag 5 has 0 bytes", 23 },
	{ "name of 0", "03000c" "040000" ISSUER SERIAL SIGINFO SIG,
	    "tag 4 has 0 bytes", 13 },
	{ "file name of 0", SIGNER SIGINFO SIG "0e0000", "tag 14 has 0 bytes",
	    52 },

	{ "serial with leading zero", "03000f" NAME ISSUER "0500020001"
	    SIGINFO SIG, "leading zero", 23 },
	{ "name without NUL", "03000e" "0400026161" ISSUER SERIAL SIGINFO SIG,
	    "tag 4 is not text", 13 },
	{ "name with two NULs", "03000f" "040003610000" ISSUER SERIAL SIGINFO
	    SIG, "tag 4 is not text", 13 },
	{ "issuer with NUL within", "030010" NAME "06000462006200" SERIAL
	    SIGINFO SIG, "tag 6 is not text", 18 },
	{ "issuer not UTF-8", "03000e" NAME "060002ff00" SERIAL SIGINFO SIG,
	    "tag 6 is not UTF-8", 18 },
	{ "file name with newline", SIGNER SIGINFO SIG "0e00020a00",
	    "tag 14 holds a control byte", 52 },

	{ "digest 0", SIGNER "07000f" "08000100" "090008" CODES SIG,
	    "tag 8 is 0, known are 1 to 3", 30 },
	{ "digest 4", SIGNER "07000f" "08000104" "090008" CODES SIG,
	    "tag 8 is 4", 30 },
	{ "algorithm 1", SIGNER "07000f" DIGEST "090008" "0a000101" "0b000102"
	    SIG, "tag 10 is 1", 37 },
	{ "modulus 4", SIGNER "07000f" DIGEST "090008" "0a000100" "0b000104"
	    SIG, "tag 11 is 4", 41 },

	{ "padding 4", SIGNER SIGINFO SIG "0d0d0d0d", "4 bytes of padding",
	    52 },
	{ "padding within", SIGNER "0d" SIGINFO SIG, "after the padding", 28 },
	{ "byte after padding", SIGNER SIGINFO SIG "0d00",
	    "after the padding", 53 },
	{ "container beyond the header", "0300ff" NAME ISSUER SERIAL,
	    "tag 3 of 255 bytes in a block with 14 left", 10 },
	{ "value beyond its container", "03000d" NAME ISSUER SERIAL SIGINFO
	    SIG, "tag 5 of 1 bytes in a block with 0 left", 23 },
	{ "cut tag", SIGNER SIGINFO SIG "0f", "cut inside tag", 52 },
	{ "cut length", SIGNER SIGINFO SIG "0f00", "cut inside tag", 52 },
	{ "cut value", SIGNER SIGINFO SIG "0f000401",
	    "tag 15 of 4 bytes in a block with 1 left", 52 },
};

/* Tags 1 and 2 with the right length, then the hex. */
static size_t
compose(uint8_t *out, const char *hex)
{
	size_t n = strlen(hex) / 2;

	ck_assert(str_unhex("01000201020200020000", out, 10));
	out[8] = (uint8_t)((n + 10) >> 8);
	out[9] = (uint8_t)(n + 10);
	ck_assert(str_unhex(hex, out + 10, n));
	return n + 10;
}

START_TEST(parse_header)
{
	const struct header *t = &headers[_i];
	struct tlv_header h;
	struct err e = { 0 };
	uint8_t buf[512];
	size_t len = compose(buf, t->hex);
	int ret = tlv_header_parse(&h, buf, len, &e);

	if (t->why == NULL) {
		ck_assert_msg(ret == ERR_OK, "%s: %s", t->name, e.msg);
		ck_assert_uint_eq(h.length, len);
		return;
	}
	ck_assert_msg(ret == ERR_PROTO, "%s was taken", t->name);
	ck_assert_msg(strstr(e.msg, t->why) != NULL, "%s: %s", t->name, e.msg);
	ck_assert_msg(e.off == t->off, "%s: %s", t->name, e.msg);
}
END_TEST

START_TEST(parse_values)
{
	struct tlv_header h;
	uint8_t buf[512];
	size_t len = compose(buf, "1c00020101" "03000e" NAME SERIAL ISSUER
	    SIGINFO SIG FILENAME TIME "0d0d");

	ck_assert_int_eq(tlv_header_parse(&h, buf, len, NULL), ERR_OK);
	ck_assert_uint_eq(h.version, 0x0102);
	ck_assert(h.has_signer_version);
	ck_assert_uint_eq(h.signer_version, 0x0101);
	ck_assert_int_eq(h.order, TLV_ORDER_CUCM);
	ck_assert_str_eq(h.signer_name, "a");
	ck_assert_str_eq(h.issuer_name, "b");
	ck_assert_uint_eq(h.seriallen, 1);
	ck_assert_uint_eq(h.serial[0], 1);
	ck_assert_uint_eq(h.digest_code, 1);
	ck_assert_uint_eq(h.modulus_code, 2);
	ck_assert_uint_eq(h.siglen, 4);
	ck_assert_mem_eq(h.signature, "\xde\xad\xbe\xef", 4);
	ck_assert_uint_eq(h.sig_off, 50);
	ck_assert_str_eq(h.file_name, "x");
	ck_assert(h.has_timestamp);
	ck_assert_uint_eq(h.timestamp, 0x01020304);
	ck_assert_uint_eq(h.ts_off, 62);
	ck_assert_uint_eq(h.npad, 2);

	len = compose(buf, SIGNER SIGINFO SIG);
	ck_assert_int_eq(tlv_header_parse(&h, buf, len, NULL), ERR_OK);
	ck_assert_ptr_null(h.file_name);
	ck_assert(!h.has_timestamp && !h.has_signer_version);
	ck_assert_uint_eq(h.signer_version, 0x0100);
	ck_assert_int_eq(h.order, TLV_ORDER_PEER);
}
END_TEST

/* The first ten bytes: tags 1 and 2, and what the length may be. */
static const struct {
	const char	*start;
	const char	*why;
	size_t		 off;
} starts[] = {
	{ "", "cut inside tag", 0 },
	{ "0100", "cut inside tag", 0 },
	{ "01000201", "tag 1 of 2 bytes in a block with 1 left", 0 },
	{ "0100020102", "cut inside tag", 5 },
	{ "020002000a0100020102", "begins with tag 2", 0 },
	{ "0100010102000200", "tag 1 has 1 bytes", 0 },
	{ "01000201020300020000", "tag 3 instead of the header length", 5 },
	{ "0100020102020001000000", "tag 2 has 1 bytes", 5 },
	{ "0100020102020003000000", "tag 2 has 3 bytes", 5 },
	{ "01000201020200020000", "header length 0 in", 5 },
	{ "01000201020200020009", "header length 9 in", 5 },
	{ "0100020102020002000b", "header length 11 in a file of 10", 5 },
	{ "0100020102020002ffff", "header length 65535", 5 },
	{ "0100020102020002000a", "tag 3 is missing", 10 },
};

START_TEST(parse_start)
{
	size_t len = strlen(starts[_i].start) / 2;
	struct err e = { 0 };
	struct tlv_header h;
	uint8_t buf[32];

	ck_assert(str_unhex(starts[_i].start, buf, len));
	ck_assert_int_eq(tlv_header_parse(&h, buf, len, &e), ERR_PROTO);
	ck_assert_msg(strstr(e.msg, starts[_i].why) != NULL, "%s: %s",
	    starts[_i].start, e.msg);
	ck_assert_uint_eq(e.off, starts[_i].off);
}
END_TEST

/* A header length that is not where parsing ends, for every other length. */
START_TEST(parse_length)
{
	struct tlv_header h;
	struct err e = { 0 };
	uint8_t buf[512];
	size_t len = compose(buf, SIGNER SIGINFO SIG FILENAME TIME "0d0d0d");

	for (size_t n = 0; n <= len; n++) {
		/* Whole TLVs fewer are a header too: 12, 14, 15, padding. */
		bool whole = n == 52 || n == 57 || n >= 64;
		int ret;

		buf[9] = (uint8_t)n;
		ret = tlv_header_parse(&h, buf, len, &e);
		ck_assert_msg((ret == ERR_OK) == whole, "length %zu", n);
		if (ret != ERR_OK)
			ck_assert_uint_le(e.off, len);
	}
}
END_TEST

/* The longest strings and serials, and one byte more. */
START_TEST(parse_bounds)
{
	static char hex[2 * 3000];
	static uint8_t buf[4000];
	struct tlv_header h;

	for (size_t more = 0; more <= 1; more++) {
		size_t n = TLV_NAME_MAX + more, len;
		char text[2 * (TLV_NAME_MAX + 1) + 1] = { 0 };

		for (size_t i = 0; i < n - 1; i++)
			memcpy(text + 2 * i, "61", 2);
		memcpy(text + 2 * (n - 1), "00", 2);
		(void)snprintf(hex, sizeof(hex), "%s0e%04zx%s", SIGNER SIGINFO
		    SIG, n, text);
		len = compose(buf, hex);
		ck_assert_int_eq(tlv_header_parse(&h, buf, len, NULL),
		    more ? ERR_PROTO : ERR_OK);

		n = TLV_SERIAL_MAX + more;
		text[2 * n] = '\0';
		(void)snprintf(hex, sizeof(hex), "03%04zx%s05%04zx%s%s",
		    10 + 3 + n, NAME ISSUER, n, text, SIGINFO SIG);
		len = compose(buf, hex);
		ck_assert_int_eq(tlv_header_parse(&h, buf, len, NULL),
		    more ? ERR_PROTO : ERR_OK);
	}
}
END_TEST

/* --- verifying --- */

struct sample {
	uint8_t			*buf;
	size_t			 len;
	struct tlv_header	 h;
	struct cert		*ccm;
	struct signer		*signer;
};

static struct sample t;

static void
sample_make(void)
{
	t.ccm = data_cert("ccm");
	t.signer = data_signer();
	t.buf = data_file("signed/RingList.xml.sha1.sgn", &t.len);
	ck_assert_int_eq(tlv_header_parse(&t.h, t.buf, t.len, NULL), ERR_OK);
}

static void
sample_free(void)
{
	free(t.buf);
	cert_free(t.ccm);
	signer_free(t.signer);
}

START_TEST(verify_sound)
{
	struct err e = { 0 };

	ck_assert_msg(tlv_verify(&t.h, t.buf, t.len, t.ccm, &e) == ERR_OK,
	    "%s", e.msg);
	ck_assert(tlv_names_cert(&t.h, t.ccm));
}
END_TEST

START_TEST(verify_digest)
{
	uint8_t got[DIGEST_MAX], want[DIGEST_MAX], *cut;
	size_t n, sigtlv = 3 + t.h.siglen;
	enum digest_alg alg;

	ck_assert_int_eq(tlv_signed_digest(&t.h, t.buf, t.len, got, &n, &alg,
	    NULL), ERR_OK);
	ck_assert_int_eq(alg, DIGEST_SHA1);
	ck_assert_uint_eq(n, 20);
	ck_assert_ptr_nonnull(cut = malloc(t.len));
	memcpy(cut, t.buf, t.h.sig_off);
	memcpy(cut + t.h.sig_off, t.buf + t.h.sig_off + sigtlv,
	    t.len - t.h.sig_off - sigtlv);
	ck_assert_int_eq(digest_buf(DIGEST_SHA1, cut, t.len - sigtlv, want,
	    NULL), ERR_OK);
	ck_assert_mem_eq(got, want, 20);
	free(cut);
	/* A header that belongs to a longer file is noticed. */
	ck_assert_int_eq(tlv_signed_digest(&t.h, t.buf, t.h.sig_off + 5, got,
	    &n, &alg, NULL), ERR_ARG);
}
END_TEST

static void
verify_fails(int code, const char *why)
{
	struct err e = { 0 };

	ck_assert_int_eq(tlv_verify(&t.h, t.buf, t.len, t.ccm, &e), code);
	ck_assert_msg(strstr(e.msg, why) != NULL, "%s: %s", why, e.msg);
}

START_TEST(verify_wrong)
{
	struct tlv_header sound = t.h;

	t.h.digest_code = 2;
	verify_fails(ERR_PROTO, "neither SHA-1 (1) nor SHA-512 (3)");
	t.h = sound;
	t.h.digest_code = 3;
	verify_fails(ERR_VERIFY, "does not fit");
	t.h = sound;
	t.h.sigalg = 1;
	verify_fails(ERR_PROTO, "signature algorithm 1");
	t.h = sound;
	t.h.modulus_code = 4;
	verify_fails(ERR_PROTO, "modulus code 4");
	t.h.modulus_code = 1;
	verify_fails(ERR_PROTO, "256 bytes by a key of 1024 bits");
	t.h = sound;
	t.h.siglen = 255;
	verify_fails(ERR_PROTO, "255 bytes by a key of 2048 bits");
	t.h = sound;
	t.buf[t.len - 1] ^= 1;
	verify_fails(ERR_VERIFY, "does not fit");
	cert_free(t.ccm);
	t.ccm = data_cert("tftp-ec");
	verify_fails(ERR_VERIFY, "2048 bits, the certificate's has 384");
	ck_assert(!tlv_names_cert(&t.h, t.ccm));
}
END_TEST

/* Serial and issuer both count; any style of names does. */
START_TEST(names_cert)
{
	struct tlv_header sound = t.h;
	struct cert *capf = data_cert("capf");

	t.h.seriallen--;
	ck_assert(!tlv_names_cert(&t.h, t.ccm));
	t.h = sound;
	t.h.issuer_name = "CN=CCM";
	ck_assert(!tlv_names_cert(&t.h, t.ccm));
	t.h.issuer_name =
	    "CN=CCM;OU=Voice Lab;O=Example Org;L=Wellington;ST=WGN;C=NZ";
	ck_assert(tlv_names_cert(&t.h, t.ccm));
	t.h.issuer_name =
	    "CN=CCM;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ";
	ck_assert(tlv_names_cert(&t.h, t.ccm));
	t.h = sound;
	t.h.serial = cert_serial(capf, &t.h.seriallen);
	ck_assert(!tlv_names_cert(&t.h, t.ccm));
	cert_free(capf);
}
END_TEST

/* --- building --- */

static const struct cert_spec plain_spec = {
	.cn = "Signer", .serial = { 1 }, .seriallen = 1,
	.not_before = 1795000000, .not_after = 1826000000,
	.usage = CERT_USE_SIGN, .pathlen = -1, .hash = DIGEST_SHA256,
};

/* Each key that can sign, with its code; and those that cannot. */
static const struct {
	enum key_type	 key;
	enum digest_alg	 digest;
	int		 code;
	unsigned	 modulus;
} builds[] = {
	{ KEY_RSA1024, DIGEST_SHA1, ERR_OK, 1 },
	{ KEY_RSA1024, DIGEST_SHA512, ERR_OK, 1 },
	{ KEY_RSA2048, DIGEST_SHA1, ERR_OK, 2 },
	{ KEY_RSA2048, DIGEST_SHA512, ERR_OK, 2 },
	{ KEY_RSA2048, DIGEST_SHA256, ERR_ARG, 0 },
	{ KEY_RSA2048, DIGEST_SHA384, ERR_ARG, 0 },
	{ KEY_RSA2048, DIGEST_MD5, ERR_ARG, 0 },
	{ KEY_RSA3072, DIGEST_SHA1, ERR_ARG, 0 },
	{ KEY_EC256, DIGEST_SHA1, ERR_ARG, 0 },
	{ KEY_RSA4096, DIGEST_SHA512, ERR_OK, 3 },
};

START_TEST(build_keys)
{
	struct key *k = data_key_of(builds[_i].key);
	struct signer *s = signer_local_new(NULL);
	struct tlv_build b = {
		.version = 0x0100, .digest = builds[_i].digest,
		.file_name = "x.sgn", .timestamp = 7,
	};
	struct err e = { 0 };
	struct cert *c;
	uint8_t *out;
	size_t len;

	ck_assert_ptr_nonnull(c = cert_self_sign(&plain_spec, k, &e));
	ck_assert_int_eq(signer_local_add(s, k, NULL), ERR_OK);
	b.signer = c;
	ck_assert_int_eq(tlv_file_build(&b, (const uint8_t *)"body", 4, s,
	    4096, &out, &len, &e), builds[_i].code);
	if (builds[_i].code == ERR_OK) {
		struct tlv_header h;

		ck_assert_int_eq(tlv_header_parse(&h, out, len, &e), ERR_OK);
		ck_assert_uint_eq(h.length % 4, 0);
		ck_assert_uint_eq(h.length + 4, len);
		ck_assert_uint_eq(h.modulus_code, builds[_i].modulus);
		ck_assert_int_eq(tlv_verify(&h, out, len, c, &e), ERR_OK);
		ck_assert(tlv_names_cert(&h, c));
	} else
		ck_assert_ptr_null(out);
	free(out);
	cert_free(c);
	signer_free(s);
}
END_TEST

START_TEST(build_limit)
{
	struct tlv_build b = {
		.version = 0x0100, .digest = DIGEST_SHA1, .signer = t.ccm,
		.file_name = "RingList.xml.sgn", .timestamp = 1795251344,
	};
	struct err e = { 0 };
	uint8_t *out;
	size_t len;

	ck_assert_int_eq(tlv_file_build(&b, t.buf + 460, 132, t.signer, 592,
	    &out, &len, &e), ERR_OK);
	ck_assert_uint_eq(len, t.len);
	ck_assert_mem_eq(out, t.buf, len);
	free(out);
	ck_assert_int_eq(tlv_file_build(&b, t.buf + 460, 132, t.signer, 591,
	    &out, &len, &e), ERR_LIMIT);
	ck_assert_ptr_null(out);
	ck_assert_ptr_nonnull(strstr(e.msg, "591"));
	ck_assert_int_eq(tlv_file_build(&b, t.buf, 1, t.signer, 100, &out,
	    &len, &e), ERR_LIMIT);
}
END_TEST

/* Every length of the file name, so every amount of padding. */
START_TEST(build_padding)
{
	struct tlv_build b = {
		.version = 0x0100, .digest = DIGEST_SHA1, .signer = t.ccm,
	};
	bool seen[TLV_PAD_MAX + 1] = { false };
	char name[8] = "";

	for (size_t i = 0; i < 4; i++) {
		struct tlv_header h;
		uint8_t *out;
		size_t len;

		name[i] = 'n';
		b.file_name = name;
		ck_assert_int_eq(tlv_file_build(&b, NULL, 0, t.signer, 4096,
		    &out, &len, NULL), ERR_OK);
		ck_assert_int_eq(tlv_header_parse(&h, out, len, NULL), ERR_OK);
		ck_assert_uint_eq(h.length % 4, 0);
		ck_assert_uint_eq(h.length, len);
		ck_assert_str_eq(h.file_name, name);
		seen[h.npad] = true;
		free(out);
	}
	for (size_t i = 0; i <= TLV_PAD_MAX; i++)
		ck_assert(seen[i]);
}
END_TEST

/* The longest file name, and one byte more. */
START_TEST(build_long_name)
{
	static char longname[TLV_NAME_MAX + 1];
	struct tlv_build b = {
		.version = 0x0100, .digest = DIGEST_SHA1, .signer = t.ccm,
		.file_name = longname,
	};
	struct err e = { 0 };
	uint8_t *out;
	size_t len;

	memset(longname, 'a', sizeof(longname) - 1);
	ck_assert_int_eq(tlv_file_build(&b, NULL, 0, t.signer, 8192, &out,
	    &len, &e), ERR_LIMIT);
	longname[TLV_NAME_MAX - 1] = '\0';
	ck_assert_int_eq(tlv_file_build(&b, NULL, 0, t.signer, 8192, &out,
	    &len, &e), ERR_OK);
	free(out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tlv");
	TCase *parse = tcase_create("parse"), *sample = tcase_create("sample");
	SRunner *r;
	int failed;

	tcase_add_loop_test(parse, parse_header, 0, N_OF(headers));
	tcase_add_test(parse, parse_values);
	tcase_add_loop_test(parse, parse_start, 0, N_OF(starts));
	tcase_add_test(parse, parse_length);
	tcase_add_test(parse, parse_bounds);
	suite_add_tcase(s, parse);
	tcase_add_checked_fixture(sample, sample_make, sample_free);
	tcase_set_timeout(sample, 120);
	tcase_add_test(sample, verify_sound);
	tcase_add_test(sample, verify_digest);
	tcase_add_test(sample, verify_wrong);
	tcase_add_test(sample, names_cert);
	tcase_add_loop_test(sample, build_keys, 0, N_OF(builds));
	tcase_add_test(sample, build_limit);
	tcase_add_test(sample, build_padding);
	tcase_add_test(sample, build_long_name);
	suite_add_tcase(s, sample);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
