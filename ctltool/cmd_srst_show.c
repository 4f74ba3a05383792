/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * srst list, srst show.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/srst_text.h"
#include "trust/cert_row.h"
#include "trust/cluster_mode.h"

#define NAMES_SHOWN	8	/* phones per condition */

/* *c NULL: there is none. */
static int
cert_of(struct ctl *ctl, bool has, const uint8_t sha256[SHA256_LEN],
    struct cert **c, struct err *e)
{
	*c = NULL;
	if (has && (*c = cert_row_get(ctl->node.db, sha256, e)) == NULL)
		return e->code;
	return ERR_OK;
}

/* *has false: none, or not since the reference was changed. */
static int
last_look(struct db *observed, const struct row_srst *ref,
    struct srst_look *l, bool *has, struct err *e)
{
	struct err miss = { .code = ERR_OK };
	int ret = ERR_NOTFOUND;

	if (observed != NULL)
		ret = srst_last_look(observed, ref, l, &miss);
	*has = ret == ERR_OK;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

/* --- list --- */

struct line {
	int64_t			 phones;
	struct cert		*accepted;
	struct srst_look	 look;
	bool			 has_look;
};

static int
read_line(struct ctl *c, struct db *observed, const struct row_srst *r,
    struct line *l, struct err *e)
{
	int ret;

	*l = (struct line){ .phones = 0 };
	if ((ret = srst_phone_count(c->node.db, r->name, &l->phones, e)) !=
	    ERR_OK || (ret = last_look(observed, r, &l->look, &l->has_look,
	    e)) != ERR_OK)
		return ret;
	return cert_of(c, r->has_accepted, r->accepted, &l->accepted, e);
}

static int
put_line(struct ctl *c, const struct row_srst *r, const struct line *l,
    json_t *list, struct err *e)
{
	char to[CLOCK_RFC3339_LEN] = "none";
	json_t *j = srst_json(r, l->phones);

	if (l->accepted != NULL)
		clock_rfc3339(cert_not_after(l->accepted), to);
	out_text(c->out, "%-20s %-24s %-6s %-20s %-10s %6" PRId64 "\n",
	    r->name, r->address, r->secure ? "yes" : "no", to, l->has_look ?
	    srst_state_name[l->look.state] : "-", l->phones);
	if (j == NULL || json_object_set_new(j, "not_after",
	    l->accepted != NULL ? out_time(cert_not_after(l->accepted)) :
	    json_null()) != 0 || json_object_set_new(j, "last_look",
	    l->has_look ? srst_look_json(&l->look) : json_null()) != 0 ||
	    json_array_append(list, j) != 0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "references");
	}
	json_decref(j);
	return ERR_OK;
}

static int
put_lines(struct ctl *c, struct db *observed, const struct row_srst *rows,
    size_t n, struct err *e)
{
	json_t *list = json_array();
	struct line l;
	int ret = list != NULL ? ERR_OK : err_set(e, ERR_NOMEM, "references");

	if (n == 0)
		out_text(c->out, "no SRST references (srst add)\n");
	else
		out_text(c->out, "%-20s %-24s %-6s %-20s %-10s %6s\n", "Name",
		    "Address", "Secure", "Certificate until", "Last look",
		    "Phones");
	for (size_t i = 0; i < n && ret == ERR_OK; i++) {
		if ((ret = read_line(c, observed, &rows[i], &l, e)) ==
		    ERR_OK)
			ret = put_line(c, &rows[i], &l, list, e);
		cert_free(l.accepted);
	}
	if (ret != ERR_OK) {
		json_decref(list);
		return ret;
	}
	out_result(c->out, json_pack("{s:o}", "references", list));
	return ERR_OK;
}

static int
list(struct ctl *c, struct err *e)
{
	struct db *observed = NULL;
	struct row_srst *rows = NULL;
	size_t n = 0;
	int ret;

	if ((ret = ctl_observed(c, &observed, e)) == ERR_OK &&
	    (ret = row_srst_list(c->node.db, &rows, &n, e)) == ERR_OK)
		ret = put_lines(c, observed, rows, n, e);
	free(rows);
	db_close(observed);
	return ret;
}

int
cmd_srst_list(struct ctl *c, struct err *e)
{
	int ret = ctl_open(c, DB_READ, e);

	return ret != ERR_OK ? ret : list(c, e);
}

/* --- show: what phones lack --- */

struct lacking {
	struct ctl		*c;
	const struct row_srst	*ref;
	const struct cert	*accepted;
	bool			 mixed;
	int64_t			 now;
	struct profile_base	*base;
	json_t			*phones;
	int64_t			 n, secure;
	struct {
		int64_t	 n;
		char	 names[NAMES_SHOWN * (PHONE_NAME_MAX + 2) + 1];
	}			 of[SRST_NMISSING];
};

static json_t *
words_json(unsigned missing)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < SRST_NMISSING; i++)
		if (missing & 1u << i)
			(void)json_array_append_new(list,
			    json_string(srst_missing_word(1u << i)));
	return list;
}

static void
name_phone(struct lacking *l, unsigned i, const char *name)
{
	size_t used = strlen(l->of[i].names);

	if (l->of[i].n++ < NAMES_SHOWN)
		(void)snprintf(l->of[i].names + used,
		    sizeof(l->of[i].names) - used, "%s%s", used > 0 ? ", " :
		    "", name);
}

