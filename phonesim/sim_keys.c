/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's own keys, see sim_keys.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "phonesim/sim_keys.h"

#define LSC_FILE	"lsc.pem"
#define MIC_FILE	"mic.pem"
#define PENDING_FILE	"pending.pem"
#define PEM_LINE	64
#define IDENTITY_MAX	(CERT_PEM_MAX + KEY_PEM_MAX)

static const char *const keys_file[] = { LSC_FILE, MIC_FILE, PENDING_FILE };

static void
identity_clear(struct sim_identity *i)
{
	cert_free(i->cert);
	key_free(i->key);
	*i = (struct sim_identity){ 0 };
}

void
sim_keys_clear(struct sim_keys *k)
{
	identity_clear(&k->lsc);
	identity_clear(&k->mic);
	key_free(k->pending);
	k->pending = NULL;
}

static bool
is_key_of(const struct key *k, const struct cert *c)
{
	uint8_t id[KEY_ID_LEN], own[KEY_ID_LEN];

	if (k == NULL || key_id(k, own, NULL) != ERR_OK)
		return false;
	cert_key_id(c, id);
	return memcmp(id, own, sizeof(id)) == 0;
}

/* --- PEM --- */

static int
check_identity(const struct sim_identity *i, const char *name, struct err *e)
{
	if (i->cert == NULL || i->key == NULL)
		return err_wrap(e, "%s", name);
	return is_key_of(i->key, i->cert) ? ERR_OK : err_set(e, ERR_VERIFY,
	    "%s: the key is not the certificate's", name);
}

static int
load_identity(struct sim_identity *i, int dirfd, const char *name,
    struct err *e)
{
	struct secret text = { 0 };
	int ret;

	ret = file_read(dirfd, name, IDENTITY_MAX, &text.buf, &text.len, e);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : ret;
	if ((i->cert = cert_from_pem(text.buf, text.len, e)) != NULL)
		i->key = key_from_pem(text.buf, text.len, e);
	ret = check_identity(i, name, e);
	secret_wipe(text.buf, text.len);
	free(text.buf);
	return ret;
}

int
sim_key_load(struct key **k, int dirfd, const char *name, struct err *e)
{
	struct secret text = { 0 };
	int ret;

	*k = NULL;
	ret = file_read(dirfd, name, KEY_PEM_MAX, &text.buf, &text.len, e);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND ? ERR_OK : ret;
	if ((*k = key_from_pem(text.buf, text.len, e)) == NULL)
		ret = err_wrap(e, "%s", name);
	secret_wipe(text.buf, text.len);
	free(text.buf);
	return ret;
}

/* The key as PKCS#8, behind the text before it (which may be ""). */
static struct secret *
key_pem(const char *before, const struct key *k, struct err *e)
{
	static const char head[] = "-----BEGIN PRIVATE KEY-----\n";
	static const char tail[] = "-----END PRIVATE KEY-----\n";
	struct secret *der = NULL, *b64 = NULL, *text = NULL;
	size_t n;
	char *p;

	if (key_to_der(k, &der, e) != ERR_OK)
		return NULL;
	if ((b64 = secret_new(STR_BASE64_LEN(der->len))) == NULL ||
	    (text = secret_new(strlen(before) + sizeof(head) + sizeof(tail) +
	    b64->len + b64->len / PEM_LINE + 1)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "private key");
		goto out;
	}
	str_base64(der->buf, der->len, (char *)b64->buf);
	p = stpcpy(stpcpy((char *)text->buf, before), head);
	for (const char *s = (char *)b64->buf; *s != '\0'; s += n) {
		n = strnlen(s, PEM_LINE);
		p = mempcpy(p, s, n);
		*p++ = '\n';
	}
	(void)stpcpy(p, tail);
out:
	secret_free(b64);
	secret_free(der);
	return text;
}

static int
store(int dirfd, const char *name, const struct cert *c,
    const struct key *k, struct err *e)
{
	char *before = NULL;
	struct secret *text;
	int ret = ERR_NOMEM;

	if (dirfd == -1)
		return ERR_OK;
	if (c != NULL && (before = cert_to_pem(c, e)) == NULL)
		return ERR_NOMEM;
	text = key_pem(before != NULL ? before : "", k, e);
	if (text != NULL)
		ret = file_replace(dirfd, name, 0600, text->buf,
		    strlen((char *)text->buf), e);
	secret_free(text);
	free(before);
	return ret;
}

