/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A signer process for tests, see signer_process.h.
 */
#include <check.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/signer_process.h"

void
signer_process_start(struct signer_process *p, struct key *more)
{
	struct signer *local;
	struct err e = { 0 };
	int fds[2];

	ck_assert_int_eq(signer_pair(fds, &e), ERR_OK);
	local = data_signer();
	if (more != NULL)
		ck_assert_int_eq(signer_local_add(local, more, &e), ERR_OK);
	if ((p->pid = fork()) == 0) {
		(void)close(fds[0]);
		(void)signer_serve(local, &fds[1], 1, -1, NULL);
		signer_free(local);
		_exit(0);
	}
	ck_assert_int_gt(p->pid, 0);
	(void)close(fds[1]);
	signer_free(local);
	ck_assert_ptr_nonnull(p->remote = signer_remote_new(fds[0], &e));
	signer_set_timeout(p->remote, 60000);	/* valgrind is slow */
	p->provider = provider_new(&e);
	ck_assert_msg(p->provider != NULL, "%s", e.msg);
}

void
signer_process_stop(struct signer_process *p)
{
	provider_free(p->provider);
	signer_free(p->remote);		/* it ends with its last peer */
	ck_assert_int_eq(waitpid(p->pid, NULL, 0), p->pid);
}

EVP_PKEY *
signer_process_key(const struct signer_process *p, const struct cert *c)
{
	struct err e = { 0 };
	EVP_PKEY *k = provider_key(p->provider, p->remote, c, &e);

	ck_assert_msg(k != NULL, "%s", e.msg);
	return k;
}
