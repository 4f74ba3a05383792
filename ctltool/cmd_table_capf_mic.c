/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The commands about expired factory certificates.  See cmd.h.
 */
#include "ctltool/cmd.h"
#include "ctltool/ctl.h"

#define PHONES_ARG { .name = "PHONE", .kind = KIND_PHONE, \
    .flags = ARG_REPEAT, .help = "name of a phone" }

static const struct cmd table[] = {
	{
		.words = "utils capf mic-allow add", .level = LEVEL_OWNER,
		.flags = CMD_WRITES,
		.summary = "Let phones enrol by expired factory certificates",
		.help = "Where an operation asks for a certificate that the "
		    "phone has (--auth existing-mic), CAPF takes the one of "
		    "its factory (MIC) also after this, or its vendor's CA, "
		    "has expired, while parameter capf.expired_mic is "
		    "allow-list: for an installation, and nothing else (it "
		    "is neither fetched, nor does it prove who deletes).  The "
		    "vendor's "
		    "CA has to be in CAPF-trust: set cert default-ca-list "
		    "enable.\n"
		    "Whoever has the phone, or found its key, may enrol in "
		    "its name: take phones off the list when they have "
		    "certificates of their own.",
		.arg = { PHONES_ARG },
		.fn = cmd_mic_allow_add,
	},
	{
		.words = "utils capf mic-allow list",
		.summary = "List phones that enrol by expired certificates",
		.help = "With who allowed it and since when, and what "
		    "parameter capf.expired_mic makes of the list.",
		.fn = cmd_mic_allow_list,
	},
	{
		.words = "utils capf mic-allow remove",
		.level = LEVEL_OWNER, .flags = CMD_WRITES,
		.summary = "Take phones off that list",
		.help = "From the next session on.  What they have enrolled "
		    "stays theirs.",
		.arg = { PHONES_ARG },
		.fn = cmd_mic_allow_remove,
	},
	{ .words = NULL },
};

const struct cmd *
cmd_table_capf_mic(void)
{
	return table;
}
