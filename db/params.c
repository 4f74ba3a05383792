/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The parameters and their rows.  See params.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "db/query.h"

#define NEW_LIST	"at once: a new list is made and signed when the " \
			"content differs"
#define NEW_TRANSFERS	"at once, for transfers that start after it"
#define NEW_CONNECTIONS	"at once, for connections that open after it"

static const struct param_def params[PARAM_N] = {
	{ PARAM_ITL_DIGEST, "itl.digest", PARAM_ENUM, PARAM_CLUSTER, 0, 0,
	    "sha1|sha512", "sha1", "", NEW_LIST,
	    "Digest of the signature of trust lists; old phones know SHA-1 "
	    "only." },
	{ PARAM_ITL_SIGNER_VERSION, "itl.signer_version", PARAM_ENUM,
	    PARAM_CLUSTER, 0, 0, "1.0|1.1", "1.0", "", NEW_LIST,
	    "Version in trust lists; 1.1 adds the CallManager-ECDSA record." },
	{ PARAM_ITL_TFTP_ROLE, "itl.tftp_role", PARAM_ENUM, PARAM_CLUSTER, 0,
	    0, "ccm+tftp|tftp", "ccm+tftp", "", NEW_LIST,
	    "Role of the CallManager certificate that signs phone files." },
	{ PARAM_FILE_DIGEST, "file.digest", PARAM_ENUM, PARAM_CLUSTER, 0, 0,
	    "sha1|sha512", "sha1", "", "at once, for the next file asked for",
	    "Digest of the signature of phone files (.sgn)." },
	{ PARAM_TFTP_ROOT, "tftp.root", PARAM_TEXT, PARAM_NODE, 0, 4096, NULL,
	    "", "", "at once, for the next file asked for",
	    "Further folders of static files, absolute, separated by ':'." },
	{ PARAM_TFTP_CACHE, "tftp.cache", PARAM_ENUM, PARAM_NODE, 0, 0,
	    "memory|disk", "memory", "", "at once",
	    "Where signatures of phone files are kept; on disk they survive "
	    "a restart." },
	{ PARAM_TFTP_CACHE_BYTES, "tftp.cache_bytes", PARAM_INT, PARAM_NODE,
	    0, INT64_C(17179869184), NULL, "67108864", "bytes", "at once",
	    "Memory for files made for phones; 0 keeps none." },
	{ PARAM_TFTP_MAX_TRANSFERS, "tftp.max_transfers", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "4096", "transfers", NEW_TRANSFERS,
	    "TFTP transfers at a time, all phones together." },
	{ PARAM_TFTP_MAX_PER_ADDRESS, "tftp.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "transfers", NEW_TRANSFERS,
	    "TFTP transfers at a time to one address." },
	{ PARAM_TFTP_TIMEOUT_MS, "tftp.timeout_ms", PARAM_INT, PARAM_NODE,
	    100, 10000, NULL, "1000", "ms", NEW_TRANSFERS,
	    "Wait before the first packet is sent again; later ones wait for "
	    "what the phone needed." },
	{ PARAM_TFTP_TIMEOUT_MIN_MS, "tftp.timeout_min_ms", PARAM_INT,
	    PARAM_NODE, 10, 10000, NULL, "50", "ms", NEW_TRANSFERS,
	    "Shortest wait before a packet is sent again, however quick the "
	    "phone." },
	{ PARAM_TFTP_RETRIES, "tftp.retries", PARAM_INT, PARAM_NODE, 1, 20,
	    NULL, "5", "times", NEW_TRANSFERS,
	    "How often a packet is sent again, not counting what comes sooner "
	    "than tftp.timeout_ms, before the transfer ends." },
	{ PARAM_TFTP_LIFE_S, "tftp.life_s", PARAM_INT, PARAM_NODE, 10, 86400,
	    NULL, "600", "s", NEW_TRANSFERS,
	    "Longest time one TFTP transfer may take." },
	{ PARAM_TFTP_BLKSIZE_MAX, "tftp.blksize_max", PARAM_INT, PARAM_NODE,
	    512, 65464, NULL, "1468", "bytes", NEW_TRANSFERS,
	    "Largest block size granted; 1468 fits an Ethernet frame." },
	{ PARAM_TFTP_WINDOWSIZE_MAX, "tftp.windowsize_max", PARAM_INT,
	    PARAM_NODE, 1, 65535, NULL, "64", "blocks", NEW_TRANSFERS,
	    "Largest window granted: blocks sent without waiting." },
	{ PARAM_HTTP_MAX_CONNECTIONS, "http.max_connections", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "4096", "connections",
	    NEW_CONNECTIONS, "HTTP connections at a time, all phones "
	    "together." },
	{ PARAM_HTTP_MAX_PER_ADDRESS, "http.max_per_address", PARAM_INT,
	    PARAM_NODE, 1, 65536, NULL, "2000", "connections",
	    NEW_CONNECTIONS, "HTTP connections at a time from one address." },
	{ PARAM_HTTP_HEAD_TIMEOUT_MS, "http.head_timeout_ms", PARAM_INT,
	    PARAM_NODE, 100, 120000, NULL, "10000", "ms", NEW_CONNECTIONS,
	    "Time within which a whole request head must have come." },
	{ PARAM_HTTP_IDLE_TIMEOUT_MS, "http.idle_timeout_ms", PARAM_INT,
	    PARAM_NODE, 100, 600000, NULL, "30000", "ms", NEW_CONNECTIONS,
	    "How long a kept connection may be silent between requests." },
	{ PARAM_HTTP_MIN_RATE, "http.min_rate", PARAM_INT, PARAM_NODE, 1,
	    1000000, NULL, "500", "bytes/s", NEW_CONNECTIONS,
	    "A client that takes a reply more slowly is disconnected." },
	{ PARAM_OBSERVED_RING, "observed.ring", PARAM_INT, PARAM_NODE, 1,
	    1000, NULL, "16", "fetches", "with the next fetch of a device",
	    "Fetches remembered per device." },
	{ PARAM_OBSERVED_DEVICES, "observed.devices", PARAM_INT, PARAM_NODE,
	    1, 1000000, NULL, "200000", "devices",
	    "with the next fetch of a new device",
	    "Devices remembered; the longest unseen is forgotten first, phones "
	    "of this cluster last." },
	{ PARAM_HTTPS_MIN_VERSION, "https.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of HTTPS on port 6971; 1.0 is for 7900 series "
	    "phones." },
	{ PARAM_HTTPS2_MIN_VERSION, "https2.min_version", PARAM_ENUM,
	    PARAM_NODE, 0, 0, "1.2|1.3|1.0", "1.2", "", NEW_CONNECTIONS,
	    "Lowest TLS version of HTTPS on port 6972." },
	{ PARAM_HTTPS_PLAIN_SGN, "https.plain_sgn", PARAM_ENUM, PARAM_NODE, 0,
	    0, "yes|no", "yes", "", "within a second",
	    "SEP<MAC>.cnf.xml.sgn on port 6971 gives the plain file." },
};

