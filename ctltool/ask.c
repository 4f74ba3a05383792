/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Confirmation, see ask.h.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/ask.h"

bool
ask_is_yes(const char *line)
{
	size_t n = strcspn(line, "\r\n");
	char word[8];

	if (n >= sizeof(word))
		return false;
	memcpy(word, line, n);
	word[n] = '\0';
	return str_ieq(word, "y") || str_ieq(word, "yes");
}

int
ask_confirm(struct ctl *c, const char *question, struct err *e)
{
	char line[80];

	if (ctl_is_rehearsal(c) || c->line->yes)
		return ERR_OK;
	c->exit = EXIT_FAILED;
	if (c->in_batch)
		return err_set(e, ERR_REFUSED, "%s asks before it does this, "
		    "and nobody is asked within a batch: add --yes",
		    c->line->cmd->words);
	if (!isatty(STDIN_FILENO))
		return err_set(e, ERR_REFUSED, "%s asks before it does this, "
		    "and there is no terminal: add --yes; nothing changed",
		    c->line->cmd->words);
	(void)fflush(c->out->to);
	(void)fprintf(c->out->side, "%s (y/n):", question);
	(void)fflush(c->out->side);
	if (fgets(line, sizeof(line), stdin) == NULL) {
		(void)fputc('\n', c->out->side);
		line[0] = '\0';
	}
	if (!ask_is_yes(line))
		return err_set(e, ERR_REFUSED, "cancelled: nothing changed");
	c->exit = EXIT_DONE;
	return ERR_OK;
}
