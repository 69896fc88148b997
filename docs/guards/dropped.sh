#!/bin/sh
# Was the table of this key dropped? 0: yes; 1: no; anything else: nobody can tell.
# The insert waits for a transaction that is still under way with the same key.
rows=$("$1" -X -A -t -q -v ON_ERROR_STOP=1 "$2" <<'END'
\getenv key CHEGET_KEY
begin;
insert into cheget.done values (:'key') on conflict do nothing;
\echo :ROW_COUNT
rollback;
END
) || exit 2
exit "${rows:-2}"
