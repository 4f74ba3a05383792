/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Verdicts in words, see accept.h.
 */
#include <stdio.h>

#include "certs/list.h"
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
	case ACCEPT_TVS:
		return "TVS vouches for it";
	case ACCEPT_CAPF_CTL:
		return "CAPF record of the CTL held";
	case ACCEPT_CAPF_ITL:
		return "CAPF record of the ITL held";
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
	case STEP_TVS:
		return "tvs";
	}
	return "";
}

void
accept_roles_text(const uint8_t *roles, size_t n, char *out, size_t outlen)
{
	size_t at = 0;

	(void)snprintf(out, outlen, "none");
	for (size_t i = 0; i < n; i++) {
		const char *name = list_role_name(roles[i]);
		const char *sep = i > 0 ? "," : "";
		int w;

		w = name != NULL ?
		    snprintf(out + at, outlen - at, "%s%s", sep, name) :
		    snprintf(out + at, outlen - at, "%s%u", sep, roles[i]);
		if (w < 0 || (size_t)w >= outlen - at) {
			out[at] = '\0';
			return;
		}
		at += (size_t)w;
	}
}
