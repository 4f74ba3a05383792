/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of a storm share.
 */
#ifndef PHONESIM_STORM_PART_H
#define PHONESIM_STORM_PART_H

#include "phonesim/capf_call.h"
#include "phonesim/storm.h"
#include "phonesim/storm_keys.h"
#include "phonesim/tvs_call.h"

struct storm {
	const struct storm_opts	*o;
	struct storm_sum	*sum;
	struct storm_net	 net;
	struct accept_memo	*memo;	/* of all phones */
	struct ssl_ctx_st	*tls;	/* towards TVS */
	struct loop		*loop;
	struct loop_timer	*start, *progress;
	struct loop_io		*sig, *judge;
	int			 sigfd, judgefd;
	sigset_t		 old;
	uint64_t		 flying, flight;
	int64_t			 begun_ns;
	TAILQ_HEAD(, storm_phone) phones;
	TAILQ_HEAD(, storm_phone) judging;	/* have an answer */
	struct storm_keys	*keys;		/* NULL: nobody enrols */
};

struct storm_phone {
	TAILQ_ENTRY(storm_phone) link;
	struct storm		*st;
	struct sim		 sim;
	struct sim_mem		 mem;
	struct sim_boot		 boot;
	struct sim_report	 report;
	struct storm_luck	 luck;
	struct tvs_call		*tvs;		/* a question under way */
	struct capf_call	*capf;		/* a session under way */
	int64_t			 begun_ns;
	/* In judging: */
	enum sim_next		 asked;		/* what the answer is to */
	TAILQ_ENTRY(storm_phone) next;
	bool			 judged_next;
	struct sim_answer	 answer;
	char			 why[ERR_MSG_MAX];
	uint8_t			*held;		/* the answer's bytes */
	struct storm_key_job	*key;		/* in the making, or NULL */
};

/*
 * An answer to p->asked, judged when no datagram waits; held is what a->buf
 * points into, taken over.
 */
void	storm_judge_later(struct storm_phone *p, const struct sim_answer *a,
	    uint8_t *held);

/* --- storm_enrol.c --- */

/* How phone i enrols. */
const struct sim_enrol	*storm_enrol_of(const struct storm *st, uint64_t i);
/* Begin the session that the boot wants. */
int	storm_enrol(struct storm_phone *p, const struct sim_want *w,
	    struct err *e);
void	storm_enrol_drop(struct storm_phone *p);

#endif
