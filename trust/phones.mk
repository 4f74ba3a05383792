# trust/: writing phones and users, CSV columns.
trust_libtrust_a_SOURCES += \
    trust/phone_advice.c trust/phone_advice.h \
    trust/phone_column.c trust/phone_import.h \
    trust/phone_hide.c trust/phone_hide.h \
    trust/phone_copy.c trust/phone_set.c trust/phone_write.h \
    trust/phone_guard.c trust/phone_guard.h \
    trust/phone_plain.c trust/phone_plain.h \
    trust/login.c trust/login.h \
    trust/phone_names.c trust/phone_names.h \
    trust/phone_spell.c trust/phone_spell.h \
    trust/user.c trust/user.h \
    trust/user_check.c trust/user_hash.c trust/user_hash.h \
    trust/user_import.c trust/user_import.h

if HAVE_CHECK
check_PROGRAMS += tests/check_phone_plain tests/check_phone_set tests/check_phone_names \
    tests/check_user tests/check_phone_advice tests/check_phone_hide
TESTS += tests/check_phone_plain tests/check_phone_set tests/check_phone_names tests/check_user \
    tests/check_phone_advice tests/check_phone_hide
tests_check_phone_hide_SOURCES = tests/check_phone_hide.c
tests_check_phone_hide_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_hide_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_plain_SOURCES = tests/check_phone_plain.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_phone_plain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_plain_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_set_SOURCES = tests/check_phone_set.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_phone_set_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_set_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_advice_SOURCES = tests/check_phone_advice.c
tests_check_phone_advice_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_advice_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_names_SOURCES = tests/check_phone_names.c
tests_check_phone_names_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_names_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_user_SOURCES = tests/check_user.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_user_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_user_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_user_import
TESTS += tests/check_user_import
tests_check_user_import_SOURCES = tests/check_user_import.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_user_import_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_user_import_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_phone_spell
TESTS += tests/check_phone_spell
tests_check_phone_spell_SOURCES = tests/check_phone_spell.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_phone_spell_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_spell_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_login tests/check_user_hash
TESTS += tests/check_login tests/check_user_hash
tests_check_login_SOURCES = tests/check_login.c
tests_check_login_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_login_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_user_hash_SOURCES = tests/check_user_hash.c
tests_check_user_hash_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_user_hash_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
endif
