/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones that nobody added, see unknown.h.
 */
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "tftpd/unknown.h"

void
unknown_tune(struct unknown *u, struct db *db, const char *node)
{
	struct err e = { 0 };

	if (autoreg_conf_load(&u->conf, db, node, &e) != ERR_OK)
		log_err(LOG_ERR, "tftpd.parameters", &e);
}

/* The channel's buffer is the queue, and its bound. */
void
unknown_asked(struct unknown *u, const char *device,
    const struct net_addr *peer)
{
	struct autoreg_ask a = { .device = "" };
	uint8_t buf[AUTOREG_ASK_LEN];
	uint64_t n;

	if (u->fd == -1 || !autoreg_wanted(&u->conf, device) ||
	    !str_copy(a.device, sizeof(a.device), device))
		return;
	net_addr_ip(peer, a.address);
	autoreg_ask_build(&a, buf);
	if (send(u->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(buf))
		return;
	if (seldom_due(&u->dropped, clock_mono_ms(clock_system()), &n))
		log_event(LOG_WARNING, "autoreg.dropped",
		    LOG_U64("count", n), LOG_STR("why", "more unknown "
		    "phones ask than can be added; they ask again"));
}
