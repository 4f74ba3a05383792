/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * See own_subject.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/params.h"
#include "trust/own_subject.h"

static int
load(struct db *db, enum param_id id, char *out, size_t outlen,
    struct err *e)
{
	char *v;
	int ret = ERR_OK;

	if ((v = param_get(db, id, "", e)) == NULL)
		return e->code;
	if (!str_copy(out, outlen, v))
		ret = err_set(e, ERR_LIMIT, "parameter %s is too long",
		    param_table()[id].name);
	free(v);
	return ret;
}

int
own_subject_load(struct db *db, struct own_subject *s, struct err *e)
{
	struct row_cluster c;
	int ret;

	if ((ret = load(db, PARAM_CERT_ORGANIZATION, s->o, sizeof(s->o),
	    e)) != ERR_OK ||
	    (ret = load(db, PARAM_CERT_ORGANIZATIONAL_UNIT, s->ou,
	    sizeof(s->ou), e)) != ERR_OK ||
	    (ret = load(db, PARAM_CERT_LOCALITY, s->l, sizeof(s->l),
	    e)) != ERR_OK ||
	    (ret = load(db, PARAM_CERT_STATE, s->st, sizeof(s->st),
	    e)) != ERR_OK ||
	    (ret = load(db, PARAM_CERT_COUNTRY, s->c, sizeof(s->c),
	    e)) != ERR_OK)
		return ret;
	if (s->o[0] != '\0')
		return ERR_OK;
	if ((ret = row_cluster_get(db, &c, e)) != ERR_OK)
		return ret;
	(void)str_copy(s->o, sizeof(s->o), c.name);
	return ERR_OK;
}

static const char *
given(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

void
own_subject_wish(const struct own_subject *s, struct own_wish *w)
{
	w->o = given(s->o);
	w->ou = given(s->ou);
	w->l = given(s->l);
	w->st = given(s->st);
	w->c = given(s->c);
}
