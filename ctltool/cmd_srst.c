/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * srst add, set, remove.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/removal.h"
#include "ctltool/srst_text.h"

struct change {
	struct srst_spec	 spec;
	bool			 adding;
	struct srst_result	 r;
	struct ctl_audit	 audit;
};

static int
change_tx(struct db *db, void *arg, struct err *e)
{
	struct change *ch = arg;
	int64_t now = ch->audit.row.at;
	int ret = ch->adding ? srst_add(db, &ch->spec, now, &ch->r, e) :
	    srst_set(db, &ch->spec, now, &ch->r, e);

	if (ret != ERR_OK || !ch->r.changed)
		return ret;
	return ctl_audit_add(db, &ch->audit, e);
}

static int
port_of(struct ctl *c, const char *option, uint16_t *port, struct err *e)
{
	const char *text = cmd_get(c->line, option);
	int64_t v;

	if (text == NULL)
		return ERR_OK;
	if (str_to_i64(text, 1, 65535, &v, e) != ERR_OK)
		return err_wrap(e, "%s", option);
	*port = (uint16_t)v;
	return ERR_OK;
}

static int
spec_of_line(struct ctl *c, struct srst_spec *s, struct err *e)
{
	const char *secure = cmd_get(c->line, "--secure");
	int ret;

	s->name = cmd_get(c->line, "NAME");
	s->address = cmd_get(c->line, "--address");
	s->sip_address = cmd_get(c->line, "--sip-address");
	if (s->sip_address != NULL && strcmp(s->sip_address, "none") == 0)
		s->sip_address = "";
	s->secure = secure == NULL ? -1 : str_ieq(secure, "yes");
	if ((ret = port_of(c, "--port", &s->port, e)) != ERR_OK ||
	    (ret = port_of(c, "--sip-port", &s->sip_port, e)) != ERR_OK)
		return ret;
	return port_of(c, "--certificate-port", &s->cert_port, e);
}

static int
tell(struct ctl *c, const struct change *ch, struct err *e)
{
	struct row_srst row;
	int64_t phones;
	json_t *j;
	int ret;

	if ((ret = srst_get(c->node.db, ch->spec.name, &row, e)) != ERR_OK ||
	    (ret = srst_phone_count(c->node.db, row.name, &phones, e)) !=
	    ERR_OK)
		return ret;
	out_text(c->out, "SRST reference %s %s (%s, SCCP %u, SIP %u, %s)\n",
	    row.name, !ch->r.changed ? "is so already, nothing changed" :
	    ch->adding ? "added" : "changed", row.address, row.port,
	    row.sip_port, row.secure ? "secure" : "not secure");
	if (ch->r.changed && phones > 0)
		out_text(c->out, "Effect: %" PRId64 " phone%s another "
		    "configuration at the next restart\n", phones,
		    phones == 1 ? " gets" : "s get");
	if (ch->r.moved)
		out_warn(c->out, "the accepted certificate is that of the "
		    "former address: srst fetch %s", row.name);
	else if (row.secure && !row.has_accepted)
		out_warn(c->out, "no certificate is accepted yet, so phones "
		    "speak with it without TLS: srst fetch %s", row.name);
	j = srst_json(&row, phones);
	if (j != NULL && json_object_set_new(j, "changed",
	    json_boolean(ch->r.changed)) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
	return ERR_OK;
}

static int
change(struct ctl *c, bool adding, struct err *e)
{
	struct change ch = { .adding = adding };
	int ret;

	if ((ret = spec_of_line(c, &ch.spec, e)) != ERR_OK ||
	    (ret = ctl_open(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &ch.audit, "%.64s", ch.spec.name);
	if ((ret = ctl_tx(c, change_tx, &ch, e)) != ERR_OK)
		return ret;
	if (ch.r.changed)
		out_changed(c->out);
	return tell(c, &ch, e);
}

int
cmd_srst_add(struct ctl *c, struct err *e)
{
	return change(c, true, e);
}

int
cmd_srst_set(struct ctl *c, struct err *e)
{
	return change(c, false, e);
}

/* --- remove --- */

int
cmd_srst_remove(struct ctl *c, struct err *e)
{
	const struct removal r = { .what = "reference", .name = cmd_get(
	    c->line, "NAME"), .effect = "no phone uses it; its accepted "
	    "certificate is forgotten", .removable = srst_removable,
	    .remove = srst_remove };

	return removal_run(c, &r, e);
}
