/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * The limit server of the bench, no product: the least work that a server can
 * do for what tftpload asks over loopback (RFC 1350, 2347 to 2349, 7440).  All
 * files are in memory; one port, one thread, many datagrams a system call, GSO
 * for windows.  No timers (phones send again), no log, no checks: on loopback
 * the port alone names the phone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rd.h"
#include "base/str.h"

#define FILES_MAX	64
#define FILE_SIZE_MAX	((size_t)256 << 20)
#define NAME_LEN_MAX	127
#define WORD_LEN_MAX	32	/* mode, option or value */
#define REQUEST_MAX	1024
#define OACK_MAX	256
#define SOCKET_BUFFER	(4 << 20)

#define BLKSIZE_MIN	8
#define BLKSIZE_MAX	1428
#define WINDOWSIZE_MAX	32
#define GSO_BYTES_MAX	60000	/* of one send: a datagram of IPv4 holds it */
#define GSO_BLOCKS_MAX	32

enum { OP_RRQ = 1, OP_DATA = 3, OP_ACK = 4, OP_ERROR = 5, OP_OACK = 6 };
enum { HEADER = 4, N_IN = 64, N_OUT = 4096, N_PORTS = 65536 };

struct file {
	char	 name[NAME_LEN_MAX + 1];
	uint8_t	*data;
	size_t	 len;
};

struct phone {
	const struct file	*file;	/* NULL: nothing under way */
	uint64_t		 acked;	/* blocks, not cut to 16 bits */
	size_t			 blksize;
	unsigned		 windowsize;
};

/* One send on its way out: an OACK, an error, a block or a GSO run of them. */
struct out {
	struct sockaddr_in	to;
	struct iovec		iov[2 * GSO_BLOCKS_MAX];
	uint8_t			header[GSO_BLOCKS_MAX][HEADER];
	uint8_t			oack[OACK_MAX];
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))];
};

struct bound {
	int			fd;
	bool			gso;
	size_t			nfile;
	struct file		file[FILES_MAX];	/* in order of name */
	struct phone		phone[N_PORTS];

	struct mmsghdr		in_msg[N_IN];
	struct iovec		in_iov[N_IN];
	struct sockaddr_in	in_from[N_IN];
	uint8_t			in_buf[N_IN][REQUEST_MAX];

	size_t			nout;
	struct mmsghdr		out_msg[N_OUT];
	struct out		out[N_OUT];
};

static struct bound bound;	/* 8 MB: not for the stack */

/* --- out --- */

static void
flush(struct bound *b)
{
	size_t done = 0;
	int n;

	while (done < b->nout) {
		n = sendmmsg(b->fd, b->out_msg + done,
		    (unsigned)(b->nout - done), 0);
		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			done++;		/* lost: the phone asks again */
	}
	b->nout = 0;
}

/* A place for what goes to a phone; sent once out_done has been told. */
static struct out *
out_next(struct bound *b, const struct sockaddr_in *to)
{
	struct out *o;

	if (b->nout == N_OUT)
		flush(b);
	o = &b->out[b->nout];
	o->to = *to;
	return o;
}

static struct msghdr *
out_done(struct bound *b, struct out *o, size_t niov)
{
	struct msghdr *h = &b->out_msg[b->nout++].msg_hdr;

	*h = (struct msghdr){ .msg_name = &o->to,
	    .msg_namelen = sizeof(o->to), .msg_iov = o->iov,
	    .msg_iovlen = niov };
	return h;
}

static void
out_bytes(struct bound *b, struct out *o, const void *p, size_t len)
{
	o->iov[0] = (struct iovec){ .iov_base = (void *)(uintptr_t)p,
	    .iov_len = len };
	(void)out_done(b, o, 1);
}

/* The kernel cuts the run into datagrams of this many bytes. */
static void
set_segment(struct msghdr *h, struct out *o, size_t bytes)
{
	uint16_t segment = (uint16_t)bytes;
	struct cmsghdr *c;

	h->msg_control = o->control;
	h->msg_controllen = sizeof(o->control);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(c), &segment, sizeof(segment));
}

/* --- blocks --- */

static void
put_block(struct out *o, size_t k, const struct phone *p, uint64_t block)
{
	size_t off = block * p->blksize, len = p->file->len - off;
	uint8_t *h = o->header[k];

	h[0] = 0;
	h[1] = OP_DATA;
	h[2] = (uint8_t)((block + 1) >> 8);
	h[3] = (uint8_t)(block + 1);
	o->iov[2 * k] = (struct iovec){ h, HEADER };
	o->iov[2 * k + 1] = (struct iovec){ p->file->data + off,
	    len < p->blksize ? len : p->blksize };
}

