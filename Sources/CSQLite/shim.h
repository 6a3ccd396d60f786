#ifndef PATCHBAY_CSQLITE_SHIM_H
#define PATCHBAY_CSQLITE_SHIM_H

#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not see: SQLite takes a copy.
static inline int patchbay_sqlite_bind_text(sqlite3_stmt *statement, int place, const char *text, int count) {
    return sqlite3_bind_text(statement, place, text, count, SQLITE_TRANSIENT);
}

#endif
