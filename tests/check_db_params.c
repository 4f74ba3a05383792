/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Parameters: the table, checking, scopes, rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/internal.h"
#include "db/params.h"
#include "tests/db_fixture.h"
#include "tests/spec_data.h"

static struct db *db;

static void
setup(void)
{
	db = fix_create(fix_folder());
}

static void
teardown(void)
{
	db_close(db);
	fix_remove();
}

START_TEST(table_is_whole)
{
	const struct param_def *d = &param_table()[_i];
	struct err e = { 0 };
	char *v;

	ck_assert_int_eq(d->id, _i);
	ck_assert(d->name != NULL && d->unit != NULL && d->effect != NULL);
	ck_assert(d->help != NULL && strlen(d->help) > 10 &&
	    d->help[strlen(d->help) - 1] == '.');
	ck_assert_msg(param_check(d, d->def, &v, &e) == ERR_OK, "%s", e.msg);
	ck_assert_str_eq(v, d->def);	/* the default is canonical */
	free(v);
	ck_assert_ptr_eq(param_find(d->name), d);
	for (int i = 0; i < _i; i++)
		ck_assert_str_ne(param_table()[i].name, d->name);
}
END_TEST

START_TEST(find)
{
	ck_assert_ptr_eq(param_find("ITL.Digest"),
	    &param_table()[PARAM_ITL_DIGEST]);
	ck_assert_ptr_null(param_find("itl"));
	ck_assert_ptr_null(param_find(""));
}
END_TEST

