internal import CallCore
internal import Glibc
internal import Telemetry

/// Puts what the store will never take into a file beside it, a line each, and tells an operator.
struct RefusedEntries: Sendable {
    private let path: String
    private let errors: ErrorSink?

    init(beside database: String, _ errors: ErrorSink?) {
        path = "\(database)-refused"
        self.errors = errors
    }

    func take(_ refusal: SpoolRefusal) {
        errors?.report(
            ErrorReport(
                code: refusal.error.code, component: "store", severity: .critical,
                message: "Something that waited in the spool could not be kept. \(refusal.error.message) It stands in "
                    + "\(path)."))
        // SAFETY: the path is a C string during the call.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = FileWriting.write((refusal.bytes + [UInt8(ascii: "\n")]).span, to: descriptor)
        fdatasync(descriptor)
    }
}
