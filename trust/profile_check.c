/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The rules between settings, see profile.h (spec/security-settings.md
 * section 4).  Each rule is a function; profile_check() runs them in order.
 */
#include <stdio.h>
#include <string.h>

#include "base/wr.h"
#include "trust/profile_write.h"

#define ADVICE_MAX	8192

/* The wording that administrators know, required to be exactly this. */
const char profile_bridge_message[] =
    "If you configure encryption for Cisco Unified IP Phone models 7960 and "
    "7940, those encrypted devices cannot accept a barge request when they "
    "are participating in an encrypted call. When the call is encrypted, the "
    "barge attempt fails.";

struct check {
	const struct phone_effective	*x;
	struct wr			*advice;
	struct err			*e;
};

typedef int	rule_fn(const struct check *c);

/* A profile is checked for no phone: what models can do has no say. */
static bool
for_phone(const struct check *c)
{
	return c->x->phone.name[0] != '\0';
}

static const char *
name_of(enum setting_id id)
{
	return setting_get(id)->name;
}

static const char *
shown(const struct check *c, enum setting_id id)
{
	return setting_value_name(setting_get(id), c->x->value[id]);
}

static bool
can(const struct check *c, enum model_fact_id f)
{
	return model_can(c->x->model, c->x->phone.protocol, f);
}

static bool
secure(const struct check *c)
{
	return !effective_is(c->x, SETTING_SECURITY_MODE, "non-secure");
}

static bool
given(const struct check *c, enum setting_id id)
{
	return c->x->from[id] == FROM_PHONE || c->x->from[id] == FROM_PROFILE;
}

/* "8861/SIP", and what to do about a phone of which nothing is known. */
static void
model_text(const struct check *c, char *out, size_t outlen)
{
	const struct row_phone *p = &c->x->phone;

	(void)snprintf(out, outlen, "%s/%s", p->model[0] != '\0' ? p->model :
	    "a phone without a model", phone_protocol_name[p->protocol]);
}

static const char *
model_cure(const struct check *c)
{
	return c->x->model == model_unknown() ? "; what its model can do is "
	    "not known here: name one that is listed (show models, phone set "
	    "--model)" : "";
}

/* "Key Order EC Only is not applicable to 7960/SIP: cure". */
static int
not_applicable(const struct check *c, enum setting_id id, const char *cure)
{
	char model[64];

	model_text(c, model, sizeof(model));
	return err_set(c->e, ERR_REFUSED, "%s %s is not applicable to %s: %s%s",
	    name_of(id), shown(c, id), model, cure, model_cure(c));
}

/* --- the rules --- */

static int
rule_protocol(const struct check *c)
{
	const struct phone_effective *x = c->x;

	if (!for_phone(c))
		return ERR_OK;
	if (x->profile_protocol != x->phone.protocol)
		return err_set(c->e, ERR_REFUSED, "profile %s is for %s, the "
		    "phone's protocol is %s: take a profile of its protocol",
		    x->profile, phone_protocol_name[x->profile_protocol],
		    phone_protocol_name[x->phone.protocol]);
	if (!can(c, MODEL_RUNS))
		return err_set(c->e, ERR_REFUSED, "protocol %s is not "
		    "applicable to model %s: there is no firmware for it",
		    phone_protocol_name[x->phone.protocol], x->phone.model);
	return ERR_OK;
}

static int
rule_mode(const struct check *c)
{
	enum model_fact_id need = effective_is(c->x, SETTING_SECURITY_MODE,
	    "encrypted") ? MODEL_ENCRYPTION : MODEL_AUTHENTICATION;

	if (!secure(c) || !for_phone(c))
		return ERR_OK;
	if (!can(c, need))
		return not_applicable(c, SETTING_SECURITY_MODE,
		    "give it a profile without");
	if (need == MODEL_ENCRYPTION && !can(c, MODEL_SRTP))
		wr_fmt(c->advice, "%s/%s encrypts its signalling only, not "
		    "its calls\n", c->x->phone.model,
		    phone_protocol_name[c->x->phone.protocol]);
	return ERR_OK;
}

/* What its file says meanwhile, and how it ends. */
static int
rule_certificate(const struct check *c)
{
	if (for_phone(c) && secure(c) && !c->x->has_certificate &&
	    !effective_yes(c->x, SETTING_WHEN_READY))
		wr_fmt(c->advice, "%s %s: the phone stays non-secure until it "
		    "has a certificate: utils capf install\n",
		    name_of(SETTING_SECURITY_MODE),
		    shown(c, SETTING_SECURITY_MODE));
	return ERR_OK;
}

