# phonesim/: the simulated phone; only boot.c and storm_* open connections.
noinst_LIBRARIES += %D%/libphonesim.a
%C%_libphonesim_a_SOURCES = \
    %D%/boot.c \
    %D%/capf.c \
    %D%/capf_call.c %D%/capf_call.h \
    %D%/memory.c \
    %D%/opts_capf.c \
    %D%/out.c \
    %D%/phonesim.c %D%/phonesim.h \
    %D%/sim.c %D%/sim.h \
    %D%/sim_ask.c \
    %D%/sim_capf.c %D%/sim_capf.h \
    %D%/sim_capf_proof.c \
    %D%/sim_capf_text.c \
    %D%/sim_enrol.c \
    %D%/sim_fetch.c \
    %D%/sim_keys.c %D%/sim_keys.h \
    %D%/sim_mem.c %D%/sim_mem.h \
    %D%/sim_next.c \
    %D%/sim_run.c \
    %D%/sim_trace.c \
    %D%/storm.c %D%/storm.h \
    %D%/storm_boot.c \
    %D%/storm_enrol.c %D%/storm_part.h \
    %D%/storm_get.c %D%/storm_get.h \
    %D%/storm_http.c \
    %D%/storm_keys.c %D%/storm_keys.h \
    %D%/storm_msg.c %D%/storm_msg.h \
    %D%/storm_plan.c %D%/storm_plan.h \
    %D%/storm_sum.c %D%/storm_sum.h \
    %D%/storm_tftp.c \
    %D%/tvs_ask.c %D%/tvs_ask.h \
    %D%/tvs_cache.c %D%/tvs_cache.h \
    %D%/tvs_call.c %D%/tvs_call.h \
    %D%/tvs_test.c
bin_PROGRAMS += %D%/phonesim
%C%_phonesim_SOURCES = %D%/main.c
%C%_phonesim_LDADD = %D%/libphonesim.a $(PT_TRUST) $(JANSSON_LIBS)
dist_man_MANS += man/phonesim.1

if HAVE_CHECK
SIM_CHECKS = tests/check_capf_call tests/check_capf_cli tests/check_sim_capf \
    tests/check_sim_capf_text tests/check_sim_enrol tests/check_sim_keys \
    tests/check_sim tests/check_sim_cli tests/check_sim_fetch \
    tests/check_sim_https tests/check_sim_mem tests/check_sim_trace tests/check_storm \
    tests/check_storm_enrol tests/check_storm_get tests/check_storm_keys \
    tests/check_storm_msg tests/check_storm_plan \
    tests/check_storm_sum tests/check_sim_tvs tests/check_tvs_ask \
    tests/check_tvs_cache tests/check_tvs_call
SIM_CHECK_LDADD = tests/libsimlab.a %D%/libphonesim.a $(PT_TRUST) \
    $(JANSSON_LIBS) $(PT_CHECK)
check_LIBRARIES += tests/libsimlab.a
check_PROGRAMS += $(SIM_CHECKS)
TESTS += $(SIM_CHECKS)
tests_libsimlab_a_SOURCES = tests/sim_lab.c tests/sim_lab.h \
    tests/sim_server.c tests/sim_server.h
tests_libsimlab_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
check_LIBRARIES += tests/libcapfpeer.a
tests_libcapfpeer_a_SOURCES = tests/capf_peer.c tests/capf_peer.h
tests_libcapfpeer_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
SIM_CAPF_LDADD = tests/libcapfpeer.a tests/libcapfdata.a \
    tests/libmsglab.a tests/libcertsdata.a $(SIM_CHECK_LDADD)
tests_check_capf_call_SOURCES = tests/check_capf_call.c
tests_check_capf_call_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_call_LDADD = $(SIM_CAPF_LDADD)
tests_check_capf_cli_SOURCES = tests/check_capf_cli.c
tests_check_capf_cli_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_cli_LDADD = $(SIM_CAPF_LDADD)
tests_check_sim_capf_SOURCES = tests/check_sim_capf.c
tests_check_sim_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_capf_LDADD = $(SIM_CAPF_LDADD)
tests_check_sim_capf_text_SOURCES = tests/check_sim_capf_text.c
tests_check_sim_capf_text_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_capf_text_LDADD = $(SIM_CAPF_LDADD)
tests_check_sim_enrol_SOURCES = tests/check_sim_enrol.c
tests_check_sim_enrol_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_enrol_LDADD = $(SIM_CAPF_LDADD)
tests_check_sim_keys_SOURCES = tests/check_sim_keys.c
tests_check_sim_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_keys_LDADD = $(SIM_CAPF_LDADD)
tests_check_sim_SOURCES = tests/check_sim.c
tests_check_sim_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_cli_SOURCES = tests/check_sim_cli.c
tests_check_sim_cli_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_cli_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_fetch_SOURCES = tests/check_sim_fetch.c
tests_check_sim_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_fetch_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_https_SOURCES = tests/check_sim_https.c
tests_check_sim_https_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_https_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_mem_SOURCES = tests/check_sim_mem.c
tests_check_sim_mem_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_mem_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_trace_SOURCES = tests/check_sim_trace.c
tests_check_sim_trace_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_trace_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_SOURCES = tests/check_storm.c
tests_check_storm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_keys_SOURCES = tests/check_storm_keys.c
tests_check_storm_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_keys_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_enrol_SOURCES = tests/check_storm_enrol.c
tests_check_storm_enrol_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_enrol_LDADD = $(SIM_CAPF_LDADD)
tests_check_storm_get_SOURCES = tests/check_storm_get.c
tests_check_storm_get_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_get_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_msg_SOURCES = tests/check_storm_msg.c
tests_check_storm_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_msg_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_plan_SOURCES = tests/check_storm_plan.c
tests_check_storm_plan_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_plan_LDADD = $(SIM_CHECK_LDADD)
tests_check_storm_sum_SOURCES = tests/check_storm_sum.c
tests_check_storm_sum_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_storm_sum_LDADD = $(SIM_CHECK_LDADD)
tests_check_sim_tvs_SOURCES = tests/check_sim_tvs.c
tests_check_sim_tvs_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sim_tvs_LDADD = $(SIM_CHECK_LDADD)
tests_check_tvs_ask_SOURCES = tests/check_tvs_ask.c
tests_check_tvs_ask_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tvs_ask_LDADD = tests/libcertsdata.a $(SIM_CHECK_LDADD)
tests_check_tvs_cache_SOURCES = tests/check_tvs_cache.c
tests_check_tvs_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tvs_cache_LDADD = tests/libcertsdata.a $(SIM_CHECK_LDADD)
tests_check_tvs_call_SOURCES = tests/check_tvs_call.c
tests_check_tvs_call_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tvs_call_LDADD = tests/libmsglab.a tests/libcertsdata.a \
    $(SIM_CHECK_LDADD)
endif

check_PROGRAMS += %D%/fuzz_storm_msg
FUZZ_TARGETS += %D%/fuzz_storm_msg
%C%_fuzz_storm_msg_SOURCES = %D%/fuzz_storm_msg.c
%C%_fuzz_storm_msg_LDADD = %D%/libphonesim.a $(PT_BASE)
if FUZZ
%C%_fuzz_storm_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_storm_msg
%C%_fuzz_storm_msg_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_storm_msg/data \
    tests/corpus/fuzz_storm_msg/error \
    tests/corpus/fuzz_storm_msg/missing.http \
    tests/corpus/fuzz_storm_msg/oack \
    tests/corpus/fuzz_storm_msg/ok.http
