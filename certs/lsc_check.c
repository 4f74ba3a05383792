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

#define MODEL_MAX	8
#define VARIANT_MAX	4

/* Letters and digits alone: no dot, which names of CTI clients have, as theirs
 * are not to look like phones'. */
static size_t
word_len(const char *s, size_t len, bool *digit)
{
	size_t n = 0;

	for (*digit = false; n < len; n++) {
		bool d = s[n] >= '0' && s[n] <= '9';

		*digit = *digit || d;
		if (!d && !(s[n] >= 'A' && s[n] <= 'Z') &&
		    !(s[n] >= 'a' && s[n] <= 'z'))
			break;
	}
	return n;
}

/* CP-8851NR, CP-DX650, CP-8832-NR: a number with letters, and short variants of
 * it; too short for the name of another phone. */
static bool
is_model(const char *s, size_t len)
{
	bool digit;
	size_t n = word_len(s, len, &digit);

	if (n == 0 || n > MODEL_MAX || !digit)
		return false;
	while (n < len) {
		s += n + 1;
		len -= n + 1;
		if (s[-1] != '-' || (n = word_len(s, len, &digit)) == 0 ||
		    n > VARIANT_MAX)
			return false;
	}
	return true;
}

/* CP-<model>-<device>.  A device with a hyphen might begin in the model. */
static bool
is_mic_name(const char *cn, const char *device)
{
	size_t n = strlen(cn), len = strlen(device);

	if (len == 0 || n < len + 1 || cn[n - len - 1] != '-' ||
	    strchr(device, '-') != NULL ||
	    strcasecmp(cn + n - len, device) != 0)
		return false;
	n -= len + 1;
	return n > 3 && strncmp(cn, "CP-", 3) == 0 && is_model(cn + 3, n - 3);
}

static bool
is_name(const char *cn, const char *device, bool mic)
{
	return cn != NULL && device[0] != '\0' && (strcmp(cn, device) == 0 ||
	    (mic && is_mic_name(cn, device)));
}

bool
lsc_is_of(const struct cert *c, const char *device, bool mic)
{
	char *cn = only_cn(c);
	bool yes = is_name(cn, device, mic);

	free(cn);
	return yes;
}

static int
check_name(const struct cert *c, const char *device, struct err *e)
{
	char *cn = only_cn(c);
	int ret = is_name(cn, device, true) ? ERR_OK : err_set(e,
	    ERR_REFUSED, "the certificate's common name is \"%.100s\", the "
	    "device \"%.100s\"", cn != NULL ? cn : "", device);

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
