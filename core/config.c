/*
 * From lanceio.ini to a checked configuration.
 *
 *     compiled-in text ─┐
 *     a file           ─┼─ inih ─► entries: section, key, value, origin
 *     -s section.key=v ─┘             │  in this order; of one key the last
 *                                     ▼  is in force
 *                        core's sections ─► struct lio_settings
 *                        plugins' sections ─► checked by the plugin's table
 *
 * Every entry is checked, also one that a later one replaces: what is wrong in
 * a file should not come to light on the day an option is left out.
 *
 * inih gets its lines from memory through a reader of ours, which knows what
 * inih does not tell (line numbers in every build of it, sections without
 * keys) and refuses what it would do silently: cut a long line or name, or take
 * an indented line as a continuation of the one before.
 */
#include "core/config.h"

#include "common/sentence.h"
#include "common/suggest.h"
#include "core/default_ini.h"
#include "core/param.h"
#include "core/plugin_check.h"
#include "core/settings.h"
#include "core/stats_db.h"

#include <ini.h>

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (256u * 1024u)
#define MAX_SECTION    48u  /* inih cuts at 49 */
#define MAX_NAMES      128u /* of one message */
#define BUILT_IN       "built-in"
#define OVERRIDE       "-s"

/* One line of a file, or one override. */
struct entry {
    struct entry *next;
    const char *section;
    const char *key; /* NULL for the [section] line itself */
    const char *value;
    const char *origin; /* "built-in", "FILE:LINE" or "-s" */
    const char *source; /* the text it is from: compared as a pointer */
    uint32_t line;
};

/* A string of the configuration. */
struct text {
    struct text *next;
    char chars[];
};

struct lio_config {
    atomic_uint refs;
    struct lio_settings settings;
    struct lio_loader *loader;
    const char *source; /* the file, or "built-in" */
    struct text *texts; /* all strings below and in settings */
    struct entry *first, **end;
    const struct lio_loaded **plugins; /* in use or mentioned, by name */
    uint32_t nplugins;
    struct lio_setting *list; /* what lio_config_each() shows */
    uint32_t nlist;
};

static int no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for the configuration");
}

/* -- strings and entries ------------------------------------------------- */

/* A copy that lives as long as the configuration, or NULL. */
static const char *keep(struct lio_config *config, const char *chars,
                        size_t len)
{
    struct text *text = malloc(sizeof(*text) + len + 1);

    if (!text)
        return NULL;
    memcpy(text->chars, chars, len);
    text->chars[len] = '\0';
    text->next = config->texts;
    config->texts = text;
    return text->chars;
}

static const char *keep_all(struct lio_config *config, const char *chars)
{
    return keep(config, chars, strlen(chars));
}

/* Takes strings that are kept already. */
static int add_entry(struct lio_config *config, struct entry entry)
{
    struct entry *copy;

    if (!entry.section || !entry.value || !entry.origin)
        return LIO_ENOMEM;
    copy = malloc(sizeof(*copy));
    if (!copy)
        return LIO_ENOMEM;
    *copy = entry;
    copy->next = NULL;
    *config->end = copy;
    config->end = &copy->next;
    return 0;
}

/* The entry in force, or NULL. */
static const struct entry *find_entry(const struct lio_config *config,
                                      const char *section, const char *key)
{
    const struct entry *last = NULL;

    for (const struct entry *e = config->first; e; e = e->next)
        if (e->key && !strcmp(e->key, key) && !strcmp(e->section, section))
            last = e;
    return last;
}

/* -- messages ------------------------------------------------------------ */

/* "FILE:LINE: [section] key = value" */
static void name_entry(const struct entry *entry, char *buf, size_t bytes)
{
    if (!strcmp(entry->origin, OVERRIDE))
        (void)snprintf(buf, bytes, OVERRIDE " %.48s.%.48s=%.80s",
                       entry->section, entry->key, entry->value);
    else if (!entry->key)
        (void)snprintf(buf, bytes, "%.100s: [%.48s]", entry->origin,
                       entry->section);
    else
        (void)snprintf(buf, bytes, "%.100s: [%.48s] %.48s = %.80s",
                       entry->origin, entry->section, entry->key, entry->value);
}

