// SPDX-License-Identifier: GPL-2.0-or-later
/* What people and programs read: plain lines, errors, colours, and the one JSON object of --json. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "cli/cli.h"

#define COLOR_END "\033[0m"

static const struct {
	const char *name, *sequence;
} colors[] = {
	{ "red", "\033[31m" },
	{ "green", "\033[32m" },
	{ "yellow", "\033[33m" },
	{ "blue", "\033[34m" },
	{ "bold", "\033[1m" },
	{ "dim", "\033[2m" },
};

const char *cli_color(bool color, const char *name)
{
	for (size_t i = 0; color && i < array_size(colors); i++)
		if (!strcmp(colors[i].name, name))
			return colors[i].sequence;
	return "";
}

const char *cli_color_end(bool color)
{
	return color ? COLOR_END : "";
}

int cli_color_at(const char *text, size_t size)
{
	bool may_follow = false;

	for (size_t i = 0; i <= array_size(colors); i++) {
		const char *sequence = i < array_size(colors) ? colors[i].sequence : COLOR_END;
		size_t length = strlen(sequence);

		if (size >= length && !memcmp(text, sequence, length))
			return (int)length;
		may_follow |= size < length && !memcmp(text, sequence, size);
	}
	return may_follow ? -1 : 0;
}

/* The streams of printer.h have no descriptor of their own. */
int cli_descriptor(FILE *stream)
{
	return stream == stdout ? STDOUT_FILENO : stream == stderr ? STDERR_FILENO : fileno(stream);
}

size_t cli_terminal_width(FILE *out)
{
	int fd = cli_descriptor(out);
	struct winsize size;

	return isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->json || cli->quiet)
		return;
	va_start(args, fmt);
	vfprintf(cli->out, fmt, args);
	va_end(args);
	fputc('\n', cli->out);
	fflush(cli->out);
}

void cli_say_more(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->json || cli->quiet || !cli->verbose)
		return;
	va_start(args, fmt);
	vfprintf(cli->out, fmt, args);
	va_end(args);
	fputc('\n', cli->out);
	fflush(cli->out);
}

json_t *cli_json_new(void)
{
	return json_pack("{s:s}", "format_version", "1.0");
}

int cli_json_print(const struct cli *cli, json_t *object, struct error *err)
{
	int ret = 0;

	if (!object)
		return fail(err, ENOMEM, "make the JSON answer");
	if (cli->json) {
		ret = json_dumpf(object, cli->out, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
		fputc('\n', cli->out);
	}
	json_decref(object);
	return ret ? fail(err, errno, "write the JSON answer") : 0;
}

/* Each line by itself: what stands between line ends is as little to be trusted as a message. */
static void print_excerpt(FILE *to, const char *lines)
{
	char line[sizeof(((struct error *)NULL)->excerpt)], text[4 * sizeof(line)];

	while (*lines) {
		size_t length = strcspn(lines, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)length, lines);
		fprintf(to, "%s\n", utf8_clean(line, text, sizeof(text)));
		lines += length + (lines[length] == '\n');
	}
}

void cli_print_error(FILE *to, bool color, const struct error *err)
{
	const char *end = cli_color_end(color);
	char text[4 * sizeof(err->msg)];

	/* A line end in a name must not look like a line of ours. */
	fprintf(to, "sluice: %serror:%s %s\n", cli_color(color, "red"), end, utf8_clean(err->msg, text, sizeof(text)));
	print_excerpt(to, err->excerpt);
	if (err->hint[0])
		fprintf(to, "%shint:%s %s\n", cli_color(color, "bold"), end, utf8_clean(err->hint, text, sizeof(text)));
	if (err->code != CODE_NONE) {
		const char *name = code_info(err->code)->name;

		fprintf(to, "%scode:%s %s (sluice explain %s)\n", cli_color(color, "dim"), end, name, name);
	}
}
