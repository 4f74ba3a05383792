/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines of batches and of the prompt: words, commands, what may follow.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctltool/batch.h"
#include "ctltool/history.h"
#include "ctltool/typed.h"
#include "ctltool/words.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A word quoted is one word again, and the same. */
static void
quote_back(const char *word, char quote)
{
	char *q = words_quote(word, quote), *line;
	struct words w;
	size_t len;

	if (q == NULL || (line = malloc((len = strlen(q)) + 2)) == NULL)
		abort();
	line[0] = quote;
	memcpy(line + (quote != '\0'), q, len);
	len += quote != '\0';
	if (quote != '\0')
		line[len++] = quote;
	/* A word that ends in the bytes of an end of line is quoted, or cut. */
	if (len <= WORDS_LINE_MAX && strpbrk(word, "\r\n") == NULL) {
		if (words_split(&w, line, len, NULL) != ERR_OK || w.n != 1 ||
		    strcmp(w.word[0], word) != 0)
			abort();
		words_clear(&w);
	}
	free(line);
	free(q);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct typed t;
	struct words w;
	char *line;

	(void)batch_check(text, len);
	if (words_split(&w, text, len, NULL) == ERR_OK) {
		for (size_t i = 0; i < w.n; i++) {
			quote_back(w.word[i], '\0');
			quote_back(w.word[i], '"');
		}
		words_drop_help(&w);
		words_clear(&w);
	}
	if (words_partial(&w, text, len, NULL) == ERR_OK) {
		if (w.start > len)
			abort();
		if (typed_sort(&t, w.word, w.n))
			(void)typed_argument(&t);
		words_clear(&w);
	}
	if ((line = strndup(text, len)) == NULL)
		abort();
	(void)history_keeps(line);
	free(line);
	return 0;
}
