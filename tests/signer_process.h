/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A signer process with the keys of the vectors, and a provider here whose
 * keys it holds.  Every function fails the running test.
 */
#ifndef TESTS_SIGNER_PROCESS_H
#define TESTS_SIGNER_PROCESS_H

#include <sys/types.h>

#include "certs/provider.h"
#include "tests/certs_data.h"

struct signer_process {
	pid_t		 pid;
	struct signer	*remote;
	struct provider	*provider;
};

/* The keys of data_signer, and those of more (taken over; NULL: none). */
void	signer_process_start(struct signer_process *p, struct key *more);

/* What was made in its provider has been released before. */
void	signer_process_stop(struct signer_process *p);

/* The provider's key for c. */
EVP_PKEY	*signer_process_key(const struct signer_process *p,
		    const struct cert *c);

#endif
