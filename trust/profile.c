/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Names and descriptions of profiles, the predefined ones, and ready-made
 * sets of settings.  See profile.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/phone_import.h"
#include "trust/profile.h"

const char *
profile_predefined(enum phone_protocol p)
{
	return p == PROTOCOL_SIP ? "Standard SIP Non-Secure Profile" :
	    "Standard SCCP Non-Secure Profile";
}

bool
profile_is_predefined(const char *name, enum phone_protocol *p)
{
	for (int i = 0; i < PROTOCOL_N; i++)
		if (str_ieq(name, profile_predefined(i))) {
			*p = (enum phone_protocol)i;
			return true;
		}
	return false;
}

int
profile_name(const char *s, char out[PROFILE_NAME_MAX + 1], struct err *e)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789 .-_()/";
	size_t n = strlen(s);
	char shown[PROFILE_NAME_MAX + 16];

	if (n > 0 && n <= PROFILE_NAME_MAX && strspn(s, known) == n &&
	    s[0] != ' ' && s[n - 1] != ' ') {
		memcpy(out, s, n + 1);
		return ERR_OK;
	}
	str_visible(s, n, shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not a profile name: 1 to %d of "
	    "A-Z a-z 0-9 . - _ ( ) / and blanks within", shown,
	    PROFILE_NAME_MAX);
}

int
description_check(const char *s, char out[DESCRIPTION_LEN], struct err *e)
{
	size_t n = strlen(s), chars = 0;

	if (!str_is_utf8(s, n))
		return err_set(e, ERR_ARG, "Description: not UTF-8");
	if (strcmp(s, PHONE_CELL_NONE) == 0)
		return err_set(e, ERR_ARG, "Description: " PHONE_CELL_NONE
		    " says in files of phones and users that there is none: "
		    "give another text");
	for (size_t i = 0; i < n; i++) {
		chars += ((unsigned char)s[i] & 0xc0) != 0x80;
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f ||
		    strchr("\"%&\\<>", s[i]) != NULL)
			return err_set(e, ERR_ARG, "Description: none of "
			    "\" %% & \\ < > and no control characters are "
			    "taken");
	}
	if (chars > DESCRIPTION_MAX)
		return err_set(e, ERR_ARG, "Description: %zu characters; up "
		    "to %d are taken", chars, DESCRIPTION_MAX);
	memcpy(out, s, n + 1);
	return ERR_OK;
}

static int
other_protocol(const char *name, enum phone_protocol has,
    enum phone_protocol wanted, struct err *e)
{
	return err_set(e, ERR_REFUSED, "profile %s is for %s, not %s: take a "
	    "profile of the phone's protocol", name,
	    phone_protocol_name[has], phone_protocol_name[wanted]);
}

int
profile_resolve(struct db *db, const char *name, enum phone_protocol p,
    char out[PROFILE_NAME_MAX + 1], struct err *e)
{
	enum phone_protocol has;
	struct row_profile row;
	int ret;

	out[0] = '\0';
	if (name[0] == '\0')
		return ERR_OK;
	if (profile_is_predefined(name, &has))
		return has == p ? ERR_OK : other_protocol(name, has, p, e);
	ret = row_profile_get(db, name, &row, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ret, "there is no profile \"%.64s\": \"phone "
		    "profile list\" shows those there are", name);
	if (ret != ERR_OK)
		return ret;
	if (row.protocol != p)
		return other_protocol(name, row.protocol, p, e);
	(void)str_copy(out, PROFILE_NAME_MAX + 1, row.name);
	return ERR_OK;
}

void
profile_result_clear(struct profile_result *r)
{
	free(r->advice);
	*r = (struct profile_result){ 0 };
}

/* --- ready-made --- */

static const struct template_value plain[] = {
	{ SETTING_SECURITY_MODE, "non-secure" },
	{ SETTING_ENC_CONFIG, "no" },
	{ SETTING_N, NULL },
};

static const struct template_value hardened[] = {
	{ SETTING_SECURITY_MODE, "encrypted" },
	{ SETTING_ENC_CONFIG, "yes" },
	{ SETTING_SETTINGS_ACCESS, "restricted" },
	{ SETTING_WEB_ACCESS, "disabled" },
	{ SETTING_TLS12_ONLY, "yes" },
	{ SETTING_PC_VOICE_VLAN, "disabled" },
	{ SETTING_GARP, "disabled" },
	{ SETTING_SSH_ACCESS, "disabled" },
	{ SETTING_N, NULL },
};

static const struct template_value when_ready[] = {
	{ SETTING_SECURITY_MODE, "encrypted" },
	{ SETTING_ENC_CONFIG, "yes" },
	{ SETTING_WHEN_READY, "yes" },
	{ SETTING_N, NULL },
};

static const struct profile_template templates[] = {
	{ "plain", "no security, nothing forbidden: whatever happens to the "
	    "defaults for all phones", plain },
	{ "hardened", "encrypted, with encrypted files; the phone's own "
	    "menus, web page, shell and the voice VLAN closed", hardened },
	{ "secure-when-ready", "encrypted, with encrypted files, phone by "
	    "phone as soon as it has its certificate", when_ready },
	{ NULL, NULL, NULL },
};

const struct profile_template *
profile_templates(void)
{
	return templates;
}

const struct profile_template *
profile_template_find(const char *name)
{
	for (const struct profile_template *t = templates; t->name != NULL;
	    t++)
		if (str_ieq(t->name, name))
			return t;
	return NULL;
}
