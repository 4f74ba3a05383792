/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * srst fetch, accept, check: gateways' certificates.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/ask.h"
#include "ctltool/srst_text.h"
#include "trust/cert_row.h"

/* --- fetch --- */

struct taking {
	const struct row_srst	*ref;
	const struct cert	*cert;
	enum srst_shown		 shown;
	struct ctl_audit	 audit;
};

static int
take_tx(struct db *db, void *arg, struct err *e)
{
	struct taking *t = arg;
	int ret = srst_take(db, t->ref->name, t->cert, &t->shown, e);

	if (ret != ERR_OK || t->shown == SRST_CANDIDATE)
		return ret;
	return ctl_audit_add(db, &t->audit, e);
}

static const char *const shown_name[] = {
	[SRST_NEW] = "candidate",
	[SRST_CANDIDATE] = "candidate_already",
	[SRST_ACCEPTED] = "accepted_already",
};

static void
say_shown(struct ctl *c, const struct taking *t, const char *sha)
{
	const struct row_srst *r = t->ref;

	if (t->shown == SRST_ACCEPTED) {
		out_text(c->out, "This is the accepted certificate of %s.\n",
		    r->name);
		return;
	}
	out_text(c->out, "%s the candidate of %s%s.  Compare its fingerprint "
	    "with what the gateway itself says, then:\n"
	    "  srst accept %s --sha256 %s\n", t->shown == SRST_NEW ?
	    "Stored as" : "Is already", r->name, r->has_accepted ?
	    "; the accepted one stays until then" : "", r->name, sha);
	if (!r->secure)
		out_warn(c->out, "%s is not marked secure, so phones are not "
		    "told of its certificate: srst set %s --secure yes",
		    r->name, r->name);
}

static void
warn_dates(struct ctl *c, const struct cert *cert)
{
	int64_t now = clock_wall_s(c->clk);

	if (now > cert_not_after(cert))
		out_warn(c->out, "this certificate has ended: renew it at the "
		    "gateway");
	else if (now < cert_not_before(cert))
		out_warn(c->out, "this certificate does not hold yet: phones "
		    "get it when it does");
}

/* What was shown is what was expected?  Nothing is stored otherwise. */
static int
check_expected(struct ctl *c, const struct cert *cert, struct err *e)
{
	const char *text = cmd_get(c->line, "--expect-sha256");
	uint8_t want[SHA256_LEN], got[SHA256_LEN];
	char shown[2 * SHA256_LEN + 1], hex[2 * SHA256_LEN + 1];
	int ret;

	if (text == NULL)
		return ERR_OK;
	if ((ret = srst_sha256("--expect-sha256", text, want, e)) != ERR_OK)
		return ret;
	cert_sha256(cert, got);
	if (memcmp(want, got, SHA256_LEN) == 0)
		return ERR_OK;
	str_hex(got, SHA256_LEN, shown);
	str_hex(want, SHA256_LEN, hex);
	return err_set(e, ERR_VERIFY, "the gateway shows SHA-256 %s, not %s: "
	    "nothing is stored; look at the gateway", shown, hex);
}

static int
take(struct ctl *c, const struct row_srst *ref, const struct cert *cert,
    struct err *e)
{
	struct taking t = { .ref = ref, .cert = cert };
	char sha[2 * SHA256_LEN + 1];
	uint8_t sha256[SHA256_LEN];
	int ret;

	cert_sha256(cert, sha256);
	str_hex(sha256, SHA256_LEN, sha);
	srst_show_cert(c, cert, "");
	if ((ret = check_expected(c, cert, e)) != ERR_OK)
		return ret;
	ctl_audit_init(c, &t.audit, "%.64s %s", ref->name, sha);
	if ((ret = ctl_tx(c, take_tx, &t, e)) != ERR_OK)
		return ret;
	if (t.shown == SRST_NEW)
		out_changed(c->out);
	warn_dates(c, cert);
	say_shown(c, &t, sha);
	out_result(c->out, json_pack("{s:s, s:s, s:o}", "name", ref->name,
	    "state", shown_name[t.shown], "certificate",
	    srst_cert_json(cert)));
	return ERR_OK;
}

int
cmd_srst_fetch(struct ctl *c, struct err *e)
{
	const char *text = cmd_get(c->line, "--expect-sha256");
	uint8_t want[SHA256_LEN];
	struct row_srst ref;
	struct cert *cert;
	int ret;

	if (text != NULL && (ret = srst_sha256("--expect-sha256", text, want,
	    e)) != ERR_OK)
		return ret;
	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = srst_get(c->node.db, cmd_get(c->line, "NAME"), &ref,
	    e)) != ERR_OK)
		return ret;
	if (ctl_is_rehearsal(c)) {
		out_text(c->out, "would ask %s port %u for its "
		    "certificate\n", ref.address, ref.cert_port);
		out_result(c->out, json_pack("{s:s, s:s, s:n}", "name",
		    ref.name, "state", "not_asked", "certificate"));
		return ERR_OK;
	}
	out_progress(c->out, "asking %s port %u\n", ref.address,
	    ref.cert_port);
	if ((cert = srst_fetch(&ref, 0, e)) == NULL) {
		if (e->code == ERR_TIMEOUT)
			c->exit = EXIT_UNREACHED;
		return e->code;
	}
	ret = take(c, &ref, cert, e);
	cert_free(cert);
	return ret;
}

/* --- accept --- */

struct accepting {
	const char		*name;
	uint8_t			 sha256[SHA256_LEN];
	struct ctl_audit	 audit;
};

