/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * OCSP in the background, see revocation.h.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/fetch.h"
#include "trust/revocation.h"

#define CONNECT_MS	3000
#define BUCKETS		REVOCATION_MAX
#define NONE		UINT16_MAX

struct known {
	uint8_t		 sha256[DIGEST_SHA256_LEN];
	enum ocsp_status status;
	int64_t		 until;		/* the status counts */
	int64_t		 again;		/* ask, but not before */
	bool		 queued;
	uint16_t	 next;		/* of its bucket */
};

/* Bytes: whoever asks has no time to share certificates, or to read them. */
struct question {
	uint8_t		*cert, *issuer;	/* DER */
	size_t		 certlen, issuerlen;
	char		*url;
};

struct revocation {
	const struct clock *clock;
	revocation_fetch_fn *fetch;
	void		*arg;
	pthread_t	 thread;
	pthread_mutex_t	 lock;		/* of all that follows */
	pthread_cond_t	 wake;
	bool		 started, stop;
	struct known	 known[REVOCATION_MAX];	/* a ring: oldest goes */
	size_t		 n, oldest;
	uint16_t	 bucket[BUCKETS];
	struct question	 queue[REVOCATION_QUEUE_MAX];	/* a ring */
	size_t		 nqueued, first;
	uint64_t	 asked;
};

/* The end does not wait for a responder that is silent. */
static bool
must_stop(void *arg)
{
	struct revocation *r = arg;
	bool stop;

	(void)pthread_mutex_lock(&r->lock);
	stop = r->stop;
	(void)pthread_mutex_unlock(&r->lock);
	return stop;
}

static int
fetch_http(void *arg, const char *url, const uint8_t *request, size_t len,
    uint8_t **answer, size_t *answerlen, struct err *e)
{
	const struct fetch_opts o = { .max = OCSP_RESPONSE_MAX,
	    .stop = must_stop, .stop_arg = arg,
	    .timeout_ms = REVOCATION_TIMEOUT_MS,
	    .connect_timeout_ms = CONNECT_MS, .post = request,
	    .postlen = len, .post_type = "application/ocsp-request" };
	struct fetch_url u;
	int ret;

	if ((ret = fetch_url_parse(&u, url, e)) != ERR_OK)
		return ret;
	return fetch_file(u.scheme, u.host, u.port, u.name, &o, answer,
	    answerlen, e);
}

struct revocation *
revocation_new(const struct clock *clock, revocation_fetch_fn *fetch,
    void *arg, struct err *e)
{
	struct revocation *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_set(e, ERR_NOMEM, "OCSP");
		return NULL;
	}
	r->clock = clock;
	r->fetch = fetch != NULL ? fetch : fetch_http;
	r->arg = fetch != NULL ? arg : r;
	for (size_t i = 0; i < BUCKETS; i++)
		r->bucket[i] = NONE;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->wake, NULL);
	return r;
}

static void
question_clear(struct question *q)
{
	free(q->cert);
	free(q->issuer);
	free(q->url);
	*q = (struct question){ 0 };
}

