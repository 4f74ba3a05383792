/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which trust lists a phone accepts.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/accept_fixture.h"

static const struct {
	const char		*file;
	enum accept_list_kind	 kind;
	size_t			 stride;	/* from byte to byte changed */
} lists[] = {
	{ "trust-list/ITLFile.sha1.v10.tlv", ACCEPT_ITL, 3 },
	{ "trust-list/ITLFile.sha512.v10.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.sha1.v11.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.sha512.v11.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/CTLFile.sha512.tlv", ACCEPT_CTL, 11 },
	{ "trust-list/ITLFile.sastonly.tlv", ACCEPT_ITL, 3 },
	{ "trust-list/ITLFile.cucm-layout.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.rollback-stubs.tlv", ACCEPT_ITL, 5 },
};
#define NLISTS	((int)(sizeof(lists) / sizeof(lists[0])))

START_TEST(blank_takes_vectors)
{
	struct bytes b = data(lists[_i].file);
	struct accept_phone p = phone(NULL, NULL);
	struct accept_verdict v;

	ck_assert_msg(accept_list(&p, lists[_i].kind, b.buf, b.len, &v),
	    "%s: %s", lists[_i].file, v.why);
	ck_assert_int_eq(v.path, ACCEPT_BLANK);
	ck_assert_int_eq(v.step, STEP_OK);
	ck_assert_msg(strstr(v.why, "no list") != NULL, "%s", v.why);
	ck_assert_msg(strstr(v.signer, "CN=") == v.signer, "%s", v.signer);

	/* Under the other name it is refused. */
	ck_assert(!accept_list(&p, lists[_i].kind == ACCEPT_ITL ? ACCEPT_CTL :
	    ACCEPT_ITL, b.buf, b.len, &v));
	ck_assert_int_eq(v.path, ACCEPT_NONE);
	ck_assert_int_eq(v.step, STEP_NAME);
	ck_assert_ptr_nonnull(strstr(v.why, "CTLFile.tlv"));
	ck_assert_ptr_nonnull(strstr(v.why, "ITLFile.tlv"));
	free(b.buf);
}
END_TEST

/* One changed byte anywhere: neither a blank phone takes it nor one that
 * holds the very list. */
START_TEST(changed_byte_in_list)
{
	struct bytes b = data(lists[_i].file), held = data(lists[_i].file);
	bool is_ctl = lists[_i].kind == ACCEPT_CTL;
	struct accept_phone blank = phone(NULL, NULL);
	struct accept_phone p = phone(is_ctl ? &held : NULL,
	    is_ctl ? NULL : &held);
	struct accept_verdict v;
	size_t step = stride(lists[_i].stride);

	for (size_t i = 0; i < b.len; i += step) {
		b.buf[i] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(!accept_list(&blank, lists[_i].kind, b.buf,
		    b.len, &v), "%s: byte %zu", lists[_i].file, i);
		ck_assert_int_eq(v.path, ACCEPT_NONE);
		ck_assert_int_ne(v.step, STEP_OK);
		ck_assert_int_ne(v.why[0], '\0');
		if (i % 5 == 0)
			ck_assert_msg(!accept_list(&p, lists[_i].kind, b.buf,
			    b.len, &v), "%s: byte %zu", lists[_i].file, i);
		b.buf[i] ^= (uint8_t)(1 << i % 8);
	}
	ck_assert(accept_list(&blank, lists[_i].kind, b.buf, b.len, &v));
	free(b.buf);
	free(held.buf);
}
END_TEST

START_TEST(cut_list)
{
	struct accept_phone p = phone(NULL, NULL);
	struct accept_verdict v;
	uint8_t *copy;

	for (size_t n = 0; n < itl.len; n += stride(41)) {
		ck_assert_ptr_nonnull(copy = malloc(n + 1));
		memcpy(copy, itl.buf, n);
		ck_assert(!accept_list(&p, ACCEPT_ITL, copy, n, &v));
		ck_assert_int_eq(v.step, STEP_FORMAT);
		free(copy);
	}
	/* A byte too many belongs to no record. */
	ck_assert_ptr_nonnull(copy = calloc(1, itl.len + 1));
	memcpy(copy, itl.buf, itl.len);
	ck_assert(!accept_list(&p, ACCEPT_ITL, copy, itl.len + 1, &v));
	ck_assert_int_eq(v.step, STEP_FORMAT);
	free(copy);
}
END_TEST

