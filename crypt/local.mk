noinst_LIBRARIES += %D%/libcrypt.a
%C%_libcrypt_a_SOURCES = \
    %D%/digest.c %D%/digest.h \
    %D%/rng.c %D%/rng.h \
    %D%/seal.c %D%/seal.h \
    %D%/secret.c %D%/secret.h
