/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The command table: words, arguments, options, level and help of every
 * command in one place.  The parser, `help`, `--help` and the completion read
 * nothing else.  Words and their order are the reference's where it has a
 * word for the thing (spec/admin-cli.md), else noun verb.
 */
#ifndef CTLTOOL_CMD_H
#define CTLTOOL_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct ctl;

enum cmd_level {		/* the reference's privilege levels */
	LEVEL_VIEWER	= 0,
	LEVEL_OPERATOR	= 1,
	LEVEL_OWNER	= 4,
};
const char	*cmd_level_name(enum cmd_level l);

/* What a value names: decides its completion. */
enum cmd_kind {
	KIND_NONE,
	KIND_FILE,
	KIND_FOLDER,
	KIND_UNIT,
	KIND_TRUST_UNIT,
	KIND_TRUSTED,		/* a certificate of a trust store */
	KIND_PARAM,
	KIND_PARAM_VALUE,	/* of the parameter named before it */
	KIND_NODE,
	KIND_PHONE,
	KIND_PROFILE,		/* of phones */
	KIND_USER,
	KIND_SRST,		/* a reference to a gateway */
	KIND_ROLLOUT,
	KIND_CAPF_CSR,		/* of whom a CA elsewhere is asked, or all */
	KIND_MODEL,
	KIND_SETTING,		/* value of the setting the option names */
	KIND_TFTP_FILE,
	KIND_SERVICE,
	KIND_COMMAND,
};

enum cmd_arg_flag {
	ARG_OPTIONAL	= 1 << 0,	/* argument that may be left out */
	ARG_REQUIRED	= 1 << 1,	/* option that may not */
	ARG_REPEAT	= 1 << 2,	/* option that may come again; last
					 * argument: each word left is one */
	ARG_REST	= 1 << 3,	/* last argument: takes all words left,
					 * joined with blanks */
	ARG_SECRET	= 1 << 4,	/* value is a secret: the line is never
					 * kept in the prompt's history */
	ARG_WHOLE	= 1 << 5,	/* option that is never shortened: what
					 * is nearly a secret's option must not
					 * take the secret for a file's name */
};

/* An argument ("UNIT") or, with a name in "--", an option. */
struct cmd_arg {
	const char	*name;		/* NULL ends the list */
	const char	*value;		/* option: what follows; NULL: nothing */
	enum cmd_kind	 kind;
	unsigned	 flags;		/* enum cmd_arg_flag */
	const char	*help;
	const char	*choices;	/* "on|off": nothing else is taken,
					 * whatever its case; NULL: anything */
};

enum cmd_flag {
	CMD_ASKS	= 1 << 0,	/* may ask for confirmation */
	CMD_HIDDEN	= 1 << 1,	/* for programs, not in lists */
	CMD_WRITES	= 1 << 2,	/* changes the database: only then may it
					 * open it for writing; --dry-run runs it
					 * and rolls back */
	CMD_OUTSIDE	= 1 << 3,	/* acts outside of the database: it looks
					 * at ctl_is_rehearsal() itself, and cannot
					 * stand in a batch */
	CMD_ALONE	= 1 << 4,	/* not in a batch: it commits in parts, reads
					 * through another connection, or makes a
					 * key, while which others may write */
	CMD_LIVE	= 1 << 5,	/* tells things while it runs: no pager */
	CMD_PREFIX	= 1 << 6,	/* a word before another command */
	CMD_PROMPT	= 1 << 7,	/* acts on the prompt itself */
};

/* Options that come from the table of settings (trust/setting.h). */
enum cmd_settings {
	SETTINGS_NONE,
	SETTINGS_PROFILE,	/* what profiles have */
	SETTINGS_PHONE,		/* what phones have, secrets too */
};

typedef int	cmd_fn(struct ctl *c, struct err *e);

#define CMD_ARGS_MAX	16

struct cmd {
	const char	*words;		/* "utils service start"; a leading
					 * "utils" may be left out */
	const char	*alias;		/* other words for it, or NULL */
	enum cmd_level	 level;
	unsigned	 flags;		/* enum cmd_flag */
	const char	*summary;	/* one line, no full stop */
	const char	*help;		/* sentences, '\n' between paragraphs */
	struct cmd_arg	 arg[CMD_ARGS_MAX + 1];	/* arguments, then options;
					 * read through cmd_args() */
	enum cmd_settings settings;	/* further options */
	cmd_fn		*fn;
};

