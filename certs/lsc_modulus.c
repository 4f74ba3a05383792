/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What an RSA modulus gives away (spec/capf.md section 9), see lsc_part.h.
 *
 * The long division is by products of primes; those, and what their powers
 * leave, are found once.
 */
#include <openssl/bn.h>
#include <pthread.h>
#include <stdlib.h>

#include "certs/internal.h"
#include "certs/lsc_part.h"

#define SMALL_PRIMES	132	/* from 3, as SP 800-56B tools try; or more */
#define ROCA_PRIMES	38	/* 3 to 167: what CVE-2017-15361 shows in */
#define ROCA_MAX	168
#define SQUARE_PRIMES	64	/* 3 to 313: what squares show in */
#define SQUARE_MAX	314
#define PRODUCTS_MAX	64

struct product {
	uint32_t	value;
	size_t		first, end;		/* of its primes */
};

static struct {
	uint32_t	prime[SMALL_PRIMES + 8];
	bool		power[ROCA_PRIMES][ROCA_MAX];	/* of 65537 */
	bool		square[SQUARE_PRIMES][SQUARE_MAX];
	struct product	product[PRODUCTS_MAX];
	size_t		n;
} table;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static bool
is_prime(uint32_t n)
{
	for (uint32_t d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return false;
	return true;
}

static uint32_t
prime_after(uint32_t p)
{
	do
		p += 2;
	while (!is_prime(p));
	return p;
}

static void
find_powers(size_t i)
{
	uint32_t v = 1;

	do {
		table.power[i][v] = true;
		v = (uint32_t)((uint64_t)v * 65537 % table.prime[i]);
	} while (v != 1);
}

static void
find_squares(size_t i)
{
	for (uint32_t v = 1; v < table.prime[i]; v++)
		table.square[i][v * v % table.prime[i]] = true;
}

/* As many primes to a product as a word holds. */
static void
make_table(void)
{
	uint32_t p = 3;
	size_t n = 0;

	while (n < SMALL_PRIMES) {
		struct product *g = &table.product[table.n++];

		g->value = 1;
		g->first = n;
		for (; g->value <= UINT32_MAX / p; p = prime_after(p)) {
			g->value *= p;
			table.prime[n++] = p;
		}
		g->end = n;
	}
	for (size_t i = 0; i < ROCA_PRIMES; i++)
		find_powers(i);
	for (size_t i = 0; i < SQUARE_PRIMES; i++)
		find_squares(i);
}

/*
 * A modulus of that generator is a power of 65537 modulo each of those primes,
 * which happens to others once in 2^27 times.  One that is the square of a
 * prime is a square modulo each prime, which happens to others once in 2^64
 * times.  Whether it is a prime itself, or of two that are close, would take
 * longer to find than all the rest of a certificate: such a key harms nobody
 * but the phone that made it.
 */
const char *
lsc_modulus_fault(const BIGNUM *n)
{
	bool roca = true, square = true;

	(void)pthread_once(&table_once, make_table);
	if (!BN_is_odd(n))
		return "its modulus is even";
	for (size_t i = 0; i < table.n; i++) {
		const struct product *g = &table.product[i];
		uint32_t r = (uint32_t)BN_mod_word(n, g->value);

		for (size_t k = g->first; k < g->end; k++) {
			if (r % table.prime[k] == 0)
				return "its modulus has a small factor";
			roca = roca && (k >= ROCA_PRIMES ||
			    table.power[k][r % table.prime[k]]);
			square = square && (k >= SQUARE_PRIMES ||
			    table.square[k][r % table.prime[k]]);
		}
	}
	if (square)
		return "its modulus is the square of another number";
	return roca ? "it was made by a generator that is known to be weak "
	    "(CVE-2017-15361)" : NULL;
}
