/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim: options of CAPF.
 */
#include <string.h>

#include "phonesim/phonesim.h"
#include "phonesim/storm_plan.h"

static int
set_auth(struct phonesim_opts *o, const char *arg, FILE *side)
{
	static const enum config_capf all[] = { CONFIG_CAPF_STRING,
	    CONFIG_CAPF_NULL, CONFIG_CAPF_LSC, CONFIG_CAPF_MIC };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(arg, sim_capf_auth_name(all[i])) == 0) {
			o->auth = all[i];
			o->has_auth = true;
			return 0;
		}
	return phonesim_usage(side, "--auth %s: give null, string, lsc or mic",
	    arg);
}

static int
set_string(struct phonesim_opts *o, const char *arg, FILE *side)
{
	if (strlen(arg) > SIM_STRING_MAX)
		return phonesim_usage(side, "--auth-string: at most %d "
		    "characters", SIM_STRING_MAX);
	o->enrol.string = arg;
	return 0;
}

static int
set_failing(struct phonesim_opts *o, const char *arg, FILE *side)
{
	struct err e = { 0 };
	int64_t v;

	if (str_to_i64(arg, 1, STORM_COUNT_MAX, &v, &e) != ERR_OK)
		return phonesim_usage(side, "--failing: %s", e.msg);
	o->failing = (uint64_t)v;
	return 0;
}

int
phonesim_capf_option(struct phonesim_opts *o, int opt, const char *arg,
    FILE *side)
{
	struct err e = { 0 };

	switch (opt) {
	case OPT_STRING:
		return set_string(o, arg, side);
	case OPT_MIC:
		o->mic = arg;
		return 0;
	case OPT_MIC_KEY:
		o->mic_key = arg;
		return 0;
	case OPT_SUDI:
		o->enrol.sudi = true;
		return 0;
	case OPT_SYMMETRIC:
		o->enrol.has_symmetric = str_unhex(arg, o->enrol.symmetric,
		    sizeof(o->enrol.symmetric));
		return o->enrol.has_symmetric ? 0 : phonesim_usage(side,
		    "--config-key: give the key as 32 hexadecimal digits");
	case OPT_MISBEHAVE:
		return sim_misbehave_parse(&o->enrol.bad, arg, o->other,
		    &e) == ERR_OK ? 0 : phonesim_usage(side, "--misbehave: %s",
		    e.msg);
	case OPT_AUTH:
		return set_auth(o, arg, side);
	case OPT_ENROL:
		o->storm_enrols = true;
		return 0;
	case OPT_FAILING:
		return set_failing(o, arg, side);
	case OPT_POOL:
		o->key_pool = arg;
		return 0;
	}
	return phonesim_usage(side, "unknown option");
}

static bool
misbehaves(const struct phonesim_opts *o)
{
	static const struct sim_misbehave none;

	return memcmp(&o->enrol.bad, &none, sizeof(none)) != 0 ||
	    o->other[0] != '\0';
}

/* What says how a phone enrols at all. */
static bool
enrols(const struct phonesim_opts *o)
{
	return misbehaves(o) || o->enrol.string != NULL || o->enrol.sudi ||
	    o->enrol.has_symmetric || o->mic != NULL;
}

static int
check_capf(const struct phonesim_opts *o, FILE *side)
{
	if (o->count > 0)
		return phonesim_usage(side, "phonesim capf is one session: "
		    "for many phones say phonesim boot --count N --enrol");
	if (o->nserver > 1)
		return phonesim_usage(side, "phonesim capf asks one server: "
		    "leave out the other --server");
	if (o->transport != SIM_AUTO || o->enrol.has_symmetric)
		return phonesim_usage(side, "--transport and --config-key go "
		    "with phonesim boot");
	return 0;
}

/* Of a storm, where all phones are alike but for those that fail. */
static int
check_storm(const struct phonesim_opts *o, FILE *side)
{
	if (!o->storm_enrols && (o->failing > 0 || o->key_pool != NULL))
		return phonesim_usage(side, "--failing and --key-pool are for "
		    "storms that call CAPF: add --count N --enrol");
	if (o->storm_enrols && o->count == 0)
		return phonesim_usage(side, "--enrol is for storms, one phone "
		    "calls CAPF by itself: add --count N");
	if (o->count > 0 && !o->storm_enrols && enrols(o))
		return phonesim_usage(side, "a storm does not call CAPF: add "
		    "--enrol");
	if (o->count > 0 && (o->mic != NULL || o->other[0] != '\0'))
		return phonesim_usage(side, "a certificate is one phone's: "
		    "leave out --count N");
	if (o->failing > o->count)
		return phonesim_usage(side, "--failing %llu: more than there "
		    "are phones", (unsigned long long)o->failing);
	return 0;
}

int
phonesim_capf_check(const struct phonesim_opts *o, const char *command,
    FILE *side)
{
	bool boot = strcmp(command, "boot") == 0;
	bool capf = strcmp(command, "capf") == 0;

	if (!boot && !capf && (enrols(o) || o->storm_enrols))
		return phonesim_usage(side, "options of CAPF go with phonesim "
		    "boot and capf");
	if (!capf && o->has_auth)
		return phonesim_usage(side, "--auth goes with phonesim capf: "
		    "of a boot the configuration says it");
	if ((o->mic != NULL) != (o->mic_key != NULL))
		return phonesim_usage(side, "--mic FILE and --mic-key FILE go "
		    "together");
	if (o->other[0] != '\0' && o->state == NULL)
		return phonesim_usage(side, "--misbehave other-certificate: "
		    "add --state DIR, where that phone is");
	if (capf && check_capf(o, side) != 0)
		return EXIT_USAGE;
	return check_storm(o, side);
}
