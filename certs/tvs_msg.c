/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Trust Verification Service, see tvs_msg.h.
 */
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "certs/msg_out.h"
#include "certs/tvs_msg.h"

#define TVS_PROTOCOL	0x57
#define TVS_VERSION	1
#define DEVICE_TEXT	0x01	/* first byte of a device name */

enum tag {
	TAG_DEVICE	= 1,
	TAG_CERTIFICATE	= 2,
	TAG_SUBJECT	= 3,
	TAG_ISSUER	= 4,	/* inferred, as is the next */
	TAG_SERIAL	= 5,
	TAG_STATUS	= 7,
	TAG_ROLES	= 8,
	TAG_TTL		= 9,
};

struct element {
	uint8_t			tag;
	struct tvs_bytes	v;
	size_t			pos;	/* of its value, for errors */
};

struct elements {
	struct element	e[TVS_ELEMENTS_MAX];
	size_t		n;
};

static bool
is_query(enum tvs_command c)
{
	return c == TVS_QUERY_REQUEST || c == TVS_QUERY_ANSWER;
}

static bool
is_request(enum tvs_command c)
{
	return c == TVS_VERIFY_REQUEST || c == TVS_QUERY_REQUEST;
}

/* Letters, digits and the three other characters of device names. */
static bool
is_device(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(p[i] >= 'A' && p[i] <= 'Z') &&
		    !(p[i] >= 'a' && p[i] <= 'z') &&
		    !(p[i] >= '0' && p[i] <= '9') &&
		    p[i] != '.' && p[i] != '_' && p[i] != '-')
			return false;
	return len >= 1 && len <= TVS_DEVICE_MAX;
}

/* --- reading --- */

int
tvs_msg_need(const uint8_t *buf, size_t len, size_t *need, struct err *e)
{
	size_t body;

	*need = TVS_HEADER;
	if (len > 0 && buf[0] != TVS_PROTOCOL)
		return err_at(e, ERR_PROTO, 0, "protocol %u", buf[0]);
	if (len > 1 && buf[1] > TVS_VERSION)
		return err_at(e, ERR_PROTO, 1, "version %u", buf[1]);
	if (len > 2 && (buf[2] < TVS_VERIFY_REQUEST ||
	    buf[2] > TVS_QUERY_ANSWER))
		return err_at(e, ERR_PROTO, 2, "command %u", buf[2]);
	if (len < TVS_HEADER)
		return ERR_OK;
	body = (size_t)buf[8] << 8 | buf[9];
	if (body > TVS_BODY_MAX)
		return err_at(e, ERR_PROTO, 8, "a body of %zu bytes, more than "
		    "%u", body, TVS_BODY_MAX);
	*need += body;
	return ERR_OK;
}

static const struct element *
find(const struct elements *all, uint8_t tag)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->e[i].tag == tag)
			return &all->e[i];
	return NULL;
}

static int
split(struct elements *all, struct rd *r, struct err *e)
{
	while (r->err == ERR_OK && rd_left(r) > 0) {
		struct element el = { .pos = rd_pos(r) };

		el.tag = rd_u8(r);
		el.v.len = rd_u16(r);
		el.v.p = rd_bytes(r, el.v.len);
		if (r->err != ERR_OK)
			break;
		if (all->n == TVS_ELEMENTS_MAX)
			return err_at(e, ERR_PROTO, el.pos,
			    "more than %d elements", TVS_ELEMENTS_MAX);
		if (find(all, el.tag) != NULL)
			return err_at(e, ERR_PROTO, el.pos,
			    "element %u twice", el.tag);
		all->e[all->n++] = el;
	}
	return r->err == ERR_OK ? ERR_OK : err_at(e, ERR_PROTO, rd_pos(r),
	    "a cut element");
}

static int
get_device(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *el = find(all, TAG_DEVICE);

	if (el == NULL)
		return ERR_OK;
	m->device = el->v;
	if (el->v.len == 0 || el->v.len > 1 + TVS_DEVICE_MAX)
		return err_at(e, ERR_PROTO, el->pos, "a device name of %zu "
		    "bytes", el->v.len);
	if (el->v.p[0] != DEVICE_TEXT)	/* not known what: kept whole */
		return ERR_OK;
	m->device.p++;
	m->device.len--;
	return is_device(m->device.p, m->device.len) ? ERR_OK :
	    err_at(e, ERR_PROTO, el->pos, "not a device name");
}

static int
get_der(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *el = find(all, TAG_CERTIFICATE);

	if (el == NULL)
		return err_set(e, ERR_PROTO, "no certificate");
	if (el->v.len == 0 || el->v.len > CERT_DER_MAX)
		return err_at(e, ERR_PROTO, el->pos, "a certificate of %zu "
		    "bytes", el->v.len);
	m->der = el->v;
	return ERR_OK;
}

