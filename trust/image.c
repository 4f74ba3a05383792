/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signed images, see image.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "trust/image.h"

#define VERSION_SIGNED	0x0100
#define MAJOR_ENCRYPTED	2
#define SHOWN_MAX	96

static const char *const suffixes[] = { ".sgn", ".loads", ".sbn" };

static bool
ends_any_case(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && str_ieq(s + n - m, suffix);
}

bool
image_is(const char *name)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_any_case(name, suffixes[i]))
			return true;
	return false;
}

__attribute__((format(printf, 2, 3))) static void
bad(struct image *im, const char *fmt, ...)
{
	va_list ap;

	im->verdict = IMAGE_BAD;
	va_start(ap, fmt);
	(void)vsnprintf(im->why, sizeof(im->why), fmt, ap);
	va_end(ap);
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Makers sign names with or without folders, and parts are stored with or
 * without the suffix that says so. */
static bool
same_name(const char *inside, const char *name)
{
	const char *a = last_part(inside), *b = last_part(name);
	size_t n = strlen(a), m = strlen(b);

	if (ends_any_case(a, ".sgn"))
		n -= 4;
	if (ends_any_case(b, ".sgn"))
		m -= 4;
	return n == m && strncasecmp(a, b, n) == 0;
}

static void
check_header(struct image *im, const char *name, uint64_t size)
{
	const struct tlv_header *h = &im->h;
	char shown[SHOWN_MAX];

	if (h->version != VERSION_SIGNED && h->version >> 8 !=
	    MAJOR_ENCRYPTED)
		bad(im, "its header is of version %u.%u, not of a signed "
		    "file", h->version >> 8, h->version & 0xff);
	else if (h->modulus_code <= 3 && h->siglen != 64u << h->modulus_code)
		bad(im, "its signature has %zu bytes, its key %u", h->siglen,
		    64u << h->modulus_code);
	else if (h->file_name != NULL && !same_name(h->file_name, name)) {
		str_visible(h->file_name, strlen(h->file_name), shown,
		    sizeof(shown));
		bad(im, "it was signed as %s: phones refuse another name",
		    shown);
	} else if (size <= h->length)
		bad(im, "nothing follows its header of %zu bytes: the file "
		    "is cut", h->length);
	else
		im->verdict = IMAGE_SOUND;
}

void
image_check(struct image *im, const char *name, const uint8_t *head,
    size_t headlen, uint64_t size)
{
	struct err e = { 0 };

	*im = (struct image){ .verdict = IMAGE_NONE };
	if (!image_is(name))
		return;
	if (tlv_header_parse(&im->h, head, headlen, &e) != ERR_OK)
		bad(im, "it does not begin with the header of a signed file: "
		    "%s", e.msg);
	else
		check_header(im, name, size);
}

int
image_check_fd(struct image *im, const char *name, int fd, uint8_t **head,
    struct err *e)
{
	uint8_t *buf = malloc(IMAGE_HEAD_MAX);
	struct stat st;
	ssize_t n;

	if (buf == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	do
		n = pread(fd, buf, IMAGE_HEAD_MAX, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1 || fstat(fd, &st) == -1) {
		free(buf);
		return err_sys(e, ERR_IO, "%s", name);
	}
	image_check(im, name, buf, (size_t)n, (uint64_t)st.st_size);
	*head = buf;
	return ERR_OK;
}
