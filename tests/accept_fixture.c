/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones and what they are given, see accept_fixture.h.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tests/accept_fixture.h"
#include "tests/slow.h"

struct cert *cert[NWHO];
struct signer *keys;
struct bytes itl, ctl, stubs, sast_only, strangers;
static struct accept_memo *memo;

struct bytes
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

struct bytes
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

void
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

void
setup_memo(void)
{
	const struct bytes *held[] = { &itl, &stubs, &sast_only, &strangers };
	struct accept_verdict v;
	struct accept_phone p;

	setup();
	ck_assert_ptr_nonnull(memo = accept_memo_new(NULL));
	p = phone(NULL, NULL);
	ck_assert(accept_list(&p, ACCEPT_CTL, ctl.buf, ctl.len, &v));
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		ck_assert(accept_list(&p, ACCEPT_ITL, held[i]->buf,
		    held[i]->len, &v));
}

void
teardown(void)
{
	accept_memo_free(memo);
	memo = NULL;
	signer_free(keys);
	for (int i = 0; i < NWHO; i++)
		cert_free(cert[i]);
	free(itl.buf);
	free(ctl.buf);
	free(stubs.buf);
	free(sast_only.buf);
	free(strangers.buf);
}

struct bytes
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

struct accept_phone
phone(const struct bytes *with_ctl, const struct bytes *with_itl)
{
	struct accept_phone p = { .memo = memo };

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

size_t
stride(size_t wanted)
{
	return slow_run() ? 211 : wanted * slow_step(211);
}
