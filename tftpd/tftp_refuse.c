/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Refusals, see tftp_refuse.h.
 */
#include "base/log.h"
#include "tftpd/serve.h"
#include "tftpd/tftp_refuse.h"

void
tftp_refuse(int fd, const struct tftp_datagram *d, enum tftp_code code,
    const char *text)
{
	uint8_t buf[128];
	size_t n = tftp_build_error(buf, sizeof(buf), code, text);

	if (fd != -1)
		tftp_sock_send(fd, &d->peer, buf, n);
}

void
tftp_refuse_kind(int fd, const struct tftp_datagram *d,
    const struct tftp_msg *m, enum tftp_code code, const char *text)
{
	char peer[NET_ADDR_TEXT];

	tftp_refuse(fd, d, code, text);
	net_addr_text(&d->peer, peer);
	log_event(LOG_INFO, "xfer.failed", LOG_U64("id", serve_next_id()),
	    LOG_STR("peer", peer), LOG_STR("transport", "tftp"),
	    LOG_STR("file", m->file), LOG_STR("result", "refused"),
	    LOG_STR("why", text));
}

void
tftp_refuse_code(int fd, const struct tftp_datagram *d, int code)
{
	switch (code) {
	case ERR_NOTFOUND:
	case ERR_PROTO:		/* a name that cannot exist */
		tftp_refuse(fd, d, TFTP_E_NOT_FOUND, "file not found");
		break;
	case ERR_DENIED:
	case ERR_REFUSED:
		tftp_refuse(fd, d, TFTP_E_ACCESS, "access denied");
		break;
	case ERR_LIMIT:
	case ERR_BUSY:
		tftp_refuse(fd, d, TFTP_E_UNDEFINED, "server busy");
		break;
	default:
		tftp_refuse(fd, d, TFTP_E_UNDEFINED, "server error");
	}
}
