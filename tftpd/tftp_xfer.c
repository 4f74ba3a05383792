/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP read transfer, see tftp_xfer.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "tftpd/tftp_xfer.h"

typedef enum xfer_state xfer_step_fn(struct tftp_xfer *,
	    const struct tftp_msg *);

static xfer_step_fn xfer_next, xfer_finish, xfer_resend, xfer_peer_error,
	    xfer_stay;

static xfer_step_fn *const xfer_step[XFER_NSTATE][XFER_NEVENT] = {
	/*		    ACK		  TIMEOUT	PEER_ERROR */
	[XFER_OPEN]	= { xfer_next,	  xfer_resend,	xfer_peer_error },
	[XFER_SEND]	= { xfer_next,	  xfer_resend,	xfer_peer_error },
	[XFER_LAST]	= { xfer_finish,  xfer_resend,	xfer_peer_error },
	[XFER_DONE]	= { xfer_stay,	  xfer_stay,	xfer_stay },
};

static const char *const state_names[XFER_NSTATE] = {
	[XFER_OPEN] = "open",
	[XFER_SEND] = "send",
	[XFER_LAST] = "last",
	[XFER_DONE] = "done",
};

static const char *const result_names[] = {
	[XFER_R_NONE] = "running",
	[XFER_R_DONE] = "done",
	[XFER_R_TIMEOUT] = "timeout",
	[XFER_R_ABORTED] = "aborted",
	[XFER_R_LIFE] = "too_long",
	[XFER_R_READ] = "read_failed",
	[XFER_R_STOPPED] = "stopped",
};

const char *
xfer_result_name(enum xfer_result r)
{
	return result_names[r];
}

bool
tftp_xfer_over(const struct tftp_xfer *x)
{
	return x->state == XFER_DONE;
}

static void
xfer_enter(struct tftp_xfer *x, enum xfer_state to)
{
	if (x->state == to)
		return;
	log_event(LOG_DEBUG, "xfer.state", LOG_U64("id", x->id),
	    LOG_STR("from", state_names[x->state]),
	    LOG_STR("to", state_names[to]), LOG_U64("block", x->block));
	x->state = to;
}

static enum xfer_state
xfer_end(struct tftp_xfer *x, enum xfer_result r)
{
	x->result = r;
	x->pending = XFER_P_NONE;
	return XFER_DONE;
}

static enum xfer_state
xfer_end_with(struct tftp_xfer *x, enum xfer_result r, enum tftp_code code,
    const char *text)
{
	(void)xfer_end(x, r);
	x->pending = XFER_P_ERROR;
	x->code = code;
	x->text = text;
	return XFER_DONE;
}

static bool
acks_what_is_out(const struct tftp_xfer *x, const struct tftp_msg *m)
{
	return m->block == (uint16_t)x->block;
}

static void
xfer_first_interval(struct tftp_xfer *x)
{
	x->retries = 0;
	x->interval_ms = x->opts.timeout_s != 0 ?
	    (int64_t)x->opts.timeout_s * 1000 : x->conf.timeout_ms;
}

/* Bytes that the peer has when block is acknowledged. */
static uint64_t
bytes_up_to(const struct tftp_xfer *x, uint64_t block)
{
	return block == x->nblocks ? x->src.len : block * x->blksize;
}

static enum xfer_state
xfer_finish(struct tftp_xfer *x, const struct tftp_msg *m)
{
	if (!acks_what_is_out(x, m))
		return x->state;
	x->acked = x->src.len;
	return xfer_end(x, XFER_R_DONE);
}

static enum xfer_state
xfer_next(struct tftp_xfer *x, const struct tftp_msg *m)
{
	if (!acks_what_is_out(x, m))
		return x->state;
	if (x->block == x->nblocks)	/* a file of one block, no OACK */
		return xfer_finish(x, m);
	x->acked = bytes_up_to(x, x->block);
	x->block++;
	x->pending = XFER_P_DATA;
	xfer_first_interval(x);
	return x->block == x->nblocks ? XFER_LAST : XFER_SEND;
}

static enum xfer_state
xfer_resend(struct tftp_xfer *x, const struct tftp_msg *m)
{
	unsigned max = x->conf.retries;
	int64_t longest = x->conf.timeout_ms * XFER_BACKOFF_MAX;

	(void)m;
	if (x->state == XFER_OPEN && max > XFER_OPEN_RETRIES)
		max = XFER_OPEN_RETRIES;
	if (x->retries == max)
		return xfer_end(x, XFER_R_TIMEOUT);
	x->retries++;
	x->resent++;
	/* An interval the peer asked for is kept to (RFC 2349). */
	if (x->opts.timeout_s == 0)
		x->interval_ms = x->interval_ms * 2 < longest ?
		    x->interval_ms * 2 : longest;
	x->pending = x->block == 0 ? XFER_P_OACK : XFER_P_DATA;
	return x->state;
}

static enum xfer_state
xfer_peer_error(struct tftp_xfer *x, const struct tftp_msg *m)
{
	(void)m;
	return xfer_end(x, XFER_R_ABORTED);
}

static enum xfer_state
xfer_stay(struct tftp_xfer *x, const struct tftp_msg *m)
{
	(void)m;
	return x->state;
}

