noinst_LIBRARIES += %D%/libdb.a
%C%_libdb_a_SOURCES = \
    %D%/change.c \
    %D%/db.c %D%/db.h \
    %D%/fail.c \
    %D%/internal.h \
    %D%/keyring.c %D%/keyring.h \
    %D%/migrate.c \
    %D%/observed.c %D%/observed.h \
    %D%/params.c %D%/params.h \
    %D%/query.c %D%/query.h \
    %D%/rows.h \
    %D%/rows_audit.c \
    %D%/rows_cluster.c \
    %D%/rows_list.c \
    %D%/rows_own.c \
    %D%/rows_phone.c \
    %D%/shadow.c \
    %D%/sql.c %D%/sql.h \
    %D%/tx.c \
    %D%/vfs.c \
    %D%/writer.c
