/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Which phones a command is about: names, or all that a filter names.
 */
#ifndef CTLTOOL_PHONE_WHICH_H
#define CTLTOOL_PHONE_WHICH_H

#include "ctltool/ctl.h"
#include "trust/phone.h"

typedef char	phone_which_name[PHONE_NAME_MAX + 1];

struct phone_which {
	struct ctl		*c;
	phone_which_name	*name;	/* each once: as given, or in order */
	size_t			 n, room;
	bool			 filter;	/* none may fit */
	/* the filter */
	const char		*by_model, *by_profile;	/* its options */
	const char		*profile;	/* as rows have it; NULL: any */
	int			 protocol;
	char			 model[32];
	bool			 any_model;
};

/*
 * After ctl_open, from argument NAME (one or several) or options --all,
 * --of-model, --of-profile, or of a command without these, --model and
 * --profile.  phone_which_clear() it, also on failure.
 * ERR_ARG: neither, both, no name; ERR_NOTFOUND: no such profile.  That named
 * phones exist is not looked at.
 */
int	phone_which_find(struct phone_which *w, struct ctl *c, struct err *e);
void	phone_which_clear(struct phone_which *w);

/* "SEP1, SEP2, ..." with at most five; size is that of out. */
#define PHONE_WHICH_SHOWN	5
#define PHONE_WHICH_TEXT	(PHONE_WHICH_SHOWN * (PHONE_NAME_MAX + 2) + 8)
void	phone_which_text(const struct phone_which *w,
	    char out[PHONE_WHICH_TEXT]);

#endif
