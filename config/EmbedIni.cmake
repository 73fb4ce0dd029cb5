# Writes INPUT as the array lio_default_ini[] into OUTPUT, ended by a NUL.
#
# Where liburing was missing there is no backend-uring either, and a default
# may name only what exists: its fallback then stands in its place.
file(READ ${INPUT} text)
if(NOT HAVE_URING)
  string(REPLACE "plugin = backend-uring" "plugin = backend-pread" text "${text}")
endif()
file(WRITE ${OUTPUT}.txt "${text}")
file(READ ${OUTPUT}.txt hex HEX)
file(REMOVE ${OUTPUT}.txt)
string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " hex "${hex}")
file(WRITE ${OUTPUT}
"#include \"core/default_ini.h\"

const char lio_default_ini[] = {
    ${hex}0
};
")
