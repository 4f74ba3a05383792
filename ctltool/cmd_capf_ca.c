/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * utils capf ca certificate: what an online CA knows us by.
 */
#include <stdlib.h>

#include "certs/identity.h"
#include "ctltool/ctl.h"
#include "ctltool/secret_in.h"
#include "trust/cert_import.h"
#include "trust/cert_row.h"
#include "trust/sealed.h"

#define NAME	CLUSTER_SECRET_CA_CERT

struct keeping {
	struct container	 set;
	struct identity		*id;		/* NULL: remove it */
	uint8_t			*sealed;
	size_t			 len;
	char			 name[IMPORT_NAME_MAX];
	struct ctl_audit	 audit;
};

static int
read_file(struct ctl *c, struct keeping *k, const char *file,
    const char *password, struct err *e)
{
	uint8_t *buf;
	size_t len;
	int ret = ctl_read_file(c, file, CONTAINER_FILE_MAX, &buf, &len, e);

	if (ret != ERR_OK)
		return ret;
	ret = container_read(&k->set, buf, len, 0, password, e);
	secret_wipe(buf, len);
	free(buf);
	return ret == ERR_OK ? ERR_OK : err_wrap(e, "%s", file);
}

static int
read_files(struct ctl *c, struct keeping *k, struct err *e)
{
	const char *from = cmd_get(c->line, "--password-file"), *file;
	const struct secret *text = NULL;
	int ret = ERR_OK;

	if (from != NULL && (ret = secret_in_once(c, from, "password", &text,
	    e)) != ERR_OK)
		return ret;
	for (size_t i = 0; ret == ERR_OK &&
	    (file = cmd_get_n(c->line, "FILE", i)) != NULL; i++)
		ret = read_file(c, k, file, text != NULL ?
		    (const char *)text->buf : NULL, e);
	return ret == ERR_OK ? identity_find(&k->set, &k->id, e) : ret;
}

static int
check_dates(const struct ctl *c, const struct cert *cert, struct err *e)
{
	char when[CLOCK_RFC3339_LEN];

	if (cert_not_after(cert) >= clock_wall_s(c->clk))
		return ERR_OK;
	clock_rfc3339(cert_not_after(cert), when);
	return err_set(e, ERR_REFUSED, "the certificate expired %s", when);
}

static int
seal_it(struct ctl *c, struct keeping *k, struct err *e)
{
	struct secret *bytes = NULL;
	struct keyring *kr;
	int ret;

	if ((kr = node_keyring(&c->node, KEYRING_CRED, e)) == NULL)
		return ctl_denied(e->code, e);
	if ((ret = identity_pack(k->id, &bytes, e)) == ERR_OK)
		ret = sealed_cluster_bytes(kr, c->rng, NAME, bytes,
		    &k->sealed, &k->len, e);
	secret_free(bytes);
	keyring_free(kr);
	return ret;
}

/* In the clear, for reports of what ends; the one of before goes. */
static int
put_cert(struct db *db, const struct keeping *k, struct err *e)
{
	uint8_t old[SHA256_LEN], sha256[SHA256_LEN];
	struct err none = { 0 };
	int had = row_cluster_cert_get(db, NAME, old, &none), ret;

	if (had != ERR_OK && had != ERR_NOTFOUND)
		return err_set(e, had, "%s", none.msg);
	if (k->id != NULL) {
		cert_sha256(k->id->cert[0], sha256);
		if ((ret = cert_row_put(db, k->id->cert[0], e)) != ERR_OK)
			return ret;
	}
	ret = row_cluster_cert_put(db, NAME, k->id != NULL ? sha256 : NULL,
	    e);
	return ret == ERR_OK && had == ERR_OK ? row_cert_remove(db, old, e) :
	    ret;
}

static int
keep_tx(struct db *db, void *arg, struct err *e)
{
	struct keeping *k = arg;
	int ret = k->sealed != NULL ? row_cluster_secret_put(db, NAME,
	    k->sealed, k->len, k->audit.row.at, e) :
	    row_cluster_secret_remove(db, NAME, e);

	if (ret == ERR_OK)
		ret = put_cert(db, k, e);
	return ret == ERR_OK ? ctl_audit_add(db, &k->audit, e) : ret;
}

static void
say(struct ctl *c, const struct keeping *k)
{
	char when[CLOCK_RFC3339_LEN];

	out_changed(c->out);
	if (k->id == NULL) {
		out_text(c->out, "The certificate for the CA is forgotten.\n");
		out_result(c->out, json_pack("{s:b, s:n, s:n, s:n}", "set", 0,
		    "certificate", "not_after", "chain"));
		return;
	}
	clock_rfc3339(cert_not_after(k->id->cert[0]), when);
	out_text(c->out, "The certificate \"%s\" for the CA is kept, sealed, "
	    "with %zu above it; it ends %s.\n", k->name, k->id->n - 1, when);
	out_result(c->out, json_pack("{s:b, s:o, s:o, s:I}", "set", 1,
	    "certificate", out_str(k->name), "not_after",
	    out_time(cert_not_after(k->id->cert[0])), "chain",
	    (json_int_t)(k->id->n - 1)));
}

static int
keep(struct ctl *c, struct keeping *k, struct err *e)
{
	int ret;

	if (cmd_get(c->line, "FILE") != NULL) {
		if ((ret = read_files(c, k, e)) != ERR_OK ||
		    (ret = check_dates(c, k->id->cert[0], e)) != ERR_OK ||
		    (ret = seal_it(c, k, e)) != ERR_OK)
			return ret;
		import_name(k->id->cert[0], k->name);
	}
	ctl_audit_init(c, &k->audit, "%s", k->id != NULL ? k->name :
	    "removed");
	if ((ret = ctl_tx(c, keep_tx, k, e)) == ERR_OK)
		say(c, k);
	else if (k->id == NULL && ret == ERR_NOTFOUND)
		ret = err_set(e, ret, "there is no certificate for the CA");
	return ret;
}

int
cmd_capf_ca_certificate(struct ctl *c, struct err *e)
{
	struct keeping k = { .id = NULL };
	int ret;

	if ((cmd_get(c->line, "FILE") != NULL) == cmd_has(c->line,
	    "--remove"))
		return err_set(e, ERR_ARG, "either FILE or --remove is given");
	if ((ret = ctl_open(c, DB_WRITE, e)) == ERR_OK)
		ret = keep(c, &k, e);
	container_clear(&k.set);
	identity_free(k.id);
	free(k.sealed);
	return ret;
}
