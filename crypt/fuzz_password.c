/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any text as the hash of a password: what is taken is kept in one form, and
 * can be checked.
 */
#include <stdlib.h>
#include <string.h>

#include "crypt/password.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct password p, again;
	char *text = strndup((const char *)buf, len);
	bool right;
	int ret;

	if (text == NULL)
		return 0;
	ret = password_parse(text, &p, NULL);
	free(text);
	if (ret != ERR_OK)
		return 0;
	if (password_parse(p.hash, &again, NULL) != ERR_OK ||
	    again.form != p.form || again.rounds != p.rounds ||
	    strcmp(again.hash, p.hash) != 0)
		abort();
	/* The others take long. */
	if ((p.rounds == 0 || p.rounds == 1000) &&
	    password_check(&p, "secret", &right, NULL) != ERR_OK)
		abort();
	return 0;
}