static const struct {
	enum param_id	 id;
	const char	*value;
	const char	*canonical;	/* NULL: refused */
	const char	*why;
} checks[] = {
	{ PARAM_TFTP_TIMEOUT_MS, "100", "100", NULL },
	{ PARAM_TFTP_TIMEOUT_MS, "010000", "10000", NULL },
	{ PARAM_TFTP_TIMEOUT_MS, "99", NULL, "from 100 to 10000" },
	{ PARAM_TFTP_TIMEOUT_MS, "10001", NULL, "from 100 to 10000" },
	{ PARAM_TFTP_TIMEOUT_MS, "1e3", NULL, "from 100 to 10000" },
	{ PARAM_TFTP_TIMEOUT_MS, "", NULL, "from 100 to 10000" },
	{ PARAM_TFTP_TIMEOUT_MS, "99999999999999999999", NULL, "not a num" },
	{ PARAM_TFTP_BLKSIZE_MAX, "65464", "65464", NULL },
	{ PARAM_TFTP_BLKSIZE_MAX, "65465", NULL, "from 512 to 65464" },
	{ PARAM_ITL_DIGEST, "SHA512", "sha512", NULL },
	{ PARAM_ITL_DIGEST, "sha256", NULL, "sha1|sha512" },
	{ PARAM_ITL_DIGEST, "sha1|sha512", NULL, "none of" },
	{ PARAM_ITL_DIGEST, "sha", NULL, "none of" },
	{ PARAM_ITL_DIGEST, "", NULL, "none of" },
	{ PARAM_ITL_SIGNER_VERSION, "1.1", "1.1", NULL },
	{ PARAM_ITL_TFTP_ROLE, "CCM+TFTP", "ccm+tftp", NULL },
	{ PARAM_ROLE_VIEWER_GROUPS, "a,b-c,_d.e", "a,b-c,_d.e", NULL },
	{ PARAM_ROLE_VIEWER_GROUPS, "a, b", NULL, "without blanks" },
	{ PARAM_ROLE_OPERATOR_GROUPS, "a,", NULL, "separated by" },
	{ PARAM_ROLE_OPERATOR_GROUPS, ",a", NULL, "separated by" },
	{ PARAM_ROLE_OWNER_GROUPS, "-a", NULL, "separated by" },
	{ PARAM_TFTP_ROOT, "", "", NULL },
	{ PARAM_TFTP_ROOT, "/srv/tftp:/opt/x..y", "/srv/tftp:/opt/x..y",
	    NULL },
	{ PARAM_TFTP_ROOT, "srv", NULL, "absolute" },
	{ PARAM_TFTP_ROOT, "/srv:", NULL, "absolute" },
	{ PARAM_TFTP_ROOT, "/srv/../etc", NULL, "absolute" },
	{ PARAM_TFTP_ROOT, "/srv/..", NULL, "absolute" },
	{ PARAM_TFTP_ROOT, "/..", NULL, "absolute" },
	{ PARAM_TFTP_ROOT, "/a\nb", NULL, "control" },
	{ PARAM_TFTP_ROOT, "/a\xff", NULL, "UTF-8" },
	{ PARAM_CLUSTER_ID, "orbit-1.example", "orbit-1.example", NULL },
	{ PARAM_CLUSTER_ID, "a b", NULL, "letters, digits" },
	{ PARAM_CLUSTER_ID, "", NULL, "from 1 to 50" },
	{ PARAM_CLUSTER_ID, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL, "from 1 to 50" },
	{ PARAM_SIP_REALM, "ccm sip line", "ccm sip line", NULL },
	{ PARAM_SIP_REALM, "a\"b", NULL, "quotes" },
	{ PARAM_PHONE_LOADS, "", "", NULL },
	{ PARAM_PHONE_LOADS, "8841=sip88xx.14-2-1,7965=SIP45.9-4-2SR3-1S",
	    "8841=sip88xx.14-2-1,7965=SIP45.9-4-2SR3-1S", NULL },
	{ PARAM_PHONE_LOADS, "8841", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "8841=", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "=x", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "8841=a,", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "8841=a,,7965=b", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "8841=a,8841=b", NULL, "each model once" },
	{ PARAM_PHONE_LOADS, "8841=../a", NULL, "MODEL=LOAD" },
	{ PARAM_PHONE_LOADS, "8841=a b", NULL, "MODEL=LOAD" },
	{ PARAM_AUTOREG_RANGE, "", "", NULL },
	{ PARAM_AUTOREG_RANGE, "1000-1999", "1000-1999", NULL },
	{ PARAM_AUTOREG_RANGE, "7-7", "7-7", NULL },
	{ PARAM_AUTOREG_RANGE, "1999-1000", NULL, "same length" },
	{ PARAM_AUTOREG_RANGE, "100-1999", NULL, "same length" },
	{ PARAM_AUTOREG_RANGE, "1000", NULL, "same length" },
	{ PARAM_AUTOREG_RANGE, "1000-", NULL, "same length" },
	{ PARAM_AUTOREG_RANGE, "-", NULL, "same length" },
	{ PARAM_AUTOREG_RANGE, "1000-19990", NULL, "same length" },
	{ PARAM_ALARM_DAYS, "180,90,1", "180,90,1", NULL },
	{ PARAM_ALARM_DAYS, "3650", "3650", NULL },
	{ PARAM_ALARM_DAYS, "", NULL, "from 1 to 80" },
	{ PARAM_ALARM_DAYS, "90,180", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "90,90", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "90,", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "90, 7", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "3651", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "7,0", NULL, "largest first" },
	{ PARAM_ALARM_DAYS, "17,16,15,14,13,12,11,10,9,8,7,6,5,4,3,2,1",
	    NULL, "up to 16" },
	{ PARAM_CAPF_EXEC, "/usr/bin/sign", "/usr/bin/sign", NULL },
	{ PARAM_CAPF_EXEC, "sign", NULL, "absolute" },
	{ PARAM_CAPF_ONLINE_PATH, "", "", NULL },
	{ PARAM_CAPF_ONLINE_PATH, "cgi-bin/pkiclient.exe",
	    "cgi-bin/pkiclient.exe", NULL },
	{ PARAM_CAPF_ONLINE_PATH, "/scep", NULL, "between them" },
	{ PARAM_CAPF_ONLINE_PATH, "a/", NULL, "between them" },
	{ PARAM_CAPF_ONLINE_PATH, "a//b", NULL, "between them" },
	{ PARAM_CAPF_ONLINE_PATH, "a/../b", NULL, "between them" },
	{ PARAM_CAPF_ONLINE_PATH, "a?b", NULL, "between them" },
	{ PARAM_CAPF_ONLINE_USER, "ra phones", "ra phones", NULL },
	{ PARAM_CAPF_ONLINE_USER, "ra:x", NULL, "without ':'" },
	{ PARAM_CAPF_ONLINE_USER, "ra\n", NULL, "control" },
	{ PARAM_ALARM_EXEC, "", "", NULL },
	{ PARAM_ALARM_EXEC, "/usr/bin/hook", "/usr/bin/hook", NULL },
	{ PARAM_ALARM_EXEC, "hook", NULL, "absolute" },
	{ PARAM_ALARM_EXEC, "/", NULL, "absolute" },
	{ PARAM_ALARM_MAIL_TO, "", "", NULL },
	{ PARAM_ALARM_MAIL_TO, "a@b,c+d@e.example", "a@b,c+d@e.example",
	    NULL },
	{ PARAM_ALARM_MAIL_TO, "a@b, c@d", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "a@b,", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "a", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "@b", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "a@", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "a@b@c", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_TO, "-a@b", NULL, "NAME@DOMAIN" },
	{ PARAM_ALARM_MAIL_FROM, "a@b", "a@b", NULL },
	{ PARAM_ALARM_MAIL_FROM, "a@b,c@d", NULL, "one address" },
	{ PARAM_ALARM_MAIL_FROM, "a <a@b>", NULL, "one address" },
	{ PARAM_ALARM_SMTP_URL, "smtp://m:25", "smtp://m:25", NULL },
	{ PARAM_ALARM_SMTP_URL, "smtps://m", "smtps://m", NULL },
	{ PARAM_ALARM_SMTP_URL, "smtp://", NULL, "smtp://HOST" },
	{ PARAM_ALARM_SMTP_URL, "smtp://u:p@m", NULL, "alarm.smtp_user" },
	{ PARAM_ALARM_SMTP_URL, "http://m", NULL, "smtp://HOST" },
	{ PARAM_AUTOREG_NAMES, "", "", NULL },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000-SEP001122FFFFFF",
	    "SEP001122000000-SEP001122FFFFFF", NULL },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000-SEP001122000000",
	    "SEP001122000000-SEP001122000000", NULL },
	{ PARAM_AUTOREG_NAMES, "SEP001122FFFFFF-SEP001122000000", NULL,
	    "lower one first" },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000-SEP001122fffff0", NULL,
	    "two names" },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000-SEP001122FFFFF", NULL,
	    "two names" },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000-SEP001122FFFFFFF", NULL,
	    "0 to 31" },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000", NULL, "two names" },
	{ PARAM_AUTOREG_NAMES, "SEP001122000000 SEP001122FFFFFF", NULL,
	    "two names" },
	{ PARAM_AUTOREG_NAMES, "1000-1999", NULL, "two names" },
	{ PARAM_AUTOREG_PER_MINUTE, "0", NULL, "from 1 to 60000" },
	{ PARAM_AUTOREG_ENABLED, "Yes", "yes", NULL },
	{ PARAM_CAPF_PHONE_PORT, "0", "0", NULL },
	{ PARAM_CAPF_PHONE_PORT, "1024", "1024", NULL },
	{ PARAM_CAPF_PHONE_PORT, "65535", "65535", NULL },
	{ PARAM_CAPF_PHONE_PORT, "1023", NULL, "1024 to 65535" },
	{ PARAM_CAPF_PHONE_PORT, "65536", NULL, "from 0 to 65535" },
	{ PARAM_CAPF_OPERATION_DAYS, "365", "365", NULL },
	{ PARAM_CAPF_OPERATION_DAYS, "366", NULL, "from 1 to 365" },
	{ PARAM_CAPF_VALIDITY_DAYS, "3651", NULL, "from 1 to 3650" },
	{ PARAM_CAPF_KEEP_ALIVE, "4", NULL, "from 5 to 60" },
	{ PARAM_CAPF_KEY_SIZE, "512", NULL, "2048|3072|4096" },
	{ PARAM_CAPF_ONLINE_HOST, "ca.example", "ca.example", NULL },
	{ PARAM_CAPF_ONLINE_HOST, "https://ca", NULL, "host name" },
	{ PARAM_ITLRECOVERY_YEARS, "15", "15", NULL },
	{ PARAM_ITLRECOVERY_YEARS, "7", NULL, "none of" },
	{ PARAM_TLS_CIPHERS, "Strongest-ECDSA", "strongest-ecdsa", NULL },
	{ PARAM_PHONE_USER_LOCALE, "German_Germany", "German_Germany", NULL },
	{ PARAM_PHONE_USER_LOCALE, "../etc", NULL, "folder" },
	{ PARAM_PHONE_USER_LOCALE, "a/b", NULL, "folder" },
	{ PARAM_PHONE_SERVICES_URL, "http://h/s", "http://h/s", NULL },
	{ PARAM_PHONE_SERVICES_URL, "ftp://h/s", NULL, "http://" },
	{ PARAM_PHONE_SECURED_SERVICES_URL, "https://h/s", "https://h/s",
	    NULL },
	{ PARAM_PHONE_SECURED_SERVICES_URL, "http://h/s", NULL, "https://" },
	{ PARAM_PHONE_IDLE_TIMER, "7201", NULL, "from 0 to 7200" },
};

