/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP read transfer, RFC 1350 with the options of RFC 2347 to 2349, in
 * lock-step.  No sockets and no clock: packets and the time come in, packets
 * are taken out.  The caller asks tftp_xfer_output until it gives 0, then
 * waits for a packet or for tftp_xfer_deadline.
 */
#ifndef TFTPD_TFTP_XFER_H
#define TFTPD_TFTP_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftpd/tftp_msg.h"

/* What is sent: memory, or a file read with pread block by block (a file may
 * shrink while it is open, so it is never mapped).  Borrowed. */
struct tftp_source {
	const uint8_t	*body;		/* or NULL: */
	int		 fd;
	uint64_t	 len;
};

struct xfer_conf {
	int64_t		 timeout_ms;	/* first retransmission */
	unsigned	 retries;	/* of one packet */
	int64_t		 life_ms;	/* of the whole transfer */
	uint16_t	 blksize_max;
};

/* Until a peer has answered once its address may be forged, and we would send
 * to a victim: so many repetitions at most, whatever xfer_conf says. */
#define XFER_OPEN_RETRIES	2
/* ... and it is waited for no longer than this or what our own intervals make
 * of that many, though it asked for 255 s: forged addresses must not keep the
 * places and the memory of transfers. */
#define XFER_OPEN_MS		30000
/* The interval doubles up to this many times the first. */
#define XFER_BACKOFF_MAX	8

enum xfer_state {
	XFER_OPEN,	/* nothing acknowledged yet */
	XFER_SEND,
	XFER_LAST,	/* the last block is out */
	XFER_DONE,
	XFER_NSTATE
};

enum xfer_event {
	XFER_EV_ACK,
	XFER_EV_TIMEOUT,
	XFER_EV_PEER_ERROR,
	XFER_NEVENT
};

enum xfer_result {
	XFER_R_NONE,		/* not over */
	XFER_R_DONE,		/* every block acknowledged */
	XFER_R_TIMEOUT,		/* the peer fell silent */
	XFER_R_ABORTED,		/* the peer sent an ERROR */
	XFER_R_LIFE,		/* longer than xfer_conf allows */
	XFER_R_READ,		/* the source could not be read */
	XFER_R_STOPPED,		/* tftp_xfer_stop */
};

enum xfer_pending { XFER_P_NONE, XFER_P_OACK, XFER_P_DATA, XFER_P_ERROR };

/* Embedded by the caller, who reads id, result, acked, resent only. */
struct tftp_xfer {
	uint64_t		 id;		/* for the log */
	enum xfer_result	 result;
	uint64_t		 acked;		/* bytes of the source */
	uint64_t		 resent;	/* packets */

	enum xfer_state		 state;
	struct tftp_source	 src;
	struct tftp_opts	 opts;		/* acted on */
	struct xfer_conf	 conf;
	uint16_t		 blksize;
	/* Numbered from 1 without end; the wire has the low 16 bits, so it
	 * goes on with 0 after 65535.  0: the OACK. */
	uint64_t		 block;		/* the one that is out */
	uint64_t		 nblocks;
	unsigned		 retries;	/* of that one */
	int64_t			 interval_ms, resend_at, life_at;
	int64_t			 open_until;	/* of XFER_OPEN */
	enum xfer_pending	 pending;
	enum tftp_code		 code;		/* of a pending ERROR */
	const char		*text;
};

/*
 * Begin; asked are the options of the request.  Those acted on are confirmed
 * by an OACK, without any the first DATA goes out at once (RFC 2347).
 */
void	tftp_xfer_start(struct tftp_xfer *x, uint64_t id,
	    const struct tftp_source *src, const struct tftp_opts *asked,
	    const struct xfer_conf *conf, int64_t now_ms);

/* A packet of the peer.  What does not fit the state is ignored: an ACK of
 * any block but the one that is out never makes a packet leave (the
 * "Sorcerer's Apprentice" of RFC 1123, section 4.2.3.1). */
void	tftp_xfer_input(struct tftp_xfer *x, const struct tftp_msg *m,
	    int64_t now_ms);

/* The deadline has come, or may have. */
void	tftp_xfer_tick(struct tftp_xfer *x, int64_t now_ms);

/* End it from this side, telling the peer. */
void	tftp_xfer_stop(struct tftp_xfer *x, enum tftp_code code,
	    const char *text);

/*
 * The next packet to send, 0 when there is none now.  cap is at least
 * TFTP_DATAGRAM_MAX.  A transfer that is over may still have one to send.
 */
size_t	tftp_xfer_output(struct tftp_xfer *x, uint8_t *buf, size_t cap);

/* When to call tftp_xfer_tick, on the clock of now_ms. */
int64_t	tftp_xfer_deadline(const struct tftp_xfer *x);

bool	tftp_xfer_over(const struct tftp_xfer *x);

/* "done", "timeout", "aborted", ...: for log and observation. */
const char	*xfer_result_name(enum xfer_result r);

#endif
