/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms on their way, see alarm.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "net/fetch.h"
#include "net/mail.h"
#include "trust/alarm.h"
#include "trust/anchors.h"
#include "trust/anchors_peer.h"

#define REST_S		60
#define REST_MAX_S	3600
#define ANSWER_MAX	65536	/* of a webhook; nobody reads it */

struct delivery {
	const struct alarm_env	*env;
	const struct alarm_conf	*c;
	struct alarm_result	*r;
	int64_t			 now;
};

/* --- channels --- */

/* Whom to trust: made only where TLS is spoken. */
struct trusting {
	struct anchors_loop	*loop;
	struct anchors_peer	 peer;
};

static int
trusting_init(struct trusting *t, const struct alarm_env *env, struct err *e)
{
	struct err why = { .code = ERR_OK };

	if ((t->loop = anchors_once(env->db, env->clk, &why)) == NULL)
		return err_set(e, why.code, "%s", why.msg);
	anchors_peer_init(&t->peer, anchors_now(t->loop), ANCHORS_BIT(TRUST_HTTPS),
	    VERIFY_TLS_SERVER);
	return ERR_OK;
}

/*
 * The path may be what a webhook knows its callers by: it stays out of log and
 * database.
 */
static int
without_path(int ret, const char *name, const struct err *why, struct err *e)
{
	size_t n = strlen(name);
	const char *msg = why->msg;

	if (n > 0 && strncmp(msg, name, n) == 0)
		msg += n;
	if (msg[0] == ':' && msg[1] == ' ')
		msg += 2;
	return err_set(e, ret, "the webhook: %s", msg);
}

static int
send_webhook(const struct delivery *d, const struct alarm_message *m,
    struct err *e)
{
	struct trusting t = { .loop = NULL };
	struct err why = { .code = ERR_OK };
	struct fetch_opts o = { .max = ANSWER_MAX,
	    .timeout_ms = ALARM_SEND_MS, .post = m->json,
	    .postlen = m->jsonlen, .post_type = "application/json",
	    .stop = d->env->stop, .stop_arg = d->env->stop_arg };
	struct fetch_url u;
	uint8_t *answer = NULL;
	size_t len;
	int ret;

	if (fetch_url_parse(&u, d->c->webhook, NULL) != ERR_OK)
		return err_set(e, ERR_ARG, "alarm.webhook is no URL that can "
		    "be posted to: no user, query or fragment is taken");
	if (strcmp(u.scheme, "https") == 0) {
		if ((ret = trusting_init(&t, d->env, e)) != ERR_OK)
			return ret;
		o.trust = &t.peer.fetch;
	}
	ret = fetch_file(u.scheme, u.host, u.port, u.name, &o, &answer, &len,
	    &why);
	anchors_loop_free(t.loop);
	free(answer);
	return ret == ERR_OK ? ERR_OK : without_path(ret, u.name, &why, e);
}

static int
send_mail(const struct delivery *d, const struct alarm_message *m,
    struct err *e)
{
	const struct alarm_conf *c = d->c;
	struct trusting t = { .loop = NULL };
	char from[ALARM_MAIL_LEN];
	struct mail mail = { .url = c->smtp_url, .hello = c->node,
	    .from = alarm_mail_from(c, from), .to = c->mail_to,
	    .starttls = c->smtp_tls && !mail_is_local(c->smtp_url),
	    .timeout_ms = ALARM_SEND_MS, .stop = d->env->stop,
	    .stop_arg = d->env->stop_arg };
	char *text;
	int ret;

	if (c->smtp_user[0] != '\0') {
		if (d->env->smtp_password == NULL)
			return err_set(e, ERR_BADSTATE, "alarm.smtp_user has "
			    "no password: utils cert alarm password");
		mail.user = c->smtp_user;
		mail.password = (const char *)d->env->smtp_password->buf;
	}
	if ((ret = trusting_init(&t, d->env, e)) != ERR_OK)
		return ret;
	mail.trust = &t.peer.fetch;
	if ((text = alarm_mail_text(c, m, d->now, e)) == NULL) {
		ret = ERR_NOMEM;
	} else {
		mail.text = text;
		ret = mail_send(&mail, e);
	}
	free(text);
	anchors_loop_free(t.loop);
	return ret;
}

