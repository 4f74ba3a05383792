# trust/: phone files from settings and from administrators' XML.
trust_libtrust_a_SOURCES += \
    trust/file_default.c trust/file_copy.c trust/file_enc.c \
    trust/phone_file.c trust/phone_file.h trust/phone_file_enc.c \
    trust/phone_file_make.c trust/phone_file_part.h \
    trust/render.c trust/render.h trust/render_default.c \
    trust/render_edit.c trust/render_env.c trust/render_env.h \
    trust/render_part.c trust/render_part.h trust/render_phone.c \
    trust/render_known.c trust/render_scrub.c trust/render_stub.c \
    trust/sealed.c trust/sealed.h \
    trust/xml.c trust/xml.h trust/xml_edit.c trust/xml_mem.c \
    trust/xml_part.h

if HAVE_CHECK
RENDER_CHECKS = tests/check_file_enc tests/check_file_enc_plain \
    tests/check_files_config tests/check_phone_file \
    tests/check_phone_file_key tests/check_render \
    tests/check_render_env tests/check_render_phone \
    tests/check_render_secret tests/check_render_stub tests/check_sealed \
    tests/check_xml_mem
check_PROGRAMS += $(RENDER_CHECKS)
TESTS += $(RENDER_CHECKS)
FILE_STORE_FIX = tests/file_store_fix.c tests/file_store_fix.h
tests_check_xml_mem_SOURCES = tests/check_xml_mem.c
tests_check_xml_mem_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_xml_mem_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_file_enc_SOURCES = tests/check_file_enc.c \
    tests/file_enc_fix.c tests/file_enc_fix.h $(FILE_STORE_FIX) \
    tests/openat2.h tests/trust_cluster.c tests/trust_cluster.h
tests_check_file_enc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_enc_LDADD = tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_file_enc_plain_SOURCES = tests/check_file_enc_plain.c \
    tests/file_enc_fix.c tests/file_enc_fix.h $(FILE_STORE_FIX) \
    tests/openat2.h tests/trust_cluster.c tests/trust_cluster.h
tests_check_file_enc_plain_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_file_enc_plain_LDADD = tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_files_config_SOURCES = tests/check_files_config.c \
    $(FILE_STORE_FIX) \
    tests/openat2.h tests/trust_cluster.c tests/trust_cluster.h
tests_check_files_config_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_files_config_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_phone_file_SOURCES = tests/check_phone_file.c \
    tests/phone_file_fix.c tests/phone_file_fix.h
tests_check_phone_file_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_file_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_phone_file_key_SOURCES = tests/check_phone_file_key.c \
    tests/phone_file_fix.c tests/phone_file_fix.h
tests_check_phone_file_key_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_phone_file_key_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_render_SOURCES = tests/check_render.c
tests_check_render_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_render_env_SOURCES = tests/check_render_env.c
tests_check_render_env_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_env_LDADD = tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_render_phone_SOURCES = tests/check_render_phone.c \
    tests/render_fix.c tests/render_fix.h
tests_check_render_phone_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_phone_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_render_secret_SOURCES = tests/check_render_secret.c \
    tests/render_fix.c tests/render_fix.h
tests_check_render_secret_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_secret_LDADD = $(PT_TRUST) $(PT_CHECK)
tests_check_render_stub_SOURCES = tests/check_render_stub.c
tests_check_render_stub_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_stub_LDADD = tests/libcertsdata.a $(PT_TRUST) \
    $(PT_CHECK)
tests_check_sealed_SOURCES = tests/check_sealed.c
tests_check_sealed_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sealed_LDADD = $(PT_TRUST) $(PT_CHECK)
endif

check_PROGRAMS += trust/fuzz_render
FUZZ_TARGETS += trust/fuzz_render
trust_fuzz_render_SOURCES = trust/fuzz_render.c
trust_fuzz_render_LDADD = $(PT_TRUST)
if FUZZ
trust_fuzz_render_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += trust/fuzz_render
trust_fuzz_render_SOURCES += tests/replay.c
endif

EXTRA_DIST += \
    tests/corpus/fuzz_render/bomb \
    tests/corpus/fuzz_render/doctype \
    tests/corpus/fuzz_render/external \
    tests/corpus/fuzz_render/hobby \
    tests/corpus/fuzz_render/members \
    tests/corpus/fuzz_render/mixed \
    tests/corpus/fuzz_render/namespaces \
    tests/corpus/fuzz_render/oneline \
    tests/corpus/fuzz_render/secrets \
    tests/corpus/fuzz_render/utf16 \
    tests/corpus/fuzz_render/vendor \
    tests/corpus/fuzz_render/wrong-root \
    tests/data/render/authenticated.out.xml \
    tests/data/render/default.out.xml \
    tests/data/render/full.out.xml \
    tests/data/render/hardened-sccp.out.xml \
    tests/data/render/hardened.out.xml \
    tests/data/render/hobby-3.out.xml \
    tests/data/render/hobby.out.xml \
    tests/data/render/hobby.xml \
    tests/data/render/minimal-1.out.xml \
    tests/data/render/minimal-3.out.xml \
    tests/data/render/minimal-v6.out.xml \
    tests/data/render/oneline.out.xml \
    tests/data/render/oneline.xml \
    tests/data/render/own-hardened.out.xml \
    tests/data/render/plain.out.xml \
    tests/data/render/sccp-6901.out.xml \
    tests/data/render/sccp-6921.out.xml \
    tests/data/render/sccp-7905.out.xml \
    tests/data/render/sccp-7941.out.xml \
    tests/data/render/sccp-7942.out.xml \
    tests/data/render/sccp-7960.out.xml \
    tests/data/render/sccp-8945.out.xml \
    tests/data/render/sccp-unknown.out.xml \
    tests/data/render/sip-6901.out.xml \
    tests/data/render/sip-6921.out.xml \
    tests/data/render/sip-7841.out.xml \
    tests/data/render/sip-7905.out.xml \
    tests/data/render/sip-7941.out.xml \
    tests/data/render/sip-7942.out.xml \
    tests/data/render/sip-7960.out.xml \
    tests/data/render/sip-8861.out.xml \
    tests/data/render/sip-8945.out.xml \
    tests/data/render/sip-9971.out.xml \
    tests/data/render/sip-unknown.out.xml \
    tests/data/render/when-ready.out.xml \
    tests/data/render/windows.out.xml \
    tests/data/render/windows.xml
