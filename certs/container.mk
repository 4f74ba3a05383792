# certs/: what people hand in: containers, chains, signing requests.
certs_libcerts_a_SOURCES += \
    certs/cert_use.c certs/cert_use.h \
    certs/chain.c certs/chain.h \
    certs/container.c certs/container.h certs/container_int.h \
    certs/container_key.c \
    certs/container_p12.c \
    certs/container_pem.c \
    certs/csr.c certs/csr.h \
    certs/pkcs12.c certs/pkcs12.h \
    certs/scep.c certs/scep.h certs/scep_int.h certs/scep_open.c \
    certs/san.c certs/san.h

if HAVE_CHECK
check_PROGRAMS += tests/check_cert_keyless tests/check_chain \
    tests/check_container tests/check_csr tests/check_identity \
    tests/check_pkcs12 tests/check_scep
TESTS += tests/check_cert_keyless tests/check_chain \
    tests/check_container tests/check_csr tests/check_identity \
    tests/check_pkcs12 tests/check_scep
tests_check_identity_SOURCES = tests/check_identity.c
tests_check_identity_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_identity_LDADD = $(CA_LAB)
tests_check_scep_SOURCES = tests/check_scep.c
tests_check_scep_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_scep_LDADD = $(CA_LAB)
tests_check_pkcs12_SOURCES = tests/check_pkcs12.c
tests_check_pkcs12_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_pkcs12_LDADD = tests/libcertsdata.a $(PT_CERTS) $(PT_CHECK)
tests_check_cert_keyless_SOURCES = tests/check_cert_keyless.c
tests_check_cert_keyless_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_keyless_LDADD = $(CA_LAB)
tests_check_chain_SOURCES = tests/check_chain.c
tests_check_chain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_chain_LDADD = $(CA_LAB)
tests_check_container_SOURCES = tests/check_container.c
tests_check_container_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_container_LDADD = tests/libcertsdata.a $(PT_CERTS) $(PT_CHECK)
tests_check_csr_SOURCES = tests/check_csr.c
tests_check_csr_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_csr_LDADD = $(CA_LAB)
endif

check_PROGRAMS += certs/fuzz_container certs/fuzz_csr certs/fuzz_scep
FUZZ_TARGETS += certs/fuzz_container certs/fuzz_csr certs/fuzz_scep
certs_fuzz_container_SOURCES = certs/fuzz_container.c
certs_fuzz_container_LDADD = $(PT_CERTS)
certs_fuzz_csr_SOURCES = certs/fuzz_csr.c
certs_fuzz_csr_LDADD = $(PT_CERTS)
certs_fuzz_scep_SOURCES = certs/fuzz_scep.c
certs_fuzz_scep_LDADD = $(PT_CERTS)
if FUZZ
certs_fuzz_container_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
certs_fuzz_csr_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
certs_fuzz_scep_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += certs/fuzz_container certs/fuzz_csr certs/fuzz_scep
certs_fuzz_container_SOURCES += tests/replay.c
certs_fuzz_csr_SOURCES += tests/replay.c
certs_fuzz_scep_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_container/all.p7b \
    tests/corpus/fuzz_container/bare.txt \
    tests/corpus/fuzz_container/cas-mislabelled.pem \
    tests/corpus/fuzz_container/cas.p7b \
    tests/corpus/fuzz_container/crl.p7b \
    tests/corpus/fuzz_container/enc-ec.key \
    tests/corpus/fuzz_container/enc.key \
    tests/corpus/fuzz_container/indented.pem \
    tests/corpus/fuzz_container/leaf.csr \
    tests/corpus/fuzz_container/leaf.der \
    tests/corpus/fuzz_container/mixed.pem \
    tests/corpus/fuzz_container/modern.p12 \
    tests/corpus/fuzz_container/nomac.p12 \
    tests/corpus/fuzz_container/nopass.p12 \
    tests/corpus/fuzz_container/plain-ec.key \
    tests/corpus/fuzz_container/plain.p8 \
    tests/corpus/fuzz_container/rc2.p12 \
    tests/corpus/fuzz_container/root.crl \
    tests/corpus/fuzz_container/scrypt.der \
    tests/corpus/fuzz_container/text.pem \
    tests/corpus/fuzz_container/trusted.pem \
    tests/corpus/fuzz_container/two.der \
    tests/corpus/fuzz_container/utf16.pem \
    tests/corpus/fuzz_csr/cert.der \
    tests/corpus/fuzz_csr/leaf.csr \
    tests/corpus/fuzz_csr/nosan.csr \
    tests/corpus/fuzz_scep/caps.txt \
    tests/corpus/fuzz_scep/enveloped.der \
    tests/corpus/fuzz_scep/signed.der
