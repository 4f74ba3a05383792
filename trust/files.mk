# trust/: names, files to phones, configurations, phones.
trust_libtrust_a_SOURCES += \
    trust/autoreg.c trust/autoreg.h trust/autoreg_check.c \
    trust/cache.c trust/cache.h \
    trust/cache_disk.c trust/cache_disk.h \
    trust/file_config.c trust/file_index.c trust/file_index.h \
    trust/file_list.c trust/file_name.c \
    trust/file_open.c trust/file_open.h \
    trust/file_sign.c trust/file_stamp.c trust/file_stamp.h \
    trust/file_static.c trust/file_store.h \
    trust/files.c trust/files.h \
    trust/folder.c trust/folder.h \
    trust/folder_names.c trust/folder_names.h \
    trust/folder_put.c trust/folder_put.h \
    trust/image.c trust/image.h \
    trust/phone.c trust/phone.h trust/phone_import.c \
    trust/phone_csv.c trust/phone_csv.h \
    trust/stats.c trust/stats.h trust/stats_look.c

if HAVE_CHECK
check_PROGRAMS += tests/check_autoreg tests/check_folder \
    tests/check_folder_rule \
    tests/check_cache tests/check_cache_disk \
    tests/check_file_index tests/check_file_name tests/check_file_open \
    tests/check_file_stamp \
    tests/check_files \
    tests/check_files_static tests/check_files_cache tests/check_image \
    tests/check_phone \
    tests/check_phone_csv tests/check_stats
TESTS += tests/check_autoreg tests/check_folder \
    tests/check_folder_rule \
    tests/check_cache tests/check_cache_disk \
    tests/check_file_index tests/check_file_name tests/check_file_open \
    tests/check_file_stamp \
    tests/check_files \
    tests/check_files_static tests/check_files_cache tests/check_image \
    tests/check_phone \
    tests/check_phone_csv tests/check_stats
tests_check_autoreg_SOURCES = tests/check_autoreg.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_autoreg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_autoreg_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_folder_SOURCES = tests/check_folder.c \
    tests/folder_fix.c tests/folder_fix.h tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_folder_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_folder_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_folder_rule_SOURCES = tests/check_folder_rule.c \
    tests/folder_fix.c tests/folder_fix.h tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_folder_rule_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_folder_rule_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_cache_SOURCES = tests/check_cache.c
tests_check_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cache_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_cache_disk_SOURCES = tests/check_cache_disk.c
tests_check_cache_disk_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cache_disk_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_file_index_SOURCES = tests/check_file_index.c
tests_check_file_index_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_index_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_files_cache_SOURCES = tests/check_files_cache.c tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_files_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_files_cache_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_image_SOURCES = tests/check_image.c
tests_check_image_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_image_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_file_name_SOURCES = tests/check_file_name.c
tests_check_file_name_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_name_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_file_open_SOURCES = tests/check_file_open.c tests/openat2.h
tests_check_file_open_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_open_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_file_stamp_SOURCES = tests/check_file_stamp.c
tests_check_file_stamp_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_stamp_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_files_SOURCES = tests/check_files.c \
    tests/files_fix.c tests/files_fix.h $(FILE_STORE_FIX) tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_files_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_files_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_files_static_SOURCES = tests/check_files_static.c \
    tests/files_fix.c tests/files_fix.h $(FILE_STORE_FIX) tests/openat2.h \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_files_static_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_files_static_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_SOURCES = tests/check_phone.c \
    tests/trust_cluster.c tests/trust_cluster.h
tests_check_phone_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_csv_SOURCES = tests/check_phone_csv.c
tests_check_phone_csv_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_csv_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_stats_SOURCES = tests/check_stats.c
tests_check_stats_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_stats_LDADD = $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += trust/fuzz_autoreg trust/fuzz_cache_slot trust/fuzz_csv trust/fuzz_file_name \
    trust/fuzz_image trust/fuzz_stats
FUZZ_TARGETS += trust/fuzz_autoreg trust/fuzz_cache_slot trust/fuzz_csv trust/fuzz_file_name \
    trust/fuzz_image trust/fuzz_stats
trust_fuzz_autoreg_SOURCES = trust/fuzz_autoreg.c
trust_fuzz_autoreg_LDADD = $(PT_TRUST)
trust_fuzz_cache_slot_SOURCES = trust/fuzz_cache_slot.c
trust_fuzz_cache_slot_LDADD = $(PT_TRUST)
trust_fuzz_image_SOURCES = trust/fuzz_image.c
trust_fuzz_image_LDADD = $(PT_TRUST)
trust_fuzz_csv_SOURCES = trust/fuzz_csv.c
trust_fuzz_csv_LDADD = $(PT_TRUST)
trust_fuzz_file_name_SOURCES = trust/fuzz_file_name.c
trust_fuzz_file_name_LDADD = $(PT_TRUST)
trust_fuzz_stats_SOURCES = trust/fuzz_stats.c
trust_fuzz_stats_LDADD = $(PT_TRUST)
if FUZZ
trust_fuzz_autoreg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
trust_fuzz_cache_slot_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
trust_fuzz_image_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
trust_fuzz_csv_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
trust_fuzz_file_name_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
trust_fuzz_stats_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += trust/fuzz_autoreg trust/fuzz_cache_slot trust/fuzz_csv trust/fuzz_file_name \
    trust/fuzz_image trust/fuzz_stats
trust_fuzz_autoreg_SOURCES += tests/replay.c
trust_fuzz_cache_slot_SOURCES += tests/replay.c
trust_fuzz_image_SOURCES += tests/replay.c
trust_fuzz_csv_SOURCES += tests/replay.c
trust_fuzz_file_name_SOURCES += tests/replay.c
trust_fuzz_stats_SOURCES += tests/replay.c
endif

EXTRA_DIST += \
    tests/corpus/fuzz_autoreg/ask \
    tests/corpus/fuzz_autoreg/ask6 \
    tests/corpus/fuzz_autoreg/cut \
    tests/corpus/fuzz_autoreg/long \
    tests/corpus/fuzz_autoreg/range \
    tests/corpus/fuzz_cache_slot/cut \
    tests/corpus/fuzz_cache_slot/long \
    tests/corpus/fuzz_cache_slot/whole \
    tests/corpus/fuzz_image/cut \
    tests/corpus/fuzz_image/other-name \
    tests/corpus/fuzz_image/sound \
    tests/corpus/fuzz_image/text \
    tests/corpus/fuzz_csv/bad-lines \
    tests/corpus/fuzz_csv/ends \
    tests/corpus/fuzz_csv/plain \
    tests/corpus/fuzz_csv/quoted \
    tests/corpus/fuzz_csv/unknown-column \
    tests/corpus/fuzz_file_name/config \
    tests/corpus/fuzz_file_name/ctl \
    tests/corpus/fuzz_file_name/default \
    tests/corpus/fuzz_file_name/dotdot \
    tests/corpus/fuzz_file_name/dots \
    tests/corpus/fuzz_file_name/enc \
    tests/corpus/fuzz_file_name/folder \
    tests/corpus/fuzz_file_name/itl-lower \
    tests/corpus/fuzz_file_name/notutf8 \
    tests/corpus/fuzz_file_name/suffix \
    tests/corpus/fuzz_file_name/utf8 \
    tests/corpus/fuzz_stats/being-written \
    tests/corpus/fuzz_stats/cut \
    tests/corpus/fuzz_stats/endless-name \
    tests/corpus/fuzz_stats/one-row \
    tests/corpus/fuzz_stats/three-rows
