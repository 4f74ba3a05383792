/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests of phones for a CA elsewhere, as CAPF leaves them in the database,
 * for tests without phones:
 *
 *	make_capf_csr STATE NAME SPKI [NAME SPKI]...
 *	make_capf_csr STATE COUNT
 *	make_capf_csr STATE lsc NAME SPKI OUT
 *
 * SPKI is a file with a public key in DER; COUNT phones have keys that nobody
 * keeps.  The last writes the certificate that CAPF itself would give, in DER.
 */
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "certs/internal.h"
#include "certs/lsc.h"
#include "db/rows_capf.h"
#include "crypt/rng.h"
#include "trust/node.h"
#include "trust/own.h"

struct maker {
	struct node		 n;
	struct own		 capf;
	struct signer		*s;
	struct lsc_issuer	*ra;
	int			 argc, cwdfd;
	char			**argv;
	struct row_capf_csr	*rows;
	size_t			 nrows;
};

static void
must(int ret, const struct err *e)
{
	if (ret == ERR_OK)
		return;
	(void)fprintf(stderr, "make_capf_csr: %s\n", e->msg);
	exit(1);
}

static void
make(struct maker *m, const char *name, const uint8_t *spki, size_t len)
{
	struct row_capf_csr r = { .owner = { .kind = CAPF_PHONE },
	    .state = CAPF_CSR_WAITING,
	    .created_at = clock_wall_s(clock_system()) };
	struct err e = { 0 };
	struct lsc_key *k = lsc_key_from_spki(spki, len, &e);

	must(k != NULL ? ERR_OK : e.code, &e);
	(void)snprintf(r.owner.name, sizeof(r.owner.name), "%s", name);
	lsc_key_id(k, r.spki);
	r.changed_at = r.created_at;
	must(lsc_request(m->ra, name, k, &r.der, &r.derlen, &e), &e);
	m->rows[m->nrows++] = r;
	lsc_key_free(k);
}

static void
make_fresh(struct maker *m, int i)
{
	struct err e = { 0 };
	struct key *k = key_generate(KEY_EC256, &e);
	uint8_t *spki = NULL;
	char name[32];
	int len;

	must(k != NULL ? ERR_OK : e.code, &e);
	len = i2d_PUBKEY(key_pkey(k), &spki);
	(void)snprintf(name, sizeof(name), "SEP0011%08X", (unsigned)i);
	make(m, name, spki, (size_t)len);
	OPENSSL_free(spki);
	key_free(k);
}

/* Before the transaction, which may run twice. */
static void
make_all(struct maker *m)
{
	int n = m->argc == 3 ? atoi(m->argv[2]) : m->argc;
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	if ((m->rows = calloc((size_t)n + 1, sizeof(*m->rows))) == NULL)
		exit(1);
	for (int i = 0; m->argc == 3 && i < n; i++)
		make_fresh(m, i);
	for (int i = 2; m->argc != 3 && i + 1 < m->argc; i += 2) {
		must(file_read(m->cwdfd, m->argv[i + 1], 10000, &buf, &len,
		    &e), &e);
		make(m, m->argv[i], buf, len);
		free(buf);
	}
}

static int
put_all(struct db *db, void *arg, struct err *e)
{
	struct maker *m = arg;
	int ret = ERR_OK;

	for (size_t i = 0; i < m->nrows && ret == ERR_OK; i++)
		ret = row_capf_csr_put(db, &m->rows[i], e);
	return ret;
}

static void
put(struct maker *m)
{
	struct err e = { 0 };

	make_all(m);
	must(db_result_err(db_tx(m->n.db, put_all, m, &e), &e), &e);
	for (size_t i = 0; i < m->nrows; i++)
		free(m->rows[i].der);
	free(m->rows);
}

static void
issue(struct maker *m)
{
	int64_t now = clock_wall_s(clock_system());
	struct lsc_spec s = { .device = m->argv[3], .not_before = now - 3600,
	    .not_after = now + 86400 };
	struct err e = { 0 };
	struct lsc_key *k;
	uint8_t *buf, *der;
	size_t len;

	must(file_read(m->cwdfd, m->argv[4], 10000, &buf, &len, &e), &e);
	k = lsc_key_from_spki(buf, len, &e);
	must(k != NULL ? ERR_OK : e.code, &e);
	must(rng_fill(rng_system(), s.serial, sizeof(s.serial), &e), &e);
	free(buf);
	must(lsc_issue(m->ra, &s, k, &der, &len, &e), &e);
	must(file_replace(m->cwdfd, m->argv[5], 0644, der, len, &e), &e);
	free(der);
	lsc_key_free(k);
}

int
main(int argc, char **argv)
{
	static const enum own_unit units[] = { UNIT_CAPF };
	struct maker m = { .argc = argc, .argv = argv };
	struct keyring *kr;
	struct err e = { 0 };

	if (argc < 3)
		return 2;
	m.cwdfd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(node_open(&m.n, argv[1], DB_WRITE, &e), &e);
	if ((kr = node_keyring(&m.n, KEYRING_SIGN, &e)) == NULL)
		must(e.code, &e);
	if ((m.s = own_signer(m.n.db, kr, units, 1, &e)) == NULL)
		must(e.code, &e);
	must(own_active(m.n.db, UNIT_CAPF, "", &m.capf, &e), &e);
	m.ra = lsc_issuer_new(m.capf.cert, m.s, &e);
	must(m.ra != NULL ? ERR_OK : e.code, &e);
	if (argc == 6 && strcmp(argv[2], "lsc") == 0)
		issue(&m);
	else
		put(&m);
	lsc_issuer_free(m.ra);
	own_clear(&m.capf);
	signer_free(m.s);
	keyring_free(kr);
	node_close(&m.n);
	return 0;
}
