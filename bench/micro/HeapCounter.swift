import Glibc

/// Reads what the preloaded `malloc-counter.so` counts for this process.
@safe
struct HeapCounter {
    private static let magic: UInt64 = 0x5042_4D41_4C4C_4F43  // malloc-counter.h names the fields of its file.
    private let fields: UnsafePointer<UInt64>

    /// Nil where the counter is not preloaded.
    init?() {
        // SAFETY: nothing changes the environment while this runs.
        guard let path = unsafe getenv("PATCHBAY_MALLOC_COUNTER") else { return nil }
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let page = unsafe mmap(nil, 4096, PROT_READ, MAP_SHARED, file, 0)
        guard let page = unsafe page, unsafe page != MAP_FAILED else { return nil }
        // SAFETY: the file is one page of 64-bit fields, mapped until the process ends.
        unsafe fields = UnsafePointer(page.assumingMemoryBound(to: UInt64.self))
        guard unsafe fields[0] == Self.magic, unsafe fields[1] == UInt64(getpid()) else { return nil }
    }

    /// malloc, calloc, realloc and the aligned ones together.
    var calls: UInt64 {
        // SAFETY: inside the page. The counts are this thread's own: nothing else runs here.
        (2..<6).reduce(0) { unsafe $0 + fields[$1] }
    }
}
