/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about phones and their profiles, see cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"
#include "ctltool/settings.h"

#define PHONE_ARG { .name = "NAME", .kind = KIND_PHONE, \
    .help = "device name, as SEP0011223344AA" }
#define PHONES_ARGS \
	{ .name = "NAME", .kind = KIND_PHONE, \
	    .flags = ARG_OPTIONAL | ARG_REST, .help = "device names" }, \
	{ .name = "--all", .help = "every phone" }, \
	{ .name = "--of-model", .value = "MODEL", .kind = KIND_MODEL, \
	    .help = "every phone of this model" }, \
	{ .name = "--of-profile", .value = "PROFILE", .kind = KIND_PROFILE, \
	    .help = "every phone that uses this profile" }
#define MODEL_OPT(h) { .name = "--model", .value = "MODEL", \
    .kind = KIND_MODEL, .help = h }
#define PROFILE_OPT(h) { .name = "--profile", .value = "PROFILE", \
    .kind = KIND_PROFILE, .help = h }
#define PROFILE_ARG(n, h) { .name = (n), .kind = KIND_PROFILE, .help = h }
#define PROTOCOL_OPT(h) { .name = "--protocol", .value = "PROTOCOL", \
    .choices = "SIP|SCCP", .help = h }
#define DESCRIPTION_OPT { .name = "--description", .value = "TEXT", \
    .help = "up to 50 characters" }
#define WEAK_OPT { .name = "--allow-weak", \
    .help = "take a key size that is weak: 1024" }
#define READY_OPT { .name = SETTINGS_WHEN_READY, \
    .help = "the same as --secure-when-ready yes: what needs the phone's " \
    "certificate waits for it" }

