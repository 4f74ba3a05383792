# bench/: speed beside peers; `make bench' measures, nothing here is tested.
EXTRA_PROGRAMS = %D%/tftpload %D%/tftpbound %D%/renderload
%C%_tftpload_SOURCES = %D%/tftpload.c
%C%_tftpload_CFLAGS = -std=gnu17 -O2
%C%_tftpload_LDADD = -lm
%C%_tftpbound_SOURCES = %D%/tftpbound.c
%C%_tftpbound_CFLAGS = -std=gnu17 -O2
%C%_renderload_SOURCES = %D%/renderload.c
%C%_renderload_LDADD = $(PT_TRUST)
EXTRA_DIST += %D%/run.py %D%/README.md
CLEANFILES += $(EXTRA_PROGRAMS)

BENCH_ROWS =
.PHONY: bench
bench: all $(EXTRA_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	    $(PYTHON) $(srcdir)/bench/run.py $(BENCH_ROWS)
