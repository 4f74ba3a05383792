/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Forms of parameters, see param_form.h.
 */
#include <string.h>

#include "base/str.h"
#include "db/param_form.h"

/* Folders separated by ':', each absolute and without "..": */
static bool
is_path_list(const char *s)
{
	size_t n;

	if (*s == '\0')
		return true;
	for (;; s += n + 1) {
		n = strcspn(s, ":");
		if (n == 0 || s[0] != '/')
			return false;
		for (size_t i = 0; i + 2 < n; i++)
			if (memcmp(s + i, "/..", 3) == 0 &&
			    (i + 3 == n || s[i + 3] == '/'))
				return false;
		if (s[n] == '\0')
			return true;
	}
}

/* Group names separated by ',', as useradd(8) takes them. */
static bool
is_group_list(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n;

	if (*s == '\0')
		return true;
	for (;; s += n + 1) {
		n = strspn(s, letters);
		if (n == 0 || n > 64 || s[0] == '-')
			return false;
		if (s[n] == '\0')
			return true;
		if (s[n] != ',')
			return false;
	}
}

static bool
is_country(const char *s)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *s == '\0' || (strlen(s) == 2 && strspn(s, letters) == 2);
}

static bool
is_cluster_id(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";

	return strspn(s, known) == strlen(s);
}

/* What stands between quotes in a challenge. */
static bool
is_realm(const char *s)
{
	return strpbrk(s, "\"\\") == NULL;
}

/* Two directory numbers of the same length, the first not above the last. */
static bool
is_range(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return *s == '\0' || (n > 0 && n <= 16 && s[n] == '-' &&
	    strspn(s + n + 1, "0123456789") == n && s[2 * n + 1] == '\0' &&
	    strncmp(s, s + n + 1, n) <= 0);
}

/* Two names SEP and 12 upper-case digits, the first not above the last. */
static bool
is_names(const char *s)
{
	char first[16] = "";

	if (*s == '\0')
		return true;
	if (strlen(s) != 2 * (sizeof(first) - 1) + 1 ||
	    s[sizeof(first) - 1] != '-')
		return false;
	memcpy(first, s, sizeof(first) - 1);
	return str_is_sep(first) && str_is_sep(s + sizeof(first)) &&
	    strcmp(first, s + sizeof(first)) <= 0;
}

/*
 * The texts below are the defaults of phones' settings and take no more than
 * those do, else a file would carry what no profile may say.
 */
static bool
is_url_of(const char *s, const char *scheme)
{
	if (!str_starts(s, scheme) ||
	    strcspn(s + strlen(scheme), "/?#") == 0)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f ||
		    strchr("\"<>\\^`{|}", *s) != NULL)
			return false;
	return true;
}

static bool
is_https_url(const char *s)
{
	return *s == '\0' || is_url_of(s, "https://");
}

static bool
is_url(const char *s)
{
	return is_https_url(s) || is_url_of(s, "http://");
}

static bool
is_host(const char *s)
{
	return strpbrk(s, " \"<>/:") == NULL;
}

/* A name of a folder or file that phones ask for. */
static bool
is_name(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-+()";

	return strspn(s, known) == strlen(s) && strstr(s, "..") == NULL;
}

/* MODEL=LOAD, separated by commas; no model twice. */
static bool
is_loads(const char *s)
{
	static const char model[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";
	static const char load[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-_+()";
	const char *start = s;
	size_t n, m;

	while (*s != '\0') {
		n = strspn(s, model);
		if (n == 0 || n > 31 || s[n] != '=')
			return false;
		for (const char *p = start; p < s; p += strcspn(p, ",") + 1)
			if (strncmp(p, s, n + 1) == 0)
				return false;
		s += n + 1;
		m = strspn(s, load);
		if (m == 0 || m > 63 || (s[m] != '\0' && s[m] != ','))
			return false;
		s += m;
		if (*s == ',' && *++s == '\0')
			return false;
	}
	return true;
}

/* Numbers from 1 to 3650, each smaller than the one before, at most 16. */
static bool
is_day_list(const char *s)
{
	int64_t last = 3651, v;
	size_t n, count = 0;
	char word[8];

	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if (n == 0 || n >= sizeof(word) || ++count > 16)
			return false;
		memcpy(word, s, n);
		word[n] = '\0';
		if (str_to_i64(word, 1, last - 1, &v, NULL) != ERR_OK)
			return false;
		last = v;
		if (s[n] == '\0')
			return true;
	}
}

/* Words of a URL's path, which need no escapes. */
static bool
is_ca_path(const char *s)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-/";

	return strspn(s, known) == strlen(s) && s[0] != '/' &&
	    strstr(s, "//") == NULL && strstr(s, "..") == NULL &&
	    (*s == '\0' || s[strlen(s) - 1] != '/');
}

