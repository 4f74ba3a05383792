/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Where bundles lie, see bulk_place.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "ctltool/bulk_place.h"
#include "ctltool/secret_in.h"
#include "net/transfer.h"
#include "trust/anchors.h"
#include "trust/anchors_peer.h"

#define NAME_CHARS	"abcdefghijklmnopqrstuvwxyz0123456789" \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"

/* --- servers --- */

/* What a server is asked with. */
struct server {
	struct anchors_loop	*anchors;
	struct anchors_peer	 peer;
	struct transfer		 t;
};

static int
server_init(struct server *s, struct ctl *c, const char *url, struct err *e)
{
	const char *from = cmd_get(c->line, "--password-file");
	const struct secret *password;
	int ret;

	*s = (struct server){ .t = { .url = url, .max = BUNDLE_FILE_MAX,
	    .host_key = cmd_get(c->line, "--host-key") } };
	if (from != NULL) {
		if ((ret = secret_in_once(c, from, "password",
		    &password, e)) != ERR_OK)
			return ret;
		s->t.password = (const char *)password->buf;
	}
	if (!str_starts(url, "https://"))
		return ERR_OK;
	if ((s->anchors = anchors_once(c->node.db, c->clk, e)) == NULL)
		return e->code;
	anchors_peer_init(&s->peer, anchors_now(s->anchors),
	    ANCHORS_BIT(TRUST_HTTPS), VERIFY_TLS_SERVER);
	s->t.trust = &s->peer.fetch;
	return ERR_OK;
}

static void
server_clear(struct server *s)
{
	anchors_loop_free(s->anchors);
}

/* http and https: by net/fetch, which knows no accounts. */
static int
get_http(struct server *s, uint8_t **buf, size_t *len, struct err *e)
{
	const struct fetch_opts o = { .max = BUNDLE_FILE_MAX,
	    .trust = s->t.trust };
	struct fetch_url u;
	int ret;

	if ((ret = fetch_url_parse(&u, s->t.url, e)) != ERR_OK)
		return ret;
	return fetch_file(u.scheme, u.host, u.port, u.name, &o, buf, len, e);
}

static int
get_url(struct ctl *c, const char *url, uint8_t **buf, size_t *len,
    struct err *e)
{
	struct server s;
	int ret;

	if ((ret = server_init(&s, c, url, e)) == ERR_OK)
		ret = str_starts(url, "sftp://") ?
		    transfer_get(&s.t, buf, len, e) :
		    get_http(&s, buf, len, e);
	server_clear(&s);
	return ret;
}

/* --- names of a folder --- */

struct names {
	char	*name[BULK_FILES_MAX];
	size_t	 n;
};

static int
add_name(struct names *l, const char *name, struct err *e)
{
	if (!str_ends(name, BULK_SUFFIX) ||
	    name[strspn(name, NAME_CHARS)] != '\0')
		return ERR_OK;
	if (l->n == BULK_FILES_MAX)
		return err_set(e, ERR_LIMIT, "more than %d bundles in one "
		    "folder", BULK_FILES_MAX);
	if ((l->name[l->n] = strdup(name)) == NULL)
		return err_set(e, ERR_NOMEM, "bundles");
	l->n++;
	return ERR_OK;
}

