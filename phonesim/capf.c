/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim capf: one session; and what boots share with it.
 */
#include <string.h>

#include "base/clock.h"
#include "phonesim/capf_call.h"
#include "phonesim/phonesim.h"
#include "phonesim/tvs_ask.h"

int
phonesim_enrol(void *arg, const struct accept_phone *p,
    const struct config_server *server, struct sim_capf *c,
    struct accept_verdict *v, struct err *e)
{
	int64_t start = clock_mono_ms(clock_system());
	const struct capf_call_request q = { .phone = p, .server = server,
	    .session = c, .v = v };
	int ret;

	(void)arg;
	ret = capf_call_wait(&q, e);
	log_event(LOG_DEBUG, "capf.done", LOG_STR("peer", server->address),
	    LOG_U64("port", server->port), LOG_STR("code", err_name(ret)),
	    LOG_STR("end", ret == ERR_OK ? sim_capf_end_name(c->res.end) : ""),
	    LOG_I64("ms", clock_mono_ms(clock_system()) - start));
	return ret;
}

/* Its LSC, or its MIC where it has none. */
static int
open_other(const struct phonesim_opts *o, struct sim_mem *other,
    struct sim_enrol *how, struct err *e)
{
	int ret;

	if ((ret = sim_mem_find(other, o->state, o->other, e)) != ERR_OK)
		return ret;
	how->bad.other = other->keys.lsc.cert != NULL ? &other->keys.lsc :
	    &other->keys.mic;
	return how->bad.other->cert != NULL ? ERR_OK : err_set(e,
	    ERR_NOTFOUND, "%s has no certificate either", o->other);
}

int
phonesim_open(const struct phonesim_opts *o, struct sim_mem *mem,
    struct sim_mem *other, struct sim_enrol *how, struct err *e)
{
	int ret = ERR_OK;

	*how = o->enrol;
	sim_mem_init(mem, o->device);
	sim_mem_init(other, "");
	if (o->state != NULL)
		ret = sim_mem_open(mem, NULL, o->state, o->device, e);
	if (ret == ERR_OK && o->mic != NULL)
		ret = sim_keys_set_mic(&mem->keys, mem->dirfd, o->mic,
		    o->mic_key, e);
	if (ret == ERR_OK && o->other[0] != '\0')
		ret = open_other(o, other, how, e);
	return ret;
}

json_t *
phonesim_capf_json(const struct sim_step *st)
{
	const struct sim_capf_step *c = &st->capf;

	if (st->kind != SIM_CAPF)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}",
	    "cause", phonesim_json_or_null(c->cause),
	    "auth", sim_capf_auth_name(c->auth),
	    "operation", phonesim_json_or_null(c->held ?
	    sim_capf_op_name(c->res.op) : NULL),
	    "key", phonesim_json_or_null(c->held && c->res.made_key ?
	    key_type_name(c->res.key) : NULL),
	    "outcome", phonesim_json_or_null(c->held ?
	    sim_capf_end_name(c->res.end) : NULL),
	    "messages", c->held ? json_integer(c->res.messages) : json_null(),
	    "why", phonesim_json_or_null(c->res.why));
}

static json_t *
result_json(const struct sim_step *st)
{
	return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}",
	    "device", st->device, "server", phonesim_json_text(st->server),
	    "status", sim_status_name(st->status), "accepted",
	    (int)st->accepted, "note", phonesim_json_or_null(st->note),
	    "capf", phonesim_capf_json(st));
}

static int
exit_of(int code, const struct sim_capf_result *res)
{
	switch (code) {
	case ERR_OK:
		break;
	case ERR_UNREACHABLE:
	case ERR_TIMEOUT:
		return EXIT_UNREACHABLE;
	case ERR_VERIFY:
		return EXIT_NOT_TRUSTED;
	default:
		return EXIT_FAILED;
	}
	return res->end == SIM_CAPF_DONE || res->end == SIM_CAPF_NOTHING ||
	    res->end == SIM_CAPF_LATER ? EXIT_TRUSTED : EXIT_FAILED;
}

/* What came of it as a step of a boot would tell. */
static void
fill_step(struct sim_step *st, int code, const char *why,
    const struct sim_capf_result *res)
{
	if (code == ERR_OK) {
		st->status = SIM_GOT;
		st->capf.held = true;
		st->capf.res = *res;
		st->accepted = exit_of(code, res) == EXIT_TRUSTED;
		return;
	}
	st->status = code == ERR_UNREACHABLE || code == ERR_TIMEOUT ?
	    SIM_NO_ANSWER : SIM_FAILED;
	(void)str_copy(st->note, sizeof(st->note), why);
}

static int
hold_session(struct phonesim_run *r, struct sim_mem *mem,
    const struct sim_enrol *how)
{
	const struct phonesim_opts *o = r->o;
	struct accept_phone phone = sim_mem_phone(mem);
	struct config_server server = {
	    .port = (uint16_t)(PORT_CAPF + o->port_offset) };
	enum config_capf auth = o->has_auth ? o->auth :
	    how->string != NULL ? CONFIG_CAPF_STRING : CONFIG_CAPF_NULL;
	char address[ACCEPT_FROM_MAX], line[SIM_STEP_TEXT_MAX];
	struct sim_step st = { .device = mem->device, .kind = SIM_CAPF,
	    .server = address, .capf = { .cause = "command", .auth = auth } };
	struct sim_capf session;
	struct err e = { 0 }, none = { 0 };
	json_t *result = NULL;
	int code;

	(void)str_copy(server.address, sizeof(server.address), o->server[0]);
	tvs_ask_address(&server, address);
	(void)snprintf(st.asked, sizeof(st.asked), "CAPF %s", address);
	sim_capf_begin(&session, mem->device, &mem->keys, mem->dirfd, how,
	    auth);
	code = phonesim_enrol(NULL, &phone, &server, &session, &st.v, &e);
	fill_step(&st, code, e.msg, &session.res);
	sim_capf_clear(&session);
	if (o->json && (result = result_json(&st)) == NULL)
		(void)err_set(&none, ERR_NOMEM, "output");
	if (!o->json) {
		sim_step_text(&st, line, sizeof(line));
		(void)fprintf(r->out, "%s\n", line);
	}
	return phonesim_finish(r, result, exit_of(code, &session.res), &none);
}

int
phonesim_capf(struct phonesim_run *r)
{
	struct sim_mem mem, other;
	struct sim_enrol how;
	struct err e = { 0 };
	int ret;

	ret = phonesim_open(r->o, &mem, &other, &how, &e) == ERR_OK ?
	    hold_session(r, &mem, &how) :
	    phonesim_finish(r, NULL, EXIT_FAILED, &e);
	sim_mem_clear(&other);
	sim_mem_clear(&mem);
	return ret;
}
