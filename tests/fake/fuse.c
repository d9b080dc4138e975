// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of the kernel's FUSE client (include/uapi/linux/fuse.h, by libfuse3's fuse_lowlevel.h) about nodes of the
 * tree. One thread: an answer that takes time is given later, by kernel->reply, so that others are served meanwhile,
 * and a write that hangs leaves its process as unkillable as a driver does.
 */
#define FUSE_USE_VERSION 34
#include "tests/fake/fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "tests/fake/kernel.h"

enum {
	LONG_SECONDS = 100000,
	VFIO_MAJOR = 511,
	SYSFS_SIZE = 4096,
	NAMES_SIZE = 64,
};

struct fake_mount {
	struct kernel *kernel;
	struct fuse_session *session;
	struct fuse_buf buf;
};

struct read_request {
	fuse_req_t request;
	size_t size;
	off_t offset;
};

static struct kernel *kernel_of(fuse_req_t request)
{
	return ((struct fake_mount *)fuse_req_userdata(request))->kernel;
}

static struct node *node_of(fuse_req_t request, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? tree_top(kernel_of(request)->tree) : (struct node *)ino;
}

static bool is_log(const struct node *node)
{
	return node->kind == NODE_FILE && node->parent && node->parent->role == ROLE_TOOL;
}

static void fill_stat(const struct node *node, struct stat *stat)
{
	static const mode_t types[] = {
		[NODE_DIR] = S_IFDIR, [NODE_FILE] = S_IFREG, [NODE_LINK] = S_IFLNK, [NODE_CHAR] = S_IFCHR
	};

	*stat = (struct stat){ .st_ino = (ino_t)(uintptr_t)node,
		.st_mode = types[node->kind] | node->mode,
		.st_nlink = node->kind == NODE_DIR ? 2 : 1,
		.st_uid = node->uid,
		.st_gid = node->gid,
		.st_size = (off_t)node->size };
	if (node->kind == NODE_FILE && !is_log(node) && node->size < SYSFS_SIZE)
		stat->st_size = SYSFS_SIZE;
	if (node->kind == NODE_CHAR)
		stat->st_rdev = makedev(VFIO_MAJOR, (unsigned int)atoi(node->name));
}

/* What never goes may be remembered by the client: paths to thousands of functions are looked up in one step. */
static double seconds_of(const struct node *node)
{
	return node->lasting || (node->kind == NODE_FILE && !is_log(node)) ? LONG_SECONDS : 0;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct node *dir = node_of(request, parent);
	struct node *node = dir->gone ? NULL : node_find(kernel_of(request)->tree, dir, name);
	struct fuse_entry_param entry = { 0 };

	if (!node) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	node->lookups++;
	entry.ino = (fuse_ino_t)node;
	fill_stat(node, &entry.attr);
	entry.entry_timeout = entry.attr_timeout = seconds_of(node);
	fuse_reply_entry(request, &entry);
}

static void on_forget(fuse_req_t request, fuse_ino_t ino, uint64_t lookups)
{
	if (ino != FUSE_ROOT_ID)
		node_forget((struct node *)ino, lookups);
	fuse_reply_none(request);
}

static void on_forget_multi(fuse_req_t request, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		if (forgets[i].ino != FUSE_ROOT_ID)
			node_forget((struct node *)forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(request);
}

static void on_getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct node *node = node_of(request, ino);
	struct stat stat;

	(void)info;
	fill_stat(node, &stat);
	if (node->gone)
		fuse_reply_err(request, ENOENT);
	else
		fuse_reply_attr(request, &stat, seconds_of(node));
}

/* chown is for device nodes; the truncation of an open is nothing. */
static void on_setattr(fuse_req_t request, fuse_ino_t ino, struct stat *wanted, int what, struct fuse_file_info *info)
{
	struct node *node = node_of(request, ino);
	struct stat stat;

	(void)info;
	if (what & FUSE_SET_ATTR_UID)
		node->uid = wanted->st_uid;
	if (what & FUSE_SET_ATTR_GID)
		node->gid = wanted->st_gid;
	if (what & FUSE_SET_ATTR_MODE)
		node->mode = wanted->st_mode & 07777;
	fill_stat(node, &stat);
	fuse_reply_attr(request, &stat, 0);
}

static void on_readlink(fuse_req_t request, fuse_ino_t ino)
{
	fuse_reply_readlink(request, node_of(request, ino)->data);
}

static void on_open(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	if (node_of(request, ino)->gone) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	info->direct_io = 1;
	fuse_reply_open(request, info);
}

static void reply_read(const struct node *node, fuse_req_t request, size_t size, off_t offset)
{
	size_t left = (size_t)offset < node->size ? node->size - (size_t)offset : 0;

	fuse_reply_buf(request, left ? node->data + offset : NULL, left < size ? left : size);
}

static struct operation *new_operation(fuse_req_t request, struct node *node)
{
	struct operation *operation = calloc(1, sizeof(*operation));

	if (!operation)
		abort();
	operation->node = node;
	operation->pid = fuse_req_ctx(request)->pid;
	return operation;
}

static void on_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct node *node = node_of(request, ino);
	struct operation *operation;
	struct read_request *read;

	(void)info;
	if (node->gone) {
		fuse_reply_err(request, ENODEV);
		return;
	}
	if (is_log(node) || offset) {
		reply_read(node, request, size, offset);
		return;
	}
	operation = new_operation(request, node);
	read = malloc(sizeof(*read));
	if (!read)
		abort();
	*read = (struct read_request){ request, size, offset };
	operation->request = read;
	attribute_read(kernel_of(request), operation);
}

