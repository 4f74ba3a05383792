# trust/: the node, its own certificates, the ITL, acceptance, explanations.
trust_libtrust_a_SOURCES += \
    trust/accept.c trust/accept.h trust/accept_name.c \
    trust/accept_memo.c trust/accept_memo.h \
    trust/accept_capf.c trust/accept_part.h \
    trust/accept_server.c trust/accept_tvs.c \
    trust/capf_proof.c trust/capf_proof.h \
    trust/cert_use.c trust/cert_use.h \
    trust/confirm.c trust/confirm.h \
    trust/explain.c trust/explain.h \
    trust/itl.c trust/itl.h \
    trust/keeper.c trust/keeper.h \
    trust/daemon.c trust/daemon.h trust/keeper_watch.c trust/keeper_watch.h \
    trust/leftover.c trust/leftover.h \
    trust/node.c trust/node.h trust/node_init.c trust/node_spec.c \
    trust/own.c trust/own.h trust/own_make.c \
    trust/own_capf.c trust/own_capf.h \
    trust/own_order.c trust/own_order.h \
    trust/own_stage.c trust/own_stage.h \
    trust/own_watch.c trust/own_watch.h \
    trust/own_subject.c trust/own_subject.h \
    trust/saved_sql.c trust/saved_sql.h \
    trust/trust_unit.c trust/trust_unit.h \
    trust/vendor_ca.c trust/vendor_ca.h
include trust/import.mk

if HAVE_CHECK
check_PROGRAMS += tests/check_capf_proof
TESTS += tests/check_capf_proof
tests_check_capf_proof_SOURCES = tests/check_capf_proof.c
tests_check_capf_proof_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_capf_proof_LDADD = tests/libcapfdata.a tests/libcalab.a \
    tests/libcertsdata.a tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_confirm
TESTS += tests/check_confirm
tests_check_confirm_SOURCES = tests/check_confirm.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_confirm_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_confirm_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_own_watch
TESTS += tests/check_own_watch
tests_check_own_watch_SOURCES = tests/check_own_watch.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_own_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_own_watch_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_own_capf
TESTS += tests/check_own_capf
tests_check_own_capf_SOURCES = tests/check_own_capf.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_own_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_own_capf_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_own_stage
TESTS += tests/check_own_stage
tests_check_own_stage_SOURCES = tests/check_own_stage.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_own_stage_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_own_stage_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_trust_unit
TESTS += tests/check_trust_unit
tests_check_trust_unit_SOURCES = tests/check_trust_unit.c
tests_check_trust_unit_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_trust_unit_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_keeper
TESTS += tests/check_keeper
tests_check_keeper_SOURCES = tests/check_keeper.c
tests_check_keeper_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_keeper_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_accept
TESTS += tests/check_accept
tests_check_accept_SOURCES = tests/check_accept.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_accept_file
TESTS += tests/check_accept_file
tests_check_accept_file_SOURCES = tests/check_accept_file.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_file_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_file_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_saved_sql
TESTS += tests/check_saved_sql
tests_check_saved_sql_SOURCES = tests/check_saved_sql.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_saved_sql_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_saved_sql_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_accept_memo
TESTS += tests/check_accept_memo
tests_check_accept_memo_SOURCES = tests/check_accept_memo.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_memo_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_memo_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_accept_tvs
TESTS += tests/check_accept_tvs
tests_check_accept_tvs_SOURCES = tests/check_accept_tvs.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_tvs_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_tvs_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_accept_capf
TESTS += tests/check_accept_capf
tests_check_accept_capf_SOURCES = tests/check_accept_capf.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_capf_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_accept_server
TESTS += tests/check_accept_server
tests_check_accept_server_SOURCES = tests/check_accept_server.c \
    tests/accept_fixture.c tests/accept_fixture.h
tests_check_accept_server_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_accept_server_LDADD = trust/libtrust.a $(PT_CERTS) $(PT_CHECK)

check_PROGRAMS += tests/check_own
TESTS += tests/check_own
tests_check_own_SOURCES = tests/check_own.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_own_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_own_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_explain
TESTS += tests/check_explain
tests_check_explain_SOURCES = tests/check_explain.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_explain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_explain_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_itl
TESTS += tests/check_itl
tests_check_itl_SOURCES = tests/check_itl.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_itl_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_itl_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_leftover
TESTS += tests/check_leftover
tests_check_leftover_SOURCES = tests/check_leftover.c \
    tests/crash_vfs.c tests/crash_vfs.h \
    tests/node_fixture.c tests/node_fixture.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_leftover_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_leftover_LDADD = $(PT_TRUST) $(PT_CHECK)

check_PROGRAMS += tests/check_node
TESTS += tests/check_node
tests_check_node_SOURCES = tests/check_node.c \
    tests/node_fixture.c tests/node_fixture.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_node_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_node_LDADD = $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += trust/fuzz_accept
FUZZ_TARGETS += trust/fuzz_accept
trust_fuzz_accept_SOURCES = trust/fuzz_accept.c
trust_fuzz_accept_LDADD = trust/libtrust.a $(PT_CERTS)
if FUZZ
trust_fuzz_accept_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += trust/fuzz_accept
trust_fuzz_accept_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_accept/blank-ctl \
    tests/corpus/fuzz_accept/blank-itl \
    tests/corpus/fuzz_accept/blank-plain \
    tests/corpus/fuzz_accept/ctl-signed-file \
    tests/corpus/fuzz_accept/itl-next-itl \
    tests/corpus/fuzz_accept/itl-stranger \
    tests/corpus/fuzz_accept/itl-tvs-file \
    tests/corpus/fuzz_accept/itl-tvs-gateway \
    tests/corpus/fuzz_accept/itl-tvs-list \
    tests/corpus/fuzz_accept/itl-tvs-no
