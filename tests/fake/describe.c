// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines that say how the fake kernel behaves. In a description of tests/tools/compose.h they begin with "kernel", in
 * the file fake/control of a running one they do not:
 *
 *	driver NAME [id=V:D]... [any] [splits] [refuses] [net=PREFIX] [max-vfs=N] [lacks=ATTRIBUTE,...] [max-rate=N]
 *		[no-min-rate] [no-8021ad]
 *		any		takes only what driver_override gives it, as vfio-pci does
 *		splits		makes VFs when sriov_numvfs is written
 *		net		makes a network device of each function: PREFIX0, PREFIX1, ...
 *		lacks		attributes of VFs that it answers EOPNOTSUPP to (netlink.c)
 *		max-rate, no-... values of VFs that it refuses
 *	pf ADDRESS [vf=V:D] [vf-class=CCCCCC] [group=pf] [make-ms=N] [remove-ms=N] [late-ms=N] [total=N] [offset=N] ...
 *		make-ms		the kernel's sleep when VFs are made
 *		late-ms		their links appear so much later than the write returns
 *		group=pf	VFs are in the PF's group, not each in its own
 *	net NAME up|down
 *	fault ...		fault.h
 *	faults off		none of them any more
 *	unhang			drivers that hang wake up
 *	log clear		the log of writes is empty again
 *	say TEXT		the kernel says so
 *	reset			everything is as it was at the beginning
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fake/kernel.h"
#include "tests/fake/netlink.h"

enum {
	WORDS = 24,
	LINE = 1024,
};

struct words {
	char line[LINE];
	char *word[WORDS];
	size_t count;
};

/* Words at blanks; "…" keeps blanks together, anywhere in a word. */
static void split(struct words *words, const char *line)
{
	bool quoted = false;
	char *out = words->line;
	bool in_word = false;

	words->count = 0;
	for (; *line && *line != '\n' && out < words->line + LINE - 2; line++) {
		if (*line == '"') {
			quoted = !quoted;
			continue;
		}
		if (isspace((unsigned char)*line) && !quoted) {
			if (in_word)
				*out++ = '\0';
			in_word = false;
			continue;
		}
		if (!in_word && words->count < WORDS)
			words->word[words->count++] = out;
		in_word = true;
		*out++ = *line;
	}
	*out = '\0';
}

/* The value of key=value; NULL: not given. */
static const char *value(const struct words *words, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 1; i < words->count; i++)
		if (!strncmp(words->word[i], key, length) && words->word[i][length] == '=')
			return words->word[i] + length + 1;
	return NULL;
}

static bool has(const struct words *words, const char *flag)
{
	for (size_t i = 1; i < words->count; i++)
		if (!strcmp(words->word[i], flag))
			return true;
	return false;
}

static void take_number(const struct words *words, const char *key, int base, unsigned int *number)
{
	const char *text = value(words, key);

	if (text)
		*number = (unsigned int)strtoul(text, NULL, base);
}

static int describe_driver(struct kernel *kernel, const struct words *words)
{
	struct driver *driver;
	const char *net = value(words, "net"), *lacks = value(words, "lacks");

	if (words->count < 2)
		return -EINVAL;
	driver = driver_new(kernel, words->word[1]);
	driver->any = has(words, "any");
	driver->splits = has(words, "splits");
	driver->refuses = has(words, "refuses");
	take_number(words, "max-vfs", 10, &driver->max_vfs);
	snprintf(driver->net, sizeof(driver->net), "%s", net ? net : "");
	driver->lacks = lacks ? vf_attributes_named(lacks) : 0;
	driver->no_min_rate = has(words, "no-min-rate");
	driver->no_8021ad = has(words, "no-8021ad");
	take_number(words, "max-rate", 10, &driver->max_rate);
	driver->id_count = 0;
	for (size_t i = 2; i < words->count && driver->id_count < DRIVER_IDS; i++)
		if (sscanf(words->word[i], "id=%x:%x", &driver->id[driver->id_count].vendor,
			    &driver->id[driver->id_count].device) == 2)
			driver->id_count++;
	driver->id_count_first = driver->id_count;
	return 0;
}

