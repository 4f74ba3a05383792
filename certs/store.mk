# certs/: the trust store and trust in certificates.
certs_libcerts_a_SOURCES += \
    certs/cert_cache.c certs/cert_cache.h \
    certs/crl.c certs/crl.h \
    certs/crl_set.c \
    certs/ocsp.c certs/ocsp.h \
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
    tests/check_crl tests/check_ocsp \
    tests/check_verify \
    tests/check_verify_chain tests/check_verify_openssl tests/check_verify_tls
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
tests_check_ocsp_SOURCES = tests/check_ocsp.c
tests_check_ocsp_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ocsp_LDADD = $(CA_LAB)
tests_check_verify_SOURCES = tests/check_verify.c \
    tests/verify_fix.c tests/verify_fix.h
tests_check_verify_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_LDADD = $(CA_LAB)
tests_check_verify_chain_SOURCES = tests/check_verify_chain.c \
    tests/verify_fix.c tests/verify_fix.h
tests_check_verify_chain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_chain_LDADD = $(CA_LAB)
tests_check_verify_openssl_SOURCES = tests/check_verify_openssl.c
tests_check_verify_openssl_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_openssl_LDADD = $(CA_LAB)
tests_check_verify_tls_SOURCES = tests/check_verify_tls.c
tests_check_verify_tls_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_verify_tls_LDADD = $(CA_LAB)
endif

STORE_FUZZ = certs/fuzz_crl certs/fuzz_ocsp
check_PROGRAMS += $(STORE_FUZZ)
FUZZ_TARGETS += $(STORE_FUZZ)
certs_fuzz_crl_SOURCES = certs/fuzz_crl.c
certs_fuzz_crl_LDADD = $(PT_CERTS)
certs_fuzz_ocsp_SOURCES = certs/fuzz_ocsp.c
certs_fuzz_ocsp_LDADD = $(PT_CERTS)
if FUZZ
certs_fuzz_crl_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
certs_fuzz_ocsp_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += $(STORE_FUZZ)
certs_fuzz_crl_SOURCES += tests/replay.c
certs_fuzz_ocsp_SOURCES += tests/replay.c
endif
EXTRA_DIST += tests/corpus/fuzz_crl/empty.der \
    tests/corpus/fuzz_crl/reasons.der \
    tests/corpus/fuzz_crl/scope.der \
    tests/corpus/fuzz_ocsp/good \
    tests/corpus/fuzz_ocsp/responder \
    tests/corpus/fuzz_ocsp/trylater
