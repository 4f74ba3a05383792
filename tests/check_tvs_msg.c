/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Trust Verification Service against the golden transcripts,
 * both ways, and what must not be taken.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/tvs_msg.h"
#include "tests/certs_data.h"

static const struct vector {
	const char	*file;
	const char	*cert;		/* tests/data/vectors/keys */
	const char	*name;		/* device name as sent */
	uint32_t	 session;
	enum tvs_command command;	/* of the request */
	enum tvs_status	 status;
	uint8_t		 roles[4];
	size_t		 nroles;
	uint32_t	 ttl;
} vectors[] = {
	{ "tvs/verify-valid.txt", "ccm", "CP-8861-SEP0011223344AA", 1,
	    TVS_VERIFY_REQUEST, TVS_VALID, { ROLE_CCM, ROLE_TFTP }, 2, 86400 },
	{ "tvs/verify-valid-appserver.txt", "tftp-ec",
	    "CP-7962-SEP0011223344AA", 1, TVS_VERIFY_REQUEST, TVS_VALID,
	    { ROLE_APP_SERVER }, 1, 3600 },
	{ "tvs/verify-invalid.txt", "capf", "CP-8861-SEP0011223344AA", 1,
	    TVS_VERIFY_REQUEST, TVS_INVALID, { 0 }, 0, 0 },
	{ "tvs/query.inferred.txt", "ccm", "CP-8861-SEP0011223344AA", 1001,
	    TVS_QUERY_REQUEST, TVS_VALID, { ROLE_SAST, ROLE_TFTP }, 2, 86400 },
};

#define CCM_NAME "CN=CCM;O=Example Org;OU=Voice Lab;L=Wellington;ST=WGN;C=NZ"

/* The message of a transcript that begins with who ("C>S " or "S>C "). */
static uint8_t *
transcript(const char *file, const char *who, size_t *len)
{
	size_t n;
	char *text = (char *)data_file(file, &n), *line, *end;
	uint8_t *buf;

	ck_assert_ptr_nonnull(line = strstr(text, who));
	line += strlen(who);
	ck_assert_ptr_nonnull(end = strpbrk(line, "\r\n"));
	*end = '\0';
	*len = strlen(line) / 2;
	ck_assert_ptr_nonnull(buf = malloc(*len));
	ck_assert(str_unhex(line, buf, *len));
	free(text);
	return buf;
}

static struct tvs_bytes
text(const char *s)
{
	return (struct tvs_bytes){ (const uint8_t *)s, strlen(s) };
}

static void
assert_bytes(const struct tvs_bytes *v, const void *p, size_t len)
{
	ck_assert_uint_eq(v->len, len);
	if (len > 0)
		ck_assert_mem_eq(v->p, p, len);
}

static void
assert_der(const struct tvs_msg *m, const struct cert *c)
{
	size_t len;
	const uint8_t *der = cert_der(c, &len);

	assert_bytes(&m->der, der, len);
}

static void
assert_request(const struct tvs_msg *m, const struct vector *v,
    const struct cert *c)
{
	size_t len;
	const uint8_t *serial = cert_serial(c, &len);

	ck_assert_uint_eq(m->session, v->session);
	assert_bytes(&m->device, v->name, strlen(v->name));
	if (v->command == TVS_VERIFY_REQUEST) {
		assert_der(m, c);
		return;
	}
	assert_bytes(&m->subject, CCM_NAME, strlen(CCM_NAME));
	assert_bytes(&m->issuer, CCM_NAME, strlen(CCM_NAME));
	assert_bytes(&m->serial, serial, len);
	ck_assert_uint_eq(m->issuer_tag, 4);
	ck_assert_uint_eq(m->serial_tag, 5);
}