START_TEST(check_values)
{
	const struct param_def *d = &param_table()[checks[_i].id];
	struct err e = { 0 };
	char *v = NULL;
	int ret = param_check(d, checks[_i].value, &v, &e);

	if (checks[_i].canonical != NULL) {
		ck_assert_msg(ret == ERR_OK, "%s", e.msg);
		ck_assert_str_eq(v, checks[_i].canonical);
	} else {
		ck_assert_int_eq(ret, ERR_ARG);
		ck_assert_msg(strstr(e.msg, checks[_i].why) != NULL, "%s",
		    e.msg);
		ck_assert_msg(strstr(e.msg, d->name) != NULL, "%s", e.msg);
	}
	free(v);
}
END_TEST

/*
 * The rows of spec/security-settings.md sections 5.1, 5.2, 6 and 7: the
 * reference's name, default, what is just within and just without.  Marked P
 * there: cluster.enable_ipv6, phone.interaction_... staged.
 */
static const struct {
	enum param_id	 id;
	const char	*name, *def;
	const char	*in[6], *out[3];
} reference[] = {
	{ PARAM_CAPF_ISSUER, "Certificate Issuer to Endpoint", "self",
	    { "self", "offline", "est", "scep", "exec" }, { "online", "" } },
	{ PARAM_CAPF_VALIDITY_DAYS, "Duration Of Certificate Validity",
	    "1825", { "1", "3650" }, { "0", "3651" } },
	{ PARAM_CAPF_KEY_SIZE, "Key Size", "2048",
	    { "2048", "3072", "4096" }, { "512", "1024" } },
	{ PARAM_CAPF_KEYGEN_MINUTES,
	    "Maximum Allowable Time For Key Generation", "30",
	    { "1", "180" }, { "0", "181" } },
	{ PARAM_CAPF_KEYGEN_ATTEMPTS,
	    "Maximum Allowable Attempts for Key Generation", "3",
	    { "1", "20" }, { "0", "21" } },
	{ PARAM_CAPF_ONLINE_HOST, "Online CA Hostname", "",
	    { "", "ca.orbit.example" }, { "https://ca", "a b" } },
	{ PARAM_CAPF_ONLINE_USER, "Online CA Username", "",
	    { "", "ra" }, { "ra:x" } },
	{ PARAM_CAPF_ONLINE_PORT, "Online CA Port", "443",
	    { "1", "65535" }, { "0", "65536" } },
	{ PARAM_CAPF_KEEP_ALIVE, "Keep-alive timer", "15", { "5", "60" },
	    { "4", "61" } },
	/* 0 is ours: each node's own port, 3804 without an offset */
	{ PARAM_CAPF_PHONE_PORT, "CAPF Phone Port", "0",
	    { "0", "1024", "3804", "65535" }, { "1023", "65536", "1" } },
	{ PARAM_CAPF_OPERATION_DAYS, "CAPF Operation Expires in", "10",
	    { "1", "365" }, { "0", "366" } },
	{ PARAM_CLUSTER_ID, "Cluster ID", "StandAloneCluster",
	    { "a", "orbit-1.example" }, { "", "a b", "a_b" } },
	{ PARAM_CERT_UPDATE, "Phone Interaction on Certificate Update",
	    "automatic", { "automatic", "manual", "staged" }, { "no" } },
	{ PARAM_ROLLBACK, "Prepare Cluster for Rollback to pre-8.0", "no",
	    { "yes", "no" }, { "true" } },
	{ PARAM_PHONE_SECURED_AUTHENTICATION_URL,
	    "Secured Authentication URL", "", { "", "https://h/a" },
	    { "http://h/a", "h/a" } },
	{ PARAM_PHONE_SECURED_DIRECTORY_URL, "Secured Directory URL", "",
	    { "", "https://h/a" }, { "http://h/a" } },
	{ PARAM_PHONE_SECURED_IDLE_URL, "Secured Idle URL", "",
	    { "", "https://h/a" }, { "http://h/a" } },
	{ PARAM_PHONE_SECURED_INFORMATION_URL, "Secured Information URL",
	    "", { "", "https://h/a" }, { "http://h/a" } },
	{ PARAM_PHONE_SECURED_MESSAGES_URL, "Secured Messages URL", "",
	    { "", "https://h/a" }, { "http://h/a" } },
	{ PARAM_PHONE_SECURED_SERVICES_URL, "Secured Services URL", "",
	    { "", "https://h/a" }, { "http://h/a" } },
	{ PARAM_TLS_CIPHERS, "TLS Ciphers", "all-rsa", { "all-rsa",
	    "all-ecdsa", "medium-rsa", "medium-ecdsa", "strongest-rsa",
	    "strongest-ecdsa" }, { "weak", "all" } },
	{ PARAM_SRTP_CIPHERS, "SRTP Ciphers", "all",
	    { "all", "medium", "strongest" }, { "none" } },
	{ PARAM_CERT_CHECK, "Certificate Validity Check", "no",
	    { "yes", "no" }, { "maybe" } },
	{ PARAM_CERT_CHECK_HOURS, "Validity Check Frequency", "24",
	    { "1", "8760" }, { "0", "8761" } },
	{ PARAM_ENABLE_IPV6, "Enable IPv6", "yes", { "yes", "no" },
	    { "6" } },
	{ PARAM_AUTOREG_RANGE, "Auto-registration", "",
	    { "", "1000-1999", "00-99" }, { "1999-1000", "1-10", "a-b" } },
	{ PARAM_ITLRECOVERY_YEARS, "ITLRecovery Certificate Validity", "20",
	    { "5", "10", "15", "20" }, { "1", "25" } },
	{ PARAM_SIP_REALM, "SIP Station Realm", "ccmsipline",
	    { "ccmsipline", "a b" }, { "", "a\"b", "a\\b" } },
	{ PARAM_SIP_PHONE_PORT, "SIP Phone Port", "0", { "0", "65535" },
	    { "65536", "-1" } },
	{ PARAM_SIP_PHONE_SECURE_PORT, "SIP Phone Secure Port", "0",
	    { "0", "65535" }, { "65536" } },
	{ PARAM_SCCP_PHONE_PORT, "SCCP Phone Port", "2000",
	    { "1", "65535" }, { "0", "65536" } },
	{ PARAM_SCCP_PHONE_SECURE_PORT, "SCCP Phone Secure Port", "2443",
	    { "1", "65535" }, { "0", "65536" } },
	{ PARAM_TFTP_MAX_TRANSFERS, "Maximum Serving Count", "4096",
	    { "1" }, { "0" } },
	{ PARAM_TFTP_ROOT, "Alternate File Locations", "", { "/srv" },
	    { "srv" } },
	{ PARAM_TFTP_CACHE_BYTES, "Enable Caching", "67108864", { "0" },
	    { "-1" } },
	{ PARAM_FILE_DIGEST, "TFTP File Signature Algorithm", "sha1",
	    { "sha1", "sha512" }, { "md5" } },
	{ PARAM_PHONE_BUILTIN_BRIDGE, "Builtin Bridge Enable", "off",
	    { "off", "on" }, { "default" } },
	{ PARAM_PHONE_SECURITY_MODE, "Device Security Mode", "non-secure",
	    { "non-secure", "authenticated", "encrypted" }, { "default" } },
};

