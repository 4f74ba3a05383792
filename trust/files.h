/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a request name means and what is served for it: one place for TFTP and
 * HTTP (spec/phone-files.md section 9, design "Files to phones").
 */
#ifndef TRUST_FILES_H
#define TRUST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "certs/sign.h"
#include "db/db.h"
#include "db/keyring.h"
#include "trust/cache.h"

#define FILE_NAME_MAX	255	/* bytes of a request name */

enum file_kind {
	FILE_ITL,		/* ITLFile.tlv, ITL<device>.tlv */
	FILE_CTL,		/* CTLFile.tlv, CTL<device>.tlv */
	FILE_CONFIG,		/* <device>.cnf.xml */
	FILE_DEFAULT,		/* XMLDefault.cnf.xml */
	FILE_STATIC,
};
const char	*file_kind_name(enum file_kind k);	/* "itl", ... */

enum file_form { FILE_PLAIN, FILE_SGN, FILE_ENC };

struct file_name {
	enum file_kind	 kind;
	enum file_form	 form;
	char		 device[65];	/* upper-cased SEP...; "" generic */
	char		 full[FILE_NAME_MAX + 1];	/* as asked, one leading
					 * slash stripped */
	char		 base[FILE_NAME_MAX + 1];	/* without .sgn/.enc.sgn;
					 * lists and configurations in their
					 * own spelling */
};

/*
 * Pure.  Refuses (ERR_PROTO) empty and over-long names, "..", ".", empty path
 * parts, backslashes, control bytes, bytes that are not UTF-8, and the same
 * for what is left without the suffix.  Lists, configurations and suffixes
 * are recognised in any case.
 */
int	file_name_parse(struct file_name *n, const char *req, size_t len,
	    struct err *e);

/* The configuration of a phone (SEP..., in any case) in some form.  Only a
 * row answers it: what lies among the files is imported (trust/folder.h). */
bool	file_name_is_phone(const struct file_name *n);

struct file_answer {
	struct file_name name;
	const uint8_t	*body;		/* memory, or NULL */
	int		 fd;		/* verbatim file, or -1; owned */
	uint64_t	 len;
	uint8_t		 version[32];	/* sha256 of body; zero for files
					 * served by descriptor */
	const char	*type;		/* Content-Type */
	struct blob	*blob;		/* holds body; a reference */
};
void	file_answer_clear(struct file_answer *a);

/*
 * One per loop: a read connection, the roots and a signer channel.  statefd
 * is the working directory's state folder; node names this node; both are
 * borrowed.  s is borrowed; NULL: nothing can be signed (.sgn asked:
 * ERR_BADSTATE).  c is shared by the stores of a process, which set its
 * bounds from the parameters, and borrowed; NULL: nothing is kept.
 */
struct file_store;
struct file_store	*file_store_new(int statefd, const char *node,
			    struct signer *s, struct file_cache *c,
			    struct err *e);
void		 file_store_free(struct file_store *fs);

/*
 * True when the database has changed since the last call: parameters, the
 * signing certificate and the nodes have then been read again here, and the
 * caller reads its own.  Call a few times a second: roots that were replaced
 * as a whole, or have come, are seen here.
 */
bool		 file_store_changed(struct file_store *fs);
struct db	*file_store_db(struct file_store *fs);

/* Opens the secrets that phone files carry; borrowed, used by reading only.
 * Without it a file that carries one is not served: ERR_BADSTATE. */
void		 file_store_set_keyring(struct file_store *fs,
		    const struct keyring *kr);

/*
 * Resolve and open.  ERR_NOTFOUND (answer at once), ERR_PROTO (bad name:
 * the same to the peer), ERR_DENIED (leaves the root, not readable),
 * ERR_LIMIT (too large to be signed), ERR_BADSTATE (nothing to sign with),
 * others: ours.  a->name is filled whenever the name could be parsed, and
 * file_answer_clear() is right after every result.  What an administrator
 * should know of a file (left-over list, stale .sgn, symlink that leaves the
 * root) is logged once per name.
 */
int		 file_store_get(struct file_store *fs, const char *req,
		    size_t len, struct file_answer *a, struct err *e);

#endif