static int
accept_tx(struct db *db, void *arg, struct err *e)
{
	struct accepting *a = arg;
	int ret = srst_accept(db, a->name, a->sha256, a->audit.row.at, e);

	return ret != ERR_OK ? ret : ctl_audit_add(db, &a->audit, e);
}

/* Which one is accepted: the candidate there is now, or the one named. */
static int
which(struct ctl *c, const struct row_srst *ref, struct accepting *a,
    struct err *e)
{
	const char *text = cmd_get(c->line, "--sha256");

	memcpy(a->sha256, ref->candidate, SHA256_LEN);
	if (text != NULL && srst_sha256("--sha256", text, a->sha256, e) !=
	    ERR_OK)
		return ERR_ARG;
	/* What is refused is not asked about. */
	if (!ref->has_candidate || memcmp(ref->candidate, a->sha256,
	    SHA256_LEN) != 0)
		return srst_accept(c->node.db, ref->name, a->sha256,
		    clock_wall_s(c->clk), e);
	return ERR_OK;
}

static int
tell_accepted(struct ctl *c, const char *name, const struct cert *cert,
    struct err *e)
{
	int64_t phones;
	int ret;

	if ((ret = srst_phone_count(c->node.db, name, &phones, e)) != ERR_OK)
		return ret;
	out_text(c->out, "accepted for %s\nEffect: %" PRId64 " phone%s it; "
	    "those that lack nothing else for a secure connection (srst show "
	    "%s) get the certificate at the next restart\n", name, phones,
	    phones == 1 ? " uses" : "s use", name);
	out_result(c->out, json_pack("{s:s, s:b, s:I, s:o}", "name", name,
	    "accepted", true, "phones", (json_int_t)phones, "certificate",
	    srst_cert_json(cert)));
	return ERR_OK;
}

static int
ask_and_accept(struct ctl *c, struct accepting *a, const struct cert *cert,
    struct err *e)
{
	char sha[2 * SHA256_LEN + 1];
	int ret;

	srst_show_cert(c, cert, "");
	warn_dates(c, cert);
	if ((ret = ask_confirm(c, "Is this what the gateway itself says, and "
	    "shall phones trust it?", e)) != ERR_OK)
		return ret;
	str_hex(a->sha256, SHA256_LEN, sha);
	ctl_audit_init(c, &a->audit, "%.64s %s", a->name, sha);
	if ((ret = ctl_tx(c, accept_tx, a, e)) != ERR_OK)
		return ret;
	out_changed(c->out);
	return tell_accepted(c, a->name, cert, e);
}

int
cmd_srst_accept(struct ctl *c, struct err *e)
{
	struct accepting a = { .name = cmd_get(c->line, "NAME") };
	struct row_srst ref;
	struct cert *cert;
	int ret;

	if ((ret = ctl_open(c, DB_WRITE, e)) != ERR_OK ||
	    (ret = srst_get(c->node.db, a.name, &ref, e)) != ERR_OK ||
	    (ret = which(c, &ref, &a, e)) != ERR_OK)
		return ret;
	if ((cert = cert_row_get(c->node.db, a.sha256, e)) == NULL)
		return e->code;
	ret = ask_and_accept(c, &a, cert, e);
	cert_free(cert);
	return ret;
}

/* --- check --- */

struct looks {
	struct ctl	*c;
	json_t		*list;
	size_t		 n, bad;
};

static int
tell_look(void *arg, const struct srst_look *l, struct err *e)
{
	struct looks *ls = arg;
	char before[SRST_NAME_MAX + 3];

	(void)snprintf(before, sizeof(before), "%s, ", l->ref->name);
	srst_show_look(ls->c, l, before);
	ls->n++;
	ls->bad += l->state == SRST_OTHER || l->state == SRST_SILENT;
	if (json_array_append_new(ls->list, srst_look_json(l)) != 0)
		return err_set(e, ERR_NOMEM, "looks");
	return ERR_OK;
}

static int
check(struct ctl *c, struct looks *ls, struct err *e)
{
	struct srst_check o = { .name = cmd_get(c->line, "NAME"),
	    .all = cmd_has(c->line, "--all"), .now = clock_wall_s(c->clk),
	    .fn = tell_look, .arg = ls };
	struct db *observed;
	int ret;

	if ((observed = db_open(c->node.statefd, OBSERVED_FILE, DB_WRITE,
	    e)) == NULL)
		return ctl_denied(e->code, e);
	ret = srst_check(c->node.db, observed, &o, e);
	db_close(observed);
	return ret;
}

int
cmd_srst_check(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct looks ls = { .c = c };
	struct row_srst ref;
	int ret;

	if (name != NULL && cmd_has(c->line, "--all"))
		return err_set(e, ERR_ARG, "NAME and --all do not go "
		    "together");
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK || (name != NULL &&
	    (ret = srst_get(c->node.db, name, &ref, e)) != ERR_OK))
		return ret;
	if ((ls.list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "looks");
	if (!ctl_is_rehearsal(c) && (ret = check(c, &ls, e)) != ERR_OK) {
		json_decref(ls.list);
		return ret;
	}
	if (ctl_is_rehearsal(c))
		out_text(c->out, "would ask gateways for their "
		    "certificates\n");
	else if (ls.n == 0)
		out_text(c->out, "no reference is due (srst list, "
		    "srst.check_hours)\n");
	out_result(c->out, json_pack("{s:o, s:I}", "looks", ls.list, "bad",
	    (json_int_t)ls.bad));
	if (ls.bad > 0)
		c->exit = EXIT_PARTLY;
	return ERR_OK;
}
