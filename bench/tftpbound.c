/* tftpbound - NOT a product: the upper-bound TFTP server for tftpload on one
 * core. All files in memory, one UDP port, one thread, recvmmsg in, sendmmsg
 * out, optional UDP GSO for windows.  No server-side timers (the client
 * retransmits).  State in a small hash on the client address. usage: tftpbound
 * PORT ROOT [gso] */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
struct file {
	char name[128];
	uint8_t *d;
	size_t len;
} fl[4096];
int nf;
struct st {
	uint16_t port;
	int blk, win;
	struct file *f;
	uint64_t acked;
};
static struct st tab[65536];
enum { V = 64, OUT = 4096 };
static struct mmsghdr in[V], out[OUT];
static struct iovec iv[V], ov[OUT][64];
static uint8_t ib[V][1024], hdr[OUT][64][4];
static struct sockaddr_in ia[V], oa[OUT];
static char oack[OUT][256];
static char cm[OUT][CMSG_SPACE(2)];
static int no, fd, gso;
static void
flush(void)
{
	for (int d = 0; d < no;) {
		int k = sendmmsg(fd, out + d, no - d, 0);
		if (k <= 0) {
			if (errno == EAGAIN || errno == EINTR)
				continue;
			d++;
		} else
			d += k;
	}
	no = 0;
}
static struct msghdr *
slot(struct sockaddr_in *a, int nv)
{
	if (no == OUT)
		flush();
	oa[no] = *a;
	struct msghdr *h = &out[no].msg_hdr;
	*h = (struct msghdr){ .msg_name = &oa[no],
		.msg_namelen = sizeof *a,
		.msg_iov = ov[no],
		.msg_iovlen = nv };
	return h;
}
static void
window(struct st *s, struct sockaddr_in *a)
{
	uint64_t b = s->acked;
	int n = s->win;
	uint64_t total = s->f->len / s->blk + 1;
	int per = gso && s->win > 1 ? 60000 / (s->blk + 4) : 1;
	if (per > 32)
		per = 32;
	while (n > 0 && b < total) {
		int k = 0;
		struct msghdr *h = slot(a, 0);
		for (; k < per && n > 0 && b < total; k++, n--, b++) {
			size_t off = b * s->blk, len = s->f->len - off;
			if (len > (size_t)s->blk)
				len = s->blk;
			uint8_t *p = hdr[no][k];
			p[0] = 0;
			p[1] = 3;
			p[2] = (b + 1) >> 8;
			p[3] = b + 1;
			ov[no][2 * k] = (struct iovec){ p, 4 };
			ov[no][2 * k + 1] =
			    (struct iovec){ s->f->d + off, len };
		}
		h->msg_iovlen = 2 * k;
		if (k > 1) {
			h->msg_control = cm[no];
			h->msg_controllen = CMSG_SPACE(2);
			struct cmsghdr *c = CMSG_FIRSTHDR(h);
			c->cmsg_level = SOL_UDP;
			c->cmsg_type = UDP_SEGMENT;
			c->cmsg_len = CMSG_LEN(2);
			*(uint16_t *)CMSG_DATA(c) = s->blk + 4;
		}
		no++;
	}
}
static void
req(uint8_t *p, int n, struct sockaddr_in *a)
{
	struct st *s = &tab[ntohs(
	    a->sin_port)]; /* loopback only: the port names the client */
	if (n >= 4 && p[1] == 4) {
		if (!s->f)
			return;
		uint16_t b = p[2] << 8 | p[3];
		uint16_t d = b - (uint16_t)s->acked;
		if (d > s->win)
			return;
		s->acked += d;
		if (s->acked * s->blk > s->f->len) {
			s->f = NULL;
			return;
		}
		window(s, a);
		return;
	}
	if (n < 4 || p[1] != 1)
		return;
	p[n < 1023 ? n : 1023] = 0;
	char *q = (char *)p + 2, *e = (char *)p + n;
	s->f = NULL;
	s->f = bsearch(q, fl, nf, sizeof *fl,
	    (int (*)(const void *,
		const void *))strcmp); /* name is the first member */
	if (!s->f) {
		struct msghdr *h = slot(a, 1);
		memcpy(oack[no], "\0\5\0\1no\0", 7);
		ov[no][0] = (struct iovec){ oack[no], 7 };
		(void)h;
		no++;
		return;
	}
	s->blk = 512;
	s->win = 1;
	s->acked = 0;
	q += strlen(q) + 1;
	q += strlen(q) + 1;
	int opt = 0, l = 2;
	if (no == OUT)
		flush();
	char *o = oack[no];
	o[0] = 0;
	o[1] = 6;
	while (q < e) {
		char *v = q + strlen(q) + 1;
		if (v >= e)
			break;
		if (!strcasecmp(q, "blksize")) {
			s->blk = atoi(v);
			if (s->blk > 1428)
				s->blk = 1428;
			l += sprintf(o + l, "blksize") + 1;
			l += sprintf(o + l, "%d", s->blk) + 1;
			opt = 1;
		}
		if (!strcasecmp(q, "windowsize")) {
			s->win = atoi(v);
			if (s->win > 32)
				s->win = 32;
			l += sprintf(o + l, "windowsize") + 1;
			l += sprintf(o + l, "%d", s->win) + 1;
			opt = 1;
		}
		if (!strcasecmp(q, "tsize")) {
			l += sprintf(o + l, "tsize") + 1;
			l += sprintf(o + l, "%zu", s->f->len) + 1;
			opt = 1;
		}
		if (!strcasecmp(q, "timeout")) {
			l += sprintf(o + l, "timeout") + 1;
			l += sprintf(o + l, "%s", v) + 1;
			opt = 1;
		}
		q = v + strlen(v) + 1;
	}
	if (opt) {
		slot(a, 1);
		ov[no][0] = (struct iovec){ oack[no], l };
		no++;
	} else
		window(s, a);
}
int
main(int c, char **v)
{
	if (c < 3)
		return 2;
	gso = c > 3;
	DIR *d = opendir(v[2]);
	struct dirent *e;
	while (d && (e = readdir(d))) {
		char p[4096];
		struct stat st;
		snprintf(p, sizeof p, "%s/%s", v[2], e->d_name);
		if (stat(p, &st) || !S_ISREG(st.st_mode) || nf == 4096)
			continue;
		int f = open(p, O_RDONLY);
		snprintf(fl[nf].name, 128, "%.127s", e->d_name);
		fl[nf].len = st.st_size;
		fl[nf].d = malloc(st.st_size + 1);
		for (off_t g = 0; g < st.st_size;) {
			ssize_t r = read(f, fl[nf].d + g, st.st_size - g);
			if (r <= 0)
				break;
			g += r;
		}
		close(f);
		nf++;
	}
	qsort(fl, nf, sizeof *fl, (int (*)(const void *, const void *))strcmp);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	int sz = 4 << 20;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &sz, sizeof sz);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sz, sizeof sz);
	struct sockaddr_in me = { .sin_family = AF_INET,
		.sin_port = htons(atoi(v[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (void *)&me, sizeof me)) {
		perror("bind");
		return 1;
	}
	for (;;) {
		for (int i = 0; i < V; i++) {
			iv[i] = (struct iovec){ ib[i], 1023 };
			in[i].msg_hdr = (struct msghdr){ .msg_name = &ia[i],
				.msg_namelen = sizeof ia[i],
				.msg_iov = &iv[i],
				.msg_iovlen = 1 };
		}
		int k = recvmmsg(fd, in, V, MSG_WAITFORONE, NULL);
		for (int i = 0; i < k; i++)
			req(ib[i], in[i].msg_len, &ia[i]);
		if (no)
			flush();
	}
}
