/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose certificate is it, and would it do as an LSC, see lsc.h.
 */
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "certs/cert_use.h"
#include "certs/internal.h"
#include "certs/lsc.h"

#define CN_MAX	256

/* The only CN as text; NULL: none, or several: then nobody knows which one an
 * other reader takes. */
static char *
only_cn(const struct cert *c)
{
	const X509_NAME *n = X509_get_subject_name(cert_x509(c));
	int at = X509_NAME_get_index_by_NID(n, NID_commonName, -1), len;
	uint8_t *utf8 = NULL;
	char *text = NULL;

	if (at < 0 || X509_NAME_get_index_by_NID(n, NID_commonName, at) >= 0)
		return NULL;
	len = ASN1_STRING_to_UTF8(&utf8,
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(n, at)));
	ERR_clear_error();
	if (len > 0 && len <= CN_MAX &&
	    memchr(utf8, '\0', (size_t)len) == NULL &&
	    str_is_utf8((char *)utf8, (size_t)len))
		text = strndup((char *)utf8, (size_t)len);
	OPENSSL_free(utf8);
	return text;
}

/* CP-8851NR, CP-DX650, CP-8832-NR.  No dot: names of CTI clients have one, and
 * theirs are not to look like phones'. */
static bool
is_model(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= '0' && s[i] <= '9') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= 'a' && s[i] <= 'z') &&
		    s[i] != '-')
			return false;
	return len > 0;
}

/* What stands before "-device", if that is how it ends; its length. */
static bool
ends_in(const char *cn, const char *device, size_t *before)
{
	size_t n = strlen(cn), len = strlen(device);

	if (len == 0 || n < len + 1 || cn[n - len - 1] != '-' ||
	    strcasecmp(cn + n - len, device) != 0)
		return false;
	*before = n - len - 1;
	return true;
}

bool
lsc_is_of(const struct cert *c, const char *device, bool mic)
{
	char *cn = only_cn(c);
	size_t before;
	bool yes = cn != NULL && device[0] != '\0' &&
	    strcmp(cn, device) == 0;

	if (!yes && mic && cn != NULL && ends_in(cn, device, &before))
		yes = before > 3 && strncmp(cn, "CP-", 3) == 0 &&
		    is_model(cn + 3, before - 3);
	free(cn);
	return yes;
}

static int
check_name(const struct cert *c, const char *device, struct err *e)
{
	char *cn = only_cn(c);
	size_t before;
	bool fits = cn != NULL && device[0] != '\0' &&
	    (strcmp(cn, device) == 0 || ends_in(cn, device, &before));
	int ret = fits ? ERR_OK : err_set(e, ERR_REFUSED, "the certificate's "
	    "common name is \"%.100s\", the device \"%.100s\"",
	    cn != NULL ? cn : "", device);

	free(cn);
	return ret;
}

static int
check_key(const struct cert *c, const uint8_t spki[32], struct err *e)
{
	char has[2 * KEY_ID_LEN + 1], wants[2 * KEY_ID_LEN + 1];
	uint8_t id[KEY_ID_LEN];

	cert_key_id(c, id);
	if (memcmp(id, spki, sizeof(id)) == 0)
		return ERR_OK;
	str_hex(id, sizeof(id), has);
	str_hex(spki, sizeof(id), wants);
	return err_set(e, ERR_REFUSED, "the certificate's key is %.16s..., "
	    "the phone's %.16s... (SHA-256)", has, wants);
}

static int
check_usage(const struct cert *c, struct err *e)
{
	char missing[CERT_USE_TEXT_MAX];
	const char *issues = cert_issues_by(c);

	if (issues != NULL)
		return err_set(e, ERR_REFUSED, "the certificate is one of a "
		    "CA, by %s: no phone may issue others; change the CA's "
		    "template", issues);
	/* Phones show it as clients, of CAPF, SIP and 802.1X. */
	if (cert_use_missing(c, CERT_USE_SIGN | CERT_USE_ENCIPHER |
	    CERT_USE_TLS_CLIENT, missing) != 0)
		return err_set(e, ERR_REFUSED, "the certificate lacks %s: "
		    "change the CA's template", missing);
	return ERR_OK;
}

static int
check_dates(const struct cert *c, int64_t now, struct err *e)
{
	char when[CLOCK_RFC3339_LEN];

	if (cert_not_after(c) < now) {
		clock_rfc3339(cert_not_after(c), when);
		return err_set(e, ERR_REFUSED, "the certificate expired %s",
		    when);
	}
	if (cert_not_before(c) > now) {
		clock_rfc3339(cert_not_before(c), when);
		return err_set(e, ERR_REFUSED, "the certificate is not valid "
		    "before %s: compare the CA's clock", when);
	}
	return ERR_OK;
}

int
lsc_check(const struct cert *c, const char *device, const uint8_t spki[32],
    int64_t now, struct err *e)
{
	int ret;

	if ((ret = check_key(c, spki, e)) != ERR_OK ||
	    (ret = check_name(c, device, e)) != ERR_OK ||
	    (ret = check_usage(c, e)) != ERR_OK)
		return ret;
	return check_dates(c, now, e);
}
