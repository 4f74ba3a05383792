# The harness: what the folders' own fragments do not bring themselves.
# Each folder adds its check_*.c and fuzz_*.c to check_PROGRAMS and TESTS.

TEST_EXTENSIONS = .py .sh
PY_LOG_COMPILER = $(PYTHON)
SH_LOG_COMPILER = bash
AM_TESTS_ENVIRONMENT = \
    top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
    top_builddir='$(abs_top_builddir)'; export top_builddir; \
    PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
    CK_TIMEOUT_MULTIPLIER=20; export CK_TIMEOUT_MULTIPLIER; \
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:quarantine_size_mb=32; export ASAN_OPTIONS; \
    UBSAN_OPTIONS=print_stacktrace=1; export UBSAN_OPTIONS;

if HAVE_CHECK
check_LIBRARIES += %D%/libquickkeys.a
%C%_libquickkeys_a_SOURCES = %D%/quick_keys.c %D%/slow.h
endif

EXTRA_DIST += %D%/schema
dist_check_SCRIPTS = $(SCRIPT_TESTS)
EXTRA_DIST += %D%/e2e/capf_requests.py %D%/e2e/est_server.py %D%/e2e/gateway.py %D%/e2e/node.py %D%/e2e/relay.py %D%/e2e/scep_server.py %D%/e2e/sftp_server.py %D%/replay.c %D%/fuzz.sh %D%/valgrind.sh \
    docs/examples/SEP0011223344AA.cnf.xml docs/examples/dialplan.xml \
    docs/examples/phones.csv .ci/run
# Scripts (scripts.mk) run the programs: those must be there before any test starts.
$(SCRIPT_TESTS:.py=.log): $(bin_PROGRAMS) $(sbin_PROGRAMS) $(nodist_man_MANS)

# Unit tests under valgrind; CK_FORK=no so that it sees the test itself.  Tests
# that need a second process say so and leave those cases out.
VALGRIND_TESTS = $(check_PROGRAMS)
# Those that take more than 8 s of processor time there, and those whose clients
# have short deadlines: the quick run is without these.
VALGRIND_SLOW = accept accept_capf accept_file accept_memo accept_server \
    accept_tvs \
    alarm alarm_channel anchors autoreg bundle bundle_move capf capf_ask \
    capf_begin \
    capf_cli capf_close capf_confirm capf_crash capf_end capf_profile \
    capf_proof capf_sign capf_step capf_tuning capf_unasked capf_writer \
    capf_wrong \
    cert_cache cert_import cert_import_key cert_import_many \
    cert_import_trust chain confirm container csr_own ctl_asking db_capf \
    db_crash db_disk db_observed db_observed_ask db_open db_shadow db_tx \
    device_key effective enc_file enrol expiry explain file_enc \
    file_enc_plain files files_static files_cache files_config held http_tls \
    http_wait \
    itl key key_use leftover listen_plan listen_set lsc lsc_issuer msg \
    msg_loop msg_talk node own own_capf own_stage own_watch phone \
    phone_file phone_file_key phone_plain phone_set pkcs12 places profile \
    profile_rules \
    provider_sign provider_tls provider_x509 render_phone render_secret \
    revocation rollout saved_sql scep sealed sign sign_nonsense sim sim_capf \
    sim_cli \
    sim_enrol sim_https sim_keys sim_tvs store storm storm_enrol storm_get \
    tftp_server tftp_transfer tls trust_store tvs_service user user_hash \
    user_import verify verify_chain verify_openssl verify_tls view vouch \
    vouch_name web \
    writer
.PHONY: valgrind valgrind-quick fuzz
valgrind-quick:
	+@$(MAKE) $(AM_MAKEFLAGS) valgrind VALGRIND_TESTS='$(filter-out \
	    $(addprefix tests/check_,$(VALGRIND_SLOW)),$(VALGRIND_TESTS))'
valgrind: $(check_PROGRAMS)
	@$(AM_TESTS_ENVIRONMENT) CK_FORK=no; CK_TIMEOUT_MULTIPLIER=50; \
	export CK_FORK CK_TIMEOUT_MULTIPLIER; \
	printf '%s\n' $(filter tests/check_%,$(VALGRIND_TESTS)) | \
	    xargs -P $$(nproc) -n 1 bash $(srcdir)/tests/valgrind.sh \
	    > tests/valgrind.out; rc=$$?; cat tests/valgrind.out; \
	echo "# PASS:  $$(grep -c ^PASS: tests/valgrind.out)"; \
	echo "# SKIP:  $$(grep -c ^SKIP: tests/valgrind.out)"; \
	echo "# FAIL:  $$(grep -c ^FAIL: tests/valgrind.out)"; exit $$rc

# libFuzzer over every target, from its corpus, FUZZ_SECONDS each.
FUZZ_SECONDS = 60
fuzz:
	bash $(top_srcdir)/tests/fuzz.sh '$(abs_top_srcdir)' '$(abs_top_builddir)/build-fuzz' \
	    $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# The installed programs find one another; needs only python3.
# make distcheck DISTCHECK_MORE=valgrind-quick: what it has built is there for that.
DISTCHECK_MORE =
installcheck-local: $(DISTCHECK_MORE)
	$(AM_TESTS_ENVIRONMENT) PHONETRUST_PREFIX='$(DESTDIR)$(prefix)'; export PHONETRUST_PREFIX; \
	$(PYTHON) $(top_srcdir)/tests/e2e/test_boot.py test_first_and_second_boot

clean-local:
	rm -f tests/*.valgrind.log tests/valgrind.out
