/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of CAPF's rows share, see db_capf_fix.h.
 */
#include <string.h>

#include "base/str.h"
#include "db/internal.h"
#include "db/observed.h"
#include "db/rows_capf.h"
#include "tests/db_fixture.h"
#include "tests/db_capf_fix.h"

struct db *db, *obs;
int dirfd_of;

void
setup(void)
{
	struct err e = { 0 };

	dirfd_of = fix_folder();
	db = fix_create(dirfd_of);
	ck_assert_msg(observed_create(dirfd_of, &e) == ERR_OK, "%s", e.msg);
	obs = fix_open(dirfd_of, OBSERVED_FILE, DB_WRITE);
}

void
teardown(void)
{
	db_close(obs);
	db_close(db);
	fix_remove();
}

WRITE(cert_put, row_cert_put(d, w->row, e))
WRITE(device_put, row_device_cert_put(d, w->row, e))

void
run(struct db *d, db_fn *fn, struct write w)
{
	fix_tx(d, fn, &w);
}

struct capf_owner
owner(enum capf_kind kind, const char *name, const char *instance)
{
	struct capf_owner o = { .kind = kind };

	ck_assert(str_copy(o.name, sizeof(o.name), name));
	ck_assert(str_copy(o.instance, sizeof(o.instance), instance));
	return o;
}

void
certificate(uint8_t c, uint8_t key, int64_t not_after)
{
	struct row_cert row = { .der = &c, .derlen = 1, .subject = (char *)"s",
	    .issuer = (char *)"i", .serial = { c }, .seriallen = 1,
	    .not_after = not_after };

	memset(row.sha256, c, SHA256_LEN);
	memset(row.key_id, key, SHA256_LEN);
	run(db, cert_put, (struct write){ .row = &row });
}

struct row_device_cert
device(struct capf_owner o, enum device_cert_type type, uint8_t c,
    enum device_cert_state state, int64_t at)
{
	struct row_device_cert d = { .owner = o, .type = type,
	    .state = state, .stored_at = at, .changed_at = at,
	    .has_issuer = type == DEVICE_LSC };

	memset(d.sha256, c, SHA256_LEN);
	if (d.has_issuer)
		memset(d.issuer, 0xca, SHA256_LEN);
	run(db, device_put, (struct write){ .row = &d });
	return d;
}
