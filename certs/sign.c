/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signers: keys of this process, and the client of a signer process; see
 * sign.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "certs/internal.h"
#include "certs/sign_msg.h"

struct local_key {
	uint8_t		 id[KEY_ID_LEN];
	struct key	*key;
};

struct signer {
	int			 fd;		/* -1: local */
	/* local */
	struct local_key	*keys;
	size_t			 nkeys;
	bool			 sign_only;
	/* remote */
	uint32_t		 seq;
	int			 timeout_ms;
	struct err		 broken;	/* code 0 while it works */
	_Atomic int		 next;		/* channel to change to, or -1 */
};

static struct signer *
signer_new(int fd, struct err *e)
{
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_set(e, ERR_NOMEM, "signer");
		return NULL;
	}
	s->fd = fd;
	atomic_init(&s->next, -1);
	s->timeout_ms = SIGN_TIMEOUT_MS;
	return s;
}

struct signer *
signer_local_new(struct err *e)
{
	return signer_new(-1, e);
}

static const struct local_key *
local_find(const struct signer *s, const uint8_t id[KEY_ID_LEN])
{
	for (size_t i = 0; i < s->nkeys; i++)
		if (memcmp(s->keys[i].id, id, KEY_ID_LEN) == 0)
			return &s->keys[i];
	return NULL;
}

int
signer_local_add(struct signer *s, struct key *k, struct err *e)
{
	struct local_key new = { .key = k }, *p;
	int ret;

	if (s->fd != -1)
		return err_set(e, ERR_ARG, "keys go into local signers");
	if ((ret = key_id(k, new.id, e)) != ERR_OK)
		return ret;
	if (local_find(s, new.id) != NULL) {
		key_free(k);
		return ERR_OK;
	}
	p = reallocarray(s->keys, s->nkeys + 1, sizeof(*p));
	if (p == NULL)
		return err_set(e, ERR_NOMEM, "signer");
	s->keys = p;
	s->keys[s->nkeys++] = new;
	return ERR_OK;
}

void
signer_local_sign_only(struct signer *s)
{
	s->sign_only = true;
}

struct signer *
signer_remote_new(int fd, struct err *e)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET) {
		(void)err_set(e, ERR_ARG, "a signer is reached over "
		    "SOCK_SEQPACKET only");
		return NULL;
	}
	return signer_new(fd, e);
}

void
signer_replace(struct signer *s, int fd)
{
	int before = atomic_exchange(&s->next, fd);

	if (before != -1)
		(void)close(before);
}

void
signer_refresh(struct signer *s)
{
	int fd;

	if (atomic_load_explicit(&s->next, memory_order_relaxed) == -1 ||
	    (fd = atomic_exchange(&s->next, -1)) == -1)
		return;
	(void)close(s->fd);
	s->fd = fd;
	s->broken = (struct err){ .code = ERR_OK };
}

bool
signer_is_broken(const struct signer *s, struct err *e)
{
	if (s->broken.code == ERR_OK)
		return false;
	if (e != NULL)
		*e = s->broken;
	return true;
}

void
signer_set_timeout(struct signer *s, int ms)
{
	s->timeout_ms = ms;
}

void
signer_free(struct signer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->nkeys; i++)
		key_free(s->keys[i].key);
	free(s->keys);
	if (s->fd != -1)
		(void)close(s->fd);
	signer_replace(s, -1);
	free(s);
}

int
signer_pair(int fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return err_sys(e, ERR_IO, "socket pair for the signer");
	return ERR_OK;
}

/* Wait until fd takes (POLLOUT) or has (POLLIN) a datagram. */
static int
remote_wait(int fd, short events, int64_t deadline, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - clock_mono_ms(clock_system());
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_sys(e, ERR_UNREACHABLE, "signer process");
	if (n == 0)
		return err_set(e, ERR_TIMEOUT, "the signer process does not "
		    "answer");
	return ERR_OK;
}

static int
remote_send(int fd, const uint8_t *buf, size_t len, int64_t deadline,
    struct err *e)
{
	ssize_t n;
	int ret;

	/* There is room as a rule: who waits for an answer asks no more. */
	while ((n = send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT)) == -1 &&
	    (errno == EINTR || errno == EAGAIN))
		if ((ret = remote_wait(fd, POLLOUT, deadline, e)) != ERR_OK)
			return ret;
	if (n == -1)
		return err_sys(e, ERR_UNREACHABLE, "the signer process is "
		    "gone");
	return ERR_OK;
}

static int
remote_recv(int fd, uint8_t *buf, size_t max, size_t *len, int64_t deadline,
    struct err *e)
{
	ssize_t n;
	int ret;

	do {
		if ((ret = remote_wait(fd, POLLIN, deadline, e)) != ERR_OK)
			return ret;
		n = recv(fd, buf, max, MSG_DONTWAIT | MSG_TRUNC);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n == -1)
		return err_sys(e, ERR_UNREACHABLE, "the signer process is "
		    "gone");
	if (n == 0)
		return err_set(e, ERR_UNREACHABLE, "the signer process is "
		    "gone");
	if ((size_t)n > max)
		return err_set(e, ERR_PROTO, "oversized answer of the signer");
	*len = (size_t)n;
	return ERR_OK;
}

