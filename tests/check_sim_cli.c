/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The program phonesim: options, exit statuses, words and JSON.  Boots go to
 * a small HTTP server in a child process.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "base/file.h"
#include "phonesim/phonesim.h"
#include "tests/sim_lab.h"

#define ITL	"ITL" LAB_PHONE ".tlv"
#define SIGNED	LAB_PHONE ".cnf.xml.sgn"
#define WORDS_MAX	16

static char top[] = "/tmp/check_sim_cli.XXXXXX";
static char state[PATH_MAX];
static struct lab lab;
static char *out, *side;	/* what the last run said */

static void
setup(void)
{
	strcpy(top + strlen(top) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(state, sizeof(state), "%s/phones", top);
	lab_open(&lab);
	lab_put_vector(&lab, ITL, "trust-list/ITLFile.sha1.v10.tlv");
	lab_put_text(&lab, SIGNED, LAB_CCM,
	    "<device><versionStamp>{1}</versionStamp></device>");
}

static void
forget(void)
{
	free(out);
	free(side);
	out = side = NULL;
}

static void
teardown(void)
{
	char cmd[PATH_MAX];

	lab_close(&lab);
	forget();
	(void)snprintf(cmd, sizeof(cmd), "rm -r -- '%s'", top);
	ck_assert_int_eq(system(cmd), 0);
}

/* Run phonesim with the words of one line; @ stands for the state folder. */
static int
run(const char *line)
{
	char copy[1024], name[] = "phonesim", *argv[WORDS_MAX + 2] = { name };
	size_t outlen, sidelen;
	char *save = NULL;
	FILE *o, *s;
	int argc = 1, ret;

	forget();
	ck_assert_ptr_nonnull(o = open_memstream(&out, &outlen));
	ck_assert_ptr_nonnull(s = open_memstream(&side, &sidelen));
	(void)snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok_r(copy, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save)) {
		ck_assert_int_lt(argc, WORDS_MAX);
		argv[argc++] = strcmp(w, "@") == 0 ? state : w;
	}
	ret = phonesim_main(argc, argv, o, s);
	(void)fclose(o);
	(void)fclose(s);
	return ret;
}

/* Whoever reads our exit status must not take a lost answer for a good one. */
START_TEST(full_disk)
{
	char name[] = "phonesim", reset[] = "reset", phone[] = LAB_PHONE,
	    opt[] = "--state=/nonexistent/phones", json[] = "--json";
	char *argv[] = { name, reset, phone, opt, json, NULL };
	size_t sidelen;
	FILE *o, *s;

	ck_assert_ptr_nonnull(s = open_memstream(&side, &sidelen));
	for (int argc = 4; argc <= 5; argc++) {
		ck_assert_ptr_nonnull(o = fopen("/dev/full", "w"));
		ck_assert_int_eq(phonesim_main(argc, argv, o, s),
		    EXIT_FAILED);
		(void)fclose(o);
	}
	(void)fclose(s);
	ck_assert_ptr_nonnull(strstr(side, "cannot be written"));
}
END_TEST

static void
serve_one(int fd)
{
	char head[2048], name[512] = "";
	struct lab_file *f;
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(head) - 1 &&
	    (r = read(fd, head + n, sizeof(head) - 1 - n)) > 0) {
		head[n += (size_t)r] = '\0';
		if (strstr(head, "\r\n\r\n") != NULL)
			break;
	}
	if (sscanf(head, "GET /%511s ", name) == 1 &&
	    (f = lab_find(&lab, name)) != NULL && f->code == ERR_OK) {
		(void)dprintf(fd, "HTTP/1.0 200 OK\r\n"
		    "Content-Length: %zu\r\n\r\n", f->len);
		(void)file_write_all(fd, f->buf, f->len, NULL);
	} else
		(void)dprintf(fd, "HTTP/1.0 404 Not Found\r\n"
		    "Content-Length: 0\r\n\r\n");
}

