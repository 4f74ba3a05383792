/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones: adding and removing, see phone.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "trust/phone.h"
#include "trust/phone_csv.h"
#include "trust/render.h"
#include "trust/render_env.h"

/* Skip what product names begin with; false when s does not. */
static bool
skip_prefix(const char **s, const char *prefix)
{
	size_t n = strlen(prefix);
	char head[16];

	if (n >= sizeof(head) || strlen(*s) <= n)
		return false;
	memcpy(head, *s, n);
	head[n] = '\0';
	if (!str_ieq(head, prefix))
		return false;
	*s += n;
	return true;
}

int
phone_model(const char *s, char out[32], struct err *e)
{
	static const char known[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *m = s;
	char shown[80];
	size_t n;

	(void)skip_prefix(&m, "Cisco ");
	(void)skip_prefix(&m, "IP Phone ");
	(void)skip_prefix(&m, "CP-");
	n = strlen(m);
	if (n == 0 || n > PHONE_MODEL_MAX || strspn(m, known) != n) {
		str_visible(s, strlen(s), shown, sizeof(shown));
		return err_set(e, ERR_ARG, "\"%s\" is not a model: 1 to %d of "
		    "A-Z a-z 0-9 . -, such as 8861", shown, PHONE_MODEL_MAX);
	}
	memcpy(out, m, n + 1);
	/* 8851nr is 8851NR; other makers' names keep their spelling. */
	if (out[0] >= '0' && out[0] <= '9')
		str_upper(out);
	return ERR_OK;
}

static int
canonical_name(const char *s, char out[DEVICE_NAME_MAX + 1], struct err *e)
{
	char shown[80];

	if (str_device_name(s, out))
		return ERR_OK;
	str_visible(s, strlen(s), shown, sizeof(shown));
	return err_set(e, ERR_ARG, "\"%s\" is not a phone name: a letter, "
	    "then at most %d of A-Z a-z 0-9 . _ -, such as SEP0011223344AA",
	    shown, DEVICE_NAME_MAX - 1);
}

/* What is wrong with the file, and what will be written otherwise. */
static int
check_file(struct db *db, const struct phone_spec *s, const char *name,
    char **advice, struct err *e)
{
	struct render_servers servers;
	struct render_env env;
	int ret;

	if ((ret = render_servers_load(&servers, db, e)) != ERR_OK)
		return ret;
	env = render_env_of(&servers, name, NULL);
	return render_check(servers.n > 0 ? &env : NULL, s->xml, s->xmllen,
	    s->xml_name != NULL ? s->xml_name : name, advice, e);
}

static int
file_differs(struct db *db, const struct row_phone *p,
    const uint8_t digest[SHA256_LEN], bool *differs, struct err *e)
{
	struct row_phone_file f = { 0 };
	int ret;

	*differs = true;
	if (!p->has_file)
		return ERR_OK;
	if ((ret = row_phone_file_get(db, p->name, &f, e)) != ERR_OK)
		return ret;
	*differs = memcmp(f.sha256, digest, SHA256_LEN) != 0;
	row_phone_file_clear(&f);
	return ERR_OK;
}

/* ERR_OK when the row says the same as the new one, as far as that goes. */
static int
compare_existing(struct db *db, const struct row_phone *have,
    const struct row_phone *want, const struct phone_spec *s,
    const uint8_t digest[SHA256_LEN], struct err *e)
{
	bool differs = false;
	int ret;

	if (s->model != NULL && strcmp(have->model, want->model) != 0)
		return err_set(e, ERR_EXISTS, "%s is there with model %s, not "
		    "%s: to change it, first remove it (phone remove %s)",
		    have->name, have->model[0] != '\0' ? have->model :
		    "unknown", want->model, have->name);
	if (s->xml != NULL && (ret = file_differs(db, have, digest, &differs,
	    e)) != ERR_OK)
		return ret;
	if (differs)
		return err_set(e, ERR_EXISTS, "%s is there with %s: to change "
		    "it, first remove it (phone remove %s)", have->name,
		    have->has_file ? "another configuration file" :
		    "the minimal configuration", have->name);
	return ERR_OK;
}

static int
put_file(struct db *db, const struct phone_spec *s, const char *name,
    const uint8_t digest[SHA256_LEN], int64_t now, struct err *e)
{
	struct row_phone_file f = { .origin = "command", .changed_at = now,
	    .len = s->xmllen };
	int ret;

	(void)str_copy(f.name, sizeof(f.name), name);
	memcpy(f.sha256, digest, SHA256_LEN);
	/* The row owns its bytes, so it gets a copy. */
	if ((f.xml = malloc(s->xmllen)) == NULL)
		return err_set(e, ERR_NOMEM, "%s", name);
	memcpy(f.xml, s->xml, s->xmllen);
	ret = row_phone_file_put(db, &f, e);
	row_phone_file_clear(&f);
	return ret;
}

static int
add_rows(struct db *db, const struct phone_spec *s,
    const struct row_phone *want, bool *added, struct err *e)
{
	struct row_phone have;
	uint8_t digest[SHA256_LEN] = { 0 };
	struct err miss = { 0 };
	int ret;

	if (s->xml != NULL && (ret = digest_buf(DIGEST_SHA256, s->xml,
	    s->xmllen, digest, e)) != ERR_OK)
		return ret;
	ret = row_phone_get(db, want->name, &have, &miss);
	if (ret == ERR_OK)
		return compare_existing(db, &have, want, s, digest, e);
	if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", miss.msg);
	*added = true;
	if ((ret = row_phone_put(db, want, e)) == ERR_OK && s->xml != NULL)
		ret = put_file(db, s, want->name, digest, want->changed_at,
		    e);
	return ret;
}

int
phone_add(struct db *db, const struct phone_spec *s, int64_t now,
    bool *added, char **advice, struct err *e)
{
	struct row_phone want = { .created_at = now, .changed_at = now };
	int ret;

	free(*advice);
	*advice = NULL;
	*added = false;
	if ((ret = canonical_name(s->name, want.name, e)) != ERR_OK ||
	    (s->model != NULL &&
	    (ret = phone_model(s->model, want.model, e)) != ERR_OK) ||
	    (s->xml != NULL && (ret = check_file(db, s, want.name, advice,
	    e)) != ERR_OK))
		return ret;
	if ((ret = add_rows(db, s, &want, added, e)) != ERR_OK) {
		free(*advice);
		*advice = NULL;
		*added = false;
	}
	return ret;
}

int
phone_remove(struct db *db, const char *name, struct err *e)
{
	char canonical[DEVICE_NAME_MAX + 1];
	int ret;

	if ((ret = canonical_name(name, canonical, e)) != ERR_OK)
		return ret;
	ret = row_phone_remove(db, canonical, e);
	if (ret == ERR_NOTFOUND)
		return err_set(e, ERR_NOTFOUND, "there is no phone %s",
		    canonical);
	return ret;
}
