/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What tests of trust share, see verify_fix.h.
 */
#include <check.h>

#include "certs/verify.h"
#include "tests/ca_lab.h"
#include "tests/verify_fix.h"

struct lab_store st;
struct verify_result r;
const struct verify_policy any = { .units = 1 };

void
setup(void)
{
	lab_store_init(&st);
}

void
teardown(void)
{
	lab_store_clear(&st);
	lab_end();
}

struct cert *
root(const char *cn, size_t key)
{
	return lab_issue(&(struct lab_spec){ .cn = cn, .basic = CA,
	    .usage = SIGNS }, lab_key(key), NULL, NULL);
}

bool
ask(const struct cert *leaf, const struct verify_policy *p,
    struct cert *const *chain, size_t n)
{
	bool ok = verify_cert(st.v, leaf, chain, n, p, &r);

	ck_assert(ok == (r.why == VERIFY_OK));
	ck_assert_msg(ok == (r.text[0] == '\0'), "%s", r.text);
	return ok;
}
