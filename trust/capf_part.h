/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the steps of CAPF share.  See capf.h.
 */
#ifndef TRUST_CAPF_PART_H
#define TRUST_CAPF_PART_H

#include "certs/cert.h"
#include "trust/capf.h"

#define CAPF_NO_OPERATION	"no-pending-operation"

/* What is asked of an owner, as rows say it now. */
struct capf_asked {
	struct capf_owner	 owner;
	/* Word of the setting, whatever the time; of an implied installation
	 * that of an installation. */
	char			 operation[32];
	struct capf_pending	 p;
	bool			 expired;	/* asked, but its time has passed */
	bool			 sealed;	/* its files are encrypted for */
	uint8_t			 key[SHA256_LEN];	/* this certificate */
	struct row_phone	 phone;		/* of a phone */
	struct row_capf_profile	 cti;		/* of a CTI client */
};
/* ERR_NOTFOUND: nobody of that name.  capf_asked_clear() it. */
int	capf_asked_load(const struct capf_ctx *c, const struct capf_owner *o,
	    int64_t now, struct capf_asked *a, struct err *e);
void	capf_asked_clear(struct capf_asked *a);

/* The kinds of key that are asked for, as progress has them. */
void	capf_keys(const struct capf_asked *a,
	    char out[sizeof(((struct capf_progress *)NULL)->asked)]);

/* NULL with ERR_OK when there is no cache. */
int	capf_base(const struct capf_ctx *c, const struct profile_base **b,
	    struct err *e);

/* A CA's, as cert_from_der, and an owner's, as cert_from_der_keyless; kept
 * parsed in the cache. */
struct cert	*capf_issuer(const struct capf_ctx *c, const uint8_t *der,
	    size_t len, struct err *e);
struct cert	*capf_cert_keyless(const struct capf_ctx *c, const uint8_t *der,
	    size_t len, struct err *e);

/*
 * The CA that issued last, if no other connection has committed since it was
 * found to be trusted for phones; *ca is NULL when there is none, else
 * borrowed.  Whether it issued another certificate too is for the caller to
 * see.
 */
int	capf_last_issuer(const struct capf_ctx *c, bool mic,
	    const struct cert **ca, uint8_t sha256[SHA256_LEN],
	    struct err *e);
int	capf_keep_issuer(const struct capf_ctx *c, bool mic, struct cert *ca,
	    const uint8_t sha256[SHA256_LEN], struct err *e);

/* --- progress --- */

/* That of the operation a, fresh when the row is of another one, or of one like
 * it that has ended. */
int	capf_progress_of(const struct capf_ctx *c,
	    const struct capf_asked *a, const struct capf_hello *h,
	    struct capf_progress *p, struct err *e);
/* The step of a session that was run before, and what it wrote is there. */
bool	capf_is_again(const struct capf_progress *p,
	    const struct capf_hello *h);
/* That of the session: ERR_BADSTATE when another one has begun. */
int	capf_progress_in(const struct capf_ctx *c, const struct capf_owner *o,
	    uint32_t session, struct capf_progress *p, struct err *e);
/* The same of a session that was let in, and did not fail: ERR_BADSTATE. */
int	capf_progress_live(const struct capf_ctx *c,
	    const struct capf_owner *o, uint32_t session,
	    struct capf_progress *p, struct err *e);

/* --- the beginning --- */

void	capf_answer(struct capf_task *t, enum capf_answer a, const char *why);

struct capf_proved {
	enum { CAPF_PROVED, CAPF_NOT_PROVED, CAPF_WRONG_STRING } how;
	bool		 by_cert;	/* by the one he showed */
	int64_t		 wrong_max;	/* so many wrong strings in all */
};
/* Is he who he says, as his operation asks him to prove it?  If not, t has the
 * answer. */
int	capf_prove(const struct capf_ctx *c, const struct capf_asked *a,
	    const struct capf_hello *h, struct capf_proved *p,
	    struct capf_task *t, struct err *e);

/* With CAPF_GO in t: what a CA elsewhere has made of his request may change
 * that. */
int	capf_look_at_request(const struct capf_ctx *c,
	    const struct capf_asked *a, int64_t now, struct capf_task *t,
	    struct err *e);

/* --- what a certificate is good for: see capf_good.c --- */

bool	capf_same_owner(const struct capf_owner *a,
	    const struct capf_owner *b);

/* Who was let in by that code of capfAuthMode had proved who he is. */
bool	capf_auth_proves(int64_t auth);

