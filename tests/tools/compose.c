// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * compose DESCRIPTION DIR: makes below DIR the captured host that the description says, for --sysroot and lspci. Paths
 * in a description are from the top of this tree, where the program is started. A line is a directive and its words;
 * "#" starts a comment, '"' holds words together, "\n" and "\t" are what they are in C.
 *
 *	use FILE			another description, here
 *	file PATH WORDS...		one line of text; "file PATH" alone is empty
 *	append PATH WORDS...		one more line
 *	text PATH			the lines that follow, up to "."
 *	link PATH TARGET		a symbolic link
 *	dir PATH			an empty directory
 *	remove PATH			a file that a description used here has made
 *	copy PATH FILE			a file of this tree
 *	acpi NAME			a firmware table: bytes in hexadecimal behind its header, up to "."; length and
 *					sum are right
 *	node N cpus=A-B socket=N memory=GIB
 *	root DOMAIN:BUS [node=N] [behind=ADDRESS]	behind: a bus that a function makes, as VMD does
 *	unit NAME vendor=intel|amd [all] ...	an IOMMU; the attributes are compose_unit()'s
 *	fn ADDRESS KIND id=V:D class=C ...	a PCI function; see compose_function.c
 *	vfs ADDRESS count=N ...			virtual functions of it
 *	net, upper, disk, part, stacked		what hangs off them; see compose_child.c
 */
#include "tests/tools/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ACPI_HEADER = 36,
	TABLE_MAX = 4096,
	TEXT_MAX = 1 << 20,
};

struct reader {
	FILE *file;
	char line[COMPOSE_LINE];
};

void compose_stop(const struct compose *compose, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "compose: error: %s, line %u: ", compose->file, compose->line_number);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

const char *compose_value(const struct compose *compose, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 1; i < compose->word_count; i++)
		if (!strncmp(compose->word[i], key, length) && compose->word[i][length] == '=')
			return compose->word[i] + length + 1;
	return NULL;
}

bool compose_has(const struct compose *compose, const char *flag)
{
	for (size_t i = 1; i < compose->word_count; i++)
		if (!strcmp(compose->word[i], flag))
			return true;
	return false;
}

static bool read_line(struct compose *compose, struct reader *reader)
{
	if (!fgets(reader->line, sizeof(reader->line), reader->file))
		return false;
	compose->line_number++;
	if (!strchr(reader->line, '\n'))
		compose_stop(compose, "the line is too long, or the file has no end");
	reader->line[strcspn(reader->line, "\n")] = '\0';
	return true;
}

/* In place: words become strings, '"' and the escapes go. */
static void split(struct compose *compose, char *line)
{
	char *to = line;
	bool inside = false, started = false;

	compose->word_count = 0;
	for (const char *at = line; *at; at++) {
		if (!inside && *at == '#' && !started)
			break;
		if (!inside && (*at == ' ' || *at == '\t')) {
			if (started)
				*to++ = '\0';
			started = false;
			continue;
		}
		if (!started) {
			if (compose->word_count == COMPOSE_WORDS)
				compose_stop(compose, "too many words");
			compose->word[compose->word_count++] = to;
			started = true;
		}
		if (*at == '"')
			inside = !inside;
		else if (*at == '\\' && (at[1] == 'n' || at[1] == 't'))
			*to++ = *++at == 'n' ? '\n' : '\t';
		else
			*to++ = *at;
	}
	*to = '\0';
}

/* "\tword word\n" of the words from first on. */
static void join(const struct compose *compose, size_t first, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = first; i < compose->word_count; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i > first ? " " : "", compose->word[i]);
	if (used)
		snprintf(buf + used, size - used, "\n");
}

static void need(const struct compose *compose, size_t words)
{
	if (compose->word_count < words)
		compose_stop(compose, "'%s' needs %zu words", compose->word[0], words - 1);
}

static void put_file(struct compose *compose)
{
	char text[COMPOSE_LINE + 8];

	need(compose, 2);
	join(compose, 2, text, sizeof(text));
	if (compose->building)
		machine_tree_file(&compose->tree, text, "%s", compose->word[1]);
}

