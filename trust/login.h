/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Extension mobility (spec/security-settings.md section 8): a user who logs in
 * at a phone is its digest user until he logs out.  The phone's file is
 * another one then, and the phone has to restart to read it; that it owes one
 * is kept until it was seen to.
 */
#ifndef TRUST_LOGIN_H
#define TRUST_LOGIN_H

#include "db/rows_login.h"
#include "trust/user.h"

struct login_spec {
	const char	*phone;
	const char	*user;
	bool		 move;		/* log him out at another phone */
	const char	*account;	/* who asks */
	int64_t		 now;
};

struct login_result {
	char	 phone[PHONE_NAME_MAX + 1];	/* canonical */
	char	 user[USER_NAME_MAX + 1];	/* in, or who was logged out */
	char	 was[USER_NAME_MAX + 1];	/* logged out here before, "" */
	char	 from[PHONE_NAME_MAX + 1];	/* logged out there, "" */
	char	 digest_user[USER_NAME_MAX + 1];	/* the phone's now, "" */
	bool	 changed;
	bool	 restart;		/* its file is another one */
	bool	 from_restart;		/* that of the phone he left is */
	bool	 opened;		/* whoever asks reads his password */
	char	*advice;		/* login_result_clear() */
};
void	login_result_clear(struct login_result *r);

/*
 * Within a transaction; r zeroed, or that of an earlier run.  Who is logged in
 * at the phone already is logged out first; the user himself: nothing
 * changes.  A user is logged in at one phone: ERR_REFUSED without move.
 * ERR_NOTFOUND: no such phone or user; ERR_REFUSED: he has no digest
 * credentials, or what else phone_set() refuses.
 */
int	phone_login(struct db *db, const struct login_spec *s,
	    struct login_result *r, struct err *e);

/*
 * The phone gets back the digest user it had.  When that one is gone or has no
 * credentials any more it has none, and advice says so: logging out never
 * fails for that.  Nobody is logged in: nothing changes.  ERR_NOTFOUND: no
 * such phone.
 */
int	phone_logout(struct db *db, const char *phone, int64_t now,
	    struct login_result *r, struct err *e);

/*
 * Of a phone's own settings what they are when nobody is logged in: its digest
 * user is the one before, "" for none.  For copies and exports.
 */
int	phone_settings_at_rest(struct db *db, const char *phone,
	    struct row_setting *rows, size_t n, struct err *e);

/* Does the phone owe a restart?  observed may be NULL: nothing was seen.  *row
 * says why and since when. */
int	phone_restart_owed(struct db *db, struct db *observed,
	    const char *phone, struct row_restart *row, bool *owed,
	    struct err *e);

#endif
