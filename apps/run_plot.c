/*
 * run_plot.c - see run_plot.h.
 */
#include "run_plot.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);

    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

bool run_plot_has_ending(const char *path)
{
    return ends_in(path, ".svg") || ends_in(path, ".png");
}

FILE *run_plot_begin(const char *path, int width, int height)
{
    FILE *script = tmpfile();

    if (!script)
        giga_fail(GIGA_ERR_IO, "cannot create a temporary file: %s", strerror(errno));
    else if (ends_in(path, ".svg"))
        fprintf(script, "set terminal svg size %d,%d font 'sans,12' background '#ffffff'\n", width,
                height);
    else
        fprintf(script, "set terminal pngcairo size %d,%d font 'sans,11'\n", width, height);
    return script;
}

void run_plot_quote(FILE *script, const char *text)
{
    fputc('\'', script);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', script); /* two are one */
        fputc((unsigned char)*text < ' ' ? '?' : *text, script);
    }
    fputc('\'', script);
}

/* gnuplot with these as its standard input, output and error. */
static giga_status spawn(int in, int out, int err, pid_t *pid_out)
{
    /* -d: no settings of the user's */
    char name[] = "gnuplot", option[] = "-d", *arguments[] = {name, option, NULL};
    posix_spawn_file_actions_t files;

    posix_spawn_file_actions_init(&files);
    int problem = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (problem == 0)
        problem = posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    if (problem == 0)
        problem = posix_spawnp(pid_out, name, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    if (problem == 0)
        return GIGA_OK;
    return giga_fail(problem == ENOENT ? GIGA_ERR_NOT_FOUND : GIGA_ERR_IO, "--plot needs gnuplot, "
                     "which cannot be run: %s (Debian has it in gnuplot-nox)", strerror(problem));
}

/* The first line of what it complained about. */
static giga_status complain(FILE *words)
{
    char line[256] = "";

    rewind(words);
    while (fgets(line, sizeof line, words) && strspn(line, " \t\r\n^") == strlen(line))
        ;
    line[strcspn(line, "\r\n")] = '\0';
    return giga_fail(GIGA_ERR_IO, "gnuplot failed: %s", line[0] ? line : "it does not say why");
}

static giga_status run(FILE *script, int out)
{
    FILE *words = tmpfile();
    int result = 0;
    pid_t pid;

    if (!words)
        return giga_fail(GIGA_ERR_IO, "cannot create a temporary file: %s", strerror(errno));
    giga_status status = GIGA_OK;
    if (fflush(script) != 0 || lseek(fileno(script), 0, SEEK_SET) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write a temporary file: %s", strerror(errno));
    if (status == GIGA_OK)
        status = spawn(fileno(script), out, fileno(words), &pid);
    if (status == GIGA_OK) {
        while (waitpid(pid, &result, 0) < 0 && errno == EINTR)
            ;
        if (!WIFEXITED(result) || WEXITSTATUS(result) != 0)
            status = complain(words);
    }
    fclose(words);
    return status;
}

giga_status run_plot_check(const char *path)
{
    FILE *script = run_plot_begin(path, 100, 100);
    FILE *out = script ? tmpfile() : NULL;

    if (!script)
        return GIGA_ERR_IO;
    giga_status status = out ? run(script, fileno(out))
                             : giga_fail(GIGA_ERR_IO, "cannot create a temporary file: %s",
                                         strerror(errno));
    if (out)
        fclose(out);
    fclose(script);
    return status;
}

giga_status run_plot_end(FILE *script, const char *path)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.part", path, (long)getpid());
    giga_status status = GIGA_OK;
    int file = -1;

    if (length < 0 || (size_t)length >= sizeof temporary)
        status = giga_fail(GIGA_ERR_ARG, "the path of the picture is too long");
    else if ((file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) < 0)
        status = giga_fail(GIGA_ERR_IO, "cannot create %s: %s", temporary, strerror(errno));
    else
        status = run(script, file);
    if (file >= 0 && close(file) != 0 && status == GIGA_OK)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", temporary, strerror(errno));
    if (file >= 0 && status == GIGA_OK && rename(temporary, path) != 0)
        status = giga_fail(GIGA_ERR_IO, "cannot write %s: %s", path, strerror(errno));
    if (file >= 0 && status != GIGA_OK)
        unlink(temporary);
    fclose(script);
    return status;
}
