noinst_LIBRARIES += %D%/libcapfd.a
%C%_libcapfd_a_SOURCES = \
    %D%/desk.c %D%/desk.h \
    %D%/session.c %D%/session.h \
    %D%/wire.c %D%/wire.h \
    %D%/writer.c %D%/writer.h