START_TEST(reference_rows)
{
	const struct param_def *d = &param_table()[reference[_i].id];
	char *v = NULL;

	ck_assert_msg(str_starts(d->help, reference[_i].name), "%s: %s",
	    d->name, d->help);
	ck_assert_str_eq(d->def, reference[_i].def);
	for (int i = 0; i < 6 && reference[_i].in[i] != NULL; i++) {
		ck_assert_msg(param_check(d, reference[_i].in[i], &v, NULL) ==
		    ERR_OK, "%s: %s", d->name, reference[_i].in[i]);
		free(v);
	}
	for (int i = 0; i < 3 && reference[_i].out[i] != NULL; i++)
		ck_assert_msg(param_check(d, reference[_i].out[i], &v,
		    NULL) == ERR_ARG, "%s: %s", d->name,
		    reference[_i].out[i]);
}
END_TEST

/* Each row of the specification that is a parameter is above, and the other
 * way round. */
START_TEST(spec_rows)
{
	const size_t nref = sizeof(reference) / sizeof(reference[0]);
	size_t n, k, seen[sizeof(reference) / sizeof(reference[0])] = { 0 };
	const struct param_def *d;
	struct spec_what *what;

	n = spec_data(&what);
	for (size_t i = 0; i < n; i++) {
		if (what[i].kind != SPEC_PARAM)
			continue;
		d = param_find(what[i].name);
		ck_assert_msg(d != NULL, "%s: no %s", what[i].row,
		    what[i].name);
		for (k = 0; k < nref && reference[k].id != d->id; k++)
			;
		ck_assert_msg(k < nref, "%s is not tested", d->name);
		seen[k]++;
	}
	for (k = 0; k < nref; k++)
		ck_assert_msg(seen[k] > 0, "%s is of no row",
		    reference[k].name);
	free(what);
}
END_TEST

