/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about certificates that CAPF gives to phones and CTI clients.
 * See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define PHONES_ARGS	NAMES_ARGS("device names")
#define NAMES_ARGS(h) \
	{ .name = "NAME", .kind = KIND_PHONE, \
	    .flags = ARG_OPTIONAL | ARG_REST, .help = h }, \
	{ .name = "--all", .help = "every phone" }, \
	{ .name = "--model", .value = "MODEL", .kind = KIND_MODEL, \
	    .help = "every phone of this model" }, \
	{ .name = "--profile", .value = "PROFILE", .kind = KIND_PROFILE, \
	    .help = "every phone that uses this profile" }
#define AUTH_OPT \
	{ .name = "--auth", .value = "MODE", \
	    .choices = "null-string|auth-string|existing-lsc|existing-mic", \
	    .help = "how the phone proves itself: by nothing, by a string " \
	    "that is typed in, by the certificate it has (of CAPF, or of its " \
	    "maker, first); default is its setting authentication-mode" }
#define BY_OPT \
	{ .name = "--by", .value = "TIME", .help = "later attempts fail: RFC " \
	    "3339, YYYY-MM-DD HH (UTC), or YYYY-MM-DD for the end of that " \
	    "day (UTC); default is in capf.operation_expires_days" }
#define STRING_FILE_OPT(h) \
	{ .name = "--string-file", .value = "FILE", .kind = KIND_FILE, \
	    .flags = ARG_WHOLE, .help = "file with the authentication string " \
	    "in its first line, 4 to 15 digits; - reads it from the terminal " \
	    "or standard input" h }
#define PRINT_OPT \
	{ .name = "--print", .help = "show authentication strings, also " \
	    "where output is no terminal" }
#define ROLLOUT_OPTS \
	{ .name = "--batch", .value = "N", .help = "a roll-out: so many " \
	    "phones at a time, the next when these are through" }, \
	{ .name = "--pause-on-errors", .value = "K", .help = "the roll-out " \
	    "waits for capf resume when K phones have failed" }
#define ASK_OPTS \
	PHONES_ARGS, AUTH_OPT, STRING_FILE_OPT("; for one phone"), BY_OPT, \
	ROLLOUT_OPTS, PRINT_OPT
#define KEY_OPTS \
	{ .name = "--key", .value = "KEY", .choices = \
	    "rsa1024|rsa2048|rsa3072|rsa4096|ec256|ec384|ec521", \
	    .help = "kind and size of the key that the phone makes; default " \
	    "are its settings key-order, rsa-key-size and ec-key-size; ec* " \
	    "needs parameter itl.signer_version 1.1" }, \
	{ .name = "--allow-weak", .help = "take a key size that is weak: " \
	    "1024" }
#define HOW \
    "The phone comes to CAPF when it has read that in its " \
    "configuration: restart it, or wait.  What is asked stands in its " \
    "settings until the phone has confirmed, or its time has passed; asking " \
    "for the same again changes nothing, and something else is refused until " \
    "it is cancelled.  An authentication string of 8 digits is made for each " \
    "phone that needs one, and shown once on a terminal or with --print.\n" \
    "Phones that cannot do it are named with the reason and leave exit 3; " \
    "the others are asked, 1,000 in a transaction.  With --batch a roll-out " \
    "asks so many at a time: watch rollout shows it."
#define CLIENT_ARGS \
	{ .name = "USER", .kind = KIND_USER, .help = "user of the client" }, \
	{ .name = "INSTANCE", .help = "instance id of the client, 1 to 128 " \
	    "of A-Z a-z 0-9; USER.INSTANCE of a new one: at most 64" }, \
	{ .name = "--kind", .value = "KIND", .choices = "application|user", \
	    .flags = ARG_REQUIRED, .help = "application user or end user" }
#define CLIENT_OPTS \
	{ .name = "--operation", .value = "OPERATION", \
	    .choices = "install-upgrade|no-pending-operation", \
	    .help = "what is asked of the client; default nothing" }, \
	{ .name = "--key-order", .value = "ORDER", \
	    .choices = "rsa-only|ec-only|ec-preferred-rsa-backup", \
	    .help = "kind of key; default rsa-only" }, \
	{ .name = "--rsa-key-size", .value = "BITS", \
	    .choices = "1024|2048|3072|4096|default", \
	    .help = "default 2048" }, \
	{ .name = "--ec-key-size", .value = "BITS", \
	    .choices = "256|384|521|default", .help = "default 384" }, \
	{ .name = "--allow-weak", .help = "take a key size that is weak: " \
	    "1024" }, \
	BY_OPT, \
	{ .name = "--generate-string", .help = "make an authentication " \
	    "string of 8 digits; it is shown once" }, \
	STRING_FILE_OPT("; none removes it"), PRINT_OPT
#define ROLLOUT_ARG(f) { .name = "ROLLOUT", .kind = KIND_ROLLOUT, \
    .flags = f, .help = "id of the roll-out" }

