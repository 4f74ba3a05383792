/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * file get, dump, search and tail tftp.
 */
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "crypt/digest.h"
#include "ctltool/asked.h"
#include "ctltool/file_walk.h"

#define CHUNK		(1u << 20)
#define DUMP_DEFAULT	4096
#define DUMP_MAX	(1u << 20)
#define DUMP_LINE	16
#define TAIL_DEFAULT	10
#define TAIL_MAX	10000
#define SEARCH_FILE_MAX	(4u << 20)	/* bytes of a file looked through */
#define SEARCH_MATCHES_MAX	10000

/* The number of an option, or what holds without it. */
static int
number(struct ctl *c, const char *option, int64_t min, int64_t max,
    int64_t otherwise, int64_t *v, struct err *e)
{
	const char *s = cmd_get(c->line, option);

	*v = otherwise;
	if (s == NULL || str_to_i64(s, min, max, v, NULL) == ERR_OK)
		return ERR_OK;
	return err_set(e, ERR_ARG, "%s takes a number from %lld to %lld",
	    option, (long long)min, (long long)max);
}

/* --- get --- */

static int
copy_to(const struct asked *k, int fd, struct digest *d, struct err *e)
{
	uint64_t at = 0;
	uint8_t *buf;
	size_t len;
	int ret;

	do {
		if ((ret = asked_read(k, at, CHUNK, &buf, &len, e)) != ERR_OK)
			return ret;
		if ((ret = digest_update(d, buf, len, e)) == ERR_OK)
			ret = file_write_all(fd, buf, len, e);
		free(buf);
		at += len;
	} while (ret == ERR_OK && len > 0);
	if (ret == ERR_OK && at != k->a.len)
		return err_set(e, ERR_IO, "%.80s changed while it was copied: "
		    "do it again", k->a.name.full);
	return ret;
}

/* Never over a file that is there; nothing is left of a copy that failed.  A
 * phone's configuration may carry passwords: the copy is the caller's alone. */