static int
rule_transport(const struct check *c)
{
	bool tls = effective_is(c->x, SETTING_TRANSPORT, "tls");

	if (c->x->phone.protocol != PROTOCOL_SIP || tls == secure(c))
		return ERR_OK;
	if (tls)
		return err_set(c->e, ERR_REFUSED, "%s TLS does not go with %s "
		    "%s: set --device-security-mode authenticated or "
		    "encrypted, or --transport-type default",
		    name_of(SETTING_TRANSPORT),
		    name_of(SETTING_SECURITY_MODE),
		    shown(c, SETTING_SECURITY_MODE));
	return err_set(c->e, ERR_REFUSED, "%s %s does not go with %s %s, which "
	    "needs TLS: set --transport-type tls (or default)",
	    name_of(SETTING_TRANSPORT), shown(c, SETTING_TRANSPORT),
	    name_of(SETTING_SECURITY_MODE), shown(c, SETTING_SECURITY_MODE));
}

static int
rule_digest(const struct check *c)
{
	const char *user = c->x->value[SETTING_DIGEST_USER];

	if (!for_phone(c))
		return ERR_OK;
	if (user[0] != '\0' && !c->x->user_known)
		return err_set(c->e, ERR_REFUSED, "%s %s is no end user: add "
		    "the user with digest credentials first (user add %s "
		    "--digest-credentials-file FILE)",
		    name_of(SETTING_DIGEST_USER), user, user);
	if (user[0] != '\0' && !c->x->user_has_digest)
		return err_set(c->e, ERR_REFUSED, "%s %s has no digest "
		    "credentials: give the user some first (user set %s "
		    "--digest-credentials-file FILE)",
		    name_of(SETTING_DIGEST_USER), user, user);
	if (user[0] != '\0' && !effective_yes(c->x, SETTING_DIGEST_AUTH))
		wr_fmt(c->advice, "%s does nothing while %s is off in the "
		    "phone's profile\n", name_of(SETTING_DIGEST_USER),
		    name_of(SETTING_DIGEST_AUTH));
	if (user[0] == '\0' && effective_yes(c->x, SETTING_DIGEST_AUTH))
		return err_set(c->e, ERR_REFUSED, "%s is on, and the phone has "
		    "no credentials to answer with: give it a %s (phone set "
		    "NAME --digest-user USER)", name_of(SETTING_DIGEST_AUTH),
		    name_of(SETTING_DIGEST_USER));
	return ERR_OK;
}

/* A phone without PKI takes files encrypted with the key typed into it. */
static int
check_symmetric(const struct check *c)
{
	if (!can(c, MODEL_SYMMETRIC))
		return not_applicable(c, SETTING_ENC_CONFIG,
		    "give it a profile without");
	if (c->x->from[SETTING_SYMMETRIC_KEY] != FROM_PHONE)
		return err_set(c->e, ERR_REFUSED, "%s on %s/%s needs a %s: set "
		    "that first, here and at the phone",
		    name_of(SETTING_ENC_CONFIG), c->x->phone.model,
		    phone_protocol_name[c->x->phone.protocol],
		    name_of(SETTING_SYMMETRIC_KEY));
	/* Without it the phone would get the short file and nothing else. */
	if (!c->x->symmetric_on)
		return err_set(c->e, ERR_REFUSED, "%s by a %s is experimental "
		    "and off: set param files.symmetric_encryption yes, or "
		    "give the phone a profile without",
		    name_of(SETTING_ENC_CONFIG),
		    name_of(SETTING_SYMMETRIC_KEY));
	return ERR_OK;
}

/* Nothing to encrypt for until CAPF gave the phone a certificate. */
static void
advise_no_key(const struct check *c)
{
	char model[64];

	if (!for_phone(c) || can(c, MODEL_MIC) || c->x->has_certificate)
		return;
	model_text(c, model, sizeof(model));
	wr_fmt(c->advice, "%s: %s has no certificate of its maker: its file "
	    "cannot be encrypted before it has one of CAPF (utils capf "
	    "install)\n", name_of(SETTING_ENC_CONFIG), model);
}

