/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP transfer without sockets, see xfer_lab.h.
 */
#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/xfer_lab.h"

const struct xfer_conf xfer_lab_conf = {
	.timeout_ms = 1000, .timeout_min_ms = 50, .retries = 5,
	.life_ms = 600000, .blksize_max = 1428, .windowsize_max = 64,
};

uint8_t xfer_packet[TFTP_DATAGRAM_MAX];
uint8_t xfer_body[4096];

void
xfer_lab_setup(void)
{
	for (size_t i = 0; i < sizeof(xfer_body); i++)
		xfer_body[i] = (uint8_t)(i * 7 + i / 256);
}

/* The next xfer_packet out, parsed; fails when there is none. */
struct tftp_msg
xfer_out(struct tftp_xfer *x)
{
	struct tftp_msg m;
	size_t seg, n;

	n = tftp_xfer_output(x, xfer_packet, sizeof(xfer_packet), &seg);

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n, seg);
	ck_assert_int_eq(tftp_msg_parse(&m, xfer_packet, n, NULL), ERR_OK);
	xfer_silent(x);
	return m;
}

void
xfer_silent(struct tftp_xfer *x)
{
	size_t seg;

	ck_assert_uint_eq(tftp_xfer_output(x, xfer_packet,
	    sizeof(xfer_packet), &seg), 0);
}

void
xfer_ack(struct tftp_xfer *x, uint16_t block, int64_t now)
{
	const struct tftp_msg m = { .op = TFTP_ACK, .block = block };

	tftp_xfer_input(x, &m, now);
}

void
xfer_is_data(struct tftp_msg m, uint16_t block, const uint8_t *p, size_t n)
{
	ck_assert_uint_eq(m.op, TFTP_DATA);
	ck_assert_uint_eq(m.block, block);
	ck_assert_uint_eq(m.len, n);
	ck_assert_mem_eq(m.data, p, n);
}

void
xfer_lab_start(struct tftp_xfer *x, size_t len, struct tftp_opts o)
{
	const struct tftp_source s = { .body = xfer_body, .fd = -1,
	    .len = len };

	tftp_xfer_start(x, 1, &s, &o, &xfer_lab_conf, 0);
}

/* A file whose every 512 bytes begin with their offset. */
struct tftp_source
xfer_lab_file(uint64_t len)
{
	struct tftp_source s = { .fd = memfd_create("source", MFD_CLOEXEC),
	    .len = len };

	ck_assert_int_ge(s.fd, 0);
	ck_assert_int_eq(ftruncate(s.fd, (off_t)len), 0);
	for (uint64_t i = 0; i < len; i += 512)
		ck_assert_int_eq(pwrite(s.fd, &i, sizeof(i), (off_t)i),
		    sizeof(i));
	return s;
}
