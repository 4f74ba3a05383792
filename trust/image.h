/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Files that come signed by their maker: firmware and stored .sgn files
 * (spec/signed-file.md section 3).  What can be told without the maker's
 * certificate is whether a phone could take them at all: the header is whole,
 * names this file, and something follows it.
 */
#ifndef TRUST_IMAGE_H
#define TRUST_IMAGE_H

#include "certs/tlv.h"

#define IMAGE_HEAD_MAX	65535	/* bytes of a header: its length has 16 bits */

enum image_verdict {
	IMAGE_NONE,		/* not signed by its maker, by its name */
	IMAGE_SOUND,		/* the header is; the signature is unknown */
	IMAGE_BAD,		/* no phone takes it */
};

/* By name: .sgn, .loads and .sbn in any case. */
bool	image_is(const char *name);

struct image {
	enum image_verdict	 verdict;
	struct tlv_header	 h;	/* IMAGE_SOUND; borrows head */
	char			 why[320];	/* IMAGE_BAD */
};

/*
 * Judge the file name of size bytes from its first bytes (all, or
 * IMAGE_HEAD_MAX).  Pure.
 */
void	image_check(struct image *im, const char *name, const uint8_t *head,
	    size_t headlen, uint64_t size);

/* The same of an open file; *head (free()) must outlive im.  ERR_IO,
 * ERR_NOMEM. */
int	image_check_fd(struct image *im, const char *name, int fd,
	    uint8_t **head, struct err *e);

#endif
