/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Batches, see batch.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/wr.h"
#include "ctltool/batch.h"
#include "ctltool/ctl.h"
#include "ctltool/rehearse.h"
#include "ctltool/replay.h"
#include "ctltool/words.h"

#define FAULTS_SHOWN	20

/* --- the text as lines --- */

struct line {
	const char	*text;		/* borrows the file's bytes */
	size_t		 len, number;
};

struct lines {
	const char	*at, *end;
	size_t		 number;
};

static struct lines
lines_of(const char *text, size_t len)
{
	struct lines ls = { .at = text, .end = text + len };

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		ls.at += 3;		/* byte order mark */
	return ls;
}

static bool
lines_next(struct lines *ls, struct line *l)
{
	const char *nl;
	size_t left = (size_t)(ls->end - ls->at);

	if (left == 0)
		return false;
	nl = memchr(ls->at, '\n', left);
	l->text = ls->at;
	l->len = nl != NULL ? (size_t)(nl - ls->at) : left;
	l->number = ++ls->number;
	ls->at += l->len + (nl != NULL);
	return true;
}

/* --- what may stand in a batch --- */

/* Options that say how ctltool runs are given once, in front. */
static int
check_options(const struct cmd_line *l, struct err *e)
{
	const char *bad = l->batch != NULL ? "--batch" :
	    l->state != NULL ? "--state" :
	    l->time_offset != NULL ? "--time-offset" :
	    l->json ? "--json" : l->dry_run ? "--dry-run" :
	    l->no_pager ? "--no-pager" : l->version ? "--version" : NULL;

	if (bad == NULL)
		return ERR_OK;
	return err_set(e, ERR_ARG, "%s holds for the whole batch: give it to "
	    "ctltool, beside -f", bad);
}

static int
check_command(const struct cmd *c, struct err *e)
{
	if (c == NULL)
		return err_set(e, ERR_ARG, "no command");
	if (c->flags & CMD_PROMPT)
		return err_set(e, ERR_ARG, "%s is for the prompt only",
		    c->words);
	if (c->flags & CMD_OUTSIDE)
		return err_set(e, ERR_ARG, "%s acts outside of the database "
		    "and cannot be undone with the rest: run it by itself",
		    c->words);
	if (!cmd_in_batch(c))
		return err_set(e, ERR_ARG, "%s cannot be part of a "
		    "transaction: run it by itself", c->words);
	return ERR_OK;
}

/* Words and command of a line; w->n 0: an empty one. */
static int
line_parse(const struct line *ln, struct words *w, struct cmd_line *l,
    struct err *e)
{
	int ret;

	if ((ret = words_split(w, ln->text, ln->len, e)) != ERR_OK ||
	    w->n == 0)
		return ret;
	if ((ret = cmd_parse(l, (int)w->n, w->word, e)) == ERR_OK &&
	    (ret = check_options(l, e)) == ERR_OK)
		ret = check_command(l->cmd, e);
	return ret;
}

struct scan {
	size_t		 commands, faults;
	struct out	*out;		/* NULL: only count */
	json_t		*list;
};

static void
fault(struct scan *s, const struct line *ln, const struct err *e)
{
	char vis[OUT_VIS_MAX];

	if (s->faults++ >= FAULTS_SHOWN || s->out == NULL)
		return;
	out_progress(s->out, "line %zu: %s\n", ln->number,
	    out_vis(e->msg, vis));
	if (json_array_append_new(s->list, json_pack("{s:I, s:o}", "line",
	    (json_int_t)ln->number, "why", out_str(e->msg))) != 0)
		s->out->nomem = true;
}

static void
scan_text(struct scan *s, const char *text, size_t len)
{
	struct lines ls = lines_of(text, len);
	struct cmd_line l;
	struct line ln;
	struct words w;
	struct err e;

	while (lines_next(&ls, &ln)) {
		e = (struct err){ .code = ERR_OK };
		if (line_parse(&ln, &w, &l, &e) != ERR_OK)
			fault(s, &ln, &e);
		else if (w.n > 0)
			s->commands++;
		words_clear(&w);
	}
}

size_t
batch_check(const char *text, size_t len)
{
	struct scan s = { .out = NULL };

	scan_text(&s, text, len);
	return s.faults;
}

/* --- running --- */

struct batch {
	const struct cmd_line	*base;		/* ctltool's own options */
	const char		*text;
	size_t			 len, commands;
	struct ctl		 c;
	struct out		 out;		/* of the batch itself */
	struct replay		 replay;
	FILE			*to, *side;	/* what the commands say */
	char			*to_buf, *side_buf;
	size_t			 to_len, side_len;
	json_t			*list;		/* their envelopes */
	bool			 rehearsed, changed;
};

