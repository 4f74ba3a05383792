/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is served for a request name, see files.h (spec/phone-files.md
 * section 9, spec/signed-file.md sections 2 and 3).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "certs/signed.h"
#include "crypt/digest.h"
#include "db/params.h"
#include "db/rows.h"
#include "trust/file_open.h"
#include "trust/files.h"
#include "trust/own.h"
#include "trust/render.h"
#include "trust/render_env.h"

#define SUFFIX_SGN	".sgn"
#define TOLD_MAX	128	/* warnings remembered so as not to repeat */

struct file_store {
	char			 node[NODE_NAME_MAX + 1];
	struct signer		*signer;	/* borrowed, or NULL */
	struct db		*db;
	struct file_roots	*roots;
	enum digest_alg		 digest;	/* of .sgn files */
	struct own		 own;		/* signs them; cert NULL: none */
	struct render_servers	 servers;
	uint8_t			 told[TOLD_MAX][DIGEST_SHA256_LEN];
	size_t			 ntold;		/* counts on: a ring */
	bool			 changed;	/* not yet told to the caller */
};

/* --- the store --- */

static int
load_digest(struct file_store *fs, struct err *e)
{
	char *v = param_get(fs->db, PARAM_FILE_DIGEST, fs->node, e);

	if (v == NULL)
		return e->code;
	fs->digest = strcmp(v, "sha512") == 0 ? DIGEST_SHA512 : DIGEST_SHA1;
	free(v);
	return ERR_OK;
}

static int
load_roots(struct file_store *fs, struct err *e)
{
	char *v = param_get(fs->db, PARAM_TFTP_ROOT, fs->node, e);
	int ret;

	if (v == NULL)
		return e->code;
	ret = file_roots_set(fs->roots, v, e);
	free(v);
	return ret;
}

static int
load_own(struct file_store *fs, struct err *e)
{
	struct own own = { .cert = NULL };
	int ret = own_active(fs->db, UNIT_CALLMANAGER, "", &own, e);

	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return ret;
	own_clear(&fs->own);
	if (ret == ERR_OK)
		fs->own = own;
	return ERR_OK;
}

/* One view of parameters, certificate and nodes. */
static int
load_all(struct db *db, void *arg, struct err *e)
{
	struct file_store *fs = arg;
	int ret;

	if ((ret = load_digest(fs, e)) == ERR_OK &&
	    (ret = load_roots(fs, e)) == ERR_OK &&
	    (ret = load_own(fs, e)) == ERR_OK)
		ret = render_servers_load(&fs->servers, db, e);
	return ret;
}

struct file_store *
file_store_new(int statefd, const char *node, struct signer *s,
    struct err *e)
{
	struct file_store *fs = calloc(1, sizeof(*fs));
	struct err why = { 0 };		/* the loaders need one */

	if (fs == NULL) {
		(void)err_set(e, ERR_NOMEM, "file store");
		return NULL;
	}
	fs->signer = s;
	if (!str_copy(fs->node, sizeof(fs->node), node))
		(void)err_set(&why, ERR_ARG, "node name is too long");
	else if ((fs->roots = file_roots_new(statefd, &why)) != NULL &&
	    (fs->db = db_open(statefd, DB_FILE, DB_READ, &why)) != NULL &&
	    db_read_tx(fs->db, load_all, fs, &why) == ERR_OK)
		return fs;
	if (e != NULL)
		*e = why;
	file_store_free(fs);
	return NULL;
}

void
file_store_free(struct file_store *fs)
{
	if (fs == NULL)
		return;
	own_clear(&fs->own);
	file_roots_free(fs->roots);
	db_close(fs->db);
	free(fs);
}

/* Asked before every answer: what an administrator was told is done holds
 * for the next request. */
static void
reload(struct file_store *fs)
{
	struct err e = { 0 };

	if (!db_changed(fs->db))
		return;
	fs->changed = true;
	/* What could not be read stays as it was. */
	if (db_read_tx(fs->db, load_all, fs, &e) != ERR_OK)
		log_err(LOG_ERR, "files.reload", &e);
}

