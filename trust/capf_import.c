/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phones' certificates in files, see capf_import.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "certs/container.h"
#include "trust/capf.h"
#include "trust/capf_import.h"
#include "trust/enrol_part.h"

#define PIECE_BLOCKS	500	/* PEM blocks read at once */
#define GROUP		500	/* requests of one transaction */

/* A request and what it becomes. */
struct change {
	struct row_capf_csr	 was;
	struct row_capf_csr	 row;	/* borrows from was and cert */
	struct cert		*cert;
};

struct importing {
	struct db	*db;
	struct verifier	*v;
	int64_t		 now;
	struct capf_import *res;
	const struct capf_import_calls *calls;
	const char	*file;
	struct change	 change[GROUP];
	size_t		 n;
};

/* --- writing --- */

static int
write_tx(struct db *db, void *arg, struct err *e)
{
	struct importing *im = arg;
	struct err none = { .code = ERR_OK };
	int ret;

	for (size_t i = 0; i < im->n; i++) {
		ret = enrol_settle(db, &im->change[i].was,
		    &im->change[i].row, &none);
		/* The phone has asked anew meanwhile: it is another one. */
		if (ret != ERR_OK && ret != ERR_NOTFOUND)
			return err_set(e, ret, "%s", none.msg);
	}
	return ERR_OK;
}

static void
forget_changes(struct importing *im)
{
	for (size_t i = 0; i < im->n; i++) {
		row_capf_csr_clear(&im->change[i].was);
		cert_free(im->change[i].cert);
	}
	im->n = 0;
}

static int
write_changes(struct importing *im, struct err *e)
{
	int ret = im->n == 0 ? ERR_OK :
	    db_result_err(db_tx(im->db, write_tx, im, e), e);

	forget_changes(im);
	return ret;
}

/* --- one certificate --- */

static void
tell(struct importing *im, enum capf_import_end end, const char *device,
    const struct cert *c, const char *why)
{
	im->res->n[end]++;
	im->calls->told(im->calls->arg, end, im->file, device, c, why);
}

static const enum capf_csr_state state_of[CAPF_IMPORT_END_N] = {
	[CAPF_IMPORT_ISSUED] = CAPF_CSR_ISSUED,
	[CAPF_IMPORT_REFUSED] = CAPF_CSR_REFUSED,
	[CAPF_IMPORT_HELD] = CAPF_CSR_SENT,
};

/* r is taken over. */
static void
add_change(struct importing *im, struct row_capf_csr *r, struct cert *c,
    enum capf_import_end end, const char *why)
{
	struct change *ch = &im->change[im->n++];

	*ch = (struct change){ .was = *r, .row = *r, .cert = cert_ref(c) };
	*r = (struct row_capf_csr){ .der = NULL };
	ch->row.changed_at = im->now;
	ch->row.next_at = 0;
	ch->row.state = state_of[end];
	str_visible(why, strnlen(why, CAPF_REASON_MAX), ch->row.note,
	    sizeof(ch->row.note));
	ch->row.cert = NULL;
	if (end != CAPF_IMPORT_REFUSED)
		ch->row.cert = (uint8_t *)(uintptr_t)cert_der(c,
		    &ch->row.certlen);
}

static bool
is_same(const struct row_capf_csr *r, const struct cert *c)
{
	size_t len;
	const uint8_t *der = cert_der(c, &len);

	return r->state == CAPF_CSR_ISSUED && r->cert != NULL &&
	    r->certlen == len && memcmp(r->cert, der, len) == 0;
}

/* A worse one never takes the place of a better one. */
static enum capf_import_end
judge(struct importing *im, const struct row_capf_csr *r,
    const struct cert *c, struct err *why)
{
	switch (enrol_check(im->v, r, c, im->now, why)) {
	case ERR_OK:
		return CAPF_IMPORT_ISSUED;
	case ERR_VERIFY:
		return r->state == CAPF_CSR_ISSUED ? CAPF_IMPORT_KEPT :
		    CAPF_IMPORT_HELD;
	default:
		return r->state == CAPF_CSR_ISSUED || enrol_is_held(r) ?
		    CAPF_IMPORT_KEPT : CAPF_IMPORT_REFUSED;
	}
}

static int
take_for(struct importing *im, struct row_capf_csr *r, struct cert *c,
    struct err *e)
{
	struct err why = { .code = ERR_OK };
	char device[ENROL_DEVICE_MAX];
	enum capf_import_end end;

	capf_owner_text(&r->owner, device, sizeof(device));
	if (is_same(r, c)) {
		tell(im, CAPF_IMPORT_SAME, device, c, "");
		return ERR_OK;
	}
	end = judge(im, r, c, &why);
	tell(im, end, device, c, why.msg);
	if (end == CAPF_IMPORT_KEPT)
		return ERR_OK;
	add_change(im, r, c, end, why.msg);
	return im->n == GROUP ? write_changes(im, e) : ERR_OK;
}

