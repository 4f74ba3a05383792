/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The models, see model.h.  Where sources are silent the careful value
 * stands: a phone that is asked for less than it can do still works.
 */
#include <string.h>

#include "trust/model.h"

#define YES(by)		{ 1, MODEL_BY_##by }
#define NO(by)		{ 0, MODEL_BY_##by }
#define TLS(v, by)	{ (v), MODEL_BY_##by }

/* The same facts for both protocols. */
#define BOTH(...)	{						\
	[PROTOCOL_SIP] = { __VA_ARGS__ },				\
	[PROTOCOL_SCCP] = { __VA_ARGS__ },				\
}

/* A binary profile of their own, whose RC4 key is typed in: it is not made
 * here, and what is made here takes no such key.  No PKI. */
static const struct model_class class_7905 = {
	.name = "7905",
	.fact = BOTH(
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = NO(SO5),
		[MODEL_ENCRYPTION] = NO(SO5),
		[MODEL_SRTP] = NO(SO5),
		[MODEL_ENC_CONFIG] = NO(ENC),
		[MODEL_VERIFIES] = NO(GUESS),
		[MODEL_SBD] = NO(GENERAL),
		[MODEL_SHA512] = NO(GENERAL),
		[MODEL_TLS_MIN] = TLS(0, GENERAL),
		[MODEL_TLS_MAX] = TLS(0, GENERAL),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(ENC),
		[MODEL_MIC] = NO(GENERAL),
		[MODEL_SSH] = NO(GENERAL)
	),
};

/*
 * SIP ones encrypt signalling only, ignore the signature of files and take
 * encrypted ones by a key typed in.
 */
static const struct model_class class_7940 = {
	.name = "7940",
	.fact[PROTOCOL_SIP] = {
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = YES(SO5),
		[MODEL_ENCRYPTION] = YES(SO5),
		[MODEL_SRTP] = NO(SO5),
		[MODEL_ENC_CONFIG] = NO(GUESS),
		[MODEL_VERIFIES] = NO(ENC),
		[MODEL_SBD] = NO(CLI),
		[MODEL_SHA512] = NO(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = YES(ENC),
		[MODEL_MIC] = NO(GENERAL),
		[MODEL_SSH] = NO(GENERAL),
	},
	.fact[PROTOCOL_SCCP] = {
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = YES(SO5),
		[MODEL_ENCRYPTION] = YES(SO5),
		[MODEL_SRTP] = YES(SO5),
		[MODEL_ENC_CONFIG] = YES(GUESS),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = NO(CLI),
		[MODEL_SHA512] = NO(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = NO(GENERAL),
		[MODEL_SSH] = NO(GENERAL),
	},
};

/* Those that the security overview lists. */
static const struct model_class class_7941 = {
	.name = "7941",
	.fact = BOTH(
		[MODEL_RUNS] = YES(SO5),
		[MODEL_AUTHENTICATION] = YES(SO5),
		[MODEL_ENCRYPTION] = YES(SO5),
		[MODEL_SRTP] = YES(SO5),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL)
	),
};

/* Their successors. */
static const struct model_class class_7942 = {
	.name = "7942",
	.fact = BOTH(
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL)
	),
};

/* No ITL: encrypted files need a CTL. */
static const struct model_class class_6901 = {
	.name = "6901",
	.fact = BOTH(
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(ENC),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = NO(ENC),
		[MODEL_SHA512] = NO(GUESS),
		[MODEL_TLS_MIN] = TLS(10, GUESS),
		[MODEL_TLS_MAX] = TLS(10, GUESS),
		[MODEL_EC] = NO(GUESS),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GUESS),
		[MODEL_SSH] = NO(GUESS)
	),
};

