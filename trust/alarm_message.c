/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms as a message for people and for programs, see alarm.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/alarm.h"

#define MESSAGE_MAX	(ALARM_MESSAGE_MAX * (ALARM_JSON_MAX + 8) + 4096)
#define MAIL_MAX	(ALARM_MESSAGE_MAX * (ALARM_LINE_MAX + 8) + 8192)
#define STAMP_MAX	40

/* What is taken over as it stands; the rest is made visible, so that no line
 * can begin another. */
static void
put_line(struct wr *w, const char *s)
{
	char vis[4 * ALARM_LINE_MAX + 1];

	str_visible(s, strlen(s), vis, sizeof(vis));
	wr_fmt(w, "%.900s\n", vis);
}

static char *
make_text(const struct alarm_conf *c, const struct alarm_due *a, size_t n,
    int64_t more, bool test)
{
	struct wr w = wr_init(MAIL_MAX);
	size_t len;

	if (test)
		wr_str(&w, "This is a test: nothing has to be done.\n\n");
	for (size_t i = 0; i < n; i++)
		put_line(&w, a[i].line);
	if (more > 0)
		wr_fmt(&w, "\nand %" PRId64 " more, in the next message\n",
		    more);
	wr_fmt(&w, "\nCluster %s, node %s.  What to do, by when and at what "
	    "cost:\n    ctltool utils cert plan\n", c->cluster, c->node);
	return (char *)wr_take(&w, &len);
}

static uint8_t *
make_json(const struct alarm_conf *c, const struct alarm_due *a, size_t n,
    int64_t more, bool test, int64_t at, size_t *len)
{
	struct wr w = wr_init(MESSAGE_MAX);

	wr_fmt(&w, "{\"schema\": \"phonetrust/1\", \"event\": \"alarm\", "
	    "\"test\": %s, \"cluster\": ", test ? "true" : "false");
	alarm_json_str(&w, c->cluster);
	wr_str(&w, ", \"node\": ");
	alarm_json_str(&w, c->node);
	wr_str(&w, ", \"at\": ");
	alarm_json_time(&w, at);
	wr_str(&w, ", \"alarms\": [");
	for (size_t i = 0; i < n; i++)
		wr_fmt(&w, "%s%s", i > 0 ? ", " : "", a[i].json);
	wr_fmt(&w, "], \"more\": %" PRId64 "}\n", more);
	return wr_take(&w, len);
}

int
alarm_message_make(const struct alarm_conf *c, const struct alarm_due *a,
    size_t n, int64_t more, bool test, int64_t at, struct alarm_message *m,
    struct err *e)
{
	*m = (struct alarm_message){ .json = NULL };
	if (test)
		m->subject = str_printf("[phonetrust %s] test alarm",
		    c->cluster);
	else
		m->subject = str_printf("[phonetrust %s] %" PRId64
		    " alarm%s", c->cluster, (int64_t)n + more,
		    (int64_t)n + more == 1 ? "" : "s");
	m->text = make_text(c, a, n, more, test);
	m->json = make_json(c, a, n, more, test, at, &m->jsonlen);
	if (m->subject != NULL && m->text != NULL && m->json != NULL)
		return ERR_OK;
	alarm_message_clear(m);
	return err_set(e, ERR_NOMEM, "message");
}

void
alarm_message_clear(struct alarm_message *m)
{
	free(m->subject);
	free(m->text);
	free(m->json);
	*m = (struct alarm_message){ .json = NULL };
}

/* --- mail --- */

/* RFC 5322 section 3.3, in UTC; no locale has a say. */
static void
mail_date(int64_t at, char out[STAMP_MAX])
{
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)at;
	struct tm tm = { 0 };

	(void)gmtime_r(&t, &tm);
	(void)snprintf(out, STAMP_MAX, "%s, %02d %s %d %02d:%02d:%02d +0000",
	    day[tm.tm_wday % 7], tm.tm_mday, month[tm.tm_mon % 12],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* One message, one identifier, however often it is sent. */
static int
message_id(const struct alarm_message *m, char out[2 * DIGEST_MAX + 1],
    struct err *e)
{
	uint8_t sum[DIGEST_MAX];
	int ret = digest_buf(DIGEST_SHA256, m->json, m->jsonlen, sum, e);

	if (ret == ERR_OK)
		str_hex(sum, 16, out);
	return ret;
}

const char *
alarm_mail_from(const struct alarm_conf *c, char out[ALARM_MAIL_LEN])
{
	size_t n;

	if (c->mail_from[0] != '\0')
		return c->mail_from;
	n = strcspn(c->mail_to, ",");
	(void)snprintf(out, ALARM_MAIL_LEN, "%.*s", (int)n, c->mail_to);
	return out;
}

char *
alarm_mail_text(const struct alarm_conf *c, const struct alarm_message *m,
    int64_t at, struct err *e)
{
	char from[ALARM_MAIL_LEN], id[2 * DIGEST_MAX + 1], date[STAMP_MAX];
	struct wr w = wr_init(2 * MAIL_MAX);
	char *text;
	size_t len;

	if (message_id(m, id, e) != ERR_OK)
		return NULL;
	mail_date(at, date);
	wr_fmt(&w, "From: %s\r\nTo: ", alarm_mail_from(c, from));
	for (const char *p = c->mail_to; *p != '\0'; p++) {
		if (*p == ',')
			wr_str(&w, ",\r\n ");
		else
			wr_u8(&w, (uint8_t)*p);
	}
	wr_fmt(&w, "\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: "
	    "<%s@%s.phonetrust.invalid>\r\nAuto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n", m->subject, date, id,
	    c->node);
	for (const char *p = m->text; *p != '\0'; p++) {
		if (*p == '\n')
			wr_u8(&w, '\r');
		wr_u8(&w, (uint8_t)*p);
	}
	if ((text = (char *)wr_take(&w, &len)) == NULL)
		(void)err_set(e, ERR_NOMEM, "mail");
	return text;
}
