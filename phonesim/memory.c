/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim show, phonesim reset: what a phone remembers.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "certs/enc_file.h"
#include "certs/list.h"
#include "crypt/digest.h"
#include "phonesim/phonesim.h"
#include "phonesim/tvs_ask.h"

#define NAME_SHOWN	256

static const char *
role_text(uint16_t role, char buf[16])
{
	const char *name = list_role_name(role);

	if (name != NULL)
		return name;
	(void)snprintf(buf, 16, "role %u", role);
	return buf;
}

static json_t *
records_json(const struct list *l)
{
	json_t *j = json_array();
	char role[16];

	for (size_t i = 0; i < l->nrec; i++)
		(void)json_array_append_new(j, json_pack("{s:s, s:o}",
		    "role", role_text(l->rec[i].role, role), "subject",
		    l->rec[i].subject != NULL ?
		    phonesim_json_text(l->rec[i].subject) : json_null()));
	return j;
}

static void
print_list(FILE *out, const char *kind, const struct list *l,
    const char *hash)
{
	char role[16], name[NAME_SHOWN], when[CLOCK_RFC3339_LEN] = "-";

	if (l->h.has_timestamp)
		clock_rfc3339(l->h.timestamp, when);
	str_visible(l->h.signer_name, strlen(l->h.signer_name), name,
	    sizeof(name));
	(void)fprintf(out, "%s   %zu bytes, made %s, signed by %s\n"
	    "      sha256 %s\n", kind, l->len, when, name, hash);
	for (size_t i = 0; i < l->nrec; i++) {
		const char *subject = l->rec[i].subject;

		if (subject == NULL)
			subject = "(no certificate)";
		str_visible(subject, strlen(subject), name, sizeof(name));
		(void)fprintf(out, "      %-10s %s\n",
		    role_text(l->rec[i].role, role), name);
	}
}

static json_t *
list_json(const struct list *l, const char *hash)
{
	char when[CLOCK_RFC3339_LEN] = "";

	if (l->h.has_timestamp)
		clock_rfc3339(l->h.timestamp, when);
	return json_pack("{s:I, s:s, s:s?, s:o, s:o}",
	    "bytes", (json_int_t)l->len, "sha256", hash,
	    "timestamp", when[0] != '\0' ? when : NULL,
	    "signer", phonesim_json_text(l->h.signer_name),
	    "records", records_json(l));
}

/* One list as text, or as the value of *j. */
static int
show_list(struct phonesim_run *r, const char *kind, const struct sim_list *s,
    json_t **j, struct err *e)
{
	char hash[2 * DIGEST_SHA256_LEN + 1];
	uint8_t digest[DIGEST_SHA256_LEN];
	struct list *l;
	int ret;

	if (s->buf == NULL) {
		*j = json_null();
		if (!r->o->json)
			(void)fprintf(r->out, "%s   none\n", kind);
		return ERR_OK;
	}
	if ((l = list_parse(s->buf, s->len, e)) == NULL)
		return ERR_PROTO;
	if ((ret = digest_buf(DIGEST_SHA256, s->buf, s->len, digest, e)) ==
	    ERR_OK) {
		str_hex(digest, sizeof(digest), hash);
		if (r->o->json)
			*j = list_json(l, hash);
		else
			print_list(r->out, kind, l, hash);
	}
	list_free(l);
	return ret;
}

static json_t *
show_config(struct phonesim_run *r, const struct sim_mem *m)
{
	char when[CLOCK_RFC3339_LEN], vis[NAME_SHOWN];

	clock_rfc3339(m->configured_at, when);
	if (r->o->json)
		return m->has_config ? json_pack("{s:o, s:b, s:s}",
		    "version_stamp", phonesim_json_text(m->version_stamp),
		    "encr_config", (int)m->encr_config,
		    "configured_at", when) : json_null();
	if (!m->has_config) {
		(void)fputs("configuration   none\n", r->out);
		return NULL;
	}
	str_visible(m->version_stamp, strlen(m->version_stamp), vis,
	    sizeof(vis));
	(void)fprintf(r->out, "configuration   versionStamp %s, since %s%s\n",
	    vis[0] != '\0' ? vis : "none", when,
	    m->encr_config ? ", encrypted" : "");
	return NULL;
}

