/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/listen.h"

enum { NSOCKETS = 3, NPEERS = 60 };

static const char *const here[] = { "127.0.0.1", "0.0.0.0", "::1", "::" };
#define NHERE	((int)(sizeof(here) / sizeof(here[0])))

static struct net_addr
addr(const char *ip, uint16_t port)
{
	struct net_addr a;

	ck_assert_int_eq(net_addr_parse(&a, ip, port, NULL), ERR_OK);
	return a;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss;
	struct net_addr a;
	socklen_t len = sizeof(ss);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	net_addr_from(&a, (struct sockaddr *)&ss, len);
	return net_addr_port(&a);
}

static void
close_all(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(close(fds[i]), 0);
}

static int
option(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	ck_assert_int_eq(getsockopt(fd, level, name, &v, &len), 0);
	return v;
}

/* Send something to port from peer; the socket stays open. */
static int
call(enum net_proto proto, const char *ip, uint16_t port)
{
	struct net_addr to = addr(ip, port);
	int fd = socket(to.ss.ss_family,
	    proto == NET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to.ss, to.len), 0);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	return fd;
}

static int
arrived(enum net_proto proto, int fd)
{
	char buf[8];
	int n = 0, c;

	if (proto == NET_UDP) {
		while (recv(fd, buf, sizeof(buf), 0) == 1)
			n++;
	} else {
		for (; (c = accept(fd, NULL, NULL)) != -1; n++)
			(void)close(c);
	}
	ck_assert_int_eq(errno, EAGAIN);	/* non-blocking */
	return n;
}

/* All sockets have one port, all get some of the peers, none is lost. */
static void
check_shared(enum net_proto proto, const char *ip)
{
	struct net_addr a = addr(ip, 0);
	struct err e = { 0 };
	int fds[NSOCKETS], peers[NPEERS], all = 0, one;
	const char *to = strcmp(ip, "::") == 0 ? "::1" :
	    strcmp(ip, "0.0.0.0") == 0 ? "127.0.0.1" : ip;

	ck_assert_msg(net_listen(proto, &a, 0, fds, NSOCKETS, &e) == ERR_OK,
	    "%s: %s", ip, e.msg);
	for (int i = 0; i < NPEERS; i++)
		peers[i] = call(proto, to, port_of(fds[0]));
	for (int i = 0; i < NSOCKETS; i++) {
		ck_assert_uint_eq(port_of(fds[i]), port_of(fds[0]));
		ck_assert(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
		one = arrived(proto, fds[i]);
		ck_assert_msg(one > 0, "socket %d got nothing", i);
		all += one;
	}
	ck_assert_int_eq(all, NPEERS);
	close_all(peers, NPEERS);
	close_all(fds, NSOCKETS);
}

START_TEST(shared_udp)
{
	check_shared(NET_UDP, here[_i]);
}
END_TEST

START_TEST(shared_tcp)
{
	check_shared(NET_TCP, here[_i]);
}
END_TEST

/* Also a server that would share the port is seen. */
static void
check_taken(enum net_proto proto, const char *ip)
{
	struct net_addr a = addr(ip, 0);
	struct err e = { 0 };
	int fds[NSOCKETS], more[NSOCKETS];
	char text[48];

	ck_assert_int_eq(net_listen(proto, &a, 0, fds, 2, NULL), ERR_OK);
	a = addr(ip, port_of(fds[0]));
	ck_assert_int_eq(net_listen(proto, &a, 0, more, NSOCKETS, &e),
	    ERR_BUSY);
	(void)snprintf(text, sizeof(text), "%s port %u/%s is taken", ip,
	    port_of(fds[0]), proto == NET_UDP ? "udp" : "tcp");
	ck_assert_msg(strstr(e.msg, text) != NULL, "%s", e.msg);
	ck_assert_msg(strstr(e.msg, "choose another port") != NULL, "%s", e.msg);
	close_all(fds, 2);
	/* Free again, at once. */
	ck_assert_msg(net_listen(proto, &a, 0, more, NSOCKETS, &e) == ERR_OK,
	    "%s", e.msg);
	close_all(more, NSOCKETS);
}

START_TEST(taken)
{
	check_taken(NET_UDP, here[_i]);
	check_taken(NET_TCP, here[_i]);
}
END_TEST

/* From one address to every address of the same port, and back. */
static void
check_beside(enum net_proto proto, const char *from, const char *to)
{
	struct net_addr a = addr(from, 0), b;
	struct err e = { 0 };
	int fds[NSOCKETS], more[NSOCKETS];

	ck_assert_int_eq(net_listen(proto, &a, 0, fds, NSOCKETS, NULL),
	    ERR_OK);
	b = addr(to, port_of(fds[0]));
	ck_assert_int_eq(net_listen(proto, &b, 0, more, NSOCKETS, NULL),
	    ERR_BUSY);
	ck_assert_msg(net_listen_beside(proto, &b, 0, more, NSOCKETS, &e) ==
	    ERR_OK, "%s", e.msg);
	close_all(fds, NSOCKETS);
	close_all(more, NSOCKETS);
}

START_TEST(beside)
{
	check_beside(NET_UDP, "127.0.0.1", "0.0.0.0");
	check_beside(NET_UDP, "0.0.0.0", "127.0.0.1");
	check_beside(NET_TCP, "127.0.0.1", "0.0.0.0");
	check_beside(NET_TCP, "0.0.0.0", "127.0.0.1");
}
END_TEST

/* One that does not share is seen all the same. */
START_TEST(beside_a_stranger)
{
	struct net_addr a = addr("127.0.0.1", 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), more;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a.ss, a.len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	a = addr("127.0.0.1", port_of(fd));
	ck_assert_int_eq(net_listen_beside(NET_TCP, &a, 0, &more, 1, NULL),
	    ERR_BUSY);
	(void)close(fd);
}
END_TEST

/* A connection of a stopped server, in TIME_WAIT, does not block the port. */
START_TEST(after_time_wait)
{
	struct net_addr a = addr("127.0.0.1", 0);
	struct err e = { 0 };
	int fd, peer, conn;

	ck_assert_int_eq(net_listen(NET_TCP, &a, 0, &fd, 1, NULL), ERR_OK);
	a = addr("127.0.0.1", port_of(fd));
	peer = call(NET_TCP, "127.0.0.1", port_of(fd));
	conn = accept(fd, NULL, NULL);
	ck_assert_int_ge(conn, 0);
	ck_assert_int_eq(read(conn, &(char){ 0 }, 1), 1);
	(void)close(conn);		/* the server's side closes first */
	(void)close(peer);
	(void)close(fd);
	ck_assert_msg(net_listen(NET_TCP, &a, 0, &fd, 1, &e) == ERR_OK, "%s",
	    e.msg);
	(void)close(fd);
}
END_TEST

START_TEST(not_here)
{
	struct net_addr a = addr("192.0.2.1", 0);	/* RFC 5737 */
	struct err e = { 0 };
	int fd;

	ck_assert_int_eq(net_listen(NET_UDP, &a, 0, &fd, 1, &e), ERR_IO);
	ck_assert_msg(strstr(e.msg, "not on this machine") != NULL, "%s",
	    e.msg);
}
END_TEST

START_TEST(low_port)
{
	struct net_addr a = addr("127.0.0.1", 69);
	struct err e = { 0 };
	int fd;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) == -1)
		ck_abort_msg("cannot give up root: %s", strerror(errno));
	if (net_listen(NET_UDP, &a, 0, &fd, 1, &e) == ERR_OK) {
		/* ip_unprivileged_port_start may allow it to everyone */
		(void)close(fd);
		return;
	}
	ck_assert_int_eq(e.code, ERR_DENIED);
	ck_assert_msg(strstr(e.msg, "root") != NULL, "%s", e.msg);
}
END_TEST

