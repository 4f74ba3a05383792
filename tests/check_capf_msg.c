/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Certificate Authority Proxy Function against the recorded
 * sessions, both ways, and what must not be taken.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/capf_data.h"
#include "tests/certs_data.h"

#define DEVICE	"SEP0011223344AA"

static const struct vector {
	const char	*file;
	const char	*device, *password;
	uint32_t	 session;
	uint8_t		 commands[CAPF_SESSION_MAX];
	uint8_t		 end;		/* reason */
} vectors[] = {
	{ "install-rsa2048-nullstring", DEVICE, "", 1,
	    { 1, 2, 3, 17, 4, 9, 10, 15 }, 1 },
	{ "install-rsa2048-password", DEVICE, "1234567", 2,
	    { 1, 2, 3, 17, 4, 9, 10, 15 }, 1 },
	{ "password-wrong", DEVICE, "7654321", 3, { 1, 2, 15 }, 7 },
	{ "fetch-certificate-auth", DEVICE, "", 4, { 1, 2, 11, 12, 15 }, 0 },
	{ "none", DEVICE, "", 5, { 1, 2, 15 }, 0 },
	{ "unknown-device", "SEP00AABBCCDDEE", "", 6, { 1, 2, 15 }, 9 },
	{ "install-ec-secp384r1", DEVICE, "", 7,
	    { 1, 2, 3, 17, 4, 9, 10, 15 }, 1 },
	{ "delete", DEVICE, "", 8, { 1, 2, 13, 14, 15 }, 1 },
};

static void
assert_text(const struct capf_bytes *b, const char *s)
{
	ck_assert_ptr_nonnull(b->p);
	ck_assert_uint_eq(b->len, strlen(s));
	ck_assert_int_eq(memcmp(b->p, s, b->len), 0);
}

static void
assert_cert(const struct capf_bytes *b)
{
	struct err e = { 0 };
	struct cert *c = cert_from_der(b->p, b->len, &e);

	ck_assert_msg(c != NULL, "%s", e.msg);
	cert_free(c);
}

static void
assert_auth(const struct capf_msg *m, const struct vector *v)
{
	ck_assert(m->has_device && m->has_version && m->has_reason);
	assert_text(&m->device, v->device);
	ck_assert_uint_eq(m->version, CAPF_VERSION);
	ck_assert_uint_eq(m->reason, CAPF_REASON_OK);
	if (m->cert.p == NULL) {
		ck_assert(m->has_password);
		assert_text(&m->password, v->password);
		return;
	}
	assert_cert(&m->cert);
	assert_cert(&m->sudi_cert);
	ck_assert_uint_eq(m->signed1.len, 256);
	ck_assert_uint_eq(m->signed512.len, 256);
	ck_assert_uint_eq(m->sudi_sig1.len, 256);
	ck_assert_uint_eq(m->sudi_sig512.len, 256);
}

/* What each command carries in these sessions. */
static void
assert_message(const struct capf_msg *m, const struct vector *v)
{
	bool ec = v->session == 7;

	switch (m->command) {
	case CAPF_AUTH_REQUEST:
		ck_assert(m->has_version && m->has_auth_type);
		ck_assert_uint_eq(m->version, CAPF_VERSION);
		ck_assert_uint_eq(m->auth_type, 0);
		break;
	case CAPF_AUTH_RESPONSE:
		assert_auth(m, v);
		break;
	case CAPF_KEY_REQUEST:
		ck_assert(m->has_key_type);
		ck_assert_uint_eq(m->key_type, ec);
		ck_assert_int_eq(m->has_curve, ec);
		ck_assert_int_eq(m->has_key_bits, !ec);
		ck_assert_uint_eq(ec ? m->curve : m->key_bits, ec ? 1 : 2048);
		break;
	case CAPF_KEY_RESPONSE:
		ck_assert_uint_eq(m->spki.len, ec ? 120 : 294);
		break;
	case CAPF_STORE_REQUEST:
		ck_assert(m->has_cert_type);
		ck_assert_uint_eq(m->cert_type, CAPF_CERT_LSC);
		assert_cert(&m->cert);
		break;
	case CAPF_FETCH_RESPONSE:
		assert_cert(&m->cert);
		ck_assert_uint_eq(m->reason, CAPF_REASON_OK);
		break;
	case CAPF_END_SESSION:
		ck_assert(m->has_reason);
		ck_assert_uint_eq(m->reason, v->end);
		break;
	}
}

