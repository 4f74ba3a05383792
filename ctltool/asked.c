/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A file as a phone gets it, see asked.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ctltool/asked.h"

bool
asked_is_text(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((p[i] < 0x20 && strchr("\t\r\n\f", p[i]) == NULL) ||
		    p[i] == 0 || p[i] == 0x7f ||
		    (p[i] == 0xc2 && i + 1 < len && p[i + 1] < 0xa0))
			return false;
	return str_is_utf8((const char *)p, len);
}

const char *
asked_advice(const struct file_name *n)
{
	if (n->kind == FILE_ITL)
		return "show itl says what is in it";
	if (n->kind == FILE_CTL)
		return "show ctl says what is in it";
	if (n->form == FILE_ENC)
		return "it is for one phone's key: phone show says whose, "
		    "and explain what a copy of it is";
	if (n->form != FILE_PLAIN)
		return "view the name without .sgn, or see file verify tftp";
	return "file get tftp copies it, file dump tftp shows its bytes";
}

int
asked_open(struct asked *k, struct ctl *c, struct err *e)
{
	const char *name = cmd_get(c->line, "NAME");
	struct file_name n;
	int ret;

	*k = (struct asked){ .a.fd = -1 };
	if ((ret = ctl_open(c, DB_READ, e)) != ERR_OK ||
	    (ret = file_name_parse(&n, name, strlen(name), e)) != ERR_OK)
		return ret;
	k->fs = file_store_new(c->node.statefd, c->node.row.name, NULL, NULL,
	    e);
	if (k->fs == NULL)
		return e->code;
	k->kr = node_keyring(&c->node, KEYRING_CRED, NULL);
	file_store_set_keyring(k->fs, k->kr);
	ret = file_store_get(k->fs, name, strlen(name), &k->a, e);
	if (ret == ERR_BADSTATE && n.form != FILE_PLAIN)
		ret = err_set(e, ERR_REFUSED, "%.80s is made when it is asked "
		    "for: %s", n.full, asked_advice(&n));
	return ret;
}

void
asked_close(struct asked *k)
{
	file_answer_clear(&k->a);
	file_store_free(k->fs);
	keyring_free(k->kr);
	k->fs = NULL;
	k->kr = NULL;
}

/* What a descriptor has there; short only at its end. */
static int
read_some(int fd, uint64_t offset, uint8_t *buf, size_t *len, struct err *e)
{
	size_t done = 0;
	ssize_t n;

	while (done < *len) {
		n = pread(fd, buf + done, *len - done,
		    (off_t)(offset + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_sys(e, ERR_IO, "reading the file");
		if (n == 0)
			break;
		done += (size_t)n;
	}
	*len = done;
	return ERR_OK;
}

int
asked_read(const struct asked *k, uint64_t offset, size_t max, uint8_t **buf,
    size_t *len, struct err *e)
{
	uint64_t left = offset < k->a.len ? k->a.len - offset : 0;
	int ret = ERR_OK;

	*len = left < max ? (size_t)left : max;
	if ((*buf = calloc(1, *len + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "%.80s", k->a.name.full);
	if (k->a.fd != -1)
		ret = read_some(k->a.fd, offset, *buf, len, e);
	else if (*len > 0)
		memcpy(*buf, k->a.body + offset, *len);
	if (ret != ERR_OK) {
		free(*buf);
		*buf = NULL;
	}
	return ret;
}
