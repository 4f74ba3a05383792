/* tftpload - multi-client TFTP read (RRQ) load generator, one thread, one epoll
 * loop.
 *
 * Each virtual phone opens a new UDP socket per transfer (a new TID), sends an
 * RRQ with options, learns the server TID from the first reply, compares every
 * block with a local reference copy (memcmp) and acknowledges it.  The result
 * is one JSON line on stdout.
 *
 * usage: tftpload --port P --root DIR --files a,b,c [--clients N] [--transfers
 * T] [--warmup W]
 *        [--blksize B] [--windowsize W] [--tsize 0|1] [--timeout-opt S] [--loss
 * P] [--rto MS]
 *        [--host 127.0.0.1] [--max-seconds S] [--cpu N] [--seed N] [--label
 * TEXT] blksize 512 with windowsize 0, tsize 0 and timeout-opt 0 is plain RFC
 * 1350 (no options).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct ref {
	const char *name;
	uint8_t *data;
	size_t len;
};
struct client {
	int fd, tid_known, optioned; /* optioned: OACK seen */
	struct ref *file;
	int blksize, window,
	    inwin;     /* negotiated; blocks received since the last ACK */
	uint64_t last; /* last in-order block (full count, no 16-bit wrap) */
	int gap_acked, retries, done_id;
	double start, last_rx;
};
enum { VLEN = 64, MAXPKT = 2048 * 5 };

static struct ref files[4096];
static int nfiles;
static struct client *cl;
static int nclients = 1, blksize = 512, windowsize, tsize = 0, topt, rto = 1000,
	   ep;
static long transfers = 1, warmup, started, finished, errors, e_timeout,
	    e_proto, e_data, retrans, bytes;
static long measured, drop_rx, drop_tx, gaps, rx_pkts, tx_pkts;
static double loss, max_seconds = 120, t_measure, cl_cpu0;
static double *lat;
static struct sockaddr_in srv;
static uint64_t rs = 88172645463325252ull;
static int oack_seen, win_seen;

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}
static double
cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return r.ru_utime.tv_sec + r.ru_stime.tv_sec +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}
static int
lose(void)
{
	if (loss <= 0)
		return 0;
	rs ^= rs << 13;
	rs ^= rs >> 7;
	rs ^= rs << 17;
	return (rs >> 11) * 0x1p-53 < loss;
}
static int
cmpd(const void *a, const void *b)
{
	double x = *(double *)a, y = *(double *)b;
	return x < y ? -1 : x > y;
}

static void
send_rrq(struct client *c)
{
	char p[1024];
	int n = 2;
	p[0] = 0;
	p[1] = 1;
	n += snprintf(p + n, sizeof p - n, "%s", c->file->name) + 1;
	n += snprintf(p + n, sizeof p - n, "octet") + 1;
	if (blksize != 512) {
		n += snprintf(p + n, sizeof p - n, "blksize") + 1;
		n += snprintf(p + n, sizeof p - n, "%d", blksize) + 1;
	}
	if (tsize) {
		n += snprintf(p + n, sizeof p - n, "tsize") + 1;
		n += snprintf(p + n, sizeof p - n, "0") + 1;
	}
	if (topt) {
		n += snprintf(p + n, sizeof p - n, "timeout") + 1;
		n += snprintf(p + n, sizeof p - n, "%d", topt) + 1;
	}
	if (windowsize > 0) {
		n += snprintf(p + n, sizeof p - n, "windowsize") + 1;
		n += snprintf(p + n, sizeof p - n, "%d", windowsize) + 1;
	}
	tx_pkts++;
	if (lose()) {
		drop_tx++;
		return;
	}
	sendto(c->fd, p, n, 0, (void *)&srv, sizeof srv);
}

static void
send_ack(struct client *c)
{
	uint8_t p[4] = { 0, 4, c->last >> 8, c->last };
	c->inwin = 0;
	tx_pkts++;
	if (lose()) {
		drop_tx++;
		return;
	}
	send(c->fd, p, 4, 0);
}

static void
start(struct client *c)
{
	if (started >= transfers + warmup) {
		c->fd = -1;
		return;
	}
	c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0) {
		perror("socket");
		exit(1);
	}
	struct sockaddr_in me = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	bind(c->fd, (void *)&me, sizeof me);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
	c->done_id = started;
	c->file = &files[started % nfiles];
	started++;
	c->tid_known = c->optioned = c->inwin = c->gap_acked = c->retries = 0;
	c->last = 0;
	c->blksize = 512;
	c->window = 1;
	c->start = c->last_rx = now();
	send_rrq(c);
}

static void
finish(struct client *c, int ok, double t)
{
	close(c->fd);
	if (c->done_id >= warmup) {
		if (t_measure == 0) {
			t_measure = c->start;
		}
		if (ok)
			lat[measured++] = t - c->start;
	}
	if (!ok)
		errors++;
	if (++finished == warmup) {
		t_measure = t;
		cl_cpu0 = cpu();
		rx_pkts = tx_pkts = 0;
	}
	start(c);
}

