noinst_LIBRARIES += %D%/libcerts.a
%C%_libcerts_a_SOURCES = \
    %D%/cert.c %D%/cert.h \
    %D%/cert_build.c \
    %D%/cert_name.c \
    %D%/enc_build.c \
    %D%/enc_file.c %D%/enc_file.h %D%/enc_part.h \
    %D%/identity.c %D%/identity.h \
    %D%/internal.h \
    %D%/key.c %D%/key.h \
    %D%/key_use.c \
    %D%/list.c %D%/list.h \
    %D%/list_build.c \
    %D%/ossl.c \
    %D%/sign.c %D%/sign.h \
    %D%/sign_msg.c %D%/sign_msg.h \
    %D%/sign_serve.c \
    %D%/signed.c %D%/signed.h \
    %D%/tls.c %D%/tls.h \
    %D%/tlv.c %D%/tlv.h \
    %D%/tlv_build.c \
    %D%/tlv_verify.c \
    %D%/msg_out.c %D%/msg_out.h %D%/tvs_msg.c %D%/tvs_msg.h
include certs/capf.mk
include certs/container.mk
include certs/provider.mk
include certs/store.mk

if HAVE_CHECK
check_LIBRARIES += tests/libcertsdata.a
tests_libcertsdata_a_SOURCES = tests/certs_data.c tests/certs_data.h \
    tests/premaster.c tests/premaster.h \
    tests/signer_process.c tests/signer_process.h \
    tests/tls_ends.c tests/tls_ends.h
tests_libcertsdata_a_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
CERTS_CHECK = tests/libcertsdata.a $(PT_CERTS) $(PT_CHECK)

CERT_CHECKS = tests/check_cert tests/check_cert_build tests/check_cert_odd \
    tests/check_enc_file tests/check_key tests/check_list \
    tests/check_list_build tests/check_list_verify tests/check_sign \
    tests/check_sign_nonsense \
    tests/check_signed tests/check_tls tests/check_tlv tests/check_tvs_msg
check_PROGRAMS += $(CERT_CHECKS)
TESTS += $(CERT_CHECKS)
tests_check_cert_SOURCES = tests/check_cert.c
tests_check_cert_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_LDADD = $(CERTS_CHECK)
tests_check_cert_build_SOURCES = tests/check_cert_build.c
tests_check_cert_build_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_build_LDADD = $(CERTS_CHECK)
tests_check_cert_odd_SOURCES = tests/check_cert_odd.c
tests_check_cert_odd_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_cert_odd_LDADD = $(CERTS_CHECK)
tests_check_enc_file_SOURCES = tests/check_enc_file.c
tests_check_enc_file_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_enc_file_LDADD = $(CERTS_CHECK)
tests_check_key_SOURCES = tests/check_key.c
tests_check_key_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_key_LDADD = tests/libcertsdata.a $(PT_CERTS) $(CHECK_LIBS)
tests_check_list_SOURCES = tests/check_list.c
tests_check_list_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_list_LDADD = $(CERTS_CHECK)
tests_check_list_build_SOURCES = tests/check_list_build.c
tests_check_list_build_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_list_build_LDADD = $(CERTS_CHECK)
tests_check_list_verify_SOURCES = tests/check_list_verify.c
tests_check_list_verify_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_list_verify_LDADD = $(CERTS_CHECK)
tests_check_sign_SOURCES = tests/check_sign.c \
    tests/sign_fix.c tests/sign_fix.h
tests_check_sign_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sign_LDADD = $(CERTS_CHECK)
tests_check_sign_nonsense_SOURCES = tests/check_sign_nonsense.c \
    tests/sign_fix.c tests/sign_fix.h
