/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_mem.c: what a phone remembers, and how damage is told.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/sim_lab.h"

static char top[] = "/tmp/check_sim_mem.XXXXXX";
static char dir[PATH_MAX];	/* not there at first */
static struct sim_mem mem;
static struct err e;

static void
setup(void)
{
	strcpy(top + strlen(top) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/phones", top);
	e = (struct err){ 0 };
	sim_mem_init(&mem, "");
}

static void
teardown(void)
{
	char cmd[PATH_MAX + 16];

	sim_mem_clear(&mem);
	(void)snprintf(cmd, sizeof(cmd), "rm -r -- '%s'", top);
	ck_assert_int_eq(system(cmd), 0);
}

static const char *
path(const char *name)
{
	static char p[PATH_MAX + 64];

	(void)snprintf(p, sizeof(p), "%s/%s/%s", dir, LAB_PHONE, name);
	return p;
}

static void
reopen(void)
{
	sim_mem_clear(&mem);
	ck_assert_msg(sim_mem_open(&mem, NULL, dir, LAB_PHONE, &e) == ERR_OK,
	    "%s", e.msg);
}

static void
vouch(const char *vector, int64_t until)
{
	struct tvs_known k = { .roles = { 3 }, .nroles = 1, .until = until,
	    .from = "first:2445" };
	uint8_t *pem;
	size_t len;

	pem = lab_vector(vector, &len);
	ck_assert_ptr_nonnull(k.cert = cert_from_pem(pem, len, &e));
	free(pem);
	ck_assert_int_eq(sim_mem_add_known(&mem, &k, 1795251344, &e), ERR_OK);
	cert_free(k.cert);
}

/* A phone with both lists, a configuration and an answer of TVS, closed. */
static void
fill(void)
{
	const struct phone_config c = { .full_config = true,
	    .encr_config = true,
	    .version_stamp = "{stamp}", .ntvs = 2,
	    .tvs = { { "first", 2445 }, { "2001:db8::7", 22445 } } };
	uint8_t *buf;
	size_t len;

	reopen();
	buf = lab_vector("trust-list/ITLFile.sha1.v11.tlv", &len);
	ck_assert_int_eq(sim_mem_set_list(&mem, ACCEPT_ITL, buf, len, &e),
	    ERR_OK);
	free(buf);
	buf = lab_vector("trust-list/CTLFile.sha512.tlv", &len);
	ck_assert_int_eq(sim_mem_set_list(&mem, ACCEPT_CTL, buf, len, &e),
	    ERR_OK);
	free(buf);
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 1795251344, &e),
	    ERR_OK);
	vouch("keys/ccm.pem", 1795251404);
	sim_mem_clear(&mem);
}

static void
is_vector(const struct sim_list *l, const char *vector)
{
	uint8_t *buf;
	size_t len;

	buf = lab_vector(vector, &len);
	ck_assert_uint_eq(l->len, len);
	ck_assert_mem_eq(l->buf, buf, len);
	free(buf);
}

START_TEST(kept_nowhere)
{
	uint8_t *buf;
	size_t len;

	sim_mem_init(&mem, LAB_PHONE);
	buf = lab_vector("trust-list/ITLFile.sha1.v11.tlv", &len);
	ck_assert_int_eq(sim_mem_set_list(&mem, ACCEPT_ITL, buf, len, &e),
	    ERR_OK);
	free(buf);
	is_vector(sim_mem_list(&mem, ACCEPT_ITL),
	    "trust-list/ITLFile.sha1.v11.tlv");
	ck_assert_ptr_null(sim_mem_list(&mem, ACCEPT_CTL)->buf);
	ck_assert_int_eq(access(dir, F_OK), -1);
}
END_TEST

START_TEST(kept_across)
{
	struct accept_phone p;
	struct stat st;

	fill();
	reopen();
	is_vector(&mem.itl, "trust-list/ITLFile.sha1.v11.tlv");
	is_vector(&mem.ctl, "trust-list/CTLFile.sha512.tlv");
	ck_assert(mem.has_config);
	ck_assert(mem.encr_config);
	ck_assert_str_eq(mem.version_stamp, "{stamp}");
	ck_assert_int_eq(mem.configured_at, 1795251344);
	ck_assert_uint_eq(mem.ntvs, 2);
	ck_assert_str_eq(mem.tvs[0].address, "first");
	ck_assert_str_eq(mem.tvs[1].address, "2001:db8::7");
	ck_assert_uint_eq(mem.tvs[1].port, 22445);
	ck_assert_uint_eq(mem.known.n, 1);
	ck_assert_int_eq(mem.known.k[0].until, 1795251404);
	p = sim_mem_phone(&mem);
	ck_assert_ptr_eq(p.itl, mem.itl.buf);
	ck_assert_uint_eq(p.ctllen, mem.ctl.len);
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(stat(path("ITLFile.tlv"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(new_phone)
{
	reopen();
	ck_assert_ptr_null(mem.itl.buf);
	ck_assert_ptr_null(mem.ctl.buf);
	ck_assert(!mem.has_config);
	ck_assert(!mem.encr_config);
}
END_TEST

/* Of a stub only that the file is encrypted. */
START_TEST(stub)
{
	struct phone_config c = { .encr_config = true };

	reopen();
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 5, &e), ERR_OK);
	reopen();
	ck_assert(mem.has_config && mem.encr_config);
	ck_assert_int_eq(mem.configured_at, 5);
	fill();
	reopen();
	c.encr_config = false;
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 6, &e), ERR_OK);
	reopen();
	ck_assert(!mem.encr_config);
	ck_assert_str_eq(mem.version_stamp, "{stamp}");
	ck_assert_uint_eq(mem.ntvs, 2);
	ck_assert_int_eq(mem.configured_at, 1795251344);
}
END_TEST

