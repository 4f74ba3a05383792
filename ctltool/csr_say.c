/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What is said of signing requests, see csr_say.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ctltool/cert_json.h"
#include "ctltool/csr_say.h"
#include "trust/cert_lint.h"

const struct own_unit_def *
csr_unit(const char *name, struct err *e)
{
	const struct own_unit_def *d;
	size_t n = strcspn(name, "/");
	char unit[64], file[72];

	if (n < sizeof(unit)) {
		memcpy(unit, name, n);
		unit[n] = '\0';
		d = own_unit_find(unit);
		if (d != NULL) {
			(void)snprintf(file, sizeof(file), "/%s.csr", d->name);
			if (name[n] == '\0' || str_ieq(name + n, file))
				return d;
		}
	}
	(void)err_set(e, ERR_ARG, "no own unit \"%.60s\": \"show cert list "
	    "own\" names them", name);
	return NULL;
}

struct findings {
	json_t	*list;
	bool	 nomem;
	struct out *o;		/* NULL: no text */
};

static void
note_finding(void *arg, const char *code, const char *text)
{
	struct findings *f = arg;

	if (f->o != NULL && json_array_size(f->list) == 0)
		out_text(f->o, "An authority may reject it:\n");
	if (f->o != NULL)
		out_text(f->o, "  %s\n", text);
	if (json_array_append_new(f->list, json_pack("{s:s, s:o}", "code",
	    code, "text", out_str(text))) != 0)
		f->nomem = true;
}

int
csr_lint(struct out *o, const struct csr *csr, json_t **list, struct err *e)
{
	struct findings f = { .list = json_array(), .o = o };
	int ret = cert_lint_csr(csr, note_finding, &f, e);

	if (ret == ERR_OK && (f.nomem || f.list == NULL))
		ret = err_set(e, ERR_NOMEM, "signing request");
	*list = f.list;
	return ret;
}

json_t *
csr_json(const struct own_unit_def *u, const char *node,
    const struct csr *csr)
{
	char *subject = csr_subject(csr, CERT_NAME_SEMICOLON, NULL);
	struct san_set san = { .san = NULL };
	uint8_t id[KEY_ID_LEN];
	enum digest_alg hash;
	json_t *j = NULL;

	if (san_of_csr(csr, &san, NULL) == ERR_OK &&
	    csr_key_id(csr, id, NULL) == ERR_OK)
		j = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "unit",
		    u->name, "node", node, "subject", out_str(subject), "key",
		    key_type_name(csr_key_type(csr)), "hash",
		    csr_hash(csr, &hash) ? digest_name(hash) : "unknown",
		    "key_sha256", out_hex(id, sizeof(id)), "names",
		    cert_json_names(&san));
	free(subject);
	san_set_free(&san);
	return j;
}

void
csr_say(struct out *o, const struct csr *csr)
{
	char *subject = csr_subject(csr, CERT_NAME_COMMA, NULL);
	struct san_set san = { .san = NULL };
	char vis[OUT_VIS_MAX];
	enum digest_alg hash;

	out_text(o, "Subject   %s\n", subject != NULL ? out_vis(subject, vis) :
	    "?");
	out_text(o, "Key       %s, signed with %s\n",
	    key_type_name(csr_key_type(csr)), csr_hash(csr, &hash) ?
	    digest_name(hash) : "an unknown digest");
	if (san_of_csr(csr, &san, NULL) == ERR_OK)
		for (size_t i = 0; i < san.n; i++)
			out_text(o, "%s%s\n", i == 0 ? "Names     " :
			    "          ", san.san[i].text);
	san_set_free(&san);
	free(subject);
}
