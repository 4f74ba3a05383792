/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Advice about many phones, see phone_advice.h.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/phone_advice.h"

static int
add_row(struct phone_advice *a, const char *text, size_t len, int64_t line,
    int64_t n, struct err *e)
{
	struct phone_advice_row *r = a->row;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (strlen(r[i].text) == len &&
		    memcmp(r[i].text, text, len) == 0) {
			r[i].n += n;
			return ERR_OK;
		}
	if (i == PHONE_ADVICE_MAX) {
		a->more += n;
		return ERR_OK;
	}
	if ((r[i].text = strndup(text, len)) == NULL)
		return err_set(e, ERR_NOMEM, "advice about phones");
	r[i].line = line;
	r[i].n = n;
	a->n++;
	return ERR_OK;
}

int
phone_advice_add(struct phone_advice *a, const char *text, int64_t line,
    struct err *e)
{
	size_t n;
	int ret = ERR_OK;

	for (; ret == ERR_OK && text != NULL && *text != '\0';
	    text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n > 0)
			ret = add_row(a, text, n, line, 1, e);
	}
	return ret;
}

int
phone_advice_merge(struct phone_advice *a, const struct phone_advice *from,
    struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; ret == ERR_OK && i < from->n; i++)
		ret = add_row(a, from->row[i].text, strlen(from->row[i].text),
		    from->row[i].line, from->row[i].n, e);
	a->more += from->more;
	return ret;
}

void
phone_advice_clear(struct phone_advice *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->row[i].text);
	*a = (struct phone_advice){ .n = 0 };
}
