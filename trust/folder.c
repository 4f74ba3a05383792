/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Looking at an administrator's own files, see folder.h.
 *
 * What a look costs is one stat per file: a file is read when its times have
 * changed, or when nothing is known of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "trust/file_open.h"
#include "trust/file_stamp.h"
#include "trust/folder_names.h"
#include "trust/folder_put.h"
#include "trust/render.h"

#define LOOK_BATCHES	10		/* of one look, which takes its time */

struct seen {			/* what is known of a device's file */
	char		 device[DEVICE_NAME_MAX + 1];
	struct stat	 st;
	int64_t		 since_ms;	/* so since then at least */
	int64_t		 gone_ms;	/* away since then; present: 0 */
	bool		 stamped;	/* st holds */
	bool		 judged;	/* ... and the file was */
	bool		 present;
	bool		 done;		/* it is away: nothing more to do */
};

struct folder {
	int			 statefd;	/* borrowed */
	char			 node[NODE_NAME_MAX + 1];
	struct db		*db, *observed;	/* borrowed */
	const struct clock	*clk;
	struct file_roots	*roots;
	struct seen		*seen;		/* in order of device */
	size_t			 n;
	struct folder_names	 found;		/* of the look under way */
	struct folder_batch	 batch;
	int			 nbatches;	/* of the look under way */
	int64_t			 now_ms;
	int64_t			 again_ms;
};

/* --- what is known --- */

/* Both lists are in order: what was known stays known. */
static int
merge(struct folder *f, struct err *e)
{
	struct seen *new = calloc(f->n + f->found.n + 1, sizeof(*new));
	size_t i = 0, j = 0, n = 0;
	int d;

	if (new == NULL)
		return err_set(e, ERR_NOMEM, "files of a folder");
	while (i < f->n || j < f->found.n) {
		d = i == f->n ? 1 : j == f->found.n ? -1 :
		    strcmp(f->seen[i].device, f->found.name[j]);
		if (d <= 0)
			new[n] = f->seen[i++];
		else
			memcpy(new[n].device, f->found.name[j],
			    sizeof(new[n].device));
		new[n].present = d >= 0;
		j += d >= 0;
		n++;
	}
	free(f->seen);
	f->seen = new;
	f->n = n;
	return ERR_OK;
}

/* What this node remembers of before it was started. */
static int
remembered(void *arg, const struct folder_file *rec, struct err *e)
{
	struct folder *f = arg;
	struct seen *s = reallocarray(f->seen, f->n + 1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "files of a folder");
	f->seen = s;
	s[f->n] = (struct seen){ .present = false };
	(void)str_copy(s[f->n++].device, sizeof(s->device), rec->device);
	return ERR_OK;
}

/* --- one file --- */

static void
look_again(struct folder *f, int64_t in_ms)
{
	if (f->again_ms == -1 || in_ms < f->again_ms)
		f->again_ms = in_ms;
}

/* Where an administrator finds it. */
static void
path_of(const struct folder *f, const char *name, const struct stat *st,
    char out[FOLDER_PATH_MAX])
{
	const char *path;
	struct stat at;
	int fd;

	for (size_t i = 0;; i++) {
		fd = file_roots_folder(f->roots, i, &path);
		if (path == NULL)
			break;
		if (fd != -1 && fstatat(fd, name, &at, 0) == 0 &&
		    at.st_dev == st->st_dev && at.st_ino == st->st_ino) {
			(void)snprintf(out, FOLDER_PATH_MAX, "%s/%s", path,
			    name);
			return;
		}
	}
	(void)str_copy(out, FOLDER_PATH_MAX, name);
}

/* Has it been left alone for ms, by what we saw or by its own times? */
static bool
is_settled(const struct folder *f, const struct seen *s, int64_t ms)
{
	int64_t age_ms = clock_wall_ns(clock_file()) / 1000000 -
	    ((int64_t)s->st.st_ctim.tv_sec * 1000 +
	    s->st.st_ctim.tv_nsec / 1000000);

	return f->now_ms - s->since_ms >= ms || age_ms >= 4 * ms;
}

/* The next item, with what is remembered of the device. */
static int
new_item(struct folder *f, const struct seen *s, struct folder_item **out,
    struct err *e)
{
	struct folder_item *it = &f->batch.item[f->batch.n];
	struct err miss = { 0 };
	int ret;

	*it = (struct folder_item){ .modified_at = s->st.st_mtim.tv_sec };
	(void)str_copy(it->rec.device, sizeof(it->rec.device), s->device);
	it->rec.judged_at = f->batch.now;
	ret = observed_folder_get(f->observed, s->device, &it->was, &miss);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	it->had = ret == ERR_OK;
	*out = it;
	return ERR_OK;
}

