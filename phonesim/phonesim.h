/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The program phonesim: options, commands, output.
 */
#ifndef PHONESIM_PHONESIM_H
#define PHONESIM_PHONESIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/log.h"
#include "phonesim/sim.h"

#define PORT_HTTP	6970
#define PORT_HTTPS	6971
#define PORT_TFTP	69
#define PORT_TVS	2445
#define PORT_CAPF	3804

enum phonesim_exit {
	EXIT_TRUSTED		= 0,
	EXIT_FAILED		= 1,	/* no configuration, or our fault */
	EXIT_USAGE		= 2,
	EXIT_NOT_TRUSTED	= 4,
	EXIT_UNREACHABLE	= 6,
};

struct phonesim_opts {
	char			 device[DEVICE_NAME_MAX + 1];
	const char		*server[SIM_SERVERS_MAX];
	size_t			 nserver;
	uint16_t		 port_offset;
	enum sim_transport	 transport;
	const char		*state;		/* NULL: remembers nothing */
	bool			 json;
	enum log_level		 log_level;
	int64_t			 time_offset_s;
	/* A storm: */
	uint64_t		 count;		/* phones, 0: no storm */
	uint64_t		 rate;		/* starts a second, 0: no bound */
	unsigned		 lossy;		/* percent of TFTP datagrams */
	uint64_t		 seed;
	/* A test of TVS: */
	const char		*cert;		/* file; NULL: none */
	bool			 query;		/* by name, else verify */
	uint64_t		 connections;	/* at a time; 0: one */
	/* CAPF: */
	struct sim_enrol	 enrol;
	const char		*mic, *mic_key;	/* files; NULL: none */
	char			 other[DEVICE_NAME_MAX + 1];	/* whose
						 * certificate it shows */
	bool			 has_auth;	/* of a session by itself: */
	enum config_capf	 auth;
	bool			 storm_enrols;
	uint64_t		 failing;	/* phones of a storm that
						 * misbehave, 0: all */
	const char		*key_pool;	/* folder; NULL: none */
};

/* main() with its streams as parameters; returns the exit status. */
int	phonesim_main(int argc, char **argv, FILE *out, FILE *side);

/* A mistake of the caller's: what is wrong, then what to do.  EXIT_USAGE. */
int	phonesim_usage(FILE *side, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Options of CAPF (opts_capf.c): 0, or EXIT_USAGE. */
enum { OPT_CAPF = 512, OPT_STRING = OPT_CAPF, OPT_MIC, OPT_MIC_KEY, OPT_SUDI,
    OPT_SYMMETRIC, OPT_MISBEHAVE, OPT_AUTH, OPT_ENROL, OPT_FAILING,
    OPT_POOL };
int	phonesim_capf_option(struct phonesim_opts *o, int opt,
	    const char *arg, FILE *side);
/* ... and whether they go together with the command. */
int	phonesim_capf_check(const struct phonesim_opts *o,
	    const char *command, FILE *side);

/* --- the commands --- */

struct phonesim_run {
	const struct phonesim_opts *o;
	const char	*command;	/* "phonesim boot" */
	FILE		*out, *side;
	json_t		*warnings;
};

int	phonesim_boot(struct phonesim_run *r);
int	phonesim_storm(struct phonesim_run *r);	/* of boot */
int	phonesim_tvs(struct phonesim_run *r);
int	phonesim_capf(struct phonesim_run *r);
int	phonesim_show(struct phonesim_run *r);
int	phonesim_reset(struct phonesim_run *r);

/* --- output --- */

/* Advice: "warnings" with --json, else a line on the side stream. */
void	phonesim_warn(struct phonesim_run *r, const char *text);

/*
 * End of a command.  result (taken over, may be NULL) goes into the envelope
 * with --json; e with a code is told in either form.  Returns status, or
 * EXIT_FAILED when the output could not be written.
 */
int	phonesim_finish(struct phonesim_run *r, json_t *result, int status,
	    const struct err *e);

/* Text with control bytes made visible; hex; NULL when out of memory. */
json_t	*phonesim_json_text(const char *s);
json_t	*phonesim_json_hex(const void *buf, size_t len);

/* The default functions of a boot: libcurl to the shifted ports, and TVS at
 * the ports that the configuration names. */
sim_fetch_fn	phonesim_fetch;		/* arg: const struct phonesim_opts * */
sim_fetch_tls_fn phonesim_fetch_tls;	/* the same */
sim_tvs_fn	phonesim_ask_tvs;	/* the same */
sim_capf_fn	phonesim_enrol;		/* the same */

/*
 * The phone that a command is about, out of its memory or new, with the MIC
 * that the options name, and how it enrols; *other is whose certificate it
 * shows.  Both memories are to be cleared in any case.
 */
int	phonesim_open(const struct phonesim_opts *o, struct sim_mem *mem,
	    struct sim_mem *other, struct sim_enrol *how, struct err *e);

/* Of a CAPF session; null for another step.  NULL: no memory. */
json_t	*phonesim_capf_json(const struct sim_step *st);
/* A text, null when it is empty or NULL. */
json_t	*phonesim_json_or_null(const char *s);

#endif
