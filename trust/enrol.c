/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that asks CAs elsewhere, see enrol.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "trust/enrol_part.h"
#include "trust/node_secret.h"

#define TICK_MS		200	/* for requests: a phone waits */
#define LOOK_MS		1000	/* for those whose time has come */
#define FAILED_MS	60000	/* after a failure of ours */
#define AGAIN_MS	600000	/* dates of issuers come and go */

struct enrol {
	struct node		 node;		/* to write */
	struct secret		*password;
	struct identity		*client;
	struct enrol_ra		 ra;		/* until enrol_serve */
	struct enrol_env	 env;

	/* from enrol_serve on */
	struct db		*reader;	/* sees changes */
	int64_t			 seq;
	int			 stopfd;
	int64_t			 next_ms;	/* the next round */
	int64_t			 again_ms;	/* the next look at certificates
						 * that are there */
	int64_t			 failures;	/* of the CA, in a row */
	bool			 again, new_request, new_setting, new_trust;
};

static void
one_change(void *arg, const char *kind, const char *key)
{
	struct enrol *x = arg;

	x->new_request = x->new_request || strcmp(kind, "capf") == 0;
	x->new_trust = x->new_trust || strcmp(kind, "trust") == 0 ||
	    strcmp(kind, "crl") == 0;
	x->new_setting = x->new_setting || strcmp(kind, "parameter") == 0;
	if (strcmp(kind, "secret") == 0 && (strcmp(key, CLUSTER_SECRET_CA) ==
	    0 || strcmp(key, CLUSTER_SECRET_CA_CERT) == 0))
		x->again = true;
}

struct enrol *
enrol_open(int statefd, struct err *e)
{
	struct enrol *x = calloc(1, sizeof(*x));
	bool trimmed;

	if (x == NULL) {
		(void)err_set(e, ERR_NOMEM, "enrol");
		return NULL;
	}
	x->seq = -1;
	/* What changes from here on is seen: secrets are read after it. */
	if (node_open_fd(&x->node, statefd, DB_WRITE, e) == ERR_OK &&
	    db_changes(x->node.db, &x->seq, &trimmed, one_change, x, e) ==
	    ERR_OK && node_secret(&x->node, CLUSTER_SECRET_CA, &x->password,
	    e) == ERR_OK && node_identity(&x->node, CLUSTER_SECRET_CA_CERT,
	    &x->client, e) == ERR_OK && enrol_ra_open(&x->ra, &x->node,
	    clock_wall_s(clock_system()), e) == ERR_OK)
		return x;
	enrol_close(x);
	return NULL;
}

void
enrol_close(struct enrol *x)
{
	if (x == NULL)
		return;
	db_close(x->reader);
	node_close(&x->node);
	secret_free(x->password);
	identity_free(x->client);
	enrol_ra_clear(&x->env.ra);
	enrol_ra_clear(&x->ra);
	free(x);
}

static bool
must_stop(void *arg)
{
	const struct enrol *x = arg;
	struct pollfd pfd = { .fd = x->stopfd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

static int64_t
now_ms(const struct enrol *x)
{
	return clock_mono_ms(x->env.clk);
}

static void
run_round(struct enrol *x)
{
	struct enrol_report r;
	struct err e = { 0 };
	int64_t pause_s;

	if (now_ms(x) >= x->again_ms) {
		x->env.look_again = true;
		x->again_ms = now_ms(x) + AGAIN_MS;
	}
	if (enrol_round(&x->env, &r, &e) != ERR_OK) {
		log_err(LOG_ERR, "enrol.round", &e);
		x->next_ms = now_ms(x) + FAILED_MS;
		return;
	}
	x->failures = r.ca_failed ? x->failures + 1 : 0;
	pause_s = enrol_rest_s(x->failures);
	if (pause_s > ENROL_PAUSE_MAX_S)
		pause_s = ENROL_PAUSE_MAX_S;
	x->next_ms = now_ms(x) + (r.ca_failed ? 1000 * pause_s : r.more ? 0 :
	    LOOK_MS);
}

/* Only who is privileged yet makes a key that can be kept. */
static void
look_at_issuer(struct enrol *x)
{
	struct err e = { 0 };
	bool wanted;

	if (x->env.ra.ra == NULL && enrol_ra_wanted(x->reader, &wanted, &e) ==
	    ERR_OK && wanted)
		x->again = true;
}

static void
drop_ra(struct enrol *x)
{
	struct err e = { 0 };

	if (enrol_ra_drop(&x->env.ra, x->node.db, &e) != ERR_OK)
		log_err(LOG_ERR, "enrol.requester", &e);
}

/*
 * A failure to read says itself at the next round.  A new request does not
 * hurry a CA that fails; what an administrator has changed may have cured it.
 */
static void
look_at_changes(struct enrol *x)
{
	struct err e = { 0 };
	bool trimmed = false;

	x->new_request = x->new_setting = x->new_trust = false;
	if (db_changes(x->reader, &x->seq, &trimmed, one_change, x, &e) !=
	    ERR_OK || trimmed)
		x->new_request = x->new_trust = true;
	x->env.look_again = x->env.look_again || x->new_trust;
	if (x->new_setting)
		look_at_issuer(x);
	if (x->new_request)
		drop_ra(x);
	if (x->new_setting || x->new_trust ||
	    (x->new_request && x->failures == 0))
		x->next_ms = now_ms(x);
}

static int
wait_ms(const struct enrol *x)
{
	int64_t left = x->next_ms - now_ms(x);

	return left <= 0 ? 0 : left > TICK_MS ? TICK_MS : (int)left;
}

int
enrol_serve(struct enrol *x, int stopfd, bool *again, struct err *e)
{
	struct pollfd pfd = { .fd = stopfd, .events = POLLIN };

	*again = false;
	x->stopfd = stopfd;
	db_patience(x->node.db, DB_BUSY_MS, stopfd);
	x->env = (struct enrol_env){ .db = x->node.db,
	    .node = x->node.row.name, .clk = clock_system(),
	    .password = x->password, .client = x->client, .ra = x->ra,
	    .stop = must_stop, .stop_arg = x };
	x->ra = (struct enrol_ra){ .ra = NULL };
	if ((x->reader = db_open(x->node.statefd, DB_FILE, DB_READ, e)) ==
	    NULL)
		return e != NULL ? e->code : ERR_IO;
	look_at_changes(x);
	drop_ra(x);
	x->next_ms = x->again_ms = now_ms(x);
	while (!x->again) {
		if (poll(&pfd, 1, wait_ms(x)) == -1 && errno != EINTR)
			return err_sys(e, ERR_IO, "poll");
		if (pfd.revents != 0)
			return ERR_OK;
		if (db_changed(x->reader))
			look_at_changes(x);
		if (!x->again && now_ms(x) >= x->next_ms)
			run_round(x);
	}
	*again = true;
	return ERR_OK;
}
