# sources of certs/
