/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim boot --count: options into a storm, and its summary.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "phonesim/phonesim.h"
#include "phonesim/storm.h"
#include "phonesim/tvs_call.h"

#define NS_PER_S	1e9
#define US_PER_MS	1e3

static int
resolve(const char *host, uint16_t port, struct net_addr *a, struct err *e)
{
	return tvs_call_resolve(host, port, a, e) == ERR_OK ? ERR_OK :
	    err_wrap(e, "--server");
}

static double
seconds(const struct storm_sum *s)
{
	return (double)s->ns / NS_PER_S;
}

static double
boots_per_s(const struct storm_sum *s)
{
	return s->ns > 0 ? (double)s->done / seconds(s) : 0;
}

static double
percentile_ms(const struct storm_sum *s, unsigned p)
{
	return storm_sum_percentile(s, p) / US_PER_MS;
}

static json_t *
reasons_json(const struct storm_sum *s)
{
	json_t *j = json_array();

	for (size_t i = 0; i < s->nreason; i++)
		(void)json_array_append_new(j, json_pack("{s:o, s:I}",
		    "why", phonesim_json_text(s->reason[i].text),
		    "phones", (json_int_t)s->reason[i].n));
	if (s->other > 0)
		(void)json_array_append_new(j, json_pack("{s:s, s:I}",
		    "why", "other reasons", "phones", (json_int_t)s->other));
	return j;
}

static json_t *
sum_json(const struct storm_sum *s, const struct phonesim_opts *o)
{
	json_t *j;

	j = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}",
	    "phones", (json_int_t)s->phones, "done", (json_int_t)s->done,
	    "trusted", (json_int_t)s->outcome[SIM_TRUSTED],
	    "unverified", (json_int_t)s->unverified,
	    "not_trusted", (json_int_t)s->outcome[SIM_NOT_TRUSTED],
	    "no_config", (json_int_t)s->outcome[SIM_NO_CONFIG],
	    "gave_up", (json_int_t)s->outcome[SIM_UNREACHABLE],
	    "failed", (json_int_t)s->failed,
	    "interrupted", (int)s->interrupted);
	if (j == NULL)
		return NULL;
	(void)json_object_update_new(j, json_pack("{s:I, s:I, s:f, s:f, s:I, "
	    "s:I, s:I, s:I, s:I, s:I, s:o}",
	    "files", (json_int_t)s->files, "bytes", (json_int_t)s->bytes,
	    "seconds", seconds(s), "boots_per_s", boots_per_s(s),
	    "timeouts", (json_int_t)s->counts.timeouts,
	    "retransmissions", (json_int_t)s->counts.retransmissions,
	    "duplicates", (json_int_t)s->counts.duplicates,
	    "strays", (json_int_t)s->counts.strays,
	    "lost", (json_int_t)s->counts.lost,
	    "seed", (json_int_t)o->seed, "reasons", reasons_json(s)));
	(void)json_object_set_new(j, "tvs", json_pack("{s:I, s:I, s:I, s:I}",
	    "questions", (json_int_t)s->tvs.questions,
	    "valid", (json_int_t)s->tvs.valid,
	    "invalid", (json_int_t)s->tvs.invalid,
	    "unanswered", (json_int_t)s->tvs.unanswered));
	(void)json_object_set_new(j, "capf", json_pack("{s:I, s:I, s:I, s:I, "
	    "s:I, s:I}",
	    "sessions", (json_int_t)s->capf.sessions,
	    "installed", (json_int_t)s->capf.installed,
	    "fetched", (json_int_t)s->capf.fetched,
	    "deleted", (json_int_t)s->capf.deleted,
	    "refused", (json_int_t)s->capf.refused,
	    "broken", (json_int_t)s->capf.broken));
	(void)json_object_set_new(j, "decrypted",
	    json_integer((json_int_t)s->decrypted));
	(void)json_object_set_new(j, "latency_ms", json_pack(
	    "{s:f, s:f, s:f, s:f}", "p50", percentile_ms(s, 50),
	    "p95", percentile_ms(s, 95), "p99", percentile_ms(s, 99),
	    "max", percentile_ms(s, 100)));
	return j;
}