/* Does the certificate that h shows prove that he is a's owner?  *no: why it
 * does not, or NULL. */
int	capf_good_proof(const struct capf_ctx *c, const struct capf_asked *a,
	    const struct capf_hello *h, const char **no, struct err *e);

/* ERR_BADSTATE: what the session was let in for counts no more. */
int	capf_good_still(const struct capf_ctx *c,
	    const struct capf_progress *p, struct err *e);

/* May x's certificate be its owner's, by its row?  *is: it is already, and
 * nothing is to be written.  ERR_REFUSED. */
int	capf_good_row(const struct capf_ctx *c, const struct capf_end *x,
	    const uint8_t sha256[SHA256_LEN], bool *is, struct err *e);

/* One without a row, fetched in a session that was let in by auth; d: whose,
 * which and by whom.  ERR_REFUSED. */
int	capf_good_fetched(const struct capf_ctx *c,
	    const struct capf_asked *a, const struct capf_end *x, int64_t auth,
	    const struct cert *cert, const struct row_device_cert *d,
	    struct err *e);

/* --- wrong strings, by where they come from --- */

/* Of a string of so many digits, in all. */
int64_t	capf_wrong_max(size_t digits);

/* As the row has it, fresh; NULL with ERR_OK: none is set. */
int	capf_sealed_string(const struct capf_ctx *c,
	    const struct capf_asked *a, uint8_t **sealed, size_t *len,
	    struct err *e);

/* What is counted was counted for the string that is set now: who sets another
 * one begins anew. */
int	capf_wrong_renew(const struct capf_ctx *c, const struct capf_asked *a,
	    struct capf_progress *p, struct err *e);
/* No string from h's address is looked at for now. */
int	capf_wrong_rests(const struct capf_ctx *c, const struct capf_owner *o,
	    const struct capf_hello *h, bool *rests, struct err *e);
/* One more; once, however often h's session runs. */
int	capf_wrong_add(const struct capf_ctx *c, const struct capf_asked *a,
	    const struct capf_hello *h, struct err *e);

/* --- who comes unasked --- */

/* Somebody came under its name; of a phone whose files are not encrypted
 * nothing is kept.  Who shows that he has its key takes back what was. */
int	capf_unasked_add(const struct capf_ctx *c, const struct capf_asked *a,
	    const struct capf_hello *h, struct err *e);
/* He did what was asked of him. */
int	capf_unasked_over(const struct capf_ctx *c,
	    const struct capf_owner *o, struct err *e);

/* --- how operations end --- */

/*
 * What was sent to him and never confirmed counts for nothing: rows say so of
 * what none knew, *n of them.  It stays in observed.db: a write here that hangs
 * on that may be run twice, and what is removed there first would not be there
 * for the second time.
 */
int	capf_void_issued(const struct capf_ctx *c, const struct capf_owner *o,
	    int64_t now, int64_t *n, struct err *e);

/*
 * He shows the certificate that was sent to him for what is pending, with
 * signatures by its key: his word that he has stored it got lost, and he need
 * not say it again.  *done: the certificate is his and the operation is over.
 */
int	capf_confirm(const struct capf_ctx *c, struct capf_asked *a,
	    const struct capf_hello *h, struct capf_progress *p, bool *done,
	    struct err *e);

/* x's certificate becomes its owner's; auth: how his session was let in.
 * ERR_REFUSED and ERR_EXISTS: nothing was written. */
int	capf_take_cert(const struct capf_ctx *c, const struct capf_asked *a,
	    const struct capf_end *x, int64_t auth, struct err *e);
/* Keeps whose session it was, so that the same end may come twice. */
int	capf_close_progress(const struct capf_ctx *c,
	    const struct capf_progress *p, int64_t now, struct err *e);

/*
 * Settings (or the profile) back to nothing pending, the string and a request
 * removed, outcome, audit row, roll-out.  What was implied by encrypted files
 * stays implied while there is no key.
 */
int	capf_close(const struct capf_ctx *c, const struct capf_asked *a,
	    enum capf_result result, const char *why, int64_t now,
	    struct err *e);

/* What a CA elsewhere was asked for him, if anything. */
int	capf_drop_request(struct db *db, const struct capf_owner *o,
	    struct err *e);

/* ERR_EXISTS: another owner has that key. */
int	capf_key_free(const struct capf_ctx *c, const struct capf_owner *o,
	    const uint8_t key_id[KEY_ID_LEN], struct err *e);

#endif
