/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command table, see cmd.h.  Wording and order of the reference's
 * commands: spec/admin-cli.md.
 */
#include <stdlib.h>
#include <string.h>

#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define TFTP_FILE_ARG(f, h) { .name = "NAME", .kind = KIND_TFTP_FILE, \
    .flags = (f), .help = h }
#define LIST_FILE_OPT { .name = "--file", .value = "FILE", \
    .kind = KIND_FILE, \
    .help = "show this trust list instead; needs no state folder" }
#define SERVICE_ARG { .name = "SERVICE", .kind = KIND_SERVICE, \
    .flags = ARG_REST, \
    .help = "a daemon (tftpd, tvsd, capfd), the reference's name (Cisco Tftp), or " \
	"all" }

static const struct cmd general[] = {
	{
		.words = "complete", .flags = CMD_HIDDEN,
		.summary = "Candidates for the shell's completion",
		.help = "Prints what could stand for the last word of LINE, "
		    "one per line; @file and @folder ask the shell for names.",
		.arg = {
			{ .name = "LINE", .flags = ARG_OPTIONAL,
			    .help = "the command line up to the cursor, "
			    "after --" },
		},
		.fn = cmd_complete,
	},
	{
		.words = "exit", .alias = "quit", .flags = CMD_PROMPT,
		.summary = "Leave the prompt",
		.help = "Ctrl-D on an empty line does the same.",
		.fn = cmd_exit,
	},
	{
		.words = "explain",
		.summary = "Say what a trust list or signed file is",
		.help = "Tells in words what any .tlv, .sgn or .enc.sgn file "
		    "is, who signed it, with which digest and when, what it "
		    "says, and whether a certificate of this cluster verifies "
		    "it.  Without a state folder a list is checked against "
		    "its own records only.  Of a signed image it also tells "
		    "whether a phone could take it under its name.\n"
		    "Exit 0 when verified, 4 when the signature is broken or "
		    "the signer is not known here.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .help = "the file to look at" },
		},
		.fn = cmd_explain,
	},
	{
		.words = "file delete tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE,
		.summary = "Delete a file that phones can fetch",
		.help = "Takes the name in its exact spelling, from tftp/ or "
		    "the first folder of parameter tftp.root that has it.  "
		    "Trust lists and phones' configurations are not files: "
		    "they stand in the database.",
		.arg = { TFTP_FILE_ARG(0, "file, as listed by file list "
		    "tftp") },
		.fn = cmd_file_delete,
	},
	{
		.words = "file dump tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_ALONE,
		.summary = "Show the bytes of a file phones can fetch",
		.help = "In hexadecimal, with what is printable beside it: "
		    "for firmware and other files that are not text.",
		.arg = {
			TFTP_FILE_ARG(0, "file name, as a phone asks for it"),
			{ .name = "--bytes", .value = "N",
			    .help = "how many; 4096 by default, at most "
			    "1048576" },
			{ .name = "--offset", .value = "N",
			    .help = "where to begin" },
		},
		.fn = cmd_file_dump,
	},
	{
		.words = "file get tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE,
		.summary = "Copy a file as phones get it",
		.help = "To a file in the folder of the call, under the last "
		    "part of its name, for this account alone: a "
		    "configuration may carry passwords.  A file that is "
		    "there is never overwritten, and of a copy that fails "
		    "nothing is left.",
		.arg = {
			TFTP_FILE_ARG(0, "file name, as a phone asks for it"),
			{ .name = "--to", .value = "FILE", .kind = KIND_FILE,
			    .help = "name of the copy" },
		},
		.fn = cmd_file_get,
	},
	{
		.words = "file list tftp", .level = LEVEL_OPERATOR,
		.summary = "List the files phones can fetch",
		.help = "Static files below tftp/ and the folders of parameter "
		    "tftp.root with size and time of change, then what is "
		    "made for phones: trust lists, and the number of phone "
		    "configurations.  A SEP*.cnf.xml among the static files "
		    "is not given out: it is imported.",
		.arg = {
			{ .name = "PATTERN", .flags = ARG_OPTIONAL,
			    .help = "only names that match, as '*.xml'" },
			{ .name = "ORDER", .flags = ARG_OPTIONAL | ARG_REST,
			    .help = "date or size: static files in that "
			    "order, the newest or largest first; reverse "
			    "turns it round; page and detail, as it is "
			    "anyway" },
			{ .name = "--all",
			    .help = "name each phone's configuration" },
			{ .name = "--signed",
			    .help = "only stored .sgn files" },
			{ .name = "--stale",
			    .help = "only stored .sgn files older than the "
			    "file they sign: these are signed afresh" },
		},
		.fn = cmd_file_list,
	},
	{
		.words = "file search tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_ALONE,
		.summary = "Find lines in the files phones can fetch",
		.help = "Static text files of at most 4 MiB, line by line, as "
		    "name:number:line.",
		.arg = {
			{ .name = "PATTERN",
			    .help = "files to look through, as '*.xml'" },
			{ .name = "EXPRESSION",
			    .help = "extended regular expression, as grep -E "
			    "takes it" },
		},
		.fn = cmd_file_search,
	},
	{
		.words = "file tail tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_ALONE,
		.summary = "Show the last lines of a text file",
		.help = "Of a static file or a phone's configuration; of a "
		    "file larger than 1 MiB, lines within its last MiB.",
		.arg = {
			TFTP_FILE_ARG(0, "file name, as a phone asks for it"),
			{ .name = "--lines", .value = "N",
			    .help = "how many; 10 by default" },
		},
		.fn = cmd_file_tail,
	},
	{
		.words = "file verify tftp", .level = LEVEL_OPERATOR,
		.summary = "Check files that their maker signed",
		.help = "Firmware (.loads, .sbn) and stored .sgn files: is "
		    "the header of the signature whole, made for this name, "
		    "and followed by something?  Signatures of this cluster "
		    "are verified; those of others cannot be, without the "
		    "maker's certificate.\n"
		    "Each file gets a word: verified (signed here, and the "
		    "signature fits), sound (the header is; the signature was "
		    "not checked), plain (not signed by a maker), bad or "
		    "broken (no phone takes it).\n"
		    "Exit 4 when there is one that no phone takes.",
		.arg = {
			TFTP_FILE_ARG(ARG_OPTIONAL, "file to check"),
			{ .name = "--all",
			    .help = "check all such files" },
		},
		.fn = cmd_file_verify,
	},
	{
		.words = "file view tftp", .level = LEVEL_OPERATOR,
		.flags = CMD_ALONE,
		.summary = "Show a text file as phones get it",
		.help = "A static file or a phone's configuration, at most 1 "
		    "MiB.  What is not text is refused, with the command "
		    "that says what it is.",
		.arg = { TFTP_FILE_ARG(0, "file name, as a phone asks for "
		    "it") },
		.fn = cmd_file_view,
	},
	{
		.words = "help",
		.summary = "Show the commands, or one in full",
		.help = "Without WORDS all commands; with the first words of "
		    "commands those; with a whole command its arguments and "
		    "options.",
		.arg = {
			{ .name = "WORDS", .kind = KIND_COMMAND,
			    .flags = ARG_OPTIONAL | ARG_REST,
			    .help = "words of a command" },
		},
		.fn = cmd_help,
	},
	{
		.words = "node init", .level = LEVEL_OWNER,
		.flags = CMD_OUTSIDE | CMD_LIVE,
		.summary = "Make a cluster of one node in the state folder",
		.help = "Makes the state folder (or takes an empty one) with "
		    "database, keys, the own certificates and the first ITL.  "
		    "A run that was cut is started over by calling it again.  "
		    "Never asks.",
		.arg = {
			{ .name = "--name", .value = "NODE",
			    .flags = ARG_REQUIRED,
			    .help = "host label of this node: a-z, 0-9, '-'" },
			{ .name = "--cluster", .value = "CLUSTER",
			    .flags = ARG_REQUIRED,
			    .help = "name of the cluster" },
			{ .name = "--address", .value = "ADDRESS",
			    .flags = ARG_REQUIRED | ARG_REPEAT,
			    .help = "IP address phones use; the first one is "
			    "written into phone files" },
			{ .name = "--dns-name", .value = "HOST",
			    .flags = ARG_REPEAT,
			    .help = "host name to put into certificates" },
			{ .name = "--port-offset", .value = "N",
			    .help = "add N to every default port, so that no "
			    "privilege is needed" },
			{ .name = "--test",
			    .help = "a state for tests: allows --time-offset" },
		},
		.fn = cmd_node_init,
	},
	{
		.words = "preflight", .flags = CMD_PREFIX,
		.summary = "Rehearse a command",
		.help = "preflight COMMAND is COMMAND --dry-run: everything is "
		    "done but the change, and the effect is told.",
		.arg = {
			{ .name = "COMMAND", .kind = KIND_COMMAND,
			    .flags = ARG_REST,
			    .help = "a command with its arguments" },
		},
		.fn = cmd_preflight,
	},
	{
		.words = "report sbd",
		.summary = "List models with security by default",
		.help = "The phone models that fetch and keep an ITL and ask "
		    "TVS, by protocol, each with the source of that.  Models "
		    "that are not listed are taken as those that do not.",
		.fn = cmd_report_sbd,
	},
	{
		.words = "run sql", .level = LEVEL_OPERATOR,
		.summary = "Ask the configuration with a SELECT",
		.help = "One SELECT over tables with the reference's names: "
		    "processconfig, processnode, device, securityprofile, "
		    "certificate, enduser and their type tables.  They are "
		    "copies without anything secret, and nothing can be "
		    "changed.  Without STATEMENT the tables and their "
		    "columns.  In a shell, quote the statement.  At most "
		    "1,000,000 rows, 256 MiB and 10 seconds.",
		.arg = {
			{ .name = "STATEMENT",
			    .flags = ARG_OPTIONAL | ARG_REST,
			    .help = "as \"select name from device\"" },
		},
		.fn = cmd_run_sql,
	},
	{
		.words = "set cli pagination", .flags = CMD_PROMPT,
		.summary = "Show long output page by page, or not",
		.help = "Holds until the prompt is left.",
		.arg = {
			{ .name = "MODE", .choices = "on|off",
			    .help = "whether the pager is used" },
		},
		.fn = cmd_pagination,
	},
	{
		.words = "set param", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Change a parameter",
		.help = "Acts live: nothing has to be restarted.  A parameter "
		    "that changes what a trust list says shows the effect "
		    "and asks; parameter and new list go in together.  An "
		    "address or port that two listeners would share is "
		    "refused.  "
		    "Setting the value it has changes nothing.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PARAM,
			    .help = "parameter, as listed by show param" },
			{ .name = "VALUE", .kind = KIND_PARAM_VALUE,
			    .help = "new value" },
			{ .name = "--node", .value = "NODE", .kind = KIND_NODE,
			    .help = "for this node only" },
		},
		.fn = cmd_param_set,
	},
	{
		.words = "shell", .flags = CMD_PROMPT,
		.summary = "Open the admin: prompt",
		.help = "On a terminal lines can be edited and repeated, Tab "
		    "completes words and names, ? tells what may follow, "
		    "Ctrl-C drops a line or ends a command, exit or Ctrl-D "
		    "leaves.  Without a terminal the lines of standard input "
		    "are run one by one; one that fails does not stop those "
		    "after it.  The exit status is that of the last command "
		    "that failed.  ctltool alone on a terminal does the same.",
		.fn = cmd_shell,
	},
	{
		.words = "show ctl",
		.summary = "Show the Certificate Trust List",
		.help = "Parses the CTL this node serves, verifies its "
		    "signature and shows it.  In non-secure mode there is "
		    "none: exit 1.\n"
		    "Exit 0 only when the list is verified.",
		.arg = { LIST_FILE_OPT },
		.fn = cmd_show_ctl,
	},
	{
		.words = "show itl",
		.summary = "Show the Identity Trust List",
		.help = "Parses the ITL this node serves, verifies its "
		    "signature and shows it under a summary.\n"
		    "With --file any trust list of any cluster, verified by "
		    "its own System Administrator Security Token record; "
		    "exit 4 for anything else.\n"
		    "Exit 0 only when the list is verified.",
		.arg = { LIST_FILE_OPT },
		.fn = cmd_show_itl,
	},
	{
		.words = "show models",
		.summary = "Show what phone models can do",
		.help = "Without MODEL all that are known; with MODEL one in "
		    "full, each fact with its source: a requirement or "
		    "specification, [G] for general knowledge, [?] for what "
		    "is not sure.  Of a model that is not known nothing is "
		    "assumed: no encryption, no signatures, no ITL.",
		.arg = {
			{ .name = "MODEL", .kind = KIND_MODEL,
			    .flags = ARG_OPTIONAL,
			    .help = "as 8861 or CP-8861" },
		},
		.fn = cmd_show_models,
	},
	{
		.words = "show param",
		.summary = "Show parameters",
		.help = "Without NAME all parameters with their values; with "
		    "NAME one in full: range, default, effect.",
		.arg = {
			{ .name = "NAME", .kind = KIND_PARAM,
			    .flags = ARG_OPTIONAL,
			    .help = "parameter" },
			{ .name = "--node", .value = "NODE", .kind = KIND_NODE,
			    .help = "values as this node sees them; without "
			    "it, this one" },
		},
		.fn = cmd_param_show,
	},
	{
		.words = "show status",
		.summary = "Show the node at a glance",
		.help = "Cluster, node, addresses, ports, services, the ITL "
		    "served, number of phones, and the certificate that ends "
		    "first.  Warns of phones' own configurations among the "
		    "files that are not used, and of sockets that a service "
		    "could not open.",
		.fn = cmd_show_status,
	},
	{
		.words = "show tvs asks",
		.summary = "Show what phones asked the TVS",
		.help = "The newest first: when, device, address, verify (a "
		    "whole certificate) or query (by name), the answer, and "
		    "the certificate's subject.  Anything but valid says why "
		    "it was not: unknown, removed, revoked, retired, expired, "
		    "not yet valid, not for phones.\n"
		    "A device that asks the same again within a minute is not "
		    "put down again.  Devices call themselves by the name "
		    "shown; nothing proves it.",
		.arg = {
			{ .name = "DEVICE", .kind = KIND_PHONE,
			    .flags = ARG_OPTIONAL,
			    .help = "only what this one asked" },
			{ .name = "--limit", .value = "N",
			    .help = "at most so many (20)" },
		},
		.fn = cmd_show_tvs_asks,
	},
	{
		.words = "show version",
		.summary = "Show the version of the programs",
		.help = "Version of phonetrust and of its database.  There is "
		    "no inactive version: another one is a package.",
		.arg = {
			{ .name = "WHICH", .flags = ARG_OPTIONAL,
			    .choices = "active|inactive",
			    .help = "the one that runs, by default" },
		},
		.fn = cmd_show_version,
	},
	{
		.words = "utils service list",
		.summary = "List the services and their state",
		.help = "One line per service: tftpd[STARTED] or "
		    "tftpd[STOPPED]; below it what it listens on.  An "
		    "address marked (kept) stays until a new one can be had; "
		    "a warning says why that could not.",
		.arg = {
			{ .name = "PAGE", .flags = ARG_OPTIONAL,
			    .choices = "page",
			    .help = "page by page, as on a terminal anyway" },
		},
		.fn = cmd_service_list,
	},
	{
		.words = "utils service restart", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE | CMD_LIVE,
		.summary = "Stop and start services",
		.help = "Transfers under way are finished first.",
		.arg = { SERVICE_ARG },
		.fn = cmd_service_restart,
	},
	{
		.words = "utils service start", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE | CMD_LIVE,
		.summary = "Start services",
		.help = "Returns when each daemon is ready or has said why "
		    "not.  One that runs already is left alone.",
		.arg = { SERVICE_ARG },
		.fn = cmd_service_start,
	},
	{
		.words = "utils service stop", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE | CMD_LIVE,
		.summary = "Stop services",
		.help = "Transfers under way are finished first.  Returns "
		    "when each daemon has ended.",
		.arg = { SERVICE_ARG },
		.fn = cmd_service_stop,
	},
	{
		.words = "watch tftp", .flags = CMD_LIVE | CMD_OUTSIDE,
		.summary = "Show live transfers of tftpd, with rates",
		.help = "Over and over until interrupted: transfers under "
		    "way over TFTP, HTTP and HTTPS, the fastest first, with "
		    "peer, file, progress and retransmissions; and all "
		    "requests since tftpd started, with rates between two "
		    "looks.  The first is shown after one interval.  A "
		    "terminal is drawn over; elsewhere looks follow one "
		    "another.  With --json each is a line of its own; with "
		    "--once there is one.\n"
		    "Exit 6 when tftpd does not run.",
		.arg = {
			{ .name = "--interval", .value = "SECONDS",
			    .help = "time between looks, from 0.1 to 3600; "
			    "1 by default" },
			{ .name = "--count", .value = "N",
			    .help = "end after so many looks" },
			{ .name = "--once", .help = "one look" },
		},
		.fn = cmd_watch_tftp,
	},
	{ .words = NULL },
};