bool
file_store_changed(struct file_store *fs)
{
	bool changed;

	reload(fs);
	changed = fs->changed;
	fs->changed = false;
	return changed;
}

struct db *
file_store_db(struct file_store *fs)
{
	return fs->db;
}

/* A warning that would come with every request is given once per name. */
static void
warn_once(struct file_store *fs, const char *event, const char *name,
    const char *why)
{
	uint8_t id[DIGEST_SHA256_LEN];
	char *key = str_printf("%s %s", event, name);
	size_t n = fs->ntold < TOLD_MAX ? fs->ntold : TOLD_MAX;
	bool told = key == NULL || digest_buf(DIGEST_SHA256, key,
	    strlen(key), id, NULL) != ERR_OK;

	free(key);
	for (size_t i = 0; i < n && !told; i++)
		told = memcmp(fs->told[i], id, sizeof(id)) == 0;
	if (told)
		return;
	memcpy(fs->told[fs->ntold++ % TOLD_MAX], id, sizeof(id));
	log_event(LOG_WARNING, event, LOG_STR("file", name),
	    LOG_STR("why", why));
}

/* Open a static file; what an administrator should know is told once. */
static int
open_file(struct file_store *fs, const char *name, int *fd, struct stat *st,
    struct err *e)
{
	struct err why = { 0 };
	int ret = file_roots_open(fs->roots, name, fd, st, &why);

	if (ret == ERR_DENIED)
		warn_once(fs, "files.denied", name, why.msg);
	if (ret == ERR_LIMIT) {
		warn_once(fs, "files.folder", name, why.msg);
		ret = ERR_NOTFOUND;
	}
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}

/* --- answers --- */

void
file_answer_clear(struct file_answer *a)
{
	if (a->fd != -1)
		(void)close(a->fd);
	free(a->owned);
	a->fd = -1;
	a->owned = NULL;
	a->body = NULL;
	a->len = 0;
}

/* The answer takes buf over. */
static int
answer_memory(struct file_answer *a, uint8_t *buf, size_t len, struct err *e)
{
	a->owned = buf;
	a->body = buf;
	a->len = len;
	return digest_buf(DIGEST_SHA256, buf, len, a->version, e);
}

/* Unix seconds as tag 15 carries them. */
static uint32_t
tag_time(int64_t t)
{
	return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

static int
answer_signed(struct file_store *fs, struct file_answer *a, const char *name,
    int64_t changed_at, const uint8_t *payload, size_t len, struct err *e)
{
	struct signed_build b = { .signer = fs->own.cert,
	    .digest = fs->digest, .names = CERT_NAME_SEMICOLON,
	    .name = name, .timestamp = tag_time(changed_at) };
	uint8_t *out = NULL;
	size_t outlen = 0;
	int ret;

	if (fs->signer == NULL || fs->own.cert == NULL)
		return err_set(e, ERR_BADSTATE, "%s: nothing to sign with: %s",
		    name, fs->signer == NULL ? "no signer" :
		    "there is no active CallManager certificate");
	ret = signed_build(&b, payload, len, fs->signer, &out, &outlen, e);
	/* Not found is the file's answer; this is the key's. */
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_BADSTATE, "%s: the signer does not hold "
		    "the key of the CallManager certificate: restart tftpd",
		    name);
	return ret != ERR_OK ? ret : answer_memory(a, out, outlen, e);
}

/* --- lists --- */

static bool
ends_any_case(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && str_ieq(s + n - m, suffix);
}

/* CTL*.tlv or ITL*.tlv in any folder. */
static bool
looks_like_list(const char *path)
{
	const char *name = strrchr(path, '/');
	char head[4];

	name = name != NULL ? name + 1 : path;
	if (strlen(name) < sizeof(head) || !ends_any_case(name, ".tlv"))
		return false;
	memcpy(head, name, 3);
	head[3] = '\0';
	return str_ieq(head, "ITL") || str_ieq(head, "CTL");
}

