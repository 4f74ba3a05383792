noinst_LIBRARIES += %D%/libcapfd.a
%C%_libcapfd_a_SOURCES = \
    %D%/capfd.c %D%/capfd.h \
    %D%/desk.c %D%/desk.h \
    %D%/engine.c %D%/engine.h \
    %D%/issuer.c %D%/issuer.h \
    %D%/service.c %D%/service.h \
    %D%/session.c %D%/session.h \
    %D%/tuning.c %D%/tuning.h \
    %D%/wire.c %D%/wire.h \
    %D%/worker.c %D%/worker.h \
    %D%/writer.c %D%/writer.h

sbin_PROGRAMS += %D%/capfd
%C%_capfd_SOURCES = %D%/main.c
%C%_capfd_LDADD = %D%/libcapfd.a $(PT_TRUST)
dist_man_MANS += man/capfd.8

check_PROGRAMS += %D%/fuzz_session
FUZZ_TARGETS += %D%/fuzz_session
%C%_fuzz_session_SOURCES = %D%/fuzz_session.c tests/session_lab.c \
    tests/session_lab.h
%C%_fuzz_session_LDADD = %D%/libcapfd.a $(PT_TRUST)
if FUZZ
%C%_fuzz_session_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_session
%C%_fuzz_session_SOURCES += tests/replay.c
endif