static void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
list_local(struct ctl *c, const char *place, struct names *l, struct err *e)
{
	int fd = openat(c->cwdfd, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	const struct dirent *de;
	int ret = ERR_OK;

	if (d == NULL) {
		ret = err_sys(e, ERR_IO, "%.200s", place);
		if (fd != -1)
			(void)close(fd);
		return ret;
	}
	while (ret == ERR_OK && (de = readdir(d)) != NULL)
		ret = add_name(l, de->d_name, e);
	(void)closedir(d);
	return ret;
}

static int
list_url(struct ctl *c, const char *place, struct names *l, struct err *e)
{
	char *text = NULL, *rest, *name;
	struct server s;
	int ret;

	if ((ret = server_init(&s, c, place, e)) == ERR_OK)
		ret = transfer_list(&s.t, &text, e);
	server_clear(&s);
	rest = text;
	while (ret == ERR_OK && (name = strsep(&rest, "\r\n")) != NULL)
		ret = add_name(l, name, e);
	free(text);
	return ret;
}

/* --- reading --- */

/* Before it could be shown in any message. */
static int
check_place(const char *place, struct err *e)
{
	const char *host, *at;
	size_t n;

	if (!transfer_is_url(place))
		return ERR_OK;
	host = strstr(place, "://") + 3;
	n = strcspn(host, "/");
	at = memrchr(host, '@', n);
	if (at != NULL && memchr(host, ':', (size_t)(at - host)) != NULL)
		return err_set(e, ERR_ARG, "a password within a URL is seen "
		    "by everybody on this machine: give it by "
		    "--password-file FILE");
	return ERR_OK;
}

/* The path of file:///path, else the place as it is. */
static const char *
local_path(const char *place)
{
	return str_starts(place, "file:///") ? place + strlen("file://") :
	    place;
}

bool
bulk_place_is_folder(const struct ctl *c, const char *place)
{
	struct stat st;

	if (transfer_is_url(place))
		return str_starts(place, "sftp://") && str_ends(place, "/");
	return fstatat(c->cwdfd, local_path(place), &st, 0) == 0 &&
	    S_ISDIR(st.st_mode);
}

static int
read_file(struct ctl *c, const char *place, struct bundle *b, struct err *e)
{
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	ret = transfer_is_url(place) ? get_url(c, place, &buf, &len, e) :
	    ctl_read_file(c, place, BUNDLE_FILE_MAX, &buf, &len, e);
	if (ret == ERR_OK)
		ret = bundle_read(b, buf, len, e);
	free(buf);
	return ret == ERR_OK ? ERR_OK : err_wrap(e, "%.150s", place);
}

static int
read_folder(struct ctl *c, const char *place, struct names *l,
    struct bundle *b, struct err *e)
{
	const char *slash = str_ends(place, "/") ? "" : "/";
	char *path;
	int ret;

	ret = transfer_is_url(place) ? list_url(c, place, l, e) :
	    list_local(c, place, l, e);
	if (ret == ERR_OK && l->n == 0)
		ret = err_set(e, ERR_NOTFOUND, "%.200s: there is no file "
		    "NAME" BULK_SUFFIX, place);
	if (ret != ERR_OK)
		return ret;
	qsort(l->name, l->n, sizeof(l->name[0]), by_name);
	for (size_t i = 0; ret == ERR_OK && i < l->n; i++) {
		if ((path = str_printf("%s%s%s", place, slash,
		    l->name[i])) == NULL)
			return err_set(e, ERR_NOMEM, "bundles");
		ret = read_file(c, path, b, e);
		free(path);
	}
	return ret;
}

int
bulk_place_read(struct ctl *c, const char *place, struct bundle *b,
    size_t *files, struct err *e)
{
	struct names *l;
	int ret;

	if ((ret = check_place(place, e)) != ERR_OK)
		return ret;
	place = local_path(place);
	if (!bulk_place_is_folder(c, place)) {
		*files = 1;
		return read_file(c, place, b, e);
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(e, ERR_NOMEM, "bundles");
	ret = read_folder(c, place, l, b, e);
	*files = l->n;
	names_free(l);
	return ret;
}

/* --- writing --- */

static int
put_url(struct ctl *c, const char *url, const void *buf, size_t len,
    struct err *e)
{
	struct server s;
	int ret;

	if ((ret = server_init(&s, c, url, e)) == ERR_OK)
		ret = transfer_put(&s.t, buf, len, e);
	server_clear(&s);
	return ret;
}

/* Whole or not at all: through a name beside it. */
static int
put_local(struct ctl *c, const char *path, const void *buf, size_t len,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : slash == path ?
	    strdup("/") : strndup(path, (size_t)(slash - path));
	int fd, ret;

	if (folder == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	fd = openat(c->cwdfd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		ret = err_sys(e, ERR_IO, "%.200s", folder);
	} else {
		ret = file_replace(fd, slash != NULL ? slash + 1 : path, 0644,
		    buf, len, e);
		(void)close(fd);
	}
	free(folder);
	return ret;
}

int
bulk_place_write(struct ctl *c, const char *place, const char *name,
    const void *buf, size_t len, char **where, struct err *e)
{
	bool into;
	int ret;

	if ((ret = check_place(place, e)) != ERR_OK)
		return ret;
	place = local_path(place);
	into = str_ends(place, "/") || bulk_place_is_folder(c, place);
	*where = !into ? strdup(place) : str_printf("%s%s%s", place,
	    str_ends(place, "/") ? "" : "/", name);
	if (*where == NULL)
		return err_set(e, ERR_NOMEM, "bundle");
	if (ctl_is_rehearsal(c))
		return ERR_OK;
	ret = transfer_is_url(place) ? put_url(c, *where, buf, len, e) :
	    put_local(c, *where, buf, len, e);
	return ret == ERR_OK ? ERR_OK : err_wrap(e, "%.150s", *where);
}
