# sources of ctltool/
