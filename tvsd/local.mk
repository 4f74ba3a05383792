noinst_LIBRARIES += %D%/libtvsd.a
%C%_libtvsd_a_SOURCES = \
    %D%/asks.c %D%/asks.h \
    %D%/engine.c %D%/engine.h \
    %D%/service.c %D%/service.h \
    %D%/tuning.c %D%/tuning.h \
    %D%/tvsd.c %D%/tvsd.h \
    %D%/worker.c %D%/worker.h

sbin_PROGRAMS += %D%/tvsd
%C%_tvsd_SOURCES = %D%/main.c
%C%_tvsd_LDADD = %D%/libtvsd.a $(PT_TRUST)
dist_man_MANS += man/tvsd.8

if HAVE_CHECK
check_PROGRAMS += tests/check_tvs_service
TESTS += tests/check_tvs_service
check_PROGRAMS += tests/check_msg_loop
TESTS += tests/check_msg_loop
tests_check_msg_loop_SOURCES = tests/check_msg_loop.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_msg_loop_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_msg_loop_LDADD = tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_tvs_service_SOURCES = tests/check_tvs_service.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_tvs_service_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tvs_service_LDADD = %D%/libtvsd.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
endif