static int
send_by(const struct delivery *d, enum alarm_channel ch,
    const struct alarm_message *m, struct err *e)
{
	switch (ch) {
	case ALARM_EXEC:
		return alarm_exec_run(d->c->exec, m->json, m->jsonlen,
		    ALARM_SEND_MS, d->env, e);
	case ALARM_WEBHOOK:
		return send_webhook(d, m, e);
	case ALARM_MAIL:
		return send_mail(d, m, e);
	case ALARM_CHANNEL_N:
		break;
	}
	return err_set(e, ERR_ARG, "channel");
}

/* --- what came of it --- */

struct outcome {
	const char		*channel;
	const struct alarm_due	*sent;	/* none: a test, or it failed */
	size_t			 n;
	struct alarm_state	 state;
};

static int
write_outcome(struct db *observed, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	int ret;

	for (size_t i = 0; i < o->n; i++)
		if ((ret = observed_due_remove(observed, o->channel,
		    &o->sent[i], e)) != ERR_OK)
			return ret;
	return observed_channel_put(observed, o->channel, &o->state, e);
}

/* A text of ours or of a library, or a server's words: one line of UTF-8. */
static void
keep_why(struct alarm_state *s, const struct err *why)
{
	str_visible(why->msg, strlen(why->msg), s->why, sizeof(s->why));
}

static int
end_try(struct delivery *d, enum alarm_channel ch, int sent,
    const struct alarm_due *a, size_t n, const struct alarm_state *was,
    struct err *e)
{
	struct outcome o = { .channel = alarm_channel_name[ch],
	    .state = *was };
	const struct err *why = &d->r->why[ch];

	if (sent == ERR_OK) {
		o.sent = a;
		o.n = n;
		o.state = (struct alarm_state){ .ok_at = d->now,
		    .failed_at = was->failed_at };
		log_event(LOG_INFO, "alarm.sent",
		    LOG_STR("channel", o.channel), LOG_U64("count", n));
	} else {
		o.state.failed_at = d->now;
		o.state.failures++;
		keep_why(&o.state, why);
		log_err(LOG_ERR, "alarm.failed", why,
		    LOG_STR("channel", o.channel),
		    LOG_I64("failures", o.state.failures));
	}
	d->r->outcome[ch] = sent == ERR_OK ? ALARM_SENT : ALARM_FAILED;
	return db_result_err(db_tx(d->env->observed, write_outcome, &o, e),
	    e);
}

int64_t
alarm_rest_s(int64_t failures)
{
	int64_t s = REST_S;

	for (; failures > 1 && s < REST_MAX_S; failures--)
		s *= 2;
	return failures <= 0 ? 0 : s < REST_MAX_S ? s : REST_MAX_S;
}

/* --- one channel --- */

static int
send_some(struct delivery *d, enum alarm_channel ch, bool *more,
    struct err *e)
{
	const char *name = alarm_channel_name[ch];
	struct alarm_due *a = NULL;
	struct alarm_message m;
	struct alarm_state was;
	int64_t all = 0;
	size_t n = 0;
	int ret, sent;

	*more = false;
	if ((ret = observed_channel_get(d->env->observed, name, &was, e)) !=
	    ERR_OK ||
	    (ret = observed_due_count(d->env->observed, name, &all, e)) !=
	    ERR_OK ||
	    (ret = observed_due_list(d->env->observed, name,
	    ALARM_MESSAGE_MAX, &a, &n, e)) != ERR_OK || n == 0)
		goto out;
	if ((ret = alarm_message_make(d->c, a, n, all - (int64_t)n, false,
	    d->now, &m, e)) != ERR_OK)
		goto out;
	sent = send_by(d, ch, &m, &d->r->why[ch]);
	alarm_message_clear(&m);
	ret = end_try(d, ch, sent, a, n, &was, e);
	if (sent == ERR_OK) {
		d->r->sent[ch] += n;
		*more = all > (int64_t)n;
	}
out:
	free(a);
	return ret;
}

/* When may it be tried?  A clock that was set back does not hold it up. */
static int
next_try(struct delivery *d, enum alarm_channel ch, int64_t *at,
    struct err *e)
{
	struct alarm_state s;
	int ret = observed_channel_get(d->env->observed,
	    alarm_channel_name[ch], &s, e);

	*at = s.failures > 0 && s.failed_at <= d->now ?
	    s.failed_at + alarm_rest_s(s.failures) : 0;
	return ret;
}

static int
forget(struct db *observed, void *arg, struct err *e)
{
	const char *name = arg;
	int ret = observed_due_clear(observed, name, e);

	return ret == ERR_OK ? observed_channel_remove(observed, name, e) :
	    ret;
}

