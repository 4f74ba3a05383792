noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
    %D%/clock.c %D%/clock.h \
    %D%/err.c %D%/err.h \
    %D%/file.c %D%/file.h \
    %D%/log.c %D%/log.h \
    %D%/rd.c %D%/rd.h \
    %D%/seldom.c %D%/seldom.h \
    %D%/str.c %D%/str.h \
    %D%/wr.c %D%/wr.h

if HAVE_CHECK
check_PROGRAMS += tests/check_base_clock
TESTS += tests/check_base_clock
tests_check_base_clock_SOURCES = tests/check_base_clock.c
tests_check_base_clock_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_clock_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_err
TESTS += tests/check_base_err
tests_check_base_err_SOURCES = tests/check_base_err.c
tests_check_base_err_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_err_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_file
TESTS += tests/check_base_file
tests_check_base_file_SOURCES = tests/check_base_file.c
tests_check_base_file_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_file_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_log
TESTS += tests/check_base_log
tests_check_base_log_SOURCES = tests/check_base_log.c
tests_check_base_log_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_log_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_rd
TESTS += tests/check_base_rd
tests_check_base_rd_SOURCES = tests/check_base_rd.c
tests_check_base_rd_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_rd_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_seldom
TESTS += tests/check_base_seldom
tests_check_base_seldom_SOURCES = tests/check_base_seldom.c
tests_check_base_seldom_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_seldom_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_str
TESTS += tests/check_base_str
tests_check_base_str_SOURCES = tests/check_base_str.c
tests_check_base_str_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_str_LDADD = $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_base_wr
TESTS += tests/check_base_wr
tests_check_base_wr_SOURCES = tests/check_base_wr.c
tests_check_base_wr_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_base_wr_LDADD = $(PT_BASE) $(PT_CHECK)
endif
