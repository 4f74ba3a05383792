/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Saying no to a TFTP request, at once and without a word about why inside:
 * an ERROR from a socket of transfers (fd), as any answer of RFC 1350.
 */
#ifndef TFTPD_TFTP_REFUSE_H
#define TFTPD_TFTP_REFUSE_H

#include "tftpd/tftp_sock.h"

/* Tell the peer of d; nobody when fd is -1. */
void	tftp_refuse(int fd, const struct tftp_datagram *d, enum tftp_code code,
	    const char *text);

/* For a request of a kind not served, whatever the file: logged too. */
void	tftp_refuse_kind(int fd, const struct tftp_datagram *d,
	    const struct tftp_msg *m, enum tftp_code code, const char *text);

/* What the peer is told for an ERR_* of the backend. */
void	tftp_refuse_code(int fd, const struct tftp_datagram *d, int code);

#endif
