/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The same files over HTTP (6970) and HTTPS (6971, 6972): the handler for
 * net/http.h.
 */
#ifndef TFTPD_HTTP_FILES_H
#define TFTPD_HTTP_FILES_H

#include "net/http.h"
#include "tftpd/serve.h"

/* What is served on one kind of port; outlives all replies. */
struct http_files {
	struct serve_backend	 backend;
	enum stats_via		 via;		/* STATS_HTTP, STATS_HTTPS */
	/*
	 * SEP<MAC>.cnf.xml.sgn gives the plain configuration: what phones
	 * expect on 6971 (spec/signed-file.md section 5).
	 */
	bool			 plain_sgn;
};

/* An http_handler; its arg is a struct http_files. */
http_handler	http_files_handle;

#endif