/* A name for HTTP's basic authentication, which ends it with ':'. */
static bool
is_login(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == ':' || (unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static bool
is_program(const char *s)
{
	return *s == '\0' || (s[0] == '/' && s[strlen(s) - 1] != '/');
}

/* One address, as RFC 5321 takes it without quoting; at most 254 bytes. */
static bool
is_mail_word(const char *s, size_t n)
{
	static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+-/=?^_`{|}~@";
	const char *at = memchr(s, '@', n);

	return n <= 254 && strspn(s, word) >= n && at != NULL && at != s &&
	    at + 1 < s + n && memchr(at + 1, '@', (size_t)(s + n - at - 1)) ==
	    NULL && s[0] != '-';
}

static bool
is_mail(const char *s)
{
	return *s == '\0' || is_mail_word(s, strlen(s));
}

static bool
is_mail_list(const char *s)
{
	size_t n, count = 0;

	if (*s == '\0')
		return true;
	for (;; s += n + 1) {
		n = strcspn(s, ",");
		if (!is_mail_word(s, n) || ++count > 16)
			return false;
		if (s[n] == '\0')
			return true;
	}
}

/* A server and a port: no user, no path. */
static bool
is_smtp_url(const char *s)
{
	const char *rest = str_starts(s, "smtp://") ? s + 7 :
	    str_starts(s, "smtps://") ? s + 8 : NULL;

	return *s == '\0' || (rest != NULL && *rest != '\0' &&
	    strpbrk(rest, " \"<>/@?#\\") == NULL);
}

/* The texts that are not just any text. */
static const struct form {
	enum param_id	 first, last;
	bool		 (*ok)(const char *);
	const char	*say;
} forms[] = {
	{ PARAM_CERT_COUNTRY, PARAM_CERT_COUNTRY, is_country,
	    "a country is two capital letters, as NL" },
	{ PARAM_TFTP_ROOT, PARAM_TFTP_ROOT, is_path_list,
	    "folders are given as absolute paths without \"..\", separated "
	    "by ':'" },
	{ PARAM_ROLE_VIEWER_GROUPS, PARAM_ROLE_OWNER_GROUPS, is_group_list,
	    "groups are given by name, separated by ',' without blanks" },
	{ PARAM_CLUSTER_ID, PARAM_CLUSTER_ID, is_cluster_id,
	    "letters, digits, '.' and '-' are taken" },
	{ PARAM_SIP_REALM, PARAM_SIP_REALM, is_realm,
	    "quotes and backslashes are not taken" },
	{ PARAM_AUTOREG_RANGE, PARAM_AUTOREG_RANGE, is_range,
	    "a range is two numbers of the same length, as 1000-1999, the "
	    "lower one first; \"\" is none" },
	{ PARAM_AUTOREG_NAMES, PARAM_AUTOREG_NAMES, is_names,
	    "a range is two names of phones, the lower one first, as "
	    "SEP001122000000-SEP001122FFFFFF; \"\" is none" },
	{ PARAM_CAPF_ONLINE_HOST, PARAM_CAPF_ONLINE_HOST, is_host,
	    "a host name or an IPv4 address is taken" },
	{ PARAM_PHONE_USER_LOCALE, PARAM_PHONE_NETWORK_LOCALE_VERSION,
	    is_name, "it is the name of a folder: letters, digits and "
	    "._-+() without \"..\"" },
	{ PARAM_PHONE_AUTHENTICATION_URL, PARAM_PHONE_SERVICES_URL, is_url,
	    "a URL is http:// or https://, a host, and no blanks" },
	{ PARAM_PHONE_SECURED_AUTHENTICATION_URL,
	    PARAM_PHONE_SECURED_SERVICES_URL, is_https_url,
	    "a secured URL is https://, a host, and no blanks" },
	{ PARAM_ALARM_DAYS, PARAM_ALARM_DAYS, is_day_list,
	    "days are given as up to 16 numbers from 3650 to 1, the largest "
	    "first, separated by ','" },
	{ PARAM_CAPF_ONLINE_PATH, PARAM_CAPF_ONLINE_PATH, is_ca_path,
	    "letters, digits and ._- are taken, '/' between them" },
	{ PARAM_CAPF_ONLINE_USER, PARAM_CAPF_ONLINE_USER, is_login,
	    "a name without ':' and control characters is taken" },
	{ PARAM_CAPF_EXEC, PARAM_CAPF_EXEC, is_program,
	    "a program is given by its absolute path, without arguments" },
	{ PARAM_ALARM_EXEC, PARAM_ALARM_EXEC, is_program,
	    "a program is given by its absolute path, without arguments" },
	{ PARAM_ALARM_WEBHOOK, PARAM_ALARM_WEBHOOK, is_url,
	    "a URL begins with http:// or https:// and has no blanks" },
	{ PARAM_ALARM_MAIL_TO, PARAM_ALARM_MAIL_TO, is_mail_list,
	    "up to 16 addresses NAME@DOMAIN are taken, separated by ',' "
	    "without blanks" },
	{ PARAM_ALARM_MAIL_FROM, PARAM_ALARM_MAIL_FROM, is_mail,
	    "one address NAME@DOMAIN is taken" },
	{ PARAM_ALARM_SMTP_URL, PARAM_ALARM_SMTP_URL, is_smtp_url,
	    "smtp://HOST, smtp://HOST:PORT and the same with smtps are "
	    "taken; the login is alarm.smtp_user" },
	{ PARAM_PHONE_LOADS, PARAM_PHONE_LOADS, is_loads,
	    "firmware is given as MODEL=LOAD, each model once, separated by "
	    "commas, without .loads" },
};

int
param_check_form(const struct param_def *d, const char *value,
    struct err *e)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (d->id >= forms[i].first && d->id <= forms[i].last &&
		    !forms[i].ok(value))
			return err_set(e, ERR_ARG, "%s: %s", d->name,
			    forms[i].say);
	return ERR_OK;
}