/* How many blocks go in one send. */
static size_t
blocks_per_send(const struct bound *b, const struct phone *p)
{
	size_t n;

	if (!b->gso || p->windowsize == 1)
		return 1;
	n = GSO_BYTES_MAX / (p->blksize + HEADER);
	return n < GSO_BLOCKS_MAX ? n : GSO_BLOCKS_MAX;
}

/* The window behind the last ACK. */
static void
send_window(struct bound *b, const struct phone *p,
    const struct sockaddr_in *to)
{
	uint64_t next = p->acked, end = p->file->len / p->blksize + 1;
	size_t per = blocks_per_send(b, p), k;
	struct out *o;
	struct msghdr *h;

	if (end > next + p->windowsize)
		end = next + p->windowsize;
	while (next < end) {
		o = out_next(b, to);
		for (k = 0; k < per && next < end; k++)
			put_block(o, k, p, next++);
		h = out_done(b, o, 2 * k);
		if (k > 1)
			set_segment(h, o, p->blksize + HEADER);
	}
}

/* --- requests --- */

static void
take_ack(struct bound *b, const uint8_t *buf, const struct sockaddr_in *from)
{
	struct phone *p = &b->phone[ntohs(from->sin_port)];
	uint16_t block = (uint16_t)(buf[2] << 8 | buf[3]);
	uint16_t more = (uint16_t)(block - p->acked);

	if (p->file == NULL || more > p->windowsize)
		return;
	p->acked += more;
	if (p->acked * p->blksize > p->file->len)
		p->file = NULL;
	else
		send_window(b, p, from);
}

static int
file_cmp(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
name_cmp(const void *name, const void *b)
{
	const struct file *f = b;

	return strcmp(name, f->name);
}

/* A word of the OACK; without room it is cut, and no phone asks that much. */
static size_t
put_word(uint8_t oack[OACK_MAX], size_t n, const char *word)
{
	size_t len = strlen(word) + 1;

	if (len > OACK_MAX - n)
		return n;
	memcpy(oack + n, word, len);
	return n + len;
}

static size_t
put_option(uint8_t oack[OACK_MAX], size_t n, const char *name, uint64_t v)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	return put_word(oack, put_word(oack, n, name), p);
}

static int64_t
at_most(int64_t v, int64_t max)
{
	return v < max ? v : max;
}

/* One option as granted; the length of the OACK so far. */
static size_t
take_option(struct phone *p, const char *name, const char *value,
    uint8_t oack[OACK_MAX], size_t n)
{
	int64_t v;

	if (str_to_i64(value, 0, UINT16_MAX, &v, NULL) != ERR_OK)
		return n;
	if (str_ieq(name, "tsize"))
		return put_option(oack, n, "tsize", p->file->len);
	if (str_ieq(name, "timeout"))
		return put_option(oack, n, "timeout", (uint64_t)v);
	if (str_ieq(name, "blksize") && v >= BLKSIZE_MIN) {
		p->blksize = (size_t)at_most(v, BLKSIZE_MAX);
		return put_option(oack, n, "blksize", p->blksize);
	}
	if (str_ieq(name, "windowsize") && v >= 1) {
		p->windowsize = (unsigned)at_most(v, WINDOWSIZE_MAX);
		return put_option(oack, n, "windowsize", p->windowsize);
	}
	return n;
}

static size_t
take_options(struct phone *p, struct rd *r, uint8_t oack[OACK_MAX])
{
	const char *name, *value;
	size_t n = 2;

	oack[0] = 0;
	oack[1] = OP_OACK;
	while (rd_left(r) > 0) {
		name = rd_cstr(r, WORD_LEN_MAX);
		value = rd_cstr(r, WORD_LEN_MAX);
		if (value == NULL)
			break;
		n = take_option(p, name, value, oack, n);
	}
	return n;
}

