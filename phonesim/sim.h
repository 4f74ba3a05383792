/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated phone: what it asks for at boot, in which order, over what, and
 * whether it trusts what it gets (spec/phone-files.md sections 3, 4 and 9).
 * What is accepted is decided by trust/accept.h alone.  The library opens no
 * connection and prints nothing: files and answers come from functions, steps
 * go to one.
 */
#ifndef PHONESIM_SIM_H
#define PHONESIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "phonesim/sim_capf.h"
#include "phonesim/sim_mem.h"
#include "trust/accept.h"
#include "trust/config.h"

#define SIM_NAME_MAX	255	/* bytes of a name asked for */
#define SIM_FILE_MAX	(4u << 20)	/* bytes of a file taken */
#define SIM_SERVERS_MAX	8	/* of DHCP option 150 */

enum sim_transport { SIM_AUTO, SIM_HTTP, SIM_TFTP, SIM_HTTPS };
const char	*sim_transport_name(enum sim_transport t);	/* "http" */
bool		 sim_transport_parse(const char *s, enum sim_transport *t);

/*
 * Fetch one file.  *buf is the phone's (free()).  ERR_NOTFOUND: the server
 * answered that it has none.  ERR_UNREACHABLE, ERR_TIMEOUT: no answer.
 * ERR_NOMEM ends the boot; anything else: the server answered badly.
 */
typedef int	sim_fetch_fn(void *arg, enum sim_transport t,
		    const char *server, const char *name, uint8_t **buf,
		    size_t *len, struct err *e);

/*
 * The same over HTTPS from a server that accept_server() took for p's, with
 * *v as its verdict.  ERR_VERIFY: it did not.
 */
typedef int	sim_fetch_tls_fn(void *arg, const struct accept_phone *p,
		    const char *server, const char *name, uint8_t **buf,
		    size_t *len, struct accept_verdict *v, struct err *e);

/*
 * Send one request to a TVS server that accept_tvs_server() takes for p's,
 * and bring its answer.  ERR_UNREACHABLE, ERR_TIMEOUT: no answer.  ERR_NOMEM
 * ends the boot; anything else: that server is of no use.
 */
typedef int	sim_tvs_fn(void *arg, const struct accept_phone *p,
		    const struct config_server *server, const uint8_t *request,
		    size_t requestlen, uint8_t **buf, size_t *len,
		    struct err *e);

/*
 * Hold a session with a CAPF server that accept_capf_server() takes for p's,
 * to its end; *v is its verdict.  ERR_OK: what came of it is in the session.
 * ERR_UNREACHABLE, ERR_TIMEOUT: no answer.  ERR_VERIFY: not its server.
 * ERR_NOMEM ends the boot; anything else: that server is of no use.
 */
typedef int	sim_capf_fn(void *arg, const struct accept_phone *p,
		    const struct config_server *server, struct sim_capf *c,
		    struct accept_verdict *v, struct err *e);

enum sim_kind { SIM_CTL, SIM_ITL, SIM_CONFIG, SIM_DEFAULT, SIM_FILE,
    SIM_TVS, SIM_CAPF };
const char	*sim_kind_name(enum sim_kind k);	/* "ctl", ... */

enum sim_status {
	SIM_GOT,
	SIM_MISSING,		/* the server has none */
	SIM_FAILED,		/* the server answered badly */
	SIM_NO_ANSWER,		/* no server answered */
	SIM_NOT_ASKED,		/* a name that no phone could ask for */
};
const char	*sim_status_name(enum sim_status s);	/* "got", ... */

/* What was asked of TVS, and what it said. */
struct sim_tvs_step {
	bool			 verify;	/* else a query */
	char			 about[96];	/* its name */
	bool			 valid;
	uint8_t			 roles[ACCEPT_ROLES_MAX];
	size_t			 nroles;
	uint32_t		 ttl;		/* seconds */
};

/* A CAPF session, and what sent the phone there. */
struct sim_capf_step {
	const char		*cause;		/* "capf_auth_mode",
						 * "certificate", "decrypt" */
	enum config_capf	 auth;
	bool			 held;		/* with a server: */
	struct sim_capf_result	 res;
};

