/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters, see tuning.h.
 */
#include <stdlib.h>
#include <string.h>

#include "capfd/tuning.h"

#define MINUTE_MS	INT64_C(60000)
#define DAY_S		INT64_C(86400)
#define WRITER_MS	20000	/* a commit, and others before it */
#define SIGNER_MS	10000	/* msg_loop gives one up after half of it */
#define ONLINE_MS	20000	/* a CA that is asked: less than a phone's
				 * patience, which is ours for it [I] */

static int
load_words(struct tuning *t, struct db *db, const char *node, struct err *e)
{
	char *floor = NULL, *rsa = NULL, *issuer = NULL;
	int ret = ERR_NOMEM;

	if ((floor = param_get(db, PARAM_CAPF_MIN_VERSION, node, e)) ==
	    NULL ||
	    (rsa = param_get(db, PARAM_CAPF_STATIC_RSA, node, e)) == NULL ||
	    (issuer = param_get(db, PARAM_CAPF_ISSUER, node, e)) == NULL)
		goto out;
	t->msg.static_rsa = strcmp(rsa, "yes") == 0;
	t->elsewhere = strcmp(issuer, "self") != 0;
	t->waits.ca = strcmp(issuer, "offline") == 0 ? 0 : ONLINE_MS;
	ret = tls_floor_parse(floor, &t->msg.floor) ? ERR_OK :
	    err_set(e, ERR_ARG, "lowest TLS version: %s", floor);
out:
	free(floor);
	free(rsa);
	free(issuer);
	return ret;
}

int
tuning_load(struct tuning *t, struct db *db, const char *node, struct err *e)
{
	int64_t max, per_address, reply, keep_alive, minutes, days;
	struct tuning n = { .waits = { .writer = WRITER_MS,
	    .signer = SIGNER_MS } };
	const struct {
		enum param_id	 id;
		int64_t		*v;
	} numbers[] = {
		{ PARAM_CAPF_MAX_CONNECTIONS, &max },
		{ PARAM_CAPF_MAX_PER_ADDRESS, &per_address },
		{ PARAM_CAPF_HANDSHAKE_TIMEOUT_MS,
		    &n.msg.limits.handshake_ms },
		{ PARAM_CAPF_REPLY_TIMEOUT_MS, &reply },
		{ PARAM_CAPF_KEEP_ALIVE, &keep_alive },
		{ PARAM_CAPF_KEYGEN_MINUTES, &minutes },
		{ PARAM_CAPF_VALIDITY_DAYS, &days },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (param_get_i64(db, numbers[i].id, node, numbers[i].v, e) !=
		    ERR_OK)
			return err_wrap(e, "parameters");
	if (load_words(&n, db, node, e) != ERR_OK)
		return err_wrap(e, "parameters");
	n.msg.max = (size_t)max;
	n.msg.max_per_address = (size_t)per_address;
	n.msg.limits.message_ms = n.msg.limits.idle_ms = reply;
	n.waits.reply = reply;
	n.waits.progress = keep_alive * MINUTE_MS;
	if (n.waits.progress < TUNING_PROGRESS_MS)
		n.waits.progress = TUNING_PROGRESS_MS;
	n.waits.key = minutes * MINUTE_MS;
	n.validity_s = days * DAY_S;
	*t = n;
	return ERR_OK;
}

static void
note(void *arg, const char *kind, const char *key)
{
	static const char *const sessions[] = { "phone", "capf", "rollout" };
	struct tuning_watch *w = arg;

	(void)key;
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++)
		if (strcmp(kind, sessions[i]) == 0)
			return;
	w->parameters = w->parameters || strcmp(kind, "parameter") == 0;
	w->own = w->own || strcmp(kind, "own") == 0;
	w->any = true;
}

void
tuning_look(struct tuning_watch *w, struct db *db)
{
	struct err e = { 0 };
	bool trimmed = false;

	if (!db_changed(db))
		return;
	if (db_changes(db, &w->seq, &trimmed, note, w, &e) != ERR_OK ||
	    trimmed)
		w->parameters = w->own = w->any = true;
}