static int
packet(
    struct client *c, uint8_t *p, int n, double t) /* 1: the transfer is over */
{
	if (n < 4) {
		e_proto++;
		finish(c, 0, t);
		return 1;
	}
	int op = p[1], blk = p[2] << 8 | p[3];
	rx_pkts++;
	if (op == 5) {
		e_proto++;
		if (e_proto < 3)
			fprintf(stderr, "ERROR %d %.*s\n", blk, n - 4, p + 4);
		finish(c, 0, t);
		return 1;
	}
	if (op == 6) {
		if (c->last || c->inwin)
			return 0;
		for (char *s = (char *)p + 2, *e = (char *)p + n; s < e;) {
			char *v = s + strnlen(s, e - s) + 1;
			if (v >= e)
				break;
			if (!strcasecmp(s, "blksize"))
				c->blksize = atoi(v);
			if (!strcasecmp(s, "windowsize")) {
				c->window = atoi(v);
				win_seen = c->window;
			}
			if (!strcasecmp(s, "tsize") &&
			    (size_t)atol(v) != c->file->len) {
				e_data++;
				finish(c, 0, t);
				return 1;
			}
			s = v + strnlen(v, e - v) + 1;
		}
		if (c->blksize > MAXPKT - 4 || c->window < 1) {
			e_proto++;
			finish(c, 0, t);
			return 1;
		}
		c->optioned = 1;
		oack_seen = 1;
		c->last_rx = t;
		send_ack(c); /* ACK 0 */
		return 0;
	}
	if (op != 3)
		return 0;
	uint16_t want = (uint16_t)(c->last + 1);
	if (blk != want) {
		if ((uint16_t)blk == (uint16_t)c->last) {
			c->last_rx = t;
			send_ack(c);
		} /* our ACK was lost */
		else if ((uint16_t)(blk - want) < 0x8000 && !c->gap_acked) {
			gaps++;
			c->gap_acked = 1;
			send_ack(c);
		}
		return 0;
	}
	size_t off = c->last * (size_t)c->blksize;
	int len = n - 4;
	if (off + len > c->file->len || len > c->blksize ||
	    memcmp(c->file->data + off, p + 4, len)) {
		e_data++;
		finish(c, 0, t);
		return 1;
	}
	c->last++;
	c->inwin++;
	c->gap_acked = 0;
	if (c->done_id >= warmup)
		bytes += len;
	c->last_rx = t;
	c->retries = 0;
	if (len < c->blksize) {
		send_ack(c);
		int ok = off + len == c->file->len;
		if (!ok)
			e_data++;
		finish(c, ok, t);
		return 1;
	}
	if (c->inwin >= c->window)
		send_ack(c);
	return 0;
}