tests_check_sign_nonsense_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_sign_nonsense_LDADD = $(CERTS_CHECK)
tests_check_signed_SOURCES = tests/check_signed.c
tests_check_signed_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_signed_LDADD = $(CERTS_CHECK)
tests_check_tls_SOURCES = tests/check_tls.c
tests_check_tls_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tls_LDADD = $(CERTS_CHECK)
tests_check_tlv_SOURCES = tests/check_tlv.c
tests_check_tlv_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tlv_LDADD = $(CERTS_CHECK)
tests_check_tvs_msg_SOURCES = tests/check_tvs_msg.c
tests_check_tvs_msg_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_tvs_msg_LDADD = $(CERTS_CHECK)
endif

# An independent reading of what we build.
check_PROGRAMS += tests/make_list
tests_make_list_SOURCES = tests/make_list.c
tests_make_list_LDADD = $(PT_CERTS)
EXTRA_DIST += tests/check_openssl.py
TESTS += tests/check_openssl.py

CERTS_FUZZ = %D%/fuzz_cert %D%/fuzz_enc_file %D%/fuzz_list \
    %D%/fuzz_sign_msg %D%/fuzz_signed %D%/fuzz_tlv %D%/fuzz_tvs_msg
check_PROGRAMS += $(CERTS_FUZZ)
FUZZ_TARGETS += $(CERTS_FUZZ)
%C%_fuzz_cert_SOURCES = %D%/fuzz_cert.c
%C%_fuzz_cert_LDADD = $(PT_CERTS)
%C%_fuzz_enc_file_SOURCES = %D%/fuzz_enc_file.c
%C%_fuzz_enc_file_LDADD = $(PT_CERTS)
%C%_fuzz_list_SOURCES = %D%/fuzz_list.c
%C%_fuzz_list_LDADD = $(PT_CERTS)
%C%_fuzz_sign_msg_SOURCES = %D%/fuzz_sign_msg.c
%C%_fuzz_sign_msg_LDADD = $(PT_CERTS)
%C%_fuzz_signed_SOURCES = %D%/fuzz_signed.c
%C%_fuzz_signed_LDADD = $(PT_CERTS)
%C%_fuzz_tlv_SOURCES = %D%/fuzz_tlv.c
%C%_fuzz_tlv_LDADD = $(PT_CERTS)
%C%_fuzz_tvs_msg_SOURCES = %D%/fuzz_tvs_msg.c
%C%_fuzz_tvs_msg_LDADD = $(PT_CERTS)
if FUZZ
%C%_fuzz_cert_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_enc_file_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_list_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_sign_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_signed_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_tlv_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
%C%_fuzz_tvs_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += $(CERTS_FUZZ)
%C%_fuzz_cert_SOURCES += tests/replay.c
%C%_fuzz_enc_file_SOURCES += tests/replay.c
%C%_fuzz_list_SOURCES += tests/replay.c
%C%_fuzz_sign_msg_SOURCES += tests/replay.c
%C%_fuzz_signed_SOURCES += tests/replay.c
%C%_fuzz_tlv_SOURCES += tests/replay.c
%C%_fuzz_tvs_msg_SOURCES += tests/replay.c
endif

