# sources of trust/