/* A listening socket on a port of the kernel's choice. */
static int
listen_any(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd;

	ck_assert_int_ne(fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Boot against a child that serves the lab's files; more: further words. */
static int
boot(const char *more)
{
	char line[512];
	uint16_t port;
	int fd, c, ret, status;
	pid_t pid;

	fd = listen_any(&port);
	(void)fflush(NULL);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		while ((c = accept(fd, NULL, NULL)) != -1) {
			serve_one(c);
			(void)close(c);
		}
		_exit(0);
	}
	(void)close(fd);
	(void)snprintf(line, sizeof(line), "boot " LAB_PHONE
	    " --server 127.0.0.1 --transport http --port-offset %d %s",
	    port - 6970, more);
	ret = run(line);
	/* Not SIGTERM: libcheck's handler would end the test. */
	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return ret;
}

/* The envelope of the last run; checks what all have. */
static json_t *
envelope(const char *command, int status)
{
	json_error_t why;
	json_t *j;

	ck_assert_msg((j = json_loads(out, JSON_REJECT_DUPLICATES, &why)) !=
	    NULL, "%s: %s", why.text, out);
	ck_assert_str_eq(json_string_value(json_object_get(j, "schema")),
	    "phonetrust/1");
	ck_assert_str_eq(json_string_value(json_object_get(j, "command")),
	    command);
	ck_assert_int_eq(json_integer_value(json_object_get(j, "exit")),
	    status);
	ck_assert(json_is_array(json_object_get(j, "warnings")));
	return j;
}

static const char *
text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static const struct usage {
	const char	*line, *says;
} usages[] = {
	{ "", "no command" },
	{ "reboot", "unknown command reboot" },
	{ "boot", "name the phone" },
	{ "boot SEP1 SEP2 --server a", "one word too many" },
	{ "boot 9SEP --server a", "no device name" },
	{ "boot ../x --server a", "no device name" },
	{ "boot SEP1", "add --server" },
	{ "boot SEP1 --server", "value is missing" },
	{ "boot SEP1 --server 127.0.0.1:6970", "--port-offset" },
	{ "boot SEP1 --server -x", "host name" },
	{ "boot SEP1 --server a/b", "host name" },
	{ "boot SEP1 --server a --port-offset 58566", "--port-offset" },
	{ "boot SEP1 --server a --port-offset -1", "--port-offset" },
	{ "boot SEP1 --server a --port-offset 1x", "--port-offset" },
	{ "boot SEP1 --server a --transport sftp", "auto, http, tftp or" },
	{ "boot SEP1 --server a --log-level loud", "debug" },
	{ "boot SEP1 --server a --time-offset soon", "--time-offset" },
	{ "boot SEP1 --server a --state=", "--state" },
	{ "boot SEP1 --server a --frob", "--frob" },
	{ "show SEP1", "add --state" },
	{ "reset SEP1", "add --state" },
	{ "show SEP1 --state x --server a", "leave out --server" },
	{ "boot --count 0 --server a", "--count" },
	{ "boot --count 1x --server a", "--count" },
	{ "boot --count -1 --server a", "not a number from 1 to 10000000" },
	{ "boot --count 10000001 --server a", "not a number from 1 to" },
	{ "boot lobby --count 2 --server a", "end in hexadecimal digits" },
	{ "boot SEPFFFFFFFFFFFE --count 3 --server a", "begin lower" },
	{ "boot phone-9 --count 8 --server a",
	    "into 1 hexadecimal digit:" },
	{ "boot --count 5", "add --server" },
	{ "boot --count 5 a b --server a", "one word too many" },
	{ "boot SEP1 --rate 5 --server a", "add --count" },
	{ "boot SEP1 --lossy 5 --server a", "add --count" },
	{ "boot SEP1 --seed 5 --server a", "add --count" },
	{ "boot --count 5 --lossy 91 --server a", "--lossy" },
	{ "boot --count 5 --lossy 1.5 --server a", "from 0 to 90" },
	{ "boot --count 5 --rate 0 --server a", "--rate" },
	{ "boot --count 5 --rate fast --server a", "from 1 to 1000000" },
	{ "boot --count 5 --lossy 5 --transport http --server a",
	    "leave out --transport http" },
	{ "boot --count 5 --transport https --server a",
	    "https is for one phone" },
	{ "show SEP1 --count 5 --state x", "phonesim boot and tvs" },
	{ "tvs", "add --cert FILE" },
	{ "tvs --cert x", "add --server" },
	{ "tvs SEP1 SEP2 --cert x --server a", "one word too many" },
	{ "tvs --cert x --server a --server b", "one server" },
	{ "tvs --cert x --server a --state y", "name the phone" },
	{ "tvs --cert x --server a --transport http", "phonesim boot" },
	{ "tvs --cert x --server a --lossy 3", "phonesim boot" },
	{ "tvs --cert x --server a --connections 3", "add --count N" },
	{ "tvs --cert x --server a --count 9 --connections 0",
	    "from 1 to 10000" },
	{ "boot SEP1 --server a --cert x", "phonesim tvs alone" },
	{ "boot SEP1 --server a --query", "phonesim tvs alone" },
	{ "boot --count 5 --server a --connections 2", "phonesim tvs alone" },
	{ "boot SEP1 --server a --misbehave rudely", "wrong-string" },
	{ "boot SEP1 --server a --misbehave cut-after=0", "cut-after" },
	{ "boot SEP1 --server a --config-key 12", "32 hexadecimal" },
	{ "boot SEP1 --server a --mic x", "go together" },
	{ "boot SEP1 --server a --auth lsc", "the configuration says it" },
	{ "boot SEP1 --server a --enrol", "add --count N" },
	{ "boot --count 5 --server a --failing 2", "add --count N --enrol" },
	{ "boot --count 5 --server a --key-pool x", "add --count N --enrol" },
	{ "boot --count 5 --server a --auth-string 1", "add --enrol" },
	{ "boot --count 5 --server a --enrol --failing 6", "more than there" },
	{ "boot --count 5 --server a --enrol --failing 0", "--failing" },
	{ "boot --count 5 --server a --enrol --mic x --mic-key y",
	    "one phone's" },
	{ "boot SEP1 --server a --misbehave other-certificate=SEP2",
	    "add --state" },
	{ "show SEP1 --state x --sudi", "phonesim boot and capf" },
	{ "tvs --cert x --server a --enrol", "phonesim boot and capf" },
	{ "capf SEP1", "add --server" },
	{ "capf SEP1 --server a --server b", "one server" },
	{ "capf SEP1 --server a --count 3", "--count N --enrol" },
	{ "capf SEP1 --server a --transport http", "phonesim boot" },
	{ "capf SEP1 --server a --auth password", "null, string, lsc or mic" },
	{ "capf SEP1 --server a --auth-string 0123456789012345678901234567890"
	    "123456789012345678901234567890123", "at most 63" },
};

START_TEST(usage)
{
	const struct usage *u = &usages[_i];

	ck_assert_msg(run(u->line) == EXIT_USAGE, "%s", u->line);
	ck_assert_msg(strstr(side, u->says) != NULL, "%s: %s", u->line, side);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(too_many_servers)
{
	char line[256] = "boot SEP1";

	for (int i = 0; i <= SIM_SERVERS_MAX; i++)
		strcat(line, " --server=a");
	ck_assert_int_eq(run(line), EXIT_USAGE);
	ck_assert_ptr_nonnull(strstr(side, "at most 8"));
}
END_TEST

START_TEST(help_and_version)
{
	ck_assert_int_eq(run("--help"), EXIT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(out, "phonesim boot NAME --server"));
	ck_assert_ptr_nonnull(strstr(out, "phonesim tvs [NAME] --server"));
	ck_assert_int_eq(run("boot --help"), EXIT_TRUSTED);
	ck_assert_int_eq(run("--version"), EXIT_TRUSTED);
	ck_assert_str_eq(out, PACKAGE_STRING "\n");
}
END_TEST

START_TEST(boot_in_words)
{
	ck_assert_msg(boot("--state @") == EXIT_TRUSTED, "%s%s", out, side);
	ck_assert_ptr_nonnull(strstr(out, LAB_PHONE "  asks CTL" LAB_PHONE
	    ".tlv        http  not found (normal: "));
	ck_assert_ptr_nonnull(strstr(out, "8844 bytes  accepted: "));
	ck_assert_ptr_nonnull(strstr(out, "\n" LAB_PHONE
	    "  trusts what it got\n"));
	ck_assert_str_eq(side, "");
	lab_find(&lab, SIGNED)->buf[470] ^= 1;
	ck_assert_int_eq(boot("--state @"), EXIT_NOT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(out, "REFUSED at step "));
	ck_assert_ptr_nonnull(strstr(out, LAB_PHONE "  would NOT trust what "
	    "it got: " SIGNED));
}
END_TEST

/* A certificate that is none, and a server that is not there. */
START_TEST(tvs)
{
	char line[PATH_MAX + 128], file[PATH_MAX + 8];
	uint16_t port;
	uint8_t *pem;
	size_t len;
	json_t *j;

	(void)close(listen_any(&port));
	(void)snprintf(line, sizeof(line), "tvs --server 127.0.0.1 "
	    "--port-offset %d --cert /nonexistent", port - 2445);
	ck_assert_int_eq(run(line), EXIT_FAILED);
	ck_assert_ptr_nonnull(strstr(side, "/nonexistent"));
	(void)snprintf(line, sizeof(line), "tvs --server 127.0.0.1 "
	    "--port-offset %d --cert /dev/null", port - 2445);
	ck_assert_int_eq(run(line), EXIT_FAILED);

	(void)snprintf(file, sizeof(file), "%s.pem", state);
	pem = lab_vector("keys/ccm.pem", &len);
	ck_assert_int_eq(file_replace(AT_FDCWD, file, 0600, pem, len, NULL),
	    ERR_OK);
	free(pem);
	(void)snprintf(line, sizeof(line), "tvs --server 127.0.0.1 "
	    "--port-offset %d --json --count 3 --query --cert %s",
	    port - 2445, file);
	ck_assert_int_eq(run(line), EXIT_UNREACHABLE);
	j = envelope("phonesim tvs", EXIT_UNREACHABLE);
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(j,
	    "result"), "unanswered")), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "warnings")),
	    1);
	json_decref(j);
	ck_assert_int_eq(unlink(file), 0);
}
END_TEST

