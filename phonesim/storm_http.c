/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's HTTP: one GET on a connection of its own (RFC 9112), a body of
 * Content-Length bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "phonesim/storm_get.h"
#include "phonesim/storm_msg.h"

#define REQUEST_MAX	(3 * SIM_NAME_MAX + NET_ADDR_TEXT + 128)
#define READ_MAX	16384

static void
end_status(struct storm_get *g, int status)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "HTTP status %d", status);
	if (status == 200)
		storm_get_end(g, ERR_OK, "", g->head);
	else if (status == 404)
		storm_get_end(g, ERR_NOTFOUND, why, 0);
	else
		storm_get_end(g, status == 403 ? ERR_DENIED : ERR_IO, why,
		    0);
}

/* false: g is over. */
static bool
take_bytes(struct storm_get *g)
{
	struct storm_head h;
	struct err e = { 0 };

	if (storm_head_parse(&h, g->in, g->len, &e) != ERR_OK) {
		storm_get_end(g, ERR_PROTO, e.msg, 0);
		return false;
	}
	if (h.size == 0)
		return true;
	if (h.length > SIM_FILE_MAX) {
		storm_get_end(g, ERR_LIMIT, "no room for the file", 0);
		return false;
	}
	g->head = h.size;
	g->body = (size_t)h.length;
	if (g->len < g->head + g->body)
		return true;
	g->len = g->head + g->body;
	end_status(g, h.status);
	return false;
}

static void
receive(struct storm_get *g)
{
	ssize_t n;

	for (;;) {
		if (!storm_get_room(g, READ_MAX, STORM_HEAD_MAX +
		    SIM_FILE_MAX + READ_MAX)) {
			storm_get_end(g, ERR_LIMIT, "no room for the file",
			    0);
			return;
		}
		n = read(g->fd, g->in + g->len, READ_MAX);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			storm_get_end(g, ERR_IO, "the HTTP server closed the "
			    "connection early", 0);
			return;
		}
		g->len += (size_t)n;
		if (!take_bytes(g))
			return;
	}
}

static void
send_request(struct storm_get *g)
{
	ssize_t n;

	n = send(g->fd, g->out + g->outoff, g->outlen - g->outoff,
	    MSG_NOSIGNAL);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		storm_get_end(g, errno == EPIPE || errno == ECONNRESET ?
		    ERR_IO : ERR_UNREACHABLE, "no HTTP server there", 0);
		return;
	}
	g->outoff += (size_t)n;
	if (g->outoff == g->outlen && loop_io_set(g->io, LOOP_READ) != ERR_OK)
		storm_get_end(g, ERR_NOMEM, "request of a phone", 0);
}

static void
on_io(void *arg, int fd, unsigned events)
{
	struct storm_get *g = arg;

	(void)fd;
	if (g->outoff < g->outlen)
		send_request(g);
	else if ((events & LOOP_READ) != 0)
		receive(g);
}

static void
on_timer(void *arg)
{
	struct storm_get *g = arg;

	storm_get_end(g, ERR_TIMEOUT, "no answer from the HTTP server", 0);
}

/* As the path of a URI: what is not unreserved is percent-encoded. */
static void
encode(const char *name, char *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	for (; *name != '\0'; name++) {
		if (strchr(plain, *name) != NULL)
			*out++ = *name;
		else
			out += snprintf(out, sizeof("%XX"), "%%%02X",
			    (unsigned char)*name);
	}
	*out = '\0';
}

static int
build_request(struct storm_get *g, const char *name, struct err *e)
{
	char path[3 * SIM_NAME_MAX + 1], host[NET_ADDR_TEXT];

	if (strlen(name) > SIM_NAME_MAX)
		return err_set(e, ERR_LIMIT, "the name is too long");
	encode(name[0] == '/' ? name + 1 : name, path);
	net_addr_text(&g->peer, host);
	g->outlen = (size_t)snprintf((char *)g->out, REQUEST_MAX,
	    "GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path,
	    host);
	return ERR_OK;
}

int
storm_http(const struct storm_request *q, struct err *e)
{
	struct storm_get *g;
	int ret;

	if ((g = storm_get_new(q, SOCK_STREAM, REQUEST_MAX, LOOP_WRITE,
	    on_io, on_timer, e)) == NULL)
		return e->code;
	ret = build_request(g, q->name, e);
	if (ret == ERR_OK && connect(g->fd, (const struct sockaddr *)
	    &g->peer.ss, g->peer.len) == -1 && errno != EINPROGRESS)
		ret = err_sys(e, ERR_UNREACHABLE, "no HTTP server there");
	if (ret != ERR_OK) {
		storm_get_free(g);
		return ret;
	}
	loop_timer_set(g->timer, STORM_HTTP_MS);
	return ERR_OK;
}
