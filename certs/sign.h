/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Signing without the key: the seam between the engine, which talks to the
 * network, and the signer process, which holds its units' private keys and
 * does nothing else.  Requests are digests and TLS's encrypted premaster
 * secrets, never data, never raw RSA.
 *
 * A struct signer is either local (ctltool: keys in this process) or the
 * client end of a socket pair to a signer process.  A remote signer serves
 * one thread: each loop has a channel of its own.
 */
#ifndef CERTS_SIGN_H
#define CERTS_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/key.h"

struct signer;

/*
 * Sign a digest with the key named by the SHA-256 of its
 * SubjectPublicKeyInfo.  sig holds KEY_SIG_MAX bytes.
 * ERR_NOTFOUND (no such key here), ERR_ARG, ERR_UNREACHABLE (the signer
 * process is gone), ERR_TIMEOUT (no answer in SIGN_TIMEOUT_MS), ERR_PROTO.
 * After ERR_UNREACHABLE, ERR_TIMEOUT or ERR_PROTO a remote signer stays
 * failed.
 */
#define SIGN_TIMEOUT_MS	5000
int	sign_digest(struct signer *s, const uint8_t id[KEY_ID_LEN],
	    enum digest_alg alg, enum key_padding pad, const uint8_t *digest,
	    size_t len, uint8_t *sig, size_t *siglen, struct err *e);

/*
 * The premaster secret that a TLS client encrypted to that key: see
 * key_tls_decrypt, which never says that in was wrong.  Errors as above.
 */
int	sign_tls_decrypt(struct signer *s, const uint8_t id[KEY_ID_LEN],
	    uint16_t version, const uint8_t *in, size_t len,
	    uint8_t out[KEY_PREMASTER_LEN], struct err *e);

/* A signer over keys of this process.  On ERR_OK the key has been taken over
 * (one already held is just released); on failure it stays the caller's. */
struct signer	*signer_local_new(struct err *e);
int		 signer_local_add(struct signer *s, struct key *k,
		    struct err *e);

/* From now on it decrypts nothing: for who serves TLS without RSA key
 * exchange, whose signer then opens no recorded connection either. */
void		 signer_local_sign_only(struct signer *s);

/* The client end; fd (SOCK_SEQPACKET) is taken over, unless NULL. */
struct signer	*signer_remote_new(int fd, struct err *e);
void		 signer_free(struct signer *s);

/*
 * Another channel to a remote signer, from any thread: fd is taken over.  The
 * thread that uses the signer changes over before its next request, or when
 * it calls signer_refresh; a failure of before is forgotten then.
 */
void		 signer_replace(struct signer *s, int fd);
void		 signer_refresh(struct signer *s);

/*
 * Is it one that stays failed, and why (into e)?  Nothing mends it but another
 * channel: a loop that only went on would refuse its peers for ever.
 */
bool		 signer_is_broken(const struct signer *s, struct err *e);

/* Another patience than SIGN_TIMEOUT_MS for a remote signer. */
void		 signer_set_timeout(struct signer *s, int ms);

/*
 * The signer process: serve requests on n SOCK_SEQPACKET sockets, each by a
 * thread of its own as far as there are threads, with the keys of local until
 * all peers are gone (ERR_OK) or stopfd becomes readable (ERR_OK; -1: none).
 * Malformed requests close that socket, logged.  The
 * sockets are taken over: all are closed on return, but for ERR_LIMIT (more
 * than SIGN_CHANNELS_MAX).
 */
#define SIGN_CHANNELS_MAX	256
int		 signer_serve(struct signer *local, const int *fds, size_t n,
		    int stopfd, struct err *e);

/* SOCK_SEQPACKET pair, close-on-exec: [0] engine's end, [1] signer's. */
int		 signer_pair(int fds[2], struct err *e);

#endif
