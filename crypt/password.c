/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Hashes of passwords, see password.h.
 */
#include <crypt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "crypt/digest.h"
#include "crypt/password.h"
#include "crypt/secret.h"

#define SHA1_LEN	20
#define SSHA_SALT_MAX	64
#define CRYPT_SALT_MAX	16
#define CRYPT_HASH_LEN	86
#define CRYPT_ROUNDS	5000		/* of a hash that names none */
#define CRYPT_CHARS	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"abcdefghijklmnopqrstuvwxyz"
#define SALT_RANDOM	12

const char *const password_form_name[PASSWORD_FORM_N] = {
	[PASSWORD_SHA512_CRYPT] = "sha512-crypt",
	[PASSWORD_SSHA] = "salted-sha1",
	[PASSWORD_SHA] = "sha1",
};

/* --- what a hash is --- */

/* "rounds=N$" when it is there: moves *s behind it. */
static bool
parse_rounds(const char **s, int64_t *rounds)
{
	static const char word[] = "rounds=";
	const char *p = *s + sizeof(word) - 1;
	char digits[16];
	size_t n;

	*rounds = CRYPT_ROUNDS;
	if (strncmp(*s, word, sizeof(word) - 1) != 0)
		return true;
	n = strspn(p, "0123456789");
	/* libcrypt takes no other spelling of a number. */
	if (p[n] != '$' || n >= sizeof(digits) || p[0] == '0')
		return false;
	memcpy(digits, p, n);
	digits[n] = '\0';
	*s = p + n + 1;
	return str_to_i64(digits, 1000, PASSWORD_ROUNDS_MAX, rounds, NULL) ==
	    ERR_OK;
}

static bool
parse_crypt(const char *text, struct password *out)
{
	const char *s = text + 3;
	size_t n;

	out->form = PASSWORD_SHA512_CRYPT;
	if (!parse_rounds(&s, &out->rounds))
		return false;
	n = strspn(s, CRYPT_CHARS);
	if (n == 0 || n > CRYPT_SALT_MAX || s[n] != '$')
		return false;
	s += n + 1;
	n = strspn(s, CRYPT_CHARS);
	return n == CRYPT_HASH_LEN && s[n] == '\0' &&
	    str_copy(out->hash, sizeof(out->hash), text);
}

/* Digest and, of a salted one, what stands behind it. */
static bool
parse_base64(const char *s, bool salted, uint8_t *buf, size_t buflen,
    size_t *len)
{
	if (!str_from_base64(s, buf, buflen, len))
		return false;
	return salted ? *len > SHA1_LEN && *len <= SHA1_LEN + SSHA_SALT_MAX :
	    *len == SHA1_LEN;
}

static bool
parse_sha1(const char *text, bool salted, struct password *out)
{
	const char *word = salted ? "{SSHA}" : "{SHA}";
	uint8_t buf[SHA1_LEN + SSHA_SALT_MAX];
	size_t n = strlen(word), len;

	out->form = salted ? PASSWORD_SSHA : PASSWORD_SHA;
	if (!parse_base64(text + n, salted, buf, sizeof(buf), &len))
		return false;
	(void)snprintf(out->hash, sizeof(out->hash), "%s", word);
	str_base64(buf, len, out->hash + n);
	return true;
}

static bool
parse_hex(const char *text, struct password *out)
{
	uint8_t buf[SHA1_LEN];

	if (!str_unhex(text, buf, sizeof(buf)))
		return false;
	out->form = PASSWORD_SHA;
	(void)snprintf(out->hash, sizeof(out->hash), "{SHA}");
	str_base64(buf, sizeof(buf), out->hash + 5);
	return true;
}

int
password_parse(const char *text, struct password *out, struct err *e)
{
	bool ok;

	*out = (struct password){ .rounds = 0 };
	if (strncmp(text, "$6$", 3) == 0)
		ok = parse_crypt(text, out);
	else if (strncasecmp(text, "{SSHA}", 6) == 0)
		ok = parse_sha1(text, true, out);
	else if (strncasecmp(text, "{SHA}", 5) == 0)
		ok = parse_sha1(text, false, out);
	else
		ok = parse_hex(text, out);
	if (ok)
		return ERR_OK;
	*out = (struct password){ .rounds = 0 };
	return err_set(e, ERR_ARG, "that is no hash of a password that is "
	    "known here: SHA-512 crypt ($6$..., at most %d rounds), {SSHA}, "
	    "{SHA} or 40 hexadecimal digits", PASSWORD_ROUNDS_MAX);
}

