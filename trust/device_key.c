/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a phone's files are encrypted for, see device_key.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "trust/cert_row.h"
#include "trust/device_key.h"

struct past {
	struct device_key	*k;
	struct db		*db;
	int64_t			 since;		/* the phone is here */
	int64_t			 last;		/* was stored */
};

/* Its current certificate of that type, NULL with ERR_OK when it has none. */
static int
load_one(struct db *db, const char *phone, enum device_cert_type type,
    struct cert **c, struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct row_device_cert d;
	struct err own = { 0 };
	int ret;

	*c = NULL;
	if (!str_copy(o.name, sizeof(o.name), phone))
		return ERR_OK;
	ret = row_device_cert_current(db, &o, type, &d, &own);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", own.msg);
	if ((*c = cert_row_get(db, d.sha256, e)) == NULL)
		return err_wrap(e, "certificate of phone %s", phone);
	return ERR_OK;
}

/* Take it when files can be encrypted for it. */
static bool
take(struct device_key *k, struct cert **c, bool mic)
{
	if (*c == NULL || !key_type_is_rsa(cert_key_type(*c)))
		return false;
	k->has_key = true;
	k->is_mic = mic;
	cert_sha256(*c, k->sha256);
	k->cert = *c;
	*c = NULL;
	return true;
}

static void
say_why(struct device_key *k, const char *phone, bool mic)
{
	if (k->revoked)
		(void)snprintf(k->why, sizeof(k->why), "its certificate was "
		    "revoked: utils capf install %s asks it for another",
		    phone);
	else if (k->has_lsc || mic)
		(void)snprintf(k->why, sizeof(k->why), "phone certificate "
		    "has no RSA key: utils capf install %s --key rsa2048 "
		    "gives it one", phone);
	else
		(void)snprintf(k->why, sizeof(k->why), "no certificate of it "
		    "is known here: utils capf install %s, or utils capf "
		    "fetch %s for the one of its maker", phone, phone);
}

/* A past certificate that files were encrypted for. */
static int
look_back(void *arg, const struct row_device_cert *d, struct err *e)
{
	struct past *p = arg;
	struct cert *c;

	if (d->stored_at > p->last)
		p->k->revoked = false;
	if (d->stored_at >= p->last) {	/* rows know seconds only */
		p->last = d->stored_at;
		p->k->revoked |= d->state == DEVICE_REVOKED &&
		    d->changed_at >= p->since;
	}
	if (d->state == DEVICE_CURRENT || d->stored_at == 0 ||
	    p->k->had_key)
		return ERR_OK;
	if ((c = cert_row_get(p->db, d->sha256, e)) == NULL)
		return e != NULL ? e->code : ERR_NOTFOUND;
	p->k->had_key = key_type_is_rsa(cert_key_type(c));
	cert_free(c);
	return ERR_OK;
}

static int
none_left(struct device_key *k, struct db *db, const char *phone, bool mic,
    struct err *e)
{
	struct capf_owner o = { .kind = CAPF_PHONE };
	struct past p = { .k = k, .db = db, .last = INT64_MIN };
	struct row_phone row;
	int ret = ERR_OK;

	if (row_phone_get(db, phone, &row, NULL) == ERR_OK)
		p.since = row.created_at;
	if (str_copy(o.name, sizeof(o.name), phone))
		ret = row_device_cert_each(db, &o, -1, NULL, look_back, &p,
		    e);
	say_why(k, phone, mic);
	return ret;
}

/*
 * Whether the certificate's time has passed plays no part: a phone decrypts
 * with its key whatever the date, and a file it cannot have would take it out
 * of service for what only ends its registration by TLS.
 */
int
device_key_load(struct device_key *k, struct db *db, const char *phone,
    struct err *e)
{
	struct cert *lsc = NULL, *mic = NULL;
	int ret;

	*k = (struct device_key){ .cert = NULL };
	if ((ret = load_one(db, phone, DEVICE_LSC, &lsc, e)) != ERR_OK)
		return ret;
	k->has_lsc = lsc != NULL;
	if (!take(k, &lsc, false) &&
	    (ret = load_one(db, phone, DEVICE_MIC, &mic, e)) == ERR_OK &&
	    !take(k, &mic, true))
		ret = none_left(k, db, phone, mic != NULL, e);
	cert_free(lsc);
	cert_free(mic);
	return ret;
}

int
device_key_mic(struct db *db, const char *phone, bool *rsa, struct err *e)
{
	struct cert *mic;
	int ret = load_one(db, phone, DEVICE_MIC, &mic, e);

	*rsa = ret == ERR_OK && mic != NULL &&
	    key_type_is_rsa(cert_key_type(mic));
	cert_free(mic);
	return ret;
}

void
device_key_clear(struct device_key *k)
{
	cert_free(k->cert);
	*k = (struct device_key){ .cert = NULL };
}