/* One request of a boot. */
struct sim_step {
	const char		*device;
	enum sim_kind		 kind;
	char			 asked[SIM_NAME_MAX + 1];
	const char		*server;	/* who answered, NULL: nobody */
	enum sim_transport	 transport;	/* over what */
	enum sim_status		 status;
	size_t			 bytes;
	uint8_t			 sha256[32];
	bool			 accepted;
	struct accept_verdict	 v;		/* valid with SIM_GOT */
	struct sim_tvs_step	 tvs;		/* of kind SIM_TVS, which has
						 * no verdict; with SIM_GOT */
	struct sim_capf_step	 capf;		/* of kind SIM_CAPF; the
						 * verdict is its server's */
	bool			 decrypted;	/* a configuration */
	char			 note[ERR_MSG_MAX + 32];	/* what it means */
};
typedef void	sim_trace_fn(void *arg, const struct sim_step *st);

struct sim {
	const char *const	*server;	/* asked in this order */
	size_t			 nserver;
	/* SIM_AUTO: http, then tftp; its own configuration over https before
	 * that when the lists say so.  SIM_HTTPS: that one over https alone,
	 * all else over http. */
	enum sim_transport	 transport;
	sim_fetch_fn		*fetch;
	sim_fetch_tls_fn	*fetch_tls;	/* NULL: knows no https */
	sim_tvs_fn		*ask_tvs;	/* NULL: nobody answers */
	sim_capf_fn		*capf;		/* NULL: nobody answers */
	void			*fetch_arg;	/* of all four */
	const struct sim_enrol	*enrol;		/* NULL: it knows no CAPF and
						 * no encrypted files */
	sim_trace_fn		*trace;		/* NULL: none */
	void			*trace_arg;
	const struct clock	*clock;
	struct sim_mem		*mem;		/* the phone; changed */
};

enum sim_outcome {
	SIM_TRUSTED,		/* has a configuration, refused nothing */
	SIM_NO_CONFIG,		/* no configuration it could use */
	SIM_NOT_TRUSTED,	/* refused something */
	SIM_UNREACHABLE,	/* a request met no server */
};
const char	*sim_outcome_name(enum sim_outcome o);

struct sim_tvs_counts {
	uint64_t		 questions;
	uint64_t		 valid, invalid, unanswered;
};

struct sim_capf_counts {
	uint64_t		 sessions;	/* held */
	uint64_t		 installed, fetched, deleted;
	uint64_t		 refused;	/* declined, no such device */
	uint64_t		 broken;	/* all else but "nothing" */
};

struct sim_report {
	enum sim_outcome	 outcome;
	bool			 verified;	/* the configuration, by a
						 * list the phone holds */
	bool			 has_config;
	struct phone_config	 config;
	size_t			 nsteps;
	struct sim_tvs_counts	 tvs;
	struct sim_capf_counts	 capf;
	bool			 decrypted;	/* the configuration came
						 * encrypted */
	unsigned		 boots;		/* after a session it boots
						 * again */
	char			 capf_why[ERR_MSG_MAX + 96]; /* what was wrong
						 * with CAPF, "" nothing */
	char			 why[900];	/* "" when trusted and
						 * verified */
};

/*
 * Boot once.  Lists accepted are in s->mem at once, and stay there whatever
 * comes later; a refused list is ignored and the boot goes on, as on a phone.
 * ERR_OK with *r filled whatever the outcome; an error is ours (memory cannot
 * be written, no memory).
 */
int	sim_boot(const struct sim *s, struct sim_report *r, struct err *e);

/* One line for people, without newline, at most outlen bytes; a step's has
 * SIM_STEP_TEXT_MAX. */
#define SIM_STEP_TEXT_MAX	1600
void	sim_step_text(const struct sim_step *st, char *out, size_t outlen);
void	sim_report_text(const char *device, const struct sim_report *r,
	    char *out, size_t outlen);

/* --- the same boot in steps --- */

/* Which server and transport answered last in this boot. */
struct sim_choice {
	bool			 known;
	size_t			 server;
	enum sim_transport	 transport;
};

