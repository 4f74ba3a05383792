noinst_LIBRARIES += %D%/libcapfd.a
%C%_libcapfd_a_SOURCES = \
    %D%/capfd.c %D%/capfd.h \
    %D%/desk.c %D%/desk.h \
    %D%/engine.c %D%/engine.h \
    %D%/group.c \
    %D%/held.c %D%/held.h \
    %D%/issuer.c %D%/issuer.h \
    %D%/service.c %D%/service.h %D%/service_part.h \
    %D%/service_talk.c \
    %D%/session.c %D%/session.h %D%/session_cert.c %D%/session_hello.c \
    %D%/session_key.c %D%/session_part.h %D%/session_step.c \
    %D%/tuning.c %D%/tuning.h \
    %D%/wire.c %D%/wire.h \
    %D%/worker.c %D%/worker.h \
    %D%/writer.c %D%/writer.h %D%/writer_part.h

sbin_PROGRAMS += %D%/capfd
%C%_capfd_SOURCES = %D%/main.c
%C%_capfd_LDADD = %D%/libcapfd.a $(PT_TRUST)
dist_man_MANS += man/capfd.8

if HAVE_CHECK
CAPFD_CHECKS = tests/check_capf_session tests/check_capf_session_rules \
    tests/check_capf_tuning tests/check_capf_wire tests/check_capf_writer
check_PROGRAMS += $(CAPFD_CHECKS)
TESTS += $(CAPFD_CHECKS)
tests_check_capf_session_SOURCES = tests/check_capf_session.c \
    tests/session_rec.c tests/session_rec.h \
    tests/session_lab.c tests/session_lab.h
tests_check_capf_session_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_session_LDADD = %D%/libcapfd.a tests/libcapfdata.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_capf_session_rules_SOURCES = tests/check_capf_session_rules.c \
    tests/session_rec.c tests/session_rec.h \
    tests/session_lab.c tests/session_lab.h
tests_check_capf_session_rules_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_session_rules_LDADD = %D%/libcapfd.a tests/libcapfdata.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_capf_tuning_SOURCES = tests/check_capf_tuning.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_capf_tuning_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_tuning_LDADD = %D%/libcapfd.a $(PT_TRUST) $(PT_CHECK)
tests_check_capf_writer_SOURCES = tests/check_capf_writer.c \
    $(CL_SOURCES)
tests_check_capf_writer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_writer_LDADD = %D%/libcapfd.a $(CL_LIBS)
tests_check_capf_wire_SOURCES = tests/check_capf_wire.c
tests_check_capf_wire_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_wire_LDADD = %D%/libcapfd.a $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += tests/fuzz_session
FUZZ_TARGETS += tests/fuzz_session
tests_fuzz_session_SOURCES = tests/fuzz_session.c tests/session_lab.c \
    tests/session_lab.h
tests_fuzz_session_LDADD = %D%/libcapfd.a $(PT_TRUST)
if FUZZ
tests_fuzz_session_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += tests/fuzz_session
tests_fuzz_session_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_session/cut \
    tests/corpus/fuzz_session/declined \
    tests/corpus/fuzz_session/delete \
    tests/corpus/fuzz_session/elsewhere \
    tests/corpus/fuzz_session/fetch \
    tests/corpus/fuzz_session/install \
    tests/corpus/fuzz_session/install-ec \
    tests/corpus/fuzz_session/later \
    tests/corpus/fuzz_session/ready \
    tests/corpus/fuzz_session/signer \
    tests/corpus/fuzz_session/unproved \
    tests/corpus/fuzz_session/unwritten