static void
take_rrq(struct bound *b, struct rd *r, const struct sockaddr_in *from)
{
	static const uint8_t missing[] = { 0, OP_ERROR, 0, 1, 'n', 'o', 0 };
	struct phone *p = &b->phone[ntohs(from->sin_port)];
	const char *name = rd_cstr(r, NAME_LEN_MAX);
	struct out *o = out_next(b, from);
	size_t n;

	*p = (struct phone){ .blksize = 512, .windowsize = 1 };
	if (rd_cstr(r, WORD_LEN_MAX) == NULL)	/* the mode: octet */
		return;
	p->file = bsearch(name, b->file, b->nfile, sizeof(b->file[0]),
	    name_cmp);
	if (p->file == NULL)
		out_bytes(b, o, missing, sizeof(missing));
	else if ((n = take_options(p, r, o->oack)) > 2)
		out_bytes(b, o, o->oack, n);
	else
		send_window(b, p, from);
}

static void
take(struct bound *b, const uint8_t *buf, size_t len,
    const struct sockaddr_in *from)
{
	struct rd r;

	if (len < HEADER)
		return;
	if (buf[1] == OP_ACK) {
		take_ack(b, buf, from);
	} else if (buf[1] == OP_RRQ) {
		r = rd_init(buf + 2, len - 2);
		take_rrq(b, &r, from);
	}
}

static void
prepare_in(struct bound *b)
{
	for (size_t i = 0; i < N_IN; i++) {
		b->in_iov[i] = (struct iovec){ b->in_buf[i], REQUEST_MAX };
		b->in_msg[i].msg_hdr = (struct msghdr){
		    .msg_name = &b->in_from[i],
		    .msg_namelen = sizeof(b->in_from[i]),
		    .msg_iov = &b->in_iov[i], .msg_iovlen = 1 };
	}
}

static void
serve(struct bound *b)
{
	int n;

	prepare_in(b);
	for (;;) {
		n = recvmmsg(b->fd, b->in_msg, N_IN, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			take(b, b->in_buf[i], b->in_msg[i].msg_len,
			    &b->in_from[i]);
		flush(b);
	}
}

/* --- start --- */

static int
load_file(struct bound *b, int dirfd, const char *name, struct err *e)
{
	struct file *f = &b->file[b->nfile];
	int ret;

	if (b->nfile == FILES_MAX)
		return err_set(e, ERR_LIMIT, "more than %d files", FILES_MAX);
	if (!str_copy(f->name, sizeof(f->name), name))
		return err_set(e, ERR_LIMIT, "%s: too long a name", name);
	ret = file_read(dirfd, name, FILE_SIZE_MAX, &f->data, &f->len, e);
	if (ret == ERR_OK)
		b->nfile++;
	return ret == ERR_ARG ? ERR_OK : ret;	/* not a regular file */
}

static int
load_root(struct bound *b, const char *root, struct err *e)
{
	DIR *d = opendir(root);
	struct dirent *entry;
	int ret = ERR_OK;

	if (d == NULL)
		return err_sys(e, ERR_IO, "%s", root);
	while (ret == ERR_OK && (entry = readdir(d)) != NULL)
		ret = load_file(b, dirfd(d), entry->d_name, e);
	(void)closedir(d);
	qsort(b->file, b->nfile, sizeof(b->file[0]), file_cmp);
	return ret;
}

static int
open_port(struct bound *b, uint16_t port, struct err *e)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	int size = SOCKET_BUFFER;

	if ((b->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return err_sys(e, ERR_IO, "socket");
	/* Root may pass the system's bound, others get what it allows. */
	if (setsockopt(b->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
	    sizeof(size)) == -1)
		(void)setsockopt(b->fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
	(void)setsockopt(b->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(b->fd, (const struct sockaddr *)&sin, sizeof(sin)) == -1)
		return err_sys(e, ERR_IO, "port %u", port);
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	struct bound *b = &bound;
	struct err e = { 0 };
	int64_t port;

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "gso") != 0)
	    || str_to_i64(argv[1], 1, UINT16_MAX, &port, &e) != ERR_OK) {
		if (e.msg[0] != '\0')
			(void)fprintf(stderr, "tftpbound: %s\n", e.msg);
		(void)fprintf(stderr, "usage: tftpbound PORT ROOT [gso]\n"
		    "Serves the files of ROOT on 127.0.0.1 PORT until it is "
		    "killed.\n");
		return 2;
	}
	b->gso = argc == 4;
	if (load_root(b, argv[2], &e) != ERR_OK ||
	    open_port(b, (uint16_t)port, &e) != ERR_OK) {
		(void)fprintf(stderr, "tftpbound: %s\n", e.msg);
		return 1;
	}
	serve(b);
}
