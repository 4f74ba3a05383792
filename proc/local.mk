# sources of proc/
