/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * One end of TLS for check_tls_openssl.py, which has the openssl command as
 * the other.  The private key goes to a signer process; this one has the
 * certificate.
 *
 *	tls_peer serve PEM	prints its port, then answers each connection
 *				with a line, until its input ends
 *	tls_peer connect PEM PORT VERSION
 *				shows PEM as client's certificate, asks for a
 *				page and prints it
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "certs/internal.h"
#include "certs/provider.h"

static struct err e;

static void __attribute__((noreturn))
die(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, e.msg);
	exit(1);
}

/* A process with the key of pem; the way to it. */
static struct signer *
start_signer(const uint8_t *pem, size_t len)
{
	struct signer *s = signer_local_new(&e);
	struct key *k = key_from_pem(pem, len, &e);
	int fds[2];

	if (s == NULL || k == NULL || signer_pair(fds, &e) != ERR_OK ||
	    signer_local_add(s, k, &e) != ERR_OK)
		die("signer");
	if (fork() == 0) {
		(void)close(fds[0]);
		_exit(signer_serve(s, &fds[1], 1, -1, NULL) != ERR_OK);
	}
	(void)close(fds[1]);
	signer_free(s);
	if ((s = signer_remote_new(fds[0], &e)) == NULL)
		die("signer");
	return s;
}

/* What the context needs for its life, which is the program's. */
static struct provider *p;
static struct signer *s;
static struct cert *c;
static uint8_t *pem;
static EVP_PKEY *k;
static SSL_CTX *ctx;

static SSL_CTX *
make_ctx(const SSL_METHOD *method, const char *path)
{
	size_t len;

	p = provider_new(&e);
	if (p == NULL || file_read(AT_FDCWD, path, 1 << 16, &pem, &len, &e) !=
	    ERR_OK || (c = cert_from_pem(pem, len, &e)) == NULL)
		die(path);
	s = start_signer(pem, len);
	if ((k = provider_key(p, s, c, &e)) == NULL)
		die("key");
	ctx = SSL_CTX_new_ex(provider_libctx(p), NULL, method);
	SSL_CTX_set_security_level(ctx, 0);
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	(void)SSL_CTX_set_dh_auto(ctx, 1);
	if (SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL") != 1 ||
	    SSL_CTX_use_certificate(ctx, cert_x509(c)) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, k) != 1)
		die("context");
	return ctx;
}

static int
listen_any(void)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1 ||
	    listen(fd, 16) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		die("listen");
	(void)printf("%u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	return fd;
}

static void
serve_one(int fd)
{
	static const char line[] = "heard by the server\n";
	SSL *ssl = SSL_new(ctx);

	if (SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1 &&
	    SSL_write(ssl, line, sizeof(line) - 1) > 0)
		(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	(void)close(fd);
}

static int
serve(void)
{
	struct pollfd pfd[] = {
		{ .fd = listen_any(), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	while (poll(pfd, N_OF(pfd), -1) > 0 && pfd[1].revents == 0)
		serve_one(accept(pfd[0].fd, NULL, NULL));
	return 0;
}

static int
connect_to(int port, int version)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = SSL_new(ctx);
	static const char ask[] = "GET / HTTP/1.0\r\n\r\n";
	char buf[1024];
	int n;

	if (SSL_set_min_proto_version(ssl, version) != 1 ||
	    SSL_set_max_proto_version(ssl, version) != 1 || fd == -1 ||
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1)
		die("connect");
	if (SSL_write(ssl, ask, sizeof(ask) - 1) <= 0)
		die("write");
	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		(void)fwrite(buf, 1, (size_t)n, stdout);
	SSL_free(ssl);
	(void)close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	log_init("tls_peer", LOG_ERR, LOG_TEXT);
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return make_ctx(TLS_server_method(), argv[2]) != NULL ?
		    serve() : 1;
	if (argc == 5 && strcmp(argv[1], "connect") == 0)
		return make_ctx(TLS_client_method(), argv[2]) != NULL ?
		    connect_to(atoi(argv[3]), (int)strtol(argv[4], NULL, 0)) :
		    1;
	(void)fprintf(stderr, "usage: tls_peer serve PEM | connect PEM PORT "
	    "VERSION\n");
	return 2;
}