static void control(fuse_req_t request, const char *text, size_t size)
{
	char *copy = strndup(text, size);
	char *rest = NULL;
	int ret = 0;

	for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line && !ret; line = strtok_r(NULL, "\n", &rest))
		ret = describe_line(kernel_of(request), line);
	free(copy);
	if (ret)
		fuse_reply_err(request, -ret);
	else
		fuse_reply_write(request, size);
}

/* Configuration space is bytes at an offset; what is written there is kept, as far as it reaches. */
static bool is_config(const struct node *node)
{
	return node->parent && node->parent->role == ROLE_FUNCTION && !strcmp(node->name, "config");
}

static void write_config(fuse_req_t request, struct node *node, const char *buf, size_t size, off_t offset)
{
	size_t left = (size_t)offset < node->size ? node->size - (size_t)offset : 0;

	if (size > left)
		size = left;
	memcpy(node->data + offset, buf, size);
	fuse_reply_write(request, size);
}

static void on_write(
	fuse_req_t request, fuse_ino_t ino, const char *buf, size_t size, off_t offset, struct fuse_file_info *info)
{
	struct node *node = node_of(request, ino);
	struct operation *operation;

	(void)info;
	if (node->gone) {
		fuse_reply_err(request, ENODEV);
		return;
	}
	if (is_config(node)) {
		write_config(request, node, buf, size, offset);
		return;
	}
	if (is_log(node)) {
		control(request, buf, size);
		return;
	}
	operation = new_operation(request, node);
	operation->text = strndup(buf, size);
	operation->request = request;
	attribute_write(kernel_of(request), operation);
}

static void reply(struct kernel *kernel, struct operation *operation)
{
	struct read_request *read = operation->text ? NULL : operation->request;
	fuse_req_t request = read ? read->request : operation->request;

	(void)kernel;
	if (operation->answer)
		fuse_reply_err(request, -operation->answer);
	else if (read)
		reply_read(operation->node, read->request, read->size, read->offset);
	else
		fuse_reply_write(request, strlen(operation->text));
	free(read);
	free(operation->text);
	free(operation);
}

/* Directories ----------------------------------------------------------------------------------------------------- */

/* The entries as they are when it is opened. */
struct listing {
	char *buf;
	size_t size;
};

static void list_one(fuse_req_t request, struct listing *listing, const char *name, const struct node *node)
{
	size_t length = fuse_add_direntry(request, NULL, 0, name, NULL, 0);
	struct stat stat;
	char *grown = realloc(listing->buf, listing->size + length);

	if (!grown)
		abort();
	fill_stat(node, &stat);
	listing->buf = grown;
	fuse_add_direntry(request, grown + listing->size, length, name, &stat, (off_t)(listing->size + length));
	listing->size += length;
}

static void on_opendir(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct node *node = node_of(request, ino);
	struct listing *listing;

	if (node->gone) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	listing = calloc(1, sizeof(*listing));
	if (!listing)
		abort();
	list_one(request, listing, ".", node);
	list_one(request, listing, "..", node->parent ? node->parent : node);
	for (const struct node *child = node->child; child; child = child->next)
		list_one(request, listing, child->name, child);
	info->fh = (uint64_t)(uintptr_t)listing;
	fuse_reply_open(request, info);
}

static void on_readdir(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info)
{
	const struct listing *listing = (const struct listing *)(uintptr_t)info->fh;
	size_t end = (size_t)offset;

	(void)ino;
	/* Whole entries: each says where the next one begins. */
	while (end < listing->size) {
		uint64_t next;

		memcpy(&next, listing->buf + end + sizeof(uint64_t), sizeof(next)); /* struct fuse_dirent's off */
		if (next - (uint64_t)offset > size)
			break;
		end = (size_t)next;
	}
	fuse_reply_buf(request, listing->buf + offset, end - (size_t)offset);
}

static void on_releasedir(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct listing *listing = (struct listing *)(uintptr_t)info->fh;

	(void)ino;
	free(listing->buf);
	free(listing);
	fuse_reply_err(request, 0);
}

static const struct fuse_lowlevel_ops operations = {
	.lookup = on_lookup,
	.forget = on_forget,
	.forget_multi = on_forget_multi,
	.getattr = on_getattr,
	.setattr = on_setattr,
	.readlink = on_readlink,
	.open = on_open,
	.read = on_read,
	.write = on_write,
	.opendir = on_opendir,
	.readdir = on_readdir,
	.releasedir = on_releasedir,
};

struct fake_mount *fake_mount_new(struct kernel *kernel, const char *where)
{
	struct fake_mount *mount = calloc(1, sizeof(*mount));
	char *words[] = { "fake", "-o", "allow_other,default_permissions,fsname=fake", NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, words);

	if (!mount)
		return NULL;
	mount->kernel = kernel;
	kernel->reply = reply;
	mount->session = fuse_session_new(&args, &operations, sizeof(operations), mount);
	fuse_opt_free_args(&args);
	if (mount->session && !fuse_session_mount(mount->session, where))
		return mount;
	if (mount->session)
		fuse_session_destroy(mount->session);
	free(mount);
	return NULL;
}

void fake_mount_free(struct fake_mount *mount)
{
	if (!mount)
		return;
	fuse_session_unmount(mount->session);
	fuse_session_destroy(mount->session);
	free(mount->buf.mem);
	free(mount);
}

int fake_mount_descriptor(const struct fake_mount *mount)
{
	return fuse_session_fd(mount->session);
}

int fake_mount_serve(struct fake_mount *mount)
{
	int got = fuse_session_receive_buf(mount->session, &mount->buf);

	if (got > 0)
		fuse_session_process_buf(mount->session, &mount->buf);
	return got > 0 || got == -EINTR || got == -EAGAIN;
}