START_TEST(golden_request)
{
	const struct vector *v = &vectors[_i];
	struct cert *c = data_cert(v->cert);
	uint8_t again[TVS_MSG_MAX];
	char device[TVS_DEVICE_MAX + 1];
	struct err e = { 0 };
	struct tvs_msg m;
	size_t len, n;
	uint8_t *buf = transcript(v->file, "C>S ", &len);

	ck_assert_msg(tvs_msg_parse(&m, buf, len, &e) == ERR_OK, "%s: %s",
	    v->file, e.msg);
	ck_assert_int_eq(m.command, v->command);
	assert_request(&m, v, c);
	tvs_device(&m, device);
	ck_assert_str_eq(device, "SEP0011223344AA");
	ck_assert_int_eq(tvs_msg_build(&m, again, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(again, buf, len);
	free(buf);
	cert_free(c);
}
END_TEST

START_TEST(golden_answer)
{
	const struct vector *v = &vectors[_i];
	struct cert *c = data_cert(v->cert);
	uint8_t again[TVS_MSG_MAX];
	struct err e = { 0 };
	struct tvs_msg m;
	size_t len, n;
	uint8_t *buf = transcript(v->file, "S>C ", &len);

	ck_assert_msg(tvs_msg_parse(&m, buf, len, &e) == ERR_OK, "%s: %s",
	    v->file, e.msg);
	ck_assert_int_eq(m.command, v->command + 1);
	ck_assert_uint_eq(m.session, v->session);
	ck_assert_int_eq(m.status, v->status);
	ck_assert_uint_eq(m.nroles, v->nroles);
	ck_assert_mem_eq(m.roles, v->roles, sizeof(v->roles));
	ck_assert_uint_eq(m.ttl, v->ttl);
	if (m.command == TVS_QUERY_ANSWER)
		assert_der(&m, c);
	else
		ck_assert_uint_eq(m.der.len, 0);
	ck_assert_int_eq(tvs_msg_build(&m, again, &n, &e), ERR_OK);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(again, buf, len);
	free(buf);
	cert_free(c);
}
END_TEST

/* Cut anywhere, or a byte more: no message, and need says how many. */
START_TEST(cut_and_over_long)
{
	static const char *const who[] = { "C>S ", "S>C " };
	const struct vector *v = &vectors[_i / 2];
	struct tvs_msg m;
	size_t len, need;
	uint8_t *buf = transcript(v->file, who[_i % 2], &len), *more;

	for (size_t n = 0; n < len; n++) {
		ck_assert_int_eq(tvs_msg_need(buf, n, &need, NULL), ERR_OK);
		ck_assert_uint_eq(need, n < TVS_HEADER ? TVS_HEADER : len);
		ck_assert_int_eq(tvs_msg_parse(&m, buf, n, NULL), ERR_PROTO);
	}
	ck_assert_ptr_nonnull(more = calloc(1, len + 1));
	memcpy(more, buf, len);
	ck_assert_int_eq(tvs_msg_parse(&m, more, len + 1, NULL), ERR_PROTO);
	free(more);
	free(buf);
}
END_TEST

/* Headers: what is refused at once, and what is never looked at. */
static const struct {
	const char	*hex;
	int		 code;
} headers[] = {
	{ "", ERR_OK },
	{ "56", ERR_PROTO },
	{ "57", ERR_OK },
	{ "5700", ERR_OK },
	{ "5702", ERR_PROTO },
	{ "570100", ERR_PROTO },
	{ "570105", ERR_PROTO },
	{ "570101f7", ERR_OK },
	{ "5700010000000000ffff", ERR_PROTO },	/* body of 65535 */
	{ "57000100000000005001", ERR_PROTO },	/* one too many */
	{ "57000100000000005000", ERR_OK },
};

START_TEST(header)
{
	uint8_t buf[TVS_HEADER];
	size_t need, n = strlen(headers[_i].hex) / 2;

	ck_assert(str_unhex(headers[_i].hex, buf, n));
	ck_assert_int_eq(tvs_msg_need(buf, n, &need, NULL), headers[_i].code);
	if (headers[_i].code == ERR_OK && n == TVS_HEADER)
		ck_assert_uint_eq(need, TVS_MSG_MAX);
}
END_TEST

/*
 * Bodies; the certificate need not be one here.  Names are 03 "CN=a" 00, the
 * serial is 0a0b.
 */
#define DEVICE	"010010" "01534550303031313232333334344141"
#define SUBJ	"030005" "434e3d6100"
#define ISS(t)	t "0005" "434e3d6200"
#define SER(t)	t "0002" "0a0b"
static const struct body {
	uint8_t		 command;
	const char	*hex;
	int		 code;
	const char	*issuer;	/* of queries that are good */
	uint8_t		 issuer_tag, serial_tag;
} bodies[] = {
	/* verify request */
	{ 1, "020001" "30", ERR_OK, NULL, 0, 0 },
	{ 1, DEVICE "020001" "30", ERR_OK, NULL, 0, 0 },
	{ 1, "020001" "30" DEVICE, ERR_OK, NULL, 0, 0 },
	{ 1, "020001" "30" "060002" "0102" "ff0000", ERR_OK, NULL, 0, 0 },
	{ 1, "", ERR_PROTO, NULL, 0, 0 },
	{ 1, DEVICE, ERR_PROTO, NULL, 0, 0 },
	{ 1, "020000", ERR_PROTO, NULL, 0, 0 },
	{ 1, "020001" "30" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "020002" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "0200", ERR_PROTO, NULL, 0, 0 },
	{ 1, "01000f" "014142" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "010000" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "010001" "01" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "010003" "014100" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "010003" "014120" "020001" "30", ERR_PROTO, NULL, 0, 0 },
	{ 1, "010003" "024120" "020001" "30", ERR_OK, NULL, 0, 0 },
	/* query: the tags of issuer and serial do not count */
	{ 3, SUBJ ISS("04") SER("05"), ERR_OK, "CN=b", 4, 5 },
	{ 3, SUBJ ISS("05") SER("04"), ERR_OK, "CN=b", 5, 4 },
	{ 3, SUBJ ISS("0a") SER("0b"), ERR_OK, "CN=b", 10, 11 },
	{ 3, ISS("04") SER("05"), ERR_OK, "CN=b", 4, 5 },
	{ 3, DEVICE SUBJ SER("05"), ERR_OK, "", 0, 5 },
	{ 3, SUBJ ISS("04") "060001" "01" SER("05"), ERR_OK, "CN=b", 4, 5 },
	{ 3, SUBJ ISS("04"), ERR_PROTO, NULL, 0, 0 },
	{ 3, SUBJ ISS("04") "050000", ERR_PROTO, NULL, 0, 0 },
	{ 3, SER("05"), ERR_PROTO, NULL, 0, 0 },
	{ 3, "030004" "434e3d61" ISS("04") SER("05"), ERR_PROTO, NULL, 0, 0 },
	{ 3, "", ERR_PROTO, NULL, 0, 0 },
	/* answers */
	{ 2, "070001" "00", ERR_OK, NULL, 0, 0 },
	{ 2, "070001" "01", ERR_OK, NULL, 0, 0 },
	{ 2, "070001" "02", ERR_PROTO, NULL, 0, 0 },
	{ 2, "070000", ERR_PROTO, NULL, 0, 0 },
	{ 2, "070002" "0000", ERR_PROTO, NULL, 0, 0 },
	{ 2, "", ERR_PROTO, NULL, 0, 0 },
	{ 2, "080001" "03", ERR_PROTO, NULL, 0, 0 },
	{ 2, "070001" "00" "080000" "090004" "00000001", ERR_OK, NULL, 0, 0 },
	{ 2, "070001" "00" "090003" "000001", ERR_PROTO, NULL, 0, 0 },
	{ 2, "070001" "00" "090005" "0000000001", ERR_PROTO, NULL, 0, 0 },
	{ 2, "070001" "00" "080011" "0000000000000000000000000000000000",
	    ERR_PROTO, NULL, 0, 0 },
	{ 4, "070001" "00", ERR_PROTO, NULL, 0, 0 },	/* no certificate */
	{ 4, "070001" "01", ERR_OK, NULL, 0, 0 },
	{ 4, "070001" "00" "020001" "30", ERR_OK, NULL, 0, 0 },
	/* seventeen elements */
	{ 2, "070001" "00" "100000" "110000" "120000" "130000" "140000"
	    "150000" "160000" "170000" "180000" "190000" "1a0000" "1b0000"
	    "1c0000" "1d0000" "1e0000", ERR_OK, NULL, 0, 0 },
	{ 2, "070001" "00" "100000" "110000" "120000" "130000" "140000"
	    "150000" "160000" "170000" "180000" "190000" "1a0000" "1b0000"
	    "1c0000" "1d0000" "1e0000" "1f0000", ERR_PROTO, NULL, 0, 0 },
};

START_TEST(body)
{
	const struct body *b = &bodies[_i];
	size_t n = strlen(b->hex) / 2;
	uint8_t *buf = malloc(TVS_HEADER + n);
	const uint8_t start[TVS_HEADER] = {
		0x57, 1, b->command, 0xf7, 0, 0, 0, 9, 0, (uint8_t)n,
	};
	struct tvs_msg m;

	ck_assert_ptr_nonnull(buf);
	memcpy(buf, start, sizeof(start));
	if (n > 0)
		ck_assert(str_unhex(b->hex, buf + TVS_HEADER, n));
	ck_assert_msg(tvs_msg_parse(&m, buf, TVS_HEADER + n, NULL) == b->code,
	    "%u %s", b->command, b->hex);
	if (b->issuer != NULL) {
		assert_bytes(&m.issuer, b->issuer, strlen(b->issuer));
		assert_bytes(&m.serial, "\x0a\x0b", 2);
		ck_assert_uint_eq(m.issuer_tag, b->issuer_tag);
		ck_assert_uint_eq(m.serial_tag, b->serial_tag);
	}
	free(buf);
}
END_TEST

static const struct {
	const char	*sent, *device;
} devices[] = {
	{ "CP-8861-SEP0011223344AA", "SEP0011223344AA" },
	{ "CP-8851NR-SEP0011223344aa", "SEP0011223344AA" },
	{ "CP-7925G-SEP0011223344AA", "SEP0011223344AA" },
	{ "SEP0011223344AA", "SEP0011223344AA" },
	{ "Softphone_7", "Softphone_7" },
	{ "CP-8861-", "CP-8861-" },
	{ "CP-8861-SEP00112233", "CP-8861-SEP00112233" },
	{ "a b", "" },
	{ "\x02" "SEP0011223344AA", "" },
	{ "", "" },
};

START_TEST(device)
{
	struct tvs_msg m = { .device = text(devices[_i].sent) };
	char out[TVS_DEVICE_MAX + 1];

	tvs_device(&m, out);
	ck_assert_str_eq(out, devices[_i].device);
}
END_TEST

/* What has no written form. */
START_TEST(build_refused)
{
	static uint8_t big[CERT_DER_MAX + 1];
	const struct tvs_bytes der = { big, 1 }, long_der = { big,
	    sizeof(big) };
	static char name[TVS_NAME_MAX + 2];
	const struct tvs_msg bad[] = {
		{ .command = (enum tvs_command)0, .der = der },
		{ .command = (enum tvs_command)5, .der = der },
		{ .command = TVS_VERIFY_REQUEST },
		{ .command = TVS_VERIFY_REQUEST, .der = long_der },
		{ .command = TVS_VERIFY_REQUEST, .der = der,
		    .device = text("a b") },
		{ .command = TVS_QUERY_REQUEST, .serial = der },
		{ .command = TVS_QUERY_REQUEST, .issuer = text("CN=a") },
		{ .command = TVS_QUERY_REQUEST, .serial = der,
		    .issuer = text(name) },
		{ .command = TVS_QUERY_ANSWER },
		{ .command = TVS_VERIFY_ANSWER, .nroles = TVS_ROLES_MAX + 1 },
	};
	uint8_t buf[TVS_MSG_MAX];
	size_t n;

	memset(name, 'a', sizeof(name) - 1);
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct tvs_msg m = bad[i];

		if (i == 7)
			m.issuer = text(name);
		ck_assert_msg(tvs_msg_build(&m, buf, &n, NULL) == ERR_ARG,
		    "%zu", i);
		ck_assert_uint_eq(n, 0);
	}
}
END_TEST

/* The largest of everything fits, and "not valid" is its status alone. */
START_TEST(build_bounds)
{
	static uint8_t der[CERT_DER_MAX];
	struct tvs_msg m = {
		.command = TVS_QUERY_ANSWER, .session = UINT32_MAX,
		.der = { der, sizeof(der) }, .nroles = TVS_ROLES_MAX,
		.ttl = UINT32_MAX,
	}, got;
	uint8_t buf[TVS_MSG_MAX];
	size_t n;

	ck_assert_int_eq(tvs_msg_build(&m, buf, &n, NULL), ERR_OK);
	ck_assert_int_eq(tvs_msg_parse(&got, buf, n, NULL), ERR_OK);
	ck_assert_uint_eq(got.ttl, UINT32_MAX);
	ck_assert_uint_eq(got.session, UINT32_MAX);
	ck_assert_uint_eq(got.nroles, TVS_ROLES_MAX);
	ck_assert_uint_eq(got.der.len, sizeof(der));
	m.status = TVS_INVALID;
	ck_assert_int_eq(tvs_msg_build(&m, buf, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, TVS_HEADER + 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tvs_msg");
	TCase *tc = tcase_create("tvs_msg");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, golden_request, 0, N_OF(vectors));
	tcase_add_loop_test(tc, golden_answer, 0, N_OF(vectors));
	tcase_add_loop_test(tc, cut_and_over_long, 0, 2 * N_OF(vectors));
	tcase_add_loop_test(tc, header, 0, N_OF(headers));
	tcase_add_loop_test(tc, body, 0, N_OF(bodies));
	tcase_add_loop_test(tc, device, 0, N_OF(devices));
	tcase_add_test(tc, build_refused);
	tcase_add_test(tc, build_bounds);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
