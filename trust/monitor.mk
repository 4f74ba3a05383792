# trust/: what ends, alarms about it, and the process that looks after it.
trust_libtrust_a_SOURCES += \
    trust/alarm.c trust/alarm.h \
    trust/alarm_exec.c trust/alarm_message.c trust/alarm_send.c \
    trust/alarm_expiry.c trust/alarm_expiry.h \
    trust/exec_run.c trust/exec_run.h \
    trust/expiry.c trust/expiry.h \
    trust/expiry_plan.c trust/expiry_plan.h \
    trust/monitor.c trust/monitor.h trust/monitor_round.c \
    trust/monitor_srst.c \
    trust/node_secret.c trust/node_secret.h

if HAVE_CHECK
check_LIBRARIES += tests/libexpirylab.a
tests_libexpirylab_a_SOURCES = tests/expiry_lab.c tests/expiry_lab.h
tests_libexpirylab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
EXPIRY_TEST_LIBS = tests/libexpirylab.a tests/libcalab.a \
    tests/libcertsdata.a tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_alarm \
    tests/check_alarm_channel tests/check_expiry
TESTS += tests/check_alarm \
    tests/check_alarm_channel tests/check_expiry
tests_check_alarm_SOURCES = tests/check_alarm.c \
    tests/alarm_fix.c tests/alarm_fix.h
tests_check_alarm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_alarm_LDADD = $(EXPIRY_TEST_LIBS)
tests_check_alarm_channel_SOURCES = tests/check_alarm_channel.c \
    tests/alarm_fix.c tests/alarm_fix.h
tests_check_alarm_channel_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_alarm_channel_LDADD = $(EXPIRY_TEST_LIBS)
tests_check_expiry_SOURCES = tests/check_expiry.c
tests_check_expiry_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_expiry_LDADD = $(EXPIRY_TEST_LIBS)
endif