START_TEST(golden)
{
	const struct vector *v = &vectors[_i];
	uint8_t again[CAPF_MSG_MAX];
	struct capf_session s;
	struct err e = { 0 };
	size_t n;

	capf_session_read(&s, v->file);
	for (size_t i = 0; i < s.n; i++) {
		struct capf_msg m;

		ck_assert_msg(capf_msg_parse(&m, s.msg[i].buf, s.msg[i].len,
		    &e) == ERR_OK, "%s %zu: %s", v->file, i, e.msg);
		ck_assert_uint_eq(m.command, v->commands[i]);
		ck_assert_uint_eq(m.session, v->session);
		ck_assert_uint_eq(m.nunknown, 0);
		assert_message(&m, v);
		ck_assert_int_eq(capf_msg_build(&m, again, &n, &e), ERR_OK);
		ck_assert_uint_eq(n, s.msg[i].len);
		ck_assert_mem_eq(again, s.msg[i].buf, n);
	}
	ck_assert_uint_eq(v->commands[s.n], 0);
	capf_session_clear(&s);
}
END_TEST

/* Cut anywhere, or a byte more: no message, and need says how many. */
START_TEST(cut_and_over_long)
{
	struct capf_session s;
	struct capf_msg m;
	size_t need;

	capf_session_read(&s, vectors[_i].file);
	for (size_t i = 0; i < s.n; i++) {
		size_t len = s.msg[i].len;
		uint8_t *more = calloc(1, len + 1), *buf = s.msg[i].buf;

		ck_assert_ptr_nonnull(more);
		for (size_t n = 0; n < len; n++) {
			ck_assert_int_eq(capf_msg_need(buf, n, &need, NULL),
			    ERR_OK);
			ck_assert_uint_eq(need, n < CAPF_HEADER ? CAPF_HEADER :
			    len);
			ck_assert_int_eq(capf_msg_parse(&m, buf, n, NULL),
			    ERR_PROTO);
		}
		memcpy(more, buf, len);
		ck_assert_int_eq(capf_msg_parse(&m, more, len + 1, NULL),
		    ERR_PROTO);
		free(more);
	}
	capf_session_clear(&s);
}
END_TEST

static const struct {
	const char	*hex;
	int		 code;
} headers[] = {
	{ "", ERR_OK },
	{ "54", ERR_PROTO },
	{ "57", ERR_PROTO },
	{ "16", ERR_PROTO },			/* TLS in TLS */
	{ "55", ERR_OK },
	{ "5500", ERR_PROTO },
	{ "5501", ERR_OK },
	{ "5517", ERR_OK },			/* 23: has a name */
	{ "5518", ERR_PROTO },
	{ "55ff", ERR_PROTO },
	{ "5502000000000000", ERR_OK },
	{ "5502ffffffff4000", ERR_OK },
	{ "5502ffffffff4001", ERR_PROTO },	/* one too many */
	{ "550200000001ffff", ERR_PROTO },
};

START_TEST(header)
{
	uint8_t buf[CAPF_HEADER];
	size_t need, n = strlen(headers[_i].hex) / 2;

	ck_assert(str_unhex(headers[_i].hex, buf, n));
	ck_assert_int_eq(capf_msg_need(buf, n, &need, NULL),
	    headers[_i].code);
	if (headers[_i].code == ERR_OK && n == CAPF_HEADER)
		ck_assert_uint_eq(need, CAPF_HEADER + (buf[6] << 8));
}
END_TEST

/* Bodies of an authentication response; certificates need not be ones. */
#define NAME	"0d0002" "4100"		/* "A" */
#define ELEMENTS_30 "1e0000" "1f0000" "200000" "210000" "220000" "230000" \
	"240000" "250000" "260000" "270000" "280000" "290000" "2a0000" \
	"2b0000" "2c0000" "2d0000" "2e0000" "2f0000" "300000" "310000" \
	"320000" "330000" "340000" "350000" "360000" "370000" "380000" \
	"390000" "3a0000" "3b0000"
