/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * main() of a fuzz target outside libFuzzer: gives every file of the target's
 * corpus to LLVMFuzzerTestOneInput, then cut and changed copies of it, always
 * the same ones.  Without arguments the corpus is
 * $top_srcdir/tests/corpus/NAME; an empty corpus is a failure.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INPUT_MAX	(1u << 20)
#define CHANGED		400	/* changed copies of each input */

static uint32_t
next_random(uint32_t *s)
{
	*s = *s * 1664525u + 1013904223u;
	return *s >> 8;
}

/* Exact-size heap copies, so that a sanitizer sees every byte too far. */
static void
give(const uint8_t *buf, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, buf, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void
give_changed(uint8_t *buf, size_t len)
{
	uint32_t s = (uint32_t)len;

	for (size_t cut = 0; cut < len && cut < 64; cut++)
		give(buf, cut);
	for (int i = 0; i < CHANGED && len > 0; i++) {
		size_t at = next_random(&s) % len;
		uint8_t old = buf[at];

		buf[at] = (uint8_t)next_random(&s);
		give(buf, i % 4 == 0 ? next_random(&s) % len : len);
		buf[at] = old;
	}
}

static int
give_file(const char *path)
{
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	if (file_read(AT_FDCWD, path, INPUT_MAX, &buf, &len, &e) != ERR_OK) {
		(void)fprintf(stderr, "%s\n", e.msg);
		return -1;
	}
	give(buf, len);
	give_changed(buf, len);
	free(buf);
	return 1;
}

static int
give_path(const char *path)
{
	char sub[PATH_MAX];
	struct dirent *d;
	struct stat st;
	int n = 0, r;
	DIR *dir;

	if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return give_file(path);
	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(sub, sizeof(sub), "%s/%s", path, d->d_name);
		if ((r = give_path(sub)) < 0) {
			n = r;
			break;
		}
		n += r;
	}
	(void)closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name;
	char corpus[PATH_MAX];
	int n = 0, r;

	name = strrchr(argv[0], '/');
	name = name != NULL ? name + 1 : argv[0];
	(void)snprintf(corpus, sizeof(corpus), "%s/tests/corpus/%s",
	    top != NULL ? top : ".", name);
	if (argc < 2)
		n = give_path(corpus);
	for (int i = 1; i < argc; i++) {
		if ((r = give_path(argv[i])) < 0)
			return 1;
		n += r;
	}
	(void)printf("%s: %d inputs\n", name, n);
	return n > 0 ? 0 : 1;
}
