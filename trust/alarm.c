/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms: their parameters and queue.  See alarm.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "trust/alarm.h"

const char *const alarm_channel_name[ALARM_CHANNEL_N] = {
	[ALARM_EXEC] = "exec",
	[ALARM_WEBHOOK] = "webhook",
	[ALARM_MAIL] = "mail",
};

/* --- parameters --- */

/* The parameter's form is checked when it is set. */
static void
read_days(struct alarm_conf *c, const char *s)
{
	char *end;

	for (c->nday = 0; *s != '\0' && c->nday < ALARM_DAYS_MAX; s = end) {
		c->day[c->nday++] = strtol(s, &end, 10);
		if (*end == ',')
			end++;
	}
}

static int
text(struct db *db, enum param_id id, const char *node, char **out,
    struct err *e)
{
	return (*out = param_get(db, id, node, e)) != NULL ? ERR_OK : e->code;
}

static int
load(struct db *db, const char *node, struct alarm_conf *c, struct err *e)
{
	char *days = NULL, *tls = NULL, *lsc = NULL;
	struct row_cluster cluster;
	int ret;

	if ((ret = row_cluster_get(db, &cluster, e)) != ERR_OK ||
	    (ret = text(db, PARAM_ALARM_EXEC, node, &c->exec, e)) != ERR_OK ||
	    (ret = text(db, PARAM_ALARM_WEBHOOK, "", &c->webhook, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_ALARM_MAIL_TO, "", &c->mail_to, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_ALARM_MAIL_FROM, "", &c->mail_from, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_ALARM_SMTP_URL, "", &c->smtp_url, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_ALARM_SMTP_USER, "", &c->smtp_user, e)) !=
	    ERR_OK ||
	    (ret = text(db, PARAM_ALARM_SMTP_TLS, "", &tls, e)) != ERR_OK ||
	    (ret = text(db, PARAM_ALARM_LSC, "", &lsc, e)) != ERR_OK ||
	    (ret = text(db, PARAM_ALARM_DAYS, "", &days, e)) != ERR_OK)
		goto out;
	(void)str_copy(c->cluster, sizeof(c->cluster), cluster.name);
	(void)str_copy(c->node, sizeof(c->node), node);
	c->smtp_tls = strcmp(tls, "none") != 0;
	c->lsc = strcmp(lsc, "yes") == 0;
	read_days(c, days);
out:
	free(days);
	free(tls);
	free(lsc);
	return ret;
}

int
alarm_conf_load(struct db *db, const char *node, struct alarm_conf *c,
    struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret;

	*c = (struct alarm_conf){ .nday = 0 };
	if ((ret = load(db, node, c, &why)) == ERR_OK)
		return ERR_OK;
	alarm_conf_clear(c);
	return err_set(e, ret, "%s", why.msg);
}

void
alarm_conf_clear(struct alarm_conf *c)
{
	free(c->exec);
	free(c->webhook);
	free(c->mail_to);
	free(c->mail_from);
	free(c->smtp_url);
	free(c->smtp_user);
	*c = (struct alarm_conf){ .nday = 0 };
}

bool
alarm_conf_has(const struct alarm_conf *c, enum alarm_channel ch)
{
	switch (ch) {
	case ALARM_EXEC:
		return c->exec[0] != '\0';
	case ALARM_WEBHOOK:
		return c->webhook[0] != '\0';
	case ALARM_MAIL:
		return c->mail_to[0] != '\0' && c->smtp_url[0] != '\0';
	case ALARM_CHANNEL_N:
		break;
	}
	return false;
}

/* --- raising --- */

int
alarm_queue(struct db *observed, const struct alarm_conf *c,
    const struct alarm_due *a, struct err *e)
{
	int ret;

	for (unsigned i = 0; i < ALARM_CHANNEL_N; i++)
		if (alarm_conf_has(c, (enum alarm_channel)i) &&
		    (ret = observed_due_put(observed, alarm_channel_name[i],
		    a, e)) != ERR_OK)
			return ret;
	return ERR_OK;
}

/* --- JSON --- */

/* The length of the UTF-8 character at s, 0 when it is none. */
static size_t
utf8_len(const char *s)
{
	for (size_t n = 1; n <= 4; n++) {
		if (s[n - 1] == '\0')
			return 0;
		if (str_is_utf8(s, n))
			return n;
	}
	return 0;
}

void
alarm_json_str(struct wr *w, const char *s)
{
	size_t n;

	wr_u8(w, '"');
	for (; *s != '\0'; s += n) {
		n = utf8_len(s);
		if (n == 0) {
			wr_str(w, "\\ufffd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			wr_fmt(w, "\\%c", *s);
		} else if ((unsigned char)*s < 0x20 || *s == 0x7f) {
			wr_fmt(w, "\\u%04x", (unsigned char)*s);
		} else {
			wr_bytes(w, s, n);
		}
	}
	wr_u8(w, '"');
}

void
alarm_json_time(struct wr *w, int64_t at)
{
	char text_at[CLOCK_RFC3339_LEN];

	clock_rfc3339(at, text_at);
	wr_fmt(w, "\"%s\"", text_at);
}

void
alarm_object(struct wr *w, const struct alarm_due *a)
{
	wr_str(w, "{\"kind\": ");
	alarm_json_str(w, a->kind);
	wr_fmt(w, ", \"threshold\": %" PRId64 ", \"at\": ", a->threshold);
	alarm_json_time(w, a->at);
	wr_str(w, ", \"text\": ");
	alarm_json_str(w, a->line);
}
