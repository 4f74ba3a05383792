noinst_LIBRARIES += %D%/libproc.a
%C%_libproc_a_SOURCES = \
    %D%/child.c \
    %D%/internal.h \
    %D%/loops.c %D%/loops.h \
    %D%/master.c \
    %D%/monitor.c \
    %D%/opts.c \
    %D%/priv.c \
    %D%/proc.h \
    %D%/reap.c \
    %D%/renew.c \
    %D%/report.c \
    %D%/run.c \
    %D%/spawn.c \
    %D%/start.c \
    %D%/state.c %D%/state.h \
    %D%/super.h \
    %D%/supervise.c

if HAVE_CHECK
PROC_CHECKS = tests/check_loops tests/check_proc tests/check_proc_death \
    tests/check_proc_priv tests/check_state
check_PROGRAMS += $(PROC_CHECKS)
TESTS += $(PROC_CHECKS)
tests_check_loops_SOURCES = tests/check_loops.c
tests_check_loops_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_loops_LDADD = $(PT_PROC) $(PT_CHECK)
PROC_DEMO = tests/proc_demo.c tests/proc_demo.h
tests_check_proc_SOURCES = tests/check_proc.c $(PROC_DEMO)
tests_check_proc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_proc_LDADD = $(PT_PROC) $(PT_CHECK)
tests_check_proc_death_SOURCES = tests/check_proc_death.c $(PROC_DEMO)
tests_check_proc_death_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_proc_death_LDADD = $(PT_PROC) $(PT_CHECK)
tests_check_proc_priv_SOURCES = tests/check_proc_priv.c $(PROC_DEMO)
tests_check_proc_priv_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_proc_priv_LDADD = $(PT_PROC) $(PT_CHECK)
tests_check_state_SOURCES = tests/check_state.c
tests_check_state_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_state_LDADD = $(PT_PROC) $(PT_CHECK)
endif