/* Text of a name with its NUL, which serial numbers lack. */
static bool
is_name(const struct tvs_bytes *v)
{
	if (v->len < 2 || v->len > TVS_NAME_MAX + 1 || v->p[v->len - 1] != 0)
		return false;
	for (size_t i = 0; i + 1 < v->len; i++)
		if (v->p[i] < ' ')
			return false;
	return memchr(v->p, '=', v->len - 1) != NULL;
}

static struct tvs_bytes
without_nul(const struct tvs_bytes *v)
{
	return (struct tvs_bytes){ .p = v->p, .len = v->len - 1 };
}

static int
get_names(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *subject = find(all, TAG_SUBJECT);
	const struct element *issuer = NULL, *serial = NULL;

	if (subject != NULL && subject->v.len > 0) {
		if (!is_name(&subject->v))
			return err_at(e, ERR_PROTO, subject->pos,
			    "a subject that is no name");
		m->subject = without_nul(&subject->v);
	}
	for (size_t i = 0; i < all->n; i++) {
		const struct element *el = &all->e[i];

		if (el->tag == TAG_DEVICE || el->tag == TAG_CERTIFICATE ||
		    el == subject)
			continue;
		if (issuer == NULL && is_name(&el->v))
			issuer = el;
		else
			serial = el;
	}
	if (issuer != NULL) {
		m->issuer = without_nul(&issuer->v);
		m->issuer_tag = issuer->tag;
	}
	if (serial == NULL || serial->v.len == 0 ||
	    serial->v.len > TVS_SERIAL_MAX)
		return err_set(e, ERR_PROTO, "no serial number");
	m->serial = serial->v;
	m->serial_tag = serial->tag;
	return m->issuer.len > 0 || m->subject.len > 0 ? ERR_OK :
	    err_set(e, ERR_PROTO, "neither issuer nor subject");
}

static int
get_status(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *el = find(all, TAG_STATUS);

	if (el == NULL || el->v.len != 1 || el->v.p[0] > TVS_INVALID)
		return err_set(e, ERR_PROTO, "no status");
	m->status = (enum tvs_status)el->v.p[0];
	return ERR_OK;
}

static int
get_roles(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *el = find(all, TAG_ROLES);

	if (el == NULL)
		return ERR_OK;
	if (el->v.len > TVS_ROLES_MAX)
		return err_at(e, ERR_PROTO, el->pos, "%zu roles", el->v.len);
	if (el->v.len > 0)
		memcpy(m->roles, el->v.p, el->v.len);
	m->nroles = el->v.len;
	return ERR_OK;
}

static int
get_ttl(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	const struct element *el = find(all, TAG_TTL);
	struct rd r;

	if (el == NULL)
		return ERR_OK;
	r = rd_init(el->v.p, el->v.len);
	m->ttl = rd_u32(&r);
	return r.err == ERR_OK && rd_left(&r) == 0 ? ERR_OK :
	    err_at(e, ERR_PROTO, el->pos, "a lifetime of %zu bytes", el->v.len);
}

static int
get_answer(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	int rc;

	if ((rc = get_status(m, all, e)) != ERR_OK ||
	    m->status != TVS_VALID)	/* then nothing else counts */
		return rc;
	if ((rc = get_roles(m, all, e)) != ERR_OK ||
	    (rc = get_ttl(m, all, e)) != ERR_OK)
		return rc;
	return m->command == TVS_QUERY_ANSWER ? get_der(m, all, e) : ERR_OK;
}

static int
get_request(struct tvs_msg *m, const struct elements *all, struct err *e)
{
	int rc;

	if ((rc = get_device(m, all, e)) != ERR_OK)
		return rc;
	return is_query(m->command) ? get_names(m, all, e) :
	    get_der(m, all, e);
}

int
tvs_msg_parse(struct tvs_msg *m, const uint8_t *buf, size_t len, struct err *e)
{
	struct rd r = rd_init(buf, len);
	struct elements all = { .n = 0 };
	size_t need;
	int rc;

	*m = (struct tvs_msg){ 0 };
	if ((rc = tvs_msg_need(buf, len, &need, e)) != ERR_OK)
		return rc;
	if (len < TVS_HEADER || need != len)
		return err_at(e, ERR_PROTO, len, "%zu bytes of a message of "
		    "%zu", len, need);
	(void)rd_bytes(&r, 2);
	m->command = (enum tvs_command)rd_u8(&r);
	(void)rd_u8(&r);
	m->session = rd_u32(&r);
	(void)rd_u16(&r);
	if ((rc = split(&all, &r, e)) != ERR_OK)
		return rc;
	return is_request(m->command) ? get_request(m, &all, e) :
	    get_answer(m, &all, e);
}

