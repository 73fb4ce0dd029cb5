#include "core/param.h"

#include "common/sentence.h"
#include "common/suggest.h"
#include "common/units.h"

#include <inttypes.h>
#include <string.h>

#define MAX_CHOICES 64u

static const char *const type_names[] = {
    [LIO_PARAM_BOOL] = "bool", [LIO_PARAM_UINT] = "uint",
    [LIO_PARAM_SIZE] = "size", [LIO_PARAM_TIME] = "time",
    [LIO_PARAM_ENUM] = "enum", [LIO_PARAM_STRING] = "string",
};

static bool type_known(uint32_t type)
{
    return type < LIO_COUNT(type_names) && type_names[type];
}

const char *lio_param_type_name(uint32_t type)
{
    return type_known(type) ? type_names[type] : "";
}

static bool has_range(const struct lio_param *param)
{
    switch (param->type) {
    case LIO_PARAM_UINT:
    case LIO_PARAM_SIZE:
    case LIO_PARAM_TIME:
        return param->min || param->max;
    default:
        return false;
    }
}

static bool in_range(const struct lio_param *param, uint64_t value)
{
    return !has_range(param) || (value >= param->min && value <= param->max);
}

static uint32_t count_choices(const struct lio_param *param)
{
    uint32_t n = 0;

    while (n <= MAX_CHOICES && param->choices[n])
        n++;
    return n;
}

/* -- from text ----------------------------------------------------------- */

static int parse_choice(const struct lio_param *param, const char *text,
                        union lio_value *ret_value, struct lio_error *err)
{
    uint32_t n = count_choices(param);
    const char *nearest;
    char range[LIO_PARAM_TEXT_BYTES];

    for (uint32_t i = 0; i < n; i++) {
        if (!strcmp(text, param->choices[i])) {
            ret_value->u = i;
            return 0;
        }
    }
    nearest = lio_suggest(text, param->choices, n);
    lio_param_range_text(param, range);
    return lio_error_set(err, LIO_ECONFIG, "must be one of %s%s%s%s", range,
                         nearest ? "; did you mean '" : "",
                         nearest ? nearest : "", nearest ? "'?" : "");
}

static int parse_number(const struct lio_param *param, const char *text,
                        union lio_value *ret_value, struct lio_error *err)
{
    char range[LIO_PARAM_TEXT_BYTES];
    const char *wrong;
    uint64_t value;

    switch (param->type) {
    case LIO_PARAM_BOOL:
        wrong = lio_bool_parse(text, &value);
        break;
    case LIO_PARAM_SIZE:
        wrong = lio_size_parse(text, &value);
        break;
    case LIO_PARAM_TIME:
        wrong = lio_time_parse(text, &value);
        break;
    default:
        wrong = lio_uint_parse(text, &value);
        break;
    }
    if (wrong)
        return lio_error_set(err, LIO_ECONFIG, "%s", wrong);
    if (!in_range(param, value)) {
        lio_param_range_text(param, range);
        return lio_error_set(err, LIO_ECONFIG, "is outside %s", range);
    }
    ret_value->u = value;
    return 0;
}

int lio_param_parse(const struct lio_param *param, const char *text,
                    union lio_value *ret_value, struct lio_error *err)
{
    if (param->type == LIO_PARAM_STRING) {
        ret_value->s = text;
        return 0;
    }
    if (!*text)
        return lio_error_set(err, LIO_ECONFIG, "has no value");
    if (param->type == LIO_PARAM_ENUM)
        return parse_choice(param, text, ret_value, err);
    return parse_number(param, text, ret_value, err);
}

/* -- to text ------------------------------------------------------------- */

