/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "capfd/capfd.h"

int
main(int argc, char **argv)
{
	return capfd_main(argc, argv);
}
