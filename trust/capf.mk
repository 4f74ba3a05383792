# trust/: certificates of phones and CTI clients.
trust_libtrust_a_SOURCES += \
    trust/capf.c trust/capf.h trust/capf_part.h \
    trust/capf_begin.c trust/capf_close.c trust/capf_confirm.c \
    trust/capf_end.c trust/capf_good.c trust/capf_prove.c trust/capf_ready.c \
    trust/capf_stale.c trust/capf_step.c trust/capf_wrong.c \
    trust/capf_unasked.c trust/capf_unasked.h \
    trust/device_key.c trust/device_key.h \
    trust/rollout.c trust/rollout.h trust/rollout_part.h \
    trust/rollout_start.c

if HAVE_CHECK
CL_SOURCES = tests/capf_lab.c tests/capf_lab.h
CL_LIBS = tests/libdbfix.a tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)

CAPF_LIFE_CHECKS = tests/check_capf tests/check_capf_begin \
    tests/check_capf_close tests/check_capf_confirm \
    tests/check_capf_crash tests/check_capf_end tests/check_capf_good \
    tests/check_device_key tests/check_capf_step tests/check_capf_unasked \
    tests/check_capf_wrong tests/check_rollout
check_PROGRAMS += $(CAPF_LIFE_CHECKS)
TESTS += $(CAPF_LIFE_CHECKS)
tests_check_capf_SOURCES = tests/check_capf.c $(CL_SOURCES)
tests_check_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_LDADD = $(CL_LIBS)
tests_check_capf_confirm_SOURCES = tests/check_capf_confirm.c $(CL_SOURCES)
tests_check_capf_confirm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_confirm_LDADD = $(CL_LIBS)
tests_check_capf_end_SOURCES = tests/check_capf_end.c $(CL_SOURCES)
tests_check_capf_end_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_end_LDADD = $(CL_LIBS)
tests_check_capf_good_SOURCES = tests/check_capf_good.c $(CL_SOURCES)
tests_check_capf_good_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_good_LDADD = $(CL_LIBS)
tests_check_capf_close_SOURCES = tests/check_capf_close.c $(CL_SOURCES)
tests_check_capf_close_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_close_LDADD = $(CL_LIBS)
tests_check_capf_begin_SOURCES = tests/check_capf_begin.c $(CL_SOURCES)
tests_check_capf_begin_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_begin_LDADD = $(CL_LIBS)
tests_check_capf_crash_SOURCES = tests/check_capf_crash.c $(CL_SOURCES)
tests_check_capf_crash_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_crash_LDADD = $(CL_LIBS)
tests_check_capf_step_SOURCES = tests/check_capf_step.c $(CL_SOURCES)
tests_check_capf_step_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_step_LDADD = $(CL_LIBS)
tests_check_capf_unasked_SOURCES = tests/check_capf_unasked.c $(CL_SOURCES)
tests_check_capf_unasked_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_unasked_LDADD = $(CL_LIBS)
tests_check_capf_wrong_SOURCES = tests/check_capf_wrong.c $(CL_SOURCES)
tests_check_capf_wrong_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_wrong_LDADD = $(CL_LIBS)
tests_check_device_key_SOURCES = tests/check_device_key.c $(CL_SOURCES)
tests_check_device_key_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_device_key_LDADD = $(CL_LIBS)
tests_check_rollout_SOURCES = tests/check_rollout.c $(CL_SOURCES)
tests_check_rollout_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_rollout_LDADD = $(CL_LIBS)
endif
