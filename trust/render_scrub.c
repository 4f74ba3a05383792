/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Secrets out of an administrator's file, see render.h.  Which elements hold
 * them is told by their names: authPassword, phonePassword, sshPassword,
 * adminPassword, those of wireless networks; and a URL may carry an account.
 * Too many rather than one missed: only files that must not have any
 * get this.
 */
#include <ctype.h>
#include <string.h>

#include "trust/render_part.h"

static char
lower(char c)
{
	return (char)tolower((unsigned char)c);
}

/* part is in lower case. */
static bool
contains(const char *name, const char *part)
{
	size_t n = strlen(part), i;

	for (; *name != '\0'; name++) {
		for (i = 0; i < n && lower(name[i]) == part[i]; i++)
			;
		if (i == n)
			return true;
	}
	return false;
}

static bool
ends(const char *name, const char *part)
{
	size_t n = strlen(name), m = strlen(part);

	return n >= m && contains(name + n - m, part);
}

static bool
is_secret(const char *name)
{
	static const char *const parts[] = { "password", "passwd",
	    "passphrase", "passcode", "secret", "credential", "sharedkey",
	    "psk", "wepkey", "authstring", "privatekey", "authkey",
	    "apikey", "encryptionkey", "token", "community" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (contains(name, parts[i]))
			return true;
	return ends(name, "pin") || ends(name, "pwd") || ends(name, "pass");
}

/* scheme://user:password@host */
static bool
has_account(const char *text)
{
	size_t n;

	while (text != NULL && (text = strstr(text, "://")) != NULL) {
		text += 3;
		n = strcspn(text, "/?# \t\r\n");
		if (memchr(text, '@', n) != NULL)
			return true;
	}
	return false;
}

static bool
want(void *arg, const char *name, const char *text, long line)
{
	struct wr *advice = arg;

	if (!is_secret(name) && !has_account(text))
		return false;
	if (advice != NULL)
		wr_fmt(advice, "%.64s, line %ld, is emptied: the file is to "
		    "have no secrets\n", name, line);
	return true;
}

void
render_scrub(struct xml_doc *x, struct wr *advice)
{
	xml_empty(x, want, advice);
}
