/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tvsd/tvsd.h"

int
main(int argc, char **argv)
{
	return tvsd_main(argc, argv);
}
