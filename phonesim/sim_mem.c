/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's memory, see sim_mem.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "phonesim/sim_mem.h"
#include "trust/accept_memo.h"

#define MEM_SCHEMA	"phonetrust-phone/1"
#define MEM_JSON	"phone.json"
#define MEM_JSON_MAX	65536

static const char *const mem_list_name[] = {
	[ACCEPT_ITL] = "ITLFile.tlv",
	[ACCEPT_CTL] = "CTLFile.tlv",
};

void
sim_mem_init(struct sim_mem *m, const char *device)
{
	*m = (struct sim_mem){ .dirfd = -1 };
	(void)str_copy(m->device, sizeof(m->device), device);
}

void
sim_mem_clear(struct sim_mem *m)
{
	free(m->ctl.buf);
	free(m->itl.buf);
	tvs_cache_clear(&m->known);
	sim_keys_clear(&m->keys);
	if (m->dirfd != -1)
		(void)close(m->dirfd);
	sim_mem_init(m, "");
}

struct accept_phone
sim_mem_phone(const struct sim_mem *m)
{
	return (struct accept_phone){
		.ctl = m->ctl.buf, .ctllen = m->ctl.len,
		.itl = m->itl.buf, .itllen = m->itl.len,
		.memo = m->memo,
	};
}

const struct sim_list *
sim_mem_list(const struct sim_mem *m, enum accept_list_kind kind)
{
	return kind == ACCEPT_CTL ? &m->ctl : &m->itl;
}

/* A list that was accepted parses, and verifies when it holds its signer. */
static int
check_list(struct accept_memo *memo, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct accept_memo *own = NULL;
	const struct list_record *signer;
	const struct list *l;
	int ret = ERR_OK;

	if (memo == NULL && (memo = own = accept_memo_new(e)) == NULL)
		return ERR_NOMEM;
	if ((l = accept_memo_list(memo, buf, len, e)) == NULL)
		ret = ERR_PROTO;
	else if ((signer = list_signer(l)) != NULL)
		ret = accept_memo_verify(memo, l, signer->cert, e);
	accept_memo_free(own);
	return ret;
}

static int
load_list(struct sim_mem *m, enum accept_list_kind kind, struct err *e)
{
	struct sim_list *l = kind == ACCEPT_CTL ? &m->ctl : &m->itl;
	int ret;

	ret = file_read(m->dirfd, mem_list_name[kind], TLV_FILE_MAX, &l->buf,
	    &l->len, e);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret == ERR_OK &&
	    (ret = check_list(m->memo, l->buf, l->len, e)) != ERR_OK)
		(void)err_wrap(e, "%s", mem_list_name[kind]);
	return ret;
}

/* Whom it may ask; a memory from before that was kept names nobody. */
static int
parse_tvs(struct sim_mem *m, const json_t *all, struct err *e)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		struct config_server *t = &m->tvs[i];
		const char *address;
		json_error_t why;
		int port;

		if (i == CONFIG_TVS_MAX)
			return err_set(e, ERR_PROTO, "%s: more than %d TVS "
			    "servers", MEM_JSON, CONFIG_TVS_MAX);
		if (json_unpack_ex(json_array_get(all, i), &why, 0,
		    "{s:s, s:i}", "address", &address, "port", &port) == -1)
			return err_set(e, ERR_PROTO, "%s: %s", MEM_JSON,
			    why.text);
		if (port < 1 || port > UINT16_MAX ||
		    !str_copy(t->address, sizeof(t->address), address))
			return err_set(e, ERR_PROTO, "%s: a TVS server that "
			    "cannot be", MEM_JSON);
		t->port = (uint16_t)port;
		m->ntvs++;
	}
	return ERR_OK;
}

static int
parse_json(struct sim_mem *m, const uint8_t *buf, size_t len, struct err *e)
{
	const char *schema, *stamp, *at;
	json_t *root, *tvs = NULL;
	json_error_t why;
	int encr, ret = ERR_OK;

	if ((root = json_loadb((const char *)buf, len, JSON_REJECT_DUPLICATES,
	    &why)) == NULL)
		return err_set(e, ERR_PROTO, "%s: line %d: %s", MEM_JSON,
		    why.line, why.text);
	if (json_unpack_ex(root, &why, 0, "{s:s, s:b, s:s, s:s, s?o}",
	    "schema", &schema, "encr_config", &encr, "version_stamp", &stamp,
	    "configured_at", &at, "tvs", &tvs) == -1)
		ret = err_set(e, ERR_PROTO, "%s: %s", MEM_JSON, why.text);
	else if (strcmp(schema, MEM_SCHEMA) != 0)
		ret = err_set(e, ERR_PROTO, "%s: schema %.40s, not %s",
		    MEM_JSON, schema, MEM_SCHEMA);
	else if (!str_copy(m->version_stamp, sizeof(m->version_stamp), stamp))
		ret = err_set(e, ERR_PROTO, "%s: version_stamp is too long",
		    MEM_JSON);
	else if ((ret = clock_rfc3339_parse(at, &m->configured_at, e)) !=
	    ERR_OK)
		(void)err_wrap(e, "%s: configured_at", MEM_JSON);
	else
		ret = parse_tvs(m, tvs, e);
	if (ret == ERR_OK) {
		m->encr_config = encr != 0;
		m->has_config = true;
	}
	json_decref(root);
	return ret;
}

