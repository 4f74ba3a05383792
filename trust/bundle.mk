# trust/: exchange of certificates with other clusters.
certs_libcerts_a_SOURCES += certs/pkcs7_pem.c certs/pkcs7_pem.h
trust_libtrust_a_SOURCES += \
    trust/cert_import_many.c trust/cert_import_many.h \
    trust/bundle.c trust/bundle.h \
    trust/bundle_export.c \
    trust/bundle_import.c \
    trust/bundle_manifest.c \
    trust/bundle_move.h

if HAVE_CHECK
check_PROGRAMS += tests/check_pkcs7_pem tests/check_bundle
TESTS += tests/check_pkcs7_pem tests/check_bundle
tests_check_pkcs7_pem_SOURCES = tests/check_pkcs7_pem.c
tests_check_pkcs7_pem_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_pkcs7_pem_LDADD = $(PT_CERTS) $(PT_CHECK)
tests_check_bundle_SOURCES = tests/check_bundle.c
tests_check_bundle_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_bundle_LDADD = tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_bundle_move tests/check_cert_import_many
TESTS += tests/check_bundle_move tests/check_cert_import_many
tests_check_bundle_move_SOURCES = tests/check_bundle_move.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_bundle_move_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_bundle_move_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
tests_check_cert_import_many_SOURCES = tests/check_cert_import_many.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_cert_import_many_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_import_many_LDADD = tests/libcalab.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += trust/fuzz_bundle
FUZZ_TARGETS += trust/fuzz_bundle
trust_fuzz_bundle_SOURCES = trust/fuzz_bundle.c
trust_fuzz_bundle_LDADD = $(PT_TRUST)
if FUZZ
trust_fuzz_bundle_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += trust/fuzz_bundle
trust_fuzz_bundle_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_bundle/cut.bundle \
    tests/corpus/fuzz_bundle/cut.txt \
    tests/corpus/fuzz_bundle/later.txt \
    tests/corpus/fuzz_bundle/manifest.txt \
    tests/corpus/fuzz_bundle/one.bundle \
    tests/corpus/fuzz_bundle/two.bundle
