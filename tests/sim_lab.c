/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A laboratory for the simulated phone, see sim_lab.h.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/file.h"
#include "base/str.h"
#include "tests/sim_lab.h"

#define LAB_NOW	1795300000	/* after the vectors were made */

uint8_t *
lab_vector(const char *vector, size_t *len)
{
	const char *top = getenv("top_srcdir");
	char path[PATH_MAX];
	struct err e = { 0 };
	uint8_t *buf = NULL;

	(void)snprintf(path, sizeof(path), "%s/tests/data/vectors/%s",
	    top != NULL ? top : ".", vector);
	ck_assert_msg(file_read(AT_FDCWD, path, SIM_FILE_MAX, &buf, len, &e) ==
	    ERR_OK, "%s", e.msg);
	return buf;
}

static struct cert *lab_cert[LAB_NKEYS];
static struct signer *lab_signer;

static void
load_key(enum lab_key k, const char *vector)
{
	struct err e = { 0 };
	struct key *key;
	uint8_t *pem;
	size_t len;

	pem = lab_vector(vector, &len);
	ck_assert_msg((lab_cert[k] = cert_from_pem(pem, len, &e)) != NULL &&
	    (key = key_from_pem(pem, len, &e)) != NULL &&
	    signer_local_add(lab_signer, key, &e) == ERR_OK, "%s: %s", vector,
	    e.msg);
	free(pem);
}

static int64_t
lab_now(void *arg)
{
	(void)arg;
	return LAB_NOW * INT64_C(1000000000);
}

void
lab_keys_open(void)
{
	struct err e = { 0 };

	ck_assert_msg((lab_signer = signer_local_new(&e)) != NULL, "%s",
	    e.msg);
	load_key(LAB_SAST, "keys/sast.pem");
	load_key(LAB_CCM, "keys/ccm.pem");
	load_key(LAB_CAPF, "keys/capf.pem");
	load_key(LAB_TVS, "keys/tvs.pem");
}

void
lab_keys_close(void)
{
	for (size_t i = 0; i < LAB_NKEYS; i++) {
		cert_free(lab_cert[i]);
		lab_cert[i] = NULL;
	}
	signer_free(lab_signer);
	lab_signer = NULL;
}

void
lab_open(struct lab *l)
{
	memset(l, 0, sizeof(*l));
	l->clock = (struct clock){ .wall_ns = lab_now, .mono_ns = lab_now };
	l->cert = lab_cert;
	l->signer = lab_signer;
	sim_mem_init(&l->mem, LAB_PHONE);
}

void
lab_close(struct lab *l)
{
	for (size_t i = 0; i < l->nfile; i++)
		free(l->file[i].buf);
	sim_mem_clear(&l->mem);
}

struct lab_file *
lab_find(struct lab *l, const char *name)
{
	for (size_t i = 0; i < l->nfile; i++)
		if (strcmp(l->file[i].name, name) == 0)
			return &l->file[i];
	return NULL;
}

static struct lab_file *
lab_slot(struct lab *l, const char *name)
{
	struct lab_file *f = lab_find(l, name);

	if (f == NULL) {
		ck_assert_uint_lt(l->nfile, LAB_FILES_MAX);
		f = &l->file[l->nfile++];
	}
	free(f->buf);
	*f = (struct lab_file){ .code = ERR_OK };
	ck_assert(str_copy(f->name, sizeof(f->name), name));
	return f;
}

void
lab_put(struct lab *l, const char *name, const void *buf, size_t len)
{
	struct lab_file *f = lab_slot(l, name);

	ck_assert_ptr_nonnull(f->buf = malloc(len + 1));
	memcpy(f->buf, buf, len);
	f->len = len;
}

void
lab_put_code(struct lab *l, const char *name, int code)
{
	lab_slot(l, name)->code = code;
}

void
lab_remove(struct lab *l, const char *name)
{
	lab_put_code(l, name, ERR_NOTFOUND);
}

void
lab_put_vector(struct lab *l, const char *name, const char *vector)
{
	uint8_t *buf;
	size_t len;

	buf = lab_vector(vector, &len);
	lab_put(l, name, buf, len);
	free(buf);
}

void
lab_put_list(struct lab *l, const char *name, enum accept_list_kind k,
    enum lab_key signer, enum lab_key second, enum lab_key file)
{
	const struct list_entry entry[] = {
		{ .cert = l->cert[signer], .role = ROLE_SAST },
		{ .cert = l->cert[second], .role = ROLE_SAST },
		{ .cert = l->cert[file], .role = ROLE_CCM_TFTP },
		{ .cert = l->cert[LAB_TVS], .role = ROLE_TVS },
	};
	const struct list_build b = {
		.layout = LIST_LAYOUT_PEER, .entry = entry,
		.nentry = sizeof(entry) / sizeof(entry[0]),
		.signer = l->cert[signer], .digest = DIGEST_SHA1,
		.has_signer_version = true, .signer_version = 0x0100,
		.file_name = k == ACCEPT_CTL ? "CTLFile.tlv" : "ITLFile.tlv",
		.timestamp = LAB_NOW,
	};
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	ck_assert_msg(list_build(&b, l->signer, &buf, &len, &e) == ERR_OK,
	    "%s: %s", name, e.msg);
	lab_put(l, name, buf, len);
	free(buf);
}

