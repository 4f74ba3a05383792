# certs/: the Certificate Authority Proxy Function and what it issues.
certs_libcerts_a_SOURCES += \
    certs/capf_msg.c certs/capf_msg.h \
    certs/capf_sign.c \
    certs/der_out.c certs/der_out.h \
    certs/lsc.c certs/lsc.h certs/lsc_part.h \
    certs/lsc_check.c \
    certs/lsc_key.c \
    certs/lsc_modulus.c

if HAVE_CHECK
check_LIBRARIES += tests/libcapfdata.a
tests_libcapfdata_a_SOURCES = tests/capf_data.c tests/capf_data.h
tests_libcapfdata_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
CAPF_LAB = tests/libcapfdata.a $(CA_LAB)

CAPF_CHECKS = tests/check_capf_msg tests/check_capf_sign tests/check_lsc \
    tests/check_lsc_key
check_PROGRAMS += $(CAPF_CHECKS)
TESTS += $(CAPF_CHECKS)
tests_check_capf_msg_SOURCES = tests/check_capf_msg.c
tests_check_capf_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_msg_LDADD = $(CAPF_LAB)
tests_check_capf_sign_SOURCES = tests/check_capf_sign.c
tests_check_capf_sign_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_sign_LDADD = $(CAPF_LAB)
tests_check_lsc_SOURCES = tests/check_lsc.c
tests_check_lsc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_lsc_LDADD = $(CAPF_LAB)
tests_check_lsc_key_SOURCES = tests/check_lsc_key.c
tests_check_lsc_key_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_lsc_key_LDADD = $(CAPF_LAB)
endif

CAPF_FUZZ = certs/fuzz_capf_msg certs/fuzz_lsc_key
check_PROGRAMS += $(CAPF_FUZZ)
FUZZ_TARGETS += $(CAPF_FUZZ)
certs_fuzz_capf_msg_SOURCES = certs/fuzz_capf_msg.c
certs_fuzz_capf_msg_LDADD = $(PT_CERTS)
certs_fuzz_lsc_key_SOURCES = certs/fuzz_lsc_key.c
certs_fuzz_lsc_key_LDADD = $(PT_CERTS)
if FUZZ
certs_fuzz_capf_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
certs_fuzz_lsc_key_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += $(CAPF_FUZZ)
certs_fuzz_capf_msg_SOURCES += tests/replay.c
certs_fuzz_lsc_key_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_capf_msg/all \
    tests/corpus/fuzz_capf_msg/auth-cert \
    tests/corpus/fuzz_capf_msg/auth-password \
    tests/corpus/fuzz_capf_msg/auth-request \
    tests/corpus/fuzz_capf_msg/end \
    tests/corpus/fuzz_capf_msg/in-progress \
    tests/corpus/fuzz_capf_msg/key-ec \
    tests/corpus/fuzz_capf_msg/key-request \
    tests/corpus/fuzz_capf_msg/key-request-ec \
    tests/corpus/fuzz_capf_msg/store \
    tests/corpus/fuzz_capf_msg/unknown \
    tests/corpus/fuzz_lsc_key/compressed \
    tests/corpus/fuzz_lsc_key/ec256 \
    tests/corpus/fuzz_lsc_key/ec521 \
    tests/corpus/fuzz_lsc_key/explicit \
    tests/corpus/fuzz_lsc_key/rsa1024 \
    tests/corpus/fuzz_lsc_key/rsa2048 \
    tests/data/vectors/capf/delete.txt \
    tests/data/vectors/capf/fetch-certificate-auth.txt \
    tests/data/vectors/capf/install-ec-secp384r1.txt \
    tests/data/vectors/capf/install-rsa2048-nullstring.txt \
    tests/data/vectors/capf/install-rsa2048-password.txt \
    tests/data/vectors/capf/none.txt \
    tests/data/vectors/capf/password-wrong.txt \
    tests/data/vectors/capf/phone-lsc-rsa2048.pem \
    tests/data/vectors/capf/unknown-device.txt