/* The first key that comes under a phone's name opens its file. */
static void
advise_unproved(const struct check *c)
{
	if (!effective_is(c->x, SETTING_CAPF_AUTH_MODE, "by-null-string") ||
	    effective_yes(c->x, SETTING_WHEN_READY) || (for_phone(c) &&
	    (c->x->has_certificate || !effective_has_passwords(c->x))))
		return;
	wr_fmt(c->advice, "NOTE: %s with %s %s: whoever comes to CAPF first "
	    "under the name of a phone without certificate gets one, and "
	    "reads its passwords; let phones prove who they are: --%s "
	    "by-authentication-string, or by-existing-certificate-precedence-"
	    "to-mic\n", name_of(SETTING_ENC_CONFIG),
	    name_of(SETTING_CAPF_AUTH_MODE), shown(c, SETTING_CAPF_AUTH_MODE),
	    setting_get(SETTING_CAPF_AUTH_MODE)->option);
}

static int
rule_enc_config(const struct check *c)
{
	if (!effective_yes(c->x, SETTING_ENC_CONFIG))
		return ERR_OK;
	if (!for_phone(c) || can(c, MODEL_ENC_CONFIG))
		advise_unproved(c);
	if (for_phone(c) && !can(c, MODEL_ENC_CONFIG))
		return check_symmetric(c);
	if (!effective_is(c->x, SETTING_KEY_ORDER, "ec-only")) {
		advise_no_key(c);
		return ERR_OK;
	}
	if (!for_phone(c))
		wr_fmt(c->advice, "%s goes with %s EC Only on phones that "
		    "have an RSA certificate of their maker; others cannot "
		    "take this profile\n", name_of(SETTING_ENC_CONFIG),
		    name_of(SETTING_KEY_ORDER));
	else if (!c->x->has_rsa_mic)
		/* With an EC key alone it would be left without any file. */
		return err_set(c->e, ERR_REFUSED, "%s does not go with %s EC "
		    "Only: files are encrypted for an RSA key, and no "
		    "certificate of its maker with one is known here: take an "
		    "RSA key (utils capf install --key rsa2048, or "
		    "--key-order rsa-only --ec-key-size default)",
		    name_of(SETTING_ENC_CONFIG), name_of(SETTING_KEY_ORDER));
	return ERR_OK;
}

static int
rule_oauth(const struct check *c)
{
	const char *oauth = name_of(SETTING_OAUTH);

	if (!effective_yes(c->x, SETTING_OAUTH))
		return ERR_OK;
	if (!effective_is(c->x, SETTING_SECURITY_MODE, "encrypted"))
		return err_set(c->e, ERR_REFUSED, "%s needs %s Encrypted, not "
		    "%s: set --device-security-mode encrypted", oauth,
		    name_of(SETTING_SECURITY_MODE),
		    shown(c, SETTING_SECURITY_MODE));
	if (effective_yes(c->x, SETTING_DIGEST_AUTH))
		return err_set(c->e, ERR_REFUSED, "%s does not go with %s: "
		    "set --enable-digest-authentication no", oauth,
		    name_of(SETTING_DIGEST_AUTH));
	if (effective_yes(c->x, SETTING_ENC_CONFIG))
		return err_set(c->e, ERR_REFUSED, "%s does not go with %s: "
		    "set --tftp-encrypted-config no", oauth,
		    name_of(SETTING_ENC_CONFIG));
	return ERR_OK;
}

/* Whoever says it means that no file holds the password. */
static void
advise_not_excluded(const struct check *c)
{
	const char *said = c->x->ignored[SETTING_EXCLUDE_DIGEST];
	char model[64];

	if (said == NULL || strcmp(said, "yes") != 0 ||
	    !effective_yes(c->x, SETTING_DIGEST_AUTH))
		return;
	model_text(c, model, sizeof(model));
	wr_fmt(c->advice, "%s of its profile is not applicable to %s: the "
	    "phone's file carries the credentials of its %s\n",
	    name_of(SETTING_EXCLUDE_DIGEST), model,
	    name_of(SETTING_DIGEST_USER));
}

static int
rule_exclude(const struct check *c)
{
	advise_not_excluded(c);
	if (effective_yes(c->x, SETTING_EXCLUDE_DIGEST) &&
	    !effective_yes(c->x, SETTING_DIGEST_AUTH))
		wr_fmt(c->advice, "%s does nothing while %s is off\n",
		    name_of(SETTING_EXCLUDE_DIGEST),
		    name_of(SETTING_DIGEST_AUTH));
	return ERR_OK;
}

/* A phone that is sent to CAPF waits for somebody to type what it is asked
 * for (spec/operations.md section 10, order trap). */
