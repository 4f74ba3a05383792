# What runs whole programs.  Before everything else and the longest first: they
# wait a lot, and what is left for the end is short.

SCRIPT_TESTS = tests/e2e/test_rehearsals.py tests/e2e/test_phones.py \
    tests/e2e/test_enrol.py tests/e2e/test_capf_online.py \
    tests/e2e/test_batch.py tests/e2e/test_phone_tvs.py \
    tests/e2e/test_files.py tests/e2e/test_tftp_line.py \
    tests/e2e/test_capf_ca.py tests/e2e/test_users.py \
    tests/e2e/test_encrypted.py tests/e2e/test_capf_commands.py \
    tests/e2e/test_folder.py tests/e2e/test_watch.py \
    tests/e2e/test_alarm.py tests/e2e/test_srst.py tests/e2e/test_tvs.py \
    tests/e2e/test_cert.py tests/e2e/test_commands.py \
    tests/e2e/test_storm.py tests/e2e/test_capf.py \
    tests/e2e/test_service.py tests/e2e/test_rollout.py \
    tests/e2e/test_listen.py tests/e2e/test_tftp_limits.py \
    tests/e2e/test_http.py tests/e2e/test_cert_import.py \
    tests/e2e/test_boot.py tests/e2e/test_bulk.py \
    tests/e2e/test_profiles.py tests/e2e/test_autoreg.py \
    tests/e2e/test_schema.py \
    tests/e2e/test_capf_mic.py tests/e2e/test_capf_identity.py \
    tests/e2e/test_crl.py \
    tests/e2e/test_file_commands.py tests/e2e/test_phone_files.py \
    tests/e2e/test_prompt.py tests/e2e/test_verify.py \
    tests/layers.py tests/man.py
TESTS += $(SCRIPT_TESTS)
