noinst_LIBRARIES += %D%/libctltool.a
%C%_libctltool_a_SOURCES = \
    %D%/alarm_text.c %D%/alarm_text.h \
    %D%/ask.c %D%/ask.h \
    %D%/bar.c %D%/bar.h \
    %D%/asked.c %D%/asked.h \
    %D%/bar.c %D%/bar.h %D%/batch.c %D%/batch.h \
    %D%/cluster_password.c %D%/cluster_password.h \
    %D%/cmd.c %D%/cmd.h \
    %D%/cert_args.c %D%/cert_args.h \
    %D%/cmd_cert.c %D%/cmd_cert_stage.c %D%/cmd_cert_subject.c \
    %D%/cmd_recovery.c %D%/cmd_cert_export.c %D%/cmd_tls.c %D%/cmd_vendor_ca.c \
    %D%/cmd_cert_trust.c %D%/cert_rows.c %D%/cert_rows.h \
    %D%/cert_show.c %D%/cert_show.h \
    %D%/cmd_cert_alarm.c %D%/cmd_cert_expiry.c %D%/cmd_table_expiry.c \
    %D%/cmd_table_cert.c \
    %D%/bulk_place.c %D%/bulk_place.h \
    %D%/bulk_text.c %D%/bulk_text.h \
    %D%/cmd_bulk.c %D%/cmd_bulk_import.c %D%/cmd_table_bulk.c \
    %D%/cmd_capf_mic.c %D%/cmd_table_capf_mic.c \
    %D%/capf_csr.h %D%/cmd_capf_csr.c %D%/cmd_capf_dump.c \
    %D%/cmd_capf_import.c %D%/cmd_table_capf_csr.c \
    %D%/cert_folder.c %D%/cert_folder.h \
    %D%/cert_walk.c %D%/cert_walk.h \
    %D%/cert_files.c %D%/cert_files.h \
    %D%/cert_import.h \
    %D%/cert_json.c %D%/cert_json.h \
    %D%/cmd_cert_import.c %D%/cmd_crl.c %D%/cmd_csr.c %D%/cmd_csr_show.c \
    %D%/csr_say.c %D%/csr_say.h \
    %D%/cmd_table_import.c %D%/cmd_trust_import.c \
    %D%/capf_asking.c %D%/capf_asking.h \
    %D%/capf_text.c %D%/capf_text.h \
    %D%/cmd_capf.c %D%/cmd_capf_ca.c %D%/cmd_capf_cancel.c \
    %D%/cmd_capf_keep.c \
    %D%/lsc_issuer.c %D%/lsc_issuer.h \
    %D%/cmd_capf_lsc.c %D%/cmd_capf_profile.c %D%/cmd_capf_revoke.c \
    %D%/cmd_capf_status.c %D%/cmd_capf_string.c %D%/cmd_table_capf.c \
    %D%/cmd_explain.c \
    %D%/cmd_file.c %D%/cmd_file_get.c %D%/cmd_file_verify.c \
    %D%/cmd_file_view.c \
    %D%/cmd_import.c %D%/cmd_user_import.c \
    %D%/csv_out.c %D%/csv_out.h %D%/importing.c %D%/importing.h \
    %D%/cmd_node.c \
    %D%/cmd_model.c \
    %D%/cmd_param.c \
    %D%/cmd_export.c \
    %D%/cmd_phone.c %D%/cmd_phone_list.c %D%/cmd_phone_remove.c \
    %D%/cmd_phone_set.c \
    %D%/cmd_phone_show.c %D%/cmd_table_phone.c %D%/cmd_user.c \
    %D%/cmd_login.c %D%/cmd_table_user.c %D%/cmd_user_secret.c \
    %D%/cmd_user_show.c %D%/login_text.c %D%/login_text.h \
    %D%/removal.c %D%/removal.h %D%/user_text.c %D%/user_text.h \
    %D%/user_try.c %D%/user_try.h \
    %D%/phone_args.c %D%/phone_args.h \
    %D%/phone_column.c %D%/phone_column.h \
    %D%/phone_plain.c %D%/phone_plain.h \
    %D%/phone_sealed.c %D%/phone_sealed.h \
    %D%/phone_json.c %D%/phone_json.h \
    %D%/phone_which.c %D%/phone_which.h \
    %D%/secret_in.c %D%/secret_in.h \
    %D%/cmd_profile.c %D%/cmd_profile_show.c \
    %D%/cmd_service.c \
    %D%/cmd_show.c %D%/cmd_sql.c \
    %D%/cmd_srst.c %D%/cmd_srst_cert.c %D%/cmd_srst_show.c \
    %D%/cmd_table_srst.c %D%/srst_text.c %D%/srst_text.h \
    %D%/cmd_tvs.c \
    %D%/cmd_watch.c %D%/cmd_watch_rollout.c \
    %D%/complete.c %D%/complete.h \
    %D%/ctl.c %D%/ctl.h \
    %D%/elsewhere.c %D%/elsewhere.h \
    %D%/file_walk.c %D%/file_walk.h \
    %D%/listen_text.c %D%/listen_text.h \
    %D%/folder_text.c %D%/folder_text.h \
    %D%/follow.c %D%/follow.h \
    %D%/help.c %D%/help.h \
    %D%/history.c %D%/history.h \
    %D%/list_plan.c %D%/list_plan.h \
    %D%/match.c \
    %D%/mdoc.c %D%/mdoc.h \
    %D%/meant.c %D%/meant.h \
    %D%/node_text.c %D%/node_text.h \
    %D%/opening.c %D%/opening.h \
    %D%/out.c %D%/out.h \
    %D%/pager.c %D%/pager.h \
    %D%/parse.c \
    %D%/prompt.c %D%/prompt.h \
    %D%/rehearse.c %D%/rehearse.h \
    %D%/replay.c %D%/replay.h \
    %D%/role.c %D%/role.h \
    %D%/service.c %D%/service.h \
    %D%/shell.c %D%/shell.h \
    %D%/settings.c %D%/settings.h \
    %D%/show_list.c %D%/show_list.h \
    %D%/show_list_json.c \
    %D%/show_text.c \
    %D%/typed.c %D%/typed.h \
    %D%/watch.c %D%/watch.h \
    %D%/watch_rollout.c %D%/watch_rollout.h \
    %D%/watch_text.c %D%/watch_wait.c %D%/watch_wait.h \
    %D%/words.c %D%/words.h

