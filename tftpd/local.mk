noinst_LIBRARIES += %D%/libtftpd.a
%C%_libtftpd_a_SOURCES = \
    %D%/admit.c %D%/admit.h \
    %D%/engine.c %D%/engine.h \
    %D%/http_files.c %D%/http_files.h \
    %D%/observe.c %D%/observe.h \
    %D%/serve.c %D%/serve.h \
    %D%/held.c %D%/held.h \
    %D%/store.c %D%/store.h \
    %D%/tftp_alarm.c %D%/tftp_alarm.h \
    %D%/tftp_internal.h \
    %D%/tftp_msg.c %D%/tftp_msg.h \
    %D%/tftp_out.c %D%/tftp_out.h \
    %D%/tftp_past.c %D%/tftp_past.h \
    %D%/tftp_pool.c %D%/tftp_pool.h \
    %D%/tftp_refuse.c %D%/tftp_refuse.h \
    %D%/tftp_rtt.c %D%/tftp_rtt.h \
    %D%/tftp_server.c %D%/tftp_server.h \
    %D%/tftp_sock.c %D%/tftp_sock.h \
    %D%/tftp_source.c %D%/tftp_source.h \
    %D%/tftp_transfer.c \
    %D%/tftp_xfer.c %D%/tftp_xfer.h \
    %D%/tftpd.c %D%/tftpd.h \
    %D%/tuning.c %D%/tuning.h \
    %D%/unknown.c %D%/unknown.h \
    %D%/places.c %D%/places.h \
    %D%/web.c %D%/web.h \
    %D%/worker.c %D%/worker.h \
    %D%/writer.c %D%/writer.h

sbin_PROGRAMS += %D%/tftpd
%C%_tftpd_SOURCES = %D%/main.c
%C%_tftpd_LDADD = %D%/libtftpd.a $(PT_TRUST)

if HAVE_CHECK
check_PROGRAMS += tests/check_serve tests/check_held tests/check_http_files \
    tests/check_store tests/check_places tests/check_web \
    tests/check_tftp_msg tests/check_tftp_xfer tests/check_tftp_server
TESTS += tests/check_serve tests/check_held tests/check_http_files \
    tests/check_store tests/check_places tests/check_web \
    tests/check_tftp_msg tests/check_tftp_xfer tests/check_tftp_server
tests_check_held_SOURCES = tests/check_held.c
tests_check_held_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_held_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
check_PROGRAMS += tests/check_unknown tests/check_writer tests/check_observe tests/check_tftp_rtt tests/check_tftp_source \
    tests/check_tftp_alarm tests/check_tftp_pool tests/check_tftp_out \
    tests/check_tftp_past tests/check_tftp_transfer tests/check_tftp_window
TESTS += tests/check_unknown tests/check_writer tests/check_observe tests/check_tftp_rtt tests/check_tftp_source \
    tests/check_tftp_alarm tests/check_tftp_pool tests/check_tftp_out \
    tests/check_tftp_past tests/check_tftp_transfer tests/check_tftp_window
tests_check_http_files_SOURCES = tests/check_http_files.c
tests_check_http_files_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_http_files_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_serve_SOURCES = tests/check_serve.c
tests_check_serve_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_serve_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_places_SOURCES = tests/check_places.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_places_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_places_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_store_SOURCES = tests/check_store.c tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_store_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_store_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_web_SOURCES = tests/check_web.c tests/trust_cluster.c \
    tests/trust_cluster.h
tests_check_web_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_web_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_tftp_msg_SOURCES = tests/check_tftp_msg.c
tests_check_tftp_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_msg_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_tftp_xfer_SOURCES = tests/check_tftp_xfer.c tests/xfer_lab.c \
    tests/xfer_lab.h
tests_check_tftp_xfer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_xfer_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_tftp_window_SOURCES = tests/check_tftp_window.c tests/xfer_lab.c \
    tests/xfer_lab.h
tests_check_tftp_window_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_window_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_unknown_SOURCES = tests/check_unknown.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_unknown_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_unknown_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_writer_SOURCES = tests/check_writer.c tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_writer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_writer_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_observe_SOURCES = tests/check_observe.c
tests_check_observe_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_observe_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_tftp_rtt_SOURCES = tests/check_tftp_rtt.c
tests_check_tftp_rtt_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_rtt_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_tftp_source_SOURCES = tests/check_tftp_source.c
tests_check_tftp_source_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_source_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_tftp_alarm_SOURCES = tests/check_tftp_alarm.c
tests_check_tftp_alarm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_alarm_LDADD = %D%/libtftpd.a $(PT_BASE) $(PT_CHECK)
tests_check_tftp_pool_SOURCES = tests/check_tftp_pool.c
tests_check_tftp_pool_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_pool_LDADD = %D%/libtftpd.a $(PT_NET) $(PT_CHECK)
tests_check_tftp_past_SOURCES = tests/check_tftp_past.c
tests_check_tftp_past_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_past_LDADD = %D%/libtftpd.a $(PT_NET) $(PT_CHECK)
tests_check_tftp_out_SOURCES = tests/check_tftp_out.c
tests_check_tftp_out_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_out_LDADD = %D%/libtftpd.a $(PT_NET) $(PT_CHECK)
tests_check_tftp_server_SOURCES = tests/check_tftp_server.c \
    tests/tftp_lab.c tests/tftp_lab.h
tests_check_tftp_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_server_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
tests_check_tftp_transfer_SOURCES = tests/check_tftp_transfer.c \
    tests/tftp_lab.c tests/tftp_lab.h
tests_check_tftp_transfer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tftp_transfer_LDADD = %D%/libtftpd.a $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += %D%/fuzz_tftp_msg
FUZZ_TARGETS += %D%/fuzz_tftp_msg
%C%_fuzz_tftp_msg_SOURCES = %D%/fuzz_tftp_msg.c
%C%_fuzz_tftp_msg_LDADD = %D%/libtftpd.a $(PT_BASE)
if FUZZ
%C%_fuzz_tftp_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_tftp_msg
%C%_fuzz_tftp_msg_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_tftp_msg/ack \
    tests/corpus/fuzz_tftp_msg/data \
    tests/corpus/fuzz_tftp_msg/error \
    tests/corpus/fuzz_tftp_msg/oack \
    tests/corpus/fuzz_tftp_msg/rrq-options \
    tests/corpus/fuzz_tftp_msg/rrq-padded \
    tests/corpus/fuzz_tftp_msg/rrq-plain \
    tests/corpus/fuzz_tftp_msg/rrq-window \
    tests/corpus/fuzz_tftp_msg/wrq

dist_man_MANS += man/tftpd.8
