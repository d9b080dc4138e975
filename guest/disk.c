// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks of guests, before sluice-vmm has them; see disk.h. What an image's first bytes say is looked at for one reason:
 * a qcow2 file that is served as a raw disk would be overwritten by the guest's first partition table. They never
 * choose how it is served: a guest writes what it likes there.
 */
#include "guest/disk.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	SECTOR = 512,
	HEAD_BYTES = 128,
};

static int take_serial(const char *value, size_t length, struct guest_disk *disk, struct error *err)
{
	bool fits = length > 0 && length < sizeof(disk->serial);

	for (size_t i = 0; i < length && fits; i++)
		fits = isgraph((unsigned char)value[i]);
	if (!fits) {
		fail_code(err, CODE_USAGE, EINVAL, "a disk cannot have the serial number '%.*s'", (int)length, value);
		return fail_hint(err, "1 to %d characters without spaces", LAUNCH_SERIAL_MAX);
	}
	memcpy(disk->serial, value, length);
	disk->serial[length] = '\0';
	return 0;
}

static int take_option(const char *text, size_t length, struct guest_disk *disk, struct error *err)
{
	static const char serial[] = "serial=";

	if (length == 2 && !memcmp(text, "ro", 2)) {
		disk->read_only = true;
		return 0;
	}
	if (length == 3 && !memcmp(text, "raw", 3)) {
		disk->raw = true;
		return 0;
	}
	if (length >= sizeof(serial) - 1 && !memcmp(text, serial, sizeof(serial) - 1))
		return take_serial(text + sizeof(serial) - 1, length - (sizeof(serial) - 1), disk, err);
	fail_code(err, CODE_USAGE, EINVAL, "'%.*s' is no option of a disk", (int)length, text);
	return fail_hint(err, "FILE[,ro][,raw][,serial=S]; a file whose name has a comma needs a link without");
}

int guest_disk_parse(const char *text, struct guest_disk *ret_disk, struct error *err)
{
	struct guest_disk disk = { .path = "" };
	size_t length = strcspn(text, ",");

	if (!length || length >= sizeof(disk.path))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' names no disk: FILE[,ro][,raw][,serial=S]", text);
	memcpy(disk.path, text, length);
	for (const char *rest = text + length; *rest; rest += length) {
		int ret;

		rest++;
		length = strcspn(rest, ",");
		ret = take_option(rest, length, &disk, err);
		if (ret < 0)
			return ret;
	}
	*ret_disk = disk;
	return 0;
}

/* What a file begins with that is no raw image. */
static const struct format {
	const char *name;
	const char *magic;
	uint8_t size, offset;
	const char *remedy, *into; /* command FILE intoFILE.raw */
} formats[] = {
	{ "a qcow2", "QFI\xfb", 4, 0, "qemu-img convert -O raw", "" },
	{ "a QED", "QED\0", 4, 0, "qemu-img convert -O raw", "" },
	{ "a VMDK", "KDMV", 4, 0, "qemu-img convert -O raw", "" },
	{ "a VHDX", "vhdxfile", 8, 0, "qemu-img convert -O raw", "" },
	{ "a VHD",
		"co"
		"nectix",
		8, 0, "qemu-img convert -O raw", "" },
	{ "a VDI", "\x7f\x10\xda\xbe", 4, 64, "qemu-img convert -O raw", "" },
	{ "an xz-compressed",
		"\xfd"
		"7zXZ",
		5, 0, "xz -dc", ">" },
	{ "a gzip-compressed", "\x1f\x8b\x08", 3, 0, "gzip -dc", ">" },
	{ "a zstd-compressed", "\x28\xb5\x2f\xfd", 4, 0, "zstd -dc", ">" },
};

