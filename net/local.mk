noinst_LIBRARIES += %D%/libnet.a
%C%_libnet_a_SOURCES = \
    %D%/addr.c %D%/addr.h \
    %D%/count.c \
    %D%/fetch.c %D%/fetch.h \
    %D%/listen.c %D%/listen.h \
    %D%/loop.c %D%/loop.h