static const struct cmd_arg global_options[] = {
	{ .name = "--batch", .value = "FILE", .kind = KIND_FILE,
	    .help = "also -f: run the commands of FILE (-: standard input), a "
	    "line each, in one transaction: all of them or none" },
	{ .name = "--dry-run",
	    .help = "do all but the change, and tell what it would be" },
	{ .name = "--help", .help = "show help of the command" },
	{ .name = "--json", .help = "answer as one JSON object" },
	{ .name = "--no-pager",
	    .help = "do not show long output through $PAGER" },
	{ .name = "--state", .value = "DIR", .kind = KIND_FOLDER,
	    .help = "state folder; default $PHONETRUST_STATE, else "
	    STATE_DEFAULT },
	{ .name = "--time-offset", .value = "S",
	    .help = "move the clock by S seconds; only with a state made "
	    "by node init --test" },
	{ .name = "--version", .help = "show the version" },
	{ .name = "--yes", .help = "answer yes to what would be asked" },
	{ .name = NULL },
};

/* The tables of all files as one, in order of words. */
const struct cmd *
cmd_table(void)
{
	static struct cmd all[CMDS_MAX + 1];
	const struct cmd *part[] = { general, cmd_table_phone(),
	    cmd_table_bulk(), cmd_table_capf(), cmd_table_capf_csr(),
	    cmd_table_capf_mic(), cmd_table_cert(), cmd_table_expiry(),
	    cmd_table_import(), cmd_table_srst(), cmd_table_user() };
	const struct cmd **next;

	if (all[0].words != NULL)
		return all;
	for (size_t i = 0; i < CMDS_MAX; i++) {
		next = NULL;
		for (size_t k = 0; k < sizeof(part) / sizeof(part[0]); k++)
			if (part[k]->words != NULL && (next == NULL ||
			    strcmp(part[k]->words, (*next)->words) < 0))
				next = &part[k];
		if (next == NULL)
			return all;
		all[i] = *(*next)++;
	}
	abort();		/* CMDS_MAX is too small */
}

const struct cmd_arg *
cmd_global(void)
{
	return global_options;
}

const char *
cmd_level_name(enum cmd_level l)
{
	switch (l) {
	case LEVEL_VIEWER:
		return "viewer";
	case LEVEL_OPERATOR:
		return "operator";
	case LEVEL_OWNER:
		return "owner";
	}
	return "unknown";
}
