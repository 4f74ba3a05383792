/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cluster_password.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctltool/cluster_password.h"
#include "ctltool/secret_in.h"
#include "trust/sealed.h"

struct password {
	const char	*name;
	uint8_t		*sealed;	/* NULL: remove it */
	size_t		 len;
	struct ctl_audit audit;
};

static int
password_tx(struct db *db, void *arg, struct err *e)
{
	struct password *p = arg;
	int ret = p->sealed != NULL ? row_cluster_secret_put(db, p->name,
	    p->sealed, p->len, p->audit.row.at, e) :
	    row_cluster_secret_remove(db, p->name, e);

	return ret == ERR_OK ? ctl_audit_add(db, &p->audit, e) : ret;
}

static int
seal_password(struct ctl *c, const char *file, const char *whose,
    struct password *p, struct err *e)
{
	const struct secret *text;
	struct keyring *kr;
	char what[64];
	int ret;

	(void)snprintf(what, sizeof(what), "password of the %s", whose);
	if ((ret = secret_in(c, file, what, &text, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&c->node, KEYRING_CRED, e)) == NULL)
		return ctl_denied(e->code, e);
	ret = sealed_cluster(kr, c->rng, p->name, (const char *)text->buf,
	    &p->sealed, &p->len, e);
	keyring_free(kr);
	return ret;
}

int
cluster_password(struct ctl *c, const char *name, const char *whose,
    struct err *e)
{
	const char *file = cmd_get(c->line, "FILE");
	struct password p = { .name = name };
	int ret;

	if ((file != NULL) == cmd_has(c->line, "--remove"))
		return err_set(e, ERR_ARG, "either FILE (\"-\" asks) or "
		    "--remove is given");
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (file != NULL && (ret = seal_password(c, file, whose, &p, e)) !=
	    ERR_OK))
		return ret;
	ctl_audit_init(c, &p.audit, "%s", file != NULL ? "set" : "removed");
	if ((ret = ctl_tx(c, password_tx, &p, e)) == ERR_OK) {
		out_changed(c->out);
		out_text(c->out, "The %s's password is %s.\n", whose,
		    file != NULL ? "kept, sealed" : "forgotten");
		out_result(c->out, json_pack("{s:b}", "set", file != NULL));
	} else if (file == NULL && ret == ERR_NOTFOUND)
		ret = err_set(e, ret, "there is no password of the %s", whose);
	free(p.sealed);
	return ret;
}