static int
copy_file(struct ctl *c, const struct asked *k, const char *to,
    uint8_t sha[DIGEST_MAX], struct err *e)
{
	struct digest *d = NULL;
	int fd, ret;

	fd = openat(c->cwdfd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (fd == -1)
		return err_sys(e, ERR_IO, "%.200s (give another name with "
		    "--to)", to);
	if ((d = digest_new(DIGEST_SHA256, e)) == NULL)
		ret = e->code;
	else if ((ret = copy_to(k, fd, d, e)) == ERR_OK &&
	    (ret = digest_final(d, sha, e)) == ERR_OK && fsync(fd) == -1)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	digest_free(d);
	if (close(fd) == -1 && ret == ERR_OK)
		ret = err_sys(e, ERR_IO, "%.200s", to);
	if (ret != ERR_OK)
		(void)unlinkat(c->cwdfd, to, 0);
	return ret;
}

/* The last part of the name, where nothing else is said. */
static const char *
target(struct ctl *c, const struct asked *k)
{
	const char *to = cmd_get(c->line, "--to");
	const char *slash = strrchr(k->a.name.full, '/');

	if (to != NULL)
		return to;
	return slash != NULL ? slash + 1 : k->a.name.full;
}

int
cmd_file_get(struct ctl *c, struct err *e)
{
	uint8_t sha[DIGEST_MAX] = { 0 };
	char vis[OUT_VIS_MAX];
	struct asked k;
	int ret;

	if ((ret = asked_open(&k, c, e)) != ERR_OK)
		goto out;
	if (!ctl_is_rehearsal(c) &&
	    (ret = copy_file(c, &k, target(c, &k), sha, e)) != ERR_OK)
		goto out;
	if (!ctl_is_rehearsal(c))
		out_changed(c->out);
	out_text(c->out, "%s: %llu bytes\n", out_vis(target(c, &k), vis),
	    (unsigned long long)k.a.len);
	out_result(c->out, json_pack("{s:o, s:s, s:I, s:o, s:o}", "name",
	    out_str(k.a.name.full), "kind", file_kind_name(k.a.name.kind),
	    "bytes", (json_int_t)k.a.len, "to", out_str(target(c, &k)),
	    "sha256", ctl_is_rehearsal(c) ? json_null() :
	    out_hex(sha, DIGEST_SHA256_LEN)));
out:
	asked_close(&k);
	return ret;
}

/* --- dump --- */

static void
dump_line(struct out *o, uint64_t offset, const uint8_t *p, size_t n)
{
	char hex[3 * DUMP_LINE + 2] = "", text[DUMP_LINE + 1] = "";
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		at += (size_t)snprintf(hex + at, sizeof(hex) - at, "%s%02x",
		    i == DUMP_LINE / 2 ? "  " : " ", p[i]);
		text[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	}
	out_text(o, "%08llx %-*s  %s\n", (unsigned long long)offset,
	    3 * DUMP_LINE + 1, hex, text);
}

int
cmd_file_dump(struct ctl *c, struct err *e)
{
	int64_t offset, max;
	struct asked k = { .a.fd = -1 };
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	if ((ret = number(c, "--offset", 0, INT64_MAX, 0, &offset, e)) !=
	    ERR_OK || (ret = number(c, "--bytes", 1, DUMP_MAX, DUMP_DEFAULT,
	    &max, e)) != ERR_OK)
		return ret;
	if ((ret = asked_open(&k, c, e)) != ERR_OK ||
	    (ret = asked_read(&k, (uint64_t)offset, (size_t)max, &buf, &len,
	    e)) != ERR_OK)
		goto out;
	for (size_t i = 0; i < len; i += DUMP_LINE)
		dump_line(c->out, (uint64_t)offset + i, buf + i,
		    len - i < DUMP_LINE ? len - i : DUMP_LINE);
	if ((uint64_t)offset + len < k.a.len)
		out_warn(c->out, "%llu bytes follow: --offset %llu shows them",
		    (unsigned long long)(k.a.len - (uint64_t)offset - len),
		    (unsigned long long)offset + len);
	out_result(c->out, json_pack("{s:o, s:I, s:I, s:o}", "name",
	    out_str(k.a.name.full), "bytes", (json_int_t)k.a.len,
	    "offset", (json_int_t)offset, "hex", out_hex(buf, len)));
out:
	free(buf);
	asked_close(&k);
	return ret;
}

/* --- tail --- */

/* The start of the last n lines. */
static const char *
last_lines(const char *text, size_t len, int64_t n)
{
	const char *p = text + len;

	if (p > text && p[-1] == '\n')
		p--;
	while (p > text && (p[-1] != '\n' || --n > 0))
		p--;
	return p;
}

int
cmd_file_tail(struct ctl *c, struct err *e)
{
	struct asked k = { .a.fd = -1 };
	const char *from;
	uint8_t *buf = NULL;
	uint64_t start;
	int64_t lines;
	size_t len = 0;
	int ret;

	if ((ret = number(c, "--lines", 1, TAIL_MAX, TAIL_DEFAULT, &lines,
	    e)) != ERR_OK)
		return ret;
	if ((ret = asked_open(&k, c, e)) != ERR_OK)
		goto out;
	start = k.a.len > CHUNK ? k.a.len - CHUNK : 0;
	if ((ret = asked_read(&k, start, CHUNK, &buf, &len, e)) != ERR_OK)
		goto out;
	from = last_lines((const char *)buf, len, lines);
	len -= (size_t)(from - (const char *)buf);
	if (!asked_is_text((const uint8_t *)from, len)) {
		ret = err_set(e, ERR_REFUSED, "%.80s is not text: %s",
		    k.a.name.full, asked_advice(&k.a.name));
		goto out;
	}
	out_text(c->out, "%s%s", from, len > 0 && from[len - 1] != '\n' ?
	    "\n" : "");
	out_result(c->out, json_pack("{s:o, s:I, s:s}", "name",
	    out_str(k.a.name.full), "bytes", (json_int_t)k.a.len, "text",
	    from));
out:
	free(buf);
	asked_close(&k);
	return ret;
}

/* --- search --- */

struct search {
	struct ctl	*c;
	struct file_roots *roots;
	regex_t		 re;
	json_t		*matches;
	int64_t		 nfile, nmatch, nskipped;
};

static void
search_line(struct search *s, const char *name, int64_t no, char *line)
{
	char vis[OUT_VIS_MAX], vis2[OUT_VIS_MAX];

	if (regexec(&s->re, line, 0, NULL, 0) != 0)
		return;
	s->nmatch++;
	out_text(s->c->out, "%s:%lld:%s\n", out_vis(name, vis),
	    (long long)no, out_vis(line, vis2));
	if (json_array_append_new(s->matches, json_pack("{s:o, s:I, s:o}",
	    "name", out_str(name), "line", (json_int_t)no, "text",
	    out_str(line))) != 0)
		s->c->out->nomem = true;
}

static void
search_text(struct search *s, const char *name, char *text)
{
	char *line, *rest = text;

	for (int64_t no = 1; (line = strsep(&rest, "\n")) != NULL &&
	    s->nmatch < SEARCH_MATCHES_MAX; no++) {
		if (line[0] != '\0' && line[strlen(line) - 1] == '\r')
			line[strlen(line) - 1] = '\0';
		if (rest != NULL || line[0] != '\0')
			search_line(s, name, no, line);
	}
}

/* What cannot be read or is no text is counted, not an error. */
static void
search_file(struct search *s, const struct file_entry *f)
{
	struct err e = { 0 };
	uint8_t *buf = NULL;
	size_t len;
	int fd;

	if (file_walk_open(s->roots, f->name, &fd, &e) != ERR_OK) {
		s->nskipped++;
		return;
	}
	if (file_read_fd(fd, f->name, SEARCH_FILE_MAX, &buf, &len, NULL) ==
	    ERR_OK && asked_is_text(buf, len)) {
		s->nfile++;
		search_text(s, f->name, (char *)buf);
	} else
		s->nskipped++;
	free(buf);
	(void)close(fd);
}

static int
search_compile(struct search *s, const char *expr, struct err *e)
{
	char why[120];
	int rc = regcomp(&s->re, expr, REG_EXTENDED | REG_NOSUB);

	if (rc == 0)
		return ERR_OK;
	(void)regerror(rc, &s->re, why, sizeof(why));
	return err_set(e, ERR_ARG, "\"%.80s\" is not a regular expression: "
	    "%s", expr, why);
}

int
cmd_file_search(struct ctl *c, struct err *e)
{
	struct search s = { .c = c };
	struct file_walk w = { .n = 0 };
	int ret;

	if ((ret = search_compile(&s, cmd_get(c->line, "EXPRESSION"), e)) !=
	    ERR_OK)
		return ret;
	s.matches = json_array();
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = file_walk_roots(c, &s.roots, e)) != ERR_OK ||
	    (ret = file_walk(&w, c, cmd_get(c->line, "PATTERN"), e)) !=
	    ERR_OK)
		goto out;
	for (size_t i = 0; i < w.n; i++)
		search_file(&s, &w.entry[i]);
	if (s.nmatch == SEARCH_MATCHES_MAX)
		out_warn(c->out, "only the first %d lines are shown: narrow "
		    "the pattern", SEARCH_MATCHES_MAX);
	if (s.nskipped > 0)
		out_warn(c->out, "%lld files are not text, larger than %u MiB "
		    "or not readable", (long long)s.nskipped,
		    SEARCH_FILE_MAX >> 20);
	out_result(c->out, json_pack("{s:O, s:I, s:I}", "matches", s.matches,
	    "files", (json_int_t)s.nfile, "skipped",
	    (json_int_t)s.nskipped));
out:
	file_walk_clear(&w);
	file_roots_free(s.roots);
	json_decref(s.matches);
	regfree(&s.re);
	return ret;
}
