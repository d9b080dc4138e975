/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup attributes: a variable that releases what it holds when it goes out of scope.
 *
 * Initialise at the declaration (`= -1`, `= NULL`); hand over with take_fd() or take_ptr(), which leave the
 * variable empty. Attributes run in reverse order of declaration, which is the order that VFIO wants
 * (device before group before container). A type that has a destructor declares its own cleanup_x next to it.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Close *fd unless it is negative, set it to -1, and keep errno: usable on any error path. */
static inline void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void cleanup_free_ptr(void *ptr)
{
	free(*(void **)ptr);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(ptr)                                                                                                  \
	({                                                                                                             \
		__typeof__(ptr) *held_ = &(ptr);                                                                       \
		__typeof__(ptr) taken_ = *held_;                                                                       \
		*held_ = NULL;                                                                                         \
		taken_;                                                                                                \
	})

#define cleanup(fn) __attribute__((cleanup(fn)))
#define cleanup_free cleanup(cleanup_free_ptr)
#define cleanup_close cleanup(close_fd)
#define cleanup_file cleanup(cleanup_fclose)
#define cleanup_dir cleanup(cleanup_closedir)

#define array_size(array) (sizeof(array) / sizeof((array)[0]))

#endif