void
tvs_device(const struct tvs_msg *m, char out[TVS_DEVICE_MAX + 1])
{
	char name[DEVICE_NAME_MAX + 1];
	const char *sep;

	*out = '\0';
	if (!is_device(m->device.p, m->device.len))
		return;
	memcpy(out, m->device.p, m->device.len);
	out[m->device.len] = '\0';
	if ((sep = strrchr(out, '-')) != NULL &&
	    str_device_name(sep + 1, name) && str_is_sep(name))
		memcpy(out, name, strlen(name) + 1);
}

/* --- writing --- */

static void
put_element(struct msg_out *o, uint8_t tag, const struct tvs_bytes *v, size_t max)
{
	if (v->len == 0 || v->len > max) {
		o->err = ERR_ARG;
		return;
	}
	msg_put_start(o, tag, v->len);
	msg_put(o, v->p, v->len);
}

static void
put_name(struct msg_out *o, uint8_t tag, const struct tvs_bytes *v)
{
	if (v->len > TVS_NAME_MAX)
		o->err = ERR_ARG;
	if (v->len == 0 || o->err != ERR_OK)
		return;
	msg_put_start(o, tag, v->len + 1);
	msg_put(o, v->p, v->len);
	msg_put(o, "", 1);
}

static void
put_device(struct msg_out *o, const struct tvs_bytes *v)
{
	if (v->len == 0)
		return;
	if (!is_device(v->p, v->len)) {
		o->err = ERR_ARG;
		return;
	}
	msg_put_start(o, TAG_DEVICE, 1 + v->len);
	msg_put_int(o, DEVICE_TEXT, 1);
	msg_put(o, v->p, v->len);
}

static void
put_request(struct msg_out *o, const struct tvs_msg *m)
{
	put_device(o, &m->device);
	if (!is_query(m->command)) {
		put_element(o, TAG_CERTIFICATE, &m->der, CERT_DER_MAX);
		return;
	}
	if (m->subject.len == 0 && m->issuer.len == 0)
		o->err = ERR_ARG;
	put_name(o, TAG_SUBJECT, &m->subject);
	put_name(o, m->issuer_tag != 0 ? m->issuer_tag : TAG_ISSUER,
	    &m->issuer);
	put_element(o, m->serial_tag != 0 ? m->serial_tag : TAG_SERIAL,
	    &m->serial, TVS_SERIAL_MAX);
}

static void
put_answer(struct msg_out *o, const struct tvs_msg *m)
{
	msg_put_start(o, TAG_STATUS, 1);
	msg_put_int(o, m->status, 1);
	if (m->status != TVS_VALID)
		return;
	if (is_query(m->command))
		put_element(o, TAG_CERTIFICATE, &m->der, CERT_DER_MAX);
	if (m->nroles > TVS_ROLES_MAX) {
		o->err = ERR_ARG;
		return;
	}
	if (m->nroles > 0) {
		msg_put_start(o, TAG_ROLES, m->nroles);
		msg_put(o, m->roles, m->nroles);
	}
	if (m->ttl != 0) {
		msg_put_start(o, TAG_TTL, 4);
		msg_put_int(o, m->ttl, 4);
	}
}

int
tvs_msg_build(const struct tvs_msg *m, uint8_t buf[TVS_MSG_MAX], size_t *n,
    struct err *e)
{
	struct msg_out o = { .buf = buf, .size = TVS_MSG_MAX };

	*n = 0;
	if (m->command < TVS_VERIFY_REQUEST || m->command > TVS_QUERY_ANSWER)
		return err_set(e, ERR_ARG, "no command %d of this protocol",
		    (int)m->command);
	msg_put_int(&o, TVS_PROTOCOL, 1);
	msg_put_int(&o, TVS_VERSION, 1);
	msg_put_int(&o, m->command, 1);
	msg_put_int(&o, 0, 1);
	msg_put_int(&o, m->session, 4);
	msg_put_int(&o, 0, 2);
	if (is_request(m->command))
		put_request(&o, m);
	else
		put_answer(&o, m);
	if (o.err != ERR_OK || o.n - TVS_HEADER > TVS_BODY_MAX)
		return err_set(e, ERR_ARG, "cannot be written as a message of "
		    "the Trust Verification Service");
	buf[8] = (uint8_t)((o.n - TVS_HEADER) >> 8);
	buf[9] = (uint8_t)(o.n - TVS_HEADER);
	*n = o.n;
	return ERR_OK;
}