struct sim_try {
	size_t			 server;	/* index into sim.server */
	enum sim_transport	 transport;
};

/* What came of one try. */
struct sim_answer {
	int			 code;	/* as of sim_fetch_fn */
	const char		*why;	/* for people; never NULL */
	const uint8_t		*buf;	/* valid with ERR_OK; borrowed */
	size_t			 len;
	const struct accept_verdict *peer;	/* SIM_HTTPS, with ERR_OK */
};

#define SIM_TRIES_MAX	(2 * SIM_SERVERS_MAX + 1)

/* Attempts at one file. */
struct sim_get {
	struct sim_try		 t[SIM_TRIES_MAX];
	size_t			 n, at;
};

enum sim_state {
	SIM_ASKS_CTL,
	SIM_ASKS_ITL,
	SIM_ASKS_ITL_GENERIC,
	SIM_ASKS_CONFIG_HTTPS,
	SIM_ASKS_CONFIG_ENC,	/* .enc.sgn */
	SIM_ASKS_CONFIG,
	SIM_ASKS_DEFAULT,
	SIM_ASKS_CAPF,
	SIM_ASKS_NAMED,		/* what the configuration names */
	SIM_ASKS_NOTHING,	/* the boot is over */
};

#define SIM_TVS_ROUNDS	4	/* questions about one file */

/*
 * TVS within a boot: a question, the server that is asked it, and what is to
 * be judged again once it is answered.
 */
struct sim_ask {
	bool			 wanted;	/* a question waits */
	bool			 verify;
	char			 subject[1025], issuer[1025];
	uint8_t			 serial[64];
	size_t			 seriallen;
	uint8_t			*der;		/* of a verify request */
	size_t			 derlen;
	size_t			 server;	/* of the phone's */
	char			 address[ACCEPT_FROM_MAX];	/* its */
	uint32_t		 session;
	uint8_t			*request;
	size_t			 requestlen;
	bool			 answered;	/* with: */
	struct accept_answer	 answer;
	uint8_t			*cert;		/* answer.der */
	unsigned		 rounds;	/* of this file */
	/* The file that was judged, a copy; NULL: the server of one, which
	 * is fetched again. */
	uint8_t			*kept;
	size_t			 keptlen;
	bool			 has_peer;
	struct accept_verdict	 peer;
};

#define SIM_BOOTS_MAX	4	/* in a row, for CAPF's sake */

/* CAPF and encrypted files within a boot. */
struct sim_enrolment {
	bool			 has_stub;	/* the configuration is one */
	bool			 enc_asked;	/* for the encrypted file */
	bool			 undecrypted;	/* it came, in vain */
	bool			 held;		/* a session, since it booted */
	const char		*cause;
	bool			 wanted;	/* a session, with: */
	enum config_capf	 auth;
	struct config_server	 servers[CONFIG_CAPF_MAX];
	size_t			 nservers, server;
	char			 address[ACCEPT_FROM_MAX];
	struct sim_capf		 session;
	struct accept_verdict	 v;		/* of its server */
};

/* A boot on its way; all fields are the library's. */
struct sim_boot {
	const struct sim	*s;
	struct sim_report	*r;
	enum sim_state		 state;
	struct sim_choice	 choice;
	bool			 wants_signed;
	bool			 asking;	/* st waits for answers */
	size_t			 named;		/* which of the named files */
	struct sim_step		 st;
	struct sim_get		 get;
	struct sim_ask		 ask;
	struct sim_enrolment	 en;
};

/*
 * Whoever has no blocking functions drives the boot: begin, then next and
 * what it wants in turn until it says SIM_OVER, when *r is complete; clear in
 * any case.  s (its functions are not called; it has a server), its memory
 * and r must live as long.  Answer, told and enrolled fail for reasons of ours
 * only, then the boot is over.
 */
enum sim_next {
	SIM_OVER,
	SIM_FETCH,	/* want.t and want.name, then sim_boot_answer */
	SIM_ASK_TVS,	/* want.server and want.request, then sim_boot_told */
	SIM_ENROL,	/* want.server and want.session, held to its end, then
			 * sim_boot_enrolled */
};

