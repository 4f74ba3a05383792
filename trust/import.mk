# trust/: certificates that come from outside.
trust_libtrust_a_SOURCES += \
    trust/cert_row.c trust/cert_row.h \
    trust/trust_store.c trust/trust_store.h

if HAVE_CHECK
check_PROGRAMS += tests/check_trust_store
TESTS += tests/check_trust_store
tests_check_trust_store_SOURCES = tests/check_trust_store.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_trust_store_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_trust_store_LDADD = $(PT_TRUST) $(PT_CHECK)
endif
