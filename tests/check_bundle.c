/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Bundles: manifests there and back, every line that may not stand there;
 * signed blocks, several in a file, changed ones.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "certs/pkcs7.h"
#include "certs/pkcs7_pem.h"
#include "tests/certs_data.h"
#include "trust/bundle.h"

#define UUID_A	"0f7e1c7e-1111-4222-8333-444455556666"
#define UUID_B	"0f7e1c7e-2222-4222-8333-444455556666"
#define NOW	1795251284	/* 2026-11-21T08:54:44Z */

static struct cert *ccm, *tftp;
static struct signer *keys;

static void
setup(void)
{
	ccm = data_cert("ccm");
	tftp = data_cert("tftp-ec");
	keys = data_signer();
}

static void
teardown(void)
{
	cert_free(ccm);
	cert_free(tftp);
	signer_free(keys);
}

static void
add(struct bundle_part *p, enum own_unit u, enum own_stage stage,
    struct cert *c)
{
	struct bundle_cert *bc = &p->cert[p->ncert++];

	*bc = (struct bundle_cert){ .u = &own_unit_table()[u],
	    .stage = stage, .cert = cert_ref(c) };
	cert_sha256(c, bc->sha256);
	if (bc->u->per_node)
		(void)str_copy(bc->node, sizeof(bc->node), "cm1");
}

/* Unsigned: bundle_part_clear(). */
static struct bundle_part
part(const char *cluster, const char *uuid, int64_t time)
{
	struct bundle_part p = { .time = time, .node = "cm1",
	    .by = &own_unit_table()[UNIT_ITLRECOVERY] };

	(void)str_copy(p.cluster.name, sizeof(p.cluster.name), cluster);
	(void)str_copy(p.cluster.uuid, sizeof(p.cluster.uuid), uuid);
	p.cert = calloc(3, sizeof(*p.cert));
	add(&p, UNIT_ITLRECOVERY, OWN_ACTIVE, ccm);
	add(&p, UNIT_CALLMANAGER, OWN_ANNOUNCED, tftp);
	add(&p, UNIT_HTTPS, OWN_ACTIVE, tftp);
	p.sast = calloc(2, sizeof(*p.sast));
	p.nsast = 2;
	memset(p.sast[1], 0xab, SHA256_LEN);
	return p;
}

static void
sign(struct bundle_part *p, const struct cert *by)
{
	struct err e = { 0 };

	ck_assert_msg(bundle_part_sign(p, keys, by, &e) == ERR_OK, "%s",
	    e.msg);
}

static void
same(const struct bundle_part *p, const struct bundle_part *q)
{
	ck_assert_str_eq(p->cluster.name, q->cluster.name);
	ck_assert_str_eq(p->cluster.uuid, q->cluster.uuid);
	ck_assert_str_eq(p->node, q->node);
	ck_assert_int_eq(p->time, q->time);
	ck_assert_ptr_eq(p->by, q->by);
	ck_assert_uint_eq(p->ncert, q->ncert);
	for (size_t i = 0; i < p->ncert; i++) {
		ck_assert_ptr_eq(p->cert[i].u, q->cert[i].u);
		ck_assert_str_eq(p->cert[i].node, q->cert[i].node);
		ck_assert_int_eq(p->cert[i].stage, q->cert[i].stage);
		ck_assert_mem_eq(p->cert[i].sha256, q->cert[i].sha256,
		    SHA256_LEN);
	}
	ck_assert_uint_eq(p->nsast, q->nsast);
	ck_assert_mem_eq(p->sast, q->sast, q->nsast * SHA256_LEN);
}

/* --- manifests --- */

static char *
manifest(void)
{
	struct bundle_part p = part("orbit", UUID_A, NOW);
	struct err e = { 0 };
	uint8_t *text;
	size_t len;

	ck_assert_msg(bundle_manifest_build(&p, &text, &len, &e) == ERR_OK,
	    "%s", e.msg);
	bundle_part_clear(&p);
	return (char *)text;
}