struct sim_want {		/* borrowed, until the answer */
	const struct sim_try	*t;		/* whom to ask over what */
	const char		*name;		/* for what */
	const struct config_server	*server;
	const uint8_t		*request;
	size_t			 requestlen;
	struct sim_capf		*session;
	struct accept_verdict	*v;		/* for that of the server */
};

void	sim_boot_begin(struct sim_boot *b, const struct sim *s,
	    struct sim_report *r);
enum sim_next	sim_boot_next(struct sim_boot *b, struct sim_want *w);
int	sim_boot_answer(struct sim_boot *b, const struct sim_answer *a,
	    struct err *e);
int	sim_boot_told(struct sim_boot *b, const struct sim_answer *a,
	    struct err *e);
/* code as of sim_capf_fn; why for people. */
int	sim_boot_enrolled(struct sim_boot *b, int code, const char *why,
	    struct err *e);
void	sim_boot_clear(struct sim_boot *b);

/* The phone, which asks TVS by this boot; for accept_server(). */
struct accept_phone	sim_boot_phone(struct sim_boot *b);

/* --- for the library's own files --- */

/*
 * Ask for st->asked: the server and transport that answered last, then each
 * server with each transport.  "Not found" is an answer; a bad answer and
 * none are not.  next is NULL when all is told; then server, transport,
 * status, bytes, sha256 and note of st are filled.  Only ERR_NOMEM and
 * ERR_CRYPTO fail.
 */
void	sim_get_begin(struct sim_get *g, const struct sim *s,
	    const struct sim_choice *c, struct sim_step *st);
/* ... over https alone. */
void	sim_get_begin_https(struct sim_get *g, const struct sim *s,
	    const struct sim_choice *c, struct sim_step *st);
const struct sim_try	*sim_get_next(const struct sim_get *g);
int	sim_get_answer(struct sim_get *g, const struct sim *s,
	    struct sim_choice *c, struct sim_step *st,
	    const struct sim_answer *a, struct err *e);

/* What comes of it all (sim_next.c): a refusal outranks silence, silence a
 * missing configuration. */
void	sim_turn_out(struct sim_boot *b, enum sim_outcome o,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A phone that does not get its configuration over https asks over http. */
bool	sim_may_fail(const struct sim_boot *b);
/* What follows the step that is told; what follows a configuration, or a
 * session that it led to; and a session that changed something. */
enum sim_state	sim_after(struct sim_boot *b, const struct sim_answer *a);
enum sim_state	sim_with_config(struct sim_boot *b);
enum sim_state	sim_boot_again(struct sim_boot *b);

/* Of TVS (sim_ask.c).  A new file is asked for: what was said of the one
 * before does not count. */
void	sim_ask_forget(struct sim_boot *b);
/* Judging wanted to ask: begin with the first server, and keep the bytes of
 * a (NULL: a server, whose file is to be fetched again). */
int	sim_ask_begin(struct sim_boot *b, const struct sim_answer *a,
	    struct err *e);
void	sim_ask_want(const struct sim_boot *b, struct sim_want *w);
/* Of CAPF (sim_enrol.c).  The phone boots, for the first time or again. */
void	sim_enrol_boots(struct sim_boot *b);
/* Decrypt what came as st->asked; false: it cannot, st->note says why.  *xml
 * is the caller's. */
bool	sim_enrol_decrypt(struct sim_boot *b, const struct sim_answer *a,
	    uint8_t **xml, size_t *len);
/* A configuration was read.  Does it send the phone to CAPF? */
bool	sim_enrol_wanted(struct sim_boot *b);
/* May the encrypted file be asked for on account of this stub? */
bool	sim_enrol_wants_file(const struct sim_boot *b);
void	sim_enrol_want(struct sim_boot *b, struct sim_want *w);
/* What came of a session; st is told.  *again: the phone boots again;
 * *settled: no other server is to be asked. */
int	sim_enrol_told(struct sim_boot *b, int code, const char *why,
	    bool *settled, bool *again, struct err *e);

/* What a server said; *settled: the question is answered, or nobody will. */
int	sim_ask_told(struct sim_boot *b, const struct sim_answer *a,
	    bool *settled, struct err *e);

#endif
