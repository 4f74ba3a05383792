/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tftpd/tftpd.h"

int
main(int argc, char **argv)
{
	return tftpd_main(argc, argv);
}
