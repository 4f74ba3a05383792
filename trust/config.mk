# trust/: what a phone reads in its configuration.
%C%_libtrust_a_SOURCES += %D%/config.c %D%/config.h
if HAVE_CHECK
check_PROGRAMS += tests/check_config
TESTS += tests/check_config
tests_check_config_SOURCES = tests/check_config.c
tests_check_config_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_config_LDADD = $(PT_TRUST) $(PT_CHECK)
endif
check_PROGRAMS += %D%/fuzz_config
FUZZ_TARGETS += %D%/fuzz_config
%C%_fuzz_config_SOURCES = %D%/fuzz_config.c
%C%_fuzz_config_LDADD = $(PT_TRUST)
if FUZZ
%C%_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_config
%C%_fuzz_config_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_config/capf.xml \
    tests/corpus/fuzz_config/default.xml \
    tests/corpus/fuzz_config/device.xml \
    tests/corpus/fuzz_config/doctype.xml \
    tests/corpus/fuzz_config/refs.xml tests/corpus/fuzz_config/tvs.xml
