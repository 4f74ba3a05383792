/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The same files over HTTP (port 6970): the handler for net/http.h.
 */
#ifndef TFTPD_HTTP_FILES_H
#define TFTPD_HTTP_FILES_H

#include "net/http.h"
#include "tftpd/serve.h"

/* An http_handler; its arg is a struct serve_backend that outlives all
 * replies. */
http_handler	http_files_handle;

#endif