static int complain(const struct entry *entry, struct lio_error *err,
                    const char *fmt, ...) LIO_PRINTF(3, 4);

static int complain(const struct entry *entry, struct lio_error *err,
                    const char *fmt, ...)
{
    struct lio_sentence what;
    char name[320];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what.text, sizeof(what.text), fmt, args);
    va_end(args);
    name_entry(entry, name, sizeof(name));
    return lio_error_set(err, LIO_ECONFIG, "%s: %s", name, what.text);
}

/* Names for a message, from a table or a callback. */
struct known {
    const char *names[MAX_NAMES];
    uint32_t n;
};

static void add_known(struct known *known, const char *name)
{
    if (known->n > 0 && !strcmp(known->names[known->n - 1], name))
        return;
    if (known->n < MAX_NAMES)
        known->names[known->n++] = name;
}

/* "unknown WHAT; known WHATs: a, b, c; did you mean 'b'?" */
static int complain_unknown(const struct entry *entry, const char *what,
                            const char *word, const struct known *known,
                            struct lio_error *err)
{
    const char *nearest = lio_suggest(word, known->names, known->n);
    struct lio_sentence text;

    lio_sentence_init(&text);
    lio_sentence_add(&text, "unknown %s", what);
    if (known->n > 0) {
        lio_sentence_add(&text, "; known %ss: ", what);
        lio_sentence_list(&text, 320, known->names, known->n);
    } else {
        lio_sentence_add(&text, "; there are none here");
    }
    if (nearest)
        lio_sentence_add(&text, "; did you mean '%s'?", nearest);
    return complain(entry, err, "%s", text.text);
}

/* -- one text through inih ----------------------------------------------- */

struct parse {
    struct lio_config *config;
    const char *source; /* name of the text */
    const char *next;   /* line to be read */
    uint32_t line;      /* line being parsed, from 1 */
    struct lio_error *err;
    int rc; /* of the first thing that went wrong in our own code */
};

static const char *keep_origin(const struct parse *parse)
{
    char number[16];
    const char *origin;
    size_t len = strlen(parse->source);
    char *joined;

    if (!strcmp(parse->source, BUILT_IN))
        return BUILT_IN;
    (void)snprintf(number, sizeof(number), ":%u", parse->line);
    joined = malloc(len + sizeof(number));
    if (!joined)
        return NULL;
    memcpy(joined, parse->source, len);
    memcpy(joined + len, number, strlen(number) + 1);
    origin = keep_all(parse->config, joined);
    free(joined);
    return origin;
}

static int refuse_line(struct parse *parse, const char *why)
{
    parse->rc = lio_error_set(parse->err, LIO_ECONFIG, "%.200s:%u: %s",
                              parse->source, parse->line, why);
    return parse->rc;
}

/* inih reports a section with its first key only; an empty one must not go
 * unchecked. */
