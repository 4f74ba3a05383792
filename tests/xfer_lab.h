/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A laboratory for one TFTP transfer without sockets: time and packets are the
 * test's.
 */
#ifndef TESTS_XFER_LAB_H
#define TESTS_XFER_LAB_H

#include "tftpd/tftp_xfer.h"

extern const struct xfer_conf	xfer_lab_conf;
extern uint8_t			xfer_packet[TFTP_DATAGRAM_MAX];
extern uint8_t			xfer_body[4096];	/* what is sent */

/* A checked fixture: fills the body. */
void		xfer_lab_setup(void);

/* Begin at time 0 with len bytes of the body. */
void		xfer_lab_start(struct tftp_xfer *x, size_t len,
		    struct tftp_opts o);

/* A file whose every 512 bytes begin with their offset; close its fd. */
struct tftp_source	xfer_lab_file(uint64_t len);

/* The next packet out, parsed, and the only one; or none. */
struct tftp_msg	xfer_out(struct tftp_xfer *x);
void		xfer_silent(struct tftp_xfer *x);

void		xfer_ack(struct tftp_xfer *x, uint16_t block, int64_t now);
void		xfer_is_data(struct tftp_msg m, uint16_t block,
		    const uint8_t *p, size_t n);

#endif
