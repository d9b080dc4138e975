/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is given back all at once: what a configuration file becomes is many small texts and lists with one
 * owner. Blocks are zeroed, and stay where they are.
 */
#ifndef PLAN_ARENA_H
#define PLAN_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena); /* accepts NULL */

/* count objects of size bytes, zeroed; NULL without memory, or when their product is too large. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A copy of length bytes, terminated. */
char *arena_text(struct arena *arena, const char *text, size_t length);

#endif
