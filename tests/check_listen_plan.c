/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where daemons are to listen.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/trust_cluster.h"
#include "trust/listen_plan.h"
#include "trust/render_env.h"

static const struct listen_kind kinds[] = {
	{ PORT_TFTP, 0 }, { PORT_HTTP, 0 },
};

/* --- addresses of a node that says nothing --- */

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
	struct net_addr addrs[LISTEN_ADDRS_MAX], a;
	char all[128], got[256] = "", text[NET_ADDR_TEXT];
	size_t n = 0;

	(void)snprintf(all, sizeof(all), "%s", places[_i].names);
	for (char *s = strtok(all, " "); s != NULL; s = strtok(NULL, " ")) {
		names[n].is_ip = net_addr_parse(&a, s, 0, NULL) == ERR_OK;
		(void)snprintf(names[n++].text, sizeof(names[0].text), "%s",
		    s);
	}
	n = listen_addresses(names, n, places[_i].ip6, addrs);
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
	struct net_addr addrs[LISTEN_ADDRS_MAX];

	for (int i = 0; i < NODE_NAMES_MAX; i++) {
		names[i].is_ip = true;
		(void)snprintf(names[i].text, sizeof(names[i].text),
		    "127.0.1.%d", i);
	}
	ck_assert_uint_eq(listen_addresses(names, NODE_NAMES_MAX, true,
	    addrs), LISTEN_ADDRS_MAX);
}
END_TEST

/* --- parameters --- */

struct set {
	enum param_id	 id;
	const char	*value, *node;
};

static int
tx_set(struct db *db, void *arg, struct err *e)
{
	const struct set *s = arg;
	bool changed;
	int ret = param_set(db, &param_table()[s->id],
	    s->node != NULL ? s->node : "", s->value, TC_NOW + 5, &changed,
	    e);

	return ret == ERR_OK ? listen_check(db, s->id, e) : ret;
}

static void
set(enum param_id id, const char *value)
{
	struct set s = { .id = id, .value = value };

	tc_done(tx_set, &s);
}

static void
refuse(enum param_id id, const char *value, const char *text)
{
	struct set s = { .id = id, .value = value };

	tc_refused(tx_set, &s, ERR_REFUSED, text);
}

/* "tftp 127.0.0.1:69, http ..." */
static const char *
plan(void)
{
	static char text[1024];
	struct listen_plan p;
	struct err e = { 0 };

	ck_assert_msg(listen_plan_load(&p, tc.db, "cm1", kinds, 2, &e) ==
	    ERR_OK, "%s", e.msg);
	text[0] = '\0';
	for (size_t i = 0; i < p.n; i++)
		(void)snprintf(text + strlen(text),
		    sizeof(text) - strlen(text), "%s%s %s %u",
		    i > 0 ? ", " : "", node_port_name[p.at[i].kind],
		    p.at[i].ip, p.at[i].port);
	return text;
}

START_TEST(plans)
{
	set(PARAM_TFTP_ADDRESS, "127.0.0.1");
	set(PARAM_HTTP_ADDRESS, "127.0.0.2,127.0.0.3");
	ck_assert_str_eq(plan(), "tftp 127.0.0.1 69, http 127.0.0.2 6970, "
	    "http 127.0.0.3 6970");
	set(PARAM_TFTP_PORT, "7069");
	set(PARAM_HTTP_PORT, "7070");
	set(PARAM_HTTP_ADDRESS, "0.0.0.0");
	ck_assert_str_eq(plan(), "tftp 127.0.0.1 7069, http 0.0.0.0 7070");
	/* back to what the node's row says */
	set(PARAM_TFTP_PORT, "0");
	set(PARAM_HTTP_ADDRESS, "::1");
	ck_assert_str_eq(plan(), "tftp 127.0.0.1 69, http ::1 7070");
}
END_TEST

START_TEST(of_one_node)
{
	struct set s = { PARAM_HTTP_PORT, "8080", "cm1" };
	uint16_t port[PORT_N];
	int64_t at = 0;

	set(PARAM_HTTP_PORT, "9090");
	tc_done(tx_set, &s);
	ck_assert_int_eq(listen_ports(tc.db, &tc.node, port, &at, NULL),
	    ERR_OK);
	ck_assert_uint_eq(port[PORT_HTTP], 8080);
	ck_assert_uint_eq(port[PORT_CLUSTER], 2444);
	ck_assert_int_eq(at, TC_NOW + 5);
}
END_TEST