bin_PROGRAMS += %D%/ctltool
%C%_ctltool_SOURCES = %D%/main.c
%C%_ctltool_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS)

dist_bashcompletion_DATA = completions/ctltool completions/phonesim
dist_man_MANS += man/phonetrust-bundle.5 man/phonetrust-ca.5 \
    man/phonetrust-state.5

# Pages with a table of the programs: the table writes itself.
noinst_PROGRAMS += %D%/mkman
%C%_mkman_SOURCES = %D%/mkman.c
%C%_mkman_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS)
nodist_man_MANS += man/ctltool.8 man/phonetrust-params.5
EXTRA_DIST += man/ctltool.8.in man/phonetrust-params.5.in
CLEANFILES += man/ctltool.8 man/phonetrust-params.5
man/ctltool.8: man/ctltool.8.in %D%/mkman$(EXEEXT)
	@$(MKDIR_P) man
	$(AM_V_GEN)%D%/mkman$(EXEEXT) < $(top_srcdir)/man/ctltool.8.in > $@.tmp \
	    && mv $@.tmp $@
man/phonetrust-params.5: man/phonetrust-params.5.in %D%/mkman$(EXEEXT)
	@$(MKDIR_P) man
	$(AM_V_GEN)%D%/mkman$(EXEEXT) < $(top_srcdir)/man/phonetrust-params.5.in \
	    > $@.tmp && mv $@.tmp $@

if HAVE_CHECK
check_PROGRAMS += tests/check_ctl_elsewhere
TESTS += tests/check_ctl_elsewhere
tests_check_ctl_elsewhere_SOURCES = tests/check_ctl_elsewhere.c
tests_check_ctl_elsewhere_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_elsewhere_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_cert_walk
TESTS += tests/check_cert_walk
tests_check_cert_walk_SOURCES = tests/check_cert_walk.c
tests_check_cert_walk_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_walk_LDADD = %D%/libctltool.a $(PT_BASE) $(PT_CHECK)

