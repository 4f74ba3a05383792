# trust/: CAs that are asked for phones' certificates.
trust_libtrust_a_SOURCES += \
    trust/capf_import.c trust/capf_import.h \
    trust/enrol.c trust/enrol.h trust/enrol_part.h \
    trust/enrol_check.c trust/enrol_est.c trust/enrol_exec.c \
    trust/enrol_http.c trust/enrol_round.c trust/enrol_scep.c
