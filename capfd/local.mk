noinst_LIBRARIES += %D%/libcapfd.a
%C%_libcapfd_a_SOURCES = \
    %D%/capfd.c %D%/capfd.h \
    %D%/desk.c %D%/desk.h \
    %D%/engine.c %D%/engine.h \
    %D%/issuer.c %D%/issuer.h \
    %D%/service.c %D%/service.h \
    %D%/session.c %D%/session.h \
    %D%/tuning.c %D%/tuning.h \
    %D%/wire.c %D%/wire.h \
    %D%/worker.c %D%/worker.h \
    %D%/writer.c %D%/writer.h

sbin_PROGRAMS += %D%/capfd
%C%_capfd_SOURCES = %D%/main.c
%C%_capfd_LDADD = %D%/libcapfd.a $(PT_TRUST)
dist_man_MANS += man/capfd.8
