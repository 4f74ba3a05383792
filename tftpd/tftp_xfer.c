/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One TFTP read transfer, see tftp_xfer.h.
 */
#include <stdlib.h>

#include "base/log.h"
#include "tftpd/tftp_xfer.h"

typedef enum xfer_state xfer_step_fn(struct tftp_xfer *,
	    const struct tftp_msg *);

static xfer_step_fn xfer_opened, xfer_acked, xfer_resend, xfer_peer_error,
	    xfer_stay;

static xfer_step_fn *const xfer_step[XFER_NSTATE][XFER_NEVENT] = {
	/*		    ACK		  TIMEOUT	PEER_ERROR */
	[XFER_OPEN]	= { xfer_opened,  xfer_resend,	xfer_peer_error },
	[XFER_SEND]	= { xfer_acked,	  xfer_resend,	xfer_peer_error },
	[XFER_DONE]	= { xfer_stay,	  xfer_stay,	xfer_stay },
};

static const char *const state_names[XFER_NSTATE] = {
	[XFER_OPEN] = "open",
	[XFER_SEND] = "send",
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
	if (log_wanted(LOG_DEBUG))
		log_event(LOG_DEBUG, "xfer.state", LOG_U64("id", x->id),
		    LOG_STR("from", state_names[x->state]),
		    LOG_STR("to", state_names[to]),
		    LOG_U64("block", x->base));
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

/* --- time --- */

/* The longest interval. */
static int64_t
longest_ms(const struct tftp_xfer *x)
{
	return x->conf.timeout_ms * XFER_BACKOFF_MAX;
}

/* What went out once was acknowledged: what is next waits as measured. */
static void
rtt_measured(struct tftp_xfer *x)
{
	int64_t ms = x->now_ms - x->timed_ms;

	x->timed = false;
	tftp_rtt_sample(&x->rtt, ms > 0 ? ms : 0);
	if (x->opts.timeout_s == 0)
		x->interval_ms = tftp_rtt_timeout(&x->rtt,
		    x->conf.timeout_min_ms, longest_ms(x));
}

static void
time_block(struct tftp_xfer *x, uint64_t block)
{
	x->timed = true;
	x->timed_block = block;
	x->timed_ms = x->now_ms;
}

static void
back_off(struct tftp_xfer *x)
{
	/* An interval the peer asked for is kept to (RFC 2349). */
	if (x->opts.timeout_s != 0)
		return;
	x->interval_ms *= 2;
	if (x->interval_ms > longest_ms(x))
		x->interval_ms = longest_ms(x);
}

/* --- events --- */

/* A window from the block after the acknowledged one (RFC 7440). */
static void
send_window(struct tftp_xfer *x)
{
	x->next = x->base + 1;
	x->pending = XFER_P_DATA;
}

static void
send_window_again(struct tftp_xfer *x)
{
	x->timed = false;		/* Karn */
	x->restart_ms = x->now_ms;
	x->after = x->at;
	send_window(x);
}

static void
count_acked(struct tftp_xfer *x)
{
	x->acked = x->base == x->last ?
	    (x->base - 1) * x->blksize + x->last_len : x->base * x->blksize;
}

/* block n more of those that are out have come. */
static enum xfer_state
xfer_progress(struct tftp_xfer *x, uint16_t n)
{
	x->base += n;
	x->retries = 0;
	count_acked(x);
	if (x->timed && x->base >= x->timed_block)
		rtt_measured(x);
	if (x->base == x->last)
		return xfer_end(x, XFER_R_DONE);
	if (x->base < x->sent) {
		send_window_again(x);
	} else {
		x->at = x->after;
		send_window(x);
	}
	return XFER_SEND;
}

static enum xfer_state
xfer_opened(struct tftp_xfer *x, const struct tftp_msg *m)
{
	if (!x->oack)
		return m->block == 1 ? xfer_progress(x, 1) : x->state;
	if (m->block != 0)
		return x->state;
	if (x->timed)
		rtt_measured(x);
	x->retries = 0;
	send_window(x);
	return XFER_SEND;
}

/* The block before the window was acknowledged again.  What comes sooner after
 * the window than an answer could was not caused by it. */
static bool
may_be_lost(const struct tftp_xfer *x)
{
	return x->now_ms - x->restart_ms >= x->interval_ms &&
	    x->now_ms - x->left_ms >= x->rtt.srtt_8 / 16;
}

static enum xfer_state
xfer_acked(struct tftp_xfer *x, const struct tftp_msg *m)
{
	uint16_t n = (uint16_t)(m->block - (uint16_t)x->base);

	if (n > 0 && n <= x->sent - x->base)
		return xfer_progress(x, n);
	if (n == 0 && x->window > 1 && may_be_lost(x))
		send_window_again(x);
	return x->state;
}

/* A wait is over, and what comes next is longer; false: that was the last. */
static bool
may_repeat(struct tftp_xfer *x)
{
	unsigned max = x->conf.retries;

	x->timeouts++;
	if (x->state == XFER_OPEN) {
		if (x->early) {		/* that was no whole wait yet */
			x->early = false;
			return true;
		}
		if (max > XFER_OPEN_RETRIES)
			max = XFER_OPEN_RETRIES;
	}
	if (x->opts.timeout_s != 0 || x->interval_ms >= x->conf.timeout_ms) {
		if (x->retries == max)
			return false;
		x->retries++;
	}
	back_off(x);
	return true;
}

static enum xfer_state
xfer_resend(struct tftp_xfer *x, const struct tftp_msg *m)
{
	(void)m;
	if (!may_repeat(x))
		return xfer_end(x, XFER_R_TIMEOUT);
	send_window_again(x);
	if (x->state == XFER_OPEN && x->oack) {
		x->pending = XFER_P_OACK;
		x->resent++;
	}
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
	x->now_ms = now_ms;
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
	struct tftp_opts *o = &x->opts;

	*o = *asked;
	if (o->blksize > x->conf.blksize_max)
		o->blksize = x->conf.blksize_max;
	if (o->windowsize > x->conf.windowsize_max)
		o->windowsize = x->conf.windowsize_max;
	if (x->src.netascii) {
		o->has_tsize = false;
		o->windowsize = 0;
	}
	if (o->has_tsize)
		o->tsize = x->src.len;
	x->blksize = o->blksize != 0 ? o->blksize : TFTP_BLKSIZE_DEFAULT;
	x->window = o->windowsize != 0 ? o->windowsize : 1;
	x->oack = o->blksize != 0 || o->timeout_s != 0 || o->has_tsize ||
	    o->windowsize != 0;
}

void
tftp_xfer_start(struct tftp_xfer *x, uint64_t id,
    const struct tftp_source *src, const struct tftp_opts *asked,
    const struct xfer_conf *conf, int64_t now_ms)
{
	*x = (struct tftp_xfer){ .id = id, .src = *src, .conf = *conf,
	    .state = XFER_OPEN, .life_at = now_ms + conf->life_ms,
	    .open_until = now_ms + open_ms(conf),
	    .now_ms = now_ms, .next = 1 };
	xfer_negotiate(x, asked);
	if (!src->netascii) {
		/* A last block is always short, and empty when need be. */
		x->last = src->len / x->blksize + 1;
		x->last_len = src->len % x->blksize;
	}
	x->pending = x->oack ? XFER_P_OACK : XFER_P_DATA;
	x->interval_ms = x->opts.timeout_s != 0 ?
	    (int64_t)x->opts.timeout_s * 1000 : conf->timeout_ms;
	x->resend_at = now_ms + x->interval_ms;
	x->restart_ms = now_ms - x->interval_ms;
	if (x->oack)
		time_block(x, 0);
}

void
tftp_xfer_expect(struct tftp_xfer *x, int64_t ms)
{
	if (x->opts.timeout_s != 0 || ms >= x->interval_ms)
		return;
	x->early = true;
	x->resend_at = x->now_ms + ms;
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
tftp_xfer_give_up(struct tftp_xfer *x)
{
	if (x->state == XFER_OPEN)
		xfer_enter(x, xfer_end(x, XFER_R_TIMEOUT));
}

void
tftp_xfer_stop(struct tftp_xfer *x, enum tftp_code code, const char *text)
{
	if (!tftp_xfer_over(x))
		xfer_enter(x, xfer_end_with(x, XFER_R_STOPPED, code, text));
}

void
tftp_xfer_clear(struct tftp_xfer *x)
{
	tftp_source_clear(&x->src);
}

int64_t
tftp_xfer_deadline(const struct tftp_xfer *x)
{
	int64_t at = x->resend_at < x->life_at ? x->resend_at : x->life_at;

	return x->state == XFER_OPEN && x->open_until < at ? x->open_until :
	    at;
}

/* --- packets --- */

/* n blocks from next on into buf; their bytes, or -1. */
static int64_t
fill_octets(struct tftp_xfer *x, uint8_t *buf, size_t seg, size_t n)
{
	uint64_t off = (x->next - 1) * x->blksize;
	uint64_t left = x->src.len - off;
	size_t len = n * x->blksize;

	if (len > left)
		len = (size_t)left;
	/* Not for an address that may be forged. */
	x->src.goes_on = x->state != XFER_OPEN;
	return tftp_source_blocks(&x->src, off, buf + TFTP_HEAD_LEN, seg,
	    x->blksize, n, len) ? (int64_t)len : -1;
}

static int64_t
fill_netascii(struct tftp_xfer *x, uint8_t *buf)
{
	int64_t len = tftp_source_netascii(&x->src, &x->after,
	    buf + TFTP_HEAD_LEN, x->blksize);

	if (len >= 0 && len < x->blksize) {
		x->last = x->next;
		x->last_len = (uint64_t)len;
	}
	return len;
}

/* n blocks, numbered from next on, are on their way. */
static void
blocks_left(struct tftp_xfer *x, size_t n, uint64_t end)
{
	uint64_t before = x->sent;

	for (; n > 0; n--, x->next++)
		if (x->next <= before)
			x->resent++;
	if (x->next - 1 > x->sent)
		x->sent = x->next - 1;
	if (x->next <= end)
		return;		/* the window goes on */
	x->pending = XFER_P_NONE;
	x->left_ms = x->now_ms;
	if (x->sent > before && !x->timed)
		time_block(x, x->sent);
}

/* The number of the window's last block. */
static uint64_t
window_end(const struct tftp_xfer *x)
{
	uint64_t end = x->base + x->window;

	return x->last != 0 && end > x->last ? x->last : end;
}

static size_t
output_data(struct tftp_xfer *x, uint8_t *buf, size_t cap, size_t *seg)
{
	uint64_t end = window_end(x);
	size_t n = (size_t)(end - x->next + 1);
	int64_t len;

	*seg = TFTP_HEAD_LEN + (size_t)x->blksize;
	if (cap < *seg)
		abort();	/* the caller's promise, see tftp_xfer.h */
	if (n > cap / *seg)
		n = cap / *seg;
	if (n > TFTP_BLOCKS_MAX)
		n = TFTP_BLOCKS_MAX;
	len = x->src.netascii ? fill_netascii(x, buf) :
	    fill_octets(x, buf, *seg, n);
	if (len < 0) {
		xfer_enter(x, xfer_end_with(x, XFER_R_READ, TFTP_E_UNDEFINED,
		    "file changed while it was sent"));
		return tftp_xfer_output(x, buf, cap, seg);
	}
	for (size_t i = 0; i < n; i++)
		(void)tftp_build_data(buf + i * *seg, TFTP_HEAD_LEN,
		    (uint16_t)(x->next + i));
	blocks_left(x, n, end);
	return (size_t)len + n * TFTP_HEAD_LEN;
}

size_t
tftp_xfer_output(struct tftp_xfer *x, uint8_t *buf, size_t cap, size_t *seg)
{
	enum xfer_pending p = x->pending;

	if (p == XFER_P_DATA)
		return output_data(x, buf, cap, seg);
	x->pending = XFER_P_NONE;
	*seg = cap;		/* one packet */
	switch (p) {
	case XFER_P_NONE:
	case XFER_P_DATA:
		return 0;
	case XFER_P_OACK:
		return tftp_build_oack(buf, cap, &x->opts);
	case XFER_P_ERROR:
		return tftp_build_error(buf, cap, x->code, x->text);
	}
	abort();
}