int
sim_key_store(const struct key *k, int dirfd, const char *name, struct err *e)
{
	return store(dirfd, name, NULL, k, e);
}

static int
erase(int dirfd, const char *name, bool *held, struct err *e)
{
	if (dirfd == -1)
		return ERR_OK;
	if (unlinkat(dirfd, name, 0) == 0)
		*held = true;
	else if (errno != ENOENT)
		return err_sys(e, ERR_IO, "cannot erase %s", name);
	return ERR_OK;
}

/* --- what a phone does with them --- */

int
sim_keys_load(struct sim_keys *k, int dirfd, struct err *e)
{
	int ret;

	if (dirfd == -1)
		return ERR_OK;
	if ((ret = load_identity(&k->lsc, dirfd, LSC_FILE, e)) == ERR_OK &&
	    (ret = load_identity(&k->mic, dirfd, MIC_FILE, e)) == ERR_OK)
		ret = sim_key_load(&k->pending, dirfd, PENDING_FILE, e);
	if (ret != ERR_OK)
		sim_keys_clear(k);
	return ret;
}

int
sim_keys_set_pending(struct sim_keys *k, int dirfd, struct key *key,
    struct err *e)
{
	int ret;

	if ((ret = store(dirfd, PENDING_FILE, NULL, key, e)) != ERR_OK) {
		key_free(key);
		return ret;
	}
	key_free(k->pending);
	k->pending = key;
	return ERR_OK;
}

int
sim_keys_set_lsc(struct sim_keys *k, int dirfd, struct cert *cert,
    struct err *e)
{
	bool fresh = is_key_of(k->pending, cert), held;
	struct key *key = fresh ? k->pending : k->lsc.key;
	int ret;

	if (!fresh && !is_key_of(key, cert))
		return err_set(e, ERR_VERIFY, "the certificate is for a key "
		    "that this phone has not");
	if ((ret = store(dirfd, LSC_FILE, cert, key, e)) != ERR_OK)
		return ret;
	cert_free(k->lsc.cert);
	k->lsc.cert = cert_ref(cert);
	if (!fresh)
		return ERR_OK;
	key_free(k->lsc.key);
	k->lsc.key = key;
	k->pending = NULL;
	return erase(dirfd, PENDING_FILE, &held, e);
}

int
sim_keys_drop_lsc(struct sim_keys *k, int dirfd, struct err *e)
{
	bool held;
	int ret;

	if ((ret = erase(dirfd, LSC_FILE, &held, e)) == ERR_OK)
		identity_clear(&k->lsc);
	return ret;
}

int
sim_keys_set_mic(struct sim_keys *k, int dirfd, const char *certfile,
    const char *keyfile, struct err *e)
{
	struct sim_identity mic = { 0 };
	uint8_t *pem = NULL;
	size_t len;
	int ret;

	if ((ret = file_read(AT_FDCWD, certfile, CERT_PEM_MAX, &pem, &len,
	    e)) != ERR_OK)
		return ret;
	mic.cert = cert_from_pem(pem, len, e);
	free(pem);
	if (mic.cert == NULL)
		return err_wrap(e, "%s", certfile);
	/* One that is not there is not a key either. */
	if ((ret = sim_key_load(&mic.key, AT_FDCWD, keyfile, e)) == ERR_OK &&
	    mic.key == NULL)
		ret = err_set(e, ERR_NOTFOUND, "there is no %s", keyfile);
	if (ret == ERR_OK)
		ret = check_identity(&mic, certfile, e);
	if (ret == ERR_OK)
		ret = store(dirfd, MIC_FILE, mic.cert, mic.key, e);
	if (ret != ERR_OK) {
		identity_clear(&mic);
		return ret;
	}
	identity_clear(&k->mic);
	k->mic = mic;
	return ERR_OK;
}

int
sim_keys_erase(int dirfd, bool *held, struct err *e)
{
	int ret = ERR_OK;

	for (size_t i = 0; i < sizeof(keys_file) / sizeof(keys_file[0]) &&
	    ret == ERR_OK; i++)
		ret = erase(dirfd, keys_file[i], held, e);
	return ret;
}