EXTRA_DIST += \
    tests/corpus/fuzz_cert/ccm.der \
    tests/corpus/fuzz_cert/tftp-ec.der \
    tests/corpus/fuzz_cert/tftp-ec.pem \
    tests/corpus/fuzz_enc_file/sha1 \
    tests/corpus/fuzz_enc_file/sha512 \
    tests/corpus/fuzz_enc_file/symmetric \
    tests/corpus/fuzz_list/cucm \
    tests/corpus/fuzz_list/ec \
    tests/corpus/fuzz_list/sastonly \
    tests/corpus/fuzz_list/small \
    tests/corpus/fuzz_list/stubs \
    tests/corpus/fuzz_sign_msg/answer \
    tests/corpus/fuzz_sign_msg/answer.decrypt \
    tests/corpus/fuzz_sign_msg/answer.error \
    tests/corpus/fuzz_sign_msg/request \
    tests/corpus/fuzz_sign_msg/request.decrypt \
    tests/corpus/fuzz_sign_msg/request.ec \
    tests/corpus/fuzz_sign_msg/request.pss \
    tests/corpus/fuzz_sign_msg/request.tls10 \
    tests/corpus/fuzz_signed/sha1 \
    tests/corpus/fuzz_signed/sha512 \
    tests/corpus/fuzz_signed/small \
    tests/corpus/fuzz_signed/tones \
    tests/corpus/fuzz_tlv/cucm \
    tests/corpus/fuzz_tlv/encrypted \
    tests/corpus/fuzz_tlv/peer.v10 \
    tests/corpus/fuzz_tlv/peer.v11 \
    tests/corpus/fuzz_tlv/signed \
    tests/corpus/fuzz_tlv/small \
    tests/corpus/fuzz_tvs_msg/query.answer \
    tests/corpus/fuzz_tvs_msg/query.request \
    tests/corpus/fuzz_tvs_msg/verify-invalid.answer \
    tests/corpus/fuzz_tvs_msg/verify-invalid.request \
    tests/corpus/fuzz_tvs_msg/verify-valid-appserver.answer \
    tests/corpus/fuzz_tvs_msg/verify-valid-appserver.request \
    tests/corpus/fuzz_tvs_msg/verify-valid.answer \
    tests/corpus/fuzz_tvs_msg/verify-valid.request \
    tests/data/keys/README.md \
    tests/data/keys/rsa1024.der \
    tests/data/keys/rsa1536.der \
    tests/data/keys/rsa2048s.der \
    tests/data/keys/rsa3072.der \
    tests/data/keys/rsa3072s.der \
    tests/data/keys/rsa4096.der \
    tests/data/keys/rsa4096s.der \
    tests/data/vectors/README.md \
    tests/data/vectors/encrypted/SEP0011223344AA.cnf.xml.plain \
    tests/data/vectors/encrypted/expected-parse.txt \
    tests/data/vectors/encrypted/phone-rsa2048.crt.pem \
    tests/data/vectors/encrypted/phone-rsa2048.key.pem \
    tests/data/vectors/encrypted/sha1/SEP0011223344AA.cnf.xml.enc.sgn \
    tests/data/vectors/encrypted/sha1/SEP0011223344AA.cnf.xml.sgn \
    tests/data/vectors/encrypted/sha512/SEP0011223344AA.cnf.xml.enc.sgn \
    tests/data/vectors/encrypted/sha512/SEP0011223344AA.cnf.xml.sgn \
    tests/data/vectors/keys/capf.pem \
    tests/data/vectors/keys/ccm.pem \
    tests/data/vectors/keys/sast.pem \
    tests/data/vectors/keys/tftp-ec.pem \
    tests/data/vectors/keys/tvs.pem \
    tests/data/vectors/signed/New_Zealand_g3-tones.xml.sgn \
    tests/data/vectors/signed/RingList.xml \
    tests/data/vectors/signed/RingList.xml.sha1.sgn \
    tests/data/vectors/signed/RingList.xml.sha512.sgn \
    tests/data/vectors/signed/expected-parse.txt \
    tests/data/vectors/trust-list/CTLFile.sha512.tlv \
    tests/data/vectors/trust-list/ITLFile.cucm-layout.tlv \
    tests/data/vectors/trust-list/ITLFile.rollback-stubs.tlv \
    tests/data/vectors/trust-list/ITLFile.sastonly.tlv \
    tests/data/vectors/trust-list/ITLFile.sha1.v10.tlv \
    tests/data/vectors/trust-list/ITLFile.sha1.v11.tlv \
    tests/data/vectors/trust-list/ITLFile.sha512.v10.tlv \
    tests/data/vectors/trust-list/ITLFile.sha512.v11.tlv \
    tests/data/vectors/trust-list/expected-parse.txt \
    tests/data/vectors/tvs/query.inferred.txt \
    tests/data/vectors/tvs/verify-invalid.txt \
    tests/data/vectors/tvs/verify-valid-appserver.txt \
    tests/data/vectors/tvs/verify-valid.txt
