/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A signer process, and what is asked of it.
 */
#ifndef TESTS_SIGN_FIX_H
#define TESTS_SIGN_FIX_H

#include <stdlib.h>

#include "certs/sign.h"
#include "tests/premaster.h"

#define NCHANNELS	3

extern struct cert *ccm, *ec;
extern uint8_t ccm_id[KEY_ID_LEN], ec_id[KEY_ID_LEN];
extern uint8_t digest[DIGEST_MAX];
extern pid_t child;

void	setup(void);
void	teardown(void);

/* Wait for the child; its exit status. */
int	child_status(void);

/* A signer process on the far ends of n pairs; near ends to fds. */
void	start_signer(int fds[], size_t n, int stopfd);
int	sign_with(struct signer *s, const struct cert *c, enum digest_alg alg,
    struct err *e);

/* An encrypted premaster secret of this kind; was it decrypted? */
int	decrypt_with(struct signer *s, enum premaster kind, bool *found,
    struct err *e);
void	check_decrypts(struct signer *s);

/* What every signer answers, wherever its keys are. */
void	check_answers(struct signer *s);

#endif
