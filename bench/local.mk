# bench/: speed beside peers.  `make check' builds the programs, so that they
# stay sound, and runs none; `make bench' measures.
check_PROGRAMS += %D%/tftpload %D%/tftpbound %D%/renderload %D%/tlsload \
    %D%/tlsbound %D%/trustload %D%/encload
%C%_tftpload_SOURCES = %D%/tftpload.c %D%/load.h %D%/load_files.c \
    %D%/load_phone.c %D%/load_plan.c
%C%_tftpload_LDADD = $(PT_BASE)
%C%_tftpbound_SOURCES = %D%/tftpbound.c
%C%_tftpbound_LDADD = $(PT_BASE)
%C%_renderload_SOURCES = %D%/renderload.c
%C%_renderload_LDADD = $(PT_TRUST)
%C%_encload_SOURCES = %D%/encload.c
%C%_encload_LDADD = $(PT_TRUST)
%C%_trustload_SOURCES = %D%/trustload.c
%C%_trustload_LDADD = $(PT_TRUST)
%C%_tlsload_SOURCES = %D%/tlsload.c %D%/load_capf.c %D%/load_capf.h \
    %D%/load_key.c %D%/load_key.h
%C%_tlsload_LDADD = $(PT_CERTS)
%C%_tlsbound_SOURCES = %D%/tlsbound.c
%C%_tlsbound_LDADD = $(PT_BASE) $(OPENSSL_LIBS)
EXTRA_DIST += %D%/run.py %D%/servers.py %D%/rows.py %D%/tvs.py %D%/capf.py %D%/aims.py %D%/README.md

BENCH_ROWS =
BENCH_JSON =
.PHONY: bench
bench: all %D%/tftpload %D%/tftpbound %D%/tlsload %D%/tlsbound
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	    PYTHONDONTWRITEBYTECODE=1 $(PYTHON) $(srcdir)/bench/run.py \
	    $(BENCH_JSON:%=--json %) $(BENCH_ROWS)
