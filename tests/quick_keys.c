/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys for tests that need some and not new ones: a node has seven, and to
 * make them takes a second, under valgrind a minute.  The linker puts this in
 * place of key_generate() (--wrap); keys of tests/data/keys/ are served one
 * after the other, also across the processes of a test, so that those made near
 * one another differ.  EC keys are made.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "certs/key.h"

#define POOL_MAX	65536	/* bytes of a file */
#define DER_HEAD	4	/* SEQUENCE, two bytes of length */

struct key	*__real_key_generate(enum key_type t, struct err *e);
struct key	*__wrap_key_generate(enum key_type t, struct err *e);

static atomic_uint *served;	/* so far, by all processes */

__attribute__((constructor))
static void
begin(void)
{
	served = mmap(NULL, sizeof(*served), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (served == MAP_FAILED)
		abort();
}

static size_t
der_len(const uint8_t *p, size_t left)
{
	size_t n = left >= DER_HEAD ? DER_HEAD + ((size_t)p[2] << 8 | p[3]) :
	    0;

	return n > 0 && n <= left ? n : 0;
}

/* Keys stand in a row; the n-th, from the start again after the last. */
static struct key *
nth(const uint8_t *buf, size_t len, unsigned n, struct err *e)
{
	unsigned count = 0;
	size_t at = 0, one;

	for (; (one = der_len(buf + at, len - at)) > 0; at += one)
		count++;
	if (count == 0 || at != len) {
		(void)err_set(e, ERR_PROTO, "the keys for tests");
		return NULL;
	}
	for (at = 0, n %= count; n > 0; n--)
		at += der_len(buf + at, len - at);
	return key_from_der(buf + at, der_len(buf + at, len - at), e);
}

struct key *
__wrap_key_generate(enum key_type t, struct err *e)
{
	const char *top = getenv("top_srcdir");
	struct key *k = NULL;
	static uint8_t buf[POOL_MAX];
	char path[4096];
	ssize_t len = -1;
	int fd;

	if (!key_type_is_rsa(t))
		return __real_key_generate(t, e);
	(void)snprintf(path, sizeof(path), "%s/tests/data/keys/%ss.der",
	    top != NULL ? top : ".", key_type_name(t));
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		len = read(fd, buf, sizeof(buf));
		(void)close(fd);
	}
	if (len == -1)
		(void)err_sys(e, ERR_IO, "%s", path);
	else
		k = nth(buf, (size_t)len, atomic_fetch_add(served, 1), e);
	return k;
}
