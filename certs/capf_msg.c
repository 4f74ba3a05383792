/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of the Certificate Authority Proxy Function, see capf_msg.h.
 */
#include <string.h>

#include "base/rd.h"
#include "certs/capf_msg.h"
#include "certs/msg_out.h"

#define CAPF_PROTOCOL	0x55
#define CERT_ITEM	0x01	/* in element 4, before the length */
#define CERT_INNER	0x0001	/* behind it: probably the type, LSC */

enum tag {
	TAG_REASON	= 1,
	TAG_CERT_TYPE	= 3,
	TAG_CERT	= 4,
	TAG_SIGNED	= 6,
	TAG_VERSION	= 7,
	TAG_AUTH_TYPE	= 8,
	TAG_SPKI	= 9,
	TAG_KEY_BITS	= 10,
	TAG_PASSWORD	= 11,
	TAG_DEVICE	= 13,
	TAG_SUDI	= 16,
	TAG_KEY_TYPE	= 17,
	TAG_CURVE	= 18,
	TAG_SIGNED2	= 20,
};

/* First bytes of the items in elements 16 and 20. */
enum item {
	ITEM_CERT	= 0,
	ITEM_SHA1	= 1,
	ITEM_SHA512	= 3,
};

static const char *const command_names[] = {
	[1]	= "authentication request",
	[2]	= "authentication response",
	[3]	= "key generation request",
	[4]	= "key generation response",
	[5]	= "encrypt response",
	[6]	= "encrypt request",
	[7]	= "decrypt request",
	[8]	= "decrypt response",
	[9]	= "store certificate request",
	[10]	= "store certificate response",
	[11]	= "fetch certificate request",
	[12]	= "fetch certificate response",
	[13]	= "delete certificate request",
	[14]	= "delete certificate response",
	[15]	= "end session",
	[16]	= "retry later",
	[17]	= "request in progress",
	[18]	= "status request",
	[19]	= "status response",
	[20]	= "abort request",
	[21]	= "abort response",
	[22]	= "sign certificate request",
	[23]	= "sign certificate response",
};
#define NCOMMANDS	(sizeof(command_names) / sizeof(command_names[0]))

static bool
is_command(uint8_t c)
{
	return c < NCOMMANDS && command_names[c] != NULL;
}

const char *
capf_command_name(uint8_t c)
{
	return is_command(c) ? command_names[c] : "unknown command";
}

/* --- reading --- */

int
capf_msg_need(const uint8_t *buf, size_t len, size_t *need, struct err *e)
{
	size_t body;

	*need = CAPF_HEADER;
	if (len > 0 && buf[0] != CAPF_PROTOCOL)
		return err_at(e, ERR_PROTO, 0, "protocol %u", buf[0]);
	if (len > 1 && !is_command(buf[1]))
		return err_at(e, ERR_PROTO, 1, "command %u", buf[1]);
	if (len < CAPF_HEADER)
		return ERR_OK;
	body = (size_t)buf[6] << 8 | buf[7];
	if (body > CAPF_BODY_MAX)
		return err_at(e, ERR_PROTO, 6, "a body of %zu bytes, more than "
		    "%d", body, CAPF_BODY_MAX);
	*need += body;
	return ERR_OK;
}

static bool
at_end(const struct rd *r)
{
	return r->err == ERR_OK && rd_left(r) == 0;
}

static bool
get_u8(struct rd *r, bool *has, uint8_t *v)
{
	*has = true;
	*v = rd_u8(r);
	return at_end(r);
}

static bool
get_bytes(struct rd *r, struct capf_bytes *b)
{
	b->len = rd_left(r);
	b->p = rd_bytes(r, b->len);
	return at_end(r);
}

/* The NUL at the end is the only one. */
static bool
get_text(struct rd *r, size_t max, bool *has, struct capf_bytes *b)
{
	*has = true;
	if (!get_bytes(r, b) || b->len == 0 || b->len > max + 1)
		return false;
	b->len--;
	return memchr(b->p, '\0', b->len + 1) == b->p + b->len;
}

/* One byte, two of length, and so many. */
static uint8_t
get_item(struct rd *r, struct capf_bytes *b)
{
	uint8_t kind = rd_u8(r);

	b->len = rd_u16(r);
	b->p = rd_bytes(r, b->len);
	return kind;
}

static bool
get_cert(struct rd *r, struct capf_bytes *cert)
{
	struct capf_bytes b;
	struct rd inner;

	if (get_item(r, &b) != CERT_ITEM || !at_end(r))
		return false;
	inner = rd_init(b.p, b.len);
	(void)rd_u16(&inner);	/* a MIC may have others than CERT_INNER */
	return get_bytes(&inner, cert) && cert->len > 0;
}

