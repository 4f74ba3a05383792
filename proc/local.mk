noinst_LIBRARIES += %D%/libproc.a
%C%_libproc_a_SOURCES = \
    %D%/master.c \
    %D%/run.c \
    %D%/state.c %D%/state.h
