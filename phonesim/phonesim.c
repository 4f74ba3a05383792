/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim: options and dispatch.
 */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/addr.h"
#include "phonesim/phonesim.h"
#include "phonesim/storm_plan.h"

#define HOST_NAME_LEN_MAX	253	/* RFC 1035 */
#define PORT_OFFSET_MAX	(65535 - PORT_HTTPS)
#define TIME_OFFSET_MAX	(100LL * 366 * 86400)
#define RATE_MAX	1000000
#define CONNECTIONS_MAX	10000
#define LOSSY_MAX	90	/* percent; more is no network */

enum { OPT_SERVER = 256, OPT_OFFSET, OPT_TRANSPORT, OPT_STATE, OPT_JSON,
    OPT_LEVEL, OPT_TIME, OPT_COUNT, OPT_RATE, OPT_LOSSY, OPT_SEED, OPT_CERT,
    OPT_QUERY, OPT_CONNECTIONS, OPT_HELP, OPT_VERSION };

static const struct option phonesim_options[] = {
	{ "server",	required_argument, NULL, OPT_SERVER },
	{ "port-offset", required_argument, NULL, OPT_OFFSET },
	{ "transport",	required_argument, NULL, OPT_TRANSPORT },
	{ "state",	required_argument, NULL, OPT_STATE },
	{ "json",	no_argument, NULL, OPT_JSON },
	{ "log-level",	required_argument, NULL, OPT_LEVEL },
	{ "time-offset", required_argument, NULL, OPT_TIME },
	{ "count",	required_argument, NULL, OPT_COUNT },
	{ "rate",	required_argument, NULL, OPT_RATE },
	{ "lossy",	required_argument, NULL, OPT_LOSSY },
	{ "seed",	required_argument, NULL, OPT_SEED },
	{ "cert",	required_argument, NULL, OPT_CERT },
	{ "query",	no_argument, NULL, OPT_QUERY },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "auth-string", required_argument, NULL, OPT_STRING },
	{ "mic",	required_argument, NULL, OPT_MIC },
	{ "mic-key",	required_argument, NULL, OPT_MIC_KEY },
	{ "sudi",	no_argument, NULL, OPT_SUDI },
	{ "config-key",	required_argument, NULL, OPT_SYMMETRIC },
	{ "misbehave",	required_argument, NULL, OPT_MISBEHAVE },
	{ "auth",	required_argument, NULL, OPT_AUTH },
	{ "enrol",	no_argument, NULL, OPT_ENROL },
	{ "failing",	required_argument, NULL, OPT_FAILING },
	{ "key-pool",	required_argument, NULL, OPT_POOL },
	{ "help",	no_argument, NULL, OPT_HELP },
	{ "version",	no_argument, NULL, OPT_VERSION },
	{ 0 },
};

static const struct phonesim_command {
	const char	*name, *full;
	int		(*run)(struct phonesim_run *);
	bool		 needs_server, needs_state;
} phonesim_commands[] = {
	{ "boot", "phonesim boot", phonesim_boot, true, false },
	{ "tvs", "phonesim tvs", phonesim_tvs, true, false },
	{ "capf", "phonesim capf", phonesim_capf, true, false },
	{ "show", "phonesim show", phonesim_show, false, true },
	{ "reset", "phonesim reset", phonesim_reset, false, true },
};

