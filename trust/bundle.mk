# trust/: exchange of certificates with other clusters.
certs_libcerts_a_SOURCES += certs/pkcs7_pem.c certs/pkcs7_pem.h
trust_libtrust_a_SOURCES += \
    trust/cert_import_many.c trust/cert_import_many.h \
    trust/bundle.c trust/bundle.h \
    trust/bundle_export.c \
    trust/bundle_import.c \
    trust/bundle_manifest.c \
    trust/bundle_move.h
