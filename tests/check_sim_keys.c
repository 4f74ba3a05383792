/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_keys.c: what a phone keeps of its keys.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "phonesim/sim_keys.h"
#include "tests/certs_data.h"

static char dir[64];
static int fd;
static struct sim_keys k;

static void
set_up(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/check_sim_keys.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(fd, -1);
	memset(&k, 0, sizeof(k));
}

static void
tear_down(void)
{
	bool held;

	sim_keys_clear(&k);
	ck_assert_int_eq(sim_keys_erase(fd, &held, NULL), ERR_OK);
	(void)close(fd);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* As the phone would find it at its next boot. */
static void
reload(void)
{
	struct err e = { 0 };

	sim_keys_clear(&k);
	ck_assert_msg(sim_keys_load(&k, fd, &e) == ERR_OK, "%s", e.msg);
}

static bool
same_cert(const struct cert *a, const struct cert *b)
{
	uint8_t x[32], y[32];

	cert_sha256(a, x);
	cert_sha256(b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void
is_private(const char *name)
{
	struct stat st;

	ck_assert_int_eq(fstatat(fd, name, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}

START_TEST(installs)
{
	struct cert *c = data_cert("capf"), *other = data_cert("tftp-ec");
	struct err e = { 0 };

	/* Nothing to install it for. */
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, c, &e), ERR_VERIFY);
	ck_assert_int_eq(sim_keys_set_pending(&k, fd, data_key("capf"), &e),
	    ERR_OK);
	is_private("pending.pem");
	reload();
	ck_assert_ptr_nonnull(k.pending);
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, other, &e), ERR_VERIFY);
	ck_assert_ptr_nonnull(strstr(e.msg, "a key that this phone has not"));
	ck_assert_ptr_null(k.lsc.cert);
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, c, &e), ERR_OK);
	is_private("lsc.pem");
	ck_assert_int_eq(faccessat(fd, "pending.pem", F_OK, 0), -1);
	reload();
	ck_assert(same_cert(k.lsc.cert, c));
	ck_assert_ptr_null(k.pending);
	/* Again for the same key, as after a session that was cut. */
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, c, &e), ERR_OK);
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, other, &e), ERR_VERIFY);
	/* Another key replaces it, and until then it stays. */
	ck_assert_int_eq(sim_keys_set_pending(&k, fd, data_key("tftp-ec"),
	    &e), ERR_OK);
	reload();
	ck_assert(same_cert(k.lsc.cert, c));
	ck_assert_int_eq(sim_keys_set_lsc(&k, fd, other, &e), ERR_OK);
	reload();
	ck_assert(same_cert(k.lsc.cert, other));
	ck_assert_int_eq(sim_keys_drop_lsc(&k, fd, &e), ERR_OK);
	ck_assert_ptr_null(k.lsc.cert);
	ck_assert_int_eq(sim_keys_drop_lsc(&k, fd, &e), ERR_OK);
	reload();
	ck_assert_ptr_null(k.lsc.cert);
	cert_free(c);
	cert_free(other);
}
END_TEST

/* A phone without a memory. */
START_TEST(kept_nowhere)
{
	struct cert *c = data_cert("tftp-ec");

	ck_assert_int_eq(sim_keys_load(&k, -1, NULL), ERR_OK);
	ck_assert_int_eq(sim_keys_set_pending(&k, -1, data_key("tftp-ec"),
	    NULL), ERR_OK);
	ck_assert_int_eq(sim_keys_set_lsc(&k, -1, c, NULL), ERR_OK);
	ck_assert(same_cert(k.lsc.cert, c));
	ck_assert_int_eq(sim_keys_drop_lsc(&k, -1, NULL), ERR_OK);
	ck_assert_ptr_null(k.lsc.cert);
	cert_free(c);
}
END_TEST

static void
vector_path(char out[512], const char *name)
{
	const char *top = getenv("top_srcdir");

	(void)snprintf(out, 512, "%s/tests/data/vectors/%s",
	    top != NULL ? top : ".", name);
}

