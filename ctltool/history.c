/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The history file, see history.h.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/cmd.h"
#include "ctltool/history.h"
#include "ctltool/words.h"

#define HISTORY_BYTES_MAX	(4u << 20)

static bool
names_secret(const char *option)
{
	static const char *const part[] = {
		"pass", "secret", "-pin", "private-key", "token",
		"authstring", "credential",
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (strcasestr(option, part[i]) != NULL)
			return true;
	return false;
}

/* A word that may be short for an option that takes a secret, or names where
 * one is. */
static bool
short_for_secret(const struct cmd *c, const char *word)
{
	size_t len = strcspn(word, "=");

	for (const struct cmd_arg *a = cmd_args(c); a->name != NULL; a++)
		if (cmd_arg_is_option(a) && strncmp(a->name, word, len) == 0 &&
		    ((a->flags & ARG_SECRET) || names_secret(a->name)))
			return true;
	return false;
}

static bool
takes_secret(const struct words *w)
{
	struct cmd_line l;

	(void)cmd_parse(&l, (int)w->n, w->word, NULL);
	for (size_t i = 0; i < l.nval; i++)
		if (l.val[i].arg->flags & ARG_SECRET)
			return true;
	for (size_t i = 0; l.cmd != NULL && i < w->n; i++)
		if (str_starts(w->word[i], "--") && w->word[i][2] != '\0' &&
		    short_for_secret(l.cmd, w->word[i]))
			return true;
	return false;
}

bool
history_keeps(const char *line)
{
	struct words w;
	bool secret;

	if (*line == ' ' || *line == '\t' || *line == '\0' ||
	    strchr(line, '\n') != NULL)
		return false;
	if (words_partial(&w, line, strlen(line), NULL) != ERR_OK)
		return false;
	secret = takes_secret(&w);
	for (size_t i = 0; i < w.n; i++)
		if (w.word[i][0] == '-' && names_secret(w.word[i]))
			secret = true;
	words_clear(&w);
	return !secret;
}

/* Below $HOME when it is this account's, else below its own home. */
static int
home_open(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;
	struct stat st;

	if (home == NULL || stat(home, &st) == -1 || st.st_uid != geteuid()) {
		if ((pw = getpwuid(geteuid())) == NULL)
			return -1;
		home = pw->pw_dir;
	}
	return open(home, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Keep the newest half of a file that has grown too long. */
static void
trim(int homefd, const char *text, size_t len, size_t lines)
{
	const char *p = text;

	for (size_t i = 0; i < lines - HISTORY_MAX / 2; i++)
		p = strchr(p, '\n') + 1;
	(void)file_replace(homefd, HISTORY_FILE, 0600, p,
	    len - (size_t)(p - text), NULL);
}

void
history_load(history_fn *fn, void *arg)
{
	char *text, *rest, *line;
	size_t len, lines = 0;
	uint8_t *buf;
	int homefd;

	if ((homefd = home_open()) == -1)
		return;
	if (file_read(homefd, HISTORY_FILE, HISTORY_BYTES_MAX, &buf, &len,
	    NULL) != ERR_OK) {
		(void)close(homefd);
		return;
	}
	text = (char *)buf;
	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	if (lines > HISTORY_MAX)
		trim(homefd, text, len, lines);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0' && str_is_utf8(line, strlen(line)))
			fn(arg, line);
	free(buf);
	(void)close(homefd);
}

void
history_add(const char *line)
{
	int homefd, fd;
	struct stat st;
	char *text;

	if ((homefd = home_open()) == -1)
		return;
	fd = openat(homefd, HISTORY_FILE, O_WRONLY | O_CREAT | O_APPEND |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	(void)close(homefd);
	if (fd == -1)
		return;
	/* One that is there already may be open to others. */
	if (fstat(fd, &st) == 0 && (st.st_mode & 077) != 0)
		(void)fchmod(fd, 0600);
	if ((text = str_printf("%s\n", line)) != NULL)
		(void)file_write_all(fd, text, strlen(text), NULL);
	free(text);
	(void)close(fd);
}
