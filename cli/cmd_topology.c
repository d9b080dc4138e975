// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice topology`: a picture of sockets, ports, switches, devices, VFs, IOMMU groups and owners, as text, SVG, HTML,
 * DOT or JSON.
 */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "picture/host_model.h"

struct topology_options {
	const char *output;
	int theme;
	bool vfs;
};

static const char *const themes[] = { "auto", "light", "dark", NULL };

#define AT(member) offsetof(struct topology_options, member)
static const struct option_row rows[] = {
	{ "output", 'o', "FILE", "write to FILE; its end says as what: .svg .html .txt .dot .json; -.svg: to stdout",
		OPTION_TEXT, AT(output), 0, 0, NULL },
	{ "theme", 0, "THEME", "auto (as the reader's screen is set), light or dark, for svg and html", OPTION_CHOICE,
		AT(theme), 0, 0, themes },
	{ "vfs", 0, NULL, "a line for each VF, in txt and dot", OPTION_FLAG, AT(vfs), 0, 0, NULL },
	{ NULL },
};

/* What is written, and how. */
struct writing {
	const struct cli *cli;
	const struct topology_options *options;
	const struct picture *picture;
	bool to_terminal; /* cli->out, and not a file */
};

static int write_json(const struct writing *writing, FILE *out)
{
	json_t *object = cli_json_new();
	int ret = -ENOMEM;

	if (object && !json_object_set_new(object, "topology", topology_json(writing->picture)))
		ret = json_dumpf(object, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ? -EIO : 0;
	json_decref(object);
	fputc('\n', out);
	return ret;
}

static int write_svg(const struct writing *writing, FILE *out)
{
	return picture_svg(writing->picture, (enum picture_theme)writing->options->theme, out);
}

static int write_html(const struct writing *writing, FILE *out)
{
	json_t *model = topology_json(writing->picture);
	cleanup_free char *text = model ? json_dumps(model, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(model);
	return text ? picture_html(writing->picture, (enum picture_theme)writing->options->theme, text, out) : -ENOMEM;
}

static int write_dot(const struct writing *writing, FILE *out)
{
	picture_dot(writing->picture, writing->options->vfs, out);
	return 0;
}

static int write_text(const struct writing *writing, FILE *out)
{
	const struct picture_text_look look = {
		.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.color = writing->cli->color && writing->to_terminal,
		.vfs = writing->options->vfs,
	};

	picture_text(writing->picture, &look, out);
	return 0;
}

static const struct format {
	const char *suffix;
	int (*write)(const struct writing *writing, FILE *out);
} formats[] = { { "svg", write_svg }, { "html", write_html }, { "htm", write_html }, { "txt", write_text },
	{ "dot", write_dot }, { "gv", write_dot }, { "json", write_json } };

static int find_format(const char *output, const struct format **ret_format, struct error *err)
{
	const char *dot = strrchr(output, '.');

	if (!strcmp(output, "-"))
		dot = ".txt";
	for (size_t i = 0; dot && i < array_size(formats); i++)
		if (!strcasecmp(dot + 1, formats[i].suffix)) {
			*ret_format = &formats[i];
			return 0;
		}
	fail_code(err, CODE_USAGE, EINVAL, "what '%s' is to be cannot be told from its name", output);
	return fail_hint(err, "let it end in .svg, .html, .txt, .dot or .json; -.svg and the like go to stdout");
}

/* "-", "-.svg": standard output. */
static bool is_stdout(const char *output)
{
	return output[0] == '-' && (!output[1] || output[1] == '.');
}

/* A file that could not be written whole is not left behind as if it were. */
static int write_file(const struct writing *writing, const struct format *format, struct error *err)
{
	const char *path = writing->options->output;
	FILE *out = fopen(path, "we");
	int ret;

	if (!out)
		return fail(err, errno, "write %s", path);
	ret = format->write(writing, out);
	errno = 0;
	if (fflush(out) || ferror(out))
		ret = ret < 0 ? ret : -(errno ? errno : EIO);
	fclose(out);
	if (ret < 0) {
		remove(path);
		return fail(err, -ret, "write %s", path);
	}
	cli_say(writing->cli, "%s: %s", path, writing->picture->summary);
	return 0;
}

static int write_picture(
	const struct cli *cli, const struct topology_options *options, const struct picture *picture, struct error *err)
{
	struct writing writing = { .cli = cli, .options = options, .picture = picture };
	const struct format *format = NULL;
	const char *output = options->output ? options->output : cli->json ? "-.json" : "-";
	int ret = find_format(output, &format, err);

	if (ret < 0)
		return ret;
	if (!is_stdout(output))
		return write_file(&writing, format, err);
	writing.to_terminal = true;
	ret = format->write(&writing, cli->out);
	return ret < 0 ? fail(err, -ret, "write the picture") : 0;
}

static int run_topology(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	const struct topology_options *options = values;
	const struct format *format;
	struct topology_model model;
	struct host host;
	int ret = options->output ? find_format(options->output, &format, err) : 0;

	(void)args;
	(void)arg_count;
	if (ret < 0)
		return ret;
	ret = host_open(&host, cli->sysroot, PCI_LOOK_NAMES | PCI_LOOK_VFS_ALIKE, err);
	if (ret < 0)
		return ret;
	ret = topology_model_open(&model, &host, err);
	if (ret >= 0)
		ret = write_picture(cli, options, &model.picture, err);
	topology_model_close(&model);
	host_close(&host);
	return ret;
}

static const char *const details[] = {
	"From the left: root complex, root ports, switches, devices. VFs are folded under their PF, IOMMU "
	"groups of several are boxes round their members, and what is missing (ACS, reset, link speed) is "
	"named where it is missing.",
	"Without -o it is a tree of text. SVG and HTML need nothing but themselves.",
	NULL,
};

static const char *const examples[] = {
	"sluice topology",
	"sluice topology -o host.html",
	"sluice topology -o -.dot | dot -Tpdf > host.pdf",
	NULL,
};

const struct command cmd_topology = {
	.name = "topology",
	.summary = "draw this host: sockets, ports, groups, PFs with their VFs, owners",
	.options = rows,
	.options_size = sizeof(struct topology_options),
	.details = details,
	.examples = examples,
	.run = run_topology,
};