static int note_section(struct parse *parse, const char *line, size_t len)
{
    const char *close = memchr(line, ']', len);
    size_t name_len;

    if (!close)
        return refuse_line(parse, "a section begins with '[' but does not end "
                                  "with ']'");
    name_len = (size_t)(close - line) - 1;
    if (name_len >= MAX_SECTION)
        return refuse_line(parse, "the name of the section is too long");
    parse->rc = add_entry(
        parse->config, (struct entry){
                           .section = keep(parse->config, line + 1, name_len),
                           .value = "",
                           .origin = keep_origin(parse),
                           .source = parse->source,
                           .line = parse->line,
                       });
    return parse->rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* An ini_reader, like fgets(), for the text in memory. */
static char *read_line(char *buf, int bytes, void *stream)
{
    struct parse *parse = stream;
    const char *line = parse->next;
    size_t len = strcspn(line, "\n");

    if (!*line || parse->rc < 0)
        return NULL;
    parse->line++;
    parse->next = line + len + (line[len] == '\n');

    for (; len > 0 && is_blank(*line); len--)
        line++;
    if (len > 0 && (*line == ';' || *line == '#'))
        len = 0;
    if (len > 0 && *line == '[' && note_section(parse, line, len) < 0)
        return NULL;
    if (len + 2 > (size_t)bytes) {
        (void)refuse_line(parse, "the line is too long: 190 characters are "
                                 "certain to fit");
        return NULL;
    }
    memcpy(buf, line, len);
    buf[len] = '\0';
    return buf;
}

static const struct entry *find_twin(const struct parse *parse,
                                     const char *section, const char *key)
{
    for (const struct entry *e = parse->config->first; e; e = e->next)
        if (e->source == parse->source && e->key && !strcmp(e->key, key) &&
            !strcmp(e->section, section))
            return e;
    return NULL;
}

/* An ini_handler: 0 stops, as read_line() then ends the text. */
static int take_pair(void *user, const char *section, const char *key,
                     const char *value)
{
    struct parse *parse = user;
    struct lio_config *config = parse->config;
    const struct entry *twin;
    struct entry entry = {
        .section = keep_all(config, section),
        .key = keep_all(config, key),
        .value = keep_all(config, value),
        .origin = keep_origin(parse),
        .source = parse->source,
        .line = parse->line,
    };

    if (parse->rc < 0)
        return 0;
    if (!entry.section || !entry.key || !entry.value || !entry.origin) {
        parse->rc = LIO_ENOMEM;
        return 0;
    }
    twin = find_twin(parse, section, key);
    if (!*section)
        (void)refuse_line(parse, "a key stands before the first [section]");
    else if (!*key)
        (void)refuse_line(parse, "there is no key before the value");
    else if (twin)
        parse->rc = complain(&entry, parse->err, "is set in line %u already",
                             twin->line);
    else
        parse->rc = add_entry(config, entry);
    return parse->rc == 0;
}

/* `source` and `text` live as long as the configuration, or as this call. */
static int parse_text(struct lio_config *config, const char *source,
                      const char *text, struct lio_error *err)
{
    static const char bom[] = "\xEF\xBB\xBF";
    struct parse parse = { config, source, text, 0, err, 0 };
    int bad_line;

    if (!strncmp(text, bom, 3))
        parse.next += 3;
    bad_line = ini_parse_stream(read_line, &parse, take_pair, &parse);
    if (bad_line < 0)
        parse.rc = LIO_ENOMEM;
    if (parse.rc == LIO_ENOMEM)
        return no_memory(err);
    /* A line that inih could not read comes before what stopped us, if it is
     * another one. */
    if (bad_line > 0 && (parse.rc == 0 || (uint32_t)bad_line < parse.line)) {
        parse.line = (uint32_t)bad_line;
        return refuse_line(&parse, "this is neither [section] nor key = value");
    }
    return parse.rc;
}

/* -- files --------------------------------------------------------------- */

static int read_failed(const char *path, const char *why, struct lio_error *err)
{
    return lio_error_set(err, LIO_ECONFIG,
                         "the configuration file %.300s cannot be read: %s",
                         path, why);
}

/* The whole file as a string; the caller frees it. */
static int read_file(const char *path, FILE *file, char **ret_text,
                     struct lio_error *err)
{
    char *text = malloc(MAX_FILE_BYTES + 1);
    size_t len;
    int rc = 0;

    if (!text)
        return no_memory(err);
    errno = 0;
    len = fread(text, 1, MAX_FILE_BYTES + 1, file);
    if (ferror(file))
        rc = read_failed(path, strerror(errno), err);
    else if (len > MAX_FILE_BYTES)
        rc = read_failed(path, "it is larger than 256K", err);
    else if (memchr(text, '\0', len))
        rc = read_failed(path, "it holds a NUL byte, so it is no UTF-8 text",
                         err);
    if (rc < 0) {
        free(text);
        return rc;
    }
    text[len] = '\0';
    *ret_text = text;
    return 0;
}

static int parse_file(struct lio_config *config, const char *path, FILE *file,
                      struct lio_error *err)
{
    const char *kept = keep_all(config, path);
    char *text = NULL;
    int rc;

    if (!kept)
        return no_memory(err);
    rc = read_file(kept, file, &text, err);
    if (rc < 0)
        return rc;
    config->source = kept;
    rc = parse_text(config, kept, text, err);
    free(text);
    return rc;
}

/* Returns 1 if the file was there and was read.  `must_exist` is for files
 * that somebody has named. */
static int try_file(struct lio_config *config, const char *path,
                    bool must_exist, struct lio_error *err)
{
    FILE *file = fopen(path, "re");
    int rc;

    if (!file) {
        if (!must_exist && (errno == ENOENT || errno == ENOTDIR))
            return 0;
        return read_failed(path, strerror(errno), err);
    }
    rc = parse_file(config, path, file, err);
    (void)fclose(file);
    return rc < 0 ? rc : 1;
}

/* The same for DIR/REST; a DIR that is not absolute does not count. */
static int try_file_in(struct lio_config *config, const char *dir,
                       const char *rest, struct lio_error *err)
{
    char *path;
    int rc;

    if (!dir || *dir != '/')
        return 0;
    if (asprintf(&path, "%s/%s", dir, rest) < 0)
        return no_memory(err);
    rc = try_file(config, path, false, err);
    free(path);
    return rc;
}

static int try_user_file(struct lio_config *config, struct lio_error *err)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");

    if (xdg && *xdg == '/')
        return try_file_in(config, xdg, "lanceio/lanceio.ini", err);
    return try_file_in(config, getenv("HOME"), ".config/lanceio/lanceio.ini",
                       err);
}

