// SPDX-License-Identifier: GPL-2.0-or-later
/* Filling an error; see error.h. Messages that are too long are cut, never refused. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int start(struct error *err, enum code code, int errnum, const char *fmt, va_list args)
{
	if (errnum <= 0)
		errnum = EIO;
	if (err) {
		err->errnum = errnum;
		err->code = code;
		err->hint[0] = '\0';
		err->excerpt[0] = '\0';
		vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	}
	return -errnum;
}

int fail(struct error *err, int errnum, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = start(err, CODE_FAILED, errnum, fmt, args);
	va_end(args);
	if (err) {
		size_t used = strlen(err->msg);

		snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(-ret));
	}
	return ret;
}

int fail_code(struct error *err, enum code code, int errnum, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = start(err, code, errnum, fmt, args);
	va_end(args);
	return ret;
}

int fail_hint(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -EIO;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -(err->errnum ? err->errnum : EIO);
}

int fail_excerpt(struct error *err, const char *lines)
{
	if (!err)
		return -EIO;
	snprintf(err->excerpt, sizeof(err->excerpt), "%s", lines);
	return -(err->errnum ? err->errnum : EIO);
}

int fail_in(struct error *err, const char *fmt, ...)
{
	char context[sizeof(err->msg)];
	char inner[sizeof(err->msg)];
	va_list args;

	if (!err)
		return -EIO;
	va_start(args, fmt);
	vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
	memcpy(inner, err->msg, sizeof(inner));
	/* Cutting a message that does not fit is what is wanted. */
	if (snprintf(err->msg, sizeof(err->msg), "%s: %s", context, inner) < 0)
		err->msg[0] = '\0';
	return -(err->errnum ? err->errnum : EIO);
}
