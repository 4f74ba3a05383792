# certs/: the OpenSSL provider, what signs through it, and the tests of what
# its keys do.
certs_libcerts_a_SOURCES += \
    certs/pkcs7.c certs/pkcs7.h \
    certs/provider.c certs/provider.h \
    certs/provider_decrypt.c \
    certs/provider_digest.c \
    certs/provider_ec.c \
    certs/provider_internal.h \
    certs/provider_key.c \
    certs/provider_rsa.c \
    certs/provider_sign.c

if HAVE_CHECK
PROVIDER_CHECK = tests/check_key_use tests/check_pkcs7 tests/check_provider \
    tests/check_provider_decrypt tests/check_provider_sign \
    tests/check_provider_tls tests/check_provider_x509 tests/check_sign_msg
check_PROGRAMS += $(PROVIDER_CHECK)
TESTS += $(PROVIDER_CHECK)
tests_check_key_use_SOURCES = tests/check_key_use.c
tests_check_key_use_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_key_use_LDADD = $(CERTS_CHECK)
tests_check_pkcs7_SOURCES = tests/check_pkcs7.c
tests_check_pkcs7_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_pkcs7_LDADD = $(CERTS_CHECK)
tests_check_provider_SOURCES = tests/check_provider.c
tests_check_provider_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_provider_LDADD = $(CERTS_CHECK)
tests_check_provider_decrypt_SOURCES = tests/check_provider_decrypt.c
tests_check_provider_decrypt_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_provider_decrypt_LDADD = $(CERTS_CHECK)
tests_check_provider_sign_SOURCES = tests/check_provider_sign.c
tests_check_provider_sign_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_provider_sign_LDADD = $(CERTS_CHECK)
tests_check_provider_tls_SOURCES = tests/check_provider_tls.c
tests_check_provider_tls_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_provider_tls_LDADD = $(CERTS_CHECK)
tests_check_provider_x509_SOURCES = tests/check_provider_x509.c
tests_check_provider_x509_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_provider_x509_LDADD = $(CERTS_CHECK)
tests_check_sign_msg_SOURCES = tests/check_sign_msg.c
tests_check_sign_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sign_msg_LDADD = $(CERTS_CHECK)
endif

# The openssl command as the other end.
check_PROGRAMS += tests/tls_peer
tests_tls_peer_SOURCES = tests/tls_peer.c
tests_tls_peer_LDADD = $(PT_CERTS)
EXTRA_DIST += tests/check_tls_openssl.py
TESTS += tests/check_tls_openssl.py

check_PROGRAMS += certs/fuzz_pkcs7
FUZZ_TARGETS += certs/fuzz_pkcs7
certs_fuzz_pkcs7_SOURCES = certs/fuzz_pkcs7.c
certs_fuzz_pkcs7_LDADD = $(PT_CERTS)
if FUZZ
certs_fuzz_pkcs7_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += certs/fuzz_pkcs7
certs_fuzz_pkcs7_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_pkcs7/detached \
    tests/corpus/fuzz_pkcs7/ec \
    tests/corpus/fuzz_pkcs7/rsa
