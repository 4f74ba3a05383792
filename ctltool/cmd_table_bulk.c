/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands that exchange certificates with other clusters, see cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define UNITS_ARG { .name = "UNIT", .kind = KIND_UNIT, \
    .flags = ARG_OPTIONAL | ARG_REPEAT, .help = "CallManager (tftp), CAPF, " \
    "ITLRecovery, https (tomcat) or all, which it is without it" }
#define SERVER_OPTS \
    { .name = "--host-key", .value = "SHA256:...", \
	.help = "key of the sftp server, as ssh-keygen -l shows it; without " \
	"it nothing is sent, and the error tells what the server shows" }, \
    { .name = "--password-file", .value = "FILE", .kind = KIND_FILE, \
	.help = "file with the password of the server's account in its " \
	"first line; - asks at the terminal or reads standard input" }

#define PLACES "A place is a folder, a file, file:///path, " \
    "http://host/path or https://host/path (PUT; the server must be trusted " \
    "by https-trust), or sftp://user@host/path, whose path is from the root " \
    "(/~/ is the account's own folder).  A URL that ends in a slash is a " \
    "folder; on web servers each file is named by itself.  No password is " \
    "sent by http to another machine."

static const struct cmd table[] = {
	{
		.words = "set cert bulk consolidate", .level = LEVEL_OPERATOR,
		.flags = CMD_OUTSIDE,
		.summary = "Merge the bundles of clusters into one",
		.help = "Takes the bundles (NAME.bundle) of the places, which "
		    "must be of two clusters at least, and writes "
		    "consolidated.bundle beside them.  Each cluster's part "
		    "keeps its own signature; of several of one cluster the "
		    "newest counts.  A bundle whose signature does not fit "
		    "is refused, and nothing is written.\n"
		    PLACES,
		.arg = {
			{ .name = "PLACE", .kind = KIND_FILE,
			    .flags = ARG_REPEAT,
			    .help = "where the bundles are" },
			SERVER_OPTS,
			{ .name = "--to", .value = "PLACE",
			    .kind = KIND_FILE,
			    .help = "where the result goes; default is the "
			    "first place" },
		},
		.fn = cmd_cert_bulk_consolidate,
	},
	{
		.words = "set cert bulk export", .level = LEVEL_OWNER,
		.flags = CMD_OUTSIDE,
		.summary = "Export own certificates for another cluster",
		.help = "Writes the active and announced certificates of all "
		    "nodes, without any key, as one bundle signed by "
		    "ITLRecovery: CLUSTER-UUID.bundle in a folder.  It also "
		    "says what Phone-SAST-trust holds, so that the other "
		    "cluster sees whether phones here take its lists.  Tell "
		    "the other administrator the SHA-256 of the signer that "
		    "is shown, on another way than the bundle goes.\n"
		    PLACES,
		.arg = {
			UNITS_ARG,
			SERVER_OPTS,
			{ .name = "--to", .value = "PLACE",
			    .kind = KIND_FILE, .flags = ARG_REQUIRED,
			    .help = "where the bundle goes; what is there "
			    "under its name is replaced" },
		},
		.fn = cmd_cert_bulk_export,
	},
	{
		.words = "set cert bulk import", .level = LEVEL_OWNER,
		.flags = CMD_ASKS | CMD_WRITES,
		.summary = "Import certificates of other clusters",
		.help = "Takes a bundle, or all of a folder.  Shown are each "
		    "cluster with its signer, what goes into which store, and "
		    "whose phones then accept whose lists, as far as is "
		    "known.  Then it asks: the signatures say that nothing "
		    "was changed, but who the signers are only their "
		    "administrators can tell.\n"
		    "CallManager and ITLRecovery go to Phone-SAST-trust and "
		    "CallManager-trust, so that TVS vouches for them as "
		    "signers of lists and files; CAPF to CallManager-trust and "
		    "CAPF-trust; https to https-trust.  This cluster's own "
		    "part is skipped.  Older than what is here under the same "
		    "name, or ended, is left out.  Either all the rest is "
		    "imported or nothing; importing again changes nothing.\n"
		    PLACES "\n"
		    "Exit 3 when something that has ended was left out, 4 "
		    "when a signature does not fit or a signer is not one "
		    "expected.",
		.arg = {
			UNITS_ARG,
			{ .name = "--expect-sha256", .value = "SHA256",
			    .flags = ARG_REPEAT,
			    .help = "fingerprint of a signer: go on without "
			    "asking when every part is signed by one of "
			    "these, else refuse" },
			{ .name = "--from", .value = "PLACE",
			    .kind = KIND_FILE, .flags = ARG_REQUIRED,
			    .help = "where the bundle is" },
			SERVER_OPTS,
		},
		.fn = cmd_cert_bulk_import,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_bulk(void)
{
	return table;
}