/* Who may sign the next ITL, by what is held. */
static const struct {
	const char		*name;
	const struct bytes	*ctl, *itl;
	enum who		 signer;
	enum accept_path	 path;
	enum accept_step	 step;
	const char		*why;
} signers[] = {
	{ "first SAST", NULL, &itl, SAST, ACCEPT_SAST_ITL, STEP_OK,
	    "a SAST record of the ITL" },
	{ "second SAST", NULL, &itl, CCM, ACCEPT_SAST_ITL, STEP_OK,
	    "CN=CCM" },
	{ "stranger", NULL, &itl, STRANGER, ACCEPT_NONE, STEP_SIGNER,
	    "found CN=Stranger, serial 1122" },
	{ "stranger, what was expected", NULL, &itl, STRANGER, ACCEPT_NONE,
	    STEP_SIGNER, "ITL: CN=SAST" },
	{ "a SAST's name and serial, another key", NULL, &strangers,
	    IMPOSTOR, ACCEPT_NONE, STEP_SIGNATURE, "does not fit" },
	{ "TVS is no SAST", NULL, &itl, TVS, ACCEPT_NONE, STEP_SIGNER,
	    "CN=TVS" },
	{ "SAST of the CTL", &ctl, NULL, CCM, ACCEPT_SAST_CTL, STEP_OK,
	    "a SAST record of the CTL" },
	{ "SAST of both: the CTL is asked first", &ctl, &itl, CCM,
	    ACCEPT_SAST_CTL, STEP_OK, "" },
	{ "SAST of the ITL only", &ctl, &itl, SAST, ACCEPT_SAST_ITL, STEP_OK,
	    "" },
	{ "no SAST of the CTL", &ctl, NULL, SAST, ACCEPT_NONE, STEP_SIGNER,
	    "ITL: none" },
	{ "emptied by stubs", NULL, &stubs, STRANGER, ACCEPT_BLANK, STEP_OK,
	    "emptied ITL" },
	{ "emptied to SASTs", NULL, &sast_only, STRANGER, ACCEPT_BLANK,
	    STEP_OK, "emptied ITL" },
	{ "emptied, but a CTL is held", &ctl, &stubs, STRANGER, ACCEPT_NONE,
	    STEP_SIGNER, "" },
	{ "emptied and a CTL, by its SAST", &ctl, &sast_only, SAST,
	    ACCEPT_SAST_ITL, STEP_OK, "" },
};

START_TEST(list_signers)
{
	struct accept_phone p = phone(signers[_i].ctl, signers[_i].itl);
	struct bytes b = make_list(signers[_i].signer, signers[_i].signer ==
	    CCM ? SAST : CCM, "ITLFile.tlv");
	struct accept_verdict v;
	bool ok;

	ok = accept_list(&p, ACCEPT_ITL, b.buf, b.len, &v);
	ck_assert_msg(v.path == signers[_i].path && v.step ==
	    signers[_i].step && ok == (v.path != ACCEPT_NONE),
	    "%s: %s/%s: %s", signers[_i].name, accept_path_text(v.path),
	    accept_step_name(v.step), v.why);
	ck_assert_msg(strstr(v.why, signers[_i].why) != NULL, "%s: %s",
	    signers[_i].name, v.why);
	free(b.buf);
}
END_TEST

