/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Distinguished names as the text that lists and signed files carry
 * (spec/trust-list.md section 6).
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/internal.h"

static const struct {
	int		 nid;
	const char	*name;
} short_types[] = {
	{ NID_commonName,		"CN" },
	{ NID_organizationalUnitName,	"OU" },
	{ NID_organizationName,		"O" },
	{ NID_localityName,		"L" },
	{ NID_stateOrProvinceName,	"ST" },
	{ NID_countryName,		"C" },
	{ NID_streetAddress,		"STREET" },
	{ NID_domainComponent,		"DC" },
	{ NID_userId,			"UID" },
};
#define NORDERED	6	/* the first of them lead in CUCM's order */

static int
entry_nid(const X509_NAME_ENTRY *ne)
{
	return OBJ_obj2nid(X509_NAME_ENTRY_get_object(ne));
}

static void
put_type(struct wr *w, const X509_NAME_ENTRY *ne)
{
	int nid = entry_nid(ne);
	char oid[128];

	for (size_t i = 0; i < N_OF(short_types); i++)
		if (short_types[i].nid == nid) {
			wr_str(w, short_types[i].name);
			return;
		}
	if (OBJ_obj2txt(oid, sizeof(oid), X509_NAME_ENTRY_get_object(ne),
	    1) <= 0)
		w->err = ERR_PROTO;
	else
		wr_str(w, oid);
}

/* RFC 4514 section 2.4; control bytes as hex pairs. */
static void
put_escaped(struct wr *w, const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool edge = (i == 0 && (s[i] == '#' || s[i] == ' ')) ||
		    (i == len - 1 && s[i] == ' ');

		if (s[i] < 0x20 || s[i] == 0x7f) {
			wr_fmt(w, "\\%02x", s[i]);
			continue;
		}
		if (edge || strchr("\\\",+;<>", s[i]) != NULL)
			wr_u8(w, '\\');
		wr_u8(w, s[i]);
	}
}

static void
put_value(struct wr *w, const X509_NAME_ENTRY *ne)
{
	uint8_t *utf8 = NULL;
	int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(ne));

	if (len < 0)
		w->err = ERR_PROTO;	/* not a text type, or not decodable */
	else
		put_escaped(w, utf8, (size_t)len);
	OPENSSL_free(utf8);
	ERR_clear_error();
}

static void
put_entry(struct wr *w, const X509_NAME_ENTRY *ne, char sep)
{
	if (w->err != ERR_OK)
		return;
	if (w->len > 0)
		wr_u8(w, (uint8_t)sep);
	put_type(w, ne);
	wr_u8(w, '=');
	put_value(w, ne);
}

/* Entries of that type; nid 0: those of no type in CUCM's order. */
static void
put_entries(struct wr *w, const X509_NAME *n, int nid, char sep)
{
	int count = X509_NAME_entry_count(n);

	for (int i = 0; i < count; i++) {
		const X509_NAME_ENTRY *ne = X509_NAME_get_entry(n, i);
		int type = entry_nid(ne);
		bool rest = true;

		for (size_t k = 0; k < NORDERED; k++)
			if (short_types[k].nid == type)
				rest = false;
		if (nid != 0 ? type == nid : rest)
			put_entry(w, ne, sep);
	}
}

static void
put_all(struct wr *w, const X509_NAME *n, char sep)
{
	int count = X509_NAME_entry_count(n);

	for (int i = 0; i < count; i++)
		put_entry(w, X509_NAME_get_entry(n, i), sep);
}

char *
cert_name_text(const X509_NAME *n, enum cert_name_style s, struct err *e)
{
	struct wr w = wr_init(CERT_NAME_TEXT_MAX);
	size_t len;
	char *text;

	switch (s) {
	case CERT_NAME_COMMA:
		put_all(&w, n, ',');
		break;
	case CERT_NAME_SEMICOLON_ASIS:
		put_all(&w, n, ';');
		break;
	case CERT_NAME_SEMICOLON:
		for (size_t i = 0; i < NORDERED; i++)
			put_entries(&w, n, short_types[i].nid, ';');
		put_entries(&w, n, 0, ';');
		break;
	}
	text = (char *)wr_take(&w, &len);
	if (text != NULL && str_is_utf8(text, len))
		return text;
	free(text);
	(void)err_set(e, ERR_PROTO, "a name of the certificate cannot be "
	    "written as text");
	return NULL;
}

char *
cert_subject(const struct cert *c, enum cert_name_style s, struct err *e)
{
	return cert_name_text(X509_get_subject_name(cert_x509(c)), s, e);
}

char *
cert_issuer(const struct cert *c, enum cert_name_style s, struct err *e)
{
	return cert_name_text(X509_get_issuer_name(cert_x509(c)), s, e);
}

bool
cert_name_matches(const X509_NAME *n, const char *text)
{
	for (int s = CERT_NAME_COMMA; s <= CERT_NAME_SEMICOLON_ASIS; s++) {
		char *t = cert_name_text(n, (enum cert_name_style)s, NULL);
		bool same = t != NULL && strcmp(t, text) == 0;

		free(t);
		if (same)
			return true;
	}
	return false;
}

char *
cert_name_last(const X509_NAME *n, int nid, struct err *e)
{
	int at = -1, next, len;
	uint8_t *utf8 = NULL;
	char *text = NULL;

	while ((next = X509_NAME_get_index_by_NID(n, nid, at)) >= 0)
		at = next;
	if (at < 0)
		return strdup("");
	len = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	if (len >= 0 && str_is_utf8((char *)utf8, (size_t)len))
		text = strndup((char *)utf8, (size_t)len);
	if (text == NULL)
		(void)err_set(e, ERR_PROTO, "the %s of the certificate is "
		    "not text", OBJ_nid2sn(nid));
	OPENSSL_free(utf8);
	ERR_clear_error();
	return text;
}

char *
cert_cn(const struct cert *c, struct err *e)
{
	return cert_name_last(X509_get_subject_name(cert_x509(c)),
	    NID_commonName, e);
}

char *
cert_issuer_cn(const struct cert *c, struct err *e)
{
	return cert_name_last(X509_get_issuer_name(cert_x509(c)),
	    NID_commonName, e);
}
