/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What each model of phone can do and which supporting files it asks for, as
 * data: no code elsewhere names a model.  Every fact carries its source, so
 * what is only believed can be told from what is known.
 */
#ifndef TRUST_MODEL_H
#define TRUST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/rows.h"

/* Where a fact is from. */
enum model_source {
	MODEL_BY_GUESS,		/* unsure, marked [?] */
	MODEL_BY_SO5,		/* requirement: security overview 5.0(4) */
	MODEL_BY_DS,		/* requirement: default security */
	MODEL_BY_FILES,		/* spec/phone-files.md */
	MODEL_BY_ENC,		/* spec/encrypted-config.md */
	MODEL_BY_CLI,		/* spec/admin-cli.md */
	MODEL_BY_SETTINGS,	/* spec/security-settings.md */
	MODEL_BY_GENERAL,	/* general knowledge, marked [G] */
	MODEL_SOURCE_N
};
/* "SO5", "DS", "phone-files.md", ..., "[G]", "[?]" */
const char	*model_source_name(enum model_source s);

/* What is known of a model with one protocol; numbers and yes (1) or no. */
enum model_fact_id {
	MODEL_RUNS,		/* there is firmware for the protocol */
	MODEL_AUTHENTICATION,	/* TLS with its certificate */
	MODEL_ENCRYPTION,	/* of signalling */
	MODEL_SRTP,		/* of media */
	MODEL_ENC_CONFIG,	/* takes encrypted configuration files */
	MODEL_VERIFIES,		/* checks the signature of files */
	MODEL_SBD,		/* security by default: ITL and TVS */
	MODEL_SHA512,		/* takes SHA-512 in lists and files */
	MODEL_TLS_MIN,		/* 10 for TLS 1.0, 12 for 1.2; 0 none */
	MODEL_TLS_MAX,
	MODEL_EC,		/* elliptic curve keys */
	MODEL_SYMMETRIC,	/* encrypted files by a typed-in key only */
	MODEL_MIC,		/* left the factory with an RSA certificate */
	MODEL_SSH,
	MODEL_FACT_N
};
/* "runs", "authentication", "encryption", "srtp", ... */
const char	*model_fact_name(enum model_fact_id id);

struct model_fact {
	uint8_t		 value;
	uint8_t		 source;	/* enum model_source */
};

/* Models of one make share their facts. */
struct model_class {
	const char	*name;		/* "79x2", for reports */
	struct model_fact fact[PROTOCOL_N][MODEL_FACT_N];
};

struct model {
	const char	*name;		/* "8861"; "" of model_unknown() */
	const char	*base;		/* variant of this one, or NULL */
	const struct model_class *class;
	int		 number;	/* loadinformationN, 0: not known; a
					 * variant may have its base's */
	enum model_source number_by;
	/* Supporting files; "" where the model has none or it is not known. */
	const char	*locale_jar;	/* SIP: "sl-be-sip.jar" */
	const char	*tones;		/* "g3-tones.xml" */
	const char	*ring_list;	/* "Ringlist-wb.xml" */
	const char	*background;	/* "800x480x24" */
	enum model_source files_by;
	bool		 no_secure_barge;	/* 7940, 7960: refuses barge
					 * in an encrypted call (SO5) */
	bool		 exclude_digest;	/* takes its digest credentials
					 * from elsewhere than the file */
};

/* All models, ordered by name; *n counts them. */
const struct model	*model_table(size_t *n);

/*
 * By name as phone_model() writes it; NULL when it is not in the table.  The
 * G on the label of 7900 series phones may stand behind the number ("7960G");
 * other variants are not guessed at.
 */
const struct model	*model_find(const char *name);

/*
 * What is assumed of a model that is not in the table or not given: it runs
 * either protocol without security and can do nothing else.  So nothing is
 * asked of a phone that it might not survive; naming the model is the cure.
 * Never NULL.
 */
const struct model	*model_unknown(void);

/* model_find(), else model_unknown(). */
const struct model	*model_of(const char *name);

/* One fact. */
struct model_fact	 model_fact(const struct model *m,
			    enum phone_protocol p, enum model_fact_id id);
/* Its value is not 0. */
bool			 model_can(const struct model *m,
			    enum phone_protocol p, enum model_fact_id id);

#endif