void
lab_put_text(struct lab *l, const char *name, enum lab_key signer,
    const char *text)
{
	const struct signed_build b = {
		.signer = l->cert[signer], .digest = DIGEST_SHA1,
		.names = CERT_NAME_COMMA, .name = name, .timestamp = LAB_NOW,
	};
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	if (!str_ends(name, ".sgn")) {
		lab_put(l, name, text, strlen(text));
		return;
	}
	ck_assert_msg(signed_build(&b, (const uint8_t *)text, strlen(text),
	    l->signer, &buf, &len, &e) == ERR_OK, "%s: %s", name, e.msg);
	lab_put(l, name, buf, len);
	free(buf);
}

void
lab_put_encrypted(struct lab *l, const char *name, enum lab_key signer,
    const char *text, const struct cert *phone, const uint8_t *symmetric)
{
	const struct enc_build b = {
		.signer = l->cert[signer], .digest = DIGEST_SHA1,
		.names = CERT_NAME_COMMA, .name = name, .timestamp = LAB_NOW,
		.phone = phone, .key = symmetric, .rng = rng_system(),
	};
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	ck_assert_msg(enc_file_build(&b, (const uint8_t *)text, strlen(text),
	    l->signer, &buf, &len, &e) == ERR_OK, "%s: %s", name, e.msg);
	lab_put(l, name, buf, len);
	free(buf);
}

static int
serve(struct lab *l, enum sim_transport t, const char *server,
    const char *name, struct lab_file *f, uint8_t **buf, size_t *len,
    struct err *e)
{
	size_t n = strlen(l->asked);

	(void)snprintf(l->asked + n, sizeof(l->asked) - n, "%s:%s:%s ",
	    sim_transport_name(t), server, name);
	if (l->code[t] != ERR_OK)
		return err_set(e, l->code[t], "%s is out of order",
		    sim_transport_name(t));
	if (f == NULL)
		return err_set(e, ERR_NOTFOUND, "no %s", name);
	if (f->code != ERR_OK)
		return err_set(e, f->code, "%s is out of order", name);
	if ((*buf = malloc(f->len + 1)) == NULL)
		return err_set(e, ERR_NOMEM, "lab");
	memcpy(*buf, f->buf, f->len);
	*len = f->len;
	return ERR_OK;
}

int
lab_fetch(void *arg, enum sim_transport t, const char *server,
    const char *name, uint8_t **buf, size_t *len, struct err *e)
{
	return serve(arg, t, server, name, lab_find(arg, name), buf, len, e);
}

int
lab_fetch_tls(void *arg, const struct accept_phone *p, const char *server,
    const char *name, uint8_t **buf, size_t *len, struct accept_verdict *v,
    struct err *e)
{
	struct lab *l = arg;
	char own[sizeof(l->file[0].name) + sizeof("https:")];
	struct lab_file *f;
	const uint8_t *der;
	size_t n;

	der = cert_der(l->https, &n);
	if (l->code[SIM_HTTPS] == ERR_OK && !accept_server(p, der, n, v))
		return err_set(e, ERR_VERIFY, "%s", v->why);
	(void)snprintf(own, sizeof(own), "https:%s", name);
	if ((f = lab_find(l, own)) == NULL)
		f = lab_find(l, name);
	return serve(l, SIM_HTTPS, server, name, f, buf, len, e);
}

static void
lab_trace(void *arg, const struct sim_step *st)
{
	struct lab *l = arg;

	ck_assert_uint_lt(l->nstep, sizeof(l->step) / sizeof(l->step[0]));
	l->step[l->nstep++] = *st;
}

void
lab_boot_over(struct lab *l, enum sim_transport t, struct sim_report *r)
{
	static const char *const server[] = { "a", "b" };
	const struct sim s = {
		.server = server, .nserver = 2, .transport = t,
		.fetch = lab_fetch, .fetch_arg = l,
		.fetch_tls = l->https != NULL ? lab_fetch_tls : NULL,
		.ask_tvs = l->ask_tvs, .capf = l->capf, .enrol = l->enrol,
		.trace = lab_trace, .trace_arg = l,
		.clock = &l->clock, .mem = &l->mem,
	};
	struct err e = { 0 };

	l->nstep = 0;
	l->asked[0] = '\0';
	ck_assert_msg(sim_boot(&s, r, &e) == ERR_OK, "%s", e.msg);
	ck_assert_uint_eq(r->nsteps, l->nstep);
}

void
lab_boot(struct lab *l, struct sim_report *r)
{
	lab_boot_over(l, SIM_AUTO, r);
}

const struct sim_step *
lab_step(const struct lab *l, const char *name)
{
	for (size_t i = l->nstep; i-- > 0;)
		if (strcmp(l->step[i].asked, name) == 0)
			return &l->step[i];
	ck_abort_msg("%s was not asked for", name);
	return NULL;
}
