/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What one loop of tftpd listens on, see places.h.
 */
#include <stdlib.h>

#include "tftpd/places.h"

struct places {
	struct listen_serve	*serve;
	struct tftp_server	*tftp;
	struct web		*web;
};

static int
serve(void *arg, enum node_port kind, int fd, struct err *e)
{
	struct places *p = arg;

	switch (kind) {
	case PORT_TFTP:
		return tftp_server_listen(p->tftp, fd, e);
	case PORT_HTTP:
		return web_listen(p->web, TFTPD_HTTP, fd, e);
	case PORT_HTTPS:
		return web_listen(p->web, TFTPD_HTTPS, fd, e);
	case PORT_HTTPS2:
		return web_listen(p->web, TFTPD_HTTPS2, fd, e);
	default:
		return err_set(e, ERR_ARG, "no listener of tftpd");
	}
}

static void
end(void *arg, enum node_port kind, int fd)
{
	struct places *p = arg;

	if (kind == PORT_TFTP)
		tftp_server_unlisten(p->tftp, fd);
	else
		web_unlisten(p->web, fd);
}

static void
tidy(void *arg)
{
	struct places *p = arg;

	web_tidy(p->web);
}

struct places *
places_new(struct listen_set *set, unsigned loop, struct tftp_server *tftp,
    struct web *web, struct err *e)
{
	struct places *p = calloc(1, sizeof(*p));
	const struct listen_hooks hooks = { serve, end, tidy, p };

	if (p == NULL) {
		(void)err_set(e, ERR_NOMEM, "listeners");
		return NULL;
	}
	p->tftp = tftp;
	p->web = web;
	if ((p->serve = listen_serve_new(set, loop, &hooks, e)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

int
places_sync(struct places *p, int64_t now_ms, struct err *e)
{
	return listen_serve_sync(p->serve, now_ms, e);
}

void
places_free(struct places *p)
{
	if (p == NULL)
		return;
	listen_serve_free(p->serve);
	free(p);
}
