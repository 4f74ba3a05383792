/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Values of the parameters NAME.address: where a daemon listens.
 */
#ifndef DB_PARAM_ADDRESS_H
#define DB_PARAM_ADDRESS_H

#include "db/params.h"

#define PARAM_ADDRESS_ANY	"any"	/* IPv4 and, if there is any, IPv6 */

/*
 * "" (the node's names decide), any, or at most PARAM_ADDRESSES_MAX literal
 * addresses separated by ',', none of which takes in another; 0.0.0.0 is
 * every IPv4 address.  *canonical: each in the spelling of inet_ntop, IPv4
 * behind IPv6 as IPv4; "::" and "*" are any.  ERR_ARG, ERR_NOMEM.
 */
int	param_check_addresses(const struct param_def *d, const char *value,
	    char **canonical, struct err *e);

#endif
