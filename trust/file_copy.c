/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copies of phones' configurations among the static files: backups, exports,
 * what an editor leaves.  Of a phone whose file is to be encrypted none may be
 * served.  Whose a copy is stands in its name alone, so whatever has such a
 * phone's address in its name is taken for one, unless it cannot be.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "crypt/secret.h"
#include "trust/file_store.h"

#define CONFIG_MIDDLE	".cnf.xml"
#define ADDRESS_DIGITS	12
#define CONTENT_MAX	((size_t)256 << 10)	/* bytes of a file looked at */

struct looking {
	struct file_store	*fs;
	const char		*path;
	bool			 flagged;
};

/* --- names --- */

/* The phone whose configuration a path is called like, without its suffixes;
 * backups too, such as SEP0011223344AA.cnf.xml.old. */
static bool
config_of(const char *path, char device[PHONE_NAME_MAX + 1])
{
	const char *name = strrchr(path, '/');
	char text[FILE_NAME_MAX + 1];

	name = name != NULL ? name + 1 : path;
	if (strcasestr(name, CONFIG_MIDDLE) == NULL)
		return false;
	(void)snprintf(text, sizeof(text), "%.*s",
	    (int)(strcasestr(name, CONFIG_MIDDLE) - name), name);
	return str_device_name(text, device);
}

static bool
is_hex(char c)
{
	return isxdigit((unsigned char)c) != 0;
}

static bool
is_between(char c)
{
	return c == '-' || c == ':' || c == '.' || c == '_' || c == ' ';
}

/*
 * Does s begin with an address of 12 digits, with one character between pairs
 * or groups of them?  As a phone's name.  What follows may be letters that
 * are digits, too: SEP0011223344AAcopy.
 */
static bool
address_at(const char *s, char device[PHONE_NAME_MAX + 1])
{
	char text[sizeof("SEP") + ADDRESS_DIGITS] = "SEP";
	size_t n = 0;

	for (; n < ADDRESS_DIGITS; s++) {
		if (is_hex(*s))
			text[3 + n++] = *s;
		else if (n == 0 || n % 2 != 0 || !is_between(*s) ||
		    !is_hex(s[1]))
			return false;
	}
	text[3 + n] = '\0';
	return str_device_name(text, device);
}

/*
 * The next phone named within a path, *at behind where it begins.  Letters
 * before an address may be digits as well: phone0011223344AA.
 */
static bool
next_named(const char **at, char device[PHONE_NAME_MAX + 1])
{
	for (const char *p = *at; *p != '\0'; p++) {
		if (!is_hex(*p) || !address_at(p, device))
			continue;
		*at = p + 1;
		return true;
	}
	return false;
}

static bool
names_any(const char *path)
{
	char device[PHONE_NAME_MAX + 1];
	const char *at = path;

	return config_of(path, device) || next_named(&at, device);
}

/* Names that are asked for may be anything: few are looked up. */
static bool
is_there(struct file_store *fs, const char *path)
{
	struct stat st;
	int fd, ret = store_open(fs, path, &fd, &st, NULL);

	if (ret == ERR_OK)
		(void)close(fd);
	return ret != ERR_NOTFOUND;
}

static bool
is_any_there(struct file_store *fs, const struct file_name *n)
{
	return is_there(fs, n->full) || (n->form != FILE_PLAIN &&
	    is_there(fs, n->base));
}

/* --- whose they are --- */

/* No such phone: nobody's secrets are kept here. */
static int
look_one(struct looking *l, struct db *db, const char *device,
    struct err *e)
{
	struct phone_file_base b = store_base(l->fs);
	struct err miss = { .code = ERR_OK };
	struct phone_file f;
	int ret = phone_file_load(&f, db, &b, device, &miss);

	if (ret == ERR_OK && f.flagged)
		l->flagged = true;
	phone_file_clear(&f);
	return ret == ERR_OK || ret == ERR_NOTFOUND ? ERR_OK :
	    err_set(e, ret, "%s", miss.msg);
}

static int
look(struct db *db, void *arg, struct err *e)
{
	struct looking *l = arg;
	char device[PHONE_NAME_MAX + 1];
	const char *at = l->path;
	int ret;

	l->flagged = false;
	if ((ret = store_refresh(l->fs, e)) == ERR_OK &&
	    config_of(l->path, device))
		ret = look_one(l, db, device, e);
	while (ret == ERR_OK && !l->flagged && next_named(&at, device))
		ret = look_one(l, db, device, e);
	return ret;
}

/* --- what they are --- */

/* buf ends in a NUL that is not counted. */
static bool
has_text(const uint8_t *buf, const char *text)
{
	return strcasestr((const char *)buf, text) != NULL;
}

static bool
has_secret(const uint8_t *buf)
{
	return has_text(buf, "password>") || has_text(buf, "secret>");
}

/* Of any size, unlike text, all of which is looked at. */
static bool
is_image(int fd)
{
	uint8_t head[4];

	return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	    (memcmp(head, "\x89PNG", 4) == 0 ||
	    memcmp(head, "\xff\xd8\xff", 3) == 0);
}

/* Text with markup, in an encoding whose letters are ASCII's. */
static bool
is_markup(const uint8_t *buf, size_t len)
{
	size_t at = len > 3 && memcmp(buf, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	at += strspn((const char *)buf + at, " \t\r\n");
	return at < len && buf[at] == '<' && memchr(buf, '\0', len) == NULL;
}

/* Neither a phone's nor, as it may be cut out of one, with its secrets. */
static bool
is_other_markup(int fd, const char *path)
{
	uint8_t *buf = NULL;
	bool other;
	size_t len;

	if (file_read_fd(fd, path, CONTENT_MAX, &buf, &len, NULL) != ERR_OK)
		return false;
	other = is_markup(buf, len) && !has_text(buf, "<device") &&
	    !has_text(buf, ":device") && !has_secret(buf);
	secret_wipe(buf, len);
	free(buf);
	return other;
}

/*
 * A dial plan, soft keys, a picture: no configuration, packed, signed or
 * whole.  What is not there hides nothing either.
 */
static bool
is_harmless(struct file_store *fs, const char *path)
{
	bool harmless;
	struct stat st;
	int fd, ret;

	ret = store_open(fs, path, &fd, &st, NULL);
	if (ret != ERR_OK)
		return ret == ERR_NOTFOUND;
	harmless = is_image(fd) || is_other_markup(fd, path);
	(void)close(fd);
	return harmless;
}

/* Called like a configuration it is one, whatever is in it. */
static bool
may_hide(struct file_store *fs, const struct file_name *n)
{
	return strcasestr(n->base, CONFIG_MIDDLE) != NULL ||
	    !is_harmless(fs, n->full) || (n->form != FILE_PLAIN &&
	    !is_harmless(fs, n->base));
}

bool
store_is_stale_config(struct file_store *fs, const struct file_name *n)
{
	struct looking l = { .fs = fs, .path = n->base };
	struct err e = { .code = ERR_OK };

	if (!names_any(n->base) || !is_any_there(fs, n) ||
	    (db_read_tx(fs->db, look, &l, &e) == ERR_OK && !l.flagged) ||
	    !may_hide(fs, n))
		return false;
	store_warn_once(fs, "files.stale", n->base, "has the name of a phone "
	    "whose file is encrypted, and may be a copy that is not: it is "
	    "never served; remove it");
	return true;
}

bool
store_is_copy(const uint8_t *buf, size_t len)
{
	return is_markup(buf, len) && has_text(buf, "<device") &&
	    has_secret(buf);
}
