/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of rendering share: render.c (the calls), render_part.c
 * (values, lists of servers), render_phone.c (a phone's whole file),
 * render_edit.c (security elements), render_srst.c, render_scrub.c (secrets),
 * render_known.c (what holds none),
 * render_stub.c and render_default.c.
 */
#ifndef TRUST_RENDER_PART_H
#define TRUST_RENDER_PART_H

#include "base/wr.h"
#include "trust/render.h"
#include "trust/xml.h"

/* Set and count the servers: ERR_ARG for none, too many, a long address. */
int	render_env_check(const struct render_env *env, struct err *e);

/* --- values --- */

/* A setting as it acts for the phone, and what its file says for it. */
const char	*render_value(const struct render_env *env,
		    enum setting_id id);
const char	*render_code(const struct render_env *env,
		    enum setting_id id);

/* The security mode of the profile acts: it is not non-secure, the cluster
 * is in mixed mode and the phone has a certificate. */
bool	render_secure(const struct render_env *env);

/* capfAuthMode, one digit. */
void	render_capf_auth(const struct render_env *env, char out[2]);

/* ipAddressMode: the setting, else as the servers' addresses are. */
const char	*render_ip_mode(const struct render_env *env);

/* --- pieces --- */

/* One value: the text of the first child of that name, added when missing,
 * left untouched when equal; further ones are removed. */
void	render_leaf(struct xml_doc *x, struct _xmlNode *parent,
	    const char *name, const char *value);

/* A new last child; the caller knows that there is none yet. */
struct _xmlNode	*render_add(struct xml_doc *x, struct _xmlNode *parent,
		    const char *name, const char *value);
void	render_add_u16(struct xml_doc *x, struct _xmlNode *parent,
	    const char *name, uint16_t value);

/* The same unless value is empty. */
void	render_add_some(struct xml_doc *x, struct _xmlNode *parent,
	    const char *name, const char *value);

/* The name of a setting's element, without those above it. */
const char	*render_element(enum setting_id id);

/* member@priority of a new list. */
struct _xmlNode	*render_add_member(struct xml_doc *x,
		    struct _xmlNode *members, size_t priority);
void	render_add_tvs(struct xml_doc *x, struct _xmlNode *parent,
	    const struct render_env *env);

void	render_add_capf(struct xml_doc *x, struct _xmlNode *parent,
	    const struct render_env *env);

/* srstInfo of env below pool: added, or brought to what it should be. */
void	render_srst_set(struct xml_doc *x, struct _xmlNode *pool,
	    const struct render_env *env);

/* --- whole files --- */

/* Fill an empty root with all but versionStamp. */
void	render_phone(struct xml_doc *x, const struct render_env *env);

/* Set the security elements of an administrator's file; any_server: env is
 * made up; advice NULL: not wanted. */
void	render_edit(struct xml_doc *x, const struct render_env *env,
	    bool any_server, struct wr *advice);

/* Is an element or attribute of that name, in any case, known to hold no
 * secret; leaf: text, else elements? */
bool	render_known(const char *name, bool leaf);

/* Take out what is not known to be no secret, comments too. */
void	render_scrub(struct xml_doc *x, struct wr *advice);

/* The whole file as a document, but for its stamp; xml NULL: from settings. */
struct xml_doc	*render_whole(const struct render_env *env,
		    const uint8_t *xml, size_t len, struct err *e);

/* Last: after it nothing may change. */
int	render_stamp(struct xml_doc *x, struct err *e);

#endif
