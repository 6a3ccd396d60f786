/// Renders lines into batches and writes them out, waiting for the reader as long as it takes. For one thread.
struct LogWriter {
    private static let batchLimit = 64 * 1_024

    private let descriptor: Int32
    private var renderer: LogRenderer
    private var batch: [UInt8] = []
    private var lines: UInt64 = 0

    init(descriptor: Int32, renderer: LogRenderer) {
        self.descriptor = descriptor
        self.renderer = renderer
    }

    var isBatchFull: Bool { batch.count >= Self.batchLimit }

    mutating func take(_ record: LogRecord) {
        renderer.append(record, to: &batch)
        lines += 1
    }

    /// Writes the batch and returns how many lines were lost because nobody can read them any more.
    mutating func writeOut() -> UInt64 {
        let lost = FileWriting.write(batch.span, to: descriptor) == .written ? 0 : lines
        batch.removeAll(keepingCapacity: true)
        lines = 0
        return lost
    }

    /// Writes one line by itself. False when it was lost.
    mutating func write(_ record: LogRecord) -> Bool {
        take(record)
        return writeOut() == 0
    }
}
