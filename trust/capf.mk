# trust/: certificates of phones and CTI clients.
trust_libtrust_a_SOURCES += \
    trust/capf.c trust/capf.h trust/capf_part.h \
    trust/capf_begin.c trust/capf_close.c trust/capf_end.c \
    trust/capf_stale.c trust/capf_step.c \
    trust/device_key.c trust/device_key.h \
    trust/rollout.c trust/rollout.h trust/rollout_part.h \
    trust/rollout_start.c
