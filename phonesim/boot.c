/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim boot.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/fetch.h"
#include "phonesim/phonesim.h"
#include "phonesim/tvs_call.h"

/* A phone is not patient: it has other servers and TFTP to ask. */
#define BOOT_FETCH_MS	20000
#define BOOT_CONNECT_MS	3000

struct boot_peer {
	const struct accept_phone *p;
	struct accept_verdict	*v;
};

static bool
check_peer(void *arg, const uint8_t *der, size_t len)
{
	const struct boot_peer *b = arg;

	return accept_server(b->p, der, len, b->v);
}

static int
fetch(const struct phonesim_opts *o, const char *scheme, uint16_t port,
    const char *server, const char *name, struct boot_peer *peer,
    uint8_t **buf, size_t *len, struct err *e)
{
	struct fetch_opts f = { .max = SIM_FILE_MAX,
	    .timeout_ms = BOOT_FETCH_MS,
	    .connect_timeout_ms = BOOT_CONNECT_MS,
	    .peer = peer != NULL ? check_peer : NULL, .peer_arg = peer };
	int64_t start = clock_mono_ms(clock_system());
	int ret;

	ret = fetch_file(scheme, server, (uint16_t)(port + o->port_offset),
	    name, &f, buf, len, e);
	log_event(LOG_DEBUG, "fetch.done", LOG_STR("peer", server),
	    LOG_STR("transport", scheme), LOG_STR("file", name),
	    LOG_STR("code", err_name(ret)),
	    LOG_U64("bytes", ret == ERR_OK ? *len : 0),
	    LOG_I64("ms", clock_mono_ms(clock_system()) - start));
	return ret;
}

int
phonesim_fetch(void *arg, enum sim_transport t, const char *server,
    const char *name, uint8_t **buf, size_t *len, struct err *e)
{
	return fetch(arg, sim_transport_name(t), t == SIM_TFTP ? PORT_TFTP :
	    PORT_HTTP, server, name, NULL, buf, len, e);
}

int
phonesim_fetch_tls(void *arg, const struct accept_phone *p,
    const char *server, const char *name, uint8_t **buf, size_t *len,
    struct accept_verdict *v, struct err *e)
{
	struct boot_peer peer = { .p = p, .v = v };
	int ret;

	*v = (struct accept_verdict){ .path = ACCEPT_NONE };
	ret = fetch(arg, "https", PORT_HTTPS, server, name, &peer, buf, len,
	    e);
	return ret == ERR_VERIFY && v->why[0] != '\0' ?
	    err_set(e, ret, "%s", v->why) : ret;
}

int
phonesim_ask_tvs(void *arg, const struct accept_phone *p,
    const struct config_server *server, const uint8_t *request,
    size_t requestlen, uint8_t **buf, size_t *len, struct err *e)
{
	int64_t start = clock_mono_ms(clock_system());
	struct tvs_call_request q = { .phone = p, .server = server,
	    .request = request, .requestlen = requestlen };
	int ret;

	(void)arg;
	ret = tvs_call_wait(&q, buf, len, e);
	log_event(LOG_DEBUG, "tvs.done", LOG_STR("peer", server->address),
	    LOG_U64("port", server->port), LOG_STR("code", err_name(ret)),
	    LOG_I64("ms", clock_mono_ms(clock_system()) - start));
	return ret;
}

static const char *
path_name(enum accept_path p)
{
	switch (p) {
	case ACCEPT_NONE:
		return NULL;
	case ACCEPT_BLANK:
		return "blank";
	case ACCEPT_SAST_CTL:
		return "sast_ctl";
	case ACCEPT_SAST_ITL:
		return "sast_itl";
	case ACCEPT_TFTP_CTL:
		return "tftp_ctl";
	case ACCEPT_TFTP_ITL:
		return "tftp_itl";
	case ACCEPT_TVS:
		return "tvs";
	case ACCEPT_CAPF_CTL:
		return "capf_ctl";
	case ACCEPT_CAPF_ITL:
		return "capf_itl";
	}
	return NULL;
}

/* What only a file that came can have; null otherwise. */
static int
add_verdict(json_t *j, const struct sim_step *st)
{
	bool got = st->status == SIM_GOT && st->kind != SIM_TVS &&
	    st->kind != SIM_CAPF;

	return json_object_update_missing_new(j, json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "bytes", got ? json_integer((json_int_t)st->bytes) : json_null(),
	    "sha256", got ? phonesim_json_hex(st->sha256,
	    sizeof(st->sha256)) : json_null(),
	    "accepted", got ? json_boolean(st->accepted) : json_null(),
	    "path", phonesim_json_or_null(got ? path_name(st->v.path) : NULL),
	    "step", phonesim_json_or_null(got && !st->accepted ?
	    accept_step_name(st->v.step) : NULL),
	    "signer", phonesim_json_or_null(got ? st->v.signer : NULL),
	    "why", phonesim_json_or_null(got ? st->v.why : NULL)));
}

/* What only a question to TVS has. */
static json_t *
tvs_json(const struct sim_step *st)
{
	const struct sim_tvs_step *t = &st->tvs;
	bool got = st->status == SIM_GOT, valid = got && t->valid;
	json_t *roles = json_array();

	if (st->kind != SIM_TVS) {
		json_decref(roles);
		return json_null();
	}
	for (size_t i = 0; valid && i < t->nroles; i++)
		(void)json_array_append_new(roles, json_integer(t->roles[i]));
	return json_pack("{s:s, s:o, s:o, s:o, s:o}",
	    "command", t->verify ? "verify" : "query",
	    "about", phonesim_json_text(t->about),
	    "valid", got ? json_boolean(t->valid) : json_null(),
	    "roles", roles,
	    "ttl_s", valid ? json_integer(t->ttl) : json_null());
}

