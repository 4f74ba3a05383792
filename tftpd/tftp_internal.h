/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the TFTP server share: tftp_server.c, requests;
 * tftp_transfer.c, what is under way.
 */
#ifndef TFTPD_TFTP_INTERNAL_H
#define TFTPD_TFTP_INTERNAL_H

#include <sys/queue.h>

#include "base/seldom.h"
#include "tftpd/tftp_alarm.h"
#include "tftpd/tftp_out.h"
#include "tftpd/tftp_past.h"
#include "tftpd/tftp_pool.h"
#include "tftpd/tftp_server.h"
#include "tftpd/tftp_sock.h"

#define NBUCKETS	4096	/* of transfers by peer; a power of two */

struct transfer {
	LIST_ENTRY(transfer)	 entry;
	TAILQ_ENTRY(transfer)	 opening;	/* while is_opening */
	bool			 is_opening;
	struct tftp_server	*srv;
	struct tftp_tid		*tid;
	struct tftp_alarm	 alarm;		/* not after the deadline */
	bool			 plain;		/* tftp_out.h */
	struct tftp_xfer	 x;
	struct serve_item	 item;
	struct net_addr		 peer;
	uint64_t		 asked;		/* hash of the request name */
	char			 why[96];	/* of the peer's ERROR */
	int64_t			 started_us, started_ms;
	struct stats_live	 live;
};

LIST_HEAD(bucket, transfer);
TAILQ_HEAD(openings, transfer);

struct listener {
	LIST_ENTRY(listener)	 entry;
	struct tftp_server	*srv;
	int			 fd;
	struct loop_io		*io;		/* NULL: draining */
};

LIST_HEAD(listeners, listener);

struct tftp_server {
	struct loop		*loop;
	struct serve_backend	 backend;
	struct admit		*admit;
	struct xfer_conf	 conf;
	struct listeners	 listeners;
	struct tftp_pool	*pool;
	struct tftp_in		*in;
	struct tftp_out		*out;
	struct tftp_alarms	 alarms;
	struct loop_timer	*timer;
	int64_t			 timer_ms;	/* it is set to; 0: not */
	unsigned		 round;		/* of the timer */
	struct bucket		 transfers[NBUCKETS];	/* zeroed: empty */
	struct openings		 opening;	/* never answered, oldest first */
	size_t			 ntransfers;
	uint64_t		 hash_key;
	struct tftp_past	 past;
	struct seldom	 busy, broken;
};

/* Where transfers with peer are. */
struct bucket	*tftp_bucket(struct tftp_server *s,
		    const struct net_addr *peer);
/* The slots of the pool on which peer has transfers, as bits. */
uint64_t	 tftp_live_slots(struct tftp_server *s,
		    const struct net_addr *peer);

/* Send what waits and set the timer: at the end of all that the loop calls. */
void		 tftp_settle(struct tftp_server *s);

/* Send what there is to send, then wait or end.  t may be gone after. */
void		 tftp_transfer_go_on(struct transfer *t);

/*
 * A request of peer is beyond the limits: end one transfer that was never
 * answered for TFTP_CROWDED_MS, when that helps.  Its address may be forged,
 * and a phone that is there asks again.
 */
#define TFTP_CROWDED_MS	2000
bool		 tftp_make_room(struct tftp_server *s,
		    const struct net_addr *peer);

/* Undo what opening it did, as far as that came. */
void		 tftp_transfer_free(struct transfer *t);

/* Packets for transfers; the earliest deadline. */
void		 tftp_tid_ready(void *arg, struct tftp_tid *tid);
void		 tftp_timer(void *arg);

#endif
