/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the writers of phones share.
 */
#ifndef TRUST_PHONE_WRITE_H
#define TRUST_PHONE_WRITE_H

#include "trust/phone.h"

enum phone_write_mode {
	WRITE_ADD,		/* there with other values: ERR_EXISTS */
	WRITE_SET,		/* has to be there */
	WRITE_PUT,
};

/* phone_set(), phone_put() and phone_add() in one. */
int	phone_write(struct db *db, const struct phone_spec *s,
	    enum phone_write_mode mode, int64_t now, struct phone_result *r,
	    struct err *e);

#endif
