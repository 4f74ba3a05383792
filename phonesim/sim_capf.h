/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's side of one CAPF session (spec/capf.md): it answers what the
 * server asks, makes the keys it is told to, keeps the certificates it is
 * given.  No I/O: messages come and go by the caller, who also makes the keys
 * and waits where it says so.
 */
#ifndef PHONESIM_SIM_CAPF_H
#define PHONESIM_SIM_CAPF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "certs/capf_msg.h"
#include "phonesim/sim_keys.h"
#include "trust/config.h"

#define SIM_CAPF_MESSAGES_MAX	64	/* of a session, both ways */
#define SIM_STRING_MAX		CAPF_PASSWORD_MAX

/* What a phone does wrong on purpose. */
struct sim_misbehave {
	bool		 wrong_string;	/* not the one it was given */
	bool		 byte_per_write;	/* done by capf_call.h */
	bool		 no_progress;	/* no word while it makes a key */
	bool		 reorder;	/* says so only after it has made it */
	bool		 wrong_session;	/* answers with another session id */
	bool		 no_key;	/* cannot make one */
	bool		 not_stored;	/* does not keep the certificate */
	unsigned	 cut_after;	/* that many messages, of both sides,
					 * the connection is cut; 0: never */
	unsigned	 slow_key_s;	/* takes that long for a key */
	unsigned	 duplicate;	/* its n-th message goes out twice */
	unsigned	 old_version;	/* 1 (says none) or 2; 0: 3 */
	/* Another phone's certificate and key in place of its own. */
	const struct sim_identity *other;
};

/* How this phone goes about it. */
struct sim_enrol {
	const char		*string;	/* typed in; NULL: nobody did */
	bool			 sudi;		/* shows its MIC as SUDI too */
	bool			 has_symmetric;	/* key typed in for its files */
	uint8_t			 symmetric[16];
	struct sim_misbehave	 bad;
};

/*
 * KIND or KIND=VALUE as the options of phonesim(1) have it, into b;
 * other-certificate=NAME copies NAME to other.  ERR_ARG.
 */
int	sim_misbehave_parse(struct sim_misbehave *b, const char *s,
	    char other[DEVICE_NAME_MAX + 1], struct err *e);

enum sim_capf_op { SIM_CAPF_NO_OP, SIM_CAPF_INSTALL, SIM_CAPF_FETCH,
    SIM_CAPF_DELETE };
const char	*sim_capf_op_name(enum sim_capf_op o);	/* "install" */
const char	*sim_capf_auth_name(enum config_capf a); /* "string" */

enum sim_capf_end {
	SIM_CAPF_DONE,		/* op was done, and the server said so */
	SIM_CAPF_LATER,		/* the certificate for its key is not there */
	SIM_CAPF_NOTHING,	/* the server wanted nothing */
	SIM_CAPF_DECLINED,	/* reason 7 */
	SIM_CAPF_NO_DEVICE,	/* reason 9 */
	SIM_CAPF_BROKEN,	/* anything else: why tells */
};
const char	*sim_capf_end_name(enum sim_capf_end c);	/* "done" */

struct sim_capf_result {
	enum sim_capf_op	 op;
	enum sim_capf_end	 end;
	bool			 made_key;	/* of kind key */
	enum key_type		 key;
	unsigned		 messages;	/* both ways */
	char			 why[ERR_MSG_MAX];	/* with BROKEN */
};

enum sim_capf_next {
	SIM_CAPF_SEND,		/* out, then sim_capf_sent */
	SIM_CAPF_RECEIVE,	/* then sim_capf_take */
	SIM_CAPF_MAKE_KEY,	/* of kind res.key, then sim_capf_key */
	SIM_CAPF_PAUSE,		/* slow_key_s, then sim_capf_paused */
	SIM_CAPF_OVER,		/* res tells; the connection ends */
};

struct sim_capf_msg {
	uint8_t			*buf;
	size_t			 len;
};

/* All fields but res are the session's own. */
struct sim_capf {
	struct sim_capf_result	 res;
	const struct sim_enrol	*how;
	struct sim_keys		*keys;
	int			 dirfd;
	const char		*device;
	enum config_capf	 auth;
	enum { SC_BEGIN, SC_PROVED, SC_OVER } state;
	bool			 paused, wants_key;
	uint32_t		 session;
	unsigned		 sent;
	struct sim_capf_msg	 out[4];
	size_t			 nout;
};

/*
 * A session of device with the server that the caller has connected to; how,
 * keys and device are borrowed, what changes is kept in dirfd (sim_keys.h).
 * auth: how it proves itself.
 */
void	sim_capf_begin(struct sim_capf *c, const char *device,
	    struct sim_keys *keys, int dirfd, const struct sim_enrol *how,
	    enum config_capf auth);
enum sim_capf_next sim_capf_next(struct sim_capf *c,
	    const struct sim_capf_msg **out);
void	sim_capf_sent(struct sim_capf *c);
void	sim_capf_paused(struct sim_capf *c);

/* A key of kind res.key, taken over; NULL: it could not be made.  Fails for
 * reasons of ours alone (ERR_IO, ERR_NOMEM), as take. */
int	sim_capf_key(struct sim_capf *c, struct key *k, struct err *e);

/* A message of the server's; what it may not say ends the session. */
int	sim_capf_take(struct sim_capf *c, const uint8_t *buf, size_t len,
	    struct err *e);

/* The connection is over or never came to be: so is the session. */
void	sim_capf_lost(struct sim_capf *c, const char *why);
void	sim_capf_clear(struct sim_capf *c);

/* "installs an LSC, rsa2048: stored" */
void	sim_capf_text(const struct sim_capf_result *r, char *out,
	    size_t outlen);

/* --- for the session's own files --- */

/* m goes out next. */
int	sim_capf_put(struct sim_capf *c, struct capf_msg *m, struct err *e);
/* Its name, and what it proves it with (sim_capf_proof.c). */
int	sim_capf_answer_auth(struct sim_capf *c, struct err *e);

#endif
