/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * PKCS#12 (RFC 7292).  OpenSSL's PKCS12_parse() knows one key and none of the
 * old ciphers without a provider in the whole process, and works through any
 * number of rounds, so bags are opened one by one here.
 */
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "certs/container_int.h"

#define BAGS_MAX	4096	/* in one file */
#define DEPTH_MAX	4	/* bags in bags */

struct p12 {
	struct container_in	*in;
	const char		*password;	/* as it opened the file */
	int			 passwordlen;
	size_t			 nbags;
};

/* No password is two things: none, and an empty one. */
static bool
mac_fits(struct p12 *p, PKCS12 *p12, const char *password)
{
	p->password = password;
	p->passwordlen = password != NULL ? (int)strlen(password) : 0;
	if (PKCS12_verify_mac(p12, p->password, p->passwordlen) == 1)
		return true;
	ERR_clear_error();
	return false;
}

static int
open_mac(struct p12 *p, PKCS12 *p12, struct err *e)
{
	const char *given = p->in->password;
	const ASN1_INTEGER *rounds;
	int ret;

	if (PKCS12_mac_present(p12) != 1) {
		p->password = given != NULL ? given : "";
		p->passwordlen = (int)strlen(p->password);
		return ERR_OK;
	}
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, p12);
	/* Tried twice at the most. */
	if ((ret = container_rounds(p->in, rounds, e)) != ERR_OK ||
	    (ret = container_rounds(p->in, rounds, e)) != ERR_OK)
		return ret;
	if (given != NULL && given[0] != '\0')
		return mac_fits(p, p12, given) ? ERR_OK :
		    err_set(e, ERR_VERIFY, "this password does not open the "
		    "PKCS#12 file, or it is damaged");
	if (mac_fits(p, p12, NULL) || mac_fits(p, p12, ""))
		return ERR_OK;
	return given == NULL ? err_set(e, ERR_DENIED, "the PKCS#12 file needs "
	    "its password") : err_set(e, ERR_VERIFY, "the PKCS#12 file does "
	    "not open without a password");
}

static int	bags_read(struct p12 *p, const STACK_OF(PKCS12_SAFEBAG) *bags,
		    int depth, struct err *e);

static int
cert_bag(struct p12 *p, const PKCS12_SAFEBAG *bag, struct err *e)
{
	X509 *x;
	int ret;

	if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
		return ERR_OK;		/* SDSI: nobody has these */
	x = PKCS12_SAFEBAG_get1_cert(bag);
	ERR_clear_error();
	ret = x != NULL ? container_add_x509(p->in, x, e) :
	    err_set(e, ERR_PROTO, "a damaged certificate in the PKCS#12 file");
	X509_free(x);
	return ret;
}

static int
crl_bag(struct p12 *p, const PKCS12_SAFEBAG *bag, struct err *e)
{
	X509_CRL *crl = PKCS12_SAFEBAG_get1_crl(bag);
	int ret = ERR_OK;

	ERR_clear_error();
	if (crl != NULL)
		ret = container_add_crl(p->in, crl, e);
	X509_CRL_free(crl);
	return ret;
}

static int
bag_read(struct p12 *p, const PKCS12_SAFEBAG *bag, int depth, struct err *e)
{
	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
		return container_add_pkcs8(p->in,
		    PKCS12_SAFEBAG_get0_p8inf(bag), e);
	case NID_pkcs8ShroudedKeyBag:
		return container_add_shrouded(p->in,
		    PKCS12_SAFEBAG_get0_pkcs8(bag), p->password != NULL ?
		    p->password : "", e);
	case NID_certBag:
		return cert_bag(p, bag, e);
	case NID_crlBag:
		return crl_bag(p, bag, e);
	case NID_safeContentsBag:
		return bags_read(p, PKCS12_SAFEBAG_get0_safes(bag), depth + 1,
		    e);
	}
	return ERR_OK;			/* secrets and what is to come */
}

static int
bags_read(struct p12 *p, const STACK_OF(PKCS12_SAFEBAG) *bags, int depth,
    struct err *e)
{
	int ret = ERR_OK;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_LIMIT, "bags in bags in the PKCS#12 "
		    "file, deeper than %d", DEPTH_MAX);
	for (int i = 0; ret == ERR_OK && i < sk_PKCS12_SAFEBAG_num(bags); i++) {
		if (p->nbags++ == BAGS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d things in "
			    "the PKCS#12 file", BAGS_MAX);
		ret = bag_read(p, sk_PKCS12_SAFEBAG_value(bags, i), depth, e);
	}
	return ret;
}

/* NULL with e filled. */
static STACK_OF(PKCS12_SAFEBAG) *
decrypt_bags(struct p12 *p, const PKCS7_ENC_CONTENT *c, struct err *e)
{
	STACK_OF(PKCS12_SAFEBAG) *bags;
	OSSL_LIB_CTX *lib;

	if (c == NULL || c->enc_data == NULL) {
		(void)err_set(e, ERR_PROTO, "an empty part in the PKCS#12 "
		    "file");
		return NULL;
	}
	if (container_work(p->in, c->algorithm, e) != ERR_OK ||
	    (lib = container_lib(p->in, e)) == NULL)
		return NULL;
	bags = PKCS12_item_decrypt_d2i_ex(c->algorithm,
	    ASN1_ITEM_rptr(PKCS12_SAFEBAGS), p->password, p->passwordlen,
	    c->enc_data, 1, lib, NULL);
	ERR_clear_error();
	if (bags == NULL && p->in->password == NULL)
		(void)err_set(e, ERR_DENIED, "the PKCS#12 file needs its "
		    "password");
	else if (bags == NULL)
		(void)err_set(e, ERR_VERIFY, "a part of the PKCS#12 file does "
		    "not open with this password, or its cipher is unknown "
		    "here");
	return bags;
}

static int
part_read(struct p12 *p, PKCS7 *p7, struct err *e)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	int ret;

	if (PKCS7_type_is_encrypted(p7) && p7->d.encrypted != NULL) {
		if ((bags = decrypt_bags(p, p7->d.encrypted->enc_data, e)) ==
		    NULL)
			return e->code;
	} else if (PKCS7_type_is_data(p7) && p7->d.data != NULL)
		bags = PKCS12_unpack_p7data(p7);
	ERR_clear_error();
	if (bags == NULL)
		return err_set(e, ERR_PROTO, "a part of the PKCS#12 file that "
		    "cannot be read (damaged, or encrypted for a key)");
	ret = bags_read(p, bags, 0, e);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return ret;
}

static int
parts_read(struct p12 *p, PKCS12 *p12, struct err *e)
{
	STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(p12);
	int ret = ERR_OK;

	ERR_clear_error();
	if (parts == NULL)
		return err_set(e, ERR_PROTO, "a PKCS#12 file that cannot be "
		    "read (damaged, or protected by a signature)");
	for (int i = 0; ret == ERR_OK && i < sk_PKCS7_num(parts); i++)
		ret = part_read(p, sk_PKCS7_value(parts, i), e);
	sk_PKCS7_pop_free(parts, PKCS7_free);
	return ret;
}

int
container_p12(struct container_in *in, const uint8_t *buf, size_t len,
    struct err *e)
{
	const uint8_t *at = buf;
	PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)len);
	struct p12 p = { .in = in };
	int ret;

	ERR_clear_error();
	if (p12 == NULL || at != buf + len)
		ret = err_set(e, ERR_PROTO, "PKCS#12, but damaged or cut");
	else if ((ret = open_mac(&p, p12, e)) == ERR_OK)
		ret = parts_read(&p, p12, e);
	PKCS12_free(p12);
	return ret;
}