/* --- where to listen --- */

static const struct {
	const char	*value, *want;	/* NULL: refused, with */
	const char	*why;
} addresses[] = {
	{ "", "", NULL },
	{ "any", "any", NULL },
	{ "Any", "any", NULL },
	{ "*", "any", NULL },
	{ "::", "any", NULL },
	{ "0.0.0.0", "0.0.0.0", NULL },
	{ "192.0.2.1", "192.0.2.1", NULL },
	{ "2001:DB8:0::1", "2001:db8::1", NULL },
	{ "::ffff:192.0.2.1", "192.0.2.1", NULL },
	{ "127.0.0.1,::1", "127.0.0.1,::1", NULL },
	{ "0.0.0.0,2001:db8::1", "0.0.0.0,2001:db8::1", NULL },
	{ "192.0.2.1:69", NULL, "is no IPv4 or IPv6 address" },
	{ "[::1]", NULL, "is no IPv4" },
	{ "192.0.2", NULL, "is no IPv4" },
	{ "localhost", NULL, "names" },
	{ "192.0.2.0/24", NULL, "masks" },
	{ "192.0.2.1,", NULL, "\"\" is no" },
	{ "192.0.2.1, 192.0.2.2", NULL, "\" 192.0.2.2\" is no" },
	{ "192.0.2.1,192.0.2.1", NULL, "192.0.2.1 is given twice" },
	{ "::ffff:192.0.2.1,192.0.2.1", NULL, "is given twice" },
	{ "192.0.2.1,0.0.0.0", NULL, "leave out 192.0.2.1" },
	{ "0.0.0.0,192.0.2.1", NULL, "leave out 192.0.2.1" },
	{ "::1,::", NULL, "give it alone" },
	{ "any,::1", NULL, "\"any\" is no" },
	{ "224.0.0.1", NULL, "for groups" },
	{ "255.255.255.255", NULL, "for groups" },
	{ "0.0.0.1", NULL, "for groups" },
	{ "ff02::1", NULL, "for groups" },
	{ "fe80::1", NULL, "link-local" },
	{ "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,"
	    "1.1.2.1,1.1.2.2,1.1.2.3,1.1.2.4,1.1.2.5,1.1.2.6,1.1.2.7,1.1.2.8,"
	    "1.1.3.1", NULL, "more than 16" },
};

