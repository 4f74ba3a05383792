noinst_LIBRARIES += %D%/libnet.a
%C%_libnet_a_SOURCES = \
    %D%/addr.c %D%/addr.h \
    %D%/count.c \
    %D%/fetch.c %D%/fetch.h \
    %D%/http.h \
    %D%/http_conn.c \
    %D%/http_head.c \
    %D%/http_reply.c \
    %D%/http_server.c \
    %D%/internal.h \
    %D%/listen.c %D%/listen.h \
    %D%/loop.c %D%/loop.h