static int
queue_item(struct folder *f, const struct folder_item *it, struct err *e)
{
	f->batch.n++;
	f->batch.bytes += it->len;
	if (f->batch.n < FOLDER_BATCH && f->batch.bytes < FOLDER_BATCH_BYTES)
		return ERR_OK;
	f->nbatches++;
	return folder_batch_run(&f->batch, f->db, f->observed, e);
}

/* What cannot be read has no digest: the reason and the times stand for it. */
static int
set_bad(struct folder_item *it, const struct stat *st, const char *why,
    struct err *e)
{
	char text[FOLDER_WHY_MAX + 64];

	it->rec.state = FOLDER_BAD;
	if (str_starts(why, it->rec.path))	/* said beside it */
		why += strlen(it->rec.path) + strspn(why +
		    strlen(it->rec.path), ": ");
	str_visible(why, strlen(why), it->rec.why, sizeof(it->rec.why));
	free(it->xml);
	it->xml = NULL;
	if (it->len > 0) {
		it->len = 0;
		return ERR_OK;
	}
	(void)snprintf(text, sizeof(text), "%s %lld %lld", it->rec.why,
	    (long long)st->st_size, (long long)st->st_mtim.tv_sec);
	return digest_buf(DIGEST_SHA256, text, strlen(text), it->rec.sha256,
	    e);
}

/* Fill it with the file's bytes and what is wrong with them (*why). */
static int
read_file(struct folder_item *it, int fd, struct err *why, struct err *e)
{
	char *advice = NULL;
	int ret;

	ret = file_read_fd(fd, it->rec.path, RENDER_XML_MAX, &it->xml,
	    &it->len, why);
	if (ret == ERR_OK && (ret = digest_buf(DIGEST_SHA256, it->xml,
	    it->len, it->rec.sha256, e)) != ERR_OK)
		return ret;
	if (ret == ERR_OK)
		ret = render_check(NULL, it->xml, it->len, it->rec.path,
		    &advice, why);
	free(advice);
	return ret == ERR_NOMEM ? err_set(e, ret, "%s", it->rec.path) :
	    ERR_OK;
}

static bool
unchanged(int fd, const struct stat *st)
{
	struct stat now;

	return fstat(fd, &now) == 0 && file_stamp_equal(&now, st);
}

/* fd is -1 with why when it could not be opened. */
static int
judge(struct folder *f, struct seen *s, int fd, struct err *why,
    struct err *e)
{
	char name[DEVICE_NAME_MAX + sizeof(FOLDER_SUFFIX)];
	struct folder_item *it;
	int ret;

	if ((ret = new_item(f, s, &it, e)) != ERR_OK)
		return ret;
	(void)snprintf(name, sizeof(name), "%s%s", s->device, FOLDER_SUFFIX);
	path_of(f, name, &s->st, it->rec.path);
	if (fd != -1 && (ret = read_file(it, fd, why, e)) != ERR_OK)
		goto drop;
	if (fd != -1 && !unchanged(fd, &s->st)) {
		s->stamped = false;
		look_again(f, FOLDER_SETTLE_MS);
		goto drop;
	}
	if (why->code != ERR_OK && !is_settled(f, s, FOLDER_BAD_MS)) {
		look_again(f, FOLDER_SETTLE_MS);
		goto drop;
	}
	if (why->code != ERR_OK && (ret = set_bad(it, &s->st, why->msg, e)) !=
	    ERR_OK)
		goto drop;
	s->judged = true;
	if ((ret = queue_item(f, it, e)) != ERR_OK)
		s->judged = false;
	return ret;
drop:
	free(it->xml);
	it->xml = NULL;
	return ret;
}

/* Something has that name, whatever it is. */
static bool
is_there(const struct folder *f, const char *name, struct stat *st)
{
	const char *path;
	int fd;

	for (size_t i = 0;; i++) {
		fd = file_roots_folder(f->roots, i, &path);
		if (path == NULL)
			return false;
		if (fd != -1 && fstatat(fd, name, st, AT_SYMLINK_NOFOLLOW) ==
		    0)
			return true;
	}
}

