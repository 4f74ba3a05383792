/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the parts of a phone's files share: phone_file.c (reading),
 * phone_file_enc.c (which of them are encrypted, and with what),
 * phone_file_make.c (their bytes).
 */
#ifndef TRUST_PHONE_FILE_PART_H
#define TRUST_PHONE_FILE_PART_H

#include "trust/phone_file.h"

/* A source of the file was changed at / it will be another at. */
void	phone_file_newer(struct phone_file *f, int64_t at);
void	phone_file_sooner(struct phone_file *f, int64_t at);

struct render_env	phone_file_env(const struct phone_file *f,
			    const struct phone_file_base *b);

/* The sealed secret of a setting, if the phone has one. */
int	phone_file_read_secret(struct phone_file *f, struct db *db,
	    enum phone_file_secret i, enum setting_id id, struct err *e);

/* Certificates, what is pending, and which files there are. */
int	phone_file_read_keys(struct phone_file *f, struct db *db,
	    const struct phone_file_base *b, struct err *e);

#endif
