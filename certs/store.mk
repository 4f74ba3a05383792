# certs/: the trust store and trust in certificates.
certs_libcerts_a_SOURCES += \
    certs/cert_cache.c certs/cert_cache.h \
    certs/crl.c certs/crl.h \
    certs/crl_set.c \
    certs/store.c certs/store.h \
    certs/store_key.c \
    certs/verify.c certs/verify.h \
    certs/verify_find.c \
    certs/verify_part.h \
    certs/verify_path.c \
    certs/verify_tls.c

if HAVE_CHECK
check_LIBRARIES += tests/libcalab.a
tests_libcalab_a_SOURCES = tests/ca_lab.c tests/ca_lab.h
tests_libcalab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
CA_LAB = tests/libcalab.a $(CERTS_CHECK)

STORE_CHECKS = tests/check_cert_cache tests/check_cert_store \
    tests/check_crl \
    tests/check_verify tests/check_verify_openssl tests/check_verify_tls
check_PROGRAMS += $(STORE_CHECKS)
TESTS += $(STORE_CHECKS)
tests_check_cert_cache_SOURCES = tests/check_cert_cache.c
tests_check_cert_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_cache_LDADD = $(CA_LAB)
tests_check_cert_store_SOURCES = tests/check_cert_store.c
tests_check_cert_store_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_store_LDADD = $(CA_LAB)
tests_check_crl_SOURCES = tests/check_crl.c
tests_check_crl_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_crl_LDADD = $(CA_LAB)
tests_check_verify_SOURCES = tests/check_verify.c
tests_check_verify_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_LDADD = $(CA_LAB)
tests_check_verify_openssl_SOURCES = tests/check_verify_openssl.c
tests_check_verify_openssl_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_openssl_LDADD = $(CA_LAB)
tests_check_verify_tls_SOURCES = tests/check_verify_tls.c
tests_check_verify_tls_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_tls_LDADD = $(CA_LAB)
endif

check_PROGRAMS += certs/fuzz_crl
FUZZ_TARGETS += certs/fuzz_crl
certs_fuzz_crl_SOURCES = certs/fuzz_crl.c
certs_fuzz_crl_LDADD = $(PT_CERTS)
if FUZZ
certs_fuzz_crl_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += certs/fuzz_crl
certs_fuzz_crl_SOURCES += tests/replay.c
endif
EXTRA_DIST += tests/corpus/fuzz_crl/empty.der \
    tests/corpus/fuzz_crl/reasons.der \
    tests/corpus/fuzz_crl/scope.der
