/*
 * Does one thing that a program can do, so that a test can see whether it is the same in
 * the lab's machine.
 *
 *	probe bytes			writes all 256 bytes to stdout, reversed to stderr
 *	probe many			writes 1 MiB to stdout
 *	probe args [ARG]...		writes argv, each with a NUL after it
 *	probe env			writes the environment likewise
 *	probe exit STATUS		exits
 *	probe raise SIGNAL		dies of a signal that it sends itself
 *	probe hang			never ends, and never sleeps
 *	probe panic			ends PID 1, which the kernel does not survive
 *	probe copy FROM TO		copies a file
 *	probe system COMMAND		runs a command by system(3)
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = write(fd, bytes, len);

		if (written < 0)
			die("write");
		bytes += written;
		len -= written;
	}
}

/* Writes each string with its NUL, which cannot occur inside a string. */
static void write_strings(char **strings)
{
	for (; *strings; strings++)
		write_all(STDOUT_FILENO, *strings, strlen(*strings) + 1);
}

static void bytes(void)
{
	char up[256], down[256];

	for (int i = 0; i < 256; i++) {
		up[i] = i;
		down[i] = 255 - i;
	}
	write_all(STDOUT_FILENO, up, sizeof(up));
	write_all(STDERR_FILENO, down, sizeof(down));
}

/* Writes eight-byte numbers, so that lost, doubled or swapped parts are visible. */
static void many(void)
{
	static unsigned long numbers[(1 << 20) / sizeof(unsigned long)];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		numbers[i] = i * 0x9e3779b97f4a7c15;
	write_all(STDOUT_FILENO, (const char *)numbers, sizeof(numbers));
}

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	char buffer[4096];
	ssize_t got;

	if (in < 0)
		die(from);
	if (out < 0)
		die(to);
	while ((got = read(in, buffer, sizeof(buffer))) > 0)
		write_all(out, buffer, got);
	if (got < 0)
		die("read");
}

/* Overwrites PID 1's code with zeros, which it cannot survive. */
static void panic(void)
{
	static const char zeros[1 << 16];
	unsigned long start = 0, end = 0;
	char line[256];
	FILE *maps = fopen("/proc/1/maps", "r");
	int memory = open("/proc/1/mem", O_WRONLY);

	if (!maps)
		die("/proc/1/maps");
	if (memory < 0)
		die("/proc/1/mem");
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, " r-xp ") && strstr(line, "/init") &&
		    sscanf(line, "%lx-%lx", &start, &end) == 2)
			break;
	for (; start < end; start += sizeof(zeros)) {
		size_t len = end - start < sizeof(zeros) ? end - start : sizeof(zeros);

		if (pwrite(memory, zeros, len, start) != (ssize_t)len)
			die("pwrite");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "bytes"))
		bytes();
	else if (!strcmp(what, "many"))
		many();
	else if (!strcmp(what, "args"))
		write_strings(argv);
	else if (!strcmp(what, "env"))
		write_strings(environ);
	else if (!strcmp(what, "exit") && argc == 3)
		return atoi(argv[2]);
	else if (!strcmp(what, "raise") && argc == 3)
		raise(atoi(argv[2]));
	else if (!strcmp(what, "hang"))
		for (;;)
			;
	else if (!strcmp(what, "panic"))
		panic();
	else if (!strcmp(what, "copy") && argc == 4)
		copy(argv[2], argv[3]);
	else if (!strcmp(what, "system") && argc == 3)
		return WEXITSTATUS(system(argv[2]));
	else
		return 98;
	return 0;
}
