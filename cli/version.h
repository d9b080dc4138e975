/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version that --version prints. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#define SLUICE_VERSION "0.1.0"

#endif
