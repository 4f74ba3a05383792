/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The options of tftpload: one table makes the parser and --help.
 */
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "bench/load.h"

#define CLIENTS_MAX	20000
#define TRANSFERS_MAX	10000000
#define PPM		1000000

#define WORD(field, deflt)						\
	.at = offsetof(struct load_plan, field), .word = (deflt)
#define NUMBER(field, deflt, lowest, highest)				\
	.at = offsetof(struct load_plan, field), .is_number = true,	\
	.number = (deflt), .min = (lowest), .max = (highest)

static const struct load_option {
	const char	*name;
	const char	*value;		/* its name in --help */
	const char	*help;
	size_t		 at;		/* in struct load_plan */
	const char	*word;		/* default of a word */
	bool		 is_number;
	int64_t		 number, min, max;
} load_options[] = {
	{ "host", "ADDRESS", "IPv4 address of the server (127.0.0.1)",
	    WORD(host, "127.0.0.1") },
	{ "port", "N", "its port (69)", NUMBER(port, 69, 1, UINT16_MAX) },
	{ "root", "DIR", "where the files are, to compare with (.)",
	    WORD(root, ".") },
	{ "files", "A,B,C", "ask for these files in turn",
	    WORD(files, NULL) },
	{ "first", "NAME", "or for names counted up from this one in "
	    "hexadecimal", WORD(first, NULL) },
	{ "suffix", "TEXT", "what follows a counted name", WORD(suffix, "") },
	{ "begins", "HEX", "the first bytes of files with counted names",
	    WORD(begins, "") },
	{ "clients", "N", "phones at a time (1)",
	    NUMBER(clients, 1, 1, CLIENTS_MAX) },
	{ "transfers", "N", "transfers in all (1)",
	    NUMBER(transfers, 1, 1, TRANSFERS_MAX) },
	{ "warmup", "N", "transfers before those, not measured (0)",
	    NUMBER(warmup, 0, 0, TRANSFERS_MAX) },
	{ "blksize", "N", "ask for it unless 512 (512)",
	    NUMBER(blksize, 512, 8, LOAD_PACKET_MAX - 4) },
	{ "windowsize", "N", "ask for it unless 0 (0)",
	    NUMBER(windowsize, 0, 0, UINT16_MAX) },
	{ "tsize", "0|1", "ask for it (0)", NUMBER(tsize, 0, 0, 1) },
	{ "timeout-opt", "S", "ask for it unless 0 (0)",
	    NUMBER(timeout_s, 0, 0, 255) },
	{ "loss", "N", "lose N of a million datagrams, both ways (0)",
	    NUMBER(loss_ppm, 0, 0, PPM) },
	{ "rto", "MS", "ask again after (1000)",
	    NUMBER(rto_ms, 1000, 1, 60000) },
	{ "max-seconds", "S", "give up after (120)",
	    NUMBER(max_s, 120, 1, 86400) },
	{ "seed", "N", "of the losses (1)", NUMBER(seed, 1, 1, INT64_MAX) },
	{ "help", NULL, "print this text", .word = NULL },
};

#define NOPTIONS	(sizeof(load_options) / sizeof(load_options[0]))

static void
print_help(void)
{
	char word[40];

	(void)printf("tftpload - phones that read files over TFTP, for the "
	    "bench\nusage: tftpload --files A,B,C | --first NAME [options]\n");
	for (size_t i = 0; i < NOPTIONS; i++) {
		const struct load_option *o = &load_options[i];

		(void)snprintf(word, sizeof(word), "--%s%s%s", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		(void)printf("  %-22s%s\n", word, o->help);
	}
	(void)printf("Prints one line of JSON; exit 1 unless every transfer "
	    "came whole.\n");
}

static int64_t *
number_at(struct load_plan *p, const struct load_option *o)
{
	return (int64_t *)(void *)((char *)p + o->at);
}

static const char **
word_at(struct load_plan *p, const struct load_option *o)
{
	return (const char **)(void *)((char *)p + o->at);
}

static void
set_defaults(struct load_plan *p)
{
	for (size_t i = 0; i < NOPTIONS; i++) {
		if (load_options[i].is_number)
			*number_at(p, &load_options[i]) =
			    load_options[i].number;
		else if (load_options[i].value != NULL)
			*word_at(p, &load_options[i]) = load_options[i].word;
	}
}

static int
set_option(struct load_plan *p, const struct load_option *o, const char *v,
    struct err *e)
{
	if (!o->is_number) {
		*word_at(p, o) = v;
		return ERR_OK;
	}
	if (str_to_i64(v, o->min, o->max, number_at(p, o), e) != ERR_OK)
		return err_wrap(e, "--%s", o->name);
	return ERR_OK;
}

static void
fill_long(struct option lo[NOPTIONS + 1])
{
	memset(lo, 0, sizeof(*lo) * (NOPTIONS + 1));
	for (size_t i = 0; i < NOPTIONS; i++)
		lo[i] = (struct option){ .name = load_options[i].name,
		    .has_arg = load_options[i].value != NULL ?
		    required_argument : no_argument, .val = (int)i };
}

/* Words that make no sense together. */
static int
check_plan(struct load_plan *p, struct err *e)
{
	if ((p->files == NULL) == (p->first == NULL))
		return err_set(e, ERR_ARG, "give --files or --first, one of "
		    "them");
	if (p->first != NULL)
		p->tsize = 1;	/* the length comes from nowhere else */
	return ERR_OK;
}

static bool
usage(const struct err *e, int *code)
{
	if (e->msg[0] != '\0')
		(void)fprintf(stderr, "tftpload: %s\n", e->msg);
	(void)fprintf(stderr, "tftpload: `tftpload --help' lists the "
	    "options\n");
	*code = 2;
	return false;
}

bool
load_plan_parse(struct load_plan *p, int argc, char **argv, int *code)
{
	struct option lo[NOPTIONS + 1];
	struct err e = { 0 };
	int i;

	set_defaults(p);
	fill_long(lo);
	while ((i = getopt_long(argc, argv, "", lo, NULL)) != -1) {
		if (i == '?')
			return usage(&e, code);
		if (load_options[i].value == NULL) {
			print_help();
			*code = 0;
			return false;
		}
		if (set_option(p, &load_options[i], optarg, &e) != ERR_OK)
			return usage(&e, code);
	}
	if (optind < argc) {
		(void)err_set(&e, ERR_ARG, "unexpected \"%s\"", argv[optind]);
		return usage(&e, code);
	}
	if (check_plan(p, &e) != ERR_OK)
		return usage(&e, code);
	return true;
}
