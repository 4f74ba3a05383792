/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the transports (tftp_server, http_files) need from behind them: the
 * bytes for a name, and someone to tell how it went.  store.c is the real
 * one; tests bring their own, without a database.
 */
#ifndef TFTPD_SERVE_H
#define TFTPD_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/addr.h"
#include "trust/stats.h"

/* One answer.  It lives as long as the transfer and is cleared once. */
struct serve_item {
	const uint8_t	*body;		/* memory, or NULL: */
	int		 fd;		/* file, owned; else -1 */
	uint64_t	 len;
	const char	*type;		/* Content-Type, static text */
	char		 name[256];	/* as resolved */
	char		 device[65];	/* "" when the name does not tell */
	char		 kind[16];
	uint8_t		 version[32];	/* sha256 of body; zero for files */
	void		(*release)(void *owned);	/* NULL: nothing */
	void		*owned;
};
void	serve_item_clear(struct serve_item *it);

/* How a request ended. */
struct serve_report {
	uint64_t		 id;
	const char		*transport;	/* "tftp", "http",
					 * "https" */
	const struct net_addr	*peer;
	const struct serve_item	*item;	/* fields known so far */
	int64_t			 started_us;	/* wall clock */
	int64_t			 ms;		/* it took */
	uint64_t		 bytes;		/* the peer has */
	bool			 complete;	/* it has all of them */
	const char		*result;	/* "done", "not_found", ... */
	const char		*why;		/* for the log, or NULL */
	bool			 ours;		/* failed through us */
};

struct serve_backend {
	/*
	 * Fill *it for a request name.  The name, device and kind are filled
	 * as far as known also on failure.  Codes as file_store_get.
	 */
	int	(*get)(void *arg, const char *req, size_t len,
		    struct serve_item *it, struct err *e);
	void	(*report)(void *arg, const struct serve_report *r);
	void	*arg;
	struct stats_loop *stats;	/* NULL: not counted */
};

/* Tell the backend how a request ended, and count it. */
void		 serve_tell(const struct serve_backend *b,
		    const struct serve_report *r);

/* Short names of what becomes of a request that gets no bytes, from the code
 * of get: "not_found", "refused", "busy", "failed". */
const char	*serve_result(int code);

/* False when the peer or the administrator is the cause, not we. */
bool		 serve_ours(int code);

/* Numbers for the log, unique in this process. */
uint64_t	 serve_next_id(void);

#endif