void
revocation_free(struct revocation *r)
{
	if (r == NULL)
		return;
	if (r->started) {
		(void)pthread_mutex_lock(&r->lock);
		r->stop = true;
		(void)pthread_cond_signal(&r->wake);
		(void)pthread_mutex_unlock(&r->lock);
		(void)pthread_join(r->thread, NULL);
	}
	for (size_t i = 0; i < REVOCATION_QUEUE_MAX; i++)
		question_clear(&r->queue[i]);
	(void)pthread_cond_destroy(&r->wake);
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

/* --- what is known, below the lock --- */

static uint16_t *
bucket_of(struct revocation *r, const uint8_t *sha256)
{
	uint32_t h;

	memcpy(&h, sha256, sizeof(h));
	return &r->bucket[h % BUCKETS];
}

static struct known *
find(struct revocation *r, const uint8_t *sha256)
{
	for (uint16_t i = *bucket_of(r, sha256); i != NONE;
	    i = r->known[i].next)
		if (memcmp(r->known[i].sha256, sha256,
		    DIGEST_SHA256_LEN) == 0)
			return &r->known[i];
	return NULL;
}

static void
forget(struct revocation *r, uint16_t i)
{
	uint16_t *p = bucket_of(r, r->known[i].sha256);

	while (*p != i)
		p = &r->known[*p].next;
	*p = r->known[i].next;
}

static struct known *
remember(struct revocation *r, const uint8_t *sha256)
{
	uint16_t i = (uint16_t)r->oldest, *p;

	if (r->n == REVOCATION_MAX)
		forget(r, i);
	else
		r->n++;
	r->oldest = (r->oldest + 1) % REVOCATION_MAX;
	p = bucket_of(r, sha256);
	r->known[i] = (struct known){ .next = *p };
	memcpy(r->known[i].sha256, sha256, DIGEST_SHA256_LEN);
	*p = i;
	return &r->known[i];
}

/* --- the thread --- */

static void
log_unknown(const struct cert *c, const struct question *q,
    const struct err *e)
{
	char *name = c != NULL ? cert_subject(c, CERT_NAME_SEMICOLON, NULL) :
	    NULL;

	log_err(LOG_WARNING, "trust.revocation_unknown", e,
	    LOG_STR("cert", name != NULL ? name : ""),
	    LOG_STR("url", q->url));
	free(name);
}

static int
ask_responder(struct revocation *r, const struct question *q,
    const struct cert *c, const struct cert *issuer, struct ocsp_answer *a,
    struct err *e)
{
	uint8_t *request = NULL, *answer = NULL;
	size_t len, answerlen;
	int ret;

	if ((ret = ocsp_request(c, issuer, &request, &len, e)) == ERR_OK &&
	    (ret = r->fetch(r->arg, q->url, request, len, &answer,
	    &answerlen, e)) == ERR_OK)
		ret = ocsp_response(answer, answerlen, c, issuer,
		    clock_wall_s(r->clock), a, e);
	if (ret == ERR_OK && a->status == OCSP_UNKNOWN)
		ret = err_set(e, ERR_NOTFOUND, "the responder does not know "
		    "the certificate");
	free(request);
	free(answer);
	return ret;
}

static bool
is_answered(struct revocation *r, const struct question *q,
    struct ocsp_answer *a)
{
	struct err e = { 0 };
	struct cert *c = cert_from_der(q->cert, q->certlen, &e);
	struct cert *issuer = cert_from_der(q->issuer, q->issuerlen, &e);
	bool ok = c != NULL && issuer != NULL &&
	    ask_responder(r, q, c, issuer, a, &e) == ERR_OK;

	if (!ok)
		log_unknown(c, q, &e);
	cert_free(c);
	cert_free(issuer);
	return ok;
}

/* What was known before stays until its date. */
static void
note(struct revocation *r, const struct question *q,
    const struct ocsp_answer *a, bool answered)
{
	int64_t now = clock_wall_s(r->clock);
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct known *k;

	(void)digest_buf(DIGEST_SHA256, q->cert, q->certlen, sha256, NULL);
	(void)pthread_mutex_lock(&r->lock);
	r->asked++;
	if ((k = find(r, sha256)) != NULL) {
		k->queued = false;
		k->again = now + REVOCATION_RETRY_S;
	}
	if (k != NULL && answered) {
		k->status = a->status;
		k->until = a->next_update != 0 ? a->next_update :
		    now + REVOCATION_KEEP_S;
		if (k->until > now + REVOCATION_DAY_S)
			k->until = now + REVOCATION_DAY_S;
		if (k->until > k->again)
			k->again = k->until;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

/* The next question; false: the end. */
static bool
next_question(struct revocation *r, struct question *q)
{
	bool stop;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->stop && r->nqueued == 0)
		(void)pthread_cond_wait(&r->wake, &r->lock);
	stop = r->stop;
	if (!stop) {
		*q = r->queue[r->first];
		r->queue[r->first] = (struct question){ 0 };
		r->first = (r->first + 1) % REVOCATION_QUEUE_MAX;
		r->nqueued--;
	}
	(void)pthread_mutex_unlock(&r->lock);
	return !stop;
}

static void *
ask_all(void *arg)
{
	struct revocation *r = arg;
	struct question q;

	while (next_question(r, &q)) {
		struct ocsp_answer a = { 0 };
		bool answered = is_answered(r, &q, &a);

		note(r, &q, &a, answered);
		question_clear(&q);
	}
	return NULL;
}

/* Signals belong to the loops. */
static bool
start(struct revocation *r)
{
	sigset_t all, old;

	if (r->started)
		return true;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r->started = pthread_create(&r->thread, NULL, ask_all, r) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r->started;
}

/* --- asking --- */

static uint8_t *
der_copy(const struct cert *c, size_t *len)
{
	const uint8_t *der = cert_der(c, len);
	uint8_t *p = malloc(*len);

	return p != NULL ? memcpy(p, der, *len) : NULL;
}

/* Below the lock.  Nothing is lost when there is no room: the next question
 * comes. */
static void
queue(struct revocation *r, struct known *k, const struct cert *c,
    const struct cert *issuer, int64_t now)
{
	struct question q = { 0 };

	if (k->queued || k->again > now ||
	    r->nqueued == REVOCATION_QUEUE_MAX)
		return;
	if ((q.url = ocsp_url(c)) == NULL) {
		k->again = now + REVOCATION_DAY_S;	/* nobody to ask */
		return;
	}
	q.cert = der_copy(c, &q.certlen);
	q.issuer = der_copy(issuer, &q.issuerlen);
	if (q.cert == NULL || q.issuer == NULL || !start(r)) {
		question_clear(&q);
		return;
	}
	r->queue[(r->first + r->nqueued++) % REVOCATION_QUEUE_MAX] = q;
	k->queued = true;
	(void)pthread_cond_signal(&r->wake);
}

enum ocsp_status
revocation_ask(struct revocation *r, const struct cert *c,
    const struct cert *issuer)
{
	int64_t now = clock_wall_s(r->clock);
	enum ocsp_status status = OCSP_UNKNOWN;
	uint8_t sha256[DIGEST_SHA256_LEN];
	struct known *k;

	cert_sha256(c, sha256);
	(void)pthread_mutex_lock(&r->lock);
	if ((k = find(r, sha256)) == NULL)
		k = remember(r, sha256);
	/* A revocation stays until somebody takes it back. */
	if (k->until >= now || k->status == OCSP_REVOKED)
		status = k->status;
	queue(r, k, c, issuer, now);
	(void)pthread_mutex_unlock(&r->lock);
	return status;
}

uint64_t
revocation_asked(struct revocation *r)
{
	uint64_t n;

	(void)pthread_mutex_lock(&r->lock);
	n = r->asked;
	(void)pthread_mutex_unlock(&r->lock);
	return n;
}