static void
advise_no_string(const struct check *c)
{
	const struct phone_effective *x = c->x;
	bool sent = !effective_is(x, SETTING_CERT_OPERATION,
	    "no-pending-operation") || (effective_yes(x,
	    SETTING_ENC_CONFIG) && !effective_yes(x, SETTING_WHEN_READY) &&
	    !x->has_certificate);

	if (sent && effective_is(x, SETTING_CAPF_AUTH_MODE,
	    "by-authentication-string") &&
	    x->from[SETTING_AUTH_STRING] != FROM_PHONE)
		wr_fmt(c->advice, "%s %s, and no %s is set: the phone waits "
		    "for one to be typed in that there is not (utils capf "
		    "authstring)\n", name_of(SETTING_CAPF_AUTH_MODE),
		    shown(c, SETTING_CAPF_AUTH_MODE),
		    name_of(SETTING_AUTH_STRING));
}

static int
rule_capf(const struct check *c)
{
	const struct phone_effective *x = c->x;

	if (!for_phone(c))
		return ERR_OK;
	if (effective_is(x, SETTING_CAPF_AUTH_MODE,
	    "by-existing-certificate-precedence-to-mic") &&
	    !can(c, MODEL_MIC))
		return not_applicable(c, SETTING_CAPF_AUTH_MODE, "it has no "
		    "certificate of its maker: set --authentication-mode");
	if (x->from[SETTING_AUTH_STRING] == FROM_PHONE &&
	    !effective_is(x, SETTING_CAPF_AUTH_MODE,
	    "by-authentication-string"))
		return err_set(c->e, ERR_REFUSED, "%s does not go with %s %s: "
		    "set --authentication-mode by-authentication-string, or "
		    "remove the string", name_of(SETTING_AUTH_STRING),
		    name_of(SETTING_CAPF_AUTH_MODE),
		    shown(c, SETTING_CAPF_AUTH_MODE));
	if (x->value[SETTING_OPERATION_BY][0] != '\0' && effective_is(x,
	    SETTING_CERT_OPERATION, "no-pending-operation"))
		wr_fmt(c->advice, "%s does nothing without a %s\n",
		    name_of(SETTING_OPERATION_BY),
		    name_of(SETTING_CERT_OPERATION));
	advise_no_string(c);
	return ERR_OK;
}

/* A size given where the order that rules it out is given, or nearer. */
static bool
greyed(const struct check *c, enum setting_id size)
{
	return given(c, size) &&
	    c->x->from[size] >= c->x->from[SETTING_KEY_ORDER];
}

static int
rule_keys(const struct check *c)
{
	const char *opt = NULL;
	enum setting_id size = SETTING_RSA_KEY_SIZE;

	if (effective_is(c->x, SETTING_KEY_ORDER, "rsa-only")) {
		size = SETTING_EC_KEY_SIZE;
		opt = greyed(c, size) ? "ec" : NULL;
	} else if (for_phone(c) && !can(c, MODEL_EC))
		return not_applicable(c, SETTING_KEY_ORDER, "set --key-order "
		    "rsa-only, or give it a profile with that");
	else if (effective_is(c->x, SETTING_KEY_ORDER, "ec-only"))
		opt = greyed(c, size) ? "rsa" : NULL;
	if (opt == NULL)
		return ERR_OK;
	return err_set(c->e, ERR_REFUSED, "%s %s does not go with %s %s: set "
	    "--%s-key-size default, or another --key-order", name_of(size),
	    shown(c, size), name_of(SETTING_KEY_ORDER),
	    shown(c, SETTING_KEY_ORDER), opt);
}

static int
rule_ec(const struct check *c)
{
	return profile_ec_check(c->x, c->advice, c->e);
}

static int
rule_port(const struct check *c)
{
	if (given(c, SETTING_SIP_PHONE_PORT) &&
	    (effective_is(c->x, SETTING_TRANSPORT, "tcp") ||
	    effective_is(c->x, SETTING_TRANSPORT, "tls")))
		wr_fmt(c->advice, "%s is ignored with %s %s\n",
		    name_of(SETTING_SIP_PHONE_PORT),
		    name_of(SETTING_TRANSPORT), shown(c, SETTING_TRANSPORT));
	return ERR_OK;
}

/* Who waits waits with all he has: whoever asks by his name reads it. */
static void
advise_waiting(const struct check *c)
{
	if (!effective_yes(c->x, SETTING_WHEN_READY) ||
	    !effective_yes(c->x, SETTING_ENC_CONFIG) || (for_phone(c) &&
	    (c->x->has_certificate || !effective_has_passwords(c->x))))
		return;
	wr_fmt(c->advice, "NOTE: %s: until a phone has its first key "
	    "(utils capf install), its file is served whole to whoever asks, "
	    "with its passwords; give them to it later, or take --%s no: it "
	    "has the short file until then\n", name_of(SETTING_WHEN_READY),
	    setting_get(SETTING_WHEN_READY)->option);
}

