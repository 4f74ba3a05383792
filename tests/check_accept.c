/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone accepts: golden vectors (tests/data/vectors) and lists built
 * here with the vectors' keys.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/list.h"
#include "certs/signed.h"
#include "trust/accept.h"

#define T0	1795251284	/* the vectors' time */

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

/* --- certificates with keys: the vectors' and a stranger's --- */

enum who { SAST, CCM, CAPF, TVS, STRANGER, IMPOSTOR, NWHO };

static struct cert *cert[NWHO];
static struct signer *keys;
static struct bytes itl, ctl, stubs, sast_only, strangers;

static struct key *
pem_pair(const char *name, struct cert **c)
{
	struct bytes b = data(name);
	struct key *k;

	*c = cert_from_pem(b.buf, b.len, NULL);
	k = key_from_pem(b.buf, b.len, NULL);
	ck_assert_msg(*c != NULL && k != NULL, "%s", name);
	free(b.buf);
	return k;
}

/* Each call another key under the same name and serial number. */
static struct key *
fresh_pair(struct cert **c)
{
	struct cert_spec s = {
		.cn = "Stranger", .serial = { 0x11, 0x22 }, .seriallen = 2,
		.not_before = T0 - 3600, .not_after = T0 + 3600,
		.usage = CERT_USE_SIGN, .pathlen = -1,
		.hash = DIGEST_SHA256,
	};
	struct key *k = key_generate(KEY_RSA2048, NULL);

	ck_assert_ptr_nonnull(*c = cert_self_sign(&s, k, NULL));
	return k;
}

/* A list signed by signer with second as the other SAST. */
static struct bytes
make_list(enum who signer, enum who second, const char *file_name)
{
	struct list_entry entry[] = {
		{ .cert = cert[signer], .role = ROLE_SAST },
		{ .cert = cert[second], .role = ROLE_SAST },
		{ .cert = cert[CCM], .role = ROLE_CCM_TFTP },
		{ .cert = cert[TVS], .role = ROLE_TVS },
	};
	struct list_build b = {
		.layout = LIST_LAYOUT_CUCM, .entry = entry, .nentry = 4,
		.signer = cert[signer], .digest = DIGEST_SHA1,
		.file_name = file_name, .timestamp = T0 + 60,
	};
	struct err e = { 0 };
	struct bytes out;

	ck_assert_msg(list_build(&b, keys, &out.buf, &out.len, &e) == ERR_OK,
	    "%s", e.msg);
	return out;
}

static void
setup(void)
{
	struct key *k[NWHO];

	ck_assert_ptr_nonnull(keys = signer_local_new(NULL));
	k[SAST] = pem_pair("keys/sast.pem", &cert[SAST]);
	k[CCM] = pem_pair("keys/ccm.pem", &cert[CCM]);
	k[CAPF] = pem_pair("keys/capf.pem", &cert[CAPF]);
	k[TVS] = pem_pair("keys/tvs.pem", &cert[TVS]);
	k[STRANGER] = fresh_pair(&cert[STRANGER]);
	k[IMPOSTOR] = fresh_pair(&cert[IMPOSTOR]);
	for (int i = 0; i < NWHO; i++)
		ck_assert_int_eq(signer_local_add(keys, k[i], NULL), ERR_OK);
	itl = data("trust-list/ITLFile.sha1.v10.tlv");
	ctl = data("trust-list/CTLFile.sha512.tlv");
	stubs = data("trust-list/ITLFile.rollback-stubs.tlv");
	sast_only = data("trust-list/ITLFile.sastonly.tlv");
	strangers = make_list(STRANGER, CCM, "ITLFile.tlv");
}

static void
teardown(void)
{
	signer_free(keys);
	for (int i = 0; i < NWHO; i++)
		cert_free(cert[i]);
	free(itl.buf);
	free(ctl.buf);
	free(stubs.buf);
	free(sast_only.buf);
	free(strangers.buf);
}

static struct bytes
make_signed(enum who signer, const char *name)
{
	struct signed_build b = {
		.signer = cert[signer], .digest = DIGEST_SHA1,
		.names = CERT_NAME_SEMICOLON, .name = name, .timestamp = T0,
	};
	struct err e = { 0 };
	struct bytes out;

	ck_assert_msg(signed_build(&b, (const uint8_t *)"<device/>", 9, keys,
	    &out.buf, &out.len, &e) == ERR_OK, "%s", e.msg);
	return out;
}

static struct accept_phone
phone(const struct bytes *with_ctl, const struct bytes *with_itl)
{
	struct accept_phone p = { .ctl = NULL };

	if (with_ctl != NULL) {
		p.ctl = with_ctl->buf;
		p.ctllen = with_ctl->len;
	}
	if (with_itl != NULL) {
		p.itl = with_itl->buf;
		p.itllen = with_itl->len;
	}
	return p;
}

