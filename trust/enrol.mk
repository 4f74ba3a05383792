# trust/: CAs that are asked for phones' certificates.
trust_libtrust_a_SOURCES += \
    trust/capf_import.c trust/capf_import.h \
    trust/enrol.c trust/enrol.h trust/enrol_part.h \
    trust/enrol_check.c trust/enrol_est.c trust/enrol_exec.c \
    trust/enrol_held.c trust/enrol_http.c trust/enrol_ra.c trust/enrol_round.c \
    trust/enrol_scep.c

# Requests of phones without phones; the process by itself.
check_PROGRAMS += tests/make_capf_csr tests/run_enrol
tests_make_capf_csr_SOURCES = tests/make_capf_csr.c
tests_make_capf_csr_LDADD = $(PT_TRUST)
tests_run_enrol_SOURCES = tests/run_enrol.c
tests_run_enrol_LDADD = $(PT_TRUST)

if HAVE_CHECK
check_PROGRAMS += tests/check_enrol tests/check_exec_run
TESTS += tests/check_enrol tests/check_exec_run
tests_check_enrol_SOURCES = tests/check_enrol.c
tests_check_enrol_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_enrol_LDADD = $(EXPIRY_TEST_LIBS)
tests_check_exec_run_SOURCES = tests/check_exec_run.c
tests_check_exec_run_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_exec_run_LDADD = $(EXPIRY_TEST_LIBS)
endif