static int
one_phone(void *arg, const struct row_phone *p, struct err *e)
{
	struct lacking *l = arg;
	struct phone_effective x;
	unsigned missing;
	int ret;

	if ((ret = phone_effective_of(&x, l->c->node.db, l->base, p, e)) !=
	    ERR_OK)
		return ret;
	missing = srst_missing(l->ref, l->accepted, l->mixed, &x, l->now);
	phone_effective_clear(&x);
	l->n++;
	l->secure += missing == 0;
	for (unsigned i = 0; i < SRST_NMISSING; i++)
		if (missing & 1u << i)
			name_phone(l, i, p->name);
	if (json_array_append_new(l->phones, json_pack("{s:s, s:o}", "name",
	    p->name, "missing", words_json(missing))) != 0)
		return err_set(e, ERR_NOMEM, "phones");
	return ERR_OK;
}

static void
put_lacking(struct lacking *l)
{
	struct out *o = l->c->out;
	unsigned general = srst_missing(l->ref, l->accepted, l->mixed, NULL,
	    l->now);

	if (l->n == 0)
		out_text(o, "Phones: none uses it (phone set NAME "
		    "--srst-reference %s)\n", l->ref->name);
	else
		out_text(o, "Phones: %" PRId64 ", of which %" PRId64
		    " speak TLS with it\n", l->n, l->secure);
	for (unsigned i = 0; i < SRST_NMISSING; i++) {
		if (general & 1u << i)
			out_text(o, "Missing%s: %s\n", l->n > 0 ?
			    " for all" : "", srst_missing_text(1u << i));
		else if (l->of[i].n > 0)
			out_text(o, "Missing for %" PRId64 ": %s (%s%s)\n",
			    l->of[i].n, srst_missing_text(1u << i),
			    l->of[i].names, l->of[i].n > NAMES_SHOWN ?
			    ", ..." : "");
	}
}

/* --- show --- */

static void
put_head(struct ctl *c, const struct row_srst *r)
{
	out_text(c->out, "Name: %s\nAddress: %s, SCCP port %u\n"
	    "SIP: %s, port %u\nCertificate port: %u\nSecure: %s\n", r->name,
	    r->address, r->port, r->sip_address[0] != '\0' ? r->sip_address :
	    r->address, r->sip_port, r->cert_port, r->secure ? "yes" : "no");
}

static void
put_cert(struct ctl *c, const char *title, const struct cert *cert)
{
	out_text(c->out, "%s certificate:%s\n", title,
	    cert == NULL ? " none" : "");
	if (cert != NULL)
		srst_show_cert(c, cert, "  ");
}

struct shown {
	struct cert		*accepted, *candidate;
	struct srst_look	 look;
	bool			 has_look;
};

static int
show_read(struct ctl *c, const struct row_srst *r, struct shown *s,
    struct lacking *l, struct err *e)
{
	struct db *observed = NULL;
	int ret;

	if ((ret = cert_of(c, r->has_accepted, r->accepted, &s->accepted,
	    e)) != ERR_OK || (ret = cert_of(c, r->has_candidate,
	    r->candidate, &s->candidate, e)) != ERR_OK ||
	    (ret = cluster_mixed(c->node.db, &l->mixed, e)) != ERR_OK ||
	    (ret = ctl_observed(c, &observed, e)) != ERR_OK)
		return ret;
	ret = last_look(observed, r, &s->look, &s->has_look, e);
	db_close(observed);
	if (ret != ERR_OK ||
	    (ret = profile_base_load(&l->base, c->node.db, e)) != ERR_OK)
		return ret;
	if ((l->phones = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "phones");
	l->accepted = s->accepted;
	return srst_phones(c->node.db, r->name, one_phone, l, e);
}

static void
show_put(struct ctl *c, const struct row_srst *r, const struct shown *s,
    struct lacking *l)
{
	json_t *j = srst_json(r, l->n);

	put_head(c, r);
	put_cert(c, "Accepted", s->accepted);
	if (s->candidate != NULL)
		put_cert(c, "Candidate", s->candidate);
	if (s->has_look)
		srst_show_look(c, &s->look, "Last look: ");
	put_lacking(l);
	if (j == NULL || json_object_set_new(j, "accepted_certificate",
	    srst_cert_json(s->accepted)) != 0 ||
	    json_object_set_new(j, "candidate_certificate",
	    srst_cert_json(s->candidate)) != 0 ||
	    json_object_set_new(j, "last_look", s->has_look ?
	    srst_look_json(&s->look) : json_null()) != 0 ||
	    json_object_set_new(j, "missing", words_json(srst_missing(r,
	    s->accepted, l->mixed, NULL, l->now))) != 0 ||
	    json_object_set_new(j, "secure_phones",
	    json_integer(l->secure)) != 0 ||
	    json_object_set(j, "used_by", l->phones) != 0)
		c->out->nomem = true;
	out_result(c->out, j);
}

int
cmd_srst_show(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct shown s = { .accepted = NULL };
	struct row_srst ref;
	struct lacking l = { .c = c, .ref = &ref,
	    .now = clock_wall_s(c->clk) };
	int ret;

	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK)
		return ret;
	if (name == NULL)
		return list(c, e);
	if ((ret = srst_get(c->node.db, name, &ref, e)) != ERR_OK)
		return ret;
	if ((ret = show_read(c, &ref, &s, &l, e)) == ERR_OK)
		show_put(c, &ref, &s, &l);
	json_decref(l.phones);
	profile_base_free(l.base);
	cert_free(s.accepted);
	cert_free(s.candidate);
	return ret;
}
