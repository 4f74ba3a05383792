/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses of earlier transfers, see tftp_past.h.
 */
#include "tftpd/tftp_past.h"

static size_t
place(uint64_t ip)
{
	return ip >> 32 & (TFTP_PAST_N - 1);
}

void
tftp_past_note(struct tftp_past *p, const struct net_addr *peer,
    uint64_t hash_key, int64_t wait_ms, int64_t now_ms)
{
	uint64_t ip = net_addr_ip_hash(peer, hash_key);

	p->v[place(ip)].ip = ip;
	p->v[place(ip)].wait_ms = wait_ms;
	p->v[place(ip)].until_ms = now_ms + TFTP_PAST_MS;
}

int64_t
tftp_past_wait(const struct tftp_past *p, const struct net_addr *peer,
    uint64_t hash_key, int64_t now_ms)
{
	uint64_t ip = net_addr_ip_hash(peer, hash_key);
	size_t i = place(ip);

	return p->v[i].ip == ip && now_ms < p->v[i].until_ms ?
	    p->v[i].wait_ms : 0;
}
