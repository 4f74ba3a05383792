/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a node may be called, see node.h: the spec of node_init as rows.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/addr.h"
#include "trust/node.h"

#define DNS_NAME_MAX	253	/* RFC 1035 section 2.3.4, as text */
#define DNS_LABEL_MAX	63

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

/* RFC 1123 section 2.1: letters, digits, inner hyphens. */
static bool
is_label(const char *s, size_t n)
{
	if (n == 0 || n > DNS_LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

/* A last label of digits is a mistyped address, never a host. */
static bool
is_dns_name(const char *s)
{
	size_t n = strlen(s), len = 0;
	const char *label = s;

	if (n == 0 || n > DNS_NAME_MAX)
		return false;
	for (;; label += len + 1) {
		len = strcspn(label, ".");
		if (!is_label(label, len))
			return false;
		if (label[len] == '\0')
			return strspn(label, "0123456789") != len;
	}
}

static int
check_node_name(const char *s, struct err *e)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n > 0 && is_label(s, n) &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n)
		return ERR_OK;
	return err_set(e, ERR_ARG, "\"%.70s\" is no node name: give 1 to %d "
	    "lower-case letters, digits and inner hyphens", n > 0 ? s : "",
	    NODE_NAME_MAX);
}

static int
check_cluster_name(const char *s, struct err *e)
{
	size_t n = s != NULL ? strlen(s) : 0;

	if (n > 0 && n <= CLUSTER_NAME_MAX && strspn(s, "abcdefghijklmnopqrst"
	    "uvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == n)
		return ERR_OK;
	return err_set(e, ERR_ARG, "\"%.60s\" is no cluster name: give 1 to "
	    "%d letters, digits, dots and hyphens", n > 0 ? s : "",
	    CLUSTER_NAME_MAX);
}

static int
take_name(const char *text, struct row_node_name *row, struct err *e)
{
	struct net_addr a;
	char ip[NET_ADDR_TEXT];

	if (net_addr_parse(&a, text, 0, NULL) == ERR_OK) {
		net_addr_ip(&a, ip);
		if (strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0)
			return err_set(e, ERR_ARG, "%s is no address that "
			    "phones can reach: give one of this machine's",
			    ip);
		row->is_ip = true;
		(void)str_copy(row->text, sizeof(row->text), ip);
		return ERR_OK;
	}
	if (!is_dns_name(text))
		return err_set(e, ERR_ARG, "\"%.80s\" is neither an IP "
		    "address nor a DNS name", text);
	(void)str_copy(row->text, sizeof(row->text), text);
	str_lower(row->text);
	return ERR_OK;
}

static int
take_names(const struct node_spec *s, struct row_node_name *rows,
    struct err *e)
{
	bool any_ip = false;
	int ret;

	if (s->nnames > NODE_NAMES_MAX)
		return err_set(e, ERR_ARG, "%zu addresses and names: at most "
		    "%d", s->nnames, NODE_NAMES_MAX);
	for (size_t i = 0; i < s->nnames; i++) {
		rows[i] = (struct row_node_name){ .is_ip = false };
		if ((ret = take_name(s->names[i], &rows[i], e)) != ERR_OK)
			return ret;
		for (size_t j = 0; j < i; j++)
			if (strcmp(rows[j].text, rows[i].text) == 0)
				return err_set(e, ERR_ARG, "%s is given twice",
				    rows[i].text);
		any_ip |= rows[i].is_ip;
	}
	if (!any_ip)
		return err_set(e, ERR_ARG, "no address is given: phones need "
		    "one to reach this node");
	return ERR_OK;
}

int
node_spec_rows(const struct node_spec *s, struct row_cluster *c,
    struct row_node *n, struct row_node_name names[NODE_NAMES_MAX],
    struct err *e)
{
	int ret;

	if ((ret = check_node_name(s->name, e)) != ERR_OK ||
	    (ret = check_cluster_name(s->cluster, e)) != ERR_OK ||
	    (ret = take_names(s, names, e)) != ERR_OK)
		return ret;
	if (s->port_offset < 0 || s->port_offset > NODE_OFFSET_MAX)
		return err_set(e, ERR_ARG, "port offset %d is not from 0 to "
		    "%d", s->port_offset, NODE_OFFSET_MAX);
	*c = (struct row_cluster){ .test = s->test };
	*n = (struct row_node){ .joined_at = 0 };
	(void)str_copy(c->name, sizeof(c->name), s->cluster);
	(void)str_copy(n->name, sizeof(n->name), s->name);
	for (size_t i = 0; i < PORT_N; i++)
		n->port[i] = (uint16_t)(node_port_default[i] +
		    s->port_offset);
	return ERR_OK;
}
