# trust/: models, settings and profiles of phones.
trust_libtrust_a_SOURCES += \
    trust/model.c trust/model.h

if HAVE_CHECK
check_PROGRAMS += tests/check_model
TESTS += tests/check_model
tests_check_model_SOURCES = tests/check_model.c
tests_check_model_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_model_LDADD = $(PT_TRUST) $(PT_CHECK)
endif