static const struct model_class class_6921 = {
	.name = "6921",
	.fact = BOTH(
		[MODEL_RUNS] = YES(GENERAL),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GUESS),
		[MODEL_TLS_MIN] = TLS(10, GUESS),
		[MODEL_TLS_MAX] = TLS(10, GUESS),
		[MODEL_EC] = NO(GUESS),
		[MODEL_SYMMETRIC] = NO(ENC),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = NO(GUESS)
	),
};

static const struct model_class class_7800 = {
	.name = "7800",
	.fact[PROTOCOL_SIP] = {
		[MODEL_RUNS] = YES(FILES),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = YES(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, GUESS),
		[MODEL_TLS_MAX] = TLS(12, FILES),
		[MODEL_EC] = YES(FILES),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL),
	},
	.fact[PROTOCOL_SCCP] = { [MODEL_RUNS] = NO(GENERAL) },
};

static const struct model_class class_8800 = {
	.name = "8800",
	.fact[PROTOCOL_SIP] = {
		[MODEL_RUNS] = YES(FILES),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = YES(GENERAL),
		[MODEL_TLS_MIN] = TLS(10, GUESS),
		[MODEL_TLS_MAX] = TLS(12, FILES),
		[MODEL_EC] = YES(FILES),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL),
	},
	.fact[PROTOCOL_SCCP] = { [MODEL_RUNS] = NO(GENERAL) },
};

/* OpenSSL 0.9.8 in them. */
static const struct model_class class_8941 = {
	.name = "8941",
	.fact[PROTOCOL_SIP] = {
		[MODEL_RUNS] = YES(FILES),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GUESS),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL),
	},
	.fact[PROTOCOL_SCCP] = {
		[MODEL_RUNS] = YES(FILES),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GUESS),
		[MODEL_TLS_MIN] = TLS(10, FILES),
		[MODEL_TLS_MAX] = TLS(10, FILES),
		[MODEL_EC] = NO(GENERAL),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL),
	},
};

static const struct model_class class_9900 = {
	.name = "9900",
	.fact[PROTOCOL_SIP] = {
		[MODEL_RUNS] = YES(FILES),
		[MODEL_AUTHENTICATION] = YES(GENERAL),
		[MODEL_ENCRYPTION] = YES(GENERAL),
		[MODEL_SRTP] = YES(GENERAL),
		[MODEL_ENC_CONFIG] = YES(GENERAL),
		[MODEL_VERIFIES] = YES(GENERAL),
		[MODEL_SBD] = YES(GENERAL),
		[MODEL_SHA512] = NO(GUESS),
		[MODEL_TLS_MIN] = TLS(10, GUESS),
		[MODEL_TLS_MAX] = TLS(10, GUESS),
		[MODEL_EC] = NO(GUESS),
		[MODEL_SYMMETRIC] = NO(GENERAL),
		[MODEL_MIC] = YES(GENERAL),
		[MODEL_SSH] = YES(GENERAL),
	},
	.fact[PROTOCOL_SCCP] = { [MODEL_RUNS] = NO(GENERAL) },
};

/* A phone of which nothing is known: it reads files, no more. */
static const struct model_class class_unknown = {
	.name = "unknown",
	.fact[PROTOCOL_SIP] = { [MODEL_RUNS] = YES(GUESS) },
	.fact[PROTOCOL_SCCP] = { [MODEL_RUNS] = YES(GUESS) },
};

static const struct model unknown = {
	.name = "", .class = &class_unknown,
	.number_by = MODEL_BY_GUESS, .files_by = MODEL_BY_GUESS,
	.locale_jar = "", .tones = "", .ring_list = "", .background = "",
};

#define G3	"g3-tones.xml"
#define G4	"g4-tones.xml"
#define NB	"Ringlist.xml"		/* narrow band */
#define WB	"Ringlist-wb.xml"
#define BY(s)	MODEL_BY_##s

