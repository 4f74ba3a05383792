/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Wrong authentication strings, by where they come from.  See capf_part.h.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/capf_part.h"

/* One chance in 500 of guessing it, however long it is; more than eight digits
 * need no more tries. */
int64_t
capf_wrong_max(size_t digits)
{
	int64_t max = CAPF_WRONG_TOTAL;

	for (size_t i = 4; i < digits && i < 8; i++)
		max *= 10;
	return max;
}

/* Who has one address of IPv6 has the network of 64 bits that it is in. */
static void
where(const char *address, char out[sizeof(((struct capf_wrong *)NULL)->
    address)])
{
	struct in6_addr a;

	(void)str_copy(out, sizeof(((struct capf_wrong *)NULL)->address),
	    address);
	if (inet_pton(AF_INET6, address, &a) != 1 ||
	    IN6_IS_ADDR_V4MAPPED(&a))
		return;
	memset(a.s6_addr + 8, 0, 8);
	(void)inet_ntop(AF_INET6, &a, out, INET6_ADDRSTRLEN);
}

/* Without what this very session did, which may run again. */
static int
before(const struct capf_ctx *c, const struct capf_owner *o,
    const struct capf_hello *h, struct capf_wrong *w, struct err *e)
{
	char address[sizeof(w->address)];
	struct err own = { 0 };
	int ret;

	where(h->address, address);
	ret = observed_wrong_get(c->observed, o, address, w, &own);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", own.msg);
	(void)str_copy(w->address, sizeof(w->address), address);
	if (w->wrong > 0 && w->session == h->session)
		w->wrong--;
	return ERR_OK;
}

/* Also when the clock ran ahead and was put back. */
static bool
is_over(const struct capf_wrong *w, int64_t now)
{
	return w->wrong >= CAPF_WRONG_MAX && (now >= w->at +
	    CAPF_WRONG_REST_S || now <= w->at - CAPF_WRONG_REST_S);
}

int
capf_wrong_rests(const struct capf_ctx *c, const struct capf_owner *o,
    const struct capf_hello *h, bool *rests, struct err *e)
{
	struct capf_wrong w;
	int ret = before(c, o, h, &w, e);

	*rests = ret == ERR_OK && w.wrong >= CAPF_WRONG_MAX &&
	    !is_over(&w, h->now);
	return ret;
}

/* Each setting of a string is sealed anew.  0: there is none. */
static int
which_string(const struct capf_ctx *c, const struct capf_asked *a,
    int64_t *id, struct err *e)
{
	uint8_t sha256[DIGEST_SHA256_LEN];
	uint8_t *sealed;
	size_t len;
	int ret = capf_sealed_string(c, a, &sealed, &len, e);

	*id = 0;
	if (ret == ERR_OK && sealed != NULL && (ret = digest_buf(
	    DIGEST_SHA256, sealed, len, sha256, e)) == ERR_OK) {
		memcpy(id, sha256, sizeof(*id));
		*id += *id == 0;
	}
	free(sealed);
	return ret;
}

int
capf_wrong_renew(const struct capf_ctx *c, const struct capf_asked *a,
    struct capf_progress *p, struct err *e)
{
	int64_t id, was;
	int ret;

	if (p->wrong == 0 || a->p.auth != CAPF_AUTH_STRING)
		return ERR_OK;
	if ((ret = which_string(c, a, &id, e)) != ERR_OK ||
	    (ret = observed_wrong_string(c->observed, &a->owner, &was, e)) !=
	    ERR_OK || was == 0 || was == id)
		return ret;
	p->wrong = 0;
	return observed_wrong_remove_of(c->observed, &a->owner, e);
}

int
capf_wrong_add(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct err *e)
{
	struct capf_wrong w;
	int ret = before(c, &a->owner, h, &w, e);

	if (ret != ERR_OK || (ret = which_string(c, a, &w.string, e)) !=
	    ERR_OK)
		return ret;
	if (is_over(&w, h->now))
		w.wrong = 0;
	w.wrong++;
	w.at = h->now;
	w.session = h->session;
	return observed_wrong_put(c->observed, &w, e);
}