const struct param_def *
param_table(void)
{
	return params;
}

const struct param_def *
param_find(const char *name)
{
	for (int i = 0; i < PARAM_N; i++)
		if (strcmp(params[i].name, name) == 0)
			return &params[i];
	for (int i = 0; i < PARAM_N; i++)
		if (str_ieq(params[i].name, name))
			return &params[i];
	return NULL;
}

static int
keep(char *canonical, char **out, struct err *e)
{
	if ((*out = canonical) == NULL)
		return err_set(e, ERR_NOMEM, "parameter");
	return ERR_OK;
}

static int
check_int(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	int64_t v;

	if (str_to_i64(value, d->min, d->max, &v, NULL) != ERR_OK)
		return err_set(e, ERR_ARG, "%s: \"%.40s\" is not a number "
		    "from %" PRId64 " to %" PRId64 " (%s)", d->name, value,
		    d->min, d->max, d->unit);
	return keep(str_printf("%" PRId64, v), canonical, e);
}

static int
check_enum(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	char word[32];
	size_t n;

	for (const char *p = d->values; *p != '\0'; p += n + (p[n] == '|')) {
		n = strcspn(p, "|");
		if (n >= sizeof(word))
			continue;
		memcpy(word, p, n);
		word[n] = '\0';
		if (str_ieq(word, value))
			return keep(strdup(word), canonical, e);
	}
	return err_set(e, ERR_ARG, "%s: \"%.40s\" is none of %s", d->name,
	    value, d->values);
}

/* Folders separated by ':', each absolute and without "..": */
static bool
is_path_list(const char *s)
{
	size_t n;

	if (*s == '\0')
		return true;
	for (;; s += n + 1) {
		n = strcspn(s, ":");
		if (n == 0 || s[0] != '/')
			return false;
		for (size_t i = 0; i + 2 < n; i++)
			if (memcmp(s + i, "/..", 3) == 0 &&
			    (i + 3 == n || s[i + 3] == '/'))
				return false;
		if (s[n] == '\0')
			return true;
	}
}

static int
check_text(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	size_t n = strlen(value);

	if (n < (size_t)d->min || n > (size_t)d->max)
		return err_set(e, ERR_ARG, "%s: %zu bytes; from %" PRId64
		    " to %" PRId64 " are taken", d->name, n, d->min, d->max);
	if (!str_is_utf8(value, n))
		return err_set(e, ERR_ARG, "%s: not UTF-8", d->name);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
			return err_set(e, ERR_ARG, "%s: control characters "
			    "are not taken", d->name);
	if (d->id == PARAM_TFTP_ROOT && !is_path_list(value))
		return err_set(e, ERR_ARG, "%s: folders are given as absolute "
		    "paths without \"..\", separated by ':'", d->name);
	return keep(strdup(value), canonical, e);
}

