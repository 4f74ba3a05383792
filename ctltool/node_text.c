/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of the node, see node_text.h; and show status over them.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "ctltool/alarm_text.h"
#include "ctltool/folder_text.h"
#include "ctltool/node_text.h"
#include "ctltool/service.h"
#include "ctltool/show_list.h"
#include "trust/capf_unasked.h"
#include "trust/itl.h"
#include "trust/listen_plan.h"
#include "trust/own.h"

static json_t *
names_json(const struct node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->nnames; i++)
		if (json_array_append_new(list, json_pack("{s:s, s:o}",
		    "type", n->names[i].is_ip ? "address" : "dns_name",
		    "name", out_str(n->names[i].text))) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *
ports_json(const uint16_t port[PORT_N])
{
	json_t *ports = json_object();

	for (size_t i = 0; i < PORT_N; i++)
		if (json_object_set_new(ports, node_port_name[i],
		    json_integer(port[i])) != 0) {
			json_decref(ports);
			return NULL;
		}
	return ports;
}

static int
set(json_t *obj, const char *key, json_t *value, struct err *e)
{
	if (json_object_set_new(obj, key, value) != 0)
		return err_set(e, ERR_NOMEM, "result");
	return ERR_OK;
}

int
node_text_about(struct ctl *c, json_t *result, struct err *e)
{
	const struct node *n = &c->node;
	uint16_t port[PORT_N];
	int ret;

	if ((ret = listen_ports(n->db, &n->row, port, NULL, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Cluster    %s (%s)%s\n", n->cluster.name,
	    n->cluster.uuid, n->cluster.test ? ", for tests" : "");
	out_text(c->out, "Node       %s (%s)\n", n->row.name, n->row.uuid);
	out_text(c->out, "Names     ");
	for (size_t i = 0; i < n->nnames; i++)
		out_text(c->out, " %s", n->names[i].text);
	out_text(c->out, "\nPorts     ");
	for (size_t i = 0; i < PORT_N; i++)
		out_text(c->out, " %s %u%s", node_port_name[i],
		    port[i], i + 1 < PORT_N ? "," : "\n");
	ret = set(result, "cluster", json_pack("{s:s, s:s, s:b, s:o}", "name",
	    n->cluster.name, "uuid", n->cluster.uuid, "test",
	    n->cluster.test, "created_at", out_time(n->cluster.created_at)),
	    e);
	if (ret != ERR_OK)
		return ret;
	return set(result, "node", json_pack("{s:s, s:s, s:o, s:o}", "name",
	    n->row.name, "uuid", n->row.uuid, "names", names_json(n),
	    "ports", ports_json(port)), e);
}

static int
itl_parsed(struct ctl *c, const struct row_list *row, const struct list *l,
    json_t *result, struct err *e)
{
	struct err verdict = { .code = ERR_OK };
	uint8_t sha1[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1];
	int ret;

	(void)list_verify_self(l, &verdict);
	if ((ret = digest_buf(DIGEST_SHA1, row->bytes, row->len, sha1, e)) !=
	    ERR_OK)
		return ret;
	str_hex(sha1, digest_len(DIGEST_SHA1), hex);
	out_text(c->out, "ITL        %s(SHA1), %zu bytes, %zu records, %s\n",
	    hex, row->len, l->nrec, verdict.code == ERR_OK ? "verified" :
	    "NOT VERIFIED: see show itl");
	return set(result, "itl", json_pack("{s:s, s:o, s:i, s:i, s:b, s:o}",
	    "sha1", hex, "sha256", out_hex(row->sha256, SHA256_LEN),
	    "bytes", (int)row->len, "records", (int)l->nrec,
	    "verified", verdict.code == ERR_OK,
	    "modified_at", out_time(row->made_at)), e);
}

int
node_text_itl(struct ctl *c, json_t *result, struct err *e)
{
	struct row_list row;
	struct list *l;
	int ret;

	if ((ret = itl_current(c->node.db, &row, e)) != ERR_OK)
		return ret;
	if ((l = list_parse(row.bytes, row.len, e)) == NULL)
		ret = err_wrap(e, "the ITL served");
	else
		ret = itl_parsed(c, &row, l, result, e);
	list_free(l);
	row_list_clear(&row);
	return ret;
}

/* The own certificate in use that ends first. */
static int
first_end(struct ctl *c, struct row_own *which, int64_t *when, struct err *e)
{
	struct row_own *rows;
	struct row_cert cert;
	size_t n;
	int ret;

	*when = INT64_MAX;
	if ((ret = row_own_list(c->node.db, NULL, OWN_ACTIVE, &rows, &n, e)) !=
	    ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		ret = row_cert_get(c->node.db, rows[i].sha256, &cert, e);
		if (ret != ERR_OK)
			break;
		if (cert.not_after < *when) {
			*when = cert.not_after;
			*which = rows[i];
		}
		row_cert_clear(&cert);
	}
	free(rows);
	return ret;
}

static int
status_end(struct ctl *c, json_t *result, struct err *e)
{
	struct row_own own = { .unit = "" };
	int64_t when, now = clock_wall_s(c->clk);
	char days[48], date[CLOCK_RFC3339_LEN];
	int ret;

	if ((ret = first_end(c, &own, &when, e)) != ERR_OK)
		return ret;
	if (own.unit[0] == '\0')
		return set(result, "ends_first", json_null(), e);
	show_days(when, now, days, sizeof(days));
	clock_rfc3339(when, date);
	out_text(c->out, "Ends first %s, %s (%s)\n", own.unit, date, days);
	return set(result, "ends_first", json_pack("{s:s, s:s, s:s, s:I}",
	    "unit", own.unit, "node", own.node, "not_after", date,
	    "days_left", (json_int_t)((when - now) / 86400)), e);
}

static int
status_phones(struct ctl *c, json_t *result, struct err *e)
{
	int64_t n, own;
	int ret;

	if ((ret = row_phone_count(c->node.db, &n, e)) != ERR_OK ||
	    (ret = row_phone_count_from(c->node.db, ORIGIN_AUTO, &own, e)) !=
	    ERR_OK)
		return ret;
	out_text(c->out, "Phones     %" PRId64, n);
	if (own > 0)
		out_text(c->out, ", %" PRId64 " by auto-registration", own);
	out_puts(c->out, "\n");
	if ((ret = set(result, "phones", json_integer(n), e)) != ERR_OK)
		return ret;
	return set(result, "auto_registered", json_integer(own), e);
}

/* Phones that came to CAPF unasked may be locked out. */
static int
status_unasked(struct ctl *c, json_t *result, struct err *e)
{
	struct db *observed;
	int64_t n = 0;
	int ret = ctl_observed(c, &observed, e);

	if (ret == ERR_OK && observed != NULL)
		ret = capf_unasked_count(c->node.db, observed,
		    clock_wall_s(c->clk), &n, e);
	db_close(observed);
	if (ret != ERR_OK)
		return ret;
	if (n > 0)
		out_text(c->out, "CAPF       %" PRId64 " phone%s came with "
		    "nothing pending, and may have lost the key to read a "
		    "configuration: utils capf status --failed\n", n,
		    n == 1 ? "" : "s");
	return set(result, "capf_unasked", json_integer(n), e);
}

/* An account that may not see them still sees the rest. */
static int
status_services(struct ctl *c, json_t *result, struct err *e)
{
	struct err why = { 0 };
	json_t *list;

	if (service_report(c->out, c->node.statefd, &list, &why) != ERR_OK) {
		out_warn_lines(c->out, why.msg);
		list = json_null();
	}
	return set(result, "services", list, e);
}

int
cmd_show_status(struct ctl *c, struct err *e)
{
	json_t *result = json_object();
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) == ERR_OK &&
	    (ret = node_text_about(c, result, e)) == ERR_OK &&
	    (ret = node_text_itl(c, result, e)) == ERR_OK &&
	    (ret = status_end(c, result, e)) == ERR_OK &&
	    (ret = status_phones(c, result, e)) == ERR_OK &&
	    (ret = status_unasked(c, result, e)) == ERR_OK) {
		out_puts(c->out, "\n");
		ret = status_services(c, result, e);
	}
	if (ret == ERR_OK)
		ret = alarm_text_status(c, result, e);
	if (ret == ERR_OK)
		ret = folder_text_status(c, result, e);
	if (ret == ERR_OK)
		out_result(c->out, result);
	else
		json_decref(result);
	return ret;
}