static const json_t *
step_of(const json_t *j, const char *asked)
{
	const json_t *st, *steps = json_object_get(json_object_get(j,
	    "result"), "steps");
	size_t i;

	json_array_foreach(steps, i, st)
		if (strcmp(text(st, "asked"), asked) == 0)
			return st;
	ck_abort_msg("%s was not asked for", asked);
	return NULL;
}

START_TEST(boot_in_json)
{
	const json_t *st;
	json_t *j;

	ck_assert_int_eq(boot("--json --state @"), EXIT_TRUSTED);
	j = envelope("phonesim boot", EXIT_TRUSTED);
	ck_assert(json_is_true(json_object_get(json_object_get(j, "result"),
	    "trusted")));
	ck_assert(json_is_true(json_object_get(json_object_get(j, "result"),
	    "verified")));
	st = step_of(j, "CTL" LAB_PHONE ".tlv");
	ck_assert_str_eq(text(st, "status"), "not_found");
	ck_assert(json_is_null(json_object_get(st, "sha256")));
	ck_assert(json_is_null(json_object_get(st, "accepted")));
	st = step_of(j, ITL);
	ck_assert_str_eq(text(st, "kind"), "itl");
	ck_assert_str_eq(text(st, "transport"), "http");
	ck_assert_str_eq(text(st, "path"), "blank");
	ck_assert_int_eq(json_integer_value(json_object_get(st, "bytes")),
	    8844);
	/* sha256sum of the vector */
	ck_assert_uint_eq(strlen(text(st, "sha256")), 64);
	st = step_of(j, SIGNED);
	ck_assert_str_eq(text(st, "path"), "tftp_itl");
	ck_assert_ptr_nonnull(strstr(text(st, "signer"), "CN=CCM"));
	ck_assert(json_is_true(json_object_get(st, "accepted")));
	ck_assert(json_is_null(json_object_get(st, "step")));
	json_decref(j);
}
END_TEST