static bool
get_signed2(struct rd *r, struct capf_bytes *sig)
{
	return get_item(r, sig) == ITEM_SHA512 && at_end(r);
}

/* In any order, each once; the certificate is never left out, else nobody
 * would know that there was an element to check. */
static bool
get_sudi(struct rd *r, struct capf_msg *m)
{
	while (r->err == ERR_OK && rd_left(r) > 0) {
		struct capf_bytes b, *to = NULL;

		switch (get_item(r, &b)) {
		case ITEM_CERT:
			to = &m->sudi_cert;
			break;
		case ITEM_SHA1:
			to = &m->sudi_sig1;
			break;
		case ITEM_SHA512:
			to = &m->sudi_sig512;
			break;
		}
		if (to == NULL || to->p != NULL)
			return false;
		*to = b;
	}
	return at_end(r) && m->sudi_cert.p != NULL && m->sudi_cert.len > 0;
}

static bool
get_key_bits(struct rd *r, struct capf_msg *m)
{
	m->has_key_bits = true;
	m->key_bits = rd_u16(r);
	return at_end(r);
}

static bool
pass_over(struct rd *r, struct capf_msg *m, uint8_t tag)
{
	if (m->nunknown < sizeof(m->unknown))
		m->unknown[m->nunknown++] = tag;
	return rd_bytes(r, rd_left(r)) != NULL;
}

/* r is over the value. */
static bool
get_element(struct rd *r, struct capf_msg *m, uint8_t tag)
{
	switch (tag) {
	case TAG_REASON:
		return get_u8(r, &m->has_reason, &m->reason);
	case TAG_CERT_TYPE:
		return get_u8(r, &m->has_cert_type, &m->cert_type);
	case TAG_CERT:
		return get_cert(r, &m->cert);
	case TAG_SIGNED:
		return get_bytes(r, &m->signed1);
	case TAG_VERSION:
		return get_u8(r, &m->has_version, &m->version);
	case TAG_AUTH_TYPE:
		return get_u8(r, &m->has_auth_type, &m->auth_type);
	case TAG_SPKI:
		return get_bytes(r, &m->spki);
	case TAG_KEY_BITS:
		return get_key_bits(r, m);
	case TAG_PASSWORD:
		return get_text(r, CAPF_PASSWORD_MAX, &m->has_password,
		    &m->password);
	case TAG_DEVICE:
		return get_text(r, CAPF_DEVICE_MAX, &m->has_device,
		    &m->device);
	case TAG_SUDI:
		return get_sudi(r, m);
	case TAG_KEY_TYPE:
		return get_u8(r, &m->has_key_type, &m->key_type);
	case TAG_CURVE:
		return get_u8(r, &m->has_curve, &m->curve);
	case TAG_SIGNED2:
		return get_signed2(r, &m->signed512);
	}
	return pass_over(r, m, tag);
}

static int
get_elements(struct rd *r, struct capf_msg *m, struct err *e)
{
	bool seen[UINT8_MAX + 1] = { false };

	for (size_t n = 0; r->err == ERR_OK && rd_left(r) > 0; n++) {
		size_t pos = rd_pos(r);
		uint8_t tag = rd_u8(r);
		struct rd v = rd_sub(r, rd_u16(r));

		if (r->err != ERR_OK)
			break;
		if (n == CAPF_ELEMENTS_MAX)
			return err_at(e, ERR_PROTO, pos, "more than %d "
			    "elements", CAPF_ELEMENTS_MAX);
		if (seen[tag])
			return err_at(e, ERR_PROTO, pos, "element %u twice",
			    tag);
		seen[tag] = true;
		if (!get_element(&v, m, tag))
			return err_at(e, ERR_PROTO, pos, "element %u is not "
			    "what it should be", tag);
	}
	return r->err == ERR_OK ? ERR_OK : err_at(e, ERR_PROTO, rd_pos(r),
	    "a cut element");
}

int
capf_msg_parse(struct capf_msg *m, const uint8_t *buf, size_t len,
    struct err *e)
{
	struct rd r = rd_init(buf, len);
	size_t need;
	int rc;

	*m = (struct capf_msg){ 0 };
	if ((rc = capf_msg_need(buf, len, &need, e)) != ERR_OK)
		return rc;
	if (len < CAPF_HEADER || need != len)
		return err_at(e, ERR_PROTO, len, "%zu bytes of a message of "
		    "%zu", len, need);
	(void)rd_u8(&r);
	m->command = rd_u8(&r);
	m->session = rd_u32(&r);
	(void)rd_u16(&r);
	return get_elements(&r, m, e);
}

/* --- writing --- */

