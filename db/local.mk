# sources of db/
