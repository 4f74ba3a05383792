# phonesim/: the simulated phone; only boot.c opens connections.
noinst_LIBRARIES += %D%/libphonesim.a
%C%_libphonesim_a_SOURCES = \
    %D%/boot.c \
    %D%/memory.c \
    %D%/out.c \
    %D%/phonesim.c %D%/phonesim.h \
    %D%/sim.c %D%/sim.h \
    %D%/sim_fetch.c \
    %D%/sim_mem.c %D%/sim_mem.h \
    %D%/sim_trace.c
bin_PROGRAMS += %D%/phonesim
%C%_phonesim_SOURCES = %D%/main.c
%C%_phonesim_LDADD = %D%/libphonesim.a $(PT_TRUST) $(JANSSON_LIBS)
dist_man_MANS += man/phonesim.1

if HAVE_CHECK
check_LIBRARIES += tests/libsimlab.a
tests_libsimlab_a_SOURCES = tests/sim_lab.c tests/sim_lab.h
tests_libsimlab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
check_PROGRAMS += tests/check_sim
TESTS += tests/check_sim
tests_check_sim_SOURCES = tests/check_sim.c
tests_check_sim_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_LDADD = tests/libsimlab.a %D%/libphonesim.a $(PT_TRUST) \
    $(JANSSON_LIBS) $(PT_CHECK)
endif