/* One file at most: the first there is. */
static int parse_some_file(struct lio_config *config, const char *path,
                           struct lio_error *err)
{
    int rc;

    if (!path)
        path = getenv("LANCEIO_CONFIG");
    if (path && *path)
        return try_file(config, path, true, err);
    rc = try_file(config, "./lanceio.ini", false, err);
    if (rc == 0)
        rc = try_user_file(config, err);
    if (rc == 0)
        rc = try_file_in(config, LIO_INSTALL_SYSCONFDIR, "lanceio/lanceio.ini",
                         err);
    return rc;
}

/* -- overrides ----------------------------------------------------------- */

static const char *keep_trimmed(struct lio_config *config, const char *from,
                                const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    return keep(config, from, (size_t)(to - from));
}

/* An override is a line of lanceio.ini, so that `lanceio config` can print it
 * as one; NULL, or why it cannot be. */
static const char *no_line(const char *value)
{
    if (strpbrk(value, "\r\n"))
        return "a value stands on one line";
    if (*value == ';' || strstr(value, " ;") || strstr(value, "\t;"))
        return "a ';' at the start or after a blank begins a comment";
    return NULL;
}

static int take_override(struct lio_config *config, const char *text,
                         struct lio_error *err)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    struct entry entry = { .origin = OVERRIDE, .source = OVERRIDE };
    const char *wrong;

    if (!dot || !equals || dot > equals)
        return lio_error_set(err, LIO_ECONFIG,
                             OVERRIDE " %.100s: write section.key=value", text);
    entry.section = keep_trimmed(config, text, dot);
    entry.key = keep_trimmed(config, dot + 1, equals);
    entry.value = keep_trimmed(config, equals + 1, text + strlen(text));
    if (!entry.key || add_entry(config, entry) < 0)
        return no_memory(err);
    wrong = no_line(entry.value);
    return wrong ? complain(&entry, err, "%s", wrong) : 0;
}

/* -- the core's sections ------------------------------------------------- */

static int complain_unknown_key(const struct entry *entry,
                                struct lio_error *err)
{
    struct known known = { .n = 0 };
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);

    for (uint32_t i = 0; i < nkeys; i++)
        if (!strcmp(keys[i].section, entry->section))
            add_known(&known, keys[i].param.name);
    return complain_unknown(entry, "key", entry->key, &known, err);
}

