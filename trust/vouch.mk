# trust/: for whom TVS vouches.
trust_libtrust_a_SOURCES += \
    trust/vouch.c trust/vouch.h \
    trust/vouch_chain.c trust/vouch_chain.h \
    trust/vouch_memo.c trust/vouch_memo.h \
    trust/vouch_name.c trust/vouch_name.h \
    trust/vouch_rules.c trust/vouch_rules.h \
    trust/vouch_serial.c trust/vouch_serial.h \
    trust/vouch_use.c trust/vouch_use.h

if HAVE_CHECK
check_PROGRAMS += tests/check_vouch_memo
TESTS += tests/check_vouch_memo
tests_check_vouch_memo_SOURCES = tests/check_vouch_memo.c
tests_check_vouch_memo_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_vouch_memo_LDADD = $(PT_TRUST) $(PT_CHECK)
check_PROGRAMS += tests/check_vouch \
    tests/check_vouch_name
TESTS += tests/check_vouch \
    tests/check_vouch_name
tests_check_vouch_SOURCES = tests/check_vouch.c \
    tests/vouch_fix.c tests/vouch_fix.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_vouch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_vouch_LDADD = $(CA_LAB) $(PT_TRUST) $(PT_CHECK)
tests_check_vouch_name_SOURCES = tests/check_vouch_name.c \
    tests/vouch_fix.c tests/vouch_fix.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_vouch_name_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_vouch_name_LDADD = $(CA_LAB) $(PT_TRUST) $(PT_CHECK)
endif
