/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Facts of the open node, as text lines and as members of a JSON object:
 * shared by node init and show status.
 */
#ifndef CTLTOOL_NODE_TEXT_H
#define CTLTOOL_NODE_TEXT_H

#include "ctltool/ctl.h"

/* Cluster, node, addresses and ports. */
int	node_text_about(struct ctl *c, json_t *result, struct err *e);

/* The ITL served: checksum, size, records, what ends first. */
int	node_text_itl(struct ctl *c, json_t *result, struct err *e);

#endif