static void
print_sum(FILE *out, const struct storm_sum *s)
{
	(void)fprintf(out, "%" PRIu64 " phones%s: %" PRIu64 " trust what they "
	    "got (%" PRIu64 " without a check), %" PRIu64 " would not trust, "
	    "%" PRIu64 " without configuration, %" PRIu64 " gave up, %" PRIu64
	    " failed, %" PRIu64 " not done\n", s->phones,
	    s->interrupted ? " (interrupted)" : "", s->outcome[SIM_TRUSTED],
	    s->unverified, s->outcome[SIM_NOT_TRUSTED],
	    s->outcome[SIM_NO_CONFIG], s->outcome[SIM_UNREACHABLE],
	    s->failed, s->phones - s->done);
	(void)fprintf(out, "%" PRIu64 " files, %" PRIu64 " bytes in %.2f s, "
	    "%.0f boots/s\n", s->files, s->bytes, seconds(s),
	    boots_per_s(s));
	(void)fprintf(out, "a boot took %.1f ms (p50), %.1f (p95), %.1f (p99), "
	    "%.1f at most\n", percentile_ms(s, 50), percentile_ms(s, 95),
	    percentile_ms(s, 99), percentile_ms(s, 100));
	(void)fprintf(out, "%" PRIu64 " timeouts, %" PRIu64 " retransmissions "
	    "of phones, %" PRIu64 " duplicates and %" PRIu64 " strays of the "
	    "server, %" PRIu64 " datagrams lost on purpose\n",
	    s->counts.timeouts, s->counts.retransmissions,
	    s->counts.duplicates, s->counts.strays, s->counts.lost);
	if (s->tvs.questions > 0)
		(void)fprintf(out, "%" PRIu64 " questions to TVS: %" PRIu64
		    " valid, %" PRIu64 " not valid, %" PRIu64
		    " without an answer\n", s->tvs.questions, s->tvs.valid,
		    s->tvs.invalid, s->tvs.unanswered);
	if (s->capf.sessions > 0)
		(void)fprintf(out, "%" PRIu64 " CAPF sessions: %" PRIu64
		    " installed an LSC, %" PRIu64 " fetched, %" PRIu64
		    " deleted, %" PRIu64 " refused, %" PRIu64 " broken\n",
		    s->capf.sessions, s->capf.installed, s->capf.fetched,
		    s->capf.deleted, s->capf.refused, s->capf.broken);
	if (s->decrypted > 0)
		(void)fprintf(out, "%" PRIu64 " configurations came "
		    "encrypted\n", s->decrypted);
	for (size_t i = 0; i < s->nreason; i++)
		(void)fprintf(out, "%8" PRIu64 "  %s\n", s->reason[i].n,
		    s->reason[i].text);
	if (s->other > 0)
		(void)fprintf(out, "%8" PRIu64 "  other reasons\n", s->other);
}

static int
exit_of(const struct storm_sum *s)
{
	if (s->outcome[SIM_NOT_TRUSTED] > 0)
		return EXIT_NOT_TRUSTED;
	if (s->outcome[SIM_TRUSTED] == s->phones)
		return EXIT_TRUSTED;
	if (s->done > 0 && s->outcome[SIM_UNREACHABLE] == s->done)
		return EXIT_UNREACHABLE;
	return EXIT_FAILED;
}

static int
exit_of_err(const struct err *e)
{
	return e->code == ERR_UNREACHABLE ? EXIT_UNREACHABLE : EXIT_FAILED;
}

static void
on_progress(void *arg, const struct storm_sum *s)
{
	const struct phonesim_run *r = arg;

	(void)fprintf(r->side, "\rphonesim: %" PRIu64 " of %" PRIu64
	    " phones done, %" PRIu64 " trust, %.0f boots/s ", s->done,
	    s->phones, s->outcome[SIM_TRUSTED], boots_per_s(s));
	(void)fflush(r->side);
}

/* Those that fail do not keep their certificate, unless --misbehave says what
 * else; without --failing all do what it says. */
static void
set_enrol(const struct phonesim_opts *o, struct storm_opts *so,
    struct sim_enrol *good, struct sim_enrol *bad)
{
	static const struct sim_misbehave none;

	if (!o->storm_enrols)
		return;
	*good = *bad = o->enrol;
	if (o->failing > 0)
		good->bad = none;
	if (memcmp(&bad->bad, &none, sizeof(none)) == 0)
		bad->bad.not_stored = true;
	so->enrol = good;
	so->fails = bad;
	so->failing = o->failing;
	so->key_pool = o->key_pool;
}

static int
storm(struct phonesim_run *r, struct storm_opts *so, struct storm_sum *sum,
    struct err *e)
{
	int fd = fileno(r->side), ret;

	if (fd != -1 && isatty(fd)) {
		so->progress = on_progress;
		so->progress_arg = r;
	}
	ret = storm_run(so, sum, e);
	if (so->progress != NULL)
		(void)fputc('\n', r->side);
	return ret;
}

int
phonesim_storm(struct phonesim_run *r)
{
	const struct phonesim_opts *o = r->o;
	bool http = o->transport == SIM_HTTP;
	struct net_addr addr[SIM_SERVERS_MAX];
	struct storm_opts so = { .count = o->count, .rate = o->rate,
	    .lossy = o->lossy, .seed = o->seed, .server = o->server,
	    .addr = addr, .nserver = o->nserver, .state = o->state,
	    .transport = http ? SIM_HTTP : SIM_TFTP,
	    .clock = clock_system() };
	struct sim_enrol good, bad;
	struct storm_sum sum = { 0 };
	struct err e = { 0 };
	json_t *result = NULL;
	int ret, status = EXIT_FAILED;

	set_enrol(o, &so, &good, &bad);
	ret = storm_names_init(&so.names, o->device, o->count, &e);
	for (size_t i = 0; i < o->nserver && ret == ERR_OK; i++)
		ret = resolve(o->server[i], (uint16_t)((http ? PORT_HTTP :
		    PORT_TFTP) + o->port_offset), &addr[i], &e);
	if (ret == ERR_OK)
		ret = storm_sum_init(&sum, o->count, &e);
	if (ret == ERR_OK && (ret = storm(r, &so, &sum, &e)) == ERR_OK) {
		status = exit_of(&sum);
		if (!o->json)
			print_sum(r->out, &sum);
		else if ((result = sum_json(&sum, o)) == NULL)
			(void)err_set(&e, ERR_NOMEM, "output");
	}
	storm_sum_clear(&sum);
	return phonesim_finish(r, result, e.code == ERR_OK ? status :
	    exit_of_err(&e), &e);
}
