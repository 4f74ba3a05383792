/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Subject alternative names, see san.h.
 */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/wr.h"
#include "certs/internal.h"
#include "certs/san.h"

#define NAMED_MAX	20	/* spelled out, further ones are counted */

static void
put_text(struct san *s, const char *before, const ASN1_STRING *str)
{
	size_t len = (size_t)ASN1_STRING_length(str), n = strlen(before);

	(void)str_copy(s->text, sizeof(s->text), before);
	str_visible((const char *)ASN1_STRING_get0_data(str), len,
	    s->text + n, sizeof(s->text) - n);
}

static void
put_ip(struct san *s, const ASN1_STRING *str)
{
	const uint8_t *ip = ASN1_STRING_get0_data(str);
	int len = ASN1_STRING_length(str);

	if ((len != 4 && len != 16) || inet_ntop(len == 4 ? AF_INET : AF_INET6,
	    ip, s->text, sizeof(s->text)) == NULL) {
		s->kind = SAN_OTHER;
		(void)str_copy(s->text, sizeof(s->text), "IP:malformed");
	}
}

static struct san
san_from(const GENERAL_NAME *gn)
{
	struct san s = { .kind = SAN_OTHER };

	switch (gn->type) {
	case GEN_DNS:
		s.kind = SAN_DNS;
		put_text(&s, "", gn->d.dNSName);
		str_lower(s.text);
		break;
	case GEN_IPADD:
		s.kind = SAN_IP;
		put_ip(&s, gn->d.iPAddress);
		break;
	case GEN_EMAIL:
		put_text(&s, "email:", gn->d.rfc822Name);
		break;
	case GEN_URI:
		put_text(&s, "URI:", gn->d.uniformResourceIdentifier);
		break;
	default:
		(void)snprintf(s.text, sizeof(s.text), "type%d:", gn->type);
	}
	return s;
}

static int
san_cmp(const void *a, const void *b)
{
	const struct san *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int
set_from(const GENERAL_NAMES *names, struct san_set *s, struct err *e)
{
	int n = sk_GENERAL_NAME_num(names);

	*s = (struct san_set){ .san = NULL };
	if (n <= 0)
		return ERR_OK;
	if (n > SAN_MAX)
		return err_set(e, ERR_LIMIT, "%d names in one certificate, %d "
		    "are the most", n, SAN_MAX);
	if ((s->san = calloc((size_t)n, sizeof(*s->san))) == NULL)
		return err_set(e, ERR_NOMEM, "names of a certificate");
	for (int i = 0; i < n; i++)
		s->san[i] = san_from(sk_GENERAL_NAME_value(names, i));
	qsort(s->san, (size_t)n, sizeof(*s->san), san_cmp);
	for (int i = 0; i < n; i++)
		if (s->n == 0 || san_cmp(&s->san[s->n - 1], &s->san[i]) != 0)
			s->san[s->n++] = s->san[i];
	return ERR_OK;
}

/* crit: what OpenSSL said of the extension. */
static int
set_of(GENERAL_NAMES *names, int crit, struct san_set *s, struct err *e)
{
	int ret;

	ERR_clear_error();
	*s = (struct san_set){ .san = NULL };
	ret = names == NULL && crit != -1 ? err_set(e, ERR_PROTO, "its "
	    "subject alternative names cannot be read") :
	    set_from(names, s, e);
	GENERAL_NAMES_free(names);
	return ret;
}

int
san_of_cert(const struct cert *c, struct san_set *s, struct err *e)
{
	int crit;
	GENERAL_NAMES *names = X509_get_ext_d2i(cert_x509(c),
	    NID_subject_alt_name, &crit, NULL);

	return set_of(names, crit, s, e);
}

int
san_of_csr(const struct csr *c, struct san_set *s, struct err *e)
{
	STACK_OF(X509_EXTENSION) *exts = X509_REQ_get_extensions(csr_req(c));
	GENERAL_NAMES *names;
	int crit;

	names = X509V3_get_d2i(exts, NID_subject_alt_name, &crit, NULL);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	return set_of(names, crit, s, e);
}

void
san_set_free(struct san_set *s)
{
	free(s->san);
	*s = (struct san_set){ .san = NULL };
}

static bool
has(const struct san_set *s, const struct san *want)
{
	return s->n > 0 && bsearch(want, s->san, s->n, sizeof(*s->san),
	    san_cmp) != NULL;
}

bool
san_has(const struct san_set *s, enum san_kind kind, const char *text)
{
	struct san want = { .kind = kind };

	if (!str_copy(want.text, sizeof(want.text), text))
		return false;
	if (kind == SAN_DNS)
		str_lower(want.text);
	return has(s, &want);
}

char *
san_missing(const struct san_set *a, const struct san_set *b)
{
	struct wr w = wr_init((NAMED_MAX + 1) * (SAN_TEXT_MAX + 8));
	size_t missing = 0, len;

	for (size_t i = 0; i < a->n; i++) {
		if (has(b, &a->san[i]))
			continue;
		if (missing++ < NAMED_MAX)
			wr_fmt(&w, "%s%s", missing > 1 ? ", " : "",
			    a->san[i].text);
	}
	if (missing > NAMED_MAX)
		wr_fmt(&w, " and %zu more", missing - NAMED_MAX);
	return (char *)wr_take(&w, &len);
}
