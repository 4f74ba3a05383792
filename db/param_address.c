/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Addresses to listen on, see param_address.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "db/param_address.h"

#define ALL_IP4		"0.0.0.0"

struct addresses {
	char	text[PARAM_ADDRESSES_MAX][INET6_ADDRSTRLEN];
	size_t	n;
};

static bool
can_listen4(const struct in_addr *a)
{
	uint32_t ip = ntohl(a->s_addr);

	return ip >> 28 < 0xe && (ip >> 24 != 0 || ip == 0);
}

/* A link-local one means nothing without its interface, which addresses in
 * phones' files cannot say. */
static const char *
wrong_ip6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_MULTICAST(a))
		return "is for groups: give an address of this machine";
	if (IN6_IS_ADDR_LINKLOCAL(a))
		return "is link-local: give an address that phones can reach, "
		    "or any";
	return NULL;
}

/* Canonical in out; the reason why not, or NULL. */
static const char *
take_ip(const char *s, char out[INET6_ADDRSTRLEN])
{
	struct in6_addr a6;
	struct in_addr a4;
	const char *wrong;

	if (inet_pton(AF_INET6, s, &a6) == 1) {
		if (!IN6_IS_ADDR_V4MAPPED(&a6)) {
			if ((wrong = wrong_ip6(&a6)) == NULL)
				(void)inet_ntop(AF_INET6, &a6, out,
				    INET6_ADDRSTRLEN);
			return wrong;
		}
		memcpy(&a4, &a6.s6_addr[12], sizeof(a4));
	} else if (inet_pton(AF_INET, s, &a4) != 1) {
		return "is no IPv4 or IPv6 address: names, ports and masks "
		    "are not taken";
	}
	if (!can_listen4(&a4))
		return "is for groups or networks: give an address of this "
		    "machine";
	(void)inet_ntop(AF_INET, &a4, out, INET6_ADDRSTRLEN);
	return NULL;
}

static bool
takes_in(const char *all, const char *one)
{
	return strcmp(all, ALL_IP4) == 0 && strchr(one, ':') == NULL;
}

static int
add(const struct param_def *d, struct addresses *l, const char *word,
    struct err *e)
{
	char ip[INET6_ADDRSTRLEN];
	const char *wrong;

	if (l->n == PARAM_ADDRESSES_MAX)
		return err_set(e, ERR_ARG, "%s: more than %d addresses",
		    d->name, PARAM_ADDRESSES_MAX);
	if ((wrong = take_ip(word, ip)) != NULL)
		return err_set(e, ERR_ARG, "%s: \"%.60s\" %s", d->name, word,
		    wrong);
	if (strcmp(ip, "::") == 0)
		return err_set(e, ERR_ARG, "%s: :: takes in every other "
		    "address: give it alone, as any", d->name);
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->text[i], ip) == 0)
			return err_set(e, ERR_ARG, "%s: %s is given twice",
			    d->name, ip);
		if (takes_in(l->text[i], ip) || takes_in(ip, l->text[i]))
			return err_set(e, ERR_ARG, "%s: " ALL_IP4 " takes in "
			    "every other IPv4 address: leave out %s",
			    d->name, strcmp(ip, ALL_IP4) == 0 ? l->text[i] :
			    ip);
	}
	(void)str_copy(l->text[l->n++], sizeof(l->text[0]), ip);
	return ERR_OK;
}

static int
write_list(const struct addresses *l, char **canonical, struct err *e)
{
	struct wr w = wr_init(4096);

	for (size_t i = 0; i < l->n; i++)
		wr_fmt(&w, "%s%s", i > 0 ? "," : "", l->text[i]);
	wr_u8(&w, '\0');
	*canonical = w.err == ERR_OK ? strdup((const char *)w.buf) : NULL;
	wr_clear(&w);
	return *canonical != NULL ? ERR_OK : err_set(e, ERR_NOMEM,
	    "parameter");
}

static int
take_list(const struct param_def *d, char *text, char **canonical,
    struct err *e)
{
	struct addresses l = { .n = 0 };
	char *next = text, *word;
	int ret;

	while ((word = strsep(&next, ",")) != NULL)
		if ((ret = add(d, &l, word, e)) != ERR_OK)
			return ret;
	return write_list(&l, canonical, e);
}

int
param_check_addresses(const struct param_def *d, const char *value,
    char **canonical, struct err *e)
{
	const char *alone = NULL;
	char *copy;
	int ret;

	if (value[0] == '\0')
		alone = "";
	else if (str_ieq(value, PARAM_ADDRESS_ANY) ||
	    strcmp(value, "*") == 0 || strcmp(value, "::") == 0)
		alone = PARAM_ADDRESS_ANY;
	if ((copy = strdup(alone != NULL ? alone : value)) == NULL)
		return err_set(e, ERR_NOMEM, "parameter");
	if (alone != NULL) {
		*canonical = copy;
		return ERR_OK;
	}
	ret = take_list(d, copy, canonical, e);
	free(copy);
	return ret;
}
