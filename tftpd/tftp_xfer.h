/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP read transfer: RFC 1350 with the options of RFC 2347 to 2349, and
 * windows of RFC 7440; lock-step is a window of one.  No sockets and no clock:
 * packets and the time come in, packets are taken out.  The caller asks
 * tftp_xfer_output until it gives 0, then waits for a packet or for
 * tftp_xfer_deadline.
 *
 * Repeating.  The first packet waits timeout_ms; then what was measured counts
 * (tftp_rtt.h, not below timeout_min_ms), doubled with each repetition, until a
 * packet that was sent once is acknowledged (Karn).  Repetitions that come
 * sooner than timeout_ms do not count against retries: a phone that is busy
 * for some seconds is not given up because it used to be quick.  A timeout the
 * peer has asked for (RFC 2349) is kept to.
 *
 * netascii: tsize is not confirmed, because RFC 2349 means the size that is
 * sent, which is known only after all has been translated; nor is windowsize,
 * because what goes back in a window would have to be translated again.
 */
#ifndef TFTPD_TFTP_XFER_H
#define TFTPD_TFTP_XFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tftpd/tftp_msg.h"
#include "tftpd/tftp_rtt.h"
#include "tftpd/tftp_source.h"

struct xfer_conf {
	int64_t		 timeout_ms;	/* while nothing is measured */
	int64_t		 timeout_min_ms;	/* bound of what is */
	unsigned	 retries;	/* of one packet or window */
	int64_t		 life_ms;	/* of the whole transfer */
	uint16_t	 blksize_max;
	uint16_t	 windowsize_max;	/* blocks; 0 is 1 */
};

/* Until a peer has answered once its address may be forged, and we would send
 * to a victim: one packet, an OACK or the 512 bytes of a plain first block,
 * and so many repetitions at most, whatever xfer_conf says. */
#define XFER_OPEN_RETRIES	2	/* and an early one, tftp_xfer_expect */
/* ... and it is waited for no longer than this or what our own intervals make
 * of that many, though it asked for 255 s: forged addresses must not keep the
 * places and the memory of transfers. */
#define XFER_OPEN_MS		30000
/* The interval doubles up to this many times timeout_ms. */
#define XFER_BACKOFF_MAX	8

enum xfer_state {
	XFER_OPEN,	/* nothing acknowledged yet */
	XFER_SEND,
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

/* Embedded by the caller, who reads id, result, acked, resent, timeouts,
 * sent, blksize and window only. */
struct tftp_xfer {
	uint64_t		 id;		/* for the log */
	enum xfer_result	 result;
	uint64_t		 acked;		/* bytes the peer has */
	uint64_t		 resent;	/* packets */
	uint64_t		 timeouts;	/* waits in vain */

	enum xfer_state		 state;
	struct tftp_source	 src;		/* our own copy */
	struct tftp_opts	 opts;		/* acted on */
	struct xfer_conf	 conf;
	uint16_t		 blksize;
	uint16_t		 window;	/* blocks */
	bool			 oack;		/* began with one */
	enum xfer_pending	 pending;
	/* Blocks are numbered from 1 without end; the wire has the low 16
	 * bits, so it goes on with 0 after 65535. */
	uint64_t		 base;		/* acknowledged up to here */
	uint64_t		 next;		/* goes out next */
	uint64_t		 sent;		/* the highest that went out */
	uint64_t		 last;		/* 0: not known (netascii) */
	uint64_t		 last_len;	/* bytes in that */
	struct tftp_place	 at, after;	/* netascii: of next, behind */

	struct tftp_rtt		 rtt;
	bool			 timed;		/* timed_block is on its way, */
	uint64_t		 timed_block;	/* sent once */
	int64_t			 timed_ms;
	unsigned		 retries;	/* that count */
	int64_t			 interval_ms, resend_at, life_at;
	int64_t			 open_until;	/* of XFER_OPEN */
	bool			 early;		/* expected by resend_at */
	int64_t			 left_ms;	/* the window was sent */
	int64_t			 restart_ms;	/* blocks went again */
	int64_t			 now_ms;	/* of the last event */
	enum tftp_code		 code;		/* of a pending ERROR */
	const char		*text;
};

/*
 * Begin; asked are the options of the request, src is copied.  Those acted on are confirmed
 * by an OACK, without any the first DATA goes out at once (RFC 2347).
 */
void	tftp_xfer_start(struct tftp_xfer *x, uint64_t id,
	    const struct tftp_source *src, const struct tftp_opts *asked,
	    const struct xfer_conf *conf, int64_t now_ms);

/*
 * After the beginning: this address has answered an earlier transfer, and ms is
 * long for it.  If nothing comes by then the first packet goes again, once, and
 * all else as without.
 */
void	tftp_xfer_expect(struct tftp_xfer *x, int64_t ms);

/*
 * A packet of the peer.  What does not fit the state is ignored.  An ACK of a
 * block of the window that is out moves the window behind it.  One of the
 * block before the window says that the window's first block was lost; so may
 * one that the network doubled.  In lock-step it never makes a packet leave
 * (the "Sorcerer's Apprentice" of RFC 1123, section 4.2.3.1); with a window
 * the window goes again, unless it left within half a round trip, or blocks
 * have gone again within the last interval: so doubled ACKs cannot feed on
 * what they cause.
 */
void	tftp_xfer_input(struct tftp_xfer *x, const struct tftp_msg *m,
	    int64_t now_ms);

/* The deadline has come, or may have. */
void	tftp_xfer_tick(struct tftp_xfer *x, int64_t now_ms);

/* Wait no longer for a peer that never answered; the peer is not told. */
void	tftp_xfer_give_up(struct tftp_xfer *x);

/* End it from this side, telling the peer. */
void	tftp_xfer_stop(struct tftp_xfer *x, enum tftp_code code,
	    const char *text);

/*
 * The next packets to send, 0 when there are none now: the bytes in buf are
 * packets of *seg bytes each, the last may be shorter; at most TFTP_BLOCKS_MAX.
 * cap is at least TFTP_DATAGRAM_MAX.  A transfer that is over may still have
 * one to send.
 */
size_t	tftp_xfer_output(struct tftp_xfer *x, uint8_t *buf, size_t cap,
	    size_t *seg);

/* When to call tftp_xfer_tick, on the clock of now_ms. */
int64_t	tftp_xfer_deadline(const struct tftp_xfer *x);

bool	tftp_xfer_over(const struct tftp_xfer *x);

/* Release memory; also of one that is zeroed, was never begun. */
void	tftp_xfer_clear(struct tftp_xfer *x);

/* "done", "timeout", "aborted", ...: for log and observation. */
const char	*xfer_result_name(enum xfer_result r);

#endif