/* Does this length answer the operation? */
static bool
result_fits(enum sign_op op, size_t len)
{
	return op == SIGN_OP_DECRYPT ? len == KEY_PREMASTER_LEN :
	    len > 0 && len <= KEY_SIG_MAX;
}

/*
 * One exchange: the request's len bytes in buf, then the answer's.  ERR_OK
 * says only that the answer is one to this request.
 */
static int
remote_exchange(struct signer *s, const struct sign_request *q,
    struct sign_answer *a, uint8_t buf[SIGN_MSG_MAX], size_t len,
    struct err *e)
{
	int64_t deadline = clock_mono_ms(clock_system()) + s->timeout_ms;
	int ret;

	if ((ret = remote_send(s->fd, buf, len, deadline, e)) != ERR_OK ||
	    (ret = remote_recv(s->fd, buf, SIGN_MSG_MAX, &len, deadline,
	    e)) != ERR_OK ||
	    (ret = sign_answer_parse(a, buf, len, e)) != ERR_OK)
		return ret;
	if (a->seq != q->seq || a->op != q->op)
		return err_set(e, ERR_PROTO, "the signer answered another "
		    "request");
	if (a->status == ERR_OK && !result_fits(a->op, a->len))
		return err_set(e, ERR_PROTO, "the signer sent no result");
	return ERR_OK;
}

/* buf has the answer's bytes after it; out has room for any result. */
static int
remote_ask_in(struct signer *s, struct sign_request *q,
    uint8_t buf[SIGN_MSG_MAX], uint8_t *out, size_t *outlen, struct err *e)
{
	struct sign_answer a;
	size_t len;

	q->seq = ++s->seq;
	/* Nothing was sent: the channel is as good as before. */
	if ((len = sign_request_put(q, buf)) == 0)
		return err_set(e, ERR_ARG, "%zu bytes are no request to the "
		    "signer", q->len);
	if (remote_exchange(s, q, &a, buf, len, &s->broken) != ERR_OK) {
		if (e != NULL)
			*e = s->broken;
		return s->broken.code;
	}
	if (a.status != ERR_OK)
		return err_set(e, a.status, "%.*s", (int)a.len,
		    (const char *)a.data);
	memcpy(out, a.data, a.len);
	*outlen = a.len;
	return ERR_OK;
}

static int
remote_ask(struct signer *s, struct sign_request *q, uint8_t *out,
    size_t *outlen, struct err *e)
{
	uint8_t buf[SIGN_MSG_MAX];
	int ret;

	signer_refresh(s);
	if (s->broken.code != ERR_OK) {
		if (e != NULL)
			*e = s->broken;
		return s->broken.code;
	}
	ret = remote_ask_in(s, q, buf, out, outlen, e);
	if (q->op == SIGN_OP_DECRYPT)
		secret_wipe(buf, sizeof(buf));
	return ret;
}

static int
local_key(const struct signer *s, const uint8_t id[KEY_ID_LEN],
    const struct key **k, struct err *e)
{
	const struct local_key *found = local_find(s, id);

	if (found == NULL)
		return err_set(e, ERR_NOTFOUND, "the signer does not hold "
		    "this key");
	*k = found->key;
	return ERR_OK;
}

int
sign_digest(struct signer *s, const uint8_t id[KEY_ID_LEN],
    enum digest_alg alg, enum key_padding pad, const uint8_t *digest,
    size_t len, uint8_t *sig, size_t *siglen, struct err *e)
{
	struct sign_request q = {
		.op = SIGN_OP_DIGEST, .alg = alg, .pad = pad,
		.data = digest, .len = len,
	};
	const struct key *k;
	int ret;

	if (len > DIGEST_MAX)
		return err_set(e, ERR_ARG, "%zu bytes are no digest", len);
	if (s->fd != -1) {
		memcpy(q.id, id, KEY_ID_LEN);
		return remote_ask(s, &q, sig, siglen, e);
	}
	if ((ret = local_key(s, id, &k, e)) != ERR_OK)
		return ret;
	return key_sign_digest(k, alg, pad, digest, len, sig, siglen, e);
}

int
sign_tls_decrypt(struct signer *s, const uint8_t id[KEY_ID_LEN],
    uint16_t version, const uint8_t *in, size_t len,
    uint8_t out[KEY_PREMASTER_LEN], struct err *e)
{
	struct sign_request q = {
		.op = SIGN_OP_DECRYPT, .tls_version = version,
		.data = in, .len = len,
	};
	const struct key *k;
	size_t outlen;
	int ret;

	if (len > SIGN_MSG_DATA_MAX || version == 0)
		return err_set(e, ERR_ARG, "%zu bytes of version %#x are no "
		    "encrypted premaster secret", len, version);
	if (s->fd != -1) {
		memcpy(q.id, id, KEY_ID_LEN);
		return remote_ask(s, &q, out, &outlen, e);
	}
	if (s->sign_only)
		return err_set(e, ERR_ARG, "this signer decrypts nothing");
	if ((ret = local_key(s, id, &k, e)) != ERR_OK)
		return ret;
	return key_tls_decrypt(k, version, in, len, out, e);
}