static const struct {
	const char	*hex;
	int		 code;
	size_t		 nunknown;
} bodies[] = {
	{ "", ERR_OK, 0 },
	{ NAME, ERR_OK, 0 },
	{ "070001" "03" NAME "010001" "01", ERR_OK, 0 },	/* [J] */
	{ "0d0001" "00", ERR_OK, 0 },
	{ "0d0000", ERR_PROTO, 0 },
	{ "0d0001" "41", ERR_PROTO, 0 },
	{ "0d0003" "410000", ERR_PROTO, 0 },
	{ "0d0004" "41004100", ERR_PROTO, 0 },
	{ "0b0001" "00" NAME, ERR_OK, 0 },
	{ "0b0002" "3131", ERR_PROTO, 0 },
	{ "0b0000", ERR_PROTO, 0 },
	/* numbers of other sizes */
	{ "010000", ERR_PROTO, 0 },
	{ "010002" "0001", ERR_PROTO, 0 },
	{ "030002" "0001", ERR_PROTO, 0 },
	{ "070002" "0003", ERR_PROTO, 0 },
	{ "080000", ERR_PROTO, 0 },
	{ "0a0001" "08", ERR_PROTO, 0 },
	{ "0a0003" "000800", ERR_PROTO, 0 },
	{ "110002" "0000", ERR_PROTO, 0 },
	{ "120000", ERR_PROTO, 0 },
	/* lengths */
	{ "01", ERR_PROTO, 0 },
	{ "0100", ERR_PROTO, 0 },
	{ "010001", ERR_PROTO, 0 },
	{ "01ffff" "01", ERR_PROTO, 0 },
	{ "010001" "0101", ERR_PROTO, 0 },
	/* twice */
	{ "010001" "01" "010001" "01", ERR_PROTO, 0 },
	{ NAME "010001" "01" NAME, ERR_PROTO, 0 },
	{ "630000" "630000", ERR_PROTO, 0 },
	/* not known */
	{ "020003" "616200" NAME, ERR_OK, 1 },
	{ "050000" "0c0004" "0000001e" "130001" "03", ERR_OK, 3 },
	{ "0e0000" "0f0000" "ff0002" "0102" "000000", ERR_OK, 4 },
	/* the certificate's inner header */
	{ "040006" "010003" "0001" "30", ERR_OK, 0 },
	{ "040006" "010003" "0002" "30", ERR_OK, 0 },
	{ "040006" "020003" "0001" "30", ERR_PROTO, 0 },
	{ "040006" "010002" "0001" "30", ERR_PROTO, 0 },
	{ "040006" "010004" "0001" "30", ERR_PROTO, 0 },
	{ "040005" "010002" "0001", ERR_PROTO, 0 },
	{ "040004" "010001" "00", ERR_PROTO, 0 },
	{ "040003" "010000", ERR_PROTO, 0 },
	{ "040000", ERR_PROTO, 0 },
	{ "04000c" "010003" "0001" "30" "010003" "0001" "30", ERR_PROTO, 0 },
	/* the second signature's */
	{ "140004" "030001" "aa", ERR_OK, 0 },
	{ "140004" "020001" "aa", ERR_PROTO, 0 },
	{ "140004" "030002" "aa", ERR_PROTO, 0 },
	{ "140005" "030001" "aaaa", ERR_PROTO, 0 },
	{ "140000", ERR_PROTO, 0 },
	/* SUDI */
	{ "10000c" "000001" "30" "010001" "aa" "030001" "bb", ERR_OK, 0 },
	{ "10000c" "030001" "bb" "010001" "aa" "000001" "30", ERR_OK, 0 },
	{ "100004" "000001" "30", ERR_OK, 0 },
	{ "100008" "010001" "aa" "030001" "bb", ERR_PROTO, 0 },
	{ "100008" "000001" "30" "000001" "30", ERR_PROTO, 0 },
	{ "100003" "000000", ERR_PROTO, 0 },
	{ "100008" "000001" "30" "020001" "aa", ERR_PROTO, 0 },
	{ "100008" "000001" "30" "010002" "aa", ERR_PROTO, 0 },
	{ "100000", ERR_PROTO, 0 },
	/* thirty-two, and one more */
	{ ELEMENTS_30 "3c0000" "3d0000", ERR_OK, 8 },
	{ ELEMENTS_30 "3c0000" "3d0000" "3e0000", ERR_PROTO, 0 },
};