/* One that is not configured any more has nothing waiting. */
static int
drop_channel(struct delivery *d, enum alarm_channel ch, struct err *e)
{
	char name[ALARM_KIND_MAX + 1];
	struct alarm_state s;
	int64_t n = 0;
	int ret;

	(void)str_copy(name, sizeof(name), alarm_channel_name[ch]);
	if ((ret = observed_due_count(d->env->observed, name, &n, e)) !=
	    ERR_OK ||
	    (ret = observed_channel_get(d->env->observed, name, &s, e)) !=
	    ERR_OK)
		return ret;
	if (n == 0 && s.ok_at == 0 && s.failed_at == 0)
		return ERR_OK;
	return db_result_err(db_tx(d->env->observed, forget, name, e), e);
}

static bool
stopped(const struct delivery *d)
{
	return d->env->stop != NULL && d->env->stop(d->env->stop_arg);
}

static int
deliver_by(struct delivery *d, enum alarm_channel ch, bool force,
    struct err *e)
{
	bool more = true;
	int64_t at = 0;
	int ret = ERR_OK;

	if (!alarm_conf_has(d->c, ch))
		return drop_channel(d, ch, e);
	d->r->outcome[ch] = ALARM_IDLE;
	if ((ret = next_try(d, ch, &at, e)) != ERR_OK)
		return ret;
	if (!force && at > d->now)
		d->r->outcome[ch] = ALARM_WAITING;
	else
		for (int i = 0; i < ALARM_MESSAGES_MAX && more &&
		    !stopped(d) && ret == ERR_OK; i++)
			ret = send_some(d, ch, &more, e);
	if (ret == ERR_OK && (d->r->outcome[ch] == ALARM_FAILED ||
	    d->r->outcome[ch] == ALARM_WAITING) &&
	    (ret = next_try(d, ch, &at, e)) == ERR_OK && at < d->r->again_at)
		d->r->again_at = at;
	return ret;
}

int
alarm_deliver(const struct alarm_env *env, const struct alarm_conf *c,
    bool force, struct alarm_result *r, struct err *e)
{
	struct delivery d = { .env = env, .c = c, .r = r,
	    .now = clock_wall_s(env->clk) };
	int ret = ERR_OK;

	*r = (struct alarm_result){ .again_at = ALARM_NO_RETRY };
	for (unsigned i = 0; i < ALARM_CHANNEL_N && ret == ERR_OK; i++)
		ret = deliver_by(&d, (enum alarm_channel)i, force, e);
	return ret;
}

/* --- a test --- */

static void
test_alarm(const struct alarm_conf *c, int64_t now, struct alarm_due *a)
{
	struct wr w = wr_init(ALARM_JSON_MAX);

	*a = (struct alarm_due){ .kind = "test", .key = "test", .at = now };
	(void)snprintf(a->line, sizeof(a->line), "test alarm of node %s in "
	    "cluster %s", c->node, c->cluster);
	alarm_object(&w, a);
	wr_str(&w, "}");
	if (w.err == ERR_OK)
		(void)snprintf(a->json, sizeof(a->json), "%.*s", (int)w.len,
		    (const char *)w.buf);
	wr_clear(&w);
}

int
alarm_test(const struct alarm_env *env, const struct alarm_conf *c,
    struct alarm_result *r, struct err *e)
{
	struct delivery d = { .env = env, .c = c, .r = r,
	    .now = clock_wall_s(env->clk) };
	struct alarm_message m;
	struct alarm_state was;
	struct alarm_due a;
	int ret;

	*r = (struct alarm_result){ .again_at = ALARM_NO_RETRY };
	test_alarm(c, d.now, &a);
	log_event(LOG_WARNING, "alarm.test", LOG_STR("why", a.line));
	if ((ret = alarm_message_make(c, &a, 1, 0, true, d.now, &m, e)) !=
	    ERR_OK)
		return ret;
	for (unsigned i = 0; i < ALARM_CHANNEL_N && ret == ERR_OK; i++) {
		enum alarm_channel ch = (enum alarm_channel)i;

		if (!alarm_conf_has(c, ch))
			continue;
		if ((ret = observed_channel_get(env->observed,
		    alarm_channel_name[i], &was, e)) != ERR_OK)
			break;
		ret = end_try(&d, ch, send_by(&d, ch, &m, &r->why[i]), NULL,
		    0, &was, e);
	}
	alarm_message_clear(&m);
	return ret;
}
