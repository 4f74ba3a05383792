/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file verify tftp: what came signed by its maker.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/file_walk.h"
#include "trust/explain.h"
#include "trust/file_open.h"
#include "trust/files.h"
#include "trust/image.h"

struct verify {
	struct ctl		*c;
	struct file_roots	*roots;
	json_t			*files;
	int64_t			 checked, bad;
	char			 first_bad[80];
};

struct verdict {
	const char	*word;		/* for programs */
	bool		 bad;
	char		 why[320];
};

static void
judge(struct verdict *v, const char *word, bool bad, const char *why)
{
	v->word = word;
	v->bad = bad;
	(void)str_copy(v->why, sizeof(v->why), why);
}

/* A signer of this cluster can be checked to the last byte. */
static bool
judge_ours(struct verify *y, struct verdict *v, const char *name, int fd)
{
	uint8_t *buf = NULL;
	struct explain ex;
	bool ours = false;
	size_t len;

	if (file_read_fd(fd, name, SIGNED_FILE_MAX, &buf, &len, NULL) ==
	    ERR_OK && explain_bytes(&ex, y->c->node.db, buf, len, NULL) ==
	    ERR_OK) {
		ours = ex.unit[0] != '\0';
		if (ours)
			judge(v, ex.verdict == EXPLAIN_VERIFIED ? "verified" :
			    "broken", ex.verdict != EXPLAIN_VERIFIED, ex.why);
		explain_clear(&ex);
	}
	free(buf);
	return ours;
}

static int
judge_file(struct verify *y, struct verdict *v, const char *name, int fd,
    struct err *e)
{
	uint8_t *head = NULL;
	struct image im;
	int ret;

	if ((ret = image_check_fd(&im, name, fd, &head, e)) != ERR_OK)
		return ret;
	switch (im.verdict) {
	case IMAGE_NONE:
		judge(v, "plain", false, "not signed by a maker; signed here "
		    "when a phone asks for it as .sgn");
		break;
	case IMAGE_BAD:
		judge(v, "bad", true, im.why);
		break;
	case IMAGE_SOUND:
		if (!judge_ours(y, v, name, fd))
			judge(v, "sound", false, "the header is whole; the "
			    "signature is its maker's, whose certificate is "
			    "not here, and was not checked");
		break;
	}
	free(head);
	return ERR_OK;
}

static void
report_file(struct verify *y, const char *name, const struct verdict *v)
{
	char vis[OUT_VIS_MAX], why[OUT_VIS_MAX];

	y->checked++;
	if (v->bad && y->bad++ == 0)
		str_visible(name, strlen(name), y->first_bad,
		    sizeof(y->first_bad));
	out_text(y->c->out, "%-8s  %s: %s\n", v->word, out_vis(name, vis),
	    out_vis(v->why, why));
	if (json_array_append_new(y->files, json_pack("{s:o, s:s, s:o}",
	    "name", out_str(name), "verdict", v->word, "why",
	    out_str(v->why))) != 0)
		y->c->out->nomem = true;
}

static int
verify_one(struct verify *y, const char *name, struct err *e)
{
	struct verdict v = { .word = "plain" };
	struct file_name n;
	int fd, ret;

	if ((ret = file_name_parse(&n, name, strlen(name), e)) != ERR_OK ||
	    (ret = file_walk_open(y->roots, n.full, &fd, e)) != ERR_OK)
		return ret;
	if ((ret = judge_file(y, &v, n.full, fd, e)) == ERR_OK)
		report_file(y, n.full, &v);
	(void)close(fd);
	return ret;
}

/* Images only: of what is signed here on demand there is nothing to say. */
static int
verify_all(struct verify *y, struct err *e)
{
	struct err why = { 0 };
	struct file_walk w;
	int ret = file_walk(&w, y->c, NULL, e);

	for (size_t i = 0; ret == ERR_OK && i < w.n; i++) {
		if (!image_is(w.entry[i].name))
			continue;
		if (verify_one(y, w.entry[i].name, &why) != ERR_OK)
			out_warn(y->c->out, "%.80s: not looked at: %s",
			    w.entry[i].name, why.msg);
	}
	file_walk_clear(&w);
	if (ret == ERR_OK)
		out_text(y->c->out, "files: found = %lld, bad = %lld\n",
		    (long long)y->checked, (long long)y->bad);
	return ret;
}

int
cmd_file_verify(struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct verify y = { .c = c, .files = json_array() };
	bool all = cmd_has(c->line, "--all");
	int ret;

	if (all == (name != NULL)) {
		c->exit = EXIT_USAGE;
		ret = err_set(e, ERR_ARG, "file verify tftp takes a NAME, or "
		    "--all");
		goto out;
	}
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = file_walk_roots(c, &y.roots, e)) != ERR_OK)
		goto out;
	ret = all ? verify_all(&y, e) : verify_one(&y, name, e);
	if (ret == ERR_OK)
		out_result(c->out, json_pack("{s:O, s:I, s:I}", "files",
		    y.files, "checked", (json_int_t)y.checked, "bad",
		    (json_int_t)y.bad));
	if (ret == ERR_OK && y.bad > 0)
		ret = err_set(e, ERR_VERIFY, "%s: no phone takes it%s",
		    y.first_bad, y.bad > 1 ? ", nor others named above" :
		    "");
out:
	file_roots_free(y.roots);
	json_decref(y.files);
	return ret;
}
