/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The reference's tables, see saved_sql.h.  Column names are those of public
 * queries; numbers of its enumerations that no source gives are ours, so a
 * query joins the type table instead of comparing numbers [?].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/cert.h"
#include "crypt/digest.h"
#include "crypt/rng.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/cluster_mode.h"
#include "trust/model.h"
#include "trust/own.h"
#include "trust/profile.h"
#include "trust/saved_sql.h"

#define CLASS_PHONE	1	/* typeclass [?] */
#define PROTOCOL_NUMBER_SCCP	0	/* typedeviceprotocol [?] */
#define PROTOCOL_NUMBER_SIP	11
#define PRODUCT_UNKNOWN	0

struct fill {
	struct view	*v;
	struct db	*db;
};

/* Fresh view_value arrays are short enough to be written out in place. */
#define PUT(f, e, ...)	view_row((f)->v, \
    (const struct view_value[]){ __VA_ARGS__ }, \
    sizeof((const struct view_value[]){ __VA_ARGS__ }) / \
    sizeof(struct view_value), e)

/* A row's identity, the same on every node and in every query. */
static const char *
pkid(const char *kind, const char *name, char out[UUID_LEN])
{
	uint8_t d[DIGEST_MAX] = { 0 };
	char *text = str_printf("%s %s", kind, name);

	if (text != NULL)
		(void)digest_buf(DIGEST_SHA256, text, strlen(text), d, NULL);
	free(text);
	uuid_from_digest(d, out);
	return out;
}

/* --- nodes and parameters --- */