/* Two certificates over one key, of which the first is not written yet. */
static bool
is_pending(const struct importing *im, const uint8_t spki[SHA256_LEN])
{
	for (size_t i = 0; i < im->n; i++)
		if (memcmp(im->change[i].was.spki, spki, SHA256_LEN) == 0)
			return true;
	return false;
}

static int
take_cert(struct importing *im, struct cert *c, struct err *e)
{
	struct row_capf_csr r = { .der = NULL };
	struct err why = { .code = ERR_OK };
	uint8_t id[KEY_ID_LEN];
	int ret;

	cert_key_id(c, id);
	if (is_pending(im, id) && (ret = write_changes(im, e)) != ERR_OK)
		return ret;
	ret = row_capf_csr_by_spki(im->db, id, &r, &why);
	if (ret == ERR_OK)
		ret = take_for(im, &r, c, e);
	else if (ret != ERR_NOTFOUND)
		return err_set(e, ret, "%s", why.msg);
	else if (cert_is_ca(c))
		tell(im, CAPF_IMPORT_ISSUER, "", c, "");
	else
		tell(im, CAPF_IMPORT_UNKNOWN, "", c, "no request is over "
		    "this key");
	row_capf_csr_clear(&r);
	return ret == ERR_NOTFOUND ? ERR_OK : ret;
}

/* --- files --- */

static const uint8_t *
find(const uint8_t *buf, size_t len, const char *text)
{
	return memmem(buf, len, text, strlen(text));
}

size_t
capf_import_piece(const uint8_t *buf, size_t len, size_t off)
{
	const uint8_t *end = buf + len, *p = buf + off, *next;

	for (int i = 0; i < PIECE_BLOCKS; i++) {
		if ((next = find(p, (size_t)(end - p), "-----END ")) == NULL)
			return len - off;
		p = next + strlen("-----END ");
	}
	if ((next = memchr(p, '\n', (size_t)(end - p))) == NULL)
		return len - off;
	p = next + 1;
	/* What no block follows belongs to the last one. */
	return find(p, (size_t)(end - p), "-----BEGIN ") != NULL ?
	    (size_t)(p - buf) - off : len - off;
}

static int
take_piece(struct importing *im, const uint8_t *buf, size_t len,
    const char *password, struct err *bad, struct err *e)
{
	struct container set = { .ncert = 0 };
	int ret = ERR_OK;

	if (container_read(&set, buf, len, CONTAINER_NO_KEYS, password,
	    bad) == ERR_OK && set.ncert == 0)
		(void)err_set(bad, ERR_PROTO, "there is no certificate in "
		    "it");
	for (size_t i = 0; ret == ERR_OK && i < set.ncert; i++)
		ret = take_cert(im, set.cert[i], e);
	container_clear(&set);
	return ret;
}

static int
take_file(struct importing *im, const uint8_t *buf, size_t len,
    const char *password, struct err *e)
{
	struct err bad = { .code = ERR_OK };
	size_t off = 0, n;
	int ret;

	do {
		n = capf_import_piece(buf, len, off);
		if ((ret = take_piece(im, buf + off, n, password, &bad,
		    e)) != ERR_OK)
			return ret;
		off += n;
	} while (off < len && bad.code == ERR_OK);
	if (bad.code != ERR_OK) {
		im->res->failed_files++;
		im->calls->bad_file(im->calls->arg, im->file, bad.msg);
	}
	return ERR_OK;
}

static int
take_all(struct importing *im, const char *password, struct err *e)
{
	struct err bad;
	uint8_t *buf;
	size_t len;
	int ret = ERR_OK;

	for (;;) {
		bad = (struct err){ .code = ERR_OK };
		buf = NULL;
		im->file = NULL;
		if (im->calls->next(im->calls->arg, &im->file, &buf, &len,
		    &bad) != ERR_OK) {
			im->res->files++;
			im->res->failed_files++;
			im->calls->bad_file(im->calls->arg, im->file,
			    bad.msg);
			continue;
		}
		if (im->file == NULL)
			return write_changes(im, e);
		im->res->files++;
		ret = take_file(im, buf, len, password, e);
		free(buf);
		if (ret != ERR_OK)
			return ret;
	}
}

int
capf_import(struct db *db, struct verifier *v, const char *password,
    int64_t now, struct capf_import *res,
    const struct capf_import_calls *calls, struct err *e)
{
	struct importing *im = calloc(1, sizeof(*im));
	int ret;

	*res = (struct capf_import){ .files = 0 };
	if (im == NULL)
		return err_set(e, ERR_NOMEM, "import");
	im->db = db;
	im->v = v;
	im->now = now;
	im->res = res;
	im->calls = calls;
	ret = take_all(im, password, e);
	forget_changes(im);
	free(im);
	return ret;
}
