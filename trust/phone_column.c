/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The columns of phones in files, see phone_import.h.
 */
#include <stdlib.h>

#include "base/str.h"
#include "crypt/secret.h"
#include "trust/phone_import.h"

const char phone_columns_text[] = "name, model, protocol, profile, "
    "description, config, and the settings of phones by their options "
    "(ctltool help phone set)";

static const char *const first[PHONE_COL_SETTING] = {
	[PHONE_COL_NAME] = "name",
	[PHONE_COL_MODEL] = "model",
	[PHONE_COL_PROTOCOL] = "protocol",
	[PHONE_COL_PROFILE] = "profile",
	[PHONE_COL_DESCRIPTION] = "description",
	[PHONE_COL_CONFIG] = "config",
};

int
phone_column(const char *name)
{
	const struct setting *s;

	for (int i = 0; i < PHONE_COL_SETTING; i++)
		if (str_ieq(name, first[i]))
			return i;
	s = setting_find(name);
	return s != NULL && (s->where & SETTING_IN_PHONE) ?
	    PHONE_COL_SETTING + (int)s->id : -1;
}

const char *
phone_column_name(int col)
{
	const struct setting *s;

	if (col < PHONE_COL_SETTING)
		return first[col];
	s = setting_get(col - PHONE_COL_SETTING);
	return s->where & SETTING_IN_PHONE ? s->option : NULL;
}

bool
phone_column_is_secret(int col)
{
	return col >= PHONE_COL_SETTING && setting_get(col -
	    PHONE_COL_SETTING)->type == SETTING_SECRET;
}

void
phone_record_clear(struct phone_record *r)
{
	if (r->text != NULL)
		secret_wipe(r->text, r->textlen);
	free(r->text);
	*r = (struct phone_record){ .text = NULL };
}
