noinst_LIBRARIES += %D%/libtvsd.a
%C%_libtvsd_a_SOURCES = \
    %D%/asks.c %D%/asks.h \
    %D%/engine.c %D%/engine.h \
    %D%/service.c %D%/service.h \
    %D%/tuning.c %D%/tuning.h \
    %D%/tvsd.c %D%/tvsd.h \
    %D%/worker.c %D%/worker.h

sbin_PROGRAMS += %D%/tvsd
%C%_tvsd_SOURCES = %D%/main.c
%C%_tvsd_LDADD = %D%/libtvsd.a $(PT_TRUST)
