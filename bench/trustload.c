/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the trust store costs: trustload [COUNT...] (10 1000 100000) makes a
 * database with that many trusted certificates and prints how long it takes
 * to have them ready, how much memory, and how long one verification takes:
 * of a certificate that is trusted itself, of one that a trusted CA has
 * issued (its CA parsed already, and not yet), beside OpenSSL with its own
 * store.
 */
#include <fcntl.h>
#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "trust/anchors.h"
#include "trust/trust_store.h"

#define ASKED		5000	/* verifications of one kind */
#define COLD		200
#define PEER_MAX	1000	/* OpenSSL's store takes seconds for more */
#define DAY		86400

static EVP_PKEY *keys[16];
static int64_t now;

static void
die(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "trustload: %s: %s\n", what,
	    e != NULL ? e->msg : "failed");
	exit(1);
}

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
wall_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
add_ext(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, NULL, x, NULL, NULL, 0);
	if ((ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL ||
	    X509_add_ext(x, ext, -1) != 1)
		die("extension", NULL);
	X509_EXTENSION_free(ext);
}

/* CA number n; or, issued by it, a leaf. */
static X509 *
make(size_t n, bool leaf)
{
	X509 *x = X509_new();
	char ca[32], cn[32];

	(void)snprintf(ca, sizeof(ca), "CA %zu", n);
	(void)snprintf(cn, sizeof(cn), leaf ? "leaf %zu" : "CA %zu", n);
	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), n + 1) != 1 ||
	    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)now - DAY) ==
	    NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)now + DAY) == NULL ||
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_UTF8, (unsigned char *)cn, -1, -1, 0) != 1 ||
	    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN",
	    MBSTRING_UTF8, (unsigned char *)ca, -1, -1, 0) != 1 ||
	    X509_set_pubkey(x, keys[leaf ? 0 : n % 16]) != 1)
		die("certificate", NULL);
	if (!leaf) {
		add_ext(x, NID_basic_constraints, "critical,CA:TRUE");
		add_ext(x, NID_subject_key_identifier, "hash");
	}
	if (X509_sign(x, keys[n % 16], EVP_sha256()) == 0)
		die("signature", NULL);
	return x;
}

static struct cert *
cert_of(X509 *x)
{
	struct err e = { 0 };
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);
	struct cert *c = cert_from_der(der, (size_t)len, &e);

	if (c == NULL)
		die("certificate", &e);
	OPENSSL_free(der);
	return c;
}

/* --- the database --- */

struct filling {
	size_t		 n;
	struct cert	*middle;	/* one of them */
};

static int
put_all(struct db *db, void *arg, struct err *e)
{
	struct filling *f = arg;
	enum trust_change change;
	int ret = ERR_OK;

	for (size_t i = 0; i < f->n && ret == ERR_OK; i++) {
		X509 *x = make(i, false);
		struct cert *c = cert_of(x);
		struct trust_add a = { .unit = TRUST_CALLMANAGER, .cert = c,
		    .origin = "bench" };

		ret = trust_store_add(db, &a, now, &change, e);
		if (i == f->n / 2) {
			cert_free(f->middle);	/* it may run twice */
			f->middle = cert_ref(c);
		}
		cert_free(c);
		X509_free(x);
	}
	return ret;
}

static struct db *
fill(int dirfd, struct filling *f)
{
	struct err e = { 0 };
	struct db *db = db_open(dirfd, DB_FILE, DB_CREATE, &e);

	if (db == NULL || db_tx(db, put_all, f, &e) != DB_DONE)
		die("database", &e);
	return db;
}

/* --- ours --- */

static double
ask(struct verifier *v, struct cert *const *certs, size_t ncerts, size_t n)
{
	struct verify_policy p = { .units = ANCHORS_BIT(TRUST_CALLMANAGER) };
	struct verify_result r;
	double start = cpu_us();

	for (size_t i = 0; i < n; i++)
		if (!verify_cert(v, certs[i % ncerts], NULL, 0, &p, &r)) {
			(void)fprintf(stderr, "trustload: %s\n", r.text);
			exit(1);
		}
	return (cpu_us() - start) / (double)n;
}