START_TEST(socket_options)
{
	struct net_addr a = addr("::", 0);
	int fd;

	ck_assert_int_eq(net_listen(NET_UDP, &a, 65536, &fd, 1, NULL),
	    ERR_OK);
	ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
	/* The kernel doubles what is asked for. */
	ck_assert_int_eq(option(fd, SOL_SOCKET, SO_RCVBUF), 2 * 65536);
	(void)close(fd);

	a = addr("::1", 0);
	ck_assert_int_eq(net_listen(NET_TCP, &a, 0, &fd, 1, NULL), ERR_OK);
	ck_assert_int_eq(option(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	(void)close(fd);

	a = addr("127.0.0.1", 0);
	ck_assert_int_eq(net_listen(NET_UDP, &a, 0, &fd, 1, NULL), ERR_OK);
	ck_assert_int_eq(option(fd, IPPROTO_IP, IP_PKTINFO), 1);
	(void)close(fd);
}
END_TEST

/* The dual-stack socket hears IPv4, from an address spelt as IPv4. */
START_TEST(dual_stack)
{
	struct net_addr a = addr("::", 0), from;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd, peer;
	char buf[8], text[NET_ADDR_TEXT];

	ck_assert_int_eq(net_listen(NET_UDP, &a, 0, &fd, 1, NULL), ERR_OK);
	peer = call(NET_UDP, "127.0.0.1", port_of(fd));
	ck_assert_int_eq(recvfrom(fd, buf, sizeof(buf), 0,
	    (struct sockaddr *)&ss, &len), 1);
	net_addr_from(&from, (struct sockaddr *)&ss, len);
	net_addr_ip(&from, text);
	ck_assert_str_eq(text, "127.0.0.1");
	(void)close(peer);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen");
	TCase *tc = tcase_create("listen");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, shared_udp, 0, NHERE);
	tcase_add_loop_test(tc, shared_tcp, 0, NHERE);
	tcase_add_loop_test(tc, taken, 0, NHERE);
	tcase_add_test(tc, beside);
	tcase_add_test(tc, beside_a_stranger);
	tcase_add_test(tc, after_time_wait);
	tcase_add_test(tc, not_here);
	tcase_add_test(tc, socket_options);
	tcase_add_test(tc, dual_stack);
	tcase_add_test(tc, low_port);	/* last: gives up root */
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
