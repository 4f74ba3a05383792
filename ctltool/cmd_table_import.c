/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about certificates from outside and requests for them, see
 * cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define UNIT_ARG { .name = "UNIT", .kind = KIND_UNIT, \
    .help = "own unit, as CallManager" }
#define FILES_ARG(h) { .name = "FILE", .kind = KIND_FILE, \
    .flags = ARG_REPEAT, .help = h }
#define PASSWORD_OPT { .name = "--password-file", .value = "FILE", \
    .kind = KIND_FILE, .help = "file with the password of PKCS#12 and " \
    "encrypted keys in its first line; - reads it from standard input; " \
    "without it a terminal is asked" }

static const struct cmd commands[] = {
	{
		.words = "set cert chain-for", .level = LEVEL_OPERATOR,
		.summary = "Print the chain of a certificate for a gateway",
		.help = "What to paste at a gateway, in the order in which it "
		    "takes them: the root first, each authority below it, "
		    "the certificate last.  Lines that begin with ! say what "
		    "each is for.  Issuers come from the trust stores.\n"
		    "Exit 3 when the chain is not complete.",
		.arg = {
			{ .name = "CERT", .kind = KIND_UNIT,
			    .help = "own unit, or a certificate of a trust "
			    "store by name, common name, serial number or "
			    "SHA-256" },
			{ .name = "--announced",
			    .help = "of a unit, the certificate that is "
			    "announced and not active yet" },
		},
		.fn = cmd_cert_chain_for,
	},
	{
		.words = "set cert import own", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Import a certificate for a unit",
		.help = "Takes what an authority or another system gives: PEM "
		    "with text around it, DER, PKCS#7 with or without the "
		    "certificate, PKCS#12, in several files and any order.  "
		    "The certificate is the one over the key of the pending "
		    "request, over a key in the files, or over a key that the "
		    "unit has.  Its authorities go to the unit's trust store, "
		    "the certificate is announced: it stands in the trust "
		    "list beside the active one, and set cert promote makes "
		    "it active.  Units that stand in no list use it at "
		    "once.\n"
		    "Checked are key, names against the request, uses, dates "
		    "by this node's clock, the chain, and the size of the "
		    "list that comes out.  Either all of it is imported or "
		    "nothing; importing again changes nothing.  With "
		    "--dry-run only the plan is shown.\n"
		    "Exit 4 when a check refuses it.",
		.arg = {
			UNIT_ARG,
			FILES_ARG("file with certificates or a private key; - "
			    "is standard input, for pasting"),
			PASSWORD_OPT,
		},
		.fn = cmd_cert_import_own,
	},
	{
		.words = "set cert import trust", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Import certificates into a trust store",
		.help = "Every certificate in the files, which may be of any "
		    "form (see set cert import own).  CallManager and "
		    "CallManager-trust are the same store here.  What TVS "
		    "tells phones of a certificate follows from its store: "
		    "CallManager-trust a call manager, CAPF-trust a CAPF, "
		    "TVS-trust a TVS, https-trust an application server, "
		    "Phone-SAST-trust a signer of lists and files.\n"
		    "Certificates that have ended or are not valid yet by "
		    "this node's clock are refused, and then nothing is "
		    "imported.  Importing again changes nothing.\n"
		    "A folder stands for every file in it.  Then each file is "
		    "a matter of its own: one that cannot be read, has no "
		    "certificate or has a refused one is named with the "
		    "reason, and the others go in, 1,000 certificates a "
		    "transaction.  When it was cut, import the folder "
		    "again.\n"
		    "Exit 3 when --skip-expired left some out or some files "
		    "of a folder failed, 4 when something is refused.",
		.arg = {
			{ .name = "UNIT", .kind = KIND_TRUST_UNIT,
			    .help = "trust store, as CallManager-trust" },
			FILES_ARG("file with certificates, or folder of such "
			    "files; - is standard input, for pasting"),
			{ .name = "--note", .value = "TEXT",
			    .help = "why it is there, for those who read "
			    "the list" },
			PASSWORD_OPT,
			{ .name = "--recursive",
			    .help = "of a folder, the folders below it too" },
			{ .name = "--skip-expired",
			    .help = "leave out what has ended and take the "
			    "rest" },
			{ .name = "--ttl", .value = "SECONDS",
			    .help = "how long phones keep what TVS says of "
			    "it: 60 to 2592000; default by its role" },
		},
		.fn = cmd_cert_import_trust,
	},
	{
		.words = "set crl delete", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove a revocation list",
		.help = "Certificates that it revoked are trusted again as "
		    "far as a trust store says so.  A newer list needs no "
		    "removal: set crl import replaces the older.",
		.arg = {
			{ .name = "CA",
			    .help = "name of the CA, or the list's SHA-256, "
			    "as show crl prints them" },
		},
		.fn = cmd_crl_delete,
	},
	{
		.words = "set crl import", .level = LEVEL_OWNER,
		.flags = CMD_WRITES,
		.summary = "Import revocation lists of CAs",
		.help = "Every revocation list in the files, which may be of "
		    "any form (see set cert import own).  A list must be "
		    "signed by a CA of a trust store, full (no delta list), "
		    "and not older than the one that is here, which it "
		    "replaces.  It counts at once: connections of "
		    "certificates that it names are refused.  Once a list is "
		    "past its own date, whom it does not name is kept, and "
		    "the log says so.\n"
		    "Exit 4 when something is refused; then nothing is "
		    "imported.",
		.arg = {
			FILES_ARG("file with revocation lists; - is standard "
			    "input, for pasting"),
			PASSWORD_OPT,
		},
		.fn = cmd_crl_import,
	},
	{
		.words = "set csr gen", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE,
		.summary = "Make a signing request for a unit",
		.help = "A new key, which stays here sealed, and a PKCS#10 "
		    "request over it for a certificate authority, with the "
		    "uses that the unit needs.  Then it says what an "
		    "authority may reject, before money is spent.  One "
		    "request of a unit can be pending: a second one asks "
		    "before it replaces the first.\n"
		    "Names are the DNS names of all nodes (--san multi; of "
		    "units per node, this node's), common name is this "
		    "node's, with -ms behind it for several nodes.",
		.arg = {
			UNIT_ARG,
			{ .name = "--add-san", .value = "NAME",
			    .flags = ARG_REPEAT,
			    .help = "one host name or address more" },
			{ .name = "--cn", .value = "NAME",
			    .help = "common name; authorities often want one "
			    "of the names without -ms" },
			{ .name = "--hash", .value = "HASH",
			    .choices = "sha256|sha384|sha512",
			    .help = "digest of the request's signature" },
			{ .name = "--key", .value = "KIND",
			    .choices = "rsa2048|rsa3072|rsa4096|ec256|ec384|"
			    "ec521",
			    .help = "kind of key; default is the unit's own" },
			{ .name = "--out", .value = "FILE", .kind = KIND_FILE,
			    .help = "write the request there instead of "
			    "showing it; a file that is there is never "
			    "overwritten" },
			{ .name = "--parent-domain", .value = "DOMAIN",
			    .help = "a domain as one name more; authorities "
			    "often want none" },
			{ .name = "--san", .value = "WHICH",
			    .choices = "multi|node",
			    .help = "names of all nodes, or of this one" },
		},
		.fn = cmd_csr_gen,
	},
	{
		.words = "show crl", .level = LEVEL_OPERATOR,
		.summary = "List the revocation lists of CAs",
		.help = "Of each CA, how many certificates it has revoked, "
		    "the dates of its list, and the list's SHA-256.",
		.fn = cmd_show_crl,
	},
	{
		.words = "show csr list own", .level = LEVEL_OPERATOR,
		.summary = "List the pending signing requests",
		.help = "One line per request: unit/unit.csr.",
		.fn = cmd_show_csr_list_own,
	},
	{
		.words = "show csr list trust", .level = LEVEL_OPERATOR,
		.summary = "List signing requests of trust stores",
		.help = "There are none: only own units have requests.",
		.fn = cmd_show_csr_list_trust,
	},
	{
		.words = "show csr own", .level = LEVEL_OPERATOR,
		.summary = "Show a pending signing request",
		.help = "Subject, names, kind of key, age, whether its key is "
		    "here, what an authority may reject, and the request as "
		    "PEM.",
		.arg = {
			{ .name = "NAME", .kind = KIND_UNIT,
			    .help = "as CallManager or "
			    "CallManager/CallManager.csr" },
			{ .name = "--pem",
			    .help = "PEM only, for another program" },
		},
		.fn = cmd_show_csr_own,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_import(void)
{
	return commands;
}
