# trust/: the node, its own certificates, the ITL, acceptance, explanations.
trust_libtrust_a_SOURCES += \
    trust/accept.c trust/accept.h \
    trust/explain.c trust/explain.h \
    trust/itl.c trust/itl.h \
    trust/own.c trust/own.h trust/own_make.c
