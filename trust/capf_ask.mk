# trust/: what is asked of phones and CTI clients through CAPF.
trust_libtrust_a_SOURCES += \
    trust/capf_ask.c trust/capf_ask.h \
    trust/capf_profile.c trust/capf_profile.h \
    trust/capf_revoke.c trust/capf_revoke.h

if HAVE_CHECK
check_PROGRAMS += tests/check_capf_ask tests/check_capf_profile
TESTS += tests/check_capf_ask tests/check_capf_profile
tests_check_capf_ask_SOURCES = tests/check_capf_ask.c
tests_check_capf_ask_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_ask_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_capf_profile_SOURCES = tests/check_capf_profile.c
tests_check_capf_profile_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_profile_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
endif