static void
put_number(struct msg_out *o, uint8_t tag, bool has, uint32_t v, size_t bytes)
{
	if (!has)
		return;
	msg_put_start(o, tag, bytes);
	msg_put_int(o, v, bytes);
}

static void
put_bytes(struct msg_out *o, uint8_t tag, const struct capf_bytes *b)
{
	if (b->p == NULL)
		return;
	msg_put_start(o, tag, b->len);
	msg_put(o, b->p, b->len);
}

static void
put_text(struct msg_out *o, uint8_t tag, bool has, const struct capf_bytes *b,
    size_t max)
{
	if (!has)
		return;
	if (b->len > max ||
	    (b->len > 0 && memchr(b->p, '\0', b->len) != NULL))
		o->err = ERR_ARG;
	msg_put_start(o, tag, b->len + 1);
	msg_put(o, b->p, b->len);
	msg_put_int(o, 0, 1);
}

static void
put_cert(struct msg_out *o, const struct capf_bytes *cert)
{
	if (cert->p == NULL)
		return;
	if (cert->len == 0)
		o->err = ERR_ARG;
	msg_put_start(o, TAG_CERT, 3 + 2 + cert->len);
	msg_put_start(o, CERT_ITEM, 2 + cert->len);
	msg_put_int(o, CERT_INNER, 2);
	msg_put(o, cert->p, cert->len);
}

static size_t
item_len(const struct capf_bytes *b)
{
	return b->p != NULL ? 3 + b->len : 0;
}

static void
put_sudi(struct msg_out *o, const struct capf_msg *m)
{
	if (m->sudi_cert.p == NULL) {
		if (m->sudi_sig1.p != NULL || m->sudi_sig512.p != NULL)
			o->err = ERR_ARG;
		return;
	}
	if (m->sudi_cert.len == 0)
		o->err = ERR_ARG;
	msg_put_start(o, TAG_SUDI, item_len(&m->sudi_cert) +
	    item_len(&m->sudi_sig1) + item_len(&m->sudi_sig512));
	put_bytes(o, ITEM_CERT, &m->sudi_cert);
	put_bytes(o, ITEM_SHA1, &m->sudi_sig1);
	put_bytes(o, ITEM_SHA512, &m->sudi_sig512);
}

static void
put_signed2(struct msg_out *o, const struct capf_bytes *sig)
{
	if (sig->p == NULL)
		return;
	msg_put_start(o, TAG_SIGNED2, item_len(sig));
	put_bytes(o, ITEM_SHA512, sig);
}

static void
put_elements(struct msg_out *o, const struct capf_msg *m)
{
	put_number(o, TAG_REASON, m->has_reason, m->reason, 1);
	put_number(o, TAG_CERT_TYPE, m->has_cert_type, m->cert_type, 1);
	put_cert(o, &m->cert);
	put_bytes(o, TAG_SIGNED, &m->signed1);
	put_number(o, TAG_VERSION, m->has_version, m->version, 1);
	put_number(o, TAG_AUTH_TYPE, m->has_auth_type, m->auth_type, 1);
	put_bytes(o, TAG_SPKI, &m->spki);
	put_number(o, TAG_KEY_BITS, m->has_key_bits, m->key_bits, 2);
	put_text(o, TAG_PASSWORD, m->has_password, &m->password,
	    CAPF_PASSWORD_MAX);
	put_text(o, TAG_DEVICE, m->has_device, &m->device, CAPF_DEVICE_MAX);
	put_sudi(o, m);
	put_number(o, TAG_KEY_TYPE, m->has_key_type, m->key_type, 1);
	put_number(o, TAG_CURVE, m->has_curve, m->curve, 1);
	put_signed2(o, &m->signed512);
}

int
capf_msg_build(const struct capf_msg *m, uint8_t buf[CAPF_MSG_MAX], size_t *n,
    struct err *e)
{
	struct msg_out o = { .buf = buf, .size = CAPF_MSG_MAX };

	*n = 0;
	if (!is_command(m->command))
		return err_set(e, ERR_ARG, "no command %u of this protocol",
		    m->command);
	msg_put_int(&o, CAPF_PROTOCOL, 1);
	msg_put_int(&o, m->command, 1);
	msg_put_int(&o, m->session, 4);
	msg_put_int(&o, 0, 2);
	put_elements(&o, m);
	if (o.err != ERR_OK)
		return err_set(e, ERR_ARG, "cannot be written as a message of "
		    "the Certificate Authority Proxy Function");
	buf[6] = (uint8_t)((o.n - CAPF_HEADER) >> 8);
	buf[7] = (uint8_t)(o.n - CAPF_HEADER);
	*n = o.n;
	return ERR_OK;
}