/* Of COLD different CAs, spread over all of them. */
static void
make_leaves(struct cert **leaf, size_t count, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		X509 *x = make(i * (n / count), true);

		leaf[i] = cert_of(x);
		X509_free(x);
	}
}

/* --- OpenSSL's store --- */

static double
ask_openssl(size_t n, double *load_ms)
{
	X509_STORE *s = X509_STORE_new();
	X509 *leaf = make(n / 2, true);
	double start;

	*load_ms = 0;
	for (size_t i = 0; i < n; i++) {
		X509 *x = make(i, false);

		start = wall_ms();
		if (X509_STORE_add_cert(s, x) != 1)
			die("store", NULL);
		*load_ms += wall_ms() - start;
		X509_free(x);
	}
	start = cpu_us();
	for (size_t i = 0; i < ASKED; i++) {
		X509_STORE_CTX *ctx = X509_STORE_CTX_new();

		if (X509_STORE_CTX_init(ctx, s, leaf, NULL) != 1 ||
		    X509_verify_cert(ctx) != 1)
			die("OpenSSL", NULL);
		X509_STORE_CTX_free(ctx);
	}
	start = (cpu_us() - start) / ASKED;
	X509_free(leaf);
	X509_STORE_free(s);
	return start;
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
measure(int dirfd, size_t n)
{
	struct filling f = { .n = n };
	struct db *db = fill(dirfd, &f);
	size_t ncold = n < COLD ? n : COLD, before;
	struct cert *leaf[COLD];
	struct anchors_loop *l;
	struct err e = { 0 };
	double ready, cold, warm, pin, peer = 0, peer_load = 0;
	struct verifier *v;
	uint64_t parsed;

	make_leaves(leaf, ncold, n);
	before = in_use();
	ready = wall_ms();
	if ((l = anchors_once(db, clock_system(), &e)) == NULL)
		die("trust stores", &e);
	ready = wall_ms() - ready;
	before = in_use() - before;
	v = anchors_now(l);
	parsed = cert_cache_loads(verifier_cache(v));
	cold = ask(v, leaf, ncold, ncold);
	warm = ask(v, leaf, ncold, ASKED);
	pin = ask(v, &f.middle, 1, ASKED);
	if (n <= PEER_MAX)
		peer = ask_openssl(n, &peer_load);
	(void)printf("%8zu %9.1f %8.2f %7llu %9.1f %9.1f %9.1f", n, ready,
	    (double)before / 1e6, (unsigned long long)parsed, cold, warm,
	    pin);
	if (n <= PEER_MAX)
		(void)printf(" %9.1f %9.1f\n", peer_load, peer);
	else
		(void)printf(" %9s %9s\n", "-", "-");
	(void)fflush(stdout);
	for (size_t i = 0; i < ncold; i++)
		cert_free(leaf[i]);
	cert_free(f.middle);
	anchors_loop_free(l);
	db_close(db);
	(void)unlinkat(dirfd, DB_FILE, 0);
}

int
main(int argc, char **argv)
{
	static char few[] = "10", some[] = "1000", many[] = "100000";
	char *all[] = { argv[0], few, some, many };
	char dir[] = "/tmp/trustload.XXXXXX";
	struct err e = { 0 };
	int dirfd;

	if (argc < 2) {
		argc = 4;
		argv = all;
	}
	now = clock_wall_s(clock_system());
	for (size_t i = 0; i < 16; i++)
		keys[i] = EVP_EC_gen("P-256");
	if (mkdtemp(dir) == NULL || (dirfd = open(dir, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC)) == -1)
		die("temporary folder", NULL);
	(void)printf("%8s %9s %8s %7s %9s %9s %9s %9s %9s\n", "certs",
	    "ready ms", "MB", "parsed", "new us", "issued us", "pinned us",
	    "ssl ms", "ssl us");
	for (int i = 1; i < argc; i++) {
		int64_t n;

		if (str_to_i64(argv[i], 1, STORE_CERTS_MAX, &n, &e) !=
		    ERR_OK)
			die(argv[i], &e);
		measure(dirfd, (size_t)n);
	}
	(void)close(dirfd);
	(void)rmdir(dir);
	for (size_t i = 0; i < 16; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}