/* Its keys are part of what it remembers, and of what is erased. */
START_TEST(keys)
{
	struct key *k;
	uint8_t *pem;
	bool held;
	size_t len;

	reopen();
	pem = lab_vector("keys/tftp-ec.pem", &len);
	ck_assert_ptr_nonnull(k = key_from_pem(pem, len, &e));
	free(pem);
	ck_assert_int_eq(sim_keys_set_pending(&mem.keys, mem.dirfd, k, &e),
	    ERR_OK);
	reopen();
	ck_assert_ptr_nonnull(mem.keys.pending);
	ck_assert_int_eq(sim_mem_erase(dir, LAB_PHONE, &held, &e), ERR_OK);
	ck_assert(held);
	reopen();
	ck_assert_ptr_null(mem.keys.pending);
}
END_TEST

/* A boot that brings nothing new leaves the files alone. */
START_TEST(same_config_is_not_written)
{
	struct phone_config c = { .full_config = true, .encr_config = true,
	    .version_stamp = "{stamp}", .ntvs = 2,
	    .tvs = { { "first", 2445 }, { "2001:db8::7", 22445 } } };

	fill();
	reopen();
	ck_assert_int_eq(unlink(path("phone.json")), 0);
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 1, &e), ERR_OK);
	ck_assert_int_eq(access(path("phone.json"), F_OK), -1);
	ck_assert_int_eq(mem.configured_at, 1795251344);
	c.encr_config = false;
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 1, &e), ERR_OK);
	ck_assert_int_eq(access(path("phone.json"), F_OK), 0);
	reopen();
	ck_assert(!mem.encr_config);
	ck_assert_int_eq(mem.configured_at, 1);
	/* Other TVS servers are something new. */
	c.tvs[1].port = 2445;
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 2, &e), ERR_OK);
	reopen();
	ck_assert_uint_eq(mem.tvs[1].port, 2445);
	c.ntvs = 0;
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 3, &e), ERR_OK);
	reopen();
	ck_assert_uint_eq(mem.ntvs, 0);
}
END_TEST

/* A memory from before TVS was kept. */
START_TEST(older_memory)
{
	static const char json[] = "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\"}";

	fill();
	ck_assert_int_eq(file_replace(AT_FDCWD, path("phone.json"), 0600,
	    json, strlen(json), &e), ERR_OK);
	ck_assert_int_eq(unlink(path("tvs.json")), 0);
	reopen();
	ck_assert(mem.has_config);
	ck_assert_uint_eq(mem.ntvs, 0);
	ck_assert_uint_eq(mem.known.n, 0);
}
END_TEST

START_TEST(unknown_phone)
{
	ck_assert_int_eq(sim_mem_find(&mem, dir, LAB_PHONE, &e),
	    ERR_NOTFOUND);
	ck_assert_int_eq(access(dir, F_OK), -1);
	fill();
	ck_assert_int_eq(sim_mem_find(&mem, dir, LAB_PHONE, &e), ERR_OK);
	sim_mem_clear(&mem);
	ck_assert_int_eq(sim_mem_find(&mem, dir, "SEP000000000000", &e),
	    ERR_NOTFOUND);
	ck_assert_ptr_nonnull(strstr(e.msg, "SEP000000000000"));
}
END_TEST

static const struct damage {
	const char	*file;
	const char	*text;		/* NULL: change the byte at */
	size_t		 at;
} damages[] = {
	{ "ITLFile.tlv", "", 0 },
	{ "ITLFile.tlv", "no list", 0 },
	{ "ITLFile.tlv", NULL, 8 },
	{ "ITLFile.tlv", NULL, 300 },		/* signature */
	{ "ITLFile.tlv", NULL, 9000 },		/* a certificate */
	{ "CTLFile.tlv", NULL, 5000 },
	{ "phone.json", "", 0 },
	{ "phone.json", "{", 0 },
	{ "phone.json", "[]", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\"}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/2\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\"}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":1,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\"}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"yesterday\"}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\","
	    "\"tvs\":[{\"address\":\"a\",\"port\":0}]}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\","
	    "\"tvs\":[1]}", 0 },
	{ "phone.json", "{\"schema\":\"phonetrust-phone/1\","
	    "\"encr_config\":true,\"version_stamp\":\"\","
	    "\"configured_at\":\"2026-11-21T10:54:31Z\","
	    "\"tvs\":[{\"address\":\"a\",\"port\":1},"
	    "{\"address\":\"a\",\"port\":1},{\"address\":\"a\",\"port\":1},"
	    "{\"address\":\"a\",\"port\":1},{\"address\":\"a\",\"port\":1},"
	    "{\"address\":\"a\",\"port\":1}]}", 0 },
	{ "tvs.json", "", 0 },
	{ "tvs.json", NULL, 60 },
};

