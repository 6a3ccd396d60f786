#ifndef BENCH_JUDGEMENT_H
#define BENCH_JUDGEMENT_H

enum verdict { VERDICT_FINE = 0, VERDICT_FAILED = 1, VERDICT_DRIVER_OVERLOADED = 3 };

/// What a run comes to. The worse verdict wins, and an overloaded driver's figures say nothing at all.
struct judgement {
    enum verdict verdict;
    unsigned count;
    char reasons[16][160];
};

__attribute__((format(printf, 3, 4))) void judgement_add(struct judgement *judgement, enum verdict verdict,
                                                         const char *format, ...);

#endif
