/*
 * symbol.c - see symbol.h. The only file that sees libdw.
 *
 * Nothing is downloaded: separate debug information is taken from this machine alone.
 */
#include "symbol.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- modules: the program and its libraries ---- */

typedef struct search {
    uintptr_t address; /* looked for when not 0, else the module */
    gi_code code;
} search;

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* The path of a module; the program itself has an empty name. */
static const char *path_of(const struct dl_phdr_info *info, char *buffer, size_t bytes)
{
    if (info->dlpi_name && info->dlpi_name[0])
        return info->dlpi_name;
    ssize_t length = readlink("/proc/self/exe", buffer, bytes - 1);
    buffer[length > 0 ? length : 0] = '\0';
    return buffer;
}

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && address - info->dlpi_addr - p->p_vaddr < p->p_memsz)
            return true;
    }
    return false;
}

static int visit(struct dl_phdr_info *info, size_t bytes, void *argument)
{
    search *s = argument;
    char buffer[4096];
    const char *path = path_of(info, buffer, sizeof buffer), *slash = strrchr(path, '/');

    (void)bytes;
    if (s->address == 0) { /* where is the module? */
        if (hash_of(path) != s->code.module)
            return 0;
        s->address = info->dlpi_addr + s->code.offset;
        return 1;
    }
    if (!holds(info, s->address))
        return 0;
    s->code.module = hash_of(path);
    s->code.offset = s->address - info->dlpi_addr;
    snprintf(s->code.name, sizeof s->code.name, "%.*s", (int)sizeof s->code.name - 1,
             slash ? slash + 1 : path);
    return 1;
}

gi_code gi_symbol_code(const void *return_address)
{
    search s = {.address = (uintptr_t)return_address};

    s.code.offset = s.address;
    snprintf(s.code.name, sizeof s.code.name, "?");
    if (return_address)
        dl_iterate_phdr(visit, &s);
    return s.code;
}

/* ---- lines ---- */

static int only_local_debuginfo(Dwfl_Module *module, void **userdata, const char *name,
                                Dwarf_Addr base, const char *file, const char *link, GElf_Word crc,
                                char **found)
{
    (void)file;
    (void)link;
    (void)crc;
    return dwfl_build_id_find_debuginfo(module, userdata, name, base, NULL, NULL, 0, found);
}

static Dwfl *open_self(void)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = only_local_debuginfo};
    Dwfl *dwfl = dwfl_begin(&callbacks);

    if (dwfl &&
        (dwfl_linux_proc_report(dwfl, getpid()) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0)) {
        dwfl_end(dwfl);
        return NULL;
    }
    return dwfl;
}

typedef struct line {
    const char *file, *function;
    int number;
} line;

/* The line that called an inlined function. */
static void to_call_site(Dwarf_Die *unit, Dwarf_Die *inlined, line *l)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, number;
    Dwarf_Files *files;
    size_t count;

    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) != 0 ||
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) != 0 ||
        dwarf_getsrcfiles(unit, &files, &count) != 0)
        return;
    l->file = dwarf_filesrc(files, file, NULL, NULL);
    l->number = (int)number;
}

/* From the innermost scope outwards: out of giga's own inlined functions, then to the function
 * that all of it stands in. */
static void walk_scopes(Dwarf_Die *unit, Dwarf_Addr at, line *l)
{
    Dwarf_Die *around = NULL, *scopes = NULL;
    /* The second call, because the first one goes on from where an inlined function is defined. */
    int count =
        dwarf_getscopes(unit, at, &around) > 0 ? dwarf_getscopes_die(&around[0], &scopes) : 0;
    bool ours = true;

    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        const char *name = dwarf_diename(&scopes[i]);
        if (tag == DW_TAG_inlined_subroutine && ours && name && strncmp(name, "giga_", 5) == 0) {
            to_call_site(unit, &scopes[i], l);
            continue;
        }
        if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram) {
            l->function = ours ? name : l->function;
            ours = false;
        }
    }
    free(scopes);
    free(around);
}

/* A path as it is seen from here. */
static const char *shorten(const char *file)
{
    static char here[4096];
    size_t length = getcwd(here, sizeof here) ? strlen(here) : 0;

    return length > 1 && strncmp(file, here, length) == 0 && file[length] == '/' ? file + length + 1
                                                                                 : file;
}

static bool say_line(Dwfl_Module *module, Dwarf_Addr at, char *text, size_t bytes)
{
    Dwarf_Addr bias;
    line l = {0};
    Dwfl_Line *source = dwfl_module_getsrc(module, at);
    Dwarf_Die *unit = dwfl_module_addrdie(module, at, &bias);

    if (source)
        l.file = dwfl_lineinfo(source, NULL, &l.number, NULL, NULL, NULL);
    if (l.file && unit)
        walk_scopes(unit, at - bias, &l);
    if (!l.file)
        return false;
    snprintf(text, bytes, "%s:%d%s%s%s", shorten(l.file), l.number, l.function ? " (" : "",
             l.function ? l.function : "", l.function ? ")" : "");
    return true;
}

static bool say_address(uintptr_t address, char *text, size_t bytes)
{
    Dwfl *dwfl = open_self();
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, address) : NULL;
    bool said = module && say_line(module, address, text, bytes);

    if (module && !said) {
        GElf_Off offset = 0;
        GElf_Sym symbol;
        const char *name =
            dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
        said = name != NULL;
        if (said)
            snprintf(text, bytes, "%s+0x%llx", name, (unsigned long long)offset);
    }
    if (dwfl)
        dwfl_end(dwfl);
    return said;
}

void gi_symbol_say(const gi_code *code, char *text, size_t bytes)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    search s = {.code = *code};

    pthread_mutex_lock(&lock);
    /* The call before the return address. */
    bool here = dl_iterate_phdr(visit, &s) != 0 && say_address(s.address - 1, text, bytes);
    if (!here)
        snprintf(text, bytes, "%s+0x%llx", code->name, (unsigned long long)code->offset);
    pthread_mutex_unlock(&lock);
}
