/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about what ends.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

static const struct cmd table[] = {
	{
		.words = "show cert expiry", .level = LEVEL_OPERATOR,
		.summary = "List everything that ends, earliest first",
		.help = "Own certificates of all nodes and stages, "
		    "certificates of the trust stores, accepted certificates "
		    "of SRST references, revocation lists, exported copies "
		    "of the recovery key, certificates of phones by issuer and "
		    "day and the one for an online CA, with the days left: "
		    "below 0 it has ended.  A copy of a recovery key whose "
		    "certificate has changed since is stale.",
		.arg = {
			{ .name = "--within", .value = "DAYS",
			    .help = "only what ends within so many days" },
		},
		.fn = cmd_show_cert_expiry,
	},
	{
		.words = "utils cert alarm password", .level = LEVEL_OWNER,
		.flags = CMD_WRITES,
		.summary = "Give the password for the mail server of alarms",
		.help = "It belongs to alarm.smtp_user, is kept sealed and "
		    "goes to the server over TLS only, unless the server is "
		    "on this machine.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL,
			    .help = "file with the password in its first "
			    "line; - asks for it" },
			{ .name = "--remove", .help = "forget it" },
		},
		.fn = cmd_cert_alarm_password,
	},
	{
		.words = "utils cert alarm test", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_OUTSIDE,
		.summary = "Send a test alarm by every channel",
		.help = "By the program (alarm.exec), the webhook "
		    "(alarm.webhook) and mail (alarm.mail_to), as far as they "
		    "are set, at once.  What a channel answers is said; exit "
		    "status 3 when some failed, 1 when all did.",
		.fn = cmd_cert_alarm_test,
	},
	{
		.words = "utils cert check", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_OUTSIDE,
		.summary = "Look after certificates now",
		.help = "What tvsd does every hour and after changes: raises "
		    "alarms about what ends (alarm.days), sends what waits by "
		    "all channels, and purges retired certificates and "
		    "removed ones older than certificate.keep_days.  An alarm "
		    "is raised once for each certificate and threshold; what "
		    "has ended and is in use, once a day.",
		.fn = cmd_cert_check,
	},
	{
		.words = "utils cert plan", .level = LEVEL_OPERATOR,
		.summary = "Say in which order to renew what ends",
		.help = "What to type, by when, and what it costs in resets "
		    "of phones.  Certificates in the lists that phones hold "
		    "come in a safe order, CAPF, TVS, CallManager, "
		    "ITLRecovery, one per cycle in which every phone takes "
		    "the new list; ITLRecovery takes two.  When that order "
		    "would be too late for one of them, what ends first comes "
		    "first.",
		.arg = {
			{ .name = "--expire-within", .value = "DAYS",
			    .help = "what ends within so many days; 180 when "
			    "left out" },
			{ .name = "--cycle-days", .value = "DAYS",
			    .help = "how long it takes until all phones have "
			    "taken a list; 7 when left out" },
		},
		.fn = cmd_cert_plan,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_expiry(void)
{
	return table;
}
