/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files to and from servers by URL: PUT over http and https, and sftp, with
 * libcurl.  Blocking: for programs, not for loops.  What is only fetched over
 * http, https or tftp goes by net/fetch.h.
 */
#ifndef NET_TRANSFER_H
#define NET_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/fetch.h"

#define TRANSFER_URL_MAX	2048

struct transfer {
	/*
	 * sftp://user@host[:port]/path (the path from the root, or from the
	 * account's folder when it begins with /~/), http:// or https://.
	 * Passwords do not belong in it: everybody on the machine sees them.
	 */
	const char	*url;
	const char	*password;	/* NULL: none */
	/* sftp: the server's key as "ssh-keygen -l" shows it, "SHA256:...";
	 * NULL: nobody is believed, and the error tells what came. */
	const char	*host_key;
	const struct fetch_trust *trust;	/* https */
	size_t		 max;		/* bytes taken at most */
	long		 timeout_ms;	/* 0: FETCH_TIMEOUT_MS */
};

/* "http", "https" or "sftp" and "://"? */
bool	transfer_is_url(const char *text);

/*
 * ERR_ARG (no URL of these, a password in it, a malformed host key),
 * ERR_REFUSED (a password over http to another machine: nothing was sent),
 * ERR_DENIED (account, password, permission), ERR_NOTFOUND, ERR_UNREACHABLE,
 * ERR_VERIFY (another server than was meant; nothing was sent), ERR_TIMEOUT,
 * ERR_LIMIT, ERR_IO.  After a failure of put a part may be there.
 */
int	transfer_put(const struct transfer *t, const void *buf, size_t len,
	    struct err *e);

/* sftp alone.  *buf is the caller's. */
int	transfer_get(const struct transfer *t, uint8_t **buf, size_t *len,
	    struct err *e);

/* sftp alone, url ends in a slash: the names in the folder, one per line, in
 * no order.  *names is the caller's. */
int	transfer_list(const struct transfer *t, char **names, struct err *e);

#endif