START_TEST(refusal_in_json)
{
	const json_t *st;
	json_t *j;

	lab_put_text(&lab, SIGNED, LAB_TVS, "<device/>");
	ck_assert_int_eq(boot("--json"), EXIT_NOT_TRUSTED);
	j = envelope("phonesim boot", EXIT_NOT_TRUSTED);
	ck_assert_str_eq(text(json_object_get(j, "result"), "outcome"),
	    "not_trusted");
	st = step_of(j, SIGNED);
	ck_assert(json_is_false(json_object_get(st, "accepted")));
	ck_assert_str_eq(text(st, "step"), "signer");
	ck_assert(json_is_null(json_object_get(st, "path")));
	json_decref(j);
}
END_TEST

START_TEST(nothing_verified_is_said)
{
	json_t *j;

	lab_remove(&lab, ITL);
	lab_put_text(&lab, LAB_PHONE ".cnf.xml", LAB_CCM, "<device/>");
	ck_assert_int_eq(boot(""), EXIT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(out, "nothing verified: no trust list"));
	ck_assert_int_eq(boot("--json"), EXIT_TRUSTED);
	j = envelope("phonesim boot", EXIT_TRUSTED);
	ck_assert_uint_eq(json_array_size(json_object_get(j, "warnings")),
	    1);
	json_decref(j);
}
END_TEST

