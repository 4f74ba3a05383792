/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of served files share, see files_fix.h.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "certs/signed.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "tests/file_store_fix.h"
#include "tests/files_fix.h"
#include "tests/openat2.h"
#include "tests/trust_cluster.h"
#include "trust/files.h"
#include "trust/phone.h"

void
put(const char *name, const char *text, int64_t mtime)
{
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec =
	    mtime } };
	struct err e = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "tftp/%s", name);
	ck_assert_msg(file_replace(tc.dirfd, path, 0644, text, strlen(text),
	    &e) == ERR_OK, "%s", e.msg);
	ck_assert_int_eq(utimensat(tc.dirfd, path, times, 0), 0);
}

struct add {
	struct phone_spec	 spec;
	int64_t			 now;
	char			*advice;
};

static int
tx_add(struct db *db, void *arg, struct err *e)
{
	struct add *a = arg;
	bool added;

	return phone_add(db, &a->spec, a->now, &added, &a->advice, e);
}

void
add_phone(const char *name, const char *xml, int64_t now)
{
	struct add a = { .now = now, .spec = { .name = name, .model = "8861",
	    .xml = (const uint8_t *)xml,
	    .xmllen = xml != NULL ? strlen(xml) : 0 } };

	tc_done(tx_add, &a);
	free(a.advice);
}

static int
tx_list(struct db *db, void *arg, struct err *e)
{
	return row_list_put_current(db, arg, e);
}

void
put_list(const char *kind, const char *node, const char *bytes)
{
	struct row_list l = { .made_at = TC_NOW, .len = strlen(bytes),
	    .bytes = (uint8_t *)(uintptr_t)bytes };

	(void)str_copy(l.kind, sizeof(l.kind), kind);
	(void)str_copy(l.node, sizeof(l.node), node);
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, bytes, l.len, l.sha256,
	    NULL), ERR_OK);
	tc_done(tx_list, &l);
}

struct set {
	enum param_id	 id;
	const char	*node, *value;
};

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	const struct set *s = arg;
	bool changed;

	return param_set(db, &param_table()[s->id], s->node, s->value, TC_NOW,
	    &changed, e);
}

void
set_param(enum param_id id, const char *node, const char *value)
{
	struct set s = { id, node, value };

	tc_done(tx_set, &s);
	ck_assert(file_store_changed(store));
	ck_assert(!file_store_changed(store));
}

int
try_get(const char *req, struct file_answer *a, struct err *e)
{
	return file_store_get(store, req, strlen(req), a, e);
}

void
get(const char *req, struct file_answer *a)
{
	struct err e = { 0 };

	ck_assert_msg(try_get(req, a, &e) == ERR_OK, "%s: %s", req, e.msg);
	ck_assert((a->body != NULL) != (a->fd != -1));
	ck_assert_ptr_nonnull(a->type);
}

void
gives(const char *req, int code)
{
	struct file_answer a;
	struct err e = { 0 };

	ck_assert_msg(try_get(req, &a, &e) == code, "%s: %s", req,
	    err_name(e.code));
	ck_assert_int_eq(e.code, code);
	ck_assert_str_ne(e.msg, "");
	ck_assert_ptr_null(a.body);
	ck_assert_int_eq(a.fd, -1);
	file_answer_clear(&a);
}

void
gives_file(const char *req, const char *text)
{
	uint8_t sha[32] = { 0 };
	struct file_answer a;
	char buf[256];

	get(req, &a);
	ck_assert_uint_eq(a.len, strlen(text));
	if (a.body != NULL) {
		ck_assert_mem_eq(a.body, text, a.len);
		ck_assert_int_eq(digest_buf(DIGEST_SHA256, text, strlen(text),
		    sha, NULL), ERR_OK);
	} else {
		ck_assert_int_eq(pread(a.fd, buf, sizeof(buf), 0),
		    (ssize_t)a.len);
		ck_assert_mem_eq(buf, text, a.len);
	}
	ck_assert_mem_eq(a.version, sha, 32);
	file_answer_clear(&a);
}

void
gives_signed(const char *req, const char *name, int64_t at,
    const void *payload, size_t len)
{
	const struct cert *c = own_new_cert(tc.own[UNIT_CALLMANAGER]);
	uint8_t digest[32];
	struct signed_file f;
	struct file_answer a;
	struct err e = { 0 };

	get(req, &a);
	ck_assert_msg(a.body != NULL, "%s came from disk", req);
	ck_assert_str_eq(a.type, "application/octet-stream");
	ck_assert_msg(signed_parse(&f, a.body, a.len, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_msg(tlv_verify(&f.h, a.body, a.len, c, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert(tlv_names_cert(&f.h, c));
	ck_assert_str_eq(f.h.file_name, name);
	ck_assert_uint_eq(f.h.timestamp, at);
	if (payload != NULL) {
		ck_assert_uint_eq(f.payloadlen, len);
		ck_assert_mem_eq(f.payload, payload, len);
	}
	ck_assert_int_eq(digest_buf(DIGEST_SHA256, a.body, a.len, digest,
	    NULL), ERR_OK);
	ck_assert_mem_eq(digest, a.version, 32);
	file_answer_clear(&a);
}