static int describe_pf(struct kernel *kernel, const struct words *words)
{
	struct function *pf = words->count < 2 ? NULL : function_find(kernel, words->word[1]);
	const char *vf = value(words, "vf"), *group = value(words, "group");
	unsigned int vendor;
	bool grows;

	if (!pf || (vf && sscanf(vf, "%x:%x", &vendor, &pf->vf_device) != 2))
		return -EINVAL;
	grows = value(words, "total") != NULL;
	take_number(words, "vf-class", 16, &pf->vf_class);
	take_number(words, "make-ms", 10, &pf->make_ms);
	take_number(words, "remove-ms", 10, &pf->remove_ms);
	take_number(words, "late-ms", 10, &pf->late_ms);
	take_number(words, "total", 10, &pf->total);
	take_number(words, "offset", 10, &pf->offset);
	take_number(words, "stride", 10, &pf->stride);
	pf->groups_with_pf = group && !strcmp(group, "pf");
	if (!grows || pf->count)
		return 0;
	function_show_number(kernel, pf, "sriov_totalvfs", pf->total);
	pf->vf = realloc(pf->vf, pf->total * sizeof(struct function *));
	pf->attributes = realloc(pf->attributes, pf->total * sizeof(*pf->attributes));
	return pf->vf && pf->attributes ? 0 : -ENOMEM;
}

static int describe_net(struct kernel *kernel, const struct words *words)
{
	for (struct function *function = kernel->functions; function && words->count == 3; function = function->next)
		if (!strcmp(function->net.name, words->word[1])) {
			struct node *dir = tree_at(kernel->tree, "sys/class/net/%s", function->net.name);

			function->net.up = !strcmp(words->word[2], "up");
			if (dir && function->dir)
				dir = node_find(kernel->tree, function->dir, "net");
			if (dir && dir->child)
				node_set_text(node_add(kernel->tree, dir->child, "flags", NODE_FILE),
					function->net.up ? "0x1003\n" : "0x1002\n");
			return 0;
		}
	return -EINVAL;
}

static int describe_fault(struct kernel *kernel, const struct words *words)
{
	int ret;

	if (kernel->fault_count == FAULTS_MAX || words->count < 3)
		return -EINVAL;
	ret = fault_parse(&kernel->faults[kernel->fault_count], words->word + 1, words->count - 1);
	if (!ret)
		kernel->fault_count++;
	return ret;
}

static int faults_off(struct kernel *kernel, const struct words *words)
{
	(void)words;
	kernel->fault_count = 0;
	return 0;
}

static int unhang(struct kernel *kernel, const struct words *words)
{
	(void)words;
	attribute_unhang(kernel);
	return 0;
}

static int clear_log(struct kernel *kernel, const struct words *words)
{
	(void)words;
	node_set_text(kernel->log, "");
	return 0;
}

static int say(struct kernel *kernel, const struct words *words)
{
	char text[400] = "";

	for (size_t i = 1; i < words->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 1 ? " " : "", words->word[i]);
	kmsg_line(kernel, 4, "%s", text);
	return 0;
}

static int reset(struct kernel *kernel, const struct words *words)
{
	(void)words;
	kernel_reset(kernel);
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct kernel *kernel, const struct words *words);
} directives[] = {
	{ "driver", describe_driver },
	{ "pf", describe_pf },
	{ "net", describe_net },
	{ "fault", describe_fault },
	{ "faults", faults_off },
	{ "unhang", unhang },
	{ "log", clear_log },
	{ "say", say },
	{ "reset", reset },
};

int describe_line(struct kernel *kernel, const char *line)
{
	struct words words;

	split(&words, line);
	if (!words.count || words.word[0][0] == '#')
		return 0;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++)
		if (!strcmp(directives[i].name, words.word[0]))
			return directives[i].take(kernel, &words);
	return -EINVAL;
}

/* The lines of a description that are for the kernel; "use FILE" goes on there. */
int describe_file(struct kernel *kernel, const char *name)
{
	FILE *file = fopen(name, "r");
	char line[LINE], used[LINE];
	unsigned int number = 0;
	int ret = file ? 0 : -errno;

	while (!ret && fgets(line, sizeof(line), file)) {
		number++;
		if (sscanf(line, "use %1023s", used) == 1)
			ret = describe_file(kernel, used);
		else if (!strncmp(line, "kernel ", 7))
			ret = describe_line(kernel, line + 7);
		if (ret)
			fprintf(stderr, "fake: %s:%u: not understood: %s", name, number, line);
	}
	if (file)
		fclose(file);
	return ret;
}
