/*
 * Copyright (c) 2026 the phonetrust authors
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes manual pages from their templates while building: mkman < x.in > x.
 */
#include "ctltool/mdoc.h"

int
main(void)
{
	return mdoc_page(stdin, stdout);
}
