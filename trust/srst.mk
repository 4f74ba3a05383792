# trust/: SRST references and their gateways' certificates.
trust_libtrust_a_SOURCES += \
    trust/cluster_mode.c trust/cluster_mode.h \
    trust/render_srst.c \
    trust/srst.c trust/srst.h \
    trust/srst_check.c trust/srst_check.h

if HAVE_CHECK
check_PROGRAMS += tests/check_fetch_cert tests/check_render_srst \
    tests/check_srst tests/check_srst_check
TESTS += tests/check_fetch_cert tests/check_render_srst \
    tests/check_srst tests/check_srst_check
# The fetch of net/, here because its gateway shows certificates of certs/.
tests_check_fetch_cert_SOURCES = tests/check_fetch_cert.c \
    tests/gateway_lab.c tests/gateway_lab.h
tests_check_fetch_cert_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_fetch_cert_LDADD = tests/libcalab.a tests/libcertsdata.a \
    $(PT_TRUST) $(PT_CHECK)
tests_check_render_srst_SOURCES = tests/check_render_srst.c
tests_check_render_srst_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_render_srst_LDADD = tests/libcertsdata.a $(PT_TRUST) \
    $(PT_CHECK)
tests_check_srst_SOURCES = tests/check_srst.c
tests_check_srst_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_srst_LDADD = tests/libdbfix.a tests/libcalab.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
tests_check_srst_check_SOURCES = tests/check_srst_check.c \
    tests/gateway_lab.c tests/gateway_lab.h
tests_check_srst_check_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_check_srst_check_LDADD = tests/libdbfix.a tests/libcalab.a \
    tests/libcertsdata.a $(PT_TRUST) $(PT_CHECK)
endif

EXTRA_DIST += \
    tests/corpus/fuzz_render/srst \
    tests/data/render/srst.out.xml \
    tests/data/render/srst-own.out.xml \
    tests/data/render/srst-own.xml \
    tests/data/render/srst-own-secure.out.xml \
    tests/data/render/srst-sccp.out.xml \
    tests/data/render/srst-secure.out.xml
