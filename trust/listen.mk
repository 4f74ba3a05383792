# trust/: where daemons listen.
trust_libtrust_a_SOURCES += \
    trust/listen_open.c trust/listen_part.h \
    trust/listen_plan.c trust/listen_plan.h \
    trust/listen_rows.c trust/listen_set.c trust/listen_set.h \
    trust/listen_serve.c trust/listen_serve.h \
    trust/msg_loop.c trust/msg_loop.h \
    trust/msg_ports.c trust/msg_ports.h

if HAVE_CHECK
LISTEN_CHECKS = tests/check_listen_plan tests/check_listen_set
check_PROGRAMS += $(LISTEN_CHECKS)
TESTS += $(LISTEN_CHECKS)
tests_check_listen_plan_SOURCES = tests/check_listen_plan.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_listen_plan_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_listen_plan_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_listen_set_SOURCES = tests/check_listen_set.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_listen_set_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_listen_set_LDADD = $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += trust/fuzz_listen_rows
FUZZ_TARGETS += trust/fuzz_listen_rows
trust_fuzz_listen_rows_SOURCES = trust/fuzz_listen_rows.c
trust_fuzz_listen_rows_LDADD = $(PT_TRUST)
if FUZZ
trust_fuzz_listen_rows_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += trust/fuzz_listen_rows
trust_fuzz_listen_rows_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_listen_rows/all \
    tests/corpus/fuzz_listen_rows/cut
