/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * phonesim/sim_fetch.c: which server is asked over what, and in which order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "base/str.h"
#include "phonesim/sim.h"

/* What each attempt brings: answers by transport and server. */
struct script {
	int	answer[SIM_TFTP + 1][3];
	char	asked[512];
};

static int
play(void *arg, enum sim_transport t, const char *server, const char *name,
    uint8_t **buf, size_t *len, struct err *e)
{
	struct script *s = arg;
	size_t n = strlen(s->asked);
	int code = s->answer[t][server[0] - 'a'];

	(void)snprintf(s->asked + n, sizeof(s->asked) - n, "%s%s:%s",
	    n > 0 ? " " : "", sim_transport_name(t), server);
	if (code != ERR_OK)
		return err_set(e, code, "%s: %s of %s over %s", name,
		    err_name(code), server, sim_transport_name(t));
	ck_assert_ptr_nonnull(*buf = malloc(strlen(name) + 1));
	*len = strlen(name);
	memcpy(*buf, name, *len);
	return ERR_OK;
}

#define NO	ERR_UNREACHABLE
#define LATE	ERR_TIMEOUT
#define NONE	ERR_NOTFOUND
#define BAD	ERR_IO

static const struct vector {
	const char		*name;
	enum sim_transport	 transport;
	size_t			 nserver;
	int			 http[3], tftp[3];
	enum sim_status		 status;
	const char		*asked;	/* of one file */
	const char		*next;	/* of the file after it */
	const char		*note;
} vectors[] = {
	{ "http answers", SIM_AUTO, 1, { ERR_OK }, { ERR_OK }, SIM_GOT,
	    "http:a", "http:a", "" },
	{ "not found is an answer", SIM_AUTO, 2, { NONE }, { ERR_OK },
	    SIM_MISSING, "http:a", "http:a", "" },
	{ "tftp when there is no http", SIM_AUTO, 1, { NO }, { ERR_OK },
	    SIM_GOT, "http:a tftp:a", "tftp:a", "" },
	{ "a late http is none", SIM_AUTO, 1, { LATE }, { NONE },
	    SIM_MISSING, "http:a tftp:a", "tftp:a", "" },
	{ "tftp after a bad answer", SIM_AUTO, 1, { BAD }, { ERR_OK },
	    SIM_GOT, "http:a tftp:a", "tftp:a", "" },
	{ "second server", SIM_AUTO, 2, { NO, ERR_OK }, { NO, ERR_OK },
	    SIM_GOT, "http:a tftp:a http:b", "http:b", "" },
	{ "third server by tftp", SIM_AUTO, 3, { NO, NO, NO },
	    { NO, LATE, ERR_OK }, SIM_GOT,
	    "http:a tftp:a http:b tftp:b http:c tftp:c", "tftp:c", "" },
	{ "nobody", SIM_AUTO, 2, { NO, NO }, { LATE, LATE }, SIM_NO_ANSWER,
	    "http:a tftp:a http:b tftp:b", "http:a tftp:a http:b tftp:b",
	    "timeout of b over tftp" },
	{ "a bad answer tells more than none", SIM_AUTO, 1, { BAD }, { NO },
	    SIM_FAILED, "http:a tftp:a", "http:a tftp:a",
	    "io of a over http" },
	{ "http alone", SIM_HTTP, 2, { NO, NO }, { ERR_OK, ERR_OK },
	    SIM_NO_ANSWER, "http:a http:b", "http:a http:b",
	    "unreachable of b over http" },
	{ "tftp alone", SIM_TFTP, 1, { ERR_OK }, { ERR_OK }, SIM_GOT,
	    "tftp:a", "tftp:a", "" },
};

static const char *const servers[] = { "a", "b", "c" };

static struct sim
phone_of(const struct vector *v, struct script *s)
{
	*s = (struct script){ .asked = "" };
	memcpy(s->answer[SIM_HTTP], v->http, sizeof(v->http));
	memcpy(s->answer[SIM_TFTP], v->tftp, sizeof(v->tftp));
	return (struct sim){ .server = servers, .nserver = v->nserver,
	    .transport = v->transport, .fetch = play, .fetch_arg = s };
}