/* Whom it may ask, and what is still good of what they said. */
static json_t *
tvs_json(const struct sim_mem *m)
{
	json_t *servers = json_array(), *known = json_array();

	for (size_t i = 0; i < m->ntvs; i++) {
		char from[ACCEPT_FROM_MAX];

		tvs_ask_address(&m->tvs[i], from);
		(void)json_array_append_new(servers, json_string(from));
	}
	for (size_t i = 0; i < m->known.n; i++) {
		const struct tvs_known *k = &m->known.k[i];
		char *name = cert_subject(k->cert, CERT_NAME_SEMICOLON, NULL);
		char until[CLOCK_RFC3339_LEN], roles[128];

		clock_rfc3339(k->until, until);
		accept_roles_text(k->roles, k->nroles, roles, sizeof(roles));
		(void)json_array_append_new(known, json_pack(
		    "{s:o, s:s, s:s, s:s}", "subject",
		    phonesim_json_text(name != NULL ? name : ""),
		    "roles", roles, "until", until, "from", k->from));
		free(name);
	}
	return json_pack("{s:o, s:o}", "servers", servers, "known", known);
}

static void
print_tvs(FILE *out, const struct sim_mem *m, int64_t now)
{
	for (size_t i = 0; i < m->ntvs; i++) {
		char from[ACCEPT_FROM_MAX];

		tvs_ask_address(&m->tvs[i], from);
		(void)fprintf(out, "%s%s", i == 0 ? "TVS   " : ", ", from);
	}
	if (m->ntvs > 0)
		(void)fputc('\n', out);
	for (size_t i = 0; i < m->known.n; i++) {
		const struct tvs_known *k = &m->known.k[i];
		char *name = cert_subject(k->cert, CERT_NAME_SEMICOLON, NULL);
		char until[CLOCK_RFC3339_LEN], roles[128], vis[NAME_SHOWN];

		clock_rfc3339(k->until, until);
		accept_roles_text(k->roles, k->nroles, roles, sizeof(roles));
		str_visible(name != NULL ? name : "", name != NULL ?
		    strlen(name) : 0, vis, sizeof(vis));
		(void)fprintf(out, "      vouched for %s as %s, %s %s, by "
		    "%s\n", vis, roles, now < k->until ? "until" :
		    "over since", until, k->from);
		free(name);
	}
}

/* "lsc": {...}, NULL: no memory. */
static json_t *
identity_json(const struct sim_identity *i)
{
	char *name = NULL, *issuer = NULL, until[CLOCK_RFC3339_LEN], hash[33];
	json_t *j;

	if (i->cert == NULL)
		return json_null();
	if ((name = cert_subject(i->cert, CERT_NAME_SEMICOLON, NULL)) == NULL ||
	    (issuer = cert_issuer(i->cert, CERT_NAME_SEMICOLON, NULL)) ==
	    NULL || enc_cert_hash(i->cert, hash, NULL) != ERR_OK) {
		free(name);
		free(issuer);
		return NULL;
	}
	clock_rfc3339(cert_not_after(i->cert), until);
	j = json_pack("{s:o, s:o, s:s, s:s, s:s}", "subject",
	    phonesim_json_text(name), "issuer", phonesim_json_text(issuer),
	    "key", key_type_name(key_type(i->key)), "not_after", until,
	    "cert_hash", hash);
	free(name);
	free(issuer);
	return j;
}

