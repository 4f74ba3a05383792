/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hashes of passwords: vectors of others, what is made here, what is refused.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "crypt/password.h"

/* By openssl passwd -6, by the description of SHA-crypt (0.6), and RFC 2307's
 * forms as openssl dgst makes them. */
static const struct vector {
	const char		*hash, *text;
	enum password_form	 form;
	int64_t			 rounds;
} vectors[] = {
	{ "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uB"
	    "nIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", "Hello world!",
	    PASSWORD_SHA512_CRYPT, 5000 },
	{ "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0s"
	    "bHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
	    "Hello world!", PASSWORD_SHA512_CRYPT, 10000 },
	{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret", PASSWORD_SHA, 0 },
	{ "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", "secret", PASSWORD_SSHA,
	    0 },
	{ "{ssha}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", "secret", PASSWORD_SSHA,
	    0 },
	{ "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", "secret", PASSWORD_SHA,
	    0 },
	{ "E5E9FA1BA31ECD1AE84F75CAAA474F3A663F05F4", "secret", PASSWORD_SHA,
	    0 },
};

START_TEST(vector)
{
	const struct vector *v = &vectors[_i];
	struct err e = { 0 };
	struct password p, q;
	bool right;

	ck_assert_msg(password_parse(v->hash, &p, &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(p.form, v->form);
	ck_assert_int_eq(p.rounds, v->rounds);
	ck_assert_int_eq(password_check(&p, v->text, &right, &e), ERR_OK);
	ck_assert(right);
	ck_assert_int_eq(password_check(&p, "Hello world", &right, &e),
	    ERR_OK);
	ck_assert(!right);
	ck_assert_int_eq(password_check(&p, "", &right, &e), ERR_OK);
	ck_assert(!right);
	/* One form of each. */
	ck_assert_int_eq(password_parse(p.hash, &q, &e), ERR_OK);
	ck_assert_str_eq(p.hash, q.hash);
	ck_assert(password_is_old(&p, v->rounds + 1));
	ck_assert(password_is_old(&p, v->rounds) == (v->rounds == 0));
}
END_TEST

#define HASH86	"svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uB" \
    "nIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
static const char *const bad[] = {
	"", "secret", "$1$saltstri$8888888888888888888888", "$6$", "$6$$" HASH86,
	"$6$saltstring$", "$6$saltstring$" HASH86 "x",
	"$6$salt:tring$" HASH86, "$6$saltstringsaltstr$" HASH86,
	"$6$rounds=05000$salt$" HASH86,
	"$6$rounds=999$salt$" HASH86, "$6$rounds=1000001$salt$" HASH86,
	"$6$rounds=99999999999999999999$salt$" HASH86,
	"$6$rounds=$salt$" HASH86, "$6$rounds=5000salt$" HASH86,
	"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uB"
	"nIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35in\n1",
	"{SHA}", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ",
	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ==",
	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfR=",	/* bits left over */
	"{SHA}5en6G6MezRroT3XKqkdPOmY/BQ==",
	"{SHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0",
	"{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
	"{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx 0",
	"{SSHA256}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0",
	"e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f",
	"e5e9fa1ba31ecd1ae84f75caaa474f3a663f05fg",
	"5ebe2294ecd0e0f08eab7690d2a6ee69",	/* MD5 */
};

START_TEST(refused)
{
	struct err e = { 0 };
	struct password p;

	ck_assert_int_eq(password_parse(bad[_i], &p, &e), ERR_ARG);
	ck_assert_str_eq(p.hash, "");
	ck_assert(strlen(bad[_i]) < 8 || strstr(e.msg, bad[_i]) == NULL);
}
END_TEST

static struct password
made(struct rng *rng, const char *text)
{
	struct err e = { 0 };
	struct password p;

	ck_assert_msg(password_make(text, PASSWORD_ROUNDS_MIN, rng, &p, &e) ==
	    ERR_OK, "%s", e.msg);
	return p;
}

/* For any text: its hash is read back as it was made, takes that text and no
 * text that differs in a bit, and another salt makes another one. */
START_TEST(property)
{
	char text[PASSWORD_TEXT_MAX + 1] = "";
	struct password p, q;
	struct rng_seeded s;
	struct rng rng;
	uint8_t len;
	bool right;

	rng_seeded_init(&rng, &s, (uint64_t)_i);
	ck_assert_int_eq(rng_fill(&rng, &len, 1, NULL), ERR_OK);
	ck_assert_int_eq(rng_fill(&rng, text, (size_t)len + 1, NULL), ERR_OK);
	for (size_t i = 0; i <= len; i++)
		if (text[i] == '\0')
			text[i] = 'x';
	p = made(&rng, text);
	q = made(&rng, text);
	ck_assert_str_ne(p.hash, q.hash);
	ck_assert_int_eq(password_parse(p.hash, &q, NULL), ERR_OK);
	ck_assert_int_eq(q.rounds, PASSWORD_ROUNDS_MIN);
	ck_assert(!password_is_old(&q, PASSWORD_ROUNDS_MIN));
	ck_assert_int_eq(password_check(&q, text, &right, NULL), ERR_OK);
	ck_assert(right);
	text[len / 2] = (char)(text[len / 2] ^ (text[len / 2] == 1 ? 2 : 1));
	ck_assert_int_eq(password_check(&q, text, &right, NULL), ERR_OK);
	ck_assert(!right);
}
END_TEST

/* {SSHA} of any salt, made here by its definition. */
START_TEST(property_ssha)
{
	uint8_t raw[20 + 64], in[80] = "secret";
	struct rng_seeded s;
	struct password p;
	char text[160] = "{SSHA}";
	struct rng rng;
	size_t n = (size_t)_i;
	bool right;

	rng_seeded_init(&rng, &s, n);
	ck_assert_int_eq(rng_fill(&rng, raw + 20, n, NULL), ERR_OK);
	memcpy(in + 6, raw + 20, n);
	ck_assert_int_eq(digest_buf(DIGEST_SHA1, in, 6 + n, raw, NULL),
	    ERR_OK);
	str_base64(raw, 20 + n, text + 6);
	ck_assert_int_eq(password_parse(text, &p, NULL), ERR_OK);
	ck_assert_int_eq(password_check(&p, "secret", &right, NULL), ERR_OK);
	ck_assert(right);
	ck_assert_int_eq(password_check(&p, "Secret", &right, NULL), ERR_OK);
	ck_assert(!right);
	/* Cut anywhere it is another one, or none. */
	for (size_t cut = strlen(text); cut-- > 0;) {
		text[cut] = '\0';
		if (password_parse(text, &p, NULL) == ERR_OK) {
			ck_assert_int_eq(password_check(&p, "secret", &right,
			    NULL), ERR_OK);
			ck_assert(!right);
		}
	}
}
END_TEST

START_TEST(bounds)
{
	char text[PASSWORD_TEXT_MAX + 2];
	struct rng_seeded s;
	struct err e = { 0 };
	struct password p;
	struct rng rng;
	bool right = true;

	rng_seeded_init(&rng, &s, 1);
	memset(text, 'x', sizeof(text));
	text[PASSWORD_TEXT_MAX + 1] = '\0';
	ck_assert_int_eq(password_make(text, 5000, &rng, &p, &e), ERR_ARG);
	ck_assert_int_eq(password_make("", 5000, &rng, &p, &e), ERR_ARG);
	ck_assert_int_eq(password_make("a", 4999, &rng, &p, &e), ERR_ARG);
	ck_assert_int_eq(password_make("a", 1000001, &rng, &p, &e), ERR_ARG);
	text[PASSWORD_TEXT_MAX] = '\0';
	p = made(&rng, text);
	text[PASSWORD_TEXT_MAX] = 'x';
	ck_assert_int_eq(password_check(&p, text, &right, &e), ERR_OK);
	ck_assert(!right);
}
END_TEST

#define LOOP(t, name, table) tcase_add_loop_test(t, name, 0, \
	(int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("password");
	TCase *t = tcase_create("password");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	LOOP(t, vector, vectors);
	LOOP(t, refused, bad);
	tcase_add_loop_test(t, property, 0, 20);
	tcase_add_loop_test(t, property_ssha, 1, 65);
	tcase_add_test(t, bounds);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
