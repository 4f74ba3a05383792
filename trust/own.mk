# trust/: the node, its own certificates, the ITL, acceptance, explanations.
