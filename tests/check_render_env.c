/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What phone files take from rows: the nodes' addresses and ports, and
 * firmware by model.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "trust/render_env.h"

#define LONG	"a-name-that-is-longer-than-phones-have-room-for.example"

static struct db *db;

static void
setup(void)
{
	db = fix_create(fix_folder());
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

struct node {
	const char	*name, *names[4];	/* "=" before an address */
	int64_t		 joined_at, changed_at;
};

static int
put_node(struct db *d, void *arg, struct err *e)
{
	const struct node *n = arg;
	struct row_node row = { .joined_at = n->joined_at,
	    .changed_at = n->changed_at };
	struct row_node_name name[4] = { { .is_ip = false } };
	size_t k = 0;
	int ret;

	(void)str_copy(row.name, sizeof(row.name), n->name);
	for (int i = 0; i < PORT_N; i++)
		row.port[i] = (uint16_t)(100 + i);
	for (; k < 4 && n->names[k] != NULL; k++) {
		name[k].is_ip = n->names[k][0] == '=';
		(void)str_copy(name[k].text, sizeof(name[k].text),
		    n->names[k] + name[k].is_ip);
	}
	if ((ret = row_node_put(d, &row, e)) != ERR_OK)
		return ret;
	return row_node_names_put(d, n->name, name, k, e);
}

struct value {
	enum param_id	 id;
	const char	*value;
};

static int
set_param(struct db *d, void *arg, struct err *e)
{
	const struct value *v = arg;
	bool changed;

	return param_set(d, &param_table()[v->id], "", v->value, 500,
	    &changed, e);
}

static void
param(enum param_id id, const char *value)
{
	struct value v = { id, value };

	fix_tx(db, set_param, &v);
}

static void
load(struct render_servers *s)
{
	struct err e = { 0 };

	ck_assert_msg(render_servers_load(s, db, &e) == ERR_OK, "%s", e.msg);
}

/* An address rather than a name; what phones cannot hold does not count. */
START_TEST(addresses)
{
	struct node n[] = {
		{ "late", { "late.example" }, 9, 30 },
		{ "first", { "first.example", "=192.0.2.1", "=192.0.2.2" },
		    1, 20 },
		{ "long", { LONG, "short.example", "b.example" }, 2, 10 },
		{ "none", { LONG }, 3, 99 },
	};
	static const char *const want[] = { "192.0.2.1", "short.example",
	    "late.example" };
	struct render_servers s;

	for (size_t i = 0; i < 4; i++)
		fix_tx(db, put_node, &n[i]);
	load(&s);
	ck_assert_uint_eq(s.n, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(s.server[i].address, want[i]);
	ck_assert_int_eq(s.changed_at, 30);	/* of those in the file */
}
END_TEST

START_TEST(at_most_five)
{
	struct render_servers s;

	for (int i = 0; i < RENDER_SERVERS_MAX + 2; i++) {
		struct node n = { .names = { "=192.0.2.1" }, .joined_at = i };
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		n.name = name;
		fix_tx(db, put_node, &n);
	}
	load(&s);
	ck_assert_uint_eq(s.n, RENDER_SERVERS_MAX);
}
END_TEST

static const struct {
	enum param_id	 id;
	size_t		 at;		/* in struct render_server */
	uint16_t	 own;
} ports[] = {
#define AT(m)	offsetof(struct render_server, m)
	{ PARAM_SIP_PHONE_PORT, AT(sip_port), 100 + PORT_SIP },
	{ PARAM_SIP_PHONE_SECURE_PORT, AT(sips_port), 100 + PORT_SIPS },
	{ PARAM_CAPF_PHONE_PORT, AT(capf_port), 100 + PORT_CAPF },
	{ PARAM_SCCP_PHONE_PORT, AT(sccp_port), 2000 },
	{ PARAM_SCCP_PHONE_SECURE_PORT, AT(sccps_port), 2443 },
};

static uint16_t
port_of(const struct render_servers *s, size_t at)
{
	uint16_t port;

	memcpy(&port, (const char *)&s->server[0] + at, sizeof(port));
	return port;
}

/* A parameter for all nodes; it moves the identity and the time of change. */
START_TEST(port)
{
	struct node n = { "cm1", { "=192.0.2.1" }, 1, 20 };
	struct render_servers s, t;

	fix_tx(db, put_node, &n);
	load(&s);
	ck_assert_uint_eq(port_of(&s, ports[_i].at), ports[_i].own);
	ck_assert_uint_eq(s.server[0].tvs_port, 100 + PORT_TVS);
	ck_assert_int_eq(s.changed_at, 20);
	param(ports[_i].id, "40000");
	load(&t);
	ck_assert_uint_eq(port_of(&t, ports[_i].at), 40000);
	ck_assert_int_eq(t.changed_at, 500);
	ck_assert(memcmp(s.id, t.id, sizeof(s.id)) != 0);
	param(ports[_i].id, param_table()[ports[_i].id].def);
	load(&t);
	ck_assert(memcmp(s.id, t.id, sizeof(s.id)) == 0);
}
END_TEST

START_TEST(stray)
{
	char model[32];

	ck_assert(!render_loads_stray("", model, sizeof(model)));
	ck_assert(!render_loads_stray("8841=a,7960G=b", model,
	    sizeof(model)));
	ck_assert(render_loads_stray("8841=a,8842=b,x=c", model,
	    sizeof(model)));
	ck_assert_str_eq(model, "8842");
}
END_TEST

START_TEST(firmware)
{
	struct render_loads l;
	struct err e = { 0 };

	ck_assert_int_eq(render_loads_load(&l, db, &e), ERR_OK);
	ck_assert_uint_eq(l.n, 0);
	param(PARAM_PHONE_LOADS, "8841=a.1,7960G=b-2,nothing=c,7960=d");
	ck_assert_int_eq(render_loads_load(&l, db, &e), ERR_OK);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_int_eq(l.changed_at, 500);
	ck_assert_str_eq(render_loads_find(&l, model_find("8841")), "a.1");
	ck_assert_str_eq(render_loads_find(&l, model_find("7960")), "b-2");
	ck_assert_str_eq(render_loads_find(&l, model_find("8861")), "");
	ck_assert_str_eq(render_loads_find(&l, model_unknown()), "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("render_env");
	TCase *t = tcase_create("render_env");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, addresses);
	tcase_add_test(t, at_most_five);
	tcase_add_loop_test(t, port, 0,
	    (int)(sizeof(ports) / sizeof(ports[0])));
	tcase_add_test(t, firmware);
	tcase_add_test(t, stray);
	suite_add_tcase(s, t);
	return fix_run(s);
}
