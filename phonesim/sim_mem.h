/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What a simulated phone remembers: its trust lists, and of its last
 * configuration what decides the next request, for whom TVS vouched, and its
 * keys.  Kept in a folder of its own below the one given, DIR/NAME/{
 * CTLFile.tlv,ITLFile.tlv,phone.json,tvs.json} and those of sim_keys.h, or
 * nowhere: then the phone is factory-new each time.
 */
#ifndef PHONESIM_SIM_MEM_H
#define PHONESIM_SIM_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "phonesim/sim_keys.h"
#include "phonesim/tvs_cache.h"
#include "trust/accept.h"
#include "trust/config.h"

struct sim_list {
	uint8_t	*buf;		/* NULL: none held */
	size_t	 len;
};

struct sim_mem {
	struct accept_memo *memo;	/* shared with other phones, borrowed;
					 * NULL: none */
	char		 device[DEVICE_NAME_MAX + 1];
	int		 dirfd;		/* DIR/NAME, -1: kept nowhere */
	struct sim_list	 ctl, itl;
	bool		 has_config;	/* it took a configuration once */
	bool		 encr_config;	/* ... which said encrConfig true */
	char		 version_stamp[CONFIG_VALUE_MAX + 1];
	int64_t		 configured_at;	/* when it took that version first,
					 * Unix seconds */
	struct config_server tvs[CONFIG_TVS_MAX];	/* whom it may ask */
	size_t		 ntvs;
	struct tvs_cache known;		/* what they said */
	struct sim_keys	 keys;
};

/* A factory-new phone, kept nowhere.  device as from str_device_name. */
void	sim_mem_init(struct sim_mem *m, const char *device);

/*
 * The phone kept in dir, with a memo or NULL; both folders are made (0700)
 * when missing.  ERR_BADSTATE: what is kept is damaged; the text says how to erase it.
 * ERR_IO, ERR_DENIED, ERR_NOMEM.
 */
int	sim_mem_open(struct sim_mem *m, struct accept_memo *memo,
	    const char *dir, const char *device, struct err *e);

/* The same, but ERR_NOTFOUND when dir knows no such phone. */
int	sim_mem_find(struct sim_mem *m, const char *dir, const char *device,
	    struct err *e);
void	sim_mem_clear(struct sim_mem *m);

/* What accept.h asks for; borrows from m. */
struct accept_phone	 sim_mem_phone(const struct sim_mem *m);
const struct sim_list	*sim_mem_list(const struct sim_mem *m,
			    enum accept_list_kind kind);

/* Take a list that was accepted.  Kept (old or new after a crash) before it
 * counts.  buf is copied. */
int	sim_mem_set_list(struct sim_mem *m, enum accept_list_kind kind,
	    const uint8_t *buf, size_t len, struct err *e);

/* Remember a configuration that was accepted at now (Unix seconds).  Of a stub
 * only that the next one is encrypted. */
int	sim_mem_set_config(struct sim_mem *m, const struct phone_config *c,
	    int64_t now, struct err *e);

/* Remember what TVS vouched for at now.  k->cert is copied. */
int	sim_mem_add_known(struct sim_mem *m, const struct tvs_known *k,
	    int64_t now, struct err *e);

/*
 * Erase all that dir keeps of the phone, damaged or not: as "Erase" of the
 * trust list in a phone's menu.  *held: there was something to erase.
 */
int	sim_mem_erase(const char *dir, const char *device, bool *held,
	    struct err *e);

#endif
