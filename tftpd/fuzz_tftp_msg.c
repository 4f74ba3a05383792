/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Any datagram: what parses stays within the packet, and what it says can be
 * built again and read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "tftpd/tftp_msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
again_request(const struct tftp_msg *m)
{
	static const char *const modes[] = {
		[TFTP_OCTET] = "octet",
		[TFTP_NETASCII] = "netascii",
		[TFTP_MAIL] = "mail",
		[TFTP_MODE_OTHER] = "other",
	};
	uint8_t buf[2 * TFTP_REQUEST_MAX];
	struct tftp_msg b;
	size_t n;

	n = tftp_build_request(buf, sizeof(buf), m->op, m->file,
	    modes[m->mode], &m->opts);
	if (n == 0 || tftp_msg_parse(&b, buf, n, NULL) != ERR_OK ||
	    b.op != m->op || b.mode != m->mode ||
	    strcmp(b.file, m->file) != 0 ||
	    b.opts.blksize != m->opts.blksize ||
	    b.opts.timeout_s != m->opts.timeout_s ||
	    b.opts.has_tsize != m->opts.has_tsize ||
	    b.opts.tsize != m->opts.tsize ||
	    b.opts.windowsize != m->opts.windowsize)
		abort();
}

static void
touch(const struct tftp_msg *m)
{
	volatile uint8_t last = 0;

	if (m->len > 0)
		last = m->data[m->len - 1];
	(void)last;
}

int
LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	struct tftp_msg m;

	if (tftp_msg_parse(&m, buf, len, NULL) != ERR_OK)
		return 0;
	touch(&m);
	if (m.op == TFTP_RRQ || m.op == TFTP_WRQ)
		again_request(&m);
	return 0;
}