static int
load_json(struct sim_mem *m, struct err *e)
{
	uint8_t *buf;
	size_t len;
	int ret;

	ret = file_read(m->dirfd, MEM_JSON, MEM_JSON_MAX, &buf, &len, e);
	if (ret == ERR_NOTFOUND)
		return ERR_OK;
	if (ret != ERR_OK)
		return ret;
	ret = parse_json(m, buf, len, e);
	free(buf);
	return ret;
}

/* Whatever is wrong with the bytes is damage; the system's refusals (no
 * right, bad disk) are told as they are. */
static int
load(struct sim_mem *m, const char *dir, struct err *e)
{
	struct err why = { 0 };
	int ret;

	if ((ret = load_list(m, ACCEPT_CTL, &why)) == ERR_OK &&
	    (ret = load_list(m, ACCEPT_ITL, &why)) == ERR_OK &&
	    (ret = load_json(m, &why)) == ERR_OK &&
	    (ret = tvs_cache_load(&m->known, m->dirfd, &why)) == ERR_OK &&
	    (ret = sim_keys_load(&m->keys, m->dirfd, &why)) == ERR_OK)
		return ERR_OK;
	if (ret == ERR_IO || ret == ERR_NOMEM || ret == ERR_CRYPTO)
		return err_set(e, ret, "what %s remembers in %s: %s",
		    m->device, dir, why.msg);
	return err_set(e, ERR_BADSTATE, "what %s remembers in %s is damaged; "
	    "erase it with \"phonesim reset %s --state %s\" (%s)", m->device,
	    dir, m->device, dir, why.msg);
}

/* Open one folder, made when missing if asked to. */
static int
open_folder(int at, const char *name, bool make, int *fd, struct err *e)
{
	if (make && mkdirat(at, name, 0700) == -1 && errno != EEXIST)
		return err_sys(e, ERR_IO, "cannot make the folder %s", name);
	*fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd == -1)
		return err_sys(e, errno == ENOENT ? ERR_NOTFOUND : ERR_IO,
		    "cannot open the folder %s", name);
	return ERR_OK;
}

static int
mem_open(struct sim_mem *m, struct accept_memo *memo, const char *dir,
    const char *device, bool make, struct err *e)
{
	int top = -1, ret;

	sim_mem_init(m, device);
	m->memo = memo;
	if ((ret = open_folder(AT_FDCWD, dir, make, &top, e)) == ERR_OK)
		ret = open_folder(top, m->device, make, &m->dirfd, e);
	if (top != -1)
		(void)close(top);
	if (ret == ERR_OK)
		ret = load(m, dir, e);
	if (ret != ERR_OK)
		sim_mem_clear(m);
	return ret;
}

int
sim_mem_open(struct sim_mem *m, struct accept_memo *memo, const char *dir,
    const char *device, struct err *e)
{
	return mem_open(m, memo, dir, device, true, e);
}

int
sim_mem_find(struct sim_mem *m, const char *dir, const char *device,
    struct err *e)
{
	int ret = mem_open(m, NULL, dir, device, false, e);

	return ret == ERR_NOTFOUND ?
	    err_set(e, ret, "%s knows no phone %s", dir, device) : ret;
}

int
sim_mem_set_list(struct sim_mem *m, enum accept_list_kind kind,
    const uint8_t *buf, size_t len, struct err *e)
{
	struct sim_list *l = kind == ACCEPT_CTL ? &m->ctl : &m->itl;
	uint8_t *copy;
	int ret;

	if ((copy = malloc(len > 0 ? len : 1)) == NULL)
		return err_set(e, ERR_NOMEM, "trust list");
	memcpy(copy, buf, len);
	if (m->dirfd != -1 && (ret = file_replace(m->dirfd,
	    mem_list_name[kind], 0600, buf, len, e)) != ERR_OK) {
		free(copy);
		return err_wrap(e, "%s cannot remember its trust list",
		    m->device);
	}
	free(l->buf);
	*l = (struct sim_list){ .buf = copy, .len = len };
	return ERR_OK;
}

