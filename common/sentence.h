/*
 * Sentences put together from parts in a buffer of bounded size: what does not
 * fit is cut and ends in "...", so a long list of names cannot push out what
 * was said before it.
 */
#ifndef LIO_COMMON_SENTENCE_H
#define LIO_COMMON_SENTENCE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct lio_sentence {
    size_t len;
    char text[640]; /* leaves room in lio_error.msg for what is put before */
};

static inline void lio_sentence_init(struct lio_sentence *sentence)
{
    sentence->len = 0;
    sentence->text[0] = '\0';
}

__attribute__((unused, format(printf, 2, 3))) static inline void
lio_sentence_add(struct lio_sentence *sentence, const char *fmt, ...)
{
    size_t room = sizeof(sentence->text) - sentence->len;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(sentence->text + sentence->len, room, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    if ((size_t)n < room) {
        sentence->len += (size_t)n;
        return;
    }
    sentence->len = sizeof(sentence->text) - 1;
    memcpy(sentence->text + sentence->len - 3, "...", 3);
}

/* Adds "a, b, c"; of a long list only what fits into `max` characters. */
static inline void lio_sentence_list(struct lio_sentence *sentence, size_t max,
                                     const char *const *names, size_t n)
{
    size_t start = sentence->len;

    for (size_t i = 0; i < n; i++) {
        if (sentence->len - start + strlen(names[i]) > max) {
            lio_sentence_add(sentence, ", ...");
            return;
        }
        lio_sentence_add(sentence, "%s%s", i ? ", " : "", names[i]);
    }
}

#endif