START_TEST(no_config)
{
	lab_remove(&lab, SIGNED);
	ck_assert_int_eq(boot(""), EXIT_FAILED);
	ck_assert_ptr_nonnull(strstr(out, "got no configuration"));
}
END_TEST

START_TEST(nobody_there)
{
	char line[256];
	uint16_t port;
	json_t *j;
	int fd;

	fd = listen_any(&port);
	(void)close(fd);
	(void)snprintf(line, sizeof(line), "boot " LAB_PHONE
	    " --server 127.0.0.1 --transport http --port-offset %d --json",
	    port - 6970);
	ck_assert_int_eq(run(line), EXIT_UNREACHABLE);
	j = envelope("phonesim boot", EXIT_UNREACHABLE);
	ck_assert_str_eq(text(json_object_get(j, "result"), "outcome"),
	    "unreachable");
	json_decref(j);
}
END_TEST

START_TEST(memory_shown_and_erased)
{
	json_t *j, *r;

	ck_assert_int_eq(run("show " LAB_PHONE " --state @"), EXIT_FAILED);
	ck_assert_ptr_nonnull(strstr(side, "knows no phone"));
	ck_assert_int_eq(boot("--state @"), EXIT_TRUSTED);
	ck_assert_int_eq(run("show sep0011223344aa --state @"),
	    EXIT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(out, "CTL   none\n"));
	ck_assert_ptr_nonnull(strstr(out, "ITL   8844 bytes"));
	ck_assert_ptr_nonnull(strstr(out, "CCM+TFTP   CN=CCM"));
	ck_assert_ptr_nonnull(strstr(out, "versionStamp {1}"));
	ck_assert_int_eq(run("show " LAB_PHONE " --json --state @"),
	    EXIT_TRUSTED);
	j = envelope("phonesim show", EXIT_TRUSTED);
	r = json_object_get(j, "result");
	ck_assert(json_is_null(json_object_get(r, "ctl")));
	ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(r,
	    "itl"), "records")), 5);
	ck_assert_str_eq(text(json_object_get(r, "configuration"),
	    "version_stamp"), "{1}");
	json_decref(j);
	ck_assert_int_eq(run("reset " LAB_PHONE " --state @"), EXIT_TRUSTED);
	ck_assert_ptr_nonnull(strstr(out, "erased"));
	ck_assert_int_eq(run("reset " LAB_PHONE " --state @ --json"),
	    EXIT_TRUSTED);
	j = envelope("phonesim reset", EXIT_TRUSTED);
	ck_assert(json_is_false(json_object_get(json_object_get(j, "result"),
	    "erased")));
	json_decref(j);
}
END_TEST

