/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Alarms: what an administrator has to be told of.  Raising one writes it to
 * the log and queues it (observed.db) for each channel that is configured:
 * a program, a webhook, mail.  A channel that fails is tried again, and
 * alarm_deliver() says how it is.
 *
 * A message holds up to ALARM_MESSAGE_MAX alarms, oldest first.  For programs
 * it is one JSON object: schema "phonetrust/1", event "alarm", test, cluster,
 * node, at, alarms (objects as their makers give them, each with kind, text
 * and at) and more, the number of alarms that come with the next message.
 */
#ifndef TRUST_ALARM_H
#define TRUST_ALARM_H

#include "base/clock.h"
#include "base/wr.h"
#include "crypt/secret.h"
#include "db/observed_alarm.h"
#include "db/rows.h"
#include "proc/state.h"

enum alarm_channel {
	ALARM_EXEC,
	ALARM_WEBHOOK,
	ALARM_MAIL,
	ALARM_CHANNEL_N
};
extern const char *const alarm_channel_name[ALARM_CHANNEL_N]; /* "exec", .. */

#define ALARM_DAYS_MAX		16
#define ALARM_MESSAGE_MAX	100	/* alarms in a message */
#define ALARM_MESSAGES_MAX	5	/* messages per channel and round */
#define ALARM_SEND_MS		20000	/* a message by a channel */

/* --- parameters --- */
struct alarm_conf {
	char	 cluster[CLUSTER_NAME_MAX + 1];
	char	 node[NODE_NAME_MAX + 1];
	int64_t	 day[ALARM_DAYS_MAX];	/* largest first */
	size_t	 nday;
	char	*exec, *webhook, *mail_to, *mail_from;	/* "": none */
	char	*smtp_url, *smtp_user;
	bool	 smtp_tls;
	bool	 lsc;		/* about phones' certificates too */
};
/* alarm_conf_clear() it, also after a failure. */
int	alarm_conf_load(struct db *db, const char *node,
	    struct alarm_conf *c, struct err *e);
void	alarm_conf_clear(struct alarm_conf *c);
bool	alarm_conf_has(const struct alarm_conf *c, enum alarm_channel ch);

/* --- raising --- */

/*
 * Within a transaction on observed.db: queue a for the channels.  Its line is
 * one line of text, its json an object that alarm_object() began.  Logging it
 * is the caller's, after the commit.
 */
int	alarm_queue(struct db *observed, const struct alarm_conf *c,
	    const struct alarm_due *a, struct err *e);

/* The start of an object: kind, threshold, at and text of a; the caller adds
 * members (", " first) and the closing brace. */
void	alarm_object(struct wr *w, const struct alarm_due *a);
/* A JSON string: quoted, with escapes; what is not UTF-8 becomes U+FFFD. */
void	alarm_json_str(struct wr *w, const char *s);
/* Unix seconds as RFC 3339, quoted. */
void	alarm_json_time(struct wr *w, int64_t at);

/* --- sending --- */

struct alarm_env {
	struct db		*db;		/* phonetrust.db: trust stores */
	struct db		*observed;	/* to write */
	const struct clock	*clk;
	const struct secret	*smtp_password;	/* ends in a NUL; or NULL */
	/* True: give up what is being sent.  NULL: never. */
	bool			(*stop)(void *arg);
	void			*stop_arg;
};

enum alarm_outcome {
	ALARM_UNUSED,		/* channel not configured */
	ALARM_IDLE,		/* nothing to send */
	ALARM_WAITING,		/* failed of late; its time is not there yet */
	ALARM_SENT,
	ALARM_FAILED,
};
struct alarm_result {
	enum alarm_outcome	 outcome[ALARM_CHANNEL_N];
	size_t			 sent[ALARM_CHANNEL_N];	/* alarms */
	struct err		 why[ALARM_CHANNEL_N];	/* of ALARM_FAILED */
	/* When a channel that failed is due again, else ALARM_NO_RETRY. */
	int64_t			 again_at;
};
#define ALARM_NO_RETRY	INT64_MAX

/*
 * Send what waits.  force: also by channels whose time has not come.  Each
 * outcome is in the log and in observed.db.  An error means that observed.db
 * failed; channels that fail are no error.
 */
int	alarm_deliver(const struct alarm_env *env, const struct alarm_conf *c,
	    bool force, struct alarm_result *r, struct err *e);

/* A test alarm by every channel, at once and whatever waits. */
int	alarm_test(const struct alarm_env *env, const struct alarm_conf *c,
	    struct alarm_result *r, struct err *e);

/* How long a channel rests after so many failures in a row: 1 minute, then
 * twice as long each time, at most an hour. */
int64_t	alarm_rest_s(int64_t failures);

/* --- messages: for tests too --- */
struct alarm_message {
	char	*subject;		/* ASCII, one line */
	char	*text;			/* UTF-8, lines of at most 900 bytes */
	uint8_t	*json;
	size_t	 jsonlen;
};
int	alarm_message_make(const struct alarm_conf *c,
	    const struct alarm_due *a, size_t n, int64_t more, bool test,
	    int64_t at, struct alarm_message *m, struct err *e);
void	alarm_message_clear(struct alarm_message *m);

#define ALARM_MAIL_LEN	256
/* Who sends: alarm.mail_from, else the first recipient (in out). */
const char	*alarm_mail_from(const struct alarm_conf *c,
		    char out[ALARM_MAIL_LEN]);
/* The message as RFC 5322 has it; fresh text (free()). */
char	*alarm_mail_text(const struct alarm_conf *c,
	    const struct alarm_message *m, int64_t at, struct err *e);

/*
 * Run a program with text on its standard input (a file, so it need not read
 * it), without arguments, in /, with PATH and LANG alone in its environment
 * and its output nowhere, as the daemons' user: what is in the database must
 * not become root's.  It and what it has started in its session is killed
 * after timeout_ms.  ERR_TIMEOUT; ERR_IO: not 0, or it cannot be run;
 * ERR_BUSY: stop said so.
 */
int	alarm_exec_run(const char *path, const void *text, size_t len,
	    int64_t timeout_ms, const struct alarm_env *env, struct err *e);

#endif