static const struct model models[] = {
	{ "6901", NULL, &class_6901, 547, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "6911", NULL, &class_6901, 548, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "6921", NULL, &class_6921, 495, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "6941", NULL, &class_6921, 496, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "6945", NULL, &class_6921, 564, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "6961", NULL, &class_6921, 497, BY(GENERAL), "rtl-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "7811", NULL, &class_7800, 36213, BY(FILES), "sp-sip.jar",
	    G3, WB, "", BY(FILES), false, false },
	{ "7821", NULL, &class_7800, 621, BY(FILES), "sp-sip.jar",
	    G3, WB, "", BY(FILES), false, false },
	{ "7832", NULL, &class_7800, 36247, BY(FILES), "sp-sip.jar",
	    G3, WB, "", BY(FILES), false, false },
	{ "7841", NULL, &class_7800, 622, BY(FILES), "sp-sip.jar",
	    G3, WB, "", BY(FILES), false, false },
	{ "7861", NULL, &class_7800, 623, BY(FILES), "sp-sip.jar",
	    G3, WB, "", BY(FILES), false, false },
	{ "7905", NULL, &class_7905, 20000, BY(GENERAL), "",
	    "", "", "", BY(GENERAL), false, true },
	{ "7906", NULL, &class_7941, 369, BY(GENERAL), "tc-sip.jar",
	    G3, NB, "", BY(FILES), false, false },
	{ "7911", NULL, &class_7941, 307, BY(GENERAL), "tc-sip.jar",
	    G3, NB, "", BY(FILES), false, false },
	{ "7912", NULL, &class_7905, 30007, BY(GENERAL), "",
	    "", "", "", BY(GENERAL), false, true },
	{ "7940", NULL, &class_7940, 8, BY(GENERAL), "",
	    G3, NB, "", BY(FILES), true, true },
	{ "7941", NULL, &class_7941, 115, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, false },
	{ "7941G-GE", "7941", &class_7941, 309, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, false },
	{ "7942", NULL, &class_7942, 434, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, true },
	{ "7945", NULL, &class_7942, 435, BY(GENERAL), "be-sip.jar",
	    G3, NB, "320x212x16", BY(FILES), false, false },
	{ "7960", NULL, &class_7940, 7, BY(GENERAL), "",
	    G3, NB, "", BY(FILES), true, true },
	{ "7961", NULL, &class_7941, 30018, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, false },
	{ "7961G-GE", "7961", &class_7941, 308, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, false },
	{ "7962", NULL, &class_7942, 404, BY(GENERAL), "mk-sip.jar",
	    G3, NB, "320x196x4", BY(FILES), false, true },
	{ "7965", NULL, &class_7942, 436, BY(GENERAL), "be-sip.jar",
	    G3, NB, "320x212x16", BY(FILES), false, false },
	{ "7970", NULL, &class_7941, 30006, BY(GENERAL), "td-sip.jar",
	    G3, NB, "320x212x12", BY(FILES), false, false },
	{ "7971", NULL, &class_7941, 119, BY(GENERAL), "td-sip.jar",
	    G3, NB, "320x212x12", BY(FILES), false, false },
	{ "7971G-GE", "7971", &class_7941, 119, BY(GENERAL), "td-sip.jar",
	    G3, NB, "320x212x12", BY(FILES), false, false },
	{ "7975", NULL, &class_7942, 437, BY(GENERAL), "td-sip.jar",
	    G3, NB, "320x216x16", BY(FILES), false, false },
	{ "8811", NULL, &class_8800, 36217, BY(FILES), "",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8821", NULL, &class_8800, 36216, BY(GENERAL), "",
	    G3, WB, "240x320x24", BY(FILES), false, false },
	{ "8832", NULL, &class_8800, 36258, BY(FILES), "",
	    G3, WB, "", BY(FILES), false, false },
	{ "8841", NULL, &class_8800, 683, BY(FILES), "sl-be-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8845", NULL, &class_8800, 36224, BY(FILES), "sl-bev-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8851", NULL, &class_8800, 684, BY(FILES), "sl-be-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8851NR", "8851", &class_8800, 36232, BY(GENERAL), "sl-be-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8861", NULL, &class_8800, 685, BY(FILES), "",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8865", NULL, &class_8800, 36225, BY(FILES), "sl-bev-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8865NR", "8865", &class_8800, 36235, BY(GENERAL), "sl-bev-sip.jar",
	    G3, WB, "800x480x24", BY(FILES), false, false },
	{ "8941", NULL, &class_8941, 586, BY(GENERAL), "gb-sccp-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "8945", NULL, &class_8941, 585, BY(GENERAL), "gb-sccp-sip.jar",
	    G3, "", "", BY(FILES), false, false },
	{ "8961", NULL, &class_9900, 540, BY(GENERAL), "gh-sip.jar",
	    G3, "", "640x480x24", BY(FILES), false, false },
	{ "9951", NULL, &class_9900, 537, BY(GENERAL), "lk-sip.jar",
	    G4, "", "640x480x24", BY(FILES), false, false },
	{ "9971", NULL, &class_9900, 493, BY(GENERAL), "gd-sip.jar",
	    G4, "", "640x480x24", BY(FILES), false, false },
};