static int apply_core_entry(struct lio_config *config,
                            const struct entry *entry, struct lio_error *err)
{
    const struct lio_key *key = lio_key_find(entry->section, entry->key);
    union lio_value value;
    struct lio_error why;

    if (!key)
        return complain_unknown_key(entry, err);
    if (lio_key_parse(key, entry->value, &value, &why) < 0)
        return complain(entry, err, "%s", why.msg);
    lio_key_store(key, value, &config->settings);
    return 0;
}

static int apply_core_entries(struct lio_config *config, struct lio_error *err)
{
    int rc = 0;

    for (const struct entry *e = config->first; rc == 0 && e; e = e->next)
        if (e->key && lio_section_known(e->section))
            rc = apply_core_entry(config, e, err);
    return rc;
}

/* -- plugins ------------------------------------------------------------- */

static int add_plugin(struct lio_config *config,
                      const struct lio_loaded *plugin, struct lio_error *err)
{
    const struct lio_loaded **grown;

    for (uint32_t i = 0; i < config->nplugins; i++)
        if (config->plugins[i] == plugin)
            return 0;
    grown = realloc(config->plugins,
                    (config->nplugins + 1u) * sizeof(*config->plugins));
    if (!grown)
        return no_memory(err);
    grown[config->nplugins++] = plugin;
    config->plugins = grown;
    return 0;
}

static int open_loader(struct lio_config *config, struct lio_error *err)
{
    const struct entry *entry = find_entry(config, "engine", "plugin_dir");
    struct lio_error why;
    int rc = lio_loader_open(config->settings.engine.plugin_dir,
                             &config->loader, &why);

    if (rc == LIO_ECONFIG && entry)
        return complain(entry, err, "%s", why.msg);
    return rc < 0 ? lio_error_set(err, rc, "%s", why.msg) : 0;
}

/* The plugin `name`, out of the value of `key`, must exist, load, and be of the
 * right kind. */
static int check_choice(struct lio_config *config, const struct lio_key *key,
                        const char *name, struct lio_error *err)
{
    const struct entry *entry =
        find_entry(config, key->section, key->param.name);
    const struct lio_loaded *plugin;
    struct lio_error why;

    if (lio_loader_find(config->loader, name, key->plugin_kind, &plugin, &why) <
        0)
        return complain(entry, err, "%s", why.msg);
    return add_plugin(config, plugin, err);
}

/* One after the other; a plugin has one section of parameters, so a second
 * instance of it would do the same again. */
static int check_choice_list(struct lio_config *config,
                             const struct lio_key *key, struct lio_error *err)
{
    const char *list = lio_key_plugin(key, &config->settings), *name;
    struct known seen = { .n = 0 };
    size_t len;
    int rc = 0;

    while (rc == 0 && (name = lio_list_next(&list, &len))) {
        name = keep(config, name, len);
        if (!name)
            return no_memory(err);
        for (uint32_t i = 0; i < seen.n; i++)
            if (!strcmp(seen.names[i], name))
                return complain(
                    find_entry(config, key->section, key->param.name), err,
                    "'%s' stands there twice", name);
        add_known(&seen, name);
        rc = check_choice(config, key, name, err);
    }
    return rc;
}

static int check_choices(struct lio_config *config, struct lio_error *err)
{
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < nkeys; i++) {
        const char *value;

        if (!keys[i].plugin_kind)
            continue;
        value = lio_key_plugin(&keys[i], &config->settings);
        if (keys[i].may_be_none && !strcmp(value, "none"))
            continue;
        rc = keys[i].is_list ? check_choice_list(config, &keys[i], err)
                             : check_choice(config, &keys[i], value, err);
    }
    return rc;
}

static const struct lio_param *find_param(const struct lio_loaded *plugin,
                                          const char *name)
{
    for (uint32_t i = 0; i < plugin->nparams; i++)
        if (!strcmp(plugin->params[i].name, name))
            return &plugin->params[i];
    return NULL;
}

