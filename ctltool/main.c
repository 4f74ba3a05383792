/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * ctltool(8): the administrator's commands.
 */
#include "ctltool/ctl.h"

int
main(int argc, char **argv)
{
	return ctl_main(argc, argv);
}
