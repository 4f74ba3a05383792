noinst_LIBRARIES += %D%/libcrypt.a
%C%_libcrypt_a_SOURCES = \
    %D%/digest.c %D%/digest.h \
    %D%/password.c %D%/password.h \
    %D%/rng.c %D%/rng.h \
    %D%/seal.c %D%/seal.h \
    %D%/secret.c %D%/secret.h

if HAVE_CHECK
check_PROGRAMS += tests/check_digest
TESTS += tests/check_digest
tests_check_digest_SOURCES = tests/check_digest.c
tests_check_digest_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_digest_LDADD = $(PT_CRYPT) $(PT_CHECK)

check_PROGRAMS += tests/check_password
TESTS += tests/check_password
tests_check_password_SOURCES = tests/check_password.c
tests_check_password_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_password_LDADD = $(PT_CRYPT) $(PT_CHECK)

check_PROGRAMS += tests/check_rng
TESTS += tests/check_rng
tests_check_rng_SOURCES = tests/check_rng.c
tests_check_rng_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_rng_LDADD = $(PT_CRYPT) $(PT_CHECK)

check_PROGRAMS += tests/check_seal
TESTS += tests/check_seal
tests_check_seal_SOURCES = tests/check_seal.c
tests_check_seal_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_seal_LDADD = $(PT_CRYPT) $(PT_CHECK)

check_PROGRAMS += tests/check_secret
TESTS += tests/check_secret
tests_check_secret_SOURCES = tests/check_secret.c
tests_check_secret_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_secret_LDADD = $(PT_CRYPT) $(PT_CHECK)
endif

check_PROGRAMS += %D%/fuzz_password
FUZZ_TARGETS += %D%/fuzz_password
%C%_fuzz_password_SOURCES = %D%/fuzz_password.c
%C%_fuzz_password_LDADD = $(PT_CRYPT)
if FUZZ
%C%_fuzz_password_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_password
%C%_fuzz_password_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_password/crypt.txt \
    tests/corpus/fuzz_password/hex.txt \
    tests/corpus/fuzz_password/rounds.txt \
    tests/corpus/fuzz_password/sha.txt \
    tests/corpus/fuzz_password/ssha.txt \
    tests/corpus/fuzz_password/zero.txt