static int
fill_nodes(struct fill *f, struct err *e)
{
	struct row_node *rows = NULL;
	char id[UUID_LEN];
	size_t n = 0;
	int ret = row_node_list(f->db, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = PUT(f, e, VIEW_TEXT(pkid("node", rows[i].name, id)),
		    VIEW_TEXT(rows[i].name), VIEW_NUMBER((int64_t)i + 1),
		    VIEW_TEXT(""), VIEW_NUMBER(i == 0 ? 0 : 1),
		    VIEW_TEXT("t"));
	free(rows);
	return ret;
}

static int
put_param(struct fill *f, const char *node, const char *name,
    const char *value, struct err *e)
{
	char id[UUID_LEN], node_id[UUID_LEN];

	return PUT(f, e, VIEW_TEXT(pkid("param", name, id)), VIEW_TEXT(name),
	    VIEW_TEXT(value), VIEW_TEXT(node[0] == '\0' ? NULL :
	    pkid("node", node, node_id)));
}

/* The reference's names for what has one, then all of ours. */
static int
fill_params(struct fill *f, struct err *e)
{
	const struct param_def *d = param_table();
	struct row_cluster c;
	char *value;
	bool mixed;
	int ret;

	if ((ret = row_cluster_get(f->db, &c, e)) != ERR_OK ||
	    (ret = cluster_mixed(f->db, &mixed, e)) != ERR_OK ||
	    (ret = put_param(f, "", "ClusterSecurityMode", mixed ? "1" : "0",
	    e)) != ERR_OK ||
	    (ret = put_param(f, "", "ClusterID", c.name, e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK && i < PARAM_N; i++) {
		if ((value = param_get(f->db, d[i].id, "", e)) == NULL)
			return e->code;
		ret = put_param(f, "", d[i].name, value, e);
		free(value);
	}
	return ret;
}

/* --- phones and profiles --- */

static int
fill_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct fill *f = arg;
	const struct model *m = model_of(p->model);
	char id[UUID_LEN], profile[UUID_LEN];
	const char *name = p->profile[0] != '\0' ? p->profile :
	    profile_predefined(p->protocol);

	return PUT(f, e, VIEW_TEXT(pkid("device", p->name, id)),
	    VIEW_TEXT(p->name), VIEW_TEXT(p->description),
	    VIEW_NUMBER(CLASS_PHONE), VIEW_NUMBER(m->number),
	    VIEW_NUMBER(p->protocol == PROTOCOL_SIP ? PROTOCOL_NUMBER_SIP :
	    PROTOCOL_NUMBER_SCCP),
	    VIEW_TEXT(pkid("profile", name, profile)), VIEW_TEXT(p->model));
}

static int
fill_phones(struct fill *f, struct err *e)
{
	return row_phone_each(f->db, fill_phone, f, e);
}

static int
put_profile(struct fill *f, const char *stored, const char *name,
    enum phone_protocol protocol, const char *description, struct err *e)
{
	struct phone_effective x;
	char id[UUID_LEN];
	int ret;

	if ((ret = profile_effective(&x, f->db, NULL, stored, protocol, e)) !=
	    ERR_OK)
		return ret;
	ret = PUT(f, e, VIEW_TEXT(pkid("profile", name, id)),
	    VIEW_TEXT(name), VIEW_TEXT(description),
	    VIEW_NUMBER(strtoll(effective_code(&x, SETTING_SECURITY_MODE),
	    NULL, 10)));
	phone_effective_clear(&x);
	return ret;
}

static int
fill_profiles(struct fill *f, struct err *e)
{
	struct row_profile *rows = NULL;
	size_t n = 0;
	int ret = row_profile_list(f->db, &rows, &n, e);

	for (int p = 0; ret == ERR_OK && p < PROTOCOL_N; p++)
		ret = put_profile(f, "", profile_predefined(p), p, "", e);
	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = put_profile(f, rows[i].name, rows[i].name,
		    rows[i].protocol, rows[i].description, e);
	free(rows);
	return ret;
}

static int
fill_models(struct fill *f, struct err *e)
{
	char name[64];
	size_t n;
	const struct model *m = model_table(&n);
	int ret = PUT(f, e, VIEW_NUMBER(PRODUCT_UNKNOWN),
	    VIEW_TEXT("Unknown"));

	/* Variants share a number with their model. */
	for (size_t i = 0; ret == ERR_OK && i < n; i++) {
		if (m[i].number == 0 || m[i].base != NULL)
			continue;
		(void)snprintf(name, sizeof(name), "Cisco %s", m[i].name);
		ret = PUT(f, e, VIEW_NUMBER(m[i].number), VIEW_TEXT(name));
	}
	return ret;
}

static int
fill_users(struct fill *f, struct err *e)
{
	struct row_user *rows = NULL;
	char id[UUID_LEN];
	size_t n = 0;
	int ret = row_user_list(f->db, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = PUT(f, e, VIEW_TEXT(pkid("user", rows[i].name, id)),
		    VIEW_TEXT(rows[i].name), VIEW_TEXT(""),
		    VIEW_TEXT(rows[i].description));
	free(rows);
	return ret;
}

/* --- small type tables --- */

static int
fill_protocols(struct fill *f, struct err *e)
{
	int ret = PUT(f, e, VIEW_NUMBER(PROTOCOL_NUMBER_SCCP),
	    VIEW_TEXT("SCCP"));

	return ret != ERR_OK ? ret : PUT(f, e,
	    VIEW_NUMBER(PROTOCOL_NUMBER_SIP), VIEW_TEXT("SIP"));
}

static int
fill_classes(struct fill *f, struct err *e)
{
	return PUT(f, e, VIEW_NUMBER(CLASS_PHONE), VIEW_TEXT("Phone"));
}

static int
fill_modes(struct fill *f, struct err *e)
{
	const struct setting_word *w = setting_get(SETTING_SECURITY_MODE)->
	    words;
	int ret = ERR_OK;

	for (; ret == ERR_OK && w->word != NULL; w++)
		ret = PUT(f, e, VIEW_NUMBER(strtoll(w->code, NULL, 10)),
		    VIEW_TEXT(w->name));
	return ret;
}

static int
fill_services(struct fill *f, struct err *e)
{
	const struct own_unit_def *d = own_unit_table();
	int ret = ERR_OK;

	for (int i = 0; ret == ERR_OK && i < UNIT_N; i++)
		ret = PUT(f, e, VIEW_NUMBER(i + 1), VIEW_TEXT(d[i].alias != NULL ?
		    d[i].alias : d[i].name));
	return ret;
}

static int
fill_distributions(struct fill *f, struct err *e)
{
	int ret = PUT(f, e, VIEW_NUMBER(1), VIEW_TEXT("Self-signed"));

	return ret != ERR_OK ? ret : PUT(f, e, VIEW_NUMBER(2),
	    VIEW_TEXT("CA-signed"));
}

/* --- certificates --- */

static void
hex(const uint8_t *p, size_t n, char *out, size_t outlen)
{
	out[0] = '\0';
	for (size_t i = 0; i < n && 2 * i + 3 <= outlen; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static const char *
own_pkid(const struct own *o, char out[UUID_LEN])
{
	char sha[2 * SHA256_LEN + 1];

	hex(o->row.sha256, SHA256_LEN, sha, sizeof(sha));
	return pkid("certificate", sha, out);
}

static int
put_cert(struct fill *f, const struct own *o, struct err *e)
{
	char *subject, *issuer, *pem, id[UUID_LEN], serial[2 * 64 + 1];
	const uint8_t *s;
	size_t n;
	int ret;

	subject = cert_subject(o->cert, CERT_NAME_SEMICOLON, NULL);
	issuer = cert_issuer(o->cert, CERT_NAME_SEMICOLON, NULL);
	pem = cert_to_pem(o->cert, NULL);
	s = cert_serial(o->cert, &n);
	hex(s, n, serial, sizeof(serial));
	if (subject == NULL || issuer == NULL || pem == NULL)
		ret = err_set(e, ERR_NOMEM, "certificate");
	else
		ret = PUT(f, e, VIEW_TEXT(own_pkid(o, id)),
		    VIEW_TEXT(subject), VIEW_TEXT(issuer), VIEW_TEXT(serial),
		    VIEW_TEXT(o->row.node), VIEW_TEXT(NULL), VIEW_TEXT(NULL),
		    VIEW_NUMBER(cert_not_after(o->cert)),
		    VIEW_NUMBER(strcmp(subject, issuer) == 0 ? 1 : 2),
		    VIEW_TEXT(pem));
	free(subject);
	free(issuer);
	free(pem);
	return ret;
}

static int
put_cert_use(struct fill *f, const struct own *o, struct err *e)
{
	const struct own_unit_def *d = own_unit_find(o->row.unit);
	char id[UUID_LEN], cert[UUID_LEN];

	(void)own_pkid(o, cert);
	return PUT(f, e, VIEW_TEXT(pkid("map", cert, id)), VIEW_TEXT(cert),
	    VIEW_NUMBER(d != NULL ? (int64_t)d->unit + 1 : 0));
}

static int
each_own(struct fill *f,
    int (*put)(struct fill *, const struct own *, struct err *),
    struct err *e)
{
	struct own *rows = NULL;
	size_t n = 0;
	int ret = own_all(f->db, &rows, &n, e);

	for (size_t i = 0; ret == ERR_OK && i < n; i++)
		ret = put(f, &rows[i], e);
	own_list_free(rows, n);
	return ret;
}

static int
fill_certs(struct fill *f, struct err *e)
{
	return each_own(f, put_cert, e);
}

static int
fill_cert_uses(struct fill *f, struct err *e)
{
	return each_own(f, put_cert_use, e);
}

/* --- the table of tables --- */

typedef int	fill_fn(struct fill *f, struct err *e);

static const struct saved_table tables[] = {
	{ "certificate", "pkid TEXT, subjectname TEXT, issuername TEXT, "
	    "serialnumber TEXT, servername TEXT, ipv4address TEXT, "
	    "ipv6address TEXT, timetolive INTEGER, "
	    "tkcertificatedistribution INTEGER, certificate TEXT",
	    "the own certificates, as PEM in column certificate" },
	{ "certificateservicecertificatemap", "pkid TEXT, "
	    "fkcertificate TEXT, tkcertificateservice INTEGER",
	    "which unit a certificate is of" },
	{ "device", "pkid TEXT, name TEXT, description TEXT, "
	    "tkclass INTEGER, tkmodel INTEGER, tkdeviceprotocol INTEGER, "
	    "fksecurityprofile TEXT, model TEXT", "the phones" },
	{ "enduser", "pkid TEXT, userid TEXT, lastname TEXT, "
	    "description TEXT", "the users" },
	{ "processconfig", "pkid TEXT, paramname TEXT, paramvalue TEXT, "
	    "fkprocessnode TEXT", "the parameters" },
	{ "processnode", "pkid TEXT, name TEXT, nodeid INTEGER, "
	    "description TEXT, tknodeusage INTEGER, isactive TEXT",
	    "the nodes; tknodeusage 0 is the first one" },
	{ "securityprofile", "pkid TEXT, name TEXT, description TEXT, "
	    "tkdevicesecuritymode INTEGER", "the phone security profiles" },
	{ "typecertificatedistribution", "enum INTEGER, name TEXT",
	    "self-signed or signed by a CA" },
	{ "typecertificateservice", "enum INTEGER, name TEXT",
	    "the units" },
	{ "typeclass", "enum INTEGER, name TEXT", "kinds of device" },
	{ "typedeviceprotocol", "enum INTEGER, name TEXT", "SCCP and SIP" },
	{ "typedevicesecuritymode", "enum INTEGER, name TEXT",
	    "device security modes" },
	{ "typemodel", "enum INTEGER, name TEXT", "the models" },
	{ 0 },
};

static fill_fn *const filler[] = {
	fill_certs, fill_cert_uses, fill_phones, fill_users, fill_params,
	fill_nodes, fill_profiles, fill_distributions, fill_services,
	fill_classes, fill_protocols, fill_modes, fill_models,
};

_Static_assert(sizeof(tables) / sizeof(tables[0]) - 1 ==
    sizeof(filler) / sizeof(filler[0]), "a filler for each table");

const struct saved_table *
saved_tables(void)
{
	return tables;
}

struct filling {
	struct fill	 f;
	const char	*sql;
};

static int
fill_tables(struct db *db, void *arg, struct err *e)
{
	struct filling *fl = arg;
	int ret = ERR_OK;

	fl->f.db = db;
	for (size_t i = 0; ret == ERR_OK && tables[i].name != NULL; i++) {
		if (fl->sql != NULL &&
		    strcasestr(fl->sql, tables[i].name) == NULL)
			continue;
		ret = view_table(fl->f.v, tables[i].name, tables[i].columns,
		    e);
		if (ret == ERR_OK)
			ret = filler[i](&fl->f, e);
	}
	return ret;
}

int
saved_sql_fill(struct view *v, struct db *db, const char *sql, struct err *e)
{
	struct filling fl = { .f = { .v = v }, .sql = sql };

	return db_read_tx(db, fill_tables, &fl, e);
}

/* --- the reference's dialect --- */

/* Over what is quoted, a comment, or one byte. */
static const char *
skip_sql(const char *p)
{
	const char *end;
	char quote = *p == '[' ? ']' : *p;

	if (p[0] == '-' && p[1] == '-')
		return strchrnul(p, '\n');
	if (p[0] == '/' && p[1] == '*')
		return (end = strstr(p + 2, "*/")) != NULL ? end + 2 :
		    strchr(p, '\0');
	if (strchr("'\"`[", *p) != NULL)
		return (end = strchr(p + 1, quote)) != NULL ? end + 1 :
		    strchr(p, '\0');
	return p + 1;
}

static size_t
word_len(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

bool
saved_sql_is_first(const char *sql)
{
	int seen = 0;		/* of the words "select first 1" */
	size_t n;

	for (const char *p = sql; *p != '\0'; p = n > 0 ? p + n :
	    skip_sql(p)) {
		if ((n = word_len(p)) == 0) {
			seen = strchr(" \t\r\n", *p) != NULL ? seen : 0;
			continue;
		}
		if (n == 6 && strncasecmp(p, "select", n) == 0)
			seen = 1;
		else if (seen == 1 && n == 5 && strncasecmp(p, "first", n) ==
		    0)
			seen = 2;
		else if (seen == 2 && strspn(p, "0123456789") == n)
			return true;
		else
			seen = 0;
	}
	return false;
}
