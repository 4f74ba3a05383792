/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers in memory, see held.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "tftpd/held.h"

#define NBUCKETS	256	/* by the first byte of a digest */

struct held_answer {
	LIST_ENTRY(held_answer)	 entry;
	struct held		*held;
	struct file_answer	 a;
	size_t			 refs;
};

LIST_HEAD(bucket, held_answer);

struct held {
	struct bucket	answers[NBUCKETS];	/* zeroed: empty */
	size_t		large, max;		/* bytes */
};

struct held *
held_new(size_t max, struct err *e)
{
	struct held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		(void)err_set(e, ERR_NOMEM, "answers");
	else
		h->max = max;
	return h;
}

void
held_free(struct held *h)
{
	free(h);
}

static size_t
counted(const struct file_answer *a)
{
	return a->len > HELD_SMALL ? (size_t)a->len : 0;
}

static struct held_answer *
find(struct held *h, const struct file_answer *a)
{
	struct held_answer *ha;

	LIST_FOREACH(ha, &h->answers[a->version[0]], entry)
		if (ha->a.len == a->len && memcmp(ha->a.version, a->version,
		    sizeof(a->version)) == 0)
			return ha;
	return NULL;
}

static int
add_new(struct held *h, struct file_answer *a, struct held_answer **out,
    struct err *e)
{
	struct held_answer *ha;

	if (counted(a) > h->max - h->large)
		return err_set(e, ERR_BUSY, "%s: large answers under way "
		    "fill %zu bytes of memory, at most %zu are taken: ask "
		    "again when some are over", a->name.full, h->large,
		    h->max);
	if ((ha = calloc(1, sizeof(*ha))) == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	*ha = (struct held_answer){ .held = h, .a = *a, .refs = 1 };
	h->large += counted(a);
	LIST_INSERT_HEAD(&h->answers[a->version[0]], ha, entry);
	a->fd = -1;		/* ha's now, as is blob */
	a->blob = NULL;
	*out = ha;
	return ERR_OK;
}

int
held_add(struct held *h, struct file_answer *a, struct held_answer **ha,
    struct err *e)
{
	int ret = ERR_OK;

	if ((*ha = find(h, a)) != NULL)
		(*ha)->refs++;
	else
		ret = add_new(h, a, ha, e);
	if (ret == ERR_OK)
		file_answer_clear(a);
	return ret;
}

const uint8_t *
held_body(const struct held_answer *ha)
{
	return ha->a.body;
}

void
held_release(void *held_answer)
{
	struct held_answer *ha = held_answer;

	if (--ha->refs > 0)
		return;
	LIST_REMOVE(ha, entry);
	ha->held->large -= counted(&ha->a);
	file_answer_clear(&ha->a);
	free(ha);
}
