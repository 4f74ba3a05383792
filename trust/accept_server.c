/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTPS and TVS servers that a phone knows by its lists, see accept.h:
 * spec/trust-list.md sections 4 and 8, spec/phone-files.md section 7,
 * spec/tvs.md section 1.
 */
#include <stdio.h>
#include <string.h>

#include "trust/accept_part.h"

#define HTTPS_SIGNER_VERSION	0x0101

bool
accept_is_server_key(const struct cert *c)
{
	enum key_type t = cert_key_type(c);

	return t == KEY_EC256 || t == KEY_EC384 || t == KEY_EC521;
}

static bool
is_server(const struct list_record *r)
{
	return accept_is_file_role(r->role) && r->cert != NULL &&
	    accept_is_server_key(r->cert);
}

/* The list, NULL when none is held or it cannot be read: then it vouches for
 * nothing. */
static const struct list *
read_list(struct accept_memo *m, const uint8_t *buf, size_t len)
{
	return buf != NULL ? accept_memo_list(m, buf, len, NULL) : NULL;
}

static bool
list_wants(const struct list *l)
{
	if (l == NULL || l->h.signer_version < HTTPS_SIGNER_VERSION)
		return false;
	for (size_t i = 0; i < l->nrec; i++)
		if (is_server(&l->rec[i]))
			return true;
	return false;
}

static bool
is_tvs(const struct list_record *r)
{
	return r->role == ROLE_TVS && r->cert != NULL;
}

/* A record of that kind with this certificate. */
static bool
list_has(const struct list *l, bool (*kind)(const struct list_record *),
    const uint8_t *der, size_t len)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++) {
		const uint8_t *held;
		size_t n;

		if (!kind(&l->rec[i]))
			continue;
		held = cert_der(l->rec[i].cert, &n);
		if (n == len && memcmp(held, der, n) == 0)
			return true;
	}
	return false;
}

bool
accept_wants_https(const struct accept_phone *p)
{
	struct accept_memo *own = NULL, *m = p->memo;
	bool ret;

	if (m == NULL && (m = own = accept_memo_new(NULL)) == NULL)
		return false;
	ret = list_wants(read_list(m, p->ctl, p->ctllen)) ||
	    list_wants(read_list(m, p->itl, p->itllen));
	accept_memo_free(own);
	return ret;
}

/* TVS is asked about a server of files as about any HTTPS server. */
static bool
is_https(uint16_t role)
{
	return accept_is_file_role(role) || role == ROLE_APP_SERVER;
}

static bool
has_server_key(const uint8_t *der, size_t len)
{
	struct cert *c = cert_from_der(der, len, NULL);
	bool ret = c != NULL && accept_is_server_key(c);

	cert_free(c);
	return ret;
}

static bool
judge_server(const struct accept_phone *p, struct accept_memo *m,
    const uint8_t *der, size_t len, struct accept_verdict *v)
{
	const struct list *itl = read_list(m, p->itl, p->itllen);

	if (list_has(read_list(m, p->ctl, p->ctllen), is_server, der, len))
		return accept_grant(v, ACCEPT_TFTP_CTL, "from the server "
		    "whose certificate is a TFTP record of the CTL that the "
		    "phone holds");
	if (list_has(itl, is_server, der, len))
		return accept_grant(v, ACCEPT_TFTP_ITL, "from the server "
		    "whose certificate is a TFTP record of the ITL that the "
		    "phone holds");
	(void)accept_refuse(v, STEP_SIGNER, "expected the certificate of a "
	    "TFTP record held, with an EC key, found another one");
	return has_server_key(der, len) && accept_tvs_vouches(p, itl, der,
	    len, is_https, "TFTP or APP-SERVER", v);
}

static bool
judge_tvs_server(const struct accept_phone *p, struct accept_memo *m,
    const uint8_t *der, size_t len, struct accept_verdict *v)
{
	if (list_has(read_list(m, p->itl, p->itllen), is_tvs, der, len))
		return accept_grant(v, ACCEPT_TVS, "its certificate is a TVS "
		    "record of the ITL that the phone holds");
	return accept_refuse(v, STEP_SIGNER, "expected the certificate of a "
	    "TVS record of the ITL held, found another one");
}

static bool
with_memo(const struct accept_phone *p, const uint8_t *der, size_t len,
    bool (*judge)(const struct accept_phone *, struct accept_memo *,
    const uint8_t *, size_t, struct accept_verdict *),
    struct accept_verdict *v)
{
	struct accept_memo *own = NULL, *m = p->memo;
	bool ok;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE,
	    .step = STEP_SIGNER };
	if (m == NULL && (m = own = accept_memo_new(NULL)) == NULL)
		return accept_refuse(v, STEP_SIGNER, "out of memory");
	ok = judge(p, m, der, len, v);
	accept_memo_free(own);
	return ok;
}

bool
accept_server(const struct accept_phone *p, const uint8_t *der, size_t len,
    struct accept_verdict *v)
{
	return with_memo(p, der, len, judge_server, v);
}

bool
accept_tvs_server(const struct accept_phone *p, const uint8_t *der,
    size_t len, struct accept_verdict *v)
{
	return with_memo(p, der, len, judge_tvs_server, v);
}

bool
accept_wants_tvs(const struct accept_phone *p)
{
	struct accept_memo *own = NULL, *m = p->memo;
	bool ret;

	if (m == NULL && (m = own = accept_memo_new(NULL)) == NULL)
		return false;
	ret = accept_has_tvs(read_list(m, p->itl, p->itllen));
	accept_memo_free(own);
	return ret;
}
