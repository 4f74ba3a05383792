noinst_LIBRARIES += %D%/libdb.a
%C%_libdb_a_SOURCES = \
    %D%/change.c \
    %D%/db.c %D%/db.h \
    %D%/fail.c \
    %D%/internal.h \
    %D%/gather.c %D%/gather.h \
    %D%/keyring.c %D%/keyring.h \
    %D%/migrate.c \
    %D%/observed.c %D%/observed.h %D%/observed_ask.c \
    %D%/observed_capf.c %D%/observed_unasked.c %D%/observed_wrong.c %D%/observed_folder.c %D%/observed_srst.c \
    %D%/observed_try.c \
    %D%/param_address.c %D%/param_address.h \
    %D%/observed_alarm.c %D%/observed_alarm.h \
    %D%/param_check.c %D%/param_form.c %D%/param_form.h \
    %D%/param_table.c %D%/params.c %D%/params.h \
    %D%/query.c %D%/query.h \
    %D%/rows.h \
    %D%/rows_audit.c \
    %D%/rows_capf.c %D%/rows_capf.h %D%/rows_capf_part.h \
    %D%/rows_capf_csr.c %D%/rows_capf_end.c %D%/rows_capf_profile.c \
    %D%/rows_cluster.c \
    %D%/rows_csr.c \
    %D%/rows_hash.c %D%/rows_hash.h \
    %D%/rows_list.c \
    %D%/rows_login.c %D%/rows_login.h \
    %D%/rows_own.c \
    %D%/rows_phone.c \
    %D%/rows_phone_file.c \
    %D%/rows_plain.c %D%/rows_plain.h \
    %D%/rows_profile.c \
    %D%/rows_rollout.c %D%/rows_rollout.h \
    %D%/rows_secret.c \
    %D%/rows_trust.c \
    %D%/rows_user.c \
    %D%/shadow.c \
    %D%/sql.c %D%/sql.h \
    %D%/sql_capf.def %D%/sql_cert.def %D%/sql_cluster.def \
    %D%/sql_observed.def %D%/sql_phone.def %D%/sql_user.def \
    %D%/tx.c \
    %D%/vfs.c \
    %D%/view.c %D%/view.h \
    %D%/writer.c

if HAVE_CHECK
check_LIBRARIES += tests/libdbfix.a
tests_libdbfix_a_SOURCES = \
    tests/crash_vfs.c tests/crash_vfs.h \
    tests/db_fixture.c tests/db_fixture.h
tests_libdbfix_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
DB_TEST_LIBS = tests/libdbfix.a $(PT_DB) $(PT_CHECK)

check_PROGRAMS += tests/check_view
TESTS += tests/check_view
tests_check_view_SOURCES = tests/check_view.c
tests_check_view_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_view_LDADD = $(PT_DB) $(PT_CHECK)

check_PROGRAMS += tests/check_db_alarm
TESTS += tests/check_db_alarm
tests_check_db_alarm_SOURCES = tests/check_db_alarm.c
tests_check_db_alarm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_alarm_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_plain
TESTS += tests/check_db_plain
tests_check_db_plain_SOURCES = tests/check_db_plain.c
tests_check_db_plain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_plain_LDADD = $(DB_TEST_LIBS)

DB_CAPF_CHECKS = tests/check_db_capf tests/check_db_capf_observed \
    tests/check_db_rollout
check_PROGRAMS += $(DB_CAPF_CHECKS)
TESTS += $(DB_CAPF_CHECKS)
tests_check_db_capf_SOURCES = tests/check_db_capf.c \
    tests/db_capf_fix.c tests/db_capf_fix.h
tests_check_db_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_capf_LDADD = $(DB_TEST_LIBS)
tests_check_db_capf_observed_SOURCES = tests/check_db_capf_observed.c \
    tests/db_capf_fix.c tests/db_capf_fix.h
tests_check_db_capf_observed_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_capf_observed_LDADD = $(DB_TEST_LIBS)
tests_check_db_rollout_SOURCES = tests/check_db_rollout.c \
    tests/db_capf_fix.c tests/db_capf_fix.h
tests_check_db_rollout_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_rollout_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_crash
TESTS += tests/check_db_crash
tests_check_db_crash_SOURCES = tests/check_db_crash.c
tests_check_db_crash_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_crash_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_disk
TESTS += tests/check_db_disk
tests_check_db_disk_SOURCES = tests/check_db_disk.c
tests_check_db_disk_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_disk_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_keyring
TESTS += tests/check_db_keyring
tests_check_db_keyring_SOURCES = tests/check_db_keyring.c
tests_check_db_keyring_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_keyring_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_observed
TESTS += tests/check_db_observed
tests_check_db_observed_SOURCES = tests/check_db_observed.c
tests_check_db_observed_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_observed_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_open
TESTS += tests/check_db_open
tests_check_db_open_SOURCES = tests/check_db_open.c
tests_check_db_open_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_open_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_params
TESTS += tests/check_db_params
tests_check_db_params_SOURCES = tests/check_db_params.c \
    tests/spec_data.c tests/spec_data.h
tests_check_db_params_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_params_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_login
TESTS += tests/check_db_login
tests_check_db_login_SOURCES = tests/check_db_login.c
tests_check_db_login_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_login_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_profile
TESTS += tests/check_db_profile
tests_check_db_profile_SOURCES = tests/check_db_profile.c
tests_check_db_profile_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_profile_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_rows
TESTS += tests/check_db_rows
tests_check_db_rows_SOURCES = tests/check_db_rows.c
tests_check_db_rows_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_rows_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_schema
TESTS += tests/check_db_schema
tests_check_db_schema_SOURCES = tests/check_db_schema.c
tests_check_db_schema_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_schema_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_shadow
TESTS += tests/check_db_shadow
tests_check_db_shadow_SOURCES = tests/check_db_shadow.c
tests_check_db_shadow_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_shadow_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_observed_ask
TESTS += tests/check_db_observed_ask
tests_check_db_observed_ask_SOURCES = tests/check_db_observed_ask.c
tests_check_db_observed_ask_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_observed_ask_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_trust
TESTS += tests/check_db_trust
tests_check_db_trust_SOURCES = tests/check_db_trust.c
tests_check_db_trust_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_trust_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_tx
TESTS += tests/check_db_tx
tests_check_db_tx_SOURCES = tests/check_db_tx.c
tests_check_db_tx_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_tx_LDADD = $(DB_TEST_LIBS)

check_PROGRAMS += tests/check_db_writer
TESTS += tests/check_db_writer
tests_check_db_writer_SOURCES = tests/check_db_writer.c
tests_check_db_writer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_db_writer_LDADD = $(DB_TEST_LIBS)
endif
