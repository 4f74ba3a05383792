/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Our verdict beside that of `openssl verify' on generated certificates:
 * several CAs of one name, path lengths, name constraints, expired ones,
 * cross-signed ones, with and without key identifiers, some trusted, some
 * sent by the peer, some not at hand.  We trust a certificate exactly when
 * there is a trusted one that makes openssl, given that alone, accept it; a
 * pinned one needs nothing that was sent.  Given all of them openssl may take
 * a wrong turn that we do not; never the other way round.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/wr.h"
#include "certs/verify.h"
#include "tests/ca_lab.h"

#define CASES		100
#define CAS_MAX		8
#define PEM_MAX		65536

#define N_OF(a)	(sizeof(a) / sizeof((a)[0]))

static char dir[64];
static int dirfd;

/* --- chance, the same in every run --- */

static uint64_t chance;

static unsigned
below(unsigned n)
{
	chance = chance * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (unsigned)(chance >> 33) % n;
}

static bool
percent(unsigned n)
{
	return below(100) < n;
}

/* --- a world --- */

struct world {
	struct cert	*ca[CAS_MAX];
	size_t		 key[CAS_MAX];
	size_t		 n;
	struct cert	*leaf;
	struct cert	*trusted[CAS_MAX + 1];
	struct cert	*sent[CAS_MAX + 1];
	size_t		 ntrusted, nsent;
};

static const char *
one_of(const char *const *of, size_t n)
{
	return of[below((unsigned)n)];
}

static struct lab_spec
some_ca(void)
{
	static const char *const names[] = { "ca 1", "ca 2", "ca 3", "CA 1",
	    "ca 4", "ca 5" };
	static const char *const basics[] = { "critical,CA:TRUE",
	    "critical,CA:TRUE", "critical,CA:TRUE", "critical,CA:TRUE",
	    "critical,CA:TRUE", "critical,CA:TRUE,pathlen:0",
	    "critical,CA:TRUE,pathlen:1", "critical,CA:FALSE", NULL };
	static const char *const constraints[] = { NULL, NULL, NULL, NULL,
	    "permitted;DNS:example.org", "excluded;DNS:b.example.org",
	    "permitted;DNS:example.com" };
	static const char *const usages[] = { "critical,keyCertSign",
	    "critical,keyCertSign", "keyCertSign,cRLSign", NULL,
	    "critical,digitalSignature" };
	struct lab_spec s = {
		.cn = one_of(names, N_OF(names)),
		.basic = one_of(basics, N_OF(basics)),
		.constraints = one_of(constraints, N_OF(constraints)),
		.usage = one_of(usages, N_OF(usages)),
		.from_days = -100 - (int64_t)below(50),
		.to_days = percent(12) ? -1 : 100,
		.no_ids = percent(25),
	};

	return s;
}

static void
add_ca(struct world *w)
{
	struct lab_spec s = some_ca();
	size_t by = w->n > 0 ? below((unsigned)w->n) : 0;
	size_t i = w->n++;

	/* A key of its own, or one that another CA has (renewed, crossed). */
	w->key[i] = i > 0 && percent(30) ? w->key[below((unsigned)i)] : i;
	if (i == 0 || percent(30))
		w->ca[i] = lab_issue(&s, lab_key(w->key[i]), NULL, NULL);
	else
		w->ca[i] = lab_issue(&s, lab_key(w->key[i]), w->ca[by],
		    lab_key(w->key[by]));
}

static void
make(struct world *w)
{
	static const char *const sans[] = { NULL, "DNS:a.example.org",
	    "DNS:b.example.org", "DNS:a.example.com" };
	struct lab_spec leaf = { .cn = "leaf",
	    .san = one_of(sans, N_OF(sans)), .no_ids = percent(25),
	    .from_days = -50, .to_days = percent(5) ? -1 : 50 };
	size_t by;

	*w = (struct world){ 0 };
	for (size_t n = 1 + below(CAS_MAX); w->n < n;)
		add_ca(w);
	by = below((unsigned)w->n);
	w->leaf = lab_issue(&leaf, lab_key(CAS_MAX), w->ca[by],
	    lab_key(w->key[by]));
	for (size_t i = w->n; i-- > 0;)
		if (percent(45))
			w->trusted[w->ntrusted++] = w->ca[i];
		else if (percent(80))
			w->sent[w->nsent++] = w->ca[i];
	if (percent(5))
		w->trusted[w->ntrusted++] = w->leaf;
	/* openssl wants a file of at least one. */
	if (w->ntrusted == 0)
		w->trusted[w->ntrusted++] = w->ca[0];
}

static void
unmake(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		cert_free(w->ca[i]);
	cert_free(w->leaf);
}

/* --- what openssl says --- */

static void
put_file(const char *name, struct cert *const *certs, size_t n)
{
	struct wr w = wr_init(PEM_MAX);

	for (size_t i = 0; i < n; i++) {
		char *pem = cert_to_pem(certs[i], NULL);

		wr_str(&w, pem);
		free(pem);
	}
	ck_assert_int_eq(file_replace(dirfd, name, 0600, w.buf, w.len, NULL),
	    ERR_OK);
	wr_clear(&w);
}

static bool
openssl_trusts(const struct world *w, struct cert *const *trusted, size_t n)
{
	bool sent = w->nsent > 0 && (n > 1 || trusted[0] != w->leaf);
	char cmd[512];

	put_file("trusted", trusted, n);
	(void)snprintf(cmd, sizeof(cmd), "openssl verify -no-CAfile "
	    "-no-CApath -no-CAstore -partial_chain -attime %lld "
	    "-trusted %s/trusted %s%s%s %s/leaf >%s/said 2>&1",
	    (long long)LAB_NOW, dir, sent ? "-untrusted " : "",
	    sent ? dir : "", sent ? "/sent" : "", dir, dir);
	return system(cmd) == 0;
}

/* Whether one of the trusted alone is enough, and is the one we named. */
static bool
one_suffices(const struct world *w, const struct verify_result *r)
{
	uint8_t sha256[DIGEST_SHA256_LEN];
	bool any = false, ours = false;

	for (size_t i = 0; i < w->ntrusted; i++) {
		if (!openssl_trusts(w, &w->trusted[i], 1))
			continue;
		any = true;
		cert_sha256(w->trusted[i], sha256);
		if (memcmp(sha256, r->anchor, sizeof(sha256)) == 0)
			ours = true;
	}
	ck_assert(r->why != VERIFY_OK || ours);
	return any;
}

/* --- both --- */

START_TEST(same_verdict)
{
	static const struct verify_policy any = { .units = 1 };
	unsigned good = 0, wrong_turns = 0;

	for (unsigned i = 0; i < CASES; i++) {
		struct verify_result r;
		struct lab_store st;
		struct world w;
		bool ours, all;

		chance = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
		make(&w);
		put_file("leaf", &w.leaf, 1);
		put_file("sent", w.sent, w.nsent);
		lab_store_init(&st);
		for (size_t k = 0; k < w.ntrusted; k++)
			lab_store_add(&st, cert_ref(w.trusted[k]), 1);
		lab_store_load(&st);
		ours = verify_cert(st.v, w.leaf, w.sent, w.nsent, &any, &r);
		all = openssl_trusts(&w, w.trusted, w.ntrusted);
		ck_assert_msg(ours || !all, "case %u: openssl trusts, we do "
		    "not: %s: %s", i, verify_why_name(r.why), r.text);
		ck_assert_msg(ours == one_suffices(&w, &r), "case %u: we say "
		    "%s: %s", i, verify_why_name(r.why), r.text);
		good += ours;
		wrong_turns += ours && !all;
		lab_store_clear(&st);
		unmake(&w);
	}
	/* The generated worlds are worth their while. */
	ck_assert_uint_gt(good, CASES / 5);
	ck_assert_uint_lt(good, CASES - CASES / 5);
	ck_assert_uint_gt(wrong_turns, 0);
}
END_TEST

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_verify.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dirfd, 0);
}

static void
teardown(void)
{
	static const char *const names[] = { "trusted", "sent", "leaf",
	    "said" };

	for (size_t i = 0; i < N_OF(names); i++)
		(void)unlinkat(dirfd, names[i], 0);
	(void)close(dirfd);
	(void)rmdir(dir);
	lab_end();
}

int
main(void)
{
	Suite *s = suite_create("verdicts beside openssl verify");
	TCase *t = tcase_create("verify");
	SRunner *sr;
	int failed;

	if (system("openssl version >/dev/null 2>&1") != 0) {
		(void)fprintf(stderr, "skipped: no openssl\n");
		return 77;
	}
	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, same_verdict);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