static uint8_t buf[VLEN][MAXPKT];
static void
readable(struct client *c)
{
	if (!c->tid_known) { /* first reply: learn the server's TID */
		struct sockaddr_in a;
		socklen_t l = sizeof a;
		int n = recvfrom(c->fd, buf[0], MAXPKT, 0, (void *)&a, &l);
		if (n < 0)
			return;
		if (lose()) {
			drop_rx++;
			return;
		}
		connect(c->fd, (void *)&a, l);
		c->tid_known = 1;
		packet(c, buf[0], n, now());
		return;
	}
	if (c->window == 1) {
		int n = recv(c->fd, buf[0], MAXPKT, 0);
		if (n < 0)
			return;
		if (lose()) {
			drop_rx++;
			return;
		}
		packet(c, buf[0], n, now());
		return;
	}
	static struct mmsghdr m[VLEN];
	static struct iovec v[VLEN];
	for (int i = 0; i < VLEN; i++) {
		v[i] = (struct iovec){ buf[i], MAXPKT };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	int k = recvmmsg(c->fd, m, VLEN, MSG_DONTWAIT, NULL);
	double t = now();
	for (int i = 0; i < k; i++) {
		if (lose()) {
			drop_rx++;
			continue;
		}
		if (packet(c, buf[i], m[i].msg_len, t))
			return;
	}
}

int
main(int argc, char **argv)
{
	static struct option o[] = { { "host", 1, 0, 'h' },
		{ "port", 1, 0, 'p' }, { "root", 1, 0, 'r' },
		{ "files", 1, 0, 'f' }, { "clients", 1, 0, 'c' },
		{ "transfers", 1, 0, 't' }, { "warmup", 1, 0, 'w' },
		{ "blksize", 1, 0, 'b' }, { "windowsize", 1, 0, 'W' },
		{ "tsize", 1, 0, 's' }, { "timeout-opt", 1, 0, 'T' },
		{ "loss", 1, 0, 'l' }, { "rto", 1, 0, 'R' },
		{ "max-seconds", 1, 0, 'm' }, { "cpu", 1, 0, 'C' },
		{ "seed", 1, 0, 'S' }, { "label", 1, 0, 'L' }, { 0 } };
	const char *host = "127.0.0.1", *root = ".", *label = "";
	char *list = NULL;
	int port = 69, k;
	while ((k = getopt_long(argc, argv, "", o, NULL)) != -1)
		switch (k) {
		case 'h':
			host = optarg;
			break;
		case 'p':
			port = atoi(optarg);
			break;
		case 'r':
			root = optarg;
			break;
		case 'f':
			list = optarg;
			break;
		case 'c':
			nclients = atoi(optarg);
			break;
		case 't':
			transfers = atol(optarg);
			break;
		case 'w':
			warmup = atol(optarg);
			break;
		case 'b':
			blksize = atoi(optarg);
			break;
		case 'W':
			windowsize = atoi(optarg);
			break;
		case 's':
			tsize = atoi(optarg);
			break;
		case 'T':
			topt = atoi(optarg);
			break;
		case 'l':
			loss = atof(optarg);
			break;
		case 'R':
			rto = atoi(optarg);
			break;
		case 'm':
			max_seconds = atof(optarg);
			break;
		case 'S':
			rs ^= atol(optarg) * 2654435761u;
			break;
		case 'C': {
			cpu_set_t s;
			CPU_ZERO(&s);
			CPU_SET(atoi(optarg), &s);
			sched_setaffinity(0, sizeof s, &s);
			break;
		}
		case 'L':
			label = optarg;
			break;
		default:
			return 2;
		}
	if (!list) {
		fprintf(stderr, "--files is required\n");
		return 2;
	}
	for (char *s = strtok(list, ","); s && nfiles < 4096;
	     s = strtok(NULL, ",")) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", root, s);
		int fd = open(path, O_RDONLY);
		struct stat st;
		if (fd < 0 || fstat(fd, &st)) {
			perror(path);
			return 1;
		}
		files[nfiles].name = s;
		files[nfiles].len = st.st_size;
		files[nfiles].data = malloc(st.st_size + 1);
		for (size_t g = 0; g < (size_t)st.st_size;) {
			ssize_t r =
			    read(fd, files[nfiles].data + g, st.st_size - g);
			if (r <= 0)
				return 1;
			g += r;
		}
		close(fd);
		nfiles++;
	}
	srv.sin_family = AF_INET;
	srv.sin_port = htons(port);
	inet_pton(AF_INET, host, &srv.sin_addr);
	ep = epoll_create1(0);
	cl = calloc(nclients, sizeof *cl);
	lat = malloc(sizeof(double) * (transfers + 1));
	double t0 = now(), t = t0, scan = t0;
	if (!warmup) {
		t_measure = t0;
		cl_cpu0 = cpu();
	}
	for (int i = 0; i < nclients; i++)
		start(&cl[i]);
	static struct epoll_event ev[256];
	while (
	    finished < transfers + warmup && (t = now()) - t0 < max_seconds) {
		int n = epoll_wait(ep, ev, 256, 20);
		for (int i = 0; i < n; i++)
			readable(ev[i].data.ptr);
		if (t - scan > 0.02)
			for (int i = (scan = t, 0); i < nclients; i++) {
				struct client *c = &cl[i];
				if (c->fd < 0 || t - c->last_rx < rto / 1000.0)
					continue;
				if (++c->retries > 8) {
					e_timeout++;
					finish(c, 0, t);
					continue;
				}
				retrans++;
				c->last_rx = t;
				if (!c->tid_known)
					send_rrq(c);
				else
					send_ack(c);
			}
	}
	double el = now() - t_measure, c1 = cpu() - cl_cpu0;
	qsort(lat, measured, sizeof *lat, cmpd);
#define P(q)                                                                   \
	(measured ? lat[(long)fmin(measured - 1, floor(measured * (q)))] * 1e3 \
		  : 0)
	printf("{\"label\":\"%s\",\"clients\":%d,\"transfers\":%ld,\"ok\":%ld,"
	       "\"errors\":%ld,\"err_timeout\":%ld,\"err_proto\":%ld,\"err_"
	       "data\":%ld,"
	       "\"unfinished\":%ld,\"retrans\":%ld,\"gaps\":%ld,\"drop_rx\":%"
	       "ld,\"drop_tx\":%ld,\"oack\":%d,\"window\":%d,\"seconds\":%.4f,"
	       "\"tps\":%.1f,\"MBps\":%.2f,"
	       "\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%."
	       "3f,\"rx_pkts\":%ld,\"client_cpu_s\":%.3f}\n",
	    label, nclients, transfers, measured, errors, e_timeout, e_proto,
	    e_data, transfers + warmup - finished, retrans, gaps, drop_rx,
	    drop_tx, oack_seen, win_seen ? win_seen : 1, el, measured / el,
	    bytes / el / 1e6, P(.5), P(.95), P(.99),
	    measured ? lat[measured - 1] * 1e3 : 0, rx_pkts, c1);
	return errors || finished < transfers + warmup;
}
