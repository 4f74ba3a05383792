/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A node whose phones have encrypted files, and what it answers them.
 */
#ifndef TESTS_FILE_ENC_FIX_H
#define TESTS_FILE_ENC_FIX_H

#include "tests/file_store_fix.h"

#define ONE	"SEP0011223344AA"
#define TWO	"SEP0011223344BB"
#define CNF	".cnf.xml"
#define SHELL	"sh3ll-secret"
#define HASH	"f7e9ef38c347039db1119c25571a9dd7"	/* of the vectors' */
#define SYM	"00112233445566778899aabbccddeeff"

extern struct cert *rsa, *ec;
extern struct key *rsa_key, *other_key;
void	make_once(void);
void	free_once(void);

struct change {
	const char	*name, *set, *xml, *value;
	const struct cert *cert;
	enum device_cert_type type;
	enum device_cert_state state;
	int64_t		 until;
	bool		 with_secrets;
	struct { uint8_t *sealed; size_t len; } shell, sym;
};

int	tx_cert(struct db *db, void *arg, struct err *e);
void	profile(const char *set);
void	phone(const char *name, const char *xml, const char *sym);
void	certificate(const char *name, const struct cert *c,
	    enum device_cert_type type);
/* The short file, and nothing else. */
void	expect_stub(const char *hash, int capf_auth);

#endif
