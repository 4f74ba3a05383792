noinst_LIBRARIES += %D%/libbase.a
%C%_libbase_a_SOURCES = \
    %D%/clock.c %D%/clock.h \
    %D%/err.c %D%/err.h \
    %D%/file.c %D%/file.h \
    %D%/log.c %D%/log.h \
    %D%/rd.c %D%/rd.h \
    %D%/str.c %D%/str.h \
    %D%/wr.c %D%/wr.h