void compose_append(const struct compose *compose, const char *path, const char *text)
{
	int fd = openat(compose->tree.fd, path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		machine_tree_file((struct machine_tree *)&compose->tree, text, "%s", path);
	else if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		compose_stop(compose, "write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void append_file(struct compose *compose)
{
	char text[COMPOSE_LINE + 8];

	need(compose, 3);
	join(compose, 2, text, sizeof(text));
	if (compose->building)
		compose_append(compose, compose->word[1], text);
}

static void put_link(struct compose *compose)
{
	need(compose, 3);
	if (compose->building)
		machine_tree_link(&compose->tree, compose->word[2], "%s", compose->word[1]);
}

static void put_dir(struct compose *compose)
{
	need(compose, 2);
	if (!compose->building)
		return;
	machine_tree_file(&compose->tree, "", "%s/.made", compose->word[1]);
	snprintf(compose->word[1] + strlen(compose->word[1]), 8, "/.made");
	unlinkat(compose->tree.fd, compose->word[1], 0);
}

static void remove_file(struct compose *compose)
{
	need(compose, 2);
	if (compose->building && unlinkat(compose->tree.fd, compose->word[1], 0))
		compose_stop(compose, "remove %s: %s", compose->word[1], strerror(errno));
}

static void put_bytes(const struct compose *compose, const char *path, const void *bytes, size_t size)
{
	int fd;

	machine_tree_file((struct machine_tree *)&compose->tree, "", "%s", path);
	fd = openat(compose->tree.fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		compose_stop(compose, "write %s: %s", path, strerror(errno));
	close(fd);
}

static void copy_file(struct compose *compose)
{
	char *bytes = malloc(TEXT_MAX);
	FILE *file;
	size_t size;

	need(compose, 3);
	file = fopen(compose->word[2], "r");
	if (!bytes || !file)
		compose_stop(compose, "read %s: %s", compose->word[2], strerror(errno));
	size = fread(bytes, 1, TEXT_MAX, file);
	fclose(file);
	if (compose->building)
		put_bytes(compose, compose->word[1], bytes, size);
	free(bytes);
}

static void put_text(struct compose *compose, struct reader *reader)
{
	char path[512];
	char *text = calloc(1, TEXT_MAX);
	size_t used = 0;

	need(compose, 2);
	snprintf(path, sizeof(path), "%s", compose->word[1]);
	while (read_line(compose, reader) && strcmp(reader->line, ".") != 0 && text)
		used += (size_t)snprintf(text + used, TEXT_MAX - used, "%s\n", reader->line);
	if (!text || strcmp(reader->line, ".") != 0)
		compose_stop(compose, "the text of %s does not end with a line '.'", path);
	if (compose->building)
		put_bytes(compose, path, text, used);
	free(text);
}

/* System Description Table Header (ACPI 6.5, 5.2.6). */
static void put_table(struct compose *compose, struct reader *reader)
{
	uint8_t table[TABLE_MAX] = { 0 };
	char path[64], name[8];
	size_t size = ACPI_HEADER;
	uint8_t sum = 0;

	need(compose, 2);
	snprintf(name, sizeof(name), "%.4s", compose->word[1]);
	snprintf(path, sizeof(path), "sys/firmware/acpi/tables/%s", name);
	while (read_line(compose, reader) && strcmp(reader->line, ".") != 0) {
		split(compose, reader->line);
		for (size_t i = 0; i < compose->word_count && size < TABLE_MAX; i++)
			table[size++] = (uint8_t)strtoul(compose->word[i], NULL, 16);
	}
	memcpy(table, name, 4);
	memcpy(table + 4, &(uint32_t){ (uint32_t)size }, 4);
	table[8] = name[0] == 'I' ? 2 : 1;
	memcpy(table + 10, "SLUICECOMPOSED", 14);
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)-sum;
	if (compose->building)
		put_bytes(compose, path, table, size);
}

static void put_node(struct compose *compose)
{
	const char *cpus = compose_value(compose, "cpus"), *socket = compose_value(compose, "socket");
	const char *memory = compose_value(compose, "memory");
	int node, first, last;
	char text[64];

	need(compose, 4);
	node = atoi(compose->word[1]);
	if (!cpus || !memory || sscanf(cpus, "%d-%d", &first, &last) != 2)
		compose_stop(compose, "a node needs cpus=A-B and memory=GIB");
	if (!compose->building)
		return;
	machine_tree_node(&compose->tree, node, socket ? atoi(socket) : node, first, last);
	snprintf(text, sizeof(text), "Node %d MemTotal:       %ld kB\n", node, atol(memory) << 20);
	machine_tree_file(&compose->tree, text, "sys/devices/system/node/node%d/meminfo", node);
	snprintf(text, sizeof(text), "0-%d\n", last);
	machine_tree_file(&compose->tree, text, "sys/devices/system/cpu/present");
	machine_tree_file(&compose->tree, text, "sys/devices/system/cpu/online");
}

static void read_description(struct compose *compose, const char *name);

static void use_description(struct compose *compose)
{
	char name[512];

	need(compose, 2);
	snprintf(name, sizeof(name), "%s", compose->word[1]);
	read_description(compose, name);
}

/* How this host's kernel behaves is for tests/fake. */
static void ignore(struct compose *compose)
{
	(void)compose;
}

static const struct {
	const char *name;
	void (*take)(struct compose *compose);
	void (*take_lines)(struct compose *compose, struct reader *reader);
} directives[] = {
	{ "use", use_description, NULL },
	{ "file", put_file, NULL },
	{ "append", append_file, NULL },
	{ "text", NULL, put_text },
	{ "link", put_link, NULL },
	{ "dir", put_dir, NULL },
	{ "copy", copy_file, NULL },
	{ "remove", remove_file, NULL },
	{ "acpi", NULL, put_table },
	{ "node", put_node, NULL },
	{ "root", compose_root, NULL },
	{ "unit", compose_unit, NULL },
	{ "fn", compose_function, NULL },
	{ "vfs", compose_vfs, NULL },
	{ "net", compose_net, NULL },
	{ "upper", compose_upper, NULL },
	{ "disk", compose_disk, NULL },
	{ "part", compose_part, NULL },
	{ "stacked", compose_stacked, NULL },
	{ "kernel", ignore, NULL },
};

static void take_line(struct compose *compose, struct reader *reader)
{
	split(compose, reader->line);
	if (!compose->word_count)
		return;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
		if (strcmp(directives[i].name, compose->word[0]) != 0)
			continue;
		if (directives[i].take)
			directives[i].take(compose);
		else
			directives[i].take_lines(compose, reader);
		return;
	}
	compose_stop(compose, "there is no directive '%s'", compose->word[0]);
}

static void read_description(struct compose *compose, const char *name)
{
	const char *file = compose->file;
	unsigned int line_number = compose->line_number;
	struct reader reader = { .file = fopen(name, "r") };

	if (!reader.file)
		compose_stop(compose, "read %s: %s", name, strerror(errno));
	compose->file = name;
	compose->line_number = 0;
	while (read_line(compose, &reader))
		take_line(compose, &reader);
	fclose(reader.file);
	compose->file = file;
	compose->line_number = line_number;
}

int main(int argc, char **argv)
{
	struct compose *compose = calloc(1, sizeof(*compose));

	if (argc != 3 || !compose) {
		fprintf(stderr, "usage: compose DESCRIPTION DIR\n");
		return 2;
	}
	compose->function = calloc(COMPOSE_FUNCTIONS, sizeof(*compose->function));
	compose->file = argv[1];
	if (!compose->function)
		return 1;
	read_description(compose, argv[1]);
	compose_group(compose);
	machine_tree_open(&compose->tree, argv[2]);
	compose_build(compose);
	compose->building = true;
	read_description(compose, argv[1]);
	machine_tree_close(&compose->tree);
	free(compose->function);
	free(compose);
	return 0;
}