/* All commands in order of their words, ended by words == NULL. */
const struct cmd	*cmd_table(void);

/* Those of a file of their own, which cmd_table() takes in. */
const struct cmd	*cmd_table_bulk(void);
const struct cmd	*cmd_table_capf_mic(void);
const struct cmd	*cmd_table_import(void);
const struct cmd	*cmd_table_phone(void);
const struct cmd	*cmd_table_capf(void);
const struct cmd	*cmd_table_capf_csr(void);
const struct cmd	*cmd_table_cert(void);
const struct cmd	*cmd_table_expiry(void);
const struct cmd	*cmd_table_srst(void);
const struct cmd	*cmd_table_user(void);

/*
 * Arguments and options of c with those of its settings, ended by
 * name == NULL.  Static; not for several threads.
 */
const struct cmd_arg	*cmd_args(const struct cmd *c);

/* Options every command takes, ended by name == NULL. */
const struct cmd_arg	*cmd_global(void);

#define CMDS_MAX	400	/* commands the table may have */

/* The words without their leading "utils ". */
const char	*cmd_words_short(const char *words);

bool		 cmd_arg_is_option(const struct cmd_arg *a);

/* The command has an option of its own with the name of one that every command
 * takes: --batch of a roll-out. */
bool		 cmd_has_own(const struct cmd *c,
		    const struct cmd_arg *global);

/* --- a parsed command line --- */

#define CMD_VALUES_MAX	64
#define CMD_REST_MAX	8192

struct cmd_value {
	const struct cmd_arg	*arg;
	const char		*value;	/* "" for an option without value */
};

struct cmd_line {
	const struct cmd	*cmd;	/* NULL: none was named */
	const char		*state;	/* --state, NULL: not given */
	const char		*time_offset;
	const char	*batch;		/* -f, NULL: not given */
	bool			 json, yes, help, version;
	bool			 dry_run, no_pager;
	struct cmd_value	 val[CMD_VALUES_MAX];
	size_t			 nval;
	char			 rest[CMD_REST_MAX];	/* of ARG_REST; with
					 * help and no cmd: what about */
};

/*
 * The option that a token names: one of c (NULL: not known yet) or of every
 * command, in full or shortened to what no other one begins with.  What stands
 * behind '=' is left aside.  How many it may be: *found is NULL unless 1.
 */
size_t		 cmd_option_find(const struct cmd *c, const char *tok,
		    const struct cmd_arg **found);

/*
 * Parse words and options (argv without the program's name).  Global options
 * stand anywhere before "--".  Values borrow argv and l.  Without words cmd
 * is NULL and ERR_OK.  ERR_ARG with the usage fault and its cure; cmd is set
 * when the command itself was understood, and --json is known either way.
 */
int		 cmd_parse(struct cmd_line *l, int argc, char *const *argv,
		    struct err *e);

/* The n-th value of an argument or option, NULL when there is none. */
const char	*cmd_get_n(const struct cmd_line *l, const char *name,
		    size_t n);
const char	*cmd_get(const struct cmd_line *l, const char *name);
bool		 cmd_has(const struct cmd_line *l, const char *name);

/* May it stand in a batch (ctltool -f)? */
bool		 cmd_in_batch(const struct cmd *c);

/* A value of a->choices, in any case; or a has none. */
bool		 cmd_choice_ok(const struct cmd_arg *a, const char *value);

/* --- words, see match.c for the rules of abbreviation --- */

/*
 * The command whose words the first tokens are, in full or shortened to what
 * no other command begins with: the longest match; *used gets the number of
 * tokens.  NULL when there is none, or several.
 */
const struct cmd	*cmd_match(char *const *tok, size_t n, size_t *used);

/*
 * Calls fn for each way to go on from the tokens with a further word: next
 * points to the words left, within the spelling of c.  With n 0 all first
 * words.  Words come several times.
 */
typedef void	cmd_next_fn(void *arg, const struct cmd *c, const char *next);
void		 cmd_next(char *const *tok, size_t n, cmd_next_fn *fn,
		    void *arg);

/* Calls fn for each command that the tokens name in whole; several when they
 * are shortened too far. */
typedef void	cmd_whole_fn(void *arg, const struct cmd *c);
void		 cmd_whole(char *const *tok, size_t n, cmd_whole_fn *fn,
		    void *arg);

#endif