START_TEST(body)
{
	const char *hex = bodies[_i].hex;
	size_t n = strlen(hex) / 2;
	uint8_t *buf = malloc(CAPF_HEADER + n);
	const uint8_t start[CAPF_HEADER] = { 0x55, CAPF_AUTH_RESPONSE, 0, 0,
	    0, 9, 0, (uint8_t)n };
	struct capf_msg m;

	ck_assert_ptr_nonnull(buf);
	memcpy(buf, start, sizeof(start));
	if (n > 0)
		ck_assert(str_unhex(hex, buf + CAPF_HEADER, n));
	ck_assert_msg(capf_msg_parse(&m, buf, CAPF_HEADER + n, NULL) ==
	    bodies[_i].code, "%s", hex);
	if (bodies[_i].code == ERR_OK)
		ck_assert_uint_eq(m.nunknown, bodies[_i].nunknown);
	free(buf);
}
END_TEST

static struct capf_bytes
text(const char *s)
{
	return (struct capf_bytes){ (const uint8_t *)s, strlen(s) };
}

/* A message with every element, whose texts are as long as they may be. */
static struct capf_msg
full(char name[CAPF_DEVICE_MAX + 2], char password[CAPF_PASSWORD_MAX + 2])
{
	memset(name, 'n', CAPF_DEVICE_MAX);
	name[CAPF_DEVICE_MAX] = '\0';
	memset(password, '7', CAPF_PASSWORD_MAX);
	password[CAPF_PASSWORD_MAX] = '\0';
	return (struct capf_msg){
		.command = CAPF_AUTH_RESPONSE, .session = UINT32_MAX,
		.has_reason = true, .reason = 255,
		.has_version = true, .version = 255,
		.has_auth_type = true, .auth_type = 4,
		.has_cert_type = true, .cert_type = CAPF_CERT_MIC,
		.has_key_bits = true, .key_bits = UINT16_MAX,
		.has_key_type = true, .key_type = 1,
		.has_curve = true, .curve = 2,
		.has_password = true, .password = text(password),
		.has_device = true, .device = text(name),
		.cert = text("c"), .signed1 = text("s"),
		.signed512 = text(""), .spki = text("k"),
		.sudi_cert = text("u"), .sudi_sig1 = text("v"),
		.sudi_sig512 = text("w"),
	};
}

START_TEST(all_elements)
{
	char name[CAPF_DEVICE_MAX + 2], password[CAPF_PASSWORD_MAX + 2];
	struct capf_msg m = full(name, password), got;
	uint8_t buf[CAPF_MSG_MAX], again[CAPF_MSG_MAX];
	size_t n, len, last = 0;

	ck_assert_int_eq(capf_msg_build(&m, buf, &n, NULL), ERR_OK);
	ck_assert_int_eq(capf_msg_parse(&got, buf, n, NULL), ERR_OK);
	assert_text(&got.device, name);
	assert_text(&got.password, password);
	assert_text(&got.cert, "c");
	assert_text(&got.signed1, "s");
	assert_text(&got.signed512, "");
	assert_text(&got.spki, "k");
	assert_text(&got.sudi_cert, "u");
	assert_text(&got.sudi_sig1, "v");
	assert_text(&got.sudi_sig512, "w");
	ck_assert_uint_eq(got.key_bits, UINT16_MAX);
	ck_assert_uint_eq(got.session, UINT32_MAX);
	ck_assert_int_eq(capf_msg_build(&got, again, &len, NULL), ERR_OK);
	ck_assert_uint_eq(len, n);
	ck_assert_mem_eq(again, buf, n);
	for (size_t at = CAPF_HEADER; at < n;
	    at += 3 + ((size_t)buf[at + 1] << 8 | buf[at + 2])) {
		ck_assert_uint_gt(buf[at], last);	/* ascending */
		last = buf[at];
	}
	ck_assert_uint_eq(last, 20);
}
END_TEST

