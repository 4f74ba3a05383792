/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Request names: whatever comes in, what comes out stays below its root.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "trust/files.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct file_name n, again;
	struct err e = { 0 };

	if (file_name_parse(&n, (const char *)buf, len, &e) != ERR_OK)
		return 0;
	must(n.full[0] != '/' && n.full[0] != '\0' && n.base[0] != '\0');
	must(strchr(n.full, '\\') == NULL && strstr(n.full, "//") == NULL);
	must(!str_starts(n.full, "../") && strstr(n.full, "/../") == NULL);
	must(strcmp(n.base, "..") != 0 && strcmp(n.base, ".") != 0);
	must(!str_ends(n.base, "/..") && !str_ends(n.base, "/"));
	must(str_is_utf8(n.full, strlen(n.full)));
	must((n.device[0] != '\0') == (n.kind == FILE_CONFIG ||
	    (n.kind == FILE_ITL && !str_ieq(n.base, "ITLFile.tlv")) ||
	    (n.kind == FILE_CTL && !str_ieq(n.base, "CTLFile.tlv"))));
	/* The stripped name means the same. */
	must(file_name_parse(&again, n.full, strlen(n.full), &e) == ERR_OK);
	must(memcmp(&n, &again, sizeof(n)) == 0);
	return 0;
}