START_TEST(meet)
{
	refuse(PARAM_HTTP_PORT, "6971", "http and https of node cm1");
	refuse(PARAM_SIP_PORT, "69", "tftp and sip");	/* udp */
	refuse(PARAM_SIP_PORT, "6972", "https2 and sip");	/* tcp */
	refuse(PARAM_CAPF_PORT, "2444", "capf and cluster");
	set(PARAM_HTTP_PORT, "69");			/* tcp beside udp */
	set(PARAM_HTTP_PORT, "0");
	/* Another address is another place. */
	set(PARAM_HTTP_ADDRESS, "127.0.0.1,::1");
	refuse(PARAM_HTTP_PORT, "6971", "127.0.0.1 port 6971");
	set(PARAM_HTTPS_ADDRESS, "127.0.0.2");
	set(PARAM_HTTP_PORT, "6971");
	refuse(PARAM_HTTPS_ADDRESS, "any", "both listen");
	refuse(PARAM_HTTPS_ADDRESS, "0.0.0.0", "both listen");
	set(PARAM_HTTPS_ADDRESS, "127.0.0.2,127.0.0.4");
	/* What is no listener is not looked at. */
	set(PARAM_TFTP_RETRIES, "7");
}
END_TEST

/* --- files of phones --- */

START_TEST(in_files)
{
	struct render_servers a, b;
	struct err e = { 0 };

	ck_assert_int_eq(render_servers_load(&a, tc.db, &e), ERR_OK);
	ck_assert_uint_eq(a.server[0].tvs_port, 2445);
	set(PARAM_TVS_PORT, "9445");
	set(PARAM_CAPF_PORT, "9804");
	set(PARAM_SIP_PORT, "9060");
	set(PARAM_SIPS_PORT, "9061");
	ck_assert_int_eq(render_servers_load(&b, tc.db, &e), ERR_OK);
	ck_assert_uint_eq(b.server[0].tvs_port, 9445);
	ck_assert_uint_eq(b.server[0].capf_port, 9804);
	ck_assert_uint_eq(b.server[0].sip_port, 9060);
	ck_assert_uint_eq(b.server[0].sips_port, 9061);
	ck_assert_int_ne(memcmp(a.id, b.id, sizeof(a.id)), 0);
	ck_assert_int_eq(b.changed_at, TC_NOW + 5);
	set(PARAM_SIP_PHONE_PORT, "7777");		/* one for all */
	ck_assert_int_eq(render_servers_load(&b, tc.db, &e), ERR_OK);
	ck_assert_uint_eq(b.server[0].sip_port, 7777);
}
END_TEST

/* --- advice --- */

static bool
advises(enum param_id id, uid_t uid, const char *text)
{
	struct err e = { 0 };
	char *advice;
	bool found;

	ck_assert_msg(listen_advice(tc.db, "cm1", id, uid, &advice, &e) ==
	    ERR_OK, "%s", e.msg);
	found = text == NULL ? advice == NULL :
	    advice != NULL && strstr(advice, text) != NULL;
	free(advice);
	return found;
}

START_TEST(advice)
{
	ck_assert(advises(PARAM_TFTP_RETRIES, 7, NULL));
	ck_assert(advises(PARAM_HTTP_PORT, 7, NULL));
	set(PARAM_HTTP_PORT, "8080");
	ck_assert(advises(PARAM_HTTP_PORT, 7, "http on port 6970"));
	set(PARAM_TVS_PORT, "8081");		/* phones are told */
	ck_assert(advises(PARAM_TVS_PORT, 0, NULL));
	set(PARAM_HTTP_ADDRESS, "127.0.0.1,192.0.2.77");
	ck_assert(advises(PARAM_HTTP_ADDRESS, 0, "192.0.2.77 is not an"));
	ck_assert(advises(PARAM_HTTP_ADDRESS, 0, "its address 192.0.2.10"));
	ck_assert(!advises(PARAM_HTTP_ADDRESS, 0, "127.0.0.1 is not"));
	set(PARAM_HTTP_ADDRESS, "any");
	ck_assert(advises(PARAM_HTTP_ADDRESS, 0, NULL));
}
END_TEST

static bool
ports_are_free(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start",
	    "re");
	int lowest = 1024;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &lowest), 1);
	(void)fclose(f);
	return lowest <= 80;
}

START_TEST(privileged)
{
	set(PARAM_HTTP_PORT, "80");
	ck_assert(!advises(PARAM_HTTP_PORT, 0, "needs root"));
	ck_assert(advises(PARAM_HTTP_PORT, 7, "needs root") !=
	    ports_are_free());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen_plan");
	TCase *tc_pure = tcase_create("pure");
	TCase *tc_db = tcase_create("db");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc_pure, addresses, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_test(tc_pure, addresses_full);
	suite_add_tcase(s, tc_pure);
	tcase_set_timeout(tc_db, 120);
	tcase_add_unchecked_fixture(tc_db, tc_make, tc_free);
	tcase_add_checked_fixture(tc_db, tc_open, tc_close);
	tcase_add_test(tc_db, plans);
	tcase_add_test(tc_db, of_one_node);
	tcase_add_test(tc_db, meet);
	tcase_add_test(tc_db, in_files);
	tcase_add_test(tc_db, advice);
	tcase_add_test(tc_db, privileged);
	suite_add_tcase(s, tc_db);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