START_TEST(address)
{
	const struct param_def *d = param_find("https2.address");
	struct err e = { 0 };
	char *v = NULL;
	int ret = param_check(d, addresses[_i].value, &v, &e);

	if (addresses[_i].want == NULL) {
		ck_assert_int_eq(ret, ERR_ARG);
		ck_assert_msg(strstr(e.msg, addresses[_i].why) != NULL, "%s",
		    e.msg);
		return;
	}
	ck_assert_msg(ret == ERR_OK, "%s", e.msg);
	ck_assert_str_eq(v, addresses[_i].want);
	free(v);
}
END_TEST

START_TEST(listen_ports)
{
	static const char *const names[] = { "tftp.port", "http.port",
	    "https.port", "https2.port", "tvs.port", "capf.port", "sip.port",
	    "sips.port" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct param_def *d = param_find(names[i]);
		char *v = NULL;

		ck_assert_msg(d != NULL, "%s", names[i]);
		ck_assert_int_eq(d->scope, PARAM_NODE);
		ck_assert_str_eq(d->def, "0");
		ck_assert_int_eq(param_check(d, "65535", &v, NULL), ERR_OK);
		free(v);
		ck_assert_int_eq(param_check(d, "65536", &v, NULL), ERR_ARG);
		ck_assert_int_eq(param_check(d, "-1", &v, NULL), ERR_ARG);
		ck_assert_int_eq(param_check(d, "69a", &v, NULL), ERR_ARG);
	}
}
END_TEST

