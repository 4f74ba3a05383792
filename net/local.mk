noinst_LIBRARIES += %D%/libnet.a
%C%_libnet_a_SOURCES = \
    %D%/addr.c %D%/addr.h \
    %D%/count.c \
    %D%/fetch.c %D%/fetch.h \
    %D%/fetch_cert.c %D%/fetch_cert.h \
    %D%/http.h \
    %D%/http_conn.c \
    %D%/http_head.c \
    %D%/http_in.c \
    %D%/http_out.c \
    %D%/http_range.c \
    %D%/http_reply.c \
    %D%/http_server.c \
    %D%/internal.h \
    %D%/listen.c %D%/listen.h \
    %D%/loop.c %D%/loop.h \
    %D%/msg.c %D%/msg.h %D%/msg_part.h %D%/msg_talk.c \
    %D%/msg_client.c %D%/msg_client.h \
    %D%/serv.c %D%/serv.h \
    %D%/serv_in.c \
    %D%/serv_shake.c \
    %D%/serv_wait.c \
    %D%/mail.c %D%/mail.h \
    %D%/stream.c %D%/stream.h \
    %D%/tls.c %D%/tls.h \
    %D%/transfer.c %D%/transfer.h

if HAVE_CHECK
HTTP_CHECKS = tests/check_http_conn tests/check_http_out \
    tests/check_http_server tests/check_http_tls tests/check_http_wait
NET_CHECKS = tests/check_addr tests/check_fetch \
    tests/check_fetch_tftp tests/check_fetch_https \
    tests/check_http_head tests/check_http_range tests/check_http_reply \
    tests/check_listen tests/check_loop tests/check_mail \
    tests/check_transfer $(HTTP_CHECKS)
check_PROGRAMS += $(NET_CHECKS)
TESTS += $(NET_CHECKS)
check_LIBRARIES += tests/libhttplab.a
tests_libhttplab_a_SOURCES = tests/http_lab.c tests/http_lab.h
tests_libhttplab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_addr_SOURCES = tests/check_addr.c
tests_check_addr_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_addr_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_transfer_SOURCES = tests/check_transfer.c
tests_check_transfer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_transfer_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_fetch_SOURCES = tests/check_fetch.c \
    tests/fetch_fix.c tests/fetch_fix.h
tests_check_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_fetch_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_fetch_tftp_SOURCES = tests/check_fetch_tftp.c \
    tests/fetch_fix.c tests/fetch_fix.h
tests_check_fetch_tftp_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_fetch_tftp_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_fetch_https_SOURCES = tests/check_fetch_https.c
tests_check_fetch_https_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_fetch_https_LDADD = tests/libcertsdata.a certs/libcerts.a \
    $(PT_NET) $(PT_CHECK)
tests_check_http_conn_SOURCES = tests/check_http_conn.c
tests_check_http_conn_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_conn_LDADD = tests/libhttplab.a $(PT_NET) $(PT_CHECK)
tests_check_http_head_SOURCES = tests/check_http_head.c
tests_check_http_head_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_head_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_http_out_SOURCES = tests/check_http_out.c
tests_check_http_out_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_out_LDADD = tests/libhttplab.a $(PT_NET) $(PT_CHECK)
tests_check_http_range_SOURCES = tests/check_http_range.c
tests_check_http_range_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_range_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_http_reply_SOURCES = tests/check_http_reply.c
tests_check_http_reply_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_reply_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_http_server_SOURCES = tests/check_http_server.c
tests_check_http_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_server_LDADD = tests/libhttplab.a $(PT_NET) $(PT_CHECK)
tests_check_http_tls_SOURCES = tests/check_http_tls.c
tests_check_http_tls_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_tls_LDADD = tests/libhttplab.a tests/libcertsdata.a \
    certs/libcerts.a $(PT_NET) $(PT_CHECK)
check_PROGRAMS += tests/check_msg
TESTS += tests/check_msg
tests_check_msg_SOURCES = tests/check_msg.c
tests_check_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_msg_LDADD = tests/libcertsdata.a certs/libcerts.a $(PT_NET) \
    $(PT_CHECK)
check_LIBRARIES += tests/libmsglab.a
tests_libmsglab_a_SOURCES = tests/msg_lab.c tests/msg_lab.h
tests_libmsglab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
check_PROGRAMS += tests/check_msg_talk
TESTS += tests/check_msg_talk
tests_check_msg_talk_SOURCES = tests/check_msg_talk.c
tests_check_msg_talk_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_msg_talk_LDADD = tests/libmsglab.a tests/libcertsdata.a \
    certs/libcerts.a $(PT_NET) $(PT_CHECK)
check_PROGRAMS += tests/check_msg_client
TESTS += tests/check_msg_client
tests_check_msg_client_SOURCES = tests/check_msg_client.c
tests_check_msg_client_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_msg_client_LDADD = tests/libmsglab.a tests/libcertsdata.a \
    certs/libcerts.a $(PT_NET) $(PT_CHECK)
tests_check_http_wait_SOURCES = tests/check_http_wait.c
tests_check_http_wait_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_wait_LDADD = tests/libhttplab.a $(PT_NET) $(PT_CHECK)
tests_check_listen_SOURCES = tests/check_listen.c
tests_check_listen_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_listen_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_mail_SOURCES = tests/check_mail.c
tests_check_mail_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_mail_LDADD = $(PT_NET) $(PT_CHECK)
tests_check_loop_SOURCES = tests/check_loop.c
tests_check_loop_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_loop_LDADD = $(PT_NET) $(PT_CHECK)
endif

check_PROGRAMS += %D%/fuzz_http_head
FUZZ_TARGETS += %D%/fuzz_http_head
%C%_fuzz_http_head_SOURCES = %D%/fuzz_http_head.c
%C%_fuzz_http_head_LDADD = $(PT_NET)
if FUZZ
%C%_fuzz_http_head_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_http_head
%C%_fuzz_http_head_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_http_head/absolute \
    tests/corpus/fuzz_http_head/body \
    tests/corpus/fuzz_http_head/folded \
    tests/corpus/fuzz_http_head/get \
    tests/corpus/fuzz_http_head/head_lf \
    tests/corpus/fuzz_http_head/percent \
    tests/corpus/fuzz_http_head/range \
    tests/corpus/fuzz_http_head/range_suffix \
    tests/corpus/fuzz_http_head/two
