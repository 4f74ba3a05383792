/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Who it is has said so; whether he has proved it as asked.  See capf_part.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/capf_part.h"
#include "trust/sealed.h"
#include "trust/setting.h"

#define STRING_MAX	15

#define RESTS	"too many wrong authentication strings from its address: " \
		"none from there is looked at for fifteen minutes"
_Static_assert(CAPF_WRONG_REST_S == 15 * 60, "as RESTS says");

int
capf_sealed_string(const struct capf_ctx *c, const struct capf_asked *a,
    uint8_t **sealed, size_t *len, struct err *e)
{
	struct err own = { 0 };
	int ret;

	*sealed = NULL;
	*len = 0;
	if (a->owner.kind == CAPF_PHONE) {
		ret = row_secret_get(c->db, a->owner.name,
		    setting_get(SETTING_AUTH_STRING)->option, sealed, len,
		    &own);
		return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
		    err_set(e, ret, "%s", own.msg);
	}
	if (a->cti.sealed == NULL)
		return ERR_OK;
	if ((*sealed = malloc(a->cti.len)) == NULL)
		return err_set(e, ERR_NOMEM, "authentication string");
	memcpy(*sealed, a->cti.sealed, a->cti.len);
	*len = a->cti.len;
	return ERR_OK;
}

/* *s NULL with ERR_OK: none is set. */
static int
open_string(const struct capf_ctx *c, const struct capf_asked *a,
    struct secret **s, struct err *e)
{
	uint8_t *sealed;
	size_t len;
	int ret = capf_sealed_string(c, a, &sealed, &len, e);

	*s = NULL;
	if (ret == ERR_OK && sealed != NULL)
		ret = sealed_capf_open(c->kr, &a->owner, sealed, len, s, e);
	free(sealed);
	return ret;
}

/* In time that depends on neither. */
static bool
same_string(const struct secret *s, const char given[STRING_MAX + 1])
{
	char a[STRING_MAX + 1] = { 0 }, b[STRING_MAX + 1] = { 0 };
	bool same = false;

	memcpy(b, given, strnlen(given, STRING_MAX));
	if (s->len <= STRING_MAX + 1) {
		memcpy(a, s->buf, s->len);
		a[STRING_MAX] = '\0';
		same = secret_equal(a, b, sizeof(a)) && a[0] != '\0';
	}
	secret_wipe(a, sizeof(a));
	secret_wipe(b, sizeof(b));
	return same;
}

static int
prove_string(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct capf_proved *p, struct capf_task *t,
    struct err *e)
{
	struct secret *s;
	bool rests;
	int ret = capf_wrong_rests(c, &a->owner, h, &rests, e);

	if (ret == ERR_OK && rests) {
		capf_answer(t, CAPF_DECLINED, RESTS);
		return ERR_OK;
	}
	if (ret != ERR_OK || (ret = open_string(c, a, &s, e)) != ERR_OK)
		return ret;
	if (s != NULL)
		p->wrong_max = capf_wrong_max(strnlen((const char *)s->buf,
		    s->len));
	if (s == NULL) {
		capf_answer(t, CAPF_DECLINED, "no authentication string is set "
		    "for it: utils capf authstring");
	} else if (same_string(s, h->string)) {
		p->how = CAPF_PROVED;
	} else if (h->string[0] == '\0') {
		/* A phone that starts by itself has nobody who types. */
		capf_answer(t, CAPF_DECLINED, "it sent no authentication "
		    "string");
	} else {
		p->how = CAPF_WRONG_STRING;
		capf_answer(t, CAPF_DECLINED, "wrong authentication string");
	}
	secret_free(s);
	return ERR_OK;
}

/* Which of its certificates a phone shows is its choice: the precedence is
 * what its file tells it.  One of ours must not be known as a past one. */
static int
prove_certificate(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct capf_proved *p, struct capf_task *t,
    struct err *e)
{
	const char *no;
	int ret;

	if (h->proof == CAPF_PROOF_NONE) {
		capf_answer(t, CAPF_DECLINED, h->unproved[0] != '\0' ?
		    h->unproved : "it showed no certificate");
		return ERR_OK;
	}
	if ((ret = capf_good_proof(c, a, h, &no, e)) != ERR_OK)
		return ret;
	if (no != NULL)
		capf_answer(t, CAPF_DECLINED, no);
	else
		*p = (struct capf_proved){ .how = CAPF_PROVED,
		    .wrong_max = INT64_MAX, .by_cert = true };
	return ERR_OK;
}

int
capf_prove(const struct capf_ctx *c, const struct capf_asked *a,
    const struct capf_hello *h, struct capf_proved *p, struct capf_task *t,
    struct err *e)
{
	*p = (struct capf_proved){ .how = CAPF_NOT_PROVED,
	    .wrong_max = INT64_MAX };
	switch (a->p.auth) {
	case CAPF_AUTH_STRING:
		return prove_string(c, a, h, p, t, e);
	case CAPF_AUTH_NULL:
		p->how = CAPF_PROVED;
		return ERR_OK;
	case CAPF_AUTH_LSC:
	case CAPF_AUTH_MIC:
		return prove_certificate(c, a, h, p, t, e);
	case CAPF_AUTH_NONE:
		break;
	}
	return err_set(e, ERR_BADSTATE, "an operation without authentication "
	    "mode");
}
