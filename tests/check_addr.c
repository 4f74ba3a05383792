/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/addr.h"

static struct net_addr
addr(const char *ip, uint16_t port)
{
	struct net_addr a;
	struct err e = { 0 };

	ck_assert_msg(net_addr_parse(&a, ip, port, &e) == ERR_OK, "%s: %s",
	    ip, e.msg);
	return a;
}

static const struct {
	const char	*in;
	const char	*ip;	/* NULL: refused */
	const char	*text;
	bool		 loopback;
} addrs[] = {
	{ "192.0.2.7", "192.0.2.7", "192.0.2.7:69", false },
	{ "127.0.0.1", "127.0.0.1", "127.0.0.1:69", true },
	{ "127.255.3.4", "127.255.3.4", "127.255.3.4:69", true },
	{ "128.0.0.1", "128.0.0.1", "128.0.0.1:69", false },
	{ "2001:DB8:0::7", "2001:db8::7", "[2001:db8::7]:69", false },
	{ "[2001:db8::7]", "2001:db8::7", "[2001:db8::7]:69", false },
	{ "::1", "::1", "[::1]:69", true },
	{ "::", "::", "[::]:69", false },
	/* one peer, one spelling */
	{ "::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7:69", false },
	{ "[::ffff:7f00:1]", "127.0.0.1", "127.0.0.1:69", true },
	{ "", NULL, NULL, false },
	{ "[]", NULL, NULL, false },
	{ "[192.0.2.7]", NULL, NULL, false },
	{ "[::1", NULL, NULL, false },
	{ "::1]", NULL, NULL, false },
	{ "192.0.2", NULL, NULL, false },
	{ "192.0.2.256", NULL, NULL, false },
	{ "192.0.2.7 ", NULL, NULL, false },
	{ "cm1.example", NULL, NULL, false },
	{ "2001:db8::7:69::1", NULL, NULL, false },
	{ "11112222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", NULL,
	    NULL, false },
};

START_TEST(parse_vector)
{
	struct net_addr a;
	struct err e = { 0 };
	char out[NET_ADDR_TEXT];
	int ret = net_addr_parse(&a, addrs[_i].in, 69, &e);

	if (addrs[_i].ip == NULL) {
		ck_assert_msg(ret == ERR_ARG, "%s taken", addrs[_i].in);
		ck_assert_int_eq(e.code, ERR_ARG);
		return;
	}
	ck_assert_msg(ret == ERR_OK, "%s: %s", addrs[_i].in, e.msg);
	net_addr_ip(&a, out);
	ck_assert_str_eq(out, addrs[_i].ip);
	net_addr_text(&a, out);
	ck_assert_str_eq(out, addrs[_i].text);
	ck_assert_uint_eq(net_addr_port(&a), 69);
	ck_assert_int_eq(net_addr_is_loopback(&a), addrs[_i].loopback);
}
END_TEST

START_TEST(from_kernel)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(5060) };
	struct sockaddr un = { .sa_family = AF_UNIX };
	struct net_addr a, b = addr("192.0.2.7", 5060);
	char out[NET_ADDR_TEXT];

	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.7",
	    &sin6.sin6_addr), 1);
	net_addr_from(&a, (struct sockaddr *)&sin6, sizeof(sin6));
	ck_assert(net_addr_equal(&a, &b));
	ck_assert_int_eq(a.ss.ss_family, AF_INET);
	ck_assert_uint_eq(a.len, sizeof(struct sockaddr_in));

	/* What is cut or of another family is no address, and equals none. */
	net_addr_from(&a, (struct sockaddr *)&sin6, 8);
	net_addr_from(&b, &un, sizeof(un));
	ck_assert(!net_addr_equal(&a, &b));
	ck_assert(!net_addr_same_ip(&a, &a));
	net_addr_text(&a, out);
	ck_assert_str_eq(out, "-:0");
}
END_TEST

START_TEST(equality)
{
	struct net_addr a = addr("192.0.2.7", 1), b = addr("192.0.2.7", 2),
	    c = addr("192.0.2.8", 1), d = addr("2001:db8::7", 1),
	    e = addr("2001:db8::8", 1);

	ck_assert(net_addr_equal(&a, &a));
	ck_assert(!net_addr_equal(&a, &b));
	ck_assert(net_addr_same_ip(&a, &b));
	ck_assert(!net_addr_same_ip(&a, &c));
	ck_assert(!net_addr_same_ip(&a, &d));
	ck_assert(!net_addr_same_ip(&d, &e));
	ck_assert(net_addr_equal(&d, &d));
}
END_TEST

