#pragma once

/// From now on every job that goes to the global pool is counted.
void task_hooks_watch(void);

/// Jobs that went there so far.
long task_hooks_escaped(void);