/* --- lists --- */

static const struct {
	const char		*file;
	enum accept_list_kind	 kind;
	size_t			 stride;	/* 1: every byte is changed */
} lists[] = {
	{ "trust-list/ITLFile.sha1.v10.tlv", ACCEPT_ITL, 1 },
	{ "trust-list/ITLFile.sha512.v10.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.sha1.v11.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.sha512.v11.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/CTLFile.sha512.tlv", ACCEPT_CTL, 11 },
	{ "trust-list/ITLFile.sastonly.tlv", ACCEPT_ITL, 1 },
	{ "trust-list/ITLFile.cucm-layout.tlv", ACCEPT_ITL, 31 },
	{ "trust-list/ITLFile.rollback-stubs.tlv", ACCEPT_ITL, 5 },
};
#define NLISTS	((int)(sizeof(lists) / sizeof(lists[0])))

/* Under valgrind (CK_FORK=no) a byte now and then is enough. */
static size_t
stride(size_t wanted)
{
	const char *fork = getenv("CK_FORK");

	return fork != NULL && strcmp(fork, "no") == 0 ? 211 : wanted;
}

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

/* --- files --- */

static const struct {
	const char		*name;
	const char		*file;		/* vector, or NULL: signer */
	enum who		 signer;
	const struct bytes	*ctl, *itl;
	const char		*asked;
	enum accept_path	 path;
	enum accept_step	 step;
} files[] = {
	{ "golden, SHA-1", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "golden, SHA-512", "signed/RingList.xml.sha512.sgn", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "leading slash", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "/RingList.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "two slashes", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "//RingList.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "path", "signed/New_Zealand_g3-tones.xml.sgn", 0, NULL, &itl,
	    "New_Zealand/g3-tones.xml.sgn", ACCEPT_TFTP_ITL, STEP_OK },
	{ "path left out", "signed/New_Zealand_g3-tones.xml.sgn", 0, NULL,
	    &itl, "g3-tones.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "other case", "signed/RingList.xml.sha1.sgn", 0, NULL, &itl,
	    "ringlist.xml.sgn", ACCEPT_NONE, STEP_NAME },
	{ "record of the CTL", "signed/RingList.xml.sha1.sgn", 0, &ctl, &itl,
	    "RingList.xml.sgn", ACCEPT_TFTP_CTL, STEP_OK },
	{ "CTL and an emptied ITL", "signed/RingList.xml.sha1.sgn", 0, &ctl,
	    &stubs, "RingList.xml.sgn", ACCEPT_TFTP_CTL, STEP_OK },
	{ "stub", "signed/RingList.xml.sha1.sgn", 0, NULL, &stubs,
	    "RingList.xml.sgn", ACCEPT_BLANK, STEP_OK },
	{ "blank", "signed/RingList.xml.sha1.sgn", 0, NULL, NULL,
	    "RingList.xml.sgn", ACCEPT_BLANK, STEP_OK },
	{ "SASTs do not sign files", NULL, SAST, NULL, &itl, "a.xml.sgn",
	    ACCEPT_NONE, STEP_SIGNER },
	{ "TFTP record", NULL, CCM, NULL, &itl, "a.xml.sgn",
	    ACCEPT_TFTP_ITL, STEP_OK },
	{ "stranger", NULL, STRANGER, NULL, &itl, "a.xml.sgn", ACCEPT_NONE,
	    STEP_SIGNER },
	{ "plain under a signed name", "signed/RingList.xml", 0, NULL, &itl,
	    "RingList.xml.sgn", ACCEPT_NONE, STEP_FORM },
	{ "plain, signed wanted", "signed/RingList.xml", 0, NULL, &itl,
	    "RingList.xml", ACCEPT_NONE, STEP_FORM },
	{ "plain, CTL wants signed", "signed/RingList.xml", 0, &ctl, &stubs,
	    "RingList.xml", ACCEPT_NONE, STEP_FORM },
	{ "plain, blank", "signed/RingList.xml", 0, NULL, NULL,
	    "RingList.xml", ACCEPT_BLANK, STEP_OK },
	{ "plain, emptied", "signed/RingList.xml", 0, NULL, &sast_only,
	    "RingList.xml", ACCEPT_BLANK, STEP_OK },
	{ "encrypted", "encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn", 0,
	    NULL, &itl, "SEP0011223344AA.cnf.xml.enc.sgn", ACCEPT_NONE,
	    STEP_FORMAT },
	{ "list as file", "trust-list/ITLFile.sha1.v10.tlv", 0, NULL, &itl,
	    "ITLFile.tlv.sgn", ACCEPT_NONE, STEP_NAME },
};

