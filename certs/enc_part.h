/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * What reading and making encrypted configuration files share: enc_file.c,
 * enc_build.c (spec/encrypted-config.md section 1).
 */
#ifndef CERTS_ENC_PART_H
#define CERTS_ENC_PART_H

#include "certs/enc_file.h"

#define ENC_VERSION	0x0200
#define ENC_KEY_LEN	16	/* AES-128 */
#define ENC_BLOCK	16
#define ENC_PAD_BYTE	0x0d
#define ENC_RSA_MIN	128	/* bytes */
#define ENC_RSA_MAX	512

enum enc_tag {
	ENC_INFO	= 16,
	ENC_CIPHER_INFO	= 17,
	ENC_CIPHER	= 18,
	ENC_IV		= 19,
	ENC_PAD		= 20,
	ENC_KEY_INFO	= 21,
	ENC_KEY_KIND	= 22,
	ENC_KEY_BITS	= 23,
	ENC_KEY_ALG	= 24,
	ENC_WRAPPED	= 25,
	ENC_DIGEST_ALG	= 26,
	ENC_DIGEST	= 27,
};

/* Values whose meaning is guessed at; none other has been seen. */
#define ENC_CIPHER_CODE		0
#define ENC_KEY_KIND_CODE	0
#define ENC_KEY_ALG_CODE	1

/* AES-128-CBC in place, whole blocks, without OpenSSL's padding. */
int	enc_cbc(bool encrypt, const uint8_t key[ENC_KEY_LEN],
	    const uint8_t iv[ENC_BLOCK], uint8_t *buf, size_t len,
	    struct err *e);

#endif
