/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a command line says of phones: the options that phone add and phone
 * set share, as a struct phone_spec.
 */
#ifndef CTLTOOL_PHONE_ARGS_H
#define CTLTOOL_PHONE_ARGS_H

#include "ctltool/settings.h"
#include "trust/phone.h"

#define PHONE_SECRETS_MAX	8	/* settings of type SETTING_SECRET */

struct phone_args {
	struct phone_spec	 spec;	/* without name and secrets */
	struct setting_change	 change[CMD_VALUES_MAX];
	uint8_t			*xml;
	struct phone_secret	 secret[PHONE_SECRETS_MAX];	/* unsealed */
	size_t			 nsecret;
	struct keyring		*kr;	/* with secrets */
};

/* After ctl_open.  phone_args_clear() it, also on failure. */
int	phone_args_take(struct ctl *c, struct phone_args *a, struct err *e);
void	phone_args_clear(struct phone_args *a);

/* The secrets sealed for one phone, before the transaction; to be released by
 * phone_args_unseal(). */
int	phone_args_seal(struct ctl *c, const struct phone_args *a,
	    const char *phone, struct phone_secret out[PHONE_SECRETS_MAX],
	    struct err *e);
void	phone_args_unseal(struct phone_secret *s, size_t n);

/* "--model, --pc-port": the options given, for the audit log. */
void	phone_args_named(struct ctl *c, char *out, size_t outlen);

/* A phone as the commands show it: JSON members and lines. */
json_t	*phone_json(const struct row_phone *p);
const char *phone_profile_name(const struct row_phone *p);

/* A phone's values after a change, with the settings somebody gave. */
int	phone_tell(struct ctl *c, const char *name, json_t **result,
	    struct err *e);

#endif