static const char phonesim_help[] =
"phonesim: a simulated phone\n"
"\n"
"  phonesim boot NAME --server HOST [--server HOST ...] [--port-offset N]\n"
"           [--transport auto|http|tftp|https] [--state DIR] [--json]\n"
"           [--log-level err|warning|info|debug] [--time-offset S]\n"
"           [--auth-string S] [--mic FILE --mic-key FILE] [--sudi]\n"
"           [--config-key HEX] [--misbehave KIND ...]\n"
"      Boot once: ask for trust lists and configuration as a phone does,\n"
"      call CAPF when that says so, show each step and whether the phone\n"
"      trusts what it got.\n"
"  phonesim boot [FIRST] --count N --server HOST ... [--rate R] [--lossy P]\n"
"           [--seed S] [--transport tftp|http] [--state DIR] [--json]\n"
"           [--enrol [--failing F] [--key-pool DIR] ...]\n"
"      Boot N phones at once, at most R a second, and sum up.  Names count up\n"
"      in hexadecimal from FIRST (" STORM_FIRST ").  P percent of the TFTP\n"
"      datagrams are lost, as seed S says.  With --enrol they call CAPF, and F\n"
"      of them fail.\n"
"  phonesim capf NAME --server HOST [--auth null|string|lsc|mic] [--state DIR]\n"
"           [--auth-string S] [--mic FILE --mic-key FILE] [--sudi]\n"
"           [--misbehave KIND ...] [--port-offset N] [--json]\n"
"      One CAPF session, without a boot.\n"
"  phonesim tvs [NAME] --server HOST --cert FILE [--query] [--state DIR]\n"
"           [--count N] [--connections C] [--port-offset N] [--json]\n"
"      Ask TVS about the certificate in FILE (PEM or DER), whole or by its\n"
"      name, once or N times, C at a time, each on a connection of its own.\n"
"      Only with --state the server must be one of phone NAME's ITL.\n"
"  phonesim show NAME --state DIR [--json]\n"
"      What the phone remembers: trust lists, configuration, TVS, keys.\n"
"  phonesim reset NAME --state DIR [--json]\n"
"      Erase it, as in the phone's menu.\n"
"\n"
"  Without --state the phone is factory-new each time.  Ports are 6970 (http),\n"
"  6971 (https), 69 (tftp), 2445 (phonesim tvs) and 3804 (phonesim capf), all\n"
"  moved by --port-offset; TVS and CAPF of a boot are where the configuration\n"
"  says.  KIND is wrong-string, other-certificate=NAME, cut-after=N,\n"
"  byte-per-write, no-progress, slow-key=S, duplicate=N, reorder,\n"
"  wrong-session, old-version=1|2, no-key or not-stored.\n"
"  Exit: 0 trusts what it got, 1 failed or no configuration, 2 usage,\n"
"  4 would not trust what it got, 6 no server reached.\n";

int
phonesim_usage(FILE *side, const char *fmt, ...)
{
	char text[512], vis[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_visible(text, strlen(text), vis, sizeof(vis));
	(void)fprintf(side, "phonesim: %s (phonesim --help)\n", vis);
	return EXIT_USAGE;
}

static bool
is_host(const char *s)
{
	struct net_addr a;

	if (net_addr_parse(&a, s, 0, NULL) == ERR_OK)
		return true;
	return s[0] != '\0' && s[0] != '-' &&
	    strlen(s) <= HOST_NAME_LEN_MAX &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] == '\0';
}

static int
add_server(struct phonesim_opts *o, const char *host, FILE *side)
{
	if (!is_host(host))
		return phonesim_usage(side, "--server %s: give a host name or an IP "
		    "address; the port moves with --port-offset", host);
	if (o->nserver == SIM_SERVERS_MAX)
		return phonesim_usage(side, "--server %s: a phone knows at most %d "
		    "servers, leave some out", host, SIM_SERVERS_MAX);
	o->server[o->nserver++] = host;
	return 0;
}

static int
set_number(const char *option, const char *arg, int64_t min, int64_t max,
    int64_t *v, FILE *side)
{
	struct err e = { 0 };

	if (str_to_i64(arg, min, max, v, &e) != ERR_OK)
		return phonesim_usage(side, "%s: %s", option, e.msg);
	return 0;
}

static int
set_storm_option(struct phonesim_opts *o, int opt, const char *arg,
    FILE *side)
{
	int64_t v = 0;
	int ret = 0;

	switch (opt) {
	case OPT_COUNT:
		ret = set_number("--count", arg, 1, STORM_COUNT_MAX, &v, side);
		o->count = (uint64_t)v;
		break;
	case OPT_RATE:
		ret = set_number("--rate", arg, 1, RATE_MAX, &v, side);
		o->rate = (uint64_t)v;
		break;
	case OPT_LOSSY:
		ret = set_number("--lossy", arg, 0, LOSSY_MAX, &v, side);
		o->lossy = (unsigned)v;
		break;
	case OPT_SEED:
		ret = set_number("--seed", arg, 0, INT64_MAX, &v, side);
		o->seed = (uint64_t)v;
		break;
	}
	return ret;
}

