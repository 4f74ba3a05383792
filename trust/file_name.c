/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Request names, see files.h (spec/phone-files.md sections 2, 4 and 9).
 * Pure: nothing here looks at a disk or a database.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "trust/files.h"

#define SUFFIX_SGN	".sgn"
#define SUFFIX_ENC	".enc.sgn"
#define SUFFIX_LIST	".tlv"
#define SUFFIX_CONFIG	".cnf.xml"
#define NAME_ITL	"ITLFile.tlv"
#define NAME_CTL	"CTLFile.tlv"
#define NAME_DEFAULT	"XMLDefault.cnf.xml"

const char *
file_kind_name(enum file_kind k)
{
	switch (k) {
	case FILE_ITL:
		return "itl";
	case FILE_CTL:
		return "ctl";
	case FILE_CONFIG:
		return "config";
	case FILE_DEFAULT:
		return "default";
	case FILE_STATIC:
		return "static";
	}
	return "unknown";
}

/* ASCII controls, DEL, and the C1 controls in their UTF-8 form. */
static bool
is_control(const unsigned char *p, size_t left)
{
	return p[0] < 0x20 || p[0] == 0x7f ||
	    (p[0] == 0xc2 && left > 1 && p[1] < 0xa0);
}

static int
check_bytes(const char *s, size_t len, struct err *e)
{
	const unsigned char *p = (const unsigned char *)s;

	for (size_t i = 0; i < len; i++) {
		if (is_control(p + i, len - i))
			return err_at(e, ERR_PROTO, i,
			    "control byte in a file name");
		if (p[i] == '\\')
			return err_at(e, ERR_PROTO, i,
			    "backslash in a file name");
	}
	if (!str_is_utf8(s, len))
		return err_set(e, ERR_PROTO, "file name is not UTF-8");
	return ERR_OK;
}

/* No part may be empty, "." or "..": such names have two spellings or leave
 * the root. */
static int
check_parts(const char *s, size_t len, struct err *e)
{
	size_t start = 0, n;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '/')
			continue;
		n = i - start;
		if (n == 0)
			return err_at(e, ERR_PROTO, start,
			    "empty part in a file name");
		if ((n == 1 && s[start] == '.') ||
		    (n == 2 && s[start] == '.' && s[start + 1] == '.'))
			return err_at(e, ERR_PROTO, start,
			    "\".\" or \"..\" in a file name");
		start = i + 1;
	}
	return ERR_OK;
}

/* Cut the suffix, in any case, off s. */
static bool
cut_suffix(char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	if (n < m || !str_ieq(s + n - m, suffix))
		return false;
	s[n - m] = '\0';
	return true;
}

/* ".enc.sgn" first: it ends in ".sgn" as well.  What is left is a name of its
 * own, checked again: "..sgn" would leave ".". */
static int
split_form(struct file_name *n, struct err *e)
{
	(void)str_copy(n->base, sizeof(n->base), n->full);
	n->form = FILE_PLAIN;
	if (cut_suffix(n->base, SUFFIX_ENC))
		n->form = FILE_ENC;
	else if (cut_suffix(n->base, SUFFIX_SGN))
		n->form = FILE_SGN;
	return check_parts(n->base, strlen(n->base), e);
}

/*
 * base is prefix + device + suffix, either in any case: fill device.  Prefix
 * and suffix are then rewritten in their own spelling.
 */
static bool
match_device(struct file_name *n, const char *prefix, const char *suffix)
{
	size_t plen = strlen(prefix), slen = strlen(suffix);
	size_t len = strlen(n->base);
	char mid[FILE_NAME_MAX + 1], head[8];

	if (len <= plen + slen || plen >= sizeof(head) ||
	    !str_ieq(n->base + len - slen, suffix))
		return false;
	memcpy(head, n->base, plen);
	head[plen] = '\0';
	memcpy(mid, n->base + plen, len - plen - slen);
	mid[len - plen - slen] = '\0';
	if (!str_ieq(head, prefix) || !str_device_name(mid, n->device))
		return false;
	(void)snprintf(n->base, sizeof(n->base), "%s%s%s", prefix, n->device,
	    suffix);
	return true;
}

/* Names with a folder never match: devices have no '/'. */
static void
classify(struct file_name *n)
{
	n->device[0] = '\0';
	if (str_ieq(n->base, NAME_ITL)) {
		n->kind = FILE_ITL;
		(void)str_copy(n->base, sizeof(n->base), NAME_ITL);
	} else if (str_ieq(n->base, NAME_CTL)) {
		n->kind = FILE_CTL;
		(void)str_copy(n->base, sizeof(n->base), NAME_CTL);
	} else if (str_ieq(n->base, NAME_DEFAULT)) {
		n->kind = FILE_DEFAULT;
		(void)str_copy(n->base, sizeof(n->base), NAME_DEFAULT);
	} else if (match_device(n, "ITL", SUFFIX_LIST))
		n->kind = FILE_ITL;
	else if (match_device(n, "CTL", SUFFIX_LIST))
		n->kind = FILE_CTL;
	else if (match_device(n, "", SUFFIX_CONFIG))
		n->kind = FILE_CONFIG;
	else
		n->kind = FILE_STATIC;
}

int
file_name_parse(struct file_name *n, const char *req, size_t len,
    struct err *e)
{
	*n = (struct file_name){ .kind = FILE_STATIC };
	if (len > 0 && req[0] == '/') {
		req++;
		len--;
	}
	if (len == 0)
		return err_set(e, ERR_PROTO, "empty file name");
	if (len > FILE_NAME_MAX)
		return err_set(e, ERR_PROTO, "file name of %zu bytes, at most "
		    "%d are taken", len, FILE_NAME_MAX);
	if (check_bytes(req, len, e) != ERR_OK ||
	    check_parts(req, len, e) != ERR_OK)
		return ERR_PROTO;
	memcpy(n->full, req, len);
	n->full[len] = '\0';
	if (split_form(n, e) != ERR_OK) {
		*n = (struct file_name){ .kind = FILE_STATIC };
		return ERR_PROTO;
	}
	classify(n);
	return ERR_OK;
}

bool
file_name_is_phone(const struct file_name *n)
{
	return n->kind == FILE_CONFIG && strncasecmp(n->device, "SEP", 3) == 0;
}