START_TEST(there_and_back)
{
	static const char head[] = "phonetrust-bundle: 1\ncluster: orbit\n"
	    "uuid: " UUID_A "\nnode: cm1\ntime: 2026-11-21T08:54:44Z\n"
	    "signer: ITLRecovery\nsast: 00000000";
	struct bundle_part p = part("orbit", UUID_A, NOW), q;
	struct err e = { 0 };
	char *text = manifest();

	ck_assert_msg(str_starts(text, head), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\ncertificates: 3\n\nunit: "
	    "ITLRecovery\nnode: \nstage: active\nroles: SAST\nsha256: "));
	ck_assert_ptr_nonnull(strstr(text, "\n\nunit: CallManager\nnode: \n"
	    "stage: announced\nroles: CCM TFTP\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nnode: cm1\nstage: active\n"
	    "roles: APP-SERVER\n"));
	ck_assert_msg(bundle_manifest_parse(&q, (uint8_t *)text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
	same(&p, &q);
	bundle_part_clear(&p);
	bundle_part_clear(&q);
	free(text);
}
END_TEST

/* The first of old, and all before it, as new would have it. */
static char *
changed(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	ck_assert_msg(at != NULL, "%s", old);
	return str_printf("%.*s%s%s", (int)(at - text), text, new,
	    at + strlen(old));
}

static const struct {
	const char	*old, *new, *says;	/* says NULL: taken */
} changes[] = {
	{ "node: cm1\n", "later: word\nnode: cm1\nmore:\n", NULL },
	{ "stage: active\n", "comment: x\nstage: active\n", NULL },
	{ "roles: SAST", "roles: WHATEVER", NULL },
	{ "-----BEGIN CERT", "use: x\n-----BEGIN CERT", NULL },
	{ "bundle: 1", "bundle: 2", "a later version" },
	{ "bundle: 1", "bundle: one", "a bad value" },
	{ "phonetrust-bundle: 1\n", "", "\"cluster\" where" },
	{ "cluster: orbit", "cluster: or bit", "a bad value" },
	{ "cluster: orbit", "cluster: ", "a bad value" },
	{ "cluster: orbit", "cluster: orbit\033[1m", "control character" },
	{ "cluster: orbit", "cluster: 123456789012345678901234567890123456789"
	    "012345678901", "a bad value" },
	{ "uuid: 0f7e", "uuid: 0F7E", "a bad value" },
	{ "uuid: 0f7e", "uuid: ", "a bad value" },
	{ "node: cm1", "node: ../cm1", "a bad value" },
	{ "2026-11-21T08", "2026-11-21 08", "not a time" },
	{ "signer: ITLRecovery", "signer: TVS", "signed by neither" },
	{ "sast: 00", "sast: 0", "not a SHA-256" },
	{ "certificates: 3", "certificates: 2", "it goes on" },
	{ "certificates: 3", "certificates: 4", "it ends" },
	{ "certificates: 3", "certificates: 0", "number of cert" },
	{ "certificates: 3", "certificates: 201", "number of cert" },
	{ "certificates: 3\n", "", "that is not" },
	{ "\n\nunit: ", "\nunit: ", "an empty line" },
	{ "unit: ITLRecovery", "unit: TVS", "not exchanged" },
	{ "unit: ITLRecovery", "unit: ipsec", "not exchanged" },
	{ "unit: ITLRecovery", "unit: x", "not exchanged" },
	{ "stage: active", "stage: retired", "neither active" },
	{ "roles: SAST\n", "", "\"sha256\" where \"roles\"" },
	{ "sha256: ", "sha256: 0", "a bad value" },
	{ "-----BEGIN", "x\n-----BEGIN", "a certificate is missing" },
	{ "-----BEGIN", "unit: CAPF\n-----BEGIN", "a certificate is missing" },
	{ "-----\nM", "-----\n!", "" },
	{ "time: ", "time:", "that is not" },
};

START_TEST(line_changed)
{
	char *text = manifest(), *to = changed(text, changes[_i].old,
	    changes[_i].new);
	struct bundle_part p;
	struct err e = { 0 };
	int ret = bundle_manifest_parse(&p, (uint8_t *)to, strlen(to), &e);

	if (changes[_i].says == NULL)
		ck_assert_msg(ret == ERR_OK, "%s", e.msg);
	else
		ck_assert_msg(ret == ERR_PROTO && strstr(e.msg,
		    changes[_i].says) != NULL, "%s: %d, %s", changes[_i].new,
		    ret, e.msg);
	bundle_part_clear(&p);
	free(to);
	free(text);
}
END_TEST

/* Each entry's digest must be its certificate's. */
START_TEST(certificates_swapped)
{
	char *text = manifest(), *to, digest[2 * SHA256_LEN + 1];
	uint8_t sha256[SHA256_LEN];
	struct bundle_part p;
	struct err e = { 0 };

	cert_sha256(ccm, sha256);
	str_hex(sha256, SHA256_LEN, digest);
	to = changed(text, digest, "00000000000000000000000000000000"
	    "00000000000000000000000000000000");
	ck_assert_int_eq(bundle_manifest_parse(&p, (uint8_t *)to, strlen(to),
	    &e), ERR_PROTO);
	ck_assert_msg(strstr(e.msg, "another SHA-256") != NULL, "%s", e.msg);
	bundle_part_clear(&p);
	free(to);
	free(text);
}
END_TEST

/* Wherever it ends, it is refused. */
START_TEST(manifest_cut)
{
	char *text = manifest();
	struct bundle_part p;

	for (size_t i = 0; i < strlen(text); i++) {
		ck_assert_int_eq(bundle_manifest_parse(&p, (uint8_t *)text, i,
		    NULL), ERR_PROTO);
		bundle_part_clear(&p);
	}
	free(text);
}
END_TEST

/* --- files --- */

static void
put(struct wr *w, const struct bundle_part *p)
{
	pkcs7_pem_put(w, p->der, p->len);
}

START_TEST(two_clusters)
{
	struct bundle_part p[2] = { part("orbit", UUID_A, NOW),
	    part("comet", UUID_B, NOW + 1) };
	struct bundle b = { .part = p, .n = 2 }, got = { .n = 0 };
	struct err e = { 0 };
	uint8_t *text;
	size_t len;

	sign(&p[0], ccm);
	sign(&p[1], tftp);
	ck_assert_int_eq(bundle_write(&b, &text, &len, &e), ERR_OK);
	ck_assert_msg(bundle_read(&got, text, len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_uint_eq(got.n, 2);
	same(&got.part[0], &p[1]);	/* by name */
	same(&got.part[1], &p[0]);
	ck_assert_mem_eq(got.part[1].signer_sha256, p[0].signer_sha256,
	    SHA256_LEN);
	/* Again: the same two, no more. */
	ck_assert_int_eq(bundle_read(&got, text, len, &e), ERR_OK);
	ck_assert_uint_eq(got.n, 2);
	ck_assert_uint_eq(got.nolder, 2);
	bundle_clear(&got);
	free(text);
	bundle_part_clear(&p[0]);
	bundle_part_clear(&p[1]);
}
END_TEST

START_TEST(newest_counts)
{
	struct bundle_part p[3] = { part("orbit", UUID_A, NOW),
	    part("orbit", UUID_A, NOW + 5), part("orbit", UUID_A, NOW + 9) };
	struct bundle got = { .n = 0 };
	struct wr w = wr_init(1 << 20);

	sign(&p[0], ccm);
	sign(&p[1], ccm);
	sign(&p[2], tftp);	/* by whomever: it displaces nothing */
	put(&w, &p[1]);
	put(&w, &p[0]);
	put(&w, &p[2]);
	ck_assert_int_eq(bundle_read(&got, w.buf, w.len, NULL), ERR_OK);
	ck_assert_uint_eq(got.n, 2);
	ck_assert_int_eq(got.part[0].time, NOW + 5);
	ck_assert_int_eq(got.part[1].time, NOW + 9);
	ck_assert_uint_eq(got.nolder, 1);
	bundle_clear(&got);
	wr_clear(&w);
	for (size_t i = 0; i < 3; i++)
		bundle_part_clear(&p[i]);
}
END_TEST

/* A bit anywhere in the signed piece: refused, or it was a bit that says
 * nothing (attributes around the signature), and all is as it was. */
START_TEST(bit_changed)
{
	struct bundle_part p = part("orbit", UUID_A, NOW), q;
	int refused = 0, ret;

	sign(&p, tftp);
	for (size_t i = 0; i < p.len; i += 7) {
		p.der[i] ^= 1;
		ret = bundle_part_open(&q, p.der, p.len, NULL);
		p.der[i] ^= 1;
		if (ret == ERR_OK)
			same(&p, &q);
		else
			refused++;
		bundle_part_clear(&q);
	}
	ck_assert_msg(refused > (int)p.len / 7 / 2, "%d", refused);
	bundle_part_clear(&p);
}
END_TEST

START_TEST(bad_file)
{
	struct bundle_part p = part("orbit", UUID_A, NOW);
	struct bundle b = { .n = 0 };
	struct wr w = wr_init(1 << 20);
	struct err e = { 0 };
	uint8_t *der;
	size_t len;

	sign(&p, ccm);
	ck_assert_int_eq(bundle_read(&b, (const uint8_t *)"x", 1, &e),
	    ERR_PROTO);
	ck_assert_msg(strstr(e.msg, "no PKCS7 block") != NULL, "%s", e.msg);
	/* A good block and one over something else: nothing is taken. */
	put(&w, &p);
	ck_assert_int_eq(pkcs7_sign(keys, ccm, NOW, "words\n", 6, &der, &len,
	    NULL), ERR_OK);
	pkcs7_pem_put(&w, der, len);
	ck_assert_int_eq(bundle_read(&b, w.buf, w.len, &e), ERR_PROTO);
	ck_assert_msg(str_starts(e.msg, "block 2: manifest"), "%s", e.msg);
	ck_assert_uint_eq(b.n, 0);
	/* Too many. */
	wr_clear(&w);
	for (size_t i = 0; i <= BUNDLE_PARTS_MAX; i++)
		put(&w, &p);
	ck_assert_int_eq(bundle_read(&b, w.buf, w.len, &e), ERR_LIMIT);
	ck_assert_int_eq(bundle_read(&b, w.buf, BUNDLE_FILE_MAX + (size_t)1,
	    &e), ERR_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	free(der);
	wr_clear(&w);
	bundle_part_clear(&p);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bundle");
	TCase *c = tcase_create("bundle");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_unchecked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 120);
	tcase_add_test(c, there_and_back);
	tcase_add_loop_test(c, line_changed, 0, N_OF(changes));
	tcase_add_test(c, certificates_swapped);
	tcase_add_test(c, manifest_cut);
	tcase_add_test(c, two_clusters);
	tcase_add_test(c, newest_counts);
	tcase_add_test(c, bit_changed);
	tcase_add_test(c, bad_file);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