/* 0, or the exit status of a usage error. */
static int
set_option(struct phonesim_opts *o, int opt, const char *arg, FILE *side)
{
	int64_t v;
	int ret;

	switch (opt) {
	case OPT_SERVER:
		return add_server(o, arg, side);
	case OPT_OFFSET:
		ret = set_number("--port-offset", arg, 0, PORT_OFFSET_MAX, &v,
		    side);
		o->port_offset = ret == 0 ? (uint16_t)v : 0;
		return ret;
	case OPT_TRANSPORT:
		if (!sim_transport_parse(arg, &o->transport))
			return phonesim_usage(side, "--transport %s: give auto, http, "
			    "tftp or https", arg);
		return 0;
	case OPT_STATE:
		if (arg[0] == '\0')
			return phonesim_usage(side, "--state: name the folder");
		o->state = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_LEVEL:
		if (!log_level_parse(arg, &o->log_level))
			return phonesim_usage(side, "--log-level %s: give err, "
			    "warning, info or debug", arg);
		return 0;
	case OPT_TIME:
		return set_number("--time-offset", arg, -TIME_OFFSET_MAX,
		    TIME_OFFSET_MAX, &o->time_offset_s, side);
	case OPT_CERT:
		o->cert = arg;
		return 0;
	case OPT_QUERY:
		o->query = true;
		return 0;
	case OPT_CONNECTIONS:
		ret = set_number("--connections", arg, 1, CONNECTIONS_MAX, &v,
		    side);
		o->connections = ret == 0 ? (uint64_t)v : 0;
		return ret;
	case OPT_COUNT:
	case OPT_RATE:
	case OPT_LOSSY:
	case OPT_SEED:
		return set_storm_option(o, opt, arg, side);
	}
	return phonesim_capf_option(o, opt, arg, side);
}

static const struct phonesim_command *
find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(phonesim_commands) /
	    sizeof(phonesim_commands[0]); i++)
		if (strcmp(name, phonesim_commands[i].name) == 0)
			return &phonesim_commands[i];
	return NULL;
}

/* What only a storm knows, and what only one phone can. */
static int
check_storm(const struct phonesim_opts *o, FILE *side)
{
	if (o->count == 0 && (o->rate > 0 || o->lossy > 0 || o->seed > 0))
		return phonesim_usage(side, "--rate, --lossy and --seed are for storms: "
		    "add --count N");
	if (o->count > 0 && o->transport == SIM_HTTPS)
		return phonesim_usage(side, "--transport https is for one phone: a "
		    "storm asks over tftp or http");
	if (o->lossy > 0 && o->transport == SIM_HTTP)
		return phonesim_usage(side, "--lossy loses TFTP datagrams: leave out "
		    "--transport http");
	return 0;
}

/* What only phonesim tvs knows. */
static int
check_tvs(const struct phonesim_opts *o, bool tvs, FILE *side)
{
	if (!tvs && (o->cert != NULL || o->query || o->connections > 0))
		return phonesim_usage(side, "--cert, --query and --connections go with "
		    "phonesim tvs alone");
	if (!tvs)
		return 0;
	if (o->cert == NULL)
		return phonesim_usage(side, "phonesim tvs: no certificate to ask "
		    "about: add --cert FILE");
	if (o->nserver > 1)
		return phonesim_usage(side, "phonesim tvs asks one server: leave out "
		    "the other --server");
	if (o->rate > 0 || o->lossy > 0 || o->seed > 0 ||
	    o->transport != SIM_AUTO)
		return phonesim_usage(side, "--rate, --lossy, --seed and --transport "
		    "go with phonesim boot");
	if (o->connections > 0 && o->count == 0)
		return phonesim_usage(side, "--connections is for many questions: add "
		    "--count N");
	return 0;
}

