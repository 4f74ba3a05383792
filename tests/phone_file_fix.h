/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone by its rows, and its file.
 */
#ifndef TESTS_PHONE_FILE_FIX_H
#define TESTS_PHONE_FILE_FIX_H

#include "db/params.h"
#include "tests/db_fixture.h"
#include "trust/phone_file.h"

#define DEV	"SEP0011223344AA"

struct make {
	const char		*model;
	enum phone_protocol	 protocol;
	const char		*template;	/* NULL: predefined profile */
	const char		*set;		/* further "a=b c=d" */
	const uint8_t		*xml;
	size_t			 xmllen;
	int64_t			 now;
};

struct change {
	const char	*value;
	const struct setting *setting;
	enum param_id	 param;
	const char	*profile, *secret, *user, *realm;
	uint8_t		*sealed;
	size_t		 len;
};

extern struct db *db;
extern struct keyring *kr;
extern struct rng rng;
extern struct render_loads loads;
extern struct phone_file_base b;

int	put_node(struct db *d, void *arg, struct err *e);
void	read_base(void);
void	setup(void);
void	teardown(void);
int	put_own(struct db *d, const struct make *m, struct err *e);
int	put_phone(struct db *d, void *arg, struct err *e);
void	phone(const struct make *m);
uint8_t	*render(size_t *len);
void	key(uint8_t out[32], int64_t *changed_at);
int	set_param(struct db *d, void *arg, struct err *e);
void	param(enum param_id id, const char *value);

#endif
