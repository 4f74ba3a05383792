# sources of phonesim/
