# certs/: what people hand in: containers, chains, signing requests.
certs_libcerts_a_SOURCES += \
    certs/cert_use.c certs/cert_use.h \
    certs/chain.c certs/chain.h \
    certs/container.c certs/container.h certs/container_int.h \
    certs/container_key.c \
    certs/container_p12.c \
    certs/container_pem.c \
    certs/csr.c certs/csr.h \
    certs/san.c certs/san.h