static int check_plugin_entry(struct lio_config *config,
                              const struct entry *entry,
                              const struct lio_loaded *plugin,
                              struct lio_error *err)
{
    struct known known = { .n = 0 };
    const struct lio_param *param;
    union lio_value value;
    struct lio_error why;
    int rc = add_plugin(config, plugin, err);

    if (rc < 0 || !entry->key)
        return rc;
    param = find_param(plugin, entry->key);
    if (!param) {
        for (uint32_t i = 0; i < plugin->nparams; i++)
            add_known(&known, plugin->params[i].name);
        return complain_unknown(entry, "key", entry->key, &known, err);
    }
    if (lio_param_parse(param, entry->value, &value, &why) < 0)
        return complain(entry, err, "%s", why.msg);
    return 0;
}

/* The names of the plugin files, kept for a message. */
struct name_list {
    struct lio_config *config;
    struct known known;
};

static int take_name(const char *name, void *user)
{
    struct name_list *list = user;
    const char *kept = keep_all(list->config, name);

    if (!kept)
        return LIO_ENOMEM;
    add_known(&list->known, kept);
    return 0;
}

static bool is_plugin_file(const struct name_list *list, const char *name)
{
    for (uint32_t i = 0; i < list->known.n; i++)
        if (!strcmp(list->known.names[i], name))
            return true;
    return false;
}

/* No plugin can be had for the section: because it cannot be used, or because
 * no section has this name. */
static int complain_section(struct lio_config *config,
                            const struct entry *entry, const char *why,
                            struct lio_error *err)
{
    struct name_list list = { .config = config };
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);

    for (uint32_t i = 0; i < nkeys; i++)
        add_known(&list.known, keys[i].section);
    if (lio_loader_names(config->loader, take_name, &list) < 0)
        return no_memory(err);
    if (is_plugin_file(&list, entry->section))
        return complain(entry, err, "%s", why);
    return complain_unknown(entry, "section", entry->section, &list.known, err);
}

/* Every section that is not the core's must be a plugin's. */
static int check_plugin_entries(struct lio_config *config,
                                struct lio_error *err)
{
    int rc = 0;

    for (const struct entry *e = config->first; rc == 0 && e; e = e->next) {
        const struct lio_loaded *plugin;
        struct lio_error why;

        if (lio_section_known(e->section))
            continue;
        if (lio_loader_find(config->loader, e->section, 0, &plugin, &why) < 0)
            rc = complain_section(config, e, why.msg, err);
        else
            rc = check_plugin_entry(config, e, plugin, err);
    }
    return rc;
}

/* -- what is in force ---------------------------------------------------- */

static int list_plugin(struct lio_config *config,
                       const struct lio_loaded *plugin, struct lio_error *err)
{
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];
        const struct entry *entry =
            find_entry(config, plugin->name, param->name);
        char preset[LIO_PARAM_TEXT_BYTES];
        const char *value = entry ? entry->value : NULL;

        if (!entry) {
            lio_param_preset_text(param, preset);
            value = keep_all(config, preset);
        }
        if (!value)
            return no_memory(err);
        config->list[config->nlist++] = (struct lio_setting){
            .section = plugin->name,
            .key = param->name,
            .value = value,
            .origin = entry ? entry->origin : "plugin",
            .help = param->help ? param->help : "",
        };
    }
    return 0;
}

static int compare_plugins(const void *a, const void *b)
{
    const struct lio_loaded *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static int make_list(struct lio_config *config, struct lio_error *err)
{
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);
    size_t n = nkeys;
    int rc = 0;

    if (config->nplugins > 1)
        qsort(config->plugins, config->nplugins, sizeof(*config->plugins),
              compare_plugins);
    for (uint32_t i = 0; i < config->nplugins; i++)
        n += config->plugins[i]->nparams;
    config->list = calloc(n, sizeof(*config->list));
    if (!config->list)
        return no_memory(err);

    for (uint32_t i = 0; i < nkeys; i++) {
        const struct entry *entry =
            find_entry(config, keys[i].section, keys[i].param.name);

        config->list[config->nlist++] = (struct lio_setting){
            .section = keys[i].section,
            .key = keys[i].param.name,
            .value = entry->value,
            .origin = entry->origin,
            .help = keys[i].param.help,
        };
    }
    for (uint32_t i = 0; rc == 0 && i < config->nplugins; i++)
        rc = list_plugin(config, config->plugins[i], err);
    return rc;
}