/* A list that was left on disk would lock out every phone that takes it. */
static int
no_list(struct file_store *fs, const struct file_name *n, struct err *e)
{
	struct stat st;
	int fd;

	if (open_file(fs, n->base, &fd, &st, NULL) == ERR_OK) {
		(void)close(fd);
		warn_once(fs, "files.list", n->base, "a trust list on disk "
		    "is never served: remove it");
	}
	return err_set(e, ERR_NOTFOUND, "%s: there is no such list", n->full);
}

static int
get_list(struct file_store *fs, const char *kind, struct file_answer *a,
    struct err *e)
{
	struct row_list l = { 0 };
	struct err miss = { 0 };
	int ret;

	/* Lists carry their own signature. */
	if (a->name.form != FILE_PLAIN)
		return err_set(e, ERR_NOTFOUND, "%s: lists are never signed "
		    "again", a->name.full);
	ret = row_list_current(fs->db, kind, fs->node, &l, &miss);
	if (ret == ERR_NOTFOUND)
		ret = row_list_current(fs->db, kind, "", &l, &miss);
	if (ret == ERR_NOTFOUND)
		return no_list(fs, &a->name, e);
	if (ret != ERR_OK)
		return err_set(e, ret, "%s", miss.msg);
	ret = answer_memory(a, l.bytes, l.len, e);
	l.bytes = NULL;		/* the answer's now */
	row_list_clear(&l);
	return ret;
}

/* --- static files --- */

/*
 * Read and sign an open file; fd stays the caller's.  Only the phone decides
 * that it wants X.sgn: firmware is asked for by its own name, and parts that
 * are called .sgn on disk were served as they are.
 */
static int
sign_static(struct file_store *fs, struct file_answer *a, int fd,
    const struct stat *st, struct err *e)
{
	uint8_t *buf = NULL;
	size_t len = 0;
	int ret;

	ret = file_read_fd(fd, a->name.base, SIGNED_FILE_MAX, &buf, &len, e);
	if (ret == ERR_LIMIT)
		warn_once(fs, "files.large", a->name.base,
		    "too large to be signed");
	if (ret == ERR_OK)
		ret = answer_signed(fs, a, a->name.full, st->st_mtime, buf,
		    len, e);
	free(buf);
	return ret;
}

