/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Checking passwords and PINs, with a limit of wrong tries, see user_hash.h.
 */
#include <string.h>

#include "base/str.h"
#include "db/observed.h"
#include "db/params.h"
#include "trust/user_hash.h"

#define KEEP_S	86400		/* of tries, at least */

struct limits {
	int64_t	 tries, total, lock;	/* lock: seconds */
};

struct count {
	struct user_try		 key;
	struct limits		 max;
	int64_t			 now;
	struct user_check	*out;
};

static int
limits_load(struct db *db, struct limits *l, struct err *e)
{
	int ret;

	if ((ret = param_get_i64(db, PARAM_USER_MAX_TRIES, "", &l->tries,
	    e)) != ERR_OK || (ret = param_get_i64(db,
	    PARAM_USER_MAX_TRIES_TOTAL, "", &l->total, e)) != ERR_OK ||
	    (ret = param_get_i64(db, PARAM_USER_LOCK_MINUTES, "", &l->lock,
	    e)) != ERR_OK)
		return ret;
	l->lock *= 60;
	return ERR_OK;
}

/* What there was, as far as it still counts. */
static int
read_try(struct db *observed, struct count *c, struct user_try *t,
    struct err *e)
{
	int ret;

	*t = c->key;
	if ((ret = observed_try_get(observed, t, e)) != ERR_OK)
		return ret;
	if (t->at + c->max.lock <= c->now)
		t->wrong = 0;
	return ERR_OK;
}

/* Counted before it is looked at: a right one takes it back. */
static int
count_tx(struct db *observed, void *arg, struct err *e)
{
	struct count *c = arg;
	struct user_try t;
	int64_t all;
	int ret;

	/* A clock that was ahead locks nobody for longer. */
	if ((ret = observed_try_ahead(observed, c->now, e)) != ERR_OK ||
	    (ret = read_try(observed, c, &t, e)) != ERR_OK ||
	    (ret = observed_try_sum(observed, c->now - c->max.lock, &all,
	    e)) != ERR_OK)
		return ret;
	c->out->left = 0;
	c->out->wait = c->max.lock;
	if (t.wrong >= c->max.tries) {
		c->out->verdict = USER_LOCKED;
		c->out->wait = t.at + c->max.lock - c->now;
		return ERR_OK;
	}
	if (all >= c->max.total) {
		c->out->verdict = USER_TOO_MANY;
		return ERR_OK;
	}
	c->out->verdict = USER_WRONG;
	c->out->wait = 0;
	if (t.wrong++ == 0)
		t.since = c->now;
	t.at = c->now;
	c->out->left = c->max.tries - t.wrong;
	if ((ret = observed_try_put(observed, &t, e)) != ERR_OK)
		return ret;
	return observed_try_trim(observed, c->now - (c->max.lock > KEEP_S ?
	    c->max.lock : KEEP_S), e);
}

static int
clear_tx(struct db *observed, void *arg, struct err *e)
{
	struct count *c = arg;

	return observed_try_clear(observed, &c->key, e);
}

/* Right: out of date it gets the hash of today. */
static int
right(struct db *db, const char *text,
    const struct rng *rng, struct user_check *out, struct err *e)
{
	int64_t rounds;
	int ret;

	if ((ret = param_get_i64(db, PARAM_USER_HASH_ROUNDS, "", &rounds,
	    e)) != ERR_OK)
		return ret;
	out->verdict = USER_RIGHT;
	out->old = password_is_old(&out->was, rounds);
	return out->old ? password_make(text, rounds, rng, &out->fresh, e) :
	    ERR_OK;
}

int
user_check(struct db *db, struct db *observed, const struct user_key *k,
    const char *text, const struct rng *rng, int64_t now,
    struct user_check *out, struct err *e)
{
	struct count c = { .key = { .kind = k->kind, .what = k->what },
	    .now = now, .out = out };
	struct err miss = { 0 };
	bool is;
	int ret;

	*out = (struct user_check){ .verdict = USER_NONE_SET };
	(void)str_copy(c.key.name, sizeof(c.key.name), k->name);
	ret = user_hash_get(db, k, &out->was, NULL, &miss);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	if ((ret = limits_load(db, &c.max, e)) != ERR_OK ||
	    (ret = db_tx(observed, count_tx, &c, e)) != ERR_OK ||
	    out->verdict != USER_WRONG ||
	    (ret = password_check(&out->was, text, &is, e)) != ERR_OK || !is)
		return ret;
	if ((ret = db_tx(observed, clear_tx, &c, e)) != ERR_OK)
		return ret;
	return right(db, text, rng, out, e);
}