START_TEST(file_table)
{
	struct accept_phone p = phone(files[_i].ctl, files[_i].itl);
	struct bytes b = files[_i].file != NULL ? data(files[_i].file) :
	    make_signed(files[_i].signer, files[_i].asked);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;
	bool ok;

	ok = accept_file(&p, files[_i].asked, b.buf, b.len, &pl, &n, &v);
	ck_assert_msg(v.path == files[_i].path && v.step == files[_i].step &&
	    ok == (v.path != ACCEPT_NONE), "%s: %s/%s: %s", files[_i].name,
	    accept_path_text(v.path), accept_step_name(v.step), v.why);
	ck_assert_int_ne(v.why[0], '\0');
	if (ok) {
		ck_assert(pl >= b.buf);
		ck_assert_ptr_eq(pl + n, b.buf + b.len);
	} else {
		ck_assert_ptr_null(pl);
		ck_assert_uint_eq(n, 0);
	}
	free(b.buf);
}
END_TEST

START_TEST(file_payload)
{
	struct bytes b = data("signed/RingList.xml.sha1.sgn");
	struct bytes want = data("signed/RingList.xml");
	struct accept_phone p = phone(NULL, &itl);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;

	ck_assert(accept_file(&p, "RingList.xml.sgn", b.buf, b.len, &pl, &n,
	    &v));
	ck_assert_uint_eq(n, want.len);
	ck_assert_mem_eq(pl, want.buf, n);
	ck_assert_str_eq(v.signer,
	    "CN=CCM,O=Example Org,OU=Voice Lab,L=Wellington,ST=WGN,C=NZ");
	free(b.buf);
	free(want.buf);
}
END_TEST

START_TEST(changed_byte_in_file)
{
	static const char *const names[] = { "signed/RingList.xml.sha1.sgn",
	    "signed/RingList.xml.sha512.sgn" };
	struct bytes b = data(names[_i]);
	struct accept_phone p = phone(_i == 0 ? NULL : &ctl, &itl);
	struct accept_verdict v;
	const uint8_t *pl;
	size_t n;

	for (size_t i = 0; i < b.len; i += stride(1)) {
		b.buf[i] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(!accept_file(&p, "RingList.xml.sgn", b.buf,
		    b.len, &pl, &n, &v), "%s: byte %zu", names[_i], i);
		ck_assert_ptr_null(pl);
		b.buf[i] ^= (uint8_t)(1 << i % 8);
	}
	/* A byte more or less is another payload. */
	ck_assert(!accept_file(&p, "RingList.xml.sgn", b.buf, b.len - 1, &pl,
	    &n, &v));
	ck_assert_int_eq(v.step, STEP_SIGNATURE);
	ck_assert(accept_file(&p, "RingList.xml.sgn", b.buf, b.len, &pl, &n,
	    &v));
	free(b.buf);
}
END_TEST

START_TEST(wants_signed)
{
	const struct {
		const struct bytes *ctl, *itl;
		bool want;
	} t[] = {
		{ NULL, NULL, false }, { NULL, &itl, true },
		{ &ctl, NULL, true }, { NULL, &stubs, false },
		{ NULL, &sast_only, false }, { &ctl, &stubs, true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct accept_phone p = phone(t[i].ctl, t[i].itl);

		ck_assert_msg(accept_wants_signed(&p) == t[i].want, "%zu", i);
	}
}
END_TEST

START_TEST(texts)
{
	for (int i = ACCEPT_NONE; i <= ACCEPT_TFTP_ITL; i++)
		ck_assert_int_ne(accept_path_text((enum accept_path)i)[0],
		    '\0');
	ck_assert_str_eq(accept_step_name(STEP_OK), "ok");
	ck_assert_str_eq(accept_step_name(STEP_FORM), "form");
	for (int i = STEP_OK; i <= STEP_FORM; i++)
		ck_assert_int_ne(accept_step_name((enum accept_step)i)[0],
		    '\0');
}
END_TEST

#define N(a)	((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("accept");
	TCase *tc = tcase_create("all");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, blank_takes_vectors, 0, NLISTS);
	tcase_add_loop_test(tc, changed_byte_in_list, 0, NLISTS);
	tcase_add_test(tc, cut_list);
	tcase_add_loop_test(tc, list_signers, 0, N(signers));
	tcase_add_test(tc, first_ctl);
	tcase_add_test(tc, held_unreadable);
	tcase_add_test(tc, many_sasts);
	tcase_add_test(tc, signer_not_in_list);
	tcase_add_test(tc, names_are_harmless);
	tcase_add_loop_test(tc, file_table, 0, N(files));
	tcase_add_test(tc, file_payload);
	tcase_add_loop_test(tc, changed_byte_in_file, 0, 2);
	tcase_add_test(tc, wants_signed);
	tcase_add_test(tc, texts);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
