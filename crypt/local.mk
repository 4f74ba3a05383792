# sources of crypt/
