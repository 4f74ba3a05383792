/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A certificate for a request, see enrol.h.
 */
#include <stdlib.h>
#include <string.h>

#include "certs/lsc.h"
#include "trust/anchors.h"
#include "trust/capf.h"
#include "trust/cert_import.h"
#include "trust/enrol_part.h"

#define REST_S	15

/* Keys that phones may have (spec/capf.md section 9). */
#define MIN_RSA	1024

static int64_t
wall_ahead(void *arg)
{
	const struct enrol_clock *c = arg;

	return clock_wall_ns(c->base) + ENROL_SKEW_S * INT64_C(1000000000);
}

static int64_t
mono(void *arg)
{
	const struct enrol_clock *c = arg;

	return clock_mono_ns(c->base);
}

void
enrol_clock_init(struct enrol_clock *c, const struct clock *base)
{
	*c = (struct enrol_clock){ .base = base,
	    .clock = { .wall_ns = wall_ahead, .mono_ns = mono, .arg = c } };
}

/* When to judge it: now, or when it begins in a moment. */
static int64_t
judged_at(const struct cert *c, int64_t now)
{
	int64_t from = cert_not_before(c);

	return from > now && from - now <= ENROL_SKEW_S ? from : now;
}

/*
 * What an administrator can cure by importing a certificate.  A signature by
 * another key of the issuer's name is what a CA with a new key looks like; the
 * phone's own dates have been looked at, so what ended is an issuer.
 */
static bool
lacks_issuer(enum verify_why why)
{
	return why == VERIFY_UNKNOWN || why == VERIFY_REMOVED ||
	    why == VERIFY_OTHER_USE || why == VERIFY_SIGNATURE ||
	    why == VERIFY_EXPIRED || why == VERIFY_ERROR;
}

static int
say_issuer(const struct cert *c, const struct verify_result *res,
    struct err *e)
{
	char *issuer = cert_issuer_cn(c, NULL);
	int ret = err_set(e, ERR_VERIFY, "CAPF-trust lacks its issuer "
	    "\"%.64s\": set cert import trust CAPF and set cert import trust "
	    "CallManager; it is kept until then (%.64s)", issuer != NULL ?
	    issuer : "?", res->text);

	free(issuer);
	return ret;
}

static int
check_trust(struct verifier *v, const struct cert *c, bool early_ok,
    struct err *e)
{
	const struct verify_policy p = { .units = ANCHORS_BIT(TRUST_CAPF),
	    .purpose = VERIFY_ANY, .min_rsa_bits = MIN_RSA };
	char name[IMPORT_NAME_MAX];
	struct verify_result res;

	if (verify_cert(v, c, NULL, 0, &p, &res) ||
	    (early_ok && res.why == VERIFY_NOT_YET))
		return ERR_OK;
	if (lacks_issuer(res.why))
		return say_issuer(c, &res, e);
	import_name(c, name);
	return err_set(e, ERR_REFUSED, "\"%s\" is not trusted by CAPF-trust: "
	    "%.200s", name, res.text);
}

int
enrol_check(struct verifier *v, const struct row_capf_csr *r,
    const struct cert *c, int64_t now, struct err *e)
{
	char device[ENROL_DEVICE_MAX];
	int ret;

	capf_owner_text(&r->owner, device, sizeof(device));
	if ((ret = lsc_check(c, device, r->spki, judged_at(c, now), e)) !=
	    ERR_OK)
		return ret;
	return check_trust(v, c, false, e);
}

int
enrol_trusted(struct verifier *v, const struct cert *c, struct err *e)
{
	return check_trust(v, c, true, e);
}

int
enrol_settle(struct db *db, const struct row_capf_csr *was,
    const struct row_capf_csr *r, struct err *e)
{
	struct row_capf_csr is = { .der = NULL };
	bool same;
	int ret;

	if ((ret = row_capf_csr_get(db, &was->owner, &is, e)) != ERR_OK)
		return ret;
	same = memcmp(is.spki, was->spki, sizeof(is.spki)) == 0 &&
	    is.state == was->state && is.changed_at == was->changed_at;
	row_capf_csr_clear(&is);
	if (!same)
		return err_set(e, ERR_NOTFOUND, "the request of %s is "
		    "another one by now", was->owner.name);
	return row_capf_csr_put(db, r, e);
}

int
enrol_settle_asked(struct db *db, const char *node,
    const struct row_capf_csr *was, const struct row_capf_csr *r,
    struct err *e)
{
	const struct capf_ctx c = { .db = db, .node = node };
	int ret = enrol_settle(db, was, r, e);

	return ret != ERR_OK || r->state != CAPF_CSR_REFUSED ? ret :
	    capf_refused(&c, r, r->changed_at, e);
}

int64_t
enrol_rest_s(int64_t tries)
{
	int64_t s = REST_S;

	for (; tries > 1 && s < ENROL_REST_MAX_S; tries--)
		s *= 2;
	return tries <= 0 ? 0 : s < ENROL_REST_MAX_S ? s : ENROL_REST_MAX_S;
}
