internal import CallCore
internal import CallStore
internal import Configuration
internal import FrontDoor
internal import Glibc
internal import Telemetry
internal import Timeline

/// Whether calls can be kept.
enum StoreCheck {
    private static let mode: mode_t = 0o750

    static func findings(_ patient: Patient) async -> [Finding] {
        guard case .file(let path) = patient.settings.database else {
            return [
                .warning(
                    "database", "It is in memory: every record is gone when the bridge ends.",
                    "Set PATCHBAY_DATABASE to a file, such as sqlite:patchbay.db.")
            ]
        }
        let folder = patient.settings.database.directory.map { "\($0)/" } ?? "."
        var findings: [Finding] = []
        if !can(F_OK, folder) {
            guard patient.mayFix, made(folder) else {
                return [
                    .failed(
                        "database", "Its folder \(folder) does not exist.",
                        "Make it, or run `patchbay doctor --fix`.")
                ]
            }
            findings.append(.fixed("database", "Its folder \(folder) was made."))
        }
        guard can(W_OK | X_OK, folder) else {
            return findings + [
                .failed(
                    "database", "Nothing can be written in its folder \(folder).",
                    "Give the user that runs the bridge the right to, or name another place in PATCHBAY_DATABASE.")
            ]
        }
        return findings + [await room(folder), await database(path, patient.settings)]
    }

    private static func room(_ folder: String) async -> Finding {
        do throws(ProbeFailure) {
            try await DiskSpace(under: folder).check()
            return .ok("disk", "There is room.")
        } catch {
            return .failed(
                "disk", "\(error.message).", "Make room, or keep the database elsewhere.", isCritical: false)
        }
    }

    /// One that is not there yet is made by the bridge, and not by whoever looks.
    private static func database(_ path: String, _ settings: Settings) async -> Finding {
        guard can(F_OK, path) else { return .ok("database", "\(path) will be made by the first start.") }
        do throws(CallStoreError) {
            let store = try SQLiteCallStore(.file(path), timeout: settings.timeouts.store)
            let result: Result<Void, CallStoreError> = await Result.of { () async throws(CallStoreError) in
                try await store.check()
            }
            await store.close(by: Deadline(limit: .seconds(2), from: SystemClock.now()))
            try result.get()
            return .ok("database", "\(path) can be read and written.")
        } catch {
            return .failed("database", "\(path) cannot be used: \(error.message)", remedy(error))
        }
    }

    private static func remedy(_ error: CallStoreError) -> String {
        switch error {
        case .locked, .timedOut, .overloaded, .unavailable, .unkept, .full, .fenced:
            "See which other program holds it, and try again."
        case .diskFull: "Make room on its disk."
        case .diskFailed: "Look at the disk: the system's log tells more."
        case .readOnly, .cannotOpen: "Give the user that runs the bridge the right to write it."
        case .corrupt, .notADatabase: "Move it away and put a backup in its place."
        case .newerVersion: "Run the newer Patchbay that made it, or name another database."
        case .unreadable, .refused: "This is worth a bug report."
        }
    }

    private static func can(_ what: Int32, _ path: String) -> Bool {
        // SAFETY: a C string during the call.
        unsafe access(path, what) == 0
    }

    private static func made(_ folder: String) -> Bool {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += "\(part)/"
            // SAFETY: a C string during the call.
            guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else { return false }
        }
        return true
    }
}

extension Result {
    fileprivate static func of(_ body: () async throws(Failure) -> Success) async -> Result {
        do throws(Failure) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