static int
store_json(const struct sim_mem *m, struct err *e)
{
	char at[CLOCK_RFC3339_LEN], *text = NULL;
	json_t *root, *tvs = json_array();
	int ret;

	for (size_t i = 0; i < m->ntvs; i++)
		(void)json_array_append_new(tvs, json_pack("{s:s, s:i}",
		    "address", m->tvs[i].address, "port",
		    (int)m->tvs[i].port));
	clock_rfc3339(m->configured_at, at);
	root = json_pack("{s:s, s:b, s:s, s:s, s:o}", "schema", MEM_SCHEMA,
	    "encr_config", (int)m->encr_config, "version_stamp",
	    m->version_stamp, "configured_at", at, "tvs", tvs);
	if (root != NULL)
		text = json_dumps(root, JSON_INDENT(2));
	json_decref(root);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "%s", MEM_JSON);
	ret = file_replace(m->dirfd, MEM_JSON, 0600, text, strlen(text), e);
	free(text);
	return ret;
}

static bool
same_tvs(const struct sim_mem *m, const struct phone_config *c)
{
	if (m->ntvs != c->ntvs)
		return false;
	for (size_t i = 0; i < m->ntvs; i++)
		if (m->tvs[i].port != c->tvs[i].port ||
		    strcmp(m->tvs[i].address, c->tvs[i].address) != 0)
			return false;
	return true;
}

static int
keep_config(struct sim_mem *m, struct err *e)
{
	if (m->dirfd != -1 && store_json(m, e) != ERR_OK)
		return err_wrap(e, "%s cannot remember its configuration",
		    m->device);
	return ERR_OK;
}

static int
set_stub(struct sim_mem *m, const struct phone_config *c, int64_t now,
    struct err *e)
{
	if (m->has_config && m->encr_config == c->encr_config)
		return ERR_OK;
	if (!m->has_config)
		m->configured_at = now;
	m->has_config = true;
	m->encr_config = c->encr_config;
	return keep_config(m, e);
}

int
sim_mem_set_config(struct sim_mem *m, const struct phone_config *c,
    int64_t now, struct err *e)
{
	if (!c->full_config)
		return set_stub(m, c, now, e);
	if (m->has_config && m->encr_config == c->encr_config &&
	    strcmp(m->version_stamp, c->version_stamp) == 0 &&
	    same_tvs(m, c))
		return ERR_OK;
	m->has_config = true;
	m->encr_config = c->encr_config;
	m->configured_at = now;
	m->ntvs = c->ntvs;
	memcpy(m->tvs, c->tvs, sizeof(m->tvs));
	(void)str_copy(m->version_stamp, sizeof(m->version_stamp),
	    c->version_stamp);
	return keep_config(m, e);
}

int
sim_mem_add_known(struct sim_mem *m, const struct tvs_known *k, int64_t now,
    struct err *e)
{
	int ret;

	if ((ret = tvs_cache_put(&m->known, k, now, e)) != ERR_OK)
		return ret;
	if (m->dirfd != -1 &&
	    (ret = tvs_cache_store(&m->known, m->dirfd, e)) != ERR_OK)
		return err_wrap(e, "%s cannot remember what TVS said",
		    m->device);
	return ERR_OK;
}

static int
erase_file(int dirfd, const char *name, bool *held, struct err *e)
{
	if (unlinkat(dirfd, name, 0) == 0)
		*held = true;
	else if (errno != ENOENT)
		return err_sys(e, ERR_IO, "cannot erase %s", name);
	return ERR_OK;
}

int
sim_mem_erase(const char *dir, const char *device, bool *held, struct err *e)
{
	struct err why = { 0 };
	int top = -1, fd = -1, ret;

	*held = false;
	if ((ret = open_folder(AT_FDCWD, dir, false, &top, &why)) == ERR_OK)
		ret = open_folder(top, device, false, &fd, &why);
	if (ret == ERR_OK &&
	    (ret = erase_file(fd, MEM_JSON, held, &why)) == ERR_OK &&
	    (ret = erase_file(fd, TVS_CACHE_FILE, held, &why)) == ERR_OK &&
	    (ret = sim_keys_erase(fd, held, &why)) == ERR_OK &&
	    (ret = erase_file(fd, mem_list_name[ACCEPT_ITL], held, &why)) ==
	    ERR_OK)
		ret = erase_file(fd, mem_list_name[ACCEPT_CTL], held, &why);
	if (ret == ERR_NOTFOUND)
		ret = ERR_OK;	/* nothing there is as good as erased */
	if (ret == ERR_OK && fd != -1)
		(void)unlinkat(top, device, AT_REMOVEDIR);
	if (fd != -1)
		(void)close(fd);
	if (top != -1)
		(void)close(top);
	return ret == ERR_OK ? ERR_OK : err_set(e, ret, "%s", why.msg);
}
