/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines of commands, see shell.h.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/batch.h"
#include "ctltool/complete.h"
#include "ctltool/ctl.h"
#include "ctltool/follow.h"
#include "ctltool/history.h"
#include "ctltool/prompt.h"
#include "ctltool/shell.h"
#include "ctltool/typed.h"
#include "ctltool/words.h"

#define FILES_MAX	1000	/* names offered at once */

struct shell {
	const struct cmd_line	*base;		/* ctltool's own options */
	int			 cwdfd;
	size_t			 line;		/* number of the current one */
	bool			 prompt;	/* typed at a terminal */
	bool			 no_pager, leave;
	int			 status;	/* of the last that failed */
};

bool
shell_wanted(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* --- one line --- */

static void
inherit(const struct shell *s, struct cmd_line *l)
{
	const struct cmd_line *b = s->base;

	if (l->state == NULL)
		l->state = b->state;
	if (l->time_offset == NULL)
		l->time_offset = b->time_offset;
	l->json = l->json || b->json;
	l->yes = l->yes || b->yes;
	l->dry_run = l->dry_run || b->dry_run;
	l->no_pager = l->no_pager || b->no_pager || s->no_pager;
}

/* In the child: what follows standard input is not this command's. */
static void __attribute__((noreturn))
run_child(const struct shell *s, struct cmd_line *l, int ret, struct err *e)
{
	int fd, status;

	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	if (!s->prompt && (fd = open("/dev/null", O_RDONLY)) != -1)
		(void)dup2(fd, STDIN_FILENO);
	status = ret == ERR_OK && l->batch != NULL && !l->help &&
	    !l->version ? batch_main(l) : ctl_one(l, ret, e);
	(void)fflush(stdout);
	(void)fflush(stderr);
	_exit(status);		/* exit() would rewind a file on stdin */
}

/* As a process of its own, which alone hears Ctrl-C; its exit status. */
static int
run_apart(const struct shell *s, struct cmd_line *l, int ret, struct err *e)
{
	void (*intr)(int), (*quit)(int);
	int status;
	pid_t pid;

	(void)fflush(stdout);
	(void)fflush(stderr);
	intr = signal(SIGINT, SIG_IGN);
	quit = signal(SIGQUIT, SIG_IGN);
	if ((pid = fork()) == 0)
		run_child(s, l, ret, e);
	if (pid == -1 || waitpid(pid, &status, 0) == -1) {
		perror("ctltool");
		status = EXIT_FAILED << 8;
	}
	(void)signal(SIGINT, intr);
	(void)signal(SIGQUIT, quit);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* Commands on the prompt itself; false: it is none. */
static bool
run_own(struct shell *s, const struct cmd_line *l)
{
	const struct cmd *c = l->cmd;

	if (c == NULL || !(c->flags & CMD_PROMPT) || l->help || l->version)
		return false;
	if (c->fn == cmd_exit) {
		s->leave = true;
	} else if (c->fn == cmd_pagination) {
		s->no_pager = str_ieq(cmd_get(l, "MODE"), "off");
	} else {
		return false;
	}
	return true;
}

static int
run_words(struct shell *s, struct words *w)
{
	struct err e = { .code = ERR_OK };
	struct cmd_line l;
	int ret;

	ret = cmd_parse(&l, (int)w->n, w->word, &e);
	inherit(s, &l);
	if (ret == ERR_OK && run_own(s, &l))
		return EXIT_DONE;
	return run_apart(s, &l, ret, &e);
}

static void
tell_follow(struct words *w)
{
	struct out o;
	bool last;

	/* "show i?" asks about a word, "show ?" about the next one. */
	last = strlen(w->word[w->n - 1]) > 1;
	words_drop_help(w);
	if (out_init(&o, false, stdout, stderr, NULL) != ERR_OK)
		return;
	follow_tell(&o, w->word, last ? w->n - 1 : w->n,
	    last ? w->word[w->n - 1] : "");
	out_clear(&o);
	(void)fflush(stdout);
}

static void
failed(struct shell *s, int status)
{
	s->status = status;
	if (s->prompt)
		(void)fprintf(stderr, "exit %d\n", status);
	else
		(void)fprintf(stderr, "ctltool: line %zu: exit %d\n", s->line,
		    status);
}

static void
run_line(struct shell *s, const char *text, size_t len)
{
	struct err e = { .code = ERR_OK };
	struct words w;
	int status = EXIT_DONE;

	if (words_split(&w, text, len, &e) != ERR_OK) {
		(void)fprintf(stderr, "ctltool: %s\n", e.msg);
		failed(s, EXIT_USAGE);
		return;
	}
	if (w.help)
		tell_follow(&w);
	else if (w.n > 0)
		status = run_words(s, &w);
	if (status != EXIT_DONE)
		failed(s, status);
	words_clear(&w);
}

/* --- what the prompt asks for --- */

/* What could drive the terminal that shows it is left to be typed. */
static bool
may_show(const char *name)
{
	char vis[4 * NAME_MAX + 1];

	str_visible(name, strlen(name), vis, sizeof(vis));
	return strcmp(name, vis) == 0;
}

void
shell_files(FILE *out, const char *last, size_t at, bool only_folders)
{
	const char *base = strrchr(last + at, '/'), *name;
	char dir[4096] = ".";
	struct dirent *d;
	struct stat st;
	size_t n = 0;
	DIR *dp;

	base = base != NULL ? base + 1 : last + at;
	if ((size_t)(base - last) >= sizeof(dir))
		return;
	if (base > last + at)
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    (int)(base - last - (ptrdiff_t)at), last + at);
	if ((dp = opendir(dir)) == NULL)
		return;
	while ((d = readdir(dp)) != NULL && n < FILES_MAX) {
		name = d->d_name;
		if (!str_starts(name, base) || !may_show(name) ||
		    (name[0] == '.' && base[0] != '.'))
			continue;
		if (fstatat(dirfd(dp), name, &st, 0) == -1 ||
		    (only_folders && !S_ISDIR(st.st_mode)))
			continue;
		(void)fprintf(out, "%.*s%s%s\n", (int)(base - last), last,
		    name, S_ISDIR(st.st_mode) ? "/" : "");
		n++;
	}
	(void)closedir(dp);
}

/* Candidates, with names in place of "@file". */
static char *
with_files(char *text, const char *last)
{
	char *buf = NULL, *rest = text, *line;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&buf, &len)) == NULL)
		return text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strcmp(line, "@file") == 0 || strcmp(line, "@folder") == 0)
			shell_files(f, last, str_starts(last, "--") ?
			    strcspn(last, "=") + 1 : 0, line[2] == 'o');
		else if (*line != '\0')
			(void)fprintf(f, "%s\n", line);
	}
	(void)fclose(f);
	free(text);
	return buf;
}

