// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading libarchive, whose name has been libarchive.so.13 since its version 3.0; see archive_library.h. */
#include "os/archive_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

static const char so_name[] = "libarchive.so.13";

int archive_library_open(struct archive_library *library, struct error *err)
{
	struct archive_library opened = { .handle = dlopen(so_name, RTLD_NOW | RTLD_LOCAL) };
#define ARCHIVE_SYMBOL(name) { #name, &opened.name },
	const struct {
		const char *name;
		void *place; /* of a pointer to function, which dlsym(3) wants written through void ** */
	} symbols[] = { ARCHIVE_FUNCTIONS(ARCHIVE_SYMBOL) };
#undef ARCHIVE_SYMBOL

	if (!opened.handle) {
		fail_code(err, CODE_FAILED, ENOSYS, "captured hosts in one file need libarchive, and there is no %s",
			so_name);
		return fail_hint(err, "install it: package libarchive13 (Debian 12), libarchive13t64 (Debian 13) or "
				      "libarchive; or unpack the file and name the directory");
	}
	for (size_t i = 0; i < array_size(symbols); i++) {
		void *symbol = dlsym(opened.handle, symbols[i].name);

		if (!symbol) {
			archive_library_close(&opened);
			return fail_code(
				err, CODE_FAILED, ENOSYS, "%s has no %s: it is too old", so_name, symbols[i].name);
		}
		memcpy(symbols[i].place, &symbol, sizeof(symbol));
	}
	*library = opened;
	return 0;
}

void archive_library_close(struct archive_library *library)
{
	if (!library || !library->handle)
		return;
	dlclose(library->handle);
	library->handle = NULL;
}
