# trust/: one library, a fragment per subject.
noinst_LIBRARIES += %D%/libtrust.a
%C%_libtrust_a_SOURCES =

include trust/anchors.mk
include trust/bundle.mk
include trust/capf_ask.mk
include trust/capf.mk
include trust/config.mk
include trust/enrol.mk
include trust/files.mk
include trust/listen.mk
include trust/monitor.mk
include trust/own.mk
include trust/phones.mk
include trust/profile.mk
include trust/render.mk
include trust/srst.mk
include trust/vouch.mk
