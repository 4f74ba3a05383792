/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The HTTPS server that a phone knows by its lists, see accept.h:
 * spec/trust-list.md sections 4 and 8, spec/phone-files.md section 7.
 */
#include <stdio.h>
#include <string.h>

#include "trust/accept.h"
#include "trust/accept_memo.h"

#define HTTPS_SIGNER_VERSION	0x0101

static bool
is_ec(const struct cert *c)
{
	enum key_type t = cert_key_type(c);

	return t == KEY_EC256 || t == KEY_EC384 || t == KEY_EC521;
}

static bool
is_server(const struct list_record *r)
{
	return (r->role == ROLE_TFTP || r->role == ROLE_CCM_TFTP) &&
	    r->cert != NULL && is_ec(r->cert);
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
list_has(const struct list *l, const uint8_t *der, size_t len)
{
	for (size_t i = 0; l != NULL && i < l->nrec; i++) {
		const uint8_t *held;
		size_t n;

		if (!is_server(&l->rec[i]))
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

bool
accept_server(const struct accept_phone *p, const uint8_t *der, size_t len,
    struct accept_verdict *v)
{
	struct accept_memo *own = NULL, *m = p->memo;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE,
	    .step = STEP_SIGNER };
	if (m == NULL && (m = own = accept_memo_new(NULL)) == NULL) {
		(void)snprintf(v->why, sizeof(v->why), "out of memory");
		return false;
	}
	if (list_has(read_list(m, p->ctl, p->ctllen), der, len))
		v->path = ACCEPT_TFTP_CTL;
	else if (list_has(read_list(m, p->itl, p->itllen), der, len))
		v->path = ACCEPT_TFTP_ITL;
	accept_memo_free(own);
	if (v->path == ACCEPT_NONE) {
		(void)snprintf(v->why, sizeof(v->why), "expected the "
		    "certificate of a TFTP record held, with an EC key, found "
		    "another one");
		return false;
	}
	v->step = STEP_OK;
	(void)snprintf(v->why, sizeof(v->why), "from the server whose "
	    "certificate is a TFTP record of the %s that the phone holds",
	    v->path == ACCEPT_TFTP_CTL ? "CTL" : "ITL");
	return true;
}