START_TEST(text_too_long)
{
	const struct param_def *d = &param_table()[PARAM_TFTP_ROOT];
	char text[4098], *v;

	memset(text, '/', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(param_check(d, text, &v, NULL), ERR_ARG);
	text[4096] = '\0';
	ck_assert_int_eq(param_check(d, text, &v, NULL), ERR_OK);
	free(v);
}
END_TEST

/* --- rows --- */

struct set {
	enum param_id	 id;
	const char	*node, *value;
	bool		 changed;
};

static int
set_fn(struct db *d, void *arg, struct err *e)
{
	struct set *s = arg;

	return param_set(d, &param_table()[s->id], s->node, s->value, 77,
	    &s->changed, e);
}

static bool
set(enum param_id id, const char *node, const char *value)
{
	struct set s = { .id = id, .node = node, .value = value };

	fix_tx(db, set_fn, &s);
	return s.changed;
}

static void
is(enum param_id id, const char *node, int64_t want)
{
	struct err e = { 0 };
	int64_t v;

	ck_assert_msg(param_get_i64(db, id, node, &v, &e) == ERR_OK, "%s",
	    e.msg);
	ck_assert_int_eq(v, want);
}

static int64_t
rows(void)
{
	return fix_i64(db, "SELECT count(*) FROM parameter");
}

START_TEST(set_and_get)
{
	enum param_id id = PARAM_TFTP_RETRIES;

	is(id, "cm1", 5);
	ck_assert(!set(id, "", "5"));		/* the default */
	ck_assert_int_eq(rows(), 0);
	ck_assert(set(id, "", "7"));
	ck_assert(!set(id, "", "07"));
	is(id, "cm1", 7);
	is(id, "", 7);
	ck_assert(set(id, "cm1", "9"));
	is(id, "cm1", 9);
	is(id, "cm2", 7);
	/* The default again, for one node: not what the cluster says. */
	ck_assert(set(id, "cm1", "5"));
	is(id, "cm1", 5);
	ck_assert(set(id, "cm1", "7"));		/* as the cluster */
	ck_assert_int_eq(rows(), 1);
	ck_assert(set(id, "", "5"));
	ck_assert_int_eq(rows(), 0);
	is(id, "cm1", 5);
	ck_assert_int_eq(fix_i64(db, "SELECT count(*) FROM change WHERE "
	    "kind = 'parameter' AND key = 'tftp.retries'"), 5);
}
END_TEST

START_TEST(cluster_scope)
{
	struct set s = { .id = PARAM_ITL_DIGEST, .node = "cm1",
	    .value = "sha512" };
	struct err e = { 0 };
	char *v;

	ck_assert_int_eq(db_tx(db, set_fn, &s, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_ARG);
	ck_assert(set(PARAM_ITL_DIGEST, "", "SHA512"));
	v = param_get(db, PARAM_ITL_DIGEST, "cm1", &e);
	ck_assert_str_eq(v, "sha512");
	free(v);
	s.node = "";
	s.value = "md5";
	ck_assert_int_eq(db_tx(db, set_fn, &s, &e), DB_REFUSED);
	ck_assert_int_eq(e.code, ERR_ARG);
}
END_TEST

/* A row that a later version would refuse does not stop a daemon. */
/* A node's row, the cluster's, none. */
START_TEST(when_set)
{
	struct err e = { 0 };
	int64_t at;

	ck_assert_int_eq(param_changed_at(db, PARAM_TFTP_RETRIES, "cm1", &at,
	    &e), ERR_OK);
	ck_assert_int_eq(at, 0);
	ck_assert(set(PARAM_TFTP_RETRIES, "", "7"));
	ck_assert_int_eq(param_changed_at(db, PARAM_TFTP_RETRIES, "cm1", &at,
	    &e), ERR_OK);
	ck_assert_int_eq(at, 77);
	ck_assert(set(PARAM_TFTP_RETRIES, "cm2", "9"));
	ck_assert(set(PARAM_TFTP_RETRIES, "", "5"));
	ck_assert_int_eq(param_changed_at(db, PARAM_TFTP_RETRIES, "cm1", &at,
	    &e), ERR_OK);
	ck_assert_int_eq(at, 0);
	ck_assert_int_eq(param_changed_at(db, PARAM_TFTP_RETRIES, "cm2", &at,
	    &e), ERR_OK);
	ck_assert_int_eq(at, 77);
}
END_TEST

START_TEST(refused_row_does_not_count)
{
	struct err e = { 0 };

	ck_assert_int_eq(db_exec(db, "INSERT INTO parameter VALUES "
	    "('cm1', 'tftp.retries', '1000', 0), "
	    "('', 'tftp.retries', '8', 0)", &e), ERR_OK);
	is(PARAM_TFTP_RETRIES, "cm1", 8);
	ck_assert_int_eq(db_exec(db, "UPDATE parameter SET value = 'x'", &e),
	    ERR_OK);
	is(PARAM_TFTP_RETRIES, "cm1", 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("db_params");
	TCase *t = tcase_create("table"), *r = tcase_create("rows");

	tcase_add_loop_test(t, table_is_whole, 0, PARAM_N);
	tcase_add_test(t, find);
	tcase_add_loop_test(t, reference_rows, 0,
	    (int)(sizeof(reference) / sizeof(reference[0])));
	tcase_add_loop_test(t, check_values, 0,
	    (int)(sizeof(checks) / sizeof(checks[0])));
	tcase_add_test(t, spec_rows);
	tcase_add_test(t, text_too_long);
	tcase_add_test(t, listen_ports);
	tcase_add_loop_test(t, address, 0,
	    (int)(sizeof(addresses) / sizeof(addresses[0])));
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(r, setup, teardown);
	tcase_add_test(r, set_and_get);
	tcase_add_test(r, cluster_scope);
	tcase_add_test(r, when_set);
	tcase_add_test(r, refused_row_does_not_count);
	suite_add_tcase(s, r);
	return fix_run(s);
}
