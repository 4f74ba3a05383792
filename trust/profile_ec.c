/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * EC keys are for phones with lists of signer version 1.1, see profile_write.h
 * (spec/capf.md section 9).
 */
#include "trust/profile_write.h"

#define CURE	"set param itl.signer_version 1.1"

static bool
installs(const struct phone_effective *x)
{
	return x->phone.name[0] != '\0' && effective_is(x,
	    SETTING_CERT_OPERATION, "install-upgrade");
}

int
profile_ec_check(const struct phone_effective *x, struct wr *advice,
    struct err *e)
{
	const struct setting *order = setting_get(SETTING_KEY_ORDER);
	const char *shown = setting_value_name(order,
	    x->value[SETTING_KEY_ORDER]);
	bool only = effective_is(x, SETTING_KEY_ORDER, "ec-only");

	if (x->ec_lists || effective_is(x, SETTING_KEY_ORDER, "rsa-only"))
		return ERR_OK;
	if (only && installs(x))
		return err_set(e, ERR_REFUSED, "%s %s: phones make EC keys "
		    "with trust lists of signer version 1.1 alone: " CURE
		    ", or take an RSA key (--key-order rsa-only, utils capf "
		    "install --key rsa2048), or end the operation (utils capf "
		    "cancel)", order->name, shown);
	if (advice != NULL)
		wr_fmt(advice, "%s %s: phones make EC keys with trust lists of "
		    "signer version 1.1 alone, %s: " CURE "\n", order->name,
		    shown, only ? "and an installation is refused before" :
		    "and are asked for RSA keys before");
	return ERR_OK;
}
