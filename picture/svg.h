/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SVG writer, for the file of its own and for the one that is inside HTML. */
#ifndef PICTURE_SVG_H
#define PICTURE_SVG_H

#include "picture/picture.h"

/* alone: with the XML declaration. 0 or -ENOMEM. */
int svg_write(const struct picture *picture, enum picture_theme theme, bool alone, FILE *out);

#endif
