/*
 * Entries of a configuration, and what is said about one that is wrong.
 */
#include "core/config_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/sentence.h"
#include "common/suggest.h"

/* -- strings and entries ------------------------------------------------- */

const char *lio_config_keep(struct lio_config *config, const char *chars,
                            size_t len)
{
    struct lio_text *text = malloc(sizeof(*text) + len + 1);

    if (!text)
        return NULL;
    memcpy(text->chars, chars, len);
    text->chars[len] = '\0';
    text->next = config->texts;
    config->texts = text;
    return text->chars;
}

const char *lio_config_keep_all(struct lio_config *config, const char *chars)
{
    return lio_config_keep(config, chars, strlen(chars));
}

int lio_config_add(struct lio_config *config, struct lio_entry entry)
{
    struct lio_entry *copy;

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

const struct lio_entry *lio_config_find(const struct lio_config *config,
                                        const char *section, const char *key)
{
    const struct lio_entry *last = NULL;

    for (const struct lio_entry *e = config->first; e; e = e->next)
        if (e->key && !strcmp(e->key, key) && !strcmp(e->section, section))
            last = e;
    return last;
}

/* -- messages ------------------------------------------------------------ */

int lio_config_no_memory(struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "no memory for the configuration");
}

/* "FILE:LINE: [section] key = value" */
static void name_entry(const struct lio_entry *entry, char *buf, size_t bytes)
{
    if (!strcmp(entry->origin, LIO_OVERRIDE))
        (void)snprintf(buf, bytes, LIO_OVERRIDE " %.48s.%.48s=%.80s",
                       entry->section, entry->key, entry->value);
    else if (!entry->key)
        (void)snprintf(buf, bytes, "%.100s: [%.48s]", entry->origin,
                       entry->section);
    else
        (void)snprintf(buf, bytes, "%.100s: [%.48s] %.48s = %.80s",
                       entry->origin, entry->section, entry->key, entry->value);
}

int lio_config_complain(const struct lio_entry *entry, struct lio_error *err,
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

void lio_known_add(struct lio_known *known, const char *name)
{
    if (known->n > 0 && !strcmp(known->names[known->n - 1], name))
        return;
    if (known->n < LIO_MAX_NAMES)
        known->names[known->n++] = name;
}

int lio_config_unknown(const struct lio_entry *entry, const char *what,
                       const char *word, const struct lio_known *known,
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
    return lio_config_complain(entry, err, "%s", text.text);
}
