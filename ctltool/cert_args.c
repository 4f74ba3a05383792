/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See cert_args.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/cert_args.h"
#include "trust/itl.h"

const struct own_unit_def *
cert_unit(const char *name, struct err *e)
{
	const struct own_unit_def *d;
	const char *slash = strchrnul(name, '/');
	char unit[64], file[72];

	if ((size_t)(slash - name) >= sizeof(unit))
		goto unknown;
	memcpy(unit, name, (size_t)(slash - name));
	unit[slash - name] = '\0';
	if ((d = own_unit_find(unit)) == NULL)
		goto unknown;
	(void)snprintf(file, sizeof(file), "%s.pem", unit);
	if (*slash == '\0' || str_ieq(slash + 1, file))
		return d;
unknown:
	(void)err_set(e, ERR_ARG, "no own certificate \"%.80s\": \"show cert "
	    "list own\" names them", name);
	return NULL;
}

/* --- names --- */

static int
add_names(struct db *db, const char *node, struct row_node_name **all,
    size_t *n, struct err *e)
{
	struct row_node_name *some = NULL, *more;
	size_t nsome = 0;
	int ret;

	if ((ret = row_node_names_get(db, node, &some, &nsome, e)) != ERR_OK)
		return ret;
	if ((more = reallocarray(*all, *n + nsome + 1, sizeof(*more))) ==
	    NULL) {
		ret = err_set(e, ERR_NOMEM, "names of nodes");
	} else {
		*all = more;
		if (nsome > 0)
			memcpy(more + *n, some, nsome * sizeof(*more));
		*n += nsome;
	}
	free(some);
	return ret;
}

int
cert_names(struct ctl *c, const struct own_unit_def *u,
    struct row_node_name **names, size_t *n, struct err *e)
{
	struct row_node *nodes = NULL;
	size_t nnodes = 0;
	int ret;

	*names = NULL;
	*n = 0;
	if (u->per_node)
		return add_names(c->node.db, c->node.row.name, names, n, e);
	ret = row_node_list(c->node.db, &nodes, &nnodes, e);
	for (size_t i = 0; i < nnodes && ret == ERR_OK; i++)
		ret = add_names(c->node.db, nodes[i].name, names, n, e);
	free(nodes);
	if (ret != ERR_OK) {
		free(*names);
		*names = NULL;
		*n = 0;
	}
	return ret;
}

int
cert_confirm(struct ctl *c, struct confirm *cf, struct err *e)
{
	struct db *observed;
	int ret;

	if ((ret = ctl_observed(c, &observed, e)) != ERR_OK)
		return ret;
	ret = confirm_read(c->node.db, observed, clock_wall_s(c->clk) -
	    CERT_SILENT_DAYS * INT64_C(86400), cf, e);
	db_close(observed);
	return ret;
}

/* --- changes --- */

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct cert_change *ch = arg;
	int ret;

	if ((ret = ch->step(db, ch->arg, e)) != ERR_OK)
		return ret;
	if (ch->lists && ((ret = itl_refresh(db, ch->signer, ch->now,
	    &ch->itl_changed, &ch->warning, e)) != ERR_OK || (ret = list_sum_read(
	    db, &ch->itl, e)) != ERR_OK))
		return ret;
	if (ch->rehearse) {
		ch->rehearsed = true;
		ch->told = ch->itl;
		return err_set(e, ERR_REFUSED, "a rehearsal");
	}
	/* The plan, and what was asked of it, is of a list that is no more. */
	if (ch->lists && (ch->told.len != ch->itl.len || memcmp(ch->told.sha1,
	    ch->itl.sha1, digest_len(DIGEST_SHA1)) != 0))
		return err_set(e, ERR_REFUSED, "somebody else changed "
		    "certificates or lists meanwhile: nothing is changed here; "
		    "look again (show cert list own) and repeat it");
	return ctl_audit_add(db, &ch->audit, e);
}

/* Do it all, then roll back: the plan holds what really would happen. */
static int
rehearse(struct ctl *c, struct cert_change *ch, struct err *e)
{
	struct err why = { .code = ERR_OK };
	int ret;

	ch->rehearse = true;
	ret = ctl_tx(c, change_tx, ch, &why);
	ch->rehearse = false;
	if (ch->rehearsed)
		return ERR_OK;
	return err_set(e, ret, "%s", why.msg);
}

int
cert_change_run(struct ctl *c, struct cert_change *ch, struct err *e)
{
	int ret;

	if (ch->lists && (ch->signer = list_plan_signer(c, e)) == NULL)
		return e->code;
	if ((ret = rehearse(c, ch, e)) != ERR_OK)
		return ret;
	if (ch->warning != NULL)
		out_warn_lines(c->out, ch->warning);
	if (ch->itl_changed && (ret = list_plan_tell(c, &ch->itl, "use the new "
	    "certificate and list at once", e)) != ERR_OK)
		return ret;
	if (ch->question != NULL &&
	    (ret = ask_confirm(c, ch->question, e)) != ERR_OK)
		return ret;
	if ((ret = ctl_tx(c, change_tx, ch, e)) == ERR_OK)
		out_changed(c->out);
	return ret;
}

void
cert_change_clear(struct cert_change *ch)
{
	signer_free(ch->signer);
	ch->signer = NULL;
	free(ch->warning);
	ch->warning = NULL;
}

json_t *
cert_change_json(const struct cert_change *ch)
{
	if (!ch->itl_changed)
		return json_null();
	return json_pack("{s:o, s:I}", "sha1", out_hex(ch->itl.sha1,
	    digest_len(DIGEST_SHA1)), "bytes", (json_int_t)ch->itl.len);
}