static bool
newer(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec ?
	    a->st_mtim.tv_sec > b->st_mtim.tv_sec :
	    a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

/* The answer takes fd over: the bytes as they are on disk. */
static int
answer_verbatim(struct file_answer *a, int fd, const struct stat *st)
{
	a->fd = fd;
	a->len = (uint64_t)st->st_size;
	return ERR_OK;
}

/* X.sgn: a stored one as it is, unless a newer X says that it is stale. */
static int
get_signed_static(struct file_store *fs, struct file_answer *a,
    struct err *e)
{
	struct stat st, stored;
	int fd = -1, sgn = -1, ret;

	ret = open_file(fs, a->name.full, &sgn, &stored, e);
	if (ret != ERR_OK && ret != ERR_NOTFOUND)
		return ret;
	ret = open_file(fs, a->name.base, &fd, &st, e);
	if (ret == ERR_OK && sgn != -1 && newer(&st, &stored))
		warn_once(fs, "files.stale", a->name.full, "older than the "
		    "file it signs, which is signed afresh: remove it");
	else if (sgn != -1) {
		if (ret == ERR_OK)
			(void)close(fd);
		return answer_verbatim(a, sgn, &stored);
	}
	if (ret == ERR_OK) {
		ret = sign_static(fs, a, fd, &st, e);
		(void)close(fd);
	}
	if (sgn != -1)
		(void)close(sgn);
	return ret;
}

static int
get_static(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct stat st;
	int fd, ret;

	if (looks_like_list(a->name.base))
		return no_list(fs, &a->name, e);
	if (a->name.form != FILE_PLAIN && ends_any_case(a->name.base, ".tlv"))
		return err_set(e, ERR_NOTFOUND, "%s: lists are never signed "
		    "again", a->name.full);
	if (a->name.form == FILE_SGN)
		return get_signed_static(fs, a, e);
	/* X.enc.sgn only as it is stored: it is for one phone's key. */
	ret = open_file(fs, a->name.full, &fd, &st, e);
	return ret == ERR_OK ? answer_verbatim(a, fd, &st) : ret;
}

/* --- configurations --- */

struct phone_read {
	const char		*name;
	struct row_phone	 phone;
	struct row_phone_file	 file;
};

static int
read_phone(struct db *db, void *arg, struct err *e)
{
	struct phone_read *p = arg;
	int ret = row_phone_get(db, p->name, &p->phone, e);

	if (ret == ERR_OK && p->phone.has_file)
		ret = row_phone_file_get(db, p->name, &p->file, e);
	return ret;
}

static int
make_config(struct file_store *fs, struct file_answer *a,
    const struct phone_read *p, struct err *e)
{
	struct render_env env = render_env_of(&fs->servers, p->phone.name,
	    p->phone.model);
	int64_t changed = p->phone.changed_at;
	uint8_t *out = NULL;
	char *tag_name;
	size_t len = 0;
	int ret;

	if ((ret = render_config(&env, p->file.xml, p->file.len, &out, &len,
	    e)) != ERR_OK)
		return ret;
	if (a->name.form == FILE_PLAIN)
		return answer_memory(a, out, len, e);
	if (p->phone.has_file && p->file.changed_at > changed)
		changed = p->file.changed_at;
	if ((tag_name = str_printf("%s%s", a->name.base, SUFFIX_SGN)) == NULL)
		ret = err_set(e, ERR_NOMEM, "%s", a->name.full);
	else
		ret = answer_signed(fs, a, tag_name, changed, out, len, e);
	free(tag_name);
	free(out);
	return ret;
}

/* The row comes before a file of that name: it was validated. */
static int
get_config(struct file_store *fs, struct file_answer *a, struct err *e)
{
	struct phone_read p = { .name = a->name.device };
	struct err why = { 0 };
	int ret = db_read_tx(fs->db, read_phone, &p, &why);

	if (ret == ERR_NOTFOUND)
		ret = get_static(fs, a, e);
	else if (ret != ERR_OK)
		ret = err_set(e, ret, "%s", why.msg);
	else if (a->name.form == FILE_ENC)
		ret = err_set(e, ERR_NOTFOUND, "%s: not encrypted",
		    a->name.full);
	else
		ret = make_config(fs, a, &p, e);
	row_phone_file_clear(&p.file);
	return ret;
}

/* --- */

static const char *
content_type(const struct file_name *n)
{
	return n->form == FILE_PLAIN && ends_any_case(n->full, ".xml") ?
	    "text/xml" : "application/octet-stream";
}

static int
resolve(struct file_store *fs, struct file_answer *a, struct err *e)
{
	switch (a->name.kind) {
	case FILE_ITL:
		return get_list(fs, "itl", a, e);
	case FILE_CTL:
		return get_list(fs, "ctl", a, e);
	case FILE_CONFIG:
		return get_config(fs, a, e);
	case FILE_DEFAULT:
	case FILE_STATIC:
		return get_static(fs, a, e);
	}
	abort();
}

int
file_store_get(struct file_store *fs, const char *req, size_t len,
    struct file_answer *a, struct err *e)
{
	int ret;

	*a = (struct file_answer){ .fd = -1 };
	reload(fs);
	if ((ret = file_name_parse(&a->name, req, len, e)) != ERR_OK)
		return ret;
	a->type = content_type(&a->name);
	if ((ret = resolve(fs, a, e)) != ERR_OK)
		file_answer_clear(a);
	return ret;
}