bool
password_is_old(const struct password *p, int64_t rounds)
{
	return p->form != PASSWORD_SHA512_CRYPT || p->rounds < rounds;
}

/* --- SHA-512 crypt, by libcrypt --- */

/* The hash that libcrypt makes of text with the salt of setting. */
static int
run_crypt(const char *text, const char *setting,
    char out[PASSWORD_HASH_MAX + 1], struct err *e)
{
	struct secret *room = secret_new(sizeof(struct crypt_data));
	const char *hash;
	int ret = ERR_OK;

	if (room == NULL)
		return err_set(e, ERR_NOMEM, "password");
	/* A failure gives NULL, or a text that is no hash of that kind. */
	hash = crypt_r(text, setting, (struct crypt_data *)(void *)room->buf);
	if (hash == NULL || strncmp(hash, "$6$", 3) != 0 ||
	    !str_copy(out, PASSWORD_HASH_MAX + 1, hash))
		ret = err_set(e, ERR_CRYPTO, "libcrypt makes no SHA-512 crypt "
		    "hash: is it forbidden on this machine?");
	secret_free(room);
	return ret;
}

int
password_make(const char *text, int64_t rounds, const struct rng *rng,
    struct password *out, struct err *e)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], random[SALT_RANDOM];
	size_t n = strlen(text);
	int ret;

	*out = (struct password){ .form = PASSWORD_SHA512_CRYPT,
	    .rounds = rounds };
	if (n == 0 || n > PASSWORD_TEXT_MAX || rounds < PASSWORD_ROUNDS_MIN ||
	    rounds > PASSWORD_ROUNDS_MAX)
		return err_set(e, ERR_ARG, "a password has 1 to %d bytes and "
		    "%d to %d rounds", PASSWORD_TEXT_MAX, PASSWORD_ROUNDS_MIN,
		    PASSWORD_ROUNDS_MAX);
	if ((ret = rng_fill(rng, random, sizeof(random), e)) != ERR_OK)
		return ret;
	if (crypt_gensalt_rn("$6$", (unsigned long)rounds, random,
	    sizeof(random), setting, sizeof(setting)) == NULL)
		return err_sys(e, ERR_CRYPTO, "libcrypt: no salt");
	return run_crypt(text, setting, out->hash, e);
}

static int
check_crypt(const struct password *p, const char *text, bool *right,
    struct err *e)
{
	char hash[PASSWORD_HASH_MAX + 1];
	int ret;

	if ((ret = run_crypt(text, p->hash, hash, e)) != ERR_OK)
		return ret;
	*right = strlen(hash) == strlen(p->hash) &&
	    secret_equal(hash, p->hash, strlen(hash));
	secret_wipe(hash, sizeof(hash));
	return ERR_OK;
}

/* --- SHA-1 of others --- */

static int
check_sha1(const struct password *p, const char *text, bool *right,
    struct err *e)
{
	bool salted = p->form == PASSWORD_SSHA;
	uint8_t buf[SHA1_LEN + SSHA_SALT_MAX], is[SHA1_LEN];
	struct digest *d;
	size_t len;
	int ret;

	if (!parse_base64(strchr(p->hash, '}') + 1, salted, buf, sizeof(buf),
	    &len))
		return err_set(e, ERR_PROTO, "what is kept is no hash");
	if ((d = digest_new(DIGEST_SHA1, e)) == NULL)
		return ERR_CRYPTO;
	if ((ret = digest_update(d, text, strlen(text), e)) == ERR_OK &&
	    (ret = digest_update(d, buf + SHA1_LEN, len - SHA1_LEN, e)) ==
	    ERR_OK && (ret = digest_final(d, is, e)) == ERR_OK)
		*right = secret_equal(is, buf, SHA1_LEN);
	digest_free(d);
	secret_wipe(is, sizeof(is));
	return ret;
}

int
password_check(const struct password *p, const char *text, bool *right,
    struct err *e)
{
	*right = false;
	if (strlen(text) > PASSWORD_TEXT_MAX)
		return ERR_OK;
	return p->form == PASSWORD_SHA512_CRYPT ?
	    check_crypt(p, text, right, e) : check_sha1(p, text, right, e);
}
