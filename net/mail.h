/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Send one mail over SMTP with libcurl.  Blocking, as fetch.h.
 */
#ifndef NET_MAIL_H
#define NET_MAIL_H

#include "net/fetch.h"

struct mail {
	const char	*url;		/* smtp://HOST[:PORT], smtps:// */
	const char	*hello;		/* the name this host gives itself */
	const char	*from;
	const char	*to;		/* separated by ',' */
	const char	*text;		/* as RFC 5322 has it, CR LF */
	/* smtp: STARTTLS or nothing.  Both it and smtps need trust. */
	bool		 starttls;
	const struct fetch_trust *trust;
	const char	*user, *password;	/* NULL: no login */
	long		 timeout_ms;		/* 0: FETCH_TIMEOUT_MS */
	/* True: give up, within about a second.  NULL: never. */
	bool		 (*stop)(void *arg);
	void		*stop_arg;
};

/*
 * ERR_ARG (URL, no recipient), ERR_REFUSED (a password would go over the line
 * in the clear to another machine), ERR_VERIFY (server not trusted),
 * ERR_UNREACHABLE, ERR_TIMEOUT, ERR_DENIED (login), ERR_IO (what the server
 * did not take).  ERR_OK: the server has taken it for all recipients.
 */
int	mail_send(const struct mail *m, struct err *e);

/* Is the server on this machine, by its name in the URL? */
bool	mail_is_local(const char *url);

#endif