START_TEST(damage_is_told)
{
	char path[PATH_MAX + 64];
	json_t *j;

	ck_assert_int_eq(boot("--state @"), EXIT_TRUSTED);
	(void)snprintf(path, sizeof(path), "%s/" LAB_PHONE "/ITLFile.tlv",
	    state);
	ck_assert_int_eq(truncate(path, 1000), 0);
	ck_assert_int_eq(boot("--state @"), EXIT_FAILED);
	ck_assert_ptr_nonnull(strstr(side, "damaged"));
	ck_assert_ptr_nonnull(strstr(side, "phonesim reset " LAB_PHONE));
	ck_assert_str_eq(out, "");
	ck_assert_int_eq(boot("--state @ --json"), EXIT_FAILED);
	j = envelope("phonesim boot", EXIT_FAILED);
	ck_assert(json_is_null(json_object_get(j, "result")));
	ck_assert_str_eq(text(json_object_get(j, "error"), "code"),
	    err_name(ERR_BADSTATE));
	json_decref(j);
	ck_assert_int_eq(run("reset " LAB_PHONE " --state @"), EXIT_TRUSTED);
	ck_assert_int_eq(boot("--state @"), EXIT_TRUSTED);
}
END_TEST

/* The phone's memory is where --state says, nowhere else. */
START_TEST(environment_is_not_looked_at)
{
	ck_assert_int_eq(setenv("PHONETRUST_STATE", state, 1), 0);
	ck_assert_int_eq(boot(""), EXIT_TRUSTED);
	ck_assert_int_eq(unsetenv("PHONETRUST_STATE"), 0);
	ck_assert_int_eq(access(state, F_OK), -1);
}
END_TEST

START_TEST(clock_is_moved)
{
	ck_assert_int_eq(boot("--state @ --time-offset=-1000000000"),
	    EXIT_TRUSTED);
	ck_assert_int_eq(run("show " LAB_PHONE " --state @"), EXIT_TRUSTED);
	ck_assert_ptr_null(strstr(out, "since 2026"));
	ck_assert_ptr_nonnull(strstr(out, ", since 1995-"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sim_cli");
	TCase *u = tcase_create("usage"), *t = tcase_create("sim_cli");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(u, NULL, forget);
	tcase_add_loop_test(u, usage, 0, sizeof(usages) /
	    sizeof(usages[0]));
	tcase_add_test(u, too_many_servers);
	tcase_add_test(u, help_and_version);
	tcase_add_test(u, full_disk);
	suite_add_tcase(s, u);
	tcase_add_unchecked_fixture(t, lab_keys_open, lab_keys_close);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, boot_in_words);
	tcase_add_test(t, tvs);
	tcase_add_test(t, boot_in_json);
	tcase_add_test(t, refusal_in_json);
	tcase_add_test(t, nothing_verified_is_said);
	tcase_add_test(t, no_config);
	tcase_add_test(t, nobody_there);
	tcase_add_test(t, memory_shown_and_erased);
	tcase_add_test(t, damage_is_told);
	tcase_add_test(t, environment_is_not_looked_at);
	tcase_add_test(t, clock_is_moved);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
