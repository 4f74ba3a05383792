/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Verdicts in words, see accept.h.
 */
#include "trust/accept.h"

const char *
accept_path_text(enum accept_path p)
{
	switch (p) {
	case ACCEPT_NONE:
		return "refused";
	case ACCEPT_BLANK:
		return "nothing held to check it against";
	case ACCEPT_SAST_CTL:
		return "SAST record of the CTL held";
	case ACCEPT_SAST_ITL:
		return "SAST record of the ITL held";
	case ACCEPT_TFTP_CTL:
		return "TFTP record of the CTL held";
	case ACCEPT_TFTP_ITL:
		return "TFTP record of the ITL held";
	}
	return "";
}

const char *
accept_step_name(enum accept_step s)
{
	switch (s) {
	case STEP_OK:
		return "ok";
	case STEP_FORMAT:
		return "format";
	case STEP_NAME:
		return "name";
	case STEP_SIGNER:
		return "signer";
	case STEP_SIGNATURE:
		return "signature";
	case STEP_FORM:
		return "form";
	}
	return "";
}