START_TEST(mic)
{
	char pem[512], other[512];
	struct cert *c = data_cert("capf");
	struct err e = { 0 };
	bool held = false;

	vector_path(pem, "keys/capf.pem");
	vector_path(other, "keys/tvs.pem");
	ck_assert_int_eq(sim_keys_set_mic(&k, fd, pem, other, &e),
	    ERR_VERIFY);
	ck_assert_int_eq(sim_keys_set_mic(&k, fd, "nothing", pem, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(sim_keys_set_mic(&k, fd, pem, "nothing", &e),
	    ERR_NOTFOUND);
	ck_assert_ptr_null(k.mic.cert);
	ck_assert_msg(sim_keys_set_mic(&k, fd, pem, pem, &e) == ERR_OK, "%s",
	    e.msg);
	is_private("mic.pem");
	reload();
	ck_assert(same_cert(k.mic.cert, c));
	ck_assert_int_eq(sim_keys_erase(fd, &held, NULL), ERR_OK);
	ck_assert(held);
	reload();
	ck_assert_ptr_null(k.mic.cert);
	held = false;
	ck_assert_int_eq(sim_keys_erase(fd, &held, NULL), ERR_OK);
	ck_assert(!held);
	cert_free(c);
}
END_TEST

/* A certificate without its key, and the key of another one. */
START_TEST(damaged)
{
	static const char *const name[] = { "lsc.pem", "mic.pem",
	    "pending.pem" };
	struct cert *c = data_cert("tvs");
	struct err e = { 0 };
	char *key, *text, *cert;
	size_t n;

	for (size_t i = 0; i < N_OF(name); i++) {
		ck_assert_int_eq(file_replace(fd, name[i], 0600, "x", 1, &e),
		    ERR_OK);
		ck_assert_int_eq(sim_keys_load(&k, fd, &e), ERR_PROTO);
		ck_assert_msg(strstr(e.msg, name[i]) != NULL, "%s", e.msg);
		(void)unlinkat(fd, name[i], 0);
	}
	key = (char *)data_file("keys/capf.pem", &n);
	*strstr(key, "-----BEGIN CERT") = '\0';
	ck_assert_ptr_nonnull(cert = cert_to_pem(c, NULL));
	ck_assert_ptr_nonnull(text = str_printf("%s%s", key, cert));
	ck_assert_int_eq(file_replace(fd, "lsc.pem", 0600, text, strlen(text),
	    &e), ERR_OK);
	ck_assert_int_eq(sim_keys_load(&k, fd, &e), ERR_VERIFY);
	ck_assert_ptr_null(k.lsc.cert);
	free(text);
	free(cert);
	free(key);
	cert_free(c);
}
END_TEST

/* RSA, whose PEM has many lines. */
START_TEST(key_alone)
{
	struct key *own = data_key("capf"), *back;
	uint8_t a[KEY_ID_LEN], b[KEY_ID_LEN];

	ck_assert_int_eq(sim_key_load(&back, fd, "key.pem", NULL), ERR_OK);
	ck_assert_ptr_null(back);
	ck_assert_int_eq(sim_key_store(own, fd, "key.pem", NULL), ERR_OK);
	is_private("key.pem");
	ck_assert_int_eq(sim_key_load(&back, fd, "key.pem", NULL), ERR_OK);
	ck_assert_int_eq(key_id(own, a, NULL), ERR_OK);
	ck_assert_int_eq(key_id(back, b, NULL), ERR_OK);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_int_eq(unlinkat(fd, "key.pem", 0), 0);
	key_free(own);
	key_free(back);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_keys");
	TCase *t = tcase_create("sim_keys");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, installs);
	tcase_add_test(t, kept_nowhere);
	tcase_add_test(t, mic);
	tcase_add_test(t, damaged);
	tcase_add_test(t, key_alone);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