static int check_format(const struct guest_disk *disk, int fd, struct error *err)
{
	char head[HEAD_BYTES] = "";
	ssize_t got = pread(fd, head, sizeof(head), 0);

	if (got < 0)
		return fail(err, errno, "read disk '%s'", disk->path);
	for (size_t i = 0; i < array_size(formats); i++) {
		const struct format *format = &formats[i];

		if (got < format->offset + format->size ||
			memcmp(head + format->offset, format->magic, format->size) != 0)
			continue;
		fail_code(err, CODE_BAD_DISK, ENOTSUP,
			"disk '%s' is %s image; only raw images and block devices are served", disk->path,
			format->name);
		return fail_hint(err, "%s %s %s%s.raw; or, if it is a raw disk whose guest wrote that there, add ,raw",
			format->remedy, disk->path, format->into, disk->path);
	}
	return 0;
}

static int lock(const struct guest_disk *disk, int fd, struct error *err)
{
	struct flock all = { .l_type = disk->read_only ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &all) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return fail(err, errno, "lock disk '%s'", disk->path);
	fail_code(err, CODE_DISK_IN_USE, EBUSY, "disk '%s' is another guest's%s", disk->path,
		disk->read_only ? ", which writes to it" : "");
	return fail_hint(err, "end that guest, or give the disk to all of them with ,ro");
}

static int open_as_wanted(const struct guest_disk *disk, struct stat *ret_stat, struct error *err)
{
	int flags = O_CLOEXEC | (disk->read_only ? O_RDONLY : O_RDWR);
	int fd;

	if (stat(disk->path, ret_stat) < 0)
		return fail(err, errno, "open disk '%s'", disk->path);
	/* Opening anything else may wait, or do something. */
	if (!S_ISREG(ret_stat->st_mode) && !S_ISBLK(ret_stat->st_mode))
		return fail_code(err, CODE_BAD_DISK, ENOTBLK, "'%s' is neither a file nor a block device", disk->path);
	if (S_ISBLK(ret_stat->st_mode) && !disk->read_only)
		flags |= O_EXCL;
	fd = open(disk->path, flags);
	if (fd < 0 && errno == EBUSY) {
		fail_code(err, CODE_DISK_IN_USE, EBUSY,
			"block device '%s' is in use: mounted, or part of another device", disk->path);
		return fail_hint(err, "lsblk %s; fuser -vm %s", disk->path, disk->path);
	}
	if (fd < 0)
		return fail(err, errno, "open disk '%s'", disk->path);
	if (fstat(fd, ret_stat) < 0 || (!S_ISREG(ret_stat->st_mode) && !S_ISBLK(ret_stat->st_mode))) {
		close(fd);
		return fail_code(err, CODE_BAD_DISK, ENOTBLK, "'%s' was replaced meanwhile", disk->path);
	}
	return fd;
}

static int read_size(
	const struct guest_disk *disk, int fd, const struct stat *st, uint64_t *ret_bytes, struct error *err)
{
	uint64_t bytes = (uint64_t)st->st_size;

	if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return fail(err, errno, "read the size of disk '%s'", disk->path);
	if (bytes < SECTOR) {
		fail_code(err, CODE_BAD_DISK, ENODATA, "disk '%s' is empty", disk->path);
		return fail_hint(err, "truncate -s 10G %s makes it one of 10 GiB, which takes room as it is written to",
			disk->path);
	}
	*ret_bytes = bytes / SECTOR * SECTOR;
	return 0;
}

int guest_disk_open(const struct guest_disk *disk, int *ret_fd, uint64_t *ret_bytes, struct error *err)
{
	struct stat st;
	cleanup_close int fd = open_as_wanted(disk, &st, err);
	int ret = fd < 0 ? fd : lock(disk, fd, err);

	if (ret == 0)
		ret = disk->raw ? 0 : check_format(disk, fd, err);
	if (ret == 0)
		ret = read_size(disk, fd, &st, ret_bytes, err);
	if (ret < 0)
		return ret;
	*ret_fd = take_fd(&fd);
	return 0;
}
