/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of fetching share, see fetch_fix.h.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/fetch.h"
#include "net/http.h"
#include "net/listen.h"
#include "tests/fetch_fix.h"

struct lab lab;

int
fetch(const char *scheme, const char *host, const char *name,
    const struct fetch_opts *o, uint8_t **buf, size_t *len, struct err *e)
{
	*e = (struct err){ 0 };
	*buf = NULL;
	*len = 0;
	return fetch_file(scheme, host, lab.port, name, o, buf, len, e);
}

void
expect_body(const char *scheme, const char *name, size_t want, long blksize)
{
	const struct fetch_opts o = { .max = MAX, .blksize = blksize };
	struct err e;
	uint8_t *buf;
	size_t len;
	int ret = fetch(scheme, "127.0.0.1", name, &o, &buf, &len, &e);

	ck_assert_msg(ret == ERR_OK, "%s %s: %s", scheme, name, e.msg);
	ck_assert_uint_eq(len, want);
	ck_assert_mem_eq(buf, lab.body, len);
	free(buf);
}

void
expect_error(const char *scheme, const char *host, const char *name,
    size_t max, int code)
{
	const struct fetch_opts o = { .max = max, .timeout_ms = 1000,
	    .connect_timeout_ms = 1000 };
	struct err e;
	uint8_t *buf;
	size_t len;
	int ret = fetch(scheme, host, name, &o, &buf, &len, &e);

	ck_assert_msg(ret == code, "%s %s: %d, %s", scheme, name, ret, e.msg);
	ck_assert_int_eq(e.code, code);
	ck_assert_ptr_null(buf);
}

void
open_socket(enum net_proto proto)
{
	const struct timeval tv = { .tv_sec = 20 };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, "127.0.0.1", 0, NULL), ERR_OK);
	ck_assert_int_eq(net_listen(proto, &a, 0, &lab.fd, 1, NULL), ERR_OK);
	ck_assert_int_eq(setsockopt(lab.fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof(tv)), 0);
	ck_assert_int_eq(getsockname(lab.fd, (struct sockaddr *)&ss, &len),
	    0);
	net_addr_from(&a, (struct sockaddr *)&ss, len);
	lab.port = net_addr_port(&a);
}

void
set_up(void)
{
	log_init("check", LOG_ERR, LOG_TEXT);
	memset(&lab, 0, sizeof(lab));
	for (size_t i = 0; i < MAX; i++)
		lab.body[i] = (uint8_t)(i * 11 + i / 251);
	/* Nobody answers there; who used it would fail. */
	ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:9", 1), 0);
	ck_assert_int_eq(setenv("ALL_PROXY", "http://127.0.0.1:9", 1), 0);
}
