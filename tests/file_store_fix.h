/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * A node whose file store is asked for files.
 */
#ifndef TESTS_FILE_STORE_FIX_H
#define TESTS_FILE_STORE_FIX_H

#include "trust/file_store.h"

extern struct signer *signer;
extern struct file_cache *cache;
extern struct file_store *store;

/* The cluster of trust_cluster.h, with folders for files and their cache, or
 * for files alone. */
void	set_up(void);
void	set_up_without_cache(void);
void	tear_down(void);
/* Another of a node's, with its keys. */
struct file_store	*new_store(const char *node, struct file_cache *c);

int	ask_of(struct file_store *fs, const char *req, struct file_answer *a);
/* What the answer's code is, and whether its body has this text. */
int	code(const char *req);
bool	has(const char *req, const char *text);

#endif
