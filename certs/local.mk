noinst_LIBRARIES += %D%/libcerts.a
%C%_libcerts_a_SOURCES = \
    %D%/cert.c %D%/cert.h \
    %D%/cert_build.c \
    %D%/cert_name.c \
    %D%/internal.h \
    %D%/key.c %D%/key.h \
    %D%/list.c %D%/list.h \
    %D%/list_build.c \
    %D%/ossl.c \
    %D%/sign.c %D%/sign.h \
    %D%/sign_msg.c %D%/sign_msg.h \
    %D%/sign_serve.c \
    %D%/signed.c %D%/signed.h \
    %D%/tlv.c %D%/tlv.h \
    %D%/tlv_build.c \
    %D%/tlv_verify.c
