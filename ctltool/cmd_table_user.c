/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about users, and logging in at phones.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define USER_ARG(h) { .name = "NAME", .kind = KIND_USER, .help = h }
#define APPLICATION_OPT { .name = "--application", \
    .help = "an application user; else an end user" }
#define DESCRIPTION_OPT { .name = "--description", .value = "TEXT", \
    .help = "up to 50 characters" }
#define DIGEST_OPT { .name = "--digest-credentials-file", .value = "FILE", \
    .kind = KIND_FILE, .flags = ARG_WHOLE, \
    .help = "file with the credentials in its first " \
    "line; - reads them from the terminal or standard input; none removes " \
    "them" }
#define REALM_OPT { .name = "--realm", .value = "REALM", \
    .help = "the credentials are for this realm; else for any" }
#define HASH_OPTS \
    { .name = "--password-hash-file", .value = "FILE", .kind = KIND_FILE, \
	.flags = ARG_WHOLE, .help = "file with what another system made of " \
	"the password: $6$..., {SSHA}..., {SHA}... or SHA-1 in hexadecimal" }, \
    { .name = "--pin-hash-file", .value = "FILE", .kind = KIND_FILE, \
	.flags = ARG_WHOLE, .help = "the same of the PIN" }
#define SECRET_ARG { .name = "FILE", .kind = KIND_FILE, \
    .flags = ARG_OPTIONAL, .help = "its first line is taken; without it, or " \
    "with -, the terminal is asked or standard input read" }
#define REMOVE_OPT { .name = "--remove", .help = "have none any more" }

