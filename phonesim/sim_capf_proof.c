/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who a phone says it is to CAPF, and how it proves that: spec/capf.md
 * section 8.
 */
#include <stdlib.h>
#include <string.h>

#include "phonesim/sim_capf.h"

/* What the signatures of a message need while it is built. */
struct proof {
	uint8_t	 sig1[KEY_SIG_MAX], sig512[KEY_SIG_MAX];
	uint8_t	 sudi1[KEY_SIG_MAX], sudi512[KEY_SIG_MAX];
};

/* The certificate to show, NULL: it has none. */
static const struct sim_identity *
identity(const struct sim_capf *c)
{
	const struct sim_keys *k = c->keys;

	if (c->auth != CONFIG_CAPF_LSC && c->auth != CONFIG_CAPF_MIC)
		return NULL;
	if (c->how->bad.other != NULL)
		return c->how->bad.other;
	if (c->auth == CONFIG_CAPF_LSC && k->lsc.cert != NULL)
		return &k->lsc;
	return k->mic.cert != NULL ? &k->mic : NULL;
}

static struct capf_bytes
der_of(const struct cert *cert)
{
	struct capf_bytes b;

	b.p = cert_der(cert, &b.len);
	return b;
}

static int
prove(struct sim_capf *c, struct capf_msg *m, struct proof *p, struct err *e)
{
	const struct sim_identity *i = identity(c);
	const struct sim_identity *s = &c->keys->mic;
	int ret;

	if (i == NULL)
		return ERR_OK;
	m->cert = der_of(i->cert);
	m->signed1.p = p->sig1;
	m->signed512.p = p->sig512;
	ret = capf_sign_d1(m, i->key, p->sig1, &m->signed1.len, p->sig512,
	    &m->signed512.len, e);
	if (ret != ERR_OK || !c->how->sudi || s->cert == NULL)
		return ret;
	m->sudi_cert = der_of(s->cert);
	m->sudi_sig1.p = p->sudi1;
	m->sudi_sig512.p = p->sudi512;
	return capf_sign_d2(m->sudi_cert.p, m->sudi_cert.len, c->session,
	    s->key, p->sudi1, &m->sudi_sig1.len, p->sudi512,
	    &m->sudi_sig512.len, e);
}

/* The string, or another one of its length. */
static void
password(const struct sim_capf *c, char out[SIM_STRING_MAX + 1])
{
	out[0] = '\0';
	if (c->auth == CONFIG_CAPF_STRING && c->how->string != NULL)
		(void)str_copy(out, SIM_STRING_MAX + 1, c->how->string);
	if (c->how->bad.wrong_string)
		out[0] = out[0] == '0' ? '1' : '0';
	if (c->how->bad.wrong_string && c->auth != CONFIG_CAPF_STRING)
		out[1] = '\0';
}

int
sim_capf_answer_auth(struct sim_capf *c, struct err *e)
{
	unsigned old = c->how->bad.old_version;
	char string[SIM_STRING_MAX + 2];
	struct capf_msg m = {
		.command = CAPF_AUTH_RESPONSE,
		.has_reason = true, .reason = CAPF_REASON_OK,
		.has_version = old != 1,
		.version = (uint8_t)(old != 0 ? old : CAPF_VERSION),
		.has_password = true, .has_device = true,
		.device = { (const uint8_t *)c->device, strlen(c->device) },
	};
	struct proof *p;
	int ret;

	if ((p = malloc(sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "signatures");
	password(c, string);
	m.password = (struct capf_bytes){ (const uint8_t *)string,
	    strlen(string) };
	if ((ret = prove(c, &m, p, e)) == ERR_OK)
		ret = sim_capf_put(c, &m, e);
	secret_wipe(string, sizeof(string));
	free(p);
	return ret;
}
