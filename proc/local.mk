noinst_LIBRARIES += %D%/libproc.a
%C%_libproc_a_SOURCES = \
    %D%/child.c \
    %D%/internal.h \
    %D%/master.c \
    %D%/opts.c \
    %D%/priv.c \
    %D%/proc.h \
    %D%/report.c \
    %D%/run.c \
    %D%/start.c \
    %D%/state.c %D%/state.h \
    %D%/supervise.c