static const char *
via_name(const struct sim_step *st)
{
	if (st->kind == SIM_TVS || (st->kind == SIM_CAPF &&
	    st->server != NULL))
		return "tls";
	return st->server != NULL ? sim_transport_name(st->transport) : NULL;
}

static json_t *
step_json(const struct sim_step *st)
{
	json_t *j;

	j = json_pack("{s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:b}",
	    "asked", phonesim_json_text(st->asked),
	    "kind", sim_kind_name(st->kind),
	    "server", phonesim_json_or_null(st->server),
	    "transport", phonesim_json_or_null(via_name(st)),
	    "status", sim_status_name(st->status),
	    "note", phonesim_json_or_null(st->note), "tvs", tvs_json(st),
	    "capf", phonesim_capf_json(st), "decrypted", (int)st->decrypted);
	if (j != NULL && add_verdict(j, st) != 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

struct boot_trace {
	struct phonesim_run	*r;
	json_t			*steps;
	bool			 nomem;
};

static void
on_step(void *arg, const struct sim_step *st)
{
	char line[SIM_STEP_TEXT_MAX];
	struct boot_trace *t = arg;

	if (t->r->o->json) {
		if (json_array_append_new(t->steps, step_json(st)) != 0)
			t->nomem = true;
		return;
	}
	sim_step_text(st, line, sizeof(line));
	(void)fprintf(t->r->out, "%s\n", line);
	/* Each step when it happens, also into a pipe. */
	(void)fflush(t->r->out);
}

static json_t *
report_json(const struct phonesim_run *r, const struct sim_report *rep,
    json_t *steps)
{
	json_t *servers = json_array();

	for (size_t i = 0; i < r->o->nserver; i++)
		(void)json_array_append_new(servers,
		    phonesim_json_text(r->o->server[i]));
	return json_pack("{s:s, s:o, s:b, s:b, s:b, s:i, s:s, s:o, s:o, s:O}",
	    "device", r->o->device, "servers", servers,
	    "trusted", (int)(rep->outcome == SIM_TRUSTED),
	    "verified", (int)rep->verified,
	    "decrypted", (int)rep->decrypted, "boots", (int)rep->boots,
	    "outcome", sim_outcome_name(rep->outcome),
	    "why", phonesim_json_or_null(rep->why),
	    "version_stamp", phonesim_json_or_null(rep->config.version_stamp),
	    "steps", steps);
}

static int
exit_of(enum sim_outcome o)
{
	switch (o) {
	case SIM_TRUSTED:
		return EXIT_TRUSTED;
	case SIM_NO_CONFIG:
		return EXIT_FAILED;
	case SIM_NOT_TRUSTED:
		return EXIT_NOT_TRUSTED;
	case SIM_UNREACHABLE:
		return EXIT_UNREACHABLE;
	}
	return EXIT_FAILED;
}

static int
boot_phone(struct phonesim_run *r, struct sim_mem *mem,
    const struct sim_enrol *how)
{
	struct boot_trace t = { .r = r, .steps = json_array() };
	struct sim s = {
		.server = r->o->server, .nserver = r->o->nserver,
		.transport = r->o->transport,
		.fetch = phonesim_fetch, .fetch_tls = phonesim_fetch_tls,
		.ask_tvs = phonesim_ask_tvs, .capf = phonesim_enrol,
		.enrol = how,
		.fetch_arg = (void *)(uintptr_t)r->o,
		.trace = on_step, .trace_arg = &t,
		.clock = clock_system(), .mem = mem,
	};
	char line[sizeof(((struct sim_report *)0)->why) + 128];
	struct sim_report rep;
	struct err e = { 0 };
	json_t *result = NULL;
	int status = EXIT_FAILED;

	if (t.steps == NULL)
		(void)err_set(&e, ERR_NOMEM, "output");
	else if (sim_boot(&s, &rep, &e) == ERR_OK) {
		status = exit_of(rep.outcome);
		sim_report_text(mem->device, &rep, line, sizeof(line));
		if (!r->o->json)
			(void)fprintf(r->out, "%s\n", line);
		else if (t.nomem ||
		    (result = report_json(r, &rep, t.steps)) == NULL)
			(void)err_set(&e, ERR_NOMEM, "output");
		if (rep.outcome == SIM_TRUSTED && !rep.verified)
			phonesim_warn(r, rep.why);
		if (rep.capf_why[0] != '\0')
			phonesim_warn(r, rep.capf_why);
	}
	json_decref(t.steps);
	return phonesim_finish(r, result, e.code == ERR_OK ? status :
	    EXIT_FAILED, &e);
}

int
phonesim_boot(struct phonesim_run *r)
{
	struct sim_mem mem, other;
	struct sim_enrol how;
	struct err e = { 0 };
	int ret;

	if (r->o->count > 0)
		return phonesim_storm(r);
	ret = phonesim_open(r->o, &mem, &other, &how, &e) == ERR_OK ?
	    boot_phone(r, &mem, &how) :
	    phonesim_finish(r, NULL, EXIT_FAILED, &e);
	sim_mem_clear(&other);
	sim_mem_clear(&mem);
	return ret;
}
