/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where tftpd listens.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tftpd/tftpd.h"

static const struct {
	const char	*names;		/* separated by blanks; DNS: not IP */
	bool		 ip6;
	const char	*want;
} places[] = {
	{ "127.0.0.1", true, "127.0.0.1 ::1" },
	{ "127.0.0.1", false, "127.0.0.1" },
	{ "127.0.0.5 127.0.0.1 localhost", true, "127.0.0.1 ::1 127.0.0.5" },
	{ "::1", true, "127.0.0.1 ::1" },
	{ "192.0.2.10", true, "::" },
	{ "192.0.2.10", false, "0.0.0.0" },
	{ "127.0.0.1 192.0.2.10", true, "::" },
	{ "2001:db8::1 cm1.example.org", true, "::" },
};

START_TEST(addresses)
{
	struct row_node_name names[8] = { 0 };
	struct net_addr addrs[TFTPD_ADDRS_MAX], a;
	char all[128], got[256] = "", text[NET_ADDR_TEXT];
	size_t n = 0;

	(void)snprintf(all, sizeof(all), "%s", places[_i].names);
	for (char *s = strtok(all, " "); s != NULL; s = strtok(NULL, " ")) {
		names[n].is_ip = net_addr_parse(&a, s, 0, NULL) == ERR_OK;
		(void)snprintf(names[n++].text, sizeof(names[0].text), "%s",
		    s);
	}
	n = tftpd_addresses(names, n, places[_i].ip6, addrs);
	for (size_t i = 0; i < n; i++) {
		net_addr_ip(&addrs[i], text);
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s", i > 0 ? " " : "", text);
	}
	ck_assert_str_eq(got, places[_i].want);
}
END_TEST

/* As many loopback addresses as a node may have. */
START_TEST(addresses_full)
{
	struct row_node_name names[NODE_NAMES_MAX];
	struct net_addr addrs[TFTPD_ADDRS_MAX];

	for (int i = 0; i < NODE_NAMES_MAX; i++) {
		names[i].is_ip = true;
		(void)snprintf(names[i].text, sizeof(names[i].text),
		    "127.0.1.%d", i);
	}
	ck_assert_uint_eq(tftpd_addresses(names, NODE_NAMES_MAX, true, addrs),
	    TFTPD_ADDRS_MAX);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tftpd");
	TCase *tc_pure = tcase_create("pure");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc_pure, addresses, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_test(tc_pure, addresses_full);
	suite_add_tcase(s, tc_pure);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
