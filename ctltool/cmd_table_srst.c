/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about SRST references.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define NAME_ARG(f) { .name = "NAME", .kind = KIND_SRST, .flags = f, \
    .help = "the reference" }
#define VALUE_OPTS(req) \
    { .name = "--address", .value = "ADDRESS", .flags = req, \
	.help = "address or host name of the gateway, which shows its " \
	"certificate there too" }, \
    { .name = "--port", .value = "PORT", .help = "SCCP; default 2000" }, \
    { .name = "--sip-address", .value = "ADDRESS", \
	.help = "where it speaks SIP; none: the same address" }, \
    { .name = "--sip-port", .value = "PORT", .help = "default 5060" }, \
    { .name = "--certificate-port", .value = "PORT", \
	.help = "of its certificate provider; default 2445" }, \
    { .name = "--secure", .value = "YESNO", .choices = "yes|no", \
	.help = "phones speak TLS with it; default no" }

static const struct cmd table[] = {
	{
		.words = "srst accept", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Accept the certificate that a gateway showed",
		.help = "The candidate of srst fetch goes into phones' files, "
		    "in place of the one accepted before.  Its fingerprint is "
		    "shown for comparing with what the gateway itself says.",
		.arg = {
			NAME_ARG(0),
			{ .name = "--sha256", .value = "HEX",
			    .help = "refuse any other certificate" },
		},
		.fn = cmd_srst_accept,
	},
	{
		.words = "srst add", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Add a gateway that phones turn to",
		.help = "When no server answers them.  Phones and profiles "
		    "name it with --srst-reference.  Adding it again with the "
		    "same values changes nothing.",
		.arg = {
			{ .name = "NAME",
			    .help = "1 to 64 of A-Z a-z 0-9 . _ -" },
			VALUE_OPTS(ARG_REQUIRED),
		},
		.fn = cmd_srst_add,
	},
	{
		.words = "srst check", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE | CMD_LIVE,
		.summary = "Look whether gateways renewed their certificates",
		.help = "What they show now is compared with what was "
		    "accepted, for all secure references whose last look is "
		    "srst.check_hours ago.  Exit status 3 when a gateway shows "
		    "another certificate, or none.",
		.arg = {
			{ .name = "NAME", .kind = KIND_SRST,
			    .flags = ARG_OPTIONAL,
			    .help = "this reference alone, due or not" },
			{ .name = "--all",
			    .help = "all secure references, due or not" },
		},
		.fn = cmd_srst_check,
	},
	{
		.words = "srst fetch", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_OUTSIDE,
		.summary = "Ask a gateway for its certificate",
		.help = "Over TLS on its certificate port; any version from "
		    "1.0 will do, as nothing is trusted by it.  The "
		    "certificate becomes the candidate; phones' files stay as "
		    "they are until srst accept.",
		.arg = {
			NAME_ARG(0),
			{ .name = "--expect-sha256", .value = "HEX",
			    .help = "take no other certificate" },
		},
		.fn = cmd_srst_fetch,
	},
	{
		.words = "srst list",
		.summary = "List the SRST references",
		.help = "Address, whether it is secure, until when the "
		    "accepted certificate holds, what the last look told, "
		    "number of phones.",
		.fn = cmd_srst_list,
	},
	{
		.words = "srst remove", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove an SRST reference",
		.help = "Refused while phones or profiles name it.",
		.arg = { NAME_ARG(0) },
		.fn = cmd_srst_remove,
	},
	{
		.words = "srst set", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Change an SRST reference",
		.help = "Only what is given.  The accepted certificate stays, "
		    "also when the address changes.",
		.arg = { NAME_ARG(0), VALUE_OPTS(0) },
		.fn = cmd_srst_set,
	},
	{
		.words = "srst show", .alias = "show srst",
		.summary = "Show an SRST reference and what its phones lack",
		.help = "A phone's file carries the certificate only when the "
		    "cluster is in mixed mode, the phone's security mode is "
		    "authenticated or encrypted, the reference is marked "
		    "secure, and a certificate is accepted and within its "
		    "dates.  Which of these is missing is said for each "
		    "phone.  Without NAME as srst list.",
		.arg = { NAME_ARG(ARG_OPTIONAL) },
		.fn = cmd_srst_show,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_srst(void)
{
	return table;
}
