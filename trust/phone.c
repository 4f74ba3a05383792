/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones: names, models, removing.  See phone.h.
 */
#include <string.h>

#include "base/str.h"
#include "trust/phone.h"

/* Skip what product names begin with; false when s does not. */
static bool
skip_prefix(const char **s, const char *prefix)
{
	size_t n = strlen(prefix);
	char head[16];

	if (n >= sizeof(head) || strlen(*s) <= n)
		return false;
	memcpy(head, *s, n);
	head[n] = '\0';
	if (!str_ieq(head, prefix))
		return false;
	*s += n;
	return true;
}

int
phone_model(const char *s, char out[32], struct err *e)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *m = s;
	char shown[80];
	size_t n;

	(void)skip_prefix(&m, "Cisco ");
	(void)skip_prefix(&m, "IP Phone ");
	(void)skip_prefix(&m, "CP-");
	n = strlen(m);
	if (n == 0 || n > PHONE_MODEL_MAX || strspn(m, known) != n) {
		str_visible(s, strlen(s), shown, sizeof(shown));
		return err_set(e, ERR_ARG, "\"%s\" is not a model: 1 to %d of "
		    "A-Z a-z 0-9 . -, such as 8861", shown, PHONE_MODEL_MAX);
	}
	memcpy(out, m, n + 1);
	/* 8851nr is 8851NR; other makers' names keep their spelling. */
	if (out[0] >= '0' && out[0] <= '9')
		str_upper(out);
	return ERR_OK;
}

int
phone_name(const char *s, char out[PHONE_NAME_MAX + 1], struct err *e)
{
	char shown[80];

	if (str_device_name(s, out))
		return ERR_OK;
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not " PHONE_NAME_RULE, shown,
	    DEVICE_NAME_MAX - 1);
}

int
phone_remove(struct db *db, const char *name, struct err *e)
{
	char canonical[DEVICE_NAME_MAX + 1];
	int ret;

	if ((ret = phone_name(name, canonical, e)) != ERR_OK)
		return ret;
	ret = row_phone_remove(db, canonical, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, "there is no phone %s",
		    canonical);
	return ret;
}
