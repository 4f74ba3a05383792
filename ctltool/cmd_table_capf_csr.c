/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about CAs elsewhere that certify phones' keys.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

static const struct cmd table[] = {
	{
		.words = "utils capf ca certificate", .level = LEVEL_OWNER,
		.flags = CMD_WRITES,
		.summary = "Keep a certificate to show to an online CA",
		.help = "A certificate with its private key, by which an EST "
		    "server knows this registration authority, and what is "
		    "between it and its root: in any files, PEM, PKCS#12 and "
		    "others.  It is shown over https to a server that asks "
		    "for one, with or without a password besides.  It is kept "
		    "sealed; give another one before it ends: show cert "
		    "expiry and alarms say when.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL | ARG_REPEAT,
			    .help = "certificate and key, in one file or "
			    "several" },
			{ .name = "--password-file", .value = "FILE",
			    .kind = KIND_FILE, .flags = ARG_SECRET,
			    .help = "password of encrypted files in its "
			    "first line; - asks" },
			{ .name = "--remove",
			    .help = "forget the one that is kept" },
		},
		.fn = cmd_capf_ca_certificate,
	},
	{
		.words = "utils capf ca password", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Keep the password of an online CA",
		.help = "For capf.online_ca_user at an EST server, or the "
		    "challenge password of a SCEP server.  It is kept sealed, "
		    "and shown to nobody but the CA.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL | ARG_SECRET,
			    .help = "password in its first line; - asks" },
			{ .name = "--remove",
			    .help = "forget the one that is kept" },
		},
		.fn = cmd_capf_ca_password,
	},
	{
		.words = "utils capf cert import", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_ALONE | CMD_LIVE,
		.summary = "Bring back phones' certificates from their CA",
		.help = "Any container: PEM with text around it, DER, PKCS#7, "
		    "PKCS#12, folders of them; names and order do not "
		    "matter.  Each certificate goes to the request over its "
		    "key, and must bear the phone's name, the uses it needs, "
		    "and an issuer that CAPF-trust has; else the request says "
		    "why.  The phone fetches it when it comes next.\n"
		    "Certificates of CAs are not taken: set cert import trust "
		    "CAPF and set cert import trust CallManager take them.  "
		    "What lacks nothing but its issuer is kept, and taken by "
		    "capfd once that is imported.\n"
		    "What is missing or was cut off can come later: "
		    "importing a file again is safe.",
		.arg = {
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_REPEAT,
			    .help = "file or folder with certificates" },
			{ .name = "--recursive",
			    .help = "folders below folders too" },
			{ .name = "--password-file", .value = "FILE",
			    .kind = KIND_FILE, .flags = ARG_SECRET,
			    .help = "password of encrypted files in its "
			    "first line; - asks" },
		},
		.fn = cmd_capf_cert_import,
	},
	{
		.words = "utils capf csr count", .level = LEVEL_VIEWER,
		.summary = "Count phones' requests for a CA by state",
		.help = "waiting: for the CA, or for who takes it there; "
		    "sent: the CA has it; issued: its phone fetches the "
		    "certificate when it comes; refused: capf csr list says "
		    "why.",
		.fn = cmd_capf_csr_count,
	},
	{
		.words = "utils capf csr delete", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove phones' requests for a CA",
		.help = "A certificate that comes for one later is not taken.  "
		    "The phone makes a new key when it comes next, while its "
		    "operation is pending.",
		.arg = {
			{ .name = "NAME", .kind = KIND_CAPF_CSR,
			    .flags = ARG_REPEAT,
			    .help = "phones, USER.INSTANCE of CTI clients, "
			    "or all" },
			{ .name = "--with-state", .value = "STATE",
			    .choices = "waiting|sent|issued|refused",
			    .help = "only those" },
		},
		.fn = cmd_capf_csr_delete,
	},
	{
		.words = "utils capf csr dump", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES | CMD_OUTSIDE,
		.summary = "Write phones' requests for their CA",
		.help = "Those that wait, which are sent then: into a new "
		    "file, one PEM block after the other, or into a folder "
		    "that is there, a file NAME.csr each.  A run that was cut "
		    "writes the same again.\n"
		    "CAPF has signed them, not the phones, which cannot: the "
		    "CA has to take them from a registration authority, as "
		    "openssl x509 -new -force_pubkey does.",
		.arg = {
			{ .name = "TO", .kind = KIND_FILE,
			    .help = "file, or existing folder" },
			{ .name = "--all",
			    .help = "those that were sent or refused too" },
		},
		.fn = cmd_capf_csr_dump,
	},
	{
		.words = "utils capf csr list", .level = LEVEL_VIEWER,
		.summary = "List phones' requests for a CA",
		.help = "With state, when they were made and last changed, "
		    "tries, and why the CA or the import refused them.",
		.arg = {
			{ .name = "--with-state", .value = "STATE",
			    .choices = "waiting|sent|issued|refused",
			    .help = "only those" },
		},
		.fn = cmd_capf_csr_list,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_capf_csr(void)
{
	return table;
}
