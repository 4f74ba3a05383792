/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone's certificates prove, see capf_proof.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "certs/cert_use.h"
#include "certs/chain.h"
#include "certs/lsc.h"
#include "db/params.h"
#include "trust/anchors.h"
#include "trust/capf_proof.h"
#include "trust/own_capf.h"
#include "trust/trust_unit.h"
#include "trust/vendor_ca.h"

#define MIN_RSA_BITS	1024	/* keys that old phones were made with */

/* One certificate of one message. */
struct judged {
	const struct capf_prover *p;
	const char		*device;
	const struct cert	*cert;
	enum capf_proof		 proof;
	bool			 expired, own_ca;
};

/* --- whose it is --- */

static int
refuse_other(const struct judged *j, struct err *e)
{
	char *cn = cert_cn(j->cert, NULL);
	int ret = err_set(e, ERR_REFUSED, "the certificate is that of "
	    "\"%.100s\", not of %.100s", cn != NULL ? cn : "", j->device);

	free(cn);
	return ret;
}

/* What is written down about this very certificate.  Nothing need be: one
 * whose storing was never confirmed proves as much. */
static int
check_row(const struct judged *j, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	char name[CAPF_NAME_MAX + CAPF_INSTANCE_MAX + 2];
	struct row_device_cert row;
	struct err own = { 0 };
	int ret;

	cert_sha256(j->cert, sha256);
	ret = row_device_cert_by_sha256(j->p->db, sha256, &row, &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	(void)snprintf(name, sizeof(name), "%s%s%s", row.owner.name,
	    row.owner.kind == CAPF_PHONE ? "" : ".", row.owner.instance);
	if (strcmp(name, j->device) != 0)
		return err_set(e, ERR_REFUSED, "the certificate is that of "
		    "%.100s, not of %.100s", name, j->device);
	if (row.state == DEVICE_REVOKED || row.state == DEVICE_DELETED)
		return err_set(e, ERR_REFUSED, "the certificate is %s: let "
		    "the phone prove itself in another way (authentication-"
		    "mode)", device_cert_state_name[row.state]);
	return ERR_OK;
}

static int
check_owner(const struct judged *j, struct err *e)
{
	char missing[CERT_USE_TEXT_MAX];

	if (!lsc_is_of(j->cert, j->device, true))
		return refuse_other(j, e);
	if (cert_is_ca(j->cert))
		return err_set(e, ERR_REFUSED, "the certificate is one of a "
		    "CA");
	if (cert_use_missing(j->cert, CERT_USE_SIGN, missing) != 0)
		return err_set(e, ERR_REFUSED, "the certificate lacks %s",
		    missing);
	return check_row(j, e);
}

/* --- issued by this cluster --- */

static int
check_dates(const struct judged *j, struct err *e)
{
	char when[CLOCK_RFC3339_LEN];

	if (cert_not_after(j->cert) < j->p->now) {
		clock_rfc3339(cert_not_after(j->cert), when);
		return err_set(e, ERR_REFUSED, "the phone's own certificate "
		    "expired %s: let it prove itself in another way "
		    "(authentication-mode)", when);
	}
	if (cert_not_before(j->cert) > j->p->now)
		return err_set(e, ERR_REFUSED, "the certificate is not valid "
		    "yet: look at this machine's clock");
	return ERR_OK;
}

static int
is_by(const struct judged *j, const uint8_t sha256[SHA256_LEN], bool *by,
    struct err *e)
{
	struct cert *ca = cert_cache_get(verifier_cache(j->p->verifier),
	    sha256, e);

	if (ca == NULL)
		return e != NULL ? e->code : ERR_IO;
	*by = chain_issued(ca, j->cert);
	cert_free(ca);
	return ERR_OK;
}

/* Certificates whose key does not sign any more have left the table. */
static int
is_own(const struct judged *j, bool *own, struct err *e)
{
	struct row_own *rows = NULL;
	size_t n = 0;
	int ret = row_own_list(j->p->db, "CAPF", -1, &rows, &n, e);

	*own = false;
	for (size_t i = 0; i < n && ret == ERR_OK && !*own; i++)
		ret = is_by(j, rows[i].sha256, own, e);
	free(rows);
	return ret;
}

/* CAPF-trust has those while phones have certificates of them. */
static int
is_former(const struct judged *j, bool *former, struct err *e)
{
	struct row_trust *rows = NULL;
	size_t n = 0;
	int ret = row_trust_list(j->p->db,
	    trust_unit_table()[TRUST_CAPF].name, NULL, false, &rows, &n, e);

	*former = false;
	for (size_t i = 0; i < n && ret == ERR_OK && !*former; i++)
		if (strcmp(rows[i].origin, OWN_CAPF_ORIGIN) == 0)
			ret = is_by(j, rows[i].sha256, former, e);
	free(rows);
	return ret;
}

/* --- issued by others --- */

static int
word_is(const struct capf_prover *p, enum param_id id, const char *word,
    bool *yes, struct err *e)
{
	char *value = param_get(p->db, id, "", e);

	*yes = value != NULL && strcmp(value, word) == 0;
	free(value);
	return value != NULL ? ERR_OK : e != NULL ? e->code : ERR_IO;
}

/* May this phone's MIC have expired?  *by_list: the list says so. */
static int
may_be_expired(const struct judged *j, bool *may, bool *by_list,
    struct err *e)
{
	bool always, listed;
	int ret;

	*may = *by_list = false;
	if ((ret = word_is(j->p, PARAM_CAPF_EXPIRED_MIC, "always", &always,
	    e)) != ERR_OK ||
	    (ret = word_is(j->p, PARAM_CAPF_EXPIRED_MIC, "allow-list",
	    &listed, e)) != ERR_OK)
		return ret;
	*may = always;
	*by_list = listed;
	return listed ? row_mic_allow_has(j->p->db, j->device, may, e) :
	    ERR_OK;
}

static int
refuse(const struct verify_result *r, struct err *e)
{
	return err_set(e, r->why == VERIFY_ERROR ? ERR_IO : ERR_REFUSED,
	    "%s%s", r->text, r->why == VERIFY_UNKNOWN ? "; its CA belongs "
	    "into CAPF-trust (set cert default-ca-list for phone vendors)" :
	    "");
}

/* By its name, or because the CA in CAPF-trust is a phone vendor's. */
static int
is_mic(const struct judged *j, const uint8_t anchor[SHA256_LEN], bool *mic,
    struct err *e)
{
	struct row_trust t;
	struct err own = { 0 };
	int ret;

	*mic = !lsc_is_of(j->cert, j->device, false);
	if (*mic)
		return ERR_OK;
	ret = row_trust_get(j->p->db, trust_unit_table()[TRUST_CAPF].name,
	    anchor, &t, &own);
	*mic = ret == ERR_OK && strcmp(t.origin, VENDOR_CA_ORIGIN) == 0;
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", own.msg);
}

/* first: why it was not taken as one that is still valid. */
static int
check_expired(struct judged *j, struct verify_policy *policy,
    const struct verify_result *first, bool *mic, struct err *e)
{
	struct verify_result r;
	bool may, by_list;
	int ret;

	policy->expired_ok = true;
	if (!verify_cert(j->p->verifier, j->cert, NULL, 0, policy, &r))
		return refuse(&r, e);
	if ((ret = is_mic(j, r.anchor, mic, e)) != ERR_OK ||
	    (ret = may_be_expired(j, &may, &by_list, e)) != ERR_OK)
		return ret;
	if (!*mic)
		return refuse(first, e);
	if (!may && !by_list)
		return err_set(e, ERR_REFUSED, "%.160s; parameter "
		    "capf.expired_mic has none taken, not even of phones on "
		    "the list of utils capf mic-allow", first->text);
	if (!may)
		return err_set(e, ERR_REFUSED, "%.160s; \"utils capf "
		    "mic-allow add %.64s\" lets this phone enrol all the "
		    "same (parameter capf.expired_mic)", first->text,
		    j->device);
	j->expired = true;
	return ERR_OK;
}

/* By CAPF-trust. */
static int
check_chain(struct judged *j, struct err *e)
{
	struct verify_policy policy = {
		.units = ANCHORS_BIT(TRUST_CAPF), .purpose = VERIFY_ANY,
		.min_rsa_bits = MIN_RSA_BITS, .sha1_ok = true,
	};
	struct verify_result r;
	bool mic;
	int ret;

	if (verify_cert(j->p->verifier, j->cert, NULL, 0, &policy, &r))
		ret = is_mic(j, r.anchor, &mic, e);
	else if (r.why == VERIFY_EXPIRED)
		ret = check_expired(j, &policy, &r, &mic, e);
	else
		ret = refuse(&r, e);
	if (ret != ERR_OK)
		return ret;
	j->proof = mic ? CAPF_PROOF_MIC : CAPF_PROOF_LSC;
	return mic ? ERR_OK : is_former(j, &j->own_ca, e);
}

static int
judge(struct judged *j, struct err *e)
{
	bool own;
	int ret;

	if ((ret = check_owner(j, e)) != ERR_OK ||
	    (ret = is_own(j, &own, e)) != ERR_OK)
		return ret;
	if (!own)
		return check_chain(j, e);
	/* This cluster names what it issues by the device alone. */
	if (!lsc_is_of(j->cert, j->device, false))
		return refuse_other(j, e);
	if ((ret = check_dates(j, e)) != ERR_OK)
		return ret;
	if (verify_revoked(j->p->verifier, j->cert))
		return err_set(e, ERR_REFUSED, "the certificate is revoked "
		    "by its issuer");
	j->proof = CAPF_PROOF_LSC;
	j->own_ca = true;
	return ERR_OK;
}

/* --- the message --- */

static int
judge_sudi(const struct judged *first, const struct capf_msg *m,
    bool *expired, struct err *e)
{
	struct judged j = { .p = first->p, .device = first->device };
	struct cert *c;
	int ret;

	/* The same one twice, as some phones send it. */
	if (m->sudi_cert.p == NULL || (m->sudi_cert.len == m->cert.len &&
	    memcmp(m->sudi_cert.p, m->cert.p, m->cert.len) == 0))
		return ERR_OK;
	if ((c = cert_from_der(m->sudi_cert.p, m->sudi_cert.len, e)) == NULL) {
		(void)err_wrap(e, "element 16");
		return e != NULL ? e->code : ERR_PROTO;
	}
	j.cert = c;
	if ((ret = judge(&j, e)) != ERR_OK)
		(void)err_wrap(e, "element 16");
	*expired = j.expired;
	cert_free(c);
	return ret;
}

static void
take_device(const struct capf_msg *m, char device[CAPF_DEVICE_MAX + 1])
{
	memcpy(device, m->device.p, m->device.len);
	device[m->device.len] = '\0';
	str_device_fold(device);
}

/* Nobody's key is worked with before its certificate is known to be good. */
static int
prove(struct judged *j, const struct capf_msg *m, uint32_t session,
    bool *expired, struct err *e)
{
	bool sha1;
	int ret;

	if ((ret = judge(j, e)) != ERR_OK ||
	    (ret = judge_sudi(j, m, expired, e)) != ERR_OK ||
	    (ret = word_is(j->p, PARAM_CAPF_SHA1, "yes", &sha1, e)) !=
	    ERR_OK)
		return ret;
	return capf_msg_verify(m, j->cert, session, sha1, e);
}

int
capf_proof_check(const struct capf_prover *p, const struct capf_msg *m,
    uint32_t session, struct capf_shown *s, struct err *e)
{
	char device[CAPF_DEVICE_MAX + 1];
	struct judged j = { .p = p, .device = device };
	bool expired = false;
	struct cert *c;
	int ret;

	*s = (struct capf_shown){ .proof = CAPF_PROOF_NONE };
	if (m->cert.p == NULL)
		return ERR_OK;
	if (!m->has_device || m->device.len == 0 ||
	    m->device.len > CAPF_DEVICE_MAX)
		return err_set(e, ERR_ARG, "no device name");
	take_device(m, device);
	if ((c = cert_from_der(m->cert.p, m->cert.len, e)) == NULL)
		return e != NULL ? e->code : ERR_PROTO;
	j.cert = c;
	if ((ret = prove(&j, m, session, &expired, e)) == ERR_OK) {
		s->proof = j.proof;
		s->expired = j.expired || expired;
		s->own_ca = j.own_ca;
		cert_sha256(c, s->sha256);
	}
	cert_free(c);
	return ret;
}