static void value_text(const struct lio_param *param, uint64_t value,
                       char buf[LIO_PARAM_TEXT_BYTES])
{
    char unit[LIO_UNITS_BYTES];
    const char *text = unit;

    switch (param->type) {
    case LIO_PARAM_BOOL:
        text = value ? "on" : "off";
        break;
    case LIO_PARAM_SIZE:
        text = lio_size_format(value, unit);
        break;
    case LIO_PARAM_TIME:
        text = lio_time_format(value, unit);
        break;
    case LIO_PARAM_ENUM:
        text = param->choices[value];
        break;
    default:
        (void)snprintf(unit, sizeof(unit), "%" PRIu64, value);
        break;
    }
    (void)snprintf(buf, LIO_PARAM_TEXT_BYTES, "%s", text);
}

union lio_value lio_param_preset(const struct lio_param *param)
{
    union lio_value value = { .u = param->preset };

    if (param->type == LIO_PARAM_STRING)
        value.s = param->preset_text ? param->preset_text : "";
    return value;
}

void lio_param_preset_text(const struct lio_param *param,
                           char buf[LIO_PARAM_TEXT_BYTES])
{
    if (param->type == LIO_PARAM_STRING)
        (void)snprintf(buf, LIO_PARAM_TEXT_BYTES, "%s",
                       lio_param_preset(param).s);
    else
        value_text(param, param->preset, buf);
}

void lio_param_range_text(const struct lio_param *param,
                          char buf[LIO_PARAM_TEXT_BYTES])
{
    char low[LIO_PARAM_TEXT_BYTES], high[LIO_PARAM_TEXT_BYTES];
    size_t len = 0;

    buf[0] = '\0';
    if (param->type == LIO_PARAM_BOOL) {
        (void)snprintf(buf, LIO_PARAM_TEXT_BYTES, "on | off");
    } else if (param->type == LIO_PARAM_ENUM) {
        for (const char *const *c = param->choices; *c; c++) {
            int n = snprintf(buf + len, LIO_PARAM_TEXT_BYTES - len, "%s%s",
                             len ? " | " : "", *c);

            if (n < 0 || (size_t)n >= LIO_PARAM_TEXT_BYTES - len)
                return;
            len += (size_t)n;
        }
    } else if (has_range(param)) {
        value_text(param, param->min, low);
        value_text(param, param->max, high);
        (void)snprintf(buf, LIO_PARAM_TEXT_BYTES, "%.100s .. %.100s", low,
                       high);
    }
}

/* -- the table itself ---------------------------------------------------- */

static bool name_sane(const char *name)
{
    if (!name || *name < 'a' || *name > 'z')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
               strlen(name) &&
           strlen(name) < 48;
}

/* NULL, or what is wrong with one parameter. */
static const char *find_flaw(const struct lio_param *param)
{
    uint32_t nchoices;

    if (!type_known(param->type))
        return "is of an unknown type";
    if (has_range(param) && param->min > param->max)
        return "has a range that is upside down";
    if (param->type == LIO_PARAM_ENUM) {
        if (!param->choices || !param->choices[0])
            return "has no choices";
        nchoices = count_choices(param);
        if (nchoices > MAX_CHOICES)
            return "has too many choices";
        if (param->preset >= nchoices)
            return "has a default that is not one of its choices";
    }
    if (param->type == LIO_PARAM_BOOL && param->preset > 1)
        return "has a default that is neither on nor off";
    if (!in_range(param, param->preset))
        return "has a default outside its range";
    return NULL;
}

int lio_params_check(const struct lio_param *params, uint32_t nparams,
                     struct lio_error *err)
{
    for (uint32_t i = 0; i < nparams; i++) {
        const char *flaw;

        if (!name_sane(params[i].name))
            return lio_error_set(err, LIO_EPLUGIN,
                                 "its parameter number %u has no name of "
                                 "lower-case letters, digits and '_'",
                                 i + 1);
        flaw = find_flaw(&params[i]);
        if (flaw)
            return lio_error_set(err, LIO_EPLUGIN, "its parameter '%s' %s",
                                 params[i].name, flaw);
        for (uint32_t j = 0; j < i; j++)
            if (!strcmp(params[i].name, params[j].name))
                return lio_error_set(err, LIO_EPLUGIN,
                                     "it has two parameters named '%s'",
                                     params[i].name);
    }
    return 0;
}
