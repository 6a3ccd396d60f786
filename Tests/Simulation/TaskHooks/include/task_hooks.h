#pragma once

/// From now on every job that goes to the global pool is counted, and a trap is told with the name of its world.
void task_hooks_watch(void);

/// This thread turns another world.
void task_hooks_begin(const char *name);

/// Jobs of this thread's world that went to the global pool so far.
long task_hooks_escaped(void);