/* The first CTL of a phone with an ITL is no leap of faith. */
START_TEST(first_ctl)
{
	struct accept_phone p = phone(NULL, &itl);
	struct bytes by_ccm = make_list(CCM, SAST, "CTLFile.tlv");
	struct bytes by_stranger = make_list(STRANGER, CCM, "CTLFile.tlv");
	struct accept_verdict v;

	ck_assert(accept_list(&p, ACCEPT_CTL, by_ccm.buf, by_ccm.len, &v));
	ck_assert_int_eq(v.path, ACCEPT_SAST_ITL);
	ck_assert(!accept_list(&p, ACCEPT_CTL, by_stranger.buf,
	    by_stranger.len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	free(by_ccm.buf);
	free(by_stranger.buf);
}
END_TEST

START_TEST(held_unreadable)
{
	static uint8_t junk[] = { 1, 0, 2, 1, 2, 0 };
	struct bytes bad = { junk, sizeof(junk) }, empty = { junk, 0 };
	const struct bytes *held[] = { &bad, &empty };
	struct accept_verdict v;

	for (size_t i = 0; i < 4; i++) {
		struct accept_phone p = phone(i < 2 ? held[i % 2] : NULL,
		    i < 2 ? NULL : held[i % 2]);
		const uint8_t *pl;
		size_t n;

		ck_assert(!accept_list(&p, ACCEPT_ITL, itl.buf, itl.len, &v));
		ck_assert_int_eq(v.step, STEP_FORMAT);
		ck_assert_ptr_nonnull(strstr(v.why, "holds cannot be read"));
		ck_assert(!accept_file(&p, "a.xml", junk, 1, &pl, &n, &v));
		ck_assert_int_eq(v.step, STEP_FORMAT);
		ck_assert_ptr_null(pl);
		ck_assert(!accept_wants_signed(&p));
	}
}
END_TEST

/* Records of two lists under one header: more SASTs than list_build makes. */
START_TEST(many_sasts)
{
	struct list *a = list_parse(itl.buf, itl.len, NULL);
	struct list *b = list_parse(sast_only.buf, sast_only.len, NULL);
	struct tlv_build t = {
		.version = 0x0102, .has_signer_version = true,
		.signer_version = 0x0100, .order = TLV_ORDER_PEER,
		.names = CERT_NAME_COMMA, .signer = cert[SAST],
		.digest = DIGEST_SHA1, .file_name = "ITLFile.tlv",
		.timestamp = T0,
	};
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;
	struct bytes body, out;

	body.len = itl.len - a->h.length + sast_only.len - b->h.length;
	ck_assert_ptr_nonnull(body.buf = malloc(body.len));
	memcpy(body.buf, itl.buf + a->h.length, itl.len - a->h.length);
	memcpy(body.buf + itl.len - a->h.length,
	    sast_only.buf + b->h.length, sast_only.len - b->h.length);
	ck_assert_int_eq(tlv_file_build(&t, body.buf, body.len, keys,
	    TLV_FILE_MAX, &out.buf, &out.len, NULL), ERR_OK);
	ck_assert_msg(accept_list(&p, ACCEPT_ITL, out.buf, out.len, &v),
	    "%s", v.why);
	ck_assert_ptr_nonnull(strstr(v.why, "3 SAST records"));
	list_free(a);
	list_free(b);
	free(body.buf);
	free(out.buf);
}
END_TEST

/* Every "CN=" as "cn=", then signed anew by who. */
static void
respell(struct bytes *b, enum who who)
{
	uint8_t digest[DIGEST_MAX], sig[KEY_SIG_MAX], id[KEY_ID_LEN];
	struct tlv_header h;
	enum digest_alg alg;
	size_t n, siglen;

	for (size_t i = 0; i + 3 <= b->len; i++)
		if (memcmp(b->buf + i, "CN=", 3) == 0)
			memcpy(b->buf + i, "cn=", 2);
	cert_key_id(cert[who], id);
	ck_assert_int_eq(tlv_header_parse(&h, b->buf, b->len, NULL), ERR_OK);
	ck_assert_int_eq(tlv_signed_digest(&h, b->buf, b->len, digest, &n,
	    &alg, NULL), ERR_OK);
	ck_assert_int_eq(sign_digest(keys, id, alg, KEY_PAD_PKCS1, digest, n,
	    sig, &siglen, NULL), ERR_OK);
	ck_assert_uint_eq(siglen, h.siglen);
	memcpy(b->buf + h.sig_off + 3, sig, siglen);
}

/* A list may spell names in a way of its own.  What a blank phone takes, it
 * also takes when it holds it, and files that spell them likewise. */
START_TEST(own_spelling)
{
	struct bytes l = make_list(SAST, CCM, "ITLFile.tlv");
	struct bytes f = make_signed(CCM, "a.xml.sgn");
	struct accept_phone blank = phone(NULL, NULL), p = phone(NULL, &l);
	struct accept_verdict v;
	const uint8_t *payload;
	size_t n;

	respell(&l, SAST);
	respell(&f, CCM);
	ck_assert_msg(accept_list(&blank, ACCEPT_ITL, l.buf, l.len, &v),
	    "%s", v.why);
	ck_assert_msg(accept_list(&p, ACCEPT_ITL, l.buf, l.len, &v), "%s",
	    v.why);
	ck_assert_int_eq(v.path, ACCEPT_SAST_ITL);
	ck_assert_msg(accept_file(&p, "a.xml.sgn", f.buf, f.len, &payload, &n,
	    &v), "%s", v.why);
	ck_assert_int_eq(v.path, ACCEPT_TFTP_ITL);

	/* Another list spells them otherwise: no text of its names is so. */
	p = phone(NULL, &itl);
	ck_assert(!accept_list(&p, ACCEPT_ITL, l.buf, l.len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	/* The spelling alone vouches for nothing. */
	p = phone(NULL, &l);
	l.buf[l.len - 1] ^= 1;
	ck_assert(!accept_list(&p, ACCEPT_ITL, l.buf, l.len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNATURE);
	free(l.buf);
	free(f.buf);
}
END_TEST

/* A list whose signer is none of its own SASTs: on trust no, by a held SAST
 * yes (the law asks what is held, nothing else). */
START_TEST(signer_not_in_list)
{
	struct list *l = list_parse(sast_only.buf, sast_only.len, NULL);
	struct tlv_build t = {
		.version = 0x0102, .order = TLV_ORDER_CUCM,
		.names = CERT_NAME_COMMA, .signer = cert[CCM],
		.digest = DIGEST_SHA1, .file_name = "ITLFile.tlv",
		.timestamp = T0,
	};
	struct accept_phone blank = phone(NULL, NULL);
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;
	struct bytes out;

	ck_assert_int_eq(tlv_file_build(&t, sast_only.buf + l->h.length,
	    sast_only.len - l->h.length, keys, TLV_FILE_MAX, &out.buf,
	    &out.len, NULL), ERR_OK);
	ck_assert(!accept_list(&blank, ACCEPT_ITL, out.buf, out.len, &v));
	ck_assert_int_eq(v.step, STEP_SIGNER);
	ck_assert(accept_list(&p, ACCEPT_ITL, out.buf, out.len, &v));
	ck_assert_int_eq(v.path, ACCEPT_SAST_ITL);
	list_free(l);
	free(out.buf);
}
END_TEST

/* No terminal command in a name comes out again. */
START_TEST(names_are_harmless)
{
	struct accept_phone p = phone(NULL, NULL);
	struct accept_verdict v;
	struct list *l = list_parse(itl.buf, itl.len, NULL);
	size_t at = (size_t)((const uint8_t *)l->h.file_name - itl.buf);
	uint8_t *copy = malloc(itl.len);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, itl.buf, itl.len);
	copy[at] = 0x1b;
	ck_assert(!accept_list(&p, ACCEPT_ITL, copy, itl.len, &v));
	ck_assert_ptr_null(strchr(v.why, 0x1b));
	copy[at] = 'X';
	ck_assert(!accept_list(&p, ACCEPT_ITL, copy, itl.len, &v));
	ck_assert_int_eq(v.step, STEP_NAME);
	ck_assert_ptr_nonnull(strstr(v.why, "\"XTLFile.tlv\""));
	list_free(l);
	free(copy);
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

static TCase *
verdicts(const char *name, SFun fixture)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, fixture, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, blank_takes_vectors, 0, NLISTS);
	tcase_add_loop_test(tc, changed_byte_in_list, 0, NLISTS);
	tcase_add_test(tc, cut_list);
	tcase_add_loop_test(tc, list_signers, 0, N(signers));
	tcase_add_test(tc, first_ctl);
	tcase_add_test(tc, held_unreadable);
	tcase_add_test(tc, many_sasts);
	tcase_add_test(tc, own_spelling);
	tcase_add_test(tc, signer_not_in_list);
	tcase_add_test(tc, names_are_harmless);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("accept");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, verdicts("alone", setup));
	suite_add_tcase(s, verdicts("with a memo", setup_memo));
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