/* -- the interface ------------------------------------------------------- */

static int load(struct lio_config *config, const char *path,
                const char *const *overrides, size_t noverrides,
                struct lio_error *err)
{
    int rc = parse_text(config, BUILT_IN, lio_default_ini, err);

    if (rc == 0)
        rc = parse_some_file(config, path, err);
    for (size_t i = 0; rc >= 0 && i < noverrides; i++)
        rc = take_override(config, overrides[i], err);
    if (rc >= 0)
        rc = apply_core_entries(config, err);
    if (rc == 0)
        rc = open_loader(config, err);
    if (rc == 0)
        rc = check_plugin_entries(config, err);
    if (rc == 0)
        rc = check_choices(config, err);
    if (rc == 0)
        rc = make_list(config, err);
    return rc;
}

int lio_config_load(const char *path, const char *const *overrides,
                    size_t noverrides, struct lio_config **ret_config,
                    struct lio_error *err)
{
    struct lio_config *config = calloc(1, sizeof(*config));
    int rc;

    if (!config)
        return no_memory(err);
    atomic_init(&config->refs, 1);
    config->end = &config->first;
    config->source = BUILT_IN;
    rc = load(config, path, overrides, noverrides, err);
    if (rc < 0) {
        lio_config_free(config);
        return rc;
    }
    *ret_config = config;
    return 0;
}

struct lio_config *lio_config_ref(const struct lio_config *config)
{
    /* Only the count changes; all a reader sees stays constant. */
    struct lio_config *shared = (struct lio_config *)(uintptr_t)config;

    (void)atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lio_config_free(struct lio_config *config)
{
    if (!config || atomic_fetch_sub(&config->refs, 1) > 1)
        return;
    while (config->first) {
        struct entry *entry = config->first;

        config->first = entry->next;
        free(entry);
    }
    while (config->texts) {
        struct text *text = config->texts;

        config->texts = text->next;
        free(text);
    }
    free(config->list);
    free(config->plugins);
    lio_loader_close(config->loader);
    free(config);
}

const struct lio_settings *lio_config_settings(const struct lio_config *config)
{
    return &config->settings;
}

struct lio_loader *lio_config_loader(const struct lio_config *config)
{
    return config->loader;
}

const char *lio_config_source(const struct lio_config *config)
{
    return config->source;
}

int lio_config_each(const struct lio_config *config,
                    int (*each)(const struct lio_setting *, void *user),
                    void *user)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < config->nlist; i++)
        rc = each(&config->list[i], user);
    return rc;
}

int lio_config_stats_path(const struct lio_config *config, char *ret_path,
                          size_t bytes, struct lio_error *err)
{
    const char *database = config->settings.stats.database;

    if (strcmp(database, "off"))
        return lio_stats_db_path(database, ret_path, bytes, err);
    if (bytes == 0)
        return lio_error_set(err, LIO_ECONFIG, "no room for a path");
    *ret_path = '\0';
    return 0;
}

int lio_config_values(const struct lio_config *config,
                      const struct lio_loaded *plugin,
                      union lio_value **ret_values, struct lio_error *err)
{
    union lio_value *values = calloc(plugin->nparams + 1u, sizeof(*values));

    if (!values)
        return no_memory(err);
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];
        const struct entry *entry =
            find_entry(config, plugin->name, param->name);
        int rc = 0;

        values[i] = lio_param_preset(param);
        if (entry)
            rc = lio_param_parse(param, entry->value, &values[i], err);
        if (rc < 0) {
            free(values);
            return rc;
        }
    }
    *ret_values = values;
    return 0;
}

int lio_plugins_each(const struct lio_config *config,
                     int (*each)(const struct lio_plugin_info *, void *user),
                     void *user)
{
    return lio_loader_each(config->loader, each, user);
}
