/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The default unix VFS of SQLite under a name of ours, with one change: a
 * name stays relative to the working directory (the state folder).  The
 * original makes names absolute and resolves links, for which an engine would
 * need search permission on every folder above.  Links themselves are not
 * followed: the unix VFS opens with O_NOFOLLOW.
 */
#include <pthread.h>
#include <string.h>

#include "db/internal.h"

#define VFS_NAME	"phonetrust"

static pthread_mutex_t vfs_lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs vfs;			/* under vfs_lock until registered */
static const char *vfs_base;		/* tests only */
static bool vfs_ready;

static int
vfs_full_pathname(sqlite3_vfs *v, const char *name, int outlen, char *out)
{
	size_t n = strlen(name);

	(void)v;
	if (strchr(name, '/') != NULL || outlen <= 0 || n >= (size_t)outlen)
		return SQLITE_CANTOPEN;
	memcpy(out, name, n + 1);
	return SQLITE_OK;
}

const char *
vfs_name(void)
{
	const sqlite3_vfs *base;
	bool ready;

	(void)pthread_mutex_lock(&vfs_lock);
	if (!vfs_ready && (base = sqlite3_vfs_find(vfs_base)) != NULL) {
		vfs = *base;
		vfs.pNext = NULL;
		vfs.zName = VFS_NAME;
		vfs.xFullPathname = vfs_full_pathname;
		vfs_ready = sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
	}
	ready = vfs_ready;
	(void)pthread_mutex_unlock(&vfs_lock);
	return ready ? VFS_NAME : NULL;
}

void
db_set_base_vfs(const char *name)
{
	(void)pthread_mutex_lock(&vfs_lock);
	if (vfs_ready)
		(void)sqlite3_vfs_unregister(&vfs);
	vfs_ready = false;
	vfs_base = name;
	(void)pthread_mutex_unlock(&vfs_lock);
}