static const struct cmd table[] = {
	{
		.words = "phone login", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Log a user in at a phone",
		.help = "He is its digest user until he logs out, whatever it "
		    "had before; who was logged in there is logged out.  The "
		    "phone's configuration is another one, which it reads "
		    "when it restarts: until it was seen to, phone show and "
		    "phone list --restart-owed say so.  Where its profile "
		    "has digest authentication off, or leaves credentials out "
		    "of files, the configuration stays as it is and no "
		    "restart is owed.  The user needs digest "
		    "credentials.  He is logged in at one phone at a time: at "
		    "another one it takes --move.  Logging in again changes "
		    "nothing.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PHONE,
			    .help = "device name, as SEP0011223344AA" },
			{ .name = "USER", .kind = KIND_USER,
			    .help = "end user" },
			{ .name = "--pin",
			    .help = "ask for the user's PIN, and do it only "
			    "when it is right" },
			{ .name = "--pin-file", .value = "FILE",
			    .kind = KIND_FILE, .flags = ARG_WHOLE,
			    .help = "the same, with the PIN from a file" },
			{ .name = "--move",
			    .help = "log him out at another phone" },
		},
		.fn = cmd_phone_login,
	},
	{
		.words = "phone logout", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Log out who is logged in at phones",
		.help = "Each phone has the digest user again that it had "
		    "before, and owes a restart.  When that one is gone, or "
		    "has no credentials any more, the phone has none and a "
		    "warning says so.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PHONE,
			    .flags = ARG_OPTIONAL | ARG_REST,
			    .help = "device names" },
			{ .name = "--all",
			    .help = "wherever somebody is logged in" },
		},
		.fn = cmd_phone_logout,
	},
	{
		.words = "report user hashes",
		.summary = "List users whose passwords are kept out of date",
		.help = "Hashes of passwords and PINs that other systems made "
		    "(SHA-1), or with fewer rounds than parameter "
		    "user.hash_rounds.  Each is made anew when its user gives "
		    "the right one (user verify, phone login --pin).",
		.fn = cmd_report_user_hashes,
	},
	{
		.words = "user add", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Add an end user or an application user",
		.help = "A phone whose digest user it is (phone set "
		    "--digest-user) answers challenges with the user's digest "
		    "credentials: those for the realm of parameter "
		    "sip.station_realm, else those for any.  They are kept "
		    "sealed and never shown.  A digest user serves one phone; "
		    "a second one gets a warning.  Application users have "
		    "credentials for trunks and are no phone's.  "
		    "Adding a user again with the same values changes "
		    "nothing.",
		.arg = {
			{ .name = "NAME",
			    .help = "1 to 128 of A-Z a-z 0-9 . _ - + * # @" },
			APPLICATION_OPT, DESCRIPTION_OPT, DIGEST_OPT,
			REALM_OPT, HASH_OPTS,
		},
		.fn = cmd_user_add,
	},
	{
		.words = "user export", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE,
		.summary = "Write users to a file that user import takes",
		.help = "Names and descriptions.  Credentials, passwords and "
		    "PINs are never written: they are counted.  Without FILE "
		    "to standard output.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL,
			    .help = "file to write; one that is there is "
			    "replaced" },
			APPLICATION_OPT,
		},
		.fn = cmd_user_export,
	},
	{
		.words = "user import", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_ALONE | CMD_LIVE,
		.summary = "Add and change users from a CSV file",
		.help = "The first line names the columns: name, description, "
		    "digest-credentials, realm (of those; else any), "
		    "password, pin, password-hash and pin-hash (what another "
		    "system made of them: $6$..., {SSHA}..., {SHA}... or "
		    "SHA-1 in hexadecimal).  A user may have several lines, "
		    "for several realms.\n"
		    "An empty cell says nothing: a user that is there keeps "
		    "what it has, so the same file can be imported again, "
		    "also when it was cut; (none) removes.  A password is "
		    "hashed anew each time, which takes some milliseconds.\n"
		    "Bad lines are reported by number and column, without "
		    "what the cells hold, and leave exit 3; the others go "
		    "in, 1,000 in a transaction.  Keep the file for yourself "
		    "and remove it.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .help = "CSV, UTF-8, up to 256 MiB" },
			APPLICATION_OPT,
		},
		.fn = cmd_user_import,
	},
	{
		.words = "user list",
		.summary = "List the end users or the application users",
		.help = "Whether each has digest credentials, a password and "
		    "a PIN, and how many phones have it as their digest user.  "
		    "out-of-date is a hash of another system, see report "
		    "user hashes.",
		.arg = {
			APPLICATION_OPT,
			{ .name = "--shared",
			    .help = "only those that are the digest user of "
			    "several phones" },
		},
		.fn = cmd_user_list,
	},
	{
		.words = "user passwd", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Set the password of a user",
		.help = "Kept as a salted SHA-512 crypt hash.  Its length is "
		    "at least parameter user.password_min_length.",
		.arg = { USER_ARG("user"), SECRET_ARG, APPLICATION_OPT,
		    REMOVE_OPT },
		.fn = cmd_user_passwd,
	},
	{
		.words = "user pin", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Set the PIN of a user",
		.help = "Digits, kept as a password is.  Its length is at "
		    "least parameter user.pin_min_length.",
		.arg = { USER_ARG("user"), SECRET_ARG, APPLICATION_OPT,
		    REMOVE_OPT },
		.fn = cmd_user_pin,
	},
	{
		.words = "user remove", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove a user",
		.help = "With its digest credentials, password and PIN.  "
		    "Refused while it is the digest user of a phone, or "
		    "logged in at one.",
		.arg = { USER_ARG("user to remove"), APPLICATION_OPT },
		.fn = cmd_user_remove,
	},
	{
		.words = "user set", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Change a user",
		.help = "Only what is given changes: of several digest "
		    "credentials those for the realm that is named, or those "
		    "for any.  Phones that have the "
		    "user as their digest user get another configuration.",
		.arg = {
			USER_ARG("user to change"), APPLICATION_OPT,
			DESCRIPTION_OPT, DIGEST_OPT, REALM_OPT, HASH_OPTS,
		},
		.fn = cmd_user_set,
	},
	{
		.words = "user show",
		.summary = "Show a user and its phones",
		.help = "Of digest credentials only whether they are set, and "
		    "for which realms; of password and PIN whether they are "
		    "set, or out of date.",
		.arg = { USER_ARG("user to show"), APPLICATION_OPT },
		.fn = cmd_user_show,
	},
	{
		.words = "user verify", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Check a user's password or PIN",
		.help = "Exit status 0 when it is right, 4 when it is wrong, "
		    "when none is set, or when it is not looked at because of "
		    "too many wrong ones: user.max_tries of one user, "
		    "user.max_tries_total of all, for user.lock_minutes.  A "
		    "right one whose hash is out of date is hashed anew.  "
		    "Tries are counted under --dry-run too, on each node for "
		    "itself.",
		.arg = {
			USER_ARG("user"), SECRET_ARG, APPLICATION_OPT,
			{ .name = "--pin",
			    .help = "the PIN, not the password" },
		},
		.fn = cmd_user_verify,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_user(void)
{
	return table;
}
