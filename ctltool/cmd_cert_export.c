/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert export: certificate and key of a unit that no phone relies on, for
 * another program on this host.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/cert_args.h"
#include "trust/cert_import.h"

/* swanctl's folders, which do for any program. */
#define CERTS	"x509"
#define CAS	"x509ca"
#define KEYS	"pkcs8"

struct export {
	struct ctl	*c;
	const struct own_unit_def *u;
	const char	*to;
	int		 fd;		/* the folder */
	struct own	 own;
	struct key	*key;
	struct cert	**pool;
	size_t		 npool;
	struct chain	 chain;
	json_t		*files;
};

static int
sub_folder(struct export *x, const char *name, mode_t mode, int *fd,
    struct err *e)
{
	if (mkdirat(x->fd, name, mode) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "%s/%s", x->to, name);
	*fd = openat(x->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);
	return *fd != -1 ? ERR_OK : err_sys(e, ERR_IO, "%s/%s", x->to, name);
}

static int
put_file(struct export *x, const char *folder, const char *name, mode_t mode,
    const void *buf, size_t len, struct err *e)
{
	char path[512];
	int fd, ret;

	if ((ret = sub_folder(x, folder, mode == 0600 ? 0700 : 0755, &fd,
	    e)) != ERR_OK)
		return ret;
	ret = file_replace(fd, name, mode, buf, len, e);
	(void)close(fd);
	if (ret != ERR_OK)
		return err_wrap(e, "%s/%s", x->to, folder);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", x->to, folder, name);
	out_text(x->c->out, "%s\n", path);
	if (json_array_append_new(x->files, out_str(path)) != 0)
		x->c->out->nomem = true;
	return ERR_OK;
}

static int
put_cert(struct export *x, const char *folder, const char *name,
    const struct cert *cert, struct err *e)
{
	char *pem;
	int ret;

	if ((pem = cert_to_pem(cert, e)) == NULL)
		return e->code;
	ret = put_file(x, folder, name, 0644, pem, strlen(pem), e);
	free(pem);
	return ret;
}

static int
put_key(struct export *x, struct err *e)
{
	struct secret *der = NULL;
	char name[64];
	int ret;

	(void)snprintf(name, sizeof(name), "%s.der", x->u->name);
	if ((ret = key_to_der(x->key, &der, e)) == ERR_OK)
		ret = put_file(x, KEYS, name, 0600, der->buf, der->len, e);
	secret_free(der);
	return ret;
}

static int
put_all(struct export *x, struct err *e)
{
	char name[64];
	int ret;

	(void)snprintf(name, sizeof(name), "%s.pem", x->u->name);
	if ((ret = put_cert(x, CERTS, name, x->own.cert, e)) != ERR_OK)
		return ret;
	for (size_t i = 1; i < x->chain.n && ret == ERR_OK; i++) {
		(void)snprintf(name, sizeof(name), "%s-%zu.pem", x->u->name,
		    i);
		ret = put_cert(x, CAS, name, x->chain.cert[i], e);
	}
	return ret == ERR_OK ? put_key(x, e) : ret;
}

static int
load(struct export *x, struct err *e)
{
	const int any = -1;
	struct keyring *kr;
	int ret;

	if ((ret = own_active(x->c->node.db, x->u->unit,
	    x->c->node.row.name, &x->own, e)) == ERR_NOTFOUND)
		return err_set(e, ret, "%s has no certificate: set cert regen "
		    "%s makes one", x->u->name, x->u->name);
	if (ret != ERR_OK || (ret = import_chain(x->c->node.db, x->own.cert,
	    &any, 1, &x->pool, &x->npool, &x->chain, e)) != ERR_OK)
		return ret;
	if ((kr = node_keyring(&x->c->node, KEYRING_SIGN, e)) == NULL)
		return e->code;
	x->key = own_key(x->c->node.db, kr, &x->own, e);
	keyring_free(kr);
	return x->key != NULL ? ERR_OK : e->code;
}

/*
 * Before the key leaves: what cannot be written down does not happen.  No row
 * of key_export: those are copies of the recovery key, which alarms watch.
 */
static int
note(struct export *x, struct err *e)
{
	struct ctl_audit audit;

	ctl_audit_init(x->c, &audit, "%s, key included", x->u->name);
	return ctl_audit_put(x->c, &audit, e);
}

static int
export(struct export *x, struct err *e)
{
	struct ctl *c = x->c;
	int ret;

	if ((x->fd = openat(c->cwdfd, x->to, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1)
		return err_sys(e, ERR_ARG, "%s: make the folder first",
		    x->to);
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = load(x, e)) != ERR_OK ||
	    (ret = ask_confirm(c, "The private key leaves phonetrust.  Do you "
	    "want to continue?", e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c))
		out_text(c->out, "certificate, authorities and key would be "
		    "below %s\n", x->to);
	else if ((ret = note(x, e)) != ERR_OK || (ret = put_all(x, e)) !=
	    ERR_OK)
		return ret;
	out_result(c->out, json_pack("{s:s, s:O}", "unit", x->u->name,
	    "files", x->files));
	return ERR_OK;
}

int
cmd_cert_export(struct ctl *c, struct err *e)
{
	struct export x = { .c = c, .fd = -1, .to = cmd_get(c->line, "--to"),
	    .files = json_array() };
	int ret = ERR_ARG;

	if ((x.u = cert_unit(cmd_get(c->line, "UNIT"), e)) == NULL)
		goto out;
	if (x.u->listed)
		ret = err_set(e, ERR_REFUSED, "phones rely on %s: its key "
		    "does not leave; https and ipsec can be exported",
		    x.u->name);
	else
		ret = export(&x, e);
out:
	for (size_t i = 0; i < x.npool; i++)
		cert_free(x.pool[i]);
	free(x.pool);
	key_free(x.key);
	own_clear(&x.own);
	if (x.fd != -1)
		(void)close(x.fd);
	json_decref(x.files);
	return ret;
}