static void
xfer_event(struct tftp_xfer *x, enum xfer_event ev, const struct tftp_msg *m,
    int64_t now_ms)
{
	xfer_enter(x, xfer_step[x->state][ev](x, m));
	if (x->pending != XFER_P_NONE)
		x->resend_at = now_ms + x->interval_ms;
}

/* How long our own intervals last before an address never answered. */
static int64_t
open_ms(const struct xfer_conf *conf)
{
	int64_t own = conf->timeout_ms * ((2 << XFER_OPEN_RETRIES) - 1);

	return own > XFER_OPEN_MS ? own : XFER_OPEN_MS;
}

/* Keep the options that are acted on. */
static void
xfer_negotiate(struct tftp_xfer *x, const struct tftp_opts *asked)
{
	x->opts = *asked;
	if (x->opts.blksize > x->conf.blksize_max)
		x->opts.blksize = x->conf.blksize_max;
	x->blksize = x->opts.blksize != 0 ? x->opts.blksize :
	    TFTP_BLKSIZE_DEFAULT;
	if (x->opts.has_tsize)
		x->opts.tsize = x->src.len;
}

void
tftp_xfer_start(struct tftp_xfer *x, uint64_t id,
    const struct tftp_source *src, const struct tftp_opts *asked,
    const struct xfer_conf *conf, int64_t now_ms)
{
	bool oack;

	*x = (struct tftp_xfer){ .id = id, .src = *src, .conf = *conf,
	    .state = XFER_OPEN, .life_at = now_ms + conf->life_ms,
	    .open_until = now_ms + open_ms(conf) };
	xfer_negotiate(x, asked);
	oack = x->opts.blksize != 0 || x->opts.timeout_s != 0 ||
	    x->opts.has_tsize;
	/* A last block is always short, and empty when need be. */
	x->nblocks = src->len / x->blksize + 1;
	x->block = oack ? 0 : 1;
	x->pending = oack ? XFER_P_OACK : XFER_P_DATA;
	xfer_first_interval(x);
	x->resend_at = now_ms + x->interval_ms;
}

void
tftp_xfer_input(struct tftp_xfer *x, const struct tftp_msg *m, int64_t now_ms)
{
	if (m->op == TFTP_ACK)
		xfer_event(x, XFER_EV_ACK, m, now_ms);
	else if (m->op == TFTP_ERROR)
		xfer_event(x, XFER_EV_PEER_ERROR, m, now_ms);
}

void
tftp_xfer_tick(struct tftp_xfer *x, int64_t now_ms)
{
	if (tftp_xfer_over(x))
		return;
	if (now_ms >= x->life_at)
		xfer_enter(x, xfer_end_with(x, XFER_R_LIFE, TFTP_E_UNDEFINED,
		    "transfer took too long"));
	else if (x->state == XFER_OPEN && now_ms >= x->open_until)
		xfer_enter(x, xfer_end(x, XFER_R_TIMEOUT));
	else if (now_ms >= x->resend_at)
		xfer_event(x, XFER_EV_TIMEOUT, NULL, now_ms);
}

void
tftp_xfer_stop(struct tftp_xfer *x, enum tftp_code code, const char *text)
{
	if (!tftp_xfer_over(x))
		xfer_enter(x, xfer_end_with(x, XFER_R_STOPPED, code, text));
}

int64_t
tftp_xfer_deadline(const struct tftp_xfer *x)
{
	int64_t at = x->resend_at < x->life_at ? x->resend_at : x->life_at;

	return x->state == XFER_OPEN && x->open_until < at ? x->open_until :
	    at;
}

/* All of len bytes, or false: the file has shrunk or cannot be read. */
static bool
source_read(const struct tftp_source *s, uint64_t off, uint8_t *buf,
    size_t len)
{
	ssize_t n;

	if (s->body != NULL) {
		memcpy(buf, s->body + off, len);
		return true;
	}
	for (size_t got = 0; got < len; got += (size_t)n) {
		n = pread(s->fd, buf + got, len - got, (off_t)(off + got));
		if (n == -1 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

static size_t
output_data(struct tftp_xfer *x, uint8_t *buf, size_t cap)
{
	uint64_t off = (x->block - 1) * x->blksize;
	uint64_t left = x->src.len - off;
	size_t n = left < x->blksize ? (size_t)left : x->blksize;

	if (cap < TFTP_HEAD_LEN + n)
		abort();	/* the caller's promise, see tftp_xfer.h */
	if (source_read(&x->src, off, buf + TFTP_HEAD_LEN, n))
		return tftp_build_data(buf, cap, (uint16_t)x->block) + n;
	xfer_enter(x, xfer_end_with(x, XFER_R_READ, TFTP_E_UNDEFINED,
	    "file changed while it was sent"));
	return tftp_xfer_output(x, buf, cap);
}

size_t
tftp_xfer_output(struct tftp_xfer *x, uint8_t *buf, size_t cap)
{
	enum xfer_pending p = x->pending;

	x->pending = XFER_P_NONE;
	switch (p) {
	case XFER_P_NONE:
		return 0;
	case XFER_P_OACK:
		return tftp_build_oack(buf, cap, &x->opts);
	case XFER_P_DATA:
		return output_data(x, buf, cap);
	case XFER_P_ERROR:
		return tftp_build_error(buf, cap, x->code, x->text);
	}
	abort();
}
