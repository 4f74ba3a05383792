/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * set cert subject: what stands in the subject of new certificates and
 * requests (the reference's set web-security).
 */
#include <string.h>

#include "ctltool/ctl.h"
#include "db/params.h"
#include "trust/own_subject.h"

static const struct {
	const char	*option;
	enum param_id	 id;
} parts[] = {
	{ "--organization", PARAM_CERT_ORGANIZATION },
	{ "--organizational-unit", PARAM_CERT_ORGANIZATIONAL_UNIT },
	{ "--locality", PARAM_CERT_LOCALITY },
	{ "--province", PARAM_CERT_STATE },
	{ "--country", PARAM_CERT_COUNTRY },
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

struct subject_change {
	const struct cmd_line	*line;
	int64_t			 now;
	size_t			 changed;
	struct ctl_audit	 audit;
};

static int
subject_tx(struct db *db, void *arg, struct err *e)
{
	struct subject_change *s = arg;
	const char *v;
	bool changed;
	int ret;

	s->changed = 0;
	for (size_t i = 0; i < NPARTS; i++) {
		if ((v = cmd_get(s->line, parts[i].option)) == NULL)
			continue;
		if ((ret = param_set(db, &param_table()[parts[i].id], "",
		    strcmp(v, "none") == 0 ? "" : v, s->now, &changed, e)) !=
		    ERR_OK)
			return ret;
		s->changed += changed;
	}
	return s->changed > 0 ? ctl_audit_add(db, &s->audit, e) : ERR_OK;
}

static json_t *
given(const char *s)
{
	return s[0] != '\0' ? out_str(s) : json_null();
}

static int
tell(struct ctl *c, size_t changed, struct err *e)
{
	char vis[OUT_VIS_MAX];
	struct own_subject s;
	int ret;

	if ((ret = own_subject_load(c->node.db, &s, e)) != ERR_OK)
		return ret;
	out_text(c->out, "Organization        %s\n", out_vis(s.o, vis));
	out_text(c->out, "Organizational unit %s\n", out_vis(s.ou, vis));
	out_text(c->out, "Locality            %s\n", out_vis(s.l, vis));
	out_text(c->out, "State               %s\n", out_vis(s.st, vis));
	out_text(c->out, "Country             %s\n", out_vis(s.c, vis));
	if (changed > 0)
		out_text(c->out, "New certificates and requests have it; those "
		    "there are stay as they are.\n");
	out_result(c->out, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}",
	    "organization", given(s.o), "organizational_unit", given(s.ou),
	    "locality", given(s.l), "state", given(s.st), "country",
	    given(s.c), "changed", changed > 0));
	return ERR_OK;
}

int
cmd_cert_subject(struct ctl *c, struct err *e)
{
	struct subject_change s = { .line = c->line,
	    .now = clock_wall_s(c->clk) };
	size_t asked = 0;
	int ret;

	for (size_t i = 0; i < NPARTS; i++)
		asked += cmd_get(c->line, parts[i].option) != NULL;
	if ((ret = ctl_open(c, asked > 0 ? DB_WRITE : DB_READ, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &s.audit, "%zu parts", asked);
	if (asked > 0 && (ret = ctl_tx(c, subject_tx, &s, e)) != ERR_OK)
		return ret;
	if (s.changed > 0)
		out_changed(c->out);
	return tell(c, s.changed, e);
}
