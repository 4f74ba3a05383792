noinst_LIBRARIES += %D%/libctltool.a
%C%_libctltool_a_SOURCES = \
    %D%/ask.c %D%/ask.h \
    %D%/cmd.c %D%/cmd.h \
    %D%/cmd_cert.c \
    %D%/cmd_explain.c \
    %D%/cmd_file.c \
    %D%/cmd_import.c \
    %D%/cmd_node.c \
    %D%/cmd_param.c \
    %D%/cmd_phone.c \
    %D%/cmd_service.c \
    %D%/cmd_show.c \
    %D%/complete.c %D%/complete.h \
    %D%/ctl.c %D%/ctl.h \
    %D%/help.c %D%/help.h \
    %D%/node_text.c %D%/node_text.h \
    %D%/out.c %D%/out.h \
    %D%/parse.c \
    %D%/service.c %D%/service.h \
    %D%/show_list.c %D%/show_list.h \
    %D%/show_list_json.c

bin_PROGRAMS += %D%/ctltool
%C%_ctltool_SOURCES = %D%/main.c
%C%_ctltool_LDADD = %D%/libctltool.a $(PT_TRUST) $(JANSSON_LIBS)