static void
print_identity(FILE *out, const char *kind, const struct sim_identity *i)
{
	char *name, *issuer, until[CLOCK_RFC3339_LEN], vis[NAME_SHOWN];
	char by[NAME_SHOWN];

	if (i->cert == NULL) {
		(void)fprintf(out, "%s   none\n", kind);
		return;
	}
	name = cert_subject(i->cert, CERT_NAME_SEMICOLON, NULL);
	issuer = cert_issuer(i->cert, CERT_NAME_SEMICOLON, NULL);
	str_visible(name != NULL ? name : "", name != NULL ? strlen(name) : 0,
	    vis, sizeof(vis));
	str_visible(issuer != NULL ? issuer : "", issuer != NULL ?
	    strlen(issuer) : 0, by, sizeof(by));
	clock_rfc3339(cert_not_after(i->cert), until);
	(void)fprintf(out, "%s   %s, %s, until %s\n      issued by %s\n", kind,
	    vis, key_type_name(key_type(i->key)), until, by);
	free(name);
	free(issuer);
}

static void
print_keys(FILE *out, const struct sim_keys *k)
{
	print_identity(out, "LSC", &k->lsc);
	print_identity(out, "MIC", &k->mic);
	if (k->pending != NULL)
		(void)fprintf(out, "      a key, %s, waits for its "
		    "certificate\n", key_type_name(key_type(k->pending)));
}

static json_t *
result_json(const struct sim_mem *m, json_t *ctl, json_t *itl, json_t *config)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "device", m->device, "ctl", ctl, "itl", itl,
	    "configuration", config, "tvs", tvs_json(m),
	    "lsc", identity_json(&m->keys.lsc),
	    "mic", identity_json(&m->keys.mic), "pending_key",
	    m->keys.pending == NULL ? json_null() :
	    json_string(key_type_name(key_type(m->keys.pending))));
}

static json_t *
show_mem(struct phonesim_run *r, const struct sim_mem *m, struct err *e)
{
	json_t *ctl = NULL, *itl = NULL, *config, *result = NULL;

	if (!r->o->json)
		(void)fprintf(r->out, "%s\n", m->device);
	if (show_list(r, "CTL", &m->ctl, &ctl, e) != ERR_OK ||
	    show_list(r, "ITL", &m->itl, &itl, e) != ERR_OK) {
		json_decref(ctl);
		return NULL;
	}
	config = show_config(r, m);
	if (!r->o->json) {
		print_tvs(r->out, m, clock_wall_s(clock_system()));
		print_keys(r->out, &m->keys);
	} else if ((result = result_json(m, ctl, itl, config)) == NULL)
		(void)err_set(e, ERR_NOMEM, "output");
	return result;
}

int
phonesim_show(struct phonesim_run *r)
{
	struct err e = { 0 };
	struct sim_mem mem;
	json_t *result = NULL;

	if (sim_mem_find(&mem, r->o->state, r->o->device, &e) == ERR_OK) {
		result = show_mem(r, &mem, &e);
		sim_mem_clear(&mem);
	}
	return phonesim_finish(r, result, e.code == ERR_OK ? EXIT_TRUSTED :
	    EXIT_FAILED, &e);
}

int
phonesim_reset(struct phonesim_run *r)
{
	struct err e = { 0 };
	json_t *result = NULL;
	bool held;

	if (sim_mem_erase(r->o->state, r->o->device, &held, &e) != ERR_OK)
		return phonesim_finish(r, NULL, EXIT_FAILED, &e);
	if (!r->o->json)
		(void)fprintf(r->out, held ? "%s  trust lists and keys "
		    "erased: it takes the next list on trust\n" :
		    "%s  held nothing\n", r->o->device);
	else if ((result = json_pack("{s:s, s:b}", "device", r->o->device,
	    "erased", (int)held)) == NULL)
		(void)err_set(&e, ERR_NOMEM, "output");
	return phonesim_finish(r, result, e.code == ERR_OK ? EXIT_TRUSTED :
	    EXIT_FAILED, &e);
}