/* Texts one longer than they may be are not taken either. */
START_TEST(text_bounds)
{
	static const struct { uint8_t tag; size_t max; } texts[] = {
		{ 11, CAPF_PASSWORD_MAX }, { 13, CAPF_DEVICE_MAX },
	};
	uint8_t buf[CAPF_HEADER + 3 + CAPF_DEVICE_MAX + 2];
	struct capf_msg m;

	for (size_t i = 0; i < N_OF(texts); i++)
		for (size_t more = 0; more < 2; more++) {
			size_t len = texts[i].max + more + 1;
			const uint8_t start[] = { 0x55, 2, 0, 0, 0, 1,
			    (uint8_t)((len + 3) >> 8), (uint8_t)(len + 3),
			    texts[i].tag, (uint8_t)(len >> 8), (uint8_t)len };

			memset(buf, '1', sizeof(buf));
			memcpy(buf, start, sizeof(start));
			buf[sizeof(start) + len - 1] = 0;
			ck_assert_int_eq(capf_msg_parse(&m, buf,
			    sizeof(start) + len, NULL), more == 0 ? ERR_OK :
			    ERR_PROTO);
		}
}
END_TEST

/* What has no written form. */
START_TEST(build_refused)
{
	static uint8_t big[CAPF_BODY_MAX + 1];
	char name[CAPF_DEVICE_MAX + 2], password[CAPF_PASSWORD_MAX + 2];
	uint8_t buf[CAPF_MSG_MAX];
	size_t n;

	for (int i = 0; i < 9; i++) {
		struct capf_msg m = full(name, password);

		switch (i) {
		case 0:
			m.command = 0;
			break;
		case 1:
			m.command = 24;
			break;
		case 2:
			m.device.len = CAPF_DEVICE_MAX + 1;
			break;
		case 3:
			m.password.len = CAPF_PASSWORD_MAX + 1;
			break;
		case 4:
			name[3] = '\0';
			break;
		case 5:
			m.cert.len = 0;
			break;
		case 6:
			m.sudi_cert.p = NULL;
			break;
		case 7:
			m.cert = (struct capf_bytes){ big, sizeof(big) };
			break;
		case 8:
			m.spki = (struct capf_bytes){ big, CAPF_BODY_MAX };
			break;
		}
		ck_assert_msg(capf_msg_build(&m, buf, &n, NULL) == ERR_ARG,
		    "%d", i);
		ck_assert_uint_eq(n, 0);
	}
}
END_TEST

/* The largest body there is. */
START_TEST(build_largest)
{
	static uint8_t big[CAPF_BODY_MAX - 3];
	struct capf_msg m = { .command = CAPF_KEY_RESPONSE, .session = 1,
	    .spki = { big, sizeof(big) } }, got;
	uint8_t buf[CAPF_MSG_MAX];
	size_t n;

	ck_assert_int_eq(capf_msg_build(&m, buf, &n, NULL), ERR_OK);
	ck_assert_uint_eq(n, CAPF_MSG_MAX);
	ck_assert_int_eq(capf_msg_parse(&got, buf, n, NULL), ERR_OK);
	ck_assert_uint_eq(got.spki.len, sizeof(big));
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(capf_command_name(CAPF_AUTH_REQUEST),
	    "authentication request");
	ck_assert_str_eq(capf_command_name(CAPF_STORE_RESPONSE),
	    "store certificate response");
	ck_assert_str_eq(capf_command_name(23), "sign certificate response");
	ck_assert_str_eq(capf_command_name(0), "unknown command");
	ck_assert_str_eq(capf_command_name(24), "unknown command");
	ck_assert_str_eq(capf_command_name(255), "unknown command");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("capf_msg");
	TCase *tc = tcase_create("capf_msg");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, golden, 0, N_OF(vectors));
	tcase_add_loop_test(tc, cut_and_over_long, 0, N_OF(vectors));
	tcase_add_loop_test(tc, header, 0, N_OF(headers));
	tcase_add_loop_test(tc, body, 0, N_OF(bodies));
	tcase_add_test(tc, all_elements);
	tcase_add_test(tc, text_bounds);
	tcase_add_test(tc, build_refused);
	tcase_add_test(tc, build_largest);
	tcase_add_test(tc, names);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