static int
check_options(const struct phonesim_opts *o, const char *command, FILE *side)
{
	bool tvs = strcmp(command, "tvs") == 0;
	int ret = check_tvs(o, tvs, side);

	if (ret == 0)
		ret = phonesim_capf_check(o, command, side);
	if (ret != 0 || tvs)
		return ret;
	if (o->count > 0 && strcmp(command, "boot") != 0)
		return phonesim_usage(side, "--count goes with phonesim boot and tvs");
	return check_storm(o, side);
}

/* Names can count up from the first one. */
static int
check_first(const struct phonesim_opts *o, FILE *side)
{
	struct storm_names n;
	struct err e = { 0 };

	if (o->count > 0 && o->cert == NULL &&
	    storm_names_init(&n, o->device, o->count, &e) != ERR_OK)
		return phonesim_usage(side, "%s", e.msg);
	return 0;
}

/* COMMAND NAME, and what the command cannot do without. */
static int
check_words(struct phonesim_opts *o, int n, char **word,
    const struct phonesim_command **cmd, FILE *side)
{
	if (n == 0)
		return phonesim_usage(side, "no command: say phonesim boot NAME "
		    "--server HOST");
	if ((*cmd = find_command(word[0])) == NULL)
		return phonesim_usage(side, "unknown command %s: there are boot, "
		    "capf, tvs, show and reset", word[0]);
	if (check_options(o, word[0], side) != 0)
		return EXIT_USAGE;
	if (n == 1 && o->count == 0 && (o->cert == NULL || o->state != NULL))
		return phonesim_usage(side, "%s: name the phone, for example %s "
		    "SEP0011223344AA", (*cmd)->full, (*cmd)->full);
	if (n > 2)
		return phonesim_usage(side, "%s: %s is one word too many",
		    (*cmd)->full, word[2]);
	if (!str_device_name(n == 1 ? STORM_FIRST : word[1], o->device))
		return phonesim_usage(side, "%s is no device name: a letter, then "
		    "letters, digits, '.', '_' or '-', 64 in all", word[1]);
	if (check_first(o, side) != 0)
		return EXIT_USAGE;
	if ((*cmd)->needs_server && o->nserver == 0)
		return phonesim_usage(side, "%s: no server: add --server HOST",
		    (*cmd)->full);
	if (!(*cmd)->needs_server && o->nserver != 0)
		return phonesim_usage(side, "%s asks no server: leave out --server",
		    (*cmd)->full);
	if ((*cmd)->needs_state && o->state == NULL)
		return phonesim_usage(side, "%s: no memory to look at: add --state "
		    "DIR, as given to phonesim boot", (*cmd)->full);
	return 0;
}

static int
run_command(const struct phonesim_command *cmd,
    const struct phonesim_opts *o, FILE *out, FILE *side)
{
	struct phonesim_run r = { .o = o, .command = cmd->full, .out = out,
	    .side = side, .warnings = json_array() };
	int ret;

	/* What a server has closed tells by its error. */
	(void)signal(SIGPIPE, SIG_IGN);
	log_init("phonesim", o->log_level, LOG_TEXT);
	clock_set_offset(o->time_offset_s);
	ret = cmd->run(&r);
	json_decref(r.warnings);
	return ret;
}

int
phonesim_main(int argc, char **argv, FILE *out, FILE *side)
{
	struct phonesim_opts o = { .log_level = LOG_WARNING };
	const struct phonesim_command *cmd = NULL;
	int opt, ret;

	opterr = 0;
	optind = 0;	/* start anew, also when called again */
	while ((opt = getopt_long(argc, argv, "", phonesim_options,
	    NULL)) != -1) {
		switch (opt) {
		case OPT_HELP:
			(void)fputs(phonesim_help, out);
			return EXIT_TRUSTED;
		case OPT_VERSION:
			(void)fputs(PACKAGE_STRING "\n", out);
			return EXIT_TRUSTED;
		case '?':
			return phonesim_usage(side, "%s: unknown option, or its value "
			    "is missing", argv[optind - 1]);
		}
		if ((ret = set_option(&o, opt, optarg, side)) != 0)
			return ret;
	}
	if ((ret = check_words(&o, argc - optind, argv + optind, &cmd,
	    side)) != 0)
		return ret;
	return run_command(cmd, &o, out, side);
}
