/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * RSA keys of certificates, read the short way.
 */
#ifndef BENCH_LOAD_KEY_H
#define BENCH_LOAD_KEY_H

/*
 * For the life of the process.  For each certificate OpenSSL 3.0 asks all of
 * its decoders who takes the key, a third of what a client's handshake costs;
 * for kinds of keys that an engine handles it does not.  Without engines
 * nothing changes.
 */
void	load_key_quick(void);

#endif
