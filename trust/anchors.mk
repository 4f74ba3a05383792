# trust/: the trust stores as snapshots.
trust_libtrust_a_SOURCES += \
    trust/anchors.c trust/anchors.h \
    trust/anchors_loop.c \
    trust/anchors_part.h \
    trust/anchors_peer.c trust/anchors_peer.h \
    trust/anchors_thread.c \
    trust/crl_import.c trust/crl_import.h \
    trust/revocation.c trust/revocation.h

if HAVE_CHECK
check_PROGRAMS += tests/check_anchors tests/check_anchors_peer \
    tests/check_crl_import tests/check_revocation
TESTS += tests/check_anchors tests/check_anchors_peer \
    tests/check_crl_import tests/check_revocation
tests_check_crl_import_SOURCES = tests/check_crl_import.c
tests_check_crl_import_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_crl_import_LDADD = tests/libcalab.a tests/libcertsdata.a \
    tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_anchors_SOURCES = tests/check_anchors.c
tests_check_anchors_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_anchors_LDADD = tests/libcalab.a tests/libcertsdata.a \
    tests/libdbfix.a $(PT_TRUST) $(PT_CHECK)
tests_check_anchors_peer_SOURCES = tests/check_anchors_peer.c
tests_check_anchors_peer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_anchors_peer_LDADD = tests/libhttplab.a tests/libcalab.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_revocation_SOURCES = tests/check_revocation.c
tests_check_revocation_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_revocation_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
endif
