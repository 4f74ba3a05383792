/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A phone's own keys and certificates: the LSC that CAPF gave it, the MIC it
 * was made with, and a key whose certificate has not come yet.  Kept in the
 * phone's folder as lsc.pem, mic.pem (certificate and key) and pending.pem
 * (key), for the owner alone.
 */
#ifndef PHONESIM_SIM_KEYS_H
#define PHONESIM_SIM_KEYS_H

#include "certs/cert.h"
#include "certs/key.h"

struct sim_identity {		/* both or neither */
	struct cert	*cert;
	struct key	*key;
};

struct sim_keys {
	struct sim_identity	 lsc, mic;
	struct key		*pending;
};

void	sim_keys_clear(struct sim_keys *k);

/* What the folder has; k is empty before.  Dirfd -1, here and below: kept
 * nowhere.  ERR_PROTO, ERR_LIMIT: damaged; ERR_VERIFY: a key that is not its
 * certificate's. */
int	sim_keys_load(struct sim_keys *k, int dirfd, struct err *e);

/* A key is made: kept before anybody hears of it.  key is taken over, also
 * on failure. */
int	sim_keys_set_pending(struct sim_keys *k, int dirfd, struct key *key,
	    struct err *e);

/*
 * A certificate has come for the pending key, or again for that of the LSC:
 * certificate and key are the LSC from now on, old or new after a crash.
 * cert is borrowed.  ERR_VERIFY: it is for neither key.
 */
int	sim_keys_set_lsc(struct sim_keys *k, int dirfd, struct cert *cert,
	    struct err *e);
int	sim_keys_drop_lsc(struct sim_keys *k, int dirfd, struct err *e);

/* As from the factory, out of PEM files.  ERR_VERIFY as above. */
int	sim_keys_set_mic(struct sim_keys *k, int dirfd, const char *certfile,
	    const char *keyfile, struct err *e);

/* Erase what the folder has; *held is set when there was something. */
int	sim_keys_erase(int dirfd, bool *held, struct err *e);

/* A key alone, in a file of its own.  ERR_OK with *k NULL: there is none. */
int	sim_key_load(struct key **k, int dirfd, const char *name,
	    struct err *e);
int	sim_key_store(const struct key *k, int dirfd, const char *name,
	    struct err *e);

#endif