static void
said_clear(struct batch *b)
{
	if (b->to != NULL)
		(void)fclose(b->to);
	if (b->side != NULL)
		(void)fclose(b->side);
	free(b->to_buf);
	free(b->side_buf);
	json_decref(b->list);
	b->to = b->side = NULL;
	b->to_buf = b->side_buf = NULL;
	b->list = NULL;
}

/* From the start, as at each run of the transaction. */
static int
said_start(struct batch *b, struct err *e)
{
	said_clear(b);
	b->to = open_memstream(&b->to_buf, &b->to_len);
	b->side = open_memstream(&b->side_buf, &b->side_len);
	b->list = json_array();
	if (b->to == NULL || b->side == NULL || b->list == NULL)
		return err_set(e, ERR_NOMEM, "output");
	return ERR_OK;
}

/* One handler; what it says is kept. */
static int
run_command(struct batch *b, struct cmd_line *l, struct err *e)
{
	struct out o = { .to = NULL };
	int ret, status;

	l->state = b->base->state;
	l->json = b->base->json;
	l->dry_run = b->base->dry_run;
	l->yes = l->yes || b->base->yes;
	b->c.line = l;
	b->c.out = &o;
	b->c.exit = 0;
	if ((ret = out_init(&o, l->json, b->to, b->side, e)) != ERR_OK)
		return ret;
	ret = ctl_run(&b->c, e);
	status = ctl_status(&b->c, ret);
	if (ret == ERR_OK && status != EXIT_DONE)
		ret = err_set(e, ERR_REFUSED, "done in part only");
	if (ret == ERR_OK)
		e->code = ERR_OK;
	if (ret == ERR_OK && b->base->json && json_array_append_new(b->list,
	    out_envelope(&o, l->cmd->words, status, e)) != 0)
		ret = err_set(e, ERR_NOMEM, "output");
	if (ret == ERR_OK && ftell(b->to) > BATCH_SAID_MAX)
		ret = err_set(e, ERR_LIMIT, "the commands say more than %ld "
		    "bytes: make the batch shorter", BATCH_SAID_MAX);
	b->changed = b->changed || o.changed;
	out_clear(&o);
	b->c.out = &b->out;
	return ret;
}

static int
run_line(struct batch *b, const struct line *ln, struct err *e)
{
	char why[ERR_MSG_MAX];
	struct cmd_line l;
	struct words w;
	int ret;

	ret = line_parse(ln, &w, &l, e);
	if (ret == ERR_OK && w.n > 0 &&
	    (ret = run_command(b, &l, e)) != ERR_OK) {
		memcpy(why, e->msg, sizeof(why));
		ret = err_set(e, ret, "line %zu, %s: %.230s; nothing changed",
		    ln->number, l.cmd->words, why);
		out_result(&b->out, json_pack("{s:I, s:s}", "line",
		    (json_int_t)ln->number, "command", l.cmd->words));
	}
	words_clear(&w);
	return ret;
}

static int
batch_tx(struct db *db, void *arg, struct err *e)
{
	struct batch *b = arg;
	struct lines ls = lines_of(b->text, b->len);
	struct effect ef;
	struct line ln;
	int ret;

	replay_rewind(&b->replay);
	b->changed = false;
	if ((ret = said_start(b, e)) != ERR_OK ||
	    (b->base->dry_run && (ret = effect_begin(&ef, db, e)) != ERR_OK))
		return ret;
	while (ret == ERR_OK && lines_next(&ls, &ln))
		ret = run_line(b, &ln, e);
	if (ret != ERR_OK || !b->base->dry_run)
		return ret;
	b->out.to = b->to;
	ret = effect_tell(&ef, db, &b->out, e);
	b->out.to = stdout;
	b->rehearsed = ret == ERR_OK;
	return ret == ERR_OK ? err_set(e, ERR_REFUSED, "a rehearsal") : ret;
}

/* What the commands said, once it is true. */
static void
say(struct batch *b)
{
	if (fflush(b->to) != 0 || fflush(b->side) != 0)
		b->out.nomem = true;
	if (!b->base->json) {
		if (b->base->dry_run)
			out_text(&b->out, "Dry run, nothing is changed.  The "
			    "commands would say:\n");
		out_puts(&b->out, b->to_buf);
		out_progress(&b->out, "%s", b->side_buf);
		out_text(&b->out, "%zu command%s %s\n", b->commands,
		    b->commands == 1 ? "" : "s",
		    b->base->dry_run ? "rehearsed" : "done");
	}
	out_result(&b->out, json_pack("{s:I, s:O}", "count",
	    (json_int_t)b->commands, "commands", b->list));
}