START_TEST(scopes)
{
	struct sockaddr_in6 one = { .sin6_family = AF_INET6,
	    .sin6_scope_id = 1 }, two;
	struct net_addr a, b;

	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::1", &one.sin6_addr), 1);
	two = one;
	two.sin6_scope_id = 2;
	net_addr_from(&a, (struct sockaddr *)&one, sizeof(one));
	net_addr_from(&b, (struct sockaddr *)&two, sizeof(two));
	ck_assert(!net_addr_same_ip(&a, &b));
	ck_assert(net_addr_ip_hash(&a, 1) != net_addr_ip_hash(&b, 1));
}
END_TEST

START_TEST(hashing)
{
	struct net_addr a = addr("192.0.2.7", 1), b = addr("192.0.2.7", 2),
	    c = addr("192.0.2.8", 1), d = addr("::c000:207", 1);

	ck_assert(net_addr_ip_hash(&a, 42) == net_addr_ip_hash(&b, 42));
	ck_assert(net_addr_ip_hash(&a, 42) != net_addr_ip_hash(&c, 42));
	ck_assert(net_addr_ip_hash(&a, 42) != net_addr_ip_hash(&d, 42));
	ck_assert(net_addr_ip_hash(&a, 42) != net_addr_ip_hash(&a, 43));
}
END_TEST

/* Neighbours must not share the few low bits that choose a bucket. */
START_TEST(hash_spreads)
{
	unsigned bucket[64] = { 0 };
	struct in_addr in;
	char ip[INET_ADDRSTRLEN];

	for (uint32_t i = 0; i < 6400; i++) {
		struct net_addr a;

		in.s_addr = htonl(0x0a000000 + i);
		ck_assert(inet_ntop(AF_INET, &in, ip, sizeof(ip)) != NULL);
		a = addr(ip, 0);
		bucket[net_addr_ip_hash(&a, 7) & 63]++;
	}
	for (int i = 0; i < 64; i++)
		ck_assert_msg(bucket[i] > 50 && bucket[i] < 150, "%u",
		    bucket[i]);
}
END_TEST

START_TEST(count_bounds)
{
	struct net_count *c = net_count_new(3, 2, 99);
	struct net_addr a = addr("192.0.2.7", 1), b = addr("192.0.2.7", 2),
	    d = addr("2001:db8::1", 1);

	ck_assert_ptr_nonnull(c);
	ck_assert(net_count_add(c, &a));
	ck_assert(net_count_add(c, &b));
	ck_assert(!net_count_add(c, &a));	/* per address */
	ck_assert_uint_eq(net_count_total(c), 2);
	ck_assert(net_count_add(c, &d));
	ck_assert(!net_count_add(c, &d));	/* in all */
	ck_assert_uint_eq(net_count_total(c), 3);
	net_count_del(c, &b);
	ck_assert(net_count_add(c, &d));
	net_count_set_max(c, 10, 1);
	ck_assert(!net_count_add(c, &a));
	net_count_del(c, &a);
	ck_assert(net_count_add(c, &a));
	net_count_set_max(c, 10, 0);
	net_count_del(c, &a);
	ck_assert(!net_count_add(c, &a));
	ck_assert_uint_eq(net_count_total(c), 2);
	net_count_free(c);
	net_count_free(NULL);
}
END_TEST

/* Through growth of the table and back to nothing. */
START_TEST(count_many)
{
	enum { N = 5000 };
	struct net_count *c = net_count_new(2 * N, 2, 5);
	struct net_addr *a = calloc(N, sizeof(*a));
	struct sockaddr_in sin = { .sin_family = AF_INET };

	ck_assert(c != NULL && a != NULL);
	for (uint32_t i = 0; i < N; i++) {
		sin.sin_addr.s_addr = htonl(0xc0000000 + i * 7);
		net_addr_from(&a[i], (struct sockaddr *)&sin, sizeof(sin));
		ck_assert(net_count_add(c, &a[i]));
		ck_assert(net_count_add(c, &a[i]));
	}
	ck_assert_uint_eq(net_count_total(c), 2 * N);
	net_count_set_max(c, 3 * N, 2);
	for (int i = 0; i < N; i++) {
		ck_assert(!net_count_add(c, &a[i]));
		net_count_del(c, &a[i]);
		net_count_del(c, &a[i]);
		ck_assert(net_count_add(c, &a[i]));
		net_count_del(c, &a[i]);
	}
	ck_assert_uint_eq(net_count_total(c), 0);
	net_count_free(c);
	free(a);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("addr");
	TCase *tc = tcase_create("addr");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, parse_vector, 0,
	    (int)(sizeof(addrs) / sizeof(addrs[0])));
	tcase_add_test(tc, from_kernel);
	tcase_add_test(tc, equality);
	tcase_add_test(tc, scopes);
	tcase_add_test(tc, hashing);
	tcase_add_test(tc, hash_spreads);
	tcase_add_test(tc, count_bounds);
	tcase_add_test(tc, count_many);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
