/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "phonesim/phonesim.h"

int
main(int argc, char **argv)
{
	return phonesim_main(argc, argv, stdout, stderr);
}
