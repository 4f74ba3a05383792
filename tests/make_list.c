/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes what check_openssl.py reads: certificates with fresh keys, lists and
 * signed files, all by the code of certs/, into the folder given.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/list.h"
#include "certs/signed.h"

static int dir;

static void
die(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "%s: %s\n", what, e->msg);
	exit(1);
}

static void
put(const char *name, const void *buf, size_t len)
{
	struct err e = { 0 };

	if (file_replace(dir, name, 0600, buf, len, &e) != ERR_OK)
		die(name, &e);
}

static const struct cert_san sans[] = {
	{ false, "cm1.example.org" }, { true, "192.0.2.10" },
	{ true, "2001:db8::10" },
};

/* A certificate NAME.pem; its key goes to s. */
static struct cert *
make(struct signer *s, const char *name, enum key_type type, unsigned usage,
    enum digest_alg hash)
{
	struct cert_spec spec = {
		.cn = name, .o = "Example, Org", .ou = "Voice+Lab",
		.serial_number = "0b6f4a62-0000-4000-8000-000000000001",
		.serial = { 0x9a, 0xbc, (uint8_t)name[0], (uint8_t)name[1] },
		.seriallen = 4,
		.not_before = 1700000000, .not_after = 2600000000,
		.san = sans, .nsan = sizeof(sans) / sizeof(sans[0]),
		.usage = usage, .pathlen = 0, .hash = hash,
	};
	struct err e = { 0 };
	struct key *k = key_generate(type, &e);
	struct cert *c;
	char file[64], *pem;

	if (k == NULL || (c = cert_self_sign(&spec, k, &e)) == NULL ||
	    signer_local_add(s, k, &e) != ERR_OK ||
	    (pem = cert_to_pem(c, &e)) == NULL)
		die(name, &e);
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	put(file, pem, strlen(pem));
	free(pem);
	return c;
}

static void
make_list(const char *file, struct list_build *b, struct signer *s)
{
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	if (list_build(b, s, &buf, &len, &e) != ERR_OK)
		die(file, &e);
	put(file, buf, len);
	free(buf);
}

static void
make_signed(const char *file, enum digest_alg digest, const struct cert *c,
    struct signer *s)
{
	static const char payload[] = "<tones/>\n";
	struct signed_build b = {
		.signer = c, .digest = digest, .name = "Lab/tones.xml.sgn",
		.timestamp = 1795000001,
	};
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	if (signed_build(&b, (const uint8_t *)payload, strlen(payload), s,
	    &buf, &len, &e) != ERR_OK)
		die(file, &e);
	put(file, buf, len);
	free(buf);
}

int
main(int argc, char **argv)
{
	static const uint8_t ip[] = { 192, 0, 2, 10 };
	const unsigned tls = CERT_USE_TLS_SERVER | CERT_USE_TLS_CLIENT |
	    CERT_USE_SIGN | CERT_USE_ENCIPHER;
	struct list_entry entry[5] = { 0 };
	struct list_build b = {
		.layout = LIST_LAYOUT_PEER, .entry = entry, .nentry = 4,
		.digest = DIGEST_SHA1, .has_signer_version = true,
		.signer_version = 0x0101, .file_name = "ITLFile.tlv",
		.timestamp = 1795000000,
	};
	struct cert *recovery, *ccm, *ec, *capf;
	struct signer *s;

	if (argc != 2 || (dir = open(argv[1], O_DIRECTORY | O_RDONLY)) == -1 ||
	    (s = signer_local_new(NULL)) == NULL) {
		(void)fprintf(stderr, "usage: make_list FOLDER\n");
		return 2;
	}
	recovery = make(s, "recovery", KEY_RSA2048, CERT_USE_SIGN,
	    DIGEST_SHA256);
	ccm = make(s, "ccm", KEY_RSA1024, tls, DIGEST_SHA512);
	ec = make(s, "ec", KEY_EC384, tls, DIGEST_SHA384);
	capf = make(s, "capf", KEY_RSA2048, CERT_USE_CA | CERT_USE_SIGN,
	    DIGEST_SHA256);
	entry[0] = (struct list_entry){ ec, ROLE_TFTP, NULL, NULL };
	entry[1] = (struct list_entry){ recovery, ROLE_SAST, NULL, NULL };
	entry[2] = (struct list_entry){ ccm, ROLE_SAST, NULL, NULL };
	entry[3] = (struct list_entry){ capf, ROLE_CAPF, NULL, NULL };
	b.signer = recovery;
	make_list("peer.sha1.tlv", &b, s);
	for (size_t i = 0; i < 4; i++) {
		entry[i].dns_name = "cm1.example.org";
		entry[i].ip = ip;
	}
	entry[4] = (struct list_entry){ NULL, ROLE_TVS, "192.0.2.10", ip };
	b.nentry = 5;
	b.layout = LIST_LAYOUT_CUCM;
	b.digest = DIGEST_SHA512;
	b.has_signer_version = false;
	b.signer = ccm;
	make_list("cucm.sha512.tlv", &b, s);
	make_signed("tones.sha1.sgn", DIGEST_SHA1, ccm, s);
	make_signed("tones.sha512.sgn", DIGEST_SHA512, recovery, s);
	cert_free(recovery);
	cert_free(ccm);
	cert_free(ec);
	cert_free(capf);
	signer_free(s);
	return 0;
}