static void
break_file(const struct damage *d)
{
	uint8_t *buf = NULL;
	size_t len;

	ck_assert_int_eq(file_read(AT_FDCWD, path(d->file), SIM_FILE_MAX,
	    &buf, &len, &e), ERR_OK);
	if (d->text == NULL) {
		ck_assert_uint_lt(d->at, len);
		buf[d->at] ^= 0x10;
	}
	ck_assert_int_eq(file_replace(AT_FDCWD, path(d->file), 0600,
	    d->text != NULL ? (const void *)d->text : buf,
	    d->text != NULL ? strlen(d->text) : len, &e), ERR_OK);
	free(buf);
}

START_TEST(damage)
{
	bool held;

	fill();
	break_file(&damages[_i]);
	ck_assert_int_eq(sim_mem_open(&mem, NULL, dir, LAB_PHONE, &e),
	    ERR_BADSTATE);
	ck_assert_ptr_nonnull(strstr(e.msg, "damaged"));
	ck_assert_ptr_nonnull(strstr(e.msg, "phonesim reset " LAB_PHONE
	    " --state "));
	ck_assert_ptr_nonnull(strstr(e.msg, damages[_i].file));
	/* The cure it names works. */
	ck_assert_int_eq(sim_mem_erase(dir, LAB_PHONE, &held, &e), ERR_OK);
	ck_assert(held);
	reopen();
	ck_assert_ptr_null(mem.itl.buf);
	ck_assert_ptr_null(mem.ctl.buf);
	ck_assert(!mem.has_config);
	ck_assert_uint_eq(mem.known.n, 0);
}
END_TEST

START_TEST(nothing_to_erase)
{
	bool held = true;

	ck_assert_int_eq(sim_mem_erase(dir, LAB_PHONE, &held, &e), ERR_OK);
	ck_assert(!held);
	fill();
	ck_assert_int_eq(sim_mem_erase(dir, "SEP000000000000", &held, &e),
	    ERR_OK);
	ck_assert(!held);
	reopen();
	ck_assert_ptr_nonnull(mem.itl.buf);
}
END_TEST

/* What cannot be written was not accepted: the old list stays in force. */
START_TEST(memory_cannot_be_written)
{
	const struct phone_config c = { .full_config = true,
	    .version_stamp = "other" };
	struct sim_list old;

	fill();
	reopen();
	old = mem.itl;
	ck_assert_int_eq(unlink(path("ITLFile.tlv")), 0);
	ck_assert_int_eq(unlink(path("CTLFile.tlv")), 0);
	ck_assert_int_eq(unlink(path("phone.json")), 0);
	ck_assert_int_eq(unlink(path("tvs.json")), 0);
	ck_assert_int_eq(rmdir(path("")), 0);
	ck_assert_int_eq(sim_mem_set_list(&mem, ACCEPT_ITL,
	    (const uint8_t *)"new", 3, &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, LAB_PHONE));
	ck_assert_ptr_eq(mem.itl.buf, old.buf);
	ck_assert_int_eq(sim_mem_set_config(&mem, &c, 1, &e), ERR_IO);
}
END_TEST

START_TEST(folder_is_a_file)
{
	ck_assert_int_eq(file_replace(AT_FDCWD, dir, 0600, "x", 1, &e),
	    ERR_OK);
	ck_assert_int_eq(sim_mem_open(&mem, NULL, dir, LAB_PHONE, &e), ERR_IO);
	ck_assert_ptr_nonnull(strstr(e.msg, dir));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_mem");
	TCase *t = tcase_create("sim_mem");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, kept_nowhere);
	tcase_add_test(t, kept_across);
	tcase_add_test(t, new_phone);
	tcase_add_test(t, stub);
	tcase_add_test(t, keys);
	tcase_add_test(t, same_config_is_not_written);
	tcase_add_test(t, older_memory);
	tcase_add_test(t, unknown_phone);
	tcase_add_loop_test(t, damage, 0, sizeof(damages) /
	    sizeof(damages[0]));
	tcase_add_test(t, nothing_to_erase);
	tcase_add_test(t, memory_cannot_be_written);
	tcase_add_test(t, folder_is_a_file);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
