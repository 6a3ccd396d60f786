import CallCore
import CallStore
import Glibc
import Telemetry
import Testing
import Timeline
import Wording

/// The stores that one behaviour is asked of.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite
    case sqliteInMemory

    var testDescription: String { rawValue }
}

func withStore(
    _ kind: StoreKind, _ body: (any CallStoring & CallClaiming) async throws -> Void
) async throws {
    switch kind {
    case .memory: try await body(MemoryCallStore())
    case .sqliteInMemory:
        try await withSQLite(.memory, body)
    case .sqlite:
        try await withFolder { folder in
            try await withSQLite(.file("\(folder)/calls.db"), body)
        }
    }
}

/// Closed afterwards, as a node that ends does.
func withSQLite<Value>(
    _ place: SQLiteCallStore.Place, timeout: Duration = .seconds(5), errors: ErrorSink? = nil,
    _ body: (SQLiteCallStore) async throws -> Value
) async throws -> Value {
    let store = try SQLiteCallStore(place, timeout: timeout, errors: errors)
    let result: Result<Value, any Error>
    do { result = .success(try await body(store)) } catch { result = .failure(error) }
    await store.close(by: .never)
    return try result.get()
}

/// A folder of its own, gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/patchbay-store-XXXXXX".utf8CString)
    // SAFETY: writes within the buffer, which ends in a zero.
    let made = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) != nil }
    try #require(made)
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { remove(folder: folder) }
    try await body(folder)
}

func fileNames(in folder: String) -> [String] {
    // SAFETY: the directory stream is closed once; each entry is read before the next is asked for.
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

private func remove(folder: String) {
    for name in fileNames(in: folder) {
        // SAFETY: the path is a C string during the call.
        _ = unsafe unlink("\(folder)/\(name)")
    }
    // SAFETY: as above.
    _ = unsafe rmdir(folder)
}

enum Sample {
    static func time(_ seconds: Int) -> UTCTime {
        UTCTime(millisecondsSince1970: 1_768_473_000_000 + Int64(seconds) * 1_000)
    }

    static func record(_ number: Int, status: CallStatus = .ringing, agent: String? = nil) -> CallRecord {
        var record = CallRecord(
            id: CallID(at: time(number), random: (1, UInt64(number))), providerCallID: "CA\(number)",
            direction: .inbound, status: status, from: PhoneNumber("+1555000\(1_000 + number)"), createdAt: time(number)
        )
        record.agent = agent
        return record
    }

    static func turn(_ text: String) -> TranscriptTurn {
        TranscriptTurn(speaker: .caller, text: text, startMilliseconds: 0, endMilliseconds: 1)
    }

    static func event(_ happening: CallHappening, of record: CallRecord) -> CallEvent {
        CallEvent(at: time(1), call: record.id, component: "call", happening)
    }
}

extension CallStoring {
    @discardableResult
    func open(_ record: CallRecord) async throws(CallStoreError) -> CallKept {
        try await keep(CallFacts(opening: record, by: "test"))
    }

    @discardableResult
    func change(
        _ call: CallReference, _ change: CallChange, identity: String? = nil, orOpen missing: CallRecord? = nil,
        telling: CallFacts.Telling = .bridge
    ) async throws(CallStoreError) -> CallKept {
        try await keep(
            CallFacts(of: call, by: "test", identity: identity, orOpen: missing, [.change(change, telling)]))
    }

    func kinds(of call: CallReference) async throws(CallStoreError) -> [CallEvent.Kind] {
        try await events(of: call)?.map(\.kind) ?? []
    }
}

extension CallKept {
    var record: CallRecord? {
        switch self {
        case .kept(let record, _, _), .repeated(let record): record
        case .unknownCall, .later: nil
        }
    }

    var effects: [StatusEffect] {
        if case .kept(_, _, let outcome) = self { outcome.effects } else { [] }
    }
}
