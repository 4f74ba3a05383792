/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fetch one file over http, https or tftp with libcurl (which net/transfer.c
 * and net/mail.c include besides).  Blocking: for programs, not for loops.
 */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FETCH_TIMEOUT_MS	60000
#define FETCH_CONNECT_MS	5000

/*
 * Is this the server?  der is the certificate that it has shown and has the
 * key of.  Nothing else is asked: no authority, name or date.
 */
typedef bool	fetch_peer_fn(void *arg, const uint8_t *der, size_t len);

/*
 * Or is it one that a trust store trusts?  set makes ctx demand that of the
 * server (certs/verify.h; net/ only carries it across), verdict tells
 * afterwards: ERR_OK, ERR_VERIFY with the reason, or ERR_BADSTATE when the
 * store was not asked.  The server must also bear the name it is asked by.
 */
struct ssl_ctx_st;		/* OpenSSL's SSL_CTX */
struct fetch_trust {
	int	(*set)(void *arg, struct ssl_ctx_st *ctx, struct err *e);
	int	(*verdict)(void *arg, struct err *e);
	void	*arg;
};

struct fetch_answer {
	long	 status;		/* of HTTP; 0: there was no answer */
	int64_t	 retry_after_s;		/* header Retry-After; 0: none */
	char	 type[64];		/* header Content-Type without its
					 * parameters, lower case; "" */
};

struct fetch_opts {
	size_t		 max;		/* bytes taken at most */
	long		 timeout_ms;	/* whole transfer, 0: FETCH_TIMEOUT_MS */
	long		 connect_timeout_ms;	/* 0: FETCH_CONNECT_MS */
	long		 blksize;	/* TFTP option, 0: not asked for */
	fetch_peer_fn	*peer;		/* https goes with one alone, or */
	void		*peer_arg;
	const struct fetch_trust *trust;	/* with this */
	const void	*post;		/* http(s): the body of a POST; NULL: GET */
	size_t		 postlen;
	const char	*post_type;	/* its Content-Type */
	const char	*query;		/* http(s): behind a '?', sent as it is;
					 * NULL: none */
	const char	*user, *password;	/* http(s): basic authentication;
					 * both or none */
	/*
	 * http(s): filled whatever was answered, and then every status is
	 * ERR_OK with its body.  NULL: only success is.
	 */
	struct fetch_answer *answer;
	/* True: give up (ERR_BUSY), within about a second.  NULL: never. */
	bool		 (*stop)(void *arg);
	void		*stop_arg;
};

/*
 * scheme "http", "https" or "tftp"; host a name or address (IPv6 with or without
 * brackets); name is the file, sent as it is, percent-encoded for http(s).
 * *buf is the caller's (free()).  ERR_NOTFOUND (404, TFTP error 1),
 * ERR_DENIED (403, TFTP error 2), ERR_UNREACHABLE (no server there; a TFTP
 * server that is silent until timeout_ms is ERR_TIMEOUT), ERR_LIMIT, ERR_ARG
 * (host, scheme, block size or a POST over tftp), ERR_VERIFY (peer took it for another one, or
 * trust does not know it; it has been asked for nothing), ERR_IO (also a body that was cut short).
 * Proxies of the environment are not used, redirects not followed.
 */
int	fetch_file(const char *scheme, const char *host, uint16_t port,
	    const char *name, const struct fetch_opts *o, uint8_t **buf,
	    size_t *len, struct err *e);

/* Before any use of libcurl; as often as one likes. */
void	fetch_library(void);

/*
 * The parts of an absolute URL as fetch_file wants them: name without the
 * leading slash and percent-decoded, the scheme's port when none is said.
 * ERR_ARG: no URL, another scheme than http, https and tftp, user, query or
 * fragment in it, control bytes, or too long.
 */
#define FETCH_HOST_MAX	256
#define FETCH_NAME_MAX	1024
struct fetch_url {
	char		 scheme[8];
	char		 host[FETCH_HOST_MAX];
	uint16_t	 port;
	char		 name[FETCH_NAME_MAX];
};
int	fetch_url_parse(struct fetch_url *u, const char *url, struct err *e);

#endif
