/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about certificates.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define UNIT_ARG(h) { .name = "UNIT", .kind = KIND_UNIT, .help = h }
#define OWN_UNIT UNIT_ARG("own unit, as CallManager")
#define SACRIFICE_OPT { .name = "--sacrifice", .value = "all", \
    .choices = "all", .help = "go on although phones may be lost" }
#define PART_OPT(o, v, h) { .name = o, .value = v, .help = h "; none " \
    "leaves it out" }

#define VENDOR_ARG { .name = "WHO", \
    .help = "all, or a common name of the list" }
#define STORE_ARG(f) { .name = "STORE", .kind = KIND_TRUST_UNIT, \
    .flags = f, .help = "trust store, as CallManager-trust" }
#define CERT_ARG(k) { .name = "NAME", .kind = k, \
    .flags = ARG_REST, .help = "as listed, or common name, serial number " \
    "or SHA-256" }
#define PEM_OPT { .name = "--pem", \
    .help = "PEM only, for another program" }
#define LIST_OPTS \
    { .name = "--expiring", .value = "DAYS", \
	.help = "only those that end within so many days" }, \
    { .name = "--duplicates", \
	.help = "only those that share their subject with another" }, \
    { .name = "--sort", .value = "KEY", .choices = "name|expiry", \
	.help = "order" }, \
    { .name = "--long", .help = "a table: subject, issuer, serial number, " \
	"end, days left" }