static int
rule_when_ready(const struct check *c)
{
	advise_waiting(c);
	if (effective_yes(c->x, SETTING_WHEN_READY) && !secure(c) &&
	    !effective_yes(c->x, SETTING_ENC_CONFIG))
		wr_fmt(c->advice, "%s does nothing: neither %s nor %s is to "
		    "wait for\n", name_of(SETTING_WHEN_READY),
		    name_of(SETTING_SECURITY_MODE),
		    name_of(SETTING_ENC_CONFIG));
	if (!effective_is(c->x, SETTING_WITHOUT_KEY, "stub") &&
	    !effective_yes(c->x, SETTING_ENC_CONFIG))
		wr_fmt(c->advice, "%s does nothing while %s is off\n",
		    name_of(SETTING_WITHOUT_KEY),
		    name_of(SETTING_ENC_CONFIG));
	return ERR_OK;
}

static int
rule_srst(const struct check *c)
{
	const char *name = c->x->value[SETTING_SRST_REFERENCE];

	if (name[0] == '\0' || c->x->srst_known)
		return ERR_OK;
	return err_set(c->e, ERR_REFUSED, "%s %s is not there: add it first "
	    "(srst add), or take another one (srst list)",
	    name_of(SETTING_SRST_REFERENCE), name);
}

static int
rule_bridge(const struct check *c)
{
	if (for_phone(c) && c->x->model->no_secure_barge &&
	    effective_is(c->x, SETTING_SECURITY_MODE, "encrypted") &&
	    effective_is(c->x, SETTING_BUILTIN_BRIDGE, "on"))
		wr_fmt(c->advice, "%s\n", profile_bridge_message);
	return ERR_OK;
}

/* Those of the phone itself: a profile may serve others as well. */
static int
rule_own_file(const struct check *c)
{
	size_t n = 0;

	for (int i = 0; c->x->phone.has_file && i < SETTING_N; i++) {
		const struct setting *s = setting_get((enum setting_id)i);

		if (c->x->from[i] != FROM_PHONE || s->element[0] == '\0' ||
		    setting_in_own_file(s))
			continue;
		wr_fmt(c->advice, "%s%s", n++ == 0 ? "not written into the "
		    "phone's own configuration, which stays as it was given: "
		    : ", ", s->name);
	}
	if (n > 0)
		wr_str(c->advice, "\n");
	return ERR_OK;
}

int
profile_ready_check(const struct phone_effective *x, struct err *e)
{
	struct check c = { .x = x };

	if (!for_phone(&c) || !secure(&c) || x->has_certificate ||
	    effective_yes(x, SETTING_WHEN_READY))
		return ERR_OK;
	return err_set(e, ERR_REFUSED, "%s %s needs a certificate on the "
	    "phone, and %s has none: give it one first (utils capf install "
	    "%s), or let it wait for that (--%s yes)",
	    name_of(SETTING_SECURITY_MODE),
	    shown(&c, SETTING_SECURITY_MODE), x->phone.name, x->phone.name,
	    setting_get(SETTING_WHEN_READY)->option);
}

int
profile_check(const struct phone_effective *x, char **advice, struct err *e)
{
	static rule_fn *const rules[] = {
		rule_protocol, rule_mode, rule_certificate,
		rule_transport, rule_digest,
		rule_enc_config, rule_oauth, rule_exclude, rule_capf,
		rule_keys, rule_ec, rule_port, rule_when_ready, rule_srst,
		rule_bridge, rule_own_file,
	};
	struct wr w = wr_init(ADVICE_MAX);
	struct check c = { .x = x, .advice = &w, .e = e };
	size_t n;
	int ret = ERR_OK;

	*advice = NULL;
	for (size_t i = 0; ret == ERR_OK &&
	    i < sizeof(rules) / sizeof(rules[0]); i++)
		ret = rules[i](&c);
	if (ret == ERR_OK && w.err != 0)
		ret = err_set(e, w.err, "advice about settings");
	if (ret == ERR_OK && w.len > 0) {
		w.buf[w.len - 1] = '\0';	/* the last line feed */
		if ((*advice = (char *)wr_take(&w, &n)) == NULL)
			ret = err_set(e, ERR_NOMEM, "advice about settings");
	}
	wr_clear(&w);
	return ret;
}
