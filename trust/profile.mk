# trust/: models, settings and profiles of phones.
trust_libtrust_a_SOURCES += \
    trust/effective.c \
    trust/model.c trust/model.h \
    trust/phone_setting.c \
    trust/profile.c trust/profile.h trust/profile_check.c trust/profile_ec.c \
    trust/profile_write.c trust/profile_write.h \
    trust/setting.c trust/setting.h trust/setting_table.c

if HAVE_CHECK
check_PROGRAMS += tests/check_model
TESTS += tests/check_model
tests_check_model_SOURCES = tests/check_model.c
tests_check_model_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_model_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_setting
TESTS += tests/check_setting
tests_check_setting_SOURCES = tests/check_setting.c \
    tests/setting_data.c tests/setting_data.h \
    tests/spec_data.c tests/spec_data.h
tests_check_setting_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_setting_LDADD = $(PT_TRUST) $(PT_CHECK)

PROFILE_CHECKS = tests/check_effective tests/check_profile \
    tests/check_profile_rules
check_PROGRAMS += $(PROFILE_CHECKS)
TESTS += $(PROFILE_CHECKS)
tests_check_profile_SOURCES = tests/check_profile.c \
    tests/profile_fix.c tests/profile_fix.h \
    tests/setting_data.c tests/setting_data.h
tests_check_profile_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_profile_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_profile_rules_SOURCES = tests/check_profile_rules.c \
    tests/profile_fix.c tests/profile_fix.h \
    tests/setting_data.c tests/setting_data.h
tests_check_profile_rules_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_profile_rules_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_effective_SOURCES = tests/check_effective.c \
    tests/profile_fix.c tests/profile_fix.h \
    tests/setting_data.c tests/setting_data.h
tests_check_effective_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_effective_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
endif
EXTRA_DIST += tests/data/settings.txt tests/data/spec_rows.txt