/* Whatever failed: the transaction is rolled back, unless that is not sure. */
static int
batch_run(struct batch *b, struct err *e)
{
	struct ctl *c = &b->c;
	enum db_result res;
	int ret;

	if ((ret = ctl_begin(c, DB_WRITE, e)) != ERR_OK)
		return ret;
	c->in_group = c->in_batch = true;
	res = db_tx_group(c->node.db, batch_tx, b, e);
	c->in_group = c->in_batch = false;
	ret = b->rehearsed ? ERR_OK : db_result_err(res, e);
	c->exit = ret == ERR_OK || ret == ERR_UNREACHABLE ||
	    ret == ERR_UNKNOWN ? 0 : EXIT_FAILED;
	if (ret == ERR_OK) {
		/* Known once it is committed: the answer may yet be lost. */
		if (b->changed)
			out_changed(&b->out);
		say(b);
	}
	return ret;
}

/* --- reading --- */

static int
read_all(int fd, const char *name, char **text, size_t *len, struct err *e)
{
	struct wr w = wr_init(BATCH_BYTES_MAX);
	char part[65536];
	ssize_t n = 0;

	/* What has no end is left at the bound. */
	while (w.err == ERR_OK && ((n = read(fd, part, sizeof(part))) > 0 ||
	    (n == -1 && errno == EINTR)))
		if (n > 0)
			wr_bytes(&w, part, (size_t)n);
	if (n == -1 && w.err == ERR_OK) {
		wr_clear(&w);
		return err_sys(e, ERR_IO, "%.200s", name);
	}
	if (w.err == ERR_LIMIT) {
		wr_clear(&w);
		return err_set(e, ERR_LIMIT, "%.200s: more than %u bytes: "
		    "split it", name, BATCH_BYTES_MAX);
	}
	if ((*text = (char *)wr_take(&w, len)) == NULL)
		return err_set(e, ERR_NOMEM, "%.200s", name);
	return ERR_OK;
}

static int
read_batch(const char *name, char **text, size_t *len, struct err *e)
{
	int fd, ret;

	if (strcmp(name, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", text, len, e);
	if ((fd = open(name, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO,
		    "%.200s", name);
	ret = read_all(fd, name, text, len, e);
	(void)close(fd);
	return ret;
}

/* All lines parsed, before anything runs. */
static int
check_all(struct batch *b, struct err *e)
{
	struct scan s = { .out = &b->out, .list = json_array() };

	scan_text(&s, b->text, b->len);
	b->commands = s.commands;
	if (s.faults == 0) {
		json_decref(s.list);
		return ERR_OK;
	}
	out_result(&b->out, json_pack("{s:o}", "faults", s.list));
	return err_set(e, ERR_ARG, "%zu line%s cannot be run in a batch%s: "
	    "nothing was run", s.faults, s.faults == 1 ? "" : "s",
	    s.faults > FAULTS_SHOWN ? ", the first are shown" : "");
}

static int
batch(struct batch *b, struct err *e)
{
	char *text = NULL;
	int ret;

	if ((ret = read_batch(b->base->batch, &text, &b->len, e)) != ERR_OK)
		return ret;
	b->text = text;
	if ((ret = check_all(b, e)) == ERR_OK)
		ret = b->commands == 0 ? ERR_OK : batch_run(b, e);
	if (ret == ERR_OK && b->commands == 0) {
		out_text(&b->out, "0 commands done\n");
		out_result(&b->out, json_pack("{s:i, s:[]}", "count", 0,
		    "commands"));
	}
	free(text);
	return ret;
}

int
batch_main(const struct cmd_line *l)
{
	static const struct cmd as_cmd = {
		.words = "batch", .flags = CMD_WRITES,
	};
	struct cmd_line own = *l;
	struct err e = { .code = ERR_OK };
	struct batch b = {
		.base = l, .c = {
			.line = &own, .out = &b.out, .cwdfd = -1,
			.clk = &b.replay.clk, .rng = &b.replay.rng,
		},
	};
	int ret, status;

	own.cmd = &as_cmd;
	if (out_init(&b.out, l->json, stdout, stderr, NULL) != ERR_OK)
		return EXIT_FAILED;
	b.out.dry_run = l->dry_run;
	if ((ret = ctl_prepare(&b.c, &e)) == ERR_OK) {
		replay_init(&b.replay, clock_system(), rng_system());
		ret = batch(&b, &e);
		replay_clear(&b.replay);
	}
	ctl_end(&b.c, NULL);
	status = ctl_status(&b.c, ret);
	if (ret == ERR_OK)
		e.code = ERR_OK;
	status = out_finish(&b.out, "batch", status, &e);
	said_clear(&b);
	out_clear(&b.out);
	return status;
}