static const struct cmd table[] = {
	{
		.words = "file get tftp ITLRecovery.p12", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE,
		.summary = "Take a copy of the recovery key out of the cluster",
		.help = "PKCS#12 with ITLRecovery's key and certificate, mode "
		    "0600, under a passphrase of at least 14 characters, which "
		    "is asked for twice.  With it lists can be signed that "
		    "phones take when everything else is lost; set cert "
		    "import own ITLRecovery brings it back.  Every copy is "
		    "noted: show cert expiry has those of older keys.  It is "
		    "never served to phones.",
		.arg = {
			{ .name = "--to", .value = "FILE", .kind = KIND_FILE,
			    .help = "file; ITLRecovery.p12 in the working "
			    "directory by default" },
			{ .name = "--password-file", .value = "FILE",
			    .kind = KIND_FILE, .flags = ARG_SECRET,
			    .help = "passphrase in its first line; - asks" },
		},
		.fn = cmd_file_get_recovery,
	},
	{
		.words = "set cert default-ca-list disable",
		.level = LEVEL_OWNER, .flags = CMD_ASKS | CMD_WRITES,
		.summary = "Stop trusting authorities of a phone vendor",
		.help = "For certificate.keep_days they can be enabled again "
		    "without their files.",
		.arg = { VENDOR_ARG },
		.fn = cmd_default_ca_disable,
	},
	{
		.words = "set cert default-ca-list enable",
		.level = LEVEL_OWNER, .flags = CMD_ASKS | CMD_WRITES,
		.summary = "Trust authorities of a phone vendor",
		.help = "Their certificates are not part of phonetrust: name "
		    "files that have them, in any form; what else is in the "
		    "files is passed over.  They go to CallManager-trust and "
		    "CAPF-trust.  Without files those that were disabled are "
		    "enabled again.\n"
		    "With them every phone of that vendor is let in, whoever "
		    "owns it: have them only while phones get certificates of "
		    "their own.\n"
		    "Authorities that have ended, as those of old phones have, "
		    "are taken too, but good only for enrolment by CAPF, and "
		    "there for the phones of utils capf mic-allow (parameter "
		    "capf.expired_mic).",
		.arg = {
			VENDOR_ARG,
			{ .name = "FILE", .kind = KIND_FILE,
			    .flags = ARG_OPTIONAL | ARG_REPEAT,
			    .help = "file with certificates; - is standard "
			    "input" },
		},
		.fn = cmd_default_ca_enable,
	},
	{
		.words = "set cert delete", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Remove a certificate from a trust store",
		.help = "At once for whoever asks from now on.  Refused while "
		    "a chain, another trusted certificate or an SRST "
		    "reference needs it; --sacrifice all says what breaks and "
		    "goes on.  Own certificates are not deleted: see set cert "
		    "purge.",
		.arg = { STORE_ARG(0), CERT_ARG(KIND_TRUSTED),
		    SACRIFICE_OPT },
		.fn = cmd_cert_delete,
	},
	{
		.words = "set cert export", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES | CMD_OUTSIDE,
		.summary = "Export certificate and key for another program",
		.help = "Of https and ipsec alone: phones rely on all others.  "
		    "Below the folder come x509/UNIT.pem, the authorities "
		    "above it as x509ca/UNIT-N.pem, and the key as "
		    "pkcs8/UNIT.der (PKCS#8, mode 0600): where strongSwan "
		    "reads them when the folder is /etc/swanctl; then "
		    "swanctl --load-creds.",
		.arg = {
			OWN_UNIT,
			{ .name = "--to", .value = "FOLDER",
			    .kind = KIND_FOLDER, .flags = ARG_REQUIRED,
			    .help = "existing folder" },
		},
		.fn = cmd_cert_export,
	},
	{
		.words = "set cert promote", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Put the announced certificate of a unit to use",
		.help = "The announced certificate becomes active and signs; "
		    "the one before it retires and is kept with its key "
		    "(certificate.keep_days).  Phones that never took the "
		    "list with the announced certificate may not trust what "
		    "it signs: who they are is said, and --sacrifice all is "
		    "needed to go on.  Daemons that run show it in about half "
		    "a second; phones' certificates are issued by a promoted "
		    "CAPF from that moment on.",
		.arg = { OWN_UNIT, SACRIFICE_OPT },
		.fn = cmd_cert_promote,
	},
	{
		.words = "set cert purge", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Forget retired certificates of a unit",
		.help = "Retired certificates older than certificate.keep_days "
		    "go with their keys; set cert rollback cannot bring them "
		    "back after that.",
		.arg = {
			OWN_UNIT,
			{ .name = "--now", .help = "however young they are" },
		},
		.fn = cmd_cert_purge,
	},
	{
		.words = "set cert regen", .level = LEVEL_OPERATOR,
		.flags = CMD_ASKS | CMD_WRITES | CMD_ALONE,
		.summary = "Make a new key and certificate for a unit",
		.help = "The new certificate is announced only: trust lists "
		    "carry it beside the one in use, which goes on signing "
		    "until set cert promote.  At most two SAST records stand "
		    "in a list, so a new CallManager certificate gains its "
		    "record for files alone, and a new ITLRecovery none.  "
		    "https and ipsec are in no list and switch at once.\n"
		    "Refused: CallManager, TVS or ITLRecovery while another of "
		    "these three has a certificate announced; TVS while "
		    "phones have not taken the list with a new CallManager or "
		    "ITLRecovery certificate; a certificate that a CA "
		    "signed, unless --self-signed; keys that the unit cannot "
		    "have (RSA 3072 and EC where lists or files are signed).",
		.arg = {
			OWN_UNIT,
			{ .name = "--key", .value = "TYPE",
			    .choices = "rsa1024|rsa2048|rsa3072|rsa4096|ec256|"
			    "ec384|ec521", .help = "key of another kind" },
			{ .name = "--hash", .value = "HASH",
			    .choices = "sha256|sha384|sha512",
			    .help = "digest of the certificate's signature" },
			{ .name = "--self-signed",
			    .help = "also in place of a certificate that a CA "
			    "signed" },
		},
		.fn = cmd_cert_regen,
	},
	{
		.words = "set cert rollback", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Take the last step of a unit's certificate back",
		.help = "An announced certificate is withdrawn: it goes with its "
		    "key, but one that was in use before retires.  If there "
		    "is none, the certificate retired last becomes active again, "
		    "and the active one announced.",
		.arg = { OWN_UNIT, SACRIFICE_OPT },
		.fn = cmd_cert_rollback,
	},
	{
		.words = "set cert subject", .alias = "set web-security",
		.level = LEVEL_OPERATOR, .flags = CMD_WRITES,
		.summary = "Say what stands in the subject of certificates",
		.help = "For certificates and requests made after it.  Without "
		    "options it shows what holds.",
		.arg = {
			PART_OPT("--organization", "TEXT", "O; the cluster's "
			    "name when it is left out"),
			PART_OPT("--organizational-unit", "TEXT", "OU"),
			PART_OPT("--locality", "TEXT", "L"),
			PART_OPT("--province", "TEXT", "ST: state or province"),
			PART_OPT("--country", "CC", "C, two capital letters"),
		},
		.fn = cmd_cert_subject,
	},
	{
		.words = "set cert undelete", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Trust a removed certificate again",
		.help = "For certificate.keep_days after set cert delete.",
		.arg = { STORE_ARG(0), CERT_ARG(KIND_NONE) },
		.fn = cmd_cert_undelete,
	},
	{
		.words = "set tls server min-version", .level = LEVEL_OPERATOR,
		.flags = CMD_WRITES,
		.summary = "Set the lowest version of TLS that listeners take",
		.help = "For all listeners; set param https.min_version, "
		    "https2.min_version, tvs.min_version or capf.min_version "
		    "does it for one.",
		.arg = { { .name = "VERSION", .choices = "1.0|1.2|1.3",
		    .help = "lowest version" } },
		.fn = cmd_tls_min_version,
	},
	{
		.words = "show cert default-ca-list", .level = LEVEL_OPERATOR,
		.summary = "Show authorities of a phone vendor",
		.help = "Which there are, what each is for, and whether it is "
		    "trusted here.",
		.fn = cmd_show_default_ca_list,
	},
	{
		.words = "show cert list own", .level = LEVEL_OPERATOR,
		.summary = "List the own certificates",
		.help = "One line per certificate: unit/file.pem: description.  "
		    "Those that are announced, and with --retired those that "
		    "were replaced, carry their generation.",
		.arg = {
			LIST_OPTS,
			{ .name = "--retired",
			    .help = "also those that were replaced" },
		},
		.fn = cmd_show_cert_list_own,
	},
	{
		.words = "show cert list trust", .level = LEVEL_OPERATOR,
		.summary = "List the certificates of others that are trusted",
		.help = "One line per certificate: store/file.pem: "
		    "description.",
		.arg = {
			STORE_ARG(ARG_OPTIONAL),
			LIST_OPTS,
			{ .name = "--unused",
			    .help = "only those that no chain and no reference "
			    "needs" },
		},
		.fn = cmd_show_cert_list_trust,
	},
	{
		.words = "show cert own", .level = LEVEL_OPERATOR,
		.summary = "Show an own certificate",
		.help = "The certificate a unit uses now, as text with its "
		    "fingerprints, then PEM.",
		.arg = {
			UNIT_ARG("own unit, as CallManager or "
			    "CallManager/CallManager.pem"),
			PEM_OPT,
		},
		.fn = cmd_show_cert_own,
	},
	{
		.words = "show cert trust", .level = LEVEL_OPERATOR,
		.summary = "Show a certificate of a trust store",
		.help = "As text with its fingerprints, the stores it lies "
		    "in and what needs it, then PEM.",
		.arg = { CERT_ARG(KIND_TRUSTED), PEM_OPT },
		.fn = cmd_show_cert_trust,
	},
	{
		.words = "show tls server min-version",
		.summary = "Show the lowest version of TLS that listeners take",
		.help = "One line per listener.",
		.fn = cmd_show_tls_min_version,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_cert(void)
{
	return table;
}
