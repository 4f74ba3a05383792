/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone reads in its configuration (spec/phone-files.md section 5): the
 * few elements that decide what it asks for next.  render.h writes such files,
 * this reads them, also those of other servers.
 */
#ifndef TRUST_CONFIG_H
#define TRUST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CONFIG_VALUE_MAX	255	/* bytes of a value we read */

#define CONFIG_TVS_MAX		5	/* TVS servers a phone knows */
#define CONFIG_HOST_MAX		253	/* RFC 1035 */
#define CONFIG_TVS_PORT		2445	/* where it says none */

struct config_tvs {
	char		address[CONFIG_HOST_MAX + 1];	/* or a host name */
	uint16_t	port;
};

/* Text without the blanks around it; "" where the element is not there. */
struct phone_config {
	bool	is_default;	/* root element Default: XMLDefault.cnf.xml */
	bool	full_config;	/* false: a stub; absent counts as true */
	bool	encr_config;
	char	load[CONFIG_VALUE_MAX + 1];
	char	version_stamp[CONFIG_VALUE_MAX + 1];
	char	user_locale[CONFIG_VALUE_MAX + 1];	/* folder of the jar */
	char	network_locale[CONFIG_VALUE_MAX + 1];	/* ... of the tones */
	char	dial_template[CONFIG_VALUE_MAX + 1];	/* file names */
	char	soft_key_file[CONFIG_VALUE_MAX + 1];
	char	feature_policy_file[CONFIG_VALUE_MAX + 1];
	/* In the order in which they are asked: by priority, then as they
	 * stand.  Members that cannot be used, and those beyond the first
	 * CONFIG_TVS_MAX of them, are left out. */
	struct config_tvs tvs[CONFIG_TVS_MAX];
	size_t	ntvs;
};

/*
 * Read a configuration with the bounds and refusals of xml_parse(); the root
 * element is device or Default.  An element that stands twice counts the
 * first time.  ERR_PROTO with line and reason; ERR_LIMIT (size, depth, number
 * of elements, length of a value); ERR_NOMEM.  c is filled only with ERR_OK.
 */
int	config_read(const uint8_t *xml, size_t len, struct phone_config *c,
	    struct err *e);

#endif
