# trust/: what is asked of phones and CTI clients through CAPF.
trust_libtrust_a_SOURCES += \
    trust/capf_ask.c trust/capf_ask.h \
    trust/capf_profile.c trust/capf_profile.h \
    trust/capf_revoke.c trust/capf_revoke.h
