# bench/: speed beside peers; `make bench' measures, nothing here is tested.
EXTRA_PROGRAMS = %D%/tftpload
%C%_tftpload_SOURCES = %D%/tftpload.c
%C%_tftpload_CFLAGS = -std=gnu17 -O2
%C%_tftpload_LDADD = -lm
# built by `make check' so that it stays sound, run by `make bench' alone
check_PROGRAMS += %D%/tftpbound
%C%_tftpbound_SOURCES = %D%/tftpbound.c
%C%_tftpbound_LDADD = $(PT_BASE)
EXTRA_DIST += %D%/run.py %D%/README.md
CLEANFILES += $(EXTRA_PROGRAMS)

BENCH_ROWS =
.PHONY: bench
bench: all %D%/tftpbound $(EXTRA_PROGRAMS)
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	    $(PYTHON) $(srcdir)/bench/run.py $(BENCH_ROWS)