/* One file as a boot gets it. */
static int
get_file(const struct sim *s, struct sim_choice *c, struct sim_step *st,
    uint8_t **buf, size_t *len, struct err *e)
{
	const struct sim_try *t;
	struct sim_get g;
	int ret = ERR_OK;

	*buf = NULL;
	*len = 0;
	sim_get_begin(&g, s, c, st);
	while (ret == ERR_OK && (t = sim_get_next(&g)) != NULL) {
		struct err why = { 0 };
		struct sim_answer a = { .why = why.msg };

		a.code = s->fetch(s->fetch_arg, t->transport,
		    s->server[t->server], st->asked, buf, len, &why);
		a.buf = *buf;
		a.len = *len;
		ret = sim_get_answer(&g, s, c, st, &a, e);
	}
	return ret;
}

static void
get(const struct vector *v, const struct sim *s, struct sim_choice *c,
    struct sim_step *st)
{
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	*st = (struct sim_step){ .asked = "file" };
	ck_assert_int_eq(get_file(s, c, st, &buf, &len, &e), ERR_OK);
	ck_assert_msg(st->status == v->status, "%s: %s", v->name,
	    sim_status_name(st->status));
	ck_assert_msg(strcmp(st->note, v->note) == 0, "%s: %s", v->name,
	    st->note);
	ck_assert_msg((buf != NULL) == (v->status == SIM_GOT), "%s", v->name);
	if (buf != NULL)
		ck_assert_mem_eq(buf, "file", len);
	free(buf);
}

START_TEST(order)
{
	const struct vector *v = &vectors[_i];
	struct sim_choice c = { 0 };
	struct script script;
	struct sim s = phone_of(v, &script);
	struct sim_step st;

	get(v, &s, &c, &st);
	ck_assert_msg(strcmp(script.asked, v->asked) == 0, "%s: %s", v->name,
	    script.asked);
	script.asked[0] = '\0';
	get(v, &s, &c, &st);
	ck_assert_msg(strcmp(script.asked, v->next) == 0, "%s: then %s",
	    v->name, script.asked);
}
END_TEST

/* What answered last is asked first, and the others when it falls silent. */
START_TEST(remembered_one_goes)
{
	static const struct vector v = { "", SIM_AUTO, 2, { NO, ERR_OK },
	    { NO, NO }, SIM_GOT, "", "", "" };
	struct sim_choice c = { 0 };
	struct script script;
	struct sim s = phone_of(&v, &script);
	struct sim_step st;

	get(&v, &s, &c, &st);
	ck_assert_str_eq(st.server, "b");
	script.answer[SIM_HTTP][1] = NO;
	script.answer[SIM_TFTP][0] = ERR_OK;
	script.asked[0] = '\0';
	get(&v, &s, &c, &st);
	ck_assert_str_eq(script.asked, "http:b http:a tftp:a");
	ck_assert_str_eq(st.server, "a");
	ck_assert_int_eq(st.transport, SIM_TFTP);
}
END_TEST

START_TEST(hash_and_size)
{
	static const struct vector v = { "", SIM_AUTO, 1, { ERR_OK },
	    { ERR_OK }, SIM_GOT, "", "", "" };
	struct sim_choice c = { 0 };
	struct script script;
	struct sim s = phone_of(&v, &script);
	struct sim_step st;
	char hex[65];

	get(&v, &s, &c, &st);
	str_hex(st.sha256, sizeof(st.sha256), hex);
	ck_assert_uint_eq(st.bytes, 4);
	/* printf file | sha256sum */
	ck_assert_str_eq(hex, "3b9c358f36f0a31b6ad3e14f309c7cf1"
	    "98ac9246e8316f9ce543d5b19ac02b80");
}
END_TEST

START_TEST(no_memory_ends_it)
{
	static const struct vector v = { "", SIM_AUTO, 1, { ERR_NOMEM },
	    { ERR_OK }, SIM_GOT, "", "", "" };
	struct sim_choice c = { 0 };
	struct script script;
	struct sim s = phone_of(&v, &script);
	struct sim_step st = { .asked = "file" };
	struct err e = { 0 };
	uint8_t *buf;
	size_t len;

	ck_assert_int_eq(get_file(&s, &c, &st, &buf, &len, &e), ERR_NOMEM);
	ck_assert_str_eq(script.asked, "http:a");
	ck_assert_ptr_null(buf);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_fetch");
	TCase *t = tcase_create("sim_fetch");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, order, 0, sizeof(vectors) /
	    sizeof(vectors[0]));
	tcase_add_test(t, remembered_one_goes);
	tcase_add_test(t, hash_and_size);
	tcase_add_test(t, no_memory_ends_it);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
