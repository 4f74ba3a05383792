/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Sets of revocation lists, see crl.h.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "certs/crl.h"
#include "certs/internal.h"
#include "certs/store.h"

/* A list and the key that was last held against its signature. */
struct slot {
	struct crl	*crl;
	uint64_t	 issuer;	/* store_name_key */
	bool		 checked, fits;
	uint8_t		 key_id[KEY_ID_LEN];
	bool		 told;
};

struct crl_set {
	atomic_uint	 refs;
	pthread_mutex_t	 lock;		/* of what slots remember */
	struct slot	*slot;		/* by issuer */
	size_t		 n;
};

static int
slot_cmp(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->issuer < y->issuer ? -1 : x->issuer > y->issuer;
}

struct crl_set *
crl_set_new(struct crl *const *crl, size_t n, struct err *e)
{
	struct crl_set *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->slot = calloc(n > 0 ? n : 1,
	    sizeof(*s->slot))) == NULL) {
		free(s);
		(void)err_set(e, ERR_NOMEM, "revocation lists");
		return NULL;
	}
	atomic_init(&s->refs, 1);
	(void)pthread_mutex_init(&s->lock, NULL);
	for (s->n = 0; s->n < n; s->n++)
		s->slot[s->n] = (struct slot){ .crl = crl_ref(crl[s->n]),
		    .issuer = store_name_key(crl_issuer(crl[s->n])) };
	qsort(s->slot, s->n, sizeof(*s->slot), slot_cmp);
	return s;
}

struct crl_set *
crl_set_ref(struct crl_set *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
crl_set_free(struct crl_set *s)
{
	if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1,
	    memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < s->n; i++)
		crl_free(s->slot[i].crl);
	(void)pthread_mutex_destroy(&s->lock);
	free(s->slot);
	free(s);
}

size_t
crl_set_count(const struct crl_set *s)
{
	return s->n;
}

struct crl *
crl_set_find(const struct crl_set *s, const uint8_t sha256[DIGEST_SHA256_LEN])
{
	uint8_t is[DIGEST_SHA256_LEN];

	for (size_t i = 0; i < s->n; i++) {
		crl_sha256(s->slot[i].crl, is);
		if (memcmp(is, sha256, sizeof(is)) == 0)
			return s->slot[i].crl;
	}
	return NULL;
}

static bool
is_signed(struct slot *x, const struct cert *issuer)
{
	uint8_t id[KEY_ID_LEN];

	cert_key_id(issuer, id);
	if (!x->checked || memcmp(x->key_id, id, sizeof(id)) != 0) {
		x->fits = crl_verify(x->crl, issuer, NULL) == ERR_OK;
		memcpy(x->key_id, id, sizeof(id));
		x->checked = true;
	}
	return x->fits;
}

static enum crl_state
ask_one(struct slot *x, const struct cert *cert, const struct cert *issuer,
    int64_t now)
{
	int64_t next = crl_next_update(x->crl);

	if (!is_signed(x, issuer))
		return CRL_FALSE;
	if (crl_lists(x->crl, cert, NULL))
		return CRL_REVOKED;
	return next != 0 && next < now ? CRL_OLD : CRL_GOOD;
}

/* The first list of the issuer's name. */
static size_t
lower_bound(const struct crl_set *s, uint64_t issuer)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->slot[mid].issuer < issuer)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Of several lists of one name (keys of a CA) the one that knows counts. */
static bool
knows_more(enum crl_state a, enum crl_state than)
{
	static const int rank[] = {
		[CRL_NO_LIST] = 0, [CRL_FALSE] = 1, [CRL_OLD] = 2,
		[CRL_GOOD] = 3, [CRL_REVOKED] = 4,
	};

	return rank[a] > rank[than];
}

enum crl_state
crl_set_ask(struct crl_set *s, const struct cert *cert,
    const struct cert *issuer, int64_t now, bool *first)
{
	enum crl_state state = CRL_NO_LIST, one;
	struct slot *said = NULL;
	uint64_t key;
	char *name;

	if (first != NULL)
		*first = false;
	if (s->n == 0 || (name = cert_subject(issuer, CERT_NAME_COMMA,
	    NULL)) == NULL)
		return CRL_NO_LIST;
	key = store_name_key(name);
	free(name);
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = lower_bound(s, key); i < s->n &&
	    s->slot[i].issuer == key; i++) {
		one = ask_one(&s->slot[i], cert, issuer, now);
		if (knows_more(one, state)) {
			state = one;
			said = &s->slot[i];
		}
	}
	if (first != NULL && (state == CRL_OLD || state == CRL_FALSE)) {
		*first = !said->told;
		said->told = true;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return state;
}
