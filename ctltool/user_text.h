/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Users as the commands show them.
 */
#ifndef CTLTOOL_USER_TEXT_H
#define CTLTOOL_USER_TEXT_H

#include "ctltool/ctl.h"
#include "trust/login.h"
#include "trust/user_hash.h"

/* --application, else an end user; "application " or "". */
enum credential_kind	 user_kind(const struct cmd_line *l);
const char		*user_kind_word(enum credential_kind kind);

enum user_hash_state {
	HASH_NONE,
	HASH_SET,
	HASH_OLD,		/* out of date */
	HASH_STATE_N
};
extern const char *const user_hash_state_name[HASH_STATE_N];

struct user_facts {
	enum credential_kind	 kind;
	struct row_user		 row;
	size_t			 nphone;	/* with it as digest user */
	struct row_phone_name	*phone;		/* those; NULL in lists */
	enum user_hash_state	 hash[USER_WHAT_N];
	char			 login[PHONE_NAME_MAX + 1];	/* at, "" */
	int64_t			 login_at;
};

/* One by its name; user_facts_clear() it. */
int	user_facts_load(struct ctl *c, enum credential_kind kind,
	    const char *name, struct user_facts *u, struct err *e);
void	user_facts_clear(struct user_facts *u);

/* Of row: its hashes and where it is logged in, with rounds those of today. */
int	user_facts_fill(struct ctl *c, struct user_facts *u, int64_t rounds,
	    struct err *e);

/* NULL with e filled, or when memory ran out. */
json_t	*user_json(struct ctl *c, const struct user_facts *u,
	    struct err *e);

#endif
