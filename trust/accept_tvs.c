/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Path B: for whom TVS vouches, see accept.h.  spec/trust-list.md section 11,
 * spec/tvs.md sections 5 and 8.  Whoever TVS gives no positive answer for is
 * refused, whatever the reason.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trust/accept_part.h"

#define ROLES_SHOWN	96

bool
accept_has_tvs(const struct list *l)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++)
		if (l->rec[i].role == ROLE_TVS && l->rec[i].cert != NULL)
			return true;
	return false;
}

/* Behind what was said of the lists. */
__attribute__((format(printf, 3, 4))) static bool
refuse(struct accept_verdict *v, enum accept_step step, const char *fmt, ...)
{
	size_t used = strlen(v->why);
	va_list ap;

	v->path = ACCEPT_NONE;
	v->step = step;
	va_start(ap, fmt);
	(void)vsnprintf(v->why + used, sizeof(v->why) - used, fmt, ap);
	va_end(ap);
	return false;
}

static bool
is_sast(uint16_t role)
{
	return role == ROLE_SAST;
}

/* Is the answer yes, with such a role? */
static bool
check_answer(const struct accept_answer *a, bool (*role)(uint16_t),
    const char *wanted, struct accept_verdict *v)
{
	char roles[ROLES_SHOWN];

	switch (a->says) {
	case ACCEPT_SAYS_NOTHING:
		return refuse(v, STEP_TVS, "; TVS did not answer: %s",
		    a->why[0] != '\0' ? a->why : "not asked");
	case ACCEPT_SAYS_INVALID:
		return refuse(v, STEP_TVS, "; TVS %s says: not valid",
		    a->from);
	case ACCEPT_SAYS_VALID:
		break;
	}
	for (size_t i = 0; i < a->nroles && i < ACCEPT_ROLES_MAX; i++)
		if (role(a->roles[i]))
			return true;
	accept_roles_text(a->roles, a->nroles, roles, sizeof(roles));
	return refuse(v, STEP_TVS, "; TVS %s vouches for it as %s, not as %s",
	    a->from, roles, wanted);
}

/* "TVS 192.0.2.7:2445 vouches (SAST,TFTP)" */
static void
vouching_text(const struct accept_answer *a, char *out, size_t outlen)
{
	char roles[ROLES_SHOWN];

	accept_roles_text(a->roles, a->nroles, roles, sizeof(roles));
	(void)snprintf(out, outlen, "TVS %s vouches (%s%s)", a->from, roles,
	    a->remembered ? ", remembered" : "");
}

static bool
same_serial(const struct tlv_header *h, const struct cert *c)
{
	const uint8_t *p = h->serial, *held;
	size_t len = h->seriallen, n;

	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	held = cert_serial(c, &n);
	return n == len && n > 0 && memcmp(held, p, n) == 0;
}

/*
 * Names are not compared again: TVS has found the certificate by them, and
 * may know spellings that we do not.
 */
static bool
judge_signature(const struct held *h, const struct given *g,
    const struct cert *c, const struct accept_answer *a,
    struct accept_verdict *v)
{
	char name[SHOWN_MAX], tvs[ACCEPT_FROM_MAX + ROLES_SHOWN + 40];
	struct err e = { 0 };

	(void)accept_shown_signer(g->h->signer_name, name);
	if (!same_serial(g->h, c))
		return refuse(v, STEP_TVS, "; TVS %s gave the certificate of "
		    "another serial number", a->from);
	if (accept_verify(h->memo, g, c, &e) != ERR_OK)
		return accept_refuse(v, STEP_SIGNATURE, "expected a signature "
		    "of %s, for whom TVS %s vouches, found one that does not "
		    "fit the bytes: %s", name, a->from, e.msg);
	vouching_text(a, tvs, sizeof(tvs));
	return accept_grant(v, ACCEPT_TVS, "signed by %s, in no list that the "
	    "phone holds, but for whom %s", name, tvs);
}

bool
accept_tvs_signer(const struct held *h, const struct given *g,
    struct accept_verdict *v)
{
	const struct accept_question q = {
		.subject = g->h->signer_name,
		.issuer = g->h->issuer_name != NULL ? g->h->issuer_name : "",
		.serial = g->h->serial, .seriallen = g->h->seriallen,
	};
	struct accept_answer a = { .says = ACCEPT_SAYS_NOTHING };
	struct err e = { 0 };
	struct cert *c;
	bool ok;

	if (h->p->ask == NULL || !accept_has_tvs(h->itl))
		return false;
	h->p->ask(h->p->ask_arg, &q, &a);
	if (g->list != NULL ? !check_answer(&a, is_sast, "SAST", v) :
	    !check_answer(&a, accept_is_file_role, "TFTP", v))
		return false;
	if (a.der == NULL ||
	    (c = cert_from_der(a.der, a.derlen, &e)) == NULL)
		return refuse(v, STEP_TVS, "; TVS %s gave no certificate that "
		    "can be read", a.from);
	ok = judge_signature(h, g, c, &a, v);
	cert_free(c);
	return ok;
}

bool
accept_tvs_vouches(const struct accept_phone *p, const struct list *itl,
    const uint8_t *der, size_t len, bool (*role)(uint16_t),
    const char *wanted, struct accept_verdict *v)
{
	const struct accept_question q = { .der = der, .derlen = len };
	struct accept_answer a = { .says = ACCEPT_SAYS_NOTHING };
	char tvs[ACCEPT_FROM_MAX + ROLES_SHOWN + 40];

	if (p->ask == NULL || !accept_has_tvs(itl))
		return false;
	p->ask(p->ask_arg, &q, &a);
	if (!check_answer(&a, role, wanted, v))
		return false;
	vouching_text(&a, tvs, sizeof(tvs));
	return accept_grant(v, ACCEPT_TVS, "from a server in no list that the "
	    "phone holds, but for which %s", tvs);
}
