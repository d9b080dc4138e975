/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pseudonyms: what is told of a host without saying whose it is. The same text becomes the same other text everywhere
 * in a bundle, and two texts that differ never become the same, so that twins stay twins and a duplicate a duplicate.
 * Made with a random key that is in no bundle; so two bundles have nothing in common.
 *
 *	names		of hosts, users, guests, volumes, directories: word by word, letter for letter and digit for
 *			digit. Words that everybody uses (redact_words.c), words of one or two characters and numbers of
 *			up to four digits stay
 *	numbers		of hardware and file systems: the same, but every word; what is no number ("None", zeros) stays
 *	UUIDs		hexadecimal digits for hexadecimal digits
 *	MAC addresses	the maker's three octets stay, and multicast, zeros and ones; of a local one the first octet
 *	IP addresses	two with the same first n bits have the same first n bits afterwards: an address still fits its
 *			route. The class of an address stays (loopback, private, link-local, multicast, 0.0.0.0), and
 *			where a prefix length is given, zeros behind it
 *
 * Files: redact.c (words and their table), redact_address.c (MAC and IP), redact_scan.c (what is what in a text),
 * redact_words.c. Every function takes NULL for "as it is".
 */
#ifndef CAPTURE_REDACT_H
#define CAPTURE_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

enum {
	REDACT_KEY_SIZE = 16,
	REDACT_WORD_MAX = 255, /* a longer word is several */
};

struct redact;

/* With a key of the kernel's, or the given one. */
int redact_new(struct redact **ret_redact, struct error *err);
int redact_new_with_key(struct redact **ret_redact, const uint8_t key[static REDACT_KEY_SIZE], struct error *err);
void redact_free(struct redact *redact);

/* False once memory has run out: then words are missing from what was written. */
bool redact_is_sound(const struct redact *redact);

/* What a text is taken for. Addresses, UUIDs and card numbers are replaced in all of them. */
enum redact_mode {
	REDACT_NAMES,   /* names that people gave */
	REDACT_NUMBERS, /* a number of one piece of hardware, or of a file system */
	REDACT_RUNNING, /* words, of which those are replaced that were a name or number before */
	REDACT_PATHS,   /* of files that nobody named: words stay, and what looks like an IP address */
};

void redact_write(struct redact *redact, enum redact_mode mode, const char *text, size_t size, FILE *out);

/* The same for short texts: at most size - 1 bytes, into buf, which is returned. */
const char *redact_put(struct redact *redact, enum redact_mode mode, const char *text, char *buf, size_t size);

/* A number as pci_identity has it: one that says nothing stays. */
const char *redact_serial(struct redact *redact, const char *text, char *buf, size_t size);

/* A word that stays wherever it is found: the names of disks, drivers and modules, which other texts refer to. */
void redact_keep(struct redact *redact, const char *word);

/* One word, as REDACT_NUMBERS: length characters, letters and digits. */
void redact_word(struct redact *redact, const char *word, size_t length, char *buf);
bool redact_knows(const struct redact *redact, const char *word, size_t length);
bool redact_is_common(const char *word, size_t length);
bool redact_is_spoken(const char *word, size_t length);

void redact_uuid(struct redact *redact, const char *text, char *buf);
void redact_mac(struct redact *redact, struct mac_addr *mac);
/* The 64-bit number of a card: made of its MAC, or of its maker's octets and five others. Most significant first. */
void redact_eui64(struct redact *redact, uint8_t octet[static 8]);
void redact_ipv4(struct redact *redact, uint8_t address[static 4], unsigned int prefix);
void redact_ipv6(struct redact *redact, uint8_t address[static 16], unsigned int prefix);

/* 64 bits that the key makes of data; kind keeps uses apart. */
uint64_t redact_hash(const struct redact *redact, char kind, const void *data, size_t size);

#endif