static const struct cmd commands[] = {
	{
		.words = "phone add", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES, .settings = SETTINGS_PHONE,
		.summary = "Add a phone",
		.help = "Its configuration is made from its settings, its "
		    "profile and what holds for all phones; with --config "
		    "from the administrator's own XML, which is checked "
		    "(root element device, no entities) and in which only "
		    "security elements are set.  Values that do not go "
		    "together, or that the model cannot do, are refused.  "
		    "Adding a phone again with the same values changes "
		    "nothing.",
		.arg = {
			{ .name = "NAME",
			    .help = "device name, as SEP0011223344AA" },
			MODEL_OPT("as 8861 or CP-8861"),
			PROTOCOL_OPT("what it speaks; default SIP"),
			PROFILE_OPT("its security profile; default is the "
			    "predefined non-secure one"),
			DESCRIPTION_OPT,
			{ .name = "--config", .value = "FILE",
			    .kind = KIND_FILE,
			    .help = "the phone's own XML configuration" },
			{ .name = "--template", .value = "TEMPLATE",
			    .choices = "plain|hardened|secure-when-ready",
			    .help = "a profile of this name, which is made "
			    "when it is not there" },
			READY_OPT,
			WEAK_OPT,
		},
		.fn = cmd_phone_add,
	},
	{
		.words = "phone copy", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Add a phone that is like another",
		.help = "Model, protocol, profile, settings and own XML are "
		    "copied, the description is not; what names the first "
		    "phone in its own XML is up to you.  Secrets stay behind "
		    "unless they are asked for.",
		.arg = {
			{ .name = "FROM", .kind = KIND_PHONE,
			    .help = "phone to copy" },
			{ .name = "TO", .help = "name of the new phone" },
			{ .name = "--with-secrets",
			    .help = "passwords and keys too" },
		},
		.fn = cmd_phone_copy,
	},
	{
		.words = "phone export", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE,
		.summary = "Write phones to a file that phone import takes",
		.help = "All phones with everything of their own; own XML "
		    "goes to files in the folder FILE.config, as it is, "
		    "passwords in it too, and for the caller alone.  Secrets "
		    "that were set here are left out and counted.  Profiles and users are named, "
		    "not written.  Without FILE to standard output.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL,
			    .help = "file to write; one that is there is "
			    "replaced" },
			{ .name = "--format", .value = "FORMAT",
			    .choices = "csv|json",
			    .help = "csv unless the file's name ends in "
			    ".json" },
		},
		.fn = cmd_phone_export,
	},
	{
		.words = "phone import", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_ALONE | CMD_LIVE,
		.summary = "Add and change phones from a CSV or JSON file",
		.help = "Columns: name, model, protocol, profile, "
		    "description, config (file with own XML, beside FILE) "
		    "and the options of settings without --.  The first line "
		    "of CSV names them; JSON is an array of objects, or an "
		    "object per line.\n"
		    "An empty cell says nothing: a phone that is there keeps "
		    "what it has, so the same file can be imported again.  "
		    "default takes a setting back to its default, (none) "
		    "sets it to nothing.\n"
		    "What works otherwise than it looks is a warning, each "
		    "sentence once with its first line.  "
		    "Bad lines are reported by number and leave exit 3; the "
		    "others go in, 1,000 in a transaction.  Of a file with "
		    "secrets the column is named and no cell is shown that "
		    "may be one in the wrong column.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .help = "CSV or JSON, UTF-8, up to 256 MiB" },
		},
		.fn = cmd_phone_import,
	},
	{
		.words = "phone list",
		.summary = "List the phones",
		.help = "Without options all of them, in order of name.  "
		    "Several filters all have to fit.  PATTERN is as in a "
		    "shell, in any case: 'SEP0011*'.  Columns: name, model, "
		    "protocol, profile, description, config (own or made), "
		    "origin, created, changed, seen, plain (until when its "
		    "file is not encrypted), lsc (when the "
		    "certificate of CAPF ends), operation (what CAPF is asked "
		    "to do), and the options of "
		    "settings without --, which show the value that counts.",
		.arg = {
			MODEL_OPT("only this model"),
			PROTOCOL_OPT("only those that speak it"),
			PROFILE_OPT("only those that use it"),
			{ .name = "--name", .value = "PATTERN",
			    .help = "only names that match" },
			{ .name = "--description", .value = "PATTERN",
			    .help = "only descriptions that match" },
			{ .name = "--setting", .value = "OPTION=VALUE",
			    .flags = ARG_REPEAT,
			    .help = "only where this value counts, as "
			    "web-access=full" },
			{ .name = "--origin", .value = "ORIGIN",
			    .choices = "command|import|auto",
			    .help = "only those that came so" },
			{ .name = "--with-config",
			    .help = "only those with own XML" },
			{ .name = "--without-config",
			    .help = "only those without" },
			{ .name = "--plain",
			    .help = "only those whose file is plain for a "
			    "while (phone set --plain-until)" },
			{ .name = "--seen", .value = "DAYS",
			    .help = "only those that asked this node for "
			    "something within DAYS" },
			{ .name = "--unseen", .value = "DAYS",
			    .help = "only those that did not" },
			{ .name = "--restart-owed",
			    .help = "only those that have not read what "
			    "changed, as by phone login" },
			{ .name = "--sort", .value = "COLUMNS",
			    .help = "as model,-changed; - is descending" },
			{ .name = "--columns", .value = "COLUMNS",
			    .help = "what is shown, as name,seen,web-access" },
			{ .name = "--limit", .value = "N",
			    .help = "the first N only; all are counted" },
		},
		.fn = cmd_phone_list,
	},
	{
		.words = "phone profile add", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES, .settings = SETTINGS_PROFILE,
		.summary = "Add a phone security profile",
		.help = "Settings that are not given stay at their default.  "
		    "A template sets some at once; what is given besides "
		    "counts more.  Settings that do not go together are "
		    "refused, naming both.  Adding a profile again with the "
		    "same values changes nothing.",
		.arg = {
			{ .name = "NAME", .help = "1 to 64 of A-Z a-z 0-9 . - "
			    "_ ( ) / and blanks within" },
			PROTOCOL_OPT("which phones it is for; default SIP"),
			DESCRIPTION_OPT,
			{ .name = "--template", .value = "TEMPLATE",
			    .choices = "plain|hardened|secure-when-ready",
			    .help = "a ready-made set of settings" },
			READY_OPT,
			WEAK_OPT,
		},
		.fn = cmd_profile_add,
	},
	{
		.words = "phone profile copy", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Copy a phone security profile",
		.help = "Protocol, description and settings go to the new "
		    "profile, phones do not.  A predefined profile can be "
		    "copied too.",
		.arg = {
			PROFILE_ARG("FROM", "profile to copy"),
			{ .name = "TO", .help = "name of the copy" },
		},
		.fn = cmd_profile_copy,
	},
	{
		.words = "phone profile list",
		.summary = "List the phone security profiles",
		.help = "Protocol, security mode, encrypted files and number "
		    "of phones of every profile, the predefined ones first.",
		.arg = { PROTOCOL_OPT("only those for it") },
		.fn = cmd_profile_list,
	},
	{
		.words = "phone profile remove", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove a phone security profile",
		.help = "Refused while phones use it, and for the predefined "
		    "ones.",
		.arg = { PROFILE_ARG("NAME", "profile to remove") },
		.fn = cmd_profile_remove,
	},
	{
		.words = "phone profile rename", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Give a phone security profile another name",
		.help = "Its phones keep it, and their configuration stays "
		    "as it is.",
		.arg = {
			PROFILE_ARG("FROM", "its name now"),
			{ .name = "TO", .help = "its new name" },
		},
		.fn = cmd_profile_rename,
	},
	{
		.words = "phone profile set", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES, .settings = SETTINGS_PROFILE,
		.summary = "Change a phone security profile",
		.help = "Only what is given changes; the value default brings "
		    "a setting back to it.  Every phone that uses the profile "
		    "is checked: a change that one of them could not take is "
		    "refused.  Where files with passwords are not encrypted "
		    "any more, whoever asks for them reads these: that takes "
		    "an owner, and asks.  Protocol and settings of the "
		    "predefined profiles never change: copy one.",
		.arg = {
			PROFILE_ARG("NAME", "profile to change"),
			PROTOCOL_OPT("only while no phone uses it"),
			DESCRIPTION_OPT,
			READY_OPT,
			WEAK_OPT,
		},
		.fn = cmd_profile_set,
	},
	{
		.words = "phone profile show",
		.summary = "Show a phone security profile",
		.help = "Every setting with its value, and where that is "
		    "from: the profile, a parameter, another setting or the "
		    "default.",
		.arg = { PROFILE_ARG("NAME", "profile to show") },
		.fn = cmd_profile_show,
	},
	{
		.words = "phone remove", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove phones and their configuration",
		.help = "One phone, several, or all that are named by --all, "
		    "--of-model and --of-profile, in one transaction: all of "
		    "them or none.  Row, settings, secrets and own XML are "
		    "removed; the phone is answered \"not found\" from then "
		    "on.  Its revoked, deleted and superseded certificates "
		    "stay listed until they end (utils capf lsc list), and "
		    "are good for nothing when it is added again.",
		.arg = { PHONES_ARGS },
		.fn = cmd_phone_remove,
	},
	{
		.words = "phone set", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES, .settings = SETTINGS_PHONE,
		.summary = "Change phones",
		.help = "One phone, several, or all that are named by --all, "
		    "--of-model and --of-profile, in one transaction: all of "
		    "them or none.  Only what is given changes; the value "
		    "default brings a setting back to its profile's value or "
		    "default.\n"
		    "A phone whose profile asks for an encrypted file can be "
		    "given a plain one for at most 24 hours by an owner, with "
		    "--plain-until; phone list --plain shows which have one.\n"
		    "Where the file of a phone is not encrypted any more, and "
		    "has passwords, whoever asks for it reads them: that "
		    "takes an owner, and asks.",
		.arg = {
			PHONES_ARGS,
			MODEL_OPT("as 8861 or CP-8861"),
			PROTOCOL_OPT("what they speak; the profile has to be "
			    "for it"),
			PROFILE_OPT("security profile, or default"),
			DESCRIPTION_OPT,
			{ .name = "--config", .value = "FILE",
			    .kind = KIND_FILE,
			    .help = "own XML configuration; none removes "
			    "it" },
			READY_OPT,
			WEAK_OPT,
			{ .name = "--plain-until", .value = "TIME",
			    .help = "until then the whole file, not "
			    "encrypted; as \"2026-11-30 18\" (UTC), or "
			    "2026-11-30 for the end of that day; none ends "
			    "it" },
			{ .name = "--with-secrets",
			    .help = "with --plain-until: passwords in it "
			    "too" },
		},
		.fn = cmd_phone_set,
	},
	{
		.words = "phone show", .alias = "show phone",
		.summary = "Show a phone and what it fetched last",
		.help = "The phone's values, each setting with where its "
		    "value is from, and its last requests, newest first.  "
		    "Of a secret only that it is set.  Also as show phone.",
		.arg = { PHONE_ARG },
		.fn = cmd_phone_show,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_phone(void)
{
	return commands;
}