#define N_MODELS	(sizeof(models) / sizeof(models[0]))

const char *
model_source_name(enum model_source s)
{
	static const char *const names[MODEL_SOURCE_N] = {
		[MODEL_BY_SO5] = "SO5",
		[MODEL_BY_DS] = "DS",
		[MODEL_BY_FILES] = "phone-files.md",
		[MODEL_BY_ENC] = "encrypted-config.md",
		[MODEL_BY_CLI] = "admin-cli.md",
		[MODEL_BY_SETTINGS] = "security-settings.md",
		[MODEL_BY_GENERAL] = "[G]",
		[MODEL_BY_GUESS] = "[?]",
	};

	return names[s];
}

const char *
model_fact_name(enum model_fact_id id)
{
	static const char *const names[MODEL_FACT_N] = {
		[MODEL_RUNS] = "runs",
		[MODEL_AUTHENTICATION] = "authentication",
		[MODEL_ENCRYPTION] = "encryption",
		[MODEL_SRTP] = "srtp",
		[MODEL_ENC_CONFIG] = "enc_config",
		[MODEL_VERIFIES] = "verifies",
		[MODEL_SBD] = "sbd",
		[MODEL_SHA512] = "sha512",
		[MODEL_TLS_MIN] = "tls_min",
		[MODEL_TLS_MAX] = "tls_max",
		[MODEL_EC] = "ec",
		[MODEL_SYMMETRIC] = "symmetric",
		[MODEL_MIC] = "mic",
		[MODEL_SSH] = "ssh",
	};

	return names[id];
}

const struct model *
model_table(size_t *n)
{
	*n = N_MODELS;
	return models;
}

static const struct model *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_MODELS; i++)
		if (strncmp(models[i].name, name, len) == 0 &&
		    models[i].name[len] == '\0')
			return &models[i];
	return NULL;
}

const struct model *
model_find(const char *name)
{
	size_t n = strlen(name);
	const struct model *m = find(name, n);

	/* Printed as 7960G, listed as 7960. */
	if (m == NULL && n == 5 && name[0] == '7' && name[1] == '9' &&
	    name[4] == 'G')
		m = find(name, 4);
	return m;
}

const struct model *
model_unknown(void)
{
	return &unknown;
}

const struct model *
model_of(const char *name)
{
	const struct model *m = model_find(name);

	return m != NULL ? m : &unknown;
}

struct model_fact
model_fact(const struct model *m, enum phone_protocol p,
    enum model_fact_id id)
{
	return m->class->fact[p][id];
}

bool
model_can(const struct model *m, enum phone_protocol p,
    enum model_fact_id id)
{
	return model_fact(m, p, id).value != 0;
}
