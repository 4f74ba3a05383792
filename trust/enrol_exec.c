/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A program that certifies: the request as PEM on its standard input, DEVICE,
 * KIND, INSTANCE and DAYS in its environment; the certificate as PEM on its
 * standard output.  Exit status 0: issued; 1: refused, the first line of
 * standard error says why; 75 (EX_TEMPFAIL): ask later.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/str.h"
#include "trust/enrol_part.h"
#include "trust/exec_run.h"

#define REFUSED		1
#define NVARS		4

static int
begin(struct enrol_job *j, struct err *e)
{
	if (j->conf->exec[0] != '\0')
		return ERR_OK;
	return err_set(e, ERR_BADSTATE, "capf.issuer is exec and there is no "
	    "program: set param capf.exec");
}

static void
vars_free(char *var[NVARS + 1])
{
	for (size_t i = 0; i < NVARS; i++)
		free(var[i]);
}

static int
vars_make(const struct enrol_job *j, char *var[NVARS + 1], struct err *e)
{
	const struct capf_owner *o = &j->row->owner;

	var[0] = str_printf("DEVICE=%s", j->device);
	var[1] = str_printf("KIND=%s", capf_kind_name[o->kind]);
	var[2] = str_printf("INSTANCE=%s", o->instance);
	var[3] = str_printf("DAYS=%" PRId64, j->conf->days);
	var[NVARS] = NULL;
	for (size_t i = 0; i < NVARS; i++)
		if (var[i] == NULL)
			return err_set(e, ERR_NOMEM, "the program");
	return ERR_OK;
}

static int
understand(struct enrol_job *j, const struct exec_end *x, struct err *e)
{
	switch (x->status) {
	case 0:
		j->outcome = ENROL_ISSUED;
		return container_read(&j->got, x->out, x->outlen,
		    CONTAINER_NO_KEYS, NULL, e);
	case REFUSED:
		enrol_refuse(j, "%s", x->why[0] != '\0' ? x->why :
		    "the program gave no reason");
		return ERR_OK;
	case EX_TEMPFAIL:
		j->outcome = ENROL_LATER;
		(void)str_copy(j->why, sizeof(j->why), "the program said "
		    "later");
		return ERR_OK;
	default:
		return err_set(e, ERR_IO, "the program ended with status %d: "
		    "%s", x->status, x->why);
	}
}

static int
ask(struct enrol_job *j, struct err *e)
{
	struct exec_job job = { .path = j->conf->exec,
	    .outmax = ENROL_ANSWER_MAX, .timeout_ms = ENROL_EXEC_MS,
	    .stop = j->env->stop, .stop_arg = j->env->stop_arg };
	char *var[NVARS + 1] = { NULL };
	struct exec_end x;
	char *pem;
	int ret;

	if ((pem = csr_to_pem(j->csr, e)) == NULL)
		return ERR_NOMEM;
	job.in = pem;
	job.inlen = strlen(pem);
	job.env = (const char *const *)var;
	if ((ret = vars_make(j, var, e)) == ERR_OK &&
	    (ret = exec_run(&job, &x, e)) == ERR_OK) {
		ret = understand(j, &x, e);
		exec_end_clear(&x);
	}
	vars_free(var);
	free(pem);
	return ret;
}

static void
end(struct enrol_job *j)
{
	(void)j;
}

const struct enrol_backend enrol_exec = {
	.issuer = "exec", .begin = begin, .ask = ask, .end = end,
};
