/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `sluice show` for people: what its JSON has, in sections, without what is empty. */
#ifndef CLI_SHOW_TEXT_H
#define CLI_SHOW_TEXT_H

#include <jansson.h>

#include "cli/cli.h"

void show_text_print(const struct cli *cli, const json_t *device);

#endif