static char *
complete(void *arg, const char *line, size_t len)
{
	const struct shell *s = arg;
	const char *last;
	char *text = NULL;
	size_t textlen;
	struct words w;
	struct out o;
	FILE *f;

	if (words_partial(&w, line, len, NULL) != ERR_OK)
		return NULL;
	last = w.open ? w.word[--w.n] : "";
	if ((f = open_memstream(&text, &textlen)) != NULL) {
		if (out_init(&o, false, f, f, NULL) == ERR_OK) {
			complete_words(&o, s->base->state, w.word, w.n, last);
			out_clear(&o);
		}
		(void)fclose(f);
	}
	/* Opening a state has moved the process there. */
	if (fchdir(s->cwdfd) == 0 && text != NULL)
		text = with_files(text, last);
	words_clear(&w);
	return text;
}

static void
help(void *arg, const char *line, size_t len)
{
	struct words w;
	struct out o;

	(void)arg;
	if (words_partial(&w, line, len, NULL) != ERR_OK)
		return;
	if (out_init(&o, false, stdout, stderr, NULL) == ERR_OK) {
		if (w.open)
			follow_tell(&o, w.word, w.n - 1, w.word[w.n - 1]);
		else
			follow_tell(&o, w.word, w.n, "");
		out_clear(&o);
	}
	words_clear(&w);
}

static int
prompt_loop(struct shell *s)
{
	static const struct prompt_ops ops = {
		.complete = complete, .help = help,
	};
	struct err e = { .code = ERR_OK };
	struct prompt *p;
	const char *line;

	(void)setlocale(LC_CTYPE, "");	/* what is typed may be UTF-8 */
	if ((p = prompt_new(SHELL_PROMPT, &ops, s, &e)) == NULL) {
		(void)fprintf(stderr, "ctltool: %s\n", e.msg);
		return EXIT_FAILED;
	}
	/* Ctrl-C between two lines ends nothing. */
	(void)signal(SIGINT, SIG_IGN);
	while (!s->leave && (line = prompt_line(p)) != NULL) {
		s->line++;
		if (line[strspn(line, " \t")] == '\0')
			continue;
		if (history_keeps(line)) {
			prompt_remember(p, line);
			history_add(line);
		}
		run_line(s, line, strlen(line));
	}
	if (!s->leave)
		(void)putchar('\n');
	prompt_free(p);
	return s->status;
}

/* --- without a terminal --- */

/* A line with its end; what is longer than a line may be is cut and shows
 * as too long.  False at the end. */
static bool
read_line(char buf[WORDS_LINE_MAX + 3], size_t *len)
{
	int c;

	*len = 0;
	while ((c = getc_unlocked(stdin)) != EOF) {
		if (*len < WORDS_LINE_MAX + 3)
			buf[(*len)++] = (char)c;
		if (c == '\n')
			break;
	}
	return *len > 0;
}

static int
lines_loop(struct shell *s)
{
	static char buf[WORDS_LINE_MAX + 3];
	size_t len, skip;

	while (!s->leave && read_line(buf, &len)) {
		skip = s->line++ == 0 && len >= 3 &&
		    memcmp(buf, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
		run_line(s, buf + skip, len - skip);
	}
	return s->status;
}

int
shell_main(const struct cmd_line *l)
{
	struct shell s = { .base = l, .no_pager = l->no_pager };
	int status;

	s.cwdfd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s.cwdfd == -1) {
		perror("ctltool: the folder it was called in");
		return EXIT_FAILED;
	}
	s.prompt = shell_wanted();
	status = s.prompt ? prompt_loop(&s) : lines_loop(&s);
	(void)close(s.cwdfd);
	return status;
}

/* --- the commands, where there is no prompt to act on --- */

int
cmd_shell(struct ctl *c, struct err *e)
{
	(void)c;
	return err_set(e, ERR_ARG, "the prompt is open already");
}

int
cmd_exit(struct ctl *c, struct err *e)
{
	return err_set(e, ERR_ARG, "%s is for the prompt that \"ctltool "
	    "shell\" opens", c->line->cmd->words);
}

int
cmd_pagination(struct ctl *c, struct err *e)
{
	(void)e;
	out_text(c->out, "Holds until the prompt is left; here there is none "
	    "(--no-pager is for one command)\n");
	out_result(c->out, json_pack("{s:s}", "pagination",
	    cmd_get(c->line, "MODE")));
	return ERR_OK;
}
