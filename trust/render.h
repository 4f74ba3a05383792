/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Phone configuration files (spec/phone-files.md sections 5 and 8): from a
 * phone's settings, model and the nodes' addresses, or the administrator's
 * own XML with only its security elements set; and the file for phones that
 * nobody added.  Pure: what they depend on comes in, nothing is looked up.
 * No entities, no network, bounded.
 *
 * Secrets.  Files are served plain or signed, so whoever asks reads them,
 * unless they are encrypted for the phone.  A file that must have none (bare)
 * is rendered without those known here, and of an administrator's own XML
 * only elements and attributes stay that are known to hold none, and of these
 * no text with an account (user@ of a URL, user:password@) or with parameters
 * (key=value) but a few; all else is emptied, and comments are left out.
 */
#ifndef TRUST_RENDER_H
#define TRUST_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "trust/profile.h"

#define RENDER_XML_MAX	(1u << 20)	/* bytes of an administrator's file */
#define RENDER_DEPTH_MAX	64
#define RENDER_NODES_MAX	20000
#define RENDER_SERVERS_MAX	5	/* members of a group */

struct render_server {
	const char	*address;	/* <= 50 characters */
	uint16_t	 tvs_port, capf_port, sip_port, sips_port;
	uint16_t	 sccp_port, sccps_port;
};

/* NULL or "": there is none. */
struct render_secrets {
	const char	*auth_name, *auth_password;	/* of the digest user */
	const char	*phone_password, *ssh_password;
};

/* The gateway that the phone turns to when no server answers. */
struct render_srst {
	const char	*address, *sip_address;
	uint16_t	 port, sip_port;	/* SCCP, SIP */
	const char	*certificate;	/* base64 of its DER: the phone speaks
					 * TLS with it; NULL: it does not */
};

struct render_env {
	const char		*device;	/* SEP0011223344AA */
	struct render_server	 server[RENDER_SERVERS_MAX];
	size_t			 nserver;
	const struct phone_effective *phone;	/* NULL: every default */
	bool			 mixed;		/* the cluster's mode */
	bool			 certificate;	/* the phone has one */
	const char		*load;		/* of its model, when it has
						 * none set; NULL or "": none */
	struct render_secrets	 secret;
	bool			 bare;		/* secrets are left out */
	unsigned		 capf_auth;	/* capfAuthMode: 0 when nothing
						 * is pending */
	const struct render_srst *srst;		/* NULL: none */
};

/* Which secrets a file of that phone carries; the others need not be read.
 * They are not written either if they are given. */
enum render_secret {
	RENDER_DIGEST	= 1 << 0,	/* auth_name, auth_password */
	RENDER_PHONE	= 1 << 1,
	RENDER_SSH	= 1 << 2,
};
unsigned	render_secrets_wanted(const struct render_env *env);

/*
 * Check an administrator's XML: well-formed, root element device, no DOCTYPE,
 * no entities but the five and character references, bounds above, UTF-8.
 * *advice (fresh text or NULL, free()): what will be written otherwise than
 * the file says, one line each, for env; only values that the file gives, and
 * never versionStamp, which is always ours.  env NULL: some server.  name is
 * for messages.  What passes here render_config() renders.
 * ERR_PROTO with line and reason; ERR_LIMIT.
 */
int	render_check(const struct render_env *env, const uint8_t *xml,
	    size_t len, const char *name, char **advice, struct err *e);

/*
 * What of an administrator's XML would be emptied in a file that must have no
 * secrets: one line for people, or NULL.  Fails as render_check().
 */
int	render_emptied(const uint8_t *xml, size_t len, const char *name,
	    char **advice, struct err *e);

/*
 * The file a phone gets.  xml NULL: made from its settings; else the
 * administrator's with the security elements set, of vendorConfig what phone
 * or profile give (parameters for all phones do not count), and all else
 * preserved (comments, order, unknown elements).  While the cluster is in
 * non-secure mode, or the phone has no certificate, device security mode is
 * written non-secure, whatever the profile says.  Deterministic;
 * versionStamp is a UUID from the SHA-256 of the canonical document with
 * that element empty.  *out is the caller's.
 */
int	render_config(const struct render_env *env, const uint8_t *xml,
	    size_t len, uint8_t **out, size_t *outlen, struct err *e);

/*
 * What leads a phone to its encrypted file (spec/encrypted-config.md section
 * 3): of the file above how to reach CAPF, and of which certificate the key
 * is (cert_hash: MD5 in hex, "" for none; NULL: a typed-in key, no element).
 * Never anything of the file that might be a secret, bare or not.
 */
int	render_stub(const struct render_env *env, const char *cert_hash,
	    const uint8_t *xml, size_t len, uint8_t **out, size_t *outlen,
	    struct err *e);

/* The firmware a model's phones get. */
struct render_load {
	const struct model	*model;
	const char		*load;
};

/*
 * XMLDefault.cnf.xml, which phones that are not known here ask for
 * (spec/phone-files.md section 8): the same servers, and the firmware of each
 * model that load names.  Of env only the servers count.
 */
int	render_default(const struct render_env *env,
	    const struct render_load *load, size_t nload, uint8_t **out,
	    size_t *outlen, struct err *e);

#endif