static int
look_at(struct folder *f, struct seen *s, struct err *e)
{
	char name[DEVICE_NAME_MAX + sizeof(FOLDER_SUFFIX)];
	struct err why = { .code = ERR_OK };
	struct stat st = { 0 };
	int fd = -1, ret;

	(void)snprintf(name, sizeof(name), "%s%s", s->device, FOLDER_SUFFIX);
	s->gone_ms = 0;
	s->done = false;
	if (s->judged && file_roots_look(f->roots, name, &st) &&
	    file_stamp_equal(&st, &s->st))
		return ERR_OK;
	ret = file_roots_open(f->roots, name, &fd, &st, &why);
	if (ret == ERR_NOTFOUND) {
		if (!is_there(f, name, &st))
			return ERR_OK;		/* gone since */
		(void)err_set(&why, ERR_REFUSED, "not a file, or a link that "
		    "leads nowhere");
	}
	if (ret == ERR_OK)		/* an earlier root may not have it */
		why = (struct err){ .code = ERR_OK };
	if (!s->stamped || !file_stamp_equal(&st, &s->st)) {
		s->st = st;
		s->since_ms = f->now_ms;
		s->stamped = true;
		s->judged = false;
	}
	ret = ERR_OK;
	if (!s->judged && is_settled(f, s, FOLDER_SETTLE_MS))
		ret = judge(f, s, fd, &why, e);
	else if (!s->judged)
		look_again(f, FOLDER_SETTLE_MS);
	if (fd != -1)
		(void)close(fd);
	return ret;
}

/* Editors remove and write anew: it counts when it stays away. */
static int
look_for(struct folder *f, struct seen *s, struct err *e)
{
	struct folder_item *it;
	int ret;

	s->stamped = s->judged = false;
	if (s->gone_ms == 0)
		s->gone_ms = f->now_ms;
	if (f->now_ms - s->gone_ms < FOLDER_GONE_MS) {
		look_again(f, FOLDER_GONE_MS);
		return ERR_OK;
	}
	if ((ret = new_item(f, s, &it, e)) != ERR_OK)
		return ret;
	it->gone = true;
	memcpy(it->rec.path, it->was.path, sizeof(it->rec.path));
	s->done = true;
	return queue_item(f, it, e);
}

static void
forget(struct folder *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!f->seen[i].done)
			f->seen[n++] = f->seen[i];
	f->n = n;
}

static int
look_at_all(struct folder *f, bool all, struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; i < f->n && ret == ERR_OK; i++) {
		if (f->nbatches == LOOK_BATCHES) {
			look_again(f, 0);
			break;
		}
		if (f->seen[i].present)
			ret = look_at(f, &f->seen[i], e);
		else if (all)
			ret = look_for(f, &f->seen[i], e);
	}
	if (ret == ERR_OK)
		ret = folder_batch_run(&f->batch, f->db, f->observed, e);
	return ret;
}

/* After a failure nothing is sure: all is looked at again. */
static void
start_over(struct folder *f)
{
	folder_batch_clear(&f->batch);
	for (size_t i = 0; i < f->n; i++)
		f->seen[i].judged = f->seen[i].done = false;
}

/* --- all --- */

static int
set_roots(struct folder *f, struct err *e)
{
	char *paths = param_get(f->db, PARAM_TFTP_ROOT, f->node, e);
	int ret;

	if (paths == NULL)
		return e->code;
	ret = file_roots_set(f->roots, paths, e);
	free(paths);
	file_roots_check(f->roots);
	return ret;
}

int
folder_look(struct folder *f, int64_t *again_ms, struct err *e)
{
	struct err why = { .code = ERR_OK };
	bool all;
	int ret;

	f->again_ms = -1;
	f->nbatches = 0;
	f->now_ms = clock_mono_ms(f->clk);
	f->batch.now = clock_wall_s(f->clk);
	if ((ret = set_roots(f, &why)) == ERR_OK &&
	    (ret = folder_names_read(&f->found, f->roots, &all,
	    &why)) == ERR_OK &&
	    (ret = merge(f, &why)) == ERR_OK)
		ret = look_at_all(f, all, &why);
	if (ret != ERR_OK)
		start_over(f);
	forget(f);
	*again_ms = f->again_ms;
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

const char *
folder_root(const struct folder *f, size_t i)
{
	const char *path;

	(void)file_roots_folder(f->roots, i, &path);
	return path;
}

struct folder *
folder_new(int statefd, const char *node, struct db *db, struct db *observed,
    const struct clock *clk, struct err *e)
{
	struct folder *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		(void)err_set(e, ERR_NOMEM, "files of a folder");
		return NULL;
	}
	f->statefd = statefd;
	f->db = db;
	f->observed = observed;
	f->clk = clk;
	f->batch.node = f->node;
	if (!str_copy(f->node, sizeof(f->node), node))
		(void)err_set(e, ERR_ARG, "node name is too long");
	else if ((f->roots = file_roots_new(statefd, e)) != NULL &&
	    observed_folder_each(observed, false, remembered, f, e) == ERR_OK)
		return f;
	folder_free(f);
	return NULL;
}

void
folder_free(struct folder *f)
{
	if (f == NULL)
		return;
	folder_batch_clear(&f->batch);
	file_roots_free(f->roots);
	folder_names_clear(&f->found);
	free(f->seen);
	free(f);
}
