# trust/: certificates that come from outside.
trust_libtrust_a_SOURCES += \
    trust/cert_import.c trust/cert_import.h trust/cert_import_int.h \
    trust/cert_import_chain.c trust/cert_import_check.c \
    trust/cert_import_leaf.c trust/cert_import_trust.c \
    trust/cert_lint.c trust/cert_lint.h \
    trust/cert_row.c trust/cert_row.h \
    trust/csr_own.c trust/csr_own.h \
    trust/trust_store.c trust/trust_store.h

if HAVE_CHECK
IMPORT_CHECKS = tests/check_cert_import tests/check_cert_import_key \
    tests/check_cert_import_trust
check_PROGRAMS += $(IMPORT_CHECKS)
TESTS += $(IMPORT_CHECKS)
tests_check_cert_import_SOURCES = tests/check_cert_import.c \
    tests/import_fix.c tests/import_fix.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_cert_import_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_import_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
tests_check_cert_import_key_SOURCES = tests/check_cert_import_key.c \
    tests/import_fix.c tests/import_fix.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_cert_import_key_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_import_key_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
tests_check_cert_import_trust_SOURCES = tests/check_cert_import_trust.c \
    tests/import_fix.c tests/import_fix.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_cert_import_trust_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_import_trust_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_cert_lint
TESTS += tests/check_cert_lint
tests_check_cert_lint_SOURCES = tests/check_cert_lint.c
tests_check_cert_lint_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_lint_LDADD = tests/libcertsdata.a trust/libtrust.a \
    $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_csr_own
TESTS += tests/check_csr_own
tests_check_csr_own_SOURCES = tests/check_csr_own.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_csr_own_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_csr_own_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_trust_store
TESTS += tests/check_trust_store
tests_check_trust_store_SOURCES = tests/check_trust_store.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_trust_store_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_trust_store_LDADD = $(PT_TRUST) $(PT_CHECK)
endif
