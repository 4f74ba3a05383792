/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: signing requests.
 */
#include <stdlib.h>

#include "certs/csr.h"
#include "certs/san.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_all(const struct csr *c)
{
	uint8_t id[KEY_ID_LEN];
	enum digest_alg hash;
	struct san_set san;

	free(csr_to_pem(c, NULL));
	free(csr_text(c, NULL));
	free(csr_subject(c, CERT_NAME_COMMA, NULL));
	free(csr_cn(c, NULL));
	free(csr_country(c, NULL));
	(void)csr_verify(c, NULL);
	(void)csr_key_id(c, id, NULL);
	(void)csr_hash(c, &hash);
	(void)csr_wants_ca(c);
	(void)csr_wants_client(c);
	(void)csr_has_ou(c);
	if (csr_key_type(c) != KEY_OTHER && csr_key_bits(c) == 0)
		abort();
	if (san_of_csr(c, &san, NULL) != ERR_OK)
		return;
	for (size_t i = 0; i < san.n; i++)
		if (!san_has(&san, san.san[i].kind, san.san[i].text))
			abort();
	san_set_free(&san);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csr *c = csr_from_der(data, size, NULL);

	if (c != NULL)
		read_all(c);
	csr_free(c);
	return 0;
}
