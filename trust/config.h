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
#define CONFIG_CAPF_MAX		5	/* CAPF servers */
#define CONFIG_CAPF_PORT	3804

struct config_server {
	char		address[CONFIG_HOST_MAX + 1];	/* or a host name */
	uint16_t	port;
};

/* Whether the phone is to call CAPF, and how it proves itself there. */
enum config_capf {
	CONFIG_CAPF_NONE	= 0,	/* nothing is pending */
	CONFIG_CAPF_STRING	= 1,	/* that the user types in */
	CONFIG_CAPF_NULL	= 2,	/* the empty string */
	CONFIG_CAPF_LSC		= 3,	/* LSC, without one MIC */
	CONFIG_CAPF_MIC		= 4,
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
	struct config_server tvs[CONFIG_TVS_MAX];
	size_t	ntvs;
	/* Of a value that is no number of the enumeration: none. */
	enum config_capf capf_auth;
	struct config_server capf[CONFIG_CAPF_MAX];	/* as they stand */
	size_t	ncapf;
	char	cert_hash[CONFIG_VALUE_MAX + 1];	/* lower case */
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
