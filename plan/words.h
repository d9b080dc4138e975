/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States as one line of words: "mac=02:00:00:00:00:01 vlan=100", "intel_iommu=on iommu=pt". That is how the plan, the
 * journal and people hold what a thing is and what it should be. A word's key is what stands before its '='.
 */
#ifndef PLAN_WORDS_H
#define PLAN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	WORDS_SIZE = 4096, /* longest line, with its end: a kernel's command line is no longer */
};

/* The word behind at, its length in *ret_length; NULL at the end. The first: words_next(text, NULL, …). */
const char *words_next(const char *text, const char *at, size_t *ret_length);

/* Is word (of so many characters) one of text? */
bool words_have(const char *text, const char *word, size_t length);

/* Are all words of wanted in text? In whatever order. */
bool words_include(const char *text, const char *wanted);

/* Of text the words whose keys wanted has, in wanted's order. Returns buf. */
const char *words_restrict(const char *text, const char *wanted, char *buf, size_t size);

/* The words of first, then those of second whose keys first has not. False: there is no room for all. */
bool words_merge(const char *first, const char *second, char *buf, size_t size);

/* Add a word behind a blank. False: there is no room. */
bool words_add(char *buf, size_t size, const char *word, size_t length);

#endif
