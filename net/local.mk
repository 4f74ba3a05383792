# sources of net/
