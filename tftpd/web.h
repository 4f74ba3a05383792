/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTP and HTTPS servers of one loop: every address and port, the
 * certificates they present.
 */
#ifndef TFTPD_WEB_H
#define TFTPD_WEB_H

#include "certs/sign.h"
#include "db/db.h"
#include "tftpd/serve.h"
#include "tftpd/tftpd.h"
#include "tftpd/tuning.h"

struct web;

/*
 * Serve in l, on no socket yet.  backend is copied; connections count in
 * count, that of all loops; s signs for TLS with the CallManager-ECDSA key;
 * all that is borrowed outlives the web.
 */
struct web	*web_new(const struct tftpd *t, struct loop *l,
		    const struct serve_backend *backend,
		    struct net_count *count, struct signer *s, struct db *db,
		    const struct tuning *tu, struct err *e);
void		 web_free(struct web *w);

/*
 * Serve on a listening socket (borrowed) as a port of kind (TFTPD_HTTP...),
 * or no longer: fd may be closed then, replies under way go on, and what is
 * left of it goes with a later web_tidy.  Not while it is drained.
 */
int		 web_listen(struct web *w, unsigned kind, int fd,
		    struct err *e);
void		 web_unlisten(struct web *w, int fd);
void		 web_tidy(struct web *w);

/* Parameters or certificates may have changed: limits act at once, another
 * certificate or lowest version with the next connection.  What cannot be
 * loaded is logged and leaves things as they are. */
void		 web_tune(struct web *w, struct db *db,
		    const struct tuning *tu);

void		 web_drain(struct web *w);
/* Those of this loop. */
size_t		 web_connections(const struct web *w);
/* Connections that the limits turned away, since web_new. */
uint64_t	 web_turned_away(const struct web *w);

#endif