check_PROGRAMS += tests/check_phone_json tests/check_ctl_phone
TESTS += tests/check_phone_json tests/check_ctl_phone
tests_check_phone_json_SOURCES = tests/check_phone_json.c
tests_check_phone_json_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_json_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)
tests_check_ctl_phone_SOURCES = tests/check_ctl_phone.c
tests_check_ctl_phone_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_phone_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_ctl_asking tests/check_ctl_capf
TESTS += tests/check_ctl_asking tests/check_ctl_capf
tests_check_ctl_capf_SOURCES = tests/check_ctl_capf.c
tests_check_ctl_capf_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_capf_LDADD = tests/libdbfix.a %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)
tests_check_ctl_asking_SOURCES = tests/check_ctl_asking.c
tests_check_ctl_asking_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_asking_LDADD = tests/libdbfix.a %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_ctl_import
TESTS += tests/check_ctl_import
tests_check_ctl_import_SOURCES = tests/check_ctl_import.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_ctl_import_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_import_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_lsc_issuer
TESTS += tests/check_lsc_issuer
tests_check_lsc_issuer_SOURCES = tests/check_lsc_issuer.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_lsc_issuer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_lsc_issuer_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_ctl_settings
TESTS += tests/check_ctl_settings
tests_check_ctl_settings_SOURCES = tests/check_ctl_settings.c
tests_check_ctl_settings_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_settings_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)

check_PROGRAMS += tests/check_ctl_batch tests/check_ctl_cmd \
    tests/check_ctl_history tests/check_ctl_mdoc tests/check_ctl_out \
    tests/check_ctl_pager tests/check_ctl_replay tests/check_ctl_show_list \
    tests/check_ctl_typed tests/check_ctl_watch tests/check_ctl_words
TESTS += tests/check_ctl_batch tests/check_ctl_cmd tests/check_ctl_history \
    tests/check_ctl_mdoc tests/check_ctl_out tests/check_ctl_pager \
    tests/check_ctl_replay tests/check_ctl_show_list tests/check_ctl_typed \
    tests/check_ctl_watch tests/check_ctl_words
tests_check_ctl_batch_SOURCES = tests/check_ctl_batch.c
tests_check_ctl_batch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_batch_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_history_SOURCES = tests/check_ctl_history.c
tests_check_ctl_history_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_history_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_mdoc_SOURCES = tests/check_ctl_mdoc.c
tests_check_ctl_mdoc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_mdoc_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_pager_SOURCES = tests/check_ctl_pager.c
tests_check_ctl_pager_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_pager_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_replay_SOURCES = tests/check_ctl_replay.c
tests_check_ctl_replay_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_replay_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_typed_SOURCES = tests/check_ctl_typed.c
tests_check_ctl_typed_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_typed_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_words_SOURCES = tests/check_ctl_words.c
tests_check_ctl_words_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_words_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_cmd_SOURCES = tests/check_ctl_cmd.c
tests_check_ctl_cmd_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_cmd_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_out_SOURCES = tests/check_ctl_out.c
tests_check_ctl_out_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_out_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
tests_check_ctl_show_list_SOURCES = tests/check_ctl_show_list.c
tests_check_ctl_show_list_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_show_list_LDADD = %D%/libctltool.a $(PT_TRUST) \
    $(PT_CTL_LIBS) $(PT_CHECK)
tests_check_ctl_watch_SOURCES = tests/check_ctl_watch.c
tests_check_ctl_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_ctl_watch_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS) \
    $(PT_CHECK)
endif
check_PROGRAMS += %D%/fuzz_words
FUZZ_TARGETS += %D%/fuzz_words
%C%_fuzz_words_SOURCES = %D%/fuzz_words.c
%C%_fuzz_words_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS)
if FUZZ
%C%_fuzz_words_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_words
%C%_fuzz_words_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_words/batch \
    tests/corpus/fuzz_words/help \
    tests/corpus/fuzz_words/odd \
    tests/corpus/fuzz_words/open \
    tests/corpus/fuzz_words/words \
    tests/data/show/CTLFile.sha512.txt \
    tests/data/show/ITLFile.cucm-layout.txt \
    tests/data/show/ITLFile.rollback-stubs.txt \
    tests/data/show/ITLFile.sastonly.txt \
    tests/data/show/ITLFile.sha1.v10.txt \
    tests/data/show/ITLFile.sha1.v11.txt \
    tests/data/show/ITLFile.sha512.v10.txt \
    tests/data/show/ITLFile.sha512.v11.txt

check_PROGRAMS += %D%/fuzz_phone_json
FUZZ_TARGETS += %D%/fuzz_phone_json
%C%_fuzz_phone_json_SOURCES = %D%/fuzz_phone_json.c
%C%_fuzz_phone_json_LDADD = %D%/libctltool.a $(PT_TRUST) $(PT_CTL_LIBS)
if FUZZ
%C%_fuzz_phone_json_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += %D%/fuzz_phone_json
%C%_fuzz_phone_json_SOURCES += tests/replay.c
endif
EXTRA_DIST += \
    tests/corpus/fuzz_phone_json/array.json \
    tests/corpus/fuzz_phone_json/bad.json \
    tests/corpus/fuzz_phone_json/lines.jsonl