static const struct cmd table[] = {
	{
		.words = "utils capf authstring", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES | CMD_LIVE,
		.summary = "Show, make or remove authentication strings",
		.help = "Without an option whether there is one.  Who sees, "
		    "makes or removes strings stands in the audit log.  A "
		    "string is for one use: it is gone when the phone has "
		    "done what was asked.\n"
		    "Of a CTI client it is that of its CAPF profile, which is "
		    "named USER.INSTANCE.",
		.arg = {
			NAMES_ARGS("device names, USER.INSTANCE of clients"),
			{ .name = "--generate",
			    .help = "make new ones of 8 digits" },
			{ .name = "--remove", .help = "remove them" },
			PRINT_OPT,
		},
		.fn = cmd_capf_authstring,
	},
	{
		.words = "utils capf cancel", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Take back what is asked of phones, or a roll-out",
		.help = "Authentication strings go with it.  A phone that has "
		    "its new certificate already keeps it.  In a roll-out a "
		    "phone that is taken back counts as failed, and one that "
		    "waits for its batch is not asked any more; a roll-out "
		    "that is cancelled takes back what its phones have not "
		    "done.  That phones came to CAPF unasked is forgotten on "
		    "this node.",
		.arg = {
			NAMES_ARGS("device names, or the id of a roll-out"),
		},
		.fn = cmd_capf_cancel,
	},
	{
		.words = "utils capf delete", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES | CMD_LIVE,
		.summary = "Have phones delete their certificate",
		.help = HOW,
		.arg = { ASK_OPTS },
		.fn = cmd_capf_delete,
	},
	{
		.words = "utils capf fetch", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_LIVE,
		.summary = "Have phones show the certificate they have",
		.help = "The reference's Troubleshoot: nothing changes on the "
		    "phone.  What is not known here yet becomes its current "
		    "certificate: its MIC, or its LSC of a CA in CAPF-trust "
		    "from before this cluster.  Refused is one that was "
		    "superseded, revoked or deleted, that has expired, that "
		    "is older than the current one, and one of this "
		    "cluster's CAPF that it is not known to have stored.  "
		    HOW,
		.arg = { ASK_OPTS },
		.fn = cmd_capf_fetch,
	},
	{
		.words = "utils capf install", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_LIVE,
		.summary = "Give phones a certificate, or a new one",
		.help = HOW,
		.arg = { ASK_OPTS, KEY_OPTS },
		.fn = cmd_capf_install,
	},
	{
		.words = "utils capf lsc list",
		.summary = "List the certificates that CAPF gave",
		.help = "Locally significant certificates of phones and CTI "
		    "clients that they have confirmed.  Revoked, deleted and "
		    "superseded ones of phones that were removed stay listed "
		    "until they end; deleted ones without the time of "
		    "storing were never confirmed, and were removed by "
		    "stale-lsc delete or revoked.",
		.arg = {
			{ .name = "--expiring", .value = "DAYS",
			    .help = "only those that end within DAYS; 0: that "
			    "have ended" },
			{ .name = "--issuer", .value = "CA",
			    .help = "only those of this issuer: the SHA-256 of "
			    "its certificate or 8 digits of it or more, a "
			    "generation of CAPF (1, 2, ...; GEN), or a common "
			    "name, which CAPF keeps when it is renewed" },
			{ .name = "--with-state", .value = "STATE",
			    .choices = "current|superseded|revoked|deleted",
			    .help = "instead of those in use" },
		},
		.fn = cmd_capf_lsc_list,
	},
	{
		.words = "utils capf pause", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Stop a roll-out for a while",
		.help = "Phones that are asked already go on; nobody else is "
		    "asked before utils capf resume.  One that is paused "
		    "already stays so.",
		.arg = { ROLLOUT_ARG(0) },
		.fn = cmd_capf_pause,
	},
	{
		.words = "utils capf profile add", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_LIVE,
		.summary = "Add the CAPF profile of a CTI client",
		.help = "One for each user and instance of a client.  It "
		    "proves itself by an authentication string, always.  "
		    "Adding it again with the same values changes nothing.",
		.arg = { CLIENT_ARGS, CLIENT_OPTS },
		.fn = cmd_capf_profile_add,
	},
	{
		.words = "utils capf profile list",
		.summary = "List the CAPF profiles of CTI clients",
		.help = "How each stands says utils capf status.",
		.fn = cmd_capf_profile_list,
	},
	{
		.words = "utils capf profile remove", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove the CAPF profile of a CTI client",
		.help = "Certificates that the client has stay valid: utils "
		    "capf revoke ends them.",
		.arg = { CLIENT_ARGS },
		.fn = cmd_capf_profile_remove,
	},
	{
		.words = "utils capf profile set", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_LIVE,
		.summary = "Change the CAPF profile of a CTI client",
		.help = "Only what is given changes.",
		.arg = { CLIENT_ARGS, CLIENT_OPTS },
		.fn = cmd_capf_profile_set,
	},
	{
		.words = "utils capf profile show",
		.summary = "Show the CAPF profile of a CTI client",
		.help = "Its values, what is pending and the certificate it "
		    "has.  Of the authentication string only that it is set.",
		.arg = { CLIENT_ARGS },
		.fn = cmd_capf_profile_show,
	},
	{
		.words = "utils capf resume", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Go on with a roll-out that is paused",
		.help = "Errors are counted from 0 again.  One that runs "
		    "already goes on as it does.",
		.arg = {
			ROLLOUT_ARG(0),
			{ .name = "--next", .help = "of one that runs: ask the "
			    "next batch now, though phones of the one before "
			    "are not through (they are switched off)" },
		},
		.fn = cmd_capf_resume,
	},
	{
		.words = "utils capf revoke", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Revoke certificates of phones and CTI clients",
		.help = "At once: no file is encrypted for it any more, and "
		    "nobody proves himself with it, nor ever again: no fetch "
		    "brings it back, and neither does removing the phone and "
		    "adding it again.  A session under way that it was proved "
		    "by gets nothing more.  What was sent to its owner since "
		    "and never confirmed goes with it.  The phone is not told, "
		    "and gets no other one before it is asked for it, also "
		    "where encrypted files need one: utils capf install.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PHONE,
			    .flags = ARG_REST,
			    .help = "device names, USER.INSTANCE of clients, "
			    "or SHA-256s of certificates" },
		},
		.fn = cmd_capf_revoke,
	},
	{
		.words = "utils capf set keep_alive", .level = LEVEL_OWNER,
		.flags = CMD_WRITES,
		.summary = "Change how long CAPF keeps a silent connection",
		.help = "Parameter capf.keep_alive_minutes.  Asks for the "
		    "minutes when they are not given.",
		.arg = {
			{ .name = "MINUTES", .flags = ARG_OPTIONAL,
			    .help = "5 to 60" },
		},
		.fn = cmd_capf_keep_alive,
	},
	{
		.words = "utils capf stale-lsc delete", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE,
		.summary = "Forget certificates that were never confirmed",
		.help = "Of this node: certificates sent to phones that did "
		    "not say that they stored them.  They count for nothing "
		    "from then on, and are listed as deleted (utils capf lsc "
		    "list --with-state deleted).",
		.arg = {
			{ .name = "WHICH", .flags = ARG_OPTIONAL | ARG_REST,
			    .help = "all, which is the default, or SHA-256s" },
		},
		.fn = cmd_capf_stale_delete,
	},
	{
		.words = "utils capf stale-lsc list",
		.summary = "List certificates that were never confirmed",
		.help = "Of this node: certificates sent to phones that did "
		    "not say that they stored them.  A phone gets another when "
		    "it comes again.",
		.fn = cmd_capf_stale_list,
	},
	{
		.words = "utils capf status",
		.summary = "Show how phones and CTI clients stand with CAPF",
		.help = "What is asked of each, by when, how far it is, how "
		    "often it tried and why it failed, when it comes next, "
		    "the certificate it has, and what came of the last "
		    "operation.  Tries and steps are those of this node.  "
		    "Who came under its name and did not prove to be it, "
		    "maybe somebody else, is counted apart.  A phone whose "
		    "files are encrypted and that came though nothing was "
		    "asked of it is unasked: it may have lost its key, and "
		    "can then read no configuration until utils capf install "
		    "gives it a new one.  Roll-outs under way follow, of a "
		    "phone those that it is in.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PHONE,
			    .flags = ARG_OPTIONAL,
			    .help = "a phone, or USER.INSTANCE of a client; "
			    "default is all" },
			{ .name = "--pending",
			    .help = "only those of whom something is asked" },
			{ .name = "--failed",
			    .help = "only those who failed, or came unasked" },
		},
		.fn = cmd_capf_status,
	},
	{
		.words = "utils capf upgrade", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_LIVE,
		.summary = "Give phones a new certificate",
		.help = "The same as utils capf install.  " HOW,
		.arg = { ASK_OPTS, KEY_OPTS },
		.fn = cmd_capf_install,
	},
	{
		.words = "watch rollout", .flags = CMD_LIVE | CMD_OUTSIDE,
		.summary = "Show a roll-out of certificates as it goes",
		.help = "Over and over until it is over or interrupted: "
		    "how many phones are through, those that are at it with "
		    "step and tries, and those that failed with the reason.  "
		    "A terminal is drawn over; elsewhere looks follow one "
		    "another.  With --json each is a line of its own; with "
		    "--once there is one.",
		.arg = {
			ROLLOUT_ARG(ARG_OPTIONAL),
			{ .name = "--interval", .value = "SECONDS",
			    .help = "time between looks, from 0.1 to 3600; "
			    "1 by default" },
			{ .name = "--count", .value = "N",
			    .help = "end after so many looks" },
			{ .name = "--once", .help = "one look" },
		},
		.fn = cmd_watch_rollout,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_capf(void)
{
	return table;
}
