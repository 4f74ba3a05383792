/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checking values of parameters, see params.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/param_address.h"
#include "db/param_form.h"

static int
keep(char *canonical, char **out, struct err *e)
{
	if ((*out = canonical) == NULL)
		return err_set(e, ERR_NOMEM, "parameter");
	return ERR_OK;
}

static int
check_int(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	bool below = d->id == PARAM_CAPF_PHONE_PORT ||
	    d->id == PARAM_CAPF_PORT;
	int64_t v;

	if (str_to_i64(value, d->min, d->max, &v, NULL) != ERR_OK)
		return err_set(e, ERR_ARG, "%s: \"%.40s\" is not a number "
		    "from %" PRId64 " to %" PRId64 " (%s)", d->name, value,
		    d->min, d->max, d->unit);
	if (below && v > 0 && v < 1024)
		return err_set(e, ERR_ARG, "%s: %" PRId64 " is a privileged "
		    "port: 1024 to 65535 are taken, and 0 for each node's own",
		    d->name, v);
	return keep(str_printf("%" PRId64, v), canonical, e);
}

static int
check_enum(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	char word[32];
	size_t n;

	for (const char *p = d->values; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (n >= sizeof(word))
			continue;
		memcpy(word, p, n);
		word[n] = '\0';
		if (str_ieq(word, value))
			return keep(strdup(word), canonical, e);
	}
	return err_set(e, ERR_ARG, "%s: \"%.40s\" is none of %s", d->name,
	    value, d->values);
}

static int
check_text(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	size_t n = strlen(value);

	if (n < (size_t)d->min || n > (size_t)d->max)
		return err_set(e, ERR_ARG, "%s: %zu bytes; from %" PRId64
		    " to %" PRId64 " are taken", d->name, n, d->min, d->max);
	if (!str_is_utf8(value, n))
		return err_set(e, ERR_ARG, "%s: not UTF-8", d->name);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return err_set(e, ERR_ARG, "%s: control characters "
			    "are not taken", d->name);
	if (d->id >= PARAM_TFTP_ADDRESS && d->id <= PARAM_CAPF_ADDRESS)
		return param_check_addresses(d, value, canonical, e);
	if (param_check_form(d, value, e) != ERR_OK)
		return ERR_ARG;
	return keep(strdup(value), canonical, e);
}

int
param_check(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	switch (d->type) {
	case PARAM_INT:
		return check_int(d, value, canonical, e);
	case PARAM_ENUM:
		return check_enum(d, value, canonical, e);
	case PARAM_TEXT:
		return check_text(d, value, canonical, e);
	}
	return err_set(e, ERR_ARG, "%s: of no type", d->name);
}