int
param_check(const struct param_def *d, const char *value, char **canonical,
    struct err *e)
{
	switch (d->type) {
	case PARAM_INT:
		return check_int(d, value, canonical, e);
	case PARAM_ENUM:
		return check_enum(d, value, canonical, e);
	case PARAM_TEXT:
		return check_text(d, value, canonical, e);
	}
	return err_set(e, ERR_ARG, "%s: of no type", d->name);
}

/* The row's value in *value, NULL when there is none. */
static int
row_get(struct db *db, const struct param_def *d, const char *node,
    char **value, struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_GET, e);

	*value = NULL;
	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	if (q_row(&q))
		q_col_dup(&q, 0, value);
	return q_end(&q);
}

static int
row_put(struct db *db, const struct param_def *d, const char *node,
    const char *value, int64_t now, struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_PUT, e);

	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	q_text(&q, 3, value);
	q_i64(&q, 4, now);
	return q_run(&q);
}

static int
row_delete(struct db *db, const struct param_def *d, const char *node,
    struct err *e)
{
	struct q q = q_begin(db, SQL_PARAM_DELETE, e);

	q_text(&q, 1, node);
	q_text(&q, 2, d->name);
	return q_run(&q);
}

/* What a row of node would only repeat: a node's row the cluster's value, the
 * cluster's row the default. */
static int
inherited(struct db *db, const struct param_def *d, const char *node,
    char **value, struct err *e)
{
	int ret;

	*value = NULL;
	if (node[0] != '\0' && (ret = row_get(db, d, "", value, e)) != ERR_OK)
		return ret;
	if (*value == NULL && (*value = strdup(d->def)) == NULL)
		return err_set(e, ERR_NOMEM, "parameter");
	return ERR_OK;
}

int
param_set(struct db *db, const struct param_def *d, const char *node,
    const char *value, int64_t now, bool *changed, struct err *e)
{
	char *new = NULL, *old = NULL, *base = NULL;
	int ret;

	*changed = false;
	if (node[0] != '\0' && d->scope == PARAM_CLUSTER)
		return err_set(e, ERR_ARG, "%s is the same on all nodes: set "
		    "it without a node", d->name);
	if ((ret = param_check(d, value, &new, e)) != ERR_OK ||
	    (ret = row_get(db, d, node, &old, e)) != ERR_OK ||
	    (ret = inherited(db, d, node, &base, e)) != ERR_OK)
		goto out;
	if (strcmp(new, base) == 0) {
		if (old == NULL)
			goto out;
		ret = row_delete(db, d, node, e);
	} else {
		if (old != NULL && strcmp(old, new) == 0)
			goto out;
		ret = row_put(db, d, node, new, now, e);
	}
	if (ret == ERR_OK)
		ret = db_change_add(db, "parameter", d->name, e);
	*changed = ret == ERR_OK;
out:
	free(new);
	free(old);
	free(base);
	return ret;
}

/* Put a row's value in *best unless this version would refuse it. */
static int
better(struct db *db, const struct param_def *d, const char *node,
    char **best, struct err *e)
{
	char *raw, *canonical;
	int ret;

	if ((ret = row_get(db, d, node, &raw, e)) != ERR_OK || raw == NULL)
		return ret;
	ret = param_check(d, raw, &canonical, NULL);
	free(raw);
	if (ret == ERR_OK)
		*best = canonical;
	else if (ret == ERR_NOMEM)
		return err_set(e, ret, "parameter");
	return ERR_OK;
}

char *
param_get(struct db *db, enum param_id id, const char *node, struct err *e)
{
	const struct param_def *d = &params[id];
	char *v = NULL;

	if (d->scope == PARAM_NODE && node[0] != '\0' &&
	    better(db, d, node, &v, e) != ERR_OK)
		return NULL;
	if (v == NULL && better(db, d, "", &v, e) != ERR_OK)
		return NULL;
	if (v == NULL && (v = strdup(d->def)) == NULL)
		(void)err_set(e, ERR_NOMEM, "parameter");
	return v;
}

int
param_get_i64(struct db *db, enum param_id id, const char *node, int64_t *v,
    struct err *e)
{
	struct err own = { 0 };
	char *s;
	int ret;

	if (e == NULL)
		e = &own;
	if ((s = param_get(db, id, node, e)) == NULL)
		return e->code;
	ret = str_to_i64(s, params[id].min, params[id].max, v, e);
	free(s);
	return ret;
}
