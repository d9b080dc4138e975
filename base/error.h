/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: one caller-owned object, filled where the cause is known, printed once, by cli/.
 *
 * A function that can fail returns 0 or -errno and takes `struct error *err` last; failing is one expression:
 *
 *	return fail(err, errno, "open VFIO group %d", id);
 *	return fail_code(err, CODE_NO_GROUP, ENODEV, "%s is in no IOMMU group", name);
 *
 * The message says what went wrong, lower case, naming the object; the hint says what to do next and is added at the
 * place that knows. err may be NULL where the caller needs the number only. The object holds no pointer, so that
 * sluice-vmm can send one over its socket as it is. Libraries never print and never exit.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/code.h"

struct error {
	int errnum; /* positive errno; 0 when nothing failed */
	enum code code;
	char msg[512];
	char hint[512];
	char excerpt[512]; /* lines of the file that is wrong, with a caret; the only text here with line ends */
};

/* "message: text of errnum", CODE_FAILED. Returns -errnum (never 0: errnum 0 counts as EIO). */
int fail(struct error *err, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As fail(), with a code of its own; the message says the cause itself, errnum's text is not added. */
int fail_code(struct error *err, enum code code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Set the hint of a failure. Returns -errnum, so that it can end the function. */
int fail_hint(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set the lines of the file that the message is about. Returns -errnum. */
int fail_excerpt(struct error *err, const char *lines);

/* Put "context: " before the message. Returns -errnum. */
int fail_in(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
