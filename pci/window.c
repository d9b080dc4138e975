// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Windows from the bridge's `resource` in sysfs: the lines behind its own BARs, its ROM and (in kernels with SR-IOV,
 * which is all that matter here) the six of VFs. What is taken is what the functions on the bus behind have in theirs:
 * BARs, ROMs, BARs of VFs, windows of further bridges.
 */
#include "pci/window.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	RESOURCE_MEM = 0x200,
	RESOURCE_PREFETCH = 0x2000,
	RESOURCE_MEM_64 = 0x100000,
	RESOURCE_UNSET = 0x20000000,
	FIRST_OF_VFS = 7,
	FIRST_WINDOW = 13,
	LINES = 17, /* of a bridge: its windows are the last four */
};

#define BELOW_4G UINT64_C(0xffffffff)

struct line {
	uint64_t start, end, flags;
};

/* The lines of a function's `resource`; those of nothing are all zero. Returns their count. */
static size_t read_lines(const struct sysroot *root, struct pci_addr addr, struct line ret_line[static LINES])
{
	char name[PCI_ADDR_TEXT_SIZE], text[128];
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, DEVICES "/%s/resource", pci_addr_text(addr, name));
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t count = 0;

	if (!file)
		return 0;
	take_fd(&fd);
	while (count < LINES && fgets(text, sizeof(text), file)) {
		struct line line;

		if (sscanf(text, "%" SCNx64 " %" SCNx64 " %" SCNx64, &line.start, &line.end, &line.flags) != 3)
			break;
		ret_line[count++] = line;
	}
	return count;
}

static bool is_memory(const struct line *line)
{
	return line->flags & RESOURCE_MEM && !(line->flags & RESOURCE_UNSET) && line->start && line->end > line->start;
}

/* Adds a piece in order of address, and joins it with those that it meets. */
static void add_used(struct pci_window *window, uint64_t start, uint64_t end)
{
	size_t at = 0, last;

	if (end < window->start || start > window->end)
		return;
	while (at < window->used_count && window->used[at].end < start)
		at++;
	for (last = at; last < window->used_count && window->used[last].start <= end; last++) {
		start = window->used[last].start < start ? window->used[last].start : start;
		end = window->used[last].end > end ? window->used[last].end : end;
	}
	if (last == at && window->used_count == PCI_WINDOW_USED) {
		window->cut = true;
		return;
	}
	memmove(&window->used[at + 1], &window->used[last], (window->used_count - last) * sizeof(window->used[0]));
	window->used[at] = (struct pci_piece){ start, end };
	window->used_count += 1 + at - last;
}

static bool is_of_vfs(size_t line)
{
	return line >= FIRST_OF_VFS && line < FIRST_WINDOW;
}

static void add_function(
	const struct sysroot *root, struct pci_addr addr, bool with_vfs, struct pci_window *window, size_t count)
{
	struct line line[LINES];
	size_t lines = read_lines(root, addr, line);

	for (size_t i = 0; i < lines; i++)
		for (size_t w = 0; (with_vfs || !is_of_vfs(i)) && is_memory(&line[i]) && w < count; w++)
			add_used(&window[w], line[i].start, line[i].end);
}

size_t pci_windows_read(const struct sysroot *root, const struct pci_inventory *inventory, struct pci_addr addr,
	struct pci_addr pf, struct pci_window ret_window[static PCI_WINDOWS])
{
	struct line line[LINES];
	size_t lines = read_lines(root, addr, line), count = 0;
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t bus;

	if (sysroot_read_u64(root, &bus, DEVICES "/%s/secondary_bus_number", pci_addr_text(addr, name)) < 0)
		return 0;
	for (size_t i = FIRST_WINDOW; i < lines && count < PCI_WINDOWS; i++)
		if (is_memory(&line[i]))
			ret_window[count++] = (struct pci_window){
				.prefetchable = line[i].flags & RESOURCE_PREFETCH,
				.is_64bit = line[i].flags & RESOURCE_MEM_64,
				.start = line[i].start,
				.end = line[i].end,
			};
	for (size_t i = 0; i < inventory->count; i++) {
		const struct pci_device *device = &inventory->devices[i];

		if (device->addr.domain == addr.domain && device->addr.bus == bus && !device->is_vf)
			add_function(root, device->addr, pci_addr_compare(device->addr, pf) != 0, ret_window, count);
	}
	return count;
}

/* The free piece behind used[index - 1]; false when there is none. */
static bool free_piece(const struct pci_window *window, size_t index, struct pci_piece *ret_piece)
{
	uint64_t start = index ? window->used[index - 1].end : window->start;
	uint64_t end = index < window->used_count ? window->used[index].start : window->end;

	if (index) {
		if (start >= window->end)
			return false;
		start++;
	}
	if (index < window->used_count) {
		if (end <= window->start)
			return false;
		end--;
	}
	if (start < window->start)
		start = window->start;
	if (start > end)
		return false;
	*ret_piece = (struct pci_piece){ start, end };
	return true;
}

bool pci_window_take(struct pci_window *window, uint64_t size, uint64_t align, uint64_t *ret_start)
{
	for (size_t i = 0; size && i <= window->used_count; i++) {
		struct pci_piece piece;
		uint64_t start;

		if (!free_piece(window, i, &piece) || __builtin_add_overflow(piece.start, align - 1, &start))
			continue;
		start &= ~(align - 1);
		if (start > piece.end || piece.end - start < size - 1)
			continue;
		add_used(window, start, start + size - 1);
		*ret_start = start;
		return !window->cut;
	}
	return false;
}

uint64_t pci_window_largest(const struct pci_window *window)
{
	uint64_t largest = 0;

	for (size_t i = 0; i <= window->used_count; i++) {
		struct pci_piece piece;

		if (free_piece(window, i, &piece) && piece.end - piece.start + 1 > largest)
			largest = piece.end - piece.start + 1;
	}
	return largest;
}

bool pci_window_suits(const struct pci_window *window, bool prefetchable, bool is_64bit)
{
	if (window->prefetchable && !prefetchable)
		return false;
	return is_64bit || window->end <= BELOW_4G;
}
